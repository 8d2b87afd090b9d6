/** Slots of the auction: plans, books, draws. */
import type {
  BidRow,
  Draw,
  OfferRow,
  Page,
  PlanRow,
  PlanStatus,
  Slot,
  SlotPhase,
  SlotRow,
  Trade,
} from "../../shared/api.ts";
import {
  match,
  orderBids,
  orderOffers,
  partsOfRef,
  type BookBid,
  type BookOffer,
} from "../../../sim/market/clearing.ts";
import { keccak } from "../../../sim/market/keccak.ts";
import { getBytes, zeroPadValue, toBeHex } from "ethers";
import { BOOK_PHASE } from "../projection/auction.ts";
import type { SlotClock } from "../slotClock.ts";
import {
  listed,
  single,
  withMarket,
  type ApiContext,
  type EndpointTable,
  type MarketContext,
  type Values,
} from "./endpoint.ts";
import { evidenceOf } from "./evidence.ts";
import { notFound } from "./fault.ts";
import { pageOf, where, type PageRequest } from "./list.ts";

// ------------------------------------------------------------------ rows

interface SlotSqlRow {
  readonly slot: number;
  readonly phase: number;
  readonly bids: number;
  readonly offers: number;
  readonly trades: number;
  readonly unmatched: number;
  readonly traded_wh: number;
  readonly mean: number | null;
  readonly seed: string | null;
  readonly ranker: string | null;
  readonly started: number | null;
  readonly cleared: number | null;
  readonly committed: number;
  readonly revealed: number;
  readonly dropped: number;
  readonly punished: number;
}

const countOf = (condition: string): string =>
  `(SELECT count(*) FROM plans p WHERE p.slot = s.slot AND ${condition})`;

const SLOT_COLUMNS = `s.slot, s.phase, s.bids, s.offers, s.trades, s.unmatched, s.traded_wh,
  CAST(s.value AS REAL) / nullif(s.traded_wh, 0) mean, s.seed, s.ranker, s.started, s.cleared,
  ${countOf("p.status <> 'withdrawn'")} committed, ${countOf("p.status = 'revealed'")} revealed,
  ${countOf("p.status = 'dropped'")} dropped, ${countOf("p.status = 'punished'")} punished`;

/** How far a slot is. */
function phaseOf(row: SlotSqlRow, clock: SlotClock, now: number): SlotPhase {
  if (row.phase === BOOK_PHASE.cleared) return "cleared";
  if (row.phase === BOOK_PHASE.matching)
    return row.trades + row.unmatched === row.bids ? "releasing" : "matching";
  const { commitFrom, revealFrom, clearFrom } = clock.windowsOf(row.slot);
  if (now < commitFrom) return "upcoming";
  if (now < revealFrom) return "commit";
  if (now < clearFrom) return "reveal";
  return row.bids + row.offers === 0 ? "empty" : "clearing";
}

function slotRow(row: SlotSqlRow, { market, now }: MarketContext): SlotRow {
  const { slot, committed, revealed, dropped, punished, bids, offers, trades, unmatched } = row;
  return {
    slot,
    timestamp: market.clock.startOf(slot),
    phase: phaseOf(row, market.clock, now),
    ...{ committed, revealed, dropped, punished, bids, offers, trades, unmatched },
    tradedWh: row.traded_wh,
    meanPrice: row.mean === null ? null : Math.round(row.mean),
  };
}

function findSlot(context: MarketContext, values: Values): SlotSqlRow {
  const slot = values.number("slot");
  const row = context.db.get<SlotSqlRow>(
    `SELECT ${SLOT_COLUMNS} FROM slots s WHERE s.slot = ?`,
    slot,
  );
  if (row === undefined) throw notFound(`slot ${slot} in which anything has happened yet`);
  return row;
}

// ------------------------------------------------------------------ the slot

const MODULUS_SALTS = 1n << 128n;
const MODULUS_BEACON = 1n << 256n;

const word = (value: bigint | number): string => zeroPadValue(toBeHex(value), 32);

