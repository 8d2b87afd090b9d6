import { appendFile, cp, mkdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import { writeResults } from "../../sim/report/files.ts";
import { simulate } from "../../sim/simulate.ts";
import { endAll, makeFolder, TestConsole } from "../support/console.ts";
import { scenarioWith } from "../support/scenario.ts";

describe("the console's runs", function () {
  this.timeout(60_000);

  const STRATEGIES = ["contract-only", "opportunistic"];
  let root: string;
  let results: string;
  let api: TestConsole;

  before(async () => {
    root = await makeFolder();
    results = join(root, "results");
    const scenario = scenarioWith({
      hours: 12,
      microgrids: { count: 1, dataCentres: 1 },
      tasks: { users: 2, priority: { count: 2 }, deferrable: { count: 6 } },
    });
    await writeResults(
      join(results, "whole"),
      await simulate(scenario, { strategies: STRATEGIES }),
    );
    // No node is needed: runs are files.
    api = await TestConsole.open({
      folder: join(root, "none"),
      node: "http://127.0.0.1:1",
      results,
    });
  });

  after(async () => {
    await endAll();
    await rm(root, { recursive: true, force: true });
  });

  /** A copy of the whole run, of which something is changed. */
  async function copy(name: string, change: (folder: string) => Promise<void>): Promise<void> {
    await cp(join(results, "whole"), join(results, name), { recursive: true });
    await change(join(results, name));
  }

  it("have their figures and hours", async () => {
    const { runs, damaged } = await api.get("/api/runs");
    expect(runs.map(({ run, strategies }) => [run, strategies])).to.deep.equal([
      ["whole", STRATEGIES],
    ]);
    expect(damaged).to.deep.equal([]);
    const run = await api.get("/api/runs/:run", { run: "whole" });
    expect(run.hourlyProblem).to.equal(null);
    for (const strategy of STRATEGIES) {
      const hours = run.hourly[strategy]!;
      expect(hours.map(({ hour }) => hour)).to.deep.equal(hours.map((_, hour) => hour));
      const importWh = hours.reduce((sum, hour) => sum + hour.importWh, 0);
      const difference = importWh / 1000 - run.figures[strategy]!["importKwh"]!;
      expect(importWh).to.be.above(0);
      expect(Math.abs(difference) < 1e-6, String(difference)).to.equal(true);
    }
  });

  it("are listed with what is damaged, and shown as far as they can be", async () => {
    await mkdir(join(results, "something else"));
    await writeFile(join(results, "something else", "notes.csv"), "a,b\n");
    await writeFile(join(results, "notes.txt"), "");
    const { size } = await stat(join(results, "whole", "hourly.csv"));
    await copy("cut", (folder) => truncate(join(folder, "hourly.csv"), size >> 1));
    await copy("empty", (folder) => truncate(join(folder, "hourly.csv"), 0));
    await copy("no hours", (folder) => rm(join(folder, "hourly.csv")));
    await copy("no json", (folder) => truncate(join(folder, "summary.json"), 100));
    await copy("unfinished", (folder) => rm(join(folder, "summary.json")));
    await copy("longer", (folder) => appendFile(join(folder, "notes.txt"), "no file of a run"));
    await copy("older", async (folder) => {
      const path = join(folder, "summary.json");
      const summary = await readFile(path, "utf8");
      await writeFile(path, summary.replace(/"version": \d+/, '"version": 0'));
    });

    const { runs, damaged } = await api.get("/api/runs");
    const shown = ["cut", "empty", "longer", "no hours", "whole"];
    expect(runs.map(({ run }) => run).sort()).to.deep.equal(shown);
    const told = new Map(damaged.map(({ run, problem }) => [run, problem]));
    expect([...told.keys()]).to.deep.equal([
      ...["cut", "empty", "no hours", "no json", "older", "unfinished"],
    ]);
    expect(told.get("cut")).to.match(
      /^cut\/hourly.csv has \d+ rows, but summary.json counts 24: it was cut/,
    );
    expect(told.get("empty")).to.contain("empty/hourly.csv has 0 rows");
    expect(told.get("no hours")).to.contain("no hours/hourly.csv is missing");
    expect(told.get("no json")).to.equal(
      "no json/summary.json is not JSON. Run the simulation again.",
    );
    expect(told.get("older")).to.contain("results of version 0");
    expect(told.get("unfinished")).to.contain("it has no summary.json");

    for (const run of ["cut", "empty", "no hours"]) {
      const one = await api.get("/api/runs/:run", { run });
      expect(one.hourly).to.deep.equal({});
      expect(one.hourlyProblem, run).to.contain(`${run}/hourly.csv`).and.to.contain("again");
      expect(one.figures[STRATEGIES[0]!]!["importKwh"]).to.be.a("number");
    }
    const refused = await api.refusal("/api/runs/no%20json");
    expect(refused).to.include({ code: "not-found" });
    expect(refused.message).to.contain("no json/summary.json is not JSON");
  });
});
