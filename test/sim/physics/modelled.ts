import { expect } from "chai";

import {
  clearSkyWh,
  HOURS_BEYOND,
  measuredClearSkyWh,
  modelledSeries,
  siteOf,
} from "../../../sim/physics/modelled.ts";
import { hourEnergyWh } from "../../../sim/physics/series.ts";
import { kWhOf } from "../../support/pv.ts";
import { scenarioWith } from "../../support/scenario.ts";

const CLEAR = { clearness: 1, clearnessSpread: 0 };

describe("modelledSeries", () => {
  it("gives a week of clear sky in Nantes what such a plant can give", () => {
    const series = modelledSeries(scenarioWith({ pv: CLEAR }), 0);
    expect(series.stepSeconds).to.equal(3600);
    expect(series.watts).to.have.length(168);
    expect(kWhOf(series)).to.be.closeTo(83.1, 0.1);
  });

  it("is dark from 21 to 4 h UTC in June, and clipped around noon", () => {
    const { watts } = modelledSeries(scenarioWith({ pv: CLEAR }), 0);
    for (const hour of [21, 22, 23, 24, 25, 26, 27]) expect(watts[hour]).to.equal(0);
    for (const hour of [11, 12, 13]) expect(watts[hour]).to.be.closeTo(1200, 1e-9);
    expect(Math.max(...watts)).to.be.at.most(1200 + 1e-9);
  });

  it("has clouds that take from it, of its own at each microgrid", () => {
    const scenario = scenarioWith();
    const energies = Array.from({ length: 40 }, (_, i) => kWhOf(modelledSeries(scenario, i)));
    for (const energy of energies) expect(energy).to.be.within(40, 83);
    expect(new Set(energies).size).to.equal(40);
    expect(siteOf(scenario, 13)).to.equal(siteOf(scenario, 3));
  });

  it("has the same energy in an hour whatever the step", () => {
    const hourly = modelledSeries(scenarioWith(), 4);
    for (const stepMinutes of [30, 15, 10, 5] as const) {
      const finer = modelledSeries(scenarioWith({ stepMinutes }), 4);
      expect(finer.watts).to.have.length((168 * 60) / stepMinutes);
      const errors = hourly.watts.map((energy, hour) => hourEnergyWh(finer, hour) - energy);
      expect(Math.max(...errors.map(Math.abs))).to.be.below(1e-9);
    }
  });

  it("follows from the scenario, also when the same object was changed in between", () => {
    const scenario = scenarioWith();
    const before = modelledSeries(scenario, 2);
    const changed = {
      ...scenario,
      seed: 2,
      plant: { ...scenario.plant, tiltDegrees: 90 },
    };
    const expected = modelledSeries(changed, 2);
    expect(expected.watts).to.not.deep.equal(before.watts);
    Object.assign(scenario, { seed: 2, plant: changed.plant });
    expect(modelledSeries(scenario, 2).watts).to.deep.equal(expected.watts);
  });

  it("is 0 in the polar night and never at night in the polar day", () => {
    const north = { sites: [{ name: "Tromsø", latitude: 69.65, longitude: 18.96 }] };
    const winter = scenarioWith({ start: "2015-12-18T00:00:00Z", microgrids: north, pv: CLEAR });
    expect(kWhOf(modelledSeries(winter, 0))).to.equal(0);
    const summer = scenarioWith({ microgrids: north, pv: CLEAR });
    expect(Math.min(...modelledSeries(summer, 0).watts)).to.be.above(0);
  });

  it("refuses a microgrid without a site", () => {
    const scenario = scenarioWith();
    const nowhere = { ...scenario, microgrids: { ...scenario.microgrids, sites: [] } };
    expect(() => modelledSeries(nowhere, 0)).to.throw(RangeError);
  });
});

describe("clearSkyWh", () => {
  it("is what the modelled plant gives under a clear sky without its inverter's limit", () => {
    const scenario = scenarioWith({ pv: CLEAR, plant: { inverterW: 10_000 } });
    const clear = clearSkyWh(scenario, siteOf(scenario, 0));
    const { watts } = modelledSeries(scenario, 0);
    expect(clear).to.have.length(168 + HOURS_BEYOND);
    for (const [hour, energy] of watts.entries()) expect(clear[hour]).to.be.closeTo(energy, 1e-9);
  });

  it("goes on beyond the end of the run", () => {
    const scenario = scenarioWith();
    const clear = clearSkyWh(scenario, siteOf(scenario, 0));
    expect(clear[168 + 12]).to.be.closeTo(clear[168 - 12]!, 10);
  });
});

describe("measuredClearSkyWh", () => {
  it("is the sky of the file's place and plane, as an upper envelope of the output", () => {
    const scenario = scenarioWith();
    const place = { latitude: 40, longitude: -108 };
    const plane = { tiltDegrees: 20, azimuthDegrees: 200, albedo: 0.2 };
    const clear = clearSkyWh(scenario, place, plane);
    const watts = clear.slice(0, 168).map((energy, hour) => energy * (hour % 5 === 0 ? 0.4 : 0.2));
    const profile = measuredClearSkyWh(scenario, { stepSeconds: 3600, watts, place, plane });
    for (const [hour, energy] of profile.entries()) {
      expect(energy).to.be.closeTo(0.4 * clear[hour]!, 1e-9);
    }
  });

  it("is the scenario's first site if the file tells none", () => {
    const scenario = scenarioWith();
    const clear = clearSkyWh(scenario, siteOf(scenario, 0));
    const watts = clear.slice(0, 168);
    expect(measuredClearSkyWh(scenario, { stepSeconds: 3600, watts })).to.deep.equal(clear);
  });
});
