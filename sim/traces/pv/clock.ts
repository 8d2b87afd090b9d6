/** Times as people and loggers write them, and what instants they are. */
import { Temporal } from "temporal-polyfill";

import { UserError } from "../../errors.ts";
import { problemIn } from "../textFile.ts";
import { MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND } from "../../units.ts";

/** A time as it is written. */
export interface Written {
  /** As if it were UTC, milliseconds since 1970. */
  readonly wall: number;
  /** Offset from UTC, milliseconds, if it is written. */
  readonly offset: number | undefined;
}

const OF_DAY = String.raw`[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$`;
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})${OF_DAY}`, "i");
const DAY_FIRST = new RegExp(String.raw`^(\d{1,2})\.(\d{1,2})\.(\d{4})${OF_DAY}`, "i");

/** Whether days and months could be confused. */
export const isAmbiguousDate = (text: string): boolean => /^\d{1,2}[/-]\d{1,2}[/-]\d{4}/.test(text);

function offsetOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(text);
  if (match === null) return 0;
  return (
    (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0)) * MS_PER_MINUTE
  );
}

/** Milliseconds of a date in the calendar; undefined if there is no such day or time. 24:00 is the end of the day. */
export function wallOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second = 0,
): number | undefined {
  const midnight = new Date(Date.UTC(year, month - 1, day));
  const exists = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day;
  const ofDay = (hour * 60 + minute) * 60 + second;
  if (!exists || minute > 59 || second > 59 || ofDay * MS_PER_SECOND > MS_PER_DAY) return undefined;
  return midnight.getTime() + ofDay * MS_PER_SECOND;
}

/** Reads `2015-06-22T13:00` and its relatives, also `22.06.2015 13:00`; undefined if it is no such time. */
export function parseTime(text: string): Written | undefined {
  const yearFirst = YEAR_FIRST.exec(text);
  const match = yearFirst ?? DAY_FIRST.exec(text);
  if (match === null) return undefined;
  const [first = 0, month = 0, third = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part: string | undefined) => Number(part ?? 0));
  const [year, day] = yearFirst === null ? [third, first] : [first, third];
  const wall = wallOf(year, month, day, hour, minute, second);
  return wall === undefined ? undefined : { wall, offset: offsetOf(match[7]) };
}

/** Minutes of a time, in UTC, as reports write it. */
export const atMinute = (time: number): string =>
  `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;

const localMinute = (wall: number): string =>
  new Date(wall).toISOString().slice(0, 16).replace("T", " ");

/** Instants of local times, in the order of a file, which is what tells the two hours at the end of summer time apart. */
export class LocalClock {
  private readonly file: string;
  private readonly zone: string;
  /** Offset of local days on which the clock is not changed. */
  private readonly offsets = new Map<number, number | undefined>();
  /** Times that happened twice: the lines on which they were read. */
  private readonly twice = new Map<number, number[]>();

  /**
   * @param zone IANA name
   * @throws UserError if there is no such zone
   */
  constructor(file: string, zone: string) {
    this.file = file;
    this.zone = zone;
    try {
      this.offsetAt(0);
    } catch (error) {
      throw new UserError(
        `pv.timeZone: there is no time zone "${zone}". Use an IANA name, such as Europe/Amsterdam.`,
        { cause: error },
      );
    }
  }

  /**
   * The instant of a local time, milliseconds since 1970. Of a time that happens twice the first call gives the
   * earlier instant and the second call the later.
   *
   * @throws UserError if the clock skips this time
   */
  instantOf(wall: number, line: number): number {
    const steady = this.steadyOffset(Math.floor(wall / MS_PER_DAY));
    if (steady !== undefined) return wall - steady;
    const offsets = new Set([this.offsetAt(wall - MS_PER_DAY), this.offsetAt(wall + MS_PER_DAY)]);
    const instants = [...offsets]
      .map((offset) => wall - offset)
      .filter((instant) => this.offsetAt(instant) === wall - instant)
      .sort((a, b) => a - b);
    const [earlier, later] = instants;
    if (earlier === undefined) throw this.skipped(wall, line);
    if (later === undefined) return earlier;
    const lines = this.twice.get(wall) ?? [];
    this.twice.set(wall, [...lines, line]);
    return lines.length === 0 ? earlier : later;
  }

  /**
   * To be called after the last time.
   *
   * @returns how many times happened twice
   * @throws UserError if one of them was there only once, since nothing tells which it is
   */
  finish(): number {
    for (const [wall, [line, second]] of this.twice) {
      if (second === undefined) {
        throw problemIn(
          this.file,
          line,
          `${localMinute(wall)} happened twice in ${this.zone}, where clocks were put back, and the file has it once. ${this.advice}`,
        );
      }
    }
    return this.twice.size;
  }

  private readonly advice =
    "If the file's clock is never changed, name such a zone in pv.timeZone, for example Etc/GMT-1 for UTC+1; otherwise write the offset behind the times, such as +02:00, or remove the line.";

  private skipped(wall: number, line: number): UserError {
    return problemIn(
      this.file,
      line,
      `${localMinute(wall)} does not exist in ${this.zone}, where clocks were put forward. ${this.advice}`,
    );
  }

  private offsetAt(instant: number): number {
    const time = Temporal.Instant.fromEpochMilliseconds(instant);
    return time.toZonedDateTimeISO(this.zone).offsetNanoseconds / 1_000_000;
  }

  /**
   * Offset of a local day if it is the same from the day before to the day after: the library is slow for every row
   * of a year.
   */
  private steadyOffset(day: number): number | undefined {
    if (!this.offsets.has(day)) {
      const before = this.offsetAt((day - 1) * MS_PER_DAY);
      const after = this.offsetAt((day + 2) * MS_PER_DAY);
      this.offsets.set(day, before === after ? before : undefined);
    }
    return this.offsets.get(day);
  }
}
