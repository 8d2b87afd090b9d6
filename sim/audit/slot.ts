/**
 * The check of one slot's auction from its public data, by anybody: that everyone revealed what it had committed to, that the
 * seed is what follows from the salts and the beacon, that the order is the one right order, and that each bid got the offer
 * that the draw gives it (`docs/protocol.md`, "The auction"). Pure functions of plain data, without anything of Node, so that
 * a page in a browser can use them as well; {@link SlotCollector} makes the data from events and calldata.
 */
import { AbiCoder, getBytes, keccak256, toBeHex } from "ethers";

import { match, refOf, type BookBid, type BookOffer, type Match } from "../market/clearing.ts";
import { keccak } from "../market/keccak.ts";
import type { Address, Bytes32, Plan } from "../market/ledger.ts";
import { domainOf, MessageHasher, PLAN_TYPES } from "../market/messages.ts";
import type { MarketParameters } from "../market/parameters.ts";
import { beaconEndOf, windowsOf } from "../market/slots.ts";
import { Difference, requireSame } from "./difference.ts";
import type { Terms } from "../market/words.ts";

/** What is fixed in a market, as far as the auction needs it. */
export interface AuctionRules {
  readonly parameters: MarketParameters;
  readonly chainId: bigint;
  /** Address of the auction's contract. */
  readonly auction: Address;
}

/** When and where something happened. */
export interface Happened {
  /** Time of the block, Unix seconds. */
  readonly time: bigint;
  readonly transaction: Bytes32;
}

/** A commitment for the slot, or its withdrawal: event `Committed` or `PlanWithdrawn`. */
export interface SealEvidence extends Happened {
  readonly participant: bigint;
  /** Undefined if the participant's commitment was withdrawn. */
  readonly sealed: { readonly commitment: Bytes32; readonly sequence: bigint } | undefined;
}

/** A plan that was revealed: event `Revealed` or `PlanDropped`, with the plan from the transaction's calldata. */
export interface RevealEvidence extends Happened {
  readonly participant: bigint;
  /** Salt that the event tells; undefined if the plan was dropped because it could not be funded. */
  readonly salt: Bytes32 | undefined;
  /** Undefined if it is in no calldata that can be read. */
  readonly plan: Plan | undefined;
  /** The participant's reputation then: the latest `ReputationChanged`, or 5,000. */
  readonly reputation: bigint;
}

/** A value of the beacon: event `ValueOpened`. */
export interface OpeningEvidence extends Happened {
  readonly operator: bigint;
  readonly value: Bytes32;
  /** What the value's hash must be: the operator's value before, or its anchor; undefined if that is not known. */
  readonly opens: Bytes32 | undefined;
}

/** What came of a bid: event `Signed` or `Unmatched`. */
export interface OutcomeEvidence extends Happened {
  readonly buyer: bigint;
  /** Index of the bid in the buyer's plan. */
  readonly index: bigint;
  /** Undefined if the bid was returned. */
  readonly trade:
    | {
        readonly contractId: bigint;
        readonly seller: bigint;
        /** Index of the offer in the seller's plan. */
        readonly offer: bigint;
        readonly candidates: bigint;
        readonly terms: Terms;
      }
    | undefined;
}

/** Everything public about a slot's auction, in the order of the chain. */
export interface SlotEvidence {
  readonly slot: bigint;
  readonly seals: readonly SealEvidence[];
  readonly reveals: readonly RevealEvidence[];
  readonly openings: readonly OpeningEvidence[];
  /** Event `MatchingStarted`; undefined if the clearing has not begun. */
  readonly started:
    | (Happened & { readonly seed: Bytes32; readonly bids: bigint; readonly offers: bigint })
    | undefined;
  readonly outcomes: readonly OutcomeEvidence[];
  /** Event `Cleared`; undefined if the clearing is not over. */
  readonly cleared: (Happened & { readonly trades: bigint }) | undefined;
}

/** An entry of a plan. */
export interface EntryName {
  readonly participant: bigint;
  readonly index: bigint;
  /** A bid's highest or an offer's lowest price, micro-yuan per kWh. */
  readonly price: bigint;
}

