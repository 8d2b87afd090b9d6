/**
 * `npm run bench:sim`: time and memory of the simulator, in processes of their own: the paper's scenario with all its
 * strategies, and `scale.yaml` with one. Options: `--size N` microgrids (default 1,000), `--runs N` (default 3, the
 * quickest counts), `--json FILE`.
 */
import { fork } from "node:child_process";
import { cpus } from "node:os";
import { parseArgs } from "node:util";

import { writeAtomically } from "../sim/files.ts";
import { loadScenario } from "../sim/scenario/load.ts";
import { scaled } from "../sim/scenario/scaled.ts";
import { simulate } from "../sim/simulate.ts";

interface Measured {
  readonly tasks: number;
  readonly strategies: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakMiB: number;
}

const { values: options } = parseArgs({
  options: {
    size: { type: "string", default: "1000" },
    runs: { type: "string", default: "3" },
    json: { type: "string" },
    /** For the processes that this one starts. */
    measure: { type: "string" },
  },
});

if (options.measure === undefined) await compare(Number(options.size), Number(options.runs));
else process.send?.(await measure(options.measure, Number(options.size)));

/** Runs a scenario once, in a process that has done nothing else. */
async function measure(name: string, size: number): Promise<Measured> {
  const loaded = (await loadScenario(name)).scenario;
  const scenario = name === "scale" ? scaled(loaded, size) : loaded;
  const began = performance.now();
  const before = process.cpuUsage();
  const { strategies } = await simulate(scenario);
  const { user, system } = process.cpuUsage(before);
  return {
    tasks: strategies[0]?.summary.tasks ?? 0,
    strategies: strategies.length,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - began) / 1000,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
}

function inProcess(name: string, size: number): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, ["--measure", name, "--size", size.toString()], {
      execArgv: ["--max-old-space-size=4096"],
    });
    child.once("message", (result) => {
      resolve(result as Measured);
    });
    child.once("exit", (code) => {
      if (code !== 0) reject(new Error(`The run of ${name} ended with code ${String(code)}.`));
    });
  });
}

async function best(name: string, size: number, runs: number): Promise<Measured> {
  let least: Measured | undefined;
  for (let run = 0; run < runs; run += 1) {
    const one = await inProcess(name, size);
    if (least === undefined || one.cpuSeconds < least.cpuSeconds) least = one;
  }
  if (least === undefined) throw new RangeError("There has to be a run.");
  return least;
}

async function compare(size: number, runs: number): Promise<void> {
  const paper = await best("paper", size, runs);
  // The same one strategy at the paper's size, so that only the size differs.
  const one = await best("scale", 10, runs);
  const scale = await best("scale", size, 1);
  const perTask = ({ cpuSeconds, tasks }: Measured): number => (cpuSeconds / tasks) * 1e6;
  console.table({
    "paper, all strategies": paper,
    "10 microgrids": one,
    [`${size.toString()} microgrids`]: scale,
  });
  const growth = perTask(scale) / perTask(one);
  console.log(
    `CPU time per task: ${perTask(one).toFixed(0)} µs at 10 microgrids, ${perTask(scale).toFixed(0)} µs at ${size.toString()}: ${growth.toFixed(2)} times`,
  );
  if (options.json === undefined) return;
  const machine = { processor: cpus()[0]?.model ?? "unknown", node: process.version };
  await writeAtomically(
    options.json,
    `${JSON.stringify({ machine, paper, one, scale, growth }, null, 2)}\n`,
  );
}
