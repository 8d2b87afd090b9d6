/** Several runs side by side: which settings differ, and which figures. */
import { basename, resolve } from "node:path";

import { UserError } from "../errors.ts";
import { readResults, readSummary, readVersion } from "./files.ts";
import { markup, type Content, type Markup } from "./markup.ts";
import { METRICS, shownValue, type Metric } from "./metrics.ts";
import { pageOf, scrolling } from "./page.ts";
import type { SummaryFile } from "./summary.ts";

/** A run of the comparison. */
interface Run {
  /** Short, and no other run's. */
  readonly name: string;
  readonly summary: SummaryFile;
}

/** A line of the comparison: one value for each run; undefined where a run has none. */
interface Line {
  readonly label: string;
  readonly unit: string;
  readonly values: readonly (string | undefined)[];
}

interface Block {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** The comparison in both forms. */
export interface Comparison {
  /** For a terminal. */
  readonly text: string;
  /** A page of its own. */
  readonly html: string;
}

/** Shown for what a run does not have. */
const ABSENT = "–";

async function sameVersion(dirs: readonly string[]): Promise<void> {
  const versions: { dir: string; version: number }[] = [];
  for (const dir of dirs) versions.push({ dir, version: await readVersion(dir) });
  if (new Set(versions.map(({ version }) => version)).size < 2) return;
  const each = versions.map(({ dir, version }) => `${dir}: version ${version}`);
  throw new UserError(
    `Results of different versions cannot be compared, since the same name may mean another thing.\n${each.join("\n")}\nRun the older ones again.`,
  );
}

async function readRuns(dirs: readonly string[]): Promise<Run[]> {
  if (dirs.length < 2) {
    throw new UserError("A comparison needs at least two folders of results. Give them both.");
  }
  const paths = dirs.map((dir) => resolve(dir));
  const twice = dirs.find((_, index) => paths.indexOf(paths[index] ?? "") < index);
  if (twice !== undefined) {
    throw new UserError(`${twice} is given twice. Give each folder of results once.`);
  }
  await sameVersion(dirs);
  const short = paths.map((path) => basename(path));
  const unique = new Set(short).size === short.length;
  const runs: Run[] = [];
  for (const [index, dir] of dirs.entries()) {
    // For its checks: a folder whose files do not belong together is not compared.
    await readResults(dir);
    runs.push({
      name: (unique ? short[index] : undefined) ?? dir,
      summary: await readSummary(dir),
    });
  }
  return runs;
}

const isPlain = (value: unknown): boolean => typeof value !== "object" || value === null;

function shownSetting(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every(isPlain)) return value.join(", ");
  return JSON.stringify(value);
}

/** A scenario's settings one by one, such as `battery.capacityWh`; lists of plain values and of tables are one setting. */
function settingsOf(value: unknown, path = ""): Map<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return new Map([[path, shownSetting(value)]]);
  }
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [
      ...settingsOf(inner, path === "" ? key : `${path}.${key}`),
    ]),
  );
}

const differs = ({ values }: Line): boolean => new Set(values).size > 1;

function settings(runs: readonly Run[]): Line[] {
  const all = runs.map(({ summary }) => settingsOf(summary.scenario));
  const names = new Set(all.flatMap((one) => [...one.keys()]));
  names.delete("$schema");
  const lines = [...names].map((label) => ({
    label,
    unit: "",
    values: all.map((one) => one.get(label)),
  }));
  // Not a setting, but a reason for differences all the same.
  const program = {
    label: "written by",
    unit: "",
    values: runs.map(({ summary: { generator } }) => `${generator.name} ${generator.version}`),
  };
  return [...lines, program].filter(differs);
}

/** Figures are compared to so many decimals beyond those of the report. */
const MORE_DECIMALS = 4;

function figures(runs: readonly Run[], strategy: string): Line[] {
  const line = (metric: Metric): Line | undefined => {
    const shown = (decimals: number): (string | undefined)[] =>
      runs.map(({ summary }) => {
        const value = summary.strategies[strategy]?.[metric.key];
        return value === undefined ? undefined : shownValue({ ...metric, decimals }, value);
      });
    const exact = shown(metric.decimals + MORE_DECIMALS);
    if (new Set(exact).size < 2) return undefined;
    const rounded = shown(metric.decimals);
    const values = new Set(rounded).size < 2 ? exact : rounded;
    return { label: metric.label, unit: metric.unit, values };
  };
  return METRICS.flatMap(({ metrics }) => metrics.map(line)).filter((one) => one !== undefined);
}

