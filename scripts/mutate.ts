/**
 * Puts small faults into the contracts, one at a time, and sees whether the tests notice. Run by
 * `npm run mutate -- [options]`:
 *
 *   --sample N     only N faults, spread evenly over the files (default: all)
 *   --seed S       which ones (default 1)
 *   --file PATH    only faults in this file; can be given several times
 *   --shard I/N    only every N-th, from the I-th on
 *   --tests GLOB   tests to run (default: all of test/)
 *   --retry        try the survivors of earlier runs again, after tests were added, or with others (--tests "" is none but those
 *                  in Solidity)
 *   --solidity WHICH  Solidity tests to run on what the others let pass: all (default), own (those of the mutated library
 *                  alone, which takes seconds instead of minutes), or none
 *   --quick        leave out the tests that take long, and the check for equivalence; --retry without it tries what the others
 *                  let pass
 *   --survey       only find out what the tests reach, which takes minutes; otherwise done when it is first needed
 *   --report       only print what earlier runs found
 *   --record       only write what earlier runs found to `snapshots/mutation.jsonl`, to be checked in
 *
 * Results are kept in `reports/mutation.json`, or `mutation-I-N.json` of a shard, so that a run that was interrupted goes on
 * where it ended, as it goes on from the record; a fault in a file that has changed since is tried anew.
 */
