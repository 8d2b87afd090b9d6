/** The sealed auction: plans, books and the beacon. */
import {
  structOf,
  type AbiParameter,
  type AbiValue,
  type Args,
  type Codec,
} from "../index/codec.ts";
import type { Database } from "../index/database.ts";
import { refOf } from "../index/refs.ts";
import { changePool } from "./identities.ts";
import { amount, number, text, type Context, type Handlers, type MarketEvent } from "./context.ts";
import { pay } from "./money.ts";

/** Phases of a book that the chain tells; by the clock alone nothing is stored. */
export const BOOK_PHASE = { open: 0, matching: 1, cleared: 3 } as const;

/** Makes sure that a slot has its row. */
export function touchSlot(db: Database, slot: number): void {
  db.run("INSERT INTO slots (slot) VALUES (?) ON CONFLICT DO NOTHING", slot);
}

function committed({ args, at }: MarketEvent, { db }: Context): void {
  const slot = number(args, "slot");
  const participant = number(args, "participant");
  touchSlot(db, slot);
  const role = db.get<{ role: string }>(
    "SELECT role FROM participants WHERE number = ?",
    participant,
  )?.role;
  db.run(
    `INSERT INTO plans (slot, participant, side, status, commitment, sequence, committed)
     VALUES (?, ?, ?, 'sealed', ?, ?, ?) ON CONFLICT DO UPDATE SET status = 'sealed', commitment = excluded.commitment,
     sequence = excluded.sequence, committed = excluded.committed, replaced = replaced + 1, ended = NULL`,
    ...[
      slot,
      participant,
      role === "dataCentre" ? "seller" : "buyer",
      text(args, "commitment"),
      number(args, "sequence"),
      at,
    ],
  );
}

function withdrawn({ args, at }: MarketEvent, { db }: Context): void {
  db.run(
    "UPDATE plans SET status = 'withdrawn', ended = ? WHERE slot = ? AND participant = ?",
    ...[at, number(args, "slot"), number(args, "participant")],
  );
}

function forfeited(status: "dropped" | "punished") {
  return (event: MarketEvent, context: Context): void => {
    const { args, at } = event;
    const participant = number(args, "participant");
    const slot = number(args, "slot");
    const bond = amount(args, "bond");
    context.db.run(
      "UPDATE plans SET status = ?, ended = ?, forfeited = ? WHERE slot = ? AND participant = ?",
      ...[status, at, bond, slot, participant],
    );
    forfeit(event, context, participant, bond);
  };
}

function forfeit(event: MarketEvent, context: Context, participant: number, bond: bigint): void {
  changePool(context, bond);
  pay(event, context, {
    from: participant,
    to: null,
    amount: bond,
    what: "bond",
    slot: event.slot,
  });
}

const REVEALS: ReadonlySet<string> = new Set(["reveal", "revealSigned", "revealBatch"]);

/** Plans in the calldata of a reveal: the argument itself, or the field `plan` of the signed ones. */
function* plansIn(
  parameter: AbiParameter | undefined,
  value: AbiValue | undefined,
): Generator<{ type: AbiParameter; plan: Args }> {
  if (parameter === undefined || value === undefined) return;
  if (parameter.type.endsWith("[]")) {
    const element = { ...parameter, type: parameter.type.slice(0, -2) };
    for (const item of value as readonly AbiValue[]) yield* plansIn(element, item);
    return;
  }
  const struct = structOf(parameter, value);
  const inner = parameter.components?.find(({ name }) => name === "plan");
  if (inner === undefined) yield { type: parameter, plan: struct };
  else yield* plansIn(inner, struct["plan"]);
}

/** The event names the plan, the calldata has it. */
function revealed(codec: Codec) {
  const auction = codec.named("SlotAuction")?.address ?? "";
  return ({ args, at, input }: MarketEvent, { db }: Context): void => {
    const slot = number(args, "slot");
    const participant = number(args, "participant");
    const salt = text(args, "salt");
    const reputation =
      db.get<{ reputation: number }>(
        "SELECT reputation FROM participants WHERE number = ?",
        participant,
      )?.reputation ?? 0;
    const plan = findPlan(codec, auction, input, { slot, participant, salt });
    const bids = plan?.bids ?? [];
    const offers = plan?.offers ?? [];
    db.run(
      "UPDATE plans SET status = 'revealed', revealed = ?, salt = ?, reputation = ?, items = ? WHERE slot = ? AND participant = ?",
      ...[
        at,
        salt,
        reputation,
        plan === undefined ? null : bids.length + offers.length,
        slot,
        participant,
      ],
    );
    const { sequence } = db.get<{ sequence: number }>(
      "SELECT sequence FROM plans WHERE slot = ? AND participant = ?",
      ...[slot, participant],
    ) ?? { sequence: 0 };
    for (const [index, bid] of bids.entries())
      db.run(
        `INSERT INTO bids (slot, ref, cores, core_seconds, energy, price, earliest, deadline, priority, reputation, sequence)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[slot, refOf(participant, index)],
        ...["cores", "coreSeconds", "energy", "maxPrice", "earliest", "deadline"].map((name) =>
          number(bid, name),
        ),
        ...[bid["priority"] === true ? 1 : 0, reputation, sequence],
      );
    for (const [index, offer] of offers.entries()) {
      const [cores = 0, energy = 0, price = 0] = ["cores", "energy", "price"].map((name) =>
        number(offer, name),
      );
      db.run(
        `INSERT INTO offers (slot, ref, cores, energy, price, reputation, sequence, left_wh, left_cores)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[
          slot,
          refOf(participant, index),
          cores,
          energy,
          price,
          reputation,
          sequence,
          energy,
          cores,
        ],
      );
    }
    db.run(
      "UPDATE slots SET bids = bids + ?, offers = offers + ? WHERE slot = ?",
      bids.length,
      offers.length,
      slot,
    );
  };
}

