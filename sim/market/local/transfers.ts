/** The order transfers between data centres. */
import {
  Role,
  TransferMode,
  TransferStatus,
  type Address,
  type CheapestQuote,
  type Handover,
  type Order,
  type Quote,
  type Transfer,
} from "../ledger.ts";
import { amountUp, bpsUp, depositBps, earnedDown, energyShareUp, shareDown } from "../money.ts";
import type { LocalMarket } from "./market.ts";
import { Cell, refuse, Refusal, StateMap } from "./world.ts";

const NO_QUOTE: Quote & { depositBps: bigint } = {
  price: 0n,
  energy: 0n,
  cores: 0n,
  firstSlot: 0n,
  lastSlot: 0n,
  repaymentSlots: 0n,
  depositBps: 0n,
};

const NO_HANDOVER: Handover = {
  transferId: 0n,
  executor: 0n,
  coreSeconds: 0n,
  executed: 0n,
  from: 0n,
  due: 0n,
  isReturn: false,
};

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Quotes, and work that is handed over and back. */
export class LocalTransfers {
  private readonly market: LocalMarket;
  private readonly quotes: StateMap<bigint, typeof NO_QUOTE>;
  private readonly everQuoted: Cell<readonly bigint[]>;
  /** The same as a set: there may be thousands. */
  private readonly hasQuoted: StateMap<bigint, true>;
  private readonly all: StateMap<bigint, Transfer>;
  /** By supply contract. */
  private readonly handovers: StateMap<bigint, Handover>;
  private readonly count: Cell<bigint>;

  constructor(market: LocalMarket) {
    const { world } = market;
    this.market = market;
    this.quotes = new StateMap(world);
    this.everQuoted = new Cell<readonly bigint[]>(world, []);
    this.hasQuoted = new StateMap(world);
    this.all = new StateMap(world);
    this.handovers = new StateMap(world);
    this.count = new Cell(world, 0n);
  }

  // ---------------------------------------------------------------- calls: quotes

  quote(caller: Address, quote: Quote): void {
    const { auction, identities, meters, reputation, vault, world, options } = this.market;
    if (auction.paused()) refuse("Paused");
    const { participant } = identities.requireActive(caller, Role.dataCentre);
    const valid =
      quote.price * quote.energy * quote.cores !== 0n &&
      quote.firstSlot <= quote.lastSlot &&
      quote.lastSlot >= world.currentSlot();
    if (!valid) refuse("InvalidQuote");
    meters.requireOfferable(participant);

    const released = depositOf(this.fullQuoteOf(participant));
    const bps = depositBps(reputation.reputationOf(participant), options.parameters);
    const posted = { ...quote, depositBps: bps };
    this.quotes.set(participant, posted);
    if (this.hasQuoted.get(participant) === undefined) {
      this.hasQuoted.set(participant, true);
      this.everQuoted.value = [...this.everQuoted.value, participant];
    }
    this.emitQuoted(participant);
    if (released !== 0n) vault.unlock(participant, released);
    vault.lock(participant, depositOf(posted));
  }

  withdrawQuote(caller: Address): void {
    const { identities, vault } = this.market;
    const participant = identities.participantOf(caller);
    const quote = this.quotes.get(participant) ?? refuse("NoQuote", participant);
    this.quotes.delete(participant);
    this.emitQuoted(participant);
    vault.unlock(participant, depositOf(quote));
  }

  // ---------------------------------------------------------------- calls: transfers

  take(caller: Address, order: Order): bigint {
    const { auction, identities, meters, supply, vault, world } = this.market;
    const { contractId, target, coreSeconds, due, repaymentSlots, networkFee } = order;
    if (auction.paused()) refuse("Paused");
    const { participant: first } = identities.requireActive(caller, Role.dataCentre);
    this.checkTransferable(first, contractId, coreSeconds);
    if (target === first) refuse("OwnQuote", first);
    identities.requireActive(identities.identityOf(target).wallet, Role.dataCentre);
    const c = supply.termsOf(contractId);
    const energy = energyShareUp(c.energy, coreSeconds, c.coreSeconds);
    const quote = this.checkQuote(order, energy);

    const computeTime = repaymentSlots !== 0n;
    const rest = { ...quote, energy: quote.energy - energy, cores: quote.cores - c.cores };
    const deposit = depositOf(quote) - depositOf(rest);
    this.quotes.set(target, rest);
    const transferId = Cell.next(this.count);
    const transfer: Transfer = {
      first,
      target,
      contractId,
      coreSeconds,
      energy,
      price: computeTime ? c.price : quote.price,
      signed: world.currentSlot(),
      due,
      periodEnd: due + repaymentSlots,
      mode: computeTime ? TransferMode.computeTime : TransferMode.payment,
      status: TransferStatus.executing,
      defaulted: false,
      networkOperator: meters.siteOf(first).networkOperator,
      networkFee,
      deposit,
      executed: 0n,
      repaid: 0n,
      settled: 0n,
      returning: 0n,
    };
    this.all.set(transferId, transfer);
    this.openHandover(transferId, contractId, target, coreSeconds, due, false);
    world.emit("Taken", { transferId, first, target, transfer: { ...transfer } });
    vault.lock(first, amountUp(energy, transfer.price) + networkFee);
    return transferId;
  }

