/** The supply contracts between users and data centres. */
import { SupplyStatus, type Bid, type Delivery, type SupplyContract } from "../ledger.ts";
import { amountUp, earnedDown, shareDown } from "../money.ts";
import type { LocalMarket } from "./market.ts";
import { Cell, refuse, StateMap } from "./world.ts";

/** Most that a contract's counters of energy hold, Wh. */
const MAX_ENERGY = 2n ** 32n - 1n;

/** What the parties agreed on; it stays as it was signed. */
type Terms = Pick<
  SupplyContract,
  | "buyer"
  | "seller"
  | "cores"
  | "coreSeconds"
  | "energy"
  | "price"
  | "signed"
  | "firstSlot"
  | "deadline"
  | "priority"
  | "buyerDeposit"
  | "sellerDeposit"
>;

/** A contract: its terms, and what every delivery replaces. */
interface Agreement extends Pick<
  SupplyContract,
  "status" | "handedOver" | "delivered" | "paid" | "pv" | "esd" | "grid"
> {
  readonly terms: Terms;
}

/** What is signed when a bid is matched. */
export interface Trade {
  readonly buyer: bigint;
  readonly seller: bigint;
  readonly task: Bid;
  /** Index of the bid and of the offer in their plans, and how many offers the draw was among. */
  readonly bid: bigint;
  readonly offer: bigint;
  readonly candidates: bigint;
  readonly price: bigint;
  readonly slot: bigint;
  readonly buyerDeposit: bigint;
  readonly sellerDeposit: bigint;
}

/** What a delivery moves between a contract's parties, and by how much it raises their reputations. */
interface Settlement {
  readonly buyer: bigint;
  readonly paid: bigint;
  readonly unlockBuyer: bigint;
  readonly unlockSeller: bigint;
  readonly rise: bigint;
}

/** Supply contracts, paid by meter readings. */
export class LocalSupply {
  private readonly market: LocalMarket;
  private readonly agreements: StateMap<bigint, Agreement>;
  private readonly count: Cell<bigint>;

  constructor(market: LocalMarket) {
    this.market = market;
    this.agreements = new StateMap(market.world);
    this.count = new Cell(market.world, 0n);
  }

  // ---------------------------------------------------------------- calls

  expire(contractId: bigint): void {
    const { meters, vault, reputation, world } = this.market;
    const c = this.requireRunning(contractId);
    if (c.handedOver) refuse("TransferOpen", contractId);
    const { buyer, seller, deadline, buyerDeposit, sellerDeposit } = c.terms;
    if (!meters.isFinal(seller, deadline)) refuse("DeadlineNotPassed", contractId, deadline);

    this.agreements.set(contractId, { ...c, status: SupplyStatus.expired });
    const penalty = penaltyOf(c);
    const returned = escrowOf(c) + buyerDeposit;
    world.emit("Expired", { contractId, penalty, returned });
    vault.pay(seller, buyer, penalty);
    vault.unlock(seller, sellerDeposit - penalty);
    vault.unlock(buyer, returned);
    reputation.penalizeDefault(seller);
  }

  // ---------------------------------------------------------------- for the other parts

  /** Signs a contract; returns its number. */
  sign(trade: Trade): bigint {
    const { buyer, seller, task, price, slot, buyerDeposit, sellerDeposit } = trade;
    const { bid, offer, candidates } = trade;
    const contractId = Cell.next(this.count);
    const terms: Terms = {
      buyer,
      seller,
      cores: task.cores,
      coreSeconds: task.coreSeconds,
      energy: task.energy,
      price,
      signed: slot,
      firstSlot: task.earliest,
      deadline: task.deadline,
      priority: task.priority,
      buyerDeposit,
      sellerDeposit,
    };
    this.agreements.set(contractId, {
      terms,
      status: SupplyStatus.running,
      handedOver: false,
      delivered: 0n,
      paid: 0n,
      pv: 0n,
      esd: 0n,
      grid: 0n,
    });
    this.market.world.emit("Signed", { contractId, buyer, seller, bid, offer, candidates });
    return contractId;
  }

  /** Counts and pays the deliveries of a data centre in a slot. */
  deliver(dataCentre: bigint, slot: bigint, deliveries: readonly Delivery[]): void {
    const own: Settlement[] = [];
    for (const delivery of deliveries) {
      const { seller, settlement } = this.takeDelivery(dataCentre, slot, delivery);
      if (seller === dataCentre) {
        own.push(settlement);
      } else {
        this.settle(seller, [settlement]);
        this.market.meters.settleTab(seller);
      }
    }
    this.settle(dataCentre, own);
  }

  /** Marks that a part of the contract is another data centre's, or that it is so no longer. */
  setHandedOver(contractId: bigint, handedOver: boolean): void {
    this.agreements.set(contractId, { ...this.agreementOf(contractId), handedOver });
  }

  termsOf(contractId: bigint): Terms {
    return this.agreementOf(contractId).terms;
  }

  /** Core-seconds not delivered; 0 unless the contract is running. */
  openCoreSeconds(contractId: bigint): bigint {
    const c = this.agreements.get(contractId);
    return c?.status === SupplyStatus.running ? c.terms.coreSeconds - c.delivered : 0n;
  }

  // ---------------------------------------------------------------- queries

