/** The life of supply contracts and order transfers, step by step. */
import type { LifeStep } from "../../shared/api.ts";
import { termsOf } from "../../../sim/market/words.ts";
import { argsOf, structOf, type Args, type Decoded } from "../index/codec.ts";
import { MENTION } from "../projection/projection.ts";
import type { MarketContext } from "./endpoint.ts";

/** What a step of an event is beyond its place. */
type Told = Partial<Omit<LifeStep, "event" | "at" | "by">> & { readonly by?: number };

const money = (args: Args, ...parts: [field: string, what: string][]): LifeStep["money"] =>
  parts
    .map(([field, what]) => ({ what, amount: String(args[field]) }))
    .filter(({ amount }) => amount !== "0");

const id = (args: Args, name: string): number => Number(args[name]);

/** What each event tells, by its name. `Delivered` is told by the table of deliveries, which has its differences. */
export const TOLD: Readonly<Record<string, (args: Args, decoded: Decoded) => Told>> = {
  Signed: (args) => ({
    contract: id(args, "contractId"),
    by: id(args, "seller"),
    slot: Number(termsOf(args["terms"] as bigint).signed),
  }),
  Fulfilled: (args) => ({ contract: id(args, "contractId") }),
  Expired: (args) => ({
    contract: id(args, "contractId"),
    money: money(args, ["penalty", "penalty"], ["returned", "returned"]),
  }),
  Taken: (args, { parameters }) => {
    const t = structOf(
      parameters.find(({ name }) => name === "transfer"),
      args["transfer"],
    );
    return {
      transfer: id(args, "transferId"),
      contract: id(t, "contractId"),
      by: id(args, "first"),
      coreSeconds: id(t, "coreSeconds"),
      money: money(t, ["deposit", "deposit"]),
    };
  },
  Executed: (args) => ({
    transfer: id(args, "transferId"),
    coreSeconds: id(args, "coreSeconds"),
    money: money(args, ["paid", "paid"], ["networkPaid", "fee"]),
  }),
  HandedBack: (args) => ({
    transfer: id(args, "transferId"),
    contract: id(args, "contractId"),
    coreSeconds: id(args, "coreSeconds"),
  }),
  Repaid: (args) => ({
    transfer: id(args, "transferId"),
    contract: id(args, "contractId"),
    coreSeconds: id(args, "coreSeconds"),
  }),
  ReturnClosed: (args) => ({
    transfer: id(args, "transferId"),
    contract: id(args, "contractId"),
    coreSeconds: id(args, "notExecuted"),
  }),
  TransferDefaulted: (args) => ({
    transfer: id(args, "transferId"),
    coreSeconds: id(args, "notExecuted"),
    money: money(args, ["penalty", "penalty"]),
  }),
  DebtSettled: (args) => ({
    transfer: id(args, "transferId"),
    coreSeconds: id(args, "coreSeconds"),
    money: money(args, ["paid", "paid"]),
  }),
  TransferClosed: (args) => ({ transfer: id(args, "transferId") }),
};

/** Steps of a supply contract, with those of the transfers that are about it. */
export function stepsOfSupply(context: MarketContext, contract: number): LifeStep[] {
  return stepsAt(
    context,
    context.db.all<{ at: number }>(
      `SELECT at FROM mentions WHERE kind = ?1 AND id = ?2
       UNION SELECT m.at FROM transfers t JOIN mentions m ON m.kind = ?3 AND m.id = t.transfer WHERE t.contract = ?2 ORDER BY 1`,
      ...[MENTION.supply, contract, MENTION.transfer],
    ),
  );
}

/** Steps of an order transfer, with the deliveries by which it was executed. */
export function stepsOfTransfer(context: MarketContext, transfer: number): LifeStep[] {
  return stepsAt(
    context,
    context.db.all<{ at: number }>(
      `SELECT at FROM mentions WHERE kind = ?1 AND id = ?2 UNION SELECT at FROM deliveries WHERE transfer = ?2 ORDER BY 1`,
      ...[MENTION.transfer, transfer],
    ),
  );
}

const NOTHING = {
  slot: null,
  transfer: null,
  contract: null,
  coreSeconds: null,
  pvWh: null,
  esdWh: null,
  gridWh: null,
  money: [],
} as const;

function stepsAt(context: MarketContext, ats: readonly { readonly at: number }[]): LifeStep[] {
  return ats.flatMap(({ at }) => {
    const log = context.db.get<{ address: string; topics: string; data: string }>(
      "SELECT address, topics, data FROM logs WHERE at = ?",
      at,
    );
    const decoded = log && context.market.codec.event(log.address, log.topics.split(","), log.data);
    if (decoded === undefined) return [];
    const told =
      decoded.name === "Delivered"
        ? delivered(context, at)
        : TOLD[decoded.name]?.(argsOf(decoded), decoded);
    if (told === undefined) return [];
    const reading = readingSlot(context, decoded.name, at, told);
    const { by = actorOf(context, decoded.name, told.transfer ?? null), ...rest } = told;
    const moment = context.names.event(at);
    return [
      {
        ...NOTHING,
        slot: reading ?? context.market.clock.slotAt(moment.timestamp),
        ...rest,
        event: decoded.name,
        at: moment,
        by: by === null ? null : context.names.participant(by),
      },
    ];
  });
}

/**
 * Slot of the reading by which work was executed, repaid or fulfilled; undefined if it is not by a reading. The event does not
 * tell it, but the delivery that it comes with does: an execution is told just before it, the end of a contract after it.
 */
function readingSlot(
  { db }: MarketContext,
  event: string,
  at: number,
  { transfer, contract }: Told,
): number | undefined {
  const which =
    event === "Executed" || event === "Repaid"
      ? (["d.transfer = ?2 AND d.at > ?1 ORDER BY d.at", transfer] as const)
      : event === "Fulfilled"
        ? (["d.contract = ?2 AND d.at < ?1 ORDER BY d.at DESC", contract] as const)
        : undefined;
  if (which === undefined) return undefined;
  const [condition, id = null] = which;
  return db.get<{ slot: number }>(
    `SELECT d.slot FROM logs own JOIN logs l ON l.tx = own.tx JOIN deliveries d ON d.at = l.at
     WHERE own.at = ?1 AND ${condition} LIMIT 1`,
    ...[at, id],
  )?.slot;
}

function delivered({ db }: MarketContext, at: number): Told | undefined {
  const row = db.get<{
    contract: number;
    executor: number;
    transfer: number | null;
    slot: number;
    core_seconds: number;
    pv: number;
    esd: number;
    grid: number;
    paid: number;
  }>("SELECT * FROM deliveries WHERE at = ?", at);
  return (
    row && {
      contract: row.contract,
      transfer: row.transfer,
      by: row.executor,
      slot: row.slot,
      coreSeconds: row.core_seconds,
      pvWh: row.pv,
      esdWh: row.esd,
      gridWh: row.grid,
      money: row.paid === 0 ? [] : [{ what: "paid", amount: String(row.paid) }],
    }
  );
}

/** Whose act an event of a transfer is: the target executes and hands back, the first data centre repays. */
function actorOf({ db }: MarketContext, event: string, transfer: number | null): number | null {
  if (transfer === null) return null;
  const parties = db.get<{ first: number; target: number }>(
    "SELECT first, target FROM transfers WHERE transfer = ?",
    transfer,
  );
  if (event === "Executed" || event === "HandedBack") return parties?.target ?? null;
  return event === "Repaid" ? (parties?.first ?? null) : null;
}
