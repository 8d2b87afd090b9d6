/** Forecasts of a plant's output by somebody who knows its past and the sun's course. */
import { hourEnergyWh, type PvSeries } from "./series.ts";
import { SECONDS_PER_HOUR } from "../units.ts";

/** How the next hours are forecast; the choice `pv.forecast` of a scenario. */
export type ForecastMode = "smart-persistence" | "persistence" | "perfect";

/** What the next hours will bring. */
export interface Forecaster {
  /**
   * Energy of the hours from `hour` on, Wh, as expected at the beginning of that hour from what was observed before it.
   *
   * @param hour from the start of the run
   * @param into is filled, as many hours as it is long, and given back; nothing is allocated
   */
  forecastWh(hour: number, into: Float64Array): Float64Array;
}

/** What a forecaster knows. */
export interface ForecastInput {
  readonly series: PvSeries;
  /** Energy of each hour under a clear sky without the inverter's limit, Wh; as long as forecasts may reach. */
  readonly clearSkyWh: Float64Array;
  /** Rated power of the inverter, W. */
  readonly inverterW: number;
  /** Clear-sky index that is expected before any daylight was seen; the scenario's mean `clearness`. */
  readonly firstIndex: number;
}

/**
 * An hour counts as daylight if a clear sky gives this share of the best hour; with a lower sun the index is mostly
 * the model's error.
 */
const DAYLIGHT_SHARE = 0.1;

/** Beyond this an index tells of a wrong profile and not of the sky. */
const HIGHEST_BELIEVED_INDEX = 1.2;

/** Share of the inverter's rating from which an hour counts as clipped. */
const CLIPPED_SHARE = 0.995;

const daylightWh = (clearSkyWh: Float64Array): number =>
  Math.max(Number.MIN_VALUE, clearSkyWh.reduce((a, b) => Math.max(a, b), 0) * DAYLIGHT_SHARE);

/** Energy of each hour of a series, Wh. */
function hourlyWh(series: PvSeries): Float64Array {
  const hours = Math.ceil((series.watts.length * series.stepSeconds) / SECONDS_PER_HOUR);
  return Float64Array.from({ length: hours }, (_, hour) => hourEnergyWh(series, hour));
}

/**
 * The clear-sky profile scaled so that no daylight hour of a measured series is above it, for plants whose size
 * nobody told. The scale looks at the whole series, which an owner would know of its plant; it does not touch
 * forecasts by persistence of the index, except for what is expected of the first morning.
 */
export function envelope(clearSkyWh: Float64Array, series: PvSeries): Float64Array {
  const least = daylightWh(clearSkyWh);
  const scale = hourlyWh(series).reduce((highest, energy, hour) => {
    const clear = clearSkyWh[hour] ?? 0;
    return clear < least ? highest : Math.max(highest, energy / clear);
  }, 0);
  return scale === 0 ? clearSkyWh : clearSkyWh.map((energy) => energy * scale);
}

/** The index known at the beginning of each hour, from the hours before it. */
function indices({ clearSkyWh, inverterW, firstIndex }: ForecastInput, energies: Float64Array) {
  const least = daylightWh(clearSkyWh);
  let index = firstIndex;
  return Float64Array.from({ length: energies.length + 1 }, (_, hour) => {
    const clear = clearSkyWh[hour - 1] ?? 0;
    const energy = energies[hour - 1] ?? 0;
    if (clear >= least) {
      const seen = Math.min(HIGHEST_BELIEVED_INDEX, energy / clear);
      // Behind a clipping inverter the sky may be clearer than it looks, never less clear.
      index = energy >= inverterW * CLIPPED_SHARE ? Math.max(index, seen) : seen;
    }
    return index;
  });
}

/**
 * The last output goes on, through the night if it was seen at noon, and never if it was seen at night; nothing is
 * expected of the first hour.
 */
function persistence(energies: Float64Array): Forecaster {
  return {
    forecastWh: (hour, into) => into.fill(energies[Math.min(hour, energies.length) - 1] ?? 0),
  };
}

/** What will be; 0 beyond the end of the run. */
function perfect(energies: Float64Array): Forecaster {
  return {
    forecastWh(hour, into) {
      for (let i = 0; i < into.length; i += 1) into[i] = energies[hour + i] ?? 0;
      return into;
    },
  };
}

/** The last clear-sky index seen by daylight goes on, so that each hour has its share of the clear sky's energy. */
function smartPersistence(input: ForecastInput, energies: Float64Array): Forecaster {
  const { clearSkyWh, inverterW } = input;
  const known = indices(input, energies);
  return {
    forecastWh(hour, into) {
      const index = known[Math.min(hour, known.length - 1)] ?? 0;
      for (let i = 0; i < into.length; i += 1) {
        into[i] = Math.min(inverterW, index * (clearSkyWh[hour + i] ?? 0));
      }
      return into;
    },
  };
}

/**
 * A forecaster for one plant. Apart from "perfect" it says at each hour only what follows from the hours before.
 *
 * "smart-persistence" takes the ratio of the output to the clear sky's of the plant (KPV of Engerer and Mills, Solar
 * Energy 105, 2014).
 */
export function forecaster(mode: ForecastMode, input: ForecastInput): Forecaster {
  const energies = hourlyWh(input.series);
  if (mode === "perfect") return perfect(energies);
  if (mode === "persistence") return persistence(energies);
  return smartPersistence(input, energies);
}
