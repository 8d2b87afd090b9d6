/** What is tried against the settlement of contracts and transfers, and that nobody can block it or live off it. */
import { readdir, readFile } from "node:fs/promises";

import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { ADMIN_ROLE, RESTRICTED } from "../../sim/market/deployment.ts";
import {
  type DataCentre,
  ethers,
  FAR_FUTURE,
  fingerprint,
  networkHelpers,
  type Participant,
  readingOf,
  ROLE,
  signEnrolment,
  submitReading,
} from "../support/market.ts";
import {
  advanceTo,
  type Books,
  type Contract,
  DEFAULT_FALL,
  deliver,
  deliveryOf,
  packed,
  earnedDown,
  expectEffects,
  FUNDS,
  LATE_READING_SLOTS,
  loadBooks,
  orderFor,
  PARTIES,
  postQuote,
  readUpTo,
  riseFor,
  signContract,
  signTransfer,
  STATUS,
  SUPPLY_STATUS,
  take,
  totalLocked,
} from "../support/transfers.ts";

describe("attacks on the settlement", () => {
  let books: Books;

  beforeEach(async () => {
    books = await loadBooks();
  });

  const withdraw = (
    participant: Participant,
    amount: bigint,
  ): Promise<ContractTransactionResponse> =>
    books.market.vault.connect(participant.wallet).withdraw(amount, participant.wallet);

  const availableOf = async ({ number }: Participant): Promise<bigint> =>
    (await books.market.vault.accountOf(number)).available;

  /** Has a participant take out all that it can. */
  const empty = async (participant: Participant): Promise<void> => {
    await withdraw(participant, await availableOf(participant));
  };

  describe("a delivery for a foreign contract", () => {
    it("is refused with the whole reading", async () => {
      const { market, slot, target } = books;
      const contract = await signContract(books);
      const own = await signContract(books, { seller: target.number });
      await advanceTo(books, slot + 1n);
      const energy = { pv: 100n };
      const reading = readingOf(target, slot, {
        pv: 1000n,
        deliveries: [deliveryOf(contract.id, 1n, energy), deliveryOf(own.id, 1n, energy)],
      });
      await expect(submitReading(market, target, reading))
        .to.be.revertedWithCustomError(market.supply, "ForeignDelivery")
        .withArgs(contract.id, target.number);
      const { nextSlot } = await market.meters.stateOf(target.number);
      expect(nextSlot).to.equal(slot);
    });

    it("is refused once a handover is over", async () => {
      const { market, target } = books;
      const { contract, id, transfer } = await signTransfer(books);
      await advanceTo(books, transfer.due + LATE_READING_SLOTS + 1n);
      await market.transfers.closeOverdue(id);
      await expect(deliver(books, target, transfer.due, deliveryOf(contract.id, 1n)))
        .to.be.revertedWithCustomError(market.supply, "ForeignDelivery")
        .withArgs(contract.id, target.number);
    });
  });

  describe("doing it twice", () => {
    it("fails for the fulfilment of a contract, in one reading or two", async () => {
      const { first, market, slot } = books;
      const contract = await signContract(books);
      await advanceTo(books, slot + 1n);
      const all = deliveryOf(contract.id, 14_399n);
      await expect(submitReading(market, first, readingOf(first, slot, { deliveries: [all, all] })))
        .to.be.revertedWithCustomError(market.meters, "NotAscending")
        .withArgs(contract.id, contract.id);
      await submitReading(market, first, readingOf(first, slot, { deliveries: [all] }));
      await advanceTo(books, slot + 2n);
      await expect(submitReading(market, first, readingOf(first, slot + 1n, { deliveries: [all] })))
        .to.be.revertedWithCustomError(market.supply, "NotRunning")
        .withArgs(contract.id, SUPPLY_STATUS.fulfilled);
    });

    it("fails for the reading that pays", async () => {
      const { first, market, slot } = books;
      const contract = await signContract(books);
      await advanceTo(books, slot + 1n);
      const reading = readingOf(first, slot, { deliveries: [deliveryOf(contract.id, 1n)] });
      await submitReading(market, first, reading);
      await expect(submitReading(market, first, reading))
        .to.be.revertedWithCustomError(market.meters, "WrongSlot")
        .withArgs(slot, slot + 1n);
      await advanceTo(books, slot + 2n);
      await expect(submitReading(market, first, reading))
        .to.be.revertedWithCustomError(market.meters, "WrongSlot")
        .withArgs(slot, slot + 1n);
    });

    it("fails for the expiry of a contract, and for what follows it", async () => {
      const { first, market } = books;
      const contract = await signContract(books);
      await advanceTo(books, contract.deadline + LATE_READING_SLOTS + 1n);
      await market.supply.expire(contract.id);
      for (const again of [
        market.supply.expire(contract.id),
        deliver(books, first, contract.deadline, deliveryOf(contract.id, 1n)),
      ]) {
        await expect(again)
          .to.be.revertedWithCustomError(market.supply, "NotRunning")
          .withArgs(contract.id, SUPPLY_STATUS.expired);
      }
      await expect(take(books, orderFor(books, contract)))
        .to.be.revertedWithCustomError(market.transfers, "NotTransferable")
        .withArgs(contract.id);
    });

    it("fails for the settlement of a debt", async () => {
      const { market, slot, target } = books;
      const { contract, id, transfer } = await signTransfer(books, { repaymentSlots: 2n });
      await deliver(books, target, slot, deliveryOf(contract.id, 7201n));
      await advanceTo(books, transfer.periodEnd + 1n);
      await market.transfers.settle(id);
      for (const again of [market.transfers.settle(id), market.transfers.closeOverdue(id)]) {
        await expect(again)
          .to.be.revertedWithCustomError(market.transfers, "WrongStatus")
          .withArgs(id, STATUS.closed);
      }
    });

    it("fails for the penalty of a transfer", async () => {
      const { market } = books;
      const { id, transfer } = await signTransfer(books);
      await advanceTo(books, transfer.due + LATE_READING_SLOTS + 1n);
      await market.transfers.closeOverdue(id);
      await expect(market.transfers.closeOverdue(id))
        .to.be.revertedWithCustomError(market.transfers, "WrongStatus")
        .withArgs(id, STATUS.closed);
    });
  });

  describe("a first data centre that wants the target's deposit", () => {
    it("cannot hand over what nobody can do in time", async () => {
      const { market, slot } = books;
      await postQuote(books, books.target);
      const later = await signContract(books, { firstSlot: slot + 2n });
      await expect(take(books, orderFor(books, later, { due: slot + 1n })))
        .to.be.revertedWithCustomError(market.transfers, "InvalidDue")
        .withArgs(slot + 1n, slot + 2n, slot + 3n);
      const long = await signContract(books, { cores: 1n, deadline: slot + 2n });
      await advanceTo(books, slot, 3000n);
      await expect(
        take(books, orderFor(books, long, { coreSeconds: 3000n, due: slot })),
      ).to.be.revertedWithCustomError(market.transfers, "InvalidShare");
      expect(await market.transfers.transfers()).to.equal(0n);
    });

    it("cannot do the work itself", async () => {
      const { first, market, slot } = books;
      const { contract } = await signTransfer(books, { coreSeconds: 14_399n });
      await expect(deliver(books, first, slot, deliveryOf(contract.id, 1n)))
        .to.be.revertedWithCustomError(market.supply, "BeyondContract")
        .withArgs(contract.id, 1n, 0n);
    });

    it("cannot have the contract expire under the target's hands", async () => {
      const { first, market, slot, target } = books;
      const { contract, id } = await signTransfer(
        books,
        { due: slot + 3n },
        { deadline: slot + 3n },
      );
      await advanceTo(books, slot + 4n);
      await readUpTo(books, first, slot + 3n);
      await expect(market.supply.expire(contract.id))
        .to.be.revertedWithCustomError(market.supply, "TransferOpen")
        .withArgs(contract.id);
      await readUpTo(books, target, slot + 3n, { deliveries: [deliveryOf(contract.id, 7201n)] });
      const { status } = await market.transfers.transferOf(id);
      expect(status).to.equal(STATUS.closed);
      await market.supply.expire(contract.id);
    });
  });

  describe("a withdrawal", () => {
    it("of more than is available is refused, whatever is locked", async () => {
      const { first, market, target, user } = books;
      await signTransfer(books);
      for (const party of [user, first, target]) {
        const { available, locked } = await market.vault.accountOf(party.number);
        expect(locked > 0n).to.equal(true);
        await expect(withdraw(party, available + 1n))
          .to.be.revertedWithCustomError(market.vault, "InsufficientFunds")
          .withArgs(party.number, available, available + 1n);
        await withdraw(party, available);
        expect(await market.token.balanceOf(party.wallet)).to.equal(available);
        await expect(withdraw(party, 1n))
          .to.be.revertedWithCustomError(market.vault, "InsufficientFunds")
          .withArgs(party.number, 0n, 1n);
      }
    });

    /** Renews a participant's certificate for `seconds` only. */
    const expireSoon = async (
      { id, wallet }: Participant,
      role: keyof typeof ROLE,
      seconds: bigint,
    ): Promise<void> => {
      const enrolment = {
        id,
        wallet: wallet.address,
        role: ROLE[role],
        certificate: fingerprint(`${id} renewed`),
        validUntil: BigInt(await networkHelpers.time.latest()) + seconds,
        expiry: FAR_FUTURE,
      };
      await books.market.identities
        .connect(wallet)
        .enrol(enrolment, await signEnrolment(books.market, enrolment));
    };

    it("works while new commitments are paused, for the revoked and the expired", async () => {
      const { first, market, slot, target, third, user } = books;
      await signTransfer(books);
      await postQuote(books, third);
      await expireSoon(user, "user", 1000n);
      await expireSoon(target, "dataCentre", 1000n);
      await market.auction.setPaused(true);
      await market.identities.revoke(first.number);
      await market.identities.revoke(user.number);
      await advanceTo(books, slot + 1n);
      for (const party of [first, target, user]) {
        await expect(market.identities["requireActive(address)"](party.wallet)).to.revert(ethers);
      }
      for (const party of [user, first, target, third]) {
        const available = await availableOf(party);
        await expectEffects(books, () => withdraw(party, available), {
          [PARTIES.find((name) => books[name] === party)!]: [-available, 0n],
        });
        expect(await market.token.balanceOf(party.wallet)).to.equal(available);
      }
    });

    it("works for what a contract paid while all that is so", async () => {
      const { first, market, slot, user } = books;
      const contract = await signContract(books);
      await market.auction.setPaused(true);
      await market.identities.revoke(first.number);
      await market.identities.revoke(user.number);
      await advanceTo(books, slot + 1n);
      await readUpTo(books, first, slot, { deliveries: [deliveryOf(contract.id, 14_399n)] });
      expect(await availableOf(first)).to.equal(FUNDS + 6_499_359n);
      await withdraw(first, FUNDS + 6_499_359n);
      await withdraw(user, FUNDS - 6_499_359n);
      expect(await totalLocked(books)).to.equal(0n);
    });
  });

  describe("an administrator", () => {
    it("has four functions, which are all that the contracts restrict", async () => {
      const folder = new URL("../../contracts/", import.meta.url);
      const found: string[] = [];
      for (const file of await readdir(folder, { recursive: true })) {
        if (!file.endsWith(".sol") || file.startsWith("mocks")) continue;
        const source = await readFile(new URL(file, folder), "utf8");
        for (const [, name] of source.matchAll(/function (\w+)\([^)]*\)[^{;]*\brestricted\b/g)) {
          found.push(name!);
        }
        expect(source).not.to.match(/\bonlyOwner\b|\bselfdestruct\b|\bdelegatecall\b/);
      }
      expect(found.sort()).to.deep.equal(["mint", "payOut", "revoke", "setPaused"]);
      const listed = RESTRICTED.map(({ signature }) => signature.split("(")[0]);
      expect(listed.sort()).to.deep.equal(found);
    });

    it("cannot change what is restricted, or shut a contract", async () => {
      const { admin, addresses, authority } = books.market;
      const [isAdmin] = await authority.hasRole(ADMIN_ROLE, admin);
      expect(isAdmin).to.equal(false);
      for (const call of [
        authority.setTargetClosed(addresses.vault, true),
        authority.setTargetFunctionRole(addresses.vault, ["0x2e1a7d4d"], 1n),
        authority.updateAuthority(addresses.vault, admin),
        authority.grantRole(ADMIN_ROLE, admin, 0n),
      ]) {
        await expect(call)
          .to.be.revertedWithCustomError(authority, "AccessManagerUnauthorizedAccount")
          .withArgs(admin.address, ADMIN_ROLE);
      }
    });

    it("moves nobody's money with any of them", async () => {
      const { admin, identities, token, vault, auction } = books.market;
      const { contract } = await signTransfer(books);
      await vault.connect(books.asAuction).lock(books.third.number, 1000n);
      await vault.connect(books.asAuction).seize(books.third.number, 1000n);
      await expectEffects(books, () => auction.setPaused(true), {});
      await expectEffects(books, () => token.mint(admin, 1_000_000n), {});
      await expectEffects(books, () => token.mint(books.market.addresses.vault, 1n), {});
      for (const party of PARTIES) {
        await expectEffects(books, () => identities.revoke(books[party].number), {});
      }
      await expect(vault.payOut(1001n, admin))
        .to.be.revertedWithCustomError(vault, "InsufficientPool")
        .withArgs(1000n, 1001n);
      await expectEffects(books, () => vault.payOut(1000n, admin), { penaltyPool: -1000n });

      // After all of it the contract is executed and paid as if nothing had been.
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 7201n));
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 7198n));
      const { status } = await books.market.supply.contractOf(contract.id);
      expect(status).to.equal(SUPPLY_STATUS.fulfilled);
    });

    it("cannot use what the market's contracts have for each other", async () => {
      const { admin, addresses, vault, reputation, supply, transfers } = books.market;
      await signTransfer(books);
      await networkHelpers.impersonateAccount(addresses.authority);
      await networkHelpers.setBalance(addresses.authority, 10n ** 20n);
      const authority = await ethers.getSigner(addresses.authority);
      const { first, slot, user } = books;
      for (const caller of [admin, authority]) {
        for (const [contract, call] of [
          [vault, vault.connect(caller).lock(user.number, 1n)],
          [vault, vault.connect(caller).tryLock(user.number, 1n)],
          [vault, vault.connect(caller).unlock(user.number, 1n)],
          [vault, vault.connect(caller).settle(user.number, first.number, 1n, 0n, 0n)],
          [vault, vault.connect(caller).payAvailable(user.number, first.number, 1n)],
          [vault, vault.connect(caller).seize(user.number, 1n)],
          [reputation, reputation.connect(caller).penalizeDefault(user.number)],
          [supply, supply.connect(caller).setHandedOver(1n, false)],
          [
            supply,
            supply.connect(caller).deliver(first.number, slot, [packed(deliveryOf(1n, 1n))]),
          ],
          [transfers, transfers.connect(caller).execute(1n, first.number, slot, 1n)],
        ] as const) {
          await expect(call)
            .to.be.revertedWithCustomError(contract, "NotMarket")
            .withArgs(caller.address);
        }
      }
    });

    it("cannot keep contracts from expiring or transfers from closing", async () => {
      const { market } = books;
      const { contract, id } = await signTransfer(books);
      await market.auction.setPaused(true);
      for (const party of PARTIES) await market.identities.revoke(books[party].number);
      await advanceTo(books, contract.deadline + LATE_READING_SLOTS + 1n);
      await market.transfers.closeOverdue(id);
      await market.supply.expire(contract.id);
      await market.transfers.connect(books.target.wallet).withdrawQuote();
      expect(await totalLocked(books)).to.equal(0n);
    });
  });

  describe("a data centre in arrears", () => {
    /** Leaves a data centre without available money, and with an import of the present slot to pay. */
    const runUp = async (dataCentre: DataCentre, gridImport: bigint): Promise<bigint> => {
      await empty(dataCentre);
      const { slot } = books;
      await advanceTo(books, slot + 1n);
      await readUpTo(books, dataCentre, slot, { gridImport });
      for (const other of [books.first, books.target, books.third]) {
        if (other !== dataCentre) await readUpTo(books, other, slot);
      }
      books = { ...books, slot: slot + 1n };
      const { tab } = await books.market.meters.stateOf(dataCentre.number);
      return tab;
    };

    const tabOf = async ({ number }: Participant): Promise<bigint> =>
      (await books.market.meters.stateOf(number)).tab;

    it("pays them out of what its own readings earn, before it gets anything", async () => {
      const contract = await signContract(books);
      const { first, market } = books;
      // 1 kWh at 1 yuan.
      const tab = await runUp(first, 1000n);
      expect(tab).to.equal(1_000_000n);
      await expect(market.meters.requireOfferable(first.number))
        .to.be.revertedWithCustomError(market.meters, "InArrears")
        .withArgs(first.number, tab);
      const earned = earnedDown(contract, 5000n);
      await advanceTo(books, books.slot + 1n);
      const transaction = await expectEffects(
        books,
        () => readUpTo(books, first, books.slot, { deliveries: [deliveryOf(contract.id, 5000n)] }),
        { user: [0n, -earned], first: [earned - tab, 0n], gridOperator: [tab, 0n] },
      );
      await expect(transaction).to.emit(market.meters, "TabChanged").withArgs(first.number, 0n);
      await market.meters.requireOfferable(first.number);
    });

    it("pays them out of what another data centre's execution earns it", async () => {
      const signed = await signTransfer(books);
      const { contract } = signed;
      const { first, market, target } = books;
      const tab = await runUp(first, 2000n);
      expect(tab).to.equal(2_000_000n);
      let delivered = 0n;
      // The income is less than the arrears, then more.
      for (const done of [3000n, 4000n]) {
        const earned = earnedDown(contract, delivered + done) - earnedDown(contract, delivered);
        const before = await tabOf(first);
        const paid = earned < before ? earned : before;
        const available = await availableOf(first);
        await expect(deliver(books, target, books.slot, deliveryOf(contract.id, done)))
          .to.emit(market.meters, "TabChanged")
          .withArgs(first.number, before - paid);
        expect(await tabOf(first)).to.equal(before - paid);
        expect(await availableOf(first)).to.equal(available + earned - paid);
        delivered += done;
      }
      expect(await tabOf(first)).to.equal(0n);
      expect(await availableOf(first)).to.equal(earnedDown(contract, 7000n) - tab);
      expect(await availableOf(books.gridOperator)).to.equal(tab);
    });

    it("pays them out of a target's penalty", async () => {
      const { id, transfer } = await signTransfer(books);
      const { first, market } = books;
      const tab = await runUp(first, 100n);
      expect(tab < transfer.deposit).to.equal(true);
      await advanceTo(books, transfer.due + LATE_READING_SLOTS + 1n);
      const lock = (await market.vault.accountOf(first.number)).locked - 625_003n;
      const transaction = await expectEffects(books, () => market.transfers.closeOverdue(id), {
        first: [lock + transfer.deposit - tab, -lock],
        target: [0n, -transfer.deposit, -DEFAULT_FALL],
        gridOperator: [tab, 0n],
      });
      await expect(transaction).to.emit(market.meters, "TabChanged").withArgs(first.number, 0n);
    });

    it("pays them out of a debt that is settled", async () => {
      const { contract, id, transfer } = await signTransfer(books, { repaymentSlots: 3n });
      const { market, target } = books;
      await deliver(books, target, books.slot, deliveryOf(contract.id, 7201n));
      const tab = await runUp(target, 1000n);
      expect(tab).to.equal(1_100_000n);
      await advanceTo(books, transfer.periodEnd + 1n);
      const paid = earnedDown(transfer, 7201n);
      const transaction = await expectEffects(books, () => market.transfers.settle(id), {
        first: [1n, -paid - 1n],
        target: [paid - tab, 0n],
        otherGridOperator: [tab, 0n],
      });
      await expect(transaction).to.emit(market.meters, "TabChanged").withArgs(target.number, 0n);
    });

    it("pays them out of what it executes for others", async () => {
      const { contract, transfer } = await signTransfer(books, {}, { deadline: books.slot + 9n });
      const { market, target } = books;
      const tab = await runUp(target, 500n);
      await advanceTo(books, books.slot + 1n);
      const earned = earnedDown(contract, 7201n);
      const paid = earnedDown(transfer, 7201n);
      const { networkFee, deposit } = transfer;
      const rise = riseFor(transfer.energy);
      await expectEffects(
        books,
        () => readUpTo(books, target, books.slot, { deliveries: [deliveryOf(contract.id, 7201n)] }),
        {
          user: [0n, -earned],
          first: [earned + 1n, -paid - networkFee - 1n, rise],
          target: [paid + deposit - tab, -deposit, rise],
          networkOperator: [networkFee, 0n],
          otherGridOperator: [tab, 0n],
        },
      );
      expect(await tabOf(target)).to.equal(0n);
      expect(await market.meters.isFinal(target.number, books.slot)).to.equal(true);
    });

    it("pays them out of what is executed of its contracts by way of repayment", async () => {
      const { contract, id } = await signTransfer(books, { repaymentSlots: 5n });
      const { first, market, target } = books;
      const own = await signContract(books, { seller: target.number });
      await deliver(books, target, books.slot, deliveryOf(contract.id, 7201n));
      const tab = await runUp(target, 100n);
      await market.transfers.connect(target.wallet).handBack(id, own.id, 7201n, books.slot + 1n);
      const earned = earnedDown(own, 5000n);
      await deliver(books, first, books.slot, deliveryOf(own.id, 5000n));
      expect(await tabOf(target)).to.equal(0n);
      expect(await availableOf(target)).to.equal(earned - tab);
      expect(await availableOf(books.otherGridOperator)).to.equal(tab);
    });
  });

  describe("locked money", () => {
    /** Numbers that look random and are the same in every run: a linear congruential generator (Knuth's MMIX). */
    const randomOf = (seed: bigint): ((below: bigint) => bigint) => {
      let state = seed;
      return (below) => {
        state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
        return (state >> 33n) % below;
      };
    };

    /** Sends a transaction that may well be refused, but only by a custom error. */
    const attempt = async (send: () => Promise<unknown>): Promise<boolean> => {
      try {
        await send();
        return true;
      } catch (error) {
        if (!String(error).includes("reverted with custom error")) throw error;
        return false;
      }
    };

    /** Hours of contracts, transfers, deliveries, returns and failures, decided by the seed. */
    const play = async (seed: bigint): Promise<{ contracts: Contract[]; last: bigint }> => {
      const { market, first, otherUser, slot, target, third, user } = books;
      const random = randomOf(seed);
      const oneOf = <T>(items: readonly T[]): T => items[Number(random(BigInt(items.length)))]!;
      const dataCentres = [first, target, third];
      const contracts: Contract[] = [];
      for (let i = 0; i < 8; i += 1) {
        contracts.push(
          await signContract(books, {
            buyer: oneOf([user, otherUser]).number,
            seller: oneOf(dataCentres).number,
            coreSeconds: 3000n + random(12_000n),
            energy: 1n + random(20_000n),
            price: 1n + random(2_000_000n),
            firstSlot: slot + random(2n),
            deadline: slot + 3n + random(9n),
          }),
        );
      }
      /** A part of so much; now and then all of it, or more. */
      const partOf = (whole: bigint): bigint =>
        oneOf([whole, whole, whole + 1n, 1n + random(whole + 1n), 1n + random(whole + 1n)]);
      for (let now = slot; now < slot + 10n; now += 1n) {
        await advanceTo(books, now);
        for (const dataCentre of dataCentres) {
          // A meter that is silent for long misses readings for good.
          if (random(6n) !== 0n) await attempt(() => readUpTo(books, dataCentre, now - 1n));
          const { wallet } = dataCentre;
          const price = 1n + random(900_000n);
          const quote = { price, energy: 40_000n, cores: 16n, repaymentSlots: 6n };
          const slots = { firstSlot: now, lastSlot: now + random(6n) };
          await attempt(() => market.transfers.connect(wallet).quote({ ...quote, ...slots }));
        }
        for (let step = 0; step < 14; step += 1) {
          const contract = oneOf(contracts);
          const seller = dataCentres.find(({ number }) => number === contract.seller)!;
          const other = oneOf(dataCentres);
          const open = await market.supply.openCoreSeconds(contract.id);
          const away = await market.transfers.handedOverCoreSeconds(contract.id);
          const id = 1n + random((await market.transfers.transfers()) + 1n);
          const asSeller = market.transfers.connect(seller.wallet);
          const executeSome = async (): Promise<void> => {
            for (const handedOver of contracts) {
              const { executor } = await market.transfers.handoverOf(handedOver.id);
              const left = await market.transfers.handedOverCoreSeconds(handedOver.id);
              const executing = dataCentres.find(({ number }) => number === executor);
              if (executing === undefined || random(2n) === 0n) continue;
              const delivery = deliveryOf(handedOver.id, partOf(left));
              await attempt(() => deliver(books, executing, now, delivery));
            }
          };
          const handBack = async (): Promise<void> => {
            // This seller's work, to whomever it may owe some.
            const count = await market.transfers.transfers();
            for (let t = 1n; t <= count; t += 1n) {
              const { executed, repaid } = await market.transfers.transferOf(t);
              const debt = executed - repaid;
              const part = partOf(debt < open ? debt : open);
              await attempt(() => asSeller.handBack(t, contract.id, part, now + random(4n)));
            }
          };
          const takeQuote = (): Promise<unknown> =>
            asSeller.take({
              contractId: contract.id,
              target: other.number,
              coreSeconds: partOf(open),
              maxPrice: 2n ** 32n - 1n,
              due: now + random(4n),
              repaymentSlots: random(3n) * 2n,
              networkFee: random(3n) * 333_333n,
            });
          await attempt(
            oneOf<() => Promise<unknown>>([
              takeQuote,
              takeQuote,
              takeQuote,
              executeSome,
              executeSome,
              handBack,
              handBack,
              handBack,
              () => deliver(books, seller, now, deliveryOf(contract.id, partOf(open - away))),
              () => market.transfers.closeOverdue(id),
              () => market.transfers.closeReturn(id),
              () => market.transfers.settle(id),
              () => market.supply.expire(contract.id),
            ]),
          );
        }
      }
      return { contracts, last: slot + 10n };
    };

    for (let seed = 1n; seed <= 10n; seed += 1n) {
      it(`is nobody's for ever (seed ${seed})`, async () => {
        const { market } = books;
        const { contracts, last } = await play(seed);
        // Everybody is gone but one who sends what anyone may send, and the quoters, whose quotes are their own.
        await market.auction.setPaused(true);
        await advanceTo(books, last + 30n);
        const count = await market.transfers.transfers();
        for (let id = 1n; id <= count; id += 1n) {
          const { returning, status } = await market.transfers.transferOf(id);
          if (status === STATUS.executing) await market.transfers.closeOverdue(id);
          if (returning !== 0n) await market.transfers.closeReturn(id);
          if ((await market.transfers.transferOf(id)).status === STATUS.owing) {
            await market.transfers.settle(id);
          }
          const end = await market.transfers.transferOf(id);
          expect(end.status).to.equal(STATUS.closed);
          expect(end.returning).to.equal(0n);
          if (end.mode === 1n) expect(end.repaid + end.settled).to.equal(end.executed);
        }
        for (const { id } of contracts) {
          const { status } = await market.supply.contractOf(id);
          if (status === SUPPLY_STATUS.running) await market.supply.expire(id);
          const end = await market.supply.contractOf(id);
          expect([SUPPLY_STATUS.fulfilled, SUPPLY_STATUS.expired]).to.include(end.status);
          expect(end.handedOver).to.equal(false);
        }
        for (const { number, wallet } of [books.first, books.target, books.third]) {
          const { price } = await market.transfers.quoteOf(number);
          if (price !== 0n) await market.transfers.connect(wallet).withdrawQuote();
        }
        expect(await totalLocked(books)).to.equal(0n);
        for (const party of PARTIES) {
          const available = await availableOf(books[party]);
          if (available !== 0n) await withdraw(books[party], available);
        }
        expect(await market.token.balanceOf(market.addresses.vault)).to.equal(0n);
      });
    }
  });
});
