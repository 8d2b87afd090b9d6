/** A market with everybody in it, and the hours going by. */
import { MarketAccess, type Party, type SaltSource } from "./agents/access.ts";
import { BeaconAgent } from "./agents/beacon.ts";
import { ContractIndex, type SignedContract } from "./agents/contracts.ts";
import { DataCentreAgent, type DataCentreTerms, type HourReport } from "./agents/dataCentre.ts";
import { EsdAgent, PvAgent } from "./agents/devices.ts";
import { KeeperAgent } from "./agents/keeper.ts";
import { MeterAgent, type Metering } from "./agents/meter.ts";
import {
  LateMeter,
  LyingMeter,
  NeverReveals,
  RevealsLate,
  Spells,
  Stops,
  Unfunded,
} from "./agents/misconduct.ts";
import { QuoteBoard } from "./agents/quotes.ts";
import { PublicRecord } from "./agents/record.ts";
import { RelayerAgent } from "./agents/relayer.ts";
import type { Trader } from "./agents/trader.ts";
import { UserAgent, type UserTerms } from "./agents/user.ts";
import { Books } from "./books.ts";
import type { Gain, Gains } from "./check.ts";
import { ConductLog } from "./conduct.ts";
import { keccak } from "./market/keccak.ts";
import {
  Role,
  type Address,
  type Answer,
  type Bytes32,
  type Ledger,
  type Plan,
} from "./market/ledger.ts";
import { DEFAULT_PARAMETERS, type MarketParameters } from "./market/parameters.ts";
import { BPS } from "./market/money.ts";
import { Battery, CHEMISTRIES, type Chemistry } from "./physics/battery.ts";
import type { Forecaster } from "./physics/forecast.ts";
import { PowerCurve } from "./physics/server.ts";
import type { PvSeries } from "./physics/series.ts";
import { Random } from "./random.ts";
import type { ConductResult, HourlyRow, TradeRow, TransferRow } from "./report/results.ts";
import { castOf, isMisbehaved, type Cast, type Misconduct } from "./scenario/misconduct.ts";
import type { Scenario } from "./scenario/schema.ts";
import type { Strategy } from "./strategies.ts";
import type { Task } from "./traces/task.ts";
import { HOURS_PER_DAY, MB_PER_GB, microYuan, SECONDS_PER_HOUR } from "./units.ts";

/** Slots before the run: one to announce tariffs in, one to commission sites in. */
const SLOTS_BEFORE = 2;

/** Share of each job that a data centre does which under-delivers. */
const UNDER_DELIVERED = 0.5;

/** What everybody puts into its account at first, yuan; a loan of the simulation that nothing depends on. */
const USER_FUNDS = 1_000_000;
const DATA_CENTRE_FUNDS = 1_000_000;
const GRID_FUNDS = 10_000_000;

/** A ledger whose time somebody moves. */
export interface Clock {
  advanceTo(time: bigint): void | Promise<void>;
}

/** Everything that a run starts from. */
export interface WorldInputs {
  readonly scenario: Scenario;
  /** In the order of submission. */
  readonly tasks: readonly Task[];
  /** PV output of a data centre, per microgrid. */
  readonly series: readonly PvSeries[];
  /** A forecaster of a microgrid's PV. */
  readonly forecaster: (microgrid: number) => Forecaster;
}

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

/** The rules of a scenario's market. */
export function parametersOf(scenario: Scenario): MarketParameters {
  const start = BigInt(Date.parse(scenario.start)) / 1000n;
  return {
    ...DEFAULT_PARAMETERS,
    genesis: start - BigInt(SLOTS_BEFORE) * DEFAULT_PARAMETERS.slotSeconds,
    drawAmong: BigInt(scenario.market.k),
    sellerShareBps: BigInt(Math.round(scenario.market.sellerShare * Number(BPS))),
  };
}

/** Energy that is sold with a core for an hour: a full server's, shared by its cores. */
const whPerCoreHourOf = ({ server }: Scenario): number =>
  new PowerCurve(server.powerW).full / server.cores;

