/** Charts over a run's time as SVG: panels one above the other, each with its key. Drawn by Observable Plot in a DOM of its own. */
import * as Plot from "@observablehq/plot";
import { DOMParser } from "linkedom";

import { escape } from "./markup.ts";
import { COLOUR_STYLE, FIGURE_STYLE, colour, textureDefinition } from "./palette.ts";
import { fillOf, plotOptions, type Panel, type Series } from "./panel.ts";
import type { Timeline } from "./timeline.ts";

const WIDTH = 860;
const MARGIN = { left: 46, right: 10, top: 8, bottom: 24 };
const KEY_HEIGHT = 26;
const FONT = `system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif`;
const FONT_SIZE = 12;
/** Mean width of a character: a key must be placed without measuring it. */
const CHARACTER = 6.5;
const SWATCH = 22;
/** A figure to be drawn. */
export interface Chart {
  /** Unique in a page; no spaces. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly timeline: Timeline;
  readonly panels: readonly Panel[];
}

/** What is used of the element that Plot gives; its own types need a browser's. */
interface Drawn {
  readonly innerHTML: string;
  querySelectorAll(selector: string): Iterable<{ remove(): void }>;
}

const newDocument = () => new DOMParser().parseFromString("<html></html>", "text/html");

function drawPanel({ id, timeline }: Chart, panel: Panel, top: number): string {
  const size = {
    width: WIDTH,
    height: panel.height,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
  };
  const drawn = Plot.plot({
    document: newDocument(),
    ...plotOptions(id, timeline, panel, size),
  }) as unknown as Drawn;
  for (const style of drawn.querySelectorAll("style")) style.remove();
  return `<svg x="0" y="${top}" width="${WIDTH}" height="${panel.height}" class="fill-ink" fill="${colour("ink")}" font-size="${FONT_SIZE - 1}" text-anchor="middle"><text x="${MARGIN.left - 6}" y="${panel.height - 8}" text-anchor="end">UTC</text>${drawn.innerHTML}</svg>`;
}

function swatch(chart: string, series: Series, x: number, y: number): string {
  if (series.as === "line" || series.as === "level") {
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
