/** What the comparison of strategies lists: each figure with its unit, what it means, and the paper's where it has one. */
import { fixed } from "./format.ts";
import { PAPER_EXTRA_INCOME_YUAN, PAPER_MIGRATION_COST_YUAN } from "./printed.ts";
import type { StrategySummary } from "./results.ts";

/** A figure of a summary. */
export interface Metric {
  readonly key: keyof StrategySummary;
  readonly label: string;
  readonly unit: string;
  readonly meaning: string;
  readonly decimals: number;
  /** Shares are kept from 0 to 1 and shown as percentages. */
  readonly share?: true;
  /** What the paper says, as it is to be shown. */
  readonly paper?: string;
}

/** Figures that belong together. */
export interface MetricGroup {
  readonly title: string;
  readonly metrics: readonly Metric[];
}

const metric = (
  key: keyof StrategySummary,
  label: string,
  unit: string,
  decimals: number,
  meaning: string,
  paper?: string,
): Metric => ({
  key,
  label,
  unit,
  meaning,
  decimals,
  ...(unit === "%" ? { share: true as const } : {}),
  ...(paper === undefined ? {} : { paper }),
});

/** All figures of a summary, in the order of the table. */
export const METRICS: readonly MetricGroup[] = [
  {
    title: "Energy",
    metrics: [
      metric("loadKwh", "Load", "kWh", 1, "Used by servers and cooling"),
      metric("pvProducedKwh", "PV output", "kWh", 1, "Produced by all PV plants"),
      metric("pvDirectKwh", "PV used directly", "kWh", 1, "Used in the moment of its production"),
      metric("pvStoredKwh", "PV into the ESDs", "kWh", 1, "Taken by the ESDs, losses included"),
      metric("exportKwh", "Export", "kWh", 1, "PV sold at the feed-in tariff"),
      metric(
        "pvUtilisation",
        "PV utilisation",
        "%",
        1,
        "Used directly or taken by the ESDs, share of the PV output",
        "100 with an ESD",
      ),
      metric(
        "selfSufficiency",
        "Self-sufficiency",
        "%",
        1,
        "Share of the load that PV and ESDs supply",
      ),
      metric("essLossKwh", "ESD losses", "kWh", 1, "Lost in charging and by self-discharge"),
      metric("importKwh", "Import", "kWh", 1, "Bought from the grid"),
      metric(
        "importLowerBoundKwh",
        "Least import",
        "kWh",
        1,
        "The least that any schedule of the same work could need, all being known beforehand",
      ),
      metric("co2Kg", "CO₂", "kg", 1, "Emitted by the grid for the import"),
    ],
  },
  {
    title: "What holds the import above the least",
    metrics: [
      metric(
        "excessPartLoadKwh",
        "Part load",
        "kWh",
        1,
        "Servers that are not full take more for a core than full ones",
      ),
      metric("excessExportKwh", "Unused sun", "kWh", 1, "Exported beyond what had to be"),
      metric(
        "excessEsdKwh",
        "Storage",
        "kWh",
        1,
        "Lost in the ESDs, or left in them, beyond what had to be",
      ),
      metric(
        "exportSwitchingKwh",
        "Export: too little for a server",
        "kWh",
        1,
        "PV beside servers on the grid, none of which it could feed alone",
      ),
      metric("exportNoWorkKwh", "Export: no work", "kWh", 1, "Nothing was waiting for the sun"),
      metric("exportWaitingKwh", "Export: work waiting", "kWh", 1, "Work was left waiting"),
    ],
  },
  {
    title: "Money",
    metrics: [
      metric("userSpendYuan", "Users’ spending", "yuan", 2, "Paid by users for their work"),
      metric("meanPriceYuanPerKwh", "Mean price", "yuan/kWh", 3, "Paid by users per kWh"),
      metric(
        "dcIncomeYuan",
        "Data centres’ income",
        "yuan",
        2,
        "From users, exports and transfers",
      ),
      metric(
        "exportIncomeYuan",
        "Export income",
        "yuan",
        2,
        "Feed-in tariff received, part of the income",
      ),
      metric(
        "dcCostYuan",
        "Data centres’ costs",
        "yuan",
        2,
        "Import, penalties, transfers, network fees",
      ),
      metric("dcProfitYuan", "Data centres’ profit", "yuan", 2, "Income less costs"),
      metric(
        "penaltiesYuan",
        "Penalties",
        "yuan",
        2,
        "Paid for what was not delivered, part of the costs",
      ),
      metric("gridRevenueYuan", "Grid’s revenue", "yuan", 2, "Import paid less export bought"),
    ],
  },
  {
    title: "Market",
    metrics: [
      metric("trades", "Contracts", "", 0, "Supply contracts signed"),
      metric("matchRate", "Match rate", "%", 1, "Tasks that found a contract, share of all"),
      metric("welfareYuan", "Welfare", "yuan", 2, "Bid less offer, times energy, over all trades"),
      metric(
        "bestWelfareYuan",
        "Best welfare",
        "yuan",
        2,
        "The most that a matching of the same books could reach",
      ),
    ],
  },
  {
    title: "Work",
    metrics: [
      metric("tasks", "Tasks", "", 0, "Submitted"),
      metric("tasksCompleted", "Completed", "", 0, "Done by their deadline"),
      metric("tasksLate", "Late", "", 0, "Contracts not fulfilled by their deadline"),
      metric(
        "priorityCompleted",
        "Priority completed",
        "",
        0,
        "Priority tasks among the completed",
      ),
      metric("priorityLate", "Priority late", "", 0, "Priority tasks among the late"),
    ],
  },
  {
    title: "Order transfers",
    metrics: [
      metric("transfers", "Transfers", "", 0, "Orders handed to another data centre"),
      metric("transferIncomeYuan", "Transfer income", "yuan", 2, "Received by target data centres"),
      metric(
        "migrationCostYuan",
        "Migration cost",
        "yuan",
        2,
        "Network fees for moving the work",
        fixed(PAPER_MIGRATION_COST_YUAN, 2),
      ),
    ],
  },
  {
    title: "Reputation at the end",
    metrics: [
      metric(
        "dcReputation",
        "Data centres",
        "RV",
        0,
        "Median, least and greatest, from 0 to 10,000",
      ),
      metric("userReputation", "Users", "RV", 0, "Median, least and greatest, from 0 to 10,000"),
    ],
  },
];

/** The paper's extra income, for the row that is not in a summary. */
export const EXTRA_INCOME: Omit<Metric, "key"> = {
  label: "Extra profit",
  unit: "yuan",
  meaning: "Profit less that of contracts alone",
  decimals: 2,
  paper: fixed(PAPER_EXTRA_INCOME_YUAN, 2),
};

/** A value of a summary as people read it; "–" for what was not computed. */
export function shownValue(
  { decimals, share }: Pick<Metric, "decimals" | "share">,
  value: number | null | undefined | readonly number[],
): string {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") {
    const [least, median, greatest] = value.map((one) => fixed(one, decimals));
    return `${median} (${least}–${greatest})`;
  }
  return fixed(share === true ? value * 100 : value, decimals);
}
