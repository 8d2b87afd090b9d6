/** Reads what happened in a market from any node, by standard JSON-RPC only. */
import { getAddress } from "ethers";

import type { ChainLog } from "../market/chainLedger.ts";
import type { MarketAddresses } from "../market/deployment.ts";
import type { Address, Bytes32 } from "../market/ledger.ts";
import type { Rpc, RpcRequest } from "../market/rpc.ts";
import { answered } from "./answered.ts";
import type { ContractKey, MarketCodec, MarketEvent, PublicTransaction } from "./codec.ts";
import { Difference } from "./difference.ts";

/** A transaction that concerned the market: it was sent to one of its contracts, or one of them told an event in it. */
export interface MarketTransaction extends PublicTransaction {
  readonly block: number;
  readonly from: Address;
  /** Null if it created a contract. */
  readonly to: Address | null;
  /** Which of the market's contracts it was sent to; undefined if to none. */
  readonly part: ContractKey | undefined;
  /** Whether it went through. */
  readonly ok: boolean;
  /** Coins that came with it, wei; the market takes none. */
  readonly value: bigint;
  /** Whether it failed with nearly all of its gas used. */
  readonly outOfGas: boolean;
}

/** A market's public past. */
export interface MarketHistory {
  readonly firstBlock: number;
  readonly lastBlock: number;
  /** In the order of the chain. */
  readonly transactions: readonly MarketTransaction[];
  /** How many events the market's contracts told. */
  readonly events: number;
}

/** What to read. */
export interface HistoryOptions {
  readonly rpc: Rpc;
  readonly codec: MarketCodec;
  readonly addresses: MarketAddresses;
  readonly firstBlock: number;
  readonly lastBlock: number;
  /** Told which share of the work is done, and what is being done. */
  readonly onProgress?: (share: number, label: string) => void;
}

interface RawTransaction {
  readonly hash: Bytes32;
  readonly from: Address;
  readonly to: Address | null;
  readonly input: string;
  readonly value: string;
  readonly gas: string;
}

interface RawBlock {
  readonly hash: Bytes32;
  readonly parentHash: Bytes32;
  readonly number: string;
  readonly timestamp: string;
  readonly transactions: readonly RawTransaction[];
}

interface RawLog extends ChainLog {
  readonly transactionHash: Bytes32;
  readonly blockNumber: string;
  readonly logIndex: string;
}

interface RawReceipt {
  readonly status: string;
  readonly gasUsed: string;
}

/** Blocks in one request for logs at first, and at most. */
const FIRST_RANGE = 500;
const WIDEST_RANGE = 4000;

/** Blocks that are asked for together. */
const BLOCKS_AT_ONCE = 100;

/** Receipts that are asked for together. */
const RECEIPTS_AT_ONCE = 1000;

/** Reading the logs takes about this share of the work, reading blocks most of the rest. */
const LOGS_SHARE = 0.4;
const BLOCKS_SHARE = 0.5;

const hex = (value: number): string => `0x${value.toString(16)}`;

/**
 * Reads a market's past.
 *
 * @throws UserError if the node lacks blocks or refuses to give logs
 * @throws Difference if what the node says does not fit together
 */
export async function readHistory(options: HistoryOptions): Promise<MarketHistory> {
  const { firstBlock, lastBlock } = options;
  const logs = await readLogs(options);
  const logsOf = byTransaction(logs, options.codec);
  const found = await readBlocks(options, logsOf);
  const inBlocks = new Set(found.map(({ raw }) => raw.hash));
  const stray = [...logsOf.keys()].find((hash) => !inBlocks.has(hash));
  if (stray !== undefined)
    throw new Difference("logs of a transaction", "the transaction in a block", undefined, stray);
  const receipts = await readReceipts(options, found, logsOf);
  const addressOf = checksummed();
  const transactions = found.map(({ raw, block, time }) => {
    const { hash, from, to, input, value, gas } = raw;
    const receipt = receipts.get(hash);
    const events = logsOf.get(hash) ?? [];
    return {
      ...{ hash, time, block, events, value: BigInt(value) },
      from: addressOf(from),
      to: to === null ? null : addressOf(to),
      part: options.codec.keyOf(to),
      calls: options.codec.callsIn(to, input),
      ok: receipt === undefined || receipt.status === "0x1",
      outOfGas: receipt?.status === "0x0" && usedUp(receipt, gas),
    };
  });
  return { firstBlock, lastBlock, transactions, events: logs.length };
}

/** Calls that fail for want of gas leave a 64th of it at each level (EIP-150). */
const usedUp = ({ gasUsed }: RawReceipt, gas: string): boolean =>
  BigInt(gasUsed) * 16n >= BigInt(gas) * 15n;

// ------------------------------------------------------------------ logs

