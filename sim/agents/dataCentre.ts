/** A data centre: sells compute, schedules it, hands it over when the sun fails. */
import {
  whenAnswered,
  type Answer,
  type Delivery,
  type Offer,
  type Plan,
  type Transfer,
} from "../market/ledger.ts";
import type { Terms } from "../market/words.ts";
import { feedFromGrid, Source, type Flows } from "../physics/supply.ts";
import type { Scenario } from "../scenario/schema.ts";
import {
  hourlyCoreSeconds,
  hoursNeeded,
  Rack,
  slackHours,
  type Job,
  type RackSpec,
} from "../scheduling/rack.ts";
import { LONGEST_HORIZON, mustRun, type Scheduler } from "../scheduling/scheduler.ts";
import type { Task } from "../traces/task.ts";
import { MB_PER_GB, SECONDS_PER_HOUR, WH_PER_KWH, microPrice, microYuan } from "../units.ts";
import { UNREAD, type MarketAccess, type Party, type SaltSource } from "./access.ts";
import type { EsdAgent, PvAgent } from "./devices.ts";
import type { PricingRule } from "./pricing.ts";
import type { QuoteBoard, StandingQuote } from "./quotes.ts";
import { onBondLost, type Trader } from "./trader.ts";
import { coresBought } from "./user.ts";

/** Hours that are forecast. */
const AHEAD = LONGEST_HORIZON + 1;

/**
 * Share of the cores that is promised for any hour; the rest lets jobs of different sizes find room on whole servers. With
 * three quarters no job of the paper's week is late, with more a few in ten thousand are.
 */
const PROMISED = 0.75;

/** A quote for less is not worth its transaction, Wh. */
const LEAST_QUOTE_WH = 100;

/** How fast the memory of past sales fades: over a day. */
const SALES_MEMORY = 1 / 24;

/** In compute time only with at least this share of the coming work from the sun. */
const REPAYABLE_SHARE = 0.5;

/** How a data centre works. */
export interface Conduct {
  readonly scheduler: Scheduler;
  readonly pricing: PricingRule;
  /** Whether it uses its PV at all; without, everything is imported and all PV exported. */
  readonly usesPv: boolean;
  /** Share of each job that it does before it drops it; absent if it does all of it. */
  readonly workShare?: number;
}

/** What all data centres of a run know. */
export interface DataCentreTerms {
  readonly rack: RackSpec;
  readonly prices: Scenario["prices"];
  readonly transfers: Scenario["transfers"];
  readonly whPerCoreHour: number;
  readonly memoryMbPerCore: number;
  /**
   * Hours for which another's reading may be late after work that was handed over was due: with these it keeps time to do
   * the work itself. Absent if all trust each other; then it keeps time for what it did not hand over alone.
   */
  readonly mistrustHours?: number;
}

/** Work for a supply contract. */
interface ContractJob extends Job {
  readonly contractId: bigint;
  /** Its own contract, another's that it executes, or another's that was handed back to it. */
  readonly kind: "own" | "taken" | "returned";
  readonly stateMb: number;
  /** Energy and core-seconds of the whole contract. */
  readonly energyWh: bigint;
  readonly coreSeconds: bigint;
  /** Core-seconds that another data centre has in its hands; the job rests until they are done. */
  away: number;
  /** Energy of the present hour by source, Wh. */
  readonly used: number[];
}

/** What a data centre did in an hour. */
export interface HourReport extends Flows {
  readonly loadWh: number;
  readonly pvWh: number;
  readonly gapWh: number;
  readonly runningPriority: number;
  readonly runningOther: number;
  readonly suspended: number;
  readonly waiting: number;
  readonly deliveries: readonly Delivery[];
}

/** Finds the agent of another data centre: where migrated work is sent. */
export type Peers = (participant: bigint) => DataCentreAgent | undefined;

/** A data centre's agent. */
export class DataCentreAgent implements Trader {
  readonly party: Party;
  private readonly conduct: Conduct;
  private readonly access: MarketAccess;
  private readonly terms: DataCentreTerms;
  private readonly pv: PvAgent;
  private readonly esd: EsdAgent;
  private readonly salt: SaltSource;
  private readonly board: QuoteBoard;
  private readonly peers: Peers;
  private readonly rack: Rack;
  private readonly sources: Uint8Array;
  private readonly ahead = new Float64Array(AHEAD);
  /** Busy core-seconds of each server in the hour that is run. */
  private readonly busy: Float64Array;
  private jobs: ContractJob[] = [];
  private hasNewJobs = false;
  private plan: Plan | undefined;
  private gapWh = 0;
  /** Mean energy sold per hour, Wh. */
  private salesWh = 0;
  private soldWh = 0;
  private quoted = false;
  private bonded = false;
  /** Transfers in compute time of which core-seconds are owed to this data centre. */
  private readonly claims = new Map<bigint, bigint>();
  /** Contracts of which work was handed back at some time. */
  private readonly returned = new Set<bigint>();

