import { expect } from "chai";
import { id, keccak256, MaxUint256, ZeroAddress, ZeroHash } from "ethers";

import {
  accountOf,
  beforeGenesis,
  catchUp,
  CONCLUDE_WORK,
  drawOf,
  fillBook,
  FUNDS,
  LOOK_WORK,
  mined,
  openScene,
  orderOf,
  PHASE,
  PLENTY,
  READ_WORK,
  RELEASE_WORK,
  type Scene,
  scene,
  seedOf,
  STATUS,
  tradedIn,
  tradesOf,
} from "./support/auction.ts";
import {
  type Bid,
  bidFor,
  commitAll,
  commitmentOf,
  enrol,
  fund,
  type Market,
  networkHelpers,
  type Offer,
  offerOf,
  type Participant,
  type Plan,
  planOf,
  refOf,
  revealAll,
  toBeacon,
  toClear,
  toCommit,
  toReveal,
  YUAN,
} from "./support/market.ts";

const bonds = { buyer: 1_000_000n, seller: 5_000_000n };

const bidPlan = (participant: Participant, slot: bigint, ...changes: Partial<Bid>[]): Plan =>
  planOf(participant, slot, { bids: changes.map((change) => bidFor(slot, change)) });

const offerPlan = (participant: Participant, slot: bigint, ...changes: Partial<Offer>[]): Plan =>
  planOf(participant, slot, { offers: changes.map((change) => offerOf(change)) });

/** One buyer and one seller whose sums all have to be rounded. */
async function pair(): Promise<
  Scene & { plans: [Participant, Plan][]; bids: bigint[]; offers: bigint[] }
> {
  const opened = await openScene();
  const { market, alice, north, slot } = opened;
  const plans: [Participant, Plan][] = [
    [alice, bidPlan(alice, slot, { energy: 10_001n, maxPrice: 900_007n, priority: true })],
    [north, offerPlan(north, slot, { energy: 50_001n, price: 400_004n })],
  ];
  await fillBook(market, slot, plans);
  return { ...opened, plans, ...(await orderOf(market, plans)) };
}

/** A book with ties, an offer that is used up by its energy, one by its cores, and bids that find nothing. */
async function crowd(): Promise<
  Scene & { plans: [Participant, Plan][]; bids: bigint[]; offers: bigint[] }
> {
  const opened = await openScene();
  const { market, alice, bob, carol, north, south, west, slot } = opened;
  const plans: [Participant, Plan][] = [
    [alice, bidPlan(alice, slot, {}, { maxPrice: 950_001n, cores: 60n }, { energy: 3333n })],
    [north, offerPlan(north, slot, { energy: 10_000n, price: 300_000n }, { price: 410_000n })],
    [bob, bidPlan(bob, slot, { maxPrice: 960_000n }, { energy: 90_000n }, { energy: 7n })],
    [south, offerPlan(south, slot, {}, { price: 400_000n, cores: 60n }, { price: 940_000n })],
    [carol, bidPlan(carol, slot, { maxPrice: 299_999n })],
    [west, offerPlan(west, slot, { energy: 3333n, price: 310_000n })],
  ];
  await fillBook(market, slot, plans);
  return { ...opened, plans, ...(await orderOf(market, plans)) };
}

/** All that the auction and the vault know when a slot is cleared. */
async function outcome({
  market,
  slot,
  plans,
}: Awaited<ReturnType<typeof crowd>>): Promise<unknown[]> {
  const accounts = await Promise.all(plans.map(([participant]) => accountOf(market, participant)));
  const states = await Promise.all(plans.map(([{ number }]) => market.auction.planOf(number)));
  const count = await market.supply.contracts();
  const contracts = [];
  for (let index = 1n; index <= count; index += 1n) {
    contracts.push([...(await market.supply.contractOf(index))]);
  }
  const { phase, concluded, trades, seed } = await market.auction.bookOf(slot);
  return [accounts, states.map((state) => [...state]), contracts, phase, concluded, trades, seed];
}

/** What the auction logged in these transactions, as topics and data. */
async function logsOf(
  market: Market,
  transactions: Parameters<typeof mined>[0][],
): Promise<string[]> {
  const logs: string[] = [];
  for (const transaction of transactions) {
    for (const { address, topics, data } of (await mined(transaction)).logs) {
      if (address !== market.addresses.vault) logs.push([...topics, data].join());
    }
  }
  return logs;
}

/** A beacon operator with a chain of one value, for `slot`. */
async function withBeacon(
  market: Market,
  slot: bigint,
): Promise<{ operator: Participant; value: string }> {
  const operator = await enrol(market, "beacon");
  await fund(market, operator, 50n * YUAN);
  const value = id("a beacon's value");
  await market.beacon.connect(operator.wallet).commitChain(keccak256(value), slot, 1n);
  return { operator, value };
}

