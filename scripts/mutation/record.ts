/** What became of mutants, in a file that can be checked in: a line each, sorted, without times. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import type { Mutant } from "./mutants.ts";

const RECORD = "snapshots/mutation.jsonl";

export type Status = "killed" | "timeout" | "survived" | "equivalent" | "invalid";

/** What became of a mutant. */
export interface Result extends Mutant {
  readonly status: Status;
  /** Hash of the file without the fault. */
  readonly source: string;
  /** Title of the first test that failed. */
  readonly killer?: string;
  readonly seconds?: number;
}

/** Sorts results by their places in the sources. */
export const sorted = (results: Iterable<Result>): Result[] =>
  [...results].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      a.start - b.start ||
      a.length - b.length ||
      (a.replacement < b.replacement ? -1 : 1),
  );

/** Writes the record. */
export function writeRecord(results: Iterable<Result>): void {
  const lines = sorted(results).map(
    ({ file, line, operator, original, replacement, status, killer, source, start }) =>
      JSON.stringify({
        file,
        line,
        operator,
        original,
        replacement,
        status,
        killer,
        source,
        start,
      }),
  );
  writeFileSync(RECORD, `${lines.join("\n")}\n`);
}

/** Reads the record, if there is one. */
export function readRecord(): Result[] {
  if (!existsSync(RECORD)) return [];
  return readFileSync(RECORD, "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const result = JSON.parse(line) as Omit<Result, "length">;
      return { ...result, length: Buffer.byteLength(result.original) };
    });
}
