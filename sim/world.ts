/** A market with everybody in it, and the hours going by. */
import type { MarketAccess, Party } from "./agents/access.ts";
import { ContractIndex, type SignedContract } from "./agents/contracts.ts";
import type { DataCentreAgent, HourReport } from "./agents/dataCentre.ts";
import type { Trader } from "./agents/trader.ts";
import type { Books } from "./books.ts";
import type { Gain, Gains } from "./check.ts";
import { Role, type Answer } from "./market/ledger.ts";
import type { ConductResult, HourlyRow, TradeRow, TransferRow } from "./report/results.ts";
import type { WorldInputs } from "./inputs.ts";
import { assemble, userLabel, type Roster } from "./roster.ts";
import type { Clock, Setting } from "./setting.ts";
import type { Strategy } from "./strategies.ts";
import type { Task } from "./traces/task.ts";
import { SECONDS_PER_HOUR } from "./units.ts";

/** What all have at the end of a run. */
export interface Standing {
  readonly gains: Gains;
  /** RV of each data centre and user. */
  readonly dcReputation: readonly number[];
  readonly userReputation: readonly number[];
}

/** What a run of a strategy gave, before it is summed up. */
export interface WorldResult extends Standing {
  readonly hourly: HourlyRow[];
  readonly trades: TradeRow[];
  readonly transfers: TransferRow[];
  /** Most Σ (bid − offer) · energy that matchings of the same books could have reached. */
  readonly bestWelfareYuan: number;
  /** Only if somebody misbehaves. */
  readonly conduct?: ConductResult;
}

/** A market with its agents. */
export class World {
  private readonly inputs: WorldInputs;
  private readonly strategy: Strategy;
  private readonly clock: Clock;
  private readonly roster: Roster;
  private readonly access: MarketAccess;
  private readonly contracts: ContractIndex;
  private readonly books: Books;
  /** What each data centre did in the hour before. */
  private readonly reports: (HourReport | undefined)[] = [];

  private constructor(inputs: WorldInputs, strategy: Strategy, clock: Clock, roster: Roster) {
    const { access, books } = roster;
    this.inputs = inputs;
    this.strategy = strategy;
    this.clock = clock;
    this.roster = roster;
    this.access = access;
    this.contracts = new ContractIndex(access.record);
    this.books = books;
  }

  /** Brings everybody into a market, whose clock then stands at the beginning of the first hour. */
  static async enter(inputs: WorldInputs, strategy: Strategy, setting: Setting): Promise<World> {
    return new World(inputs, strategy, setting.clock, await assemble(inputs, strategy, setting));
  }

  /**
   * Runs all hours.
   *
   * @param onHour is told how many hours are over
   */
  async run(onHour: (hours: number) => void = () => undefined): Promise<WorldResult> {
    const { hours } = this.inputs.scenario;
    for (let hour = 0; hour < hours; hour += 1) {
      await this.hour(hour);
      onHour(hour + 1);
    }
    await this.close();
    const { ledger } = this.access;
    const reputation = (agents: readonly { readonly party: Party }[]): Promise<number[]> =>
      Promise.all(
        agents.map(async ({ party }) => Number(await ledger.reputationOf(party.participant))),
      );
    const { books, roster } = this;
    const trades = await books.tradeRows(ledger);
    const gains = await this.gains();
    return {
      ...(roster.conduct && { conduct: roster.conduct.result(trades, gains) }),
      hourly: books.hourlyRows(),
      trades,
      transfers: await books.transferRows(ledger),
      bestWelfareYuan: books.bestWelfareYuan,
      gains,
      dcReputation: await reputation(roster.dataCentres),
      userReputation: await reputation(roster.users),
    };
  }

  // ------------------------------------------------------------------ one hour

  private async hour(hour: number): Promise<void> {
    const { access, clock, roster } = this;
    const { commitSeconds, revealSeconds } = access.parameters;
    const start = access.startOf(hour);
    await clock.advanceTo(start);
    await this.settle(hour);
    const away = (agent: DataCentreAgent): boolean =>
      roster.absences.get(agent)?.atStartOf(hour) ?? false;
    for (const dataCentre of roster.dataCentres) {
      if (away(dataCentre)) dataCentre.rest();
      else dataCentre.planHour(hour);
    }
    if (this.strategy.transfer) {
      const present = roster.dataCentres.filter((dataCentre) => !away(dataCentre));
      await this.transferOrders(present, hour);
    }

    const isLast = hour + 1 === this.inputs.scenario.hours;
    if (!isLast) {
      await clock.advanceTo(start + access.decideSeconds);
      await this.trade((agent) => agent.commit(hour));
      await clock.advanceTo(start + commitSeconds);
      await this.trade((agent) => agent.reveal());
      await clock.advanceTo(start + commitSeconds + revealSeconds);
      const slot = access.slotOf(hour + 1);
      await each(roster.latecomers, (agent) => agent.revealLate());
      await roster.keeper.punish();
      await roster.beacon.open(slot);
      this.books.enterBook(await roster.keeper.clear(slot));
      this.handIn(hour + 1);
    }
    roster.dataCentres.forEach((dataCentre, index) => {
      const report = dataCentre.run(this.pvOf(index, hour));
      this.reports[index] = report;
      this.books.enter(index, hour, report);
    });
  }

