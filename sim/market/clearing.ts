/**
 * The auction's rule (the paper, section 2.2) as pure functions: the order of a book, and its matching. A caller of `clear`
 * computes its lists with it, and the local ledger clears with it.
 */
import { getBytes } from "ethers";

import { keccak } from "./keccak.ts";
import type { Answer, BookEntry, Bytes32 } from "./ledger.ts";
import { tradePrice } from "./money.ts";

/** What places a bid or an offer in its order. */
type Entry = Omit<BookEntry, "seller">;

/** A bid of a book; `price` is the highest that it pays. */
export type BookBid = Entry;

/** An offer of a book. */
export type BookOffer = Entry;

/** The bids and offers of a slot. */
export interface Book {
  readonly bids: readonly BookBid[];
  readonly offers: readonly BookOffer[];
}

/** Bidders whose entries in the book are read at a time. */
const READ_AT_A_TIME = 100;

/**
 * Reads a slot's book.
 *
 * @param bidders those who have revealed a plan for it
 * @param entriesOf gives the bids and offers of some of them
 */
export async function readBook(
  bidders: readonly bigint[],
  entriesOf: (some: bigint[]) => Answer<readonly BookEntry[]>,
): Promise<Book> {
  const pages: bigint[][] = [];
  for (let from = 0; from < bidders.length; from += READ_AT_A_TIME)
    pages.push(bidders.slice(from, from + READ_AT_A_TIME));
  const entries = (await Promise.all(pages.map(async (page) => await entriesOf(page)))).flat();
  return {
    bids: entries.filter(({ seller }) => !seller),
    offers: entries.filter(({ seller }) => seller),
  };
}

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

/** Draws with a slot's seed. */
class Lot {
  /** The seed, and the place in the order as a number of 256 bits. */
  private readonly message = new Uint8Array(64);
  private readonly place = new DataView(this.message.buffer, 60, 4);

  constructor(seed: Bytes32) {
    this.message.set(getBytes(seed));
  }

  /** Which of `count` candidates is drawn for the bid at `place` of the order. */
  draw(place: number, count: number): number {
    if (count === 1) return 0;
    this.place.setUint32(0, place);
    return Number(BigInt(keccak(this.message)) % BigInt(count));
  }
}

/** Which of `count` candidates is drawn for the bid at `place` of the order. */
export const draw = (seed: Bytes32, place: number, count: number): number =>
  new Lot(seed).draw(place, count);

/** What an offer has left during the matching, and the next offer that may have enough for any bid. */
interface Row {
  readonly offer: BookOffer;
  readonly price: number;
  energy: number;
  cores: number;
  next: Row | undefined;
}

/** Prices, energies and cores are below 2^48 in every book that the market accepts, so that plain numbers hold them. */
const rowsOf = (offers: readonly BookOffer[]): Row | undefined => {
  let first: Row | undefined;
  for (const offer of orderOffers(offers).reverse()) {
    const { price, energy, cores } = offer;
    first = {
      offer,
      price: Number(price),
      energy: Number(energy),
      cores: Number(cores),
      next: first,
    };
  }
  return first;
};

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
  const lot = new Lot(seed);
  const most = Number(rule.drawAmong);
  const ordered = orderBids(bids);
  const leastEnergy = Number(least(ordered, "energy"));
  const leastCores = Number(least(ordered, "cores"));
  let first = rowsOf(offers);
  return ordered.map((bid, place) => {
    const price = Number(bid.price);
    const energy = Number(bid.energy);
    const cores = Number(bid.cores);
    const found: Row[] = [];
    let previous: Row | undefined;
    for (let row = first; row !== undefined; row = row.next) {
      if (row.price > price || found.length === most) break;
      if (row.energy < leastEnergy || row.cores < leastCores) {
        // Fits no bid of the book any more.
        if (previous === undefined) first = row.next;
        else previous.next = row.next;
        continue;
      }
      if (row.energy >= energy && row.cores >= cores) found.push(row);
      previous = row;
    }
    const candidates = found.map((row) => row.offer);
    const chosen = found.length === 0 ? undefined : found[lot.draw(place, found.length)];
    if (chosen === undefined) return { bid, price: 0n, candidates };
    chosen.energy -= energy;
    chosen.cores -= cores;
    const agreed = tradePrice(chosen.offer.price, bid.price, rule.sellerShareBps);
    return { bid, offer: chosen.offer, price: agreed, candidates };
  });
}

/** The least that any bid asks for. */
export const least = (bids: readonly BookBid[], of: "energy" | "cores"): bigint =>
  bids.reduce((so, bid) => (bid[of] < so ? bid[of] : so), MAX_WH);

/** Most energy, or cores, that a bid can ask for. */
const MAX_WH = 2n ** 32n - 1n;
