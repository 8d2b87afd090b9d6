/** The sealed auction: plans, books and their clearing. */
import { AbiCoder, keccak256, ZeroAddress, ZeroHash, type TypedDataDomain } from "ethers";

import {
  least,
  match,
  compareBids,
  compareOffers,
  partsOfRef,
  refOf,
  type BookBid,
  type BookOffer,
  type Match,
} from "../clearing.ts";
import {
  Phase,
  PlanStatus,
  Role,
  type Address,
  type Bid,
  type BookEntry,
  type BookState,
  type Bytes32,
  type Commitment,
  type Offer,
  type Plan,
  type PlanState,
  type RankingState,
  type SignedCommitment,
  type SignedPlan,
  type SkippedItem,
  type Windows,
} from "../ledger.ts";
import { keccak } from "../keccak.ts";
import { domainOf, MessageHasher, PLAN_TYPES } from "../messages.ts";
import { amountUp, bpsUp, depositBps } from "../money.ts";
import type { LocalMarket } from "./market.ts";
import { ClearingPage, SEARCH_START, type Capacity, type SearchState } from "./page.ts";
import { Cell, refuse, Refusal, StateList, StateMap } from "./world.ts";

const MAX_ITEMS = 16;
const MAX_VALUE = 2n ** 48n - 1n;
const MAX_SLOTS_AHEAD = 2n ** 16n - 1n;

/** Later than every block. */
const FOR_EVER = 2n ** 256n - 1n;

/** Most energy that a query can tell, Wh. */
const MAX_WH = 2n ** 32n - 1n;

/** A page with so much work ends with the slot, whatever the search takes; a chain has gas for no such page. */
export const BOUNDLESS = 2n ** 48n;

const SALT_SUM = 2n ** 128n;

const NO_PLAN: PlanState = {
  wallet: ZeroAddress,
  slot: 0n,
  sequence: 0n,
  status: PlanStatus.none,
  bonded: false,
  seller: false,
  commitment: ZeroHash,
  reputation: 0n,
  count: 0n,
};

const NO_BID: Bid = {
  cores: 0n,
  coreSeconds: 0n,
  energy: 0n,
  maxPrice: 0n,
  earliest: 0n,
  deadline: 0n,
  priority: false,
};

const NO_OFFER: Offer = { price: 0n, energy: 0n, cores: 0n };

/** What a participant revealed last. */
interface Revealed {
  readonly slot: bigint;
  readonly bids: readonly Bid[];
  readonly offers: readonly Offer[];
  readonly reputation: bigint;
  readonly sequence: bigint;
}

const NOTHING: Revealed = { slot: 0n, bids: [], offers: [], reputation: 0n, sequence: 0n };

/** A slot's book and how far its clearing has come. */
interface Book {
  readonly phase: bigint;
  readonly bids: bigint;
  readonly offers: bigint;
  readonly saltSum: bigint;
  readonly seed: Bytes32;
  readonly ranker: Address;
  /** What comes of each bid unless the slot lapses before it is concluded; known when the matching begins. */
  readonly matches: readonly Match[];
  /** The offers in their order. */
  readonly order: readonly BookOffer[];
  /** Offers with less energy or fewer cores left fit no bid of the slot. */
  readonly least: Capacity;
  readonly concluded: number;
  /** How far the search for the next bid has come. */
  readonly search: SearchState;
  readonly released: number;
  readonly trades: bigint;
}

const EMPTY_BOOK: Book = {
  phase: Phase.open,
  bids: 0n,
  offers: 0n,
  saltSum: 0n,
  seed: ZeroHash,
  ranker: ZeroAddress,
  matches: [],
  order: [],
  least: { energy: 0n, cores: 0n },
  concluded: 0,
  search: SEARCH_START,
  released: 0,
  trades: 0n,
};

/** A caller's lists for a slot. */
interface Ranking {
  readonly slot: bigint;
  readonly bids: readonly BookBid[];
  readonly offers: readonly BookOffer[];
}