/** Memory that comes with a core, MB. */
const memoryMbPerCoreOf = ({ server }: Scenario): number =>
  (server.memoryGb * MB_PER_GB) / server.cores;

/** The chemistry of a scenario's batteries. */
function chemistryOf({ battery }: Scenario): Chemistry {
  if (battery.chemistry !== "custom") return CHEMISTRIES[battery.chemistry];
  const known = CHEMISTRIES["lithium-ion"];
  return {
    depthOfDischarge: battery.depthOfDischarge ?? known.depthOfDischarge,
    chargeRatePerHour: battery.chargeRatePerHour ?? known.chargeRatePerHour,
    efficiency: battery.efficiency ?? known.efficiency,
    selfDischargePerDay: battery.selfDischargePerDay ?? known.selfDischargePerDay,
    dischargeToChargeRate: battery.dischargeToChargeRate ?? known.dischargeToChargeRate,
  };
}

/** The battery of each data centre; of no capacity if the strategy has none, or no PV to charge it from. */
export const batteryOf = (
  scenario: Scenario,
  { esd, usesPv }: Pick<Strategy, "esd" | "usesPv">,
): Battery => new Battery(esd && usesPv ? scenario.battery.capacityWh : 0, chemistryOf(scenario));

/** What a data centre is called in results. */
export function labelOf({ microgrids }: Scenario, microgrid: number, dataCentre: number): string {
  const { sites } = microgrids;
  const site = sites[microgrid % sites.length]?.name ?? "";
  const round = Math.floor(microgrid / sites.length);
  return `${site}${round === 0 ? "" : ` ${(round + 1).toString()}`}/${(dataCentre + 1).toString()}`;
}

/** A certificate as the registry knows it. */
export interface Certified {
  readonly fingerprint: Bytes32;
  /** Unix time. */
  readonly validUntil: bigint;
}

/** The market that a world is in. */
export interface Setting {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly parameters: MarketParameters;
  /** Slot in which the world is set up; hour 0 is {@link SLOTS_BEFORE} slots later. */
  readonly firstSlot: number;
  /** Enrols participants and registers sites. */
  readonly registrar: Address;
  /** Mints what participants pay with. */
  readonly issuer: Address;
  readonly vault: Address;
  /** Steps of work that a page of clearing is given; on a ledger without gas, as many as there are. */
  readonly pageWork: bigint;
  /** The commitment to a plan. */
  seal(plan: Plan): Bytes32;
  /** The wallet of a party, a new one for each. */
  walletOf(id: string): Address | Promise<Address>;
  certificateOf(id: string, wallet: Address, role: bigint): Certified | Promise<Certified>;
}

/** A market with its agents. */
export class World {
  private readonly inputs: WorldInputs;
  private readonly strategy: Strategy;
  private readonly setting: Setting;
  private readonly access: MarketAccess;
  private readonly contracts: ContractIndex;
  private keeperAgent: KeeperAgent | undefined;
  private readonly board: QuoteBoard;
  private readonly users: UserAgent[] = [];
  private readonly dataCentres: DataCentreAgent[] = [];
  private readonly meters: Metering[] = [];
  /** Users and data centres as they behave in the auction. */
  private readonly traders: Trader[] = [];
  private readonly latecomers: RevealsLate[] = [];
  /** When data centres are away that stop for hours. */
  private readonly absences = new Map<DataCentreAgent, Spells>();
  private readonly conduct: ConductLog | undefined;
  private cast: Cast = { users: [], dataCentres: [] };
  private readonly byParticipant = new Map<bigint, DataCentreAgent>();
  /** Tasks that users have a contract for and have not handed in yet, by contract. */
  private readonly handedIn = new Map<bigint, Task>();
  private beacon: BeaconAgent | undefined;
  private relayer: RelayerAgent | undefined;
  private network: Party | undefined;
  private books: Books | undefined;
  private reports: (HourReport | undefined)[] = [];
  /** Everybody with an account, and what was put into it. */
  private readonly parties: { party: Party; role: bigint; funds: bigint }[] = [];

