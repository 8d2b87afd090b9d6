/** Participants: identity, certificates, wallets, RV, money. */
import type {
  Account,
  Participant,
  ParticipantRow,
  ParticipantTotals,
  Role,
  StatementRow,
} from "../../shared/api.ts";
import type { SqlInput } from "../index/database.ts";
import { ROLES } from "../projection/identities.ts";
import type { AbiValue } from "../index/codec.ts";
import {
  listed,
  single,
  withMarket,
  type ApiContext,
  type EndpointTable,
  type MarketContext,
} from "./endpoint.ts";
import { notFound } from "./fault.ts";
import { where, type Condition } from "./list.ts";
import { checksummed } from "./names.ts";
import { quoteRow, type QuoteSqlRow } from "./supply.ts";
import { read } from "./views.ts";

interface ParticipantSqlRow {
  readonly number: number;
  readonly id: string;
  readonly role: Role;
  readonly wallet: string;
  readonly certificate: string;
  readonly valid_until: number;
  readonly revoked: number;
  readonly reputation: number;
  readonly enrolled: number;
  readonly earned_text: string;
  readonly spent_text: string;
  readonly tab: number | null;
  readonly running: number;
  readonly fulfilled: number;
  readonly expired: number;
}

const contractsOf = (status: string): string =>
  `((SELECT count(*) FROM supply WHERE buyer = p.number AND status = '${status}')
  + (SELECT count(*) FROM supply WHERE seller = p.number AND status = '${status}')) ${status}`;

const PARTICIPANT_SELECT = `SELECT p.number, p.id, p.role, p.wallet, p.certificate, p.valid_until, p.revoked, p.reputation,
  p.enrolled, p.tab, CAST(p.earned AS TEXT) earned_text, CAST(p.spent AS TEXT) spent_text,
  ${["running", "fulfilled", "expired"].map(contractsOf).join(", ")} FROM participants p`;

const participantRow =
  ({ names, now }: ApiContext) =>
  (row: ParticipantSqlRow): ParticipantRow => ({
    number: row.number,
    id: row.id,
    role: row.role,
    wallet: checksummed(row.wallet),
    certificate: row.certificate,
    validUntil: row.valid_until,
    state: row.revoked === 1 ? "revoked" : row.valid_until < now ? "expired" : "active",
    reputation: row.reputation,
    contracts: { running: row.running, fulfilled: row.fulfilled, expired: row.expired },
    earned: row.earned_text,
    spent: row.spent_text,
    enrolled: names.event(row.enrolled),
  });

async function participantOf(context: MarketContext, number: number): Promise<Participant> {
  const { db, names } = context;
  const row = db.get<ParticipantSqlRow>(`${PARTICIPANT_SELECT} WHERE p.number = ?`, number);
  if (row === undefined) throw notFound(`participant ${number}`);
  const quote = db.get<QuoteSqlRow>("SELECT * FROM quotes WHERE participant = ?", number);
  return {
    ...participantRow(context)(row),
    bindings: db
      .all<{
        at: number;
        wallet: string;
        certificate: string;
        valid_until: number;
        revoked: number | null;
      }>(
        "SELECT at, wallet, certificate, valid_until, revoked FROM bindings WHERE participant = ? ORDER BY at",
        number,
      )
      .map(({ at, wallet, certificate, valid_until, revoked }) => ({
        wallet: checksummed(wallet),
        certificate,
        validUntil: valid_until,
        bound: names.event(at),
        revoked: names.eventOrNull(revoked),
      })),
    account: await accountOf(context, number),
    totals: totalsOf(context, number),
    site: siteOf(context, number),
    quote: quote === undefined ? null : quoteRow(context)(quote),
    tab: row.tab === null ? null : String(row.tab),
    serves: db
      .all<{ participant: number }>(
        "SELECT participant FROM sites WHERE ?1 IN (meter, grid_operator, network_operator) ORDER BY participant",
        number,
      )
      .map(({ participant }) => names.participant(participant)),
  };
}

/** Money in the vault: as the node says, or as it said when it last answered. */
async function accountOf(context: MarketContext, number: number): Promise<Account | null> {
  const { db, head: block } = context;
  const answer = await read(context, "Vault", "accountOf", [number]);
  if (answer !== undefined) {
    const [available, locked] = (answer[0] as readonly AbiValue[]).map(String);
    db.run(
      "INSERT INTO accounts VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET available = excluded.available, locked = excluded.locked, block = excluded.block",
      ...[number, available ?? "0", locked ?? "0", block],
    );
  }
  return (
    db.get<Account>(
      "SELECT available, locked, block FROM accounts WHERE participant = ?",
      number,
    ) ?? null
  );
}

function totalsOf({ db }: ApiContext, number: number): ParticipantTotals {
  const flows = new Map(
    db
      .all<{ what: string; amount: string }>(
        "SELECT what, CAST(sum(amount) AS TEXT) amount FROM flows WHERE participant = ? GROUP BY what",
        number,
      )
      .map(({ what, amount }) => [what, amount]),
  );
  const flow = (what: string): string => flows.get(what) ?? "0";
  // Tokens may have more digits than the database's integers.
  const others = db.all<{ what: string; amount: string }>(
    "SELECT what, amount FROM statement WHERE participant = ? AND what IN ('deposit', 'withdrawal', 'bond')",
    number,
  );
  const sum = (of: string): string => {
    const total = others.reduce(
      (so, { what, amount }) => (what === of ? so + BigInt(amount) : so),
      0n,
    );
    return (total < 0n ? -total : total).toString();
  };
  const both = (what: string): string =>
    (BigInt(flow(`${what}+`)) + BigInt(flow(`${what}-`))).toString();
  return {
    deposited: sum("deposit"),
    withdrawn: sum("withdrawal"),
    deliveryIncome: flow("delivery+"),
    deliverySpending: flow("delivery-"),
    penaltiesPaid: flow("penalty-"),
    penaltiesReceived: flow("penalty+"),
    transferIncome: flow("transfer+"),
    transferSpending: flow("transfer-"),
    networkFeesPaid: flow("networkFee-"),
    networkFeesReceived: flow("networkFee+"),
    importCost: both("import"),
    exportIncome: both("export"),
    bondsForfeited: sum("bond"),
  };
}