/** Sealed bids, reveals, clearing. */
export class LocalAuction {
  private readonly market: LocalMarket;
  private readonly isPaused: Cell<boolean>;
  private readonly lastSequence: Cell<bigint>;
  private readonly plans: StateList<PlanState>;
  private readonly revealed: StateList<Revealed>;
  private readonly books: StateMap<bigint, Book>;
  private readonly rankings: StateMap<Address, Ranking>;
  /** What matched offers have left, by their references. */
  private readonly left: StateMap<bigint, Capacity>;
  private readonly hasher = new MessageHasher();
  private readonly domain: TypedDataDomain;

  constructor(market: LocalMarket) {
    const { world, options } = market;
    this.market = market;
    this.isPaused = new Cell(world, false);
    this.lastSequence = new Cell(world, 0n);
    this.plans = new StateList(world);
    this.revealed = new StateList(world);
    this.books = new StateMap(world);
    this.rankings = new StateMap(world);
    this.left = new StateMap(world);
    this.domain = domainOf("auction", options.addresses.auction, options.chainId);
  }

  // ---------------------------------------------------------------- calls: commit

  commit(caller: Address, slot: bigint, commitment: Bytes32): void {
    const { participant, role } = this.market.identities.requireActive(caller);
    this.seal(participant, role, caller, slot, commitment);
  }

  commitSigned({ commitment: message, signature }: SignedCommitment): void {
    const { now } = this.market.world;
    if (now > message.expiry) refuse("SignatureExpired", message.expiry, now);
    const { participant, role } = this.market.identities.requireActive(signature.signer);
    this.requireLatest(participant, message);
    this.seal(participant, role, signature.signer, message.slot, message.commitment);
  }

  commitBatch(batch: readonly SignedCommitment[]): SkippedItem[] {
    return this.each(batch, (signed) => {
      this.commitSigned(signed);
    });
  }

  withdrawPlan(caller: Address, slot: bigint): void {
    const { identities, world } = this.market;
    const participant = identities.participantOf(caller);
    const plan = this.requireSealed(participant, slot);
    world.requireWindow(slot, world.commitFrom(slot), world.revealFrom(slot));
    const sequence = Cell.next(this.lastSequence);
    this.plans.set(participant, { ...plan, status: PlanStatus.withdrawn, sequence });
    world.emit("PlanWithdrawn", { participant, slot });
  }

  releaseBond(caller: Address): void {
    const { identities, vault, world } = this.market;
    const participant = identities.participantOf(caller);
    const plan = this.plans.get(participant) ?? NO_PLAN;
    if (!plan.bonded || plan.status === PlanStatus.sealed) refuse("NoBondToRelease", participant);
    const bond = this.bondOf(plan.seller);
    this.plans.set(participant, { ...plan, bonded: false });
    world.emit("BondReleased", { participant, bond });
    vault.unlock(participant, bond);
  }

  setPaused(caller: Address, paused: boolean): void {
    this.market.requireHolder(caller, "pauser");
    this.isPaused.value = paused;
    this.market.world.emit("PausedSet", { paused });
  }

  // ---------------------------------------------------------------- calls: reveal

