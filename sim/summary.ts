/** What a strategy came to, from its rows. */
import type { HourlyRow, StrategySummary, TradeRow } from "./report/results.ts";
import type { Scenario } from "./scenario/schema.ts";
import type { BoundHour, ImportBound } from "./scheduling/bound.ts";
import type { WorldResult } from "./world.ts";
import { WH_PER_KWH } from "./units.ts";

const GRAMS_PER_KILOGRAM = 1000;

const sum = <T>(rows: readonly T[], of: (row: T) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);

/** Columns of hours of which a summary has the sum. */
const SUMMED = [
  "load_wh",
  "pv_wh",
  "direct_wh",
  "charge_wh",
  "discharge_wh",
  "import_wh",
  "export_wh",
  "income_yuan",
  "export_income_yuan",
  "energy_cost_yuan",
  "penalty_yuan",
  "transfer_income_yuan",
  "transfer_cost_yuan",
  "migration_cost_yuan",
] as const;

type Sums = Record<(typeof SUMMED)[number], number>;

/** All sums in one pass: a large run has more rows than a processor keeps at hand. */
function sumsOf(rows: readonly HourlyRow[]): Readonly<Sums> {
  const sums = Object.fromEntries(SUMMED.map((column) => [column, 0])) as Sums;
  for (const row of rows) for (const column of SUMMED) sums[column] += row[column];
  return sums;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Smallest, median and greatest. */
function spread(values: readonly number[]): [number, number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  return [sorted[0] ?? 0, sorted[Math.floor((sorted.length - 1) / 2)] ?? 0, sorted.at(-1) ?? 0];
}

/** CO₂ of an hour's import, g per kWh; hourly values repeat. */
const intensityOf = ({ emissions }: Scenario, hour: number): number => {
  const { gridGramsPerKWh } = emissions;
  if (typeof gridGramsPerKWh === "number") return gridGramsPerKWh;
  return gridGramsPerKWh[hour % gridGramsPerKWh.length] ?? 0;
};

/**
 * Sums up a run.
 *
 * @param tasks how many tasks there were
 * @param least the least import, and how it is reached; null if it was not computed
 * @param storedAtStartKwh in all ESDs together
 */
export function summaryOf(
  tasks: number,
  result: WorldResult,
  scenario: Scenario,
  least: ImportBound | null,
  storedAtStartKwh: number,
): StrategySummary {
  const { hourly, trades, transfers, bestWelfareYuan, dcReputation, userReputation } = result;
  const sums = sumsOf(hourly);
  const kwh = (of: keyof Sums): number => sums[of] / WH_PER_KWH;
  const pvProducedKwh = kwh("pv_wh");
  const pvDirectKwh = kwh("direct_wh");
  const pvStoredKwh = kwh("charge_wh");
  const dischargeKwh = kwh("discharge_wh");
  const loadKwh = kwh("load_wh");
  const importKwh = kwh("import_wh");
  const exportKwh = kwh("export_wh");
  const switched = (row: HourlyRow): number => Math.min(row.import_wh, row.export_wh);
  const exportSwitchingKwh = sum(hourly, switched) / WH_PER_KWH;
  const exportNoWorkKwh =
    sum(hourly, (row) => (row.suspended + row.waiting === 0 ? row.export_wh - switched(row) : 0)) /
    WH_PER_KWH;
  const above = (kwhOfRun: number, of: (hour: BoundHour) => number): number | null =>
    least === null ? null : kwhOfRun - sum(least.hourly, of) / WH_PER_KWH;
  const storedAtEndKwh =
    sum(
      hourly.filter(({ hour }) => hour === scenario.hours - 1),
      (row) => row.stored_wh,
    ) / WH_PER_KWH;
  const soldKwh =
    sum(trades, (t) => (t.energy_wh * t.delivered_core_seconds) / t.core_seconds) / WH_PER_KWH;
  const exportIncomeYuan = sums.export_income_yuan;
  const transferIncomeYuan = sums.transfer_income_yuan;
  const importCostYuan = sums.energy_cost_yuan;
  const penaltiesYuan = sums.penalty_yuan;
  const migrationCostYuan = sums.migration_cost_yuan;
  const userSpendYuan = sums.income_yuan;
  const dcIncomeYuan = userSpendYuan + exportIncomeYuan + transferIncomeYuan;
  const dcCostYuan = importCostYuan + penaltiesYuan + sums.transfer_cost_yuan + migrationCostYuan;
  const fulfilled = (trade: TradeRow): boolean => trade.status === "fulfilled";
  const priority = trades.filter((trade) => trade.priority);
  return {
    pvProducedKwh,
    pvDirectKwh,
    pvStoredKwh,
    exportKwh,
    pvUtilisation: ratio(pvDirectKwh + pvStoredKwh, pvProducedKwh),
    selfSufficiency: ratio(pvDirectKwh + dischargeKwh, loadKwh),
    loadKwh,
    essLossKwh: storedAtStartKwh + pvStoredKwh - dischargeKwh - storedAtEndKwh,
    importKwh,
    importLowerBoundKwh: least?.importKwh ?? null,
    excessPartLoadKwh: above(loadKwh, ({ loadWh }) => loadWh),
    excessExportKwh: above(exportKwh, ({ exportWh }) => exportWh),
    excessEsdKwh: above(pvStoredKwh - dischargeKwh, (hour) => hour.chargeWh - hour.dischargeWh),
    exportSwitchingKwh,
    exportNoWorkKwh,
    exportWaitingKwh: exportKwh - exportSwitchingKwh - exportNoWorkKwh,
    co2Kg:
      sum(hourly, (row) => (row.import_wh / WH_PER_KWH) * intensityOf(scenario, row.hour)) /
      GRAMS_PER_KILOGRAM,
    userSpendYuan,
    meanPriceYuanPerKwh: ratio(userSpendYuan, soldKwh),
    dcIncomeYuan,
    dcCostYuan,
    dcProfitYuan: dcIncomeYuan - dcCostYuan,
    gridRevenueYuan: importCostYuan - exportIncomeYuan,
    exportIncomeYuan,
    tasks,
    trades: trades.length,
    matchRate: ratio(trades.length, tasks),
    welfareYuan: sum(
      trades,
      (t) => ((t.bid_yuan_per_kwh - t.offer_yuan_per_kwh) * t.energy_wh) / WH_PER_KWH,
    ),
    bestWelfareYuan,
    tasksCompleted: trades.filter(fulfilled).length,
    tasksLate: trades.filter((trade) => trade.status === "expired").length,
    priorityCompleted: priority.filter(fulfilled).length,
    priorityLate: priority.filter((trade) => trade.status === "expired").length,
    penaltiesYuan,
    transfers: transfers.length,
    transferIncomeYuan,
    migrationCostYuan,
    dcReputation: spread(dcReputation),
    userReputation: spread(userReputation),
  };
}
