/** The run's time cut out of a file and brought to the run's step. */
import type { PvScenario } from "../../physics/modelled.ts";
import { atMinute } from "./clock.ts";
import type { Step } from "./instants.ts";
import type { Findings } from "../findings.ts";
import { problemIn } from "../textFile.ts";
import { MS_PER_HOUR, MS_PER_MINUTE } from "../../units.ts";

/** Gaps up to this long are interpolated. */
const LONGEST_GAP = 3 * MS_PER_HOUR;

/** A step's time in a year `shift` years later; 29 February becomes the 28th where there is none. */
function shifted(time: number, shift: number): number {
  if (shift === 0) return time;
  const date = new Date(time);
  const [year, month, day] = [date.getUTCFullYear() + shift, date.getUTCMonth(), date.getUTCDate()];
  const isThere = new Date(Date.UTC(year, month, day)).getUTCMonth() === month;
  const ofDay = time - Date.UTC(date.getUTCFullYear(), month, day);
  return Date.UTC(year, month, isThere ? day : day - 1) + ofDay;
}

const stepsIn = ({ hours, stepMinutes }: PvScenario): number => (hours * 60) / stepMinutes;

/** The beginning of a step of the run as a time of the file: by `pv.year` on the same day of another year. */
function timeOf({ start, stepMinutes, pv }: PvScenario, step: number, year = pv.year): number {
  const begin = Date.parse(start);
  const shift = year === undefined ? 0 : year - new Date(begin).getUTCFullYear();
  return shifted(begin + step * stepMinutes * MS_PER_MINUTE, shift);
}

/** Gaps that are short enough, filled on a straight line between their neighbours. */
export function filled(steps: readonly Step[], length: number): readonly Step[] {
  return steps.flatMap((step, i) => {
    const next = steps[i + 1];
    const gap = next === undefined ? 0 : next.from - step.to;
    if (next === undefined || gap === 0 || gap > LONGEST_GAP) return [step];
    const count = Math.ceil(gap / length);
    const between = Array.from({ length: count }, (_, k): Step => ({
      from: step.to + k * length,
      to: Math.min(step.to + (k + 1) * length, next.from),
      watts: step.watts + ((next.watts - step.watts) * (k + 1)) / (count + 1),
      line: undefined,
    }));
    return [step, ...between];
  });
}

/** The years of a file in which the run's days are covered. */
function yearsFor(scenario: PvScenario, from: number, to: number): number[] {
  const years = [];
  for (let y = new Date(from).getUTCFullYear(); y <= new Date(to).getUTCFullYear(); y += 1) {
    const last = timeOf(scenario, stepsIn(scenario) - 1, y);
    if (timeOf(scenario, 0, y) >= from && last < to) years.push(y);
  }
  return years;
}

/** Refuses a file that ends before the run does, or begins after it. */
function checkCoverage(
  file: string,
  steps: readonly Step[],
  scenario: PvScenario,
  times: readonly number[],
): void {
  const [from, to] = [steps[0]?.from ?? 0, steps.at(-1)?.to ?? 0];
  const [begin, end] = [times[0] ?? 0, (times.at(-1) ?? 0) + scenario.stepMinutes * MS_PER_MINUTE];
  if (begin >= from && end <= to) return;
  const years = yearsFor(scenario, from, to);
  const [first, last] = [years[0], years.at(-1)];
  const start = new Date(Math.ceil(from / MS_PER_HOUR) * MS_PER_HOUR);
  const advice =
    first === undefined
      ? `Set start to ${start.toISOString().slice(0, 19)}Z or later and hours so that the run ends before the file does, or take a file of the run's time.`
      : `Set pv.year to ${first === last ? first : `a year from ${first} to ${last ?? first}`} to take the same days of that year, or set start.`;
  throw problemIn(
    file,
    undefined,
    `the run takes ${atMinute(begin)} to ${atMinute(end)}, while the file covers ${atMinute(from)} to ${atMinute(to)}. ${advice}`,
  );
}

/** Averages the steps of a file over times that go forward. */
class Cursor {
  private at = 0;
  private readonly steps: readonly Step[];
  /** Steps of the file that were used. */
  readonly used = new Set<Step>();

  constructor(steps: readonly Step[]) {
    this.steps = steps;
  }

  /** Mean power from one time to another, W; or the first time that is `missing`, and the line `after` which it is. */
  mean(
    from: number,
    to: number,
  ): { watts: number; missing: number | undefined; after: number | undefined } {
    // Times go back by a day at the most: on a 29 February that the file's year has not.
    while (this.at > 0 && (this.steps[this.at]?.from ?? Infinity) > from) this.at -= 1;
    while ((this.steps[this.at]?.to ?? Infinity) <= from) this.at += 1;
    let sum = 0;
    let until = from;
    for (let i = this.at; until < to; i += 1) {
      const step = this.steps[i];
      if (step === undefined || step.from > until) {
        return { watts: 0, missing: until, after: this.steps[i - 1]?.line };
      }
      const end = Math.min(step.to, to);
      sum += step.watts * (end - until);
      until = end;
      this.used.add(step);
    }
    return { watts: sum / (to - from), missing: undefined, after: undefined };
  }
}

/** Times of steps that were interpolated, those in a row as one. */
function rangesOf(steps: readonly Step[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const { from, to } of steps) {
    const last = ranges.at(-1);
    if (last?.to === from) last.to = to;
    else ranges.push({ from, to });
  }
  return ranges.map(({ from, to }) => `${atMinute(from)} to ${atMinute(to)}`).join(", ");
}

/**
 * Mean power of each step of the run, W. Each is the mean of the file over that time, so that energy is kept; where
 * the run's step is the finer one, the file's value holds.
 *
 * @returns also which steps of the file it is made of
 * @throws UserError if the file does not cover the run
 */
export function resampled(
  file: string,
  steps: readonly Step[],
  length: number,
  scenario: PvScenario,
  findings: Findings,
): { readonly watts: Float64Array; readonly used: ReadonlySet<Step> } {
  const times = Array.from({ length: stepsIn(scenario) }, (_, step) => timeOf(scenario, step));
  checkCoverage(file, steps, scenario, times);
  const stepMs = scenario.stepMinutes * MS_PER_MINUTE;
  const cursor = new Cursor(filled(steps, length));
  const watts = Float64Array.from(times, (from) => {
    const { watts: mean, missing, after } = cursor.mean(from, from + stepMs);
    if (missing !== undefined) {
      throw problemIn(
        file,
        after,
        `data are missing from ${atMinute(missing)} on${after === undefined ? "" : ", after this line"}. Gaps up to 3 hours are interpolated; this one is longer. Fill it (with 0, if the logger sleeps at night), or choose other days by start or pv.year.`,
      );
    }
    return mean;
  });
  const interpolated = [...cursor.used].filter(({ line }) => line === undefined);
  if (interpolated.length > 0) {
    findings.note(`Missing data were interpolated: ${rangesOf(interpolated)}.`);
  }
  if (stepMs < length) {
    findings.note(
      `The file's steps of ${length / MS_PER_MINUTE} minutes are longer than the run's of ${scenario.stepMinutes}; each value holds for all of its time.`,
    );
  } else if (stepMs > length) {
    findings.note(
      `The file's steps of ${length / MS_PER_MINUTE} minutes are averaged to the run's of ${scenario.stepMinutes}.`,
    );
  }
  if (new Set(times).size < times.length) {
    findings.note(`${scenario.pv.year ?? ""} has no 29 February; the 28th stands for it, too.`);
  }
  return { watts, used: cursor.used };
}