import { fork, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { parseArgs } from "node:util";

import config from "../hardhat.config.ts";
import { Compiler, readSources, type Bytecodes, type Settings } from "./mutation/compiler.ts";
import { applied, mutantsOf, type Mutant } from "./mutation/mutants.ts";
import { Order, type Batch } from "./mutation/order.ts";
import { OwnTests, type TestSettings } from "./mutation/own.ts";
import { REACH, Reach } from "./mutation/reach.ts";
import { readRecord, sorted, writeRecord, type Result, type Status } from "./mutation/record.ts";
import { SolidityTests } from "./mutation/solidity.ts";
import { readSurvey, surveyKey, writeSurvey, type Survey } from "./mutation/survey.ts";
import type { Reply, Request } from "./mutation/worker.ts";

const REPORTS = "reports";
const NOT_MUTATED = /^contracts\/(interfaces|mocks)\//;
const TESTS = ["test/**/*.ts"];
/** Tests that do not run the contracts in this process' chain, and what is no test. */
const NO_TESTS = /^test\/(support|behaviors|e2e|sim|web|browser)\//;

/** How much the property tests try; what is set from outside comes first. */
const SHORT_RUNS = { HELIOMARKET_BOOKS: "30", HELIOMARKET_CALLS: "600" };

/** Test files that a worker process runs before it is replaced by a fresh one. */
const WORKER_LIFE = 400;

const { values: options } = parseArgs({
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    file: { type: "string", multiple: true },
    shard: { type: "string", default: "1/1" },
    tests: { type: "string", multiple: true },
    retry: { type: "boolean", default: false },
    solidity: { type: "string", default: "all" },
    quick: { type: "boolean", default: false },
    survey: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});

function fail(message: string): never {
  throw new Error(message);
}

const sources = readSources("contracts");
const hashes = Object.fromEntries(
  Object.entries(sources).map(([file, text]) => [
    file,
    createHash("sha256").update(text).digest("hex").slice(0, 16),
  ]),
);
const keyOf = ({ file, start, length, replacement }: Mutant): string =>
  JSON.stringify([file, hashes[file], start, length, replacement]);

// ------------------------------------------------------------------ results

const [shard = 1, shards = 1] = options.shard.split("/").map(Number);
const REPORT = shards === 1 ? "mutation.json" : `mutation-${shard}-${shards}.json`;
const results = new Map<string, Result>();
const reported = globSync(`${REPORTS}/mutation*.json`)
  .sort()
  .flatMap((path) => JSON.parse(readFileSync(path, "utf8")) as Result[]);
for (const result of [...readRecord(), ...reported]) {
  if (result.source === hashes[result.file]) results.set(keyOf(result), result);
}

function save(mutant: Mutant, status: Status, begin: number, killer?: string): void {
  const source = hashes[mutant.file] ?? "";
  const seconds = Math.round((Date.now() - begin) / 100) / 10;
  const result = { ...mutant, status, source, seconds, ...(killer && { killer }) };
  results.set(keyOf(mutant), result);
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(
    `${REPORTS}/${REPORT}`,
    `${JSON.stringify(sorted(results.values()), undefined, 1)}\n`,
  );
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim() || "nothing";

/** Table by file, and every survivor, in Markdown. */
function report(all: readonly Mutant[]): string {
  const lines = [
    "| file | mutants | tested | killed | survived | equivalent | invalid | score |",
    "|---|--:|--:|--:|--:|--:|--:|--:|",
  ];
  const row = (name: string, mutants: readonly Mutant[]): void => {
    const found = mutants.flatMap((mutant) => results.get(keyOf(mutant)) ?? []);
    const count = (...wanted: Status[]): number =>
      found.filter(({ status }) => wanted.includes(status)).length;
    const killed = count("killed", "timeout");
    const tested = killed + count("survived");
    const score = tested === 0 ? "" : `${((100 * killed) / tested).toFixed(1)} %`;
    const cells = [mutants.length, tested, killed, tested - killed];
    cells.push(count("equivalent"), count("invalid"));
    lines.push(`| ${name} | ${cells.join(" | ")} | ${score} |`);
  };
  for (const file of new Set(all.map((mutant) => mutant.file))) {
    row(
      file,
      all.filter((mutant) => mutant.file === file),
    );
  }
  row("**all**", all);
  lines.push("", "## Survivors", "");
  for (const { status, file, line, operator, original, replacement } of sorted(results.values())) {
    if (status !== "survived") continue;
    lines.push(
      `- \`${file}:${line}\` ${operator}: \`${oneLine(original)}\` → \`${oneLine(replacement)}\``,
    );
  }
  return lines.join("\n");
}

// ------------------------------------------------------------------ choice of mutants

/** Shuffles in the same way for the same seed (mulberry32). */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const list = [...items];
  for (let i = list.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}

/** Files take turns in proportion to their size, so that every beginning of the list is a fair sample. */
function chosen(all: readonly Mutant[]): Mutant[] {
  const seed = Number(options.seed);
  const ranked: { mutant: Mutant; rank: number }[] = [];
  for (const file of new Set(all.map((mutant) => mutant.file))) {
    if (options.file !== undefined && !options.file.includes(file)) continue;
    const own = shuffled(
      all.filter((mutant) => mutant.file === file),
      seed,
    );
    for (const [i, mutant] of own.entries()) ranked.push({ mutant, rank: (i + 0.5) / own.length });
  }
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, options.sample === undefined ? undefined : Number(options.sample))
    .filter((_, i) => i % shards === shard - 1)
    .map(({ mutant }) => mutant)
    .filter((mutant) => {
      const known = results.get(keyOf(mutant));
      return options.retry ? known?.status === "survived" : known === undefined;
    });
}

// ------------------------------------------------------------------ workers

/** A process with Hardhat and the tests loaded. */
class Worker {
  readonly #process: ChildProcess;
  readonly #ready: Promise<void>;
  /** Requests so far. */
  tested = 0;
  isGone = false;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#process = fork(
      "node_modules/hardhat/dist/src/cli.js",
      ["run", "--no-compile", "scripts/mutation/worker.ts"],
      {
        execArgv: ["--max-old-space-size=2048"],
        stdio: ["ignore", "ignore", "ignore", "ipc"],
        env: { ...SHORT_RUNS, ...process.env, ...env },
      },
    );
    this.#ready = new Promise((resolve, reject) => {
      this.#process.once("message", () => {
        resolve();
      });
      this.#process.once("exit", () => {
        reject(new Error("The worker ended; is the project built?"));
      });
    });
  }

  /** @returns "stuck" if it took too long or broke down, and the worker is gone */
  async run(request: Request, milliseconds: number): Promise<Reply | "stuck"> {
    await this.#ready;
    return new Promise((resolve) => {
      const settle = (reply: Reply | "stuck"): void => {
        clearTimeout(timer);
        this.#process.removeAllListeners();
        if (reply === "stuck" || reply.stuck) {
          this.stop();
          this.isGone = true;
        }
        resolve(reply);
      };
      const timer = setTimeout(settle, milliseconds, "stuck");
      this.#process.once("exit", () => {
        settle("stuck");
      });
      this.#process.once("message", settle);
      this.#process.send(request);
    });
  }

  stop(): void {
    this.#process.kill("SIGKILL");
  }
}

