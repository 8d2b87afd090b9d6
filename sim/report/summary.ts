/** `summary.json`: its form, and whether a file has it. */
import type { Scenario } from "../scenario/schema.ts";
import type { ImportReport } from "../traces/imported.ts";
import { claimsOf, extraIncomeYuan, type Claim } from "./claims.ts";
import { GENERATOR, type Generator } from "./generator.ts";
import { fullest, transferring } from "./paper.ts";
import { PAPER_EXTRA_INCOME_YUAN, PAPER_MIGRATION_COST_YUAN } from "./printed.ts";
import {
  RESULTS_VERSION,
  type ConductResult,
  type RunResult,
  type SmallestBattery,
  type StrategySummary,
} from "./results.ts";

/** One of the paper's printed figures, and the run's. */
export interface Beside {
  readonly paper: number;
  /** The strategy that the run's figure is of; null if none was run. */
  readonly strategy: string | null;
  readonly run: number | null;
}

/** What `summary.json` holds. */
export interface SummaryFile {
  /** {@link RESULTS_VERSION} of the program that wrote it. */
  readonly version: number;
  readonly generator: Generator;
  readonly scenario: Scenario;
  readonly imports: readonly ImportReport[];
  /** Rows of each CSV file, without the header. */
  readonly rows: Readonly<Record<"hourly" | "trades" | "transfers", number>>;
  readonly strategies: Readonly<Record<string, StrategySummary>>;
  /** By strategy; only if the scenario has somebody misbehave. */
  readonly conduct?: Readonly<Record<string, ConductResult>>;
  readonly claims: readonly Claim[];
  readonly smallestBatteries: readonly SmallestBattery[];
  readonly paper: Readonly<Record<"extraIncomeYuan" | "migrationCostYuan", Beside>>;
}

/** What the file says of a run. */
export function summaryOf(
  result: RunResult,
  claims: readonly Claim[] = claimsOf(result),
): SummaryFile {
  const { scenario, imports, strategies } = result;
  const rows = (of: "hourly" | "trades" | "transfers"): number =>
    strategies.reduce((total, strategy) => total + strategy[of].length, 0);
  const [most, moving] = [fullest(result), transferring(result)];
  const extra = most === undefined ? undefined : extraIncomeYuan(result, most.name);
  const judged = strategies.flatMap(({ name, conduct }): [string, ConductResult][] =>
    conduct ? [[name, conduct]] : [],
  );
  return {
    version: RESULTS_VERSION,
    generator: GENERATOR,
    scenario,
    imports,
    rows: { hourly: rows("hourly"), trades: rows("trades"), transfers: rows("transfers") },
    strategies: Object.fromEntries(strategies.map(({ name, summary }) => [name, summary])),
    ...(judged.length > 0 && { conduct: Object.fromEntries(judged) }),
    claims,
    smallestBatteries: result.smallestBatteries,
    paper: {
      extraIncomeYuan: {
        paper: PAPER_EXTRA_INCOME_YUAN,
        strategy: extra === undefined ? null : (most?.name ?? null),
        run: extra ?? null,
      },
      migrationCostYuan: {
        paper: PAPER_MIGRATION_COST_YUAN,
        strategy: moving?.name ?? null,
        run: moving?.summary.migrationCostYuan ?? null,
      },
    },
  };
}

/** The file's text. */
export function summaryText(summary: SummaryFile): string {
  const checked = (key: string, value: unknown): unknown => {
    // JSON would write null, which elsewhere means "not computed".
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new RangeError(`The summary's ${key} is ${value}.`);
    }
    return value;
  };
  return `${JSON.stringify(summary, checked, 2)}\n`;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Of which version a parsed file is; undefined if it is no summary at all. */
export const versionOf = (file: unknown): number | undefined =>
  isRecord(file) && typeof file["version"] === "number" ? file["version"] : undefined;

type Check = (value: unknown) => boolean;
const isNumber: Check = (value) => typeof value === "number";
const isNumberOrNull: Check = (value) => value === null || isNumber(value);
const isTriple: Check = (value) =>
  Array.isArray(value) && value.length === 3 && value.every(isNumber);

const SUMMARY: Readonly<Record<keyof StrategySummary, Check>> = {
  pvProducedKwh: isNumber,
  pvDirectKwh: isNumber,
  pvStoredKwh: isNumber,
  exportKwh: isNumber,
  pvUtilisation: isNumber,
  selfSufficiency: isNumber,
  loadKwh: isNumber,
  essLossKwh: isNumber,
  importKwh: isNumber,
  importLowerBoundKwh: isNumberOrNull,
  excessPartLoadKwh: isNumberOrNull,
  excessExportKwh: isNumberOrNull,
  excessEsdKwh: isNumberOrNull,
  exportSwitchingKwh: isNumber,
  exportNoWorkKwh: isNumber,
  exportWaitingKwh: isNumber,
  co2Kg: isNumber,
  userSpendYuan: isNumber,
  meanPriceYuanPerKwh: isNumber,
  dcIncomeYuan: isNumber,
  dcCostYuan: isNumber,
  dcProfitYuan: isNumber,
  gridRevenueYuan: isNumber,
  exportIncomeYuan: isNumber,
  tasks: isNumber,
  trades: isNumber,
  matchRate: isNumber,
  welfareYuan: isNumber,
  bestWelfareYuan: isNumberOrNull,
  tasksCompleted: isNumber,
  tasksLate: isNumber,
  priorityCompleted: isNumber,
  priorityLate: isNumber,
  penaltiesYuan: isNumber,
  transfers: isNumber,
  transferIncomeYuan: isNumber,
  migrationCostYuan: isNumber,
  dcReputation: isTriple,
  userReputation: isTriple,
};

const isStrategySummary = (value: unknown): boolean =>
  isRecord(value) && Object.entries(SUMMARY).every(([key, check]) => check(value[key]));

const ROWS = ["hourly", "trades", "transfers"];

/** Whether a parsed file of this version has everything that readers use. */
export function isSummaryFile(file: unknown): file is SummaryFile {
  if (!isRecord(file)) return false;
  const { generator, scenario, rows, strategies, imports, claims, smallestBatteries } = file;
  return (
    isRecord(generator) &&
    typeof generator["version"] === "string" &&
    isRecord(scenario) &&
    typeof scenario["name"] === "string" &&
    isRecord(rows) &&
    ROWS.every((name) => isNumber(rows[name])) &&
    isRecord(strategies) &&
    Object.values(strategies).every(isStrategySummary) &&
    Array.isArray(imports) &&
    Array.isArray(claims) &&
    Array.isArray(smallestBatteries)
  );
}