  /** `wallet` sends the plan, or has signed it. */
  reveal(wallet: Address, plan: Plan): void {
    const { identities, vault, reputation, world } = this.market;
    const { bidder: participant, slot } = plan;
    const state = this.requireSealed(participant, slot);
    world.requireWindow(slot, world.revealFrom(slot), world.clearFrom(slot));
    if (wallet !== state.wallet && identities.participantOf(wallet) !== participant)
      refuse("NotBidder", participant, wallet);
    const digest = this.commitmentOf(plan);
    if (digest !== state.commitment)
      refuse("CommitmentMismatch", participant, state.commitment, digest);

    this.checkSides(plan, state.seller);
    const rv = reputation.reputationOf(participant);
    const bps = depositBps(rv, this.market.options.parameters);
    let needed = 0n;
    plan.bids.forEach((bid, index) => {
      this.checkBid(bid, index, slot);
      needed += bidLock(bid.energy, bid.maxPrice, bps);
    });
    plan.offers.forEach((offer, index) => {
      checkOffer(offer, index);
      needed += offerLock(offer.energy, offer.price, bps);
    });

    if (!vault.tryLock(participant, needed)) {
      const bond = this.bondOf(state.seller);
      this.plans.set(participant, { ...state, status: PlanStatus.dropped, bonded: false });
      world.emit("PlanDropped", { participant, slot, needed, bond });
      vault.seize(participant, bond);
      return;
    }
    const { bids, offers, salt } = plan;
    this.plans.set(participant, {
      ...state,
      status: PlanStatus.revealed,
      reputation: rv,
      count: BigInt(bids.length + offers.length),
    });
    this.revealed.set(participant, {
      slot,
      bids,
      offers,
      reputation: rv,
      sequence: state.sequence,
    });
    const book = this.bookAt(slot);
    this.books.set(slot, {
      ...book,
      bids: book.bids + BigInt(bids.length),
      offers: book.offers + BigInt(offers.length),
      saltSum: (book.saltSum + BigInt(keccak(Buffer.from(salt.slice(2), "hex")))) % SALT_SUM,
    });
    world.emit("Revealed", { participant, slot, salt });
  }

  revealSigned({ plan, signature }: SignedPlan): void {
    this.reveal(signature.signer, plan);
  }

  revealBatch(batch: readonly SignedPlan[]): SkippedItem[] {
    return this.each(batch, (signed) => {
      this.revealSigned(signed);
    });
  }

  punish(participant: bigint): void {
    const { world } = this.market;
    const plan = this.planOf(participant);
    if (plan.status !== PlanStatus.sealed)
      refuse("NothingSealed", participant, plan.slot, plan.status);
    const until = world.clearFrom(plan.slot);
    if (world.now < until) refuse("RevealWindowOpen", plan.slot, until, world.now);
    this.plans.set(participant, { ...plan, status: PlanStatus.punished, bonded: false });
    this.forfeit(participant, plan);
  }

  // ---------------------------------------------------------------- calls: clear

  /** Returns whether the slot is cleared now. */
  clear(
    caller: Address,
    slot: bigint,
    bids: readonly bigint[],
    offers: readonly bigint[],
    work: bigint,
  ): boolean {
    const { phase } = this.bookAt(slot);
    if (phase === Phase.cleared) refuse("AlreadyCleared", slot);
    if (phase === Phase.open) {
      const ranking = this.rank(caller, slot, bids, offers);
      const book = this.bookAt(slot);
      const complete =
        BigInt(ranking.bids.length) === book.bids && BigInt(ranking.offers.length) === book.offers;
      if (!complete || work === 0n) return false;
      this.startMatching(caller, slot, ranking);
    } else if (bids.length + offers.length !== 0) {
      refuse("OrderFixed", slot);
    }
    return this.clearPage(slot, work);
  }

  discardRanking(caller: Address): void {
    this.requireRankingFree(caller, this.rankingOf(caller).slot);
    this.rankings.delete(caller);
  }

  // ---------------------------------------------------------------- queries

  paused(): boolean {
    return this.isPaused.value;
  }

  commitmentOf(plan: Plan): Bytes32 {
    if (this.market.options.commitments === "salt") return plan.salt;
    return this.hasher.digest(this.domain, PLAN_TYPES, plan);
  }

  windowsOf(slot: bigint): Windows {
    const { world } = this.market;
    return {
      commitFrom: world.commitFrom(slot),
      revealFrom: world.revealFrom(slot),
      clearFrom: world.clearFrom(slot),
      lapseFrom: world.startOf(slot + 1n),
    };
  }

  planOf(participant: bigint): PlanState {
    const plan = this.plans.get(participant) ?? NO_PLAN;
    const isOver =
      plan.status === PlanStatus.revealed && this.bookAt(plan.slot).phase === Phase.cleared;
    return isOver ? { ...plan, status: PlanStatus.closed } : plan;
  }

