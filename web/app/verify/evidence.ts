/**
 * Reads what is public about a slot's auction from the node: logs, calldata and block times. Of the console's own index nothing
 * is used but the address of the market's directory, which says the rest itself, and the ABIs to read the logs with.
 */
import { Interface, toBeHex, type InterfaceAbi } from "ethers";

import { MarketCodec, type ContractKey } from "../../../sim/audit/codec.ts";
import { SlotCollector } from "../../../sim/audit/evidence.ts";
import type { AuctionRules, SlotEvidence } from "../../../sim/audit/slot.ts";
import { CONTRACT_NAMES, type MarketAddresses } from "../../../sim/market/deployment.ts";
import type { MarketParameters } from "../../../sim/market/parameters.ts";
import { windowsOf } from "../../../sim/market/slots.ts";
import { fetchApi } from "../api.ts";
import { rpc, rpcAll } from "../rpc.ts";

/** What is read of a log. */
interface Log {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly logIndex: string;
}

/** Contracts whose events an auction is told in. */
const READ = ["directory", "auction", "supply", "beacon", "vault"] as const;

type Part = (typeof READ)[number];

/** A market as the chain describes it. */
export interface ChainMarket {
  readonly rules: AuctionRules;
  readonly addresses: MarketAddresses;
  readonly interfaces: Readonly<Record<Part, Interface>>;
}

async function interfaceOf(part: Part): Promise<Interface> {
  const { abi } = await fetchApi("/api/contracts/:name", { name: CONTRACT_NAMES[part] }, {});
  return new Interface(abi as InterfaceAbi);
}

/** Asks the market's directory for its parts and its parameters, and the node for its chain. */
export async function readMarket(directory: string): Promise<ChainMarket> {
  const entries = await Promise.all(READ.map(async (part) => [part, await interfaceOf(part)]));
  const interfaces = Object.fromEntries(entries) as Record<Part, Interface>;
  const ask = async (name: string): Promise<Record<string, unknown>> => {
    const data = interfaces.directory.encodeFunctionData(name);
    const answer = (await rpc("eth_call", { to: directory, data }, "latest")) as string;
    const [struct] = interfaces.directory.decodeFunctionResult(name, answer).toArray() as [
      { toObject(): Record<string, unknown> },
    ];
    return struct.toObject();
  };
  const parameters = (await ask("parameters")) as unknown as MarketParameters;
  const parts = (await ask("addresses")) as unknown as Omit<MarketAddresses, "directory">;
  const addresses: MarketAddresses = { ...parts, directory };
  const chainId = BigInt((await rpc("eth_chainId")) as string);
  return { rules: { parameters, chainId, auction: addresses.auction }, addresses, interfaces };
}

// ------------------------------------------------------------------ blocks

interface BlockHead {
  readonly number: string;
  readonly timestamp: string;
}

const hex = (number: number): string => `0x${number.toString(16)}`;

async function timeOf(block: number): Promise<bigint> {
  const head = (await rpc("eth_getBlockByNumber", hex(block), false)) as BlockHead;
  return BigInt(head.timestamp);
}

/** The first block at or after a time; one after the last if there is none. */
async function blockAt(time: bigint, last: number): Promise<number> {
  let [from, to] = [0, last + 1];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if ((await timeOf(middle)) < time) from = middle + 1;
    else to = middle;
  }
  return from;
}

// ------------------------------------------------------------------ logs

interface LogFilter {
  readonly address: string | readonly string[];
  readonly topics?: readonly (string | readonly string[] | null)[];
}

const logsOf = async (filter: LogFilter, from: number, to: number): Promise<readonly Log[]> =>
  from > to
    ? []
    : ((await rpc("eth_getLogs", {
        ...filter,
        fromBlock: hex(from),
        toBlock: hex(to),
      })) as readonly Log[]);

const inOrder = (a: Log, b: Log): number =>
  Number(a.blockNumber) - Number(b.blockNumber) || Number(a.logIndex) - Number(b.logIndex);

const topicOf = ({ interfaces }: ChainMarket, part: Part, name: string): string => {
  const event = interfaces[part].getEvent(name);
  if (event === null) throw new Error(`${part} has no event ${name}.`);
  return event.topicHash;
};

const topicsOf = (market: ChainMarket, part: Part, ...names: readonly string[]): string[] =>
  names.map((name) => topicOf(market, part, name));

const blockOf = ({ blockNumber }: Log): number => Number(blockNumber);

/** Logs that tell the slot's auction: of its own contracts, from the first commitment to the end of the clearing. */
async function auctionLogs(
  market: ChainMarket,
  slot: bigint,
  last: number,
): Promise<readonly Log[]> {
  const { addresses, rules } = market;
  const { auction, beacon, supply } = addresses;
  const from = await blockAt(windowsOf(rules.parameters, slot).commitFrom, last);
  const slotTopic = toBeHex(slot, 32);
  const plans = topicsOf(
    market,
    "auction",
    "Committed",
    "PlanWithdrawn",
    "Revealed",
    "PlanDropped",
  );
  const opened = topicsOf(market, "beacon", "ValueOpened");
  const turns = topicsOf(market, "auction", "MatchingStarted", "Unmatched", "Cleared");
  const [bidding, clearing] = await Promise.all([
    logsOf(
      { address: [auction, beacon], topics: [[...plans, ...opened], null, slotTopic] },
      from,
      last,
    ),
    logsOf({ address: auction, topics: [turns, slotTopic] }, from, last),
  ]);
  const [started, , cleared] = turns.map((topic) =>
    clearing.find(({ topics }) => topics[0] === topic),
  );
  // The slot of what was signed is in a packed word, which no filter reads.
  const signed =
    started === undefined
      ? []
      : await logsOf(
          { address: supply, topics: topicsOf(market, "supply", "Signed") },
          blockOf(started),
          cleared === undefined ? last : blockOf(cleared),
        );
  return [...bidding, ...clearing, ...signed];
}

