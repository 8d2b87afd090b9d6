import { expect } from "chai";
import { id, recoverAddress, Signature, ZeroHash } from "ethers";

import { domainOf, PLAN_TYPES } from "../sim/market/messages.ts";
import {
  accountOf,
  bidLock,
  catchUp,
  CONCLUDE_WORK,
  depositBps,
  fillBook,
  FUNDS,
  mined,
  offerLock,
  orderOf,
  READ_WORK,
  rotate,
  type Scene,
  scene,
  STATUS,
} from "./support/auction.ts";
import {
  type Bid,
  bidFor,
  commitAll,
  commitmentOf,
  enrol,
  enrolDataCentre,
  freshWallet,
  fund,
  type Market,
  networkHelpers,
  type Offer,
  offerOf,
  type Participant,
  type Plan,
  planOf,
  signPlan,
  toBeacon,
  toCommit,
  toReveal,
} from "./support/market.ts";

const COMMITMENT = id("a sealed plan");

/** Value of 2^48 - 1 micro-yuan, and one more, each as the product of energy and price. */
const MOST = { energy: 4_043_309_297n, price: 69_615_000n };
const TOO_MUCH = { energy: 2n ** 31n, price: 131_072_000n };

/** Commits to the plan and moves to the first second of the reveal window. */
async function sealed(market: Market, participant: Participant, plan: Plan): Promise<void> {
  await commitAll(market, plan.slot, [[participant, plan]]);
  await toReveal(market, plan.slot);
}

const bidPlan = (participant: Participant, slot: bigint, ...changes: Partial<Bid>[]): Plan =>
  planOf(participant, slot, { bids: changes.map((change) => bidFor(slot, change)) });

const offerPlan = (participant: Participant, slot: bigint, ...changes: Partial<Offer>[]): Plan =>
  planOf(participant, slot, { offers: changes.map((change) => offerOf(change)) });

