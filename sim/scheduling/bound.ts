/**
 * The least grid import that any schedule of the same work could need, with perfect foresight: a linear programme that
 * leaves out whatever makes scheduling hard, so that every schedule is one of its solutions and none needs less.
 *
 * Left out are: that a task stays whole, goes on without interruption if it has priority, and runs on one server of one data
 * centre at a time (its work may flow between all of them, freely and at no cost); that a server has one source at a
 * time; that power depends on utilisation (all work is done at the best efficiency); that an ESD discharges by itself, and
 * does not charge and discharge in the same hour; that anything is unknown beforehand; and prices.
 *
 * Hours stand for steps of any length in them: whatever holds in every step holds for their sums.
 */
import type { Scenario } from "../scenario/schema.ts";
import { LinearProgramme, solve, type Entries, type Row } from "./linear.ts";
import { windowDemands, type WindowDemand, type WorkItem } from "./windows.ts";
import { SECONDS_PER_HOUR, WH_PER_KWH } from "../units.ts";

/** An ESD as the bound sees it. Energy in Wh, power in W. */
export interface BoundBattery {
  /** ηC. */
  readonly usableWh: number;
  /** λC: what it takes in an hour at most. */
  readonly chargeW: number;
  /** μC: what it gives in an hour at most. */
  readonly dischargeW: number;
  /** σ: energy stored over energy taken. */
  readonly efficiency: number;
  /** Stored at the start. */
  readonly initialWh: number;
}

export interface BoundInput {
  readonly hours: number;
  /** The work that was done. */
  readonly items: readonly WorkItem[];
  /** For each microgrid, the PV energy of one data centre in each hour, Wh. */
  readonly pvWh: readonly ArrayLike<number>[];
  /** Data centres in each microgrid. */
  readonly dataCentres: number;
  readonly server: Scenario["server"];
  /** Of each data centre; absent: none is used. */
  readonly battery?: BoundBattery;
}

/** Energy of an hour in a solution, all data centres together, Wh. */
export interface BoundHour {
  readonly loadWh: number;
  readonly directWh: number;
  readonly chargeWh: number;
  readonly dischargeWh: number;
  /** At the end of the hour. */
  readonly storedWh: number;
  readonly importWh: number;
  readonly exportWh: number;
}

export interface ImportBound {
  /** No schedule of this work imports less; 0 or more. */
  readonly importKwh: number;
  /** A solution with this import; one of many. */
  readonly hourly: readonly BoundHour[];
}

/** Into so many groups microgrids are merged at most. */
const MOST_GROUPS = 10;
/** As many columns the programme has at most, more or less; longer runs have fewer groups. */
const MOST_COLUMNS = 40_000;
/** Longest window of work that is looked at in long runs, hours: two weeks. */
const LONGEST_WINDOW = 336;
/** A window is looked after if it lacks more than this share of all work; the rest is far below what is printed. */
const LEAST_LACK = 1e-7;

/** What a data centre's servers need, at best. */
interface BestPower {
  /** Whatever they do, cooling included, W. */
  readonly constantW: number;
  /** For each busy core, W. */
  readonly coreW: number;
}

/**
 * The least power for a given work. On each straight piece of the curve, power per work changes in one direction only, so
 * that the least is at one of its corners.
 */
export function bestPower({
  powerW,
  cores,
  count,
  switchOffIdle,
  coolingW,
}: Scenario["server"]): BestPower {
  // A server that stays on needs its idle power anyway; only what comes on top depends on work.
  const idleW = switchOffIdle ? 0 : (powerW[0] ?? 0);
  const steps = powerW.length - 1;
  const ratios = powerW.slice(1).map((power, i) => (power - idleW) / (((i + 1) / steps) * cores));
  return { constantW: coolingW + idleW * count, coreW: Math.min(...ratios) };
}

/** Microgrids as one, with the sums of their PV, servers and ESDs; energy of each hour in Wh. */
interface Group {
  readonly dataCentres: number;
  readonly pvWh: readonly number[];
}

/**
 * Merges microgrids. What is possible apart is possible together, where one's sun can serve another's servers, so that
 * the merged need no more import: still a bound. Those whose numbers differ by a multiple of the groups' count are
 * merged, because a scenario uses its sites again in this order.
 */
