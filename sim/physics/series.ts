/** PV output over the time of a run. */
import { SECONDS_PER_HOUR } from "../units.ts";

/** AC output of one plant: the mean power of each step from the start of the run. */
export interface PvSeries {
  /** Length of a step; divides an hour. */
  readonly stepSeconds: number;
  /** Mean AC power of each step, W, never below 0. */
  readonly watts: Float64Array;
}

/** Energy of hour `hour` from the start, Wh; 0 beyond the end. */
export function hourEnergyWh({ stepSeconds, watts }: PvSeries, hour: number): number {
  const steps = SECONDS_PER_HOUR / stepSeconds;
  let energy = 0;
  for (let i = hour * steps; i < (hour + 1) * steps; i += 1) energy += watts[i] ?? 0;
  return energy / steps;
}
