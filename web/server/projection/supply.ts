/** Supply contracts between users and data centres. */
import { unpack } from "../index/words.ts";
import type { Database } from "../index/database.ts";
import { noteClearing, touchSlot } from "./auction.ts";
import { amount, number, type Context, type Handlers, type MarketEvent } from "./context.ts";
import { pay } from "./money.ts";

const REF_BASE = 256;

function signed({ args, at, tx }: MarketEvent, { db }: Context): void {
  const contract = number(args, "contractId");
  const buyer = number(args, "buyer");
  const seller = number(args, "seller");
  const terms = unpack("SupplyTermsWord", amount(args, "terms"));
  const progress = unpack("SupplyProgressWord", amount(args, "progress"));
  const trade = unpack("TradeWord", amount(args, "trade"));
  const { signed: slot = 0, price = 0, energy = 0, cores = 0 } = terms;
  const { bid = 0, offer = 0, candidates = 0 } = trade;
  db.run(
    `INSERT INTO supply (contract, buyer, seller, status, price, cores, core_seconds, energy, signed_slot, first_slot,
     deadline, priority, buyer_deposit, seller_deposit, bid, offer, candidates, signed)
     VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[contract, buyer, seller, price, cores, terms["coreSeconds"] ?? 0, energy, slot],
    ...[terms["firstSlot"] ?? 0, terms["deadline"] ?? 0, terms["priority"] ?? 0],
    ...[progress["buyerDeposit"] ?? 0, progress["sellerDeposit"] ?? 0, bid, offer, candidates, at],
  );
  touchSlot(db, slot);
  db.run(
    `UPDATE slots SET trades = trades + 1, traded_wh = traded_wh + ?2, value = value + ?2 * ?3,
     lowest = min(coalesce(lowest, ?3), ?3), highest = max(coalesce(highest, ?3), ?3) WHERE slot = ?1`,
    ...[slot, energy, price],
  );
  db.run(
    "UPDATE bids SET contract = ? WHERE slot = ? AND ref = ?",
    contract,
    slot,
    buyer * REF_BASE + bid,
  );
  db.run(
    "UPDATE offers SET left_wh = left_wh - ?, left_cores = left_cores - ?, trades = trades + 1 WHERE slot = ? AND ref = ?",
    ...[energy, cores, slot, seller * REF_BASE + offer],
  );
  noteClearing(db, slot, tx);
}

/** Parties of a contract, and what it has come to. */
interface State {
  readonly buyer: number;
  readonly seller: number;
  readonly delivered: number;
  readonly pv: number;
  readonly esd: number;
  readonly grid: number;
}

const stateOf = (db: Database, contract: number): State | undefined =>
  db.get<State>(
    "SELECT buyer, seller, delivered, pv, esd, grid FROM supply WHERE contract = ?",
    contract,
  );

function delivered(event: MarketEvent, context: Context): void {
  const { args, at, tx } = event;
  const { db, executed } = context;
  const contract = number(args, "contractId");
  const executor = number(args, "executor");
  const slot = number(args, "slot");
  const before = stateOf(db, contract);
  if (before === undefined) return;
  const word = unpack("SupplyProgressWord", amount(args, "progress"));
  const { delivered: done = 0, pv = 0, esd = 0, grid = 0, handedOver = 0 } = word;
  const paid = amount(args, "paid");
  const transfer = executor !== before.seller && executed?.tx === tx ? executed.transfer : null;
  db.run(
    "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ...[at, contract, executor, transfer, slot, done - before.delivered],
    ...[pv - before.pv, esd - before.esd, grid - before.grid, paid],
  );
  db.run(
    `UPDATE supply SET delivered = ?, pv = ?, esd = ?, grid = ?, handed_over = ?, paid = paid + ? WHERE contract = ?`,
    ...[done, pv, esd, grid, handedOver, paid, contract],
  );
  // What was handed back of it, if anything was, is executed.
  if (handedOver === 0)
    db.run("UPDATE transfers SET handed_back = NULL WHERE handed_back = ?", contract);
  pay(event, context, {
    ...{ from: before.buyer, to: before.seller, amount: paid, what: "delivery", slot },
    ...{ contract, transfer },
  });
}

function fulfilled({ args, at }: MarketEvent, { db }: Context): void {
  db.run(
    "UPDATE supply SET status = 'fulfilled', ended = ? WHERE contract = ?",
    ...[at, number(args, "contractId")],
  );
}

function expired(event: MarketEvent, context: Context): void {
  const { args, at, slot } = event;
  const contract = number(args, "contractId");
  context.db.run(
    "UPDATE supply SET status = 'expired', ended = ? WHERE contract = ?",
    at,
    contract,
  );
  const parties = stateOf(context.db, contract);
  if (parties === undefined) return;
  const { seller: from, buyer: to } = parties;
  pay(event, context, {
    from,
    to,
    amount: amount(args, "penalty"),
    what: "penalty",
    slot,
    contract,
  });
}

/** Events of the supply book. */
export const SUPPLY_HANDLERS: Handlers = {
  "SupplyBook.Signed": signed,
  "SupplyBook.Delivered": delivered,
  "SupplyBook.Fulfilled": fulfilled,
  "SupplyBook.PvShortfall": ({ args }, { db }) => {
    db.run("UPDATE supply SET shortfall = 1 WHERE contract = ?", number(args, "contractId"));
  },
  "SupplyBook.Expired": expired,
};
