/** The audit of a market: a stranger's check from public chain data alone (`docs/audit.md`). */
import type { Interface } from "ethers";

import { ChainLedger, type ChainTransport } from "../market/chainLedger.ts";
import type { MarketAddresses } from "../market/deployment.ts";
import type { Address } from "../market/ledger.ts";
import type { MarketParameters } from "../market/parameters.ts";
import type { Rpc } from "../market/rpc.ts";
import { answered } from "./answered.ts";
import { MarketCodec, type ContractKey } from "./codec.ts";
import { requireAsDeployed } from "./deployed.ts";
import { Difference, requireSame } from "./difference.ts";
import { readHistory, type MarketHistory } from "./history.ts";
import { explainLocks, type Locks } from "./locks.ts";
import { Rerun } from "./rerun.ts";
import { checkSlot } from "./slot.ts";
import { compareState, expectationsOf, type Expectation } from "./state.ts";

/** The market to audit, as its deployment's record says. */
export interface AuditedMarket {
  readonly chainId: bigint;
  readonly parameters: MarketParameters;
  readonly addresses: MarketAddresses;
  readonly interfaces: Readonly<Record<ContractKey, Interface>>;
  /** Block from which on the market's contracts exist. */
  readonly firstBlock: number;
  /** Whether the settlement token is the market's own. */
  readonly ownToken: boolean;
}

/** How to audit. */
export interface AuditOptions {
  readonly market: AuditedMarket;
  readonly rpc: Rpc;
  /** Told how far it is, from 0 to 1, and what is being done. */
  readonly onProgress?: (share: number, label: string) => void;
}

/** What was checked, by name and in the order of the report. */
export type AuditCounts = Record<string, number>;

/** What an audit came to. */
export interface AuditReport {
  readonly firstBlock: number;
  /** The latest block when the audit began; nothing later was looked at. */
  readonly lastBlock: number;
  readonly counts: AuditCounts;
  /** What all locked money is locked for, micro-yuan; undefined if the audit did not come so far. */
  readonly locks: Locks | undefined;
  /** The first difference between the chain and the rules; undefined if there is none. */
  readonly difference: Difference | undefined;
}

/** Transactions between two messages of progress. */
const PROGRESS_EVERY = 200;

/** How long each step takes, as shares of the whole. */
const STEPS = { read: 0.35, rerun: 0.8, state: 1 } as const;

/**
 * Audits a market up to the latest block.
 *
 * @throws UserError if the node is gone or lacks what is needed
 */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const run = new AuditRun(options);
  return run.run();
}

class AuditRun {
  private readonly options: AuditOptions;
  private readonly codec: MarketCodec;
  private readonly views: ChainLedger;
  private readonly rerun: Rerun;
  private readonly counts: AuditCounts = {};
  private lastBlock = 0;
  private locks: Locks | undefined;

  constructor(options: AuditOptions) {
    const { addresses, interfaces, chainId, parameters, ownToken } = options.market;
    this.options = options;
    this.codec = new MarketCodec(addresses, interfaces);
    this.views = viewsOf(options.market);
    this.rerun = new Rerun({ parameters, addresses, chainId, codec: this.codec, ownToken });
  }

  async run(): Promise<AuditReport> {
    let difference: Difference | undefined;
    const { rpc, market } = this.options;
    const [latest] = await rpc([{ method: "eth_blockNumber", params: [] }]);
    this.lastBlock = Number(answered(latest, "its latest block"));
    try {
      await this.check();
    } catch (error) {
      if (!(error instanceof Difference)) throw error;
      difference = error;
    }
    const { firstBlock } = market;
    const { lastBlock, counts, locks } = this;
    return { firstBlock, lastBlock, counts, locks, difference };
  }

  private async check(): Promise<void> {
    const { rpc, market } = this.options;
    const pinned = await this.blockHash();
    await requireAsDeployed(rpc, market, this.lastBlock);
    const history = await this.read();
    await this.repeat(history);
    this.checkSlots();
    await this.compare(history);
    requireSame(`hash of block ${this.lastBlock}, asked again`, pinned, await this.blockHash());
  }

  private async blockHash(): Promise<string> {
    const params = [`0x${this.lastBlock.toString(16)}`, false];
    const [answer] = await this.options.rpc([{ method: "eth_getBlockByNumber", params }]);
    return (answered(answer, `block ${this.lastBlock}`) as { readonly hash: string }).hash;
  }

  private async read(): Promise<MarketHistory> {
    const { rpc, market } = this.options;
    const history = await readHistory({
      rpc,
      codec: this.codec,
      addresses: market.addresses,
      firstBlock: market.firstBlock,
      lastBlock: this.lastBlock,
      onProgress: (share, label) => this.options.onProgress?.(STEPS.read * share, label),
    });
    this.counts["blocks"] = this.lastBlock - market.firstBlock + 1;
    this.counts["transactions"] = history.transactions.length;
    this.counts["events"] = history.events;
    return history;
  }