function slotOf(context: MarketContext, row: SlotSqlRow): Slot {
  const { db, market, names } = context;
  const { slot } = row;
  const { parameters } = market.record;
  const windows = market.clock.windowsOf(slot);
  const beacon = db
    .all<{ operator: number; value: string; at: number }>(
      "SELECT operator, value, at FROM beacon WHERE slot = ? ORDER BY at",
      slot,
    )
    .map(({ operator, value, at }) => ({
      operator: names.participant(operator),
      value,
      opened: names.event(at),
    }));
  const salts = db.all<{ salt: string }>(
    "SELECT salt FROM plans WHERE slot = ? AND salt IS NOT NULL",
    slot,
  );
  const saltSum = salts.reduce(
    (sum, { salt }) => (sum + BigInt(keccak(getBytes(salt)))) % MODULUS_SALTS,
    0n,
  );
  const beaconValue = beacon.reduce(
    (sum, { operator, value }) =>
      (sum + BigInt(keccak(getBytes(word(operator.number) + value.slice(2))))) % MODULUS_BEACON,
    0n,
  );
  const cleared = names.eventOrNull(row.cleared);
  const started = names.eventOrNull(row.started);
  const lapsed = cleared !== null && cleared.timestamp >= windows.lapseFrom;
  return {
    ...slotRow(row, context),
    windows,
    beacon,
    saltSum: saltSum.toString(),
    beaconValue: word(beaconValue),
    seed: row.seed,
    ranker: row.ranker === null ? null : names.address(row.ranker),
    clearing: db
      .all<{ tx: number }>("SELECT tx FROM clearings WHERE slot = ? ORDER BY tx", slot)
      .map(({ tx }) => names.transaction(tx)),
    started,
    cleared,
    lapsed,
    drawAmong: Number(parameters.drawAmong),
    sellerShareBps: Number(parameters.sellerShareBps),
    agrees: cleared === null || lapsed ? null : agreesWithChain(context, row),
  };
}

// ------------------------------------------------------------------ the book

interface BidSqlRow {
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

interface OfferSqlRow {
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

/** Whether the matching of the book gives the trades that the chain signed. */
function agreesWithChain(context: MarketContext, { slot, seed }: SlotSqlRow): boolean | null {
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
      const draw = draws.get(buyer * 256 + bid);
      return draw?.pick === seller * 256 + offer && draw.price === price;
    })
  );
}

/** Whether the book can still grow, so that nothing has its place in it yet. */
const isOpen = (row: SlotSqlRow, { market, now }: MarketContext): boolean =>
  row.phase === BOOK_PHASE.open && now < market.clock.windowsOf(row.slot).clearFrom;

const participantOf = (ref: number): number => Number(partsOfRef(BigInt(ref)).participant);

const BID_COLUMNS = `slot, ref, cores, core_seconds, energy, price, earliest, deadline, priority, reputation, sequence,
  unmatched, contract`;
const OFFER_COLUMNS =
  "slot, ref, cores, energy, price, reputation, sequence, left_wh, left_cores, trades";

/** Rows of the bids and offers of one slot after another; the last slot's book is kept at hand. */
class BookRows {
  private readonly context: MarketContext;
  private slot:
    { readonly row: SlotSqlRow; readonly book: MatchedBook; readonly open: boolean } | undefined;

  constructor(context: MarketContext) {
    this.context = context;
  }

  bidAt(slot: number, ref: number): BidRow | undefined {
    const sql = `SELECT ${BID_COLUMNS} FROM bids WHERE slot = ? AND ref = ?`;
    const row = this.context.db.get<BidSqlRow>(sql, slot, ref);
    return row && this.bid(row);
  }

  offerAt(slot: number, ref: number): OfferRow | undefined {
    const sql = `SELECT ${OFFER_COLUMNS} FROM offers WHERE slot = ? AND ref = ?`;
    const row = this.context.db.get<OfferSqlRow>(sql, slot, ref);
    return row && this.offer(row);
  }