describe("SlotAuction: reveals", () => {
  describe("reveal", () => {
    it("opens a user's plan and locks its highest payments and deposits", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      await market.auction.connect(bob.wallet).commit(slot, COMMITMENT);
      const plan = bidPlan(
        alice,
        slot,
        { energy: 10_001n, maxPrice: 900_007n, priority: true },
        { cores: 65_535n, coreSeconds: 65_537n, earliest: slot + 1n, deadline: slot + 5n },
        { energy: 333n, maxPrice: 333n, deadline: slot + 65_535n },
      );
      await sealed(market, alice, plan);
      const auction = market.auction.connect(alice.wallet);
      // 10,001 Wh at 900,007 micro-yuan are 9,000,970.007 up, with 12.5 % of that up; and so on.
      const needed = 9_000_971n + 1_125_122n + 9_000_000n + 1_125_000n + 111n + 14n;
      expect(plan.bids.reduce((sum, bid) => sum + bidLock(bid, 1250n), 0n)).to.equal(needed);
      const transaction = auction.reveal(plan);
      await expect(transaction)
        .to.emit(auction, "Revealed")
        .withArgs(alice.number, slot, plan.salt);
      await expect(transaction).not.to.emit(auction, "PlanDropped");
      expect(await accountOf(market, alice)).to.deep.equal({
        available: FUNDS - needed - 1_000_000n,
        locked: needed + 1_000_000n,
      });
      expect(await auction.planOf(alice.number)).to.deep.equal([
        alice.wallet.address,
        slot,
        2n,
        STATUS.revealed,
        true,
        false,
        commitmentOf(market, plan),
        5000n,
        3n,
      ]);
      const book = await auction.bookOf(slot);
      expect([book.phase, book.bids, book.offers, book.seed]).to.deep.equal([0n, 3n, 0n, ZeroHash]);
      for (const [index, bid] of plan.bids.entries()) {
        expect(await auction.bidOf(alice.number, index)).to.deep.equal([
          bid.cores,
          bid.coreSeconds,
          bid.energy,
          bid.maxPrice,
          bid.earliest,
          bid.deadline,
          bid.priority,
        ]);
      }
    });

    it("opens a data centre's plan and locks its deposits", async () => {
      const { market, north, slot } = await networkHelpers.loadFixture(scene);
      const plan = offerPlan(
        north,
        slot,
        { price: 400_003n, energy: 50_001n },
        { price: 1n, energy: 1n, cores: 1n },
        { price: 2n ** 32n - 1n, energy: 7n, cores: 65_535n },
        { price: 3n, energy: 2n ** 32n - 1n },
        { price: 5n },
        { price: 6n },
        { price: 7n },
      );
      await sealed(market, north, plan);
      const auction = market.auction.connect(north.wallet);
      const needed = plan.offers.reduce((sum, offer) => sum + offerLock(offer, 1250n), 0n);
      // 50,001 Wh at 400,003 micro-yuan are 20,000,550.003 up, and 12.5 % of that is 2,500,068.875.
      expect(offerLock(plan.offers[0]!, 1250n)).to.equal(2_500_069n);
      const transaction = auction.reveal(plan);
      await expect(transaction)
        .to.emit(auction, "Revealed")
        .withArgs(north.number, slot, plan.salt);
      expect(await accountOf(market, north)).to.deep.equal({
        available: FUNDS - needed - 5_000_000n,
        locked: needed + 5_000_000n,
      });
      const state = await auction.planOf(north.number);
      expect([
        state.status,
        state.reputation,
        state.count,
        state.seller,
        state.bonded,
      ]).to.deep.equal([STATUS.revealed, 5000n, 7n, true, true]);
      const book = await auction.bookOf(slot);
      expect([book.phase, book.bids, book.offers]).to.deep.equal([0n, 0n, 7n]);
      for (const [index, { price, energy, cores }] of plan.offers.entries()) {
        expect(await auction.offerOf(north.number, index)).to.deep.equal([price, energy, cores]);
      }
    });

    it("counts what all participants of a slot reveal", async () => {
      const { market, alice, bob, north, south, slot } = await networkHelpers.loadFixture(scene);
      await fillBook(market, slot, [
        [alice, bidPlan(alice, slot, {}, {})],
        [north, offerPlan(north, slot, {}, {}, {})],
        [bob, bidPlan(bob, slot, {})],
        [south, offerPlan(south, slot, {})],
      ]);
      const { bids, offers } = await market.auction.bookOf(slot);
      expect([bids, offers]).to.deep.equal([3n, 4n]);
    });

    it("scales the deposits with the reputation", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      for (const { wallet } of [alice, north]) {
        await market.auction.connect(wallet).commit(slot, COMMITMENT);
      }
      const next = slot + 1n;
      await toCommit(market, next);
      await catchUp(market, north);
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, next, {})],
        [north, offerPlan(north, next, {})],
      ];
      await fillBook(market, next, plans);
      const bps = depositBps(market.parameters, 4750n);
      expect(bps).to.equal(1288n);
      expect((await accountOf(market, alice)).locked).to.equal(
        1_000_000n + bidLock(bidFor(next), bps),
      );
      expect((await accountOf(market, north)).locked).to.equal(
        5_000_000n + offerLock(offerOf(), bps),
      );
      expect((await market.auction.planOf(alice.number)).reputation).to.equal(4750n);
      expect((await market.auction.planOf(north.number)).reputation).to.equal(4750n);
    });

    it("takes 16 bids and 16 offers", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      const many = Array.from({ length: 16 }, (_, index) => index);
      const bids = many.map((index) => bidFor(slot, { energy: BigInt(1000 + index) }));
      const offers = many.map((index) => offerOf({ energy: BigInt(1000 + index) }));
      await fillBook(market, slot, [
        [alice, planOf(alice, slot, { bids })],
        [north, planOf(north, slot, { offers })],
      ]);
      const book = await market.auction.bookOf(slot);
      expect([book.bids, book.offers]).to.deep.equal([16n, 16n]);
      for (const index of many) {
        const energy = BigInt(1000 + index);
        expect((await market.auction.bidOf(alice.number, index)).energy).to.equal(energy);
        expect((await market.auction.offerOf(north.number, index)).energy).to.equal(energy);
      }
    });

    const shapes: [string, "alice" | "north", number, number][] = [
      ["a user's plan without bids", "alice", 0, 0],
      ["a user's plan with 17 bids", "alice", 17, 0],
      ["a user's plan with an offer", "alice", 1, 1],
      ["a user's plan of offers only", "alice", 0, 1],
      ["a data centre's plan without offers", "north", 0, 0],
      ["a data centre's plan with 17 offers", "north", 0, 17],
      ["a data centre's plan with a bid", "north", 1, 1],
      ["a data centre's plan of bids only", "north", 1, 0],
    ];
    for (const [name, role, bids, offers] of shapes) {
      it(`reverts for ${name}`, async () => {
        const fixture = await networkHelpers.loadFixture(scene);
        const { market, slot } = fixture;
        const participant = fixture[role];
        const plan = planOf(participant, slot, {
          bids: Array.from({ length: bids }, () => bidFor(slot)),
          offers: Array.from({ length: offers }, () => offerOf()),
        });
        await sealed(market, participant, plan);
        await expect(market.auction.connect(participant.wallet).reveal(plan))
          .to.be.revertedWithCustomError(market.auction, "InvalidPlan")
          .withArgs(participant.number, bids, offers);
      });
    }

    const badBids: [string, (slot: bigint) => Partial<Bid>][] = [
      ["no cores", () => ({ cores: 0n })],
      ["no core-seconds", () => ({ coreSeconds: 0n })],
      ["no energy", () => ({ energy: 0n })],
      ["no price", () => ({ maxPrice: 0n })],
      ["a first slot before the auctioned one", (slot) => ({ earliest: slot - 1n })],
      ["a deadline before its first slot", (slot) => ({ earliest: slot + 3n })],
      [
        "a deadline before the auctioned slot",
        (slot) => ({ earliest: slot - 1n, deadline: slot - 1n }),
      ],
      ["a deadline 65,536 slots ahead", (slot) => ({ deadline: slot + 65_536n })],
      ["more core-seconds than its cores can do", () => ({ coreSeconds: 4n * 3n * 3600n + 1n })],
      [
        "more core-seconds than its cores can do in a later slot",
        (slot) => ({ earliest: slot + 2n, coreSeconds: 4n * 3600n + 1n }),
      ],
    ];
    for (const [name, changes] of badBids) {
      it(`reverts for a bid with ${name}`, async () => {
        const { market, alice, slot } = await networkHelpers.loadFixture(scene);
        const plan = bidPlan(alice, slot, {}, changes(slot), {});
        await sealed(market, alice, plan);
        await expect(market.auction.connect(alice.wallet).reveal(plan))
          .to.be.revertedWithCustomError(market.auction, "InvalidBid")
          .withArgs(1n);
      });
    }

    it("takes a bid at each of these bounds", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const plan = bidPlan(
        alice,
        slot,
        { cores: 1n, coreSeconds: 1n, energy: 1n, maxPrice: 1n },
        { earliest: slot, deadline: slot },
        { earliest: slot + 65_535n, deadline: slot + 65_535n },
        { deadline: slot + 65_535n },
        { coreSeconds: 4n * 3n * 3600n },
        { earliest: slot + 2n, coreSeconds: 4n * 3600n },
      );
      await sealed(market, alice, plan);
      await market.auction.connect(alice.wallet).reveal(plan);
      expect((await market.auction.planOf(alice.number)).count).to.equal(6n);
      expect((await market.auction.bidOf(alice.number, 2)).earliest).to.equal(slot + 65_535n);
    });

    for (const field of ["price", "energy", "cores"] as const) {
      it(`reverts for an offer with no ${field}`, async () => {
        const { market, north, slot } = await networkHelpers.loadFixture(scene);
        const plan = offerPlan(north, slot, {}, {}, { [field]: 0n });
        await sealed(market, north, plan);
        await expect(market.auction.connect(north.wallet).reveal(plan))
          .to.be.revertedWithCustomError(market.auction, "InvalidOffer")
          .withArgs(2n);
      });
    }

    it("takes values up to 2^48 - 1 micro-yuan", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      for (const participant of [alice, north]) await fund(market, participant, 2n ** 49n);
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, slot, { energy: MOST.energy, maxPrice: MOST.price })],
        [north, offerPlan(north, slot, MOST)],
      ];
      await fillBook(market, slot, plans);
      const value = 2n ** 48n - 1n;
      const deposit = (value * 1250n + 9999n) / 10_000n;
      expect((await accountOf(market, alice)).locked).to.equal(1_000_000n + value + deposit);
      expect((await accountOf(market, north)).locked).to.equal(5_000_000n + deposit);
      // And such a contract can be signed.
      const order = await orderOf(market, plans);
      await market.auction.clear(slot, order.bids, order.offers, 1000n);
      const signed = await market.supply.contractOf(1n);
      expect([signed.escrow, signed.buyerDeposit, signed.sellerDeposit]).to.deep.equal([
        value,
        deposit,
        deposit,
      ]);
    });

    it("reverts for a greater value", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      for (const participant of [alice, north]) await fund(market, participant, 2n ** 49n);
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, slot, {}, { energy: TOO_MUCH.energy, maxPrice: TOO_MUCH.price })],
        [north, offerPlan(north, slot, {}, TOO_MUCH)],
      ];
      await commitAll(market, slot, plans);
      await toReveal(market, slot);
      for (const [{ wallet }, plan] of plans) {
        await expect(market.auction.connect(wallet).reveal(plan))
          .to.be.revertedWithCustomError(market.auction, "ValueTooLarge")
          .withArgs(1n, 2n ** 48n);
      }
    });

    it("takes a plan from the window's first second to its last", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      const mine = bidPlan(alice, slot, {});
      const other = offerPlan(north, slot, {});
      await commitAll(market, slot, [
        [alice, mine],
        [north, other],
      ]);
      const { revealFrom: from, clearFrom: to } = await market.auction.windowsOf(slot);
      const { auction } = market;
      await networkHelpers.time.setNextBlockTimestamp(from - 1n);
      await expect(auction.connect(alice.wallet).reveal(mine))
        .to.be.revertedWithCustomError(auction, "WrongWindow")
        .withArgs(slot, from, to, from - 1n);
      await networkHelpers.time.setNextBlockTimestamp(from);
      await auction.connect(alice.wallet).reveal(mine);
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(to - 1n);
      await auction.connect(north.wallet).reveal(other);
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(to);
      await expect(auction.connect(north.wallet).reveal(other))
        .to.be.revertedWithCustomError(auction, "WrongWindow")
        .withArgs(slot, from, to, to);
    });

    it("reverts without a sealed plan, for another slot, and a second time", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      const plan = bidPlan(alice, slot, {});
      await expect(auction.reveal(plan))
        .to.be.revertedWithCustomError(auction, "NothingSealed")
        .withArgs(alice.number, slot, STATUS.none);
      await sealed(market, alice, plan);
      await expect(auction.reveal({ ...plan, slot: slot + 1n }))
        .to.be.revertedWithCustomError(auction, "NothingSealed")
        .withArgs(alice.number, slot + 1n, STATUS.sealed);
      await auction.reveal(plan);
      await expect(auction.reveal(plan))
        .to.be.revertedWithCustomError(auction, "NothingSealed")
        .withArgs(alice.number, slot, STATUS.revealed);
    });

    it("reverts for another participant's wallet, and for nobody's", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      const plan = bidPlan(alice, slot, {});
      await sealed(market, alice, plan);
      await expect(market.auction.connect(bob.wallet).reveal(plan))
        .to.be.revertedWithCustomError(market.auction, "NotBidder")
        .withArgs(alice.number, bob.wallet.address);
      const stranger = await freshWallet();
      await expect(market.auction.connect(stranger).reveal(plan))
        .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
        .withArgs(stranger.address);
    });

    it("reverts for a plan that differs from the sealed one in anything", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const plan = bidPlan(alice, slot, {}, { maxPrice: 800_000n });
      await sealed(market, alice, plan);
      const [first, second] = plan.bids as [Bid, Bid];
      const others: Plan[] = [
        { ...plan, salt: id("another salt") },
        { ...plan, offers: [offerOf()] },
        { ...plan, bids: [first] },
        { ...plan, bids: [second, first] },
        { ...plan, bids: [first, second, second] },
        ...(["cores", "coreSeconds", "energy", "maxPrice", "earliest", "deadline"] as const).map(
          (field) => ({ ...plan, bids: [first, { ...second, [field]: second[field] + 1n }] }),
        ),
        { ...plan, bids: [first, { ...second, priority: true }] },
      ];
      for (const other of others) {
        await expect(market.auction.connect(alice.wallet).reveal(other))
          .to.be.revertedWithCustomError(market.auction, "CommitmentMismatch")
          .withArgs(alice.number, commitmentOf(market, plan), commitmentOf(market, other));
      }
    });

    it("reverts for offers that differ from the sealed ones in anything", async () => {
      const { market, north, slot } = await networkHelpers.loadFixture(scene);
      const plan = offerPlan(north, slot, {}, { price: 500_000n });
      await sealed(market, north, plan);
      const [first, second] = plan.offers as [Offer, Offer];
      const others: Plan[] = [
        { ...plan, bids: [bidFor(slot)] },
        { ...plan, offers: [second, first] },
        ...(["price", "energy", "cores"] as const).map((field) => ({
          ...plan,
          offers: [first, { ...second, [field]: second[field] + 1n }],
        })),
      ];
      for (const other of others) {
        await expect(market.auction.connect(north.wallet).reveal(other))
          .to.be.revertedWithCustomError(market.auction, "CommitmentMismatch")
          .withArgs(north.number, commitmentOf(market, plan), commitmentOf(market, other));
      }
    });

    for (const which of ["old", "new"] as const) {
      it(`takes a plan from the ${which} wallet of a participant that has moved since`, async () => {
        const { market, alice, slot } = await networkHelpers.loadFixture(scene);
        const plan = bidPlan(alice, slot, {});
        await commitAll(market, slot, [[alice, plan]]);
        const moved = await rotate(market, alice);
        await toReveal(market, slot);
        const { wallet } = which === "old" ? alice : moved;
        await expect(market.auction.connect(wallet).reveal(plan)).to.emit(
          market.auction,
          "Revealed",
        );
        expect((await market.auction.planOf(alice.number)).status).to.equal(STATUS.revealed);
      });
    }

    it("takes a plan of a participant that was revoked since, and while commitments are paused", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const plan = bidPlan(alice, slot, {});
      await sealed(market, alice, plan);
      await market.identities.revoke(alice.number);
      await market.auction.setPaused(true);
      await expect(market.auction.connect(alice.wallet).reveal(plan)).to.emit(
        market.auction,
        "Revealed",
      );
    });

    describe("when the plan needs more than is available", () => {
      const needed = bidLock(bidFor(0n), 1250n);
      const neededByOffer = offerLock(offerOf(), 1250n);

      for (const [role, amount, bond] of [
        ["user", needed, 1_000_000n],
        ["dataCentre", neededByOffer, 5_000_000n],
      ] as const) {
        it(`drops the plan of a ${role} and keeps its bond, but not its reputation`, async () => {
          const { market, grid, slot } = await networkHelpers.loadFixture(scene);
          const poor =
            role === "user" ? await enrol(market, "user") : await enrolDataCentre(market, grid);
          await fund(market, poor, amount + bond - 1n);
          const plan = role === "user" ? bidPlan(poor, slot, {}) : offerPlan(poor, slot, {});
          await sealed(market, poor, plan);
          const { auction, vault } = market;
          const transaction = auction.connect(poor.wallet).reveal(plan);
          await expect(transaction)
            .to.emit(auction, "PlanDropped")
            .withArgs(poor.number, slot, amount, bond);
          await expect(transaction).not.to.emit(auction, "Revealed");
          await expect(transaction).not.to.emit(vault, "ReputationChanged");
          expect(await accountOf(market, poor)).to.deep.equal({
            available: amount - 1n,
            locked: 0n,
          });
          expect(await vault.penaltyPool()).to.equal(bond);
          const state = await auction.planOf(poor.number);
          expect([state.status, state.bonded, state.count]).to.deep.equal([
            STATUS.dropped,
            false,
            0n,
          ]);
          const book = await auction.bookOf(slot);
          expect([book.bids, book.offers]).to.deep.equal([0n, 0n]);
          await toBeacon(market, slot);
          await expect(auction.punish(poor.number))
            .to.be.revertedWithCustomError(auction, "NothingSealed")
            .withArgs(poor.number, slot, STATUS.dropped);
          await expect(auction.connect(poor.wallet).releaseBond())
            .to.be.revertedWithCustomError(auction, "NoBondToRelease")
            .withArgs(poor.number);
        });

        it(`takes the plan of a ${role} that has exactly enough`, async () => {
          const { market, grid, slot } = await networkHelpers.loadFixture(scene);
          const exact =
            role === "user" ? await enrol(market, "user") : await enrolDataCentre(market, grid);
          await fund(market, exact, amount + bond);
          const plan = role === "user" ? bidPlan(exact, slot, {}) : offerPlan(exact, slot, {});
          await sealed(market, exact, plan);
          await expect(market.auction.connect(exact.wallet).reveal(plan)).to.emit(
            market.auction,
            "Revealed",
          );
          expect(await accountOf(market, exact)).to.deep.equal({
            available: 0n,
            locked: amount + bond,
          });
        });
      }
    });
  });

  describe("revealSigned", () => {
    it("opens the signer's plan, whoever sends it", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, slot, {})],
        [north, offerPlan(north, slot, {})],
      ];
      await commitAll(market, slot, plans);
      await toReveal(market, slot);
      for (const [{ number, wallet }, plan] of plans) {
        const signed = await signPlan(market, plan, wallet);
        await expect(market.auction.revealSigned(signed)).to.emit(market.auction, "Revealed");
        expect((await market.auction.planOf(number)).status).to.equal(STATUS.revealed);
      }
    });

    for (const which of ["old", "new"] as const) {
      it(`takes the signature of the ${which} wallet of a participant that has moved since`, async () => {
        const { market, alice, slot } = await networkHelpers.loadFixture(scene);
        const plan = bidPlan(alice, slot, {});
        await commitAll(market, slot, [[alice, plan]]);
        const moved = await rotate(market, alice);
        await toReveal(market, slot);
        const { wallet } = which === "old" ? alice : moved;
        await expect(market.auction.revealSigned(await signPlan(market, plan, wallet))).to.emit(
          market.auction,
          "Revealed",
        );
      });
    }

    it("reverts for another participant's signature", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      const plan = bidPlan(alice, slot, {});
      await sealed(market, alice, plan);
      await expect(market.auction.revealSigned(await signPlan(market, plan, bob.wallet)))
        .to.be.revertedWithCustomError(market.auction, "NotBidder")
        .withArgs(alice.number, bob.wallet.address);
    });

    it("reverts for a signature for another chain or contract, and for what is none", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const { addresses, auction, chainId, identities } = market;
      const plan = bidPlan(alice, slot, {});
      await sealed(market, alice, plan);
      for (const domain of [
        domainOf("auction", addresses.auction, chainId + 1n),
        domainOf("auction", addresses.supply, chainId),
      ]) {
        const signature = Signature.from(
          await alice.wallet.signTypedData(domain, PLAN_TYPES, plan),
        );
        await expect(auction.revealSigned({ plan, r: signature.r, vs: signature.yParityAndS }))
          .to.be.revertedWithCustomError(identities, "UnknownWallet")
          .withArgs(recoverAddress(commitmentOf(market, plan), signature));
      }
      await expect(
        auction.revealSigned({ plan, r: ZeroHash, vs: ZeroHash }),
      ).to.be.revertedWithCustomError(auction, "ECDSAInvalidSignature");
    });

    it("reverts once the reveal window is over, with which the signature expires", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const plan = bidPlan(alice, slot, {});
      await sealed(market, alice, plan);
      const signed = await signPlan(market, plan, alice.wallet);
      const { revealFrom: from, clearFrom: to } = await market.auction.windowsOf(slot);
      await networkHelpers.time.setNextBlockTimestamp(to);
      await expect(market.auction.revealSigned(signed))
        .to.be.revertedWithCustomError(market.auction, "WrongWindow")
        .withArgs(slot, from, to, to);
    });
  });

  describe("revealBatch", () => {
    it("does nothing for an empty batch", async () => {
      const { market } = await networkHelpers.loadFixture(scene);
      expect((await mined(market.auction.revealBatch([]))).logs).to.deep.equal([]);
    });

    it("skips each kind of bad item with its reason, drops the unfunded, and takes the others", async () => {
      const { market, alice, bob, carol, north, south, west, slot } =
        await networkHelpers.loadFixture(scene);
      const { auction, identities } = market;
      const poor = await enrol(market, "user");
      await fund(market, poor, 1_000_000n);
      const late = await enrol(market, "user");
      const plans = {
        alice: bidPlan(alice, slot, {}),
        bob: bidPlan(bob, slot, { energy: 0n }),
        carol: planOf(carol, slot, {}),
        north: offerPlan(north, slot, {}),
        south: offerPlan(south, slot, { cores: 0n }),
        west: offerPlan(west, slot, TOO_MUCH),
        poor: bidPlan(poor, slot, {}),
        late: bidPlan(late, slot, {}),
      };
      await commitAll(market, slot, [
        [alice, plans.alice],
        [bob, plans.bob],
        [carol, plans.carol],
        [north, plans.north],
        [south, plans.south],
        [west, plans.west],
        [poor, plans.poor],
      ]);
      await toReveal(market, slot);
      const reason = (name: string, values: unknown[]): string =>
        auction.interface.encodeErrorResult(name, values as never);
      const good = await signPlan(market, plans.alice, alice.wallet);
      const stranger = await freshWallet();
      const other = { ...plans.north, salt: id("another salt") };
      const items: [typeof good, string | undefined][] = [
        [{ ...good, r: ZeroHash }, reason("ECDSAInvalidSignature", [])],
        [
          await signPlan(market, plans.alice, bob.wallet),
          reason("NotBidder", [alice.number, bob.wallet.address]),
        ],
        [
          await signPlan(market, plans.alice, stranger),
          identities.interface.encodeErrorResult("UnknownWallet", [stranger.address]),
        ],
        [good, undefined],
        [good, reason("NothingSealed", [alice.number, slot, STATUS.revealed])],
        [await signPlan(market, plans.bob, bob.wallet), reason("InvalidBid", [0n])],
        [
          await signPlan(market, plans.carol, carol.wallet),
          reason("InvalidPlan", [carol.number, 0n, 0n]),
        ],
        [
          await signPlan(market, other, north.wallet),
          reason("CommitmentMismatch", [
            north.number,
            commitmentOf(market, plans.north),
            commitmentOf(market, other),
          ]),
        ],
        [await signPlan(market, plans.south, south.wallet), reason("InvalidOffer", [0n])],
        [await signPlan(market, plans.west, west.wallet), reason("ValueTooLarge", [0n, 2n ** 48n])],
        [await signPlan(market, plans.poor, poor.wallet), undefined],
        [
          await signPlan(market, plans.late, late.wallet),
          reason("NothingSealed", [late.number, slot, STATUS.none]),
        ],
        [await signPlan(market, plans.north, north.wallet), undefined],
      ];
      const transaction = auction.revealBatch(items.map(([item]) => item));
      for (const [index, [, expected]] of items.entries()) {
        if (expected !== undefined) {
          await expect(transaction).to.emit(auction, "Skipped").withArgs(index, expected);
        }
      }
      const { logs } = await mined(transaction);
      const count = (name: "Skipped" | "Revealed" | "PlanDropped"): number =>
        logs.filter(({ topics }) => topics[0] === auction.interface.getEvent(name).topicHash)
          .length;
      expect([count("Skipped"), count("Revealed"), count("PlanDropped")]).to.deep.equal([
        items.length - 3,
        2,
        1,
      ]);
      for (const [{ number }, status] of [
        [alice, STATUS.revealed],
        [bob, STATUS.sealed],
        [north, STATUS.revealed],
        [poor, STATUS.dropped],
      ] as const) {
        expect((await auction.planOf(number)).status).to.equal(status);
      }
    });

    it("skips everything outside the window", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const plan = bidPlan(alice, slot, {});
      await sealed(market, alice, plan);
      const signed = await signPlan(market, plan, alice.wallet);
      const { revealFrom: from, clearFrom: to } = await market.auction.windowsOf(slot);
      await networkHelpers.time.setNextBlockTimestamp(to);
      await expect(market.auction.revealBatch([signed]))
        .to.emit(market.auction, "Skipped")
        .withArgs(
          0n,
          market.auction.interface.encodeErrorResult("WrongWindow", [slot, from, to, to]),
        );
    });

    it("reverts as a whole rather than leave a good item out for want of gas", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, slot, {})],
        [bob, bidPlan(bob, slot, {}, {})],
      ];
      await commitAll(market, slot, plans);
      await toReveal(market, slot);
      const batch = await Promise.all(
        plans.map(([{ wallet }, plan]) => signPlan(market, plan, wallet)),
      );
      const needed = await market.auction.revealBatch.estimateGas(batch);
      const before = await networkHelpers.takeSnapshot();
      const reasons = new Set<string>();
      for (let percent = 40n; percent < 105n; percent += 1n) {
        const gasLimit = (needed * percent) / 100n;
        let done = true;
        try {
          await market.auction.revealBatch(batch, { gasLimit });
        } catch (error) {
          done = false;
          reasons.add(/BatchOutOfGas\(\d\)/.exec(String(error))?.[0] ?? "out of gas");
        }
        for (const { number } of [alice, bob]) {
          const { status } = await market.auction.planOf(number);
          expect(status, `at ${gasLimit} gas`).to.equal(done ? STATUS.revealed : STATUS.sealed);
        }
        await before.restore();
      }
      expect([...reasons]).to.include.members(["BatchOutOfGas(0)", "BatchOutOfGas(1)"]);
    });
  });

  describe("punish", () => {
    for (const [role, bond] of [
      ["alice", 1_000_000n],
      ["north", 5_000_000n],
    ] as const) {
      it(`forfeits the bond of ${role === "alice" ? "a user" : "a data centre"} once the reveal window is over, once`, async () => {
        const fixture = await networkHelpers.loadFixture(scene);
        const { market, bob, slot } = fixture;
        const { number, wallet } = fixture[role];
        await market.auction.connect(wallet).commit(slot, COMMITMENT);
        const { clearFrom } = await market.auction.windowsOf(slot);
        const auction = market.auction.connect(bob.wallet);
        await networkHelpers.time.setNextBlockTimestamp(clearFrom - 1n);
        await expect(auction.punish(number))
          .to.be.revertedWithCustomError(auction, "RevealWindowOpen")
          .withArgs(slot, clearFrom, clearFrom - 1n);
        await networkHelpers.time.setNextBlockTimestamp(clearFrom);
        const transaction = auction.punish(number);
        await expect(transaction).to.emit(auction, "PlanPunished").withArgs(number, slot, bond);
        await expect(transaction)
          .to.emit(market.vault, "ReputationChanged")
          .withArgs(number, 4750n);
        expect(await accountOf(market, fixture[role])).to.deep.equal({
          available: FUNDS - bond,
          locked: 0n,
        });
        expect(await market.vault.penaltyPool()).to.equal(bond);
        const { status, bonded } = await auction.planOf(number);
        expect([status, bonded]).to.deep.equal([STATUS.punished, false]);
        await expect(auction.punish(number))
          .to.be.revertedWithCustomError(auction, "NothingSealed")
          .withArgs(number, slot, STATUS.punished);
        expect(await market.vault.penaltyPool()).to.equal(bond);
      });
    }

    it("reverts for a participant that has nothing sealed", async () => {
      const { market, alice, bob, carol, slot } = await networkHelpers.loadFixture(scene);
      const { auction } = market;
      await auction.connect(bob.wallet).commit(slot, COMMITMENT);
      await auction.connect(bob.wallet).withdrawPlan(slot);
      const plan = bidPlan(carol, slot, {});
      await sealed(market, carol, plan);
      await auction.connect(carol.wallet).reveal(plan);
      await toBeacon(market, slot);
      for (const [{ number }, of, status] of [
        [alice, 0n, STATUS.none],
        [bob, slot, STATUS.withdrawn],
        [carol, slot, STATUS.revealed],
      ] as const) {
        await expect(auction.punish(number))
          .to.be.revertedWithCustomError(auction, "NothingSealed")
          .withArgs(number, of, status);
      }
    });

    it("works while commitments are paused, and on a revoked participant", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      await market.auction.connect(alice.wallet).commit(slot, COMMITMENT);
      await market.auction.setPaused(true);
      await market.identities.revoke(alice.number);
      await toBeacon(market, slot);
      await expect(market.auction.punish(alice.number)).to.emit(market.auction, "PlanPunished");
    });
  });

  describe("bidOf and offerOf", () => {
    it("give nothing for an index that no plan can have", async () => {
      const { market, alice, north } = await networkHelpers.loadFixture(scene);
      for (const index of [16n, 256n, 2n ** 256n - 1n]) {
        const bid = await market.auction.bidOf(alice.number, index);
        expect([...bid]).to.deep.equal([0n, 0n, 0n, 0n, 0n, 0n, false]);
        const offer = await market.auction.offerOf(north.number, index);
        expect([...offer]).to.deep.equal([0n, 0n, 0n]);
      }
    });

    it("give nothing of another participant's, whatever the index", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      await fillBook(market, slot, [
        [alice, bidPlan(alice, slot, {})],
        [north, offerPlan(north, slot, {})],
      ]);
      expect((await market.auction.bidOf(alice.number, 0n)).cores).not.to.equal(0n);
      expect((await market.auction.offerOf(north.number, 0n)).cores).not.to.equal(0n);
      const bid = await market.auction.bidOf(0n, alice.number * 256n);
      expect([...bid]).to.deep.equal([0n, 0n, 0n, 0n, 0n, 0n, false]);
      const offer = await market.auction.offerOf(0n, north.number * 256n);
      expect([...offer]).to.deep.equal([0n, 0n, 0n]);
    });
  });

  describe("entriesOf", () => {
    it("gives the bids and offers of a slot's plans, with what ranks them, in the order asked for", async () => {
      const { market, alice, bob, north, slot } = await networkHelpers.loadFixture(scene);
      const plans: [Participant, Plan][] = [
        [north, offerPlan(north, slot, { price: 1n }, { energy: 70n }, {}, { cores: 3n })],
        [alice, bidPlan(alice, slot, { maxPrice: 9n }, { cores: 2n })],
      ];
      await commitAll(market, slot, plans);
      // Committed, and never revealed.
      await market.auction.connect(bob.wallet).commit(slot, COMMITMENT);
      await toReveal(market, slot);
      for (const [{ wallet }, plan] of plans) await market.auction.connect(wallet).reveal(plan);

      const numbers = [alice.number, bob.number, north.number];
      const entries = await market.auction.entriesOf(slot, numbers);
      const expected = [];
      for (const [{ number }, plan] of plans.reverse()) {
        const { seller, sequence } = await market.auction.planOf(number);
        const priced = [
          ...plan.bids.map((bid) => ({ ...bid, price: bid.maxPrice })),
          ...plan.offers,
        ];
        for (const [index, { price, energy, cores }] of priced.entries()) {
          const ref = number * 256n + BigInt(index);
          expected.push([ref, seller, price, energy, cores, 5000n, sequence]);
        }
      }
      expect(expected.length).to.equal(6);
      expect(entries.map((entry) => [...entry])).to.deep.equal(expected);
      expect(await market.auction.entriesOf(slot + 1n, numbers)).to.deep.equal([]);
      expect(await market.auction.entriesOf(slot, [])).to.deep.equal([]);
    });
  });

  describe("disposableEnergy", () => {
    const energyOf = ({ market, north, slot }: Scene): Promise<bigint> =>
      market.auction.disposableEnergy(north.number, slot);

    it("leaves out the offers of an earlier, longer plan", async () => {
      const { market, north, slot } = await networkHelpers.loadFixture(scene);
      const next = slot + 1n;
      const earlier: [Participant, Plan][] = [[north, offerPlan(north, slot, {}, {}, {}, {})]];
      await fillBook(market, slot, earlier);
      const { offers } = await orderOf(market, earlier);
      await market.auction.clear(slot, [], offers, 1000n);
      await toCommit(market, next);
      await catchUp(market, north);
      await fillBook(market, next, [[north, offerPlan(north, next, {}, {}, {})]]);
      // Its words are overwritten one by one: the second is still there.
      expect((await market.auction.offerOf(north.number, 3n)).energy).to.equal(50_000n);
      expect(await market.auction.disposableEnergy(north.number, next)).to.equal(150_000n);
    });

    it("is what a data centre has offered and not sold, in each phase", async () => {
      const fixture = await networkHelpers.loadFixture(scene);
      const { market, alice, north, south, slot } = fixture;
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, slot, {})],
        [north, offerPlan(north, slot, { energy: 30_000n }, { price: 500_000n, energy: 7n })],
        [south, offerPlan(south, slot, { price: 450_000n, energy: 1000n })],
      ];
      await commitAll(market, slot, plans);
      expect(await energyOf(fixture)).to.equal(0n);
      await toReveal(market, slot);
      for (const [{ wallet }, plan] of plans) await market.auction.connect(wallet).reveal(plan);
      expect(await energyOf(fixture)).to.equal(30_007n);
      expect(await market.auction.disposableEnergy(south.number, slot)).to.equal(1000n);
      expect(await market.auction.disposableEnergy(alice.number, slot)).to.equal(0n);
      expect(await market.auction.disposableEnergy(north.number, slot + 1n)).to.equal(0n);
      await toBeacon(market, slot);
      const order = await orderOf(market, plans);
      await market.auction.clear(slot, order.bids, order.offers, 1n);
      expect((await market.auction.bookOf(slot)).phase).to.equal(1n);
      expect(await energyOf(fixture)).to.equal(30_007n);
      expect(await market.auction.disposableEnergy(south.number, slot)).to.equal(1000n);
      await market.auction.clear(slot, [], [], CONCLUDE_WORK + READ_WORK + 10n);
      expect((await market.auction.bookOf(slot)).phase).to.equal(2n);
      expect(await energyOf(fixture)).to.equal(0n);
      await market.auction.clear(slot, [], [], 1000n);
      expect((await market.auction.bookOf(slot)).phase).to.equal(3n);
      expect(await energyOf(fixture)).to.equal(0n);
    });

    it("falls with each trade while the matching goes on", async () => {
      const fixture = await networkHelpers.loadFixture(scene);
      const { market, alice, north, slot } = fixture;
      const plans: [Participant, Plan][] = [
        [alice, bidPlan(alice, slot, {}, { energy: 1n })],
        [north, offerPlan(north, slot, { energy: 30_000n }, { price: 899_999n, energy: 9n })],
      ];
      await fillBook(market, slot, plans);
      const order = await orderOf(market, plans);
      await market.auction.clear(slot, order.bids, order.offers, CONCLUDE_WORK + READ_WORK + 10n);
      expect((await market.auction.bookOf(slot)).concluded).to.equal(1n);
      expect(await energyOf(fixture)).to.equal(20_009n);
    });

    it("stops at the most that its type holds", async () => {
      const fixture = await networkHelpers.loadFixture(scene);
      const { market, north, slot } = fixture;
      const most = 2n ** 32n - 1n;
      await fillBook(market, slot, [[north, offerPlan(north, slot, { price: 1n, energy: most })]]);
      expect(await energyOf(fixture)).to.equal(most);
    });

    it("stops there for the sum of several offers, too", async () => {
      const fixture = await networkHelpers.loadFixture(scene);
      const { market, north, slot } = fixture;
      const most = 2n ** 32n - 1n;
      await fillBook(market, slot, [
        [north, offerPlan(north, slot, { price: 1n, energy: most }, { price: 1n, energy: 1n })],
      ]);
      expect(await energyOf(fixture)).to.equal(most);
    });

    it("is 0 for a plan that was dropped", async () => {
      const { market, grid, slot } = await networkHelpers.loadFixture(scene);
      const poor = await enrolDataCentre(market, grid);
      await fund(market, poor, 5_000_000n);
      await fillBook(market, slot, [[poor, offerPlan(poor, slot, {})]]);
      expect(await market.auction.disposableEnergy(poor.number, slot)).to.equal(0n);
    });
  });
});