  contractOf(contractId: bigint): SupplyContract {
    const { identities } = this.market;
    const c = this.agreementOf(contractId);
    const { terms } = c;
    return {
      ...terms,
      status: c.status,
      handedOver: c.handedOver,
      delivered: c.delivered,
      paid: c.paid,
      pv: c.pv,
      esd: c.esd,
      grid: c.grid,
      buyerWallet: identities.identityOf(terms.buyer).wallet,
      sellerWallet: identities.identityOf(terms.seller).wallet,
      escrow: c.status === SupplyStatus.running ? escrowOf(c) : 0n,
      penalty: penaltyOf(c),
    };
  }

  contracts(): bigint {
    return this.count.value;
  }

  // ---------------------------------------------------------------- internals

  private agreementOf(contractId: bigint): Agreement {
    return this.agreements.get(contractId) ?? refuse("UnknownContract", contractId);
  }

  private requireRunning(contractId: bigint): Agreement {
    const c = this.agreementOf(contractId);
    if (c.status !== SupplyStatus.running) refuse("NotRunning", contractId, c.status);
    return c;
  }

  private checkDelivery(contractId: bigint, c: Agreement, slot: bigint, coreSeconds: bigint): void {
    const { firstSlot, deadline, cores } = c.terms;
    if (slot < firstSlot || slot > deadline)
      refuse("OutsideContract", contractId, slot, firstSlot, deadline);
    if (coreSeconds === 0n) refuse("EmptyDelivery", contractId);
    const limit = cores * this.market.options.parameters.slotSeconds;
    if (coreSeconds > limit) refuse("TooFast", contractId, coreSeconds, limit);
    const left = c.terms.coreSeconds - c.delivered;
    if (coreSeconds > left) refuse("BeyondContract", contractId, coreSeconds, left);
  }

  /** Returns whether a part is still another data centre's after this delivery. */
  private checkExecutor(
    contractId: bigint,
    c: Agreement,
    dataCentre: bigint,
    slot: bigint,
    coreSeconds: bigint,
  ): boolean {
    const { transfers } = this.market;
    if (dataCentre !== c.terms.seller) {
      if (!c.handedOver) refuse("ForeignDelivery", contractId, dataCentre);
      const complete = transfers.execute(contractId, dataCentre, slot, coreSeconds);
      return !complete;
    }
    if (c.handedOver) {
      const left = c.terms.coreSeconds - c.delivered - transfers.handedOverCoreSeconds(contractId);
      if (coreSeconds > left) refuse("BeyondContract", contractId, coreSeconds, left);
    }
    return c.handedOver;
  }

  /** Counts a delivery; returns what is to be paid for it and to whom. */
  private takeDelivery(
    dataCentre: bigint,
    slot: bigint,
    { contractId, coreSeconds, pv, esd, grid }: Delivery,
  ): { seller: bigint; settlement: Settlement } {
    const { reputation, world } = this.market;
    const before = this.requireRunning(contractId);
    const { terms } = before;
    this.checkDelivery(contractId, before, slot, coreSeconds);
    const handedOver = this.checkExecutor(contractId, before, dataCentre, slot, coreSeconds);

    const delivered = before.delivered + coreSeconds;
    const complete = delivered === terms.coreSeconds;
    const after: Agreement = {
      terms,
      status: complete ? SupplyStatus.fulfilled : SupplyStatus.running,
      handedOver,
      delivered,
      paid: earnedDown(terms.energy, terms.price, delivered, terms.coreSeconds),
      pv: saturated(before.pv + pv),
      esd: saturated(before.esd + esd),
      grid: saturated(before.grid + grid),
    };
    this.agreements.set(contractId, after);
    const { buyer, seller, energy } = terms;
    const paid = after.paid - before.paid;
    world.emit("Delivered", { contractId, executor: dataCentre, slot, paid });
    if (!complete) {
      return { seller, settlement: { buyer, paid, unlockBuyer: 0n, unlockSeller: 0n, rise: 0n } };
    }
    const shortfall = energy - after.pv - after.esd;
    world.emit("Fulfilled", { contractId, pvShortfallWh: shortfall > 0n ? shortfall : 0n });
    const unlockBuyer = escrowOf(after) + terms.buyerDeposit;
    const unlockSeller = terms.sellerDeposit;
    const rise = reputation.riseFor(energy);
    return { seller, settlement: { buyer, paid, unlockBuyer, unlockSeller, rise } };
  }

  private settle(seller: bigint, settlements: readonly Settlement[]): void {
    const { reputation, vault } = this.market;
    if (settlements.length === 0) return;
    let earned = 0n;
    let sum = 0n;
    let unlocked = 0n;
    for (const { buyer, paid, unlockBuyer, unlockSeller, rise } of settlements) {
      vault.spend(buyer, paid);
      vault.unlock(buyer, unlockBuyer);
      earned += paid;
      unlocked += unlockSeller;
      if (rise !== 0n) reputation.change(buyer, rise);
      sum += rise;
    }
    vault.earn(seller, earned);
    vault.unlock(seller, unlocked);
    if (sum !== 0n) reputation.change(seller, sum);
  }
}

const saturated = (energy: bigint): bigint => (energy > MAX_ENERGY ? MAX_ENERGY : energy);

/** What is locked of the buyer for work that is not delivered, and for rounding. */
const escrowOf = ({ terms, paid }: Agreement): bigint => amountUp(terms.energy, terms.price) - paid;

/** What the seller owes the buyer if nothing more is delivered. */
const penaltyOf = ({ terms, delivered }: Agreement): bigint =>
  shareDown(terms.sellerDeposit, terms.coreSeconds - delivered, terms.coreSeconds);
