/** The public list of quotes for order transfers, cheapest first. */
import type { Quote } from "../market/ledger.ts";

/** A quote and who gave it. */
export interface StandingQuote extends Quote {
  readonly dataCentre: bigint;
}

/** Quotes as the record tells them. */
export class QuoteBoard {
  private readonly quotes = new Map<bigint, StandingQuote>();
  private sorted: StandingQuote[] | undefined;

  /** Notes what a data centre quotes now; energy 0 is nothing. */
  set(dataCentre: bigint, quote: Quote): void {
    this.sorted = undefined;
    if (quote.energy === 0n || quote.cores === 0n) this.quotes.delete(dataCentre);
    else this.quotes.set(dataCentre, { ...quote, dataCentre });
  }

  /** What a data centre quotes; undefined if nothing. */
  of(dataCentre: bigint): StandingQuote | undefined {
    return this.quotes.get(dataCentre);
  }

  /**
   * The cheapest quote that `fits`; among equals the one with most energy left, which spreads the work.
   */
  cheapest(fits: (quote: StandingQuote) => boolean): StandingQuote | undefined {
    this.sorted ??= [...this.quotes.values()].sort(
      (a, b) =>
        compare(a.price, b.price) ||
        compare(b.energy, a.energy) ||
        compare(a.dataCentre, b.dataCentre),
    );
    return this.sorted.find(fits);
  }
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
