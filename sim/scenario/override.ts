/** Fields of a scenario that the command line sets: `--set battery.capacityWh=500`. */
import { parseDocument } from "yaml";

import type { Path } from "./problem.ts";

/** One `--set`. */
export interface Override {
  /** As it was written. */
  readonly text: string;
  readonly path: Path;
  readonly value: unknown;
}

/** What an override's text says, or what is wrong with it. */
export function parseOverride(text: string): Override | { readonly message: string } {
  const at = text.indexOf("=");
  const path = at === -1 ? [] : text.slice(0, at).trim().split(".");
  if (path.length === 0 || path.some((name) => name === "" || name === "__proto__")) {
    return { message: "must be a field and its value; write it like battery.capacityWh=500" };
  }
  // The same notation as in the file: numbers, true, text, [1, 2].
  const document = parseDocument(text.slice(at + 1));
  const [error] = document.errors;
  if (error !== undefined) {
    const [what] = error.message.split("\n");
    return { message: `the value is not YAML: ${what ?? error.message}` };
  }
  return { text, path, value: document.toJS() as unknown };
}

/**
 * Cuts a text at separators, but not in brackets or quotes; pieces that are empty are left out, blanks around them too.
 *
 * @param separator one character that separates
 */
export function splitOutside(text: string, separator: RegExp): string[] {
  const pieces: string[] = [];
  let piece = "";
  let depth = 0;
  let quote = "";
  for (const character of text) {
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (/["']/.test(character) && /(^|[\s=,:[{])$/.test(piece)) {
      // Only at the beginning of a value; elsewhere it is an apostrophe.
      quote = character;
    } else if (/[[{]/.test(character)) {
      depth += 1;
    } else if (/[\]}]/.test(character)) {
      depth -= 1;
    }
    if (quote === "" && depth <= 0 && separator.test(character)) {
      pieces.push(piece);
      piece = "";
    } else {
      piece += character;
    }
  }
  return [...pieces, piece].map((each) => each.trim()).filter((each) => each !== "");
}

/**
 * The overrides in the text of one `--set`, separated by blanks. Hardhat takes an option once only, so that several fields
 * have to be in one: `--set "battery.capacityWh=500 market.k=5"`.
 */
export function splitOverrides(text: string | undefined): string[] {
  return splitOutside(text ?? "", /\s/);
}

/** A value that fields can be put into. */
function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/**
 * Puts an override's value into the fields of a scenario, defaults already in.
 * Where it leads through something that is no mapping, nothing is done: that is an error of its own.
 */
export function applyOverride(fields: unknown, { path, value }: Override): void {
  let at = fields;
  for (const name of path.slice(0, -1)) {
    if (!isContainer(at)) return;
    if (!Object.hasOwn(at, name)) at[name] = {};
    at = at[name];
  }
  const last = path.at(-1);
  if (last !== undefined && isContainer(at)) at[last] = value;
}