  handBack(
    caller: Address,
    transferId: bigint,
    contractId: bigint,
    coreSeconds: bigint,
    due: bigint,
  ): void {
    const { identities, supply, world } = this.market;
    const t = this.transferOf(transferId);
    const { participant } = identities.requireActive(caller, Role.dataCentre);
    if (participant !== t.target) refuse("NotTarget", transferId, participant);
    if (t.mode !== TransferMode.computeTime || t.status === TransferStatus.closed)
      refuse("WrongStatus", transferId, t.status);
    if (t.returning !== 0n) refuse("ReturnOpen", transferId, t.returning);
    this.checkTransferable(participant, contractId, coreSeconds);
    const debt = t.executed - t.repaid;
    if (coreSeconds > debt) refuse("InvalidShare", coreSeconds, debt);
    const { deadline } = supply.termsOf(contractId);
    const latest = earlier(deadline, t.periodEnd);
    this.checkDue(contractId, coreSeconds, due, world.currentSlot(), latest);

    this.all.set(transferId, { ...t, returning: contractId });
    this.openHandover(transferId, contractId, t.first, coreSeconds, due, true);
    world.emit("HandedBack", { transferId, contractId, coreSeconds, due });
  }

  closeOverdue(transferId: bigint): void {
    const { meters, reputation, supply, vault, world } = this.market;
    const t = this.transferOf(transferId);
    if (t.status !== TransferStatus.executing) refuse("WrongStatus", transferId, t.status);
    if (!meters.isFinal(t.target, t.due)) refuse("DueNotPassed", transferId, t.due);

    const notExecuted = t.coreSeconds - t.executed;
    const penalty = shareDown(t.deposit, notExecuted, t.coreSeconds);
    const feeLeft = t.networkFee - networkPaid(t, t.executed);
    this.all.set(transferId, { ...t, defaulted: true, status: TransferStatus.owing });
    this.handovers.delete(t.contractId);
    world.emit("TransferDefaulted", { transferId, notExecuted, penalty });
    supply.setHandedOver(t.contractId, false);
    vault.pay(t.target, t.first, penalty);
    vault.unlock(t.target, t.deposit - penalty);
    vault.unlock(t.first, feeLeft);
    reputation.penalizeDefault(t.target);
    this.closeIfPaid(transferId);
    meters.settleTab(t.first);
  }

  closeReturn(transferId: bigint): void {
    const { meters, supply, world } = this.market;
    const t = this.transferOf(transferId);
    const contractId = t.returning;
    if (contractId === 0n) refuse("NoReturnOpen", transferId);
    const { due } = this.handoverOf(contractId);
    if (!meters.isFinal(t.first, due)) refuse("DueNotPassed", transferId, due);

    const notExecuted = this.handedOverCoreSeconds(contractId);
    this.all.set(transferId, { ...t, returning: 0n });
    this.handovers.delete(contractId);
    world.emit("ReturnClosed", { transferId, contractId, notExecuted });
    supply.setHandedOver(contractId, false);
  }

  settle(transferId: bigint): void {
    const { meters, vault, world } = this.market;
    const t = this.transferOf(transferId);
    if (t.status !== TransferStatus.owing) refuse("WrongStatus", transferId, t.status);
    if (world.currentSlot() <= t.periodEnd) refuse("PeriodNotOver", transferId, t.periodEnd);
    if (t.returning !== 0n) refuse("ReturnOpen", transferId, t.returning);

    const debt = t.executed - t.repaid;
    const paid = valueOf(t, t.executed) - valueOf(t, t.repaid);
    this.all.set(transferId, { ...t, settled: debt });
    world.emit("DebtSettled", { transferId, coreSeconds: debt, paid });
    vault.pay(t.first, t.target, paid);
    this.closeIfPaid(transferId);
    meters.settleTab(t.target);
  }

