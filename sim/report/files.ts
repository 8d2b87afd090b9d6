/** A run's folder: what is written there, and what is read from it. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "../errors.ts";
import { readIfExists, writeAtomically } from "../files.ts";
import { claimsOf } from "./claims.ts";
import { HOURLY, TRADES, TRANSFERS, type Columns } from "./columns.ts";
import { csvText, readCsv, type Part } from "./csv.ts";
import { FIGURE_FILES, figuresOf, isDrawn } from "./figures.ts";
import { renderReport } from "./html.ts";
import {
  RESULTS_VERSION,
  type HourlyRow,
  type RunResult,
  type StrategyResult,
  type TradeRow,
  type TransferRow,
} from "./results.ts";
import { isSummaryFile, summaryOf, summaryText, versionOf, type SummaryFile } from "./summary.ts";

const SUMMARY_FILE = "summary.json";

const partsOf = <Row>(
  result: RunResult,
  rows: (strategy: StrategyResult) => readonly Row[],
): Part<Row>[] =>
  result.strategies.map((strategy) => ({ strategy: strategy.name, rows: rows(strategy) }));

/**
 * Writes all files of a run, over those of an earlier one. An old `summary.json` is removed before anything else and the new
 * one comes last: a folder that has it is complete.
 *
 * @throws RangeError if two strategies have one name, or a number is not finite
 */
export async function writeResults(dir: string, result: RunResult): Promise<void> {
  const names = result.strategies.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new RangeError("Two strategies have one name.");
  const claims = claimsOf(result);
  const figures = figuresOf(result);
  const summary = summaryText(summaryOf(result, claims));

  await rm(join(dir, SUMMARY_FILE), { force: true });
  const write = (name: string, text: string | Iterable<string>): Promise<void> =>
    writeAtomically(join(dir, name), text);
  await write(
    "hourly.csv",
    csvText(
      HOURLY,
      partsOf(result, ({ hourly }) => hourly),
    ),
  );
  await write(
    "trades.csv",
    csvText(
      TRADES,
      partsOf(result, ({ trades }) => trades),
    ),
  );
  await write(
    "transfers.csv",
    csvText(
      TRANSFERS,
      partsOf(result, ({ transfers }) => transfers),
    ),
  );

  // Of an earlier run that had more strategies.
  for (const name of FIGURE_FILES) await rm(join(dir, "figures", name), { force: true });
  for (const { file } of figures.filter(isDrawn)) {
    await write(join("figures", file.name), file.text);
  }
  await write("report.html", renderReport(result, claims, figures));
  await write(SUMMARY_FILE, summary);
}

async function parseSummary(dir: string): Promise<unknown> {
  const folder = await stat(dir).catch(() => undefined);
  if (folder?.isDirectory() !== true) {
    throw new UserError(
      `There is no folder ${dir}. Give the folder that a simulation has written its results to.`,
    );
  }
  const path = join(dir, SUMMARY_FILE);
  const text = await readIfExists(path);
  if (text === undefined) {
    const others = (await readdir(dir)).some((name) => name.endsWith(".csv"));
    throw new UserError(
      others
        ? `${dir} is incomplete: it has no ${SUMMARY_FILE}, which is written last. Run the simulation again.`
        : `${dir} holds no results: there is no ${SUMMARY_FILE}. Give the folder that a simulation has written its results to.`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path} is not JSON. Run the simulation again.`, { cause: error });
  }
}

/**
 * The version of a folder's results, whether this program can read them or not.
 *
 * @throws {@link UserError} if there are none
 */
export async function readVersion(dir: string): Promise<number> {
  const version = versionOf(await parseSummary(dir));
  if (version !== undefined) return version;
  throw new UserError(
    `${join(dir, SUMMARY_FILE)} is no summary of a run: it has no version. Run the simulation again.`,
  );
}

/**
 * What a run came to, without its rows.
 *
 * @throws {@link UserError} if the folder is missing, incomplete or of another version
 */
export async function readSummary(dir: string): Promise<SummaryFile> {
  const version = await readVersion(dir);
  if (version !== RESULTS_VERSION) {
    throw new UserError(
      `${dir} has results of version ${version}; this program reads version ${RESULTS_VERSION}. Run the simulation again with this program.`,
    );
  }
  const file = await parseSummary(dir);
  if (isSummaryFile(file)) return file;
  throw new UserError(
    `${join(dir, SUMMARY_FILE)} lacks figures that this version writes; it was changed after the run. Run the simulation again.`,
  );
}

async function readRows<Row>(
  dir: string,
  name: "hourly" | "trades" | "transfers",
  columns: Columns<Row>,
  summary: SummaryFile,
): Promise<Map<string, Row[]>> {
  const path = join(dir, `${name}.csv`);
  const found = new Map<string, Row[]>(Object.keys(summary.strategies).map((key) => [key, []]));
  let count = 0;
  for await (const { strategy, row } of readCsv(path, columns)) {
    const rows = found.get(strategy);
    if (rows === undefined) {
      throw new UserError(
        `${path} has rows of "${strategy}", which ${SUMMARY_FILE} does not know: the files are of different runs. Run the simulation again.`,
      );
    }
    rows.push(row);
    count += 1;
  }
  if (count === summary.rows[name]) return found;
  throw new UserError(
    `${path} has ${count} rows, but ${SUMMARY_FILE} counts ${summary.rows[name]}: the file was cut or changed after the run. Run the simulation again.`,
  );
}

/**
 * Everything that {@link writeResults} was given.
 *
 * @throws {@link UserError} if the folder is missing, incomplete, of another version or changed after the run
 */
export async function readResults(dir: string): Promise<RunResult> {
  const summary = await readSummary(dir);
  const hourly = await readRows<HourlyRow>(dir, "hourly", HOURLY, summary);
  const trades = await readRows<TradeRow>(dir, "trades", TRADES, summary);
  const transfers = await readRows<TransferRow>(dir, "transfers", TRANSFERS, summary);
  return {
    scenario: summary.scenario,
    imports: summary.imports,
    smallestBatteries: summary.smallestBatteries,
    strategies: Object.entries(summary.strategies).map(([name, strategy]) => ({
      name,
      summary: strategy,
      hourly: hourly.get(name) ?? [],
      trades: trades.get(name) ?? [],
      transfers: transfers.get(name) ?? [],
    })),
  };
}
