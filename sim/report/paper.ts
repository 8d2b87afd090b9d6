/** What the paper reports, and which strategies its figures and claims are about. */
import { defaultScenario, type Scenario } from "../scenario/schema.ts";
import { WH_PER_KWH } from "../units.ts";
import type { RunResult, StrategyResult } from "./results.ts";

/** Section 4: the paper's evaluation, whose figures are the defaults of a scenario. */
export const PAPER = defaultScenario("paper");

/** All work on the grid alone, run at once: the traditional reference. */
export const GRID_ONLY = "grid-only";
/** Supply contracts alone (Fig. 4), what the paper's gains are measured against. */
export const CONTRACT_ONLY = "contract-only";
/** The same with an ESD; the paper's claim about what passes through the ESD needs it. */
export const CONTRACT_ESD = "contract-only+esd";
/** Contracts and the opportunistic scheduler (Fig. 5). */
export const OPPORTUNISTIC = "opportunistic";
/** The same with an ESD (Fig. 6). */
export const OPPORTUNISTIC_ESD = "opportunistic+esd";
/** All that the paper proposes (Fig. 8 and 9). */
export const FULL = "opportunistic+esd+transfer";

/** The strategy of this name, if it was run. */
export const find = (result: RunResult, name: string): StrategyResult | undefined =>
  result.strategies.find((strategy) => strategy.name === name);

/** The run's strategy that has most of what the paper proposes; undefined if none has its scheduler. */
export const fullest = (result: RunResult): StrategyResult | undefined =>
  [FULL, OPPORTUNISTIC_ESD, OPPORTUNISTIC]
    .map((name) => find(result, name))
    .find((strategy) => strategy !== undefined);

/** The names among these that were not run. */
export const lacking = (result: RunResult, ...names: readonly string[]): string[] =>
  names.filter((name) => find(result, name) === undefined);

/** What to add for a comparison with contracts alone that any strategy with the scheduler can serve. */
export const lackingForGain = (result: RunResult): string[] => [
  ...lacking(result, CONTRACT_ONLY),
  ...(fullest(result) === undefined ? [FULL] : []),
];

/** The run's strategy with order transfers; the fullest of them if there are several. */
export const transferring = (result: RunResult): StrategyResult | undefined =>
  find(result, FULL) ??
  result.strategies.find(({ name }) => name.split("+").slice(1).includes("transfer"));

/** Servers of all data centres. */
export const serversOf = ({ microgrids, server }: Scenario): number =>
  microgrids.count * microgrids.dataCentres * server.count;

/**
 * The most that using PV instead of the grid can save in a run, yuan: all servers at full power in every hour, at the spread
 * between the prices of grid and PV.
 */
export function mostSavedYuan(scenario: Scenario): number {
  const { server, prices, hours } = scenario;
  const energyKwh = (serversOf(scenario) * Math.max(...server.powerW) * hours) / WH_PER_KWH;
  return energyKwh * Math.max(0, prices.gridYuanPerKWh - prices.pvYuanPerKWh);
}

/** Whether the paper's weekly figures hold for a run of this length and size. */
export const isPaperSize = (scenario: Scenario): boolean =>
  scenario.hours === PAPER.hours && serversOf(scenario) === serversOf(PAPER);
