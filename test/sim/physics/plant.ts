import { expect } from "chai";

import { acW, peakW, unclippedW } from "../../../sim/physics/plant.ts";
import { Random } from "../../../sim/random.ts";
import { baseSeed } from "../../support/seed.ts";

const PLANT = { panels: 8, panelW: 240, inverterW: 1200, inverterEfficiency: 0.92, losses: 0.1 };

describe("plant", () => {
  it("has the peak of its panels", () => {
    expect(peakW(PLANT)).to.equal(1920);
  });

  it("gives half its peak, less the losses, at half the standard irradiance", () => {
    expect(acW(PLANT, 500)).to.be.closeTo(960 * 0.9 * 0.92, 1e-9);
  });

  it("gives at most what its inverter is rated at", () => {
    expect(unclippedW(PLANT, 1000)).to.be.closeTo(1589.76, 1e-9);
    expect(acW(PLANT, 1000)).to.equal(1200);
  });

  it("gives nothing in the dark, or without panels", () => {
    expect(acW(PLANT, 0)).to.equal(0);
    expect(acW({ ...PLANT, panels: 0 }, 1000)).to.equal(0);
  });

  it("never gives more than the inverter's rating, and never less for more light", () => {
    const random = new Random(`${baseSeed()}/plant`);
    for (let i = 0; i < 1000; i += 1) {
      const plant = { ...PLANT, panels: random.int(0, 50), inverterW: random.int(1, 10_000) };
      const light = random.next() * 1500;
      expect(acW(plant, light)).to.be.within(0, plant.inverterW);
      expect(acW(plant, light + 1)).to.be.at.least(acW(plant, light));
    }
  });
});