  /** Bid of the plan that was revealed last. */
  bidOf(participant: bigint, index: bigint): Bid {
    return this.revealed.get(participant)?.bids[Number(index)] ?? NO_BID;
  }

  /** Offer of the plan that was revealed last, with what is left of it. */
  offerOf(participant: bigint, index: bigint): Offer {
    const { slot, offers } = this.revealed.get(participant) ?? NOTHING;
    const offer = offers[Number(index)] ?? NO_OFFER;
    const sells = offer !== NO_OFFER && this.bookAt(slot).phase !== Phase.open;
    return sells ? { ...offer, ...this.leftOf(refOf(participant, Number(index))) } : offer;
  }

  bookOf(slot: bigint): BookState {
    const { phase, bids, offers, seed, ranker, concluded, trades } = this.bookAt(slot);
    return { phase, bids, offers, seed, ranker, concluded: BigInt(concluded), trades };
  }

  /** The bids and offers that participants have in a slot's book. */
  entriesOf(slot: bigint, bidders: readonly bigint[]): BookEntry[] {
    return bidders.flatMap((participant) => {
      const { slot: of, status, seller, reputation, sequence, count } = this.planOf(participant);
      if (of !== slot || (status !== PlanStatus.revealed && status !== PlanStatus.closed))
        return [];
      return Array.from({ length: Number(count) }, (_, i) => {
        const { price, energy, cores } = this.priced(participant, BigInt(i), seller);
        const ref = refOf(participant, i);
        return { ref, seller, price, energy, cores, reputation, sequence };
      });
    });
  }

  /** What is offered for the slot and not yet sold, Wh. */
  disposableEnergy(dataCentre: bigint, slot: bigint): bigint {
    const { phase } = this.bookAt(slot);
    if (phase !== Phase.open && phase !== Phase.matching) return 0n;
    const energy = this.offersOf(dataCentre, slot)
      .map((offer) => (phase === Phase.open ? offer.energy : this.leftOf(offer.ref).energy))
      .reduce((sum, part) => sum + part, 0n);
    return energy > MAX_WH ? MAX_WH : energy;
  }

  rankingOf(ranker: Address): RankingState {
    const { slot, bids, offers } = this.rankings.get(ranker) ?? { slot: 0n, bids: [], offers: [] };
    return { slot, bids: BigInt(bids.length), offers: BigInt(offers.length) };
  }

  // ---------------------------------------------------------------- internals: plans

  private priced(participant: bigint, index: bigint, seller: boolean): Offer {
    if (seller) return this.offerOf(participant, index);
    const { maxPrice: price, energy, cores } = this.bidOf(participant, index);
    return { price, energy, cores };
  }

  private each<T>(batch: readonly T[], action: (item: T) => void): SkippedItem[] {
    const skipped: SkippedItem[] = [];
    batch.forEach((item, index) => {
      try {
        this.market.world.atomic(() => {
          action(item);
        });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        skipped.push({ index: BigInt(index), error: error.error });
      }
    });
    return skipped;
  }

  private seal(
    participant: bigint,
    role: bigint,
    wallet: Address,
    slot: bigint,
    commitment: Bytes32,
  ): void {
    const { meters, vault, world } = this.market;
    if (this.isPaused.value) refuse("Paused");
    const seller = role === Role.dataCentre;
    if (!seller && role !== Role.user) refuse("NotATrader", participant);
    if (commitment === ZeroHash) refuse("EmptyCommitment");
    world.requireWindow(slot, world.commitFrom(slot), world.revealFrom(slot));
    if (seller) meters.requireOfferable(participant);

    const before = this.planOf(participant);
    const unopened = before.status === PlanStatus.sealed && before.slot !== slot;
    if (unopened) this.forfeit(participant, before);
    if (before.status === PlanStatus.revealed)
      refuse("PreviousSlotUncleared", participant, before.slot);
    const sequence = Cell.next(this.lastSequence);
    this.plans.set(participant, {
      ...NO_PLAN,
      wallet,
      slot,
      sequence,
      status: PlanStatus.sealed,
      bonded: true,
      seller,
      commitment,
    });
    world.emit("Committed", { participant, slot, commitment, sequence });
    if (before.bonded && !unopened) return;
    const bond = this.bondOf(seller);
    world.emit("BondPosted", { participant, bond });
    vault.lock(participant, bond);
  }

