/**
 * CSV as of RFC 4180, with line feeds: a header, then rows whose first column names the strategy. The same rows give the same
 * bytes, and what was written is what is read.
 */
import { createReadStream } from "node:fs";

import { parse } from "csv-parse";

import { UserError } from "../errors.ts";
import type { Columns, Kind } from "./columns.ts";

/** How much text is handed on at once; a year of 30 data centres has more rows than a string can hold. */
const CHUNK_CHARACTERS = 1 << 18;

/**
 * What a spreadsheet would take for a formula, in ASCII or full width. Such text gets an apostrophe before it, as text that
 * begins with one does, so that reading can take it away again.
 */
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/u;

const SPECIAL = /[",;\r\n]|^\s|\s$/u;

/** A number's shortest form that reads back as the same number; -0 as 0. */
function number(value: number, column: string): string {
  if (!Number.isFinite(value)) throw new RangeError(`Column ${column} holds ${value}.`);
  return value === 0 ? "0" : String(value);
}

/** A text as a field, safe in a spreadsheet. */
export function text(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One row after another, without building the whole. */
export interface Part<Row> {
  readonly strategy: string;
  readonly rows: readonly Row[];
}

/**
 * The file's text in pieces.
 *
 * @throws RangeError if a number is not finite
 */
export function* csvText<Row>(
  columns: Columns<Row>,
  parts: Iterable<Part<Row>>,
): Generator<string> {
  const fields = Object.entries<Kind>(columns) as [keyof Row & string, Kind][];
  let chunk = `${["strategy", ...fields.map(([name]) => name)].join(",")}\n`;
  for (const { strategy, rows } of parts) {
    const first = text(strategy);
    for (const row of rows) {
      chunk += first;
      for (const [name] of fields) {
        const value = row[name];
        chunk += `,${typeof value === "number" ? number(value, name) : text(String(value))}`;
      }
      chunk += "\n";
      if (chunk.length >= CHUNK_CHARACTERS) {
        yield chunk;
        chunk = "";
      }
    }
  }
  yield chunk;
}

/** A row of a file, and whose it is. */
export interface Read<Row> {
  readonly strategy: string;
  readonly row: Row;
}

/** Text as it was before {@link csvText} made it safe. */
const plain = (value: string): string => (value.startsWith("'") ? value.slice(1) : value);

function valueOf(kind: Kind, field: string): string | number | boolean | undefined {
  if (kind === "text") return plain(field);
  if (kind === "number") {
    const value = field.trim() === "" ? Number.NaN : Number(field);
    return Number.isFinite(value) ? value : undefined;
  }
  if (kind === "flag") return field === "true" ? true : field === "false" ? false : undefined;
  return kind.includes(field) ? field : undefined;
}

/**
 * The rows of a file, one after another.
 *
 * @throws {@link UserError} if the file is missing or is not what {@link csvText} writes
 */
export async function* readCsv<Row>(
  path: string,
  columns: Columns<Row>,
): AsyncGenerator<Read<Row>, void> {
  const kinds = Object.entries<Kind>(columns);
  const header = ["strategy", ...kinds.map(([name]) => name)].join(",");
  const parser = parse({ bom: true });
  // Not `pipe`: it would leave an error of the file unheard.
  const input = createReadStream(path);
  input.on("error", (error) => parser.destroy(error));
  let line = 0;
  try {
    for await (const record of input.pipe(parser) as AsyncIterable<string[]>) {
      line += 1;
      if (line === 1) {
        if (record.join(",") === header) continue;
        throw new UserError(
          `${path} has other columns than this version writes. Run the simulation again.`,
        );
      }
      const row = kinds.map(([name, kind], index) => {
        const field = record[index + 1] ?? "";
        const value = valueOf(kind, field);
        if (value !== undefined) return [name, value] as const;
        throw new UserError(
          `${path}, row ${line}, column ${name}: cannot read "${field}". The file was changed after the run; run the simulation again.`,
        );
      });
      yield { strategy: plain(record[0] ?? ""), row: Object.fromEntries(row) as Row };
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`Cannot read ${path}: ${reason}. Run the simulation again.`, {
      cause: error,
    });
  } finally {
    input.destroy();
  }
}
