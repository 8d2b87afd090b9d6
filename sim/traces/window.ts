/** Which part of a log becomes the run. */
import type { Scenario } from "../scenario/schema.ts";
import { HOURS_PER_DAY, SECONDS_PER_HOUR } from "../units.ts";
import type { Job, JobFile } from "./job.ts";
import type { Findings } from "./findings.ts";
import { problemIn } from "./textFile.ts";

/** Jobs that are submitted in the run, and what to say about the choice. */
export interface Window {
  /** Start of the run on the file's clock, s. */
  readonly startSeconds: number;
  /** By submission. */
  readonly jobs: readonly Job[];
  readonly notes: readonly string[];
}

/**
 * Where a window of this length holds most of the times; the first of several. One pass with two ends: a best window can
 * always be moved to begin at one of the times.
 *
 * @param times sorted, at least one
 * @returns one of the times
 */
export function busiestStart(times: readonly number[], length: number): number {
  let best = { start: times[0] ?? 0, count: 0 };
  let end = 0;
  for (const [i, start] of times.entries()) {
    while (end < times.length && (times[end] ?? Infinity) < start + length) end += 1;
    if (end - i > best.count) best = { start, count: end - i };
  }
  return best.start;
}

const inDays = (seconds: number): string =>
  `${seconds} s (${(seconds / SECONDS_PER_HOUR / HOURS_PER_DAY).toFixed(2)} days)`;

/**
 * Chooses the part of a file that the run is about: from `tasks.startSeconds` on; without it, from the beginning of a file
 * whose clock is the run's, or else the part with the most submissions. Jobs that were submitted before and would still
 * run are not carried over: the run begins with empty data centres.
 *
 * @param jobs at least one
 * @throws UserError if nothing is submitted there
 */
export function chooseWindow(
  { jobs, runClock }: JobFile,
  { hours, tasks }: Scenario,
  name: string,
  findings: Findings,
): Window {
  const sorted = jobs.toSorted((a, b) => a.submitSeconds - b.submitSeconds);
  const times = sorted.map(({ submitSeconds }) => submitSeconds);
  const length = hours * SECONDS_PER_HOUR;
  const zero = runClock ? 0 : (times[0] ?? 0);
  const chosen = runClock ? 0 : busiestStart(times, length);
  const start = tasks.startSeconds === undefined ? chosen : Math.floor(zero + tasks.startSeconds);
  const end = start + length;

  const inside: Job[] = [];
  let running = 0;
  for (const job of sorted) {
    if (job.submitSeconds >= end) findings.drop("submitted after the run", job.line);
    else if (job.submitSeconds >= start) inside.push(job);
    else {
      findings.drop("submitted before the run", job.line);
      if (job.submitSeconds + job.durationSeconds > start) running += 1;
    }
  }
  if (inside.length === 0) {
    const [first, last] = [(times[0] ?? 0) - zero, (times.at(-1) ?? 0) - zero];
    throw problemIn(
      name,
      undefined,
      `nothing is submitted in the ${hours} hours from ${inDays(start - zero)}; the file's submissions are from ${inDays(first)} to ${inDays(last)}. Set tasks.startSeconds to a time among them.`,
    );
  }
  const since = runClock ? "the file's 0" : "the file's first submission";
  const why =
    tasks.startSeconds !== undefined ? "as tasks.startSeconds says" : "where most is submitted";
  return {
    startSeconds: start,
    jobs: inside,
    notes: [
      ...(start === 0 && runClock
        ? []
        : [
            `The run begins ${inDays(start - zero)} after ${since}, ${why}; tasks submitted in its ${hours} hours: ${inside.length} of ${jobs.length}.`,
          ]),
      ...(running > 0
        ? [
            `Tasks left out that were submitted before the run and would still run at its start: ${running}.`,
          ]
        : []),
    ],
  };
}
