/** How long generated tasks run. */
import type { Random } from "../random.ts";
import { SHORTEST_SECONDS } from "./terms.ts";

/**
 * Standard deviation of the logarithm. Run times in logs of real clusters are skewed, many short and few long, and close to
 * log-normal over the middle of their range. With 1 the median is 61 % of the mean and the longest of the paper's 787
 * priority tasks takes about a week, so that hardly any has to be cut; the logs' own spread is wider and would not fit
 * into the paper's week with its means.
 */
const SIGMA = 1;

/** The cut of long tasks is made up for by stretching all of them, at most by this factor: see `drawDurations`. */
const MOST_STRETCH = 2;

const BISECTIONS = 45;

/** Two normal numbers make one call of Box and Muller's method; one is enough here and keeps no state. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/**
 * Durations of a log-normal distribution, scaled so that the mean of this sample is the one that is asked for, to a second,
 * after all of them have been brought between `SHORTEST_SECONDS` and `longest`.
 *
 * In a run that is hardly longer than the mean no scale reaches it without making all tasks equal; then they are stretched
 * to twice what they would have been, and the mean is below the one that is asked for.
 *
 * @param meanSeconds not below `SHORTEST_SECONDS`
 * @param longest whole seconds, not below `SHORTEST_SECONDS`
 * @returns whole seconds
 */
export function drawDurations(
  random: Random,
  count: number,
  meanSeconds: number,
  longest: number,
): Float64Array {
  const sample = new Float64Array(count).map(() => Math.exp(SIGMA * normal(random)));
  const limited = (value: number): number => Math.min(Math.max(value, SHORTEST_SECONDS), longest);
  const total = (scale: number): number => {
    let sum = 0;
    for (const value of sample) sum += limited(scale * value);
    return sum;
  };
  let low = 0;
  let high = (MOST_STRETCH * meanSeconds * count) / sample.reduce((sum, value) => sum + value, 0);
  for (let i = 0; i < BISECTIONS; i += 1) {
    const middle = (low + high) / 2;
    if (total(middle) < meanSeconds * count) low = middle;
    else high = middle;
  }
  return sample.map((value) => Math.round(limited(high * value)));
}
