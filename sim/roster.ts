/** Everybody in a market: enrolled, funded, with sites and meters, each as honest as the scenario says. */
import { MarketAccess, type Party, type SaltSource } from "./agents/access.ts";
import { BeaconAgent } from "./agents/beacon.ts";
import { DataCentreAgent, type DataCentreTerms } from "./agents/dataCentre.ts";
import { EsdAgent, PvAgent } from "./agents/devices.ts";
import { KeeperAgent } from "./agents/keeper.ts";
import { MeterAgent, type Metering } from "./agents/meter.ts";
import {
  LateMeter,
  LyingMeter,
  NeverReveals,
  RevealsLate,
  type Spells,
  spellsOf,
  Stops,
  Unfunded,
} from "./agents/misconduct.ts";
import { QuoteBoard } from "./agents/quotes.ts";
import { PublicRecord } from "./agents/record.ts";
import { RelayerAgent } from "./agents/relayer.ts";
import type { Trader } from "./agents/trader.ts";
import { UserAgent, type UserTerms } from "./agents/user.ts";
import { Books } from "./books.ts";
import { ConductLog } from "./conduct.ts";
import { batteryOf, memoryMbPerCoreOf, whPerCoreHourOf } from "./equipment.ts";
import type { WorldInputs } from "./inputs.ts";
import { keccak } from "./market/keccak.ts";
import { Role, type Bytes32, type Site } from "./market/ledger.ts";
import { PowerCurve } from "./physics/server.ts";
import { Random } from "./random.ts";
import { castOf, isMisbehaved, type Misconduct } from "./scenario/misconduct.ts";
import type { Scenario } from "./scenario/schema.ts";
import { SLOTS_BEFORE, type Setting } from "./setting.ts";
import type { Strategy } from "./strategies.ts";
import type { Task } from "./traces/task.ts";
import { MB_PER_GB, microYuan } from "./units.ts";

/** Share of each job that a data centre does which under-delivers. */
const UNDER_DELIVERED = 0.5;

/** What everybody puts into its account at first, yuan; a loan of the simulation that nothing depends on. */
const USER_FUNDS = 1_000_000;
const DATA_CENTRE_FUNDS = 1_000_000;
const GRID_FUNDS = 10_000_000;

/** A meter tells the sum of three counters in whole Wh, each of which may tell one more than its hour gave. */
const METER_ROUNDING = 3n;

/** Somebody with an account. */
export interface Member {
  readonly party: Party;
  readonly role: bigint;
  /** What was put into the account, micro-yuan. */
  readonly funds: bigint;
}

/** Everybody in a market. */
export interface Roster {
  readonly access: MarketAccess;
  readonly books: Books;
  /** Only if somebody misbehaves. */
  readonly conduct: ConductLog | undefined;
  readonly keeper: KeeperAgent;
  readonly beacon: BeaconAgent;
  /** Only if the scenario has somebody send plans by one. */
  readonly relayer: RelayerAgent | undefined;
  readonly users: readonly UserAgent[];
  readonly dataCentres: readonly DataCentreAgent[];
  readonly dataCentreOf: ReadonlyMap<bigint, DataCentreAgent>;
  /** In the order of the data centres. */
  readonly meters: readonly Metering[];
  /** Users and data centres as they behave in the auction. */
  readonly traders: readonly Trader[];
  /** Those of them who open their plans too late. */
  readonly latecomers: readonly RevealsLate[];
  /** When data centres are away that stop for hours. */
  readonly absences: ReadonlyMap<DataCentreAgent, Spells>;
  readonly members: readonly Member[];
  /** Tasks that users have a contract for, by contract; who takes one to its data centre removes it. */
  readonly handedIn: Map<bigint, Task>;
}

