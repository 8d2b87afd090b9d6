/** Blocks, transactions, token transfers and events. */
import type {
  Block,
  BlockRow,
  EventRow,
  Failure,
  TokenTransferRow,
  Transaction,
  TransactionRow,
} from "../../shared/api.ts";
import { partsOfPlace } from "../index/database.ts";
import { MENTION } from "../projection/projection.ts";
import { listed, single, type ApiContext, type EndpointTable, type Values } from "./endpoint.ts";
import { argumentColumns } from "./eventColumns.ts";
import { ApiFault, notFound } from "./fault.ts";
import { where, type Condition } from "./list.ts";
import { failureOf, traceOf } from "./trace.ts";

// ------------------------------------------------------------------ blocks

interface BlockSqlRow {
  readonly number: number;
  readonly hash: string;
  readonly parent_hash: string;
  readonly timestamp: number;
  readonly seen: string | null;
  readonly transactions: number;
  readonly failed: number;
  readonly events: number;
  readonly gas_used: number;
  readonly gas_limit: number;
  readonly base_fee: string | null;
  readonly producer: string;
  readonly size: number;
  readonly state_root: string;
}

const blockRow =
  ({ names }: ApiContext) =>
  (row: BlockSqlRow): BlockRow => ({
    number: row.number,
    hash: row.hash,
    timestamp: row.timestamp,
    slot: names.slotAt(row.timestamp),
    seen: row.seen,
    transactions: row.transactions,
    failed: row.failed,
    gasUsed: row.gas_used,
    gasLimit: row.gas_limit,
    baseFeePerGas: row.base_fee,
    producer: names.address(row.producer),
  });

function blockOf(context: ApiContext, name: string): Block {
  const { db } = context;
  const row = /^0x[0-9a-f]{64}$/i.test(name)
    ? db.get<BlockSqlRow>("SELECT * FROM blocks WHERE hash = ?", name.toLowerCase())
    : /^\d{1,15}$/.test(name)
      ? db.get<BlockSqlRow>("SELECT * FROM blocks WHERE number = ?", Number(name))
      : undefined;
  if (row === undefined) throw notFound(`block ${name} in the index`);
  return {
    ...blockRow(context)(row),
    parentHash: row.parent_hash,
    stateRoot: row.state_root,
    size: row.size,
    events: row.events,
    hasNext: db.get("SELECT 1 FROM blocks WHERE number = ?", row.number + 1) !== undefined,
  };
}

// ------------------------------------------------------------------ transactions

interface TransactionSqlRow {
  readonly at: number;
  readonly hash: string;
  readonly sender: string;
  readonly receiver: string | null;
  readonly creates: string | null;
  readonly nonce: number;
  readonly type: number;
  readonly value: string;
  readonly gas_limit: number;
  readonly gas_price: string;
  readonly max_fee: string | null;
  readonly max_priority_fee: string | null;
  readonly input: string;
  readonly succeeded: number;
  readonly gas_used: number;
  readonly cumulative_gas: number;
  readonly fee: string;
  readonly failure_source: Failure["source"] | null;
  readonly failure_data: string | null;
  readonly failure_message: string | null;
  readonly timestamp: number;
  readonly seen: string | null;
  readonly method: string | null;
  readonly error: string | null;
}

const TRANSACTION_FROM = `FROM transactions t JOIN blocks b ON b.number = t.at >> 24 LEFT JOIN calls c ON c.tx = t.at`;
/** Of a list, which does not show calldata. */
const ROW_COLUMNS = `SELECT t.at, t.hash, t.sender, t.receiver, t.creates, t.value, t.succeeded, t.gas_used, t.fee,
  b.timestamp, b.seen, c.method, c.error`;

const transactionRow =
  ({ names }: ApiContext) =>
  (row: TransactionSqlRow): TransactionRow => {
    const { block, index } = partsOfPlace(row.at);
    return {
      hash: row.hash,
      block,
      index,
      timestamp: row.timestamp,
      slot: names.slotAt(row.timestamp),
      seen: row.seen,
      from: names.address(row.sender),
      to: row.receiver === null ? null : names.address(row.receiver),
      creates: row.creates === null ? null : names.address(row.creates),
      method: row.method,
      value: row.value,
      succeeded: row.succeeded === 1,
      error: row.error,
      gasUsed: row.gas_used,
      fee: row.fee,
    };
  };

const HASH = /^0x[0-9a-f]{64}$/i;

