/** From rows with written times to steps in UTC. */
import type { PvScenario } from "../../physics/modelled.ts";
import { LocalClock } from "./clock.ts";
import type { Findings } from "../findings.ts";
import type { PvTable, Reading } from "./table.ts";
import { problemIn } from "../textFile.ts";
import { MS_PER_HOUR, MS_PER_MINUTE } from "../../units.ts";

/** A step of a file. */
export interface Step {
  /** From when to when, milliseconds since 1970, UTC. */
  readonly from: number;
  readonly to: number;
  /** Mean power, W. */
  readonly watts: number;
  /** Line of the file; undefined if it was interpolated. */
  readonly line: number | undefined;
}

/** The value that occurs most often; of several the smallest. */
function mode(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: number | undefined;
  for (const [value, count] of counts) {
    const most = best === undefined ? 0 : (counts.get(best) ?? 0);
    if (count > most || (count === most && value < (best ?? value))) best = value;
  }
  return best;
}

/** Length of most steps of a file, milliseconds; an hour if there is only one. */
function stepOf(file: string, readings: readonly Reading[]): number {
  const walls = readings.map(({ wall }) => wall).sort((a, b) => a - b);
  const differences = walls
    .map((wall, i) => wall - (walls[i - 1] ?? wall))
    .filter((difference) => difference > 0);
  const step = mode(differences) ?? MS_PER_HOUR;
  if (MS_PER_HOUR % step !== 0) {
    throw problemIn(
      file,
      undefined,
      `its steps are ${step / MS_PER_MINUTE} minutes long. A whole number of steps in an hour is needed, at least one: use hourly or finer data.`,
    );
  }
  return step;
}

/** Times at the beginning of their steps: PVGIS' are at the minute of the satellite, others in the middle. */
function aligned(
  { readings, atEnd = false }: PvTable,
  step: number,
  findings: Findings,
): readonly Reading[] {
  const shifted = atEnd
    ? readings.map((reading) => ({ ...reading, wall: reading.wall - step }))
    : readings;
  const past = mode(shifted.map(({ wall }) => wall % step)) ?? 0;
  if (past !== 0) {
    findings.note(
      `Times are ${past / MS_PER_MINUTE} minutes past the beginning of their steps of ${step / MS_PER_MINUTE} minutes; each stands for its whole step.`,
    );
  }
  return shifted.map((reading) => ({ ...reading, wall: reading.wall - (reading.wall % step) }));
}

/** The instant of each reading, by its own offset, the scenario's time zone, or UTC. */
function instantsOf(
  file: string,
  readings: readonly Reading[],
  zone: string | undefined,
  findings: Findings,
): number[] {
  const without = readings.find(({ offset }) => offset === undefined);
  const withOffset = readings.find(({ offset }) => offset !== undefined);
  if (without !== undefined && withOffset !== undefined) {
    throw problemIn(
      file,
      without.line,
      `this time has no zone, while that of line ${withOffset.line} has one. Write all times alike.`,
    );
  }
  if (without === undefined) {
    if (zone !== undefined) findings.note("The file's times have a zone; pv.timeZone is not used.");
    return readings.map(({ wall, offset }) => wall - (offset ?? 0));
  }
  if (zone === undefined) {
    findings.note("Times have no zone and are taken as UTC; set pv.timeZone if they are local.");
    return readings.map(({ wall }) => wall);
  }
  findings.note(`Times have no zone and are taken as local in ${zone}, by pv.timeZone.`);
  const clock = new LocalClock(file, zone);
  // Newest first in the file: then of two equal local times the later instant comes first.
  const isReversed = (readings.at(-1)?.wall ?? 0) < (readings[0]?.wall ?? 0);
  const ordered = isReversed ? readings.toReversed() : readings;
  const instants = ordered.map(({ wall, line }) => clock.instantOf(wall, line));
  const twice = clock.finish();
  if (twice > 0) {
    findings.note(
      `${twice} local times happened twice, where clocks were put back; the first of each is the earlier.`,
    );
  }
  return isReversed ? instants.reverse() : instants;
}

/** The steps of a file in order, each instant once. */
export function stepsOf(
  file: string,
  table: PvTable,
  { pv }: PvScenario,
  findings: Findings,
): { readonly steps: readonly Step[]; readonly length: number } {
  const length = stepOf(file, table.readings);
  const readings = aligned(table, length, findings);
  const instants = instantsOf(file, readings, pv.timeZone, findings);
  const ordered = readings
    .flatMap(({ line, watts }, i) =>
      watts === undefined ? [] : [{ from: instants[i] ?? 0, watts, line }],
    )
    .sort((a, b) => a.from - b.from || a.line - b.line);
  const unique = ordered.filter(({ from, line }, i) => {
    const isRepeated = from === ordered[i - 1]?.from;
    if (isRepeated) findings.drop("the time occurred on a line before", line);
    return !isRepeated;
  });
  // A step ends where the next begins, should that be before its time.
  const steps = unique.map((step, i) => ({
    ...step,
    to: Math.min(step.from + length, unique[i + 1]?.from ?? Infinity),
  }));
  return { steps, length };
}