  constructor(inputs: WorldInputs, strategy: Strategy, setting: Setting) {
    const { ledger, parameters, firstSlot } = setting;
    this.inputs = inputs;
    this.strategy = strategy;
    this.setting = setting;
    const record = new PublicRecord();
    const seal = (plan: Plan): Bytes32 => setting.seal(plan);
    this.access = new MarketAccess(ledger, record, parameters, seal, firstSlot + SLOTS_BEFORE);
    this.contracts = new ContractIndex(ledger, record);
    if (isMisbehaved(inputs.scenario)) this.conduct = new ConductLog(this.access);
    this.board = new QuoteBoard((slot) => this.access.hourOf(slot));
  }

  /**
   * Runs all hours.
   *
   * @param onHour is told how many hours are over
   */
  async run(onHour: (hours: number) => void = () => undefined): Promise<WorldResult> {
    const { hours } = this.inputs.scenario;
    await this.setUp();
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
    const books = this.theBooks;
    const trades = await books.tradeRows(ledger);
    const gains = await this.gains();
    return {
      ...(this.conduct && { conduct: this.conduct.result(trades, gains) }),
      hourly: books.hourlyRows(),
      trades,
      transfers: await books.transferRows(ledger),
      bestWelfareYuan: books.bestWelfareYuan,
      gains,
      dcReputation: await reputation(this.dataCentres),
      userReputation: await reputation(this.users),
    };
  }

  // ------------------------------------------------------------------ one hour

  private async hour(hour: number): Promise<void> {
    const { access } = this;
    const { commitSeconds, revealSeconds } = access.parameters;
    const start = access.startOf(hour);
    await this.setting.clock.advanceTo(start);
    await this.settle(hour);
    const away = (agent: DataCentreAgent): boolean =>
      this.absences.get(agent)?.atStartOf(hour) ?? false;
    for (const dataCentre of this.dataCentres) {
      if (away(dataCentre)) dataCentre.rest();
      else dataCentre.planHour(hour);
    }
    if (this.strategy.transfer) {
      const present = this.dataCentres.filter((dataCentre) => !away(dataCentre));
      await this.transferOrders(present, hour);
    }

    const isLast = hour + 1 === this.inputs.scenario.hours;
    if (!isLast) {
      await this.setting.clock.advanceTo(start + access.decideSeconds);
      await this.trade((agent) => agent.commit(hour));
      await this.setting.clock.advanceTo(start + commitSeconds);
      await this.trade((agent) => agent.reveal());
      await this.setting.clock.advanceTo(start + commitSeconds + revealSeconds);
      const slot = access.slotOf(hour + 1);
      await each(this.latecomers, (agent) => agent.revealLate());
      await this.keeper.punish();
      await this.beacon?.open(slot);
      this.theBooks.enterBook(await this.keeper.clear(slot));
      await this.handIn(hour + 1);
    }
    this.dataCentres.forEach((dataCentre, index) => {
      const report = dataCentre.run(this.pvOf(index, hour));
      this.reports[index] = report;
      this.theBooks.enter(index, hour, report);
    });
  }

  /** Lets all who trade act; the relayer sends what they hand it. */
  private async trade(act: Act<Trader>): Promise<void> {
    this.relayer?.collect();
    await Promise.all([each(this.traders, act), this.relayer?.send()]);
  }

