/** What the paper claims, and what this run says of it. */
import { WH_PER_KWH } from "../units.ts";
import { NBSP, fixed, list, percent, plural } from "./format.ts";
import {
  CONTRACT_ESD,
  CONTRACT_ONLY,
  GRID_ONLY,
  OPPORTUNISTIC,
  OPPORTUNISTIC_ESD,
  PAPER,
  FULL,
  find,
  fullest,
  isPaperSize,
  lacking,
  lackingForGain,
  mostSavedYuan,
  serversOf,
  transferring,
} from "./paper.ts";
import { PAPER_EXTRA_INCOME_YUAN, PAPER_MIGRATION_COST_YUAN } from "./printed.ts";
import type { RunResult, SmallestBattery, StrategyResult } from "./results.ts";
import { NET_INCOME, hourlyTotals, sum } from "./totals.ts";

/** Whether the run shows what the paper claims; "not run" if it lacks what that takes. */
export type Verdict = "reproduced" | "partly" | "not" | "not run";

/** A number that a claim rests on. */
export interface Evidence {
  readonly label: string;
  readonly value: number;
  readonly unit: "kWh" | "yuan" | "yuan per kWh" | "share" | "times" | "hours";
}

/** A claim of the paper and how it fares. */
export interface Claim {
  readonly id: string;
  /** What the paper says. */
  readonly claim: string;
  /** Where it says so. */
  readonly source: string;
  /** What is compared. */
  readonly compares: string;
  readonly evidence: readonly Evidence[];
  readonly verdict: Verdict;
  /** How the verdict comes about. */
  readonly rule: string;
  /** What a reader has to know besides. */
  readonly note?: string;
}

type About = Pick<Claim, "id" | "claim" | "source" | "compares" | "rule">;

/** Shares and amounts that differ by less are equal: sums of floating-point numbers. */
const TOLERANCE = 1e-6;

const above = (a: number, b: number): boolean => a - b > TOLERANCE;

/** All, some or none of what a claim says. */
const count = (held: readonly boolean[]): Verdict =>
  held.every(Boolean) ? "reproduced" : held.some(Boolean) ? "partly" : "not";

const notRun = (about: About, ...names: readonly string[]): Claim => ({
  ...about,
  evidence: [],
  verdict: "not run",
  note: `Add ${list(names.map((name) => `"${name}"`))} under "strategies" in the scenario.`,
});

function pvUtilisation(result: RunResult): Claim {
  const about = {
    id: "pv-utilisation",
    claim: "The scheduler raises PV utilisation, and an ESD raises it further.",
    source: "section 4, Fig. 4 to 6",
    compares: `PV utilisation of ${CONTRACT_ONLY}, ${OPPORTUNISTIC} and ${OPPORTUNISTIC_ESD}`,
    rule: "Reproduced if each step is higher than the one before or has reached 100 %; partly if one is.",
  };
  const found = [CONTRACT_ONLY, OPPORTUNISTIC, OPPORTUNISTIC_ESD].map((name) => find(result, name));
  const [contracts, scheduled, stored] = found;
  if (contracts === undefined || scheduled === undefined || stored === undefined) {
    return notRun(about, ...lacking(result, CONTRACT_ONLY, OPPORTUNISTIC, OPPORTUNISTIC_ESD));
  }
  const rises = (from: StrategyResult, to: StrategyResult): boolean =>
    above(to.summary.pvUtilisation, from.summary.pvUtilisation) ||
    to.summary.pvUtilisation > 1 - TOLERANCE;
  return {
    ...about,
    evidence: [contracts, scheduled, stored].map(({ name, summary }) => ({
      label: name,
      value: summary.pvUtilisation,
      unit: "share",
    })),
    verdict: count([rises(contracts, scheduled), rises(scheduled, stored)]),
  };
}

/** What rounds to 0.0 % of the PV output is nothing. */
export const NO_EXPORT_SHARE = 0.0005;

