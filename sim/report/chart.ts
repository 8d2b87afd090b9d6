/** Charts over a run's time as SVG: panels one above the other, each with its key. Drawn by Observable Plot in a DOM of its own. */
import * as Plot from "@observablehq/plot";
import { DOMParser } from "linkedom";

import { escape } from "./markup.ts";
import {
  COLOUR_STYLE,
  FIGURE_STYLE,
  colour,
  textureDefinition,
  textureId,
  type ColourName,
  type Texture,
} from "./palette.ts";
import type { Timeline } from "./timeline.ts";

const WIDTH = 860;
const MARGIN = { left: 46, right: 10, top: 8, bottom: 24 };
const KEY_HEIGHT = 26;
const FONT = `system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif`;
const FONT_SIZE = 12;
/** Mean width of a character: a key must be placed without measuring it. */
const CHARACTER = 6.5;
const SWATCH = 22;
/** About how many values an axis names. */
const Y_TICKS = 5;

/** Values over the timeline, one for each of its spans. */
export interface Series {
  readonly label: string;
  readonly values: readonly number[];
  readonly colour: ColourName;
  /** How it is drawn: areas stand on each other in their order; lines and bars stand on zero. */
  readonly as: "area" | "line" | "bar";
  readonly texture?: Texture;
  /** Dashes of a line, such as "5 3". */
  readonly dash?: string;
  /** How bars below zero look. */
  readonly below?: { readonly colour: ColourName; readonly texture: Texture };
}

/** One chart of a figure. */
export interface Panel {
  /** What the vertical axis shows, with its unit. */
  readonly label: string;
  readonly height: number;
  readonly series: readonly Series[];
}