// ------------------------------------------------------------------ run

if (options.record) {
  writeRecord(results.values());
  process.exit();
}
const { compilers } = config.solidity as unknown as { compilers: [{ settings: Settings }] };
const [{ settings }] = compilers;
const compiler = new Compiler(sources, settings);
const trees = compiler.trees();
const mutants = Object.keys(sources)
  .filter((file) => !NOT_MUTATED.test(file))
  .flatMap((file) => mutantsOf(file, sources[file] ?? "", trees[file]));
if (options.report) {
  console.log(report(mutants));
  process.exit();
}

const todo = chosen(mutants);
const tests = globSync(options.tests ?? TESTS)
  .filter((file) => !NO_TESTS.test(file) && !file.endsWith(".d.ts"))
  .sort();
console.log(`${mutants.length} mutants, ${todo.length} to test with ${tests.length} test files`);

const original = compiler.original();
const { solidity: testSettings } = config.test as { solidity: TestSettings };
const ownTests = new OwnTests(compiler, testSettings);

/** What differs from the original. */
const changesOf = (bytecodes: Bytecodes, base: Bytecodes): Bytecodes =>
  Object.fromEntries(Object.entries(bytecodes).filter(([name, code]) => code !== base[name]));

interface Verdict {
  readonly status: Status;
  readonly killer?: string;
}

/** The mutant's bytecodes, or what became of it before they were needed. */
async function build(mutant: Mutant): Promise<Bytecodes | Verdict> {
  const text = applied(mutant, sources[mutant.file] ?? "");
  if (options.solidity !== "none") {
    const killer = await ownTests.killer(mutant.file, text);
    if (killer !== undefined) return { status: "killed", killer };
  }
  const bytecodes = compiler.compile(mutant.file, text);
  if (bytecodes === undefined) return { status: "invalid" };
  const changes = changesOf(bytecodes, original);
  return Object.keys(changes).length === 0 ? { status: "equivalent" } : changes;
}

const isVerdict = (built: Bytecodes | Verdict): built is Verdict => "status" in built;

if (!["all", "own", "none"].includes(options.solidity))
  throw new Error(`--solidity is ${options.solidity}; it can be all, own or none.`);
if (options.solidity !== "none" && todo.length !== 0) {
  for (const file of new Set(todo.map((mutant) => mutant.file))) {
    const killer = await ownTests.killer(file, sources[file] ?? "");
    if (killer !== undefined) throw new Error(`${killer} fails without a fault.`);
  }
}

/** The project's copy for all the Solidity tests, made when the first mutant gets that far. */
let solidityTests: SolidityTests | undefined;
function passesSolidityTests({ file }: Mutant, text: string): boolean {
  const source = sources[file] ?? "";
  if (solidityTests === undefined) {
    solidityTests = new SolidityTests();
    if (!solidityTests.pass(file, source, source)) throw new Error("The Solidity tests fail.");
  }
  return solidityTests.pass(file, text, source);
}

const MOST_FOR_A_FILE = 60 * 60_000;

const reach = new Reach(sources);
const without = new Set<string>();

/** Notes what the tests reach. */
async function explore(): Promise<void> {
  const instrumented =
    compiler.compileAll(reach.instrumented) ?? fail("The instrumented contracts do not compile.");
  const surveyor = new Worker({ [REACH]: "1" });
  for (const file of tests) {
    const reply = await surveyor.run({ bytecodes: instrumented, file, all: true }, MOST_FOR_A_FILE);
    if (reply === "stuck") throw new Error(`${file} takes too long, or ends its process.`);
    reach.note(file, reply.reached);
  }
  surveyor.stop();
}

let worker = new Worker();
/** Runs tests of a file, in a fresh worker if the last one is used up. */
async function test(
  bytecodes: Bytecodes,
  file: string,
  only?: readonly string[],
): Promise<Reply | "stuck"> {
  if (worker.isGone || worker.tested >= WORKER_LIFE) {
    worker.stop();
    worker = new Worker();
  }
  worker.tested += 1;
  const limit = only === undefined ? MOST_FOR_A_FILE : 60_000 + 10 * order.timeOf(file, only);
  const all = only === undefined;
  return worker.run({ bytecodes, file, all, without: [...without], ...(only && { only }) }, limit);
}

