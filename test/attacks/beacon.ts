/** Who tries to bias the auction's draw, or to stop the market by the beacon. */
import { expect } from "chai";
import { AbiCoder, keccak256, toBeHex, ZeroHash } from "ethers";

import {
  contributionOf,
  deployAtGenesis,
  hashChain,
  leaveChainAsFound,
  mineAt,
  nextBlockAt,
  startOf,
  type HashChain,
} from "../support/chain.ts";
import {
  bidFor,
  commitAll,
  enrol,
  enrolDataCentre,
  enrolGrid,
  fund,
  networkHelpers,
  offerOf,
  planOf,
  readingOf,
  refOf,
  revealAll,
  submitReading,
  toBeacon,
  toClear,
  toReveal,
  toSlot,
  YUAN,
  type Market,
  type Participant,
  type Plan,
} from "../support/market.ts";

const BOND = 50n * YUAN;
const BUYER_BOND = 1n * YUAN;
/** The auctioned slot: the first that the operators' chains serve. */
const SLOT = 3n;

interface Operator extends Participant {
  readonly chain: HashChain;
}

/** An operator whose chain serves `SLOT` and the three after it. */
async function commitOperator(market: Market): Promise<Operator> {
  const operator = await enrol(market, "beacon");
  await fund(market, operator, BOND);
  const chain = hashChain(operator.id, SLOT, 4n);
  await market.beacon.connect(operator.wallet).commitChain(chain.anchor, SLOT, 4n);
  return { ...operator, chain };
}

/** A buyer, a seller, a second buyer `mallory` and two operators; all plans for `SLOT` are sealed. */
async function fixture() {
  const market = await deployAtGenesis();
  const grid = await enrolGrid(market);
  const seller = await enrolDataCentre(market, grid);
  const buyer = await enrol(market, "user");
  const mallory = await enrol(market, "user");
  for (const participant of [seller, buyer, mallory]) await fund(market, participant, 100n * YUAN);
  const first = await commitOperator(market);
  const second = await commitOperator(market);
  await toSlot(market, SLOT - 1n);
  await submitReading(market, seller, readingOf(seller, SLOT - 2n));
  const plans: [Participant, Plan][] = [
    [buyer, planOf(buyer, SLOT, { bids: [bidFor(SLOT)] })],
    [seller, planOf(seller, SLOT, { offers: [offerOf()] })],
    [mallory, planOf(mallory, SLOT, { bids: [bidFor(SLOT, { maxPrice: 800_000n })] })],
  ];
  await commitAll(market, SLOT, plans);
  return { market, seller, buyer, mallory, first, second, plans };
}

const open = (market: Market, operator: Operator, slot: bigint) =>
  market.beacon.open(operator.number, slot, operator.chain.at(slot));

/** The seed that the revealed plans and the opened values make. */
function seedOf(slot: bigint, plans: readonly [Participant, Plan][], opened: readonly Operator[]) {
  const coder = AbiCoder.defaultAbiCoder();
  const salts = plans.reduce((sum, [, { salt }]) => sum + BigInt(keccak256(salt)), 0n);
  const value = opened.reduce(
    (sum, { number, chain }) => sum + contributionOf(number, chain.at(slot)),
    0n,
  );
  return keccak256(
    coder.encode(
      ["uint32", "uint256", "bytes32"],
      [slot, BigInt.asUintN(128, salts), toBeHex(BigInt.asUintN(256, value), 32)],
    ),
  );
}

/** Clears the slot with all bids of `buyers`, best price first. */
const clear = (market: Market, seller: Participant, ...buyers: Participant[]) =>
  market.auction.clear(
    SLOT,
    buyers.map((buyer) => refOf(buyer, 0)),
    [refOf(seller, 0)],
    100_000n,
  );

