/** Participants who want to hold the market up rather than to trade. */
import { expect } from "chai";
import { id } from "ethers";

import {
  accountOf,
  bidLock,
  catchUp,
  CONCLUDE_WORK,
  fillBook,
  FUNDS,
  mined,
  orderOf,
  PHASE,
  PLENTY,
  RELEASE_WORK,
  scene,
  type Scene,
  STATUS,
} from "../support/auction.ts";
import {
  bidFor,
  enrol,
  enrolDataCentre,
  FAR_FUTURE,
  fund,
  networkHelpers,
  offerOf,
  type Participant,
  type Plan,
  planOf,
  refOf,
  signCommitment,
  toClear,
  toCommit,
} from "../support/market.ts";

/** What a transaction may use (EIP-7825). */
const TRANSACTION_GAS = 2n ** 24n;

const BONDS = { user: 1_000_000n, dataCentre: 5_000_000n } as const;

/** A griefer's identities of both roles, each with 20 yuan. */
async function identitiesOf({ market, grid }: Scene): Promise<[Participant, bigint][]> {
  const identities: [Participant, bigint][] = [];
  for (let count = 0; count < 3; count += 1) {
    identities.push([await enrol(market, "user"), BONDS.user]);
    identities.push([await enrolDataCentre(market, grid), BONDS.dataCentre]);
  }
  for (const [identity] of identities) await fund(market, identity, 20_000_000n);
  return identities;
}

const honestPlans = ({ alice, bob, north, slot }: Scene): [Participant, Plan][] => [
  [alice, planOf(alice, slot, { bids: [bidFor(slot), bidFor(slot)] })],
  [north, planOf(north, slot, { offers: [offerOf()] })],
  [bob, planOf(bob, slot, { bids: [bidFor(slot)] })],
];

