/** What a sweep's processes run. */
import { simulate } from "../simulate.ts";
import { loadRules } from "../strategies.ts";
import type { RunFunction } from "./messages.ts";

/** Simulates a scenario. @returns what each of its strategies came to */
export const run: RunFunction = async (scenario, { bound, rules }) => {
  const custom = await Promise.all(rules.map(loadRules));
  const { strategies } = await simulate(scenario, { bound, custom });
  return Object.fromEntries(strategies.map(({ name, summary }) => [name, summary]));
};
