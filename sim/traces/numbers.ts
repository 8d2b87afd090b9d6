/** Numbers in files. */
import { problemIn } from "./textFile.ts";

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const UNKNOWN = /^(nan|na|null|none|-)?$/i;

/** What a number of a file counts, and above what it can only be a mistake. */
export interface Quantity {
  readonly name: string;
  readonly most: number;
  /** What may be wrong, and what to do. */
  readonly hint: string;
}

/** Seconds; 3,000 years, so that Unix time fits and milliseconds do not. */
export const seconds = (name: string): Quantity => ({
  name,
  most: 1e11,
  hint: "Give seconds; are these milliseconds?",
});

/** Anything else. */
export const quantity = (name: string, most: number): Quantity => ({
  name,
  most,
  hint: "Correct the line or remove it.",
});

/** A number with a point, or with a comma if the file has those; undefined if it is none. */
export function toNumber(text: string | undefined, decimalComma = false): number | undefined {
  const plain = decimalComma ? text?.replaceAll(".", "").replace(",", ".") : text;
  return plain !== undefined && DECIMAL.test(plain) ? Number(plain) : undefined;
}

/**
 * A number that has to be one.
 *
 * @returns NaN for an empty field and the usual words for an unknown value
 * @throws UserError for other text and for more than can be meant
 */
export function numberOf(field: string, of: Quantity, file: string, line: number): number {
  if (UNKNOWN.test(field)) return NaN;
  const value = /^[+-]?inf(inity)?$/i.test(field) ? Infinity : toNumber(field);
  if (value === undefined) {
    throw problemIn(
      file,
      line,
      `${of.name} is ${JSON.stringify(field.slice(0, 40))}, not a number. Correct the line or remove it.`,
    );
  }
  if (Math.abs(value) > of.most) {
    throw problemIn(
      file,
      line,
      `${of.name} is ${field.slice(0, 40)}; the most that is read is ${of.most}. ${of.hint}`,
    );
  }
  return value;
}
