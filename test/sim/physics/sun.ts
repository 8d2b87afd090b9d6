import { expect } from "chai";

import {
  clearSkyWm2,
  decompose,
  diffuseShare,
  extraterrestrialWm2,
  planeWm2,
  sunAngles,
} from "../../../sim/physics/sun.ts";
import { Random } from "../../../sim/random.ts";
import { baseSeed } from "../../support/seed.ts";

const MINUTE = 60_000;
const NANTES = { latitude: 47.218, longitude: -1.554 };
const FLAT = { tiltDegrees: 0, azimuthDegrees: 180, albedo: 0.2 };
const degrees = (cosine: number): number => (Math.acos(cosine) * 180) / Math.PI;

describe("sunAngles", () => {
  it("puts the sun of the solstice as high above Nantes as its declination says", () => {
    const midnight = Date.parse("2015-06-21T00:00:00Z");
    const heights = Array.from(
      { length: 1440 },
      (_, minute) => 90 - degrees(sunAngles(midnight + minute * MINUTE, NANTES, FLAT).cosZenith),
    );
    const highest = Math.max(...heights);
    expect(highest).to.be.closeTo(90 - NANTES.latitude + 23.44, 0.03);
    // Solar noon: 12:00 and 4 minutes per degree west, and the equation of time of that day, +1.9 minutes.
    expect(heights.indexOf(highest)).to.be.closeTo(12 * 60 + 4 * 1.554 + 1.9, 1);
  });

  it("puts the sun of the equinox overhead at the equator", () => {
    const noon = Date.parse("2015-03-20T12:07:30Z");
    const { cosZenith } = sunAngles(noon, { latitude: 0, longitude: 0 }, FLAT);
    expect(degrees(cosZenith)).to.be.below(0.3);
  });

  it("has the morning's sun in front of panels that look east, and behind those that look west", () => {
    const morning = Date.parse("2015-06-22T07:00:00Z");
    const facing = (azimuthDegrees: number): number =>
      sunAngles(morning, NANTES, { tiltDegrees: 90, azimuthDegrees, albedo: 0 }).cosIncidence;
    expect(facing(90)).to.be.above(0.7);
    expect(facing(270)).to.be.closeTo(-facing(90), 1e-12);
  });

  it("sees from a horizontal plane what it sees from the ground", () => {
    const random = new Random(`${baseSeed()}/flat`);
    for (let i = 0; i < 100; i += 1) {
      const place = { latitude: random.int(-90, 90), longitude: random.int(-180, 180) };
      const time = random.int(0, 2 ** 31) * 1000;
      const { cosZenith, cosIncidence } = sunAngles(time, place, FLAT);
      expect(cosIncidence).to.be.closeTo(cosZenith, 1e-12);
    }
  });
});

describe("extraterrestrialWm2", () => {
  it("is highest in early January and lowest in early July", () => {
    expect(extraterrestrialWm2(Date.parse("2015-01-01T12:00:00Z"))).to.be.closeTo(1405.9, 0.1);
    expect(extraterrestrialWm2(Date.parse("2015-07-02T12:00:00Z"))).to.be.closeTo(1316.1, 0.1);
  });
});

describe("clearSkyWm2", () => {
  it("is Haurwitz' formula", () => {
    expect(clearSkyWm2(1)).to.be.closeTo(1035.09, 0.01); // 1098 exp(-0.059)
    expect(clearSkyWm2(0.5)).to.be.closeTo(487.9, 0.05); // 549 exp(-0.118)
  });

  it("is 0 without a sun", () => {
    expect(clearSkyWm2(0)).to.equal(0);
    expect(clearSkyWm2(-0.3)).to.equal(0);
  });
});

describe("diffuseShare", () => {
  it("is all for a black sky, by the polynomial of Erbs in between, and 16.5 % for the clearest", () => {
    expect(diffuseShare(0)).to.equal(1);
    expect(diffuseShare(0.22)).to.be.closeTo(0.9802, 1e-9);
    expect(diffuseShare(0.5)).to.be.closeTo(0.65915, 1e-9); // 0.9511 - 0.0802 + 1.097 - 2.07975 + 0.771
    expect(diffuseShare(0.9)).to.equal(0.165);
  });

  it("has no step where its pieces meet", () => {
    for (const joint of [0.22, 0.8]) {
      expect(diffuseShare(joint)).to.be.closeTo(diffuseShare(joint + 1e-9), 0.003);
    }
  });
});

describe("planeWm2", () => {
  const light = { global: 800, diffuse: 200 };

  it("gives the global irradiance on the horizontal", () => {
    expect(planeWm2(light, { cosZenith: 0.6, cosIncidence: 0.6 }, FLAT)).to.be.closeTo(800, 1e-9);
  });

  it("adds beam, sky and ground on a tilted plane", () => {
    const plane = { tiltDegrees: 60, azimuthDegrees: 180, albedo: 0.2 };
    // 600 / 0.6 × 0.9 of the beam, 3/4 of the sky, a quarter of what the ground reflects.
    const sum = 900 + 150 + 40;
    expect(planeWm2(light, { cosZenith: 0.6, cosIncidence: 0.9 }, plane)).to.be.closeTo(sum, 1e-9);
  });

  it("has no beam from behind", () => {
    const wall = { tiltDegrees: 90, azimuthDegrees: 0, albedo: 0.5 };
    const behind = { cosZenith: 0.6, cosIncidence: -0.5 };
    expect(planeWm2(light, behind, wall)).to.be.closeTo(100 + 200, 1e-9);
  });

  it("is 0 at night and never more than a sun overhead could give", () => {
    const random = new Random(`${baseSeed()}/plane`);
    let nights = 0;
    for (let i = 0; i < 2000; i += 1) {
      const place = { latitude: random.int(-90, 90), longitude: random.int(-180, 180) };
      const plane = {
        tiltDegrees: random.int(0, 90),
        azimuthDegrees: random.int(0, 360),
        albedo: random.next(),
      };
      const time = random.int(0, 2 ** 31) * 1000;
      const angles = sunAngles(time, place, plane);
      const extraterrestrial = extraterrestrialWm2(time);
      const global = clearSkyWm2(angles.cosZenith) * 1.1 * random.next();
      const split = decompose(global, angles.cosZenith, extraterrestrial);
      const received = planeWm2(split, angles, plane);
      expect(split.diffuse).to.be.within(0, global);
      expect(received).to.be.within(0, 1.3 * extraterrestrial);
      if (angles.cosZenith <= 0) {
        nights += 1;
        expect(received).to.equal(0);
      }
    }
    expect(nights).to.be.above(500);
  });
});
