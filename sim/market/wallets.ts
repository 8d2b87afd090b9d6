/** A transport that signs with keys of its own, sends in batches, and notes what it sends. */
import type { TypedDataDomain, TypedDataField } from "ethers";

import { UserError } from "../errors.ts";
import type { ChainTime } from "./chainTime.ts";
import {
  revertDataOf,
  type CallResult,
  type ChainLog,
  type ChainTransport,
  type TransactionResult,
} from "./chainLedger.ts";
import { callDigest, type Journal } from "./journal.ts";
import type { Address, Bytes32 } from "./ledger.ts";
import { MessageHasher } from "./messages.ts";
import { resultOf, type Rpc, type RpcAnswer, type RpcRequest } from "./rpc.ts";
import { Key, type SignedTransaction } from "./transactions.ts";

/** The most gas of a transaction (EIP-7825), for those that may need it. */
export const MOST_GAS = 2n ** 24n;

/** Gas that any other call of the market stays below. */
export const USUAL_GAS = 4_000_000n;

/** Transactions that are on their way at a time. */
const MOST_IN_FLIGHT = 200;

/** Blocks or polls after which what is not in one is sent again: the node may have lost it. */
const SEND_AGAIN_AFTER = 20;

/** Blocks that may be mined here without any of what waits. */
const MOST_EMPTY_BLOCKS = 3;

/** Balance of every wallet on a devnet, wei. */
const DEV_BALANCE = 10n ** 24n;

/** What a node says of a transaction that it has, or that is in a block. */
const KNOWN = /already known|already imported|known transaction|nonce (is )?too low/i;

interface Request {
  readonly from: Address;
  readonly to: Address;
  readonly data: string;
  /** Coins that go with it, wei. */
  readonly value: bigint;
}

interface Sending {
  readonly request: Request;
  readonly nonce: number;
  /** Signed; undefined as long as an earlier process is known to have sent it. */
  raw: string | undefined;
  readonly hash: Bytes32;
  readonly call: Bytes32;
  readonly settle: (result: TransactionResult) => void;
  readonly fail: (error: unknown) => void;
}

interface Question {
  readonly to: Address;
  readonly data: string;
  readonly settle: (answer: CallResult) => void;
  readonly fail: (error: unknown) => void;
}

interface Receipt {
  readonly status: string;
  readonly gasUsed: string;
  readonly logs: readonly ChainLog[];
}

/** What is paid for a unit of gas, wei. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What the wallets need to know about their chain. */
export interface WalletsOptions {
  readonly rpc: Rpc;
  readonly chainId: bigint;
  readonly time: ChainTime;
  readonly fees: Fees;
  /** Whether the node gives coins to whom it is told to, as devnets do. */
  readonly dev: boolean;
  /** Selectors of calls that may need as much gas as a transaction can have. */
  readonly heavy: ReadonlySet<string>;
  /** What was sent and read before, and is now; without one, a run that is interrupted cannot go on. */
  readonly journal?: Journal | undefined;
}

/** What was sent so far, by earlier processes of the same run too. */
export interface Traffic {
  transactions: number;
  /** Those that an earlier process sent. */
  found: number;
  gas: bigint;
  /** Questions to the node's state. */
  calls: number;
  /** Time that signing took, ms. */
  signingMs: number;
}

/** Keys, nonces and what is in flight. */
export class Wallets implements ChainTransport {
  readonly traffic: Traffic = { transactions: 0, found: 0, gas: 0n, calls: 0, signingMs: 0 };
  private readonly options: WalletsOptions;
  private readonly keys = new Map<Address, Key>();
  private readonly nonces = new Map<Address, number>();
  private readonly hasher = new MessageHasher();
  private queue: Sending[] = [];
  private questions: Question[] = [];
  private flushing = false;

  constructor(options: WalletsOptions) {
    this.options = options;
  }

