import { expect } from "chai";

import { Random } from "../../../sim/random.ts";
import { bestWelfare, type PricedEnergy } from "../../../sim/scheduling/welfare.ts";

const plan = (yuanPerKWh: number, energyWh: number): PricedEnergy => ({ yuanPerKWh, energyWh });

/** The most welfare of giving each bid as a whole to one offer or none. */
function bestMatching(bids: readonly PricedEnergy[], offers: readonly PricedEnergy[]): number {
  const [bid, ...others] = bids;
  if (bid === undefined) return 0;
  let best = bestMatching(others, offers);
  for (const [i, offer] of offers.entries()) {
    if (offer.energyWh < bid.energyWh || offer.yuanPerKWh > bid.yuanPerKWh) continue;
    const rest = offers.with(i, { ...offer, energyWh: offer.energyWh - bid.energyWh });
    const gain = ((bid.yuanPerKWh - offer.yuanPerKWh) * bid.energyWh) / 1000;
    best = Math.max(best, gain + bestMatching(others, rest));
  }
  return best;
}

describe("bestWelfare", () => {
  it("is the area between bids and offers up to where they cross", () => {
    const bids = [plan(0.5, 1000), plan(1, 1000), plan(0.3, 1000)];
    const offers = [plan(0.4, 1500), plan(0.2, 500)];
    // 500 Wh at 1 − 0.2, 500 at 1 − 0.4, 1000 at 0.5 − 0.4; 0.3 is below 0.4.
    expect(bestWelfare(bids, offers)).to.be.closeTo(0.4 + 0.3 + 0.1, 1e-12);
  });

  it("is 0 if nobody agrees or nobody is there", () => {
    expect(bestWelfare([plan(0.3, 100)], [plan(0.4, 100)])).to.equal(0);
    expect(bestWelfare([], [plan(0.4, 100)])).to.equal(0);
    expect(bestWelfare([plan(1, 100)], [])).to.equal(0);
    expect(bestWelfare([plan(1, 0), plan(0.9, 100)], [plan(0, 0), plan(0.4, 100)])).to.be.closeTo(
      0.05,
      1e-12,
    );
  });

  it("is never below the best matching, reaches it for equal plans, and leaves its lists alone", () => {
    const random = new Random("welfare");
    for (let round = 0; round < 200; round += 1) {
      const isEqual = random.chance(0.3);
      const plans = (): PricedEnergy[] =>
        Array.from({ length: random.int(0, 4) }, () =>
          plan(random.int(0, 100) / 100, isEqual ? 100 : random.int(1, 300)),
        );
      const [bids, offers] = [plans(), plans()];
      const before = structuredClone([bids, offers]);
      const best = bestMatching(bids, offers);
      const bound = bestWelfare(bids, offers);
      expect(bound).to.be.at.least(best - 1e-12);
      if (isEqual) expect(bound).to.be.closeTo(best, 1e-12);
      expect([bids, offers]).to.deep.equal(before);
    }
  });
});
