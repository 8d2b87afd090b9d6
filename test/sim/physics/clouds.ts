import { expect } from "chai";

import { Clouds, HIGHEST_INDEX } from "../../../sim/physics/clouds.ts";

const WEATHER = {
  clearness: 0.6,
  clearnessSpread: 0.1,
  clearnessMemoryHours: 5,
  regionalShare: 0.5,
};
const LONG = 50_000;

const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Covariance of two series, the second `lag` hours later. */
function covariance(a: Float64Array, b: Float64Array, lag = 0): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const products = a
    .subarray(0, a.length - lag)
    .map((value, i) => (value - meanA) * (b[i + lag]! - meanB));
  return mean(products);
}

describe("Clouds", () => {
  const clouds = new Clouds(1, LONG, WEATHER);
  const first = clouds.of(0);
  const second = clouds.of(1);

  it("have the mean and the spread that were asked for", () => {
    expect(mean(first)).to.be.closeTo(0.6, 0.01);
    expect(Math.sqrt(covariance(first, first))).to.be.closeTo(0.1, 0.005);
  });

  it("forget themselves with the time constant", () => {
    for (const lag of [1, 5]) {
      const correlation = covariance(first, first, lag) / covariance(first, first);
      expect(correlation).to.be.closeTo(Math.exp(-lag / 5), 0.03);
    }
  });

  it("share with other microgrids what is regional", () => {
    const correlation = covariance(first, second) / covariance(first, first);
    expect(correlation).to.be.closeTo(0.5, 0.05);
    const same = new Clouds(1, 100, { ...WEATHER, regionalShare: 1 });
    expect(same.of(7)).to.deep.equal(same.of(0));
  });

  it("have no memory if none is asked for", () => {
    const forgetful = new Clouds(1, LONG, { ...WEATHER, clearnessMemoryHours: 0 }).of(0);
    expect(covariance(forgetful, forgetful, 1)).to.be.closeTo(0, 0.0002);
  });

  it("stay within bounds and keep their mean there", () => {
    for (const clearness of [0, 0.1, 0.5, 0.95, 1]) {
      const wild = new Clouds(3, LONG, { ...WEATHER, clearness, clearnessSpread: 0.5 }).of(0);
      expect(Math.min(...wild)).to.be.at.least(0);
      expect(Math.max(...wild)).to.be.at.most(HIGHEST_INDEX);
      expect(mean(wild)).to.be.closeTo(clearness, 0.03);
    }
  });

  it("are constant without a spread", () => {
    const constant = new Clouds(1, 24, { ...WEATHER, clearnessSpread: 0 }).of(0);
    for (const index of constant) expect(index).to.be.closeTo(0.6, 1e-9);
  });

  it("follow from the seed, and begin alike however long the run is", () => {
    expect(new Clouds(1, LONG, WEATHER).of(0)).to.deep.equal(first);
    expect(new Clouds(1, 10, WEATHER).of(0)).to.deep.equal(first.slice(0, 10));
    expect(new Clouds(2, 10, WEATHER).of(0)).to.not.deep.equal(first.slice(0, 10));
  });
});