  constructor(
    access: MarketAccess,
    party: Party,
    conduct: Conduct,
    terms: DataCentreTerms,
    devices: { readonly pv: PvAgent; readonly esd: EsdAgent },
    salt: SaltSource,
    board: QuoteBoard,
    peers: Peers,
  ) {
    this.access = access;
    this.party = party;
    this.conduct = conduct;
    this.terms = terms;
    this.pv = devices.pv;
    this.esd = devices.esd;
    this.salt = salt;
    this.board = board;
    this.peers = peers;
    this.rack = new Rack(terms.rack);
    this.sources = new Uint8Array(terms.rack.servers + 1);
    this.busy = new Float64Array(terms.rack.servers);
    onBondLost(access.record, party.participant, () => (this.bonded = false));
  }

  get sealed(): Plan | undefined {
    return this.plan;
  }

  // ------------------------------------------------------------------ work

  /** Takes a user's task for a contract that was signed. */
  accept(contractId: bigint, c: Terms, task: Task): void {
    this.soldWh += Number(c.energy);
    this.hasNewJobs = true;
    this.jobs.push({
      contractId,
      kind: "own",
      cores: coresBought(task, this.terms.memoryMbPerCore),
      memoryMb: task.memoryMb,
      stateMb: task.stateMb,
      priority: c.priority,
      deadlineHour: this.access.hourOf(c.deadline),
      energyWh: c.energy,
      coreSeconds: c.coreSeconds,
      remaining: this.toDo(Number(c.coreSeconds)),
      ...NEW_JOB,
      used: [0, 0, 0, 0],
    });
  }

  /** Decides what runs in the hour that begins. */
  planHour(hour: number): void {
    this.rack.clear();
    this.jobs = this.jobs.filter((job) => job.remaining > 0 && job.deadlineHour >= hour);
    if (this.hasNewJobs) this.jobs.sort((a, b) => (a.contractId < b.contractId ? -1 : 1));
    this.hasNewJobs = false;
    this.pv.forecast(hour, this.ahead);
    if (!this.conduct.usesPv) this.ahead.fill(0);
    const forecastWh = this.ahead[0] ?? 0;
    const jobs = this.jobs.filter((job) => job.away === 0);
    const { ahead, rack } = this;
    this.gapWh = this.conduct.scheduler.plan({ hour, forecastWh, ahead, jobs, rack });
  }

  /** Decides that nothing runs in the hour that begins. */
  rest(): void {
    this.rack.clear();
    this.ahead.fill(0);
    this.gapWh = 0;
  }

  /**
   * Runs the hour.
   *
   * @param pvWh energy of each step of the hour
   */
  run(pvWh: Float64Array): HourReport {
    const { busy, rack, sources } = this;
    const steps = pvWh.length;
    const loads = rack.loadsWh;
    for (let i = 0; i < loads.length; i += 1) loads[i] = (loads[i] ?? 0) / steps;
    busy.fill(0);
    for (const job of rack.placed)
      busy[job.server] = (busy[job.server] ?? 0) + hourlyCoreSeconds(job);

    const total = { ...NO_FLOWS };
    let producedWh = 0;
    for (const stepWh of pvWh) {
      const flows = this.conduct.usesPv
        ? this.esd.feed(loads, sources, stepWh, 1 / steps)
        : feedFromGrid(loads, sources, stepWh);
      add(total, flows);
      producedWh += stepWh;
      for (const job of rack.placed as ContractJob[]) {
        const share = hourlyCoreSeconds(job) / (busy[job.server] ?? 1);
        const source = sources[job.server] ?? Source.off;
        job.used[source] = (job.used[source] ?? 0) + share * (loads[job.server] ?? 0);
      }
    }
    const counts = this.count();
    return {
      ...total,
      ...counts,
      loadWh: total.directWh + total.dischargeWh + total.importWh,
      pvWh: producedWh,
      gapWh: this.gapWh,
      deliveries: this.finishHour(total),
    };
  }

  // ------------------------------------------------------------------ auction

