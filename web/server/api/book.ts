/** The book of a slot's auction: its bids and offers in their order, and how they were drawn. */
import { getBytes, toBeHex, zeroPadValue } from "ethers";

import type { BidRow, Draw, OfferRow, Page, Trade } from "../../shared/api.ts";
import {
  match,
  orderBids,
  orderOffers,
  type BookBid,
  type BookOffer,
} from "../../../sim/market/clearing.ts";
import { keccak } from "../../../sim/market/keccak.ts";
import { partsOfRef, refOf } from "../index/refs.ts";
import { BOOK_PHASE } from "../projection/auction.ts";
import type { MarketContext } from "./endpoint.ts";
import { notFound } from "./fault.ts";
import { pageOf, type PageRequest } from "./list.ts";

/** How far a slot's book is. */
export interface SlotBook {
  readonly slot: number;
  /** One of {@link BOOK_PHASE}. */
  readonly phase: number;
  readonly seed: string | null;
}

/** A number as a word of 32 bytes, which is what the market hashes. */
export const word = (value: bigint | number): string => zeroPadValue(toBeHex(value), 32);

/** A row of the table of bids. */
export interface BidSqlRow {
  readonly slot: number;
  readonly ref: number;
  readonly cores: number;
  readonly core_seconds: number;
  readonly energy: number;
  readonly price: number;
  readonly earliest: number;
  readonly deadline: number;
  readonly priority: number;
  readonly reputation: number;
  readonly sequence: number;
  readonly unmatched: number;
  readonly contract: number | null;
}

/** A row of the table of offers. */
export interface OfferSqlRow {
  readonly slot: number;
  readonly ref: number;
  readonly cores: number;
  readonly energy: number;
  readonly price: number;
  readonly reputation: number;
  readonly sequence: number;
  readonly left_wh: number;
  readonly left_cores: number;
  readonly trades: number;
}

/** A slot's book in its order, and its matching if the seed is known. */
interface MatchedBook {
  /** References in the order of the book. */
  readonly bids: readonly number[];
  readonly offers: readonly number[];
  readonly placeOfBid: ReadonlyMap<number, number>;
  readonly placeOfOffer: ReadonlyMap<number, number>;
  readonly draws: ReadonlyMap<number, Draw>;
}

type Ordered = Pick<BidSqlRow, "ref" | "price" | "reputation" | "sequence" | "energy" | "cores">;

const entryOf = ({ ref, price, reputation, sequence, energy, cores }: Ordered): BookBid => ({
  ref: BigInt(ref),
  price: BigInt(price),
  reputation: BigInt(reputation),
  sequence: BigInt(sequence),
  energy: BigInt(energy),
  cores: BigInt(cores),
});

const places = (entries: readonly BookOffer[]): Map<number, number> =>
  new Map(entries.map(({ ref }, place) => [Number(ref), place]));

function matchedBook(
  { db, market }: MarketContext,
  slot: number,
  seed: string | null,
): MatchedBook {
  const columns = "ref, price, reputation, sequence, energy, cores";
  const read = (table: "bids" | "offers"): BookBid[] =>
    db.all<Ordered>(`SELECT ${columns} FROM ${table} WHERE slot = ?`, slot).map(entryOf);
  const [bids, offers] = [orderBids(read("bids")), orderOffers(read("offers"))];
  const draws =
    seed === null ? new Map<number, Draw>() : drawsOf(bids, offers, seed, market.record.parameters);
  return {
    bids: bids.map(({ ref }) => Number(ref)),
    offers: offers.map(({ ref }) => Number(ref)),
    placeOfBid: places(bids),
    placeOfOffer: places(offers),
    draws,
  };
}

/** Each bid's turn, with what each offer had left then. */
function drawsOf(
  bids: readonly BookBid[],
  offers: readonly BookOffer[],
  seed: string,
  rule: { readonly drawAmong: bigint; readonly sellerShareBps: bigint },
): Map<number, Draw> {
  const left = offers.map(({ ref, price, energy, cores }, place) => ({
    ref: Number(ref),
    place,
    price: Number(price),
    leftWh: Number(energy),
    leftCores: Number(cores),
  }));
  const byRef = new Map(left.map((offer) => [offer.ref, offer]));
  const draws = new Map<number, Draw>();
  for (const [place, { bid, offer, price, candidates }] of match(
    bids,
    offers,
    seed,
    rule,
  ).entries()) {
    const [highest, energy, cores] = [Number(bid.price), Number(bid.energy), Number(bid.cores)];
    const eligible = left
      .filter((one) => one.price <= highest && one.leftWh >= energy && one.leftCores >= cores)
      .map((one) => ({ ...one }));
    const picked = offer === undefined ? null : Number(offer.ref);
    draws.set(Number(bid.ref), {
      eligible,
      candidates: candidates.length,
      number:
        picked === null ? null : BigInt(keccak(getBytes(seed + word(place).slice(2)))).toString(),
      drawn: picked === null ? null : candidates.findIndex(({ ref }) => Number(ref) === picked),
      pick: picked,
      price: picked === null ? null : Number(price),
    });
    const chosen = picked === null ? undefined : byRef.get(picked);
    if (chosen === undefined) continue;
    chosen.leftWh -= energy;
    chosen.leftCores -= cores;
  }
  return draws;
}