function groupsOf({ pvWh, dataCentres, hours }: BoundInput): Group[] {
  const count = Math.min(pvWh.length, MOST_GROUPS, Math.ceil(MOST_COLUMNS / (hours * 5)));
  return Array.from({ length: count }, (_, group) => {
    const members = pvWh.filter((_, i) => i % count === group);
    return {
      dataCentres: members.length * dataCentres,
      pvWh: Array.from({ length: hours }, (_, hour) =>
        members.reduce((sum, member) => sum + (member[hour] ?? 0) * dataCentres, 0),
      ),
    };
  });
}

/** Columns of a group's hour. */
interface HourColumns {
  readonly group: number;
  readonly hour: number;
  readonly work: number;
  readonly direct: number;
  readonly charge?: number;
  readonly discharge?: number;
  readonly stored?: number;
}

/**
 * Computes the bound.
 *
 * @throws RangeError if an item has no hour to run in, or the items are more than the servers can do in their windows
 * @throws Error if HiGHS fails
 */
export async function importBound(input: BoundInput): Promise<ImportBound> {
  const power = bestPower(input.server);
  const groups = groupsOf(input);
  const programme = new LinearProgramme();
  const columns = groups.flatMap((group, i) => addGroup(programme, input, group, i, power));
  const { coreHours, missing } = addWork(programme, input, columns);

  const { leastCost, columns: values } = await solve(programme, "The least import", missing);
  const centres = groups.reduce((sum, { dataCentres }) => sum + dataCentres, 0);
  const loadWh = centres * power.constantW * input.hours + coreHours * power.coreW;
  // The programme's cost is what need not be imported, negative.
  return {
    importKwh: Math.max(0, loadWh + leastCost) / WH_PER_KWH,
    hourly: hourlyOf(input, groups, power, columns, values),
  };
}

/** `Σ factor · column ≤ upper` */
const atMost = (upper: number, entries: Entries): Row => ({
  lower: Number.NEGATIVE_INFINITY,
  upper,
  entries,
});

/** `Σ factor · column = value` */
const equal = (value: number, entries: Entries): Row => ({ lower: value, upper: value, entries });

/**
 * Adds what happens in a group's data centres. Import is the load less direct use and discharge, and the work is given: so
 * the programme looks for the most direct use and discharge, neither more than load or PV.
 */
function addGroup(
  programme: LinearProgramme,
  { hours, server, battery }: BoundInput,
  { dataCentres, pvWh }: Group,
  group: number,
  { constantW, coreW }: BestPower,
): HourColumns[] {
  const constant = constantW * dataCentres;
  const mostWork = server.count * server.cores * dataCentres;
  let before: number | undefined;
  return Array.from({ length: hours }, (_, hour) => {
    const pv = pvWh[hour] ?? 0;
    const work = programme.column(0, mostWork);
    const direct = programme.column(0, pv, -1);
    const load = [work, -coreW] as const;
    if (battery === undefined) {
      programme.row(atMost(constant, [[direct, 1], load]));
      return { group, hour, work, direct };
    }
    const charge = programme.column(0, Math.min(pv, battery.chargeW * dataCentres));
    const discharge = programme.column(0, battery.dischargeW * dataCentres, -1);
    const stored = programme.column(0, battery.usableWh * dataCentres);
    programme.row(atMost(constant, [[direct, 1], [discharge, 1], load]));
    programme.row(
      atMost(pv, [
        [direct, 1],
        [charge, 1],
      ]),
    );
    const change = [
      [stored, 1],
      [charge, -battery.efficiency],
      [discharge, 1],
    ] as const;
    programme.row(
      before === undefined
        ? equal(battery.initialWh * dataCentres, change)
        : equal(0, [...change, [before, -1]]),
    );
    before = stored;
    return { group, hour, work, direct, charge, discharge, stored };
  });
}

/** The work of the programme. */
interface Work {
  readonly coreHours: number;
  /** Rows of the windows in which a solution does too little. */
  readonly missing: (values: Float64Array) => Row[];
}

/**
 * Adds the work: what is done until the end of each hour, all groups together, and what each window asks of it. That no
 * more is done than was released by then follows, as the rest must be done afterwards and all is done in the end.
 *
 * Few of the windows matter, and which is seen only from solutions: those of one hour and of all are there from the start.
 */
