/** The public list of quotes for order transfers, cheapest first. */
import type { Quote } from "../market/ledger.ts";
import { yuan } from "../units.ts";

/** A quote and who gave it. */
export interface StandingQuote {
  readonly dataCentre: bigint;
  /** As it stands on the ledger. */
  readonly quote: Quote;
  readonly yuanPerKWh: number;
  readonly energyWh: number;
  readonly cores: number;
  /** Last hour in which work may be done. */
  readonly lastHour: number;
}

/** Cheapest first; among equals those with most energy left, which spreads the work. */
const compare = (a: StandingQuote, b: StandingQuote): number =>
  a.yuanPerKWh - b.yuanPerKWh || b.energyWh - a.energyWh || Number(a.dataCentre - b.dataCentre);

/** Quotes as the record tells them. */
export class QuoteBoard {
  private readonly hourOf: (slot: bigint) => number;
  private readonly quotes = new Map<bigint, StandingQuote>();
  /** The same quotes in their order. It is kept, as sorting anew after each change takes long with thousands of quotes. */
  private readonly ordered: StandingQuote[] = [];

  constructor(hourOf: (slot: bigint) => number) {
    this.hourOf = hourOf;
  }

  /** Notes what a data centre quotes now; energy 0 is nothing. */
  set(dataCentre: bigint, quote: Quote): void {
    const before = this.quotes.get(dataCentre);
    if (before !== undefined) this.ordered.splice(this.placeOf(before), 1);
    if (quote.energy === 0n || quote.cores === 0n) {
      this.quotes.delete(dataCentre);
      return;
    }
    const standing = {
      dataCentre,
      quote,
      yuanPerKWh: yuan(quote.price),
      energyWh: Number(quote.energy),
      cores: Number(quote.cores),
      lastHour: this.hourOf(quote.lastSlot),
    };
    this.quotes.set(dataCentre, standing);
    this.ordered.splice(this.placeOf(standing), 0, standing);
  }

  /** What a data centre quotes; undefined if nothing. */
  of(dataCentre: bigint): StandingQuote | undefined {
    return this.quotes.get(dataCentre);
  }

  /** The lowest price, yuan per kWh; infinite if nobody quotes. */
  get lowestYuanPerKWh(): number {
    return this.ordered[0]?.yuanPerKWh ?? Infinity;
  }

  /** The first quote that `fits`, cheapest first; among equals those with most energy left. */
  cheapest(fits: (quote: StandingQuote) => boolean): StandingQuote | undefined {
    return this.ordered.find(fits);
  }

  /** Where a quote is, or belongs, in the order. */
  private placeOf(quote: StandingQuote): number {
    let from = 0;
    let to = this.ordered.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const other = this.ordered[middle];
      if (other !== undefined && compare(other, quote) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