/** A figure to be drawn. */
export interface Chart {
  /** Unique in a page; no spaces. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly timeline: Timeline;
  readonly panels: readonly Panel[];
}

interface Point {
  readonly x1: Date;
  readonly x2: Date;
  readonly y1: number;
  readonly y2: number;
}

/** What is used of the element that Plot gives; its own types need a browser's. */
interface Drawn {
  readonly innerHTML: string;
  querySelectorAll(selector: string): Iterable<{ remove(): void }>;
}

const newDocument = () => new DOMParser().parseFromString("<html></html>", "text/html");

function pointsOf(
  timeline: Timeline,
  values: readonly number[],
  base?: readonly number[],
): Point[] {
  return timeline.spans.map(({ from, to }, index) => {
    const y1 = base?.[index] ?? 0;
    return { x1: from, x2: to, y1, y2: y1 + (values[index] ?? 0) };
  });
}

/** A step needs its last value twice: where the last span begins, and where it ends. */
function steps(points: readonly Point[]): Point[] {
  const last = points.at(-1);
  return last === undefined ? [] : [...points, { ...last, x1: last.x2 }];
}

const fillOf = (chart: string, name: ColourName, texture: Texture = "plain") =>
  texture === "plain"
    ? { fill: colour(name), className: `fill-${name}` }
    : { fill: `url(#${textureId(chart, name, texture)})` };

function barMarks(chart: string, series: Series, points: readonly Point[]): Plot.Markish[] {
  const bars = (some: readonly Point[], name: ColourName, texture?: Texture): Plot.Markish =>
    Plot.rectY(some, {
      x1: "x1",
      x2: "x2",
      y1: "y1",
      y2: "y2",
      inset: 0.4,
      insetTop: 0,
      insetBottom: 0,
      // Stripes alone have no edge.
      ...(texture === undefined || texture === "plain"
        ? {}
        : { stroke: colour(name), strokeWidth: 0.6 }),
      ...fillOf(chart, name, texture),
    });
  const { below } = series;
  if (below === undefined) return [bars(points, series.colour, series.texture)];
  return [
    bars(
      points.filter(({ y2 }) => y2 >= 0),
      series.colour,
      series.texture,
    ),
    bars(
      points.filter(({ y2 }) => y2 < 0),
      below.colour,
      below.texture,
    ),
  ];
}

function seriesMarks({ id, timeline }: Chart, panel: Panel): Plot.Markish[] {
  let base: readonly number[] | undefined;
  const marks = panel.series.map((series) => {
    if (series.as === "bar") return barMarks(id, series, pointsOf(timeline, series.values));
    if (series.as === "line") {
      return [
        Plot.lineY(steps(pointsOf(timeline, series.values)), {
          x: "x1",
          y: "y2",
          curve: "step-after",
          stroke: colour(series.colour),
          className: `line-${series.colour}`,
          strokeWidth: 1.6,
          strokeLinejoin: "miter",
          ...(series.dash === undefined ? {} : { strokeDasharray: series.dash }),
        }),
      ];
    }
    const points = pointsOf(timeline, series.values, base);
    base = points.map(({ y2 }) => y2);
    return [
      Plot.areaY(steps(points), {
        x: "x1",
        y1: "y1",
        y2: "y2",
        curve: "step-after",
        ...fillOf(id, series.colour, series.texture),
      }),
    ];
  });
  return marks.flat();
}

/** Least and greatest value that the panel shows; never an empty range. */
function rangeOf(panel: Panel): [number, number] {
  const areas = panel.series.filter(({ as }) => as === "area");
  const stack = (areas[0]?.values ?? []).map((_, index) =>
    areas.reduce((total, { values }) => total + (values[index] ?? 0), 0),
  );
  const all = [stack, ...panel.series.map(({ values }) => values)].flat();
  const low = all.reduce((a, b) => Math.min(a, b), 0);
  const high = all.reduce((a, b) => Math.max(a, b), 0);
  return [low, high === low ? low + 1 : high];
}

function drawPanel(chart: Chart, panel: Panel, top: number): string {
  const { spans, ticks } = chart.timeline;
  const dates = ticks.map(({ at }) => at);
  const labels = new Map(ticks.map(({ at, label }) => [at.getTime(), label]));
  const drawn = Plot.plot({
    document: newDocument(),
    width: WIDTH,
    height: panel.height,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    x: { type: "utc", domain: [spans[0]?.from ?? new Date(0), spans.at(-1)?.to ?? new Date(1)] },
    y: { domain: rangeOf(panel), nice: Y_TICKS },
    marks: [
      Plot.gridY({
        ticks: Y_TICKS,
        stroke: colour("grid"),
        strokeOpacity: 1,
        className: "line-grid",
      }),
      Plot.ruleX(dates, { stroke: colour("grid"), className: "line-grid" }),
      Plot.axisY({ label: null, tickSize: 0, tickPadding: 6, ticks: Y_TICKS }),
      Plot.axisX(dates, {
        label: null,
        tickSize: 0,
        tickPadding: 8,
        tickFormat: (at: Date) => labels.get(at.getTime()) ?? "",
        // A date stands at the beginning of its day.
        textAnchor: "start",
        dx: 2,
      }),
      ...seriesMarks(chart, panel),
      Plot.ruleY([0], { stroke: colour("ink"), className: "line-ink", strokeWidth: 1 }),
    ],
  }) as unknown as Drawn;
  for (const style of drawn.querySelectorAll("style")) style.remove();
  return `<svg x="0" y="${top}" width="${WIDTH}" height="${panel.height}" class="fill-ink" fill="${colour("ink")}" font-size="${FONT_SIZE - 1}" text-anchor="middle"><text x="${MARGIN.left - 6}" y="${panel.height - 8}" text-anchor="end">UTC</text>${drawn.innerHTML}</svg>`;
}

function swatch(chart: string, series: Series, x: number, y: number): string {
  if (series.as === "line") {
    const dash = series.dash === undefined ? "" : ` stroke-dasharray="${series.dash}"`;
    return `<path d="M${x},${y}h${SWATCH}" fill="none" stroke="${colour(series.colour)}" class="line-${series.colour}" stroke-width="2"${dash}/>`;
  }
  const { fill, className } = {
    className: undefined,
    ...fillOf(chart, series.colour, series.texture),
  };
  const inside = className === undefined ? "" : ` class="${className}"`;
  return `<g><path d="M${x},${y - 6}h${SWATCH}v11h${-SWATCH}z" fill="${fill}"${inside}/><path d="M${x},${y - 6}h${SWATCH}v11h${-SWATCH}z" fill="none" class="line-faint" stroke="${colour("faint")}" stroke-width="0.75"/></g>`;
}

/** What the axis shows at the left, and what the marks mean at the right. */
function drawKey(chart: string, panel: Panel, top: number): string {
  const y = top + KEY_HEIGHT - 11;
  let x = WIDTH - MARGIN.right;
  const items: string[] = [];
  const series = panel.series.flatMap((one): Series[] =>
    one.below === undefined
      ? [one]
      : [one, { ...one, label: "less", colour: one.below.colour, texture: one.below.texture }],
  );
  for (const one of series.toReversed()) {
    x -= one.label.length * CHARACTER;
    items.unshift(
      `<text x="${x}" y="${y + 4}" class="fill-ink" fill="${colour("ink")}">${escape(one.label)}</text>`,
    );
    x -= SWATCH + 7;
    items.unshift(swatch(chart, one, x, y));
    x -= 18;
  }
  const label = `<text x="2" y="${y + 4}" font-weight="600" class="fill-ink" fill="${colour("ink")}">${escape(panel.label)}</text>`;
  return `<g>${label}${items.join("")}</g>`;
}

/** A figure as SVG without a style of its own, for a page that has {@link COLOUR_STYLE} and {@link FIGURE_STYLE}. */
export function drawChart(chart: Chart, style = ""): string {
  const { id, panels } = chart;
  let top = 0;
  const body: string[] = [];
  for (const panel of panels) {
    body.push(drawKey(id, panel, top));
    top += KEY_HEIGHT;
    body.push(drawPanel(chart, panel, top));
    top += panel.height;
  }
  const looks = panels
    .flatMap(({ series }) => series)
    .flatMap((one) => [one, ...(one.below === undefined ? [] : [{ ...one, ...one.below }])]);
  const definitions = new Set(
    looks.map((one) => textureDefinition(id, one.colour, one.texture ?? "plain")),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="fig" color="${colour("ink")}" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-labelledby="${id}-title ${id}-description" font-family="${escape(FONT)}" font-size="${FONT_SIZE}">`,
    `<title id="${id}-title">${escape(chart.title)}</title>`,
    `<desc id="${id}-description">${escape(chart.description)}</desc>`,
    style,
    `<defs>${[...definitions].join("")}</defs>`,
    ...body,
    "</svg>",
  ]
    .filter((line) => line !== "")
    .join("\n");
}

/** A figure as a file of its own, with its colours and its background. */
export function drawFile(chart: Chart): string {
  const style = `<style>\n${COLOUR_STYLE}\n${FIGURE_STYLE}\n</style>\n<rect width="100%" height="100%" fill="${colour("paper")}" class="fill-paper"/>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${drawChart(chart, style)}\n`;
}
