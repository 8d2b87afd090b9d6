/** A chart over slots: panels one above the other, read with the pointer or the arrow keys, and as a table. */
import { useEffect, useMemo, useState } from "preact/hooks";

import { slotSeconds } from "../components/links.tsx";
import { fixed, NONE, utcMinute } from "../format.ts";
import { usePart } from "../part.ts";
import { navigate } from "../router.ts";
import { AsTable } from "./asTable.tsx";
import type { ReadPanel, TimedSlot } from "./readPanel.ts";
import { slotTimeline } from "./slots.ts";

interface ChartProps {
  /** Unique in a page; no spaces. */
  readonly id: string;
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly description: string;
  readonly slots: readonly TimedSlot[];
  readonly panels: readonly ReadPanel[];
  /** Where Enter and a click on a slot lead. */
  readonly to?: (slot: number) => string;
  /** What a piece of the time axis is, if it is no slot of the market. */
  readonly piece?: { readonly name: string; readonly seconds: number };
}

const shown = (value: number | undefined, { decimals, unit }: ReadPanel): string =>
  value === undefined || Number.isNaN(value) ? NONE : `${fixed(value, decimals)} ${unit}`;

/** Width of an element as it is laid out. */
function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return [setElement, width];
}

export function Chart(props: ChartProps) {
  const { id, title, description, slots, panels, to } = props;
  const piece = props.piece ?? { name: "slot", seconds: slotSeconds() };
  const { part: drawing, failure } = usePart(() => import("./drawn.tsx"));
  const [measure, width] = useWidth();
  const [cursor, setCursor] = useState<number>();
  const starts = slots.map(({ timestamp }) => timestamp);
  const timeline = useMemo(
    () => slotTimeline(starts, piece.seconds, width),
    [starts[0], starts.length, piece.seconds, width],
  );
  const series = useMemo(() => panels.flatMap((panel) => panel.series), [panels]);
  const last = slots.length - 1;
  const at = cursor === undefined ? undefined : slots[Math.min(cursor, last)];
  const move = (index: number): void => {
    setCursor(Math.max(0, Math.min(last, index)));
  };
  const open = (): void => {
    if (at !== undefined && to !== undefined) navigate(to(at.slot));
  };
  const inside = drawing === undefined ? 1 : width - drawing.MARGIN.left - drawing.MARGIN.right;
  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: (cursor ?? slots.length) - 1,
      ArrowRight: (cursor ?? -1) + 1,
      PageUp: (cursor ?? 0) - 24,
      PageDown: (cursor ?? 0) + 24,
      Home: 0,
      End: last,
    };
    const step = steps[event.key];
    if (step !== undefined) move(step);
    else if (event.key === "Enter") open();
    else if (event.key === "Escape") setCursor(undefined);
    else return;
    event.preventDefault();
  };
  const where = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    move(Math.floor(((left - (drawing?.MARGIN.left ?? 0)) / inside) * slots.length));
  };
  const ruleAt =
    cursor === undefined || drawing === undefined
      ? undefined
      : drawing.MARGIN.left + ((Math.min(cursor, last) + 0.5) / slots.length) * inside;
  return (
    <figure class="chart" aria-labelledby={`${id}-title`}>
      <figcaption>
        <strong id={`${id}-title`}>{title}</strong>
        <span class="at" aria-hidden="true">
          {at === undefined ? "" : `${piece.name} ${at.slot}, ${utcMinute(at.timestamp)} UTC`}
        </span>
      </figcaption>
      <div
        ref={measure}
        class="plot"
        role="slider"
        tabIndex={0}
        aria-label={`${title}. ${description} Arrow keys go from ${piece.name} to ${piece.name}${to === undefined ? "" : ", Enter opens one"}.`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, last)}
        aria-valuenow={cursor ?? 0}
        aria-valuetext={
          at === undefined ? `no ${piece.name} chosen` : spoken(piece.name, at, cursor ?? 0, panels)
        }
        onKeyDown={onKeyDown}
        onPointerMove={where}
        onPointerLeave={() => {
          setCursor(undefined);
        }}
        onClick={open}
        data-links={to !== undefined}
      >
        {drawing !== undefined && width > 0 && <drawing.Textures id={id} series={series} />}
        {panels.map((panel) => (
          <div key={panel.label}>
            <div class="key" aria-hidden="true">
              <span class="axis">{panel.label}</span>
              {panel.series.map((one) => (
                <span key={one.label} class="entry">
                  {drawing !== undefined && <drawing.Swatch id={id} series={one} />}
                  {one.label}
                  {cursor !== undefined && (
                    <b>{shown(one.values[Math.min(cursor, last)], panel)}</b>
                  )}
                </span>
              ))}
            </div>
            <div style={{ minHeight: `${panel.height}px` }}>
              {drawing !== undefined && width > 0 && (
                <drawing.DrawnPanel id={id} timeline={timeline} panel={panel} width={width} />
              )}
            </div>
          </div>
        ))}
        {ruleAt !== undefined && <div class="rule" style={{ left: `${ruleAt}px` }} />}
      </div>
      {failure !== undefined && <p class="bad">{failure}</p>}
      <AsTable
        title={title}
        piece={piece.name}
        slots={slots}
        panels={panels}
        {...(to === undefined ? {} : { to })}
      />
    </figure>
  );
}

const spoken = (
  piece: string,
  { slot, timestamp }: TimedSlot,
  index: number,
  panels: readonly ReadPanel[],
): string =>
  [
    `${piece} ${slot}, ${utcMinute(timestamp)}`,
    ...panels.flatMap((panel) =>
      panel.series.map(({ label, values }) => `${label} ${shown(values[index], panel)}`),
    ),
  ].join("; ");