interface PlanContent {
  readonly bids: readonly Args[];
  readonly offers: readonly Args[];
}

function findPlan(
  codec: Codec,
  auction: string,
  input: string,
  sought: { readonly slot: number; readonly participant: number; readonly salt: string },
): PlanContent | undefined {
  for (const { parameters, values } of codec.callsWithin(auction, input, REVEALS))
    for (const { type, plan } of plansIn(parameters[0], values[0]))
      if (
        number(plan, "bidder") === sought.participant &&
        number(plan, "slot") === sought.slot &&
        plan["salt"] === sought.salt
      )
        return { bids: listOf(type, plan, "bids"), offers: listOf(type, plan, "offers") };
  return undefined;
}

function listOf(type: AbiParameter, plan: Args, name: string): Args[] {
  const parameter = type.components?.find((component) => component.name === name);
  return (plan[name] as readonly AbiValue[]).map((value) => structOf(parameter, value));
}

function matchingStarted({ args, at, tx }: MarketEvent, { db }: Context): void {
  const slot = number(args, "slot");
  touchSlot(db, slot);
  db.run(
    "UPDATE slots SET phase = ?, seed = ?, ranker = ?, started = ? WHERE slot = ?",
    ...[BOOK_PHASE.matching, text(args, "seed"), text(args, "ranker").toLowerCase(), at, slot],
  );
  noteClearing(db, slot, tx);
}

function unmatched({ args, tx }: MarketEvent, { db }: Context): void {
  const slot = number(args, "slot");
  const ref = refOf(number(args, "buyer"), number(args, "index"));
  db.run("UPDATE bids SET unmatched = 1 WHERE slot = ? AND ref = ?", slot, ref);
  db.run("UPDATE slots SET unmatched = unmatched + 1 WHERE slot = ?", slot);
  noteClearing(db, slot, tx);
}

function cleared({ args, at, tx }: MarketEvent, { db }: Context): void {
  const slot = number(args, "slot");
  touchSlot(db, slot);
  db.run("UPDATE slots SET phase = ?, cleared = ? WHERE slot = ?", BOOK_PHASE.cleared, at, slot);
  noteClearing(db, slot, tx);
}

/** Remembers that a transaction took part in the clearing of a slot. */
export function noteClearing(db: Database, slot: number, tx: number): void {
  db.run("INSERT INTO clearings VALUES (?, ?) ON CONFLICT DO NOTHING", slot, tx);
}

function valueOpened({ args, at }: MarketEvent, { db }: Context): void {
  const slot = number(args, "slot");
  touchSlot(db, slot);
  db.run(
    "INSERT INTO beacon VALUES (?, ?, ?, ?)",
    slot,
    number(args, "operator"),
    text(args, "value"),
    at,
  );
}

/** Events of auction and beacon. */
export const auctionHandlers = (codec: Codec): Handlers => ({
  "SlotAuction.Committed": committed,
  "SlotAuction.PlanWithdrawn": withdrawn,
  "SlotAuction.PlanDropped": forfeited("dropped"),
  "SlotAuction.PlanPunished": forfeited("punished"),
  "SlotAuction.Revealed": revealed(codec),
  "SlotAuction.MatchingStarted": matchingStarted,
  "SlotAuction.Unmatched": unmatched,
  "SlotAuction.Cleared": cleared,
  "SlotAuction.PausedSet": ({ args }, { db }) => {
    db.run("UPDATE market_state SET paused = ?", args["paused"] === true ? 1 : 0);
  },
  "RandomBeacon.ValueOpened": valueOpened,
  "RandomBeacon.OperatorSlashed": (event, context) => {
    forfeit(event, context, number(event.args, "operator"), amount(event.args, "bond"));
  },
});
