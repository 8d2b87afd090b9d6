/** A caller of `clear` who lies about the order. */
import { expect } from "chai";
import { id } from "ethers";

import {
  catchUp,
  fillBook,
  openScene,
  orderOf,
  PHASE,
  PLENTY,
  scene,
  type Scene,
} from "../support/auction.ts";
import {
  bidFor,
  commitAll,
  commitmentOf,
  enrol,
  fund,
  networkHelpers,
  offerOf,
  type Participant,
  type Plan,
  planOf,
  refOf,
  revealAll,
  toClear,
  toCommit,
} from "../support/market.ts";

interface Book extends Scene {
  readonly bids: bigint[];
  readonly offers: bigint[];
}

/** A book in which two users and two data centres have several items each, with ties. */
async function book(): Promise<Book> {
  const opened = await openScene();
  const { market, alice, bob, north, south, slot } = opened;
  const bids = [bidFor(slot), bidFor(slot, { maxPrice: 800_000n }), bidFor(slot)];
  const offers = [offerOf(), offerOf({ price: 500_000n }), offerOf()];
  const plans: [Participant, Plan][] = [
    [alice, planOf(alice, slot, { bids })],
    [north, planOf(north, slot, { offers })],
    [bob, planOf(bob, slot, { bids })],
    [south, planOf(south, slot, { offers })],
  ];
  await fillBook(market, slot, plans);
  return { ...opened, ...(await orderOf(market, plans)) };
}

/** The honest caller's lists are taken, and everything is traded. */
async function stillClears({ market, slot, bids, offers }: Book): Promise<void> {
  await expect(market.auction.clear(slot, bids, offers, PLENTY))
    .to.emit(market.auction, "Cleared")
    .withArgs(slot, 6n);
}

