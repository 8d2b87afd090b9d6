/**
 * Hourly radiation of PVGIS (https://re.jrc.ec.europa.eu/pvg_tools/en/), as CSV or JSON: PV power if it was asked
 * for, or else irradiance on the plane that was asked for. Times are UTC; the minute, which is the satellite's, is
 * not 00.
 */
import { UserError } from "../../errors.ts";
import { peakW, unclippedW } from "../../physics/plant.ts";
import type { Place, Plane } from "../../physics/sun.ts";
import { wallOf } from "./clock.ts";
import { csvRows } from "../csv.ts";
import {
  notNegative,
  scaleOf,
  TOLERATED_SHARE,
  type PvContext,
  type PvTable,
  type Reading,
} from "./table.ts";
import { toNumber } from "../numbers.ts";
import { problemIn } from "../textFile.ts";
import { WATTS_PER_KILOWATT } from "../../units.ts";

/** Pyranometers and models are a little below 0 at night, W/m². */
const IRRADIANCE_TOLERANCE = 10;

const INSTEAD =
  'In PVGIS choose "Hourly data" (API: seriescalc) with the years that you need, and tick "PV power".';

/** What the head of a file says. */
interface Head {
  readonly place: Place | undefined;
  readonly tiltDegrees: number | undefined;
  /** From south over west, as PVGIS counts. */
  readonly azimuthDegrees: number | undefined;
  readonly peakW: number | undefined;
}

/** An hour, by the names of PVGIS. */
interface Hour {
  readonly line: number;
  readonly time: string;
  readonly value: (name: string) => number | undefined;
}

function timeOf(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2}):(\d{2})(\d{2})$/.exec(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = (match ?? []).slice(1).map(Number);
  return match === null ? undefined : wallOf(year, month, day, hour, minute);
}

/** AC power of the scenario's plant in an hour, from PVGIS' own power or through the plant model. */
function powerReader(
  names: readonly string[],
  head: Head,
  context: PvContext,
): (hour: Hour) => number | undefined {
  const { file, findings, scenario } = context;
  if (names.includes("P")) {
    findings.note("Power is the column P, which contains the losses that PVGIS was told.");
    const scale = scaleOf(head.peakW, context);
    const tolerance = (peakW(scenario.plant) * TOLERATED_SHARE) / scale;
    return ({ value, line }) => {
      const power = notNegative(value("P"), tolerance, line, findings);
      return power === undefined ? undefined : power * scale;
    };
  }
  const parts = names.includes("G(i)") ? ["G(i)"] : ["Gb(i)", "Gd(i)", "Gr(i)"];
  if (!parts.every((name) => names.includes(name))) {
    throw problemIn(
      file,
      undefined,
      `there is neither P nor G(i) nor Gb(i), Gd(i), Gr(i). ${INSTEAD}`,
    );
  }
  findings.note(
    `Power is modelled from the irradiance ${parts.join(" + ")} on the plane of the file, by the scenario's plant.`,
  );
  return ({ value, line }) => {
    let irradiance = 0;
    for (const name of parts) {
      const part = notNegative(value(name), IRRADIANCE_TOLERANCE, line, findings);
      if (part === undefined) return undefined;
      irradiance += part;
    }
    return unclippedW(scenario.plant, irradiance);
  };
}

function planeOf(head: Head, { scenario, findings }: PvContext): Plane | undefined {
  const { tiltDegrees, azimuthDegrees } = head;
  if (tiltDegrees === undefined || azimuthDegrees === undefined) return undefined;
  const { plant } = scenario;
  const plane = { tiltDegrees, azimuthDegrees: azimuthDegrees + 180, albedo: plant.albedo };
  if (tiltDegrees !== plant.tiltDegrees || plane.azimuthDegrees !== plant.azimuthDegrees) {
    findings.note(
      `The file's panels are tilted by ${tiltDegrees}° and look to ${plane.azimuthDegrees}°; the scenario's ${plant.tiltDegrees}° and ${plant.azimuthDegrees}° are not used.`,
    );
  }
  return plane;
}

function tableOf(
  format: string,
  head: Head,
  hours: readonly Hour[],
  names: readonly string[],
  context: PvContext,
): PvTable {
  const power = powerReader(names, head, context);
  const plane = planeOf(head, context);
  const readings: Reading[] = [];
  for (const hour of hours) {
    const wall = timeOf(hour.time);
    if (wall === undefined) {
      context.findings.drop("the time cannot be read", hour.line);
      continue;
    }
    readings.push({ line: hour.line, wall, offset: 0, watts: power(hour) });
  }
  return {
    format,
    rows: hours.length,
    readings,
    ...(head.place === undefined ? {} : { place: head.place }),
    ...(plane === undefined ? {} : { plane }),
  };
}

