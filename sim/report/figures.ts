/** The paper's six figures of its evaluation (section 4), from a run's hourly flows summed over all data centres. */
import { HOURS_PER_DAY, WH_PER_KWH } from "../units.ts";
import { drawChart, drawFile, type Chart } from "./chart.ts";
import type { Panel, Series } from "./panel.ts";
import { fixed, list, percent, plural, signed } from "./format.ts";
import {
  CONTRACT_ONLY,
  FULL,
  OPPORTUNISTIC,
  OPPORTUNISTIC_ESD,
  find,
  fullest,
  lacking,
  lackingForGain,
  transferring,
} from "./paper.ts";
import type { RunResult, StrategyResult } from "./results.ts";
import { perSpan, timeline, type Timeline } from "./timeline.ts";
import { NET_INCOME, hourlyTotals, sum, type Flow } from "./totals.ts";

/** A figure that the run has the strategies for. */
export interface Drawn {
  readonly id: string;
  /** Such as "Fig. 4". */
  readonly number: string;
  readonly title: string;
  /** What it shows, in one sentence with numbers. */
  readonly reading: string;
  /** For a page that has the styles of `palette.ts`. */
  readonly svg: string;
  readonly file: { readonly name: string; readonly text: string };
  readonly table: {
    readonly columns: readonly string[];
    readonly rows: readonly { readonly at: Date; readonly values: readonly number[] }[];
  };
}

/** A figure that is left out, and what to add to have it. */
export interface Missing {
  readonly id: string;
  readonly number: string;
  readonly title: string;
  readonly missing: string;
}

export type Figure = Drawn | Missing;

/** Whether the figure was drawn. */
export const isDrawn = (figure: Figure): figure is Drawn => "svg" in figure;

interface Context {
  readonly result: RunResult;
  readonly time: Timeline;
}

/** What one figure is made of. */
interface Plan {
  readonly reading: string;
  readonly panels: readonly Panel[];
}

interface Definition {
  readonly number: number;
  readonly slug: string;
  readonly title: (per: string) => string;
  /** What to add if it cannot be drawn. */
  readonly lacks: (result: RunResult) => readonly string[];
  readonly plan: (context: Context) => Plan | undefined;
}

const flow = (
  { result, time }: Context,
  strategy: StrategyResult,
  flows: Partial<Record<Flow, number>>,
): number[] => perSpan(time, hourlyTotals(strategy.hourly, result.scenario.hours, flows));

const energy = (context: Context, strategy: StrategyResult, name: Flow): number[] =>
  flow(context, strategy, { [name]: 1 / WH_PER_KWH });

const kWh = (values: readonly number[]): string => `${fixed(sum(values))} kWh`;

const shareOf = (part: readonly number[], whole: readonly number[]): string =>
  sum(whole) === 0 ? "none" : percent(sum(part) / sum(whole));

/** Fig. 4 and 5: PV as used directly and exported, and the load. */
function withoutStorage(context: Context, name: string): Plan | undefined {
  const strategy = find(context.result, name);
  if (strategy === undefined) return undefined;
  const direct = energy(context, strategy, "direct_wh");
  const exported = energy(context, strategy, "export_wh");
  const pv = energy(context, strategy, "pv_wh");
  const load = energy(context, strategy, "load_wh");
  return {
    reading: `Of the ${kWh(pv)} that the PV plants produce, ${shareOf(direct, pv)} is used directly and ${kWh(exported)} is exported at the feed-in tariff; the load comes to ${kWh(load)}.`,
    panels: [
      {
        label: `Energy, kWh per ${context.time.per}`,
        height: 260,
        series: [
          { label: "PV used directly", values: direct, colour: "direct", as: "area" },
          {
            label: "PV exported",
            values: exported,
            colour: "export",
            as: "area",
            texture: "stripes",
          },
          { label: "PV output", values: pv, colour: "pv", as: "line", dash: "5 3" },
          { label: "load", values: load, colour: "load", as: "line" },
        ],
      },
    ],
  };
}