describe("attacks: beacon", () => {
  leaveChainAsFound();

  it("draws with all salts and all operators' values when nobody misbehaves", async () => {
    const { market, seller, buyer, mallory, first, second, plans } =
      await networkHelpers.loadFixture(fixture);
    await revealAll(market, SLOT, plans);
    await toBeacon(market, SLOT);
    await open(market, second, SLOT);
    await open(market, first, SLOT);
    // All have opened, so nobody has to wait for the end of the beacon's time.
    await expect(clear(market, seller, buyer, mallory))
      .to.emit(market.auction, "MatchingStarted")
      .withArgs(SLOT, market.admin.address, seedOf(SLOT, plans, [first, second]), 2n, 1n);
    expect(await market.supply.contracts()).to.equal(2n);
  });

  describe("silence", () => {
    it("holds the slot up for the beacon's time and no longer", async () => {
      const { market, seller, buyer, mallory, plans } = await networkHelpers.loadFixture(fixture);
      await revealAll(market, SLOT, plans);
      const end = startOf(market, SLOT - 1n) + 3300n + 120n;
      await nextBlockAt(end - 1n);
      await expect(clear(market, seller, buyer, mallory))
        .to.be.revertedWithCustomError(market.auction, "BeaconPending")
        .withArgs(SLOT);
      await nextBlockAt(end);
      await expect(clear(market, seller, buyer, mallory))
        .to.emit(market.auction, "MatchingStarted")
        .withArgs(SLOT, market.admin.address, seedOf(SLOT, plans, []), 2n, 1n);
      expect(await market.supply.contracts()).to.equal(2n);
    });

    it("costs each operator its bond and reputation, once", async () => {
      const { market, first, second, plans } = await networkHelpers.loadFixture(fixture);
      await revealAll(market, SLOT, plans);
      await toClear(market, SLOT);
      for (const { number } of [first, second]) {
        await market.beacon.slash(number);
        await expect(market.beacon.slash(number))
          .to.be.revertedWithCustomError(market.beacon, "NoChain")
          .withArgs(number);
        expect(await market.vault.accountOf(number)).to.deep.equal([0n, 0n]);
        expect(await market.reputation.reputationOf(number)).to.equal(4500n);
      }
      expect(await market.vault.penaltyPool()).to.equal(2n * BOND);
      expect(await market.beacon.operators()).to.deep.equal([]);
    });

    it("of one operator leaves the others' values in the seed", async () => {
      const { market, seller, buyer, mallory, first, second, plans } =
        await networkHelpers.loadFixture(fixture);
      await revealAll(market, SLOT, plans);
      await toBeacon(market, SLOT);
      await open(market, first, SLOT);
      await toClear(market, SLOT);
      await expect(clear(market, seller, buyer, mallory))
        .to.emit(market.auction, "MatchingStarted")
        .withArgs(SLOT, market.admin.address, seedOf(SLOT, plans, [first]), 2n, 1n);
      await market.beacon.slash(second.number);
      await expect(market.beacon.slash(first.number))
        .to.be.revertedWithCustomError(market.beacon, "NothingMissed")
        .withArgs(first.number, SLOT + 1n);
    });

    it("cannot be made good when the operator has seen who won", async () => {
      const { market, seller, buyer, mallory, first, plans } =
        await networkHelpers.loadFixture(fixture);
      await revealAll(market, SLOT, plans);
      await toClear(market, SLOT);
      await clear(market, seller, buyer, mallory);
      const { seed } = await market.auction.bookOf(SLOT);
      await expect(open(market, first, SLOT)).to.be.revertedWithCustomError(
        market.beacon,
        "WrongWindow",
      );
      expect((await market.auction.bookOf(SLOT)).seed).to.equal(seed);
    });

    it("for one slot silences the chain for ever, and delays no later slot", async () => {
      const { market, first, second } = await networkHelpers.loadFixture(fixture);
      await toBeacon(market, SLOT);
      await open(market, first, SLOT);
      await toBeacon(market, SLOT + 1n);
      await expect(open(market, second, SLOT + 1n))
        .to.be.revertedWithCustomError(market.beacon, "WrongSlot")
        .withArgs(SLOT + 1n, SLOT);
      await open(market, first, SLOT + 1n);
      expect(await market.beacon.valueAt(SLOT + 1n)).to.deep.equal([
        true,
        toBeHex(contributionOf(first.number, first.chain.at(SLOT + 1n)), 32),
      ]);
    });
  });

  describe("cheating operators", () => {
    it("cannot open before the last plan can be revealed", async () => {
      const { market, first, plans } = await networkHelpers.loadFixture(fixture);
      await revealAll(market, SLOT, plans);
      const from = startOf(market, SLOT - 1n) + 3300n;
      await nextBlockAt(from - 1n);
      await expect(open(market, first, SLOT))
        .to.be.revertedWithCustomError(market.beacon, "WrongWindow")
        .withArgs(SLOT, from, from + 120n, from - 1n);
    });

    it("cannot open another value, or a later slot's", async () => {
      const { market, first, second } = await networkHelpers.loadFixture(fixture);
      await toBeacon(market, SLOT);
      await expect(market.beacon.open(first.number, SLOT, second.chain.at(SLOT)))
        .to.be.revertedWithCustomError(market.beacon, "NotThePreimage")
        .withArgs(second.chain.at(SLOT), first.chain.anchor);
      await expect(market.beacon.open(first.number, SLOT, first.chain.at(SLOT + 1n)))
        .to.be.revertedWithCustomError(market.beacon, "NotThePreimage")
        .withArgs(first.chain.at(SLOT + 1n), first.chain.anchor);
      await expect(open(market, first, SLOT + 1n))
        .to.be.revertedWithCustomError(market.beacon, "WrongSlot")
        .withArgs(SLOT + 1n, SLOT);
    });

    it("cannot begin a chain for a slot whose plans are being sealed", async () => {
      const { market } = await networkHelpers.loadFixture(fixture);
      const late = await enrol(market, "beacon");
      await fund(market, late, BOND);
      const { anchor } = hashChain("late", SLOT, 1n);
      const asLate = market.beacon.connect(late.wallet);
      // It is the slot before SLOT, and its commit window is open.
      for (const slot of [SLOT, SLOT - 1n]) {
        await expect(asLate.commitChain(anchor, slot, 1n))
          .to.be.revertedWithCustomError(market.beacon, "InvalidChain")
          .withArgs(slot, 1n, SLOT + 1n, 8784n);
      }
      await asLate.commitChain(anchor, SLOT + 1n, 1n);
    });

    it("cannot replace a chain that shows them an unwelcome value", async () => {
      const { market, first } = await networkHelpers.loadFixture(fixture);
      await fund(market, first, BOND);
      await expect(market.beacon.connect(first.wallet).commitChain(ZeroHash, SLOT + 2n, 1n))
        .to.be.revertedWithCustomError(market.beacon, "ChainActive")
        .withArgs(first.number);
    });
  });

  describe("the last revealer", () => {
    it("has to decide before any value of the beacon can be known", async () => {
      const { market, mallory, first, second, plans } = await networkHelpers.loadFixture(fixture);
      await revealAll(market, SLOT, plans.slice(0, 2));
      const end = startOf(market, SLOT - 1n) + 3300n;
      // The last second in which mallory can reveal: nothing is open, and nothing can be opened.
      await mineAt(end - 1n);
      expect(await market.beacon.valueAt(SLOT)).to.deep.equal([false, ZeroHash]);
      for (const operator of [first, second]) {
        await expect(
          market.beacon.open.staticCall(operator.number, SLOT, operator.chain.at(SLOT)),
        ).to.be.revertedWithCustomError(market.beacon, "WrongWindow");
      }
      // The first second in which a value can be opened: it is too late to reveal.
      await nextBlockAt(end);
      await open(market, first, SLOT);
      await expect(
        market.auction.connect(mallory.wallet).reveal.staticCall(plans[2]![1]),
      ).to.be.revertedWithCustomError(market.auction, "WrongWindow");
    });

    it("pays for a withheld plan with its bond and reputation", async () => {
      const { market, seller, buyer, mallory, first, second, plans } =
        await networkHelpers.loadFixture(fixture);
      await revealAll(market, SLOT, plans.slice(0, 2));
      await toBeacon(market, SLOT);
      await open(market, first, SLOT);
      await open(market, second, SLOT);
      // The market goes on with the seed of those who revealed …
      await expect(clear(market, seller, buyer))
        .to.emit(market.auction, "MatchingStarted")
        .withArgs(
          SLOT,
          market.admin.address,
          seedOf(SLOT, plans.slice(0, 2), [first, second]),
          1n,
          1n,
        );
      // … and what is forfeited is forfeited once.
      await expect(market.auction.punish(mallory.number))
        .to.emit(market.auction, "PlanPunished")
        .withArgs(mallory.number, SLOT, BUYER_BOND);
      await expect(market.auction.punish(mallory.number)).to.be.revertedWithCustomError(
        market.auction,
        "NothingSealed",
      );
      expect(await market.vault.accountOf(mallory.number)).to.deep.equal([99n * YUAN, 0n]);
      expect(await market.vault.penaltyPool()).to.equal(BUYER_BOND);
      expect(await market.reputation.reputationOf(mallory.number)).to.equal(4750n);
    });

    it("can only add its salt, whose effect depends on the beacon's value", async () => {
      const { plans, first, second } = await networkHelpers.loadFixture(fixture);
      const others = plans.slice(0, 2);
      const withholding = [[first], [second], [first, second]].map((opened) =>
        seedOf(SLOT, others, opened),
      );
      const revealing = [[first], [second], [first, second]].map((opened) =>
        seedOf(SLOT, plans, opened),
      );
      expect(new Set([...withholding, ...revealing])).to.have.length(6);
    });

    it("can reveal in the last second and take part as if it had been the first", async () => {
      const { market, seller, buyer, mallory, first, second, plans } =
        await networkHelpers.loadFixture(fixture);
      await revealAll(market, SLOT, plans.slice(0, 2));
      await toReveal(market, SLOT);
      await nextBlockAt(startOf(market, SLOT - 1n) + 3299n);
      await market.auction.connect(mallory.wallet).reveal(plans[2]![1]);
      await toBeacon(market, SLOT);
      await open(market, first, SLOT);
      await open(market, second, SLOT);
      await expect(clear(market, seller, buyer, mallory))
        .to.emit(market.auction, "MatchingStarted")
        .withArgs(SLOT, market.admin.address, seedOf(SLOT, plans, [first, second]), 2n, 1n);
    });
  });
});
