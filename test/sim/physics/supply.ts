import { expect } from "chai";

import { Battery, CHEMISTRIES } from "../../../sim/physics/battery.ts";
import { feed, feedFromGrid, Source, type Flows } from "../../../sim/physics/supply.ts";
import { Random } from "../../../sim/random.ts";
import { baseSeed } from "../../support/seed.ts";

const battery = new Battery(1000, CHEMISTRIES["lithium-ion"]);
const none = new Battery(0, CHEMISTRIES["lithium-ion"]);

function fed(
  loads: number[],
  pvWh: number,
  cells = battery,
  storedWh = 0,
): Flows & { on: number[] } {
  const sources = new Uint8Array(loads.length);
  const flows = feed(Float64Array.from(loads), sources, pvWh, cells, storedWh, 1);
  return { ...flows, on: [...sources] };
}

describe("feed", () => {
  const { off, pv, esd, grid } = Source;

  it("feeds everything from PV that is enough, charges with what is left and exports the rest", () => {
    const { on, directWh, chargeWh, exportWh, importWh, storedWh } = fed([200, 0, 100], 700);
    expect(on).to.deep.equal([pv, off, pv]);
    expect({ directWh, chargeWh, exportWh, importWh }).to.deep.equal({
      directWh: 300,
      chargeWh: 250,
      exportWh: 150,
      importWh: 0,
    });
    expect(storedWh).to.be.closeTo(212.5, 0.1);
  });

  it("switches each server to one source and fills PV as full as possible", () => {
    // 200 + 150 is more than 200 + 100 and fits.
    expect(fed([200, 150, 100], 360, none).on).to.deep.equal([pv, pv, grid]);
    expect(fed([200, 150, 100], 310, none).on).to.deep.equal([pv, grid, pv]);
    expect(fed([200, 150, 100], 90, none).on).to.deep.equal([grid, grid, grid]);
  });

  it("charges with what no server fits into rather than discharge", () => {
    const { on, chargeWh, dischargeWh, exportWh } = fed([200, 200], 250, battery, 500);
    expect(on).to.deep.equal([pv, grid]);
    expect({ chargeWh, dischargeWh, exportWh }).to.deep.equal({
      chargeWh: 50,
      dischargeWh: 0,
      exportWh: 0,
    });
  });

  it("discharges when the ESD cannot take what is left", () => {
    const full = fed([200, 200], 250, battery, 800);
    expect(full.on).to.deep.equal([pv, esd]);
    expect(full.dischargeWh).to.equal(200);
    expect(full.exportWh).to.equal(50);
    expect(full.chargeWh).to.equal(0);
  });

  it("supplies from the ESD first when the sun is gone, and the rest from the grid", () => {
    const night = fed([200, 150, 100], 0, battery, 320);
    expect(night.on).to.deep.equal([esd, grid, esd]);
    expect(night.dischargeWh).to.equal(300);
    expect(night.importWh).to.equal(150);
  });

  it("agrees with every possible switching, on random loads", () => {
    const random = new Random(`${baseSeed()}/supply`);
    for (let run = 0; run < 300; run += 1) {
      const loads = Array.from({ length: random.int(1, 6) }, () => random.int(0, 220));
      const pvWh = random.int(0, 1200);
      const { directWh } = fed(loads, pvWh, none);
      let best = 0;
      for (let set = 0; set < 1 << loads.length; set += 1) {
        const sum = loads.reduce((so, load, i) => so + (((set >> i) & 1) === 1 ? load : 0), 0);
        if (sum <= pvWh) best = Math.max(best, sum);
      }
      expect(directWh, JSON.stringify({ loads, pvWh })).to.equal(best);
    }
  });

  it("balances in every step, and never charges and discharges at once", () => {
    const random = new Random(`${baseSeed()}/balance`);
    let stored = 0;
    for (let run = 0; run < 2000; run += 1) {
      const loads = Float64Array.from({ length: random.int(1, 20) }, () => 220 * random.next());
      const load = loads.reduce((a, b) => a + b, 0);
      const sources = new Uint8Array(loads.length);
      const pvWh = 1500 * random.next();
      const flows = feed(loads, sources, pvWh, battery, stored, random.pick([1, 0.25]));
      const { directWh, chargeWh, dischargeWh, selfDischargeWh, importWh, exportWh } = flows;
      expect(directWh + chargeWh + exportWh).to.be.closeTo(pvWh, 1e-9);
      expect(directWh + dischargeWh + importWh).to.be.closeTo(load, 1e-9);
      expect(flows.storedWh - stored).to.be.closeTo(
        0.85 * chargeWh - dischargeWh - selfDischargeWh,
        1e-9,
      );
      expect(Math.min(chargeWh, dischargeWh)).to.equal(0);
      // Each switch stands where its energy comes from.
      const from = (source: number): number =>
        loads.reduce((so, wh, i) => so + (sources[i] === source ? wh : 0), 0);
      expect(from(pv)).to.be.closeTo(directWh, 1e-9);
      expect(from(esd)).to.be.closeTo(dischargeWh, 1e-9);
      expect(from(grid)).to.be.closeTo(importWh, 1e-9);
      stored = flows.storedWh;
    }
  });
});

describe("feedFromGrid", () => {
  it("imports every load and exports all PV", () => {
    const sources = new Uint8Array(2);
    const { importWh, exportWh } = feedFromGrid(Float64Array.of(100, 0), sources, 300);
    expect([importWh, exportWh, ...sources]).to.deep.equal([100, 300, Source.grid, Source.off]);
  });
});