function addWork(
  programme: LinearProgramme,
  { hours, items, server, pvWh, dataCentres }: BoundInput,
  columns: readonly HourColumns[],
): Work {
  const demands = windowDemands(items, hours, LONGEST_WINDOW);
  requireCores(demands, server.count * server.cores * dataCentres * pvWh.length);
  const coreHours = (demands.at(-1)?.coreSeconds ?? 0) / SECONDS_PER_HOUR;
  const worksOf = Array.from({ length: hours }, (): (readonly [number, number])[] => []);
  for (const { hour, work } of columns) worksOf[hour]?.push([work, -1]);
  const done: number[] = [];
  for (const works of worksOf) {
    const before = done.at(-1);
    const now = programme.column(0, coreHours);
    const earlier = before === undefined ? [] : [[before, -1] as const];
    programme.row(equal(0, [[now, 1], ...earlier, ...works]));
    done.push(now);
  }

  const rowOf = ({ firstHour, lastHour, coreSeconds }: WindowDemand): Row => {
    const end = [done[lastHour] ?? 0, 1] as const;
    const begin = done[firstHour - 1];
    return {
      lower: coreSeconds / SECONDS_PER_HOUR,
      upper: Number.POSITIVE_INFINITY,
      entries: begin === undefined ? [end] : [end, [begin, -1]],
    };
  };
  const isFirst = ({ firstHour, lastHour }: WindowDemand): boolean =>
    firstHour === lastHour || lastHour - firstHour === hours - 1;
  for (const demand of demands.filter(isFirst)) programme.row(rowOf(demand));
  const others = demands.filter((demand) => !isFirst(demand));

  const missing = (values: Float64Array): Row[] => {
    const doneBy = (hour: number): number => (hour < 0 ? 0 : (values[done[hour] ?? 0] ?? 0));
    // Of the windows that begin, and of those that end, in the same hour, the one that lacks most: the others often follow.
    const worst = new Map<string, readonly [lack: number, demand: WindowDemand]>();
    for (const demand of others) {
      const { firstHour, lastHour, coreSeconds } = demand;
      const lack = coreSeconds / SECONDS_PER_HOUR - (doneBy(lastHour) - doneBy(firstHour - 1));
      if (lack <= LEAST_LACK * coreHours) continue;
      for (const key of [`from ${firstHour}`, `to ${lastHour}`]) {
        if (lack > (worst.get(key)?.[0] ?? 0)) worst.set(key, [lack, demand]);
      }
    }
    return [...new Set([...worst.values()].map(([, demand]) => demand))].map(rowOf);
  };
  return { coreHours, missing };
}

/** Work that does not fit was not done: the input contradicts itself. */
function requireCores(demands: readonly WindowDemand[], cores: number): void {
  for (const { firstHour, lastHour, coreSeconds } of demands) {
    const work = coreSeconds / SECONDS_PER_HOUR;
    const room = cores * (lastHour - firstHour + 1);
    if (work <= room) continue;
    throw new RangeError(
      `From hour ${firstHour} to ${lastHour}, ${work} core-hours of work must be done, but the servers have ${room}; ` +
        "are the items' hours and core-seconds those of this run?",
    );
  }
}

function hourlyOf(
  { hours }: BoundInput,
  groups: readonly Group[],
  { constantW, coreW }: BestPower,
  columns: readonly HourColumns[],
  values: Float64Array,
): BoundHour[] {
  const sums = Array.from({ length: hours }, () => ({
    loadWh: 0,
    directWh: 0,
    chargeWh: 0,
    dischargeWh: 0,
    storedWh: 0,
    importWh: 0,
    exportWh: 0,
  }));
  const valueOf = (column: number | undefined): number =>
    column === undefined ? 0 : (values[column] ?? 0);
  for (const { group, hour, work, direct, charge, discharge, stored } of columns) {
    const sum = sums[hour];
    const { dataCentres = 0, pvWh = [] } = groups[group] ?? {};
    if (sum === undefined) continue;
    const loadWh = constantW * dataCentres + coreW * valueOf(work);
    sum.loadWh += loadWh;
    sum.directWh += valueOf(direct);
    sum.chargeWh += valueOf(charge);
    sum.dischargeWh += valueOf(discharge);
    sum.storedWh += valueOf(stored);
    sum.importWh += loadWh - valueOf(direct) - valueOf(discharge);
    sum.exportWh += (pvWh[hour] ?? 0) - valueOf(direct) - valueOf(charge);
  }
  return sums;
}
