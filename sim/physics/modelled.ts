/** PV output of a scenario without measurements: the sun, the clouds and the plant put together. */
import type { Scenario } from "../scenario/schema.ts";
import { Clouds } from "./clouds.ts";
import { envelope } from "./forecast.ts";
import { acW, unclippedW } from "./plant.ts";
import type { PvSeries } from "./series.ts";
import type { Place, Plane } from "./sun.ts";
import { SAMPLE_SECONDS, SAMPLES_PER_HOUR, SunTable } from "./sunTable.ts";
import { SECONDS_PER_HOUR, SECONDS_PER_MINUTE } from "../units.ts";

/** What of a scenario the sun depends on. */
export type PvScenario = Pick<
  Scenario,
  "seed" | "start" | "hours" | "stepMinutes" | "microgrids" | "plant" | "pv"
>;

/** How far beyond the end of the run the clear sky is known, hours: forecasts near the end look past it. */
export const HOURS_BEYOND = 48;

interface Shared {
  clouds?: { readonly key: string; readonly clouds: Clouds };
  readonly suns: Map<string, SunTable>;
}

/** What microgrids of one scenario share. It goes when the scenario goes, and the keys notice if a scenario was changed. */
const shared = new WeakMap<PvScenario, Shared>();

function sharedOf(scenario: PvScenario): Shared {
  const found = shared.get(scenario) ?? { suns: new Map<string, SunTable>() };
  shared.set(scenario, found);
  return found;
}

function sunOf(scenario: PvScenario, place: Place, plane: Plane): SunTable {
  const { start, hours } = scenario;
  const { latitude, longitude } = place;
  const { tiltDegrees, azimuthDegrees, albedo } = plane;
  const key = [start, hours, latitude, longitude, tiltDegrees, azimuthDegrees, albedo].join();
  const { suns } = sharedOf(scenario);
  const sun = suns.get(key) ?? new SunTable(Date.parse(start), hours + HOURS_BEYOND, place, plane);
  suns.set(key, sun);
  return sun;
}

function cloudsOf(scenario: PvScenario): Clouds {
  const { seed, hours, pv } = scenario;
  const { clearness, clearnessSpread, clearnessMemoryHours, regionalShare } = pv;
  const key = [seed, hours, clearness, clearnessSpread, clearnessMemoryHours, regionalShare].join();
  const of = sharedOf(scenario);
  if (of.clouds?.key !== key) of.clouds = { key, clouds: new Clouds(seed, hours, pv) };
  return of.clouds.clouds;
}

/** The place of a microgrid (from 0); beyond the list of sites they are used again from its beginning. */
export function siteOf({ microgrids: { sites } }: PvScenario, microgrid: number): Place {
  const site = sites[microgrid % sites.length];
  if (site === undefined) throw new RangeError(`There is no microgrid ${microgrid}.`);
  return site;
}

/**
 * Output of each plant of a microgrid (from 0), with a weather of its own; the mean of each step over samples of five
 * minutes.
 */
export function modelledSeries(scenario: PvScenario, microgrid: number): PvSeries {
  const { hours, stepMinutes, plant } = scenario;
  const stepSeconds = stepMinutes * SECONDS_PER_MINUTE;
  const samplesPerStep = stepSeconds / SAMPLE_SECONDS;
  const watts = new Float64Array((hours * SECONDS_PER_HOUR) / stepSeconds);
  const sun = sunOf(scenario, siteOf(scenario, microgrid), plant);
  const indices = cloudsOf(scenario).of(microgrid);
  const end = hours * SAMPLES_PER_HOUR;
  for (const [place, sample] of sun.daylight.entries()) {
    if (sample >= end) break;
    const index = indices[Math.floor(sample / SAMPLES_PER_HOUR)] ?? 0;
    const step = Math.floor(sample / samplesPerStep);
    watts[step] = (watts[step] ?? 0) + acW(plant, sun.planeWm2(place, index)) / samplesPerStep;
  }
  return { stepSeconds, watts };
}

/**
 * Energy of each hour of the run and of `HOURS_BEYOND` more under a clear sky, Wh, as if the inverter had no limit:
 * what forecasts measure the clouds against.
 *
 * @param plane where the panels look, if not as in the scenario
 */
export function clearSkyWh(
  scenario: PvScenario,
  place: Place,
  plane: Plane = scenario.plant,
): Float64Array {
  const energy = new Float64Array(scenario.hours + HOURS_BEYOND);
  const sun = sunOf(scenario, place, plane);
  for (const [index, sample] of sun.daylight.entries()) {
    const hour = Math.floor(sample / SAMPLES_PER_HOUR);
    const watts = unclippedW(scenario.plant, sun.planeWm2(index, 1));
    energy[hour] = (energy[hour] ?? 0) + watts / SAMPLES_PER_HOUR;
  }
  return energy;
}

/**
 * The clear sky's energy of each hour for a measured series, Wh, as `clearSkyWh`: at the place and plane that its
 * file tells, or else at the scenario's first site and plane; scaled to be the series' upper envelope, since the
 * plant is known by its output alone.
 */
export function measuredClearSkyWh(
  scenario: PvScenario,
  series: PvSeries & { readonly place?: Place; readonly plane?: Plane },
): Float64Array {
  const place = series.place ?? siteOf(scenario, 0);
  return envelope(clearSkyWh(scenario, place, series.plane ?? scenario.plant), series);
}
