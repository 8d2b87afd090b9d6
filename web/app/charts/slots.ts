/** The time axis of charts over slots: one piece a slot, whatever a slot's length, and dates where there is room for them. */
import type { Timeline } from "../../../sim/report/timeline.ts";
import type { Seconds } from "../../shared/api.ts";

const DAY = 86_400;

/** Distances between ticks, seconds. */
const STEPS = [60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, DAY, 2 * DAY, 7 * DAY, 28 * DAY];

/** About how wide a label is, pixels. */
const LABEL_WIDTH = 74;

const named = (options: Intl.DateTimeFormatOptions): ((at: Date) => string) => {
  const format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  return (at) => format.format(at);
};

const dayName = named({ weekday: "short", day: "numeric", month: "short" });
const clock = named({ hour: "2-digit", minute: "2-digit" });

/** The axis for slots that begin at these times, drawn so many pixels wide. */
export function slotTimeline(
  starts: readonly Seconds[],
  slotSeconds: number,
  width: number,
): Timeline {
  const at = (seconds: number): Date => new Date(seconds * 1000);
  const spans = starts.map((start) => ({ from: at(start), to: at(start + slotSeconds) }));
  const first = starts[0] ?? 0;
  const last = (starts.at(-1) ?? 0) + slotSeconds;
  const room = Math.max(1, Math.floor(width / LABEL_WIDTH));
  const step = STEPS.find((size) => (last - first) / size <= room) ?? 56 * DAY;
  const ticks = [];
  for (let time = Math.ceil(first / step) * step; time <= last; time += step) {
    const dated = time % DAY === 0;
    const fits = ((last - time) / (last - first)) * width >= LABEL_WIDTH * 0.8;
    ticks.push({ at: at(time), dated, label: fits ? (dated ? dayName : clock)(at(time)) : "" });
  }
  return { per: "hour", spans, ticks };
}