  /**
   * Adds a wallet; on a devnet it gets the coins that it pays fees with.
   *
   * @param party whose it is, for the journal
   */
  async add(privateKey: string, party: string): Promise<Address> {
    const key = new Key(privateKey);
    const { address } = key;
    if (this.keys.has(address)) return address;
    this.keys.set(address, key);
    const noted = this.options.journal?.register(address, party);
    const requests: RpcRequest[] = [];
    if (noted === undefined)
      requests.push({ method: "eth_getTransactionCount", params: [address, "pending"] });
    if (this.options.dev) {
      const balance = `0x${DEV_BALANCE.toString(16)}`;
      requests.push({ method: "hardhat_setBalance", params: [address, balance] });
    }
    const [count] = (await this.options.rpc(requests)).map(resultOf);
    this.nonces.set(address, noted ?? Number(count));
    return address;
  }

  // ------------------------------------------------------------------ transport

  time(): Promise<bigint> {
    return this.options.time.now();
  }

  send(from: Address, to: Address, data: string): Promise<TransactionResult> {
    return this.enqueue({ from, to, data, value: 0n });
  }

  /** Sends coins of the chain, wei. */
  pay(from: Address, to: Address, value: bigint): Promise<TransactionResult> {
    return this.enqueue({ from, to, data: "0x", value });
  }

  call(to: Address, data: string): Promise<CallResult> {
    this.traffic.calls += 1;
    return new Promise((settle, fail) => {
      // In one message with everything else that is asked at the same time.
      if (this.questions.length === 0) setImmediate(() => void this.askAll());
      this.questions.push({ to, data, settle, fail });
    });
  }

  sign(
    signer: Address,
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: object,
  ): Promise<string> {
    const digest = this.hasher.digest(domain, types, message);
    return Promise.resolve(this.timed(() => this.keyOf(signer).sign(digest)));
  }

  // ------------------------------------------------------------------ transactions

  private enqueue(request: Request): Promise<TransactionResult> {
    const { from, to, data } = request;
    const nonce = this.nonces.get(from) ?? 0;
    this.nonces.set(from, nonce + 1);
    const call = callDigest(to, data);
    const before = this.options.journal?.sentBefore(from, nonce, call);
    const signed = before ? { raw: undefined, hash: before.hash } : this.signed(request, nonce);
    return new Promise((settle, fail) => {
      this.queue.push({ request, nonce, call, ...signed, settle, fail });
      if (!this.flushing) {
        this.flushing = true;
        // After everything that is sent at the same time.
        setImmediate(() => void this.flush());
      }
    });
  }

  private signed({ from, to, data, value }: Request, nonce: number): SignedTransaction {
    const { chainId, fees, heavy } = this.options;
    const gasLimit = heavy.has(data.slice(0, 10)) ? MOST_GAS : USUAL_GAS;
    const transaction = { chainId, nonce, to, data, value, gasLimit, ...fees };
    return this.timed(() => this.keyOf(from).signTransaction(transaction));
  }

  private timed<T>(sign: () => T): T {
    const began = performance.now();
    const signed = sign();
    this.traffic.signingMs += performance.now() - began;
    return signed;
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
    const fresh = batch.filter(({ raw }) => raw !== undefined);
    this.options.journal?.note(
      fresh.map(({ request, nonce, call, hash }) => ({ from: request.from, nonce, call, hash })),
    );
    await this.submit(fresh);
    this.traffic.transactions += batch.length;
    this.traffic.found += batch.length - fresh.length;
    let open = batch;
    for (let tries = 1; open.length > 0; tries += 1) {
      const mined = await this.options.time.nextBlock(tries > 1 || fresh.length > 0);
      const missing = await this.collect(open);
      // The node may have been started again in between, or lost it otherwise.
      const isStuck = mined && missing.length === open.length;
      if (isStuck && tries > MOST_EMPTY_BLOCKS)
        throw new UserError("The devnet mines blocks without the transactions that wait for them.");
      open = missing;
      // Of an earlier process' the node may never have heard.
      const unheard = open.filter(({ raw }) => raw === undefined);
      await this.submit(isStuck || tries % SEND_AGAIN_AFTER === 0 ? open : unheard);
    }
  }

