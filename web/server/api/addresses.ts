/** Addresses: what each is, what it holds and has done. */
import type { AddressDetail, AddressRow } from "../../shared/api.ts";
import { listed, single, type ApiContext, type EndpointTable, type Values } from "./endpoint.ts";
import { ApiFault } from "./fault.ts";
import { where } from "./list.ts";
import { likeText } from "./participants.ts";
import { read } from "./views.ts";

/** Every address that is known by name or by a transaction, with what it is. */
const ADDRESSES = `(
  SELECT k.address, max(k.name) name, min(k.kind) kind, coalesce(a.sent, 0) sent, coalesce(a.received, 0) received,
    a.first_block, a.last_block
  FROM (SELECT b.wallet address, p.id name, 1 kind FROM bindings b JOIN participants p ON p.number = b.participant
    UNION ALL SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)
    UNION ALL SELECT address, NULL, 3 FROM addresses) k
  LEFT JOIN addresses a ON a.address = k.address GROUP BY k.address) x`;

const KINDS = ["contract", "participant", "administrator", "unknown"] as const;

/** Addresses that have a name without being in a table: contracts and administrators. */
function namedAddresses({ market, names }: ApiContext): string {
  const contracts = market?.codec.contracts ?? [];
  const administrators =
    market === undefined ? [] : [market.record.deployer, ...Object.values(market.record.roles)];
  return JSON.stringify([
    ...contracts.map(({ address, name }) => [address, name, 0]),
    ...administrators.map((address) => [
      address.toLowerCase(),
      names.rolesOf(address.toLowerCase()).join(", "),
      2,
    ]),
  ]);
}

interface AddressSqlRow {
  readonly address: string;
  readonly sent: number;
  readonly received: number;
  readonly first_block: number | null;
  readonly last_block: number | null;
}

const addressRow =
  ({ names }: ApiContext) =>
  (row: AddressSqlRow): AddressRow => ({
    ...names.address(row.address),
    sent: row.sent,
    received: row.received,
    firstBlock: row.first_block,
    lastBlock: row.last_block,
  });

async function addressOf(context: ApiContext, values: Values): Promise<AddressDetail> {
  const { db, names, market, node } = context;
  const address = values.part("address").toLowerCase();
  if (!/^0x[0-9a-f]{40}$/.test(address))
    throw new ApiFault("bad-request", `"${address}" is no address: 0x and 40 hexadecimal digits.`);
  const row = db.get<AddressSqlRow>("SELECT * FROM addresses WHERE address = ?", address) ?? {
    ...{ address, sent: 0, received: 0, first_block: null, last_block: null },
  };
  const answers = await node.askIfThere(
    ["eth_getBalance", "eth_getTransactionCount", "eth_getCode"].map((method) => ({
      method,
      params: [address, "latest"],
    })),
  );
  const [balance, nonce, code] = (answers ?? []).map(({ result }) =>
    typeof result === "string" ? result : undefined,
  );
  const tokens =
    market && (await read({ ...context, market }, "SettlementToken", "balanceOf", [address]));
  const created =
    db.get<{ at: number }>("SELECT at FROM transactions WHERE creates = ?", address)?.at ??
    creationOf(context, address);
  const shown = addressRow(context)(row);
  return {
    ...shown,
    balance: balance === undefined ? null : BigInt(balance).toString(),
    nonce: nonce === undefined ? null : Number(nonce),
    tokenBalance: tokens === undefined ? null : String(tokens[0]),
    hasCode: code === undefined ? null : code !== "0x",
    contract: market?.codec.at(address)?.name ?? null,
    created: created === undefined ? null : names.transaction(created),
    participantRef: shown.participant === null ? null : names.participant(shown.participant),
    roles: names.rolesOf(address),
  };
}

/** Transaction that created a contract of the market, which may have been the directory's act. */
export function creationOf({ db, market }: ApiContext, address: string): number | undefined {
  const name = market?.codec.at(address)?.name;
  const hash = name === undefined ? undefined : market?.contracts.get(name)?.transactionHash;
  if (hash == null) return undefined;
  return db.get<{ at: number }>("SELECT at FROM transactions WHERE hash = ?", hash.toLowerCase())
    ?.at;
}

/** Endpoints about addresses. */
export const ADDRESS_ENDPOINTS: EndpointTable<"/api/addresses" | "/api/addresses/:address"> = {
  "/api/addresses": listed(
    ["address", "name", "kind", "participant", "sent", "received", "firstBlock", "lastBlock"],
    (context, values) => {
      const kind = values.text("kind");
      const search = values.text("search");
      const like = search === undefined ? undefined : likeText(search);
      // The named addresses are a value of the table's own, before those of the conditions.
      const named = { sql: "1", values: [namedAddresses(context)] };
      return {
        select: `SELECT x.* FROM ${ADDRESSES}`,
        countFrom: `FROM ${ADDRESSES}`,
        keys: ["x.kind", "-(x.sent + x.received)", "x.address"],
        descending: false,
        where: [
          named,
          ...where(
            "x.kind = ?",
            kind === undefined ? undefined : KINDS.findIndex((name) => name === kind),
          ),
          ...where("x.name LIKE ? ESCAPE '\\' OR x.address LIKE ? ESCAPE '\\'", like, like),
        ],
        item: addressRow(context),
      };
    },
    { kind: KINDS, search: "text" },
  ),
  "/api/addresses/:address": single(addressOf),
};
