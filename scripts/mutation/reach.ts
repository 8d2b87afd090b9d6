/** Which tests reach which statements of the contracts, found with the coverage instrumentation of Hardhat's chain. */
import {
  addStatementCoverageInstrumentation,
  latestSupportedSolidityVersion,
} from "@nomicfoundation/edr";
import { getCoverageLibrary } from "@nomicfoundation/edr/coverage";

import type { Sources } from "./compiler.ts";
import type { Mutant } from "./mutants.ts";

/** Environment variable that has a worker find out what tests reach. */
export const REACH = "HELIOMARKET_MUTATION_REACH";

interface Statement {
  readonly tag: string;
  /** In the file, UTF-16 code units; the end is the first behind it. */
  readonly start: number;
  readonly end: number;
}

/** Tests by their files, each by its title. */
export type Tests = ReadonlyMap<string, readonly string[]>;

/** What was found, to be kept in a file. */
export interface Found {
  /** Files and titles. */
  readonly tests: readonly (readonly [file: string, title: string])[];
  /** Places in `tests` of those that reach a statement, by its tag. */
  readonly statements: Readonly<Record<string, readonly number[]>>;
}

/** What was found. */
export class Reach {
  /** The sources, which tell when a statement is run. */
  readonly instrumented: Sources;
  private readonly statements = new Map<string, readonly Statement[]>();
  private tests: (readonly [file: string, title: string])[] = [];
  private reaching: Record<string, number[]> = {};

  constructor(sources: Sources) {
    const { filename, content } = getCoverageLibrary();
    const instrumented: Record<string, string> = { [filename]: content };
    const version = latestSupportedSolidityVersion();
    for (const [file, text] of Object.entries(sources)) {
      const { source, metadata } = addStatementCoverageInstrumentation(text, file, version);
      instrumented[file] = source;
      this.statements.set(
        file,
        metadata.map(({ tag, startUtf16, endUtf16 }) => ({
          tag: Buffer.from(tag).toString("hex"),
          start: startUtf16,
          end: endUtf16,
        })),
      );
    }
    this.instrumented = instrumented;
  }

  /** Notes what the tests of a file reached: tags of statements, by the tests' titles. */
  note(file: string, reached: Readonly<Record<string, readonly string[]>>): void {
    for (const [title, tags] of Object.entries(reached)) {
      const place = this.tests.push([file, title]) - 1;
      for (const tag of new Set(tags)) (this.reaching[tag] ??= []).push(place);
    }
  }

  /** What was noted so far. */
  get found(): Found {
    return { tests: this.tests, statements: this.reaching };
  }

  /** Takes over what was found earlier, for the same sources. */
  load({ tests, statements }: Found): void {
    this.tests = [...tests];
    this.reaching = Object.fromEntries(
      Object.entries(statements).map(([tag, places]) => [tag, [...places]]),
    );
  }

  /**
   * The tests that reach a mutant: those of the innermost statement around it, or of any statement of its file if it is in
   * none, as constants and modifiers are, or all if its file has no statement.
   *
   * @param source the file without the fault
   */
  testsOf({ file, start }: Mutant, source: string): Tests {
    const at = Buffer.from(source).subarray(0, start).toString().length;
    const own = this.statements.get(file) ?? [];
    const around = own.filter((statement) => statement.start <= at && at < statement.end);
    const [innermost] = around.sort((a, b) => a.end - a.start - (b.end - b.start));
    const tags = (innermost === undefined ? own : [innermost]).map(({ tag }) => tag);
    const places = new Set(
      own.length === 0 ? this.tests.keys() : tags.flatMap((tag) => this.reaching[tag] ?? []),
    );
    const found = new Map<string, string[]>();
    for (const place of places) {
      const [path = "", title = ""] = this.tests[place] ?? [];
      found.set(path, [...(found.get(path) ?? []), title]);
    }
    return found;
  }
}
