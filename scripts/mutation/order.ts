/** Which tests to try first on a mutant. */
import type { Mutant } from "./mutants.ts";
import type { Tests } from "./reach.ts";

/** How long tests take without a fault, ms, by file and title. */
export type Times = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Tests of a file that are run together. */
export interface Batch {
  readonly file: string;
  readonly titles: readonly string[];
  /** Whether it is a single test that takes long. */
  readonly isSlow: boolean;
}

/** A test that takes longer is run alone, after all the others, ms. */
const SLOW = 1500;
/** What a file's fixtures take, which are set up anew for each mutant, ms. */
const START = 500;
/** What a single test takes at least, ms. */
const LEAST = 20;
/** Lines away from a killed mutant at which its killer is half as promising. */
const NEAR = 5;

/** Chooses by the kills so far: who noticed a fault is likely to notice another one nearby. */
export class Order {
  readonly #times: Times;
  readonly #kills = new Map<string, { file: string; line: number }[]>();

  constructor(times: Times) {
    this.#times = times;
  }

  /** Notes that a test killed a mutant. */
  note({ file, line }: Mutant, title: string): void {
    this.#kills.set(title, [...(this.#kills.get(title) ?? []), { file, line }]);
  }

  /** How long tests take without a fault, ms. */
  timeOf(file: string, titles: readonly string[]): number {
    return titles.reduce((sum, title) => sum + (this.#times[file]?.[title] ?? 0), 0);
  }

  /**
   * The tests of a mutant in the order in which to run them: by the kills that can be expected for the time.
   *
   * @param reaching those that reach it
   * @param isOwn whether a file's tests are of the contracts with the fault
   */
  batches(mutant: Mutant, reaching: Tests, isOwn: (file: string) => boolean): Batch[] {
    const ranked = [...reaching].flatMap(([file, titles]) => {
      const share = isOwn(file) ? 0.1 : 0.01;
      const tests = titles
        .map((title) => {
          const time = this.timeOf(file, [title]);
          const hope = share + this.#killsNear(mutant, title);
          return { title, hope, isSlow: time > SLOW, value: hope / (time + LEAST) };
        })
        .sort((a, b) => b.value - a.value);
      const quick = tests.filter(({ isSlow }) => !isSlow);
      const alone = tests.filter(({ isSlow }) => isSlow).map((test) => [test]);
      return [quick, ...alone]
        .filter((batch) => batch.length !== 0)
        .map((batch) => {
          const found = batch.map(({ title }) => title);
          const hope = batch.reduce((sum, test) => sum + test.hope, 0);
          const value = hope / (this.timeOf(file, found) + START);
          return { file, titles: found, isSlow: batch[0]?.isSlow === true, value };
        });
    });
    return ranked.sort((a, b) => Number(a.isSlow) - Number(b.isSlow) || b.value - a.value);
  }

  #killsNear({ file, line }: Mutant, title: string): number {
    const near = (this.#kills.get(title) ?? []).filter((kill) => kill.file === file);
    return near.reduce((sum, kill) => sum + NEAR / (NEAR + Math.abs(kill.line - line)), 0);
  }
}
