/** The columns of the CSV files, in their order, and what each holds. */
import type { HourlyRow, TradeRow, TransferRow } from "./results.ts";

/** What a column holds: text, a number, true or false, or one of some words. */
export type Kind = "text" | "number" | "flag" | readonly string[];

/** The columns of a table whose rows are `Row`, in the file's order. */
export type Columns<Row> = Readonly<Record<keyof Row & string, Kind>>;

/** `hourly.csv`, without its first column, `strategy`. */
export const HOURLY: Columns<HourlyRow> = {
  dc: "text",
  hour: "number",
  load_wh: "number",
  pv_wh: "number",
  direct_wh: "number",
  charge_wh: "number",
  discharge_wh: "number",
  self_discharge_wh: "number",
  stored_wh: "number",
  import_wh: "number",
  export_wh: "number",
  income_yuan: "number",
  export_income_yuan: "number",
  energy_cost_yuan: "number",
  penalty_yuan: "number",
  transfer_income_yuan: "number",
  transfer_cost_yuan: "number",
  migration_cost_yuan: "number",
  running_priority: "number",
  running_other: "number",
  suspended: "number",
  waiting: "number",
  gap_wh: "number",
};

/** `trades.csv`, without its first column, `strategy`. */
export const TRADES: Columns<TradeRow> = {
  contract: "number",
  hour: "number",
  task: "number",
  user: "text",
  dc: "text",
  cores: "number",
  core_seconds: "number",
  energy_wh: "number",
  bid_yuan_per_kwh: "number",
  price_yuan_per_kwh: "number",
  offer_yuan_per_kwh: "number",
  candidates: "number",
  priority: "flag",
  deadline_hour: "number",
  status: ["running", "fulfilled", "expired"],
  delivered_core_seconds: "number",
  paid_yuan: "number",
  pv_wh: "number",
  esd_wh: "number",
  grid_wh: "number",
};

/** `transfers.csv`, without its first column, `strategy`. */
export const TRANSFERS: Columns<TransferRow> = {
  transfer: "number",
  hour: "number",
  contract: "number",
  from: "text",
  to: "text",
  mode: ["payment", "compute-time"],
  core_seconds: "number",
  energy_wh: "number",
  price_yuan_per_kwh: "number",
  network_fee_yuan: "number",
  due_hour: "number",
  executed_core_seconds: "number",
  repaid_core_seconds: "number",
  settled_core_seconds: "number",
  status: ["executing", "owing", "closed"],
  defaulted: "flag",
};
