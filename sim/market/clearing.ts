/**
 * The auction's rule (the paper, section 2.2) as pure functions: the order of a book, and its matching. A caller of `clear`
 * computes its lists with it, and the local ledger clears with it.
 */
import { AbiCoder, keccak256 } from "ethers";

import type { Bytes32 } from "./ledger.ts";
import { tradePrice } from "./money.ts";

/** What places a bid or an offer in its order. */
interface Entry {
  /** Participant's number * 256 + index in its plan. */
  readonly ref: bigint;
  readonly price: bigint;
  /** Reputation at the reveal. */
  readonly reputation: bigint;
  /** Sequence number of the commitment. */
  readonly sequence: bigint;
  /** Energy asked for or on offer, Wh. */
  readonly energy: bigint;
  readonly cores: bigint;
}

/** A bid of a book; `price` is the highest that it pays. */
export type BookBid = Entry;

/** An offer of a book. */
export type BookOffer = Entry;

/** Reference to entry `index` of a participant's plan. */
export const refOf = (participant: bigint, index: bigint | number): bigint =>
  participant * 256n + BigInt(index);

/** Participant and index of a reference. */
export const partsOfRef = (ref: bigint): { participant: bigint; index: bigint } => ({
  participant: ref / 256n,
  index: ref % 256n,
});

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Reputation descending, then order of commitment, then index: decides between equal prices. */
const byMerit = (a: Entry, b: Entry): number =>
  compare(b.reputation, a.reputation) || compare(a.sequence, b.sequence) || compare(a.ref, b.ref);

/** Whether `a` comes before `b` among the bids: below 0 if it does. */
export const compareBids = (a: BookBid, b: BookBid): number =>
  compare(b.price, a.price) || byMerit(a, b);

/** Whether `a` comes before `b` among the offers: below 0 if it does. */
export const compareOffers = (a: BookOffer, b: BookOffer): number =>
  compare(a.price, b.price) || byMerit(a, b);

/** Bids in the order in which they are served: price descending, reputation descending, order of commitment. */
export const orderBids = (bids: readonly BookBid[]): BookBid[] => [...bids].sort(compareBids);

/** Offers in the order in which they are looked at: price ascending, reputation descending, order of commitment. */
export const orderOffers = (offers: readonly BookOffer[]): BookOffer[] =>
  [...offers].sort(compareOffers);

/** What sets the matching's rule. */
export interface MatchingRule {
  /** How many of the cheapest fitting offers the draw is among. */
  readonly drawAmong: bigint;
  readonly sellerShareBps: bigint;
}

/** What came of a bid. */
export interface Match {
  readonly bid: BookBid;
  /** The offer that was drawn; absent if there was none to draw from. */
  readonly offer?: BookOffer;
  /** Price of the trade; 0 without one. */
  readonly price: bigint;
  /** The offers that the draw was among. */
  readonly candidates: readonly BookOffer[];
}

/** Which of `count` candidates is drawn for the bid at `place` of the order. */
export function draw(seed: Bytes32, place: number, count: number): number {
  const hash = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [seed, place]));
  return Number(BigInt(hash) % BigInt(count));
}

/**
 * Matches a book: bids in their order, each with one of the cheapest offers that have enough energy and cores left, drawn with
 * the seed.
 *
 * @returns what came of each bid, in the order of the bids
 */
export function match(
  bids: readonly BookBid[],
  offers: readonly BookOffer[],
  seed: Bytes32,
  rule: MatchingRule,
): Match[] {
  const list = orderOffers(offers).map((offer) => ({
    offer,
    energy: offer.energy,
    cores: offer.cores,
  }));
  return orderBids(bids).map((bid, place) => {
    const found: typeof list = [];
    for (const row of list) {
      if (row.offer.price > bid.price || BigInt(found.length) === rule.drawAmong) break;
      if (row.energy >= bid.energy && row.cores >= bid.cores) found.push(row);
    }
    const candidates = found.map((row) => row.offer);
    const chosen = found.length === 0 ? undefined : found[draw(seed, place, found.length)];
    if (chosen === undefined) return { bid, price: 0n, candidates };
    chosen.energy -= bid.energy;
    chosen.cores -= bid.cores;
    const price = tradePrice(chosen.offer.price, bid.price, rule.sellerShareBps);
    return { bid, offer: chosen.offer, price, candidates };
  });
}
