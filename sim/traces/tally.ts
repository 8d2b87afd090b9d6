/** Counts what an importer leaves out. */
import type { Dropped } from "./imported.ts";

/** Rows that were left out, by reason. */
export class Tally {
  private readonly reasons = new Map<string, { count: number; firstLine: number }>();

  /**
   * Counts a row.
   *
   * @param reason in words, the same for all rows of a kind
   * @param line of the row in the file, from 1
   */
  drop(reason: string, line: number): void {
    const known = this.reasons.get(reason);
    if (known === undefined) {
      this.reasons.set(reason, { count: 1, firstLine: line });
    } else {
      known.count += 1;
      known.firstLine = Math.min(known.firstLine, line);
    }
  }

  /** All of them, in the order of their first lines. */
  dropped(): Dropped[] {
    return [...this.reasons]
      .map(([reason, found]) => ({ reason, ...found }))
      .sort((a, b) => a.firstLine - b.firstLine);
  }
}