  /** Seals the offers for the next hour. */
  commit(hour: number): Answer<void> {
    this.salesWh += SALES_MEMORY * (this.soldWh - this.salesWh);
    this.soldWh = 0;
    const offers = this.salePlan(hour + 1);
    this.plan = undefined;
    if (offers.length === 0) return undefined;
    const slot = this.access.slotOf(hour + 1);
    const { participant: bidder } = this.party;
    this.plan = { slot, bidder, bids: [], offers, salt: this.salt(bidder, slot) };
    const committing = this.access.commit(this.party, slot, this.access.seal(this.plan));
    return whenAnswered(committing, (isSealed) => {
      if (isSealed) this.bonded = true;
      else this.plan = undefined;
    });
  }

  /** Opens what was sealed. */
  reveal(): Answer<undefined> {
    return this.plan && this.access.reveal(this.party, this.plan);
  }

  /** Withdraws its quote and takes its bond back. */
  async leave(): Promise<void> {
    const { id, wallet } = this.party;
    const { ledger } = this.access;
    if (this.quoted) await this.access.must(id, ledger.withdrawQuote(wallet));
    if (this.bonded) await this.access.must(id, ledger.releaseBond(wallet));
  }

  private salePlan(hour: number): Offer[] {
    const cores = this.coresToSell(hour);
    if (cores <= 0) return [];
    const { whPerCoreHour, prices } = this.terms;
    const horizon = this.conduct.scheduler.horizonHours;
    const offers = this.conduct.pricing.offers({
      hour,
      cores,
      whPerCoreHour,
      surplusWh: this.surplusWh(horizon),
      expectedSalesWh: this.salesWh * horizon,
      prices,
    });
    return offers.map(({ priceYuanPerKWh, energyWh, cores: offered }) => ({
      price: microPrice(priceYuanPerKWh),
      energy: BigInt(Math.floor(energyWh)),
      cores: BigInt(offered),
    }));
  }

  /**
   * Cores that can be promised from `hour` on without endangering what was promised before. Work that can wait is counted in
   * the last hours that are left for it, for that is when it has to run whatever the sun does.
   */
  private coresToSell(hour: number): number {
    const { servers, cores } = this.terms.rack;
    const room = Math.floor(servers * cores * PROMISED);
    const lastHour = this.jobs.reduce((last, job) => Math.max(last, job.deadlineHour), hour);
    const needed = zeros(lastHour - hour + 2);
    for (const job of this.jobs) {
      const left = this.remainingAfter(job);
      if (left <= 0 || (job.away !== 0 && !this.mistrusts)) continue;
      const hours = Math.ceil(left / (job.cores * SECONDS_PER_HOUR) - 1e-9);
      const waits = this.conduct.scheduler.defers && !job.priority;
      const from = waits ? Math.max(hour, job.deadlineHour + 1 - hours) : hour;
      const to = Math.min(from + hours, lastHour + 1);
      needed[from - hour] = (needed[from - hour] ?? 0) + job.cores;
      needed[to - hour] = (needed[to - hour] ?? 0) - job.cores;
    }
    let most = 0;
    let sum = 0;
    for (const change of needed) {
      sum += change;
      most = Math.max(most, sum);
    }
    return room - most;
  }

  /** Whether work that others have in their hands may come back. */
  private get mistrusts(): boolean {
    return this.terms.mistrustHours !== undefined;
  }

  /** What it does of some core-seconds. */
  private toDo(coreSeconds: number): number {
    const { workShare = 1 } = this.conduct;
    return Math.ceil(coreSeconds * workShare);
  }

  /** How many hours before a job's deadline another has to be done with its part. */
  private hoursToKeep(job: ContractJob, handedOver: number): number {
    const { mistrustHours } = this.terms;
    const own = mistrustHours === undefined ? job.remaining - handedOver : job.remaining;
    return Math.ceil(own / (job.cores * SECONDS_PER_HOUR)) + (mistrustHours ?? 0);
  }

  /** Core-seconds of a job after the present hour. */
  private remainingAfter(job: ContractJob): number {
    return job.remaining - (job.placed ? hourlyCoreSeconds(job) : 0);
  }

