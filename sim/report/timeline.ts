/** The time axis of figures and their tables: hours of a run, or days of a long one, in UTC. */

import { HOURS_PER_DAY, MS_PER_HOUR } from "../units.ts";

/** Longest run that is drawn hour by hour; 31 days are 744 bars, the most that still can be told apart. */
const MOST_HOURLY = 31 * HOURS_PER_DAY;

/** How many dates fit under an axis. */
const MOST_DATES = 10;

/** One piece of the axis. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** A tick of the axis, and a label if there is one. */
export interface Tick {
  readonly at: Date;
  readonly label: string;
  /** Whether the label is a date. */
  readonly dated: boolean;
}

/** The run's time in equal pieces. */
export interface Timeline {
  /** "hour" or "day": what the figures' values are per. */
  readonly per: "hour" | "day";
  readonly spans: readonly Span[];
  /** Where a day (or several) begins. */
  readonly ticks: readonly Tick[];
}

const format = (options: Intl.DateTimeFormatOptions): ((at: Date) => string) => {
  const formatter = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  return (at) => formatter.format(at);
};

const dayName = format({ weekday: "short", day: "numeric", month: "short" });
const dayMonth = format({ day: "numeric", month: "short" });
const clock = format({ hour: "2-digit", minute: "2-digit" });

/** A date in full, such as "22 June 2015". */
export const longDate = format({ day: "numeric", month: "long", year: "numeric" });

/** A moment to the minute, such as "2015-06-22 13:00". */
export const moment = (at: Date): string => at.toISOString().slice(0, 16).replace("T", " ");

/** The axis for a run of so many hours. */
export function timeline(start: string, hours: number): Timeline {
  const first = Date.parse(start);
  if (Number.isNaN(first)) throw new RangeError(`"${start}" is not a date.`);
  const hourly = hours <= MOST_HOURLY;
  const step = hourly ? 1 : HOURS_PER_DAY;
  const spans = Array.from({ length: Math.ceil(hours / step) }, (_, index) => ({
    from: new Date(first + index * step * MS_PER_HOUR),
    to: new Date(first + Math.min((index + 1) * step, hours) * MS_PER_HOUR),
  }));
  return { per: hourly ? "hour" : "day", spans, ticks: ticksOf(first, hours) };
}

/** Share of the axis that a label needs at its end; a tick nearer to it has none. */
const LABEL_SHARE = 0.09;

function ticksOf(first: number, hours: number): Tick[] {
  const days = hours / HOURS_PER_DAY;
  const short = days <= 2;
  const every = short
    ? 6
    : HOURS_PER_DAY * ([1, 2, 7, 14, 28, 56].find((step) => days / step <= MOST_DATES) ?? 56);
  // Midnights of UTC, wherever in a day the run begins.
  const unit = short ? every : HOURS_PER_DAY;
  const lead = (unit - ((first / MS_PER_HOUR) % unit)) % unit;
  const ticks: Tick[] = [];
  for (let hour = lead; hour <= hours; hour += every) {
    const at = new Date(first + hour * MS_PER_HOUR);
    const label = short && at.getUTCHours() !== 0 ? clock(at) : dateLabel(at, days);
    const year = ticks.some((tick) => tick.dated) ? "" : ` ${at.getUTCFullYear()}`;
    const dated = label !== clock(at);
    const room = hours - hour >= LABEL_SHARE * hours;
    ticks.push({ at, dated, label: room ? `${label}${dated ? year : ""}` : "" });
  }
  return ticks;
}

/** With the day of the week where there is room for it. */
const dateLabel = (at: Date, days: number): string => (days <= 7 ? dayName(at) : dayMonth(at));

/** Values per hour as values per piece: their sum, or the last one of a state. */
export function perSpan(
  { per, spans }: Timeline,
  hourly: readonly number[],
  how: "sum" | "last" = "sum",
): number[] {
  const step = per === "hour" ? 1 : HOURS_PER_DAY;
  return spans.map((_, index) => {
    const values = hourly.slice(index * step, (index + 1) * step);
    return how === "sum" ? values.reduce((a, b) => a + b, 0) : (values.at(-1) ?? 0);
  });
}