  /** The readings of the hour before, and what they end. */
  private async settle(hour: number): Promise<void> {
    this.theBooks.settling(hour - 1);
    const slot = this.access.slotOf(hour - 1);
    await each(this.meters, (meter, index) => meter.submit(slot, this.reports[index]));
    await this.keeper.tidy(slot + 1n);
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

  private async handIn(hour: number): Promise<void> {
    const signed = await this.contracts.read();
    this.keeper.watch(signed);
    const taskOf = ({ contractId }: SignedContract): Task => {
      const task = this.handedIn.get(contractId);
      if (task === undefined)
        throw new Error(`No user handed in contract ${contractId.toString()}.`);
      return task;
    };
    this.theBooks.enterTrades(signed, hour, (contract) => {
      const { id, user } = taskOf(contract);
      return { task: id, user: userLabel(user) };
    });
    for (const contract of signed) {
      const { contractId, terms } = contract;
      this.byParticipant.get(terms.seller)?.accept(contractId, terms, taskOf(contract));
      this.handedIn.delete(contractId);
    }
  }

  /** Settles the last hour, and lets everything that was agreed run out. */
  private async close(): Promise<void> {
    const { hours, transfers } = this.inputs.scenario;
    await this.setting.clock.advanceTo(this.access.startOf(hours));
    await this.settle(hours);
    const end = hours + transfers.repaymentHours + 1;
    await this.setting.clock.advanceTo(this.access.startOf(end));
    await this.keeper.tidy(this.access.slotOf(end));
    await each(this.traders, (agent) => agent.leave());
    await this.beacon?.leave();
  }

  /** What everybody's account gained. */
  private async gains(): Promise<Gains> {
    const { ledger } = this.access;
    const accounts = await Promise.all(
      this.parties.map(async ({ party }) => await ledger.accountOf(party.participant)),
    );
    const locked = accounts.reduce((sum, account) => sum + account.locked, 0n);
    const of = (...roles: bigint[]): Gain[] =>
      this.parties.flatMap(({ party, role, funds }, i) => {
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

  // ------------------------------------------------------------------ setting up

  private async setUp(): Promise<void> {
    const { scenario, tasks } = this.inputs;
    const { microgrids, prices, hours } = scenario;
    const { access } = this;
    await this.setting.clock.advanceTo(access.startOf(-SLOTS_BEFORE));
    this.keeperAgent = new KeeperAgent(
      access,
      await this.setting.walletOf("keeper"),
      this.setting.pageWork,
    );
    const grids = [];
    for (let i = 0; i < microgrids.count; i += 1)
      grids.push(await this.join(`grid-${i.toString()}`, Role.gridOperator, GRID_FUNDS));
    this.network = await this.join("network", Role.networkOperator, 0);

    const beacon = await this.join("beacon", Role.beacon, USER_FUNDS);
    const secret = this.secret("beacon");
    this.beacon = new BeaconAgent(access, beacon, secret, hours - 1);
    await this.beacon.commit(access.slotOf(1));
    const users = tasksByUser(tasks);
    this.cast = castOf(scenario, users.length, microgrids.count * microgrids.dataCentres);
    await this.setUpUsers(users);

    const booked = [];
    for (let i = 0; i < microgrids.count; i += 1) {
      for (let j = 0; j < microgrids.dataCentres; j += 1) {
        const label = labelOf(scenario, i, j);
        const party = await this.join(label, Role.dataCentre, DATA_CENTRE_FUNDS);
        booked.push({ label, participant: party.participant });
      }
    }
    this.books = new Books(access, hours, booked);
    const importPrice = microYuan(prices.gridYuanPerKWh);
    const feedInPrice = microYuan(prices.feedInYuanPerKWh);
    for (const { id, wallet } of grids)
      await access.must(
        id,
        access.ledger.announce(wallet, access.slotOf(-1), importPrice, feedInPrice),
      );
    await this.setting.clock.advanceTo(access.startOf(-1));
    for (const [index, { label, participant }] of booked.entries()) {
      const microgrid = Math.floor(index / microgrids.dataCentres);
      await this.setUpDataCentre(label, participant, microgrid, grids[microgrid]);
    }
    await this.setUpRelayer();
    // The slot in which the sites were commissioned is read like any other.
    await this.setting.clock.advanceTo(access.startOf(0));
    this.reports = [];
  }

  /** Gives a drawn share of those who trade a relayer. */
  private async setUpRelayer(): Promise<void> {
    const { seed, market } = this.inputs.scenario;
    if (market.relayed === 0) return;
    this.relayer = new RelayerAgent(this.access, await this.setting.walletOf("relayer"));
    const order = new Random(`${seed}/relayed`).shuffled(this.traders);
    for (const { party } of order.slice(0, Math.round(market.relayed * order.length)))
      this.access.relayers.set(party.participant, this.relayer);
  }

  private async setUpUsers(users: readonly (readonly [user: number, Task[]])[]): Promise<void> {
    const { scenario } = this.inputs;
    const terms: UserTerms = {
      whPerCoreHour: whPerCoreHourOf(scenario),
      memoryMbPerCore: memoryMbPerCoreOf(scenario),
      openingBid: scenario.prices.openingBid,
      bidRise: scenario.prices.bidRise,
    };
    for (const [index, [user, own]] of users.entries()) {
      const party = await this.join(userLabel(user), Role.user, USER_FUNDS);
      const agent = new UserAgent(this.access, party, own, terms, this.salts, (id, task) => {
        this.handedIn.set(id, task);
      });
      const misconduct = this.cast.users[index];
      this.users.push(agent);
      this.traders.push(this.behaving(agent, misconduct));
      this.conduct?.enter({ party, isUser: true, misconduct });
    }
  }

  private async setUpDataCentre(
    label: string,
    participant: bigint,
    microgrid: number,
    grid: Party | undefined,
  ): Promise<void> {
    const { scenario, forecaster } = this.inputs;
    const { access, strategy } = this;
    const { server, battery, plant } = scenario;
    const meterParty = await this.join(`meter of ${label}`, Role.meter, 0);
    const { wallet } = await access.ledger.identityOf(participant);
    const curve = new PowerCurve(server.powerW);
    const mostLoad = server.count * curve.full + server.coolingW;
    const site = {
      dataCentre: participant,
      meter: meterParty.participant,
      gridOperator: grid?.participant ?? 0n,
      networkOperator: this.network?.participant ?? 0n,
      pvLimitWh: BigInt(Math.ceil(plant.inverterW)) + METER_ROUNDING,
      esdLimitWh: BigInt(Math.ceil(battery.capacityWh * 100)) + METER_ROUNDING,
      gridLimitWh: BigInt(Math.ceil(Math.max(mostLoad, plant.inverterW))) + METER_ROUNDING,
      version: 1n,
    };
    const signature = { signer: this.setting.registrar };
    await access.must(label, access.ledger.commission(wallet, site, signature));

    const terms: DataCentreTerms = {
      rack: {
        servers: server.count,
        cores: server.cores,
        memoryMb: server.memoryGb * MB_PER_GB,
        curve,
        switchOffIdle: server.switchOffIdle,
        coolingW: server.coolingW,
      },
      prices: scenario.prices,
      transfers: scenario.transfers,
      whPerCoreHour: whPerCoreHourOf(scenario),
      memoryMbPerCore: memoryMbPerCoreOf(scenario),
      ...(isMisbehaved(scenario)
        ? { mistrustHours: Number(access.parameters.lateReadingSlots) }
        : {}),
    };
    const cells = batteryOf(scenario, strategy);
    const misconduct = this.cast.dataCentres[this.dataCentres.length];
    const agent = new DataCentreAgent(
      access,
      { id: label, wallet, participant },
      misconduct === "underDeliver" ? { ...strategy, workShare: UNDER_DELIVERED } : strategy,
      terms,
      {
        pv: new PvAgent(forecaster(microgrid)),
        esd: new EsdAgent(cells, cells.usableWh * battery.initialShare),
      },
      this.salts,
      this.board,
      (peer) => this.byParticipant.get(peer),
    );
    this.traders.push(this.behaving(agent, misconduct));
    this.dataCentres.push(agent);
    this.byParticipant.set(participant, agent);
    const meter = new MeterAgent(access, meterParty, participant);
    this.meters.push(this.metering(meter, misconduct, agent));
    const { participant: meterNumber } = meterParty;
    this.conduct?.enter({ party: agent.party, isUser: false, misconduct, meter: meterNumber });
  }

  /** A user or data centre as it behaves in the auction. */
  private behaving(agent: Trader, misconduct: Misconduct | undefined): Trader {
    switch (misconduct) {
      case "neverReveal":
        return new NeverReveals(agent);
      case "revealLate": {
        const late = new RevealsLate(agent, this.access);
        this.latecomers.push(late);
        return late;
      }
      case "unfunded":
        return new Unfunded(agent, this.access, this.setting.vault);
      case "stop": {
        const spells = spellsOf(this.inputs.scenario, agent.party.id);
        if (agent instanceof DataCentreAgent) this.absences.set(agent, spells);
        return new Stops(agent, spells);
      }
      case "underDeliver":
      case "misreport":
      case undefined:
        return agent;
    }
  }

  /** The meter of a data centre as it behaves. */
  private metering(
    meter: MeterAgent,
    misconduct: Misconduct | undefined,
    dataCentre: DataCentreAgent,
  ): Metering {
    if (misconduct === "misreport")
      return new LyingMeter(
        meter,
        spellsOf(this.inputs.scenario, dataCentre.party.id),
        this.access,
      );
    const absences = this.absences.get(dataCentre);
    if (absences === undefined) return meter;
    return new LateMeter(meter, absences, (slot) => this.access.hourOf(slot));
  }

  /** Enrols a party and fills its account. */
  private async join(id: string, role: bigint, funds: number): Promise<Party> {
    const { ledger } = this.access;
    const { registrar, issuer, vault } = this.setting;
    const wallet = await this.setting.walletOf(id);
    const { fingerprint, validUntil } = await this.setting.certificateOf(id, wallet, role);
    const participant = await this.access.must(
      id,
      ledger.enrol(
        wallet,
        {
          id,
          wallet,
          role,
          certificate: fingerprint,
          validUntil,
          expiry: validUntil,
        },
        { signer: registrar },
      ),
    );
    if (funds > 0) {
      const amount = microYuan(funds);
      await this.access.must(id, ledger.mint(issuer, wallet, amount));
      await this.access.must(id, ledger.approve(wallet, vault, amount));
      await this.access.must(id, ledger.deposit(wallet, amount));
    }
    const party = { id, wallet, participant };
    this.parties.push({ party, role, funds: microYuan(funds) });
    return party;
  }

  private secret(of: string): Bytes32 {
    const { seed, name } = this.inputs.scenario;
    return keccak(`${name}/${seed}/${of}`);
  }

  // As secret as the run's name and seed; agents on a chain derive theirs from their keys.
  private readonly salts: SaltSource = (participant, slot) =>
    this.secret(`salt/${participant}/${slot}`);

  private get keeper(): KeeperAgent {
    if (this.keeperAgent === undefined) throw new Error("The world is not set up.");
    return this.keeperAgent;
  }

  private get theBooks(): Books {
    if (this.books === undefined) throw new Error("The world is not set up.");
    return this.books;
  }
}

/** A meter tells the sum of three counters in whole Wh, each of which may tell one more than its hour gave. */
const METER_ROUNDING = 3n;

const userLabel = (user: number): string => `user-${user.toString()}`;

/** Users in the order of their numbers, with their tasks. */
function tasksByUser(tasks: readonly Task[]): (readonly [user: number, Task[]])[] {
  const byUser = new Map<number, Task[]>();
  for (const task of tasks) {
    const list = byUser.get(task.user);
    if (list) list.push(task);
    else byUser.set(task.user, [task]);
  }
  return [...byUser].sort(([a], [b]) => a - b);
}

/** When a party does not do what it should: each day from an hour on that is not the first. */
export function spellsOf({ seed, hours, misbehaviour }: Scenario, id: string): Spells {
  const random = new Random(`${seed}/misbehaviour/spells of ${id}`);
  const { spellHours } = misbehaviour;
  const latest = Math.max(1, Math.min(hours - spellHours, HOURS_PER_DAY) - 1);
  return new Spells(random.int(1, latest), spellHours, hours);
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
