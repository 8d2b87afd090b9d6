/** A user: bids for its tasks until each has a contract. */
import type { Answer, Bid, Plan } from "../market/ledger.ts";
import type { Task } from "../traces/task.ts";
import { microPrice, SECONDS_PER_HOUR } from "../units.ts";
import type { MarketAccess, Party, SaltSource } from "./access.ts";
import { onBondLost, type Trader } from "./trader.ts";

/** Most bids in a plan: the contracts' limit. */
const MAX_BIDS = 16;

/** What a user knows about the market before it bids. */
export interface UserTerms {
  /** Energy that is bought with a core for an hour, Wh. */
  readonly whPerCoreHour: number;
  /** Memory that comes with a core, MB. */
  readonly memoryMbPerCore: number;
  /** First bid, share of the most that it pays. */
  readonly openingBid: number;
  /** What is added after each slot without a contract, share of the most that it pays. */
  readonly bidRise: number;
}

/** Takes a task's program and data to the data centre that it was matched with. */
export type HandIn = (contractId: bigint, task: Task) => void;

interface Wish {
  readonly task: Task;
  readonly cores: number;
  /** Slots in which it was left over. */
  failures: number;
}

/** How many hours a task occupies. */
const hoursOf = (task: Task): number => Math.ceil(task.durationSeconds / SECONDS_PER_HOUR);

/** The last hour in which a task may run. */
export const lastHourOf = (task: Task): number =>
  Math.floor(task.deadlineSeconds / SECONDS_PER_HOUR) - 1;

/** Cores that are bought for a task: as many as it uses, and as many as its memory takes. */
export const coresBought = (task: Task, memoryMbPerCore: number): number =>
  Math.max(task.cores, Math.ceil(task.memoryMb / memoryMbPerCore - 1e-9));

/** A user's agent. */
export class UserAgent implements Trader {
  readonly party: Party;
  private readonly access: MarketAccess;
  private readonly terms: UserTerms;
  private readonly salt: SaltSource;
  private readonly coming: Task[];
  private open: Wish[] = [];
  private plan: Plan | undefined;
  private asked: Wish[] = [];
  private bonded = false;

  /** @param tasks in the order of submission */
  constructor(
    access: MarketAccess,
    party: Party,
    tasks: readonly Task[],
    terms: UserTerms,
    salt: SaltSource,
    handIn: HandIn,
  ) {
    this.access = access;
    this.party = party;
    this.terms = terms;
    this.salt = salt;
    this.coming = [...tasks].reverse();
    const { participant } = party;
    access.record.onFor("Signed", "buyer", participant, ({ contractId, bid }) => {
      const wish = this.asked[Number(bid)];
      if (wish === undefined) return;
      this.open.splice(this.open.indexOf(wish), 1);
      handIn(contractId as bigint, wish.task);
    });
    onBondLost(access.record, participant, () => (this.bonded = false));
    access.record.onFor("Unmatched", "buyer", participant, ({ index }) => {
      const wish = this.asked[Number(index)];
      if (wish) wish.failures += 1;
    });
  }

  get sealed(): Plan | undefined {
    return this.plan;
  }

  /** Seals a plan for the next hour, if there is anything to ask for. */
  commit(hour: number): Answer<boolean> | undefined {
    this.plan = this.planFor(hour);
    if (this.plan === undefined) return undefined;
    this.bonded = true;
    const { access, party } = this;
    return access.commit(party, this.plan.slot, access.seal(this.plan));
  }

  /** Opens the plan that was sealed. */
  reveal(): Answer<undefined> {
    return this.plan && this.access.reveal(this.party, this.plan);
  }

  /** Takes its bond back. */
  async leave(): Promise<void> {
    if (!this.bonded) return;
    const { id, wallet } = this.party;
    await this.access.must(id, this.access.ledger.releaseBond(wallet));
  }

  private planFor(hour: number): Plan | undefined {
    const now = hour * SECONDS_PER_HOUR + Number(this.access.decideSeconds);
    for (
      let task = this.coming.at(-1);
      task && task.submitSeconds < now;
      task = this.coming.at(-1)
    ) {
      const cores = coresBought(task, this.terms.memoryMbPerCore);
      this.open.push({ task, cores, failures: 0 });
      this.coming.pop();
    }
    if (this.open.length === 0) return undefined;
    // What cannot be done in time any more is given up.
    this.open = this.open.filter(({ task }) => lastHourOf(task) - hour >= hoursOf(task));
    if (this.open.length === 0) return undefined;
    this.asked = this.mostUrgent(hour);
    const slot = this.access.slotOf(hour + 1);
    const { participant: bidder } = this.party;
    return {
      slot,
      bidder,
      bids: this.asked.map((wish) => this.bidFor(wish, slot)),
      offers: [],
      salt: this.salt(bidder, slot),
    };
  }

  /** Up to sixteen wishes; if there are more, those that can wait least. */
  private mostUrgent(hour: number): Wish[] {
    if (this.open.length <= MAX_BIDS) return [...this.open];
    const slack = ({ task }: Wish): number => lastHourOf(task) - hour - hoursOf(task);
    return [...this.open].sort((a, b) => slack(a) - slack(b)).slice(0, MAX_BIDS);
  }

  private bidFor({ task, cores, failures }: Wish, slot: bigint): Bid {
    const { whPerCoreHour, openingBid, bidRise } = this.terms;
    const share = Math.min(1, openingBid + bidRise * failures);
    const coreSeconds = cores * Math.ceil(task.durationSeconds);
    return {
      cores: BigInt(cores),
      coreSeconds: BigInt(coreSeconds),
      energy: BigInt(Math.ceil((coreSeconds / SECONDS_PER_HOUR) * whPerCoreHour)),
      maxPrice: microPrice(share * task.maxPriceYuanPerKWh),
      earliest: slot,
      deadline: this.access.slotOf(lastHourOf(task)),
      priority: task.priority,
    };
  }
}
