/** The sun: where it stands, what a clear sky lets through and what of it falls on a tilted plane. */
import { getPosition } from "suncalc";
import { MS_PER_DAY } from "../units.ts";

const DEGREE = Math.PI / 180;

/** Irradiance of the sun outside the atmosphere at its mean distance, W/m² (Kopp and Lean, 2011). */
const SOLAR_CONSTANT_W_M2 = 1361;

/** Below this the clearness index would divide by next to nothing; about 3.7° above the horizon, as in pvlib. */
const LEAST_COS_ZENITH = 0.065;

/** A place on Earth, degrees; north and east are positive. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** How panels lie, and the ground in front of them. */
export interface Plane {
  /** From the horizontal, 0 to 90. */
  readonly tiltDegrees: number;
  /** Where the panels look, from north over east: 180 is south. */
  readonly azimuthDegrees: number;
  /** Share of the light that the ground reflects, 0 to 1. */
  readonly albedo: number;
}

/** The sun as seen from a place and from a plane there. */
export interface SunAngles {
  /** Cosine of the angle between the sun and the zenith; not above 0 at night. */
  readonly cosZenith: number;
  /** Cosine of the angle between the sun and the plane's normal; below 0 if the sun is behind the plane. */
  readonly cosIncidence: number;
}

/** Irradiance on the horizontal, W/m². */
export interface Irradiance {
  /** All of it (GHI). */
  readonly global: number;
  /** From the sky, without the sun's disc (DHI). */
  readonly diffuse: number;
}

/**
 * The sun's angles. Positions are from the library suncalc (Meeus, Astronomical Algorithms, chapter 25, with
 * refraction), the angle of incidence is Duffie and Beckman, Solar Engineering of Thermal Processes, equation 1.6.3.
 *
 * @param time milliseconds since 1970, UTC
 */
export function sunAngles(time: number, place: Place, plane: Plane): SunAngles {
  const { altitude, azimuth } = getPosition(new Date(time), place.latitude, place.longitude);
  const cosZenith = Math.sin(altitude * DEGREE);
  const tilt = plane.tiltDegrees * DEGREE;
  const turned = (azimuth - plane.azimuthDegrees) * DEGREE;
  const cosIncidence =
    cosZenith * Math.cos(tilt) + Math.cos(altitude * DEGREE) * Math.sin(tilt) * Math.cos(turned);
  return { cosZenith, cosIncidence };
}

/**
 * Irradiance outside the atmosphere on a plane that faces the sun, W/m²: Duffie and Beckman, equation 1.4.1a.
 *
 * @param time milliseconds since 1970, UTC
 */
export function extraterrestrialWm2(time: number): number {
  const newYear = Date.UTC(new Date(time).getUTCFullYear(), 0, 1);
  const day = 1 + Math.floor((time - newYear) / MS_PER_DAY);
  return SOLAR_CONSTANT_W_M2 * (1 + 0.033 * Math.cos((2 * Math.PI * day) / 365));
}

/**
 * Global irradiance of a clear sky on the horizontal, W/m², 0 at night: the model of Haurwitz (J. Meteorology 2,
 * 1945), which Reno, Hansen and Stein (SAND2012-2389) found to be the best of those that need nothing but the sun's
 * height; coefficients as there and in pvlib.
 */
export function clearSkyWm2(cosZenith: number): number {
  return cosZenith > 0 ? 1098 * cosZenith * Math.exp(-0.059 / cosZenith) : 0;
}

/**
 * Share of the diffuse in the global irradiance: Erbs, Klein and Duffie (Solar Energy 28(4), 1982), equation 1.
 *
 * @param clearness global irradiance over that outside the atmosphere, both on the horizontal
 */
export function diffuseShare(clearness: number): number {
  if (clearness <= 0.22) return 1 - 0.09 * clearness;
  if (clearness > 0.8) return 0.165;
  const polynomial = -0.1604 + clearness * (4.388 + clearness * (-16.638 + clearness * 12.336));
  return 0.9511 + clearness * polynomial;
}

/**
 * Global irradiance split into the sun's and the sky's, by `diffuseShare`.
 *
 * @param extraterrestrial outside the atmosphere, facing the sun, W/m²
 */
export function decompose(global: number, cosZenith: number, extraterrestrial: number): Irradiance {
  const horizontal = extraterrestrial * Math.max(cosZenith, LEAST_COS_ZENITH);
  return { global, diffuse: global * diffuseShare(global / horizontal) };
}

/**
 * Irradiance on a plane, W/m², 0 at night: the sun's beam, a sky that is equally bright everywhere, and what the
 * ground reflects; Liu and Jordan (Solar Energy 7(2), 1963), in Duffie and Beckman equation 2.15.1.
 */
export function planeWm2(
  { global, diffuse }: Irradiance,
  { cosZenith, cosIncidence }: SunAngles,
  { tiltDegrees, albedo }: Plane,
): number {
  if (cosZenith <= 0) return 0;
  // No beam from a sun that all but touches the horizon: its measured value over a cosine near 0 would be anything.
  const beam =
    (Math.max(0, global - diffuse) * Math.max(0, cosIncidence)) /
    Math.max(cosZenith, LEAST_COS_ZENITH);
  const cosTilt = Math.cos(tiltDegrees * DEGREE);
  return beam + (diffuse * (1 + cosTilt)) / 2 + (global * albedo * (1 - cosTilt)) / 2;
}