/** Sets a market up for a run in the {@link SLOTS_BEFORE} slots before its first hour, and ends when that begins. */
export async function assemble(
  inputs: WorldInputs,
  strategy: Strategy,
  setting: Setting,
): Promise<Roster> {
  const { scenario, tasks } = inputs;
  const { microgrids } = scenario;
  const assembly = new Assembly(inputs, strategy, setting);
  const { access } = assembly.people;

  await setting.clock.advanceTo(access.startOf(-SLOTS_BEFORE));
  const keeper = new KeeperAgent(access, await setting.walletOf("keeper"), setting.pageWork);
  const grids: Party[] = [];
  for (let i = 0; i < microgrids.count; i += 1)
    grids.push(await assembly.join(`grid-${i.toString()}`, Role.gridOperator, GRID_FUNDS));
  const network = await assembly.join("network", Role.networkOperator, 0);
  const beacon = await assembly.beacon();
  const users = tasksByUser(tasks);
  const cast = castOf(scenario, users.length, microgrids.count * microgrids.dataCentres);
  for (const [index, [user, own]] of users.entries())
    await assembly.addUser(userLabel(user), own, cast.users[index]);
  const owners: Owner[] = [];
  for (const [microgrid, grid] of grids.entries()) {
    for (let j = 0; j < microgrids.dataCentres; j += 1) {
      const label = labelOf(scenario, microgrid, j);
      const party = await assembly.join(label, Role.dataCentre, DATA_CENTRE_FUNDS);
      owners.push({ party, grid, network, microgrid, misconduct: cast.dataCentres[owners.length] });
    }
  }
  // They have to hear the tariffs and the sites.
  const books = new Books(
    access,
    scenario.hours,
    owners.map(({ party: { id, participant } }) => ({ label: id, participant })),
  );
  await assembly.announce(grids);

  await setting.clock.advanceTo(access.startOf(-1));
  for (const owner of owners) await assembly.addDataCentre(owner);
  const relayer = await assembly.relayer();
  // The slot in which the sites were commissioned is read like any other.
  await setting.clock.advanceTo(access.startOf(0));
  return { books, keeper, beacon, relayer, ...assembly.people };
}

/** A data centre that has no site and no agent yet. */
interface Owner {
  readonly party: Party;
  readonly grid: Party;
  readonly network: Party;
  readonly microgrid: number;
  readonly misconduct: Misconduct | undefined;
}

/** A roster while it is being made. */
class Assembly {
  readonly people;
  private readonly inputs: WorldInputs;
  private readonly strategy: Strategy;
  private readonly setting: Setting;
  private readonly scenario: Scenario;
  private readonly access: MarketAccess;
  private readonly board: QuoteBoard;

  constructor(inputs: WorldInputs, strategy: Strategy, setting: Setting) {
    const { ledger, parameters, firstSlot } = setting;
    const { scenario } = inputs;
    this.inputs = inputs;
    this.strategy = strategy;
    this.setting = setting;
    this.scenario = scenario;
    const access = new MarketAccess(
      ledger,
      new PublicRecord(),
      parameters,
      (plan) => setting.seal(plan),
      firstSlot + SLOTS_BEFORE,
    );
    this.access = access;
    this.board = new QuoteBoard((slot) => access.hourOf(slot));
    this.people = {
      access,
      conduct: isMisbehaved(scenario) ? new ConductLog(access) : undefined,
      users: [] as UserAgent[],
      dataCentres: [] as DataCentreAgent[],
      dataCentreOf: new Map<bigint, DataCentreAgent>(),
      meters: [] as Metering[],
      traders: [] as Trader[],
      latecomers: [] as RevealsLate[],
      absences: new Map<DataCentreAgent, Spells>(),
      members: [] as Member[],
      handedIn: new Map<bigint, Task>(),
    };
  }

