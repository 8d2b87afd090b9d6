/** What an order transfer does whatever its mode: handing over, execution and default. */
import { expect } from "chai";

import { toSlot } from "../support/market.ts";
import {
  advanceTo,
  amountUp,
  type Books,
  booksAt,
  type Contract,
  DEFAULT_FALL,
  deliver,
  deliveryOf,
  earnedDown,
  type Effect,
  expectEffects,
  expectHandover,
  expectTransfer,
  LATE_READING_SLOTS,
  loadBooks,
  MODE,
  NO_HANDOVER,
  type Order,
  orderFor,
  packProgress,
  type Party,
  postQuote,
  type Quote,
  quoteDeposit,
  readUpTo,
  riseFor,
  signContract,
  type Signed,
  signTransfer,
  STATUS,
  SUPPLY_STATUS,
  take,
  transferFor,
  transferLock,
  tupleOf,
} from "../support/transfers.ts";

const FULFILLED = SUPPLY_STATUS.fulfilled;

/** The repayment period that selects a mode. */
export const REPAYMENT_SLOTS = { payment: 0n, computeTime: 5n } as const;

/**
 * What it does to the accounts that the target executes `done` core-seconds of a transfer.
 *
 * @param executed before, by the target
 * @param delivered before, of the contract
 */
export function executionEffects(
  { contract, transfer }: Signed,
  done: bigint,
  executed = 0n,
  delivered = executed,
): Partial<Record<Party, Effect>> {
  const shareOf = (amount: bigint, part: bigint): bigint => (amount * part) / transfer.coreSeconds;
  const earned = earnedDown(contract, delivered + done) - earnedDown(contract, delivered);
  const payment = transfer.mode === MODE.payment;
  const paid = payment
    ? earnedDown(transfer, executed + done) - earnedDown(transfer, executed)
    : 0n;
  const network =
    shareOf(transfer.networkFee, executed + done) - shareOf(transfer.networkFee, executed);
  const complete = executed + done === transfer.coreSeconds;
  const dust =
    payment && complete
      ? amountUp(transfer.energy, transfer.price) - earnedDown(transfer, transfer.coreSeconds)
      : 0n;
  const deposit = complete ? transfer.deposit : 0n;
  const rise = complete ? riseFor(transfer.energy) : 0n;
  return {
    user: [0n, -earned],
    first: [earned + dust, -paid - network - dust, rise],
    target: [paid + deposit, -deposit, rise],
    networkOperator: [network, 0n],
  };
}