  private async submit(sendings: readonly Sending[]): Promise<void> {
    if (sendings.length === 0) return;
    const answers = await this.options.rpc(
      sendings.map((sending) => {
        // The same key, nonce and fees give the same transaction again.
        sending.raw ??= this.signed(sending.request, sending.nonce).raw;
        return { method: "eth_sendRawTransaction", params: [sending.raw] };
      }),
    );
    for (const [i, { error }] of answers.entries()) {
      // It may be there already: a connection that failed was tried again.
      if (error !== undefined && !KNOWN.test(error.message))
        throw new UserError(
          `The node refused a transaction of ${sendings[i]?.request.from ?? "?"}: ${error.message}`,
        );
    }
  }

  /** Settles what is in a block; @returns the others */
  private async collect(open: readonly Sending[]): Promise<readonly Sending[]> {
    const receipts = await this.options.rpc(
      open.map(({ hash }): RpcRequest => ({ method: "eth_getTransactionReceipt", params: [hash] })),
    );
    const missing: Sending[] = [];
    for (const [i, sending] of open.entries()) {
      const receipt = resultOf(receipts[i]) as Receipt | null;
      if (receipt === null) missing.push(sending);
      else await this.settle(sending, receipt);
    }
    return missing;
  }

  private async settle(sending: Sending, receipt: Receipt): Promise<void> {
    const { request, nonce, settle } = sending;
    this.traffic.gas += BigInt(receipt.gasUsed);
    if (receipt.status === "0x1") {
      settle({ ok: true, logs: receipt.logs });
      return;
    }
    const { journal } = this.options;
    const { from, to, data } = request;
    const noted = journal?.refusalOf(from, nonce);
    if (noted !== undefined) {
      settle({ ok: false, revertData: noted });
      return;
    }
    // Why it has reverted, a call says.
    const answer = await this.ask("eth_call", [{ from, to, data }, "latest"]);
    const revertData = revertDataOf(answer.error) ?? "0x";
    journal?.noteRefusal(from, { nonce, reverted: revertData });
    settle({ ok: false, revertData });
  }

  // ------------------------------------------------------------------ questions

  private async askAll(): Promise<void> {
    const questions = this.questions;
    this.questions = [];
    const open: (Question & { readonly call: Bytes32 })[] = [];
    for (const question of questions) {
      const call = callDigest(question.to, question.data);
      const before = this.options.journal?.answerTo(call);
      if (before === undefined) open.push({ ...question, call });
      else question.settle(before);
    }
    if (open.length === 0) return;
    try {
      const answers = await this.options.rpc(
        open.map(({ to, data }) => ({ method: "eth_call", params: [{ to, data }, "latest"] })),
      );
      const results = answers.map(callResultOf);
      this.options.journal?.noteAnswers(
        open.flatMap(({ call }, i) => (results[i] ? [{ call, ...results[i] }] : [])),
      );
      for (const [i, { settle }] of open.entries()) if (results[i]) settle(results[i]);
    } catch (error) {
      for (const { fail } of open) fail(error);
    }
  }

  // ------------------------------------------------------------------ internals

  private keyOf(address: Address): Key {
    const key = this.keys.get(address);
    if (key === undefined) throw new Error(`There is no key for ${address}.`);
    return key;
  }

  private async ask(method: string, params: readonly unknown[]): Promise<RpcAnswer> {
    const [answer] = await this.options.rpc([{ method, params }]);
    if (answer === undefined) throw new Error("The node did not answer.");
    return answer;
  }
}

/** What a call returned or reverted with. @throws Error if it is neither */
function callResultOf(answer: RpcAnswer): CallResult {
  if (answer.error === undefined) return { ok: true, data: answer.result as string };
  const revertData = revertDataOf(answer.error);
  if (revertData === undefined) throw new Error(answer.error.message);
  return { ok: false, data: revertData };
}
