/** What a sweep's processes run. */
import { simulate } from "../simulate.ts";
import type { RunFunction } from "./messages.ts";

/** Simulates a scenario. @returns what each of its strategies came to */
export const run: RunFunction = async (scenario, { bound }) => {
  const { strategies } = await simulate(scenario, { bound });
  return Object.fromEntries(strategies.map(({ name, summary }) => [name, summary]));
};
