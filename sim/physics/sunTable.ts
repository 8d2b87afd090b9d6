/** The sun of one place and plane over the time of a run, so that microgrids that share a site compute it once. */
import {
  clearSkyWm2,
  decompose,
  extraterrestrialWm2,
  planeWm2,
  sunAngles,
  type Place,
  type Plane,
} from "./sun.ts";
import { MS_PER_SECOND, SECONDS_PER_HOUR } from "../units.ts";

/** Length of a sample, seconds; the sun is taken in its middle. Divides every step of a scenario. */
export const SAMPLE_SECONDS = 300;
export const SAMPLES_PER_HOUR = SECONDS_PER_HOUR / SAMPLE_SECONDS;

/** The daylight of a run, in samples of five minutes. */
export class SunTable {
  /** Samples with the sun above the horizon, as numbers from the start of the run, rising. */
  readonly daylight: Int32Array;
  private readonly plane: Plane;
  private readonly extraterrestrial: Float64Array;
  private readonly cosZenith: Float64Array;
  private readonly cosIncidence: Float64Array;

  /** @param start milliseconds since 1970, UTC */
  constructor(start: number, hours: number, place: Place, plane: Plane) {
    this.plane = plane;
    const samples = [];
    const angles = [];
    for (let sample = 0; sample < hours * SAMPLES_PER_HOUR; sample += 1) {
      const seen = sunAngles(start + (sample + 0.5) * SAMPLE_SECONDS * MS_PER_SECOND, place, plane);
      if (seen.cosZenith <= 0) continue;
      samples.push(sample);
      angles.push(seen);
    }
    this.daylight = Int32Array.from(samples);
    this.cosZenith = Float64Array.from(angles, ({ cosZenith }) => cosZenith);
    this.cosIncidence = Float64Array.from(angles, ({ cosIncidence }) => cosIncidence);
    this.extraterrestrial = Float64Array.from(samples, (sample) =>
      extraterrestrialWm2(start + sample * SAMPLE_SECONDS * MS_PER_SECOND),
    );
  }

  /**
   * Irradiance on the plane, W/m².
   *
   * @param place in `daylight`
   * @param clearness share of the clear sky's global irradiance that the clouds let through
   */
  planeWm2(place: number, clearness: number): number {
    const cosZenith = this.cosZenith[place] ?? 0;
    const cosIncidence = this.cosIncidence[place] ?? 0;
    const global = clearness * clearSkyWm2(cosZenith);
    const light = decompose(global, cosZenith, this.extraterrestrial[place] ?? 0);
    return planeWm2(light, { cosZenith, cosIncidence }, this.plane);
  }
}