  /** Takes the bond of a plan that was not opened. */
  private forfeit(participant: bigint, plan: PlanState): void {
    const { vault, reputation, world } = this.market;
    const bond = this.bondOf(plan.seller);
    world.emit("PlanPunished", { participant, slot: plan.slot, bond });
    vault.seize(participant, bond);
    reputation.penalizeUnopened(participant);
  }

  private bondOf(seller: boolean): bigint {
    const { sellerBond, buyerBond } = this.market.options.parameters;
    return seller ? sellerBond : buyerBond;
  }

  private requireSealed(participant: bigint, slot: bigint): PlanState {
    const plan = this.planOf(participant);
    if (plan.status !== PlanStatus.sealed || plan.slot !== slot)
      refuse("NothingSealed", participant, slot, plan.status);
    return plan;
  }

  private requireLatest(participant: bigint, { replaces }: Commitment): void {
    const { sequence } = this.planOf(participant);
    if (replaces !== sequence) refuse("WrongSequence", participant, replaces, sequence);
  }

  private checkSides({ bidder, bids, offers }: Plan, seller: boolean): void {
    const [right, wrong] = seller ? [offers, bids] : [bids, offers];
    if (right.length === 0 || right.length > MAX_ITEMS || wrong.length !== 0)
      refuse("InvalidPlan", bidder, BigInt(bids.length), BigInt(offers.length));
  }

  private checkBid(bid: Bid, index: number, slot: bigint): void {
    const { cores, coreSeconds, energy, maxPrice, earliest, deadline } = bid;
    const slots = deadline - earliest + 1n;
    const valid =
      cores * coreSeconds * energy * maxPrice !== 0n &&
      slot <= earliest &&
      earliest <= deadline &&
      deadline - slot <= MAX_SLOTS_AHEAD &&
      coreSeconds <= cores * slots * this.market.options.parameters.slotSeconds;
    if (!valid) refuse("InvalidBid", BigInt(index));
    checkValue(index, energy, maxPrice);
  }

  // ---------------------------------------------------------------- internals: the book

  private bookAt(slot: bigint): Book {
    return this.books.get(slot) ?? EMPTY_BOOK;
  }

  /** A bid of a participant, if it is in the slot's book. */
  private bookBid(participant: bigint, index: bigint, slot: bigint): BookBid | undefined {
    const { bids, reputation, sequence, slot: of } = this.revealed.get(participant) ?? NOTHING;
    const bid = of === slot ? bids[Number(index)] : undefined;
    if (bid === undefined) return undefined;
    const { maxPrice: price, energy, cores } = bid;
    return { ref: refOf(participant, index), price, reputation, sequence, energy, cores };
  }

  /** An offer of a participant, if it is in the slot's book and not closed. */
  private bookOffer(participant: bigint, index: bigint, slot: bigint): BookOffer | undefined {
    const plan = this.planOf(participant);
    if (plan.slot !== slot || plan.status !== PlanStatus.revealed) return undefined;
    const { offers, reputation, sequence } = this.revealed.get(participant) ?? NOTHING;
    const offer = offers[Number(index)];
    if (offer === undefined) return undefined;
    const { price, energy, cores } = offer;
    return { ref: refOf(participant, index), price, reputation, sequence, energy, cores };
  }

  /** The offers of a participant that are in the slot's book and not closed. */
  private offersOf(participant: bigint, slot: bigint): BookOffer[] {
    const offers: BookOffer[] = [];
    for (let index = 0n; index < MAX_ITEMS; index += 1n) {
      const offer = this.bookOffer(participant, index, slot);
      if (offer === undefined) break;
      offers.push(offer);
    }
    return offers;
  }

