/**
 * Weather files of the National Solar Radiation Database (NSRDB) in the CSV format of the System Advisor Model (SAM):
 * two lines of metadata, a header, and irradiance on the horizontal in the clock of `Time Zone`, which becomes power
 * through the scenario's plant.
 */
import { unclippedW } from "../../physics/plant.ts";
import {
  decompose,
  extraterrestrialWm2,
  planeWm2,
  sunAngles,
  type Irradiance,
  type Place,
} from "../../physics/sun.ts";
import { siteOf } from "../../physics/modelled.ts";
import { wallOf } from "./clock.ts";
import { nameOf } from "./names.ts";
import { csvRows, type CsvRow } from "../csv.ts";
import type { Findings } from "../findings.ts";
import { notNegative, type PvContext, type PvTable, type Reading } from "./table.ts";
import { toNumber } from "../numbers.ts";
import { problemIn } from "../textFile.ts";
import { MS_PER_HOUR } from "../../units.ts";

/** Pyranometers are a little below 0 at night, W/m². */
const TOLERANCE = 10;

const GLOBAL = ["ghi", "gh", "global_horizontal_irradiance"];
const DIRECT = ["dni", "dn", "beam", "direct_normal_irradiance"];
const DIFFUSE = ["dhi", "df", "diffuse", "diffuse_horizontal_irradiance"];

const isHeader = (line: string): boolean => /^"?year"?,"?month"?,"?day"?,"?hour"?/i.test(line);

/** Whether a text is in this format. */
export const isSam = (text: string): boolean => text.split("\n", 3).some(isHeader);

/** Irradiance in W/m², as a file gives it. */
interface Measured {
  readonly global: number | undefined;
  readonly direct: number | undefined;
  readonly diffuse: number | undefined;
}

/** The global and the diffuse irradiance from whichever two of three there are; from the global alone by a model. */
function complete(measured: Measured, cosZenith: number, time: number): Irradiance {
  const { global, direct, diffuse } = measured;
  const horizontal = (direct ?? 0) * Math.max(0, cosZenith);
  if (diffuse !== undefined) return { global: global ?? diffuse + horizontal, diffuse };
  if (global === undefined) return { global: horizontal, diffuse: 0 };
  if (direct !== undefined) return { global, diffuse: Math.max(0, global - horizontal) };
  return decompose(global, cosZenith, extraterrestrialWm2(time));
}

/** The irradiance of a row; undefined if one value of it is to be left out. */
function measuredOf(
  fields: readonly string[],
  columns: readonly number[],
  line: number,
  findings: Findings,
): Measured | undefined {
  const values: (number | undefined)[] = [];
  for (const index of columns) {
    const value =
      index === -1 ? undefined : notNegative(toNumber(fields[index]), TOLERANCE, line, findings);
    if (value === undefined && index !== -1) return undefined;
    values.push(value);
  }
  const [global, direct, diffuse] = values;
  return { global, direct, diffuse };
}

/** A row with its time. */
interface TimedRow extends CsvRow {
  readonly wall: number;
}

function timedRows(
  rows: readonly CsvRow[],
  names: readonly string[],
  findings: Findings,
): TimedRow[] {
  return rows.flatMap((row) => {
    const part = (name: string): number => toNumber(row.fields[names.indexOf(name)]) ?? NaN;
    const minute = names.includes("minute") ? part("minute") : 0;
    const wall = wallOf(part("year"), part("month"), part("day"), part("hour"), minute);
    if (wall === undefined) findings.drop("the time cannot be read", row.line);
    return wall === undefined ? [] : [{ ...row, wall }];
  });
}

