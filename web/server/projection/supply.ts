/** Supply contracts between users and data centres. */
import { originOf, progressOf, termsOf } from "../../../sim/market/words.ts";
import type { Database } from "../index/database.ts";
import { refOf } from "../index/refs.ts";
import { noteClearing, touchSlot } from "./auction.ts";
import { amount, number, type Context, type Handlers, type MarketEvent } from "./context.ts";
import { pay } from "./money.ts";

function signed({ args, at, tx }: MarketEvent, { db }: Context): void {
  const contract = number(args, "contractId");
  const buyer = number(args, "buyer");
  const seller = number(args, "seller");
  const terms = termsOf(amount(args, "terms"));
  const { buyerDeposit, sellerDeposit } = progressOf(amount(args, "progress"));
  const trade = originOf(amount(args, "trade"));
  const { price, energy, cores, coreSeconds, firstSlot, deadline, priority } = terms;
  const slot = Number(terms.signed);
  const [bid, offer] = [Number(trade["bid"]), Number(trade["offer"])];
  db.run(
    `INSERT INTO supply (contract, buyer, seller, status, price, cores, core_seconds, energy, signed_slot, first_slot,
     deadline, priority, buyer_deposit, seller_deposit, bid, offer, candidates, signed)
     VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[contract, buyer, seller, price, cores, coreSeconds, energy, slot, firstSlot, deadline],
    ...[Number(priority), buyerDeposit, sellerDeposit, bid, offer, Number(trade["candidates"]), at],
  );
  touchSlot(db, slot);
  db.run(
    `UPDATE slots SET trades = trades + 1, traded_wh = traded_wh + ?2, value = value + ?2 * ?3,
     lowest = min(coalesce(lowest, ?3), ?3), highest = max(coalesce(highest, ?3), ?3) WHERE slot = ?1`,
    ...[slot, energy, price],
  );
  db.run(
    "UPDATE bids SET contract = ? WHERE slot = ? AND ref = ?",
    ...[contract, slot, refOf(buyer, bid)],
  );
  db.run(
    "UPDATE offers SET left_wh = left_wh - ?, left_cores = left_cores - ?, trades = trades + 1 WHERE slot = ? AND ref = ?",
    ...[energy, cores, slot, refOf(seller, offer)],
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
  const progress = progressOf(amount(args, "progress"));
  const { handedOver } = progress;
  const done = Number(progress.delivered);
  const pv = Number(progress.pv);
  const esd = Number(progress.esd);
  const grid = Number(progress.grid);
  const paid = amount(args, "paid");
  const execution = executed?.tx === tx ? executed : undefined;
  const transfer = execution?.transfer ?? null;
  context.executed = undefined;
  db.run(
    "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ...[at, contract, executor, transfer, slot, done - before.delivered],
    ...[pv - before.pv, esd - before.esd, grid - before.grid, paid],
  );
  db.run(
    `UPDATE supply SET delivered = ?, pv = ?, esd = ?, grid = ?, handed_over = ?, paid = paid + ? WHERE contract = ?`,
    ...[done, pv, esd, grid, Number(handedOver), paid, contract],
  );
  // What was handed back of it, if anything was, is executed.
  if (!handedOver)
    db.run("UPDATE transfers SET handed_back = NULL WHERE handed_back = ?", contract);
  execution?.pay?.(slot);
  pay(event, context, {
    ...{ from: before.buyer, to: before.seller, amount: paid, what: "delivery", slot },
    ...{ contract, transfer },
  });
}

function fulfilled({ args, at }: MarketEvent, { db }: Context): void {
  db.run(
    "UPDATE supply SET status = 'fulfilled', ended = ?, pv_shortfall = ? WHERE contract = ?",
    ...[at, number(args, "pvShortfallWh"), number(args, "contractId")],
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
  "SupplyBook.Expired": expired,
};