/** Tests of {@link REPAYMENT_SLOTS | a mode}: taking a quote, executing, failing to. */
export function shouldBehaveLikeOrderTransfer(mode: keyof typeof REPAYMENT_SLOTS): void {
  const repaymentSlots = REPAYMENT_SLOTS[mode];
  const payment = mode === "payment";
  let books: Books;

  beforeEach(async () => {
    books = await loadBooks();
  });

  const transfers = (): Books["market"]["transfers"] => books.market.transfers;

  const sign = (changes: Partial<Order> = {}): Promise<Signed> =>
    signTransfer(books, { repaymentSlots, ...changes });

  describe("take", () => {
    let contract: Contract;
    let quote: Quote;

    const order = (changes: Partial<Order> = {}): Order =>
      orderFor(books, contract, { repaymentSlots, ...changes });

    beforeEach(async () => {
      contract = await signContract(books);
      quote = await postQuote(books, books.target);
    });

    it("signs the transfer and locks what it can cost", async () => {
      const taken = order();
      const transfer = transferFor(books, contract, taken, quote);
      const lock = transferLock(transfer);
      const transaction = await expectEffects(books, () => take(books, taken), {
        first: [-lock, lock],
      });
      await expect(transaction)
        .to.emit(transfers(), "Taken")
        .withArgs(1n, books.first.number, books.target.number, tupleOf(transfer));
      expect(transfer.energy).to.equal(5001n); // 9,999 * 7,201 / 14,399 = 5,000.54
      expect(transfer.price).to.equal(payment ? 500_003n : 650_001n);
      expect(await transfers().transfers()).to.equal(1n);
      await expectTransfer(books, 1n, transfer);
      await expectHandover(books, contract.id, {
        transferId: 1n,
        executor: books.target.number,
        coreSeconds: 7201n,
        executed: 0n,
        from: books.slot,
        due: books.slot + 2n,
        isReturn: false,
      });
    });

    it("deducts energy and cores from the quote, and the deposit that belongs to it", async () => {
      await take(books, order());
      const left = { ...quote, energy: 15_000n, cores: 4n };
      expect(await transfers().quoteOf(books.target.number)).to.deep.equal(tupleOf(left));
      const { deposit } = await transfers().transferOf(1n);
      expect(deposit).to.equal(quoteDeposit(quote) - quoteDeposit(left));
      // What the quote locked is all there is for both, to the micro-yuan.
      const deposits = quoteDeposit(left);
      await expectEffects(books, () => transfers().connect(books.target.wallet).withdrawQuote(), {
        target: [deposits, -deposits],
      });
      const account = await books.market.vault.accountOf(books.target.number);
      expect(account.locked).to.equal(deposit);
    });

    it("takes a quote several times, until its energy is used up", async () => {
      const second = await signContract(books, { energy: 10_002n });
      await take(books, order({ coreSeconds: 14_399n }));
      await take(books, order({ contractId: second.id, coreSeconds: 14_399n }));
      const left = { ...quote, energy: 0n, cores: 0n };
      expect(await transfers().quoteOf(books.target.number)).to.deep.equal(tupleOf(left));
      const deposits =
        (await transfers().transferOf(1n)).deposit + (await transfers().transferOf(2n)).deposit;
      expect(deposits).to.equal(quoteDeposit(quote));
      expect(await transfers().transfers()).to.equal(2n);
      const transaction = await expectEffects(
        books,
        () => transfers().connect(books.target.wallet).withdrawQuote(),
        {},
      );
      await expect(transaction)
        .to.emit(transfers(), "Quoted")
        .withArgs(books.target.number, 0n, 0n, 0n, 0n, 0n, 0n);
    });

    it("hands all that is open over, with all of its energy", async () => {
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 4399n));
      await expect(take(books, order({ coreSeconds: 10_001n })))
        .to.be.revertedWithCustomError(transfers(), "InvalidShare")
        .withArgs(10_001n, 10_000n);
      await take(books, order({ coreSeconds: 10_000n }));
      const { energy } = await transfers().transferOf(1n);
      expect(energy).to.equal(6945n); // 9,999 * 10,000 / 14,399 = 6,944.2
    });

    it("reverts while new commitments are paused", async () => {
      await books.market.auction.setPaused(true);
      await expect(take(books, order())).to.be.revertedWithCustomError(transfers(), "Paused");
      await books.market.auction.setPaused(false);
      await take(books, order());
    });

    it("reverts for a caller that is no active data centre", async () => {
      await expect(transfers().connect(books.user.wallet).take(order()))
        .to.be.revertedWithCustomError(books.market.identities, "WrongRole")
        .withArgs(books.user.number, 1n, 2n);
      await books.market.identities.revoke(books.first.number);
      await expect(take(books, order()))
        .to.be.revertedWithCustomError(books.market.identities, "ParticipantRevoked")
        .withArgs(books.first.number);
    });

    it("reverts for a contract that does not exist", async () => {
      await expect(take(books, order({ contractId: 2n })))
        .to.be.revertedWithCustomError(books.market.supply, "UnknownContract")
        .withArgs(2n);
    });

    it("reverts for a contract of another seller", async () => {
      await expect(transfers().connect(books.third.wallet).take(order()))
        .to.be.revertedWithCustomError(transfers(), "NotSeller")
        .withArgs(contract.id, books.third.number);
    });

    it("reverts for a contract that has ended", async () => {
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 14_399n));
      await expect(take(books, order()))
        .to.be.revertedWithCustomError(transfers(), "NotTransferable")
        .withArgs(contract.id);
    });

    it("reverts for a contract of which a part is handed over", async () => {
      await take(books, order());
      await expect(take(books, order({ coreSeconds: 1n })))
        .to.be.revertedWithCustomError(transfers(), "NotTransferable")
        .withArgs(contract.id);
      expect(await transfers().transfers()).to.equal(1n);
    });

    it("reverts for no core-seconds and for one more than are open", async () => {
      for (const coreSeconds of [0n, 14_400n]) {
        await expect(take(books, order({ coreSeconds })))
          .to.be.revertedWithCustomError(transfers(), "InvalidShare")
          .withArgs(coreSeconds, 14_399n);
      }
      await take(books, order({ coreSeconds: 1n }));
    });

    it("reverts for the caller's own quote", async () => {
      await postQuote(books, books.first);
      await expect(take(books, order({ target: books.first.number })))
        .to.be.revertedWithCustomError(transfers(), "OwnQuote")
        .withArgs(books.first.number);
    });

    it("reverts for a target that is no active data centre", async () => {
      await expect(take(books, order({ target: 999n })))
        .to.be.revertedWithCustomError(books.market.identities, "UnknownParticipant")
        .withArgs(999n);
      await expect(take(books, order({ target: books.user.number })))
        .to.be.revertedWithCustomError(books.market.identities, "WrongRole")
        .withArgs(books.user.number, 1n, 2n);
      await books.market.identities.revoke(books.target.number);
      await expect(take(books, order()))
        .to.be.revertedWithCustomError(books.market.identities, "ParticipantRevoked")
        .withArgs(books.target.number);
    });

    it("reverts for a data centre without a quote", async () => {
      await expect(take(books, order({ target: books.third.number })))
        .to.be.revertedWithCustomError(transfers(), "NoQuote")
        .withArgs(books.third.number);
    });

    it("reverts for a price above the caller's limit", async () => {
      await expect(take(books, order({ maxPrice: 500_002n })))
        .to.be.revertedWithCustomError(transfers(), "PriceAboveLimit")
        .withArgs(500_003n, 500_002n);
      await take(books, order({ maxPrice: 500_003n }));
    });

    it("reverts for one watt-hour too few in the quote", async () => {
      await postQuote(books, books.target, { energy: 5000n });
      await expect(take(books, order()))
        .to.be.revertedWithCustomError(transfers(), "QuoteTooSmall")
        .withArgs(5000n, 8n, 5001n, 4n);
      await postQuote(books, books.target, { energy: 5001n });
      await take(books, order());
    });

    it("reverts for cores that another contract has taken", async () => {
      await take(books, order({ coreSeconds: 1n }));
      const wide = await signContract(books, { cores: 5n });
      await expect(take(books, order({ contractId: wide.id })))
        .to.be.revertedWithCustomError(transfers(), "QuoteTooSmall")
        .withArgs(20_000n, 4n, 5001n, 5n);
      const narrow = await signContract(books);
      await take(books, order({ contractId: narrow.id }));
    });

    it("reverts for one core too few in the quote", async () => {
      await postQuote(books, books.target, { cores: 3n });
      await expect(take(books, order()))
        .to.be.revertedWithCustomError(transfers(), "QuoteTooSmall")
        .withArgs(20_001n, 3n, 5001n, 4n);
      await postQuote(books, books.target, { cores: 4n });
      await take(books, order());
    });

    it("reverts for a repayment period that the target does not accept", async () => {
      await expect(take(books, order({ repaymentSlots: 6n })))
        .to.be.revertedWithCustomError(transfers(), "PeriodTooLong")
        .withArgs(6n, 5n);
    });

    it("reverts for a due slot outside the quote", async () => {
      const { slot } = books;
      await postQuote(books, books.target, { firstSlot: slot + 1n, lastSlot: slot + 2n });
      for (const due of [slot, slot + 3n]) {
        await expect(take(books, order({ due })))
          .to.be.revertedWithCustomError(transfers(), "InvalidDue")
          .withArgs(due, slot + 1n, slot + 2n);
      }
      await take(books, order({ due: slot + 1n }));
    });

    it("takes a quote that is due in its last slot", async () => {
      await take(books, order({ due: books.slot + 3n }));
      const { due } = await transfers().transferOf(1n);
      expect(due).to.equal(books.slot + 3n);
    });

    it("reverts for a due slot that is over", async () => {
      await advanceTo(books, books.slot + 1n);
      await expect(take(books, order({ due: books.slot })))
        .to.be.revertedWithCustomError(transfers(), "InvalidDue")
        .withArgs(books.slot, books.slot + 1n, books.slot + 3n);
    });

    it("takes a quote that is due in the present slot", async () => {
      await take(books, order({ due: books.slot }));
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 7201n));
      const { executed } = await transfers().transferOf(1n);
      expect(executed).to.equal(7201n);
    });

    it("reverts for a due slot after the deadline", async () => {
      const { slot } = books;
      await postQuote(books, books.target, { lastSlot: slot + 9n });
      await expect(take(books, order({ due: slot + 5n })))
        .to.be.revertedWithCustomError(transfers(), "InvalidDue")
        .withArgs(slot + 5n, slot, slot + 4n);
      await take(books, order({ due: slot + 4n }));
    });

    it("reverts for a due slot before the contract's first", async () => {
      const { slot } = books;
      contract = await signContract(books, { firstSlot: slot + 2n });
      await expect(take(books, order({ due: slot + 1n })))
        .to.be.revertedWithCustomError(transfers(), "InvalidDue")
        .withArgs(slot + 1n, slot + 2n, slot + 3n);
      // From the first slot on there is all of its time.
      await take(books, order({ due: slot + 2n, coreSeconds: 14_399n }));
    });

    it("reverts for more than the cores can do in the contract's slots until it is due", async () => {
      const { slot } = books;
      contract = await signContract(books, {
        cores: 1n,
        firstSlot: slot + 1n,
        coreSeconds: 10_800n,
      });
      await expect(take(books, order({ due: slot + 2n, coreSeconds: 7201n })))
        .to.be.revertedWithCustomError(transfers(), "InvalidShare")
        .withArgs(7201n, 7200n);
      await take(books, order({ due: slot + 2n, coreSeconds: 7200n }));
    });

    it("reverts for more than the cores can do from now until it is due", async () => {
      const { market, slot } = books;
      const overdue = order({ due: slot, coreSeconds: 401n });
      await toSlot(market, slot, 3500n);
      await expect(take(books, overdue))
        .to.be.revertedWithCustomError(transfers(), "InvalidShare")
        .withArgs(401n, 400n);
      await toSlot(market, slot, 3501n);
      await expect(take(books, { ...overdue, coreSeconds: 397n }))
        .to.be.revertedWithCustomError(transfers(), "InvalidShare")
        .withArgs(397n, 396n);
      await toSlot(market, slot, 3502n);
      await take(books, { ...overdue, coreSeconds: 392n });
    });

    it("reverts for a caller that cannot lock what it can cost", async () => {
      const { available } = await books.market.vault.accountOf(books.first.number);
      const taken = order();
      const lock = transferLock(transferFor(books, contract, taken, quote));
      await books.market.vault
        .connect(books.first.wallet)
        .withdraw(available - lock + 1n, books.first.wallet);
      await expect(take(books, taken))
        .to.be.revertedWithCustomError(books.market.vault, "InsufficientFunds")
        .withArgs(books.first.number, lock - 1n, lock);
      expect(await transfers().transfers()).to.equal(0n);
      await take(books, { ...taken, networkFee: taken.networkFee - 1n });
    });
  });

  describe("execute", () => {
    it("reverts for everyone but the supply book", async () => {
      const { contract } = await sign();
      for (const caller of [
        books.market.admin,
        books.target.wallet,
        books.asMeters,
        books.asAuction,
        books.asTransfers,
      ]) {
        await expect(
          transfers().connect(caller).execute(contract.id, books.target.number, books.slot, 1n),
        )
          .to.be.revertedWithCustomError(transfers(), "NotMarket")
          .withArgs(caller.address);
      }
    });

    it("reverts for a data centre that is not the executor", async () => {
      const { contract } = await sign();
      await expect(deliver(books, books.third, books.slot, deliveryOf(contract.id, 1n)))
        .to.be.revertedWithCustomError(transfers(), "NotExecutor")
        .withArgs(contract.id, books.third.number, books.target.number);
    });

    it("reverts in the slot before the handover and the slot after it is due", async () => {
      const { slot } = books;
      const contract = await signContract(books);
      books = await booksAt(books, slot + 1n);
      await postQuote(books, books.target);
      await take(books, orderFor(books, contract, { repaymentSlots, due: slot + 2n }));
      for (const wrong of [slot, slot + 3n]) {
        await expect(deliver(books, books.target, wrong, deliveryOf(contract.id, 1n)))
          .to.be.revertedWithCustomError(transfers(), "OutsideHandover")
          .withArgs(contract.id, wrong, slot + 1n, slot + 2n);
      }
      await deliver(books, books.target, slot + 1n, deliveryOf(contract.id, 1n));
      await deliver(books, books.target, slot + 2n, deliveryOf(contract.id, 2n));
      const { executed } = await transfers().transferOf(1n);
      expect(executed).to.equal(3n);
    });

    it("reverts for one core-second more than is left of the part", async () => {
      const { contract } = await sign();
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 7000n));
      await expect(deliver(books, books.target, books.slot, deliveryOf(contract.id, 202n)))
        .to.be.revertedWithCustomError(transfers(), "BeyondHandover")
        .withArgs(contract.id, 202n, 201n);
    });

    it("counts for the seller and pays as it goes, over several slots", async () => {
      const signed = await sign();
      const { contract, id, transfer } = signed;
      let executed = 0n;
      let delivered = { delivered: 0n, pv: 0n, esd: 0n, grid: 0n };
      for (const [offset, done] of [
        [0n, 1n],
        [1n, 3333n],
        [2n, 3866n],
      ] as const) {
        const effects = executionEffects(signed, done, executed);
        const slot = books.slot + offset;
        const delivery = deliveryOf(contract.id, done, { pv: 11n, esd: 5n, grid: 3n });
        const transaction = await expectEffects(
          books,
          () => deliver(books, books.target, slot, delivery),
          effects,
        );
        await expect(transaction)
          .to.emit(transfers(), "Executed")
          .withArgs(id, done, effects.target![0], effects.networkOperator![0]);
        delivered = {
          delivered: delivered.delivered + done,
          pv: delivered.pv + 11n,
          esd: delivered.esd + 5n,
          grid: delivered.grid + 3n,
        };
        const progress = packProgress({ ...contract, ...delivered, handedOver: true });
        await expect(transaction)
          .to.emit(books.market.supply, "Delivered")
          .withArgs(contract.id, books.target.number, slot, progress, -effects.user![1]);
        await expect(transaction).not.to.emit(transfers(), "TransferClosed");
        executed += done;
        await expectTransfer(books, id, { ...transfer, executed });
        await expectHandover(books, contract.id, {
          transferId: id,
          executor: books.target.number,
          coreSeconds: 7201n,
          executed,
          from: transfer.signed,
          due: transfer.due,
          isReturn: false,
        });
      }
      expect(executed).to.equal(7200n);
    });

    it("of the last core-seconds returns the target's deposit and gives the contract back", async () => {
      const signed = await sign();
      const { contract, id, transfer } = signed;
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 7000n));
      const effects = executionEffects(signed, 201n, 7000n);
      const transaction = await expectEffects(
        books,
        () => deliver(books, books.target, books.slot + 1n, deliveryOf(contract.id, 201n)),
        effects,
      );
      await expect(transaction)
        .to.emit(transfers(), "Executed")
        .withArgs(id, 201n, effects.target![0] - transfer.deposit, effects.networkOperator![0]);
      if (payment) {
        await expect(transaction).to.emit(transfers(), "TransferClosed").withArgs(id);
      } else {
        await expect(transaction).not.to.emit(transfers(), "TransferClosed");
      }
      await expectTransfer(books, id, {
        ...transfer,
        executed: 7201n,
        status: payment ? STATUS.closed : STATUS.owing,
      });
      await expectHandover(books, contract.id, NO_HANDOVER);
      await expect(deliver(books, books.target, books.slot, deliveryOf(contract.id, 1n)))
        .to.be.revertedWithCustomError(books.market.supply, "ForeignDelivery")
        .withArgs(contract.id, books.target.number);
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 7198n));
      const { status } = await books.market.supply.contractOf(contract.id);
      expect(status).to.equal(FULFILLED);
    });

    it("of all of the contract fulfils it", async () => {
      const signed = await sign({ coreSeconds: 14_399n });
      const { contract, transfer } = signed;
      const effects = executionEffects(signed, 14_399n);
      const [firstAvailable, firstLocked] = effects.first!;
      const transferRise = riseFor(transfer.energy);
      const rise = riseFor(contract.energy);
      const back = contract.buyerDeposit + 1n;
      await expectEffects(
        books,
        () => deliver(books, books.target, books.slot, deliveryOf(contract.id, 14_399n)),
        {
          ...effects,
          user: [back, effects.user![1] - back, rise],
          first: [
            firstAvailable + contract.sellerDeposit,
            firstLocked - contract.sellerDeposit,
            transferRise + rise,
          ],
        },
      );
      expect(transfer.energy).to.equal(9999n);
      const { status, handedOver } = await books.market.supply.contractOf(contract.id);
      expect([status, handedOver]).to.deep.equal([FULFILLED, false]);
    });

    it("pays no network fee where there is none", async () => {
      const signed = await sign({ networkFee: 0n });
      for (const [executed, done] of [
        [0n, 100n],
        [100n, 7101n],
      ] as const) {
        await expectEffects(
          books,
          () => deliver(books, books.target, books.slot, deliveryOf(signed.contract.id, done)),
          executionEffects(signed, done, executed),
        );
      }
    });

    it("leaves the seller the rest of the contract, and no more", async () => {
      const { contract } = await sign();
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 201n));
      await expect(deliver(books, books.first, books.slot, deliveryOf(contract.id, 7199n)))
        .to.be.revertedWithCustomError(books.market.supply, "BeyondContract")
        .withArgs(contract.id, 7199n, 7198n);
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 7198n));
      const { handedOver, delivered } = await books.market.supply.contractOf(contract.id);
      expect([handedOver, delivered]).to.deep.equal([true, 7399n]);
      await expect(deliver(books, books.first, books.slot, deliveryOf(contract.id, 1n)))
        .to.be.revertedWithCustomError(books.market.supply, "BeyondContract")
        .withArgs(contract.id, 1n, 0n);
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 7000n));
      const { status } = await books.market.supply.contractOf(contract.id);
      expect(status).to.equal(FULFILLED);
    });

    it("goes on for a target that was revoked, and while new commitments are paused", async () => {
      const signed = await sign();
      await books.market.identities.revoke(books.target.number);
      await books.market.identities.revoke(books.first.number);
      await books.market.auction.setPaused(true);
      await expectEffects(
        books,
        () => deliver(books, books.target, books.slot, deliveryOf(signed.contract.id, 7201n)),
        executionEffects(signed, 7201n),
      );
    });
  });

  describe("closeOverdue", () => {
    const closeOverdue = (id: bigint): ReturnType<Books["market"]["transfers"]["closeOverdue"]> =>
      transfers().connect(books.third.wallet).closeOverdue(id);

    /** To the first moment at which no reading of the due slot can come. */
    const toOverdue = ({ transfer }: Signed): Promise<void> =>
      advanceTo(books, transfer.due + LATE_READING_SLOTS + 1n);

    it("reverts for a transfer that does not exist", async () => {
      const { id } = await sign();
      for (const unknown of [0n, id + 1n]) {
        await expect(closeOverdue(unknown))
          .to.be.revertedWithCustomError(transfers(), "UnknownTransfer")
          .withArgs(unknown);
      }
    });

    it("reverts while the target's reading of the due slot can still come", async () => {
      const { id, transfer } = await sign();
      await toSlot(books.market, transfer.due + LATE_READING_SLOTS, 3599n);
      await expect(closeOverdue(id))
        .to.be.revertedWithCustomError(transfers(), "DueNotPassed")
        .withArgs(id, transfer.due);
      await toSlot(books.market, transfer.due + LATE_READING_SLOTS + 1n);
      await expect(closeOverdue(id)).to.emit(transfers(), "TransferDefaulted");
    });

    it("waits for the target's readings, not the first data centre's", async () => {
      const { id, transfer } = await sign();
      await advanceTo(books, transfer.due + 1n);
      await readUpTo(books, books.first, transfer.due);
      await readUpTo(books, books.target, transfer.due - 1n);
      await expect(closeOverdue(id))
        .to.be.revertedWithCustomError(transfers(), "DueNotPassed")
        .withArgs(id, transfer.due);
      await readUpTo(books, books.target, transfer.due);
      await expect(closeOverdue(id)).to.emit(transfers(), "TransferDefaulted");
    });

    it("gives the whole deposit to the first data centre if nothing was executed", async () => {
      const signed = await sign();
      const { contract, id, transfer } = signed;
      await toOverdue(signed);
      const lock = transferLock(transfer);
      const transaction = await expectEffects(books, () => closeOverdue(id), {
        first: [lock + transfer.deposit, -lock],
        target: [0n, -transfer.deposit, -DEFAULT_FALL],
      });
      await expect(transaction)
        .to.emit(transfers(), "TransferDefaulted")
        .withArgs(id, 7201n, transfer.deposit)
        .and.to.emit(transfers(), "TransferClosed")
        .withArgs(id);
      await expectTransfer(books, id, { ...transfer, defaulted: true, status: STATUS.closed });
      await expectHandover(books, contract.id, NO_HANDOVER);
    });

    it("gives the part of it that was not executed, rounded down", async () => {
      const signed = await sign();
      const { contract, id, transfer } = signed;
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 2000n));
      await toOverdue(signed);
      const penalty = (transfer.deposit * 5201n) / 7201n;
      const feeLeft = transfer.networkFee - (transfer.networkFee * 2000n) / 7201n;
      const priceLeft = amountUp(transfer.energy, transfer.price) - earnedDown(transfer, 2000n);
      const back = payment ? feeLeft + priceLeft : feeLeft;
      const transaction = await expectEffects(books, () => closeOverdue(id), {
        first: [penalty + back, -back],
        target: [transfer.deposit - penalty, -transfer.deposit, -DEFAULT_FALL],
      });
      await expect(transaction)
        .to.emit(transfers(), "TransferDefaulted")
        .withArgs(id, 5201n, penalty);
      if (payment) {
        await expect(transaction).to.emit(transfers(), "TransferClosed").withArgs(id);
      } else {
        await expect(transaction).not.to.emit(transfers(), "TransferClosed");
      }
      await expectTransfer(books, id, {
        ...transfer,
        executed: 2000n,
        defaulted: true,
        status: payment ? STATUS.closed : STATUS.owing,
      });
      await expectHandover(books, contract.id, NO_HANDOVER);
    });

    it("gives the lock back where there is no network fee", async () => {
      const signed = await sign({ networkFee: 0n });
      const { id, transfer } = signed;
      await toOverdue(signed);
      const lock = amountUp(transfer.energy, transfer.price);
      await expectEffects(books, () => closeOverdue(id), {
        first: [lock + transfer.deposit, -lock],
        target: [0n, -transfer.deposit, -DEFAULT_FALL],
      });
    });

    it("reverts for a transfer that was closed, or executed in full", async () => {
      const signed = await sign();
      await toOverdue(signed);
      await closeOverdue(signed.id);
      await expect(closeOverdue(signed.id))
        .to.be.revertedWithCustomError(transfers(), "WrongStatus")
        .withArgs(signed.id, STATUS.closed);

      books = await loadBooks();
      const executed = await sign();
      const { contract, id } = executed;
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 7201n));
      await toOverdue(executed);
      await expect(closeOverdue(id))
        .to.be.revertedWithCustomError(transfers(), "WrongStatus")
        .withArgs(id, payment ? STATUS.closed : STATUS.owing);
    });

    it("lets the first data centre top the contract up before the deadline", async () => {
      const { contract, id, transfer } = await sign();
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 2000n));
      books = await booksAt(books, transfer.due + 1n);
      await closeOverdue(id);
      await expect(deliver(books, books.target, books.slot, deliveryOf(contract.id, 1n)))
        .to.be.revertedWithCustomError(books.market.supply, "ForeignDelivery")
        .withArgs(contract.id, books.target.number);
      await deliver(books, books.first, books.slot, deliveryOf(contract.id, 12_399n));
      const { status } = await books.market.supply.contractOf(contract.id);
      expect(status).to.equal(FULFILLED);
    });

    it("lets it hand the contract over again before the deadline", async () => {
      const { contract, id, transfer } = await sign();
      await deliver(books, books.target, books.slot, deliveryOf(contract.id, 2000n));
      books = await booksAt(books, transfer.due + 1n);
      await closeOverdue(id);
      const quote = await postQuote(books, books.third, { lastSlot: books.slot });
      const order = orderFor(books, contract, {
        target: books.third.number,
        coreSeconds: 12_399n,
        due: books.slot,
        repaymentSlots,
      });
      await take(books, order);
      await expectTransfer(books, id + 1n, transferFor(books, contract, order, quote));
      await deliver(books, books.third, books.slot, deliveryOf(contract.id, 12_399n));
      const { status } = await books.market.supply.contractOf(contract.id);
      expect(status).to.equal(FULFILLED);
    });

    it("closes while new commitments are paused and both parties are revoked", async () => {
      const signed = await sign();
      await toOverdue(signed);
      await books.market.auction.setPaused(true);
      await books.market.identities.revoke(books.target.number);
      await books.market.identities.revoke(books.first.number);
      await expect(closeOverdue(signed.id)).to.emit(transfers(), "TransferDefaulted");
    });
  });
}