/** Whether the matching of the book gives the trades that the chain signed; null before the seed is known. */
export function agreesWithChain(context: MarketContext, { slot, seed }: SlotBook): boolean | null {
  if (seed === null) return null;
  const { draws } = matchedBook(context, slot, seed);
  const signed = context.db.all<{
    buyer: number;
    bid: number;
    seller: number;
    offer: number;
    price: number;
  }>("SELECT buyer, bid, seller, offer, price FROM supply WHERE signed_slot = ?", slot);
  const drawn = [...draws.values()].filter(({ pick }) => pick !== null).length;
  return (
    drawn === signed.length &&
    signed.every(({ buyer, bid, seller, offer, price }) => {
      const draw = draws.get(refOf(buyer, bid));
      return draw?.pick === refOf(seller, offer) && draw.price === price;
    })
  );
}

/** Whether the book can still grow, so that nothing has its place in it yet. */
const isOpen = (row: SlotBook, { market, now }: MarketContext): boolean =>
  row.phase === BOOK_PHASE.open && now < market.clock.windowsOf(row.slot).clearFrom;

/** Columns of a {@link BidSqlRow}. */
export const BID_COLUMNS = `slot, ref, cores, core_seconds, energy, price, earliest, deadline, priority, reputation, sequence,
  unmatched, contract`;
/** Columns of an {@link OfferSqlRow}. */
export const OFFER_COLUMNS =
  "slot, ref, cores, energy, price, reputation, sequence, left_wh, left_cores, trades";

/** Rows of the bids and offers of one slot after another; the last slot's book is kept at hand. */
export class BookRows {
  private readonly context: MarketContext;
  private slot:
    { readonly row: SlotBook; readonly book: MatchedBook; readonly open: boolean } | undefined;

  constructor(context: MarketContext) {
    this.context = context;
  }

  /** Pages of a slot's bids in the order of its book. @throws ApiFault if the slot is not known */
  bidsOf(slot: number): (request: PageRequest) => Page<BidRow> {
    const sql = `SELECT ${BID_COLUMNS} FROM bids WHERE slot = ? AND ref = ?`;
    return pageBy(this.at(slot).book.bids, (ref) => {
      const row = this.context.db.get<BidSqlRow>(sql, slot, ref);
      return row && this.bid(row);
    });
  }

  /** Pages of a slot's offers in the order of its book. @throws ApiFault if the slot is not known */
  offersOf(slot: number): (request: PageRequest) => Page<OfferRow> {
    const sql = `SELECT ${OFFER_COLUMNS} FROM offers WHERE slot = ? AND ref = ?`;
    return pageBy(this.at(slot).book.offers, (ref) => {
      const row = this.context.db.get<OfferSqlRow>(sql, slot, ref);
      return row && this.offer(row);
    });
  }

  /** A bid as the console shows it. */
  bid(row: BidSqlRow): BidRow {
    const { slot, ref, priority, contract } = row;
    const { participant, index } = partsOfRef(ref);
    const { book, open } = this.at(slot);
    return {
      slot,
      ref,
      place: open ? null : (book.placeOfBid.get(ref) ?? null),
      buyer: this.context.names.participant(participant),
      index,
      maxPrice: row.price,
      energyWh: row.energy,
      cores: row.cores,
      coreSeconds: row.core_seconds,
      earliest: row.earliest,
      deadline: row.deadline,
      priority: priority === 1,
      reputation: row.reputation,
      sequence: row.sequence,
      outcome: contract !== null ? "matched" : row.unmatched === 1 ? "unmatched" : "pending",
      draw: book.draws.get(ref) ?? null,
      trade: contract === null ? null : this.trade(contract),
    };
  }

  /** An offer as the console shows it. */
  offer(row: OfferSqlRow): OfferRow {
    const { slot, ref } = row;
    const { participant, index } = partsOfRef(ref);
    const { book, open, row: ofSlot } = this.at(slot);
    const isCleared = ofSlot.phase === BOOK_PHASE.cleared;
    return {
      slot,
      ref,
      place: open ? null : (book.placeOfOffer.get(ref) ?? null),
      seller: this.context.names.participant(participant),
      index,
      price: row.price,
      energyWh: row.energy,
      cores: row.cores,
      reputation: row.reputation,
      sequence: row.sequence,
      leftWh: isCleared ? row.left_wh : null,
      leftCores: isCleared ? row.left_cores : null,
      trades: row.trades,
    };
  }

  private at(slot: number): NonNullable<typeof this.slot> {
    if (this.slot?.row.slot === slot) return this.slot;
    const sql = "SELECT slot, phase, seed FROM slots WHERE slot = ?";
    const row = this.context.db.get<SlotBook>(sql, slot);
    if (row === undefined) throw notFound(`slot ${slot}`);
    const book = matchedBook(this.context, slot, row.seed);
    this.slot = { row, book, open: isOpen(row, this.context) };
    return this.slot;
  }

  private trade(contract: number): Trade | null {
    const { db, names } = this.context;
    const row = db.get<{
      seller: number;
      offer: number;
      price: number;
      candidates: number;
      signed: number;
    }>("SELECT seller, offer, price, candidates, signed FROM supply WHERE contract = ?", contract);
    if (row === undefined) return null;
    const { seller, offer, price, candidates, signed } = row;
    return {
      contract,
      offer: refOf(seller, offer),
      seller: names.participant(seller),
      price,
      candidates,
      signed: names.event(signed),
    };
  }
}

/** A page of what is read by references, in their order. */
const pageBy =
  <Item>(refs: readonly number[], read: (ref: number) => Item | undefined) =>
  (request: PageRequest): Page<Item> => {
    const page = pageOf(refs, request);
    const items = page.items.map(read).filter((item) => item !== undefined);
    return { ...page, items };
  };
