/**
 * Sweeps: a scenario over a grid of settings and many seeds, on all cores. Each finished run is kept in a file, so that a sweep
 * that was stopped in any way goes on where it was.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { UserError } from "./errors.ts";
import { requireOutputFolder, writeAtomically } from "./files.ts";
import { requireWhole } from "./options.ts";
import { RESULTS_VERSION } from "./report/results.ts";
import { loadRules } from "./strategies.ts";
import { labelOf, parseAxes, settingsOf } from "./sweep/grid.ts";
import type { Answer } from "./sweep/messages.ts";
import { runAll } from "./sweep/pool.ts";
import { hashOfFile, keep, listRuns, recall, type Run, type Summaries } from "./sweep/run.ts";
import { meansOf, meanTable, runTable } from "./sweep/tables.ts";

/** Most seeds of a sweep, and most runs. */
const MOST_SEEDS = 10_000;
const MOST_RUNS = 100_000;

export interface SweepOptions {
  /** Name or path, as for `loadScenario`. */
  readonly scenario: string;
  /** Fields with one or more values each, such as `battery.capacityWh=0,500,1000`. */
  readonly sets: readonly string[];
  /** Each setting is run with the seeds from 1 to this. */
  readonly seeds: number;
  /** Folder for the results; made if it is not there. */
  readonly out: string;
  /** URL of the module whose `run` is a {@link import("./sweep/messages.ts").RunFunction}. */
  readonly module: string;
  /** What tells this code from another; results of another are not taken over. */
  readonly code: string;
  /** Paths of files with rules of one's own, as for `loadRules`; default: none. */
  readonly rules?: readonly string[];
  /** Whether to compute bounds; default: not. */
  readonly bound?: boolean;
  /** Default: one for each core. */
  readonly processes?: number;
  /** Called after each run, and at first for those that were kept. */
  readonly onProgress?: (done: number, total: number, label: string) => void;
}

/** A run that failed. */
export interface FailedRun {
  readonly label: string;
  readonly failure: string;
  /** Where in the code, if it is not a person's to put right. */
  readonly stack?: string;
}

export interface SweepOutcome {
  readonly runs: number;
  /** Of these, taken over from earlier. */
  readonly kept: number;
  readonly failed: readonly FailedRun[];
  /** Files that were written. */
  readonly files: readonly string[];
}

/**
 * Runs a sweep and writes `sweep.csv`, `sweep-summary.csv` and `sweep.json` into its folder. Runs that fail do not
 * keep others from being run and written; they are in what is returned. The files are the same to the byte however many
 * processes there are, and however often the sweep was stopped.
 *
 * @throws UserError if a setting or an option is wrong, before anything is run
 */
export async function sweep(options: SweepOptions): Promise<SweepOutcome> {
  const { seeds, out, bound = false, rules = [], onProgress = () => undefined } = options;
  requireWhole("seeds", seeds, 1, MOST_SEEDS);
  const processes = options.processes ?? availableParallelism();
  requireWhole("processes", processes, 1);
  const axes = parseAxes(options.sets);
  const count = axes.reduce((product, { values }) => product * values.length, seeds);
  if (count > MOST_RUNS) {
    throw new UserError(
      `This sweep has ${count} runs, and ${MOST_RUNS} is the most; take fewer values or seeds.`,
    );
  }
  const custom = await Promise.all(rules.map(loadRules));
  const circumstances = {
    bound,
    code: options.code,
    rules: await Promise.all(rules.map(hashOfFile)),
  };
  const runs = await listRuns(options.scenario, settingsOf(axes), seeds, circumstances, custom);
  await requireOutputFolder(out);

  const results: (Result | undefined)[] = [];
  for (const run of runs) {
    const strategies = await recall(out, run);
    results.push(strategies === undefined ? undefined : { strategies });
  }
  const due = runs.flatMap((run, i) => (results[i] === undefined ? [{ run, i }] : []));
  const kept = runs.length - due.length;
  let done = kept;
  if (kept > 0) onProgress(done, runs.length, "kept from earlier");

  const orders = due.map(({ run: { scenario } }) => ({ scenario, bound, rules }));
  await runAll(orders, processes, options.module, async (index, answer) => {
    const place = due[index];
    if (place === undefined) return;
    results[place.i] = await resultOf(out, place.run, answer);
    done += 1;
    onProgress(done, runs.length, nameOf(place.run));
  });

  const files = await writeResults(out, axes, runs, results);
  return { runs: runs.length, kept, failed: failedOf(results), files };
}

/** What a run came to, or why it failed. */
type Result = { readonly strategies: Summaries } | { readonly failed: FailedRun };

const nameOf = ({ setting, seed }: Run): string => `${labelOf(setting)} seed=${seed}`.trim();

const failedOf = (results: readonly (Result | undefined)[]): FailedRun[] =>
  results.flatMap((result) => (result !== undefined && "failed" in result ? [result.failed] : []));

async function resultOf(out: string, run: Run, answer: Answer): Promise<Result> {
  if ("failure" in answer) return { failed: { label: nameOf(run), ...answer } };
  return { strategies: await keep(out, run, answer.strategies) };
}

async function writeResults(
  out: string,
  axes: ReturnType<typeof parseAxes>,
  runs: readonly Run[],
  results: readonly (Result | undefined)[],
): Promise<string[]> {
  const paths = axes.map(({ path }) => path);
  const outcomes = runs.flatMap(({ setting, seed }, i) => {
    const result = results[i];
    return result !== undefined && "strategies" in result
      ? [{ setting, seed, strategies: result.strategies }]
      : [];
  });
  const means = meansOf(outcomes);
  // Without the stacks, which name folders of this machine.
  const failed = failedOf(results).map(({ label, failure }) => ({ label, failure }));
  const version = RESULTS_VERSION;
  const json = JSON.stringify({ version, axes, runs: outcomes, means, failed }, undefined, 2);
  const files = [
    ["sweep.csv", runTable(paths, outcomes)],
    ["sweep-summary.csv", meanTable(paths, means)],
    ["sweep.json", `${json}\n`],
  ] as const;
  for (const [name, text] of files) await writeAtomically(join(out, name), text);
  return files.map(([name]) => join(out, name));
}