  private async repeat({ transactions }: MarketHistory): Promise<void> {
    try {
      for (const [i, transaction] of transactions.entries()) {
        await this.rerun.take(transaction);
        if (i % PROGRESS_EVERY === 0)
          this.options.onProgress?.(
            STEPS.read + ((STEPS.rerun - STEPS.read) * i) / transactions.length,
            `transaction ${i} of ${transactions.length}`,
          );
      }
    } finally {
      this.countCalls();
    }
  }

  /** What was made again, up to the first difference. */
  private countCalls(): void {
    const { rerun, counts } = this;
    const { confirmed, embedded, refused, broken } = rerun.tally;
    counts["calls confirmed"] = confirmed;
    counts["calls through other contracts"] = embedded;
    counts["calls refused, rightly"] = refused;
    counts["calls failed for other reasons"] = broken;
    counts["signatures"] = rerun.signatures.checked;
  }

  /** Each slot's auction, by the check that needs nothing but the slot's own data. */
  private checkSlots(): void {
    const { parameters, chainId, addresses } = this.options.market;
    const rules = { parameters, chainId, auction: addresses.auction };
    const { slots } = this.rerun.slots;
    const sums: AuctionSums = { commitments: 0, reveals: 0, bids: 0, draws: 0, trades: 0 };
    for (const slot of slots) {
      const report = checkSlot(this.rerun.slots.evidenceOf(slot), rules);
      if (report.difference !== undefined) throw report.difference;
      for (const key of Object.keys(sums) as (keyof AuctionSums)[]) sums[key] += report[key];
    }
    Object.assign(this.counts, { slots: slots.length, ...sums });
  }

  private async compare(history: MarketHistory): Promise<void> {
    const { rpc, market, onProgress } = this.options;
    const { ledger, slots, quoteBps } = this.rerun;
    const expectations = await expectationsOf(ledger, {
      slots: slots.slots,
      ...subjectsOf(history),
    });
    expectations.push(...(await this.balances()));
    await compareState(
      {
        ...{ rpc, views: this.views, block: this.lastBlock },
        onProgress: (share, label) =>
          onProgress?.(STEPS.rerun + (STEPS.state - STEPS.rerun) * share, label),
      },
      expectations,
    );
    this.locks = await explainLocks({ ledger, parameters: market.parameters, quoteBps });
    Object.assign(this.counts, await this.stateCounts(history), { views: expectations.length });
  }

  /** Tokens of the vault, which are all participants' accounts and the penalty pool, and of all wallets. */
  private async balances(): Promise<Expectation[]> {
    const { ledger, tokens } = this.rerun;
    const { addresses } = this.options.market;
    let sum = (await ledger.penaltyPool()) + tokens.donated;
    const count = await ledger.participants();
    for (let number = 1n; number <= count; number += 1n) {
      const { available, locked } = await ledger.accountOf(number);
      sum += available + locked;
    }
    const wallets = tokens.holders.map((wallet) => ({
      view: ["balanceOf", wallet] as const,
      expected: tokens.balanceOf(wallet),
    }));
    return [{ view: ["balanceOf", addresses.vault], expected: sum }, ...wallets];
  }

  private async stateCounts({ transactions }: MarketHistory): Promise<AuditCounts> {
    const { ledger, tokens } = this.rerun;
    const count = (wanted: string): number =>
      transactions.reduce(
        (all, { events }) => all + events.filter(({ name }) => name === wanted).length,
        0,
      );
    return {
      "beacon values": count("ValueOpened"),
      readings: count("ReadingTaken"),
      "token transfers": count("Transfer"),
      participants: Number(await ledger.participants()),
      "accounts and RVs": Number(await ledger.participants()),
      contracts: Number(await ledger.contracts()),
      "order transfers": Number(await ledger.transfers()),
      "token balances": tokens.holders.length,
    };
  }
}

interface AuctionSums {
  commitments: number;
  reveals: number;
  bids: number;
  draws: number;
  trades: number;
}

/** Who and what the views are asked about, from the events. */
function subjectsOf({ transactions }: MarketHistory): {
  rankers: Set<Address>;
  tariffs: (readonly [bigint, bigint])[];
} {
  const rankers = new Set<Address>();
  const tariffs: (readonly [bigint, bigint])[] = [];
  for (const { calls, from, to, part, events } of transactions) {
    // The contract that passes a call on is the one that the market sees.
    const sender = part === undefined && to !== null ? to : from;
    if (calls.some(({ name }) => name === "clear")) rankers.add(sender);
    for (const { name, args } of events)
      if (name === "TariffAnnounced")
        tariffs.push([args["gridOperator"] as bigint, args["fromSlot"] as bigint]);
  }
  return { rankers, tariffs };
}

const unused = (): never => {
  throw new Error("An audit sends and signs nothing.");
};
const NO_TRANSPORT: ChainTransport = { send: unused, call: unused, sign: unused, time: unused };

/** Encodes and decodes a market's views, which are asked in batches; nothing else can be done with it. */
export const viewsOf = ({ addresses, interfaces, chainId }: AuditedMarket): ChainLedger =>
  new ChainLedger({ transport: NO_TRANSPORT, addresses, interfaces, chainId });