  /** Sun of the `horizon` hours after the present one that no contract has yet, and what the battery holds; Wh. */
  private surplusWh(horizon: number): number {
    const { whPerCoreHour, rack } = this.terms;
    const fixed = zeros(horizon).fill(rack.coolingW);
    let flexibleWh = 0;
    for (const job of this.jobs) {
      if (job.away !== 0) continue;
      const hours = this.remainingAfter(job) / (job.cores * SECONDS_PER_HOUR);
      const perHour = job.cores * whPerCoreHour;
      if (job.priority || !this.conduct.scheduler.defers) {
        for (let i = 0; i < Math.min(horizon, hours); i += 1)
          fixed[i] = (fixed[i] ?? 0) + perHour * Math.min(1, hours - i);
      } else flexibleWh += perHour * hours;
    }
    let surplus = this.esd.deliverableWh - flexibleWh;
    for (let i = 0; i < horizon; i += 1) {
      // `ahead` begins with the present hour, which is the one before.
      surplus += Math.max(0, (this.ahead[i + 1] ?? 0) - (fixed[i] ?? 0));
    }
    return Math.max(0, surplus);
  }

  // ------------------------------------------------------------------ order transfer

  /** Quotes the sun that is left of the plan, or withdraws what it quoted before. */
  quote(hour: number): Answer<void> {
    const { prices, transfers, whPerCoreHour } = this.terms;
    const { ledger } = this.access;
    const { id, wallet, participant } = this.party;
    let energyWh = 0;
    let hours = 0;
    if (this.jobs.every((job) => job.away !== 0 || job.placed)) {
      for (; hours < AHEAD; hours += 1) {
        const busy = this.rack.placed.filter((job) => hoursNeeded(job) > hours);
        const loadWh =
          hours === 0
            ? this.rack.loadWh
            : busy.reduce((sum, { cores }) => sum + cores * whPerCoreHour, 0);
        const spare = (this.ahead[hours] ?? 0) - loadWh;
        if (spare <= 0) break;
        energyWh += spare;
      }
    }
    const cores =
      energyWh < LEAST_QUOTE_WH ? 0 : Math.min(this.rack.coresFree, this.coresToSell(hour + 1));
    if (cores <= 0) {
      this.board.set(participant, NO_QUOTE);
      if (!this.quoted) return undefined;
      this.quoted = false;
      return this.access.must(id, ledger.withdrawQuote(wallet));
    }
    const quote = {
      price: microPrice(prices.pvYuanPerKWh * (1 + prices.margin)),
      energy: BigInt(Math.floor(energyWh)),
      cores: BigInt(cores),
      firstSlot: this.access.slotOf(hour),
      // One hour more than the sun lasts, for work that begins late.
      lastSlot: this.access.slotOf(hour + hours),
      repaymentSlots: transfers.mode === "payment" ? 0n : BigInt(transfers.repaymentHours),
    };
    return whenAnswered(
      this.access.may(this.party, ledger.quote(wallet, quote), UNREAD),
      (isUp) => {
        if (!isUp) return;
        this.quoted = true;
        this.board.set(participant, quote);
      },
    );
  }

  /** Hands work that can wait, and that the sun will not reach here, to a cheaper data centre. */
  handOver(hour: number): Promise<void> | undefined {
    const forecastWh = this.ahead[0] ?? 0;
    const unserved = this.rack.loadWh > forecastWh;
    const candidates = this.jobs.filter(
      (job) =>
        job.kind === "own" &&
        job.away === 0 &&
        !job.priority &&
        (mustRun(job, hour) ? unserved : !job.placed),
    );
    return candidates.length === 0 ? undefined : this.handOverJobs(candidates, hour);
  }

  private async handOverJobs(jobs: ContractJob[], hour: number): Promise<void> {
    const share = this.expectedShare(hour);
    jobs.sort((a, b) => slackHours(a, hour) - slackHours(b, hour));
    for (const job of jobs) await this.handOverJob(job, hour, share);
  }

  /** Hands own work back to a data centre that owes compute time, when there is too little sun here and some there. */
  handBack(hour: number): Promise<void> | undefined {
    if (this.claims.size === 0 || this.rack.loadWh <= (this.ahead[0] ?? 0)) return undefined;
    return this.handBackJobs(hour);
  }

  private async handBackJobs(hour: number): Promise<void> {
    const jobToReturn = (): ContractJob | undefined =>
      this.jobs.find(
        (own) =>
          own.kind === "own" && own.away === 0 && !own.priority && slackHours(own, hour) >= 1,
      );
    if (jobToReturn() === undefined) return;
    const sunny = [...this.claims].filter(([, first]) => this.board.of(first) !== undefined);
    const claims = await Promise.all(
      sunny.map(async ([transferId]) => ({
        transferId,
        t: await this.access.ledger.transferOf(transferId),
      })),
    );
    for (const { transferId, t } of claims) {
      const debt = t.executed - t.repaid;
      if (t.periodEnd <= this.access.slotOf(hour)) this.claims.delete(transferId);
      if (debt === 0n || t.returning !== 0n) continue;
      const job = jobToReturn();
      if (job === undefined) return;
      await this.handBackJob(transferId, t, job, debt, hour);
    }
  }