function findTransaction({ db }: ApiContext, values: Values): TransactionSqlRow {
  const hash = values.part("hash");
  if (!HASH.test(hash))
    throw new ApiFault(
      "bad-request",
      `"${hash}" is no transaction hash: 0x and 64 hexadecimal digits.`,
    );
  const row = db.get<TransactionSqlRow>(
    `SELECT t.*, b.timestamp, b.seen, c.method, c.error ${TRANSACTION_FROM} WHERE t.hash = ?`,
    hash.toLowerCase(),
  );
  if (row === undefined) throw notFound(`transaction ${hash} in the index`);
  return row;
}

function transactionOf(context: ApiContext, values: Values): Transaction {
  const { db, market, shower } = context;
  const row = findTransaction(context, values);
  const call = market?.codec.call(row.receiver, row.input);
  return {
    ...transactionRow(context)(row),
    nonce: row.nonce,
    type: row.type,
    gasLimit: row.gas_limit,
    gasPrice: row.gas_price,
    maxFeePerGas: row.max_fee,
    maxPriorityFeePerGas: row.max_priority_fee,
    input: row.input,
    cumulativeGasUsed: row.cumulative_gas,
    call: call === undefined ? null : shower.decoded(call),
    failure:
      row.succeeded === 1
        ? null
        : failureOf(
            context,
            row.failure_source ?? "unknown",
            row.failure_data,
            row.failure_message,
          ),
    events: db
      .all<LogSqlRow>(`${LOG_SELECT} WHERE l.tx = ? ORDER BY l.at`, row.at)
      .map(eventRow(context)),
    tokenTransfers: db
      .all<TokenSqlRow>(
        "SELECT x.* FROM logs l JOIN token_transfers x ON x.at = l.at WHERE l.tx = ? ORDER BY l.at",
        row.at,
      )
      .map(tokenTransferRow(context)),
  };
}

function transactionConditions(values: Values): Condition[] {
  const block = values.integer("block");
  const address = values.text("address");
  return [
    ...(block === undefined
      ? []
      : where("t.at >= ? AND t.at < ?", block * 2 ** 24, (block + 1) * 2 ** 24)),
    ...where("t.sender = ? OR t.receiver = ? OR t.creates = ?", address, address, address),
    ...where("t.sender = ?", values.text("from")),
    ...where("t.receiver = ?", values.text("to")),
    ...where(
      "t.sender IN (SELECT wallet FROM bindings WHERE participant = ?)",
      values.integer("participant"),
    ),
    ...where("c.method = ?", values.text("method")),
    ...where("c.error = ?", values.text("error")),
    ...where("t.succeeded = ?", values.flag("succeeded")),
  ];
}

// ------------------------------------------------------------------ events

interface LogSqlRow {
  readonly at: number;
  readonly address: string;
  readonly topics: string;
  readonly data: string;
}

const LOG_SELECT = "SELECT l.at, l.address, l.topics, l.data FROM logs l";

const eventRow =
  ({ names, market, shower }: ApiContext) =>
  (row: LogSqlRow): EventRow => {
    const topics = row.topics === "" ? [] : row.topics.split(",");
    const event = market?.codec.event(row.address, topics, row.data);
    const at = names.event(row.at);
    return {
      at,
      slot: names.slotAt(at.timestamp),
      address: names.address(row.address),
      event: event === undefined ? null : shower.decoded(event),
      topics,
      data: row.data,
    };
  };

/** Whether events are asked for by what is known of them, and not only by where they are. */
const isNamed = (values: Values): boolean =>
  (values.text("contract") ?? values.text("name")) !== undefined;

function eventConditions({ db }: ApiContext, values: Values): Condition[] {
  const block = values.integer("block");
  const transaction = values.text("transaction");
  const tx =
    transaction === undefined
      ? undefined
      : (db.get<{ at: number }>("SELECT at FROM transactions WHERE hash = ?", transaction)?.at ??
        -1);
  const mentions = (Object.keys(MENTION) as (keyof typeof MENTION)[]).flatMap((kind) =>
    where(
      "l.at IN (SELECT at FROM mentions WHERE kind = ? AND id = ?)",
      MENTION[kind],
      values.integer(kind),
    ),
  );
  return [
    ...(block === undefined
      ? []
      : where("l.at >= ? AND l.at < ?", block * 2 ** 24, (block + 1) * 2 ** 24)),
    ...where("l.tx = ?", tx),
    ...where("l.address = ?", values.text("address")),
    ...where("e.contract = ?", values.text("contract")),
    ...where("e.name = ?", values.text("name")),
    ...mentions,
  ];
}

// ------------------------------------------------------------------ tokens

interface TokenSqlRow {
  readonly at: number;
  readonly sender: string;
  readonly receiver: string;
  readonly amount: string;
}

