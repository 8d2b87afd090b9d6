/** Who was paid what by whom: every participant's statement, and sums by slot. */
import type { StatementRow } from "../../shared/api.ts";
import type { Context, MarketEvent } from "./context.ts";

/** What money was for. */
export type Purpose = StatementRow["what"];

/** A payment between participants, or between one and somebody outside the market. */
export interface Payment {
  readonly from: number | null;
  readonly to: number | null;
  readonly amount: bigint;
  readonly what: Purpose;
  /** Slot that it is for. */
  readonly slot: number;
  readonly contract?: number | null;
  readonly transfer?: number | null;
}

/** Purposes that are bounded by the market and summed by slot. Deposits, withdrawals and bonds are neither income nor cost of a slot. */
const SUMMED: ReadonlySet<Purpose> = new Set([
  "delivery",
  "penalty",
  "transfer",
  "networkFee",
  "import",
  "export",
]);

/** Purposes that count as earned and spent. */
const EARNED: ReadonlySet<Purpose> = new Set(["delivery", "transfer"]);

/** Enters a payment on both sides; one of nothing is left out. */
export function pay(event: MarketEvent, { db }: Context, payment: Payment): void {
  const { from, to, amount, what, slot, contract = null, transfer = null } = payment;
  if (amount === 0n) return;
  const enter = (participant: number | null, signed: bigint, other: number | null): void => {
    if (participant === null) return;
    db.run(
      "INSERT INTO statement (participant, at, what, amount, other, slot, contract, transfer) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      ...[participant, event.at, what, signed.toString(), other, slot, contract, transfer],
    );
    if (SUMMED.has(what))
      db.run(
        `INSERT INTO flows (participant, slot, what, amount) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET amount = amount + excluded.amount`,
        ...[participant, slot, signed > 0n ? `${what}+` : `${what}-`, amount],
      );
    if (EARNED.has(what))
      db.run(
        `UPDATE participants SET ${signed > 0n ? "earned = earned" : "spent = spent"} + ? WHERE number = ?`,
        ...[amount, participant],
      );
  };
  enter(from, -amount, to);
  enter(to, amount, from);
}