function placeOf(latitude: number | undefined, longitude: number | undefined): Place | undefined {
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

/** Whether a CSV text is of PVGIS. */
export const isPvgisCsv = (text: string): boolean =>
  /^(time,.*(G\(i\)|Gb\(i\)|H_sun)|time\(UTC\),T2m)/m.test(text);

/** @throws UserError if it is a typical year, or lacks what is needed */
export function readPvgisCsv(text: string, context: PvContext): PvTable {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => /^time(\(UTC\),T2m|,)/.test(line));
  if (lines[at]?.startsWith("time(") === true) throw typicalYear(context.file, at + 1);
  const length = lines.slice(at).findIndex((line) => line.trim() === "");
  const body = lines.slice(at, length === -1 ? undefined : at + length).join("\n");
  const [header, ...rows] = csvRows({ name: context.file, text: body }, ",", at + 1);
  const names = header?.fields ?? [];
  const above = lines.slice(0, at).join("\n");
  const number = (pattern: RegExp): number | undefined => toNumber(pattern.exec(above)?.[1]);
  const kilowatts = number(/^Nominal power[^\n]*:\s*([\d.]+)/m);
  const head: Head = {
    place: placeOf(
      number(/^Latitude[^\n:]*:\s*([-\d.]+)/m),
      number(/^Longitude[^\n:]*:\s*([-\d.]+)/m),
    ),
    tiltDegrees: number(/^Slope:\s*([-\d.]+)/m),
    azimuthDegrees: number(/^Azimuth:\s*([-\d.]+)/m),
    peakW: kilowatts === undefined ? undefined : kilowatts * WATTS_PER_KILOWATT,
  };
  const hours = rows.map(({ line, fields }) => ({
    line,
    time: fields[0] ?? "",
    value: (name: string) => toNumber(fields[names.indexOf(name)]),
  }));
  return tableOf("PVGIS hourly CSV", head, hours, names, context);
}

/** What is at a path of a JSON value; undefined if there is nothing. */
function at(json: unknown, ...path: readonly string[]): unknown {
  let value = json;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

const numberAt = (json: unknown, ...path: readonly string[]): number | undefined => {
  const value = at(json, ...path);
  return typeof value === "number" ? value : undefined;
};

/** @throws UserError if it is a typical year, no JSON of PVGIS, or lacks what is needed */
export function readPvgisJson(text: string, context: PvContext): PvTable {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      `${context.file} is not JSON: ${(error as Error).message} Download it again.`,
      { cause: error },
    );
  }
  if (at(json, "outputs", "tmy_hourly") !== undefined) throw typicalYear(context.file, undefined);
  const hourly = at(json, "outputs", "hourly");
  if (!Array.isArray(hourly) || hourly.length === 0) {
    throw problemIn(context.file, undefined, `there is no outputs.hourly in this JSON. ${INSTEAD}`);
  }
  const entries = hourly as readonly unknown[];
  context.findings.note("Lines of this report are entries of outputs.hourly, from 1.");
  const kilowatts = numberAt(json, "inputs", "pv_module", "peak_power");
  const mounting = (angle: string): number | undefined =>
    numberAt(json, "inputs", "mounting_system", "fixed", angle, "value");
  const head: Head = {
    place: placeOf(
      numberAt(json, "inputs", "location", "latitude"),
      numberAt(json, "inputs", "location", "longitude"),
    ),
    tiltDegrees: mounting("slope"),
    azimuthDegrees: mounting("azimuth"),
    peakW: kilowatts === undefined ? undefined : kilowatts * WATTS_PER_KILOWATT,
  };
  const hours = entries.map((entry, index) => ({
    line: index + 1,
    time: String(at(entry, "time")),
    value: (name: string) => numberAt(entry, name),
  }));
  const names = Object.keys(entries[0] ?? {});
  return tableOf("PVGIS hourly JSON", head, hours, names, context);
}

const typicalYear = (file: string, line: number | undefined): UserError =>
  problemIn(
    file,
    line,
    `this is a typical meteorological year (TMY), whose months are from different years, so it has no week that happened. ${INSTEAD}`,
  );