/** How a bid came to its offer. */
export interface Pick {
  /** Place of the bid in the order, from 0. */
  readonly place: number;
  readonly bid: EntryName;
  /** The cheapest offers that fitted at the bid's turn, in their order. */
  readonly candidates: readonly EntryName[];
  /** Which of the candidates was drawn; undefined if there was none, or the slot had lapsed. */
  readonly drawn: number | undefined;
  /** Of the trade, micro-yuan per kWh; 0 without one. */
  readonly price: bigint;
}

/** What a check of a slot came to. */
export interface SlotReport {
  readonly slot: bigint;
  /** "open" before the clearing, "matching" in its midst, "cleared" after it. */
  readonly phase: "open" | "matching" | "cleared";
  readonly commitments: number;
  readonly reveals: number;
  readonly bids: number;
  readonly offers: number;
  /** Picks with more than one candidate. */
  readonly draws: number;
  readonly trades: number;
  /** Sum of the salts' hashes modulo 2^128. */
  readonly salts: bigint;
  /** The beacon's value. */
  readonly beacon: Bytes32;
  /** Seed that follows from both. */
  readonly seed: Bytes32;
  /** What came of each bid that is concluded, in the order of the bids. */
  readonly picks: readonly Pick[];
  /** The first thing that is not as it should be; undefined if everything is. */
  readonly difference: Difference | undefined;
}

const SALT_SUM = 2n ** 128n;
const WORD = 2n ** 256n;
const hasher = new MessageHasher();
const coder = AbiCoder.defaultAbiCoder();

/**
 * Checks a slot's auction.
 *
 * @returns what was found, the first difference included; nothing of it is taken from what the chain says was computed
 */
export function checkSlot(evidence: SlotEvidence, rules: AuctionRules): SlotReport {
  const book = emptyBook(evidence);
  try {
    checkCommitments(evidence, rules);
    checkReveals(evidence, rules, book);
    checkSeed(evidence, rules, book);
    checkOutcomes(evidence, rules, book);
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    return { ...book.report(), difference: error };
  }
  return book.report();
}

/** What is rebuilt of a slot. */
interface Book {
  readonly bids: BookBid[];
  readonly offers: BookOffer[];
  /** Plans by participants. */
  readonly plans: Map<bigint, Plan>;
  salts: bigint;
  beacon: Bytes32;
  seed: Bytes32;
  picks: readonly Pick[];
  report(): SlotReport;
}

function emptyBook(evidence: SlotEvidence): Book {
  const { slot, seals, reveals, started, cleared } = evidence;
  const zero = toBeHex(0, 32);
  return {
    ...{ bids: [], offers: [], plans: new Map(), salts: 0n, beacon: zero, seed: zero, picks: [] },
    report() {
      return {
        slot,
        phase: cleared !== undefined ? "cleared" : started !== undefined ? "matching" : "open",
        commitments: seals.filter(({ sealed }) => sealed !== undefined).length,
        reveals: reveals.length,
        bids: this.bids.length,
        offers: this.offers.length,
        draws: this.picks.filter(({ candidates }) => candidates.length > 1).length,
        trades: this.picks.filter(({ drawn }) => drawn !== undefined).length,
        ...{ salts: this.salts, beacon: this.beacon, seed: this.seed, picks: this.picks },
        difference: undefined,
      };
    },
  };
}

// ------------------------------------------------------------------ commitments and reveals

function checkCommitments({ slot, seals }: SlotEvidence, { parameters }: AuctionRules): void {
  const { commitFrom, revealFrom } = windowsOf(parameters, slot);
  let last = 0n;
  for (const { participant, sealed, time, transaction } of seals) {
    const what = sealed === undefined ? "withdrawal" : "commitment";
    const where = `slot ${slot}, ${what} of participant ${participant}`;
    if (time < commitFrom || time >= revealFrom)
      throw new Difference(
        where,
        `a time from ${commitFrom} and before ${revealFrom}`,
        time,
        transaction,
      );
    if (sealed === undefined) continue;
    const { sequence } = sealed;
    if (sequence <= last)
      throw new Difference(`${where}, sequence number`, `above ${last}`, sequence, transaction);
    last = sequence;
  }
}

