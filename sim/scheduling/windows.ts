/** How much work must fall into each window of time, whatever the schedule. */
import { SECONDS_PER_HOUR } from "../units.ts";

/** Work that was done, and when it could have been. */
export interface WorkItem {
  /** First hour in which it may run, from 0. */
  readonly releaseHour: number;
  /** Last hour in which it may run; beyond the end of the run, the run's last. */
  readonly deadlineHour: number;
  /** Busy core-seconds that were executed. */
  readonly coreSeconds: number;
  /**
   * Cores that it can keep busy at a time. Without it, it could do all its work in any hour of its window, which makes the
   * bound weaker.
   */
  readonly cores?: number;
}

/** At least this much work is done from the first to the last hour. */
export interface WindowDemand {
  readonly firstHour: number;
  readonly lastHour: number;
  readonly coreSeconds: number;
}

/** How many splits of windows are looked at for demands that others imply; seconds of work, not of results. */
const MOST_SPLITS = 50_000_000;

/**
 * The work that must be done in each window of hours: of each item what does not fit into the hours of its own
 * window outside this one, with all its cores busy there (energetic reasoning; Baptiste, Le Pape and Nuijten,
 * "Constraint-Based Scheduling", 2001, chapter 3).
 *
 * Demands that follow from others are left out, as are those of windows longer than `longest`; leaving out is always
 * right for a lower bound. The demand of all hours is always there.
 *
 * @param longest in hours, for runs of which every window would be too many
 * @throws RangeError if an item has no hour to run in
 */
export function windowDemands(
  items: readonly WorkItem[],
  hours: number,
  longest = hours,
): WindowDemand[] {
  const width = Math.min(longest, hours);
  const { masses, total } = massesOf(items, hours, width);
  // Work of the window of `length` hours from `first`; whole numbers, so that sums are exact.
  const work = new Float64Array((hours + 1) * (width + 1));
  const at = (first: number, length: number): number => work[first * (width + 1) + length] ?? 0;
  for (let length = 1; length <= width; length += 1) {
    for (let first = 0; first + length <= hours; first += 1) {
      const both = length === 1 ? 0 : at(first + 1, length - 2);
      work[first * (width + 1) + length] =
        at(first + 1, length - 1) +
        at(first, length - 1) -
        both +
        (masses[first * (width + 1) + length] ?? 0);
    }
  }
  const isSplitLooked = (hours * width * width) / 2 <= MOST_SPLITS;
  const demands: WindowDemand[] = [];
  for (let length = 1; length <= width; length += 1) {
    for (let first = 0; first + length <= hours; first += 1) {
      const coreSeconds = at(first, length);
      // Of two windows, one in the other, or two that make up the third: these are enough.
      if (coreSeconds <= Math.max(at(first + 1, length - 1), at(first, length - 1))) continue;
      let isImplied = false;
      for (let part = 1; isSplitLooked && part < length && !isImplied; part += 1) {
        isImplied = at(first, part) + at(first + part, length - part) >= coreSeconds;
      }
      if (!isImplied && length < hours) {
        demands.push({ firstHour: first, lastHour: first + length - 1, coreSeconds });
      }
    }
  }
  demands.push({ firstHour: 0, lastHour: hours - 1, coreSeconds: total });
  return demands;
}

/**
 * The items' work as masses at windows, so that the work of a window is the sum of the masses at all windows in it.
 *
 * What an item must do in the window from a to b depends only on how many hours o of its own window lie outside:
 * f(o) = max(0, work − rate · o). The mass is f's second difference, which is 0 but at the last two o with f > 0.
 */
function massesOf(
  items: readonly WorkItem[],
  hours: number,
  width: number,
): { readonly masses: Float64Array; readonly total: number } {
  const masses = new Float64Array((hours + 1) * (width + 1));
  let total = 0;
  for (const { releaseHour, deadlineHour, coreSeconds, cores } of items) {
    const last = Math.min(deadlineHour, hours - 1);
    if (!(releaseHour >= 0 && releaseHour <= last)) {
      throw new RangeError(
        `Work of ${coreSeconds} core-seconds has no hour to run in: it may run from hour ${releaseHour} to ` +
          `${deadlineHour}, and the run has the hours 0 to ${hours - 1}.`,
      );
    }
    // Whole core-seconds, downwards: less work is still a bound.
    const amount = Math.floor(coreSeconds);
    if (amount <= 0) continue;
    total += amount;
    const length = last - releaseHour + 1;
    const atOnce = cores === undefined ? amount : Math.ceil(cores * SECONDS_PER_HOUR);
    // What was measured can be a little more than fits; and nothing does more than all in an hour.
    const rate = Math.min(Math.max(atOnce, Math.ceil(amount / length)), amount);
    const left = (outside: number): number => Math.max(0, amount - rate * outside);
    const most = Math.ceil(amount / rate) - 1;
    for (let outside = Math.max(0, most - 1); outside <= most; outside += 1) {
      const inner = length - outside;
      if (inner < 1 || inner > width) continue;
      const mass = left(outside) - 2 * left(outside + 1) + left(outside + 2);
      for (let before = 0; before <= outside; before += 1) {
        const place = (releaseHour + before) * (width + 1) + inner;
        masses[place] = (masses[place] ?? 0) + mass;
      }
    }
  }
  return { masses, total };
}
