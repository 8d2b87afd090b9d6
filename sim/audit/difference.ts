/** What an audit finds: a place where the chain says something else than the market's rules. */
import { describeError, LedgerQueryError, type Bytes32 } from "../market/ledger.ts";

/** Where and what: thrown by a check that fails, and printed as the audit's result. */
export class Difference extends Error {
  /** What was looked at, as in "slot 12, bid 0 of participant 7". */
  readonly where: string;
  /** What follows from the rules and what happened before. */
  readonly expected: string;
  /** What the chain says. */
  readonly found: string;
  /** Hash of the transaction that it is about, if it is about one. */
  readonly transaction: Bytes32 | undefined;

  constructor(where: string, expected: unknown, found: unknown, transaction?: Bytes32) {
    const [wanted, got] = [show(expected), show(found)];
    super(`${where}: expected ${wanted}, found ${got}`);
    this.name = "Difference";
    this.where = where;
    this.expected = wanted;
    this.found = got;
    this.transaction = transaction;
  }
}

/** @throws Difference unless both are the same, in every field */
export function requireSame(
  where: string,
  expected: unknown,
  found: unknown,
  transaction?: Bytes32,
): void {
  if (isSame(expected, found)) return;
  const field = differingField(expected, found);
  if (field === undefined) throw new Difference(where, expected, found, transaction);
  const at = (value: unknown): unknown => (value as Record<string, unknown>)[field];
  requireSame(`${where}, ${field}`, at(expected), at(found), transaction);
}

/** The first field in which two structs differ; undefined if they are no structs of the same fields. */
function differingField(a: unknown, b: unknown): string | undefined {
  if (!isStruct(a) || !isStruct(b)) return undefined;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length || !keys.every((key) => key in b)) return undefined;
  return keys.find((key) => !isSame(a[key], b[key]));
}

const isStruct = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof LedgerQueryError);

/** Whether two values are the same, in every field. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof LedgerQueryError && b instanceof LedgerQueryError)
    return isSame(a.error, b.error);
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  if (!isStruct(a) || !isStruct(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => key in b && isSame(a[key], b[key]))
  );
}

/** A value for a message. */
export function show(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return value.toString();
  if (value === undefined) return "nothing";
  if (value instanceof LedgerQueryError) return describeError(value.error);
  return JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? v.toString() : v));
}