  /** Enrols a party and fills its account. @param funds yuan */
  async join(id: string, role: bigint, funds: number): Promise<Party> {
    const { access, setting } = this;
    const { ledger } = access;
    const { registrar, issuer, vault } = setting;
    const wallet = await setting.walletOf(id);
    const { fingerprint, validUntil } = await setting.certificateOf(id, wallet, role);
    const enrolment = {
      id,
      wallet,
      role,
      certificate: fingerprint,
      validUntil,
      expiry: validUntil,
    };
    const enrolling = ledger.enrol(wallet, enrolment, { signer: registrar });
    const participant = await access.must(id, enrolling);
    const amount = microYuan(funds);
    if (amount > 0n) {
      await access.must(id, ledger.mint(issuer, wallet, amount));
      await access.must(id, ledger.approve(wallet, vault, amount));
      await access.must(id, ledger.deposit(wallet, amount));
    }
    const party = { id, wallet, participant };
    this.people.members.push({ party, role, funds: amount });
    return party;
  }

  /** A beacon operator whose chain lasts the run. */
  async beacon(): Promise<BeaconAgent> {
    const party = await this.join("beacon", Role.beacon, USER_FUNDS);
    const slots = this.scenario.hours - 1;
    const beacon = new BeaconAgent(this.access, party, this.secret("beacon"), slots);
    await beacon.commit(this.access.slotOf(1));
    return beacon;
  }

  /** Announces the prices of all grids. */
  async announce(grids: readonly Party[]): Promise<void> {
    const { access } = this;
    const { gridYuanPerKWh, feedInYuanPerKWh } = this.scenario.prices;
    const prices = [microYuan(gridYuanPerKWh), microYuan(feedInYuanPerKWh)] as const;
    for (const { id, wallet } of grids)
      await access.must(id, access.ledger.announce(wallet, access.slotOf(-1), ...prices));
  }

  /** Gives a user its account and its agent. */
  async addUser(
    label: string,
    tasks: readonly Task[],
    misconduct: Misconduct | undefined,
  ): Promise<void> {
    const { scenario, access, people } = this;
    const terms: UserTerms = {
      whPerCoreHour: whPerCoreHourOf(scenario),
      memoryMbPerCore: memoryMbPerCoreOf(scenario),
      openingBid: scenario.prices.openingBid,
      bidRise: scenario.prices.bidRise,
    };
    const party = await this.join(label, Role.user, USER_FUNDS);
    const agent = new UserAgent(access, party, tasks, terms, this.salts, (id, task) => {
      people.handedIn.set(id, task);
    });
    people.users.push(agent);
    people.traders.push(this.behaving(agent, misconduct));
    people.conduct?.enter({ party, isUser: true, misconduct });
  }

  /** Commissions a data centre's site, and gives it an agent and a meter. */
  async addDataCentre(owner: Owner): Promise<void> {
    const { access, people, setting } = this;
    const { party, misconduct } = owner;
    const { id, wallet, participant } = party;
    const meterParty = await this.join(`meter of ${id}`, Role.meter, 0);
    const site = this.siteOf(owner, meterParty);
    const signature = { signer: setting.registrar };
    await access.must(id, access.ledger.commission(wallet, site, signature));
    const agent = this.agentOf(owner);
    people.traders.push(this.behaving(agent, misconduct));
    people.dataCentres.push(agent);
    people.dataCentreOf.set(participant, agent);
    const meter = new MeterAgent(access, meterParty, participant);
    people.meters.push(this.metering(meter, misconduct, agent));
    people.conduct?.enter({ party, isUser: false, misconduct, meter: meterParty.participant });
  }

  /** Gives a drawn share of those who trade a relayer. */
  async relayer(): Promise<RelayerAgent | undefined> {
    const { access } = this;
    const { seed, market } = this.scenario;
    if (market.relayed === 0) return undefined;
    const relayer = new RelayerAgent(access, await this.setting.walletOf("relayer"));
    const order = new Random(`${seed}/relayed`).shuffled(this.people.traders);
    for (const { party } of order.slice(0, Math.round(market.relayed * order.length)))
      access.relayers.set(party.participant, relayer);
    return relayer;
  }

