/** Order transfers between data centres, and the quotes that they are taken from. */
import { structOf } from "../index/codec.ts";
import type { Database } from "../index/database.ts";
import { touchSlot } from "./auction.ts";
import { amount, number, type Context, type Handlers, type MarketEvent } from "./context.ts";
import { pay } from "./money.ts";

function quoted({ args, at }: MarketEvent, { db }: Context): void {
  const dataCentre = number(args, "dataCentre");
  db.run("DELETE FROM quotes WHERE participant = ?", dataCentre);
  if (number(args, "energy") === 0) return; // withdrawn
  db.run(
    "INSERT INTO quotes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    dataCentre,
    ...["price", "energy", "cores", "firstSlot", "lastSlot", "repaymentSlots"].map((name) =>
      number(args, name),
    ),
    at,
  );
}

function taken({ args, at, parameters }: MarketEvent, { db }: Context): void {
  const transfer = number(args, "transferId");
  const t = structOf(
    parameters.find(({ name }) => name === "transfer"),
    args["transfer"],
  );
  const contract = number(t, "contractId");
  const signedSlot = number(t, "signed");
  db.run(
    `INSERT INTO transfers (transfer, mode, status, signed, first, target, contract, core_seconds, energy, price,
     signed_slot, due, period_end, network_operator, network_fee, deposit)
     VALUES (?, ?, 'executing', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[transfer, number(t, "mode") === 0 ? "payment" : "computeTime", at],
    ...[
      "first",
      "target",
      "contractId",
      "coreSeconds",
      "energy",
      "price",
      "signed",
      "due",
      "periodEnd",
    ].map((name) => number(t, name)),
    ...[number(t, "networkOperator"), amount(t, "networkFee"), amount(t, "deposit")],
  );
  db.run("UPDATE supply SET handed_over = 1, transferred = 1 WHERE contract = ?", contract);
  touchSlot(db, signedSlot);
  db.run("UPDATE slots SET transfers = transfers + 1 WHERE slot = ?", signedSlot);
}

/** What is needed of a transfer to book what happens to it. */
interface State {
  readonly first: number;
  readonly target: number;
  readonly contract: number;
  readonly network_operator: number;
  readonly core_seconds: number;
  readonly executed: number;
}

const stateOf = (db: Database, transfer: number): State | undefined =>
  db.get<State>(
    "SELECT first, target, contract, network_operator, core_seconds, executed FROM transfers WHERE transfer = ?",
    transfer,
  );

function executed(event: MarketEvent, context: Context): void {
  const { args, tx } = event;
  const transfer = number(args, "transferId");
  const t = stateOf(context.db, transfer);
  if (t === undefined) return;
  const done = t.executed + number(args, "coreSeconds");
  const [paid, networkPaid] = [amount(args, "paid"), amount(args, "networkPaid")];
  context.db.run(
    "UPDATE transfers SET executed = ?, paid = paid + ?, network_paid = network_paid + ?, status = ? WHERE transfer = ?",
    ...[done, paid, networkPaid, done === t.core_seconds ? "owing" : "executing", transfer],
  );
  const payFor = (slot: number): void => {
    const common = { from: t.first, slot, contract: t.contract, transfer };
    pay(event, context, { ...common, to: t.target, amount: paid, what: "transfer" });
    const fee = { to: t.network_operator, amount: networkPaid, what: "networkFee" } as const;
    pay(event, context, { ...common, ...fee });
  };
  context.executed = { tx, transfer, pay: payFor };
}

function handedBack({ args }: MarketEvent, { db }: Context): void {
  const contract = number(args, "contractId");
  db.run(
    "UPDATE transfers SET handed_back = ? WHERE transfer = ?",
    contract,
    number(args, "transferId"),
  );
  db.run("UPDATE supply SET handed_over = 1, transferred = 1 WHERE contract = ?", contract);
}

/** The delivery that follows tells whether anything of the contract is still handed over. */
function repaid({ args, tx }: MarketEvent, context: Context): void {
  const transfer = number(args, "transferId");
  context.executed = { tx, transfer };
  context.db.run(
    "UPDATE transfers SET repaid = repaid + ? WHERE transfer = ?",
    ...[number(args, "coreSeconds"), transfer],
  );
}

function returnClosed({ args }: MarketEvent, { db }: Context): void {
  db.run("UPDATE transfers SET handed_back = NULL WHERE transfer = ?", number(args, "transferId"));
  db.run("UPDATE supply SET handed_over = 0 WHERE contract = ?", number(args, "contractId"));
}

function defaulted(event: MarketEvent, context: Context): void {
  const { args, slot } = event;
  const transfer = number(args, "transferId");
  const penalty = amount(args, "penalty");
  const t = stateOf(context.db, transfer);
  if (t === undefined) return;
  context.db.run(
    "UPDATE transfers SET defaulted = 1, status = 'owing', penalty = ? WHERE transfer = ?",
    ...[penalty, transfer],
  );
  context.db.run("UPDATE supply SET handed_over = 0 WHERE contract = ?", t.contract);
  pay(event, context, {
    ...{ from: t.target, to: t.first, amount: penalty, what: "penalty", slot },
    ...{ contract: t.contract, transfer },
  });
}

function debtSettled(event: MarketEvent, context: Context): void {
  const { args, slot } = event;
  const transfer = number(args, "transferId");
  const paid = amount(args, "paid");
  context.db.run(
    "UPDATE transfers SET settled = ?, paid = paid + ? WHERE transfer = ?",
    ...[number(args, "coreSeconds"), paid, transfer],
  );
  const t = stateOf(context.db, transfer);
  if (t === undefined) return;
  pay(event, context, {
    ...{ from: t.first, to: t.target, amount: paid, what: "transfer", slot },
    ...{ contract: t.contract, transfer },
  });
}

/** Events of the transfer book. */
export const TRANSFER_HANDLERS: Handlers = {
  "TransferBook.Quoted": quoted,
  "TransferBook.Taken": taken,
  "TransferBook.Executed": executed,
  "TransferBook.HandedBack": handedBack,
  "TransferBook.Repaid": repaid,
  "TransferBook.ReturnClosed": returnClosed,
  "TransferBook.TransferDefaulted": defaulted,
  "TransferBook.DebtSettled": debtSettled,
  "TransferBook.TransferClosed": ({ args, at }, { db }) => {
    db.run(
      "UPDATE transfers SET status = 'closed', closed = ? WHERE transfer = ?",
      ...[at, number(args, "transferId")],
    );
  },
};