  /** Lets all who trade act; the relayer sends what they hand it. */
  private async trade(act: Act<Trader>): Promise<void> {
    this.roster.relayer?.collect();
    await Promise.all([each(this.roster.traders, act), this.roster.relayer?.send()]);
  }

  /** The readings of the hour before, and what they end. */
  private async settle(hour: number): Promise<void> {
    this.books.settling(hour - 1);
    const slot = this.access.slotOf(hour - 1);
    await each(this.roster.meters, (meter, index) => meter.submit(slot, this.reports[index]));
    await this.roster.keeper.tidy(slot + 1n);
  }

  private async transferOrders(
    dataCentres: readonly DataCentreAgent[],
    hour: number,
  ): Promise<void> {
    await each(dataCentres, (dataCentre) => dataCentre.quote(hour));
    // One after the other: what one takes, the next does not find any more.
    await inTurn(dataCentres, (dataCentre) => dataCentre.handOver(hour));
    await inTurn(dataCentres, (dataCentre) => dataCentre.handBack(hour));
  }

  private handIn(hour: number): void {
    const signed = this.contracts.take();
    this.roster.keeper.watch(signed);
    const taskOf = ({ contractId }: SignedContract): Task => {
      const task = this.roster.handedIn.get(contractId);
      if (task === undefined)
        throw new Error(`No user handed in contract ${contractId.toString()}.`);
      return task;
    };
    this.books.enterTrades(signed, hour, (contract) => {
      const { id, user } = taskOf(contract);
      return { task: id, user: userLabel(user) };
    });
    for (const contract of signed) {
      const { contractId, terms } = contract;
      this.roster.dataCentreOf.get(terms.seller)?.accept(contractId, terms, taskOf(contract));
      this.roster.handedIn.delete(contractId);
    }
  }

  /** Settles the last hour, and lets everything that was agreed run out. */
  private async close(): Promise<void> {
    const { hours, transfers } = this.inputs.scenario;
    await this.clock.advanceTo(this.access.startOf(hours));
    await this.settle(hours);
    const end = hours + transfers.repaymentHours + 1;
    await this.clock.advanceTo(this.access.startOf(end));
    await this.roster.keeper.tidy(this.access.slotOf(end));
    await each(this.roster.traders, (agent) => agent.leave());
    await this.roster.beacon.leave();
  }

  /** What everybody's account gained. */
  private async gains(): Promise<Gains> {
    const { ledger } = this.access;
    const accounts = await Promise.all(
      this.roster.members.map(async ({ party }) => await ledger.accountOf(party.participant)),
    );
    const locked = accounts.reduce((sum, account) => sum + account.locked, 0n);
    const of = (...roles: bigint[]): Gain[] =>
      this.roster.members.flatMap(({ party, role, funds }, i) => {
        const { available = 0n, locked: held = 0n } = accounts[i] ?? {};
        return roles.includes(role) ? [{ id: party.id, gained: available + held - funds }] : [];
      });
    const users = of(Role.user, Role.beacon);
    const dataCentres = of(Role.dataCentre);
    const grids = of(Role.gridOperator);
    const [network = { id: "network", gained: 0n }] = of(Role.networkOperator);
    return { users, dataCentres, grids, network, penaltyPool: await ledger.penaltyPool(), locked };
  }

  private pvOf(index: number, hour: number): Float64Array {
    const { scenario, series } = this.inputs;
    const one = series[Math.floor(index / scenario.microgrids.dataCentres)];
    if (one === undefined) return new Float64Array(1);
    const steps = SECONDS_PER_HOUR / one.stepSeconds;
    const wh = new Float64Array(steps);
    for (let i = 0; i < steps; i += 1) wh[i] = (one.watts[hour * steps + i] ?? 0) / steps;
    return wh;
  }
}

/** What an agent does: over at once, or when the promise is kept. */
type Act<T> = (agent: T, index: number) => Answer<unknown>;

/** Lets all agents act, each before the first one's answer is awaited: their order is the order of their calls. */
const each = async <T>(agents: readonly T[], act: Act<T>): Promise<void> => {
  const acts: Promise<unknown>[] = [];
  for (const [index, agent] of agents.entries()) {
    const acting = act(agent, index);
    if (acting instanceof Promise) acts.push(acting);
  }
  await Promise.all(acts);
};

/** Lets one agent act after the other. */
const inTurn = async <T>(agents: readonly T[], act: Act<T>): Promise<void> => {
  for (const [index, agent] of agents.entries()) {
    const acting = act(agent, index);
    if (acting instanceof Promise) await acting;
  }
};
