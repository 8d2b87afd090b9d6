/** A rule beside the paper's: it looks a day ahead and gives each job the hours in which it needs least import. */
import type { PowerCurve } from "../physics/server.ts";
import { hourlyCoreSeconds, hoursNeeded, slackHours, type Job, type RackSpec } from "./rack.ts";
import { LONGEST_HORIZON, mustRun, placeFirst, type Scheduler } from "./scheduler.ts";

/**
 * Plans all work over the hours that are forecast, the least tolerant first: each job gets those hours before its deadline in
 * which it adds least import, given what was planned before it and that full servers take less for a core than half-empty
 * ones. What is planned for the present hour runs; the next hour is planned anew.
 */
export const lookAhead: Scheduler = {
  name: "look-ahead",
  horizonHours: LONGEST_HORIZON,
  defers: true,
  plan({ hour, ahead, jobs, rack }) {
    placeFirst(jobs, hour, rack);
    const gap = (ahead[0] ?? 0) - rack.loadWh;
    // Busy cores that are planned for each hour; fixed work first.
    const busy = new Float64Array(ahead.length);
    const waiting: Job[] = [];
    for (const job of jobs) {
      if (job.priority || mustRun(job, hour)) occupy(busy, job, ahead.length);
      else waiting.push(job);
    }
    waiting.sort((a, b) => slackHours(a, hour) - slackHours(b, hour) || b.cores - a.cores);
    const chosen: Job[] = [];
    for (const job of waiting) {
      const hours = cheapestHours(job, hour, busy, ahead, rack.spec);
      for (const [i, share] of hours) busy[i] = (busy[i] ?? 0) + share * job.cores;
      if (hours.some(([i]) => i === 0)) chosen.push(job);
    }
    chosen.sort((a, b) => hourlyCoreSeconds(b) - hourlyCoreSeconds(a));
    for (const job of chosen) rack.place(job);
    return gap;
  },
};

/** Work that runs from now on without a break. */
function occupy(busy: Float64Array, job: Job, horizon: number): void {
  const hours = hoursNeeded(job);
  for (let i = 0; i < Math.min(horizon, hours); i += 1)
    busy[i] = (busy[i] ?? 0) + job.cores * Math.min(1, hours - i);
}

/**
 * The hours, counted from the present one, that a job is to run in, with the share of each that it needs; among hours of equal
 * cost the earlier ones.
 */
function cheapestHours(
  job: Job,
  hour: number,
  busy: Float64Array,
  ahead: Float64Array,
  { curve, cores }: RackSpec,
): [hour: number, share: number][] {
  const last = Math.min(ahead.length - 1, job.deadlineHour - hour);
  const options: { readonly i: number; readonly importWh: number }[] = [];
  for (let i = 0; i <= last; i += 1) {
    const planned = busy[i] ?? 0;
    const sunWh = ahead[i] ?? 0;
    const before = Math.max(0, loadW(planned, curve, cores) - sunWh);
    const after = Math.max(0, loadW(planned + job.cores, curve, cores) - sunWh);
    options.push({ i, importWh: after - before });
  }
  options.sort((a, b) => a.importWh - b.importWh || a.i - b.i);
  const needed = hoursNeeded(job);
  return options
    .slice(0, Math.ceil(needed))
    .map(({ i }, place) => [i, Math.min(1, needed - place)]);
}

/** Power of so many busy cores on as few servers as hold them, W. */
function loadW(busy: number, curve: PowerCurve, cores: number): number {
  const full = Math.floor(busy / cores);
  const rest = busy - full * cores;
  return full * curve.full + (rest > 0 ? curve.at(rest / cores) : 0);
}
