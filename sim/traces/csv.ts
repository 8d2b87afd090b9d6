/** CSV, with the lines of its rows. */
import { CsvError, parse } from "csv-parse/sync";

import { problemIn, type TextFile } from "./textFile.ts";

/** A row of a file. */
export interface CsvRow {
  /** Line of the file that the row ends in, from 1. */
  readonly line: number;
  /** Without space around them. */
  readonly fields: readonly string[];
}

/** A table. */
export interface CsvTable {
  /** Line of the header. */
  readonly line: number;
  /** Names of the columns, in lower case. */
  readonly columns: readonly string[];
  /** Each with as many fields as there are columns. */
  readonly rows: readonly CsvRow[];
}

/** The first line that is neither empty nor a comment; empty if there is none. */
export const firstLineOf = (text: string): string => /^(?!\s*#).*\S.*$/m.exec(text)?.[0] ?? "";

/** The separator that a header uses; semicolons win, since a decimal comma may follow. */
export const separatorOf = (header: string): string =>
  [";", "\t"].find((separator) => header.includes(separator)) ?? ",";

/**
 * Rows of CSV text, whatever their lengths, without empty lines and lines that begin with "#".
 *
 * @param firstLine line of the file with which the text begins
 * @throws UserError if a quote is not closed
 */
export function csvRows({ name, text }: TextFile, separator: string, firstLine = 1): CsvRow[] {
  try {
    const records = parse(text, {
      delimiter: separator,
      info: true,
      comment: "#",
      comment_no_infix: true,
      relax_column_count: true, // readers' own messages say more
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { info: { lines: number }; record: string[] }[]; // typed for records without `info`
    return records.map(({ info, record }) => ({
      line: info.lines + firstLine - 1,
      fields: record,
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const lines = Number((error as unknown as Record<string, unknown>)["lines"]);
    const line = Number.isFinite(lines) ? lines + firstLine - 1 : undefined;
    throw problemIn(name, line, `this is not CSV: ${error.message}. Close quotes that are open.`);
  }
}

/**
 * Reads values that are separated by commas, semicolons or tabs, under a header.
 *
 * @throws UserError for quotes that are not closed, rows of another length than the header, columns of the same name, and
 * a table without rows
 */
export function readCsv(file: TextFile): CsvTable {
  const [header, ...rows] = csvRows(file, separatorOf(firstLineOf(file.text)));
  const columns = (header?.fields ?? []).map((column) => column.toLowerCase());
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) {
    throw problemIn(file.name, header?.line, `there are two columns ${JSON.stringify(twice)}.`);
  }
  if (rows.length === 0) {
    throw problemIn(file.name, undefined, "there is a header, but no rows.");
  }
  const odd = rows.find(({ fields }) => fields.length !== columns.length);
  if (odd !== undefined) {
    throw problemIn(
      file.name,
      odd.line,
      `${odd.fields.length} fields, but the header has ${columns.length}. Write numbers without thousands separators and with a decimal point.`,
    );
  }
  return { line: header?.line ?? 1, columns, rows };
}