/** Typical years are made of months of several years. */
function refuseTypicalYear(file: string, rows: readonly TimedRow[]): void {
  for (const [i, { line, wall }] of rows.entries()) {
    const before = rows[i - 1]?.wall ?? wall;
    if (new Date(wall).getUTCFullYear() === new Date(before).getUTCFullYear()) continue;
    if (wall > before && wall - before <= 24 * MS_PER_HOUR) continue;
    throw problemIn(
      file,
      line,
      "the year changes within the calendar, as in a typical meteorological year (TMY), which has no week that happened. Download a single year of NSRDB instead (for example the PSM v4 data of the year you need).",
    );
  }
}

/** What the lines above the header say. */
function metadataOf(rows: readonly CsvRow[], at: number): (name: string) => number | undefined {
  const [keys, values] = at === 0 ? [] : [rows[at - 2], rows[at - 1]];
  return (name) => {
    const index = keys?.fields.findIndex((key) => nameOf(key) === name) ?? -1;
    return toNumber(values?.fields[index]);
  };
}

function placeOf(meta: (name: string) => number | undefined, context: PvContext): Place {
  const [latitude, longitude] = [meta("latitude"), meta("longitude")];
  if (latitude !== undefined && longitude !== undefined) return { latitude, longitude };
  context.findings.note("The file does not say where it is; the scenario's first site is used.");
  return siteOf(context.scenario, 0);
}

/** @throws UserError if it is a typical year, or lacks its clock or the irradiance */
export function readSam(text: string, context: PvContext): PvTable {
  const { file, scenario, findings } = context;
  const rows = csvRows({ name: file, text }, ",");
  const at = rows.findIndex(({ fields }) => isHeader(fields.join(",")));
  const names = rows[at]?.fields.map(nameOf) ?? [];
  const meta = metadataOf(rows, at);
  const zone = meta("time_zone");
  if (zone === undefined) {
    throw problemIn(
      file,
      1,
      'there is no "Time Zone" in the lines above the header, so the clock of the file is unknown. Download the file in the SAM format, or add it.',
    );
  }
  const place = placeOf(meta, context);
  const column = (aliases: readonly string[]): number =>
    names.findIndex((name) => aliases.includes(name));
  const columns = [column(GLOBAL), column(DIRECT), column(DIFFUSE)] as const;
  if (columns[0] === -1 && (columns[1] === -1 || columns[2] === -1)) {
    throw problemIn(
      file,
      rows[at]?.line,
      "there is no irradiance: GHI, or DNI and DHI, are needed. Download the file with these attributes.",
    );
  }
  const used = columns.filter((index) => index !== -1).map((index) => rows[at]?.fields[index]);
  const model = used.length === 1 ? ", with the diffuse share by the model of Erbs" : "";
  findings.note(
    `Power is modelled from the irradiance ${used.join(", ")} by the scenario's plant${model}.`,
  );
  findings.note(`Times are in the file's own zone, UTC${zone < 0 ? "" : "+"}${zone}.`);

  const timed = timedRows(rows.slice(at + 1), names, findings);
  refuseTypicalYear(file, timed);

  // Values of NSRDB are of the instant; those of an hour at minute 0, or without minutes, are its mean, whose sun is
  // that of its middle.
  const step = (timed[1]?.wall ?? 0) - (timed[0]?.wall ?? 0);
  const toMiddle =
    step === MS_PER_HOUR && (timed[0]?.wall ?? 0) % MS_PER_HOUR === 0 ? MS_PER_HOUR / 2 : 0;
  const powerAt = (time: number, measured: Measured): number => {
    const angles = sunAngles(time, place, scenario.plant);
    const light = complete(measured, angles.cosZenith, time);
    return unclippedW(scenario.plant, planeWm2(light, angles, scenario.plant));
  };
  const offset = zone * MS_PER_HOUR;
  const readings: Reading[] = [];
  for (const { line, fields, wall } of timed) {
    const measured = measuredOf(fields, columns, line, findings);
    const watts = measured === undefined ? undefined : powerAt(wall - offset + toMiddle, measured);
    readings.push({ line, wall, offset, watts });
  }
  return { format: "NSRDB/SAM CSV", rows: rows.length - at - 1, readings, place };
}
