/** A transport that signs with keys of its own, sends in batches and, on a devnet, mines and moves the time. */
import {
  computeAddress,
  SigningKey,
  Transaction,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";

import { UserError } from "../errors.ts";
import {
  revertDataOf,
  type CallResult,
  type ChainLog,
  type ChainTransport,
  type TransactionResult,
} from "./chainLedger.ts";
import type { Address } from "./ledger.ts";
import { MessageHasher } from "./messages.ts";
import { resultOf, type Rpc, type RpcAnswer, type RpcRequest } from "./rpc.ts";

/** The most gas of a transaction (EIP-7825), for those that may need it. */
const MOST_GAS = 2n ** 24n;

/** Gas that any other call of the market stays below. */
const USUAL_GAS = 4_000_000n;

/** Transactions that are on their way at a time. */
const MOST_IN_FLIGHT = 200;

/** How long to wait before looking for receipts and for the time again on a chain that mines by itself, ms. */
const POLL_MS = 500;

/** Balance of every wallet on a devnet, wei. */
const DEV_BALANCE = 10n ** 24n;

interface Sending {
  readonly raw: string;
  readonly hash: string;
  readonly request: { readonly from: Address; readonly to: Address; readonly data: string };
  readonly settle: (result: TransactionResult) => void;
  readonly fail: (error: unknown) => void;
}

interface Question {
  readonly request: RpcRequest;
  readonly settle: (answer: RpcAnswer) => void;
  readonly fail: (error: unknown) => void;
}

interface Receipt {
  readonly status: string;
  readonly gasUsed: string;
  readonly logs: readonly ChainLog[];
}

/** What the wallets need to know about their chain. */
export interface WalletsOptions {
  readonly rpc: Rpc;
  readonly chainId: bigint;
  /** Whether the node has a devnet's calls for time and mining. */
  readonly dev: boolean;
  /** Highest fee per gas, wei. */
  readonly maxFeePerGas: bigint;
  /** Selectors of calls that may need as much gas as a transaction can have. */
  readonly heavy: ReadonlySet<string>;
}

/** What was sent so far. */
export interface Traffic {
  transactions: number;
  blocks: number;
  gas: bigint;
  /** Questions to the node's state. */
  calls: number;
}

/** Keys, nonces and what is in flight. */
export class Wallets implements ChainTransport {
  readonly traffic: Traffic = { transactions: 0, blocks: 0, gas: 0n, calls: 0 };
  private readonly options: WalletsOptions;
  private readonly keys = new Map<Address, SigningKey>();
  private readonly nonces = new Map<Address, number>();
  private readonly hasher = new MessageHasher();
  private queue: Sending[] = [];
  private questions: Question[] = [];
  private flushing = false;
  /** Time of the latest block that was mined here. */
  private latest = 0n;
  /** Time that the next block is to have at least. */
  private wanted = 0n;

  constructor(options: WalletsOptions) {
    this.options = options;
  }

  /** Takes control of the node's time and mining, if it is a devnet. */
  async begin(): Promise<void> {
    const block = resultOf(await this.ask("eth_getBlockByNumber", ["latest", false])) as {
      timestamp: string;
    };
    this.latest = BigInt(block.timestamp);
    if (this.options.dev) resultOf(await this.ask("evm_setAutomine", [false]));
  }

  /** Gives mining back to the node. */
  async end(): Promise<void> {
    if (this.options.dev) resultOf(await this.ask("evm_setAutomine", [true]));
  }

  /** Adds a wallet; on a devnet it gets the coins that it pays fees with. */
  async add(privateKey: string): Promise<Address> {
    const key = new SigningKey(privateKey);
    const address = computeAddress(key);
    if (this.keys.has(address)) return address;
    this.keys.set(address, key);
    const count = resultOf(
      await this.ask("eth_getTransactionCount", [address, "pending"]),
    ) as string;
    this.nonces.set(address, Number(count));
    if (this.options.dev)
      resultOf(await this.ask("hardhat_setBalance", [address, `0x${DEV_BALANCE.toString(16)}`]));
    return address;
  }

  // ------------------------------------------------------------------ time

  /** On a devnet the next block has this time; elsewhere waits until the chain has reached it. */
  async advanceTo(time: bigint): Promise<void> {
    if (this.options.dev) {
      if (time > this.wanted) this.wanted = time;
      // Questions see the state, and the time, of the latest block.
      if (this.latest < this.wanted) await this.mine();
      return;
    }
    while ((await this.time()) < time) await pause();
  }

  async time(): Promise<bigint> {
    if (this.options.dev) return this.latest;
    const block = resultOf(await this.ask("eth_getBlockByNumber", ["latest", false])) as {
      timestamp: string;
    };
    return BigInt(block.timestamp);
  }

  // ------------------------------------------------------------------ transport

  send(from: Address, to: Address, data: string): Promise<TransactionResult> {
    const key = this.keys.get(from);
    const nonce = this.nonces.get(from);
    if (key === undefined || nonce === undefined) throw new Error(`There is no key for ${from}.`);
    this.nonces.set(from, nonce + 1);
    const { chainId, maxFeePerGas } = this.options;
    const gasLimit = this.options.heavy.has(data.slice(0, 10)) ? MOST_GAS : USUAL_GAS;
    const transaction = Transaction.from({
      type: 2,
      chainId,
      to,
      data,
      nonce,
      gasLimit,
      maxFeePerGas,
      maxPriorityFeePerGas: 0n,
    });
    transaction.signature = key.sign(transaction.unsignedHash);
    const { serialized: raw, hash } = transaction;
    return new Promise((settle, fail) => {
      this.queue.push({ raw, hash: hash ?? "", request: { from, to, data }, settle, fail });
      if (!this.flushing) {
        this.flushing = true;
        // After everything that is sent at the same time.
        setImmediate(() => void this.flush());
      }
    });
  }

  async call(to: Address, data: string): Promise<CallResult> {
    this.traffic.calls += 1;
    const answer = await this.askTogether({ method: "eth_call", params: [{ to, data }, "latest"] });
    if (answer.error === undefined) return { ok: true, data: answer.result as string };
    const revertData = revertDataOf(answer.error);
    if (revertData === undefined) throw new Error(answer.error.message);
    return { ok: false, data: revertData };
  }

  sign(
    signer: Address,
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: object,
  ): Promise<string> {
    const key = this.keys.get(signer);
    if (key === undefined) throw new Error(`There is no key for ${signer}.`);
    return Promise.resolve(key.sign(this.hasher.digest(domain, types, message)).serialized);
  }

  // ------------------------------------------------------------------ internals

  private async ask(method: string, params: readonly unknown[]): Promise<RpcAnswer> {
    const [answer] = await this.options.rpc([{ method, params }]);
    if (answer === undefined) throw new Error("The node did not answer.");
    return answer;
  }

  /** Asks in one message with everything else that is asked at the same time. */
  private askTogether(request: RpcRequest): Promise<RpcAnswer> {
    return new Promise((settle, fail) => {
      if (this.questions.length === 0) setImmediate(() => void this.askAll());
      this.questions.push({ request, settle, fail });
    });
  }

  private async askAll(): Promise<void> {
    const questions = this.questions;
    this.questions = [];
    try {
      const answers = await this.options.rpc(questions.map(({ request }) => request));
      for (const [i, answer] of answers.entries()) questions[i]?.settle(answer);
    } catch (error) {
      for (const { fail } of questions) fail(error);
    }
  }

  /** Sends what is waiting, and waits until it is in blocks. */
  private async flush(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, MOST_IN_FLIGHT);
      try {
        await this.deliver(batch);
      } catch (error) {
        for (const { fail } of batch) fail(error);
      }
    }
    this.flushing = false;
  }

  private async deliver(batch: readonly Sending[]): Promise<void> {
    const answers = await this.options.rpc(
      batch.map(({ raw }) => ({ method: "eth_sendRawTransaction", params: [raw] })),
    );
    for (const [i, answer] of answers.entries()) {
      const message = answer.error?.message ?? "";
      // A connection that failed was tried again, and the node has it already.
      if (message !== "" && !/already known|already imported|known transaction/i.test(message))
        throw new UserError(
          `The node refused a transaction of ${batch[i]?.request.from ?? "?"}: ${message}`,
        );
    }
    this.traffic.transactions += batch.length;
    let open = [...batch];
    while (open.length > 0) {
      if (this.options.dev) await this.mine();
      const receipts = await this.options.rpc(
        open.map(({ hash }): RpcRequest => ({
          method: "eth_getTransactionReceipt",
          params: [hash],
        })),
      );
      const missing: Sending[] = [];
      for (const [i, sending] of open.entries()) {
        const receipt = resultOf(receipts[i]) as Receipt | null;
        if (receipt === null) missing.push(sending);
        else await this.settle(sending, receipt);
      }
      if (missing.length === open.length && this.options.dev)
        throw new UserError("The devnet mines a block without the transactions that wait for it.");
      open = missing;
      if (open.length > 0 && !this.options.dev) await pause();
    }
  }

  private async settle({ request, settle }: Sending, receipt: Receipt): Promise<void> {
    this.traffic.gas += BigInt(receipt.gasUsed);
    if (receipt.status === "0x1") {
      settle({ ok: true, logs: receipt.logs });
      return;
    }
    // Why it has reverted, a call says.
    const answer = await this.ask("eth_call", [request, "latest"]);
    settle({ ok: false, revertData: revertDataOf(answer.error) ?? "0x" });
  }

  private async mine(): Promise<void> {
    const time = this.wanted > this.latest ? this.wanted : this.latest + 1n;
    const answers = await this.options.rpc([
      { method: "evm_setNextBlockTimestamp", params: [`0x${time.toString(16)}`] },
      { method: "evm_mine", params: [] },
    ]);
    for (const answer of answers) resultOf(answer);
    this.latest = time;
    this.traffic.blocks += 1;
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MS));
