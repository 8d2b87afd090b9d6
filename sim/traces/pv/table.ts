/** What every format of PV files is first read into, and what is found on the way. */
import type { PvScenario } from "../../physics/modelled.ts";
import { peakW } from "../../physics/plant.ts";
import type { Place, Plane } from "../../physics/sun.ts";
import type { Findings } from "../findings.ts";

/** A row of a file. */
export interface Reading {
  /** Line of the file, from 1; of JSON, which has no lines of its own, the entry. */
  readonly line: number;
  /** The time as it is written, as if it were UTC, milliseconds since 1970. */
  readonly wall: number;
  /** Offset of the time from UTC, milliseconds, if the file says it. */
  readonly offset: number | undefined;
  /**
   * AC power of the scenario's plant before the inverter's limit, W; undefined if it was dropped, when only the time
   * counts.
   */
  readonly watts: number | undefined;
}

/** A file. */
export interface PvTable {
  readonly format: string;
  /** Rows of data, also those that were dropped. */
  readonly rows: number;
  /** In the order of the file. */
  readonly readings: readonly Reading[];
  /** Whether times are the ends of their steps. */
  readonly atEnd?: boolean;
  /** Where the plant or the weather station is, if the file says it. */
  readonly place?: Place;
  /** How the panels lie, if the file says it. */
  readonly plane?: Plane;
}

/** What the reader of a format works with. */
export interface PvContext {
  /** Named in errors. */
  readonly file: string;
  readonly scenario: PvScenario;
  readonly findings: Findings;
}

/**
 * A measured quantity, which is never negative: sensors give a little less than 0 at night, which counts as 0; what
 * is further below, or no number at all, is dropped.
 *
 * @param tolerance how far below 0 counts as 0, in the unit of the value
 * @returns undefined if the row is to be left out
 */
export function notNegative(
  value: number | undefined,
  tolerance: number,
  line: number,
  findings: Findings,
): number | undefined {
  if (value === undefined || !Number.isFinite(value)) {
    findings.drop("the value is missing or no number", line);
    return undefined;
  }
  if (value >= 0) return value;
  if (value < -tolerance) {
    findings.drop("the value is negative", line);
    return undefined;
  }
  findings.mend("slightly negative values count as 0", line);
  return 0;
}

/** Power this far below 0, as a share of the peak, is what a sensor or an idle inverter gives at night. */
export const TOLERATED_SHARE = 0.01;

/**
 * Factor from watts in a file to watts of the scenario's plant, which it also notes: by `pv.peakW`, or else by the
 * peak that the file tells.
 *
 * @param told peak power that the file tells of its plant, W
 */
export function scaleOf(told: number | undefined, { scenario, findings }: PvContext): number {
  const own = peakW(scenario.plant);
  const peak = scenario.pv.peakW ?? told;
  if (peak === undefined) {
    findings.note(
      "Watts are taken as they are; set pv.peakW to the peak power of the file's plant to scale them to this one.",
    );
    return 1;
  }
  const source = scenario.pv.peakW === undefined ? "as the file says" : "by pv.peakW";
  const other =
    scenario.pv.peakW !== undefined && told !== undefined && told !== peak
      ? `; the file itself says ${told} W`
      : "";
  findings.note(`Watts are scaled from a peak of ${peak} W (${source}${other}) to ${own} W.`);
  return own / peak;
}