function blocksOf(runs: readonly Run[]): Block[] {
  const strategies = new Set(runs.flatMap(({ summary }) => Object.keys(summary.strategies)));
  return [
    { title: SETTINGS, lines: settings(runs) },
    ...[...strategies].map((name) => ({ title: name, lines: figures(runs, name) })),
  ];
}

const SETTINGS = "Settings";
const NOTHING = "No difference.";

/** Longer values, such as lists of sites, are cut in the terminal's form. */
const LONGEST = 40;

// Terminals obey control characters, which names can hold.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

function cell(value = ABSENT): string {
  const clean = value.replace(CONTROL, "\ufffd");
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST - 1)}…` : clean;
}

/** Rows as columns: the first two to the left, values to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((value, column) => {
        const width = widths[column] ?? 0;
        return column < 2 ? value.padEnd(width) : value.padStart(width);
      })
      // Settings have no units.
      .filter((_, column) => widths[column] !== 0)
      .join("  ")
      .trimEnd(),
  );
}

function textOf(runs: readonly Run[], blocks: readonly Block[]): string {
  const list = aligned(runs.map(({ name, summary }) => [cell(name), cell(summary.scenario.name)]));
  const parts = blocks.map(({ title, lines }) => {
    const head = ["", "", ...runs.map(({ name }) => cell(name))];
    const rows = lines.map(({ label, unit, values }) => [
      cell(label),
      unit,
      ...values.map((value) => cell(value)),
    ]);
    const body = lines.length === 0 ? [NOTHING] : aligned([head, ...rows]);
    return [cell(title), ...body.map((row) => `  ${row}`)].join("\n");
  });
  return `${[list.join("\n"), ...parts].join("\n\n")}\n`;
}

function tableOf(runs: readonly Run[], { title, lines }: Block): Content {
  if (lines.length === 0) return markup`<p>${NOTHING}</p>`;
  const isSettings = title === SETTINGS;
  const unitOf = (unit: string): Markup | undefined =>
    isSettings ? undefined : markup`<td class="unit">${unit}</td>`;
  const rows = lines.map(
    ({ label, unit, values }): Markup =>
      markup`<tr><th scope="row">${label}</th>${unitOf(unit)}${values.map((value) => markup`<td>${value ?? ABSENT}</td>`)}</tr>
`,
  );
  return scrolling(
    title,
    markup`<table class="${isSettings ? "settings" : "figures"}">
<thead><tr><th scope="col">${isSettings ? "Setting" : "Figure"}</th>${isSettings ? undefined : markup`<th scope="col">Unit</th>`}${runs.map(({ name }) => markup`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table>`,
  );
}

function htmlOf(runs: readonly Run[], blocks: readonly Block[]): string {
  const title = "Runs compared";
  return pageOf({
    title,
    header: markup`<p class="kicker">Market of edge data centres</p>
<h1>${title}</h1>
<dl class="facts">
${runs.map(({ name, summary }) => markup`<div><dt>${name}</dt><dd>${summary.scenario.name}</dd></div>\n`)}</dl>`,
    main: blocks.map(
      (block, index) => markup`<section aria-labelledby="block-${index}">
<h2 id="block-${index}">${block.title}</h2>
${tableOf(runs, block)}
</section>
`,
    ),
    footer: markup`<p>Only what differs is listed; figures are compared to more decimals than are shown.</p>`,
  });
}

/**
 * Compares runs by their folders.
 *
 * @throws {@link UserError} if there are fewer than two, one is missing or incomplete, or their versions differ
 */
export async function compareRuns(dirs: readonly string[]): Promise<Comparison> {
  const runs = await readRuns(dirs);
  const blocks = blocksOf(runs);
  return { text: textOf(runs, blocks), html: htmlOf(runs, blocks) };
}
