/** Sums over all data centres, hour by hour. */
import type { HourlyRow } from "./results.ts";

/** A column of `hourly.csv` that can be summed over data centres. */
export type Flow = Exclude<keyof HourlyRow, "dc" | "hour">;

/** The sum of some columns over all data centres, one value for each hour of the run; 0 where there are no rows. */
export function hourlyTotals(
  rows: readonly HourlyRow[],
  hours: number,
  flows: Partial<Readonly<Record<Flow, number>>>,
): number[] {
  const totals = new Array<number>(hours).fill(0);
  const weights = Object.entries(flows) as [Flow, number][];
  for (const row of rows) {
    let sum = 0;
    for (const [flow, weight] of weights) sum += weight * row[flow];
    totals[row.hour] = (totals[row.hour] ?? 0) + sum;
  }
  return totals.slice(0, hours);
}

/**
 * What data centres earn less what they pay. Income alone would not do: a transfer's fee is one data centre's income and
 * another's cost, and work that moves into the sun pays by what need not be bought.
 */
export const NET_INCOME = {
  income_yuan: 1,
  export_income_yuan: 1,
  transfer_income_yuan: 1,
  energy_cost_yuan: -1,
  penalty_yuan: -1,
  transfer_cost_yuan: -1,
  migration_cost_yuan: -1,
} as const satisfies Partial<Record<Flow, number>>;

/** Sum of a list. */
export const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