function withStorage(context: Context): Plan | undefined {
  const strategy = find(context.result, OPPORTUNISTIC_ESD);
  if (strategy === undefined) return undefined;
  const of = (name: Flow): number[] => energy(context, strategy, name);
  const [direct, charge, exported, discharge] = [
    of("direct_wh"),
    of("charge_wh"),
    of("export_wh"),
    of("discharge_wh"),
  ];
  const [load, imported, pv] = [of("load_wh"), of("import_wh"), of("pv_wh")];
  const { hours } = context.result.scenario;
  const stored = perSpan(
    context.time,
    hourlyTotals(strategy.hourly, hours, { stored_wh: 1 / WH_PER_KWH }),
    "last",
  );
  const used: Series = { label: "PV used directly", values: direct, colour: "direct", as: "area" };
  const per = `kWh per ${context.time.per}`;
  return {
    reading: `Of the ${kWh(pv)} that the PV plants produce, ${shareOf(direct, pv)} is used directly, ${shareOf(charge, pv)} passes through the ESDs and ${kWh(exported)} is exported; ${kWh(imported)} is imported.`,
    panels: [
      {
        label: `Where PV goes, ${per}`,
        height: 220,
        series: [
          used,
          { label: "into the ESDs", values: charge, colour: "charge", as: "area", texture: "dots" },
          {
            label: "exported",
            values: exported,
            colour: "export",
            as: "area",
            texture: "stripes",
          },
          { label: "PV output", values: pv, colour: "pv", as: "line", dash: "5 3" },
          { label: "load", values: load, colour: "load", as: "line" },
        ],
      },
      {
        label: `Where the load’s energy comes from, ${per}`,
        height: 220,
        series: [
          used,
          {
            label: "from the ESDs",
            values: discharge,
            colour: "charge",
            as: "area",
            texture: "dots",
          },
          { label: "imported", values: imported, colour: "import", as: "area", texture: "rules" },
          { label: "load", values: load, colour: "load", as: "line" },
        ],
      },
      {
        label: `Stored in the ESDs, kWh at the end of the ${context.time.per}`,
        height: 130,
        series: [{ label: "stored", values: stored, colour: "charge", as: "line" }],
      },
    ],
  };
}

function extraIncome(context: Context): Plan | undefined {
  const { result, time } = context;
  const [base, strategy] = [find(result, CONTRACT_ONLY), fullest(result)];
  if (base === undefined || strategy === undefined) return undefined;
  const before = flow(context, base, NET_INCOME);
  const values = flow(context, strategy, NET_INCOME).map(
    (yuan, index) => yuan - (before[index] ?? 0),
  );
  const rising = values.filter((yuan) => yuan >= 0).length;
  return {
    reading: `With ${strategy.name}, all data centres together have ${signed(sum(values), 2)} yuan against contracts alone, income less costs; ${rising} of ${plural(values.length, time.per)} bring more or as much.`,
    panels: [
      {
        label: `Extra income, yuan per ${time.per}`,
        height: 260,
        series: [
          {
            label: "more than contracts alone",
            values,
            colour: "gain",
            as: "bar",
            below: { colour: "loss", texture: "stripes" },
          },
        ],
      },
    ],
  };
}

function ofTransfers(context: Context, name: Flow): Plan | undefined {
  const strategy = transferring(context.result);
  if (strategy === undefined) return undefined;
  const values = flow(context, strategy, { [name]: 1 });
  const { per } = context.time;
  const active = values.filter((yuan) => yuan !== 0).length;
  const income = name === "transfer_income_yuan";
  const hours = `${active} of ${values.length} ${per}s`;
  return {
    reading: income
      ? `Data centres that take over orders receive ${fixed(sum(values), 2)} yuan for them, in ${hours}.`
      : `Moving the orders costs ${fixed(sum(values), 2)} yuan in network fees, in ${hours}.`,
    panels: [
      {
        label: `${income ? "Income from transferred orders" : "Migration cost"}, yuan per ${per}`,
        height: 200,
        series: [
          income
            ? { label: "income of targets", values, colour: "gain", as: "bar" }
            : {
                label: "network fees",
                values,
                colour: "cost",
                as: "bar",
                texture: "stripes",
              },
        ],
      },
    ],
  };
}

