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

/** Quotes as the record tells them. */
export class QuoteBoard {
  private readonly hourOf: (slot: bigint) => number;
  private readonly quotes = new Map<bigint, StandingQuote>();
  private sorted: StandingQuote[] | undefined;

  constructor(hourOf: (slot: bigint) => number) {
    this.hourOf = hourOf;
  }

  /** Notes what a data centre quotes now; energy 0 is nothing. */
  set(dataCentre: bigint, quote: Quote): void {
    this.sorted = undefined;
    if (quote.energy === 0n || quote.cores === 0n) this.quotes.delete(dataCentre);
    else
      this.quotes.set(dataCentre, {
        dataCentre,
        quote,
        yuanPerKWh: yuan(quote.price),
        energyWh: Number(quote.energy),
        cores: Number(quote.cores),
        lastHour: this.hourOf(quote.lastSlot),
      });
  }

  /** What a data centre quotes; undefined if nothing. */
  of(dataCentre: bigint): StandingQuote | undefined {
    return this.quotes.get(dataCentre);
  }

  /** The lowest price, yuan per kWh; infinite if nobody quotes. */
  get lowestYuanPerKWh(): number {
    return this.cheapest(() => true)?.yuanPerKWh ?? Infinity;
  }

  /** The first quote that `fits`, cheapest first; among equals those with most energy left, which spreads the work. */
  cheapest(fits: (quote: StandingQuote) => boolean): StandingQuote | undefined {
    this.sorted ??= [...this.quotes.values()].sort(
      (a, b) =>
        a.yuanPerKWh - b.yuanPerKWh ||
        b.energyWh - a.energyWh ||
        Number(a.dataCentre - b.dataCentre),
    );
    return this.sorted.find(fits);
  }
}
