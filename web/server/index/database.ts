/** The index's file: an SQLite database of the platform's own. */
import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

import { UserError } from "../../../sim/errors.ts";
import { CHAIN_TABLES, DERIVED_TABLES, KEPT_TABLES, SCHEMA_VERSION } from "./schema.ts";

/** A row as SQLite gives it. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** What a column holds. */
export type SqlValue = string | number | null;

/** What a statement takes. */
export type SqlInput = string | number | bigint | null;

/** Rows of a block or log are keyed by block * 2^24 + index. */
const PLACES = 2 ** 24;

/** Key of the transaction or log `index` of a block. */
export const placeOf = (block: number, index: number): number => block * PLACES + index;

/** Block and index of a key. */
export const partsOfPlace = (at: number): { block: number; index: number } => ({
  block: Math.floor(at / PLACES),
  index: at % PLACES,
});

/**
 * A database with its prepared statements. All its calls are synchronous; a query of a page takes well below a millisecond.
 */
export class Database {
  private readonly db: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();

  private constructor(db: DatabaseSync) {
    this.db = db;
  }

  /**
   * Opens an index, and makes it if it is not there. One of another version, or a file that is no index, is made anew: everything in it
   * can be had from the node again.
   *
   * @throws UserError if the file cannot be written, or another console has it open
   */
  static open(path: string): Database {
    try {
      mkdirSync(dirname(path), { recursive: true });
      return Database.tryOpen(path);
    } catch (error) {
      if (!isDamaged(error)) throw asUserError(path, error);
    }
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
    return Database.tryOpen(path);
  }

  private static tryOpen(path: string): Database {
    const db = new DatabaseSync(path);
    try {
      // One writer; it is this process until it closes the file, so that two consoles do not write the same index.
      db.exec("PRAGMA locking_mode = EXCLUSIVE");
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY");
      db.exec("BEGIN IMMEDIATE");
      const { user_version: version } = db.prepare("PRAGMA user_version").get() as {
        user_version: number;
      };
      if (version !== SCHEMA_VERSION) {
        dropAll(db);
        db.exec(
          `${KEPT_TABLES}${CHAIN_TABLES}${DERIVED_TABLES}PRAGMA user_version = ${SCHEMA_VERSION}`,
        );
      }
      db.exec("COMMIT");
      return new Database(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** First row of a query; undefined if there is none. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the query says what a row is
  get<Row = SqlRow>(sql: string, ...values: SqlInput[]): Row | undefined {
    return this.prepared(sql).get(...(values as SQLInputValue[])) as Row | undefined;
  }

  /** All rows of a query. */
  all<Row = SqlRow>(sql: string, ...values: SqlInput[]): Row[] {
    return this.prepared(sql).all(...(values as SQLInputValue[])) as Row[];
  }

  /** Runs a statement. @returns how many rows it changed */
  run(sql: string, ...values: SqlInput[]): number {
    return Number(this.prepared(sql).run(...(values as SQLInputValue[])).changes);
  }

  /** Does everything or, if `work` throws or the process dies, nothing. */
  transaction(work: () => void): void {
    this.db.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.db.exec("COMMIT");
    } catch (error) {
      this.db.exec("ROLLBACK");
      throw error;
    }
  }

  /**
   * Empties the tables that follow from the chain's, and what the node said of accounts; `all` also the chain's. To be called in
   * a transaction.
   */
  clear(which: "derived" | "all"): void {
    const tables = which === "all" ? CHAIN_TABLES + DERIVED_TABLES : DERIVED_TABLES;
    for (const [, name] of tables.matchAll(/CREATE TABLE (\w+)/g))
      this.db.exec(`DELETE FROM ${name ?? ""}`);
    this.db.exec("INSERT INTO market_state VALUES (0, '0', 0); DELETE FROM accounts");
    if (which === "all") this.db.exec("DELETE FROM meta");
  }

  /** A remembered value. */
  meta(key: string): string | undefined {
    return this.get<{ value: string }>("SELECT value FROM meta WHERE key = ?", key)?.value;
  }

  setMeta(key: string, value: string): void {
    this.run(
      "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      key,
      value,
    );
  }

  close(): void {
    this.db.close();
  }

  private prepared(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

function dropAll(db: DatabaseSync): void {
  const tables = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all() as { name: string }[];
  for (const { name } of tables) db.exec(`DROP TABLE "${name.replaceAll('"', '""')}"`);
}

/** SQLite's result codes of a file that is no database, or a damaged one. */
const DAMAGED = new Set([11, 26]);
/** … and of one that another process has open. */
const BUSY = new Set([5, 6]);

const codeOf = (error: unknown): number => (error as { errcode?: number }).errcode ?? 0;

const isDamaged = (error: unknown): boolean => DAMAGED.has(codeOf(error) & 0xff);

function asUserError(path: string, error: unknown): UserError {
  const { message } = error as Error;
  if (BUSY.has(codeOf(error) & 0xff))
    return new UserError(
      `The console's index ${path} is in use by another console of this network. Look at that one, or stop it.`,
    );
  return new UserError(`The console's index ${path} cannot be opened: ${message}.`, {
    cause: error,
  });
}