  // ---------------------------------------------------------------- for the other parts

  /** Counts a delivery by another data centre than the contract's seller; returns whether its part is complete. */
  execute(contractId: bigint, dataCentre: bigint, slot: bigint, coreSeconds: bigint): boolean {
    const handover = this.handoverOf(contractId);
    const { transferId, executor, from, due, executed, isReturn } = handover;
    if (executor !== dataCentre) refuse("NotExecutor", contractId, dataCentre, executor);
    if (slot < from || slot > due) refuse("OutsideHandover", contractId, slot, from, due);
    const left = this.handedOverCoreSeconds(contractId);
    if (coreSeconds > left) refuse("BeyondHandover", contractId, coreSeconds, left);

    const complete = coreSeconds === left;
    if (complete) this.handovers.delete(contractId);
    else this.handovers.set(contractId, { ...handover, executed: executed + coreSeconds });
    if (isReturn) this.countRepaid(transferId, contractId, coreSeconds, complete);
    else this.countExecuted(transferId, coreSeconds, complete);
    return complete;
  }

  // ---------------------------------------------------------------- queries

  handedOverCoreSeconds(contractId: bigint): bigint {
    const { coreSeconds, executed } = this.handoverOf(contractId);
    return coreSeconds - executed;
  }

  handoverOf(contractId: bigint): Handover {
    return this.handovers.get(contractId) ?? NO_HANDOVER;
  }

  transferOf(transferId: bigint): Transfer {
    return this.all.get(transferId) ?? refuse("UnknownTransfer", transferId);
  }

  transfers(): bigint {
    return this.count.value;
  }

  quoteOf(dataCentre: bigint): Quote {
    const { price, energy, cores, firstSlot, lastSlot, repaymentSlots } =
      this.fullQuoteOf(dataCentre);
    return { price, energy, cores, firstSlot, lastSlot, repaymentSlots };
  }

  quoters(): bigint {
    return BigInt(this.everQuoted.value.length);
  }

  cheapestQuote(
    energy: bigint,
    cores: bigint,
    due: bigint,
    repaymentSlots: bigint,
    asker: bigint,
    from: bigint,
    count: bigint,
  ): CheapestQuote {
    let best: CheapestQuote = { dataCentre: 0n, price: 0n };
    const end = later(from, earlier(from + count, this.quoters()));
    for (const dataCentre of this.everQuoted.value.slice(Number(from), Number(end))) {
      const quote = this.quotes.get(dataCentre);
      if (quote === undefined || dataCentre === asker || !this.isActive(dataCentre)) continue;
      const fits =
        quote.energy >= energy &&
        quote.cores >= cores &&
        quote.firstSlot <= due &&
        due <= quote.lastSlot &&
        repaymentSlots <= quote.repaymentSlots;
      if (fits && (best.dataCentre === 0n || quote.price < best.price))
        best = { dataCentre, price: quote.price };
    }
    return best;
  }

  // ---------------------------------------------------------------- internals: checks

