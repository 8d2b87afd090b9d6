/** The drawing of a chart by Observable Plot, which is loaded with it. */
import { plot } from "@observablehq/plot";
import { useEffect, useRef } from "preact/hooks";

import { textureDefinition } from "../../../sim/report/palette.ts";
import { fillOf, plotOptions, type Panel, type Series } from "../../../sim/report/panel.ts";
import type { Timeline } from "../../../sim/report/timeline.ts";

const SVG = "http://www.w3.org/2000/svg";

/** Space around the marks, pixels. */
export const MARGIN = { left: 46, right: 10, top: 8, bottom: 24 };

/** A panel's marks. */
export function DrawnPanel({
  id,
  timeline,
  panel,
  width,
}: {
  id: string;
  timeline: Timeline;
  panel: Panel;
  width: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const drawn = plot(
      plotOptions(id, timeline, panel, {
        width,
        height: panel.height,
        marginLeft: MARGIN.left,
        marginRight: MARGIN.right,
        marginTop: MARGIN.top,
        marginBottom: MARGIN.bottom,
      }),
    );
    // The page's policy has no style sheets but its own; what they say is said there.
    for (const style of drawn.querySelectorAll("style")) style.remove();
    drawn.setAttribute("class", "fig");
    drawn.setAttribute("aria-hidden", "true");
    box.current?.replaceChildren(drawn);
  }, [id, timeline, panel, width]);
  return <div ref={box} class="marks" />;
}

/** Textures of a chart's series. */
export function Textures({ id, series }: { id: string; series: readonly Series[] }) {
  const defs = useRef<SVGDefsElement>(null);
  useEffect(() => {
    const looks = series.flatMap((one) => [one, ...(one.below === undefined ? [] : [one.below])]);
    const texts = new Set(
      looks.map(({ colour, texture }) => textureDefinition(id, colour, texture ?? "plain")),
    );
    const parsed = new DOMParser().parseFromString(
      `<svg xmlns="${SVG}">${[...texts].join("")}</svg>`,
      "image/svg+xml",
    );
    defs.current?.replaceChildren(...parsed.documentElement.childNodes);
  }, [id, series]);
  return (
    <svg class="textures fig" aria-hidden="true">
      <defs ref={defs} />
    </svg>
  );
}

/** What a series looks like. */
export function Swatch({ id, series }: { id: string; series: Series }) {
  const { as, colour, dash, texture } = series;
  if (as === "line" || as === "level")
    return (
      <svg class="swatch fig" viewBox="0 0 22 12" aria-hidden="true">
        <path
          d="M0,6h22"
          fill="none"
          class={`line-${colour}`}
          stroke-width="2"
          stroke-dasharray={dash}
        />
      </svg>
    );
  const { fill, className } = { className: undefined, ...fillOf(id, colour, texture) };
  return (
    <svg class="swatch fig" viewBox="0 0 22 12" aria-hidden="true">
      <path
        d="M0.5,0.5h21v11h-21z"
        fill={fill}
        {...(className === undefined ? {} : { class: className })}
      />
      <path d="M0.5,0.5h21v11h-21z" fill="none" class="line-faint" stroke-width="0.75" />
    </svg>
  );
}
