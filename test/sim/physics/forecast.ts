import { expect } from "chai";

import { envelope, forecaster, type ForecastInput } from "../../../sim/physics/forecast.ts";
import { clearSkyWh, modelledSeries, siteOf } from "../../../sim/physics/modelled.ts";
import { hourEnergyWh } from "../../../sim/physics/series.ts";
import { Random } from "../../../sim/random.ts";
import { scenarioWith } from "../../support/scenario.ts";
import { baseSeed } from "../../support/seed.ts";

const MODES = ["smart-persistence", "persistence", "perfect"] as const;
const scenario = scenarioWith();
const clear = clearSkyWh(scenario, siteOf(scenario, 0));

const input = (watts: Float64Array, change: Partial<ForecastInput> = {}): ForecastInput => ({
  series: { stepSeconds: 3600, watts },
  clearSkyWh: clear,
  inverterW: 10_000,
  firstIndex: 0.72,
  ...change,
});

/** A run whose sky is always as clear as this. */
const constant = (index: number): Float64Array => clear.slice(0, 168).map((wh) => wh * index);

describe("forecaster", () => {
  it("fills what it is given and gives it back", () => {
    for (const mode of MODES) {
      const into = new Float64Array(5).fill(NaN);
      expect(forecaster(mode, input(constant(0.5))).forecastWh(12, into)).to.equal(into);
      expect(into.every(Number.isFinite)).to.equal(true);
    }
  });

  it("looks at nothing from the hour of the forecast on, unless it is perfect", () => {
    const random = new Random(`${baseSeed()}/forecast`);
    for (const mode of ["smart-persistence", "persistence"] as const) {
      for (let i = 0; i < 50; i += 1) {
        const hour = random.int(0, 168);
        const watts = constant(1).map((w) => w * random.next());
        const other = watts.map((w, at) => (at < hour ? w : random.next() * 1000));
        const [a, b] = [watts, other].map((series) =>
          forecaster(mode, input(series)).forecastWh(hour, new Float64Array(24)),
        );
        expect(a).to.deep.equal(b);
      }
    }
  });

  describe("perfect", () => {
    it("is the truth, at any step, and 0 beyond the end", () => {
      const series = modelledSeries(scenarioWith({ stepMinutes: 15 }), 3);
      const oracle = forecaster("perfect", { ...input(new Float64Array()), series });
      for (let hour = 0; hour < 168; hour += 7) {
        const forecast = oracle.forecastWh(hour, new Float64Array(24));
        for (const [i, energy] of forecast.entries()) {
          expect(energy).to.equal(hourEnergyWh(series, hour + i));
        }
      }
    });
  });

  describe("persistence", () => {
    const plain = forecaster("persistence", input(constant(0.5)));

    it("goes on with the last hour, also through the night", () => {
      const forecast = plain.forecastWh(19, new Float64Array(12));
      for (const energy of forecast) expect(energy).to.be.closeTo(clear[18]! * 0.5, 1e-9);
    });

    it("expects nothing before it saw anything", () => {
      expect([...plain.forecastWh(0, new Float64Array(12))]).to.deep.equal(Array(12).fill(0));
    });

    it("goes on with the last hour of the run beyond its end", () => {
      const [energy] = forecaster("persistence", input(Float64Array.of(1, 2, 3))).forecastWh(
        9,
        new Float64Array(1),
      );
      expect(energy).to.equal(3);
    });
  });

  describe("smart-persistence", () => {
    const forecastFrom = (hour: number, of: ForecastInput): Float64Array =>
      forecaster("smart-persistence", of).forecastWh(hour, new Float64Array(24));

    it("is exact while the clear-sky index is constant, once it saw daylight", () => {
      for (const index of [0, 0.3, 0.72, 1.1]) {
        const smart = forecaster("smart-persistence", input(constant(index)));
        let worst = 0;
        for (let hour = 9; hour < 144; hour += 1) {
          const errors = smart
            .forecastWh(hour, new Float64Array(24))
            .map((energy, i) => Math.abs(energy - clear[hour + i]! * index));
          worst = Math.max(worst, ...errors);
        }
        expect(worst).to.be.below(1e-9);
      }
    });

    it("takes at night and dawn the index of the last daylight", () => {
      const watts = constant(0.9);
      for (let hour = 12; hour < 24; hour += 1) watts[hour] = clear[hour]! * 0.4;
      watts[28] = clear[28]! * 1.2; // Dawn, when the index says little.
      const forecast = forecastFrom(29, input(watts));
      expect(forecast[7]).to.be.closeTo(clear[36]! * 0.4, 1e-9);
    });

    it("expects the scenario's mean before the first daylight", () => {
      expect(forecastFrom(0, input(constant(0.3)))[12]).to.be.closeTo(clear[12]! * 0.72, 1e-9);
    });

    it("never expects more than the inverter's rating", () => {
      const watts = constant(1).map((w) => Math.min(w, 800));
      const forecast = forecastFrom(24, input(watts, { inverterW: 800 }));
      expect(Math.max(...forecast)).to.equal(800);
    });

    it("knows that the sky behind a clipped hour may be clearer than it looks", () => {
      const watts = constant(1).map((w) => Math.min(w, 800));
      const [morning] = [9, 10, 11].filter((hour) => clear[hour]! > 800);
      const forecast = forecastFrom(morning! + 2, input(watts, { inverterW: 800 }));
      const evening = 17 - (morning! + 2);
      expect(forecast[evening]).to.be.closeTo(Math.min(800, clear[17]!), 1e-9);
    });

    it("goes on beyond the end of the run", () => {
      const forecast = forecastFrom(160, input(constant(0.5)));
      expect(forecast[20]).to.be.closeTo(clear[180]! * 0.5, 1e-9);
    });

    it("does not believe an index that no sky has", () => {
      const forecast = forecastFrom(13, input(constant(5)));
      expect(forecast[0]).to.be.closeTo(clear[13]! * 1.2, 1e-9);
    });

    it("says 0 where the sun never rises", () => {
      const dark = new Float64Array(216);
      expect([...forecastFrom(50, input(constant(0), { clearSkyWh: dark }))]).to.deep.equal(
        Array(24).fill(0),
      );
    });

    it("is better than persistence over a cloudy week", () => {
      const series = modelledSeries(scenario, 0);
      const error = (mode: (typeof MODES)[number]): number => {
        const oneOf = forecaster(mode, { ...input(new Float64Array()), series, inverterW: 1200 });
        const into = new Float64Array(6);
        let sum = 0;
        for (let hour = 0; hour < 160; hour += 1) {
          oneOf.forecastWh(hour, into);
          for (const [i, energy] of into.entries()) {
            sum += Math.abs(energy - hourEnergyWh(series, hour + i));
          }
        }
        return sum;
      };
      expect(error("perfect")).to.equal(0);
      expect(error("smart-persistence")).to.be.below(error("persistence") / 2);
    });
  });
});

describe("envelope", () => {
  it("is nowhere below the series by daylight, and touches it", () => {
    const random = new Random(`${baseSeed()}/envelope`);
    const watts = constant(1).map((w) => w * 0.5 * random.next());
    const scaled = envelope(clear, { stepSeconds: 3600, watts });
    const highest = Math.max(...clear);
    const ratios = [...watts]
      .map((w, hour) => w / scaled[hour]!)
      .filter((_, hour) => clear[hour]! > 0.1 * highest);
    expect(Math.max(...ratios)).to.be.closeTo(1, 1e-12);
  });

  it("does not change forecasts, except of the first morning", () => {
    const watts = constant(0.5);
    const scaled = envelope(clear, { stepSeconds: 3600, watts });
    const [a, b] = [clear, scaled].map((clearSkyWh) =>
      forecaster("smart-persistence", input(watts, { clearSkyWh })).forecastWh(
        30,
        new Float64Array(24),
      ),
    );
    for (const [i, energy] of a!.entries()) expect(b![i]).to.be.closeTo(energy, 1e-9);
  });

  it("leaves the profile of a plant that gave nothing as it is", () => {
    expect(envelope(clear, { stepSeconds: 3600, watts: new Float64Array(168) })).to.equal(clear);
  });
});
