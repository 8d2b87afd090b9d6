import { expect } from "chai";

import { meanOf, studentT } from "../../../sim/sweep/statistics.ts";

describe("studentT", () => {
  // Tables of the two-sided 95 % and 99 % points.
  for (const [degrees, at95, at99] of [
    [1, 12.7062, 63.6567],
    [2, 4.30265, 9.92484],
    [3, 3.18245, 5.84091],
    [4, 2.77645, 4.60409],
    [5, 2.57058, 4.03214],
    [9, 2.26216, 3.24984],
    [10, 2.22814, 3.16927],
    [19, 2.09302, 2.86093],
    [29, 2.04523, 2.75639],
    [30, 2.04227, 2.75],
    [120, 1.97993, 2.61742],
  ] as const) {
    it(`has the tables' values for ${degrees} degrees of freedom`, () => {
      expect(studentT(degrees, 0.95)).to.be.closeTo(at95, 5e-5 * at95);
      expect(studentT(degrees, 0.99)).to.be.closeTo(at99, 5e-5 * at99);
    });
  }

  it("nears the normal distribution", () => {
    expect(studentT(9999, 0.95)).to.be.closeTo(1.95996, 5e-4);
  });
});

describe("meanOf", () => {
  it("gives mean and half-width", () => {
    // Standard deviation 1, t of 2 degrees 4.30265.
    const { n, mean, halfWidth } = meanOf([4, 5, 6]) ?? { n: 0, mean: 0, halfWidth: 0 };
    expect([n, mean]).to.deep.equal([3, 5]);
    expect(halfWidth).to.be.closeTo(4.30265 / Math.sqrt(3), 1e-5);
  });

  it("knows no width for one value, and none of no value", () => {
    expect(meanOf([7])).to.deep.equal({ n: 1, mean: 7, halfWidth: null });
    expect(meanOf([])).to.equal(undefined);
    expect(meanOf([2, 2, 2])).to.deep.equal({ n: 3, mean: 2, halfWidth: 0 });
  });
});
