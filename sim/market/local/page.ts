/**
 * How far a page of the clearing comes. That is no rule of the market, what comes of the bids does not depend on it; but what
 * has happened after a page does, so it is counted as the contract counts, which stands for gas.
 */
import type { BookBid, BookOffer } from "../clearing.ts";

/** Steps of a page's work: a look at an offer, the reading of two offers, the conclusion of a bid, the release of an offer. */
const LOOK = 2;
const READ = 25;
const CONCLUDE = 750;
const RELEASE = 130;

/** How many offers a page remembers, from the first on that it has. */
const MOST_REMEMBERED = 1024;

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
  /** Offers that were read, each with the place of the next one that was not found used up. */
  private readonly remembered = new Map<number, number>();
  private readonly first: number;
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
    this.first = head;
    this.head = head;
    this.place = place;
    this.candidates = candidates;
    this.work = Number(work);
  }

  /** What the next page goes on from. */
  get state(): SearchState {
    return { head: this.head, place: this.place, candidates: this.candidates };
  }

  /** Looks for the bid's candidates; returns whether the search is over. */
  search(bid: BookBid, drawAmong: bigint): boolean {
    let place = Math.max(this.place, this.head);
    let previous: number | undefined;
    while (place < this.order.length && BigInt(this.candidates) < drawAmong) {
      if (this.work < LOOK + READ) {
        this.place = place;
        return false;
      }
      const next = this.look(place);
      const offer = this.order[place];
      if (offer === undefined || offer.price > bid.price) break;
      const left = this.leftOf(offer.ref);
      if (left.energy < this.least.energy || left.cores < this.least.cores) {
        if (place === this.head) this.head = next;
        else if (previous !== undefined) this.skip(previous, next);
      } else {
        if (left.energy >= bid.energy && left.cores >= bid.cores) this.candidates += 1;
        previous = place;
      }
      place = next;
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
    return true;
  }

  /** Whether there is enough work left to release an offer. */
  release(): boolean {
    if (this.work < RELEASE) return false;
    this.work -= RELEASE;
    return true;
  }

  /** Returns the place of the next offer. */
  private look(place: number): number {
    this.work -= LOOK;
    const known = this.remembered.get(place);
    if (known !== undefined) return known;
    this.work -= READ;
    const even = place - (place % 2);
    this.remember(even);
    this.remember(even + 1);
    return place + 1;
  }

  private remember(place: number): void {
    const room = place >= this.first && place < this.first + MOST_REMEMBERED;
    if (room && place < this.order.length && !this.remembered.has(place)) {
      this.remembered.set(place, place + 1);
    }
  }

  private skip(place: number, next: number): void {
    if (this.remembered.has(place)) this.remembered.set(place, next);
  }
}
