/** What an importer finds on its way through a file. */
import type { Dropped } from "./imported.ts";

/** How often something was found, and where first. */
interface Found {
  count: number;
  firstLine: number;
}

function count(found: Map<string, Found>, what: string, line: number): void {
  const entry = found.get(what);
  if (entry === undefined) {
    found.set(what, { count: 1, firstLine: line });
  } else {
    entry.count += 1;
    entry.firstLine = Math.min(entry.firstLine, line);
  }
}

/** What was left out of a file or put right, and what is to be said about it. */
export class Findings {
  private readonly sentences: string[] = [];
  private readonly drops = new Map<string, Found>();
  private readonly mends = new Map<string, Found>();

  /**
   * A row is left out.
   *
   * @param reason in words, the same for all rows of a kind
   * @param line of the row in the file, from 1
   */
  drop(reason: string, line: number): void {
    count(this.drops, reason, line);
  }

  /** A value was put right; `what` follows its number, such as "slightly negative values count as 0". */
  mend(what: string, line: number): void {
    count(this.mends, what, line);
  }

  note(...sentences: readonly string[]): void {
    this.sentences.push(...sentences);
  }

  /** All that was left out, in the order of the first lines. */
  get dropped(): readonly Dropped[] {
    return Array.from(this.drops, ([reason, found]) => ({ reason, ...found })).sort(
      (a, b) => a.firstLine - b.firstLine,
    );
  }

  /** What was noted, then what was put right. */
  get notes(): readonly string[] {
    const mends = Array.from(
      this.mends,
      ([what, found]) => `${found.count} ${what}, the first on line ${found.firstLine}.`,
    );
    return [...this.sentences, ...mends];
  }
}