function checkReveals(evidence: SlotEvidence, rules: AuctionRules, book: Book): void {
  const { slot, reveals, seals } = evidence;
  const { revealFrom, clearFrom } = windowsOf(rules.parameters, slot);
  // A later commitment replaces an earlier one.
  const latest = new Map(seals.map(({ participant, sealed }) => [participant, sealed]));
  const revealed = new Set<bigint>();
  for (const reveal of reveals) {
    const { participant, time, transaction, plan, salt, reputation } = reveal;
    const where = `slot ${slot}, reveal of participant ${participant}`;
    const fail = (expected: string, found: unknown): never => {
      throw new Difference(where, expected, found, transaction);
    };
    if (time < revealFrom || time >= clearFrom)
      fail(`a time from ${revealFrom} and before ${clearFrom}`, time);
    if (plan === undefined) return fail("a plan in the transaction's calldata", undefined);
    if (revealed.has(participant)) fail("one reveal", "another one");
    revealed.add(participant);
    const committed = latest.get(participant);
    if (committed === undefined) return fail("a commitment before it", undefined);
    requireSame(`${where}, bidder of the plan`, participant, plan.bidder, transaction);
    requireSame(`${where}, slot of the plan`, slot, plan.slot, transaction);
    const digest = planDigest(plan, rules);
    requireSame(`${where}, digest of the plan`, committed.commitment, digest, transaction);
    if (salt === undefined) continue;
    requireSame(`${where}, salt`, plan.salt, salt, transaction);
    enter(book, plan, reputation, committed.sequence);
  }
}

/** A plan's commitment: its EIP-712 digest. */
export const planDigest = (plan: Plan, { auction, chainId }: AuctionRules): Bytes32 =>
  hasher.digest(domainOf("auction", auction, chainId), PLAN_TYPES, plan);

function enter(book: Book, plan: Plan, reputation: bigint, sequence: bigint): void {
  const { bidder, bids, offers, salt } = plan;
  book.plans.set(bidder, plan);
  const merit = { reputation, sequence };
  bids.forEach(({ maxPrice, energy, cores }, i) => {
    book.bids.push({ ref: refOf(bidder, i), price: maxPrice, energy, cores, ...merit });
  });
  offers.forEach(({ price, energy, cores }, i) => {
    book.offers.push({ ref: refOf(bidder, i), price, energy, cores, ...merit });
  });
  book.salts = (book.salts + BigInt(keccak(getBytes(salt)))) % SALT_SUM;
}

// ------------------------------------------------------------------ seed

function checkSeed(evidence: SlotEvidence, rules: AuctionRules, book: Book): void {
  const { slot, openings, started } = evidence;
  const from = windowsOf(rules.parameters, slot).clearFrom;
  const to = beaconEndOf(rules.parameters, slot);
  let sum = 0n;
  for (const { operator, value, opens, time, transaction } of openings) {
    const where = `slot ${slot}, beacon value of operator ${operator}`;
    if (time < from || time >= to)
      throw new Difference(where, `a time from ${from} and before ${to}`, time, transaction);
    if (opens !== undefined)
      requireSame(`${where}, its hash`, opens, keccak256(value), transaction);
    sum += BigInt(keccak256(coder.encode(["uint32", "bytes32"], [operator, value])));
  }
  book.beacon = toBeHex(sum % WORD, 32);
  book.seed = keccak256(
    coder.encode(["uint32", "uint256", "bytes32"], [slot, book.salts, book.beacon]),
  );
  if (started === undefined) return;
  const { transaction } = started;
  const found = { bids: started.bids, offers: started.offers, seed: started.seed };
  const { bids, offers, seed } = book;
  const expected = { bids: BigInt(bids.length), offers: BigInt(offers.length), seed };
  requireSame(`slot ${slot}, start of the matching`, expected, found, transaction);
}

// ------------------------------------------------------------------ matching