/** The last RV of each bidder before its reveal, and the last value of each operator of the beacon before the slot's. */
async function earlierLogs(market: ChainMarket, logs: readonly Log[]): Promise<readonly Log[]> {
  const { vault, beacon } = market.addresses;
  const changed = topicsOf(market, "vault", "ReputationChanged");
  const chained = topicsOf(market, "beacon", "ChainCommitted", "ValueOpened");
  const reveals = ofEvents(logs, topicsOf(market, "auction", "Revealed"));
  const openings = ofEvents(logs, topicsOf(market, "beacon", "ValueOpened"));
  const who = (some: readonly Log[]): string[] => [...new Set(some.map(subject))];
  const [reputations, values] = await Promise.all([
    logsOf({ address: vault, topics: [changed, who(reveals)] }, 0, lastBlock(reveals)),
    logsOf({ address: beacon, topics: [chained, who(openings)] }, 0, lastBlock(openings)),
  ]);
  return [...lastBefore(reputations, reveals), ...lastBefore(values, openings)];
}

const ofEvents = (logs: readonly Log[], topics: readonly string[]): Log[] =>
  logs.filter((log) => topics.includes(log.topics[0] ?? ""));

/** The participant that a log is about. */
const subject = ({ topics }: Log): string => topics[1] ?? "";

/** Block of the last log; before all blocks if there is none. */
const lastBlock = (logs: readonly Log[]): number => Math.max(-1, ...logs.map(blockOf));

/** Of each log's participant the last of the earlier logs about it. */
function lastBefore(earlier: readonly Log[], logs: readonly Log[]): Log[] {
  return logs.flatMap((log) => {
    const before = earlier.filter((one) => subject(one) === subject(log) && inOrder(one, log) < 0);
    return before.sort(inOrder).at(-1) ?? [];
  });
}

// ------------------------------------------------------------------ transactions

interface ChainTransaction {
  readonly hash: string;
  readonly to: string | null;
  readonly input: string;
}

const uniqueHashes = (logs: readonly Log[]): string[] => [
  ...new Set(logs.map(({ transactionHash }) => transactionHash)),
];

/** Transactions by their hashes. */
async function transactionsOf(hashes: readonly string[]): Promise<Map<string, ChainTransaction>> {
  const found = (await rpcAll(
    hashes.map((hash) => ({ method: "eth_getTransactionByHash", params: [hash] })),
  )) as (ChainTransaction | null)[];
  return new Map(found.flatMap((one) => (one === null ? [] : [[one.hash, one]])));
}

/** Times of the logs' blocks. */
async function timesOf(logs: readonly Log[]): Promise<Map<string, bigint>> {
  const blocks = [...new Set(logs.map(({ blockNumber }) => blockNumber))];
  const heads = (await rpcAll(
    blocks.map((block) => ({ method: "eth_getBlockByNumber", params: [block, false] })),
  )) as BlockHead[];
  return new Map(heads.map(({ number, timestamp }) => [number, BigInt(timestamp)]));
}

/** Items of batches that were passed over, which leave no other trace. */
async function skippedIn(market: ChainMarket, reveals: readonly Log[]): Promise<readonly Log[]> {
  const hashes = new Set(uniqueHashes(reveals));
  const logs = await logsOf(
    { address: market.addresses.auction, topics: topicsOf(market, "auction", "Skipped") },
    Math.min(...reveals.map(blockOf)),
    lastBlock(reveals),
  );
  return logs.filter(({ transactionHash }) => hashes.has(transactionHash));
}

/** A slot's evidence, and how much was read for it. */
export interface ReadSlot {
  readonly evidence: SlotEvidence;
  /** The node's latest block then: what is later is not in the evidence. */
  readonly block: number;
  readonly logs: number;
  readonly transactions: number;
}

/** Reads a slot's evidence from the node. */
export async function readSlot(market: ChainMarket, slot: bigint): Promise<ReadSlot> {
  const last = Number(await rpc("eth_blockNumber"));
  const own = await auctionLogs(market, slot, last);
  const reveals = ofEvents(own, topicsOf(market, "auction", "Revealed", "PlanDropped"));
  const logs = [
    ...own,
    ...(await earlierLogs(market, own)),
    ...(reveals.length === 0 ? [] : await skippedIn(market, reveals)),
  ].sort(inOrder);
  const [times, calls] = await Promise.all([timesOf(logs), transactionsOf(uniqueHashes(reveals))]);
  const byTransaction = Map.groupBy(logs, ({ transactionHash }) => transactionHash);
  const codec = codecOf(market);
  const collector = new SlotCollector();
  for (const [hash, its] of byTransaction) {
    const transaction = calls.get(hash);
    collector.add({
      hash,
      time: times.get(its[0]?.blockNumber ?? "") ?? 0n,
      calls: transaction === undefined ? [] : codec.callsIn(transaction.to, transaction.input),
      events: its.flatMap((log) => codec.decodeLog(log) ?? []),
    });
  }
  return {
    evidence: collector.evidenceOf(slot),
    block: last,
    logs: logs.length,
    transactions: calls.size,
  };
}

/** Decodes the contracts that are read, and takes no other for one of the market. */
function codecOf({ addresses, interfaces }: ChainMarket): MarketCodec {
  const read = Object.fromEntries(READ.map((part) => [part, addresses[part]]));
  return new MarketCodec(read as MarketAddresses, interfaces as Record<ContractKey, Interface>);
}
