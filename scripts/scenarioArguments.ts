/** Options that all commands on scenarios have. */
import { parse, resolve } from "node:path";

import { requireFilled } from "../sim/options.ts";
import { loadScenario } from "../sim/scenario/load.ts";
import { splitOverrides } from "../sim/scenario/override.ts";
import type { Scenario } from "../sim/scenario/schema.ts";
import type { CustomRules } from "../sim/strategies.ts";

/** What names a scenario and changes it. */
export interface ScenarioArguments {
  readonly scenario: string;
  readonly pv: string | undefined;
  readonly tasks: string | undefined;
  readonly seed: string | undefined;
  readonly set: string | undefined;
  /** Further settings. */
  readonly settings: readonly string[];
}

/** Everything that `--set` and what follows it ask to set. */
export const fieldsToSet = (set: string | undefined, settings: readonly string[]): string[] =>
  [set, ...settings].flatMap(splitOverrides);

/** The parts of a list that is separated by commas. */
export const listed = (text: string | undefined): string[] =>
  (text ?? "").split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));

/** Names of the traces that a command line brings: a run with them does not replace the scenario's own. */
export const tracesOf = ({ pv, tasks }: ScenarioArguments): string[] =>
  [pv, tasks].flatMap((file) => (file === undefined ? [] : [parse(file).name]));

/**
 * Loads the scenario with what the command line changes.
 *
 * @param args all options of the command, none of which may be empty
 * @throws UserError if the file or an option is wrong
 */
export async function loadFor(
  args: ScenarioArguments,
  custom: readonly CustomRules[],
): Promise<Scenario> {
  requireFilled(args);
  const { scenario, pv, tasks, seed, set, settings } = args;
  const overrides = [
    ...fieldsToSet(set, settings),
    ...(pv === undefined ? [] : [`pv.file=${JSON.stringify(resolve(pv))}`]),
    ...(tasks === undefined ? [] : [`tasks.file=${JSON.stringify(resolve(tasks))}`]),
    ...(seed === undefined ? [] : [`seed=${seed}`]),
  ];
  const names = custom.map(({ name }) => name);
  return (await loadScenario(scenario, overrides, names)).scenario;
}