describe("Attack: griefing", () => {
  it("who commits for every identity and opens none pays for each, and nobody waits for it", async () => {
    const fixture = await networkHelpers.loadFixture(scene);
    const { market, alice, north, slot } = fixture;
    const identities = await identitiesOf(fixture);
    const plans = honestPlans(fixture);
    const before = await networkHelpers.takeSnapshot();

    const results: unknown[] = [];
    for (const griefed of [false, true]) {
      if (griefed) {
        const batch = await Promise.all(
          identities.map(([{ wallet }]) =>
            signCommitment(
              market,
              { slot, commitment: id("never opened"), replaces: 0n, expiry: FAR_FUTURE },
              wallet,
            ),
          ),
        );
        await market.auction.commitBatch(batch);
      }
      await fillBook(market, slot, plans);
      const { bids, offers } = await orderOf(market, plans);
      const { gasUsed } = await mined(market.auction.clear(slot, bids, offers, PLENTY));
      const {
        phase,
        bids: bidCount,
        offers: offerCount,
        seed,
        trades,
      } = await market.auction.bookOf(slot);
      expect([phase, trades]).to.deep.equal([PHASE.cleared, 3n]);
      results.push([
        gasUsed,
        [bidCount, offerCount, seed],
        await Promise.all(plans.map(([participant]) => accountOf(market, participant))),
      ]);
      if (!griefed) await before.restore();
    }
    expect(results[1]).to.deep.equal(results[0]);

    let pool = 0n;
    for (const [identity, bond] of identities) {
      await market.auction.punish(identity.number);
      pool += bond;
      expect(await accountOf(market, identity)).to.deep.equal({
        available: 20_000_000n - bond,
        locked: 0n,
      });
      expect(await market.reputation.reputationOf(identity.number)).to.equal(4750n);
      await expect(market.auction.punish(identity.number))
        .to.be.revertedWithCustomError(market.auction, "NothingSealed")
        .withArgs(identity.number, slot, STATUS.punished);
    }
    expect(await market.vault.penaltyPool()).to.equal(pool);
    // The next slot goes on for everyone, whether the griefer was punished or not.
    await toCommit(market, slot + 1n);
    await catchUp(market, north);
    for (const { wallet } of [alice, north]) {
      await market.auction.connect(wallet).commit(slot + 1n, id("the next plan"));
    }
  });

  it("who keeps doing so loses a bond and reputation every slot, until the money is gone", async () => {
    const { market, slot } = await networkHelpers.loadFixture(scene);
    const griefer = await enrol(market, "user");
    await fund(market, griefer, 3n * BONDS.user);
    const auction = market.auction.connect(griefer.wallet);
    for (let round = 0n; round < 3n; round += 1n) {
      await toCommit(market, slot + round);
      await auction.commit(slot + round, id("never opened"));
      expect(await market.reputation.reputationOf(griefer.number)).to.equal(5000n - 250n * round);
    }
    await toCommit(market, slot + 3n);
    await expect(auction.commit(slot + 3n, id("never opened")))
      .to.be.revertedWithCustomError(market.vault, "InsufficientFunds")
      .withArgs(griefer.number, 0n, BONDS.user);
    await market.auction.punish(griefer.number);
    expect(await market.vault.penaltyPool()).to.equal(3n * BONDS.user);
    expect(await accountOf(market, griefer)).to.deep.equal({ available: 0n, locked: 0n });
  });

  it("who fills the book with bids that cannot be served locks money, is served last, and fits in pages", async () => {
    const fixture = await networkHelpers.loadFixture(scene);
    const { market, slot } = fixture;
    const griefers: Participant[] = [];
    for (let count = 0; count < 4; count += 1) {
      const griefer = await enrol(market, "user");
      await fund(market, griefer, 20_000_000n);
      griefers.push(griefer);
    }
    const bids = Array.from({ length: 16 }, () => bidFor(slot, { maxPrice: 399_999n, energy: 1n }));
    const honest = honestPlans(fixture);
    const plans = [
      ...griefers.map((griefer): [Participant, Plan] => [griefer, planOf(griefer, slot, { bids })]),
      ...honest,
    ];
    await fillBook(market, slot, plans);
    const locked = 16n * bidLock(bids[0]!, 1250n) + BONDS.user;
    for (const griefer of griefers) {
      expect((await accountOf(market, griefer)).locked).to.equal(locked);
    }
    const order = await orderOf(market, plans);
    expect(order.bids.slice(0, 3).map((ref) => ref / 256n)).to.deep.equal([
      fixture.alice.number,
      fixture.alice.number,
      fixture.bob.number,
    ]);
    const gas: bigint[] = [];
    for (let from = 0; from < order.bids.length; from += 40) {
      const page = order.bids.slice(from, from + 40);
      const offers = from === 0 ? order.offers : [];
      gas.push((await mined(market.auction.clear(slot, page, offers, 0n))).gasUsed);
    }
    // The honest trade in the first page, whatever is behind them.
    const first = await mined(market.auction.clear(slot, [], [], 3n * CONCLUDE_WORK + 200n));
    gas.push(first.gasUsed);
    expect((await market.auction.bookOf(slot)).trades).to.equal(3n);
    while ((await market.auction.bookOf(slot)).phase !== PHASE.cleared) {
      gas.push((await mined(market.auction.clear(slot, [], [], 16_000n))).gasUsed);
    }
    for (const used of gas) expect(used < TRANSACTION_GAS / 4n).to.be.true;
    for (const griefer of griefers) {
      expect(await accountOf(market, griefer)).to.deep.equal({
        available: 20_000_000n - BONDS.user,
        locked: BONDS.user,
      });
    }
  });

  it("a seller that commits anew in the midst of its release gets no more back than was locked", async () => {
    const fixture = await networkHelpers.loadFixture(scene);
    const { market, north, south, slot } = fixture;
    const offers = [offerOf(), offerOf(), offerOf()];
    const plans: [Participant, Plan][] = [
      [north, planOf(north, slot, { offers })],
      [south, planOf(south, slot, { offers })],
    ];
    await fillBook(market, slot, plans);
    const order = await orderOf(market, plans);
    await market.auction.clear(slot, [], order.offers, RELEASE_WORK);
    await toCommit(market, slot + 1n);
    await catchUp(market, north);
    await expect(market.auction.connect(north.wallet).commit(slot + 1n, id("the next plan")))
      .to.be.revertedWithCustomError(market.auction, "PreviousSlotUncleared")
      .withArgs(north.number, slot);
    await market.auction.clear(slot, [], [], PLENTY);
    for (const participant of [north, south]) {
      expect(await accountOf(market, participant)).to.deep.equal({
        available: FUNDS - BONDS.dataCentre,
        locked: BONDS.dataCentre,
      });
    }
  });

  it("who clears nothing at all only delays the return of what is locked", async () => {
    const fixture = await networkHelpers.loadFixture(scene);
    const { market, alice, north, slot } = fixture;
    const plans: [Participant, Plan][] = [
      [alice, planOf(alice, slot, { bids: [bidFor(slot)] })],
      [north, planOf(north, slot, { offers: [offerOf()] })],
    ];
    await fillBook(market, slot, plans);
    await toClear(market, slot + 5n);
    // Either of the two can do it alone, whenever it likes.
    const auction = market.auction.connect(alice.wallet);
    await auction.clear(slot, [refOf(alice, 0)], [refOf(north, 0)], PLENTY);
    expect((await accountOf(market, alice)).locked).to.equal(BONDS.user);
    expect((await accountOf(market, north)).locked).to.equal(BONDS.dataCentre);
  });
});
