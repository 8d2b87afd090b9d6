/** Power of a server over its utilisation: the paper, section 4. */

/** Piecewise-linear power curve. */
export class PowerCurve {
  private readonly points: readonly number[];

  /** @param points W at utilisations in equal steps from 0 to 1; at least two, not falling */
  constructor(points: readonly number[]) {
    this.points = points;
  }

  /** Power of a server that is on, W. @param utilisation share of its cores that is busy, from 0 to 1 */
  at(utilisation: number): number {
    const { points } = this;
    const place = Math.min(1, Math.max(0, utilisation)) * (points.length - 1);
    const below = Math.min(Math.floor(place), points.length - 2);
    const low = points[below] ?? 0;
    return low + (place - below) * ((points[below + 1] ?? low) - low);
  }

  /** Power at full load, W. */
  get full(): number {
    return this.points.at(-1) ?? 0;
  }

  /** Power without work, W. */
  get idle(): number {
    return this.points[0] ?? 0;
  }
}