describe("Attack: lying about the order in clear", () => {
  for (const side of ["bids", "offers"] as const) {
    /** The list as the side's arguments of `clear`. */
    const lists = (list: bigint[]): [bigint[], bigint[]] =>
      side === "bids" ? [list, []] : [[], list];

    describe(`of the ${side}`, () => {
      it("every swap of two is refused", async () => {
        const fixture = await networkHelpers.loadFixture(book);
        const { market, slot } = fixture;
        const list = fixture[side];
        for (let first = 0; first < list.length; first += 1) {
          for (let second = first + 1; second < list.length; second += 1) {
            const swapped = [...list];
            [swapped[first], swapped[second]] = [list[second]!, list[first]!];
            await expect(market.auction.clear.staticCall(slot, ...lists(swapped), PLENTY))
              .to.be.revertedWithCustomError(market.auction, "OutOfOrder")
              .withArgs(slot, swapped[first + 1]!);
          }
        }
        await stillClears(fixture);
      });

      it("every repetition is refused", async () => {
        const fixture = await networkHelpers.loadFixture(book);
        const { market, slot } = fixture;
        const list = fixture[side];
        for (const [index, ref] of list.entries()) {
          for (let place = index + 1; place <= list.length; place += 1) {
            const longer = list.toSpliced(place, 0, ref);
            await expect(market.auction.clear.staticCall(slot, ...lists(longer), PLENTY))
              .to.be.revertedWithCustomError(market.auction, "OutOfOrder")
              .withArgs(slot, ref);
          }
        }
        await stillClears(fixture);
      });

      it("every omission leaves the list incomplete, and what is left out cannot follow later", async () => {
        const fixture = await networkHelpers.loadFixture(book);
        const { market, alice, slot } = fixture;
        const other = side === "bids" ? fixture.offers : fixture.bids;
        const liar = market.auction.connect(alice.wallet);
        const others: [bigint[], bigint[]] = side === "bids" ? [[], other] : [other, []];
        await liar.clear(slot, ...others, 0n);
        const snapshot = await networkHelpers.takeSnapshot();
        const list = fixture[side];
        for (const [index, ref] of list.entries()) {
          await liar.clear(slot, ...lists(list.toSpliced(index, 1)), PLENTY);
          expect((await liar.bookOf(slot)).phase).to.equal(PHASE.open);
          if (index < list.length - 1) {
            await expect(liar.clear(slot, ...lists([ref]), PLENTY))
              .to.be.revertedWithCustomError(liar, "OutOfOrder")
              .withArgs(slot, ref);
          }
          await snapshot.restore();
        }
        await stillClears(fixture);
      });

      it("a page that does not go on where the last one ended is refused", async () => {
        const fixture = await networkHelpers.loadFixture(book);
        const { market, slot } = fixture;
        const list = fixture[side];
        await market.auction.clear(slot, ...lists(list.slice(0, 3)), 0n);
        for (const ref of list.slice(0, 3)) {
          await expect(market.auction.clear(slot, ...lists([ref]), 0n))
            .to.be.revertedWithCustomError(market.auction, "OutOfOrder")
            .withArgs(slot, ref);
        }
        await market.auction.clear(slot, ...lists(list.slice(3)), 0n);
        await market.auction.discardRanking();
        await stillClears(fixture);
      });

      it("a page beyond the end is refused", async () => {
        const fixture = await networkHelpers.loadFixture(book);
        const { market, slot } = fixture;
        const list = fixture[side];
        await market.auction.clear(slot, ...lists(list), 0n);
        for (const ref of list) {
          await expect(market.auction.clear(slot, ...lists([ref]), PLENTY))
            .to.be.revertedWithCustomError(market.auction, "OutOfOrder")
            .withArgs(slot, ref);
        }
        await expect(market.auction.clear(slot, ...lists([2n ** 40n - 1n]), PLENTY))
          .to.be.revertedWithCustomError(market.auction, "NotInBook")
          .withArgs(slot, 2n ** 40n - 1n);
        await market.auction.clear(slot, ...lists([]), 0n);
        await market.auction.discardRanking();
        await market.auction.clear(slot, fixture.bids, fixture.offers, 1n);
        await expect(market.auction.clear(slot, ...lists(list.slice(-1)), PLENTY))
          .to.be.revertedWithCustomError(market.auction, "OrderFixed")
          .withArgs(slot);
        await market.auction.clear(slot, [], [], PLENTY);
        await expect(market.auction.clear(slot, ...lists(list.slice(-1)), PLENTY))
          .to.be.revertedWithCustomError(market.auction, "AlreadyCleared")
          .withArgs(slot);
      });

      it("what is not in the book is refused", async () => {
        const fixture = await networkHelpers.loadFixture(book);
        const { market, alice, bob, carol, north, south, west, slot } = fixture;
        const foreign = [
          // Participants that do not exist, or have revealed nothing.
          ...[0n, 255n, 99_999n * 256n, 2n ** 40n - 1n, refOf(carol, 0), refOf(west, 0)],
          // Indices beyond the plans.
          ...[alice, bob, north, south].flatMap((owner) => [refOf(owner, 3), refOf(owner, 255)]),
          // The other side's.
          ...(side === "bids" ? fixture.offers : fixture.bids),
        ];
        for (const ref of foreign) {
          await expect(market.auction.clear.staticCall(slot, ...lists([ref]), PLENTY))
            .to.be.revertedWithCustomError(market.auction, "NotInBook")
            .withArgs(slot, ref);
        }
        await stillClears(fixture);
      });
    });
  }

  it("bids and offers of an earlier slot are refused", async () => {
    const { market, alice, bob, north, south, slot } = await networkHelpers.loadFixture(scene);
    const bids = [bidFor(slot), bidFor(slot)];
    const offers = [offerOf(), offerOf()];
    const earlier: [Participant, Plan][] = [
      [alice, planOf(alice, slot, { bids })],
      [bob, planOf(bob, slot, { bids })],
      [north, planOf(north, slot, { offers })],
      [south, planOf(south, slot, { offers })],
    ];
    await fillBook(market, slot, earlier);
    const order = await orderOf(market, earlier);
    await market.auction.clear(slot, order.bids, order.offers, PLENTY);
    const next = slot + 1n;
    await toCommit(market, next);
    await catchUp(market, north);
    const later: [Participant, Plan][] = [
      [alice, planOf(alice, next, { bids: [bidFor(next)] })],
      [north, planOf(north, next, { offers: [offerOf()] })],
    ];
    await fillBook(market, next, later);
    for (const owner of [alice, bob, north, south]) {
      const ref = refOf(owner, owner === alice || owner === north ? 1 : 0);
      for (const lists of [[[ref], []] as const, [[], [ref]] as const]) {
        await expect(market.auction.clear.staticCall(next, [...lists[0]], [...lists[1]], 0n))
          .to.be.revertedWithCustomError(market.auction, "NotInBook")
          .withArgs(next, ref);
      }
    }
    await expect(market.auction.clear(next, [refOf(alice, 0)], [refOf(north, 0)], PLENTY))
      .to.emit(market.auction, "Cleared")
      .withArgs(next, 1n);
  });

  it("plans that are sealed, withdrawn or dropped are not in the book", async () => {
    const { market, grid, alice, bob, carol, north, south, slot } =
      await networkHelpers.loadFixture(scene);
    const poor = await enrol(market, "user");
    await fund(market, poor, 1_000_000n);
    const dropped = planOf(poor, slot, { bids: [bidFor(slot)] });
    const revealed: [Participant, Plan] = [alice, planOf(alice, slot, { bids: [bidFor(slot)] })];
    for (const [{ wallet }, plan] of [revealed, [poor, dropped] as const]) {
      await market.auction.connect(wallet).commit(slot, commitmentOf(market, plan));
    }
    for (const { wallet } of [bob, carol, north, south]) {
      await market.auction.connect(wallet).commit(slot, id("never opened"));
    }
    await market.auction.connect(carol.wallet).withdrawPlan(slot);
    await market.auction.connect(south.wallet).withdrawPlan(slot);
    await revealAll(market, slot, [revealed, [poor, dropped]]);
    await toClear(market, slot);
    await networkHelpers.mine();
    for (const owner of [poor, bob, carol, north, south, grid.gridOperator]) {
      const ref = refOf(owner, 0);
      await expect(market.auction.clear.staticCall(slot, [ref], [], 0n))
        .to.be.revertedWithCustomError(market.auction, "NotInBook")
        .withArgs(slot, ref);
      await expect(market.auction.clear.staticCall(slot, [], [ref], 0n))
        .to.be.revertedWithCustomError(market.auction, "NotInBook")
        .withArgs(slot, ref);
    }
    await expect(market.auction.clear(slot, [refOf(alice, 0)], [], PLENTY))
      .to.emit(market.auction, "Cleared")
      .withArgs(slot, 0n);
  });

  it("a plan of the next slot is not in the book", async () => {
    const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
    const next = slot + 1n;
    await fillBook(market, slot, [[alice, planOf(alice, slot, { bids: [bidFor(slot)] })]]);
    const later: [Participant, Plan][] = [[bob, planOf(bob, next, { bids: [bidFor(next)] })]];
    await commitAll(market, next, later);
    await revealAll(market, next, later);
    await expect(market.auction.clear(slot, [refOf(bob, 0)], [], PLENTY))
      .to.be.revertedWithCustomError(market.auction, "NotInBook")
      .withArgs(slot, refOf(bob, 0));
    await market.auction.clear(slot, [refOf(alice, 0)], [], PLENTY);
  });
});
