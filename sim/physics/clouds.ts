/**
 * Weather: for each hour of a run the clear-sky index, which is the share of a clear sky's irradiance that the clouds
 * let through.
 *
 * It is a stationary first-order autoregressive series of normal deviates (as in Graham and Hollands, Solar Energy
 * 44(6), 1990), part of it common to all microgrids, scaled, shifted and bounded. A value holds for its whole hour,
 * so that an hour has the same energy whatever the step.
 */
import { Random } from "../random.ts";

/** What the weather depends on; part of the section `pv` of a scenario. */
export interface Weather {
  /** Mean of the index. */
  readonly clearness: number;
  /** Standard deviation of the index of an hour, before it is bounded. */
  readonly clearnessSpread: number;
  /** Time constant of the autocorrelation, hours. */
  readonly clearnessMemoryHours: number;
  /** Share of the variance that is common to all microgrids, and so the correlation between two of them. */
  readonly regionalShare: number;
}

/** The most that broken clouds, which reflect light beside the sun, add to a clear sky over an hour. */
export const HIGHEST_INDEX = 1.1;

const bounded = (index: number): number => Math.min(HIGHEST_INDEX, Math.max(0, index));

/** Standard normal deviates, by Box and Muller (Ann. Math. Statist. 29(2), 1958). */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/** Deviates of mean 0 and variance 1 that forget themselves with the time constant; 0: at once. */
function autoregressive(seed: string, hours: number, memoryHours: number): Float64Array {
  const random = new Random(seed);
  const memory = memoryHours === 0 ? 0 : Math.exp(-1 / memoryHours);
  const fresh = Math.sqrt(1 - memory * memory);
  let deviate = normal(random);
  return Float64Array.from({ length: hours }, () => {
    const now = deviate;
    deviate = memory * deviate + fresh * normal(random);
    return now;
  });
}

/** Mean of a normal deviate after bounding, by the rectangle rule over ±5 standard deviations. */
function boundedMean(centre: number, spread: number): number {
  let sum = 0;
  let weights = 0;
  for (let z = -5; z <= 5; z += 0.05) {
    const weight = Math.exp((-z * z) / 2);
    sum += weight * bounded(centre + spread * z);
    weights += weight;
  }
  return sum / weights;
}

/**
 * Where to centre the deviates so that bounding leaves the mean that is asked for: a wide spread would pull it away
 * from the nearer bound.
 */
function centreFor({ clearness, clearnessSpread }: Weather): number {
  let low = clearness - 5;
  let high = clearness + 5;
  for (let i = 0; i < 50; i += 1) {
    const middle = (low + high) / 2;
    if (boundedMean(middle, clearnessSpread) < clearness) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The weather of all microgrids of a run. */
export class Clouds {
  private readonly centre: number;
  private readonly regional: Float64Array;
  private readonly seed: number;
  private readonly hours: number;
  private readonly weather: Weather;

  /** @param seed the scenario's; the same seed gives the same weather, also in the first hours of a longer run */
  constructor(seed: number, hours: number, weather: Weather) {
    this.seed = seed;
    this.hours = hours;
    this.weather = weather;
    this.centre = centreFor(weather);
    const memory = weather.clearnessMemoryHours;
    this.regional = autoregressive(`${seed}/clouds/region`, hours, memory);
  }

  /** Clear-sky index of each hour at a microgrid (from 0), each from 0 to `HIGHEST_INDEX`. */
  of(microgrid: number): Float64Array {
    const { clearnessSpread, clearnessMemoryHours, regionalShare } = this.weather;
    const common = clearnessSpread * Math.sqrt(regionalShare);
    const ofItsOwn = clearnessSpread * Math.sqrt(1 - regionalShare);
    const own = autoregressive(
      `${this.seed}/clouds/${microgrid}`,
      this.hours,
      clearnessMemoryHours,
    );
    return this.regional.map((deviate, hour) =>
      bounded(this.centre + common * deviate + ofItsOwn * (own[hour] ?? 0)),
    );
  }
}
