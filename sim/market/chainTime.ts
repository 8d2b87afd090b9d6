/** The time of a chain: moved where the node allows it, waited for elsewhere. */
import { UserError } from "../errors.ts";
import { resultOf, type Rpc, type RpcAnswer } from "./rpc.ts";

/** How long to wait before the chain is looked at again, ms. */
const POLL_MS = 500;

/** How a chain comes to its blocks and their time. */
export interface ChainTime {
  /** Blocks that were mined here. */
  readonly blocks: number;
  /** Takes control, where there is any to take. */
  begin(): Promise<void>;
  /** Gives it back. */
  end(): Promise<void>;
  /** Time of the latest block, Unix seconds. */
  now(): Promise<bigint>;
  /** Returns when the chain's time is at least this. */
  advanceTo(time: bigint): Promise<void>;
  /**
   * Lets what was sent get into a block.
   *
   * @param isAwaited whether something may not be in one yet
   * @returns whether a block was mined here, which everything that waited should be in
   */
  nextBlock(isAwaited: boolean): Promise<boolean>;
}

interface Block {
  readonly timestamp: string;
}

async function latestTime(rpc: Rpc): Promise<bigint> {
  const [answer] = await rpc([{ method: "eth_getBlockByNumber", params: ["latest", false] }]);
  return BigInt((resultOf(answer) as Block).timestamp);
}

/** A devnet: its blocks are mined here, at the times that are wanted. */
export class DevnetTime implements ChainTime {
  blocks = 0;
  private readonly rpc: Rpc;
  /** Time of the latest block, as far as the run has come. */
  private latest = 0n;
  /** Time that the next block is to have at least. */
  private wanted = 0n;
  /** Time of the chain's latest block: ahead of the run's while a run that was interrupted is gone through again. */
  private head = 0n;

  /** @param from time at which the run began, if it began before this process */
  constructor(rpc: Rpc, from?: bigint) {
    this.rpc = rpc;
    this.latest = from ?? 0n;
  }

  async begin(): Promise<void> {
    const [answer] = await this.rpc([{ method: "evm_setAutomine", params: [false] }]);
    resultOf(answer);
    this.head = await latestTime(this.rpc);
    if (this.latest === 0n) this.latest = this.head;
  }

  async end(): Promise<void> {
    const [answer] = await this.rpc([{ method: "evm_setAutomine", params: [true] }]);
    resultOf(answer);
  }

  now(): Promise<bigint> {
    return Promise.resolve(this.latest);
  }

  async advanceTo(time: bigint): Promise<void> {
    if (time > this.wanted) this.wanted = time;
    // Questions see the state, and the time, of the latest block.
    if (this.latest < this.wanted) await this.nextBlock(false);
  }

  async nextBlock(isAwaited: boolean): Promise<boolean> {
    let time = this.wanted > this.latest ? this.wanted : this.latest + 1n;
    // The chain had this block before the run was interrupted; what is not in one yet has to get into a new one.
    if (isAwaited && time <= this.head) time = this.head + 1n;
    this.latest = time;
    if (time <= this.head) return false;
    const answers = await this.rpc([
      { method: "evm_setNextBlockTimestamp", params: [hex(time)] },
      { method: "evm_mine", params: [] },
    ]);
    if (answers.some(isError)) await this.requireMined(time, answers);
    this.head = time;
    this.blocks += 1;
    return true;
  }

  /** A connection that failed was tried again: then the block may have been there already. */
  private async requireMined(time: bigint, answers: readonly RpcAnswer[]): Promise<void> {
    if ((await latestTime(this.rpc)) === time) return;
    const message = (answers.find(isError)?.error?.message ?? "").replace(/\.$/, "");
    throw new UserError(
      `The devnet does not mine a block at ${isoTime(time)} (${message}). Does something else mine or move its time?`,
    );
  }
}

/** Any other chain: its producers make its blocks. */
export class WallClockTime implements ChainTime {
  readonly blocks = 0;
  private readonly rpc: Rpc;
  private readonly onWaiting: (until: bigint) => void;
  private readonly pollMs: number;

  /**
   * @param onWaiting is told what is waited for
   * @param pollMs after how long the chain is looked at again
   */
  constructor(rpc: Rpc, onWaiting: (until: bigint) => void = () => undefined, pollMs = POLL_MS) {
    this.rpc = rpc;
    this.onWaiting = onWaiting;
    this.pollMs = pollMs;
  }

  begin(): Promise<void> {
    return Promise.resolve();
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  now(): Promise<bigint> {
    return latestTime(this.rpc);
  }

  async advanceTo(time: bigint): Promise<void> {
    if ((await this.now()) >= time) return;
    this.onWaiting(time);
    while ((await this.now()) < time) await this.pause();
  }

  async nextBlock(isAwaited: boolean): Promise<boolean> {
    if (isAwaited) await this.pause();
    return false;
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.pollMs));
  }
}

/** A time as people write it. */
export const isoTime = (seconds: bigint): string =>
  new Date(Number(seconds) * 1000).toISOString().replace(".000", "");

const hex = (value: bigint): string => `0x${value.toString(16)}`;

const isError = ({ error }: RpcAnswer): boolean => error !== undefined;
