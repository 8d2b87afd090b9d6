/** The packed words in the supply book's events; `contracts/types/SupplyWords.sol` is their other half. */
import type { LedgerValue, SupplyContract } from "./ledger.ts";

/** What a contract fixes, as `SupplyTermsWord` holds it. */
export type Terms = Pick<
  SupplyContract,
  | "buyer"
  | "seller"
  | "cores"
  | "coreSeconds"
  | "energy"
  | "price"
  | "firstSlot"
  | "deadline"
  | "priority"
  | "signed"
>;

/** What a contract has come to, as `SupplyProgressWord` holds it. */
export type ContractProgress = Pick<
  SupplyContract,
  "delivered" | "pv" | "esd" | "grid" | "buyerDeposit" | "sellerDeposit" | "status" | "handedOver"
>;

/** Reads a word from its lowest bit. */
class WordReader {
  private rest: bigint;

  constructor(word: bigint) {
    this.rest = word;
  }

  next(bits: bigint): bigint {
    const field = this.rest & ((1n << bits) - 1n);
    this.rest >>= bits;
    return field;
  }
}

/** Unpacks what a contract fixes. */
export function termsOf(word: bigint): Terms {
  const from = new WordReader(word);
  const buyer = from.next(32n);
  const seller = from.next(32n);
  const cores = from.next(16n);
  const coreSeconds = from.next(40n);
  const energy = from.next(32n);
  const price = from.next(32n);
  const first = from.next(16n);
  const last = from.next(16n);
  const priority = from.next(8n) !== 0n;
  const signed = from.next(32n);
  const [firstSlot, deadline] = [signed + first, signed + last];
  return {
    ...{ buyer, seller, cores, coreSeconds, energy, price },
    ...{ firstSlot, deadline, priority, signed },
  };
}

/** Unpacks what a contract has come to. */
export function progressOf(word: bigint): ContractProgress {
  const from = new WordReader(word);
  return {
    delivered: from.next(40n),
    pv: from.next(32n),
    esd: from.next(32n),
    grid: from.next(32n),
    buyerDeposit: from.next(48n),
    sellerDeposit: from.next(48n),
    status: from.next(8n),
    handedOver: from.next(8n) !== 0n,
  };
}

/** Unpacks where a contract comes from: index of the bid, index of the offer, number of candidates. */
export const originOf = (trade: bigint): Record<"bid" | "offer" | "candidates", bigint> => ({
  bid: trade & 255n,
  offer: (trade >> 8n) & 255n,
  candidates: trade >> 16n,
});

/** An event's arguments with `terms` and `progress` unpacked, and with the fields of `trade` in its place. */
export function unpacked({
  terms,
  progress,
  trade,
  ...args
}: Record<string, LedgerValue>): Record<string, LedgerValue> {
  return {
    ...args,
    ...(typeof terms === "bigint" ? { terms: { ...termsOf(terms) } } : {}),
    ...(typeof progress === "bigint" ? { progress: { ...progressOf(progress) } } : {}),
    ...(typeof trade === "bigint" ? originOf(trade) : {}),
  };
}
