/** Tables with a header, with the lines of their rows. */
import { CsvError, parse } from "csv-parse/sync";

import { UserError } from "../errors.ts";
import type { TextFile } from "./textFile.ts";

/** A row of a table. */
export interface CsvRow {
  /** Line that the row ends in, from 1. */
  readonly line: number;
  /** As many as the table has columns, without space around them. */
  readonly fields: readonly string[];
}

/** A table. */
export interface CsvTable {
  /** Names of the columns, in lower case. */
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

interface Parsed {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

function parsed({ name, text }: TextFile): Parsed[] {
  try {
    // Typed for records without `info`.
    return parse(text, {
      delimiter: [",", ";", "\t"],
      info: true,
      relax_column_count: true, // our own message says more
      skip_empty_lines: true,
      trim: true,
    }) as unknown as Parsed[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UserError(`${name}: ${error.message}. Put quotes in pairs.`, { cause: error });
  }
}

/**
 * Reads comma-separated values; semicolons and tabs separate, too. Empty lines are passed over.
 *
 * @throws UserError for quotes that are not closed, rows of another length than the header, columns of the same name, and
 * a table without rows
 */
export function readCsv(file: TextFile): CsvTable {
  const [header, ...rows] = parsed(file).map(({ record, info }) => ({
    line: info.lines,
    fields: record,
  }));
  const columns = (header?.fields ?? []).map((column) => column.toLowerCase());
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) {
    throw new UserError(`${file.name}, line 1: there are two columns ${JSON.stringify(twice)}.`);
  }
  if (rows.length === 0) throw new UserError(`${file.name}: there is a header, but no rows.`);
  const odd = rows.find(({ fields }) => fields.length !== columns.length);
  if (odd !== undefined) {
    throw new UserError(
      `${file.name}, line ${odd.line}: ${odd.fields.length} fields, but the header has ${columns.length}. Write numbers without thousands separators and with a decimal point.`,
    );
  }
  return { columns, rows };
}