  private leftOf(ref: bigint): Capacity {
    return this.left.get(ref) ?? { energy: 0n, cores: 0n };
  }

  // ---------------------------------------------------------------- internals: clearing

  /** Appends to the caller's lists; what is listed is in the book and comes strictly after what was listed before. */
  private rank(
    caller: Address,
    slot: bigint,
    bids: readonly bigint[],
    offers: readonly bigint[],
  ): Ranking {
    const { world } = this.market;
    world.requireWindow(slot, world.clearFrom(slot), FOR_EVER);
    const before = this.rankings.get(caller);
    if (before?.slot !== slot) this.requireRankingFree(caller, before?.slot ?? 0n);
    const continued = before?.slot === slot ? before : { slot, bids: [], offers: [] };

    const append = <T extends BookBid>(
      list: readonly T[],
      refs: readonly bigint[],
      entryOf: (participant: bigint, index: bigint) => T | undefined,
      compare: (a: T, b: T) => number,
    ): T[] => {
      const longer = [...list];
      for (const ref of refs) {
        const { participant, index } = partsOfRef(ref);
        const entry = entryOf(participant, index) ?? refuse("NotInBook", slot, ref);
        const last = longer.at(-1);
        if (last !== undefined && compare(last, entry) >= 0) refuse("OutOfOrder", slot, ref);
        longer.push(entry);
      }
      return longer;
    };
    const ranking = {
      slot,
      bids: append(continued.bids, bids, (p, i) => this.bookBid(p, i, slot), compareBids),
      offers: append(continued.offers, offers, (p, i) => this.bookOffer(p, i, slot), compareOffers),
    };
    if (bids.length + offers.length !== 0) this.rankings.set(caller, ranking);
    return ranking;
  }

  /** Refuses to give up lists that a slot is being matched by. */
  private requireRankingFree(caller: Address, slot: bigint): void {
    const { phase, ranker } = this.bookAt(slot);
    const inUse = phase === Phase.matching || phase === Phase.releasing;
    if (inUse && ranker === caller) refuse("RankingInUse", slot);
  }

  private startMatching(ranker: Address, slot: bigint, ranking: Ranking): void {
    const { beacon, world, options } = this.market;
    const { isFinal, value } = beacon.valueOf(slot);
    if (!isFinal) refuse("BeaconPending", slot);
    const book = this.bookAt(slot);
    const seed = keccak256(
      AbiCoder.defaultAbiCoder().encode(
        ["uint32", "uint256", "bytes32"],
        [slot, book.saltSum, value],
      ),
    );
    const { bids, offers } = ranking;
    const matches = match(bids, offers, seed, options.parameters);
    this.books.set(slot, {
      ...book,
      phase: Phase.matching,
      seed,
      ranker,
      matches,
      order: offers,
      least: {
        energy: least(bids, "energy"),
        cores: least(bids, "cores"),
      },
    });
    for (const { ref, energy, cores } of offers) this.left.set(ref, { energy, cores });
    world.emit("MatchingStarted", {
      slot,
      ranker,
      seed,
      bids: book.bids,
      offers: book.offers,
    });
  }

