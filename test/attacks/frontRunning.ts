/** An attacker who sees every transaction before it is mined. */
import { expect } from "chai";
import { id } from "ethers";

import { accountOf, fillBook, FUNDS, orderOf, PLENTY, scene, STATUS } from "../support/auction.ts";
import {
  bidFor,
  commitmentOf,
  FAR_FUTURE,
  networkHelpers,
  offerOf,
  type Participant,
  type Plan,
  planOf,
  refOf,
  signCommitment,
  signPlan,
  toBeacon,
  toReveal,
} from "../support/market.ts";

describe("Attack: front-running", () => {
  it("who copies a commitment can never reveal it, and pays for that", async () => {
    const { market, alice, bob: mallory, slot } = await networkHelpers.loadFixture(scene);
    const { auction } = market;
    const plan = planOf(alice, slot, { bids: [bidFor(slot)] });
    const commitment = commitmentOf(market, plan);
    await auction.connect(mallory.wallet).commit(slot, commitment);
    await auction.connect(alice.wallet).commit(slot, commitment);
    await toReveal(market, slot);
    // The copy names its bidder; named anew it is another plan.
    const copy = { ...plan, bidder: mallory.number };
    await expect(auction.connect(mallory.wallet).reveal(copy))
      .to.be.revertedWithCustomError(auction, "CommitmentMismatch")
      .withArgs(mallory.number, commitment, commitmentOf(market, copy));
    await expect(auction.connect(mallory.wallet).reveal(plan))
      .to.be.revertedWithCustomError(auction, "NotBidder")
      .withArgs(alice.number, mallory.wallet.address);
    await auction.connect(alice.wallet).reveal(plan);
    await toBeacon(market, slot);
    await auction.punish(mallory.number);
    expect(await accountOf(market, mallory)).to.deep.equal({
      available: FUNDS - 1_000_000n,
      locked: 0n,
    });
    expect(await market.reputation.reputationOf(mallory.number)).to.equal(4750n);
    expect((await auction.planOf(alice.number)).status).to.equal(STATUS.revealed);
  });

  it("who copies a revealed plan comes too late to commit to it", async () => {
    const { market, alice, bob: mallory, slot } = await networkHelpers.loadFixture(scene);
    const { auction } = market;
    const plan = planOf(alice, slot, { bids: [bidFor(slot)] });
    await auction.connect(mallory.wallet).commit(slot, id("to be replaced"));
    await auction.connect(alice.wallet).commit(slot, commitmentOf(market, plan));
    await toReveal(market, slot);
    await auction.connect(alice.wallet).reveal(plan);
    const better = {
      ...plan,
      bidder: mallory.number,
      bids: [bidFor(slot, { maxPrice: 900_001n })],
    };
    await expect(
      auction.connect(mallory.wallet).commit(slot, commitmentOf(market, better)),
    ).to.be.revertedWithCustomError(auction, "WrongWindow");
    await expect(auction.connect(mallory.wallet).withdrawPlan(slot)).to.be.revertedWithCustomError(
      auction,
      "WrongWindow",
    );
    await expect(auction.connect(mallory.wallet).reveal(better))
      .to.be.revertedWithCustomError(auction, "CommitmentMismatch")
      .withArgs(mallory.number, id("to be replaced"), commitmentOf(market, better));
  });

  it("a signed commitment that somebody else sends first counts for its signer all the same", async () => {
    const { market, alice, bob: mallory, slot } = await networkHelpers.loadFixture(scene);
    const commitment = id("a sealed plan");
    const signed = await signCommitment(
      market,
      { slot, commitment, replaces: 0n, expiry: FAR_FUTURE },
      alice.wallet,
    );
    await expect(market.auction.connect(mallory.wallet).commitSigned(signed))
      .to.emit(market.auction, "Committed")
      .withArgs(alice.number, slot, commitment, 1n);
    expect((await market.auction.planOf(alice.number)).wallet).to.equal(alice.wallet.address);
    expect((await accountOf(market, mallory)).locked).to.equal(0n);
  });

  it("a signed plan that somebody else sends first is revealed all the same", async () => {
    const { market, alice, bob: mallory, slot } = await networkHelpers.loadFixture(scene);
    const plan = planOf(alice, slot, { bids: [bidFor(slot)] });
    await market.auction.connect(alice.wallet).commit(slot, commitmentOf(market, plan));
    await toReveal(market, slot);
    const signed = await signPlan(market, plan, alice.wallet);
    await expect(market.auction.connect(mallory.wallet).revealSigned(signed)).to.emit(
      market.auction,
      "Revealed",
    );
    await expect(market.auction.connect(alice.wallet).reveal(plan))
      .to.be.revertedWithCustomError(market.auction, "NothingSealed")
      .withArgs(alice.number, slot, STATUS.revealed);
    const { status, count } = await market.auction.planOf(alice.number);
    expect([status, count]).to.deep.equal([STATUS.revealed, 1n]);
  });

  it("who clears before another caller does has the same result", async () => {
    const { market, alice, bob, carol, north, south, slot } =
      await networkHelpers.loadFixture(scene);
    const plans: [Participant, Plan][] = [
      [alice, planOf(alice, slot, { bids: [bidFor(slot), bidFor(slot)] })],
      [bob, planOf(bob, slot, { bids: [bidFor(slot)] })],
      [north, planOf(north, slot, { offers: [offerOf(), offerOf()] })],
      [south, planOf(south, slot, { offers: [offerOf()] })],
    ];
    await fillBook(market, slot, plans);
    const { bids, offers } = await orderOf(market, plans);
    const snapshot = await networkHelpers.takeSnapshot();
    const results: unknown[] = [];
    for (const { wallet } of [alice, carol]) {
      await market.auction.connect(wallet).clear(slot, bids, offers, PLENTY);
      results.push([
        (await market.auction.bookOf(slot)).seed,
        await Promise.all(plans.map(([participant]) => accountOf(market, participant))),
        await Promise.all([1n, 2n, 3n].map((contract) => market.supply.termsOf(contract))),
      ]);
      await expect(market.auction.connect(bob.wallet).clear(slot, bids, offers, PLENTY))
        .to.be.revertedWithCustomError(market.auction, "AlreadyCleared")
        .withArgs(slot);
      await snapshot.restore();
    }
    expect(results[0]).to.deep.equal(results[1]);
  });

  it("who begins to clear and stops does not keep others from going on", async () => {
    const { market, alice, bob: mallory, north, slot } = await networkHelpers.loadFixture(scene);
    const plans: [Participant, Plan][] = [
      [alice, planOf(alice, slot, { bids: [bidFor(slot)] })],
      [north, planOf(north, slot, { offers: [offerOf()] })],
    ];
    await fillBook(market, slot, plans);
    const attacker = market.auction.connect(mallory.wallet);
    await attacker.clear(slot, [refOf(alice, 0)], [refOf(north, 0)], 1n);
    for (let page = 0; page < 3; page += 1) await attacker.clear(slot, [], [], 1n);
    await expect(attacker.discardRanking())
      .to.be.revertedWithCustomError(attacker, "RankingInUse")
      .withArgs(slot);
    await expect(market.auction.clear(slot, [], [], PLENTY))
      .to.emit(market.auction, "Cleared")
      .withArgs(slot, 1n);
  });
});