function allPvUsed(result: RunResult): Claim {
  const about = {
    id: "all-pv-used",
    claim: "With a small ESD, PV is used completely.",
    source: "section 4, Fig. 6",
    compares: `export of ${OPPORTUNISTIC_ESD} with nothing, and with ${OPPORTUNISTIC}`,
    rule: "Reproduced if less than 0.05 % of the PV output is exported; partly if less than without an ESD.",
  };
  const [without, stored] = [find(result, OPPORTUNISTIC), find(result, OPPORTUNISTIC_ESD)];
  if (stored === undefined) return notRun(about, OPPORTUNISTIC_ESD);
  const { exportKwh, pvProducedKwh } = stored.summary;
  const none = exportKwh <= NO_EXPORT_SHARE * pvProducedKwh;
  const less = without !== undefined && above(without.summary.exportKwh, exportKwh);
  return {
    ...about,
    evidence: [...(without === undefined ? [] : [without]), stored].map(({ name, summary }) => ({
      label: `export, ${name}`,
      value: summary.exportKwh,
      unit: "kWh",
    })),
    verdict: none && pvProducedKwh > 0 ? "reproduced" : less ? "partly" : "not",
    ...(none
      ? {}
      : {
          note: "The paper gives no size for its ESD. What is left here is what the scenario’s ESDs could not hold or take.",
        }),
  };
}

function lessThroughEsd(result: RunResult): Claim {
  const about = {
    id: "less-through-esd",
    claim:
      "The scheduler uses PV directly as far as possible, so that less passes through the ESD.",
    source: "section 4, Fig. 6",
    compares: `PV taken by the ESDs and PV used directly, ${OPPORTUNISTIC_ESD} against ${CONTRACT_ESD}`,
    rule: "Reproduced if the ESDs take less and more is used directly; partly if one of the two.",
  };
  const [contracts, scheduled] = [find(result, CONTRACT_ESD), find(result, OPPORTUNISTIC_ESD)];
  if (contracts === undefined || scheduled === undefined) {
    return notRun(about, ...lacking(result, CONTRACT_ESD, OPPORTUNISTIC_ESD));
  }
  const [before, after] = [contracts.summary, scheduled.summary];
  return {
    ...about,
    evidence: [contracts, scheduled].flatMap(({ name, summary }): Evidence[] => [
      { label: `into the ESDs, ${name}`, value: summary.pvStoredKwh, unit: "kWh" },
      { label: `used directly, ${name}`, value: summary.pvDirectKwh, unit: "kWh" },
    ]),
    verdict: count([
      above(before.pvStoredKwh, after.pvStoredKwh),
      above(after.pvDirectKwh, before.pvDirectKwh),
    ]),
  };
}

function smallerEsd({ smallestBatteries }: RunResult): Claim {
  const about = {
    id: "smaller-esd",
    claim: "With the scheduler a smaller ESD suffices for all PV to be used.",
    source: "section 4, Fig. 6",
    compares: `smallest ESD of each data centre with which no PV is exported, ${OPPORTUNISTIC_ESD} against ${CONTRACT_ESD}`,
    rule: "Reproduced if it is smaller.",
  };
  const [contracts, scheduled] = [CONTRACT_ESD, OPPORTUNISTIC_ESD].map((name) =>
    smallestBatteries.find(({ strategy }) => strategy === name),
  );
  if (contracts === undefined || scheduled === undefined)
    return { ...about, evidence: [], verdict: "not run", note: "Run with --batteries." };
  // What no battery that was tried could do needs a larger one than any.
  const size = ({ capacityWh }: SmallestBattery): number => capacityWh ?? Infinity;
  const found = [contracts, scheduled].filter(({ capacityWh }) => capacityWh !== null);
  return {
    ...about,
    evidence: found.map(({ strategy, capacityWh }) => ({
      label: strategy,
      value: (capacityWh ?? 0) / WH_PER_KWH,
      unit: "kWh",
    })),
    verdict: size(scheduled) < size(contracts) ? "reproduced" : "not",
    ...(found.length === 2 ? {} : { note: "Where no size stands, none that was tried is enough." }),
  };
}

function netIncome(result: RunResult, strategy: StrategyResult): number[] {
  return hourlyTotals(strategy.hourly, result.scenario.hours, NET_INCOME);
}

function extraByHour(result: RunResult): { name: string; extra: number[] } | undefined {
  const [contracts, strategy] = [find(result, CONTRACT_ONLY), fullest(result)];
  if (contracts === undefined || strategy === undefined) return undefined;
  const before = netIncome(result, contracts);
  const extra = netIncome(result, strategy).map((yuan, hour) => yuan - (before[hour] ?? 0));
  return { name: strategy.name, extra };
}

