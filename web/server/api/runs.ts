/** Runs whose results are at hand: strategies side by side. */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import type { Run, RunHour, RunInfo } from "../../shared/api.ts";
import { readCsv } from "../../../sim/report/csv.ts";
import { HOURLY } from "../../../sim/report/columns.ts";
import type { HourlyRow } from "../../../sim/report/results.ts";
import { readSummary } from "../../../sim/report/files.ts";
import type { SummaryFile } from "../../../sim/report/summary.ts";
import { single, type EndpointTable } from "./endpoint.ts";
import { notFound } from "./fault.ts";

async function infoOf(
  folder: string,
): Promise<{ info: RunInfo; summary: SummaryFile } | undefined> {
  try {
    const summary = await readSummary(folder);
    const { mtime } = await stat(join(folder, "summary.json"));
    const { scenario, strategies } = summary;
    const info: RunInfo = {
      run: basename(folder),
      scenario: scenario.name,
      seed: scenario.seed,
      start: scenario.start,
      hours: scenario.hours,
      strategies: Object.keys(strategies),
      modified: mtime.toISOString(),
    };
    return { info, summary };
  } catch {
    // Something else than a finished run of this version lies there.
    return undefined;
  }
}

async function runsIn(results: string): Promise<RunInfo[]> {
  const names = await readdir(results).catch((): string[] => []);
  const found = await Promise.all(names.map((name) => infoOf(join(results, name))));
  return found
    .flatMap((run) => (run === undefined ? [] : [run.info]))
    .sort((a, b) => b.modified.localeCompare(a.modified));
}

async function runIn(results: string, name: string): Promise<Run> {
  // Only a folder that lies there: no path.
  const names = await readdir(results).catch((): string[] => []);
  const found = names.includes(name) ? await infoOf(join(results, name)) : undefined;
  if (found === undefined) throw notFound(`run ${name} in the folder of results`);
  const { info, summary } = found;
  const figures = Object.fromEntries(
    Object.entries(summary.strategies).map(([strategy, all]) => [strategy, numbersOf(all)]),
  );
  return { ...info, figures, hourly: await hourlyOf(join(results, name, "hourly.csv")) };
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

async function hourlyOf(path: string): Promise<Record<string, RunHour[]>> {
  const byStrategy = new Map<string, Map<number, OpenHour>>();
  for await (const { strategy, row } of readCsv<HourlyRow>(path, HOURLY)) {
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
