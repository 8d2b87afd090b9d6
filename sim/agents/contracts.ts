/** What the public record says of supply contracts when they are signed. */
import type { Terms } from "../market/words.ts";
import type { PublicRecord } from "./record.ts";

/** A contract as it was signed, and where it came from. */
export interface SignedContract {
  readonly contractId: bigint;
  readonly terms: Terms;
  /** Index of the bid in the buyer's plan and of the offer in the seller's. */
  readonly bid: bigint;
  readonly offer: bigint;
  readonly candidates: bigint;
}

/** The contracts that were signed so far. */
export class ContractIndex {
  private news: SignedContract[] = [];

  constructor(record: PublicRecord) {
    record.on("Signed", ({ contractId, terms, bid, offer, candidates }) => {
      this.news.push({
        contractId: contractId as bigint,
        terms: terms as unknown as Terms,
        bid: bid as bigint,
        offer: offer as bigint,
        candidates: candidates as bigint,
      });
    });
  }

  /** What was signed since the last time, in the order of signing. */
  take(): SignedContract[] {
    const signed = this.news;
    this.news = [];
    return signed;
  }
}