  private async handBackJob(
    transferId: bigint,
    t: Transfer,
    job: ContractJob,
    debt: bigint,
    hour: number,
  ): Promise<void> {
    const perHour = job.cores * SECONDS_PER_HOUR;
    const share = Math.min(Number(debt), job.remaining);
    // What is left comes back at the end, and has to be done then.
    const latest = Math.min(
      job.deadlineHour - this.hoursToKeep(job, share),
      this.access.hourOf(t.periodEnd),
    );
    const hours = latest - hour;
    if (hours * perHour < share) return;
    const { ledger } = this.access;
    const due = this.access.slotOf(latest);
    const { id, wallet } = this.party;
    await this.access.must(
      id,
      ledger.handBack(wallet, transferId, job.contractId, BigInt(share), due),
    );
    if (job.placed) this.rack.remove(job);
    job.away = share;
    if (!this.returned.has(job.contractId)) {
      this.returned.add(job.contractId);
      const { record } = this.access;
      record.onFor("Repaid", "contractId", job.contractId, ({ coreSeconds }) => {
        settleAway(job, Number(coreSeconds));
      });
      record.onFor("ReturnClosed", "contractId", job.contractId, () => {
        job.away = 0;
      });
    }
    this.peers(t.first)?.receive(job, share, latest, "returned");
  }

  private async handOverJob(job: ContractJob, hour: number, share: number): Promise<void> {
    const { prices, transfers } = this.terms;
    const { participant, id, wallet } = this.party;
    const feeYuan = (prices.migrationYuanPerGb * job.stateMb) / MB_PER_GB;
    const costYuanPerKWh = mustRun(job, hour)
      ? prices.gridYuanPerKWh
      : share * prices.pvYuanPerKWh + (1 - share) * prices.gridYuanPerKWh;

    if (costYuanPerKWh <= this.board.lowestYuanPerKWh) return;

    const perHour = job.cores * SECONDS_PER_HOUR;
    const wholeWh = Number(job.energyWh);
    const whole = Number(job.coreSeconds);
    const shareOf = ({ lastHour }: StandingQuote): { coreSeconds: number; due: number } => {
      const due = Math.min(lastHour, job.deadlineHour);
      // One hour to spare: the work may begin late in the first.
      return { coreSeconds: Math.min(job.remaining, (due - hour) * perHour), due };
    };
    const standing = this.board.cheapest((candidate) => {
      const { coreSeconds, due } = shareOf(candidate);
      const energyWh = Math.ceil((wholeWh * coreSeconds) / whole);
      const savedYuan = (energyWh / WH_PER_KWH) * (costYuanPerKWh - candidate.yuanPerKWh);
      return (
        coreSeconds > 0 &&
        savedYuan > feeYuan &&
        candidate.cores >= job.cores &&
        candidate.energyWh >= energyWh &&
        candidate.dataCentre !== participant &&
        // What is left comes back when the sun there is gone, and has to be done then.
        job.deadlineHour - due >= this.hoursToKeep(job, coreSeconds)
      );
    });
    if (standing === undefined) return;
    const { dataCentre: target, quote } = standing;
    const { coreSeconds, due } = shareOf(standing);
    const inTime =
      transfers.mode === "compute-time" ||
      (transfers.mode === "either" && share >= REPAYABLE_SHARE);
    const transferId = await this.access.must(
      id,
      this.access.ledger.take(wallet, {
        contractId: job.contractId,
        target,
        coreSeconds: BigInt(coreSeconds),
        maxPrice: quote.price,
        due: this.access.slotOf(due),
        repaymentSlots: inTime ? quote.repaymentSlots : 0n,
        networkFee: microYuan(feeYuan),
      }),
    );
    if (job.placed) this.rack.remove(job);
    job.away = coreSeconds;
    const { record, ledger } = this.access;
    record.onFor("Executed", "transferId", transferId, ({ coreSeconds: done }) => {
      settleAway(job, Number(done));
    });
    record.onFor("TransferDefaulted", "transferId", transferId, () => {
      job.away = 0;
    });
    this.board.set(target, await ledger.quoteOf(target));
    const peer = this.peers(target);
    peer?.receive(job, coreSeconds, due, "taken");
    if (inTime) peer?.claims.set(transferId, participant);
  }

