/** A relayer that censors, reorders, alters, holds back or replays what was given to it. */
import { expect } from "chai";
import { id } from "ethers";

import { accountOf, FUNDS, mined, orderOf, PLENTY, scene, STATUS } from "../support/auction.ts";
import {
  type Bid,
  bidFor,
  type Commitment,
  commitmentOf,
  FAR_FUTURE,
  type Market,
  networkHelpers,
  offerOf,
  type Participant,
  type Plan,
  planOf,
  refOf,
  revealAll,
  signCommitment,
  signPlan,
  toClear,
  toCommit,
  toReveal,
} from "../support/market.ts";

const messageFor = (slot: bigint, changes: Partial<Commitment> = {}): Commitment => ({
  slot,
  commitment: id("a sealed plan"),
  replaces: 0n,
  expiry: FAR_FUTURE,
  ...changes,
});

/** Commits to the plans in one batch, and clears the slot in its one right order. */
async function relayAndClear(
  market: Market,
  slot: bigint,
  plans: readonly [Participant, Plan][],
): Promise<void> {
  const batch = await Promise.all(
    plans.map(([{ wallet }, plan]) =>
      signCommitment(market, messageFor(slot, { commitment: commitmentOf(market, plan) }), wallet),
    ),
  );
  await market.auction.commitBatch(batch);
  await revealAll(market, slot, plans);
  await toClear(market, slot);
  const { bids, offers } = await orderOf(market, plans);
  await market.auction.clear(slot, bids, offers, PLENTY);
}

