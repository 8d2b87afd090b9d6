/** CSV as rows of text with their lines. */
import { parse, CsvError } from "csv-parse/sync";

import { problem } from "./text.ts";

/** A row of a CSV file. */
export interface Row {
  /** Line of the file on which the row ends, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** The separator that a header uses; semicolons win, since a decimal comma may follow. */
export function separatorOf(header: string): string {
  return [";", "\t"].find((separator) => header.includes(separator)) ?? ",";
}

/**
 * Rows of CSV text, without empty lines and lines that begin with "#".
 *
 * @param firstLine line of the file with which the text begins
 * @throws UserError if a quote is not closed
 */
export function rowsOf(file: string, text: string, separator: string, firstLine = 1): Row[] {
  try {
    const records = parse(text, {
      delimiter: separator,
      info: true,
      comment: "#",
      comment_no_infix: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { info: { lines: number }; record: string[] }[];
    return records.map(({ info, record }) => ({
      line: info.lines + firstLine - 1,
      fields: record,
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const lines = Number((error as unknown as Record<string, unknown>)["lines"]);
    const line = Number.isFinite(lines) ? lines + firstLine - 1 : undefined;
    throw problem(file, line, `this is not CSV: ${error.message}. Close quotes that are open.`);
  }
}

/** A column's name in small letters, words joined by "_": "Power (kW)" is power_kw. */
export const nameOf = (header: string): string =>
  header
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
