/** Runs whose results are at hand: strategies side by side. */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, sep } from "node:path";

import type { DamagedRun, Run, RunHour, RunInfo, Runs } from "../../shared/api.ts";
import { UserError } from "../../../sim/errors.ts";
import { readCsv } from "../../../sim/report/csv.ts";
import { HOURLY } from "../../../sim/report/columns.ts";
import type { HourlyRow } from "../../../sim/report/results.ts";
import { readSummary } from "../../../sim/report/files.ts";
import type { SummaryFile } from "../../../sim/report/summary.ts";
import { single, type EndpointTable } from "./endpoint.ts";
import { ApiFault, notFound } from "./fault.ts";

const SUMMARY_FILE = "summary.json";
const HOURLY_FILE = "hourly.csv";

/** A folder that is a run, as far as it can be read. */
interface Found {
  readonly run: string;
  readonly read?: { readonly info: RunInfo; readonly summary: SummaryFile };
  /** Why it cannot be read. */
  readonly problem?: string;
}

/** What a folder holds; undefined if it is no run. */
async function found(results: string, run: string): Promise<Found | undefined> {
  const folder = join(results, run);
  const files = await readdir(folder).catch((): string[] => []);
  if (!files.includes(SUMMARY_FILE) && !files.includes(HOURLY_FILE)) return undefined;
  try {
    const summary = await readSummary(folder);
    const { mtime } = await stat(join(folder, SUMMARY_FILE));
    const { scenario, strategies } = summary;
    const info: RunInfo = {
      run,
      scenario: scenario.name,
      seed: scenario.seed,
      start: scenario.start,
      hours: scenario.hours,
      strategies: Object.keys(strategies),
      modified: mtime.toISOString(),
    };
    return { run, read: { info, summary } };
  } catch (error) {
    return { run, problem: problemOf(error, results) };
  }
}

/** What is wrong with a file, which is named by its place in the folder of results. */
function problemOf(error: unknown, results: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(results + sep, "");
}

async function runsIn(results: string): Promise<Runs> {
  const names = await readdir(results).catch((): string[] => []);
  const all = await Promise.all(names.map((name) => found(results, name)));
  const runs: RunInfo[] = [];
  const damaged: DamagedRun[] = [];
  for (const one of all) {
    if (one === undefined) continue;
    const { run, read } = one;
    if (read !== undefined) runs.push(read.info);
    const problem = read === undefined ? one.problem : await cutShort(results, run, read.summary);
    if (problem !== undefined) damaged.push({ run, problem });
  }
  return {
    runs: runs.sort((a, b) => b.modified.localeCompare(a.modified)),
    damaged: damaged.sort((a, b) => a.run.localeCompare(b.run)),
  };
}

/** Lines of files that were counted, by path; of a file that has changed they are counted again. */
const counted = new Map<string, { readonly stamp: string; readonly lines: number }>();

/**
 * What is missing at the end of a run's hours; undefined if nothing is. Lines are counted, not read: a list of runs must not
 * take as long as reading all of them.
 */
async function cutShort(
  results: string,
  run: string,
  { rows }: SummaryFile,
): Promise<string | undefined> {
  const path = join(results, run, HOURLY_FILE);
  try {
    const { mtimeMs, size } = await stat(path);
    const stamp = `${mtimeMs} ${size}`;
    let lines = counted.get(path);
    if (lines?.stamp !== stamp) {
      lines = { stamp, lines: await linesOf(path) };
      counted.set(path, lines);
    }
    // A text may have line feeds in it, so that there can be more lines than rows, but never less.
    return lines.lines < rows.hourly + 1 ? cutText(run, lines.lines - 1, rows.hourly) : undefined;
  } catch {
    return `${join(run, HOURLY_FILE)} is missing, or cannot be read. Run the simulation again.`;
  }
}

async function linesOf(path: string): Promise<number> {
  let lines = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>)
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
  return lines;
}

const cutText = (run: string, rows: number, expected: number): string =>
  `${join(run, HOURLY_FILE)} has ${Math.max(0, rows)} rows, but ${SUMMARY_FILE} counts ${expected}: it was cut or changed after the run. Run the simulation again.`;

async function runIn(results: string, name: string): Promise<Run> {
  // Only a folder that lies there: no path.
  const names = await readdir(results).catch((): string[] => []);
  const one = names.includes(name) ? await found(results, name) : undefined;
  if (one === undefined) throw notFound(`run ${name} in the folder of results`);
  if (one.read === undefined)
    throw new ApiFault("not-found", `The run cannot be shown. ${one.problem ?? ""}`);
  const { info, summary } = one.read;
  const figures = Object.fromEntries(
    Object.entries(summary.strategies).map(([strategy, all]) => [strategy, numbersOf(all)]),
  );
  try {
    const hourly = await hourlyOf(results, name, summary);
    return { ...info, figures, hourly, hourlyProblem: null };
  } catch (error) {
    return { ...info, figures, hourly: {}, hourlyProblem: problemOf(error, results) };
  }
}

const numbersOf = (figures: object): Record<string, number | null> =>
  Object.fromEntries(
    Object.entries(figures).filter(
      (entry): entry is [string, number | null] =>
        entry[1] === null || typeof entry[1] === "number",
    ),
  );

/** Fields of an hour, and the columns that they are summed from. */
const SUMMED: Readonly<Record<Exclude<keyof RunHour, "hour">, keyof HourlyRow>> = {
  loadWh: "load_wh",
  pvWh: "pv_wh",
  directWh: "direct_wh",
  chargeWh: "charge_wh",
  dischargeWh: "discharge_wh",
  importWh: "import_wh",
  exportWh: "export_wh",
  incomeYuan: "income_yuan",
  energyCostYuan: "energy_cost_yuan",
};

type OpenHour = { -readonly [Field in keyof RunHour]: number };

/** @throws UserError if the file is missing, damaged, or has not as many rows as the summary counts */
async function hourlyOf(
  results: string,
  run: string,
  { rows }: SummaryFile,
): Promise<Record<string, RunHour[]>> {
  const path = join(results, run, HOURLY_FILE);
  const byStrategy = new Map<string, Map<number, OpenHour>>();
  let count = 0;
  for await (const { strategy, row } of readCsv<HourlyRow>(path, HOURLY)) {
    count += 1;
    const hours = byStrategy.get(strategy) ?? new Map<number, OpenHour>();
    byStrategy.set(strategy, hours);
    const hour = hours.get(row.hour) ?? { ...NOTHING, hour: row.hour };
    hours.set(row.hour, hour);
    for (const [field, column] of Object.entries(SUMMED) as [
      keyof typeof SUMMED,
      keyof HourlyRow,
    ][])
      hour[field] += Number(row[column]);
  }
  if (count !== rows.hourly) throw new UserError(cutText(run, count, rows.hourly));
  return Object.fromEntries(
    [...byStrategy].map(([strategy, hours]) => [
      strategy,
      [...hours.values()].sort((a, b) => a.hour - b.hour),
    ]),
  );
}

const NOTHING = Object.fromEntries(Object.keys(SUMMED).map((field) => [field, 0])) as Record<
  keyof typeof SUMMED,
  number
>;

/** Endpoints about runs. */
export const RUN_ENDPOINTS: EndpointTable<"/api/runs" | "/api/runs/:run"> = {
  "/api/runs": single((context) => runsIn(context.results)),
  "/api/runs/:run": single((context, values) => runIn(context.results, values.part("run"))),
};