describe("Attack: a dishonest relayer", () => {
  describe("that reorders", () => {
    for (const [what, changes, moved] of [
      ["decides between bids of the same price and reputation", {}, true],
      ["does not get a lower bid before a higher one", { maxPrice: 900_001n }, false],
    ] as const) {
      it(what, async () => {
        const { market, alice, bob, north, slot } = await networkHelpers.loadFixture(scene);
        // There is energy for one of the two.
        const plans: [Participant, Plan][] = [
          [alice, planOf(alice, slot, { bids: [bidFor(slot, changes)] })],
          [bob, planOf(bob, slot, { bids: [bidFor(slot)] })],
          [north, planOf(north, slot, { offers: [offerOf({ energy: 10_000n })] })],
        ];
        const snapshot = await networkHelpers.takeSnapshot();
        await relayAndClear(market, slot, plans);
        expect((await market.supply.contractOf(1n)).buyer).to.equal(alice.number);
        await snapshot.restore();
        await relayAndClear(market, slot, [...plans].reverse());
        const served = moved ? bob : alice;
        expect((await market.supply.contractOf(1n)).buyer).to.equal(served.number);
        expect(await market.supply.contracts()).to.equal(1n);
      });
    }

    it("does not get a plan before those that others have sent", async () => {
      const { market, alice, bob, carol, slot } = await networkHelpers.loadFixture(scene);
      await market.auction.connect(carol.wallet).commit(slot, id("a sealed plan"));
      const batch = await Promise.all(
        [bob, alice].map(({ wallet }) => signCommitment(market, messageFor(slot), wallet)),
      );
      await market.auction.commitBatch(batch);
      const sequences = await Promise.all(
        [carol, bob, alice].map(
          async ({ number }) => (await market.auction.planOf(number)).sequence,
        ),
      );
      expect(sequences).to.deep.equal([1n, 2n, 3n]);
    });

    it("changes nothing by the order of the reveals", async () => {
      const { market, alice, bob, north, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [
        [alice, planOf(alice, slot, { bids: [bidFor(slot)] })],
        [bob, planOf(bob, slot, { bids: [bidFor(slot)] })],
        [north, planOf(north, slot, { offers: [offerOf(), offerOf(), offerOf()] })],
      ];
      for (const [{ wallet }, plan] of plans) {
        await market.auction.connect(wallet).commit(slot, commitmentOf(market, plan));
      }
      await toReveal(market, slot);
      const snapshot = await networkHelpers.takeSnapshot();
      const results: unknown[] = [];
      for (const order of [plans, [...plans].reverse()]) {
        const batch = await Promise.all(
          order.map(([{ wallet }, plan]) => signPlan(market, plan, wallet)),
        );
        await market.auction.revealBatch(batch);
        await toClear(market, slot);
        const { bids, offers } = await orderOf(market, plans);
        await market.auction.clear(slot, bids, offers, PLENTY);
        results.push([
          bids,
          (await market.auction.bookOf(slot)).seed,
          await market.supply.termsOf(1n),
          await market.supply.termsOf(2n),
        ]);
        await snapshot.restore();
      }
      expect(results[0]).to.deep.equal(results[1]);
    });
  });

  describe("that censors", () => {
    it("a commitment is sent by its bidder, signed or not, and the relayer's copy is void", async () => {
      const { market, alice, bob, carol, slot } = await networkHelpers.loadFixture(scene);
      const { auction } = market;
      const [forAlice, forBob, forCarol] = await Promise.all(
        [alice, bob, carol].map(({ wallet }) => signCommitment(market, messageFor(slot), wallet)),
      );
      await auction.commitBatch([forCarol!]);
      await auction.connect(alice.wallet).commitSigned(forAlice!);
      await auction.connect(bob.wallet).commit(slot, id("a sealed plan"));
      for (const [{ number }, sequence] of [
        [carol, 1n],
        [alice, 2n],
        [bob, 3n],
      ] as const) {
        const state = await auction.planOf(number);
        expect([state.status, state.sequence]).to.deep.equal([STATUS.sealed, sequence]);
      }
      const late = auction.commitBatch([forAlice!, forBob!]);
      for (const [index, { number }, latest] of [
        [0, alice, 2n],
        [1, bob, 3n],
      ] as const) {
        await expect(late)
          .to.emit(auction, "Skipped")
          .withArgs(
            index,
            auction.interface.encodeErrorResult("WrongSequence", [number, 0n, latest]),
          );
      }
      await expect(late).not.to.emit(auction, "Committed");
    });

    it("a reveal is sent by its bidder", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [alice, bob].map((participant) => [
        participant,
        planOf(participant, slot, { bids: [bidFor(slot)] }),
      ]);
      for (const [{ wallet }, plan] of plans) {
        await market.auction.connect(wallet).commit(slot, commitmentOf(market, plan));
      }
      await toReveal(market, slot);
      const [, [, plan]] = plans as [[Participant, Plan], [Participant, Plan]];
      await market.auction.revealBatch([await signPlan(market, plan, bob.wallet)]);
      await market.auction.connect(alice.wallet).reveal(plans[0]![1]);
      expect((await market.auction.bookOf(slot)).bids).to.equal(2n);
    });
  });

  describe("that alters", () => {
    it("any field of a commitment, it speaks for nobody", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const message = messageFor(slot);
      const signed = await signCommitment(market, message, alice.wallet);
      const altered: Partial<Commitment>[] = [
        { slot: slot + 1n },
        { commitment: id("another plan") },
        { replaces: 1n },
        { expiry: FAR_FUTURE + 1n },
      ];
      const batch = altered.map((changes) => ({
        ...signed,
        commitment: { ...message, ...changes },
      }));
      for (const item of batch) {
        await expect(market.auction.commitSigned(item)).to.be.revertedWithCustomError(
          market.identities,
          "UnknownWallet",
        );
      }
      const { logs } = await mined(market.auction.commitBatch(batch));
      const skipped = market.auction.interface.getEvent("Skipped").topicHash;
      expect(logs.map(({ topics }) => topics[0])).to.deep.equal(altered.map(() => skipped));
      expect((await market.auction.planOf(alice.number)).status).to.equal(STATUS.none);
      expect(await accountOf(market, alice)).to.deep.equal({ available: FUNDS, locked: 0n });
    });

    it("any field of a plan, it speaks for nobody", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      const plan = planOf(alice, slot, { bids: [bidFor(slot)] });
      const commitment = commitmentOf(market, plan);
      for (const { wallet } of [alice, bob]) {
        await market.auction.connect(wallet).commit(slot, commitment);
      }
      await toReveal(market, slot);
      const signed = await signPlan(market, plan, alice.wallet);
      const bid = (changes: Partial<Bid>): Partial<Plan> => ({ bids: [bidFor(slot, changes)] });
      const altered: Partial<Plan>[] = [
        { bidder: bob.number },
        { salt: id("another salt") },
        { bids: [] },
        { bids: [bidFor(slot), bidFor(slot)] },
        { offers: [offerOf()] },
        bid({ cores: 5n }),
        bid({ coreSeconds: 1n }),
        bid({ energy: 1n }),
        bid({ maxPrice: 900_001n }),
        bid({ earliest: slot + 1n }),
        bid({ deadline: slot + 3n }),
        bid({ priority: true }),
      ];
      for (const changes of altered) {
        await expect(
          market.auction.revealSigned({ ...signed, plan: { ...plan, ...changes } }),
        ).to.be.revertedWithCustomError(market.identities, "UnknownWallet");
      }
      await market.auction.revealSigned(signed);
    });
  });

  describe("that replays or holds back", () => {
    it("a commitment, it is refused after it was used, replaced or withdrawn, and in other slots", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      const used = await signCommitment(market, messageFor(slot), alice.wallet);
      await market.auction.commitSigned(used);
      const heldBack = await signCommitment(
        market,
        messageFor(slot, { replaces: 1n, commitment: id("held back") }),
        alice.wallet,
      );
      await auction.commit(slot, id("replaced"));
      const refused = async (replaces: bigint, latest: bigint): Promise<void> => {
        await expect(market.auction.commitSigned(replaces === 0n ? used : heldBack))
          .to.be.revertedWithCustomError(market.auction, "WrongSequence")
          .withArgs(alice.number, replaces, latest);
      };
      await refused(0n, 2n);
      await refused(1n, 2n);
      await auction.withdrawPlan(slot);
      await refused(0n, 3n);
      await refused(1n, 3n);
      await toCommit(market, slot + 1n);
      await refused(0n, 3n);
    });

    it("a commitment until its window is over, it is refused", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const signed = await signCommitment(market, messageFor(slot), alice.wallet);
      await toCommit(market, slot + 1n);
      await expect(market.auction.commitSigned(signed)).to.be.revertedWithCustomError(
        market.auction,
        "WrongWindow",
      );
      expect((await accountOf(market, alice)).locked).to.equal(0n);
    });

    it("a plan, it is not revealed early, twice, or for another slot", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const { auction } = market;
      const plan = planOf(alice, slot, { bids: [bidFor(slot)] });
      const signed = await signPlan(market, plan, alice.wallet);
      await auction.connect(alice.wallet).commit(slot, commitmentOf(market, plan));
      await expect(auction.revealSigned(signed)).to.be.revertedWithCustomError(
        auction,
        "WrongWindow",
      );
      await toReveal(market, slot);
      await auction.revealSigned(signed);
      await expect(auction.revealSigned(signed))
        .to.be.revertedWithCustomError(auction, "NothingSealed")
        .withArgs(alice.number, slot, STATUS.revealed);
      await toClear(market, slot);
      await auction.clear(slot, [refOf(alice, 0)], [], PLENTY);
      // Not even when its bidder commits to the very same digest again.
      const next = slot + 1n;
      await toCommit(market, next);
      await auction.connect(alice.wallet).commit(next, commitmentOf(market, plan));
      await toReveal(market, next);
      await expect(auction.revealSigned(signed))
        .to.be.revertedWithCustomError(auction, "NothingSealed")
        .withArgs(alice.number, slot, STATUS.sealed);
      await expect(
        auction.revealSigned({ ...signed, plan: { ...plan, slot: next } }),
      ).to.be.revertedWithCustomError(market.identities, "UnknownWallet");
    });
  });
});
