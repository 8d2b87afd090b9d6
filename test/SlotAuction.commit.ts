import { expect } from "chai";
import { id, recoverAddress, Signature, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";

import { COMMITMENT_TYPES, domainOf } from "../sim/market/messages.ts";
import {
  accountOf,
  amountUp,
  beforeGenesis,
  catchUp,
  depositBps,
  bpsUp,
  fillBook,
  FUNDS,
  LOOK_WORK,
  mined,
  orderOf,
  PLENTY,
  CONCLUDE_WORK,
  READ_WORK,
  RELEASE_WORK,
  rotate,
  scene,
  STATUS,
} from "./support/auction.ts";
import {
  bidFor,
  type Commitment,
  commitmentOf,
  enrol,
  enrolDataCentre,
  FAR_FUTURE,
  freshWallet,
  fund,
  type Market,
  networkHelpers,
  offerOf,
  type Participant,
  type Plan,
  planOf,
  readingOf,
  ROLE,
  signCommitment,
  signEnrolment,
  submitReading,
  toCommit,
  toReveal,
  toBeacon,
  toClear,
  YUAN,
} from "./support/market.ts";

const COMMITMENT = id("a sealed plan");
const OTHER_COMMITMENT = id("another sealed plan");

const openOf = async (market: Market, slot: bigint): Promise<{ from: bigint; to: bigint }> => {
  const { commitFrom, revealFrom } = await market.auction.windowsOf(slot);
  return { from: commitFrom, to: revealFrom };
};

const commitmentFor = (slot: bigint, changes: Partial<Commitment> = {}): Commitment => ({
  slot,
  commitment: COMMITMENT,
  replaces: 0n,
  expiry: FAR_FUTURE,
  ...changes,
});

/** A participant whose certificate ends at `validUntil`. */
async function enrolUntil(market: Market, validUntil: bigint): Promise<Participant> {
  const wallet = await freshWallet();
  const enrolment = {
    id: `short-lived ${wallet.address}`,
    wallet: wallet.address,
    role: ROLE.user,
    certificate: id(wallet.address),
    validUntil,
    expiry: FAR_FUTURE,
  };
  await market.identities.connect(wallet).enrol(enrolment, await signEnrolment(market, enrolment));
  const number = await market.identities.participantOf(wallet.address);
  const participant = { id: enrolment.id, number, wallet };
  await fund(market, participant, 10n * YUAN);
  return participant;
}

/** A slot that both trade in, at 0.4 against 0.9 yuan. */
const tradePlans = (
  buyer: Participant,
  seller: Participant,
  slot: bigint,
): [Participant, Plan][] => [
  [buyer, planOf(buyer, slot, { bids: [bidFor(slot)] })],
  [seller, planOf(seller, slot, { offers: [offerOf()] })],
];

describe("SlotAuction: commitments", () => {
  describe("windowsOf", () => {
    it("divides the slot before the auctioned one", async () => {
      const { market, slot } = await networkHelpers.loadFixture(scene);
      const { genesis } = market.parameters;
      const start = genesis + (slot - 1n) * 3600n;
      expect(await market.auction.windowsOf(slot)).to.deep.equal([
        start,
        start + 2400n,
        start + 3300n,
        start + 7200n,
      ]);
    });
  });

  describe("bonds", () => {
    it("gives the bond of each role", async () => {
      const { market } = await networkHelpers.loadFixture(scene);
      expect(await market.auction.bonds()).to.deep.equal([1_000_000n, 5_000_000n]);
    });
  });

  describe("planOf", () => {
    it("is empty for a participant that has committed to nothing", async () => {
      const { market, alice } = await networkHelpers.loadFixture(scene);
      expect(await market.auction.planOf(alice.number)).to.deep.equal([
        ZeroAddress,
        0n,
        0n,
        STATUS.none,
        false,
        false,
        ZeroHash,
        0n,
        0n,
      ]);
    });
  });

  describe("commit", () => {
    it("seals a user's plan and posts its bond", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const { auction } = market;
      const transaction = auction.connect(alice.wallet).commit(slot, COMMITMENT);
      await expect(transaction)
        .to.emit(auction, "Committed")
        .withArgs(alice.number, slot, COMMITMENT, 1n);
      await expect(transaction).to.emit(auction, "BondPosted").withArgs(alice.number, 1_000_000n);
      await expect(transaction).not.to.emit(auction, "PlanPunished");
      expect(await accountOf(market, alice)).to.deep.equal({
        available: FUNDS - 1_000_000n,
        locked: 1_000_000n,
      });
      expect(await auction.planOf(alice.number)).to.deep.equal([
        alice.wallet.address,
        slot,
        1n,
        STATUS.sealed,
        true,
        false,
        COMMITMENT,
        0n,
        0n,
      ]);
    });

    it("seals a data centre's plan and posts its bond", async () => {
      const { market, north, slot } = await networkHelpers.loadFixture(scene);
      const { auction } = market;
      const transaction = auction.connect(north.wallet).commit(slot, COMMITMENT);
      await expect(transaction)
        .to.emit(auction, "Committed")
        .withArgs(north.number, slot, COMMITMENT, 1n);
      await expect(transaction).to.emit(auction, "BondPosted").withArgs(north.number, 5_000_000n);
      expect((await accountOf(market, north)).locked).to.equal(5_000_000n);
      expect(await auction.planOf(north.number)).to.deep.equal([
        north.wallet.address,
        slot,
        1n,
        STATUS.sealed,
        true,
        true,
        COMMITMENT,
        0n,
        0n,
      ]);
    });

    it("numbers all commitments of the market in their order", async () => {
      const { market, alice, bob, north, slot } = await networkHelpers.loadFixture(scene);
      for (const [index, { wallet, number }] of [alice, north, bob].entries()) {
        await market.auction.connect(wallet).commit(slot, COMMITMENT);
        expect((await market.auction.planOf(number)).sequence).to.equal(BigInt(index + 1));
      }
    });

    it("replaces the plan of the same slot, under the same bond and a new number", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      const first = planOf(alice, slot, { bids: [bidFor(slot)] });
      const second = planOf(alice, slot, { bids: [bidFor(slot, { maxPrice: 1_000_000n })] });
      await auction.commit(slot, commitmentOf(market, first));
      const transaction = auction.commit(slot, commitmentOf(market, second));
      await expect(transaction)
        .to.emit(auction, "Committed")
        .withArgs(alice.number, slot, commitmentOf(market, second), 2n);
      await expect(transaction).not.to.emit(auction, "BondPosted");
      await expect(transaction).not.to.emit(auction, "PlanPunished");
      expect((await accountOf(market, alice)).locked).to.equal(1_000_000n);
      await toReveal(market, slot);
      await expect(auction.reveal(first))
        .to.be.revertedWithCustomError(auction, "CommitmentMismatch")
        .withArgs(alice.number, commitmentOf(market, second), commitmentOf(market, first));
      await auction.reveal(second);
    });

    it("takes a commitment from the window's first second to its last", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      const next = slot + 1n;
      const { from, to } = await openOf(market, next);
      const { auction } = market;
      await networkHelpers.time.setNextBlockTimestamp(from - 1n);
      await expect(auction.connect(alice.wallet).commit(next, COMMITMENT))
        .to.be.revertedWithCustomError(auction, "WrongWindow")
        .withArgs(next, from, to, from - 1n);
      await networkHelpers.time.setNextBlockTimestamp(from);
      await auction.connect(alice.wallet).commit(next, COMMITMENT);
      await networkHelpers.time.setNextBlockTimestamp(to - 1n);
      await auction.connect(bob.wallet).commit(next, COMMITMENT);
      await networkHelpers.time.setNextBlockTimestamp(to);
      await expect(auction.connect(bob.wallet).commit(next, COMMITMENT))
        .to.be.revertedWithCustomError(auction, "WrongWindow")
        .withArgs(next, from, to, to);
    });

    it("holds a data centre to the same window", async () => {
      const { market, north, slot } = await networkHelpers.loadFixture(scene);
      const { from, to } = await openOf(market, slot);
      const auction = market.auction.connect(north.wallet);
      await networkHelpers.time.setNextBlockTimestamp(to - 1n);
      await auction.commit(slot, COMMITMENT);
      await networkHelpers.time.setNextBlockTimestamp(to);
      await expect(auction.commit(slot, COMMITMENT))
        .to.be.revertedWithCustomError(auction, "WrongWindow")
        .withArgs(slot, from, to, to);
    });

    it("takes a user's commitment for the market's first slot before genesis", async () => {
      const { market, alice } = await networkHelpers.loadFixture(beforeGenesis);
      await market.auction.connect(alice.wallet).commit(0n, COMMITMENT);
      const { slot, status } = await market.auction.planOf(alice.number);
      expect([slot, status]).to.deep.equal([0n, STATUS.sealed]);
    });

    it("reverts for a wallet that belongs to nobody", async () => {
      const { market, slot } = await networkHelpers.loadFixture(scene);
      const stranger = await freshWallet();
      await expect(market.auction.connect(stranger).commit(slot, COMMITMENT))
        .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
        .withArgs(stranger.address);
    });

    it("reverts for a revoked participant", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      await market.identities.revoke(alice.number);
      await expect(market.auction.connect(alice.wallet).commit(slot, COMMITMENT))
        .to.be.revertedWithCustomError(market.identities, "ParticipantRevoked")
        .withArgs(alice.number);
    });

    it("takes a participant's commitment again as soon as it has a new certificate", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      await market.identities.revoke(alice.number);
      const moved = await rotate(market, alice);
      await market.auction.connect(moved.wallet).commit(slot, COMMITMENT);
      expect((await market.auction.planOf(alice.number)).status).to.equal(STATUS.sealed);
      await expect(market.auction.connect(alice.wallet).commit(slot, COMMITMENT))
        .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
        .withArgs(alice.wallet.address);
    });

    it("reverts for a participant from the second after its certificate's last", async () => {
      const { market, slot } = await networkHelpers.loadFixture(scene);
      const validUntil = (await openOf(market, slot)).from + 1000n;
      const user = await enrolUntil(market, validUntil);
      await networkHelpers.time.setNextBlockTimestamp(validUntil);
      await market.auction.connect(user.wallet).commit(slot, COMMITMENT);
      await networkHelpers.time.setNextBlockTimestamp(validUntil + 1n);
      await expect(market.auction.connect(user.wallet).commit(slot, COMMITMENT))
        .to.be.revertedWithCustomError(market.identities, "CertificateExpired")
        .withArgs(user.number, validUntil, validUntil + 1n);
    });

    for (const role of ["meter", "gridOperator", "networkOperator", "beacon"] as const) {
      it(`reverts for a participant of role ${role}`, async () => {
        const { market, slot } = await networkHelpers.loadFixture(scene);
        const other = await enrol(market, role);
        await fund(market, other, 10n * YUAN);
        await expect(market.auction.connect(other.wallet).commit(slot, COMMITMENT))
          .to.be.revertedWithCustomError(market.auction, "NotATrader")
          .withArgs(other.number);
      });
    }

    it("reverts for a commitment of 0", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      await expect(
        market.auction.connect(alice.wallet).commit(slot, ZeroHash),
      ).to.be.revertedWithCustomError(market.auction, "EmptyCommitment");
    });

    it("reverts while commitments are paused", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      await market.auction.setPaused(true);
      await expect(auction.commit(slot, COMMITMENT)).to.be.revertedWithCustomError(
        auction,
        "Paused",
      );
      await market.auction.setPaused(false);
      await auction.commit(slot, COMMITMENT);
    });

    it("reverts for a participant that has less than the bond, and not for one that has just that", async () => {
      const { market, slot } = await networkHelpers.loadFixture(scene);
      const poor = await enrol(market, "user");
      await fund(market, poor, 999_999n);
      const auction = market.auction.connect(poor.wallet);
      await expect(auction.commit(slot, COMMITMENT))
        .to.be.revertedWithCustomError(market.vault, "InsufficientFunds")
        .withArgs(poor.number, 999_999n, 1_000_000n);
      await fund(market, poor, 1n);
      await auction.commit(slot, COMMITMENT);
      expect(await accountOf(market, poor)).to.deep.equal({ available: 0n, locked: 1_000_000n });
    });

    it("reverts for a data centre that is not commissioned", async () => {
      const { market, slot } = await networkHelpers.loadFixture(scene);
      const dataCentre = await enrol(market, "dataCentre");
      await fund(market, dataCentre, 10n * YUAN);
      await expect(market.auction.connect(dataCentre.wallet).commit(slot, COMMITMENT))
        .to.be.revertedWithCustomError(market.meters, "NotCommissioned")
        .withArgs(dataCentre.number);
    });

    it("reverts for a data centre with a reading outstanding, until it has come", async () => {
      const { market, north, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(north.wallet);
      await toCommit(market, slot + 1n);
      await expect(auction.commit(slot + 1n, COMMITMENT))
        .to.be.revertedWithCustomError(market.meters, "ReadingOutstanding")
        .withArgs(north.number, slot - 1n);
      await catchUp(market, north);
      await auction.commit(slot + 1n, COMMITMENT);
    });

    it("reverts for a data centre in arrears", async () => {
      const { market, grid, slot } = await networkHelpers.loadFixture(scene);
      const debtor = await enrolDataCentre(market, grid);
      await toCommit(market, slot + 1n);
      await submitReading(market, debtor, readingOf(debtor, slot - 1n, { gridImport: 1_000n }));
      await expect(market.auction.connect(debtor.wallet).commit(slot + 1n, COMMITMENT))
        .to.be.revertedWithCustomError(market.meters, "InArrears")
        .withArgs(debtor.number, 1_000_000n);
    });

    it("reverts as long as the slot of the latest revealed plan is not cleared", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      const plans = tradePlans(alice, north, slot);
      const list = { bids: [alice.number * 256n], offers: [north.number * 256n] };
      await fillBook(market, slot, plans);
      await market.auction.clear(slot, list.bids, list.offers, 0n);
      await toCommit(market, slot + 1n);
      await catchUp(market, north);
      const refused = async (): Promise<void> => {
        for (const { wallet, number } of [alice, north]) {
          await expect(market.auction.connect(wallet).commit(slot + 1n, COMMITMENT))
            .to.be.revertedWithCustomError(market.auction, "PreviousSlotUncleared")
            .withArgs(number, slot);
        }
      };
      await refused();
      await market.auction.clear(slot, [], [], 1n);
      await refused();
      await market.auction.clear(slot, [], [], CONCLUDE_WORK + READ_WORK + LOOK_WORK);
      await refused();
      await market.auction.clear(slot, [], [], RELEASE_WORK);
      for (const { wallet } of [alice, north]) {
        const transaction = market.auction.connect(wallet).commit(slot + 1n, COMMITMENT);
        await expect(transaction).to.emit(market.auction, "Committed");
        await expect(transaction).not.to.emit(market.auction, "BondPosted");
      }
    });

    it("reverts for a seller of which only a part of the offers is released", async () => {
      const { market, north, slot } = await networkHelpers.loadFixture(scene);
      const offers = [offerOf(), offerOf({ price: 500_000n })];
      const plans: [Participant, Plan][] = [[north, planOf(north, slot, { offers })]];
      await fillBook(market, slot, plans);
      const order = await orderOf(market, plans);
      await market.auction.clear(slot, [], order.offers, RELEASE_WORK);
      await toCommit(market, slot + 1n);
      await catchUp(market, north);
      await expect(market.auction.connect(north.wallet).commit(slot + 1n, COMMITMENT))
        .to.be.revertedWithCustomError(market.auction, "PreviousSlotUncleared")
        .withArgs(north.number, slot);
      await market.auction.clear(slot, [], [], RELEASE_WORK);
      expect(await accountOf(market, north)).to.deep.equal({
        available: FUNDS - 5_000_000n,
        locked: 5_000_000n,
      });
    });

    for (const [role, bond] of [
      ["alice", 1_000_000n],
      ["north", 5_000_000n],
    ] as const) {
      it(`punishes ${role === "alice" ? "a user" : "a data centre"} for the unopened plan of an earlier slot, and posts a new bond`, async () => {
        const fixture = await networkHelpers.loadFixture(scene);
        const { market, north, slot } = fixture;
        const { wallet, number } = fixture[role];
        const auction = market.auction.connect(wallet);
        await auction.commit(slot, COMMITMENT);
        await toCommit(market, slot + 1n);
        await catchUp(market, north);
        const transaction = auction.commit(slot + 1n, OTHER_COMMITMENT);
        await expect(transaction).to.emit(auction, "PlanPunished").withArgs(number, slot, bond);
        await expect(transaction)
          .to.emit(market.vault, "ReputationChanged")
          .withArgs(number, 4750n);
        await expect(transaction).to.emit(auction, "BondPosted").withArgs(number, bond);
        await expect(transaction)
          .to.emit(auction, "Committed")
          .withArgs(number, slot + 1n, OTHER_COMMITMENT, 2n);
        expect(await accountOf(market, fixture[role])).to.deep.equal({
          available: FUNDS - 2n * bond,
          locked: bond,
        });
        expect(await market.vault.penaltyPool()).to.equal(bond);
        const { status, bonded } = await auction.planOf(number);
        expect([status, bonded]).to.deep.equal([STATUS.sealed, true]);
      });
    }

    it("posts a new bond after a plan was punished", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      await auction.commit(slot, COMMITMENT);
      await toBeacon(market, slot);
      await auction.punish(alice.number);
      await toCommit(market, slot + 1n);
      const transaction = auction.commit(slot + 1n, COMMITMENT);
      await expect(transaction).to.emit(auction, "BondPosted").withArgs(alice.number, 1_000_000n);
      await expect(transaction).not.to.emit(auction, "PlanPunished");
      expect((await accountOf(market, alice)).locked).to.equal(1_000_000n);
    });

    it("posts a new bond after a plan was dropped", async () => {
      const { market, slot } = await networkHelpers.loadFixture(scene);
      const poor = await enrol(market, "user");
      await fund(market, poor, 2_000_000n);
      const auction = market.auction.connect(poor.wallet);
      await fillBook(market, slot, [[poor, planOf(poor, slot, { bids: [bidFor(slot)] })]]);
      await toCommit(market, slot + 1n);
      const transaction = auction.commit(slot + 1n, COMMITMENT);
      await expect(transaction).to.emit(auction, "BondPosted").withArgs(poor.number, 1_000_000n);
      expect(await accountOf(market, poor)).to.deep.equal({ available: 0n, locked: 1_000_000n });
    });

    it("keeps the bond of a plan that was withdrawn", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      await auction.commit(slot, COMMITMENT);
      await auction.withdrawPlan(slot);
      const transaction = auction.commit(slot, OTHER_COMMITMENT);
      await expect(transaction)
        .to.emit(auction, "Committed")
        .withArgs(alice.number, slot, OTHER_COMMITMENT, 3n);
      await expect(transaction).not.to.emit(auction, "BondPosted");
      expect((await accountOf(market, alice)).locked).to.equal(1_000_000n);
    });

    it("does not punish a withdrawn plan of an earlier slot", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      await auction.commit(slot, COMMITMENT);
      await auction.withdrawPlan(slot);
      await toCommit(market, slot + 1n);
      const transaction = auction.commit(slot + 1n, COMMITMENT);
      await expect(transaction).to.emit(auction, "Committed");
      await expect(transaction).not.to.emit(auction, "PlanPunished");
      await expect(transaction).not.to.emit(auction, "BondPosted");
    });

    it("notes the wallet that a participant has moved to", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      await market.auction.connect(alice.wallet).commit(slot, COMMITMENT);
      const moved = await rotate(market, alice);
      await market.auction.connect(moved.wallet).commit(slot, OTHER_COMMITMENT);
      expect((await market.auction.planOf(alice.number)).wallet).to.equal(moved.wallet.address);
      expect((await accountOf(market, alice)).locked).to.equal(1_000_000n);
    });
  });

  describe("withdrawPlan", () => {
    it("withdraws the plan up to the commit window's last second, and keeps the bond locked", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      const plan = planOf(alice, slot, { bids: [bidFor(slot)] });
      await auction.commit(slot, commitmentOf(market, plan));
      const { to } = await openOf(market, slot);
      await networkHelpers.time.setNextBlockTimestamp(to - 1n);
      await expect(auction.withdrawPlan(slot))
        .to.emit(auction, "PlanWithdrawn")
        .withArgs(alice.number, slot);
      const state = await auction.planOf(alice.number);
      expect([state.status, state.bonded, state.sequence, state.slot]).to.deep.equal([
        STATUS.withdrawn,
        true,
        2n,
        slot,
      ]);
      expect((await accountOf(market, alice)).locked).to.equal(1_000_000n);
      await expect(auction.reveal(plan))
        .to.be.revertedWithCustomError(auction, "NothingSealed")
        .withArgs(alice.number, slot, STATUS.withdrawn);
    });

    it("reverts once the commit window is over", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      await auction.commit(slot, COMMITMENT);
      const { from, to } = await openOf(market, slot);
      await networkHelpers.time.setNextBlockTimestamp(to);
      await expect(auction.withdrawPlan(slot))
        .to.be.revertedWithCustomError(auction, "WrongWindow")
        .withArgs(slot, from, to, to);
    });

    it("reverts without a plan, for another slot, and a second time", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      await expect(auction.withdrawPlan(slot))
        .to.be.revertedWithCustomError(auction, "NothingSealed")
        .withArgs(alice.number, slot, STATUS.none);
      await auction.commit(slot, COMMITMENT);
      await expect(auction.withdrawPlan(slot + 1n))
        .to.be.revertedWithCustomError(auction, "NothingSealed")
        .withArgs(alice.number, slot + 1n, STATUS.sealed);
      await auction.withdrawPlan(slot);
      await expect(auction.withdrawPlan(slot))
        .to.be.revertedWithCustomError(auction, "NothingSealed")
        .withArgs(alice.number, slot, STATUS.withdrawn);
    });

    it("reverts for a wallet that belongs to nobody", async () => {
      const { market, slot } = await networkHelpers.loadFixture(scene);
      const stranger = await freshWallet();
      await expect(market.auction.connect(stranger).withdrawPlan(slot))
        .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
        .withArgs(stranger.address);
    });

    it("works while commitments are paused, and for a revoked participant", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      await auction.commit(slot, COMMITMENT);
      await market.auction.setPaused(true);
      await market.identities.revoke(alice.number);
      await expect(auction.withdrawPlan(slot)).to.emit(auction, "PlanWithdrawn");
    });
  });

  describe("releaseBond", () => {
    for (const [role, bond] of [
      ["alice", 1_000_000n],
      ["north", 5_000_000n],
    ] as const) {
      it(`releases the bond of ${role === "alice" ? "a user" : "a data centre"} whose plan was withdrawn`, async () => {
        const fixture = await networkHelpers.loadFixture(scene);
        const { market, slot } = fixture;
        const { wallet, number } = fixture[role];
        const auction = market.auction.connect(wallet);
        await auction.commit(slot, COMMITMENT);
        await auction.withdrawPlan(slot);
        const transaction = auction.releaseBond();
        await expect(transaction).to.emit(auction, "BondReleased").withArgs(number, bond);
        expect(await accountOf(market, fixture[role])).to.deep.equal({
          available: FUNDS,
          locked: 0n,
        });
        const { bonded, status } = await auction.planOf(number);
        expect([bonded, status]).to.deep.equal([false, STATUS.withdrawn]);
        await expect(auction.commit(slot, COMMITMENT))
          .to.emit(auction, "BondPosted")
          .withArgs(number, bond);
        expect((await accountOf(market, fixture[role])).locked).to.equal(bond);
      });
    }

    it("releases the bond of a revealed plan, whose money stays locked", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      await fillBook(market, slot, [[alice, planOf(alice, slot, { bids: [bidFor(slot)] })]]);
      const auction = market.auction.connect(alice.wallet);
      await auction.releaseBond();
      const value = amountUp(10_000n, 900_000n);
      const locked = value + bpsUp(value, depositBps(market.parameters));
      expect((await accountOf(market, alice)).locked).to.equal(locked);
      const { bonded, status, count, reputation } = await auction.planOf(alice.number);
      expect([bonded, status, count, reputation]).to.deep.equal([
        false,
        STATUS.revealed,
        1n,
        5000n,
      ]);
      await market.auction.clear(slot, [alice.number * 256n], [], PLENTY);
      expect((await accountOf(market, alice)).locked).to.equal(0n);
    });

    it("works while commitments are paused, and for a revoked participant", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      await auction.commit(slot, COMMITMENT);
      await auction.withdrawPlan(slot);
      await market.auction.setPaused(true);
      await market.identities.revoke(alice.number);
      await auction.releaseBond();
      expect((await accountOf(market, alice)).locked).to.equal(0n);
    });

    it("reverts without a bond, and a second time", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      const refused = async (): Promise<void> => {
        await expect(auction.releaseBond())
          .to.be.revertedWithCustomError(auction, "NoBondToRelease")
          .withArgs(alice.number);
      };
      await refused();
      await auction.commit(slot, COMMITMENT);
      await auction.withdrawPlan(slot);
      await auction.releaseBond();
      await refused();
    });

    it("reverts while a sealed plan needs the bond, its windows over or not", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(alice.wallet);
      await auction.commit(slot, COMMITMENT);
      await expect(auction.releaseBond())
        .to.be.revertedWithCustomError(auction, "NoBondToRelease")
        .withArgs(alice.number);
      await toClear(market, slot);
      await expect(auction.releaseBond())
        .to.be.revertedWithCustomError(auction, "NoBondToRelease")
        .withArgs(alice.number);
      await auction.punish(alice.number);
      await expect(auction.releaseBond())
        .to.be.revertedWithCustomError(auction, "NoBondToRelease")
        .withArgs(alice.number);
    });

    it("reverts for a wallet that belongs to nobody", async () => {
      const { market } = await networkHelpers.loadFixture(scene);
      const stranger = await freshWallet();
      await expect(market.auction.connect(stranger).releaseBond())
        .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
        .withArgs(stranger.address);
    });
  });

  describe("hashCommitment and hashPlan", () => {
    it("are the EIP-712 digests that wallets compute", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      const { auction, addresses, chainId } = market;
      const domain = domainOf("auction", addresses.auction, chainId);
      const commitment = commitmentFor(slot, { replaces: 7n, expiry: 8n });
      expect(await auction.hashCommitment(commitment)).to.equal(
        TypedDataEncoder.hash(domain, COMMITMENT_TYPES, commitment),
      );
      const bids = [bidFor(slot), bidFor(slot, { priority: true, cores: 1n })];
      const bidPlan = planOf(alice, slot, { bids });
      expect(await auction.hashPlan(bidPlan)).to.equal(commitmentOf(market, bidPlan));
      const offers = [offerOf(), offerOf({ price: 1n }), offerOf({ cores: 2n })];
      const offerPlan = planOf(north, slot, { offers });
      expect(await auction.hashPlan(offerPlan)).to.equal(commitmentOf(market, offerPlan));
      const empty = planOf(north, slot, {});
      expect(await auction.hashPlan(empty)).to.equal(commitmentOf(market, empty));
    });
  });

  describe("commitSigned", () => {
    it("seals the signer's plan, whoever sends it, up to the signature's last second", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      const auction = market.auction.connect(bob.wallet);
      const expiry = (await openOf(market, slot)).from + 1000n;
      const message = commitmentFor(slot, { expiry });
      const signed = await signCommitment(market, message, alice.wallet);
      await networkHelpers.time.setNextBlockTimestamp(expiry);
      const transaction = auction.commitSigned(signed);
      await expect(transaction)
        .to.emit(auction, "Committed")
        .withArgs(alice.number, slot, COMMITMENT, 1n);
      await expect(transaction).to.emit(auction, "BondPosted").withArgs(alice.number, 1_000_000n);
      const state = await auction.planOf(alice.number);
      expect([state.wallet, state.status]).to.deep.equal([alice.wallet.address, STATUS.sealed]);
      expect((await auction.planOf(bob.number)).status).to.equal(STATUS.none);
    });

    it("seals a data centre's plan", async () => {
      const { market, north, slot } = await networkHelpers.loadFixture(scene);
      const signed = await signCommitment(market, commitmentFor(slot), north.wallet);
      await expect(market.auction.commitSigned(signed))
        .to.emit(market.auction, "BondPosted")
        .withArgs(north.number, 5_000_000n);
      expect((await market.auction.planOf(north.number)).seller).to.be.true;
    });

    it("reverts from the second after the signature's last", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const expiry = (await openOf(market, slot)).from + 1000n;
      const signed = await signCommitment(market, commitmentFor(slot, { expiry }), alice.wallet);
      await networkHelpers.time.setNextBlockTimestamp(expiry + 1n);
      await expect(market.auction.commitSigned(signed))
        .to.be.revertedWithCustomError(market.auction, "SignatureExpired")
        .withArgs(expiry, expiry + 1n);
    });

    it("reverts for a message that was used", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const signed = await signCommitment(market, commitmentFor(slot), alice.wallet);
      await market.auction.commitSigned(signed);
      await expect(market.auction.commitSigned(signed))
        .to.be.revertedWithCustomError(market.auction, "WrongSequence")
        .withArgs(alice.number, 0n, 1n);
      await market.auction.connect(alice.wallet).withdrawPlan(slot);
      await expect(market.auction.commitSigned(signed))
        .to.be.revertedWithCustomError(market.auction, "WrongSequence")
        .withArgs(alice.number, 0n, 2n);
    });

    it("reverts for a message that was to replace a plan that was withdrawn", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      await market.auction.connect(alice.wallet).commit(slot, COMMITMENT);
      const message = commitmentFor(slot, { replaces: 1n });
      const signed = await signCommitment(market, message, alice.wallet);
      await market.auction.connect(alice.wallet).withdrawPlan(slot);
      await expect(market.auction.commitSigned(signed))
        .to.be.revertedWithCustomError(market.auction, "WrongSequence")
        .withArgs(alice.number, 1n, 2n);
    });

    it("replaces the plan that the message names, and none before or after it", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      await market.auction.connect(bob.wallet).commit(slot, COMMITMENT);
      await market.auction.connect(alice.wallet).commit(slot, COMMITMENT);
      for (const replaces of [1n, 3n]) {
        const message = commitmentFor(slot, { replaces });
        const signed = await signCommitment(market, message, alice.wallet);
        await expect(market.auction.commitSigned(signed))
          .to.be.revertedWithCustomError(market.auction, "WrongSequence")
          .withArgs(alice.number, replaces, 2n);
      }
      const message = commitmentFor(slot, { replaces: 2n, commitment: OTHER_COMMITMENT });
      await expect(market.auction.commitSigned(await signCommitment(market, message, alice.wallet)))
        .to.emit(market.auction, "Committed")
        .withArgs(alice.number, slot, OTHER_COMMITMENT, 3n);
    });

    it("reverts for a signature for another chain or contract, which another wallet seems to have given", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const message = commitmentFor(slot);
      const digest = await market.auction.hashCommitment(message);
      for (const domain of [
        domainOf("auction", market.addresses.auction, market.chainId + 1n),
        domainOf("auction", market.addresses.meters, market.chainId),
        domainOf("meters", market.addresses.auction, market.chainId),
      ]) {
        const signature = Signature.from(
          await alice.wallet.signTypedData(domain, COMMITMENT_TYPES, message),
        );
        const signed = { commitment: message, r: signature.r, vs: signature.yParityAndS };
        await expect(market.auction.commitSigned(signed))
          .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
          .withArgs(recoverAddress(digest, signature));
      }
    });

    it("reverts for what is no signature", async () => {
      const { market, slot } = await networkHelpers.loadFixture(scene);
      const signed = { commitment: commitmentFor(slot), r: ZeroHash, vs: ZeroHash };
      await expect(market.auction.commitSigned(signed)).to.be.revertedWithCustomError(
        market.auction,
        "ECDSAInvalidSignature",
      );
    });

    it("reverts for all that `commit` reverts for", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const { auction, identities } = market;
      const sign = (changes: Partial<Commitment> = {}, wallet = alice.wallet) =>
        signCommitment(market, commitmentFor(slot, changes), wallet);
      const meter = await enrol(market, "meter");
      await expect(auction.commitSigned(await sign({}, meter.wallet)))
        .to.be.revertedWithCustomError(auction, "NotATrader")
        .withArgs(meter.number);
      await expect(
        auction.commitSigned(await sign({ commitment: ZeroHash })),
      ).to.be.revertedWithCustomError(auction, "EmptyCommitment");
      await expect(
        auction.commitSigned(await sign({ slot: slot + 1n })),
      ).to.be.revertedWithCustomError(auction, "WrongWindow");
      await auction.setPaused(true);
      await expect(auction.commitSigned(await sign())).to.be.revertedWithCustomError(
        auction,
        "Paused",
      );
      await identities.revoke(alice.number);
      await expect(auction.commitSigned(await sign()))
        .to.be.revertedWithCustomError(identities, "ParticipantRevoked")
        .withArgs(alice.number);
    });
  });

  describe("commitBatch", () => {
    it("does nothing for an empty batch", async () => {
      const { market } = await networkHelpers.loadFixture(scene);
      expect((await mined(market.auction.commitBatch([]))).logs).to.deep.equal([]);
    });

    it("seals the plans of all signers in the order of the batch", async () => {
      const { market, alice, bob, north, slot } = await networkHelpers.loadFixture(scene);
      const signers = [bob, north, alice];
      const batch = await Promise.all(
        signers.map(({ wallet }) => signCommitment(market, commitmentFor(slot), wallet)),
      );
      const transaction = market.auction.commitBatch(batch);
      for (const [index, { number }] of signers.entries()) {
        await expect(transaction)
          .to.emit(market.auction, "Committed")
          .withArgs(number, slot, COMMITMENT, BigInt(index + 1));
      }
      await expect(transaction).not.to.emit(market.auction, "Skipped");
    });

    it("skips each kind of bad item with its reason, and takes the others", async () => {
      const { market, alice, bob, carol, south, slot } = await networkHelpers.loadFixture(scene);
      const { auction, identities, vault, meters } = market;
      const meter = await enrol(market, "meter");
      const poor = await enrol(market, "user");
      const idle = await enrol(market, "dataCentre");
      const stranger = await freshWallet();
      await market.auction.connect(carol.wallet).commit(slot, COMMITMENT);
      await identities.revoke(bob.number);
      const { from, to } = await openOf(market, slot);
      const time = to - 100n;
      const next = await openOf(market, slot + 1n);
      const sign = (participant: Participant, changes: Partial<Commitment> = {}) =>
        signCommitment(market, commitmentFor(slot, changes), participant.wallet);
      const good = await sign(alice);
      const foreign = Signature.from(
        await alice.wallet.signTypedData(
          domainOf("auction", market.addresses.auction, market.chainId + 1n),
          COMMITMENT_TYPES,
          good.commitment,
        ),
      );
      const reason = (
        contract: { interface: { encodeErrorResult(name: string, values: unknown[]): string } },
        name: string,
        values: unknown[],
      ): string => contract.interface.encodeErrorResult(name, values);

      const items: [Awaited<ReturnType<typeof sign>>, string | undefined][] = [
        [
          await sign(alice, { expiry: time - 1n }),
          reason(auction, "SignatureExpired", [time - 1n, time]),
        ],
        [{ ...good, r: ZeroHash }, reason(auction, "ECDSAInvalidSignature", [])],
        [
          { ...good, r: foreign.r, vs: foreign.yParityAndS },
          reason(identities, "UnknownWallet", [
            recoverAddress(await auction.hashCommitment(good.commitment), foreign),
          ]),
        ],
        [
          await signCommitment(market, commitmentFor(slot), stranger),
          reason(identities, "UnknownWallet", [stranger.address]),
        ],
        [await sign(bob), reason(identities, "ParticipantRevoked", [bob.number])],
        [good, undefined],
        [good, reason(auction, "WrongSequence", [alice.number, 0n, 2n])],
        [await sign(meter), reason(auction, "NotATrader", [meter.number])],
        [
          await sign(carol, { replaces: 1n, commitment: ZeroHash }),
          reason(auction, "EmptyCommitment", []),
        ],
        [
          await sign(carol, { replaces: 1n, slot: slot + 1n }),
          reason(auction, "WrongWindow", [slot + 1n, next.from, next.to, time]),
        ],
        [await sign(poor), reason(vault, "InsufficientFunds", [poor.number, 0n, 1_000_000n])],
        [await sign(idle), reason(meters, "NotCommissioned", [idle.number])],
        [await sign(south), undefined],
      ];
      await networkHelpers.time.setNextBlockTimestamp(time);
      const transaction = auction.commitBatch(items.map(([item]) => item));
      for (const [index, [, expected]] of items.entries()) {
        if (expected !== undefined) {
          await expect(transaction).to.emit(auction, "Skipped").withArgs(index, expected);
        }
      }
      await expect(transaction)
        .to.emit(auction, "Committed")
        .withArgs(alice.number, slot, COMMITMENT, 2n);
      await expect(transaction)
        .to.emit(auction, "Committed")
        .withArgs(south.number, slot, COMMITMENT, 3n);
      const { logs } = await mined(transaction);
      const skipped = auction.interface.getEvent("Skipped").topicHash;
      expect(logs.filter(({ topics }) => topics[0] === skipped)).to.have.length(items.length - 2);
      expect((await auction.planOf(carol.number)).sequence).to.equal(1n);
      expect(from < time).to.be.true;
    });

    it("skips everything while commitments are paused", async () => {
      const { market, alice, slot } = await networkHelpers.loadFixture(scene);
      const signed = await signCommitment(market, commitmentFor(slot), alice.wallet);
      await market.auction.setPaused(true);
      await expect(market.auction.commitBatch([signed]))
        .to.emit(market.auction, "Skipped")
        .withArgs(0n, market.auction.interface.encodeErrorResult("Paused", []));
    });

    it("reverts as a whole rather than leave a good item out for want of gas", async () => {
      const { market, alice, bob, slot } = await networkHelpers.loadFixture(scene);
      const batch = [
        await signCommitment(market, commitmentFor(slot), alice.wallet),
        await signCommitment(market, commitmentFor(slot), bob.wallet),
      ];
      const needed = await market.auction.commitBatch.estimateGas(batch);
      const before = await networkHelpers.takeSnapshot();
      const reasons = new Set<string>();
      for (let percent = 40n; percent < 105n; percent += 1n) {
        const gasLimit = (needed * percent) / 100n;
        let done = true;
        try {
          await market.auction.commitBatch(batch, { gasLimit });
        } catch (error) {
          done = false;
          reasons.add(/BatchOutOfGas\(\d\)/.exec(String(error))?.[0] ?? "out of gas");
        }
        for (const { number } of [alice, bob]) {
          const { status } = await market.auction.planOf(number);
          expect(status, `at ${gasLimit} gas`).to.equal(done ? STATUS.sealed : STATUS.none);
        }
        await before.restore();
      }
      expect([...reasons]).to.include.members(["BatchOutOfGas(0)", "BatchOutOfGas(1)"]);
    });
  });

  describe("setPaused", () => {
    it("pauses new commitments, and allows them again", async () => {
      const { market } = await networkHelpers.loadFixture(scene);
      expect(await market.auction.paused()).to.be.false;
      await expect(market.auction.setPaused(true))
        .to.emit(market.auction, "PausedSet")
        .withArgs(true);
      expect(await market.auction.paused()).to.be.true;
      await expect(market.auction.setPaused(false))
        .to.emit(market.auction, "PausedSet")
        .withArgs(false);
      expect(await market.auction.paused()).to.be.false;
    });

    it("stops nothing but commitments", async () => {
      const { market, alice, north, slot } = await networkHelpers.loadFixture(scene);
      const plans = tradePlans(alice, north, slot);
      for (const [{ wallet }, plan] of plans) {
        await market.auction.connect(wallet).commit(slot, commitmentOf(market, plan));
      }
      await market.auction.setPaused(true);
      await toReveal(market, slot);
      for (const [{ wallet }, plan] of plans) await market.auction.connect(wallet).reveal(plan);
      await toClear(market, slot);
      const order = await orderOf(market, plans);
      await expect(market.auction.clear(slot, order.bids, order.offers, PLENTY))
        .to.emit(market.auction, "Cleared")
        .withArgs(slot, 1n);
    });

    it("reverts for anyone but a pauser", async () => {
      const { market, alice } = await networkHelpers.loadFixture(scene);
      await expect(market.auction.connect(alice.wallet).setPaused(true))
        .to.be.revertedWithCustomError(market.auction, "AccessManagedUnauthorized")
        .withArgs(alice.wallet.address);
    });
  });

  describe("setBinding", () => {
    it("reverts for anyone but the identity registry", async () => {
      const { market, alice } = await networkHelpers.loadFixture(scene);
      const { wallet } = alice;
      await expect(market.auction.connect(wallet).setBinding(wallet.address, 1n))
        .to.be.revertedWithCustomError(market.auction, "NotMarket")
        .withArgs(wallet.address);
    });
  });
});