  bid(row: BidSqlRow): BidRow {
    const { slot, ref, priority, contract } = row;
    const { book, open } = this.at(slot);
    return {
      slot,
      ref,
      place: open ? null : (book.placeOfBid.get(ref) ?? null),
      buyer: this.context.names.participant(participantOf(ref)),
      index: ref % 256,
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

  offer(row: OfferSqlRow): OfferRow {
    const { slot, ref } = row;
    const { book, open, row: ofSlot } = this.at(slot);
    const isCleared = ofSlot.phase === BOOK_PHASE.cleared;
    return {
      slot,
      ref,
      place: open ? null : (book.placeOfOffer.get(ref) ?? null),
      seller: this.context.names.participant(participantOf(ref)),
      index: ref % 256,
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
    const row = this.context.db.get<SlotSqlRow>(
      `SELECT ${SLOT_COLUMNS} FROM slots s WHERE s.slot = ?`,
      slot,
    );
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
      offer: seller * 256 + offer,
      seller: names.participant(seller),
      price,
      candidates,
      signed: names.event(signed),
    };
  }
}

/** A page of a slot's bids or offers in the order of its book. */
const bookPage =
  <Item>(refs: readonly number[], read: (ref: number) => Item | undefined) =>
  (request: PageRequest): Page<Item> => {
    const page = pageOf(refs, request);
    const items = page.items.map(read).filter((item) => item !== undefined);
    return { ...page, items };
  };

// ------------------------------------------------------------------ plans

interface PlanSqlRow {
  readonly slot: number;
  readonly participant: number;
  readonly side: "buyer" | "seller";
  readonly status: PlanStatus;
  readonly commitment: string;
  readonly sequence: number;
  readonly committed: number;
  readonly replaced: number;
  readonly revealed: number | null;
  readonly salt: string | null;
  readonly reputation: number | null;
  readonly items: number | null;
  readonly ended: number | null;
  readonly forfeited: number | null;
  readonly is_cleared: number;
  readonly trades: number;
}

const PLAN_SELECT = `SELECT p.slot, p.participant, p.side, p.status, p.commitment, p.sequence, p.committed, p.replaced,
  p.revealed, p.salt, p.reputation, p.items, p.ended, p.forfeited, s.cleared IS NOT NULL is_cleared,
  (SELECT count(*) FROM supply c WHERE c.signed_slot = p.slot
   AND CASE p.side WHEN 'buyer' THEN c.buyer ELSE c.seller END = p.participant) trades
  FROM plans p JOIN slots s ON s.slot = p.slot`;

const planRow =
  ({ names }: ApiContext) =>
  (row: PlanSqlRow): PlanRow => ({
    slot: row.slot,
    participant: names.participant(row.participant),
    side: row.side,
    status: row.status,
    commitment: row.commitment,
    sequence: row.sequence,
    committed: names.event(row.committed),
    replaced: row.replaced,
    revealed: names.eventOrNull(row.revealed),
    salt: row.salt,
    reputation: row.reputation,
    items: row.items,
    trades: row.is_cleared === 1 ? row.trades : null,
    ended: names.eventOrNull(row.ended),
    forfeited: row.forfeited === null ? null : String(row.forfeited),
  });

// ------------------------------------------------------------------ endpoints

const PLAN_COLUMNS = [
  "slot",
  "participant.number",
  "participant.id",
  "side",
  "status",
  "commitment",
  "sequence",
  "committed.block",
  "committed.transaction",
  "replaced",
  "revealed.block",
  "revealed.transaction",
  "salt",
  "reputation",
  "items",
  "trades",
  "forfeited",
] as const;

const OFFER_CSV = [
  ...([
    "slot",
    "ref",
    "place",
    "seller.number",
    "seller.id",
    "index",
    "price",
    "energyWh",
    "cores",
  ] as const),
  ...(["reputation", "sequence", "leftWh", "leftCores", "trades"] as const),
] as const;

const BID_CSV = [
  ...([
    "slot",
    "ref",
    "place",
    "buyer.number",
    "buyer.id",
    "index",
    "maxPrice",
    "energyWh",
    "cores",
  ] as const),
  ...([
    "coreSeconds",
    "earliest",
    "deadline",
    "priority",
    "reputation",
    "sequence",
    "outcome",
  ] as const),
  ...(["draw.candidates", "draw.number", "draw.drawn", "draw.pick", "draw.price"] as const),
  ...([
    "trade.contract",
    "trade.offer",
    "trade.seller.number",
    "trade.seller.id",
    "trade.price",
  ] as const),
] as const;

/** Endpoints about slots, and about a participant's plans, bids and offers. */
export const SLOT_ENDPOINTS: EndpointTable<
  | "/api/slots"
  | "/api/slots/:slot"
  | "/api/slots/:slot/plans"
  | "/api/slots/:slot/offers"
  | "/api/slots/:slot/bids"
  | "/api/slots/:slot/evidence"
  | "/api/participants/:number/plans"
  | "/api/participants/:number/bids"
  | "/api/participants/:number/offers"
> = {
  "/api/slots": listed(
    [
      ...([
        "slot",
        "timestamp",
        "phase",
        "committed",
        "revealed",
        "dropped",
        "punished",
        "bids",
      ] as const),
      ...(["offers", "trades", "unmatched", "tradedWh", "meanPrice"] as const),
    ],
    (context, values) => {
      const market = withMarket(context);
      return {
        select: `SELECT ${SLOT_COLUMNS} FROM slots s`,
        countFrom: "FROM slots s",
        keys: ["s.slot"],
        descending: true,
        where: [
          ...where("s.slot >= ?", values.integer("from")),
          ...where("s.slot <= ?", values.integer("to")),
        ],
        item: (row: SlotSqlRow) => slotRow(row, market),
      };
    },
    { from: "integer", to: "integer" },
  ),
  "/api/slots/:slot": single((context, values) => {
    const market = withMarket(context);
    return slotOf(market, findSlot(market, values));
  }),
  "/api/slots/:slot/plans": listed([...PLAN_COLUMNS], (context, values) => ({
    select: PLAN_SELECT,
    countFrom: "FROM plans p",
    keys: ["p.sequence"],
    descending: false,
    where: where("p.slot = ?", findSlot(withMarket(context), values).slot),
    item: planRow(context),
  })),
  "/api/slots/:slot/offers": {
    kind: "list",
    query: {},
    columns: OFFER_CSV,
    open: (context, values) => {
      const market = withMarket(context);
      const { slot, seed } = findSlot(market, values);
      const rows = new BookRows(market);
      const { offers } = matchedBook(market, slot, seed);
      return bookPage(offers, (ref) => rows.offerAt(slot, ref));
    },
  },
  "/api/slots/:slot/bids": {
    kind: "list",
    query: {},
    columns: BID_CSV,
    open: (context, values) => {
      const market = withMarket(context);
      const { slot, seed } = findSlot(market, values);
      const rows = new BookRows(market);
      const { bids } = matchedBook(market, slot, seed);
      return bookPage(bids, (ref) => rows.bidAt(slot, ref));
    },
  },
  "/api/slots/:slot/evidence": single((context, values) => {
    const market = withMarket(context);
    return evidenceOf(market, findSlot(market, values).slot);
  }),
  "/api/participants/:number/plans": listed([...PLAN_COLUMNS], (context, values) => ({
    select: PLAN_SELECT,
    countFrom: "FROM plans p",
    keys: ["p.slot"],
    descending: true,
    where: where("p.participant = ?", values.number("number")),
    item: planRow(withMarket(context)),
  })),
  "/api/participants/:number/bids": listed([...BID_CSV], (context, values) => {
    const rows = new BookRows(withMarket(context));
    return {
      select: `SELECT ${BID_COLUMNS} FROM bids`,
      countFrom: "FROM bids",
      keys: ["slot", "ref"],
      descending: true,
      where: refsOf(values.number("number")),
      item: (row: BidSqlRow) => rows.bid(row),
    };
  }),
  "/api/participants/:number/offers": listed([...OFFER_CSV], (context, values) => {
    const rows = new BookRows(withMarket(context));
    return {
      select: `SELECT ${OFFER_COLUMNS} FROM offers`,
      countFrom: "FROM offers",
      keys: ["slot", "ref"],
      descending: true,
      where: refsOf(values.number("number")),
      item: (row: OfferSqlRow) => rows.offer(row),
    };
  }),
};

/** Bids or offers of a participant. */
const refsOf = (participant: number) =>
  where("ref >= ? AND ref < ?", participant * 256, (participant + 1) * 256);