const tokenTransferRow =
  ({ names }: ApiContext) =>
  (row: TokenSqlRow): TokenTransferRow => ({
    at: names.event(row.at),
    from: names.address(row.sender),
    to: names.address(row.receiver),
    amount: row.amount,
  });

// ------------------------------------------------------------------ endpoints

/** Endpoints of the explorer, but for addresses, contracts and search. */
export const EXPLORER_ENDPOINTS: EndpointTable<
  | "/api/blocks"
  | "/api/blocks/:block"
  | "/api/transactions"
  | "/api/transactions/:hash"
  | "/api/transactions/:hash/trace"
  | "/api/token-transfers"
  | "/api/events"
> = {
  "/api/blocks": listed(
    [
      ...([
        "number",
        "hash",
        "timestamp",
        "slot",
        "seen",
        "transactions",
        "failed",
        "gasUsed",
        "gasLimit",
      ] as const),
      ...(["baseFeePerGas", "producer.address"] as const),
    ],
    (context) => ({
      select: "SELECT * FROM blocks",
      countFrom: "FROM blocks",
      keys: ["number"],
      descending: true,
      where: [],
      item: blockRow(context),
    }),
  ),
  "/api/blocks/:block": single((context, values) => blockOf(context, values.part("block"))),
  "/api/transactions": listed(
    [
      ...([
        "hash",
        "block",
        "index",
        "timestamp",
        "slot",
        "seen",
        "from.address",
        "from.name",
      ] as const),
      ...([
        "to.address",
        "to.name",
        "creates.address",
        "method",
        "value",
        "succeeded",
        "error",
      ] as const),
      ...(["gasUsed", "fee"] as const),
    ],
    (context, values) => {
      // Found by what is known of their calls, they come in that index' order.
      const byCall = (values.text("method") ?? values.text("error")) !== undefined;
      const from = byCall
        ? "FROM calls c CROSS JOIN transactions t ON t.at = c.tx"
        : "FROM transactions t LEFT JOIN calls c ON c.tx = t.at";
      return {
        select: `${ROW_COLUMNS} ${from} JOIN blocks b ON b.number = t.at >> 24`,
        countFrom: byCall ? from : "FROM transactions t",
        keys: [byCall ? "c.tx" : "t.at"],
        descending: true,
        where: transactionConditions(values),
        item: transactionRow(context),
      };
    },
    {
      ...{
        block: "integer",
        address: "address",
        from: "address",
        to: "address",
        participant: "integer",
      },
      ...{ method: "text", error: "text", succeeded: "flag" },
    },
  ),
  "/api/transactions/:hash": single(transactionOf),
  "/api/transactions/:hash/trace": single((context, values) =>
    traceOf(context, findTransaction(context, values).hash),
  ),
  "/api/token-transfers": listed(
    [
      ...([
        "at.block",
        "at.timestamp",
        "at.transaction",
        "at.logIndex",
        "from.address",
        "from.name",
      ] as const),
      ...(["to.address", "to.name", "amount"] as const),
    ],
    (context, values) => {
      const address = values.text("address");
      const block = values.integer("block");
      return {
        select: "SELECT * FROM token_transfers",
        countFrom: "FROM token_transfers",
        keys: ["at"],
        descending: true,
        where: [
          ...where("sender = ? OR receiver = ?", address, address),
          ...(block === undefined
            ? []
            : where("at >= ? AND at < ?", block * 2 ** 24, (block + 1) * 2 ** 24)),
        ],
        item: tokenTransferRow(context),
      };
    },
    { address: "address", block: "integer" },
  ),
  "/api/events": listed(
    [
      ...([
        "at.block",
        "at.timestamp",
        "at.transaction",
        "at.logIndex",
        "slot",
        "address.address",
      ] as const),
      ...(["address.name", "event.contract", "event.name", "event.signature", "data"] as const),
    ],
    (context, values) => ({
      select: `${LOG_SELECT} LEFT JOIN events e ON e.at = l.at`,
      countFrom: isNamed(values) ? "FROM logs l JOIN events e ON e.at = l.at" : "FROM logs l",
      keys: ["l.at"],
      descending: true,
      where: eventConditions(context, values),
      item: eventRow(context),
    }),
    {
      ...{
        contract: "text",
        address: "address",
        name: "text",
        block: "integer",
        transaction: "hash",
      },
      ...{ participant: "integer", supply: "integer", transfer: "integer", slot: "integer" },
    },
    ({ market }, values) =>
      argumentColumns(market?.codec, values.text("contract"), values.text("name")),
  ),
};
