import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";

import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { sweep, type SweepOptions } from "../../../sim/sweep.ts";
import { fingerprint } from "../../../sim/sweep/fingerprint.ts";
import { runtimeArguments } from "../../../sim/sweep/pool.ts";
import { TestFiles } from "../../support/files.ts";
import { SWEEP } from "../../support/sweepOptions.ts";

describe("sweep", () => {
  const files = new TestFiles();
  let count = 0;

  /** A folder that is not there yet. */
  const folder = (): string => files.path(String((count += 1)));
  const quick = {
    ...SWEEP,
    sets: ["battery.capacityWh=0,13", "strategies=[grid-only]", "hours=1"],
  };
  const read = (out: string, name: string): Promise<string> => readFile(join(out, name), "utf8");
  const filesOf = async (out: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      await Promise.all(
        ["sweep.csv", "sweep-summary.csv", "sweep.json"].map(
          async (name) => [name, await read(out, name)] as const,
        ),
      ),
    );
  const errorOf = async (options: Partial<SweepOptions>): Promise<string> =>
    sweep({ ...quick, out: folder(), ...options }).then(
      () => "",
      (error: unknown) => {
        expect(error).to.be.instanceOf(UserError);
        return (error as Error).message;
      },
    );

  it("runs every setting with every seed, and writes runs and means", async () => {
    const out = folder();
    const labels: string[] = [];
    const onProgress = (done: number, total: number, label: string): void => {
      expect(total).to.equal(12);
      labels[done - 1] = label;
    };
    const outcome = await sweep({ ...SWEEP, out, processes: 3, onProgress });
    expect(outcome).to.include({ runs: 12, kept: 0 }).and.to.have.property("failed").that.is.empty;
    expect(new Set(labels).size).to.equal(12);
    const lines = (await read(out, "sweep.csv")).split("\n");
    expect(lines[0]).to.equal(
      "battery.capacityWh,market.k,hours,strategies,seed,strategy,importKwh,importLowerBoundKwh,matchRate," +
        "dcReputationMin,dcReputationMedian,dcReputationMax",
    );
    expect(lines).to.have.length(14);
    expect(lines[1]).to.match(/^0,1,150,\[grid-only\],1,grid-only,0\.\d+,,,1,10,100$/);
    expect(lines[12]).to.match(/^1000,3,150,\[grid-only\],2,grid-only,1000\.\d+,,,2,20,200$/);
    const means = (await read(out, "sweep-summary.csv")).split("\n");
    expect(means[0]).to.equal(
      "battery.capacityWh,market.k,hours,strategies,strategy,figure,n,mean,ci95_half_width,ci95_low,ci95_high",
    );
    // Of 1 and 2: mean 1.5, standard error 0.5, t of one degree 12.706.
    const row = means.find(
      (line) => line.startsWith("500,3,") && line.includes(",dcReputationMin,"),
    );
    const [n, mean, half, low, high] = (row ?? "").split(",").slice(6).map(Number);
    expect([n, mean]).to.deep.equal([2, 1.5]);
    expect(half).to.be.closeTo(6.353, 1e-3);
    expect([low, high]).to.deep.equal([1.5 - half!, 1.5 + half!]);
    const json = JSON.parse(await read(out, "sweep.json")) as Record<string, unknown[]>;
    expect(json["runs"]).to.have.length(12);
    expect(json["means"]).to.have.length(6 * 4);
    expect(json["failed"]).to.have.length(0);
    const kept = await readdir(join(out, "runs"));
    expect(kept).to.have.length(12);
    expect(kept.sort()[0]).to.match(
      /^battery\.capacityWh=0_market\.k=1_hours=150_strategies=_grid-only_seed=1-[0-9a-f]{16}\.json$/,
    );
  });

  it("goes on after kill -9, with the same bytes in the end", async function () {
    this.timeout(60_000);
    const out = folder();
    await mkdir(out, { recursive: true });
    const log = join(out, "log");
    const sweepFile = JSON.stringify(new URL("../../../sim/sweep.ts", import.meta.url).href);
    const code = `import { sweep } from ${sweepFile}; await sweep(JSON.parse(process.argv[1]));`;
    const options = JSON.stringify({ ...SWEEP, out, processes: 2 });
    const args = [...runtimeArguments(), "--input-type=module", "--eval", code, options];
    const child = spawn(process.execPath, args, {
      stdio: "inherit",
      env: { ...process.env, SWEEP_LOG: log },
    });
    const ended = new Promise((resolve) =>
      child.once("exit", (_, signal) => {
        resolve(signal);
      }),
    );
    const runs = join(out, "runs");
    const finished = async (): Promise<string[]> =>
      (await readdir(runs).catch(() => [])).filter((name) => name.endsWith(".json"));
    while ((await finished()).length < 3) await setTimeout(2);
    child.kill("SIGKILL");
    expect(await ended).to.equal("SIGKILL");
    const before = (await finished()).length;
    expect(before).to.be.within(3, 11);
    // As if it had been killed while it wrote.
    await writeFile(join(runs, "half.json.1.tmp"), "{");

    const { kept, failed } = await sweep({ ...SWEEP, out, processes: 1 });
    expect(kept).to.equal(before);
    expect(failed).to.be.empty;
    const started = (await readFile(log, "utf8")).trim().split("\n");
    // Of the interrupted sweep: what it kept, and no more than one in each process.
    expect(started.length).to.be.at.most(before + 2);
    const clean = folder();
    await sweep({ ...SWEEP, out: clean, processes: 4 });
    expect(await filesOf(out)).to.deep.equal(await filesOf(clean));
    expect((await sweep({ ...SWEEP, out })).kept).to.equal(12);
    expect(await filesOf(out)).to.deep.equal(await filesOf(clean));
  });

  for (const [capacity, failure] of [
    [13, "TypeError: the sun is gone"],
    [14, "Put this right."],
    [15, "its process ended with SIGKILL"],
  ] as const) {
    it(`keeps the others if a run fails: ${failure}`, async () => {
      const out = folder();
      const sets = [`battery.capacityWh=0,${capacity}`, "strategies=[grid-only]", "hours=1"];
      const outcome = await sweep({ ...quick, sets, seeds: 3, out, processes: 2 });
      const label = `battery.capacityWh=${capacity} strategies=[grid-only] hours=1 seed=2`;
      expect(outcome.failed.map(({ stack, ...rest }) => [stack !== undefined, rest])).to.deep.equal(
        [[capacity === 13, { label, failure }]],
      );
      expect((await read(out, "sweep.csv")).trim().split("\n")).to.have.length(1 + 5);
      expect(await read(out, "sweep.json")).to.include(JSON.stringify(failure));
      // It is tried again, the others are not.
      const again = await sweep({ ...quick, sets, seeds: 3, out, processes: 2 });
      expect([again.kept, again.failed.length]).to.deep.equal([5, 1]);
    });
  }

  it("runs anew what has changed: scenario, files, code, bound, or a file that is damaged", async () => {
    const out = folder();
    const jobs = files.path("jobs.csv");
    await writeFile(jobs, "one");
    const options = {
      ...quick,
      sets: [`tasks.file=${jobs}`, "strategies=[grid-only]", "hours=1"],
      out,
    };
    const keptOf = async (changes: Partial<SweepOptions>): Promise<number> =>
      (await sweep({ ...options, ...changes })).kept;
    expect(await keptOf({})).to.equal(0);
    expect(await keptOf({})).to.equal(2);
    expect(await keptOf({ seeds: 3 })).to.equal(2);
    expect(await keptOf({ code: "2" })).to.equal(0);
    expect(await keptOf({ bound: true })).to.equal(0);
    expect(await read(out, "sweep.csv")).to.match(/,grid-only,1000\.\d+,0\.\d+,,1,10,100\n/);
    expect(await keptOf({ scenario: "paper" })).to.equal(0);
    await writeFile(jobs, "two");
    expect(await keptOf({})).to.equal(0);
    for (const [i, name] of (await readdir(join(out, "runs"))).entries()) {
      await writeFile(
        join(out, "runs", name),
        ["{", "{}", "null", '{"strategies":null}'][i % 4] ?? "",
      );
    }
    expect(await keptOf({})).to.equal(0);
    expect(await keptOf({})).to.equal(2);
  });

  it("runs rules of one's own beside the scenario's strategies, and anew when their file changes", async function () {
    this.timeout(60_000);
    const out = folder();
    const file = files.path("greedy.mjs");
    const write = (yuanPerKWh: number): Promise<void> =>
      writeFile(
        file,
        `export default { name: "greedy", pricing: { offers: ({ cores }) =>
          [{ priceYuanPerKWh: ${yuanPerKWh}, energyWh: 100000, cores }] } };`,
      );
    await write(1);
    const options = {
      ...quick,
      sets: ["hours=12", "strategies=[grid-only]"],
      seeds: 1,
      out,
      rules: [file],
      module: new URL("../../../sim/sweep/simulation.ts", import.meta.url).href,
    };
    const strategiesOf = async (changes: Partial<SweepOptions> = {}): Promise<unknown[]> => {
      const { kept, failed } = await sweep({ ...options, ...changes });
      expect(failed).to.be.empty;
      const rows = (await read(out, "sweep.csv")).trim().split("\n").slice(1);
      return [kept, ...rows.map((row) => /,1,([a-z+-]+),/.exec(row)?.[1])];
    };
    expect(await strategiesOf()).to.deep.equal([0, "grid-only", "greedy+esd+transfer"]);
    const before = await read(out, "sweep.csv");
    expect(await strategiesOf()).to.deep.equal([1, "grid-only", "greedy+esd+transfer"]);
    await write(0.5);
    expect(await strategiesOf()).to.deep.equal([0, "grid-only", "greedy+esd+transfer"]);
    expect(await read(out, "sweep.csv")).not.to.equal(before);
    // A scenario that names the rule says itself how it is run.
    const sets = ["hours=12", "strategies=[greedy]"];
    expect(await strategiesOf({ sets })).to.deep.equal([0, "greedy"]);
    expect(await errorOf({ rules: [files.path("none.ts")] })).to.include("cannot be loaded");
    expect(await errorOf({ ...options, sets, rules: [] })).to.include('"greedy" is no strategy');
  });

  it("says what is wrong before anything is run, each fault once", async () => {
    expect(await errorOf({ seeds: 0 })).to.equal(
      "--seeds must be a whole number from 1 to 10000, is 0.",
    );
    expect(await errorOf({ processes: 0 })).to.equal(
      "--processes must be a whole number from 1 on, is 0.",
    );
    expect(await errorOf({ sets: ["battery.capacityWh"] })).to.include(
      "must be a field and its values",
    );
    const message = await errorOf({ sets: ["market.k=9,3", "hours=1,2,0", "colour=red"] });
    expect(message.split("\n")).to.have.length(3);
    for (const part of [
      "--set market.k=9: field",
      "--set hours=0: field",
      "--set colour=red: field",
    ]) {
      expect(message).to.include(part);
    }
    const values = Array.from({ length: 1000 }, (_, i) => i).join(",");
    expect(await errorOf({ sets: [`battery.capacityWh=${values}`], seeds: 1000 })).to.equal(
      "This sweep has 1000000 runs, and 100000 is the most; take fewer values or seeds.",
    );
    expect(await errorOf({ sets: ["tasks.file=none.csv"] })).to.match(
      /^The scenario's file none\.csv cannot be read: /,
    );
  });

  it("says if the module cannot be loaded", async () => {
    const module = new URL("./none.ts", import.meta.url).href;
    const { failed } = await sweep({ ...quick, sets: [], seeds: 1, out: folder(), module });
    expect(failed[0]?.failure).to.include("Cannot find module");
    expect(failed[0]?.label).to.equal("seed=1");
  });

  it("ends if results cannot be written", async () => {
    const out = folder();
    await mkdir(out, { recursive: true });
    await writeFile(join(out, "runs"), "a file where a folder is to be");
    const error = await sweep({ ...quick, sets: [], out, processes: 2 }).catch(
      (reason: unknown) => reason,
    );
    expect((error as NodeJS.ErrnoException).code).to.match(/ENOTDIR|EEXIST/);
  });
});

describe("fingerprint", () => {
  const files = new TestFiles();

  it("changes with a file's name or content, and not with other files", async () => {
    const now = (): Promise<string> => fingerprint(files.path());
    await mkdir(files.path("a"));
    await files.write("a/b.ts", "1");
    const first = await now();
    await files.write("notes.md", "x");
    expect(await now()).to.equal(first);
    await files.write("a/b.ts", "2");
    expect(await now()).not.to.equal(first);
    await files.write("a/b.ts", "1");
    expect(await now()).to.equal(first);
    await files.write("c.ts", "");
    expect(await now()).not.to.equal(first);
  });
});