function incomeEveryHour(result: RunResult): Claim {
  const found = extraByHour(result);
  const about = {
    id: "income-every-hour",
    claim: "Data centres earn more in every hour than with contracts alone.",
    source: "section 4, Fig. 7",
    compares: `income less costs of all data centres per hour, ${found?.name ?? FULL} against ${CONTRACT_ONLY}`,
    rule: "Reproduced if no hour earns less and the sum is above zero; partly if only the sum is.",
  };
  if (found === undefined) return notRun(about, ...lackingForGain(result));
  const held = found.extra.filter((yuan) => yuan >= -TOLERANCE).length;
  const total = sum(found.extra);
  const gains = above(total, 0);
  return {
    ...about,
    evidence: [
      { label: "hours that do not earn less", value: held, unit: "hours" },
      { label: "of all hours", value: held / Math.max(1, found.extra.length), unit: "share" },
      { label: "sum", value: total, unit: "yuan" },
    ],
    verdict: !gains ? "not" : held === found.extra.length ? "reproduced" : "partly",
    note: "Costs count, since work that moves into the sun earns by what need not be bought. An hour that hands its work to a sunnier one loses that work’s income.",
  };
}

function usersSpendLess(result: RunResult): Claim {
  const strategy = fullest(result) ?? find(result, CONTRACT_ONLY);
  const about = {
    id: "users-spend-less",
    claim: "Users spend less.",
    source: "abstract and section 4",
    compares: `what users pay in all and per kWh, ${strategy?.name ?? FULL} against ${GRID_ONLY}`,
    rule: "Reproduced if both are lower; partly if one is.",
  };
  const grid = find(result, GRID_ONLY);
  if (grid === undefined || strategy === undefined) {
    const lacks = strategy === undefined ? [FULL] : [];
    return notRun(about, ...lacking(result, GRID_ONLY), ...lacks);
  }
  const [before, after] = [grid.summary, strategy.summary];
  return {
    ...about,
    evidence: [grid, strategy].flatMap(({ name, summary }): Evidence[] => [
      { label: `in all, ${name}`, value: summary.userSpendYuan, unit: "yuan" },
      { label: `mean price, ${name}`, value: summary.meanPriceYuanPerKwh, unit: "yuan per kWh" },
    ]),
    verdict: count([
      above(before.userSpendYuan, after.userSpendYuan),
      above(before.meanPriceYuanPerKwh, after.meanPriceYuanPerKwh),
    ]),
    ...(before.tasksCompleted === after.tasksCompleted
      ? {}
      : {
          note: `The work is not quite the same: ${plural(before.tasksCompleted, "task")} completed against ${fixed(after.tasksCompleted)}; the mean price does not depend on that.`,
        }),
  };
}

/** From here on one amount is "far above" another. */
const FAR_ABOVE = 10;

function transfersPay(result: RunResult): Claim {
  const strategy = transferring(result);
  const about = {
    id: "transfers-pay",
    claim: "What target data centres earn by transferred orders is far above what migration costs.",
    source: "section 4, Fig. 8 and 9",
    compares: `transfer income and network fees of ${strategy?.name ?? FULL}`,
    rule: `Reproduced if the income is at least ${FAR_ABOVE} times the cost; partly if it is above it.`,
  };
  if (strategy === undefined) return notRun(about, FULL);
  const { transferIncomeYuan: income, migrationCostYuan: cost } = strategy.summary;
  const evidence: Evidence[] = [
    { label: "transfer income", value: income, unit: "yuan" },
    { label: "migration cost", value: cost, unit: "yuan" },
  ];
  if (cost > 0) evidence.push({ label: "ratio", value: income / cost, unit: "times" });
  const far = income > 0 && income >= FAR_ABOVE * cost;
  return {
    ...about,
    evidence,
    verdict: far ? "reproduced" : above(income, cost) ? "partly" : "not",
    ...(strategy.summary.transfers > 0 ? {} : { note: "No order was transferred in this run." }),
  };
}

/** How near a printed figure counts as the same, and as the same order of magnitude. */
const NEAR = 0.1;
const ORDER = 3;

const BESIDE_RULE = `Reproduced within ${percent(NEAR, 0)}, partly within a factor of ${ORDER}. The two are only shown beside each other; nothing is tuned towards the paper’s.`;

function beside(paper: number, ours: number): Verdict {
  if (Math.abs(ours - paper) <= NEAR * paper) return "reproduced";
  return ours >= paper / ORDER && ours <= paper * ORDER ? "partly" : "not";
}

const otherSize = ({ scenario }: RunResult): string =>
  `The paper’s figure is of ${serversOf(PAPER)} servers in ${PAPER.hours}${NBSP}h; this run has ${fixed(serversOf(scenario))} servers in ${fixed(scenario.hours)}${NBSP}h.`;

