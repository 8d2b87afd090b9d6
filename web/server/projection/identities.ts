/** Participants, their bindings, reputation, deposits, plants and the grid's prices. */
import { structOf } from "../index/codec.ts";
import type { Role } from "../../shared/api.ts";
import { amountDown, INITIAL_REPUTATION } from "../../../sim/market/money.ts";
import { amount, number, text, type Context, type Handlers, type MarketEvent } from "./context.ts";
import { pay } from "./money.ts";

/** Roles in the order of the contracts' enumeration, which begins with none. */
export const ROLES: readonly Role[] = [
  "user",
  "dataCentre",
  "meter",
  "gridOperator",
  "networkOperator",
  "beacon",
];

const INITIAL = Number(INITIAL_REPUTATION);

function enrolled({ args, at }: MarketEvent, { db }: Context): void {
  const participant = number(args, "participant");
  const role = ROLES[number(args, "role") - 1] ?? "user";
  const wallet = text(args, "wallet").toLowerCase();
  const values = [wallet, text(args, "certificate"), number(args, "validUntil")];
  const isNew =
    db.run(
      `INSERT INTO participants (number, id, role, wallet, certificate, valid_until, reputation, enrolled)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ...[participant, text(args, "id"), role, ...values, INITIAL, at],
    ) === 1;
  if (isNew) db.run("INSERT INTO reputation VALUES (?, ?, ?)", participant, at, INITIAL);
  bind(db, participant, at, values);
}

function rotated({ args, at }: MarketEvent, { db }: Context): void {
  const values = [
    text(args, "wallet").toLowerCase(),
    text(args, "certificate"),
    number(args, "validUntil"),
  ];
  bind(db, number(args, "participant"), at, values);
}

function bind(
  db: Context["db"],
  participant: number,
  at: number,
  values: (string | number)[],
): void {
  db.run(
    "UPDATE participants SET wallet = ?, certificate = ?, valid_until = ?, revoked = 0 WHERE number = ?",
    ...[...values, participant],
  );
  db.run(
    "INSERT INTO bindings (at, participant, wallet, certificate, valid_until) VALUES (?, ?, ?, ?, ?)",
    ...[at, participant, ...values],
  );
}

function revoked({ args, at }: MarketEvent, { db }: Context): void {
  const participant = number(args, "participant");
  db.run("UPDATE participants SET revoked = 1 WHERE number = ?", participant);
  db.run(
    "UPDATE bindings SET revoked = ? WHERE participant = ? AND certificate = ?",
    ...[at, participant, text(args, "certificate")],
  );
}

function reputationChanged({ args, at }: MarketEvent, { db }: Context): void {
  const participant = number(args, "participant");
  const reputation = number(args, "reputation");
  db.run("UPDATE participants SET reputation = ? WHERE number = ?", reputation, participant);
  db.run("INSERT INTO reputation VALUES (?, ?, ?)", participant, at, reputation);
}

function commissioned({ args, at, slot, parameters }: MarketEvent, { db }: Context): void {
  const site = structOf(
    parameters.find(({ name }) => name === "site"),
    args["site"],
  );
  db.run(
    `INSERT INTO sites VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
     meter = excluded.meter, grid_operator = excluded.grid_operator, network_operator = excluded.network_operator,
     pv_limit = excluded.pv_limit, esd_limit = excluded.esd_limit, grid_limit = excluded.grid_limit,
     version = excluded.version, at = excluded.at`,
    number(args, "dataCentre"),
    ...[
      "meter",
      "gridOperator",
      "networkOperator",
      "pvLimitWh",
      "esdLimitWh",
      "gridLimitWh",
      "version",
    ].map((name) => number(site, name)),
    at,
    Math.max(0, slot),
  );
}

function tariffAnnounced({ args }: MarketEvent, { db }: Context): void {
  db.run(
    `INSERT INTO tariffs VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
     import_price = excluded.import_price, feed_in_price = excluded.feed_in_price`,
    ...["gridOperator", "fromSlot", "importPrice", "feedInPrice"].map((name) => number(args, name)),
  );
}

/** Costs follow from the tariff, rounded as the meter book rounds. */
function readingTaken(event: MarketEvent, context: Context): void {
  const { args, at } = event;
  const { db } = context;
  const dataCentre = number(args, "dataCentre");
  const slot = number(args, "slot");
  const grid = db.get<{ grid_operator: number }>(
    "SELECT grid_operator FROM sites WHERE participant = ?",
    dataCentre,
  )?.grid_operator;
  const prices =
    grid === undefined
      ? undefined
      : db.get<{ import_price: number; feed_in_price: number }>(
          "SELECT import_price, feed_in_price FROM tariffs WHERE operator = ? AND from_slot <= ? ORDER BY from_slot DESC LIMIT 1",
          ...[grid, slot],
        );
  const cost = amountDown(amount(args, "gridImport"), BigInt(prices?.import_price ?? 0));
  const income = amountDown(amount(args, "gridExport"), BigInt(prices?.feed_in_price ?? 0));
  db.run(
    "INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ...[dataCentre, slot],
    ...["pv", "esdIn", "esdOut", "gridImport", "gridExport"].map((name) => number(args, name)),
    ...[cost, income, at],
  );
  const operator = grid ?? null;
  pay(event, context, { from: dataCentre, to: operator, amount: cost, what: "import", slot });
  pay(event, context, { from: operator, to: dataCentre, amount: income, what: "export", slot });
}

function tabChanged({ args }: MarketEvent, { db }: Context): void {
  db.run(
    "UPDATE participants SET tab = ? WHERE number = ?",
    ...[amount(args, "tab"), number(args, "dataCentre")],
  );
}

function moneyMoved(direction: "in" | "out") {
  return (event: MarketEvent, context: Context): void => {
    const participant = number(event.args, "participant");
    pay(event, context, {
      from: direction === "in" ? null : participant,
      to: direction === "in" ? participant : null,
      amount: amount(event.args, "amount"),
      what: direction === "in" ? "deposit" : "withdrawal",
      slot: event.slot,
    });
  };
}

/** Changes what the penalty pool holds. */
export function changePool({ db }: Context, by: bigint): void {
  const { pool } = db.get<{ pool: string }>("SELECT pool FROM market_state") ?? { pool: "0" };
  db.run("UPDATE market_state SET pool = ?", (BigInt(pool) + by).toString());
}

/** Events about who is who, and about energy and money outside of auction and contracts. */
export const IDENTITY_HANDLERS: Handlers = {
  "IdentityRegistry.Enrolled": enrolled,
  "IdentityRegistry.Rotated": rotated,
  "IdentityRegistry.Revoked": revoked,
  "Vault.ReputationChanged": reputationChanged,
  "Vault.Deposited": moneyMoved("in"),
  "Vault.Withdrawn": moneyMoved("out"),
  "Vault.PaidOut": ({ args }, context) => {
    changePool(context, -amount(args, "amount"));
  },
  "MeterBook.SiteCommissioned": commissioned,
  "MeterBook.ReadingTaken": readingTaken,
  "MeterBook.TabChanged": tabChanged,
  "GridTariff.TariffAnnounced": tariffAnnounced,
};
