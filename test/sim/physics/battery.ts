import { expect } from "chai";

import { Battery, CHEMISTRIES } from "../../../sim/physics/battery.ts";
import { Random } from "../../../sim/random.ts";
import { baseSeed } from "../../support/seed.ts";

describe("Battery", () => {
  const lithium = new Battery(1000, CHEMISTRIES["lithium-ion"]);

  it("has the paper's table", () => {
    // λ = 0.25 C and μ = 1.25 C per hour for lithium-ion; 0.125 C and 1.25 C for lead-acid.
    expect(lithium.usableWh).to.equal(800);
    expect(lithium.acceptableWh(0, 1)).to.equal(250);
    expect(lithium.efficiency).to.equal(0.85);
    const lead = new Battery(1000, CHEMISTRIES["lead-acid"]);
    expect(lead.usableWh).to.equal(800);
    expect(lead.acceptableWh(0, 1)).to.equal(125);
    expect(lead.efficiency).to.equal(0.75);
    expect(lead.selfDischargeWh(800, 24)).to.be.closeTo(3, 1e-12);
    expect(lithium.selfDischargeWh(800, 24)).to.be.closeTo(1, 1e-12);
  });

  it("takes what the rate and the headroom allow: eq. (1)", () => {
    expect(lithium.acceptableWh(700, 1)).to.equal(100);
    expect(lithium.acceptableWh(800, 1)).to.equal(0);
    expect(lithium.acceptableWh(0, 0.5)).to.equal(125);
  });

  it("gives what the rate and the store allow, less self-discharge: eq. (2)", () => {
    const loss = 1 / 24;
    expect(lithium.deliverableWh(800, 1)).to.be.closeTo(800 - loss, 1e-12);
    expect(lithium.deliverableWh(800, 0.1)).to.be.closeTo(125 - loss / 10, 1e-12);
    expect(lithium.deliverableWh(loss / 2, 1)).to.equal(0);
    const lead = new Battery(1000, { ...CHEMISTRIES["lead-acid"], dischargeToChargeRate: 1 });
    expect(lead.deliverableWh(800, 1)).to.be.closeTo(125 - 0.125, 1e-12);
  });

  it("keeps what σ leaves of a charge", () => {
    const loss = 1 / 24;
    expect(lithium.storedAfter(100, 200, 0, 1)).to.be.closeTo(100 + 170 - loss, 1e-12);
    expect(lithium.storedAfter(100, 0, 60, 1)).to.be.closeTo(40 - loss, 1e-12);
  });

  it("is nothing without capacity", () => {
    const none = new Battery(0, CHEMISTRIES["lithium-ion"]);
    expect(none.acceptableWh(0, 1)).to.equal(0);
    expect(none.deliverableWh(0, 1)).to.equal(0);
    expect(none.storedAfter(0, 0, 0, 1)).to.equal(0);
  });

  it("stays between 0 and ηC and loses nothing but what it says, whatever is done with it", () => {
    const random = new Random(`${baseSeed()}/battery`);
    for (let run = 0; run < 200; run += 1) {
      const battery = new Battery(random.int(1, 5000), {
        depthOfDischarge: 0.1 + 0.9 * random.next(),
        chargeRatePerHour: 0.01 + 2 * random.next(),
        efficiency: 0.5 + 0.5 * random.next(),
        selfDischargePerDay: 0.1 * random.next(),
        dischargeToChargeRate: 0.1 + 9 * random.next(),
      });
      let stored = 0;
      for (let step = 0; step < 50; step += 1) {
        const hours = random.pick([1, 0.5, 0.25, 1 / 12]);
        const charges = random.chance(0.5);
        const charge = charges ? random.next() * battery.acceptableWh(stored, hours) : 0;
        const discharge = charges ? 0 : random.next() * battery.deliverableWh(stored, hours);
        const after = battery.storedAfter(stored, charge, discharge, hours);
        const loss = battery.selfDischargeWh(stored, hours);
        expect(after).to.be.within(0, battery.usableWh);
        expect(after - stored).to.be.closeTo(battery.efficiency * charge - discharge - loss, 1e-9);
        stored = after;
      }
    }
  });
});
