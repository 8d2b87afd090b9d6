import { expect } from "chai";

import { PowerCurve } from "../../../sim/physics/server.ts";

describe("PowerCurve", () => {
  const r720 = new PowerCurve([97, 152, 170, 188, 201, 220]);

  it("goes through the paper's points", () => {
    const powers = [0, 0.2, 0.4, 0.6, 0.8, 1].map((u) => r720.at(u));
    powers.forEach((power, i) => {
      expect(power).to.be.closeTo([97, 152, 170, 188, 201, 220][i] ?? 0, 1e-9);
    });
    expect(r720.idle).to.equal(97);
    expect(r720.full).to.equal(220);
  });

  it("is linear in between", () => {
    expect(r720.at(0.1)).to.be.closeTo((97 + 152) / 2, 1e-9);
    expect(r720.at(0.95)).to.be.closeTo(201 + 0.75 * 19, 1e-9);
  });

  it("knows no utilisation below 0 or above 1", () => {
    expect(r720.at(-1)).to.equal(97);
    expect(r720.at(1.2)).to.equal(220);
  });
});
