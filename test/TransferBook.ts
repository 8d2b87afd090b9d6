import { expect } from "chai";

import {
  executionEffects,
  REPAYMENT_SLOTS,
  shouldBehaveLikeOrderTransfer,
} from "./behaviors/transfer.ts";
import { enrol, toSlot } from "./support/market.ts";
import {
  advanceTo,
  amountUp,
  type Books,
  booksAt,
  bpsUp,
  type Contract,
  deliver,
  deliveryOf,
  earnedDown,
  expectEffects,
  expectHandover,
  expectTransfer,
  LATE_READING_SLOTS,
  loadBooks,
  NO_HANDOVER,
  NO_QUOTE,
  type Order,
  orderFor,
  postQuote,
  type Quote,
  quoteDeposit,
  quoteFor,
  readUpTo,
  signContract,
  type Signed,
  type Terms,
  signTransfer,
  STATUS,
  take,
  totalLocked,
  transferFor,
  tupleOf,
} from "./support/transfers.ts";

describe("TransferBook", () => {
  let books: Books;

  const transfers = (): Books["market"]["transfers"] => books.market.transfers;

  beforeEach(async () => {
    books = await loadBooks();
  });

  describe("quote", () => {
    const quote = (
      changes: Partial<Quote> = {},
    ): ReturnType<Books["market"]["transfers"]["quote"]> =>
      transfers().connect(books.target.wallet).quote(quoteFor(books, changes));

    it("reverts while new commitments are paused", async () => {
      await books.market.auction.setPaused(true);
      await expect(quote()).to.be.revertedWithCustomError(transfers(), "Paused");
      await books.market.auction.setPaused(false);
      await quote();
    });

    it("reverts for a caller that is no active data centre", async () => {
      await expect(transfers().connect(books.user.wallet).quote(quoteFor(books)))
        .to.be.revertedWithCustomError(books.market.identities, "WrongRole")
        .withArgs(books.user.number, 1n, 2n);
      await books.market.identities.revoke(books.target.number);
      await expect(quote())
        .to.be.revertedWithCustomError(books.market.identities, "ParticipantRevoked")
        .withArgs(books.target.number);
    });

    it("reverts without a price, energy or cores", async () => {
      for (const nothing of [{ price: 0n }, { energy: 0n }, { cores: 0n }]) {
        await expect(quote(nothing)).to.be.revertedWithCustomError(transfers(), "InvalidQuote");
      }
      await quote({ price: 1n, energy: 1n, cores: 1n });
    });

    it("releases the deposit of the quote before it, were it the least that there is", async () => {
      const { market, target } = books;
      const locked = async (): Promise<bigint> =>
        (await market.vault.accountOf(target.number)).locked;
      const none = await locked();
      for (let i = 0; i < 2; i += 1) {
        await quote({ price: 1n, energy: 1n, cores: 1n });
        expect(await locked()).to.equal(none + 1n);
      }
    });

    it("reverts for slots out of order", async () => {
      const { slot } = books;
      await expect(
        quote({ firstSlot: slot + 2n, lastSlot: slot + 1n }),
      ).to.be.revertedWithCustomError(transfers(), "InvalidQuote");
      await quote({ firstSlot: slot + 1n, lastSlot: slot + 1n });
    });

    it("reverts for slots that are over", async () => {
      const { slot } = books;
      await expect(
        quote({ firstSlot: slot - 1n, lastSlot: slot - 1n }),
      ).to.be.revertedWithCustomError(transfers(), "InvalidQuote");
      await quote({ firstSlot: slot - 1n, lastSlot: slot });
    });

    it("reverts for a data centre without a site", async () => {
      const newcomer = await enrol(books.market, "dataCentre");
      await expect(transfers().connect(newcomer.wallet).quote(quoteFor(books)))
        .to.be.revertedWithCustomError(books.market.meters, "NotCommissioned")
        .withArgs(newcomer.number);
    });

    it("reverts for a data centre with a reading outstanding", async () => {
      await advanceTo(books, books.slot + 1n);
      await expect(quote())
        .to.be.revertedWithCustomError(books.market.meters, "ReadingOutstanding")
        .withArgs(books.target.number, books.slot);
      await readUpTo(books, books.target, books.slot);
      await quote();
    });

    it("reverts for a data centre in arrears", async () => {
      const { market, slot, target } = books;
      const { available } = await market.vault.accountOf(target.number);
      await market.vault.connect(target.wallet).withdraw(available, target.wallet);
      await advanceTo(books, slot + 1n);
      await readUpTo(books, target, slot, { gridImport: 1n });
      await expect(quote())
        .to.be.revertedWithCustomError(market.meters, "InArrears")
        .withArgs(target.number, 1100n);
    });

    it("posts the quote and locks its deposit", async () => {
      const posted = quoteFor(books);
      // 12.5 % of 10,000,560.003 micro-yuan, rounded up twice.
      const deposit = 1_250_071n;
      expect(quoteDeposit(posted)).to.equal(deposit);
      const transaction = await expectEffects(books, () => quote(), {
        target: [-deposit, deposit],
      });
      await expect(transaction)
        .to.emit(transfers(), "Quoted")
        .withArgs(books.target.number, ...tupleOf(posted));
      expect(await transfers().quoteOf(books.target.number)).to.deep.equal(tupleOf(posted));
      expect(await transfers().quoters()).to.equal(1n);
    });

    it("posts a quote of the largest size", async () => {
      const max = 2n ** 32n - 1n;
      const largest = {
        price: max,
        energy: max,
        cores: 2n ** 16n - 1n,
        repaymentSlots: 2n ** 16n - 1n,
      };
      const deposit = quoteDeposit(quoteFor(books, largest));
      await expect(quote(largest))
        .to.be.revertedWithCustomError(books.market.vault, "InsufficientFunds")
        .withArgs(
          books.target.number,
          (await books.market.vault.accountOf(books.target.number)).available,
          deposit,
        );
      await quote({ ...largest, price: 1n });
      expect(await transfers().quoteOf(books.target.number)).to.deep.equal(
        tupleOf(quoteFor(books, { ...largest, price: 1n })),
      );
    });

    it("replaces the quote and exchanges its deposit", async () => {
      await quote();
      const replacement = { price: 300_001n, energy: 7777n, cores: 2n, repaymentSlots: 0n };
      const change = quoteDeposit(quoteFor(books, replacement)) - quoteDeposit(quoteFor(books));
      const transaction = await expectEffects(books, () => quote(replacement), {
        target: [-change, change],
      });
      const posted = tupleOf(quoteFor(books, replacement));
      await expect(transaction)
        .to.emit(transfers(), "Quoted")
        .withArgs(books.target.number, ...posted);
      expect(await transfers().quoteOf(books.target.number)).to.deep.equal(posted);
      expect(await transfers().quoters()).to.equal(1n);
    });

    it("replaces a quote with one that only the first one's deposit pays for", async () => {
      await quote();
      const { market, target } = books;
      const { available } = await market.vault.accountOf(target.number);
      await market.vault.connect(target.wallet).withdraw(available, target.wallet);
      await quote();
      await expect(quote({ energy: 20_011n })).to.be.revertedWithCustomError(
        market.vault,
        "InsufficientFunds",
      );
    });

    it("unlocks what was locked, at the rate of then", async () => {
      await quote();
      await books.market.reputation.connect(books.asTransfers).penalizeDefault(books.target.number);
      // 13.25 % at a reputation of 4,500.
      const change = quoteDeposit(quoteFor(books), 1325n) - quoteDeposit(quoteFor(books));
      expect(change).to.equal(bpsUp(10_000_561n, 1325n) - 1_250_071n);
      await expectEffects(books, () => quote(), { target: [-change, change] });
      const deposit = quoteDeposit(quoteFor(books), 1325n);
      await expectEffects(books, () => transfers().connect(books.target.wallet).withdrawQuote(), {
        target: [deposit, -deposit],
      });
      expect(await totalLocked(books)).to.equal(0n);
    });

    it("counts each data centre that ever quoted once", async () => {
      await quote();
      await transfers().connect(books.target.wallet).withdrawQuote();
      await quote();
      expect(await transfers().quoters()).to.equal(1n);
      await postQuote(books, books.third);
      expect(await transfers().quoters()).to.equal(2n);
    });
  });

  describe("withdrawQuote", () => {
    const withdraw = (): ReturnType<Books["market"]["transfers"]["withdrawQuote"]> =>
      transfers().connect(books.target.wallet).withdrawQuote();

    it("reverts for a wallet that belongs to nobody", async () => {
      await expect(transfers().connect(books.market.admin).withdrawQuote())
        .to.be.revertedWithCustomError(books.market.identities, "UnknownWallet")
        .withArgs(books.market.admin.address);
    });

    it("reverts without a quote", async () => {
      await postQuote(books, books.third);
      await expect(withdraw())
        .to.be.revertedWithCustomError(transfers(), "NoQuote")
        .withArgs(books.target.number);
    });

    it("forgets the quote and unlocks its deposit, once", async () => {
      const deposit = quoteDeposit(await postQuote(books, books.target));
      const transaction = await expectEffects(books, withdraw, { target: [deposit, -deposit] });
      await expect(transaction)
        .to.emit(transfers(), "Quoted")
        .withArgs(books.target.number, 0n, 0n, 0n, 0n, 0n, 0n);
      expect(await transfers().quoteOf(books.target.number)).to.deep.equal(tupleOf(NO_QUOTE));
      await expect(withdraw())
        .to.be.revertedWithCustomError(transfers(), "NoQuote")
        .withArgs(books.target.number);
    });

    it("works for a data centre that is revoked, has readings outstanding, and is paused", async () => {
      await postQuote(books, books.target);
      await advanceTo(books, books.slot + 9n);
      await books.market.auction.setPaused(true);
      await books.market.identities.revoke(books.target.number);
      await withdraw();
      expect(await totalLocked(books)).to.equal(0n);
    });
  });

  describe("in payment mode", () => {
    shouldBehaveLikeOrderTransfer("payment");

    it("moves no money for work that is worth less than a micro-yuan", async () => {
      const quote = await postQuote(books, books.target, { price: 1000n });
      const contract = await signContract(books, { energy: 1n, price: 1000n });
      const order = orderFor(books, contract, { coreSeconds: 14_399n, networkFee: 1n });
      await take(books, order);
      const transaction = await expectEffects(
        books,
        () => deliver(books, books.target, books.slot, deliveryOf(contract.id, 14_398n)),
        {},
      );
      await expect(transaction).to.emit(transfers(), "Executed").withArgs(1n, 14_398n, 0n, 0n);
      const { deposit } = transferFor(books, contract, order, quote);
      await expectEffects(
        books,
        () => deliver(books, books.target, books.slot, deliveryOf(contract.id, 1n)),
        {
          user: [contract.buyerDeposit, -1n - contract.buyerDeposit],
          first: [1n + contract.sellerDeposit, -2n - contract.sellerDeposit],
          target: [1n + deposit, -deposit],
          networkOperator: [1n, 0n],
        },
      );
    });

    it("pays what was quoted, to the dust", async () => {
      const signed = await signTransfer(books);
      const { contract, id, transfer } = signed;
      const before = await books.market.vault.accountOf(books.target.number);
      for (const done of [5n, 1111n, 6085n]) {
        await deliver(books, books.target, books.slot, deliveryOf(contract.id, done));
      }
      const after = await books.market.vault.accountOf(books.target.number);
      // 5,001 Wh at 500,003 micro-yuan: 2,500,515.003, of which the fraction goes back.
      expect(after.available + after.locked - before.available - before.locked).to.equal(
        2_500_515n,
      );
      expect(amountUp(transfer.energy, transfer.price)).to.equal(2_500_516n);
      const { status } = await transfers().transferOf(id);
      expect(status).to.equal(STATUS.closed);
    });

    it("has nothing to hand back or settle, before the end or after", async () => {
      const { contract, id } = await signTransfer(books);
      const own = await signContract(books, { seller: books.target.number });
      const handBack = (): ReturnType<Books["market"]["transfers"]["handBack"]> =>
        transfers().connect(books.target.wallet).handBack(id, own.id, 1n, books.slot);
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 1n));
      for (const call of [handBack, () => transfers().settle(id)]) {
        await expect(call())
          .to.be.revertedWithCustomError(transfers(), "WrongStatus")
          .withArgs(id, STATUS.executing);
      }
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 7200n));
      for (const call of [handBack, () => transfers().settle(id)]) {
        await expect(call())
          .to.be.revertedWithCustomError(transfers(), "WrongStatus")
          .withArgs(id, STATUS.closed);
      }
      await expect(transfers().closeReturn(id))
        .to.be.revertedWithCustomError(transfers(), "NoReturnOpen")
        .withArgs(id);
    });
  });

  describe("in compute-time mode", () => {
    const { computeTime: repaymentSlots } = REPAYMENT_SLOTS;

    shouldBehaveLikeOrderTransfer("computeTime");

    /** A transfer of which the target has executed `executed` core-seconds, and a contract of the target's own. */
    const owing = async (
      executed = 7201n,
      changes: Partial<Order> = {},
      terms: Partial<Terms> = {},
    ): Promise<Signed & { own: Contract }> => {
      const signed = await signTransfer(books, { repaymentSlots, ...changes }, terms);
      const own = await signContract(books, {
        buyer: books.otherUser.number,
        seller: books.target.number,
        energy: 8881n,
        deadline: books.slot + 20n,
      });
      if (executed !== 0n) {
        await deliver(books, books.target, books.slot, deliveryOf(signed.contract.id, executed));
      }
      return { ...signed, own };
    };

    const handBack = (
      id: bigint,
      contractId: bigint,
      coreSeconds: bigint,
      due = books.slot,
    ): ReturnType<Books["market"]["transfers"]["handBack"]> =>
      transfers().connect(books.target.wallet).handBack(id, contractId, coreSeconds, due);

    it("notes the period in which work can be handed back", async () => {
      const { id } = await owing(0n);
      const { due, mode, periodEnd } = await transfers().transferOf(id);
      expect([due, mode, periodEnd]).to.deep.equal([books.slot + 2n, 1n, books.slot + 7n]);
    });

    it("costs the contract's price, not the quote's", async () => {
      const { id, contract, transfer } = await owing();
      const before = await books.market.vault.accountOf(books.target.number);
      await advanceTo(books, transfer.periodEnd + 1n);
      await transfers().settle(id);
      const after = await books.market.vault.accountOf(books.target.number);
      expect(after.available - before.available).to.equal((5001n * contract.price) / 1000n);
    });

    describe("handBack", () => {
      it("reverts for a transfer that does not exist", async () => {
        const { id, own } = await owing();
        await expect(handBack(id + 1n, own.id, 1n))
          .to.be.revertedWithCustomError(transfers(), "UnknownTransfer")
          .withArgs(id + 1n);
      });

      it("reverts for a caller that is no active data centre", async () => {
        const { id, own } = await owing();
        await expect(transfers().connect(books.user.wallet).handBack(id, own.id, 1n, books.slot))
          .to.be.revertedWithCustomError(books.market.identities, "WrongRole")
          .withArgs(books.user.number, 1n, 2n);
        await books.market.identities.revoke(books.target.number);
        await expect(handBack(id, own.id, 1n))
          .to.be.revertedWithCustomError(books.market.identities, "ParticipantRevoked")
          .withArgs(books.target.number);
      });

      it("reverts for a data centre that is not the transfer's target", async () => {
        const { id, contract } = await owing();
        await expect(
          transfers().connect(books.first.wallet).handBack(id, contract.id, 1n, books.slot),
        )
          .to.be.revertedWithCustomError(transfers(), "NotTarget")
          .withArgs(id, books.first.number);
      });

      it("reverts for a transfer that is closed", async () => {
        const { id, own, transfer } = await owing();
        await advanceTo(books, transfer.periodEnd + 1n);
        await transfers().settle(id);
        await expect(handBack(id, own.id, 1n))
          .to.be.revertedWithCustomError(transfers(), "WrongStatus")
          .withArgs(id, STATUS.closed);
      });

      it("reverts while another contract is handed back", async () => {
        const { id, own } = await owing();
        const other = await signContract(books, { seller: books.target.number });
        await handBack(id, own.id, 1n);
        await expect(handBack(id, other.id, 1n))
          .to.be.revertedWithCustomError(transfers(), "ReturnOpen")
          .withArgs(id, own.id);
      });

      it("reverts for a contract that is not the target's", async () => {
        const { id, contract } = await owing();
        await expect(handBack(id, contract.id, 1n))
          .to.be.revertedWithCustomError(transfers(), "NotSeller")
          .withArgs(contract.id, books.target.number);
        await expect(handBack(id, 99n, 1n))
          .to.be.revertedWithCustomError(books.market.supply, "UnknownContract")
          .withArgs(99n);
      });

      it("reverts for a contract that has ended or is handed over", async () => {
        const { id, own } = await owing();
        const other = await signContract(books, { seller: books.target.number });
        await deliver(books, books.target, books.slot, deliveryOf(other.id, 14_399n));
        await expect(handBack(id, other.id, 1n))
          .to.be.revertedWithCustomError(transfers(), "NotTransferable")
          .withArgs(other.id);
        await postQuote(books, books.third);
        await transfers()
          .connect(books.target.wallet)
          .take(orderFor(books, own, { target: books.third.number }));
        await expect(handBack(id, own.id, 1n))
          .to.be.revertedWithCustomError(transfers(), "NotTransferable")
          .withArgs(own.id);
      });

      it("reverts for no core-seconds, more than are open, and more than are owed", async () => {
        const { id, own } = await owing(7000n);
        await deliver(books, books.target, books.slot, deliveryOf(own.id, 9000n));
        for (const coreSeconds of [0n, 5400n]) {
          await expect(handBack(id, own.id, coreSeconds))
            .to.be.revertedWithCustomError(transfers(), "InvalidShare")
            .withArgs(coreSeconds, 5399n);
        }
        const other = await signContract(books, { seller: books.target.number });
        await expect(handBack(id, other.id, 7001n))
          .to.be.revertedWithCustomError(transfers(), "InvalidShare")
          .withArgs(7001n, 7000n);
        await handBack(id, other.id, 7000n);
      });

      it("reverts before anything was executed", async () => {
        const { id, own } = await owing(0n);
        await expect(handBack(id, own.id, 1n))
          .to.be.revertedWithCustomError(transfers(), "InvalidShare")
          .withArgs(1n, 0n);
      });

      it("reverts for what was handed back before", async () => {
        const { id, own } = await owing(7000n);
        await handBack(id, own.id, 6000n);
        await deliver(books, books.first, books.slot, deliveryOf(own.id, 6000n));
        await expect(handBack(id, own.id, 1001n))
          .to.be.revertedWithCustomError(transfers(), "InvalidShare")
          .withArgs(1001n, 1000n);
        await handBack(id, own.id, 1000n);
      });

      it("reverts for a due slot that is over or after the period", async () => {
        const { slot } = books;
        const { id, own, transfer } = await owing();
        books = await booksAt(books, slot + 1n);
        for (const due of [slot, slot + 8n]) {
          await expect(handBack(id, own.id, 1n, due))
            .to.be.revertedWithCustomError(transfers(), "InvalidDue")
            .withArgs(due, slot + 1n, slot + 7n);
        }
        expect(transfer.periodEnd).to.equal(slot + 7n);
        await handBack(id, own.id, 1n, slot + 7n);
      });

      it("takes work that is due in the present slot", async () => {
        const { id, own } = await owing();
        await handBack(id, own.id, 1n, books.slot);
        const { due } = await transfers().handoverOf(own.id);
        expect(due).to.equal(books.slot);
      });

      it("reverts for a due slot before the contract's first", async () => {
        const { id } = await owing();
        const { slot } = books;
        const later = await signContract(books, {
          seller: books.target.number,
          firstSlot: slot + 2n,
        });
        await expect(handBack(id, later.id, 1n, slot + 1n))
          .to.be.revertedWithCustomError(transfers(), "InvalidDue")
          .withArgs(slot + 1n, slot + 2n, slot + 4n);
        await handBack(id, later.id, 1n, slot + 2n);
      });

      it("reverts for more than the cores can do until it is due", async () => {
        const { id } = await owing();
        const { market, slot } = books;
        const narrow = await signContract(books, { seller: books.target.number, cores: 1n });
        await toSlot(market, slot, 3000n);
        await expect(handBack(id, narrow.id, 4201n, slot + 1n))
          .to.be.revertedWithCustomError(transfers(), "InvalidShare")
          .withArgs(4201n, 4200n);
        await toSlot(market, slot, 3001n);
        await handBack(id, narrow.id, 4199n, slot + 1n);
      });

      it("reverts for a due slot after the contract's deadline", async () => {
        const { id } = await owing();
        const { slot } = books;
        const other = await signContract(books, { seller: books.target.number });
        await expect(handBack(id, other.id, 1n, slot + 5n))
          .to.be.revertedWithCustomError(transfers(), "InvalidDue")
          .withArgs(slot + 5n, slot, slot + 4n);
        await handBack(id, other.id, 1n, slot + 4n);
      });

      it("hands the work to the first data centre and moves no money", async () => {
        const { id, own, transfer } = await owing(6000n);
        books = await booksAt(books, books.slot + 1n);
        const due = books.slot + 3n;
        const transaction = await expectEffects(books, () => handBack(id, own.id, 5000n, due), {});
        await expect(transaction)
          .to.emit(transfers(), "HandedBack")
          .withArgs(id, own.id, 5000n, due);
        await expectTransfer(books, id, { ...transfer, executed: 6000n, returning: own.id });
        await expectHandover(books, own.id, {
          transferId: id,
          executor: books.first.number,
          coreSeconds: 5000n,
          executed: 0n,
          from: books.slot,
          due,
          isReturn: true,
        });
        expect(await transfers().transfers()).to.equal(1n);
      });

      it("works while new commitments are paused", async () => {
        const { id, own } = await owing();
        await books.market.auction.setPaused(true);
        await expect(handBack(id, own.id, 1n)).to.emit(transfers(), "HandedBack");
      });
    });

    describe("execution of what is handed back", () => {
      /** What it does to the accounts that the first data centre executes a part of the target's own contract. */
      const repaymentEffects = (
        { own, transfer }: Signed & { own: Contract },
        done: bigint,
        repaid = 0n,
        closing = 0n,
      ): Parameters<typeof expectEffects>[2] => {
        const earned = earnedDown(own, repaid + done) - earnedDown(own, repaid);
        const released =
          earnedDown(transfer, repaid + done) - earnedDown(transfer, repaid) + closing;
        return {
          otherUser: [0n, -earned],
          target: [earned, 0n],
          first: [released, -released],
        };
      };

      it("reduces the debt and the lock, over several slots", async () => {
        const signed = await owing();
        const { id, own, transfer } = signed;
        await handBack(id, own.id, 7000n, books.slot + 2n);
        let repaid = 0n;
        for (const [offset, done] of [
          [0n, 1n],
          [1n, 3333n],
          [2n, 3000n],
        ] as const) {
          const transaction = await expectEffects(
            books,
            () => deliver(books, books.first, books.slot + offset, deliveryOf(own.id, done)),
            repaymentEffects(signed, done, repaid),
          );
          repaid += done;
          await expect(transaction).to.emit(transfers(), "Repaid").withArgs(id, own.id, done);
          await expect(transaction).not.to.emit(transfers(), "Executed");
          await expectTransfer(books, id, {
            ...transfer,
            executed: 7201n,
            repaid,
            returning: own.id,
            status: STATUS.owing,
          });
          await expectHandover(books, own.id, {
            transferId: id,
            executor: books.first.number,
            coreSeconds: 7000n,
            executed: repaid,
            from: books.slot,
            due: books.slot + 2n,
            isReturn: true,
          });
        }
        expect(repaid).to.equal(6334n);
        await expect(deliver(books, books.first, books.slot, deliveryOf(own.id, 667n)))
          .to.be.revertedWithCustomError(transfers(), "BeyondHandover")
          .withArgs(own.id, 667n, 666n);
      });

      it("unlocks what it repays, to the millionth", async () => {
        const signed = await owing(7201n, {}, { energy: 15n });
        const { id, own, transfer } = signed;
        await handBack(id, own.id, 7000n);
        expect(earnedDown(transfer, 2n)).to.equal(1n);
        await expectEffects(
          books,
          () => deliver(books, books.first, books.slot, deliveryOf(own.id, 2n)),
          repaymentEffects(signed, 2n),
        );
      });

      it("of the last core-seconds gives the contract back to the target", async () => {
        const signed = await owing();
        const { id, own, transfer } = signed;
        await handBack(id, own.id, 7000n);
        await deliver(books, books.first, books.slot, deliveryOf(own.id, 6000n));
        const transaction = await expectEffects(
          books,
          () => deliver(books, books.first, books.slot, deliveryOf(own.id, 1000n)),
          repaymentEffects(signed, 1000n, 6000n),
        );
        await expect(transaction).to.emit(transfers(), "Repaid").withArgs(id, own.id, 1000n);
        await expect(transaction).not.to.emit(transfers(), "TransferClosed");
        await expectTransfer(books, id, {
          ...transfer,
          executed: 7201n,
          repaid: 7000n,
          status: STATUS.owing,
        });
        await expectHandover(books, own.id, NO_HANDOVER);
        await deliver(books, books.target, books.slot, deliveryOf(own.id, 7399n));
        const { status } = await books.market.supply.contractOf(own.id);
        expect(status).to.equal(2n);
      });

      it("of all that is owed closes the transfer", async () => {
        const signed = await owing();
        const { id, own, transfer } = signed;
        await handBack(id, own.id, 7201n);
        // The lock was rounded up, what is released of it down; the rest comes last.
        const dust = 1n;
        expect(amountUp(transfer.energy, transfer.price)).to.equal(
          earnedDown(transfer, 7201n) + dust,
        );
        const transaction = await expectEffects(
          books,
          () => deliver(books, books.first, books.slot, deliveryOf(own.id, 7201n)),
          repaymentEffects(signed, 7201n, 0n, dust),
        );
        await expect(transaction).to.emit(transfers(), "TransferClosed").withArgs(id);
        await expectTransfer(books, id, {
          ...transfer,
          executed: 7201n,
          repaid: 7201n,
          status: STATUS.closed,
        });
        // The other contract's escrow and deposits, the first contract's, and the quote's deposit.
        const quoteLeft = { ...signed.quote, energy: 15_000n, cores: 4n };
        const { contract } = signed;
        expect(await totalLocked(books)).to.equal(
          quoteDeposit(quoteLeft) +
            amountUp(own.energy, own.price) -
            earnedDown(own, 7201n) +
            own.buyerDeposit +
            own.sellerDeposit +
            amountUp(contract.energy, contract.price) -
            earnedDown(contract, 7201n) +
            contract.buyerDeposit +
            contract.sellerDeposit,
        );
      });

      it("of all that is owed so far leaves a transfer open that is still executed", async () => {
        const signed = await owing(2000n);
        const { contract, id, own, transfer } = signed;
        await handBack(id, own.id, 2000n);
        const transaction = await expectEffects(
          books,
          () => deliver(books, books.first, books.slot, deliveryOf(own.id, 2000n)),
          repaymentEffects(signed, 2000n),
        );
        await expect(transaction).not.to.emit(transfers(), "TransferClosed");
        const open = { ...transfer, executed: 2000n, repaid: 2000n };
        await expectTransfer(books, id, open);

        await expectEffects(
          books,
          () => deliver(books, books.target, books.slot, deliveryOf(contract.id, 5201n)),
          executionEffects(signed, 5201n, 2000n),
        );
        await expectTransfer(books, id, { ...open, executed: 7201n, status: STATUS.owing });
        await handBack(id, own.id, 5201n);
        await deliver(books, books.first, books.slot, deliveryOf(own.id, 5201n));
        await expectTransfer(books, id, {
          ...open,
          executed: 7201n,
          repaid: 7201n,
          status: STATUS.closed,
        });
      });

      it("goes on while the target executes, both ways at once", async () => {
        const signed = await owing(3000n);
        const { contract, id, own, transfer } = signed;
        await handBack(id, own.id, 2500n, books.slot + 1n);
        await deliver(books, books.first, books.slot, deliveryOf(own.id, 500n));
        await deliver(books, books.target, books.slot, deliveryOf(contract.id, 4201n));
        await expectTransfer(books, id, {
          ...transfer,
          executed: 7201n,
          repaid: 500n,
          returning: own.id,
          status: STATUS.owing,
        });
        await deliver(books, books.first, books.slot, deliveryOf(own.id, 2000n));
        await expectTransfer(books, id, {
          ...transfer,
          executed: 7201n,
          repaid: 2500n,
          status: STATUS.owing,
        });
      });

      it("closes a transfer that the target failed and that is repaid", async () => {
        const signed = await owing(2000n);
        const { id, own, transfer } = signed;
        await handBack(id, own.id, 2000n, transfer.periodEnd);
        await advanceTo(books, transfer.due + LATE_READING_SLOTS + 1n);
        await transfers().closeOverdue(id);
        await expectTransfer(books, id, {
          ...transfer,
          executed: 2000n,
          defaulted: true,
          returning: own.id,
          status: STATUS.owing,
        });
        const left = amountUp(transfer.energy, transfer.price) - earnedDown(transfer, 2000n);
        const transaction = await expectEffects(
          books,
          () => deliver(books, books.first, books.slot, deliveryOf(own.id, 2000n)),
          repaymentEffects(signed, 2000n, 0n, left),
        );
        await expect(transaction).to.emit(transfers(), "TransferClosed").withArgs(id);
      });

      it("closes a transfer that was repaid before the target failed", async () => {
        const { id, own, transfer } = await owing(2000n);
        await handBack(id, own.id, 2000n);
        await deliver(books, books.first, books.slot, deliveryOf(own.id, 2000n));
        await advanceTo(books, transfer.due + LATE_READING_SLOTS + 1n);
        await expect(transfers().closeOverdue(id))
          .to.emit(transfers(), "TransferClosed")
          .withArgs(id);
      });

      it("releases nothing where the work is worth less than a micro-yuan", async () => {
        await postQuote(books, books.target);
        const cheap = await signContract(books, { energy: 1n, price: 1n });
        await take(books, orderFor(books, cheap, { repaymentSlots, networkFee: 0n }));
        const own = await signContract(books, { seller: books.target.number });
        await deliver(books, books.target, books.slot, deliveryOf(cheap.id, 7201n));
        await handBack(1n, own.id, 7201n);
        const paid = earnedDown(own, 7200n);
        await expectEffects(
          books,
          () => deliver(books, books.first, books.slot, deliveryOf(own.id, 7200n)),
          { user: [0n, -paid], target: [paid, 0n] },
        );
      });

      it("is the first data centre's alone", async () => {
        const { id, own } = await owing();
        await handBack(id, own.id, 100n);
        await expect(deliver(books, books.third, books.slot, deliveryOf(own.id, 1n)))
          .to.be.revertedWithCustomError(transfers(), "NotExecutor")
          .withArgs(own.id, books.third.number, books.first.number);
        await expect(deliver(books, books.target, books.slot, deliveryOf(own.id, 14_300n)))
          .to.be.revertedWithCustomError(books.market.supply, "BeyondContract")
          .withArgs(own.id, 14_300n, 14_299n);
      });
    });

    describe("closeReturn", () => {
      it("reverts for a transfer that does not exist", async () => {
        await expect(transfers().closeReturn(1n))
          .to.be.revertedWithCustomError(transfers(), "UnknownTransfer")
          .withArgs(1n);
      });

      it("reverts where nothing is handed back", async () => {
        const { id } = await owing();
        await expect(transfers().closeReturn(id))
          .to.be.revertedWithCustomError(transfers(), "NoReturnOpen")
          .withArgs(id);
      });

      it("reverts while the first data centre's reading can still come", async () => {
        const { id, own } = await owing();
        const due = books.slot + 1n;
        await handBack(id, own.id, 7000n, due);
        await toSlot(books.market, due + LATE_READING_SLOTS, 3599n);
        await expect(transfers().closeReturn(id))
          .to.be.revertedWithCustomError(transfers(), "DueNotPassed")
          .withArgs(id, due);
        await toSlot(books.market, due + LATE_READING_SLOTS + 1n);
        await expect(transfers().closeReturn(id)).to.emit(transfers(), "ReturnClosed");
      });

      it("waits for the first data centre's readings, not the target's", async () => {
        const { id, own } = await owing();
        const due = books.slot + 1n;
        await handBack(id, own.id, 7000n, due);
        await advanceTo(books, due + 1n);
        await readUpTo(books, books.target, due);
        await readUpTo(books, books.first, due - 1n);
        await expect(transfers().closeReturn(id))
          .to.be.revertedWithCustomError(transfers(), "DueNotPassed")
          .withArgs(id, due);
        await readUpTo(books, books.first, due);
        await expect(transfers().closeReturn(id)).to.emit(transfers(), "ReturnClosed");
      });

      it("gives the rest back to the target, without a penalty", async () => {
        const { id, own, transfer } = await owing();
        await handBack(id, own.id, 7000n);
        await deliver(books, books.first, books.slot, deliveryOf(own.id, 1000n));
        books = await booksAt(books, books.slot + 1n);
        const transaction = await expectEffects(
          books,
          () => transfers().connect(books.third.wallet).closeReturn(id),
          {},
        );
        await expect(transaction).to.emit(transfers(), "ReturnClosed").withArgs(id, own.id, 6000n);
        await expectTransfer(books, id, {
          ...transfer,
          executed: 7201n,
          repaid: 1000n,
          status: STATUS.owing,
        });
        await expectHandover(books, own.id, NO_HANDOVER);
        await expect(transfers().closeReturn(id))
          .to.be.revertedWithCustomError(transfers(), "NoReturnOpen")
          .withArgs(id);
        // It can be tried again with what is left of the debt.
        await expect(handBack(id, own.id, 6202n))
          .to.be.revertedWithCustomError(transfers(), "InvalidShare")
          .withArgs(6202n, 6201n);
        await handBack(id, own.id, 6201n);
      });
    });

    describe("settle", () => {
      it("reverts for a transfer that does not exist", async () => {
        await expect(transfers().settle(1n))
          .to.be.revertedWithCustomError(transfers(), "UnknownTransfer")
          .withArgs(1n);
      });

      it("reverts for a transfer that is still executed", async () => {
        const { id, transfer } = await owing(2000n);
        await advanceTo(books, transfer.periodEnd + 1n);
        await expect(transfers().settle(id))
          .to.be.revertedWithCustomError(transfers(), "WrongStatus")
          .withArgs(id, STATUS.executing);
      });

      it("reverts in the last second of the period", async () => {
        const { id, transfer } = await owing();
        await toSlot(books.market, transfer.periodEnd, 3599n);
        await expect(transfers().settle(id))
          .to.be.revertedWithCustomError(transfers(), "PeriodNotOver")
          .withArgs(id, transfer.periodEnd);
        await toSlot(books.market, transfer.periodEnd + 1n);
        await expect(transfers().settle(id)).to.emit(transfers(), "DebtSettled");
      });

      it("reverts while work is handed back", async () => {
        const { id, own, transfer } = await owing();
        await handBack(id, own.id, 100n, transfer.periodEnd);
        await advanceTo(books, transfer.periodEnd + 1n);
        await expect(transfers().settle(id))
          .to.be.revertedWithCustomError(transfers(), "ReturnOpen")
          .withArgs(id, own.id);
        await readUpTo(books, books.first, transfer.periodEnd);
        await transfers().closeReturn(id);
        await transfers().settle(id);
      });

      it("pays all of the work if none was handed back", async () => {
        const { id, transfer } = await owing();
        await advanceTo(books, transfer.periodEnd + 1n);
        const paid = earnedDown(transfer, 7201n);
        const lock = amountUp(transfer.energy, transfer.price);
        const transaction = await expectEffects(
          books,
          () => transfers().connect(books.third.wallet).settle(id),
          { first: [lock - paid, -lock], target: [paid, 0n] },
        );
        expect([paid, lock]).to.deep.equal([3_250_655n, 3_250_656n]); // 5,001 Wh at 0.650001
        await expect(transaction).to.emit(transfers(), "DebtSettled").withArgs(id, 7201n, paid);
        await expect(transaction).to.emit(transfers(), "TransferClosed").withArgs(id);
        await expectTransfer(books, id, {
          ...transfer,
          executed: 7201n,
          settled: 7201n,
          status: STATUS.closed,
        });
        await expect(transfers().settle(id))
          .to.be.revertedWithCustomError(transfers(), "WrongStatus")
          .withArgs(id, STATUS.closed);
      });

      it("pays what is left of the debt", async () => {
        const { id, own, transfer } = await owing();
        await handBack(id, own.id, 3001n);
        await deliver(books, books.first, books.slot, deliveryOf(own.id, 3001n));
        await advanceTo(books, transfer.periodEnd + 1n);
        const released = earnedDown(transfer, 3001n);
        const paid = earnedDown(transfer, 7201n) - released;
        const lock = amountUp(transfer.energy, transfer.price) - released;
        const transaction = await expectEffects(books, () => transfers().settle(id), {
          first: [lock - paid, -lock],
          target: [paid, 0n],
        });
        await expect(transaction).to.emit(transfers(), "DebtSettled").withArgs(id, 4200n, paid);
        await expectTransfer(books, id, {
          ...transfer,
          executed: 7201n,
          repaid: 3001n,
          settled: 4200n,
          status: STATUS.closed,
        });
      });

      it("pays what a target did that failed, and no more", async () => {
        const { id, transfer } = await owing(2000n);
        await advanceTo(books, transfer.periodEnd + 1n);
        await transfers().closeOverdue(id);
        const paid = earnedDown(transfer, 2000n);
        const lock = amountUp(transfer.energy, transfer.price);
        const transaction = await expectEffects(books, () => transfers().settle(id), {
          first: [lock - paid, -lock],
          target: [paid, 0n],
        });
        await expect(transaction).to.emit(transfers(), "DebtSettled").withArgs(id, 2000n, paid);
        await expectTransfer(books, id, {
          ...transfer,
          executed: 2000n,
          defaulted: true,
          settled: 2000n,
          status: STATUS.closed,
        });
      });

      it("settles while new commitments are paused and both parties are revoked", async () => {
        const { id, transfer } = await owing();
        await books.market.auction.setPaused(true);
        await books.market.identities.revoke(books.target.number);
        await books.market.identities.revoke(books.first.number);
        await advanceTo(books, transfer.periodEnd + 1n);
        await expect(transfers().settle(id)).to.emit(transfers(), "DebtSettled");
      });
    });

    it("ends with as much repaid and settled as was executed", async () => {
      for (const [executed, repaid] of [
        [7201n, 7201n],
        [7201n, 3333n],
        [7201n, 0n],
        [2222n, 1111n],
        [2222n, 0n],
        [0n, 0n],
      ] as const) {
        books = await loadBooks();
        const { id, own, transfer } = await owing(executed);
        if (repaid !== 0n) {
          await handBack(id, own.id, repaid);
          await deliver(books, books.first, books.slot, deliveryOf(own.id, repaid));
        }
        await advanceTo(books, transfer.periodEnd + 1n);
        if (executed !== transfer.coreSeconds) await transfers().closeOverdue(id);
        if (executed !== repaid) await transfers().settle(id);
        const end = await transfers().transferOf(id);
        expect(end.status).to.equal(STATUS.closed);
        expect(end.executed).to.equal(executed);
        expect(end.repaid + end.settled).to.equal(executed);
      }
    });
  });

  describe("cheapestQuote", () => {
    /** With what the quotes below just fit. */
    const ask = async (
      changes: {
        energy?: bigint;
        cores?: bigint;
        due?: bigint;
        repaymentSlots?: bigint;
        asker?: bigint;
        from?: bigint;
        count?: bigint;
      } = {},
    ): Promise<[bigint, bigint]> => {
      const question = {
        energy: 1n,
        cores: 1n,
        due: books.slot,
        repaymentSlots: 0n,
        asker: 0n,
        from: 0n,
        count: 100n,
        ...changes,
      };
      const { dataCentre, price } = await transfers().cheapestQuote(
        question.energy,
        question.cores,
        question.due,
        question.repaymentSlots,
        question.asker,
        question.from,
        question.count,
      );
      return [dataCentre, price];
    };

    it("finds nothing where nobody quoted", async () => {
      expect(await ask()).to.deep.equal([0n, 0n]);
    });

    it("finds the cheapest, wherever it is in the list", async () => {
      const { first, target, third } = books;
      await postQuote(books, first, { price: 30n });
      await postQuote(books, target, { price: 20n });
      await postQuote(books, third, { price: 40n });
      expect(await ask()).to.deep.equal([target.number, 20n]);
      await postQuote(books, third, { price: 19n });
      expect(await ask()).to.deep.equal([third.number, 19n]);
      await postQuote(books, first, { price: 18n });
      expect(await ask()).to.deep.equal([first.number, 18n]);
    });

    it("prefers the earlier quoter in a tie", async () => {
      await postQuote(books, books.third, { price: 20n });
      await postQuote(books, books.target, { price: 20n });
      expect(await ask()).to.deep.equal([books.third.number, 20n]);
    });

    it("leaves the asker out", async () => {
      await postQuote(books, books.target, { price: 20n });
      await postQuote(books, books.third, { price: 21n });
      expect(await ask({ asker: books.target.number })).to.deep.equal([books.third.number, 21n]);
    });

    it("leaves quotes that do not fit out, to the last unit", async () => {
      await postQuote(books, books.target, { firstSlot: books.slot + 1n });
      const found = [books.target.number, 500_003n];
      const fits = { energy: 20_001n, cores: 8n, due: books.slot + 1n, repaymentSlots: 5n };
      expect(await ask(fits)).to.deep.equal(found);
      expect(await ask({ ...fits, due: books.slot + 3n })).to.deep.equal(found);
      for (const changes of [
        { energy: 20_002n },
        { cores: 9n },
        { due: books.slot },
        { due: books.slot + 4n },
        { repaymentSlots: 6n },
      ]) {
        expect(await ask({ ...fits, ...changes })).to.deep.equal([0n, 0n]);
      }
    });

    it("leaves quotes that were withdrawn out", async () => {
      await postQuote(books, books.target, { price: 20n });
      await transfers().connect(books.target.wallet).withdrawQuote();
      expect(await ask({ energy: 0n, cores: 0n, due: 0n, repaymentSlots: 0n })).to.deep.equal([
        0n,
        0n,
      ]);
    });

    it("leaves quoters out that are revoked", async () => {
      await postQuote(books, books.target, { price: 20n });
      await postQuote(books, books.third, { price: 21n });
      await books.market.identities.revoke(books.target.number);
      expect(await ask()).to.deep.equal([books.third.number, 21n]);
    });

    it("looks at a page of the quoters", async () => {
      const { first, target, third } = books;
      await postQuote(books, first, { price: 10n });
      await postQuote(books, target, { price: 30n });
      await postQuote(books, third, { price: 20n });
      const NONE = [0n, 0n];
      expect(await ask({ count: 0n })).to.deep.equal(NONE);
      expect(await ask({ from: 1n, count: 0n })).to.deep.equal(NONE);
      expect(await ask({ from: 1n, count: 1n })).to.deep.equal([target.number, 30n]);
      expect(await ask({ from: 1n, count: 2n })).to.deep.equal([third.number, 20n]);
      expect(await ask({ from: 0n, count: 1n })).to.deep.equal([first.number, 10n]);
      expect(await ask({ from: 2n, count: 2n ** 256n - 1n })).to.deep.equal([third.number, 20n]);
      expect(await ask({ from: 3n })).to.deep.equal(NONE);
    });
  });

  describe("views", () => {
    it("revert for a transfer that does not exist", async () => {
      const { id } = await signTransfer(books);
      for (const unknown of [0n, id + 1n]) {
        await expect(transfers().transferOf(unknown))
          .to.be.revertedWithCustomError(transfers(), "UnknownTransfer")
          .withArgs(unknown);
      }
    });

    it("are empty where there is nothing", async () => {
      expect(await transfers().transfers()).to.equal(0n);
      expect(await transfers().quoters()).to.equal(0n);
      expect(await transfers().quoteOf(books.target.number)).to.deep.equal(tupleOf(NO_QUOTE));
      expect(await transfers().handedOverCoreSeconds(1n)).to.equal(0n);
      expect(await transfers().handoverOf(1n)).to.deep.equal(tupleOf(NO_HANDOVER));
    });
  });
});
