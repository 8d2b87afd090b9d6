/** Why a transaction failed: what it reverted with is not in its receipt. */
import type { Rpc, RpcAnswer } from "../../../sim/market/rpc.ts";
import { revertDataOf } from "../../../sim/market/chainLedger.ts";
import type { Failure } from "../../shared/api.ts";
import type { ChainTransaction } from "./chain.ts";

/** How it is known, and what is known. */
export interface FoundFailure {
  readonly source: Failure["source"];
  readonly data: string | null;
  readonly message: string | null;
}

const UNKNOWN: FoundFailure = { source: "unknown", data: null, message: null };

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** The result of Geth's `callTracer`. */
interface CallTrace {
  readonly output?: string;
  readonly error?: string;
}

/** Finds out why transactions failed, as well as the node can tell. */
export class Failures {
  private readonly rpc: Rpc;

  constructor(rpc: Rpc) {
    this.rpc = rpc;
  }

  /**
   * Why a transaction of a block failed: from its receipt; or from a trace, which is exact; or by repeating its call on the state before
   * the block, which every node can do and which leaves out what the block's transactions before it did.
   */
  async of(block: number, transaction: ChainTransaction): Promise<FoundFailure> {
    const { revertReason, gasUsed, gasLimit } = transaction;
    const outOfGas = gasUsed === gasLimit ? "out of gas" : null;
    if (revertReason?.startsWith("0x") === true && revertReason !== "0x")
      return { source: "receipt", data: revertReason.toLowerCase(), message: null };
    const traced = await this.traced(transaction.hash);
    if (traced !== undefined) return { ...traced, message: traced.message ?? outOfGas };
    const replayed = (await this.repeated(block, transaction)) ?? UNKNOWN;
    return { ...replayed, message: replayed.message ?? outOfGas };
  }

  private async traced(hash: string): Promise<FoundFailure | undefined> {
    const [answer] = await this.rpc([
      {
        method: "debug_traceTransaction",
        params: [hash, { tracer: "callTracer", tracerConfig: { onlyTopCall: true } }],
      },
    ]);
    const trace = answer?.result as CallTrace | null | undefined;
    if (typeof trace !== "object" || trace === null || !("error" in trace || "output" in trace))
      return undefined;
    const { output = "0x", error = null } = trace;
    const reverted = error === null || /revert/i.test(error);
    return { source: "trace", data: output.toLowerCase(), message: reverted ? null : error };
  }

  private async repeated(
    block: number,
    { from, to, input, value, gasLimit }: ChainTransaction,
  ): Promise<FoundFailure | undefined> {
    const call = { from, to, data: input, value: hex(BigInt(value)), gas: hex(gasLimit) };
    const [answer] = await this.rpc([{ method: "eth_call", params: [call, hex(block - 1)] }]);
    if (answer?.error === undefined) return undefined;
    const data = errorDataOf(answer);
    return data === undefined
      ? { source: "replay", data: null, message: answer.error.message }
      : { source: "replay", data: data.toLowerCase(), message: null };
  }
}

/** The data that a call reverted with, which clients put in different places of their errors. */
function errorDataOf(answer: RpcAnswer): string | undefined {
  const found = revertDataOf(answer.error);
  return found === undefined || found === "" ? undefined : found;
}
