/**
 * Runs test files against contracts with other bytecode, many times in one process. Started by
 * `scripts/mutate.ts` with `hardhat run`; talks to it in `Request`s and `Reply`s.
 */
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";

import hre from "hardhat";
import Mocha from "mocha";

/** Run this file against these bytecodes; stop at the first failure unless `all`. */
export interface Request {
  readonly bytecodes: Readonly<Record<string, string>>;
  readonly file: string;
  readonly all?: boolean;
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

const { networkHelpers } = await import("../../test/support/market.ts");

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

async function run({ bytecodes: code, file, all = false, without }: Request): Promise<Reply> {
  bytecodes = code;
  const failed: string[] = [];
  let stuck = false;
  const mocha = await suiteOf(file);
  leaveOut(mocha.suite, new Set(without));
  mocha.bail(!all);
  const begin = Date.now();
  const snapshot = await networkHelpers.takeSnapshot();
  await new Promise<void>((done) => {
    const runner = mocha.run(() => {
      done();
    });
    runner.on("fail", (test: Mocha.Test, error: Error) => {
      failed.push(test.fullTitle());
      stuck ||= error.message.startsWith("Timeout of");
    });
  });
  if (failed.length !== 0) await setTimeout(LEFTOVERS);
  await snapshot.restore();
  networkHelpers.clearSnapshots();
  return { failed, stuck, milliseconds: Date.now() - begin };
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
