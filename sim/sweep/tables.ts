/** A sweep's results as tables. */
import type { StrategySummary } from "../report/results.ts";
import type { Setting } from "./grid.ts";
import type { Summaries } from "./run.ts";
import { meanOf, type Mean } from "./statistics.ts";

/** What a run came to. */
export interface RunOutcome {
  readonly setting: Setting;
  readonly seed: number;
  readonly strategies: Summaries;
}

/** A strategy's figures, each a number; null if it was not computed. */
export type Figures = Readonly<Record<string, number | null>>;

/** Mean of a figure over the seeds of a setting. */
export interface FigureMean extends Mean {
  readonly setting: Setting;
  readonly strategy: string;
  readonly figure: string;
}

/** What the places of a figure that is a list of three are called. */
const PLACES = ["Min", "Median", "Max"];

/** A summary as single numbers: a figure of minimum, median and maximum becomes three. */
export function figuresOf(summary: StrategySummary): Figures {
  return Object.fromEntries(
    Object.entries(summary as unknown as Record<string, unknown>).flatMap(([name, value]) =>
      Array.isArray(value)
        ? PLACES.map((place, i) => [name + place, numberOf(value[i])] as const)
        : [[name, numberOf(value)] as const],
    ),
  );
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Means over seeds, in the order of settings, strategies and figures; of values that were computed only. */
export function meansOf(outcomes: readonly RunOutcome[]): FigureMean[] {
  const groups = new Map<string, { of: Omit<FigureMean, keyof Mean>; values: number[] }>();
  for (const { setting, strategies } of outcomes) {
    for (const [strategy, summary] of Object.entries(strategies)) {
      for (const [figure, value] of Object.entries(figuresOf(summary))) {
        const key = JSON.stringify([setting, strategy, figure]);
        const group = groups.get(key) ?? { of: { setting, strategy, figure }, values: [] };
        groups.set(key, group);
        if (value !== null) group.values.push(value);
      }
    }
  }
  return [...groups.values()].flatMap(({ of, values }) => {
    const mean = meanOf(values);
    return mean === undefined ? [] : [{ ...of, ...mean }];
  });
}

/** A table as CSV (RFC 4180, lines end with a line feed); null is empty. */
export function csv(rows: readonly (readonly (string | number | null)[])[]): string {
  const field = (value: string | number | null): string => {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(field).join(",")}\n`).join("");
}

/** `sweep.csv`: a row for each run and strategy. */
export function runTable(paths: readonly string[], outcomes: readonly RunOutcome[]): string {
  const rows = outcomes.flatMap(({ setting, seed, strategies }) =>
    Object.entries(strategies).map(([strategy, summary]) => ({
      begin: [...paths.map((path) => setting[path] ?? ""), seed, strategy],
      figures: figuresOf(summary),
    })),
  );
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  return csv([
    [...paths, "seed", "strategy", ...names],
    ...rows.map(({ begin, figures }) => [...begin, ...names.map((name) => figures[name] ?? null)]),
  ]);
}

/** `sweep-summary.csv`: a row for each setting, strategy and figure. */
export function meanTable(paths: readonly string[], means: readonly FigureMean[]): string {
  return csv([
    [...paths, "strategy", "figure", "n", "mean", "ci95_half_width", "ci95_low", "ci95_high"],
    ...means.map(({ setting, strategy, figure, n, mean, halfWidth }) => [
      ...paths.map((path) => setting[path] ?? ""),
      strategy,
      figure,
      n,
      mean,
      halfWidth,
      halfWidth === null ? null : mean - halfWidth,
      halfWidth === null ? null : mean + halfWidth,
    ]),
  ]);
}