/** Reads all logs of the market's contracts, in pages that shrink when the node refuses one. */
async function readLogs(options: HistoryOptions): Promise<RawLog[]> {
  const { rpc, addresses, firstBlock, lastBlock, onProgress } = options;
  const address = Object.values(addresses);
  const total = lastBlock - firstBlock + 1;
  const logs: RawLog[] = [];
  let range = FIRST_RANGE;
  for (let from = firstBlock; from <= lastBlock;) {
    const to = Math.min(from + range - 1, lastBlock);
    const filter = { address, fromBlock: hex(from), toBlock: hex(to) };
    const [answer] = await rpc([{ method: "eth_getLogs", params: [filter] }]);
    if (answer?.error !== undefined && from !== to) {
      range = Math.floor((to - from + 1) / 2);
      continue;
    }
    const page = answered(answer, `the logs of block ${from}`) as RawLog[];
    for (const log of page) logs.push(log);
    from = to + 1;
    range = Math.min(range * 2, WIDEST_RANGE);
    onProgress?.((LOGS_SHARE * (from - firstBlock)) / total, `logs up to block ${to}`);
  }
  return logs;
}

/** The market's events by the hashes of their transactions, in the order of their logs. */
function byTransaction(logs: readonly RawLog[], codec: MarketCodec): Map<Bytes32, MarketEvent[]> {
  const place = ({ blockNumber, logIndex }: RawLog): [number, number] => [
    Number(blockNumber),
    Number(logIndex),
  ];
  const ordered = [...logs].sort((a, b) => {
    const [[blockA, indexA], [blockB, indexB]] = [place(a), place(b)];
    return blockA - blockB || indexA - indexB;
  });
  const events = new Map<Bytes32, MarketEvent[]>();
  for (const log of ordered) {
    const key = codec.keyOf(log.address);
    if (key === undefined) continue;
    const event = codec.decodeLog(log);
    // A token that the market was given may tell more than a standard one.
    if (event === undefined && key === "token") continue;
    if (event === undefined)
      throw new Difference(
        `log ${Number(log.logIndex)} of block ${Number(log.blockNumber)}`,
        `an event of the market's ${key}`,
        `topic ${log.topics[0] ?? "none"}`,
        log.transactionHash,
      );
    const known = events.get(log.transactionHash);
    if (known === undefined) events.set(log.transactionHash, [event]);
    else known.push(event);
  }
  return events;
}

// ------------------------------------------------------------------ blocks

interface Found {
  readonly raw: RawTransaction;
  readonly block: number;
  readonly time: bigint;
}

/** Reads every block, since neither a transaction that failed nor one that only lists bids is in any log. */
async function readBlocks(
  { rpc, codec, firstBlock, lastBlock, onProgress }: HistoryOptions,
  logsOf: ReadonlyMap<Bytes32, unknown>,
): Promise<Found[]> {
  const found: Found[] = [];
  let parent: Bytes32 | undefined;
  let last = 0n;
  for (let from = firstBlock; from <= lastBlock; from += BLOCKS_AT_ONCE) {
    const to = Math.min(from + BLOCKS_AT_ONCE - 1, lastBlock);
    const requests: RpcRequest[] = [];
    for (let block = from; block <= to; block += 1)
      requests.push({ method: "eth_getBlockByNumber", params: [hex(block), true] });
    for (const [i, answer] of (await rpc(requests)).entries()) {
      const number = from + i;
      const block = answered(answer, `block ${number}`) as RawBlock;
      if (parent !== undefined && block.parentHash !== parent)
        throw new Difference(`parent of block ${number}`, parent, block.parentHash);
      parent = block.hash;
      const time = BigInt(block.timestamp);
      if (time < last) throw new Difference(`time of block ${number}`, `at least ${last}`, time);
      last = time;
      for (const raw of block.transactions)
        if (codec.keyOf(raw.to) !== undefined || logsOf.has(raw.hash))
          found.push({ raw, block: number, time });
    }
    const share = (to - firstBlock + 1) / (lastBlock - firstBlock + 1);
    onProgress?.(LOGS_SHARE + BLOCKS_SHARE * share, `block ${to} of ${lastBlock}`);
  }
  return found;
}

/** Receipts of the transactions without logs: they may have failed. */
async function readReceipts(
  { rpc, onProgress }: HistoryOptions,
  found: readonly Found[],
  logsOf: ReadonlyMap<Bytes32, unknown>,
): Promise<Map<Bytes32, RawReceipt>> {
  const silent = found.map(({ raw }) => raw.hash).filter((hash) => !logsOf.has(hash));
  const receipts = new Map<Bytes32, RawReceipt>();
  for (let from = 0; from < silent.length; from += RECEIPTS_AT_ONCE) {
    const page = silent.slice(from, from + RECEIPTS_AT_ONCE);
    const answers = await rpc(
      page.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] })),
    );
    for (const [i, hash] of page.entries()) {
      const receipt = answered(answers[i], `the receipt of transaction ${hash}`);
      receipts.set(hash, receipt as RawReceipt);
    }
  }
  onProgress?.(1, "receipts");
  return receipts;
}

/** Gives addresses their checksums, each once. */
function checksummed(): (address: Address) => Address {
  const known = new Map<Address, Address>();
  return (address) => {
    let checked = known.get(address);
    if (checked === undefined) known.set(address, (checked = getAddress(address)));
    return checked;
  };
}