  private isActive(dataCentre: bigint): boolean {
    const { identities } = this.market;
    try {
      identities.requireActive(identities.identityOf(dataCentre).wallet, Role.dataCentre);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  private checkTransferable(seller: bigint, contractId: bigint, share: bigint): void {
    const { supply } = this.market;
    if (supply.termsOf(contractId).seller !== seller) refuse("NotSeller", contractId, seller);
    const open = supply.openCoreSeconds(contractId);
    if (open === 0n || this.handovers.get(contractId) !== undefined)
      refuse("NotTransferable", contractId);
    if (share === 0n || share > open) refuse("InvalidShare", share, open);
  }

  private checkQuote(order: Order, energy: bigint): typeof NO_QUOTE {
    const { supply, world } = this.market;
    const { contractId, target, coreSeconds, maxPrice, repaymentSlots, due } = order;
    const { cores, deadline } = supply.termsOf(contractId);
    const quote = this.quotes.get(target) ?? refuse("NoQuote", target);
    if (quote.price > maxPrice) refuse("PriceAboveLimit", quote.price, maxPrice);
    if (energy > quote.energy || cores > quote.cores)
      refuse("QuoteTooSmall", quote.energy, quote.cores, energy, cores);
    if (repaymentSlots > quote.repaymentSlots)
      refuse("PeriodTooLong", repaymentSlots, quote.repaymentSlots);
    const earliest = later(quote.firstSlot, world.currentSlot());
    const latest = earlier(quote.lastSlot, deadline);
    this.checkDue(contractId, coreSeconds, due, earliest, latest);
    return quote;
  }

  /** Refuses a due slot by which the contract's cores cannot do the work. */
  private checkDue(
    contractId: bigint,
    coreSeconds: bigint,
    due: bigint,
    from: bigint,
    latest: bigint,
  ): void {
    const { supply, world } = this.market;
    const { cores, firstSlot } = supply.termsOf(contractId);
    const earliest = later(from, firstSlot);
    if (due < earliest || due > latest) refuse("InvalidDue", due, earliest, latest);
    const start = later(world.now, world.startOf(firstSlot));
    const limit = cores * (world.startOf(due + 1n) - start);
    if (coreSeconds > limit) refuse("InvalidShare", coreSeconds, limit);
  }

  // ---------------------------------------------------------------- internals: effects

  private openHandover(
    transferId: bigint,
    contractId: bigint,
    executor: bigint,
    coreSeconds: bigint,
    due: bigint,
    isReturn: boolean,
  ): void {
    const from = this.market.world.currentSlot();
    this.handovers.set(contractId, {
      transferId,
      executor,
      coreSeconds,
      executed: 0n,
      from,
      due,
      isReturn,
    });
    this.market.supply.setHandedOver(contractId, true);
  }

  private countExecuted(transferId: bigint, coreSeconds: bigint, complete: boolean): void {
    const { reputation, vault, world } = this.market;
    const before = this.transferOf(transferId);
    const executed = before.executed + coreSeconds;
    const status = complete ? TransferStatus.owing : before.status;
    const t = { ...before, executed, status };
    this.all.set(transferId, t);
    const paid =
      t.mode === TransferMode.payment ? valueOf(t, executed) - valueOf(t, before.executed) : 0n;
    const toNetwork = networkPaid(t, executed) - networkPaid(t, before.executed);
    world.emit("Executed", { transferId, coreSeconds, paid, networkPaid: toNetwork });
    vault.pay(t.first, t.target, paid);
    vault.pay(t.first, t.networkOperator, toNetwork);
    if (!complete) return;
    vault.unlock(t.target, t.deposit);
    reputation.reward(t.first, t.energy);
    reputation.reward(t.target, t.energy);
    this.closeIfPaid(transferId);
  }

  private countRepaid(
    transferId: bigint,
    contractId: bigint,
    coreSeconds: bigint,
    complete: boolean,
  ): void {
    const { vault, world } = this.market;
    const before = this.transferOf(transferId);
    const repaid = before.repaid + coreSeconds;
    const t = { ...before, repaid, returning: complete ? 0n : before.returning };
    this.all.set(transferId, t);
    world.emit("Repaid", { transferId, contractId, coreSeconds });
    const released = valueOf(t, repaid) - valueOf(t, before.repaid);
    if (released !== 0n) vault.unlock(t.first, released);
    if (t.status === TransferStatus.owing) this.closeIfPaid(transferId);
  }

  /** Ends a transfer of which nothing is owed any more. */
  private closeIfPaid(transferId: bigint): void {
    const { vault, world } = this.market;
    const t = this.transferOf(transferId);
    if (t.mode === TransferMode.computeTime && t.repaid + t.settled !== t.executed) return;
    this.all.set(transferId, { ...t, status: TransferStatus.closed });
    world.emit("TransferClosed", { transferId });
    const left = amountUp(t.energy, t.price) - valueOf(t, t.executed);
    if (left !== 0n) vault.unlock(t.first, left);
  }

  private fullQuoteOf(dataCentre: bigint): typeof NO_QUOTE {
    return this.quotes.get(dataCentre) ?? NO_QUOTE;
  }

  private emitQuoted(dataCentre: bigint): void {
    this.market.world.emit("Quoted", { dataCentre, ...this.quoteOf(dataCentre) });
  }
}

/** What is locked for a quote. */
const depositOf = (quote: typeof NO_QUOTE): bigint =>
  bpsUp(amountUp(quote.energy, quote.price), quote.depositBps);

/** Micro-yuan for core-seconds of the transfer's work, rounded down. */
const valueOf = (t: Transfer, coreSeconds: bigint): bigint =>
  earnedDown(t.energy, t.price, coreSeconds, t.coreSeconds);

/** The part of the network fee that is paid when so much is executed. */
const networkPaid = (t: Transfer, executed: bigint): bigint =>
  shareDown(t.networkFee, executed, t.coreSeconds);