const DEFINITIONS: readonly Definition[] = [
  {
    number: 4,
    slug: "contract-only",
    title: (per) => `Load and PV output per ${per} with contracts alone`,
    lacks: (result) => lacking(result, CONTRACT_ONLY),
    plan: (context) => withoutStorage(context, CONTRACT_ONLY),
  },
  {
    number: 5,
    slug: "opportunistic",
    title: (per) =>
      `Load and PV output per ${per} with the opportunistic scheduler, without an ESD`,
    lacks: (result) => lacking(result, OPPORTUNISTIC),
    plan: (context) => withoutStorage(context, OPPORTUNISTIC),
  },
  {
    number: 6,
    slug: "opportunistic-esd",
    title: (per) => `Load and PV output per ${per} with the opportunistic scheduler and an ESD`,
    lacks: (result) => lacking(result, OPPORTUNISTIC_ESD),
    plan: withStorage,
  },
  {
    number: 7,
    slug: "extra-income",
    title: (per) => `Extra income of all data centres per ${per} against contracts alone`,
    lacks: lackingForGain,
    plan: extraIncome,
  },
  {
    number: 8,
    slug: "transfer-income",
    title: (per) => `Income of target data centres from transferred orders per ${per}`,
    lacks: (result) => lacking(result, FULL),
    plan: (context) => ofTransfers(context, "transfer_income_yuan"),
  },
  {
    number: 9,
    slug: "migration-cost",
    title: (per) => `Migration cost per ${per}`,
    lacks: (result) => lacking(result, FULL),
    plan: (context) => ofTransfers(context, "migration_cost_yuan"),
  },
];

/** The names of all files that {@link figuresOf} can give. */
export const FIGURE_FILES: readonly string[] = DEFINITIONS.map(
  ({ number, slug }) => `fig${number}-${slug}.svg`,
);

function tableOf(time: Timeline, panels: readonly Panel[]): Drawn["table"] {
  const series = new Map<readonly number[], string>();
  for (const panel of panels) {
    const unit = /, (kWh|yuan)/.exec(panel.label)?.[1] ?? "";
    // What two panels show is one column.
    for (const { label, values } of panel.series) {
      if (!series.has(values)) series.set(values, `${label}, ${unit}`);
    }
  }
  const columns = [...series.keys()];
  return {
    columns: [...series.values()],
    rows: time.spans.map(({ from }, index) => ({
      at: from,
      values: columns.map((values) => values[index] ?? 0),
    })),
  };
}

/** Says so if the last day of a figure by days is not whole, since it looks like a fall. */
function shortDay({ time, result }: Context): string {
  const rest = result.scenario.hours % HOURS_PER_DAY;
  return time.per === "day" && rest > 0 ? ` The last day has only ${plural(rest, "hour")}.` : "";
}

function draw(context: Context, definition: Definition): Figure {
  const { time, result } = context;
  const id = `fig${definition.number}`;
  const number = `Fig. ${definition.number}`;
  const title = definition.title(time.per);
  const plan = definition.plan(context);
  if (plan === undefined) {
    const absent = definition.lacks(result);
    const missing = `Left out: it needs the strategy ${list(absent.map((name) => `“${name}”`))}. Add it under “strategies” in the scenario and run again.`;
    return { id, number, title, missing };
  }
  const reading = plan.reading + shortDay(context);
  const chart: Chart = {
    id,
    title,
    description: reading,
    timeline: time,
    panels: plan.panels,
  };
  return {
    id,
    number,
    title,
    reading,
    svg: drawChart(chart),
    file: { name: `${id}-${definition.slug}.svg`, text: drawFile(chart) },
    table: tableOf(time, plan.panels),
  };
}

/** The figures, in the paper's order. */
export function figuresOf(result: RunResult): Figure[] {
  const { start, hours } = result.scenario;
  const context = { result, time: timeline(start, hours) };
  return DEFINITIONS.map((definition) => draw(context, definition));
}
