import { expect } from "chai";

import {
  amountDown,
  amountUp,
  bpsUp,
  depositBps,
  earned,
  earnedDown,
  energyShareUp,
  shareDown,
  tradePrice,
} from "../../../sim/market/money.ts";
import { Random } from "../../../sim/random.ts";

describe("money", () => {
  it("rounds what is paid down and what is locked up", () => {
    expect(amountDown(3n, 333n)).to.equal(0n);
    expect(amountUp(3n, 333n)).to.equal(1n);
    expect(amountDown(2000n, 333n)).to.equal(666n);
    expect(amountUp(2000n, 333n)).to.equal(666n);
    expect(bpsUp(10_000n, 777n)).to.equal(777n);
    expect(bpsUp(10_001n, 777n)).to.equal(778n);
  });

  it("pays in proportion to the core-seconds, rounded down", () => {
    expect(earnedDown(1000n, 100n, 1n, 3n)).to.equal(33n);
    expect(earnedDown(1000n, 100n, 3n, 3n)).to.equal(100n);
    expect(shareDown(100n, 2n, 3n)).to.equal(66n);
    expect(energyShareUp(100n, 2n, 3n)).to.equal(67n);
    expect(energyShareUp(100n, 3n, 3n)).to.equal(100n);
  });

  it("comes to the same in plain numbers, whatever their size", () => {
    const random = new Random("earned");
    const below = (bits: number): number => random.int(1, 2 ** random.int(1, bits));
    const terms = Array.from({ length: 5_000 }, () => {
      const total = below(40);
      return [below(20), below(30), Math.min(total, below(40)), total] as const;
    });
    // A product of 2^53 − 1, one above it, one that no number holds, and nothing done.
    terms.push([6361, 69431, 20394401, 20394401], [1, 2 ** 30, 2 ** 23, 2 ** 23]);
    terms.push([2 ** 20 - 1, 2 ** 28 - 1, 2 ** 40 - 1, 2 ** 40], [5, 7, 0, 9]);
    for (const [energy, price, done, total] of terms) {
      const exact = earnedDown(BigInt(energy), BigInt(price), BigInt(done), BigInt(total));
      const plain = BigInt(earned(energy, price, done, total));
      expect(plain, `${energy} Wh, ${done} of ${total}`).to.equal(exact);
    }
  });

  it("sets the price of a trade between offer and bid", () => {
    expect(tradePrice(400n, 501n, 0n)).to.equal(400n);
    expect(tradePrice(400n, 501n, 5000n)).to.equal(450n);
    expect(tradePrice(400n, 501n, 10_000n)).to.equal(501n);
  });

  it("asks a lower deposit of a higher reputation", () => {
    const parameters = { minDepositBps: 500n, maxDepositBps: 2000n };
    expect(depositBps(0n, parameters)).to.equal(2000n);
    expect(depositBps(5000n, parameters)).to.equal(1250n);
    expect(depositBps(5001n, parameters)).to.equal(1250n);
    expect(depositBps(10_000n, parameters)).to.equal(500n);
  });
});
