/** Lists in pages: the query, the cursor, and CSV. */
import type { Page } from "../../shared/api.ts";
import type { Database, SqlInput, SqlValue } from "../index/database.ts";
import { ApiFault } from "./fault.ts";

/** Names of the fields of an item, those of objects in it with a point between: `buyer.id`. */
export type Path<T> = {
  [Key in keyof T & string]: NonNullable<T[Key]> extends readonly unknown[]
    ? never
    : NonNullable<T[Key]> extends object
      ? `${Key}.${Path<NonNullable<T[Key]>>}`
      : Key;
}[keyof T & string];

/** Columns of a CSV file that are no fields of the item. */
export interface Computed<Item> {
  readonly names: readonly string[];
  /** Their values, in the order of the names; what is absent is an empty field. */
  values(item: Item): readonly (string | null | undefined)[];
}

/** A condition on the rows of a list. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlInput[];
}

/** A list as the database has it. */
export interface List<Row, Item> {
  /** What is read, and from where: `SELECT … FROM …`. */
  readonly select: string;
  /** `FROM …` of the count, if it can do with less. */
  readonly countFrom: string;
  /** What the list is ordered and paged by: expressions that together are unique, none null. */
  readonly keys: readonly string[];
  readonly descending: boolean;
  readonly where: readonly Condition[];
  readonly item: (row: Row) => Item;
  /** Columns of the CSV file. */
  readonly columns: readonly Path<Item>[];
}

/** Which page is asked for. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | undefined;
  /** Undefined: the list's own order. */
  readonly order: "asc" | "desc" | undefined;
}

/** A condition, unless the value is absent. */
export function where(sql: string, ...values: (SqlInput | boolean | undefined)[]): Condition[] {
  if (values.includes(undefined)) return [];
  return [
    {
      sql,
      values: values.map((value) => (typeof value === "boolean" ? Number(value) : (value ?? null))),
    },
  ];
}

/** Reads a page. @throws ApiFault if the cursor is none of this list's */
export function readPage<Row, Item>(
  db: Database,
  list: List<Row, Item>,
  request: PageRequest,
): Page<Item> {
  const { keys, select, countFrom, item } = list;
  const descending = request.order === undefined ? list.descending : request.order === "desc";
  const conditions = [...list.where];
  const counted = conditionSql(conditions);
  const count = db.get<{ total: number }>(
    `SELECT count(*) total ${countFrom} ${counted.sql}`,
    ...counted.values,
  );
  const after =
    request.cursor === undefined ? undefined : decodeCursor(request.cursor, keys.length);
  if (after !== undefined)
    conditions.push({
      sql: `(${keys.join(", ")}) ${descending ? "<" : ">"} (${keys.map(() => "?").join(", ")})`,
      values: after,
    });
  const { sql, values } = conditionSql(conditions);
  const direction = descending ? "DESC" : "ASC";
  const withKeys = select.replace(
    /^SELECT /,
    `SELECT ${keys.map((key, i) => `${key} key_${i}`).join(", ")}, `,
  );
  const rows = db.all<Row & Record<`key_${number}`, string | number>>(
    `${withKeys} ${sql} ORDER BY ${keys.map((key) => `${key} ${direction}`).join(", ")} LIMIT ?`,
    ...[...values, request.limit + 1],
  );
  const shown = rows.slice(0, request.limit);
  const last = shown.at(-1);
  const more = rows.length > shown.length && last !== undefined;
  return {
    items: shown.map(item),
    next: more ? encodeCursor(keys.map((_, i) => last[`key_${i}`] ?? 0)) : null,
    total: count?.total ?? 0,
  };
}

function conditionSql(conditions: readonly Condition[]): { sql: string; values: SqlInput[] } {
  if (conditions.length === 0) return { sql: "", values: [] };
  return {
    sql: `WHERE ${conditions.map(({ sql }) => `(${sql})`).join(" AND ")}`,
    values: conditions.flatMap(({ values }) => values),
  };
}

const encodeCursor = (keys: readonly SqlValue[]): string =>
  Buffer.from(JSON.stringify(keys)).toString("base64url");

function decodeCursor(cursor: string, length: number): SqlInput[] {
  try {
    const keys = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown;
    if (
      Array.isArray(keys) &&
      keys.length === length &&
      keys.every((key) => typeof key === "string" || typeof key === "number")
    )
      return keys;
  } catch {
    // Told below.
  }
  throw new ApiFault(
    "bad-request",
    "The cursor is not one of this list's; begin with its first page.",
  );
}

/** A page of a list that is at hand as a whole. */
export function pageOf<Item>(items: readonly Item[], request: PageRequest): Page<Item> {
  const ordered = request.order === "desc" ? items.toReversed() : items;
  const [from] = request.cursor === undefined ? [0] : decodeCursor(request.cursor, 1);
  const start = Number(from);
  const end = start + request.limit;
  return {
    items: ordered.slice(start, end),
    next: end < ordered.length ? encodeCursor([end]) : null,
    total: ordered.length,
  };
}
