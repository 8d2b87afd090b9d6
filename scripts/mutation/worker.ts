/**
 * Runs test files against contracts with other bytecode, many times in one process. Started by
 * `scripts/mutate.ts` with `hardhat run`; talks to it in `Request`s and `Reply`s.
 */
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";

import hre from "hardhat";
import Mocha from "mocha";

import { REACH } from "./reach.ts";

/** Run this file against these bytecodes; stop at the first failure unless `all`. */
export interface Request {
  readonly bytecodes: Readonly<Record<string, string>>;
  readonly file: string;
  readonly all?: boolean;
  /** Titles of the tests to run, the first ones first as far as their suites allow; default: all. */
  readonly only?: readonly string[];
  /** Titles of tests to leave out. */
  readonly without?: readonly string[];
}

/** What came of a request. */
export interface Reply {
  /** Titles of the tests that failed. */
  readonly failed: readonly string[];
  /** Whether one of them took too long: it may still go on, so that the process is of no use any more. */
  readonly stuck: boolean;
  readonly milliseconds: number;
  /** How long each test took, ms, by title. */
  readonly durations: Readonly<Record<string, number>>;
  /** Tags of the statements that each test reached, by title; only where it was asked to find out, with instrumented bytecodes. */
  readonly reached: Readonly<Record<string, readonly string[]>>;
}

const TEST_TIMEOUT = 90_000;

/** What a failed test left running must not be taken for the failure of a later one. */
const LEFTOVERS = 100;

let bytecodes: Readonly<Record<string, string>> = {};
const artifacts = hre.artifacts;
const readArtifact = artifacts.readArtifact.bind(artifacts);
const replaced = async (name: string): Promise<unknown> => {
  const artifact = await readArtifact(name);
  const bytecode = bytecodes[`${artifact.sourceName}:${artifact.contractName}`];
  return bytecode === undefined ? artifact : { ...artifact, bytecode };
};
artifacts.readArtifact = replaced as typeof artifacts.readArtifact;

// Bytecode that is not optimized exceeds the limit.
Object.assign(hre.config.networks["default"] ?? {}, { allowUnlimitedContractSize: true });

/** Where what is reached now is noted. */
let reaching = new Set<string>();
if (process.env[REACH] !== undefined) {
  hre.hooks.registerHandlers("network", {
    onCoverageData: (_context, tags) => {
      for (const tag of tags) reaching.add(tag);
      return Promise.resolve();
    },
  });
}

const { networkHelpers } = await import("../../test/support/market.ts");

/** What fixtures reached: it counts for each test that uses one, and is run for the first only. */
const ofFixtures = new Map<unknown, Set<string>>();
const loadFixture = networkHelpers.loadFixture.bind(networkHelpers);
networkHelpers.loadFixture = async (fixture) => {
  const outer = reaching;
  const known = ofFixtures.get(fixture);
  const own = known ?? new Set<string>();
  ofFixtures.set(fixture, own);
  if (known === undefined) reaching = own;
  try {
    return await loadFixture(fixture);
  } finally {
    reaching = outer;
    for (const tag of own) reaching.add(tag);
  }
};

/** A reporter that reports nothing. */
function silent(): void {
  // What fails is told by `run`.
}

const suites = new Map<string, Mocha>();

/** The suites of a file, which is loaded when it is first needed. */
async function suiteOf(file: string): Promise<Mocha> {
  const known = suites.get(file);
  if (known !== undefined) return known;
  const mocha = new Mocha({ timeout: TEST_TIMEOUT, reporter: silent as never });
  mocha.cleanReferencesAfterRun(false);
  mocha.addFile(resolve(file));
  await mocha.loadFilesAsync();
  suites.set(file, mocha);
  return mocha;
}

function leaveOut(suite: Mocha.Suite, titles: ReadonlySet<string>): void {
  suite.tests = suite.tests.filter((test) => !titles.has(test.fullTitle()));
  for (const inner of suite.suites) leaveOut(inner, titles);
}

/**
 * Puts tests into an order, and suites by their first test.
 *
 * @returns the place of the suite's first test
 */
function arrange(suite: Mocha.Suite, places: ReadonlyMap<string, number>): number {
  const placeOf = (test: Mocha.Test): number => places.get(test.fullTitle()) ?? Infinity;
  const inner = new Map(suite.suites.map((one) => [one, arrange(one, places)]));
  suite.tests.sort((a, b) => placeOf(a) - placeOf(b) || 0);
  suite.suites.sort((a, b) => (inner.get(a) ?? 0) - (inner.get(b) ?? 0) || 0);
  return Math.min(...suite.tests.map(placeOf), ...inner.values());
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

async function run({ bytecodes: code, file, all = false, ...choice }: Request): Promise<Reply> {
  bytecodes = code;
  const failed: string[] = [];
  let stuck = false;
  const mocha = await suiteOf(file);
  leaveOut(mocha.suite, new Set(choice.without));
  arrange(mocha.suite, new Map(choice.only?.map((title, place) => [title, place])));
  mocha.grep(
    new RegExp(choice.only === undefined ? "" : `^(${choice.only.map(escaped).join("|")})$`),
  );
  mocha.bail(!all);
  const durations: Record<string, number> = {};
  const reached: Record<string, Set<string>> = {};
  // Of hooks: it counts for all tests.
  const shared = new Set<string>();
  reaching = shared;
  const begin = Date.now();
  const snapshot = await networkHelpers.takeSnapshot();
  await new Promise<void>((done) => {
    const runner = mocha.run(() => {
      done();
    });
    runner.on("test", (test: Mocha.Test) => {
      reached[test.fullTitle()] = reaching = new Set();
    });
    runner.on("test end", (test: Mocha.Test) => {
      durations[test.fullTitle()] = test.duration ?? 0;
      reaching = shared;
    });
    runner.on("fail", (test: Mocha.Test, error: Error) => {
      failed.push(test.fullTitle());
      stuck ||= error.message.startsWith("Timeout of");
    });
  });
  if (failed.length !== 0) await setTimeout(LEFTOVERS);
  await snapshot.restore();
  networkHelpers.clearSnapshots();
  return {
    failed,
    stuck,
    milliseconds: Date.now() - begin,
    durations,
    reached: Object.fromEntries(
      Object.entries(reached).map(([title, tags]) => [title, [...tags, ...shared]]),
    ),
  };
}

// Each suite that is loaded listens for what nobody caught.
process.setMaxListeners(0);
// A test that failed may leave promises behind.
process.on("unhandledRejection", () => undefined);
process.on("message", (request: Request) => {
  run(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => process.exit());
process.send?.({ ready: true });
await new Promise(() => undefined);