describe("SlotAuction: clearing", () => {
  describe("clear", () => {
    it("signs the contract at the price in the middle, and gives back what it does not need", async () => {
      const { market, alice, north, slot, bids, offers, plans } =
        await networkHelpers.loadFixture(pair);
      const { auction, supply } = market;
      const seed = seedOf(
        slot,
        plans.map(([, plan]) => plan.salt),
      );
      const transaction = auction.clear(slot, bids, offers, PLENTY);
      // 400,004 + (900,007 - 400,004) / 2, down.
      const price = 650_005n;
      // 10,001 Wh at that price, up, and 12.5 % of it, up.
      const escrow = 6_500_701n;
      const buyerDeposit = 812_588n;
      // 50,001 Wh and what is left of them at the offer's price, up, and 12.5 % of each, up.
      const sellerDeposit = 2_500_076n - 2_000_020n;
      await expect(transaction)
        .to.emit(auction, "MatchingStarted")
        .withArgs(slot, market.admin.address, seed, 1n, 1n);
      await expect(transaction).to.emit(auction, "Cleared").withArgs(slot, 1n);
      await expect(transaction).not.to.emit(auction, "Unmatched");
      const terms =
        alice.number |
        (north.number << 32n) |
        (4n << 64n) |
        (14_400n << 80n) |
        (10_001n << 120n) |
        (price << 152n) |
        (2n << 200n) |
        (1n << 216n) |
        (slot << 224n);
      expect(await tradesOf(market, transaction)).to.deep.equal([
        {
          contractId: 1n,
          bid: refOf(alice, 0),
          offer: refOf(north, 0),
          price,
          candidates: 1n,
          terms,
          buyerDeposit,
          sellerDeposit,
        },
      ]);
      expect(await accountOf(market, alice)).to.deep.equal({
        available: FUNDS - bonds.buyer - escrow - buyerDeposit,
        locked: bonds.buyer + escrow + buyerDeposit,
      });
      expect(await accountOf(market, north)).to.deep.equal({
        available: FUNDS - bonds.seller - sellerDeposit,
        locked: bonds.seller + sellerDeposit,
      });
      const signed = await supply.contractOf(1n);
      expect([signed.price, signed.escrow, signed.signed, signed.firstSlot]).to.deep.equal([
        price,
        escrow,
        slot,
        slot,
      ]);
      expect([signed.deadline, signed.cores, signed.coreSeconds, signed.priority]).to.deep.equal([
        slot + 2n,
        4n,
        14_400n,
        true,
      ]);
      expect(await auction.bookOf(slot)).to.deep.equal([
        PHASE.cleared,
        1n,
        1n,
        seed,
        market.admin.address,
        1n,
        1n,
      ]);
    });

    for (const [share, price] of [
      [0n, 400_004n],
      [10_000n, 900_007n],
      [3333n, 566_654n],
    ] as const) {
      it(`gives the seller ${share} basis points of the spread`, async () => {
        const { market, alice, north, slot } = await openScene({ sellerShareBps: share });
        const plans: [Participant, Plan][] = [
          [alice, bidPlan(alice, slot, { maxPrice: 900_007n })],
          [north, offerPlan(north, slot, { price: 400_004n })],
        ];
        await fillBook(market, slot, plans);
        const transaction = market.auction.clear(
          slot,
          [refOf(alice, 0)],
          [refOf(north, 0)],
          PLENTY,
        );
        expect(await tradedIn(market, transaction)).to.deep.equal([
          [1n, refOf(alice, 0), refOf(north, 0), price, 1n],
        ]);
      });
    }

    it("makes the deposits of an offer's contracts add up to what was locked for it", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      const energies = [1n, 7n, 333n, 10_001n, 39_659n];
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, slot, ...energies.map((energy) => ({ energy })))],
        [north, offerPlan(north, slot, { energy: 50_001n, price: 400_003n })],
      ];
      await fillBook(market, slot, plans);
      const order = await orderOf(market, plans);
      const before = await accountOf(market, north);
      await market.auction.clear(slot, order.bids, order.offers, PLENTY);
      let deposits = 0n;
      for (let index = 1n; index <= 5n; index += 1n) {
        deposits += (await market.supply.contractOf(index)).sellerDeposit;
      }
      // 50,001 Wh at 400,003 micro-yuan, up, and 12.5 % of it, up.
      expect(deposits).to.equal(2_500_069n);
      expect(await accountOf(market, north)).to.deep.equal(before);
    });

    it("sells what fits exactly, in energy, cores and price, and nothing beyond", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      const exact = { energy: 50_000n, cores: 64n, maxPrice: 400_000n };
      for (const [changes, trades] of [
        [exact, 1n],
        [{ ...exact, energy: 50_001n }, 0n],
        [{ ...exact, cores: 65n }, 0n],
        [{ ...exact, maxPrice: 399_999n }, 0n],
      ] as const) {
        const snapshot = await networkHelpers.takeSnapshot();
        await fillBook(market, slot, [
          [alice, bidPlan(alice, slot, changes)],
          [north, offerPlan(north, slot, {})],
        ]);
        await expect(market.auction.clear(slot, [refOf(alice, 0)], [refOf(north, 0)], PLENTY))
          .to.emit(market.auction, "Cleared")
          .withArgs(slot, trades);
        await snapshot.restore();
      }
    });

    it("serves the buyers by price, reputation and commitment, and counts down what is left", async () => {
      const { market, alice, bob, carol, north, slot } = await networkHelpers.loadFixture(scene);
      // Carol loses reputation in the slot before.
      await market.auction.connect(carol.wallet).commit(slot, id("never opened"));
      const next = slot + 1n;
      await toCommit(market, next);
      await catchUp(market, north);
      const plans: [Participant, Plan][] = [
        [carol, bidPlan(carol, next, { energy: 20_000n })],
        [bob, bidPlan(bob, next, { energy: 20_000n })],
        [alice, bidPlan(alice, next, { energy: 20_000n }, { energy: 20_000n, maxPrice: 900_001n })],
        [north, offerPlan(north, next, { energy: 60_000n, cores: 12n })],
      ];
      await fillBook(market, next, plans);
      const order = [refOf(alice, 1), refOf(bob, 0), refOf(alice, 0), refOf(carol, 0)];
      const transaction = market.auction.clear(next, order, [refOf(north, 0)], PLENTY);
      expect(await tradedIn(market, transaction)).to.deep.equal(
        order
          .slice(0, 3)
          .map((ref, index) => [BigInt(index + 1), ref, refOf(north, 0), 650_000n, 1n]),
      );
      await expect(transaction)
        .to.emit(market.auction, "Unmatched")
        .withArgs(next, carol.number, 0n);
      await expect(transaction).to.emit(market.auction, "Cleared").withArgs(next, 3n);
      expect((await accountOf(market, carol)).locked).to.equal(bonds.buyer);
    });

    it("draws among the cheapest offers, at most as many as the market says", async () => {
      for (const drawAmong of [1n, 2n, 8n]) {
        const { market, alice, north, south, slot } = await openScene({ drawAmong });
        const cheap = Array.from({ length: 5 }, (_, index) => ({
          price: 400_000n + BigInt(index),
        }));
        const plans: [Participant, Plan][] = [
          [alice, bidPlan(alice, slot, {}, {}, {}, {}, {})],
          [north, offerPlan(north, slot, ...cheap)],
          [south, offerPlan(south, slot, ...cheap)],
        ];
        await fillBook(market, slot, plans);
        const order = await orderOf(market, plans);
        const seed = seedOf(
          slot,
          plans.map(([, plan]) => plan.salt),
        );
        const transaction = market.auction.clear(slot, order.bids, order.offers, PLENTY);
        const expected = [0, 1, 2, 3, 4].map((place) => {
          const offer = order.offers[drawOf(seed, place, Number(drawAmong))]!;
          const price = 650_000n + (offer % 256n) / 2n;
          return [BigInt(place + 1), refOf(alice, place), offer, price, drawAmong];
        });
        expect(await tradedIn(market, transaction)).to.deep.equal(expected);
      }
    });

    it("has the same seed whatever the order of the reveals, and another for other salts", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, slot, {})],
        [bob, bidPlan(bob, slot, {})],
      ];
      await commitAll(market, slot, plans);
      const snapshot = await networkHelpers.takeSnapshot();
      const seeds: string[] = [];
      for (const revealed of [plans, [...plans].reverse(), plans.slice(0, 1)]) {
        await revealAll(market, slot, revealed);
        await toClear(market, slot);
        const { bids } = await orderOf(market, revealed);
        await market.auction.clear(slot, bids, [], PLENTY);
        seeds.push((await market.auction.bookOf(slot)).seed);
        await snapshot.restore();
      }
      const salts = plans.map(([, plan]) => plan.salt);
      expect(seeds).to.deep.equal([
        seedOf(slot, salts),
        seedOf(slot, salts),
        seedOf(slot, salts.slice(0, 1)),
      ]);
    });

    it("clears an empty book", async () => {
      const { market, slot } = await networkHelpers.loadFixture(scene);
      await toClear(market, slot);
      await networkHelpers.mine();
      expect(await market.auction.clear.staticCall(slot, [], [], 0n)).to.be.false;
      await market.auction.clear(slot, [], [], 0n);
      expect((await market.auction.bookOf(slot)).phase).to.equal(PHASE.open);
      expect(await market.auction.clear.staticCall(slot, [], [], 1n)).to.be.true;
      await expect(market.auction.clear(slot, [], [], 1n))
        .to.emit(market.auction, "Cleared")
        .withArgs(slot, 0n);
      expect((await market.auction.bookOf(slot)).phase).to.equal(PHASE.cleared);
    });

    it("clears a book of bids only", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, slot, {}, {})],
        [bob, bidPlan(bob, slot, { energy: 10_001n, maxPrice: 900_007n })],
      ];
      await fillBook(market, slot, plans);
      const { bids } = await orderOf(market, plans);
      const transaction = market.auction.clear(slot, bids, [], 3n * CONCLUDE_WORK);
      for (const ref of bids) {
        await expect(transaction)
          .to.emit(market.auction, "Unmatched")
          .withArgs(slot, ref / 256n, ref % 256n);
      }
      await expect(transaction).to.emit(market.auction, "Cleared").withArgs(slot, 0n);
      for (const participant of [alice, bob]) {
        expect(await accountOf(market, participant)).to.deep.equal({
          available: FUNDS - bonds.buyer,
          locked: bonds.buyer,
        });
      }
    });

    it("clears a book of offers only", async () => {
      const { market, north, south, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [
        [north, offerPlan(north, slot, {}, { price: 400_003n, energy: 50_001n }, {})],
        [south, offerPlan(south, slot, {})],
      ];
      await fillBook(market, slot, plans);
      const { offers } = await orderOf(market, plans);
      const transaction = market.auction.clear(slot, [], offers, 4n * RELEASE_WORK);
      await expect(transaction).to.emit(market.auction, "Cleared").withArgs(slot, 0n);
      for (const participant of [north, south]) {
        expect(await accountOf(market, participant)).to.deep.equal({
          available: FUNDS - bonds.seller,
          locked: bonds.seller,
        });
      }
    });

    it("gives back a lock of a millionth of a yuan", async () => {
      const { market, north, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [
        [north, offerPlan(north, slot, { price: 1n, energy: 1n })],
      ];
      await fillBook(market, slot, plans);
      const { offers } = await orderOf(market, plans);
      const { locked } = await accountOf(market, north);
      expect(locked).to.equal(bonds.seller + 1n);
      await market.auction.clear(slot, [], offers, PLENTY);
      expect((await accountOf(market, north)).locked).to.equal(bonds.seller);
    });

    it("gives nothing back for the offers of an earlier, longer plan", async () => {
      const { market, north, slot } = await networkHelpers.loadFixture(scene);
      const clearWith = async (at: bigint, ...offers: Partial<Offer>[]): Promise<void> => {
        const plans: [Participant, Plan][] = [[north, offerPlan(north, at, ...offers)]];
        await fillBook(market, at, plans);
        const order = await orderOf(market, plans);
        await market.auction.clear(at, [], order.offers, PLENTY);
        expect((await accountOf(market, north)).locked).to.equal(bonds.seller);
      };
      await clearWith(slot, {}, {}, {}, {});
      await toCommit(market, slot + 1n);
      await catchUp(market, north);
      await clearWith(slot + 1n, {});
    });

    it("closes all plans of the slot at its end and not before", async () => {
      const { market, alice, north, slot, bids, offers } = await networkHelpers.loadFixture(pair);
      const statuses = async (): Promise<bigint[]> => [
        (await market.auction.planOf(alice.number)).status,
        (await market.auction.planOf(north.number)).status,
      ];
      await market.auction.clear(slot, bids, offers, CONCLUDE_WORK + READ_WORK + LOOK_WORK);
      expect((await market.auction.bookOf(slot)).phase).to.equal(PHASE.releasing);
      expect(await statuses()).to.deep.equal([STATUS.revealed, STATUS.revealed]);
      await market.auction.clear(slot, [], [], RELEASE_WORK);
      expect(await statuses()).to.deep.equal([STATUS.closed, STATUS.closed]);
    });

    it("reverts before the reveal window is over, and not from then on", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [[alice, bidPlan(alice, slot, {})]];
      await commitAll(market, slot, plans);
      await revealAll(market, slot, plans);
      const { clearFrom } = await market.auction.windowsOf(slot);
      await networkHelpers.time.setNextBlockTimestamp(clearFrom - 1n);
      await expect(market.auction.clear(slot, [refOf(alice, 0)], [], PLENTY))
        .to.be.revertedWithCustomError(market.auction, "WrongWindow")
        .withArgs(slot, clearFrom, MaxUint256, clearFrom - 1n);
      await networkHelpers.time.setNextBlockTimestamp(clearFrom);
      await market.auction.clear(slot, [refOf(alice, 0)], [], PLENTY);
    });

    it("reverts for a slot that is cleared", async () => {
      const { market, slot, bids, offers } = await networkHelpers.loadFixture(pair);
      await market.auction.clear(slot, bids, offers, PLENTY);
      for (const list of [bids, []]) {
        await expect(market.auction.clear(slot, list, [], PLENTY))
          .to.be.revertedWithCustomError(market.auction, "AlreadyCleared")
          .withArgs(slot);
      }
    });

    it("trades up to the last second of the slot, and from then on returns everything", async () => {
      const { market, alice, north, slot, bids, offers } = await networkHelpers.loadFixture(pair);
      const { lapseFrom } = await market.auction.windowsOf(slot);
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(lapseFrom - 1n);
      await expect(market.auction.clear(slot, bids, offers, PLENTY))
        .to.emit(market.auction, "Cleared")
        .withArgs(slot, 1n);
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(lapseFrom);
      const transaction = market.auction.clear(slot, bids, offers, CONCLUDE_WORK + RELEASE_WORK);
      await expect(transaction)
        .to.emit(market.auction, "Unmatched")
        .withArgs(slot, alice.number, 0n);
      await expect(transaction).to.emit(market.auction, "Cleared").withArgs(slot, 0n);
      expect((await accountOf(market, alice)).locked).to.equal(bonds.buyer);
      expect((await accountOf(market, north)).locked).to.equal(bonds.seller);
      expect(await market.supply.contracts()).to.equal(0n);
    });

    it("returns what is left when the slot ends in the midst of the matching", async () => {
      const fixture = await networkHelpers.loadFixture(crowd);
      const { market, slot, bids, offers, plans } = fixture;
      const { lapseFrom } = await market.auction.windowsOf(slot);
      // One trade, and the candidates of a second bid are noted.
      await market.auction.clear(slot, bids, offers, CONCLUDE_WORK + READ_WORK + 30n);
      await networkHelpers.time.setNextBlockTimestamp(lapseFrom);
      const transaction = market.auction.clear(slot, [], [], PLENTY);
      for (const ref of bids.slice(1)) {
        await expect(transaction)
          .to.emit(market.auction, "Unmatched")
          .withArgs(slot, ref / 256n, ref % 256n);
      }
      await expect(transaction).to.emit(market.auction, "Cleared").withArgs(slot, 1n);
      const signed = await market.supply.contractOf(1n);
      const locked = new Map<bigint, bigint>([
        [signed.buyer, signed.escrow + signed.buyerDeposit],
        [signed.seller, signed.sellerDeposit],
      ]);
      for (const [participant, plan] of plans) {
        const bond = plan.bids.length === 0 ? bonds.seller : bonds.buyer;
        expect((await accountOf(market, participant)).locked).to.equal(
          bond + (locked.get(participant.number) ?? 0n),
        );
      }
    });

    describe("with a beacon", () => {
      async function beacon(): Promise<
        Scene & { operator: Participant; value: string; bids: bigint[] }
      > {
        const opened = await openScene();
        const { market, alice } = opened;
        const slot = opened.slot + 1n;
        const { operator, value } = await withBeacon(market, slot);
        await fillBookOf(market, slot, alice);
        return { ...opened, slot, operator, value, bids: [refOf(alice, 0)] };
      }

      async function fillBookOf(market: Market, slot: bigint, user: Participant): Promise<void> {
        const plans: [Participant, Plan][] = [[user, planOf(user, slot, { bids: [bidFor(slot)] })]];
        await commitAll(market, slot, plans);
        await revealAll(market, slot, plans);
        await toBeacon(market, slot);
      }

      it("reverts until its value is open", async () => {
        const { market, slot, operator, value, bids } = await networkHelpers.loadFixture(beacon);
        await market.auction.clear(slot, bids, [], 0n);
        await expect(market.auction.clear(slot, [], [], PLENTY))
          .to.be.revertedWithCustomError(market.auction, "BeaconPending")
          .withArgs(slot);
        await market.beacon.open(operator.number, slot, value);
        await market.auction.clear(slot, [], [], PLENTY);
        const { value: combined } = await market.beacon.valueAt(slot);
        expect(combined).not.to.equal(ZeroHash);
        const { seed, phase } = await market.auction.bookOf(slot);
        expect(phase).to.equal(PHASE.cleared);
        expect(seed).not.to.equal(ZeroHash);
      });

      it("mixes its value into the seed", async () => {
        const { market, alice, slot, operator, value } = await networkHelpers.loadFixture(beacon);
        const { args } = (await market.auction.queryFilter(market.auction.filters.Revealed())).at(
          -1,
        )!;
        await market.beacon.open(operator.number, slot, value);
        const { value: combined } = await market.beacon.valueAt(slot);
        await expect(market.auction.clear(slot, [refOf(alice, 0)], [], PLENTY))
          .to.emit(market.auction, "MatchingStarted")
          .withArgs(slot, market.admin.address, seedOf(slot, [args.salt], combined), 1n, 0n);
      });

      it("goes on without it when the time for opening is over", async () => {
        const { market, slot, bids } = await networkHelpers.loadFixture(beacon);
        const end = (await market.auction.windowsOf(slot)).clearFrom + 120n;
        await networkHelpers.time.setNextBlockTimestamp(end - 1n);
        await expect(market.auction.clear(slot, bids, [], PLENTY))
          .to.be.revertedWithCustomError(market.auction, "BeaconPending")
          .withArgs(slot);
        await networkHelpers.time.setNextBlockTimestamp(end);
        await market.auction.clear(slot, bids, [], PLENTY);
      });
    });

    describe("lists in pages", () => {
      it("begins to match when both are complete, and work is allowed for", async () => {
        const { market, slot, bids, offers } = await networkHelpers.loadFixture(crowd);
        const { auction, admin } = market;
        const pages: [bigint[], bigint[]][] = [
          [bids.slice(0, 3), []],
          [[], offers.slice(0, 1)],
          [bids.slice(3, 6), offers.slice(1, 4)],
          [bids.slice(6), []],
        ];
        let bidCount = 0n;
        let offerCount = 0n;
        for (const [some, others] of pages) {
          expect(await auction.clear.staticCall(slot, some, others, PLENTY)).to.be.false;
          await auction.clear(slot, some, others, PLENTY);
          bidCount += BigInt(some.length);
          offerCount += BigInt(others.length);
          expect(await auction.rankingOf(admin.address)).to.deep.equal([
            slot,
            bidCount,
            offerCount,
          ]);
        }
        await auction.clear(slot, [], offers.slice(4), 0n);
        expect(await auction.rankingOf(admin.address)).to.deep.equal([slot, 7n, 6n]);
        const book = await auction.bookOf(slot);
        expect([book.phase, book.ranker, book.seed]).to.deep.equal([
          PHASE.open,
          ZeroAddress,
          ZeroHash,
        ]);
        expect(await auction.clear.staticCall(slot, [], [], PLENTY)).to.be.true;
        await expect(auction.clear(slot, [], [], PLENTY)).to.emit(auction, "MatchingStarted");
      });

      it("gives the same result as one page, wherever a list is split", async () => {
        const fixture = await networkHelpers.loadFixture(crowd);
        const { market, slot, bids, offers } = fixture;
        const snapshot = await networkHelpers.takeSnapshot();
        await market.auction.clear(slot, bids, offers, PLENTY);
        const expected = await outcome(fixture);
        await snapshot.restore();
        for (let size = 1; size < bids.length; size += 1) {
          for (let from = 0; from < bids.length; from += size) {
            const [some, others] = [bids, offers].map((list) => list.slice(from, from + size));
            await market.auction.clear(slot, some!, others!, 0n);
          }
          await market.auction.clear(slot, [], [], PLENTY);
          expect(await outcome(fixture)).to.deep.equal(expected);
          await snapshot.restore();
        }
      });
    });

    describe("work in pages", () => {
      it("concludes a bid and releases an offer for just the work that they cost", async () => {
        const { market, slot, bids, offers } = await networkHelpers.loadFixture(pair);
        const { auction } = market;
        const reached = async (): Promise<bigint[]> => {
          const { phase, concluded, trades } = await auction.bookOf(slot);
          return [phase, concluded, trades];
        };
        // A look, and one step too few for the trade.
        await auction.clear(slot, bids, offers, CONCLUDE_WORK);
        expect(await reached()).to.deep.equal([PHASE.matching, 0n, 0n]);
        await auction.clear(slot, [], [], CONCLUDE_WORK - 1n);
        expect(await reached()).to.deep.equal([PHASE.matching, 0n, 0n]);
        expect(await auction.clear.staticCall(slot, [], [], CONCLUDE_WORK)).to.be.false;
        await auction.clear(slot, [], [], CONCLUDE_WORK);
        expect(await reached()).to.deep.equal([PHASE.releasing, 1n, 1n]);
        await auction.clear(slot, [], [], RELEASE_WORK - 1n);
        expect(await reached()).to.deep.equal([PHASE.releasing, 1n, 1n]);
        expect(await auction.clear.staticCall(slot, [], [], RELEASE_WORK)).to.be.true;
        await auction.clear(slot, [], [], RELEASE_WORK);
        expect(await reached()).to.deep.equal([PHASE.cleared, 1n, 1n]);
      });

      it("does it all in one page of just the work that it costs, and not in one less", async () => {
        const { market, slot, bids, offers } = await networkHelpers.loadFixture(pair);
        const enough = READ_WORK + LOOK_WORK + CONCLUDE_WORK + RELEASE_WORK;
        expect(await market.auction.clear.staticCall(slot, bids, offers, enough)).to.be.true;
        expect(await market.auction.clear.staticCall(slot, bids, offers, enough - 1n)).to.be.false;
      });

      it("goes on behind the offers that a page has passed over", async () => {
        const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
        const plans: [Participant, Plan][] = [
          [alice, bidPlan(alice, slot, { energy: 50_000n }, { maxPrice: 800_000n })],
          [north, offerPlan(north, slot, { price: 100_000n, energy: 20_000n }, {})],
        ];
        await fillBook(market, slot, plans);
        const { bids, offers } = await orderOf(market, plans);
        const look = READ_WORK + LOOK_WORK;
        await market.auction.clear(slot, bids, offers, look);
        await market.auction.clear(slot, [], [], look + CONCLUDE_WORK);
        expect((await market.auction.bookOf(slot)).concluded).to.equal(1n);
      });

      it("releases all offers of a plan with its first, and passes each other one in a step", async () => {
        const { market, north, south, slot } = await networkHelpers.loadFixture(scene);
        const plans: [Participant, Plan][] = [
          [north, offerPlan(north, slot, { price: 1000n }, { price: 2000n }, { price: 3000n })],
          [south, offerPlan(south, slot, { price: 4000n })],
        ];
        await fillBook(market, slot, plans);
        const { offers } = await orderOf(market, plans);
        const enough = 2n * RELEASE_WORK + 2n;
        expect(await market.auction.clear.staticCall(slot, [], offers, enough)).to.be.true;
        expect(await market.auction.clear.staticCall(slot, [], offers, enough - 1n)).to.be.false;
      });

      it("gives the same result as one page, wherever a page ends", async () => {
        const fixture = await networkHelpers.loadFixture(crowd);
        const { market, slot, bids, offers } = fixture;
        const snapshot = await networkHelpers.takeSnapshot();
        const expectedLogs = await logsOf(market, [
          market.auction.clear(slot, bids, offers, PLENTY),
        ]);
        const expected = await outcome(fixture);
        await snapshot.restore();
        // Pages of one size, and one size in turn with the smallest that concludes a bid.
        const rhythms: bigint[][] = [];
        for (let work = 1n; work <= 120n; work += 7n) rhythms.push([work, CONCLUDE_WORK]);
        for (let work = CONCLUDE_WORK; work < 900n; work += 5n) rhythms.push([work]);
        for (let work = 900n; work < 6500n; work += 379n) rhythms.push([work]);
        for (const rhythm of rhythms) {
          await market.auction.clear(slot, bids, offers, 0n);
          const transactions = [];
          for (
            let page = 0;
            (await market.auction.bookOf(slot)).phase !== PHASE.cleared;
            page += 1
          ) {
            const work = rhythm[page % rhythm.length]!;
            transactions.push(await market.auction.clear(slot, [], [], work));
            expect(page).to.be.below(60);
          }
          const pages = `pages of ${rhythm.join(" and ")}`;
          expect(await logsOf(market, transactions), pages).to.deep.equal(expectedLogs);
          expect(await outcome(fixture), pages).to.deep.equal(expected);
          await snapshot.restore();
        }
      });
    });

    describe("with several callers", () => {
      it("keeps their lists apart, takes the first that is complete, and lets anyone go on", async () => {
        const fixture = await networkHelpers.loadFixture(crowd);
        const { market, alice, bob, slot, bids, offers, plans } = fixture;
        const seed = seedOf(
          slot,
          plans.map(([, plan]) => plan.salt),
        );
        const first = market.auction.connect(alice.wallet);
        const second = market.auction.connect(bob.wallet);
        await first.clear(slot, bids.slice(0, 2), offers, 0n);
        await second.clear(slot, bids, offers.slice(0, 5), 0n);
        expect(await first.rankingOf(alice.wallet.address)).to.deep.equal([slot, 2n, 6n]);
        expect(await first.rankingOf(bob.wallet.address)).to.deep.equal([slot, 7n, 5n]);
        await expect(second.clear(slot, [], offers.slice(5), 300n))
          .to.emit(second, "MatchingStarted")
          .withArgs(slot, bob.wallet.address, seed, 7n, 6n);
        await expect(first.clear(slot, bids.slice(2), [], PLENTY))
          .to.be.revertedWithCustomError(first, "OrderFixed")
          .withArgs(slot);
        await expect(first.clear(slot, [], offers.slice(0, 1), PLENTY))
          .to.be.revertedWithCustomError(first, "OrderFixed")
          .withArgs(slot);
        expect((await first.bookOf(slot)).ranker).to.equal(bob.wallet.address);
        // The first caller is free to do what it likes with its lists.
        await first.discardRanking();
        await first.clear(slot, [], [], PLENTY);
        expect((await first.bookOf(slot)).phase).to.equal(PHASE.cleared);
        expect(await first.rankingOf(alice.wallet.address)).to.deep.equal([0n, 0n, 0n]);
      });

      it("gives the same result whoever ranks and whoever goes on", async () => {
        const fixture = await networkHelpers.loadFixture(crowd);
        const { market, alice, bob, slot, bids, offers } = fixture;
        const snapshot = await networkHelpers.takeSnapshot();
        await market.auction.clear(slot, bids, offers, PLENTY);
        const expected = await outcome(fixture);
        await snapshot.restore();
        await market.auction.connect(alice.wallet).clear(slot, bids, offers, 500n);
        await market.auction.connect(bob.wallet).clear(slot, [], [], 500n);
        await market.auction.clear(slot, [], [], PLENTY);
        expect(await outcome(fixture)).to.deep.equal(expected);
      });
    });

    it("reverts for lists of another slot while the caller's are being matched", async () => {
      const { market, slot, bids, offers } = await networkHelpers.loadFixture(pair);
      const { auction } = market;
      const other = slot - 1n;
      await auction.clear(slot, bids, offers, 1n);
      const refused = async (): Promise<void> => {
        await expect(auction.clear(other, [], [], 1n))
          .to.be.revertedWithCustomError(auction, "RankingInUse")
          .withArgs(slot);
        await expect(auction.discardRanking())
          .to.be.revertedWithCustomError(auction, "RankingInUse")
          .withArgs(slot);
      };
      await refused();
      await auction.clear(slot, [], [], CONCLUDE_WORK + READ_WORK + LOOK_WORK);
      expect((await auction.bookOf(slot)).phase).to.equal(PHASE.releasing);
      await refused();
      await auction.clear(slot, [], [], RELEASE_WORK);
      await auction.clear(other, [], [], 1n);
      await auction.discardRanking();
    });

    it("takes lists of another slot in place of those that are not matched", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      await fillBook(market, slot, [[alice, bidPlan(alice, slot, {}, {})]]);
      await market.auction.clear(slot, [refOf(alice, 0), refOf(alice, 1)], [], 0n);
      const next = slot + 1n;
      await fillBook(market, next, [[bob, bidPlan(bob, next, {})]]);
      await market.auction.clear(next, [refOf(bob, 0)], [], 0n);
      expect(await market.auction.rankingOf(market.admin.address)).to.deep.equal([next, 1n, 0n]);
      await market.auction.clear(next, [], [], PLENTY);
      await market.auction.clear(slot, [refOf(alice, 0), refOf(alice, 1)], [], PLENTY);
      for (const cleared of [slot, next]) {
        expect((await market.auction.bookOf(cleared)).phase).to.equal(PHASE.cleared);
      }
    });

    it("leaves nothing of an earlier, longer ranking in the lists", async () => {
      const { market, alice, bob, north, south, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, slot, {}, {}, {}, {}, {}, {}, {}, {})],
        [north, offerPlan(north, slot, {}, {}, {}, {})],
      ];
      await fillBook(market, slot, plans);
      const order = await orderOf(market, plans);
      await market.auction.clear(slot, order.bids, order.offers, PLENTY);
      const next = slot + 1n;
      await toCommit(market, next);
      await catchUp(market, south);
      const others: [Participant, Plan][] = [
        [bob, bidPlan(bob, next, {}, {}, {}, {}, {}, {}, {})],
        [south, offerPlan(south, next, {}, {}, {})],
      ];
      await fillBook(market, next, others);
      const nextOrder = await orderOf(market, others);
      await expect(market.auction.clear(next, nextOrder.bids, nextOrder.offers, PLENTY))
        .to.emit(market.auction, "Cleared")
        .withArgs(next, 7n);
    });

    it("clears the slot before genesis, number 0", async () => {
      const { market, alice } = await networkHelpers.loadFixture(beforeGenesis);
      const { auction } = market;
      const plan = planOf(alice, 0n, { bids: [bidFor(0n), bidFor(0n)] });
      await auction.connect(alice.wallet).commit(0n, commitmentOf(market, plan));
      await toReveal(market, 0n);
      await auction.connect(alice.wallet).reveal(plan);
      await toClear(market, 0n);
      // What was never written is no bid of slot 0.
      for (const ref of [refOf(alice, 2), 999n * 256n]) {
        await expect(auction.clear(0n, [ref], [], 0n))
          .to.be.revertedWithCustomError(auction, "NotInBook")
          .withArgs(0n, ref);
        await expect(auction.clear(0n, [], [ref], 0n))
          .to.be.revertedWithCustomError(auction, "NotInBook")
          .withArgs(0n, ref);
      }
      await auction.clear(0n, [refOf(alice, 0)], [], 0n);
      await auction.discardRanking();
      await auction.clear(0n, [refOf(alice, 0)], [], 0n);
      await auction.clear(0n, [refOf(alice, 1)], [], 0n);
      await auction.clear(0n, [], [], 1n);
      await expect(auction.discardRanking())
        .to.be.revertedWithCustomError(auction, "RankingInUse")
        .withArgs(0n);
      await expect(auction.clear(0n, [], [], PLENTY))
        .to.emit(auction, "Cleared")
        .withArgs(0n, 0n);
      expect((await accountOf(market, alice)).locked).to.equal(bonds.buyer);
    });
  });

  describe("discardRanking", () => {
    it("forgets the caller's lists, so that it can begin anew", async () => {
      const { market, alice, slot, bids, offers } = await networkHelpers.loadFixture(crowd);
      const auction = market.auction.connect(alice.wallet);
      await auction.clear(slot, bids.slice(0, 4), offers.slice(0, 3), 0n);
      await expect(auction.clear(slot, bids.slice(0, 1), [], 0n))
        .to.be.revertedWithCustomError(auction, "OutOfOrder")
        .withArgs(slot, bids[0]!);
      await auction.discardRanking();
      expect(await auction.rankingOf(alice.wallet.address)).to.deep.equal([0n, 0n, 0n]);
      await expect(auction.clear(slot, bids, offers, PLENTY)).to.emit(auction, "Cleared");
    });

    it("does no harm without lists, and while another caller's are matched", async () => {
      const { market, alice, slot, bids, offers } = await networkHelpers.loadFixture(pair);
      const other = market.auction.connect(alice.wallet);
      await other.discardRanking();
      await other.clear(slot, bids, [], 0n);
      await market.auction.clear(slot, bids, offers, 1n);
      await other.discardRanking();
      expect(await other.rankingOf(alice.wallet.address)).to.deep.equal([0n, 0n, 0n]);
      await market.auction.clear(slot, [], [], PLENTY);
      await market.auction.discardRanking();
      expect(await other.rankingOf(market.admin.address)).to.deep.equal([0n, 0n, 0n]);
    });
  });

  describe("bookOf", () => {
    it("is empty for a slot that nobody has revealed for, and counts while it is cleared", async () => {
      const { market, slot, bids, offers } = await networkHelpers.loadFixture(crowd);
      expect(await market.auction.bookOf(slot + 1n)).to.deep.equal([
        PHASE.open,
        0n,
        0n,
        ZeroHash,
        ZeroAddress,
        0n,
        0n,
      ]);
      await market.auction.clear(slot, bids, offers, CONCLUDE_WORK + READ_WORK + 30n);
      const book = await market.auction.bookOf(slot);
      expect([book.phase, book.bids, book.offers, book.concluded, book.trades]).to.deep.equal([
        PHASE.matching,
        7n,
        6n,
        1n,
        1n,
      ]);
    });
  });
});
