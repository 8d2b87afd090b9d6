/** A sweep's runs: what each is, under which name it is kept, and what is kept of it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "../errors.ts";
import { readIfExists, writeAtomically } from "../files.ts";
import { RESULTS_VERSION, type StrategySummary } from "../report/results.ts";
import { loadScenario } from "../scenario/load.ts";
import type { Scenario } from "../scenario/schema.ts";
import { withOwn, type CustomRules } from "../strategies.ts";
import { labelOf, type Setting } from "./grid.ts";

/** What is to be run. */
export interface Run {
  readonly setting: Setting;
  readonly seed: number;
  readonly scenario: Scenario;
  /** Name of its file: what it is for people, and a hash of all that it depends on. */
  readonly key: string;
}

/** What each strategy came to, by its name; as it is after it was written and read. */
export type Summaries = Readonly<Record<string, StrategySummary>>;

/** Longest part of a file's name that is for people; file systems allow 255 in all. */
const LONGEST_LABEL = 120;

/**
 * Lists a sweep's runs, setting by setting, each with the seeds from 1 on.
 *
 * @param circumstances whatever the results depend on beside the scenario, such as the code
 * @param custom rules of one's own, which run beside the scenario's strategies
 * @throws UserError with all that is wrong with any setting
 */
export async function listRuns(
  scenarioName: string,
  settings: readonly Setting[],
  seeds: number,
  circumstances: unknown,
  custom: readonly CustomRules[] = [],
): Promise<Run[]> {
  const names = custom.map(({ name }) => name);
  const faults = new Set<string>();
  const scenarios: (readonly [Setting, Scenario])[] = [];
  for (const setting of settings) {
    const sets = Object.entries(setting).map(([path, value]) => `${path}=${value}`);
    try {
      const { scenario } = await loadScenario(scenarioName, sets, names);
      const strategies = [...withOwn(scenario.strategies, custom)];
      scenarios.push([setting, { ...scenario, strategies }]);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // The same fault is in many settings.
      for (const line of error.message.split("\n")) {
        if (!/ has \d+ faults:$/.test(line)) faults.add(line.trim());
      }
    }
  }
  if (faults.size !== 0) throw new UserError([...faults].join("\n"));
  const hashes = new Map<string, Promise<string>>();
  const runs: Run[] = [];
  for (const [setting, first] of scenarios) {
    const files = await hashesOfFiles(first, hashes);
    for (let seed = 1; seed <= seeds; seed += 1) {
      const scenario = { ...first, seed };
      const hash = hashOf({ scenario, files, circumstances, version: RESULTS_VERSION });
      const label = [labelOf(setting), `seed=${seed}`].join(" ").trim();
      const readable = label.replaceAll(/[^\w.=+-]+/g, "_").slice(0, LONGEST_LABEL);
      runs.push({ setting, seed, scenario, key: `${readable}-${hash.slice(0, 16)}` });
    }
  }
  return runs;
}

/** A hash of a value that does not depend on the order of its fields. */
function hashOf(value: unknown): string {
  const sorted = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return createHash("sha256").update(sorted).digest("hex");
}

/** A hash of a file's content. */
export const hashOfFile = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

/** Hashes of the files that a scenario reads, each file read once. */
async function hashesOfFiles(
  { pv, tasks }: Scenario,
  known: Map<string, Promise<string>>,
): Promise<string[]> {
  const paths = [pv.file, tasks.file].filter((path) => path !== undefined);
  return Promise.all(
    paths.map(async (path) => {
      const hash = known.get(path) ?? hashOfFile(path);
      known.set(path, hash);
      try {
        return await hash;
      } catch (cause) {
        throw new UserError(`The scenario's file ${path} cannot be read: ${String(cause)}`, {
          cause,
        });
      }
    }),
  );
}

// ------------------------------------------------------------------ files

/** Folder of a sweep's finished runs. */
const RUNS = "runs";

const fileOf = (folder: string, { key }: Run): string => join(folder, RUNS, `${key}.json`);

/** Keeps what a run came to. @returns it as it will be read */
export async function keep(folder: string, run: Run, strategies: unknown): Promise<Summaries> {
  const { setting, seed, scenario } = run;
  const text = JSON.stringify({ setting, seed, strategies, scenario }, undefined, 2);
  await writeAtomically(fileOf(folder, run), `${text}\n`);
  return summariesIn(text) ?? {};
}

/** What was kept of a run; undefined if it was not run, or its file is not one of a sweep's. */
export async function recall(folder: string, run: Run): Promise<Summaries | undefined> {
  const text = await readIfExists(fileOf(folder, run));
  return text === undefined ? undefined : summariesIn(text);
}

function summariesIn(text: string): Summaries | undefined {
  try {
    const { strategies } = JSON.parse(text) as { strategies?: unknown };
    return typeof strategies === "object" && strategies !== null
      ? (strategies as Summaries)
      : undefined;
  } catch {
    return undefined;
  }
}