function siteOf({ db, names }: ApiContext, number: number): Participant["site"] {
  const row = db.get<{
    meter: number;
    grid_operator: number;
    network_operator: number;
    pv_limit: number;
    esd_limit: number;
    grid_limit: number;
    version: number;
    at: number;
  }>("SELECT * FROM sites WHERE participant = ?", number);
  if (row === undefined) return null;
  return {
    meter: names.participant(row.meter),
    gridOperator: names.participant(row.grid_operator),
    networkOperator: names.participant(row.network_operator),
    pvLimitWh: row.pv_limit,
    esdLimitWh: row.esd_limit,
    gridLimitWh: row.grid_limit,
    version: row.version,
    commissioned: names.event(row.at),
  };
}

// ------------------------------------------------------------------ endpoints

const SORTS: Readonly<Record<string, readonly string[]>> = {
  number: ["p.number"],
  reputation: ["p.reputation", "p.number"],
  earned: ["p.earned", "p.number"],
  spent: ["p.spent", "p.number"],
};

/** Text for LIKE that stands for itself. */
export const likeText = (text: string): string => `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;

function stateCondition(state: string | undefined, now: SqlInput): Condition[] {
  if (state === "revoked") return where("p.revoked = 1");
  if (state === "expired") return where("p.revoked = 0 AND p.valid_until < ?", now);
  return state === "active" ? where("p.revoked = 0 AND p.valid_until >= ?", now) : [];
}

interface StatementSqlRow {
  readonly at: number;
  readonly what: StatementRow["what"];
  readonly amount: string;
  readonly other: number | null;
  readonly slot: number | null;
  readonly contract: number | null;
  readonly transfer: number | null;
  readonly name: string;
}

/** Endpoints about participants. */
export const PARTICIPANT_ENDPOINTS: EndpointTable<
  | "/api/participants"
  | "/api/participants/:number"
  | "/api/participants/:number/reputation"
  | "/api/participants/:number/statement"
> = {
  "/api/participants": listed(
    [
      ...([
        "number",
        "id",
        "role",
        "wallet",
        "certificate",
        "validUntil",
        "state",
        "reputation",
      ] as const),
      ...([
        "contracts.running",
        "contracts.fulfilled",
        "contracts.expired",
        "earned",
        "spent",
      ] as const),
      ...(["enrolled.block", "enrolled.transaction"] as const),
    ],
    (context, values) => {
      const search = values.text("search");
      return {
        select: PARTICIPANT_SELECT,
        countFrom: "FROM participants p",
        keys: SORTS[values.text("sort") ?? "number"] ?? ["p.number"],
        descending: false,
        where: [
          ...where("p.role = ?", values.text("role")),
          ...stateCondition(values.text("state"), context.now),
          ...where("p.id LIKE ? ESCAPE '\\'", search === undefined ? undefined : likeText(search)),
        ],
        item: participantRow(withMarket(context)),
      };
    },
    {
      role: ROLES,
      state: ["active", "revoked", "expired"],
      search: "text",
      sort: ["number", "reputation", "earned", "spent"],
    },
  ),
  "/api/participants/:number": single((context, values) =>
    participantOf(withMarket(context), values.number("number")),
  ),
  "/api/participants/:number/reputation": listed(
    ["reputation", "at.block", "at.timestamp", "at.transaction", "at.logIndex"],
    (context, values) => ({
      select: "SELECT reputation, at FROM reputation",
      countFrom: "FROM reputation",
      keys: ["at"],
      descending: false,
      where: where("participant = ?", values.number("number")),
      item: ({ reputation, at }: { reputation: number; at: number }) => ({
        reputation,
        at: withMarket(context).names.event(at),
      }),
    }),
  ),
  "/api/participants/:number/statement": listed(
    [
      ...([
        "at.block",
        "at.timestamp",
        "at.transaction",
        "at.logIndex",
        "event",
        "what",
        "amount",
      ] as const),
      ...(["other.number", "other.id", "slot", "contract", "transfer"] as const),
    ],
    (context, values) => {
      const { names } = withMarket(context);
      return {
        select: `SELECT s.at, s.what, s.amount, s.other, s.slot, s.contract, s.transfer, e.name FROM statement s
          JOIN events e ON e.at = s.at`,
        countFrom: "FROM statement s",
        keys: ["s.key"],
        descending: true,
        where: where("s.participant = ?", values.number("number")),
        item: (row: StatementSqlRow): StatementRow => ({
          at: names.event(row.at),
          event: row.name,
          what: row.what,
          amount: row.amount,
          other: row.other === null ? null : names.participant(row.other),
          slot: row.slot,
          contract: row.contract,
          transfer: row.transfer,
        }),
      };
    },
  ),
};
