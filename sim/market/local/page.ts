/**
 * How far a page of the clearing comes. That is no rule of the market, what comes of the bids does not depend on it; but what
 * has happened after a page does, so it is counted as the contract counts, which stands for gas.
 */
import type { BookBid, BookOffer } from "../clearing.ts";

/** Steps of a page's work besides one for each look at an offer: the reading of a word of offers, the conclusion of a bid, the release of a plan. */
const READ = 160;
const CONCLUDE = 700;
const RELEASE = 200;

/** How many offers are read together. */
const OFFERS_PER_WORD = 6;

/** What an offer has left, or a bid needs. */
export interface Capacity {
  readonly energy: bigint;
  readonly cores: bigint;
}

/** How far the search for offers has come between two pages. */
export interface SearchState {
  /** First offer that is not used up. */
  readonly head: number;
  /** Next offer to look at for the present bid. */
  readonly place: number;
  /** Candidates that the present bid has so far. */
  readonly candidates: number;
}

/** Before the first page. */
export const SEARCH_START: SearchState = { head: 0, place: 0, candidates: 0 };

/** The work of one page. */
export class ClearingPage {
  private readonly order: readonly BookOffer[];
  private readonly least: Capacity;
  private readonly leftOf: (ref: bigint) => Capacity;
  /** Places of the offers that were read and are not used up. */
  private rows: number[] = [];
  private nextRead: number;
  /** Whether this page goes on with a search that another one began; then it reads from there on. */
  private resumed: boolean;
  private head: number;
  private place: number;
  private candidates: number;
  private work: number;

  /**
   * @param order the slot's offers
   * @param least offers with less left are used up
   * @param leftOf what an offer has left at present
   */
  constructor(
    order: readonly BookOffer[],
    least: Capacity,
    { head, place, candidates }: SearchState,
    work: bigint,
    leftOf: (ref: bigint) => Capacity,
  ) {
    this.order = order;
    this.least = least;
    this.leftOf = leftOf;
    this.head = head;
    this.place = place;
    this.candidates = candidates;
    this.work = Number(work);
    this.resumed = place !== 0;
    this.nextRead = this.resumed ? place : head;
  }

  /** What the next page goes on from. */
  get state(): SearchState {
    const head = this.resumed ? this.head : (this.rows[0] ?? this.nextRead);
    return { head, place: this.place, candidates: this.candidates };
  }

  /** Looks for the bid's candidates; returns whether the search is over. */
  search(bid: BookBid, drawAmong: bigint): boolean {
    if (this.place === this.order.length) return true;
    let next = 0;
    for (;;) {
      const affordable = this.rows.slice(next, next + this.work);
      const looks = this.look(affordable, bid, drawAmong);
      this.work -= looks ?? affordable.length;
      if (looks !== undefined) break;
      next += affordable.length;
      const unseen = this.rows[next];
      if (unseen === undefined && this.nextRead === this.order.length) break;
      if (unseen !== undefined || this.work < READ) {
        this.place = unseen ?? this.nextRead;
        return false;
      }
      this.read();
    }
    // If the page ends here, the search is not begun again.
    this.place = this.order.length;
    return true;
  }

  /** Whether there is enough work left to conclude the bid. */
  conclude(): boolean {
    if (this.work < CONCLUDE) return false;
    this.work -= CONCLUDE;
    this.place = 0;
    this.candidates = 0;
    if (this.resumed) {
      this.resumed = false;
      this.rows = [];
      this.nextRead = this.head;
    }
    return true;
  }

  /** Notes that some of an offer was sold. */
  sold(ref: bigint): void {
    if (this.isUsedUp(ref)) this.rows = this.rows.filter((row) => this.order[row]?.ref !== ref);
  }

  /** Whether there is enough work left to go on releasing, with an offer that is or is not the first of its plan. */
  release(isFirst: boolean): boolean {
    if (this.work < RELEASE) return false;
    this.work -= isFirst ? RELEASE : 1;
    return true;
  }

  /** Counts candidates; returns at how many it looked if the search is over with the last of them. */
  private look(rows: readonly number[], bid: BookBid, drawAmong: bigint): number | undefined {
    for (const [index, row] of rows.entries()) {
      const offer = this.order[row];
      if (offer === undefined || offer.price > bid.price) return index + 1;
      const left = this.leftOf(offer.ref);
      if (left.energy >= bid.energy && left.cores >= bid.cores) this.candidates += 1;
      if (BigInt(this.candidates) === drawAmong) return index + 1;
    }
    return undefined;
  }

  /** Reads the rest of a word of the order; what is used up is left out. */
  private read(): void {
    this.work -= READ;
    const start = this.nextRead;
    const end = start - (start % OFFERS_PER_WORD) + OFFERS_PER_WORD;
    this.order.slice(start, end).forEach(({ ref }, index) => {
      if (!this.isUsedUp(ref)) this.rows.push(start + index);
    });
    this.nextRead = Math.min(end, this.order.length);
  }

  private isUsedUp(ref: bigint): boolean {
    const { energy, cores } = this.leftOf(ref);
    return energy < this.least.energy || cores < this.least.cores;
  }
}