  /** Its limits are the most that the equipment can do in a slot, which is an hour. */
  private siteOf({ party, grid, network }: Owner, meter: Party): Site {
    const { server, plant } = this.scenario;
    const esd = batteryOf(this.scenario, this.strategy);
    // It is charged from PV only, and what goes in can come out within the same hour.
    const mostCharge = Math.min(esd.chargeW, plant.inverterW);
    const mostDischarge = Math.min(esd.dischargeW, esd.usableWh + esd.efficiency * mostCharge);
    const mostLoad = server.count * new PowerCurve(server.powerW).full + server.coolingW;
    return {
      dataCentre: party.participant,
      meter: meter.participant,
      gridOperator: grid.participant,
      networkOperator: network.participant,
      pvLimitWh: BigInt(Math.ceil(plant.inverterW)) + METER_ROUNDING,
      esdLimitWh: BigInt(Math.ceil(Math.max(mostCharge, mostDischarge))) + METER_ROUNDING,
      gridLimitWh: BigInt(Math.ceil(Math.max(mostLoad, plant.inverterW))) + METER_ROUNDING,
      version: 1n,
    };
  }

  private agentOf({ party, microgrid, misconduct }: Owner): DataCentreAgent {
    const { scenario, access, inputs, strategy } = this;
    const { server, battery } = scenario;
    const terms: DataCentreTerms = {
      rack: {
        servers: server.count,
        cores: server.cores,
        memoryMb: server.memoryGb * MB_PER_GB,
        curve: new PowerCurve(server.powerW),
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
    return new DataCentreAgent(
      access,
      party,
      misconduct === "underDeliver" ? { ...strategy, workShare: UNDER_DELIVERED } : strategy,
      terms,
      {
        pv: new PvAgent(inputs.forecaster(microgrid)),
        esd: new EsdAgent(cells, cells.usableWh * battery.initialShare),
      },
      this.salts,
      this.board,
      (peer) => this.people.dataCentreOf.get(peer),
    );
  }

  /** A user or data centre as it behaves in the auction. */
  private behaving(agent: Trader, misconduct: Misconduct | undefined): Trader {
    const { access, people } = this;
    switch (misconduct) {
      case "neverReveal":
        return new NeverReveals(agent);
      case "revealLate": {
        const late = new RevealsLate(agent, access);
        people.latecomers.push(late);
        return late;
      }
      case "unfunded":
        return new Unfunded(agent, access, this.setting.vault);
      case "stop": {
        const spells = spellsOf(this.scenario, agent.party.id);
        if (agent instanceof DataCentreAgent) people.absences.set(agent, spells);
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
    const { access } = this;
    if (misconduct === "misreport")
      return new LyingMeter(meter, spellsOf(this.scenario, dataCentre.party.id), access);
    const absences = this.people.absences.get(dataCentre);
    if (absences === undefined) return meter;
    return new LateMeter(meter, absences, (slot) => access.hourOf(slot));
  }

  private secret(of: string): Bytes32 {
    const { seed, name } = this.scenario;
    return keccak(`${name}/${seed}/${of}`);
  }

  // As secret as the run's name and seed, like the keys of a replay's parties.
  private readonly salts: SaltSource = (participant, slot) =>
    this.secret(`salt/${participant}/${slot}`);
}

/** What a user is called in a market and in results. */
export const userLabel = (user: number): string => `user-${user.toString()}`;

/** What a data centre is called in results. */
export function labelOf({ microgrids }: Scenario, microgrid: number, dataCentre: number): string {
  const { sites } = microgrids;
  const site = sites[microgrid % sites.length]?.name ?? "";
  const round = Math.floor(microgrid / sites.length);
  return `${site}${round === 0 ? "" : ` ${(round + 1).toString()}`}/${(dataCentre + 1).toString()}`;
}

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