/** Why the paper's extra income is out of reach, by its own numbers. */
export function boundNote(): string {
  const { server, hours, prices } = PAPER;
  const serverW = Math.max(...server.powerW);
  const servers = serversOf(PAPER);
  const kwh = (servers * serverW * hours) / WH_PER_KWH;
  const spread = prices.gridYuanPerKWh - prices.pvYuanPerKWh;
  return `The paper’s ${fixed(PAPER_EXTRA_INCOME_YUAN, 2)} yuan cannot be reached at the sizes and prices that it prints: ${servers} servers × ${serverW}${NBSP}W × ${hours}${NBSP}h is ${fixed(kwh)}${NBSP}kWh, so at most ${fixed(mostSavedYuan(PAPER))} yuan at a spread of ${fixed(spread, 1)} yuan per kWh.`;
}

function printedExtraIncome(result: RunResult): Claim {
  const found = extraByHour(result);
  const about = {
    id: "extra-income",
    claim: `${fixed(PAPER_EXTRA_INCOME_YUAN, 2)} yuan of extra income in ${PAPER.hours}${NBSP}h.`,
    source: "section 4",
    compares: `income less costs of all data centres, ${found?.name ?? FULL} against ${CONTRACT_ONLY}`,
    rule: BESIDE_RULE,
  };
  if (found === undefined) return notRun(about, ...lackingForGain(result));
  const ours = sum(found.extra);
  const same = isPaperSize(result.scenario);
  return {
    ...about,
    evidence: [
      { label: "the paper", value: PAPER_EXTRA_INCOME_YUAN, unit: "yuan" },
      { label: "this run", value: ours, unit: "yuan" },
      {
        label: "all servers on PV at all hours would save",
        value: mostSavedYuan(result.scenario),
        unit: "yuan",
      },
    ],
    verdict: same ? beside(PAPER_EXTRA_INCOME_YUAN, ours) : "not run",
    note: same ? boundNote() : `${boundNote()} ${otherSize(result)}`,
  };
}

function printedMigrationCost(result: RunResult): Claim {
  const strategy = transferring(result);
  const about = {
    id: "migration-cost",
    claim: `${fixed(PAPER_MIGRATION_COST_YUAN, 2)} yuan of migration cost in ${PAPER.hours}${NBSP}h.`,
    source: "section 4, Fig. 9",
    compares: `network fees of ${strategy?.name ?? FULL}`,
    rule: BESIDE_RULE,
  };
  if (strategy === undefined) return notRun(about, FULL);
  const ours = strategy.summary.migrationCostYuan;
  const same = isPaperSize(result.scenario);
  return {
    ...about,
    evidence: [
      { label: "the paper", value: PAPER_MIGRATION_COST_YUAN, unit: "yuan" },
      { label: "this run", value: ours, unit: "yuan" },
    ],
    verdict: same ? beside(PAPER_MIGRATION_COST_YUAN, ours) : "not run",
    note: same
      ? "The paper gives neither the network’s price nor the size of what is moved."
      : otherSize(result),
  };
}

/** All claims, in the paper's order. */
export const claimsOf = (result: RunResult): Claim[] =>
  [
    pvUtilisation,
    allPvUsed,
    lessThroughEsd,
    smallerEsd,
    incomeEveryHour,
    usersSpendLess,
    transfersPay,
    printedMigrationCost,
    printedExtraIncome,
  ].map((claim) => claim(result));

const SHOWN_UNITS: Readonly<
  Record<Exclude<Evidence["unit"], "share">, readonly [decimals: number, name: string]>
> = {
  kWh: [1, "kWh"],
  yuan: [2, "yuan"],
  "yuan per kWh": [3, "yuan/kWh"],
  times: [1, "times"],
  hours: [0, "h"],
};

/** A claim's number as people read it. */
export function shownEvidence({ value, unit }: Evidence): string {
  if (unit === "share") return percent(value);
  const [decimals, shown] = SHOWN_UNITS[unit];
  return `${fixed(value, decimals)}${NBSP}${shown}`;
}

/** Extra income against contracts alone in all hours, yuan; undefined if the run cannot tell. */
export const extraIncomeYuan = (result: RunResult, name: string): number | undefined => {
  const [contracts, strategy] = [find(result, CONTRACT_ONLY), find(result, name)];
  if (contracts === undefined || strategy === undefined) return undefined;
  return sum(netIncome(result, strategy)) - sum(netIncome(result, contracts));
};
