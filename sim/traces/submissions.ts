/** When users submit: more by day than by night. */
import { UserError } from "../errors.ts";
import type { Random } from "../random.ts";
import { HOURS_PER_DAY, MS_PER_SECOND, SECONDS_PER_HOUR } from "../units.ts";

/** When most is submitted, UTC: early afternoon where the default scenario lies. */
const BUSIEST_HOUR = 14;

const SECONDS_PER_DAY = HOURS_PER_DAY * SECONDS_PER_HOUR;
const RADIANS_PER_SECOND = (2 * Math.PI) / SECONDS_PER_DAY;

/** Draws submissions whose rate is 1 + swing · cos(2π (hour − 14) / 24). */
export class Submissions {
  private readonly swing: number;
  /** Angle of the start of the run, from the busiest moment. */
  private readonly phase: number;

  /**
   * @param start first moment of the run, ISO 8601
   * @param swing amplitude of the rate over its mean, from 0 to 1
   * @throws UserError if `start` is no date
   */
  constructor(start: string, swing: number) {
    const startSeconds = Date.parse(start) / MS_PER_SECOND;
    if (Number.isNaN(startSeconds)) {
      throw new UserError(`start is ${JSON.stringify(start)}; write it as 2015-06-22T00:00:00Z.`);
    }
    this.swing = swing;
    const offset = (startSeconds % SECONDS_PER_DAY) - BUSIEST_HOUR * SECONDS_PER_HOUR;
    this.phase = offset * RADIANS_PER_SECOND;
  }

  /** Integral of the rate from the start of the run, s. */
  before(seconds: number): number {
    const wave = Math.sin(seconds * RADIANS_PER_SECOND + this.phase) - Math.sin(this.phase);
    return seconds + (this.swing * wave) / RADIANS_PER_SECOND;
  }

  /**
   * A submission, whole seconds from 0 to `latest`. By inversion: rejection would not end where the rate is 0.
   *
   * @param latest whole seconds from the start of the run
   */
  draw(random: Random, latest: number): number {
    const target = random.next() * this.before(latest);
    let low = 0;
    let high = latest;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.before(middle) < target) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
