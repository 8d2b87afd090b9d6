/** Slots of the auction, and the plans, bids and offers in them. */
import { getBytes } from "ethers";

import type { PlanRow, PlanStatus, Slot, SlotPhase, SlotRow } from "../../shared/api.ts";
import { keccak } from "../../../sim/market/keccak.ts";
import { refOf } from "../index/refs.ts";
import { BOOK_PHASE } from "../projection/auction.ts";
import type { SlotClock } from "../slotClock.ts";
import {
  agreesWithChain,
  BID_COLUMNS,
  BookRows,
  OFFER_COLUMNS,
  word,
  type BidSqlRow,
  type OfferSqlRow,
  type SlotBook,
} from "./book.ts";
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
import { where } from "./list.ts";

// ------------------------------------------------------------------ rows

interface SlotSqlRow extends SlotBook {
  readonly bids: number;
  readonly offers: number;
  readonly trades: number;
  readonly unmatched: number;
  readonly traded_wh: number;
  readonly mean: number | null;
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
      return new BookRows(market).offersOf(findSlot(market, values).slot);
    },
  },
  "/api/slots/:slot/bids": {
    kind: "list",
    query: {},
    columns: BID_CSV,
    open: (context, values) => {
      const market = withMarket(context);
      return new BookRows(market).bidsOf(findSlot(market, values).slot);
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
  where("ref >= ? AND ref < ?", refOf(participant, 0), refOf(participant + 1, 0));
