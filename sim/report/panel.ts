/** A chart over time, as the report and the console draw it: marks, axes and scales for Observable Plot, which needs a DOM to draw in. */
import {
  areaY,
  axisX,
  axisY,
  gridY,
  lineY,
  rectY,
  ruleX,
  ruleY,
  type Markish,
  type PlotOptions,
} from "@observablehq/plot";

import { colour, textureId, type ColourName, type Texture } from "./palette.ts";
import type { Span, Timeline } from "./timeline.ts";

/** About how many values an axis names. */
const Y_TICKS = 5;

/** Values over the timeline, one for each of its spans; NaN where there is none. */
export interface Series {
  readonly label: string;
  readonly values: readonly number[];
  readonly colour: ColourName;
  /**
   * How it is drawn: areas stand on each other in their order; lines and bars stand on zero; levels are lines that are not joined,
   * for what is not there at all times.
   */
  readonly as: "area" | "line" | "level" | "bar";
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
  /** Whether the vertical axis begins where the values do, and not at zero. */
  readonly fitted?: boolean;
}

interface Point {
  readonly x1: Date;
  readonly x2: Date;
  readonly y1: number;
  readonly y2: number;
}

function pointsOf(
  spans: readonly Span[],
  values: readonly number[],
  base?: readonly number[],
): Point[] {
  return spans.map(({ from, to }, index) => {
    const y1 = base?.[index] ?? 0;
    return { x1: from, x2: to, y1, y2: y1 + (values[index] ?? 0) };
  });
}

/** A step needs its last value twice: where the last span begins, and where it ends. */
function steps(points: readonly Point[]): Point[] {
  const last = points.at(-1);
  return last === undefined ? [] : [...points, { ...last, x1: last.x2 }];
}

/** How a mark of a figure is filled. */
export const fillOf = (chart: string, name: ColourName, texture: Texture = "plain") =>
  texture === "plain"
    ? { fill: colour(name), className: `fill-${name}` }
    : { fill: `url(#${textureId(chart, name, texture)})` };

function barMarks(chart: string, series: Series, points: readonly Point[]): Markish[] {
  const bars = (some: readonly Point[], name: ColourName, texture?: Texture): Markish =>
    rectY(some, {
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

function seriesMarks(id: string, panel: Panel, spans: readonly Span[]): Markish[] {
  let base: readonly number[] | undefined;
  const marks = panel.series.map((series) => {
    if (series.as === "bar") return barMarks(id, series, pointsOf(spans, series.values));
    if (series.as === "level") {
      return [
        ruleY(
          pointsOf(spans, series.values).filter(({ y2 }) => !Number.isNaN(y2)),
          {
            x1: "x1",
            x2: "x2",
            y: "y2",
            stroke: colour(series.colour),
            className: `line-${series.colour}`,
            strokeWidth: 2.4,
          },
        ),
      ];
    }
    if (series.as === "line") {
      return [
        lineY(steps(pointsOf(spans, series.values)), {
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
    const points = pointsOf(spans, series.values, base);
    base = points.map(({ y2 }) => y2);
    return [
      areaY(steps(points), {
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
  const known = all.filter((value) => Number.isFinite(value));
  const from = panel.fitted === true ? (known[0] ?? 0) : 0;
  const low = known.reduce((a, b) => Math.min(a, b), from);
  const high = known.reduce((a, b) => Math.max(a, b), from);
  return [low, high === low ? low + 1 : high];
}

/** Size of a panel and of what stands around its marks, in pixels. */
export interface PanelSize {
  readonly width: number;
  readonly height: number;
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly marginTop: number;
  readonly marginBottom: number;
}

/** What Plot draws of a panel. `id` is that of the figure, whose definitions have its textures. */
export function plotOptions(
  id: string,
  { spans, ticks }: Timeline,
  panel: Panel,
  size: PanelSize,
): PlotOptions {
  const dates = ticks.map(({ at }) => at);
  const labels = new Map(ticks.map(({ at, label }) => [at.getTime(), label]));
  return {
    ...size,
    x: { type: "utc", domain: [spans[0]?.from ?? new Date(0), spans.at(-1)?.to ?? new Date(1)] },
    y: { domain: rangeOf(panel), nice: Y_TICKS },
    marks: [
      gridY({
        ticks: Y_TICKS,
        stroke: colour("grid"),
        strokeOpacity: 1,
        className: "line-grid",
      }),
      ruleX(dates, { stroke: colour("grid"), className: "line-grid" }),
      axisY({ label: null, tickSize: 0, tickPadding: 6, ticks: Y_TICKS }),
      axisX(dates, {
        label: null,
        tickSize: 0,
        tickPadding: 8,
        tickFormat: (at: Date) => labels.get(at.getTime()) ?? "",
        // A date stands at the beginning of its day.
        textAnchor: "start",
        dx: 2,
      }),
      ...seriesMarks(id, panel, spans),
      ...(panel.fitted === true
        ? []
        : [ruleY([0], { stroke: colour("ink"), className: "line-ink", strokeWidth: 1 })]),
    ],
  };
}
