/** What the public record says of every supply contract, read once when it is signed. */
import type { Ledger, SupplyContract } from "../market/ledger.ts";
import type { PublicRecord } from "./record.ts";

/** A contract as it was signed, and where it came from. */
export interface SignedContract {
  readonly contractId: bigint;
  readonly terms: SupplyContract;
  /** Index of the bid in the buyer's plan and of the offer in the seller's. */
  readonly bid: bigint;
  readonly offer: bigint;
  readonly candidates: bigint;
}

/** The contracts that were signed so far. */
export class ContractIndex {
  private readonly ledger: Ledger;
  private readonly news: Omit<SignedContract, "terms">[] = [];

  constructor(ledger: Ledger, record: PublicRecord) {
    this.ledger = ledger;
    record.on("Signed", ({ contractId, bid, offer, candidates }) => {
      this.news.push({
        contractId: contractId as bigint,
        bid: bid as bigint,
        offer: offer as bigint,
        candidates: candidates as bigint,
      });
    });
  }

  /** Reads what was signed since the last time, in the order of signing. */
  async read(): Promise<SignedContract[]> {
    const signed = await Promise.all(
      this.news.map(async (item) => ({
        ...item,
        terms: await this.ledger.contractOf(item.contractId),
      })),
    );
    this.news.length = 0;
    return signed;
  }
}