  /** Concludes bids, then releases offers, as far as `work` reaches. */
  private clearPage(slot: bigint, work: bigint): boolean {
    const { world, options } = this.market;
    const lapsed = world.now >= world.startOf(slot + 1n);
    const book = this.bookAt(slot);
    const boundless = work >= BOUNDLESS;
    let { concluded, released, trades } = book;
    const page = new ClearingPage(book.order, book.least, book.search, work, (ref) =>
      this.leftOf(ref),
    );

    for (const found of book.matches.slice(concluded)) {
      if (!boundless && !lapsed && !page.search(found.bid, options.parameters.drawAmong)) break;
      if (!page.conclude()) break;
      if (lapsed || found.offer === undefined) {
        this.returnBid(slot, found.bid);
      } else {
        trades += 1n;
        this.trade(slot, found, found.offer);
        page.sold(found.offer.ref);
      }
      concluded += 1;
    }
    const matched = concluded === book.matches.length;
    while (matched && released < book.order.length) {
      const { participant, index } = partsOfRef(book.order[released]?.ref ?? 0n);
      if (!page.release(index === 0n)) break;
      if (index === 0n) this.releaseOffers(participant, slot);
      released += 1;
    }
    const cleared = matched && released === book.order.length;
    const phase = cleared ? Phase.cleared : matched ? Phase.releasing : Phase.matching;
    // What is over needs no room.
    const rest = cleared ? { matches: [], order: [] } : {};
    const search = page.state;
    this.books.set(slot, { ...book, ...rest, phase, concluded, search, released, trades });
    if (cleared) world.emit("Cleared", { slot, trades });
    return cleared;
  }

  private trade(slot: bigint, { bid, price, candidates }: Match, offer: BookOffer): void {
    const { supply, vault, options } = this.market;
    const buyer = partsOfRef(bid.ref);
    const seller = partsOfRef(offer.ref);
    const task = this.bidOf(buyer.participant, buyer.index);

    const sellerBps = depositBps(offer.reputation, options.parameters);
    const before = this.leftOf(offer.ref);
    const after = { energy: before.energy - bid.energy, cores: before.cores - bid.cores };
    this.left.set(offer.ref, after);
    const sellerDeposit =
      offerLock(before.energy, offer.price, sellerBps) -
      offerLock(after.energy, offer.price, sellerBps);

    const buyerBps = depositBps(bid.reputation, options.parameters);
    const escrow = amountUp(bid.energy, price);
    const buyerDeposit = bpsUp(escrow, buyerBps);
    supply.sign({
      buyer: buyer.participant,
      seller: seller.participant,
      task,
      price,
      slot,
      buyerDeposit,
      sellerDeposit,
      bid: buyer.index,
      offer: seller.index,
      candidates: BigInt(candidates.length),
    });
    const excess = bidLock(bid.energy, bid.price, buyerBps) - escrow - buyerDeposit;
    if (excess !== 0n) vault.unlock(buyer.participant, excess);
  }

  private returnBid(slot: bigint, bid: BookBid): void {
    const { vault, world, options } = this.market;
    const { participant: buyer, index } = partsOfRef(bid.ref);
    world.emit("Unmatched", { slot, buyer, index });
    const bps = depositBps(bid.reputation, options.parameters);
    vault.unlock(buyer, bidLock(bid.energy, bid.price, bps));
  }

  /** All of a plan's, with the first of them. */
  private releaseOffers(seller: bigint, slot: bigint): void {
    const unsold = this.offersOf(seller, slot).map(({ ref, price, reputation }) =>
      offerLock(
        this.leftOf(ref).energy,
        price,
        depositBps(reputation, this.market.options.parameters),
      ),
    );
    this.market.vault.unlock(
      seller,
      unsold.reduce((sum, amount) => sum + amount, 0n),
    );
  }
}

/** What a buyer locks for a bid: the highest payment and its deposit. */
function bidLock(energy: bigint, maxPrice: bigint, bps: bigint): bigint {
  const value = amountUp(energy, maxPrice);
  return value + bpsUp(value, bps);
}

/** What a seller locks for the energy that is left in an offer: its deposit. */
const offerLock = (energy: bigint, price: bigint, bps: bigint): bigint =>
  bpsUp(amountUp(energy, price), bps);

function checkOffer({ price, energy, cores }: Offer, index: number): void {
  if (price * energy * cores === 0n) refuse("InvalidOffer", BigInt(index));
  checkValue(index, energy, price);
}

function checkValue(index: number, energy: bigint, price: bigint): void {
  const value = amountUp(energy, price);
  if (value > MAX_VALUE) refuse("ValueTooLarge", BigInt(index), value);
}