function checkOutcomes(evidence: SlotEvidence, rules: AuctionRules, book: Book): void {
  const { slot, started, outcomes, cleared } = evidence;
  if (started === undefined) {
    const [early] = outcomes;
    if (early !== undefined)
      throw new Difference(
        `slot ${slot}`,
        "no trade before the matching starts",
        "one",
        early.transaction,
      );
    return;
  }
  const { lapseFrom } = windowsOf(rules.parameters, slot);
  const matches = match(book.bids, book.offers, book.seed, rules.parameters);
  const picks: Pick[] = [];
  book.picks = picks;
  for (const [place, outcome] of outcomes.entries()) {
    const found = matches[place];
    if (found === undefined)
      throw new Difference(
        `slot ${slot}, trades and returned bids`,
        matches.length,
        outcomes.length,
        outcome.transaction,
      );
    const lapsed = outcome.time >= lapseFrom;
    const pick = pickOf(place, found, lapsed);
    checkOutcome(slot, pick, found, outcome, book);
    picks.push(pick);
  }
  if (cleared === undefined) return;
  requireSame(
    `slot ${slot}, trades and returned bids`,
    matches.length,
    outcomes.length,
    cleared.transaction,
  );
  const trades = picks.filter(({ drawn }) => drawn !== undefined).length;
  requireSame(`slot ${slot}, trades`, BigInt(trades), cleared.trades, cleared.transaction);
}

function pickOf(place: number, { bid, offer, candidates, price }: Match, lapsed: boolean): Pick {
  const drawn = lapsed || offer === undefined ? undefined : candidates.indexOf(offer);
  return {
    place,
    bid: nameOf(bid),
    candidates: lapsed ? [] : candidates.map(nameOf),
    drawn,
    price: drawn === undefined ? 0n : price,
  };
}

const nameOf = ({ ref, price }: BookBid): EntryName => ({
  participant: ref / 256n,
  index: ref % 256n,
  price,
});

const entryText = (kind: "bid" | "offer", { participant, index }: EntryName): string =>
  `${kind} ${index} of participant ${participant}`;

function checkOutcome(
  slot: bigint,
  pick: Pick,
  { bid }: Match,
  outcome: OutcomeEvidence,
  book: Book,
): void {
  const { buyer, index, trade, transaction } = outcome;
  const at = `slot ${slot}, place ${pick.place} of the order`;
  const bidText = entryText("bid", pick.bid);
  const foundBid = `bid ${index} of participant ${buyer}`;
  if (bidText !== foundBid) throw new Difference(at, bidText, foundBid, transaction);
  const chosen = pick.drawn === undefined ? undefined : pick.candidates[pick.drawn];
  const foundOffer =
    trade === undefined ? "none" : `offer ${trade.offer} of participant ${trade.seller}`;
  const offer = chosen === undefined ? "none" : entryText("offer", chosen);
  if (offer !== foundOffer)
    throw new Difference(
      `slot ${slot}, ${bidText}, offer drawn`,
      `${offer}${describeDraw(pick)}`,
      foundOffer,
      transaction,
    );
  if (trade === undefined || chosen === undefined) return;
  const where = `slot ${slot}, ${bidText}, contract ${trade.contractId}`;
  const candidates = BigInt(pick.candidates.length);
  requireSame(`${where}, candidates`, candidates, trade.candidates, transaction);
  const task = book.plans.get(buyer)?.bids[Number(index)];
  if (task === undefined) throw new Error(`Bid ${bid.ref} is in the book, but in no plan.`);
  const { cores, coreSeconds, energy, earliest, deadline, priority } = task;
  const terms: Terms = {
    ...{ buyer, seller: chosen.participant, cores, coreSeconds, energy },
    ...{ price: pick.price, firstSlot: earliest, deadline, priority, signed: slot },
  };
  requireSame(`${where}, terms`, terms, trade.terms, transaction);
}

/** How an offer was drawn, in words. */
function describeDraw({ drawn, candidates }: Pick): string {
  if (drawn === undefined || candidates.length < 2) return "";
  const names = candidates.map(({ participant, index }) => `${participant}/${index}`).join(", ");
  return ` (draw ${drawn + 1} of ${candidates.length}: participant/offer ${names})`;
}