  /** Takes over another's work, and begins at once if the sun is there. */
  private receive(
    job: ContractJob,
    coreSeconds: number,
    due: number,
    kind: "taken" | "returned",
  ): void {
    const own: ContractJob = {
      ...job,
      ...NEW_JOB,
      kind,
      deadlineHour: due,
      remaining: this.toDo(coreSeconds),
      used: [0, 0, 0, 0],
    };
    this.hasNewJobs = true;
    this.jobs.push(own);
    const server = this.rack.serverFor(own);
    const spare = (this.ahead[0] ?? 0) - this.rack.loadWh;
    if (server >= 0 && this.rack.costWh(own, server) <= spare) this.rack.place(own, server);
  }

  /** Which share of the work that can wait the sun of the next day will reach, from 0 to 1. */
  private expectedShare(hour: number): number {
    const { whPerCoreHour } = this.terms;
    let sunWh = this.esd.deliverableWh;
    let workWh = 0;
    for (const wh of this.ahead) sunWh += wh;
    for (const job of this.jobs) {
      if (job.away !== 0) continue;
      const wh = (job.remaining / SECONDS_PER_HOUR) * whPerCoreHour;
      if (job.priority) sunWh -= Math.min(wh, sunWh);
      else if (job.deadlineHour >= hour) workWh += wh;
    }
    return workWh === 0 ? 1 : Math.min(1, sunWh / workWh);
  }

  // ------------------------------------------------------------------ the end of an hour

  private count(): Pick<HourReport, "runningPriority" | "runningOther" | "suspended" | "waiting"> {
    let runningPriority = 0;
    for (const job of this.rack.placed) if (job.priority) runningPriority += 1;
    let suspended = 0;
    let waiting = 0;
    for (const job of this.jobs) {
      if (job.placed || job.away !== 0) continue;
      if (job.started) suspended += 1;
      else waiting += 1;
    }
    const runningOther = this.rack.placed.length - runningPriority;
    return { runningPriority, runningOther, suspended, waiting };
  }

  /** Counts the hour's work, and says what was delivered for which contract. */
  private finishHour(flows: Flows): Delivery[] {
    for (const job of this.jobs) {
      job.running = false;
      job.waited += 1;
    }
    const placed = [...this.rack.placed] as ContractJob[];
    placed.sort((a, b) => (a.contractId < b.contractId ? -1 : 1));
    const left = {
      pv: Math.floor(flows.directWh),
      esd: Math.floor(flows.dischargeWh),
      grid: Math.floor(flows.importWh),
    };
    return placed.map((job) => {
      const done = hourlyCoreSeconds(job);
      job.remaining -= done;
      job.started = true;
      job.running = true;
      job.waited = 0;
      const take = (source: number, of: keyof typeof left): bigint => {
        const wh = Math.min(Math.floor(job.used[source] ?? 0), left[of]);
        left[of] -= wh;
        job.used[source] = (job.used[source] ?? 0) - wh;
        return BigInt(wh);
      };
      return {
        contractId: job.contractId,
        coreSeconds: BigInt(done),
        pv: take(Source.pv, "pv"),
        esd: take(Source.esd, "esd"),
        grid: take(Source.grid, "grid"),
      };
    });
  }
}

const NEW_JOB = { started: false, running: false, server: -1, waited: 0, placed: false, away: 0 };

const NO_FLOWS: Flows = {
  directWh: 0,
  chargeWh: 0,
  dischargeWh: 0,
  selfDischargeWh: 0,
  importWh: 0,
  exportWh: 0,
  storedWh: 0,
};

const NO_QUOTE = {
  price: 0n,
  energy: 0n,
  cores: 0n,
  firstSlot: 0n,
  lastSlot: 0n,
  repaymentSlots: 0n,
};

/** An ordinary array: typed ones of this size are quick to use and slow to make. */
const zeros = (length: number): number[] => new Array<number>(length).fill(0);

function add(total: Flows, step: Flows): void {
  total.directWh += step.directWh;
  total.chargeWh += step.chargeWh;
  total.dischargeWh += step.dischargeWh;
  total.selfDischargeWh += step.selfDischargeWh;
  total.importWh += step.importWh;
  total.exportWh += step.exportWh;
  total.storedWh = step.storedWh;
}

/** Another data centre has done part of what it has in its hands. */
function settleAway(job: ContractJob, done: number): void {
  job.away -= done;
  job.remaining -= done;
}
