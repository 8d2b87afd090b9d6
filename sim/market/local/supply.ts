/** The supply contracts between users and data centres. */
import { SupplyStatus, type Bid, type Delivery, type SupplyContract } from "../ledger.ts";
import type { Terms as SignedTerms } from "../words.ts";
import { amountUp, earned, shareDown } from "../money.ts";
import type { LocalMarket } from "./market.ts";
import { Cell, refuse, StateList, StateRows } from "./world.ts";

/** Most that a contract's counters of energy hold, Wh. */
const MAX_ENERGY = 2 ** 32 - 1;

/** What the parties agreed on; it stays as it was signed. */
type Terms = SignedTerms & Pick<SupplyContract, "buyerDeposit" | "sellerDeposit">;

/** Terms that every delivery is checked against: once more, as plain numbers in a row of their own. */
const Term = {
  buyer: 0,
  seller: 1,
  cores: 2,
  coreSeconds: 3,
  energy: 4,
  price: 5,
  firstSlot: 6,
  deadline: 7,
} as const;

/** What deliveries change; all below 2^53, as energies have 32 bits and payments 48. */
const Progress = {
  status: 0,
  handedOver: 1,
  delivered: 2,
  paid: 3,
  pv: 4,
  esd: 5,
  grid: 6,
} as const;

const TERMS = Object.entries(Term) as [keyof typeof Term, number][];

