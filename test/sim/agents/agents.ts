import { expect } from "chai";

import { byExpectedShare, byGridPrice, type SaleView } from "../../../sim/agents/pricing.ts";
import { QuoteBoard } from "../../../sim/agents/quotes.ts";
import { PublicRecord } from "../../../sim/agents/record.ts";
import { coresBought, lastHourOf } from "../../../sim/agents/user.ts";
import type { Quote } from "../../../sim/market/ledger.ts";
import type { Task } from "../../../sim/traces/task.ts";

const PRICES: SaleView["prices"] = {
  pvYuanPerKWh: 0.4,
  gridYuanPerKWh: 1,
  feedInYuanPerKWh: 0.1,
  margin: 0.05,
  migrationYuanPerGb: 0.005,
  openingBid: 0.7,
  bidRise: 0.15,
};

const view = (changes: Partial<SaleView> = {}): SaleView => ({
  hour: 12,
  cores: 10,
  whPerCoreHour: 40,
  surplusWh: 0,
  expectedSalesWh: 1000,
  prices: PRICES,
  ...changes,
});

describe("pricing", () => {
  const price = (changes: Partial<SaleView>): number =>
    byExpectedShare.offers(view(changes))[0]?.priceYuanPerKWh ?? NaN;

  it("asks the grid's price without sun, PV's with enough, and between them by the share", () => {
    expect(price({})).to.be.closeTo(1.05, 1e-12);
    expect(price({ surplusWh: 1000 })).to.be.closeTo(0.42, 1e-12);
    expect(price({ surplusWh: 5000 })).to.be.closeTo(0.42, 1e-12);
    expect(price({ surplusWh: 500 })).to.be.closeTo(0.7 * 1.05, 1e-12);
  });

  it("counts the first hour of all cores as sales if nothing was sold before", () => {
    expect(price({ surplusWh: 200, expectedSalesWh: 0 })).to.be.closeTo(0.7 * 1.05, 1e-12);
  });

  it("offers all cores", () => {
    expect(byExpectedShare.offers(view())[0]?.cores).to.equal(10);
    expect(byGridPrice.offers(view({ surplusWh: 9000 }))).to.deep.equal([
      { priceYuanPerKWh: 1.05, energyWh: 10 * 40 * 168, cores: 10 },
    ]);
  });
});

describe("QuoteBoard", () => {
  const quote = (price: bigint, energy: bigint): Quote => ({
    price,
    energy,
    cores: 4n,
    firstSlot: 3n,
    lastSlot: 9n,
    repaymentSlots: 0n,
  });

  it("finds the cheapest that fits, among equals the one with most energy", () => {
    const board = new QuoteBoard((slot) => Number(slot) - 2);
    board.set(1n, quote(420_000n, 500n));
    board.set(2n, quote(420_000n, 900n));
    board.set(3n, quote(400_000n, 100n));
    expect(board.cheapest(() => true)?.dataCentre).to.equal(3n);
    expect(board.cheapest(({ energyWh }) => energyWh >= 200)?.dataCentre).to.equal(2n);
    expect(board.of(2n)).to.include({ yuanPerKWh: 0.42, energyWh: 900, cores: 4, lastHour: 7 });
    board.set(3n, quote(400_000n, 0n));
    expect(board.of(3n)).to.equal(undefined);
    expect(board.cheapest(({ energyWh }) => energyWh >= 1000)).to.equal(undefined);
  });
});

describe("PublicRecord", () => {
  it("tells an event to everybody who asked, in the order in which they asked", () => {
    const record = new PublicRecord();
    const heard: string[] = [];
    record.on("Signed", () => heard.push("all"));
    record.onFor("Signed", "buyer", 7n, () => heard.push("buyer 7"));
    record.onFor("Signed", "seller", 7n, () => heard.push("seller 7"));
    record.onFor("Signed", "buyer", 8n, () => heard.push("buyer 8"));
    record.publish([
      { name: "Signed", args: { buyer: 7n, seller: 8n } },
      { name: "Other", args: { buyer: 7n } },
    ]);
    expect(heard).to.deep.equal(["all", "buyer 7"]);
  });
});

describe("what a user buys", () => {
  const task: Task = {
    id: 0,
    user: 0,
    cores: 2,
    memoryMb: 4096,
    stateMb: 4096,
    submitSeconds: 0,
    durationSeconds: 3600,
    deadlineSeconds: 4 * 3600,
    priority: false,
    maxPriceYuanPerKWh: 1,
  };

  it("is enough cores for its memory", () => {
    expect(coresBought(task, 5461)).to.equal(2);
    expect(coresBought({ ...task, memoryMb: 16_384 }, 16_384 / 3)).to.equal(3);
    expect(coresBought({ ...task, memoryMb: 16_385 }, 16_384 / 3)).to.equal(4);
  });

  it("ends with the last whole hour before the deadline", () => {
    expect(lastHourOf(task)).to.equal(3);
    expect(lastHourOf({ ...task, deadlineSeconds: 4 * 3600 - 1 })).to.equal(2);
  });
});
