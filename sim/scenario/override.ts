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
