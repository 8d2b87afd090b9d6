import { expect } from "chai";

import { bidFor, enrol, fund, readingOf, submitReading, toSlot, trade } from "./support/market.ts";
import {
  advanceTo,
  amountUp,
  type Books,
  type Contract,
  DEFAULT_FALL,
  deliver,
  deliveryOf,
  packed,
  earnedDown,
  expectEffects,
  LATE_READING_SLOTS,
  loadBooks,
  packProgress,
  packTerms,
  packTrade,
  readUpTo,
  riseFor,
  signContract,
  SUPPLY_STATUS,
  termsOf,
  totalLocked,
  tupleOf,
} from "./support/transfers.ts";

const { running: RUNNING, fulfilled: FULFILLED, expired: EXPIRED } = SUPPLY_STATUS;
const TRADE = packTrade(3n, 15n, 2n);
const MAX_WH = 2n ** 32n - 1n;

describe("SupplyBook", () => {
  let books: Books;

  beforeEach(async () => {
    books = await loadBooks();
  });

  const supply = (): Books["market"]["supply"] => books.market.supply;

  /** `contractOf` for a contract, with what changed since it was signed. */
  const stateOf = (contract: Contract, changes: Record<string, unknown> = {}): unknown[] =>
    tupleOf({
      buyer: contract.buyer,
      seller: contract.seller,
      buyerWallet: books.user.wallet.address,
      sellerWallet: books.first.wallet.address,
      cores: contract.cores,
      coreSeconds: contract.coreSeconds,
      energy: contract.energy,
      price: contract.price,
      signed: contract.signed,
      firstSlot: contract.firstSlot,
      deadline: contract.deadline,
      priority: contract.priority,
      status: RUNNING,
      handedOver: false,
      delivered: 0n,
      pv: 0n,
      esd: 0n,
      grid: 0n,
      escrow: amountUp(contract.energy, contract.price),
      paid: 0n,
      buyerDeposit: contract.buyerDeposit,
      sellerDeposit: contract.sellerDeposit,
      penalty: contract.sellerDeposit,
      ...changes,
    });

  describe("sign", () => {
    it("reverts for everyone but the auction", async () => {
      const word = packTerms(termsOf(books));
      for (const caller of [
        books.market.admin,
        books.first.wallet,
        books.asMeters,
        books.asTransfers,
        books.asSupply,
      ]) {
        await expect(supply().connect(caller).sign(word, 1n, 1n, TRADE))
          .to.be.revertedWithCustomError(supply(), "NotMarket")
          .withArgs(caller.address);
      }
      expect(await supply().contracts()).to.equal(0n);
    });

    it("records the contract under the next number", async () => {
      const terms = termsOf(books, { firstSlot: books.slot + 1n, priority: true });
      const word = packTerms(terms);
      const progress = packProgress({ buyerDeposit: 11n, sellerDeposit: 22n });
      await expect(supply().connect(books.asAuction).sign(word, 11n, 22n, TRADE))
        .to.emit(supply(), "Signed")
        .withArgs(1n, books.user.number, books.first.number, word, progress, TRADE);
      expect(await supply().contracts()).to.equal(1n);
      expect(await supply().termsOf(1n)).to.equal(word);
      expect(await supply().openCoreSeconds(1n)).to.equal(14_399n);
      const contract = { ...terms, id: 1n, buyerDeposit: 11n, sellerDeposit: 22n };
      expect(await supply().contractOf(1n)).to.deep.equal(stateOf(contract));
      // The wallets are where the auction locked nothing: signing moves no money itself.
      expect(await totalLocked(books)).to.equal(0n);

      const other = packTerms({ ...terms, buyer: books.otherUser.number });
      const nothing = packProgress({ buyerDeposit: 0n, sellerDeposit: 0n });
      await expect(supply().connect(books.asAuction).sign(other, 0n, 0n, 0n))
        .to.emit(supply(), "Signed")
        .withArgs(2n, books.otherUser.number, books.first.number, other, nothing, 0n);
      expect(await supply().contracts()).to.equal(2n);
      expect(await supply().termsOf(1n)).to.equal(word);
      expect(await supply().termsOf(2n)).to.equal(other);
    });

    it("keeps terms and deposits of the largest size apart", async () => {
      const terms = termsOf(books, {
        cores: 2n ** 16n - 1n,
        coreSeconds: 2n ** 40n - 1n,
        energy: MAX_WH,
        price: MAX_WH,
        firstSlot: books.slot + 2n ** 16n - 1n,
        deadline: books.slot + 2n ** 16n - 1n,
        priority: true,
      });
      const deposit = 2n ** 48n - 1n;
      await supply().connect(books.asAuction).sign(packTerms(terms), deposit, deposit, 0n);
      const contract = { ...terms, id: 1n, buyerDeposit: deposit, sellerDeposit: deposit };
      expect(await supply().contractOf(1n)).to.deep.equal(stateOf(contract));
    });

    it("is called by the auction with the deposits that it has locked", async () => {
      const { first, market, slot, user } = books;
      await readUpTo(await at(slot + 1n), first, slot);
      await trade(market, user, first, slot + 2n, bidFor(slot + 2n, { priority: true }));
      const [event] = await supply().queryFilter(supply().filters.Signed());
      // 10 kWh at 0.65: 12.5 % of 6.5 yuan from the buyer, of 10 kWh at 0.4 from the seller.
      expect(event!.args.slice(0, 3)).to.deep.equal([1n, user.number, first.number]);
      const contract: Contract = {
        id: 1n,
        buyer: user.number,
        seller: first.number,
        cores: 4n,
        coreSeconds: 14_400n,
        energy: 10_000n,
        price: 650_000n,
        signed: slot + 2n,
        firstSlot: slot + 2n,
        deadline: slot + 4n,
        priority: true,
        buyerDeposit: 812_500n,
        sellerDeposit: 500_000n,
      };
      expect(event!.args.slice(3)).to.deep.equal([
        packTerms(contract),
        packProgress(contract),
        packTrade(0n, 0n, 1n),
      ]);
      expect(await supply().contractOf(1n)).to.deep.equal(stateOf(contract));
    });
  });

  const at = async (slot: bigint): Promise<Books> => {
    await advanceTo(books, slot);
    return books;
  };

  describe("deliver", () => {
    let contract: Contract;

    const firstDelivers = (coreSeconds: bigint, slot = books.slot): ReturnType<typeof deliver> =>
      deliver(books, books.first, slot, deliveryOf(contract.id, coreSeconds));

    beforeEach(async () => {
      contract = await signContract(books);
    });

    it("reverts for everyone but the meter book", async () => {
      const deliveries = [deliveryOf(contract.id, 1n)];
      for (const caller of [
        books.market.admin,
        books.first.wallet,
        books.asAuction,
        books.asTransfers,
        books.asSupply,
      ]) {
        await expect(
          supply().connect(caller).deliver(books.first.number, books.slot, deliveries.map(packed)),
        )
          .to.be.revertedWithCustomError(supply(), "NotMarket")
          .withArgs(caller.address);
      }
      expect(await supply().contractOf(contract.id)).to.deep.equal(stateOf(contract));
    });

    it("reverts for a contract that does not exist", async () => {
      for (const id of [0n, contract.id + 1n]) {
        await expect(deliver(books, books.first, books.slot, deliveryOf(id, 1n)))
          .to.be.revertedWithCustomError(supply(), "UnknownContract")
          .withArgs(id);
      }
    });

    it("reverts for a contract that is fulfilled", async () => {
      await firstDelivers(14_399n);
      await expect(firstDelivers(1n))
        .to.be.revertedWithCustomError(supply(), "NotRunning")
        .withArgs(contract.id, FULFILLED);
    });

    it("reverts for a contract that has expired", async () => {
      await advanceTo(books, contract.deadline + LATE_READING_SLOTS + 1n);
      await supply().expire(contract.id);
      await expect(firstDelivers(1n))
        .to.be.revertedWithCustomError(supply(), "NotRunning")
        .withArgs(contract.id, EXPIRED);
    });

    it("reverts in the slot before the first and the slot after the deadline", async () => {
      const { slot } = books;
      const later = await signContract(books, { firstSlot: slot + 1n, deadline: slot + 2n });
      for (const wrong of [slot, slot + 3n]) {
        await expect(deliver(books, books.first, wrong, deliveryOf(later.id, 1n)))
          .to.be.revertedWithCustomError(supply(), "OutsideContract")
          .withArgs(later.id, wrong, slot + 1n, slot + 2n);
      }
    });

    it("takes deliveries of the first slot and of the deadline's", async () => {
      const { slot } = books;
      const later = await signContract(books, { firstSlot: slot + 1n, deadline: slot + 2n });
      await deliver(books, books.first, slot + 1n, deliveryOf(later.id, 1n));
      await deliver(books, books.first, slot + 2n, deliveryOf(later.id, 2n));
      const { delivered } = await supply().contractOf(later.id);
      expect(delivered).to.equal(3n);
    });

    it("reverts for no core-seconds", async () => {
      await expect(firstDelivers(0n))
        .to.be.revertedWithCustomError(supply(), "EmptyDelivery")
        .withArgs(contract.id);
    });

    it("reverts for one core-second more than the cores can do in a slot", async () => {
      const fast = await signContract(books, { cores: 2n });
      await expect(deliver(books, books.first, books.slot, deliveryOf(fast.id, 7201n)))
        .to.be.revertedWithCustomError(supply(), "TooFast")
        .withArgs(fast.id, 7201n, 7200n);
      await deliver(books, books.first, books.slot, deliveryOf(fast.id, 7200n));
      expect(await supply().openCoreSeconds(fast.id)).to.equal(7199n);
    });

    it("reverts for one core-second more than is left", async () => {
      await firstDelivers(10_000n);
      await expect(firstDelivers(4400n))
        .to.be.revertedWithCustomError(supply(), "BeyondContract")
        .withArgs(contract.id, 4400n, 4399n);
    });

    it("reverts for a data centre that is not the seller", async () => {
      for (const foreign of [books.target, books.user]) {
        await expect(deliver(books, foreign, books.slot, deliveryOf(contract.id, 1n)))
          .to.be.revertedWithCustomError(supply(), "ForeignDelivery")
          .withArgs(contract.id, foreign.number);
      }
    });

    it("reverts for a part handed over to nobody that the transfer book knows", async () => {
      await supply().connect(books.asTransfers).setHandedOver(contract.id, true);
      await expect(deliver(books, books.target, books.slot, deliveryOf(contract.id, 1n)))
        .to.be.revertedWithCustomError(books.market.transfers, "NotExecutor")
        .withArgs(contract.id, books.target.number, 0n);
      await firstDelivers(1n);
      const { handedOver } = await supply().contractOf(contract.id);
      expect(handedOver).to.equal(true);
    });

    it("pays what has been earned and counts the energy by source", async () => {
      const paid = earnedDown(contract, 5000n);
      const delivery = deliveryOf(contract.id, 5000n, { pv: 3000n, esd: 400n, grid: 50n });
      const transaction = await expectEffects(
        books,
        () => deliver(books, books.first, books.slot + 1n, delivery),
        { user: [0n, -paid], first: [paid, 0n] },
      );
      await expect(transaction)
        .to.emit(supply(), "Delivered")
        .withArgs(
          contract.id,
          books.first.number,
          books.slot + 1n,
          packProgress({ ...contract, delivered: 5000n, pv: 3000n, esd: 400n, grid: 50n }),
          2_256_878n, // 6,499,359.999 * 5,000 / 14,399
        );
      await expect(transaction).not.to.emit(supply(), "Fulfilled");
      expect(paid).to.equal(2_256_878n);
      expect(await supply().openCoreSeconds(contract.id)).to.equal(9399n);
      expect(await supply().contractOf(contract.id)).to.deep.equal(
        stateOf(contract, {
          delivered: 5000n,
          pv: 3000n,
          esd: 400n,
          grid: 50n,
          escrow: 6_499_360n - paid,
          paid,
          penalty: (contract.sellerDeposit * 9399n) / 14_399n,
        }),
      );
    });

    it("pays what is due of the running total, so that rounding does not add up", async () => {
      let done = 0n;
      for (const coreSeconds of [1n, 7n, 4793n, 9597n]) {
        const paid = earnedDown(contract, done + coreSeconds) - earnedDown(contract, done);
        const delivery = deliveryOf(contract.id, coreSeconds, { pv: 2n, esd: 3n, grid: 5n });
        await expectEffects(books, () => deliver(books, books.first, books.slot, delivery), {
          user: [0n, -paid],
          first: [paid, 0n],
        });
        done += coreSeconds;
      }
      expect(await supply().contractOf(contract.id)).to.deep.equal(
        stateOf(contract, {
          delivered: 14_398n,
          pv: 8n,
          esd: 12n,
          grid: 20n,
          escrow: 6_499_360n - earnedDown(contract, 14_398n),
          paid: earnedDown(contract, 14_398n),
          penalty: contract.sellerDeposit / 14_399n,
        }),
      );
      await firstDelivers(1n);
      const { paid } = await supply().contractOf(contract.id);
      // The whole is paid as if in one, rounded down.
      expect(paid).to.equal(6_499_359n);
    });

    it("moves no money for a delivery that is worth less than a micro-yuan", async () => {
      const cheap = await signContract(books, { energy: 1n, price: 1000n });
      const transaction = await expectEffects(
        books,
        () => deliver(books, books.first, books.slot, deliveryOf(cheap.id, 14_398n)),
        {},
      );
      await expect(transaction)
        .to.emit(supply(), "Delivered")
        .withArgs(
          cheap.id,
          books.first.number,
          books.slot,
          packProgress({ ...cheap, delivered: 14_398n }),
          0n,
        );
      await expectEffects(
        books,
        () => deliver(books, books.first, books.slot, deliveryOf(cheap.id, 1n)),
        {
          user: [cheap.buyerDeposit, -1n - cheap.buyerDeposit],
          first: [1n + cheap.sellerDeposit, -cheap.sellerDeposit],
        },
      );
    });

    it("takes all deliveries of a reading", async () => {
      const other = await signContract(books, { buyer: books.otherUser.number });
      const paid = earnedDown(contract, 100n);
      const otherPaid = earnedDown(contract, 201n);
      const transaction = await expectEffects(
        books,
        () =>
          deliver(
            books,
            books.first,
            books.slot,
            deliveryOf(contract.id, 100n),
            deliveryOf(other.id, 201n),
          ),
        { user: [0n, -paid], otherUser: [0n, -otherPaid], first: [paid + otherPaid, 0n] },
      );
      await expect(transaction)
        .to.emit(supply(), "Delivered")
        .withArgs(
          contract.id,
          books.first.number,
          books.slot,
          packProgress({ ...contract, delivered: 100n }),
          paid,
        )
        .to.emit(supply(), "Delivered")
        .withArgs(
          other.id,
          books.first.number,
          books.slot,
          packProgress({ ...other, delivered: 201n }),
          otherPaid,
        );
    });

    it("takes none of them if one is wrong", async () => {
      await expect(
        deliver(
          books,
          books.first,
          books.slot,
          deliveryOf(contract.id, 100n),
          deliveryOf(contract.id + 1n, 1n),
        ),
      ).to.be.revertedWithCustomError(supply(), "UnknownContract");
      expect(await supply().contractOf(contract.id)).to.deep.equal(stateOf(contract));
    });

    it("stops counting energy at the most that it can note", async () => {
      const energy = { pv: MAX_WH - 1n, esd: MAX_WH - 2n, grid: MAX_WH - 3n };
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 1n, energy));
      const more = { pv: 1n, esd: 1n, grid: 1n };
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 1n, more));
      let state = await supply().contractOf(contract.id);
      expect([state.pv, state.esd, state.grid]).to.deep.equal([MAX_WH, MAX_WH - 1n, MAX_WH - 2n]);
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 1n, energy));
      state = await supply().contractOf(contract.id);
      expect([state.pv, state.esd, state.grid]).to.deep.equal([MAX_WH, MAX_WH, MAX_WH]);
      expect(state.delivered).to.equal(3n);
      expect(state.sellerDeposit).to.equal(contract.sellerDeposit);
      expect(state.buyerDeposit).to.equal(contract.buyerDeposit);
    });

    it("is called by the meter book with a reading's data centre, slot and deliveries", async () => {
      const { first, market, slot } = books;
      await advanceTo(books, slot + 1n);
      const paid = earnedDown(contract, 5000n);
      const transaction = await submitReading(
        market,
        first,
        readingOf(first, slot, {
          pv: 3000n,
          esdOut: 400n,
          deliveries: [deliveryOf(contract.id, 5000n, { pv: 3000n, esd: 400n })],
        }),
      );
      await expect(transaction)
        .to.emit(supply(), "Delivered")
        .withArgs(
          contract.id,
          first.number,
          slot,
          packProgress({ ...contract, delivered: 5000n, pv: 3000n, esd: 400n }),
          paid,
        );
    });

    describe("of the last core-seconds", () => {
      it("fulfils the contract: deposits and dust go back, both reputations rise", async () => {
        await firstDelivers(14_398n);
        const paid = 6_499_359n - earnedDown(contract, 14_398n);
        const rise = riseFor(contract.energy);
        const transaction = await expectEffects(books, () => firstDelivers(1n), {
          user: [
            contract.buyerDeposit + 1n, // of the escrow, rounded up, against the pay, rounded down
            -contract.buyerDeposit - 1n - paid,
            rise,
          ],
          first: [paid + contract.sellerDeposit, -contract.sellerDeposit, rise],
        });
        await expect(transaction)
          .to.emit(supply(), "Fulfilled")
          .withArgs(contract.id, contract.energy);
        await expect(transaction)
          .to.emit(supply(), "Delivered")
          .withArgs(
            contract.id,
            books.first.number,
            books.slot,
            packProgress({ ...contract, delivered: 14_399n, status: FULFILLED }),
            paid,
          );
        expect(await totalLocked(books)).to.equal(0n);
        expect(await supply().openCoreSeconds(contract.id)).to.equal(0n);
        expect(await supply().contractOf(contract.id)).to.deep.equal(
          stateOf(contract, {
            status: FULFILLED,
            delivered: 14_399n,
            escrow: 0n,
            paid: 6_499_359n,
            penalty: 0n,
          }),
        );
      });

      it("leaves another contract of the same parties alone", async () => {
        const other = await signContract(books);
        await firstDelivers(14_399n);
        expect(await supply().contractOf(other.id)).to.deep.equal(stateOf(other));
        expect(await totalLocked(books)).to.equal(
          6_499_360n + other.buyerDeposit + other.sellerDeposit,
        );
      });

      it("tells a shortfall of one watt-hour of PV and ESD", async () => {
        const delivery = deliveryOf(contract.id, 14_399n, { pv: 9000n, esd: 998n, grid: 1n });
        await expect(deliver(books, books.first, books.slot, delivery))
          .to.emit(supply(), "Fulfilled")
          .withArgs(contract.id, 1n);
      });

      it("tells no shortfall if PV and ESD together gave the agreed energy", async () => {
        const delivery = deliveryOf(contract.id, 14_399n, { pv: 9000n, esd: 999n });
        const transaction = await deliver(books, books.first, books.slot, delivery);
        await expect(transaction).to.emit(supply(), "Fulfilled").withArgs(contract.id, 0n);
      });
    });
  });

  describe("expire", () => {
    let contract: Contract;

    beforeEach(async () => {
      contract = await signContract(books);
    });

    it("reverts for a contract that does not exist", async () => {
      await expect(supply().expire(contract.id + 1n))
        .to.be.revertedWithCustomError(supply(), "UnknownContract")
        .withArgs(contract.id + 1n);
    });

    it("reverts while the seller's reading of the deadline's slot can still come", async () => {
      const { deadline } = contract;
      await toSlot(books.market, deadline + LATE_READING_SLOTS, 3599n);
      await expect(supply().expire(contract.id))
        .to.be.revertedWithCustomError(supply(), "DeadlineNotPassed")
        .withArgs(contract.id, deadline);
      expect(await supply().contractOf(contract.id)).to.deep.equal(stateOf(contract));
    });

    it("expires as soon as that reading is too late", async () => {
      await toSlot(books.market, contract.deadline + LATE_READING_SLOTS + 1n);
      await expect(supply().expire(contract.id)).to.emit(supply(), "Expired");
    });

    it("reverts before that reading if the ones before it have come", async () => {
      await advanceTo(books, contract.deadline + 1n);
      await readUpTo(books, books.first, contract.deadline - 1n);
      await expect(supply().expire(contract.id))
        .to.be.revertedWithCustomError(supply(), "DeadlineNotPassed")
        .withArgs(contract.id, contract.deadline);
    });

    it("expires as soon as that reading has come", async () => {
      await advanceTo(books, contract.deadline + 1n);
      await readUpTo(books, books.first, contract.deadline);
      await expect(supply().expire(contract.id)).to.emit(supply(), "Expired");
    });

    it("reverts while a part of that reading is to come", async () => {
      const { first, market } = books;
      const { deadline, id } = contract;
      await advanceTo(books, deadline + 1n);
      await readUpTo(books, first, deadline, { last: false });
      await expect(supply().expire(id))
        .to.be.revertedWithCustomError(supply(), "DeadlineNotPassed")
        .withArgs(id, deadline);
      const deliveries = [deliveryOf(id, 14_399n)];
      await submitReading(market, first, readingOf(first, deadline, { part: 1n, deliveries }));
      await expect(supply().expire(id))
        .to.be.revertedWithCustomError(supply(), "NotRunning")
        .withArgs(id, FULFILLED);
    });

    it("waits for the seller's readings, not the buyer's or another's", async () => {
      await advanceTo(books, contract.deadline + 1n);
      await readUpTo(books, books.target, contract.deadline);
      await expect(supply().expire(contract.id)).to.be.revertedWithCustomError(
        supply(),
        "DeadlineNotPassed",
      );
    });

    it("gives the whole deposit to the buyer if nothing was delivered", async () => {
      await advanceTo(books, contract.deadline + LATE_READING_SLOTS + 1n);
      const returned = amountUp(contract.energy, contract.price) + contract.buyerDeposit;
      const transaction = await expectEffects(books, () => supply().expire(contract.id), {
        user: [returned + contract.sellerDeposit, -returned],
        first: [0n, -contract.sellerDeposit, -DEFAULT_FALL],
      });
      await expect(transaction)
        .to.emit(supply(), "Expired")
        .withArgs(contract.id, contract.sellerDeposit, returned);
      expect(await totalLocked(books)).to.equal(0n);
      expect(await supply().openCoreSeconds(contract.id)).to.equal(0n);
      expect(await supply().contractOf(contract.id)).to.deep.equal(
        stateOf(contract, { status: EXPIRED, escrow: 0n }),
      );
    });

    it("gives the part of it that was not delivered, rounded down", async () => {
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 9999n, { pv: 1n }));
      await advanceTo(books, contract.deadline + LATE_READING_SLOTS + 1n);
      const penalty = (contract.sellerDeposit * 4400n) / 14_399n;
      const paid = earnedDown(contract, 9999n);
      const returned = 6_499_360n - paid + contract.buyerDeposit;
      const transaction = await expectEffects(
        books,
        () => supply().connect(books.third.wallet).expire(contract.id),
        {
          user: [returned + penalty, -returned],
          first: [contract.sellerDeposit - penalty, -contract.sellerDeposit, -DEFAULT_FALL],
        },
      );
      await expect(transaction)
        .to.emit(supply(), "Expired")
        .withArgs(contract.id, penalty, returned);
      expect(await totalLocked(books)).to.equal(0n);
      expect(await supply().contractOf(contract.id)).to.deep.equal(
        stateOf(contract, {
          status: EXPIRED,
          delivered: 9999n,
          pv: 1n,
          escrow: 0n,
          paid,
          penalty,
        }),
      );
    });

    it("reverts for a contract that has expired", async () => {
      await advanceTo(books, contract.deadline + LATE_READING_SLOTS + 1n);
      await supply().expire(contract.id);
      await expect(supply().expire(contract.id))
        .to.be.revertedWithCustomError(supply(), "NotRunning")
        .withArgs(contract.id, EXPIRED);
    });

    it("reverts for a contract that is fulfilled", async () => {
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 14_399n));
      await advanceTo(books, contract.deadline + LATE_READING_SLOTS + 1n);
      await expect(supply().expire(contract.id))
        .to.be.revertedWithCustomError(supply(), "NotRunning")
        .withArgs(contract.id, FULFILLED);
    });

    it("reverts while a part of the contract is handed over", async () => {
      await supply().connect(books.asTransfers).setHandedOver(contract.id, true);
      await advanceTo(books, contract.deadline + LATE_READING_SLOTS + 1n);
      await expect(supply().expire(contract.id))
        .to.be.revertedWithCustomError(supply(), "TransferOpen")
        .withArgs(contract.id);
      await supply().connect(books.asTransfers).setHandedOver(contract.id, false);
      await expect(supply().expire(contract.id)).to.emit(supply(), "Expired");
    });
  });

  describe("setHandedOver", () => {
    it("reverts for everyone but the transfer book", async () => {
      const { id } = await signContract(books);
      for (const caller of [
        books.market.admin,
        books.first.wallet,
        books.asAuction,
        books.asMeters,
        books.asSupply,
      ]) {
        await expect(supply().connect(caller).setHandedOver(id, true))
          .to.be.revertedWithCustomError(supply(), "NotMarket")
          .withArgs(caller.address);
      }
      const { handedOver } = await supply().contractOf(id);
      expect(handedOver).to.equal(false);
    });

    it("marks the contract and unmarks it, and changes nothing else", async () => {
      const contract = await signContract(books);
      const state = { delivered: 3n, pv: 1n, esd: 1n, grid: 1n };
      const energy = { pv: 1n, esd: 1n, grid: 1n };
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 3n, energy));
      const paid = earnedDown(contract, 3n);
      const changes = {
        ...state,
        paid,
        escrow: 6_499_360n - paid,
        penalty: (contract.sellerDeposit * 14_396n) / 14_399n,
      };
      await supply().connect(books.asTransfers).setHandedOver(contract.id, true);
      expect(await supply().contractOf(contract.id)).to.deep.equal(
        stateOf(contract, { ...changes, handedOver: true }),
      );
      await supply().connect(books.asTransfers).setHandedOver(contract.id, false);
      expect(await supply().contractOf(contract.id)).to.deep.equal(stateOf(contract, changes));
    });
  });

  describe("views", () => {
    it("revert for a contract that does not exist", async () => {
      await signContract(books);
      for (const id of [0n, 2n]) {
        for (const view of [supply().termsOf(id), supply().contractOf(id)]) {
          await expect(view)
            .to.be.revertedWithCustomError(supply(), "UnknownContract")
            .withArgs(id);
        }
        expect(await supply().openCoreSeconds(id)).to.equal(0n);
      }
    });

    it("show the parties' present wallets", async () => {
      const seller = await enrol(books.market, "dataCentre");
      const buyer = await enrol(books.market, "user");
      await fund(books.market, seller, 10_000_000n);
      await fund(books.market, buyer, 10_000_000n);
      const { id } = await signContract(books, { seller: seller.number, buyer: buyer.number });
      const state = await supply().contractOf(id);
      expect(state.buyerWallet).to.equal(buyer.wallet.address);
      expect(state.sellerWallet).to.equal(seller.wallet.address);
    });
  });
});