/** Two runs without a fault: what fails then says nothing about faults. */
async function measure(): Promise<Survey["times"]> {
  const times: Record<string, Readonly<Record<string, number>>> = {};
  for (const file of tests) {
    for (let i = 0; i < 2; i += 1) {
      const reply = await test(original, file);
      if (reply === "stuck") throw new Error(`${file} takes too long, or ends its process.`);
      times[file] = reply.durations;
      for (const title of reply.failed) without.add(title);
      if (i === 1) console.log(`${(reply.milliseconds / 1000).toFixed(1)} s ${file}`);
    }
  }
  return times;
}

async function makeSurvey(): Promise<Survey> {
  await explore();
  const times = await measure();
  const survey = { reach: reach.found, times, without: [...without] };
  writeSurvey(key, survey);
  return survey;
}

const key = surveyKey(tests);
let survey: Survey = { reach: reach.found, times: {}, without: [] };
if (options.survey || (todo.length !== 0 && tests.length !== 0)) {
  survey = readSurvey(key) ?? (await makeSurvey());
}
reach.load(survey.reach);
for (const title of survey.without) {
  without.add(title);
  console.log(`fails without a fault, left out: ${title}`);
}
if (options.survey) process.exit();

const order = new Order(survey.times);
for (const result of results.values()) {
  if (result.killer !== undefined) order.note(result, result.killer);
}

/** Runs the tests that reach it, until one fails, and tells what became of it. */
async function judge(mutant: Mutant, bytecodes: Bytecodes): Promise<Verdict> {
  const source = sources[mutant.file] ?? "";
  const text = applied(mutant, source);
  const names = [mutant.file, ...Object.keys(bytecodes)].map(
    (name) => /(\w+)(\.sol)?$/.exec(name)?.[1] ?? "",
  );
  const isOwn = (file: string): boolean => names.some((name) => file.startsWith(`test/${name}.`));
  const batches = order.batches(mutant, reach.testsOf(mutant, source), isOwn);
  const quick = batches.filter(({ isSlow }) => !isSlow);
  const slow = batches.filter(({ isSlow }) => isSlow);
  const early = await firstKill(bytecodes, quick);
  if (early !== undefined) return early;
  if (options.quick) return { status: "survived" };
  if (compiler.isEquivalent(mutant.file, text)) return { status: "equivalent" };
  const late = await firstKill(bytecodes, slow);
  if (late !== undefined) return late;
  if (options.solidity === "all" && !passesSolidityTests(mutant, text)) {
    return { status: "killed", killer: "Solidity tests" };
  }
  return { status: "survived" };
}

async function firstKill(
  bytecodes: Bytecodes,
  batches: readonly Batch[],
): Promise<Verdict | undefined> {
  for (const { file, titles } of batches) {
    const reply = await test(bytecodes, file, titles);
    if (reply === "stuck") return { status: "timeout", killer: file };
    const [killer] = reply.failed;
    if (killer !== undefined) return { status: reply.stuck ? "timeout" : "killed", killer };
  }
  return undefined;
}

const queue = [...todo];
/** Compiles the next one. */
async function next(): Promise<{ mutant: Mutant; built: Bytecodes | Verdict } | undefined> {
  const mutant = queue.shift();
  // The compiler does not let anything else run: what is to be tested meanwhile has to be sent first.
  await setImmediate();
  return mutant && { mutant, built: await build(mutant) };
}

let done = 0;
for (let current = await next(); current !== undefined;) {
  const { mutant, built } = current;
  const begin = Date.now();
  const running = isVerdict(built) ? Promise.resolve(built) : judge(mutant, built);
  // While the tests run, the next one is compiled.
  const coming = next();
  const { status, killer } = await running;
  if (killer !== undefined) order.note(mutant, killer);
  save(mutant, status, begin, killer);
  done += 1;
  const what = `${oneLine(mutant.original)} -> ${oneLine(mutant.replacement)}`.slice(0, 120);
  console.log(`${done}/${todo.length} ${status} ${mutant.file}:${mutant.line} ${what}`);
  current = await coming;
}
worker.stop();
solidityTests?.remove();
console.log(report(mutants));
process.exit();