const RUNNING = Number(SupplyStatus.running);
const FULFILLED = Number(SupplyStatus.fulfilled);

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
  private readonly agreements: StateList<Terms>;
  private readonly terms: StateRows;
  private readonly progress: StateRows;
  private readonly count: Cell<bigint>;

  constructor(market: LocalMarket) {
    this.market = market;
    this.agreements = new StateList(market.world);
    this.terms = new StateRows(market.world, TERMS.length);
    this.progress = new StateRows(market.world, Object.keys(Progress).length);
    this.count = new Cell(market.world, 0n);
  }

  // ---------------------------------------------------------------- calls

  expire(contractId: bigint): void {
    const { meters, vault, reputation, world } = this.market;
    const row = this.requireRunning(contractId);
    if (this.isHandedOver(row)) refuse("TransferOpen", contractId);
    const terms = this.termsOf(contractId);
    const { buyer, seller, deadline, buyerDeposit, sellerDeposit } = terms;
    if (!meters.isFinal(seller, deadline)) refuse("DeadlineNotPassed", contractId, deadline);

    this.progress.change(row);
    this.progress.put(row, Progress.status, Number(SupplyStatus.expired));
    const penalty = penaltyOf(terms, this.told(row, Progress.delivered));
    const returned = escrowOf(terms, this.told(row, Progress.paid)) + buyerDeposit;
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
    const agreed: SignedTerms = {
      buyer,
      seller,
      cores: task.cores,
      coreSeconds: task.coreSeconds,
      energy: task.energy,
      price,
      firstSlot: task.earliest,
      deadline: task.deadline,
      priority: task.priority,
      signed: slot,
    };
    const terms: Terms = { ...agreed, buyerDeposit, sellerDeposit };
    this.agreements.set(contractId, terms);
    const row = Number(contractId);
    this.terms.change(row);
    for (const [term, column] of TERMS) this.terms.put(row, column, Number(terms[term]));
    this.progress.change(row);
    this.progress.put(row, Progress.status, RUNNING);
    const origin = { bid, offer, candidates };
    this.market.world.emit("Signed", { contractId, buyer, seller, ...origin, terms: agreed });
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
    const row = this.rowOf(contractId);
    this.progress.change(row);
    this.progress.put(row, Progress.handedOver, Number(handedOver));
  }

  termsOf(contractId: bigint): Terms {
    return this.agreements.get(contractId) ?? refuse("UnknownContract", contractId);
  }

  /** Core-seconds not delivered; 0 unless the contract is running. */
  openCoreSeconds(contractId: bigint): bigint {
    const terms = this.agreements.get(contractId);
    const row = Number(contractId);
    const isRunning = this.progress.get(row, Progress.status) === RUNNING;
    return terms && isRunning ? terms.coreSeconds - this.told(row, Progress.delivered) : 0n;
  }

  // ---------------------------------------------------------------- queries

  contractOf(contractId: bigint): SupplyContract {
    const { identities } = this.market;
    const terms = this.termsOf(contractId);
    const row = Number(contractId);
    const status = this.told(row, Progress.status);
    const delivered = this.told(row, Progress.delivered);
    const paid = this.told(row, Progress.paid);
    return {
      ...terms,
      status,
      handedOver: this.isHandedOver(row),
      delivered,
      paid,
      pv: this.told(row, Progress.pv),
      esd: this.told(row, Progress.esd),
      grid: this.told(row, Progress.grid),
      buyerWallet: identities.identityOf(terms.buyer).wallet,
      sellerWallet: identities.identityOf(terms.seller).wallet,
      escrow: status === SupplyStatus.running ? escrowOf(terms, paid) : 0n,
      penalty: penaltyOf(terms, delivered),
    };
  }

  contracts(): bigint {
    return this.count.value;
  }

  // ---------------------------------------------------------------- internals

  /** The row of a contract that there is. */
  private rowOf(contractId: bigint): number {
    if (contractId < 1n || contractId > this.count.value) refuse("UnknownContract", contractId);
    return Number(contractId);
  }

  private requireRunning(contractId: bigint): number {
    const row = this.rowOf(contractId);
    if (this.progress.get(row, Progress.status) !== RUNNING)
      refuse("NotRunning", contractId, this.told(row, Progress.status));
    return row;
  }

  /** A number of a row, as everybody else knows it. */
  private told(row: number, column: number): bigint {
    return BigInt(this.progress.get(row, column));
  }

  private isHandedOver(row: number): boolean {
    return this.progress.get(row, Progress.handedOver) !== 0;
  }

  /** Core-seconds that are not delivered. */
  private leftOf(row: number): number {
    return this.terms.get(row, Term.coreSeconds) - this.progress.get(row, Progress.delivered);
  }

  private checkDelivery(row: number, slot: bigint, { contractId, coreSeconds }: Delivery): void {
    const { terms } = this;
    const at = Number(slot);
    const work = Number(coreSeconds);
    const firstSlot = terms.get(row, Term.firstSlot);
    const deadline = terms.get(row, Term.deadline);
    if (at < firstSlot || at > deadline)
      refuse("OutsideContract", contractId, slot, BigInt(firstSlot), BigInt(deadline));
    if (work === 0) refuse("EmptyDelivery", contractId);
    const limit = terms.get(row, Term.cores) * Number(this.market.options.parameters.slotSeconds);
    if (work > limit) refuse("TooFast", contractId, coreSeconds, BigInt(limit));
    const left = this.leftOf(row);
    if (work > left) refuse("BeyondContract", contractId, coreSeconds, BigInt(left));
  }

  /** Returns whether a part is still another data centre's after this delivery. */
  private checkExecutor(
    contractId: bigint,
    row: number,
    dataCentre: bigint,
    slot: bigint,
    coreSeconds: bigint,
  ): boolean {
    const { transfers } = this.market;
    const handedOver = this.isHandedOver(row);
    if (Number(dataCentre) !== this.terms.get(row, Term.seller)) {
      if (!handedOver) refuse("ForeignDelivery", contractId, dataCentre);
      const complete = transfers.execute(contractId, dataCentre, slot, coreSeconds);
      return !complete;
    }
    if (handedOver) {
      const left = BigInt(this.leftOf(row)) - transfers.handedOverCoreSeconds(contractId);
      if (coreSeconds > left) refuse("BeyondContract", contractId, coreSeconds, left);
    }
    return handedOver;
  }

  /** Counts a delivery; returns what is to be paid for it and to whom. */
  private takeDelivery(
    dataCentre: bigint,
    slot: bigint,
    delivery: Delivery,
  ): { seller: bigint; settlement: Settlement } {
    const { contractId, coreSeconds } = delivery;
    const { world } = this.market;
    const row = this.requireRunning(contractId);
    this.checkDelivery(row, slot, delivery);
    const handedOver = this.checkExecutor(contractId, row, dataCentre, slot, coreSeconds);

    const paid = this.enter(row, delivery, handedOver);
    world.emit("Delivered", { contractId, executor: dataCentre, slot, paid });
    const buyer = BigInt(this.terms.get(row, Term.buyer));
    const seller = BigInt(this.terms.get(row, Term.seller));
    const settlement = { buyer, paid, unlockBuyer: 0n, unlockSeller: 0n, rise: 0n };
    if (this.leftOf(row) > 0) return { seller, settlement };
    return { seller, settlement: { ...settlement, ...this.fulfil(contractId, row) } };
  }

  /** Returns what a delivery earns, micro-yuan. */
  private enter(
    row: number,
    { coreSeconds, pv, esd, grid }: Delivery,
    handedOver: boolean,
  ): bigint {
    const { terms, progress } = this;
    const total = terms.get(row, Term.coreSeconds);
    const delivered = progress.get(row, Progress.delivered) + Number(coreSeconds);
    const before = progress.get(row, Progress.paid);
    const paid = earned(terms.get(row, Term.energy), terms.get(row, Term.price), delivered, total);
    const counted = (column: number, energy: bigint): number =>
      Math.min(MAX_ENERGY, progress.get(row, column) + Number(energy));
    progress.change(row);
    progress.put(row, Progress.handedOver, Number(handedOver));
    if (delivered === total) progress.put(row, Progress.status, FULFILLED);
    progress.put(row, Progress.delivered, delivered);
    progress.put(row, Progress.paid, paid);
    progress.put(row, Progress.pv, counted(Progress.pv, pv));
    progress.put(row, Progress.esd, counted(Progress.esd, esd));
    progress.put(row, Progress.grid, counted(Progress.grid, grid));
    return BigInt(paid - before);
  }

  /** Tells that everything is delivered; returns what the parties get back, and for it. */
  private fulfil(
    contractId: bigint,
    row: number,
  ): Pick<Settlement, "unlockBuyer" | "unlockSeller" | "rise"> {
    const { reputation, world } = this.market;
    const terms = this.termsOf(contractId);
    const shortfall = terms.energy - this.told(row, Progress.pv) - this.told(row, Progress.esd);
    world.emit("Fulfilled", { contractId, pvShortfallWh: shortfall > 0n ? shortfall : 0n });
    return {
      unlockBuyer: escrowOf(terms, this.told(row, Progress.paid)) + terms.buyerDeposit,
      unlockSeller: terms.sellerDeposit,
      rise: reputation.riseFor(terms.energy),
    };
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

/** What is locked of the buyer for work that is not delivered, and for rounding. */
const escrowOf = ({ energy, price }: Terms, paid: bigint): bigint => amountUp(energy, price) - paid;

/** What the seller owes the buyer if nothing more is delivered. */
const penaltyOf = ({ sellerDeposit, coreSeconds }: Terms, delivered: bigint): bigint =>
  shareDown(sellerDeposit, coreSeconds - delivered, coreSeconds);
