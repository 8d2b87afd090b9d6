import { readFile, readdir, rm, writeFile, mkdir } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { readResults, readSummary, readVersion, writeResults } from "../../../sim/report/files.ts";
import { RESULTS_VERSION, type RunResult } from "../../../sim/report/results.ts";
import { TestFiles } from "../../support/files.ts";
import { resultOf, strategyOf, withSummary } from "../../support/results.ts";

/** What JSON and CSV can say: -0 is 0. */
const plain = (result: RunResult): unknown => JSON.parse(JSON.stringify(result));

const bytes = async (dir: string): Promise<Record<string, string>> => {
  const names = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(dir.length + 1), await readFile(path, "utf8")] as const;
      }),
    ),
  );
};

const messageOf = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(UserError);
  return (error as UserError).message;
};

describe("a run's folder", () => {
  const folder = new TestFiles();
  const small = resultOf({ hours: 26 });

  it("holds what the run gave", async () => {
    await writeResults(folder.path("run"), small);
    expect(await readResults(folder.path("run"))).to.deep.equal(plain(small));
    expect(await readVersion(folder.path("run"))).to.equal(RESULTS_VERSION);
  });

  it("has a summary with scenario, imports, strategies, claims and the paper's figures", async () => {
    await writeResults(folder.path("run"), small);
    const summary = await readSummary(folder.path("run"));
    expect(summary.version).to.equal(1);
    expect(summary.generator.name).to.equal("heliomarket");
    expect(summary.generator.version).to.match(/^\d+\.\d+\.\d+/);
    expect(summary.scenario.seed).to.equal(1);
    expect(Object.keys(summary.strategies)).to.deep.equal(small.scenario.strategies);
    expect(summary.claims).to.have.length(9);
    expect(summary.rows.hourly).to.equal(26 * 30 * 5);
    expect(summary.paper.extraIncomeYuan.paper).to.equal(8863.51);
    expect(summary.paper.migrationCostYuan.paper).to.equal(59.23);
    expect(summary.paper.migrationCostYuan.run).to.equal(
      summary.strategies["opportunistic+esd+transfer"]!.migrationCostYuan,
    );
  });

  it("has null for what no strategy could tell", async () => {
    await writeResults(folder.path("run"), resultOf({ hours: 3, strategies: ["grid-only"] }));
    const { paper } = await readSummary(folder.path("run"));
    expect(paper.extraIncomeYuan).to.deep.equal({ paper: 8863.51, strategy: null, run: null });
    expect(paper.migrationCostYuan).to.deep.equal({ paper: 59.23, strategy: null, run: null });
  });

  it("is the same to the byte for the same run", async () => {
    await writeResults(folder.path("one"), small);
    await writeResults(folder.path("two"), resultOf({ hours: 26 }));
    const files = await bytes(folder.path("one"));
    expect(files).to.deep.equal(await bytes(folder.path("two")));
    expect(Object.keys(files).sort()).to.deep.equal([
      "figures/fig4-contract-only.svg",
      "figures/fig5-opportunistic.svg",
      "figures/fig6-opportunistic-esd.svg",
      "figures/fig7-extra-income.svg",
      "figures/fig8-transfer-income.svg",
      "figures/fig9-migration-cost.svg",
      "hourly.csv",
      "report.html",
      "summary.json",
      "trades.csv",
      "transfers.csv",
    ]);
  });

  it("loses the figures of an earlier run that the new one has not", async () => {
    await writeResults(folder.path("run"), small);
    await writeResults(folder.path("run"), resultOf({ hours: 3, strategies: ["contract-only"] }));
    expect(await readdir(folder.path("run/figures"))).to.deep.equal(["fig4-contract-only.svg"]);
  });

  it("is incomplete, not old, if writing over it was interrupted", async () => {
    await writeResults(folder.path("run"), small);
    await rm(folder.path("run/trades.csv"));
    await mkdir(folder.path("run/trades.csv"));
    await writeResults(folder.path("run"), small).then(
      () => expect.fail("It was written."),
      () => undefined,
    );
    expect(await messageOf(readResults(folder.path("run")))).to.contain("incomplete");
    expect(
      (await readdir(folder.path("run"))).filter((name) => name.endsWith(".tmp")),
    ).to.deep.equal([]);
  });

  it("reads back names of any kind", async () => {
    const name = `=1+1,"<script>"\n'`;
    const sites = [{ name, latitude: 47, longitude: -1 }];
    const microgrids = { count: 1, dataCentres: 2, sites };
    const result = resultOf({ hours: 3, microgrids });
    // No scenario is called so, but a file may say it.
    const hostile = { ...result, scenario: { ...result.scenario, name: "</script>" } };
    await writeResults(folder.path("run"), hostile);
    expect(await readResults(folder.path("run"))).to.deep.equal(plain(hostile));
  });

  it("is not written for strategies of one name, or numbers that are none", async () => {
    const twice = { ...small, strategies: [small.strategies[0]!, small.strategies[0]!] };
    const failed = (result: RunResult): Promise<unknown> =>
      writeResults(folder.path("run"), result).then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(await failed(twice)).to.be.instanceOf(RangeError);
    const broken = withSummary(small, "contract-only", { co2Kg: Number.NaN });
    expect(String(await failed(broken))).to.contain("co2Kg");
  });

  it("keeps a strategy with any name", async () => {
    const odd = { ...strategyOf(small.scenario, "contract-only"), name: "__proto__" };
    const result = { ...small, strategies: [odd] };
    await writeResults(folder.path("run"), result);
    expect((await readResults(folder.path("run"))).strategies[0]!.name).to.equal("__proto__");
  });

  describe("that cannot be read", () => {
    const edit = async (change: (summary: Record<string, unknown>) => unknown): Promise<void> => {
      await writeResults(folder.path("run"), small);
      const file = folder.path("run/summary.json");
      const summary = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
      await writeFile(file, JSON.stringify(change(summary)));
    };

    it("says that it is missing, empty or incomplete", async () => {
      expect(await messageOf(readSummary(folder.path("none")))).to.contain("There is no folder");
      await mkdir(folder.path("empty"));
      expect(await messageOf(readSummary(folder.path("empty")))).to.contain("holds no results");
      await writeFile(folder.path("empty/hourly.csv"), "");
      expect(await messageOf(readSummary(folder.path("empty")))).to.contain("incomplete");
    });

    it("says which version it is of", async () => {
      await edit((summary) => ({ ...summary, version: 99 }));
      const message = await messageOf(readSummary(folder.path("run")));
      expect(message).to.contain("version 99").and.to.contain("version 1");
      expect(await readVersion(folder.path("run"))).to.equal(99);
    });

    it("says that the summary is damaged", async () => {
      await edit(() => ({}));
      expect(await messageOf(readSummary(folder.path("run")))).to.contain("no version");
      await edit((summary) => ({ ...summary, strategies: { "contract-only": { loadKwh: 1 } } }));
      expect(await messageOf(readSummary(folder.path("run")))).to.contain("lacks figures");
      await writeFile(folder.path("run/summary.json"), "{");
      expect(await messageOf(readSummary(folder.path("run")))).to.contain("not JSON");
    });

    it("says that the rows are cut, or another run's", async () => {
      await writeResults(folder.path("run"), small);
      const file = folder.path("run/hourly.csv");
      const lines = (await readFile(file, "utf8")).split("\n");
      await writeFile(file, `${lines.slice(0, -2).join("\n")}\n`);
      expect(await messageOf(readResults(folder.path("run")))).to.contain("3899 rows");
      await writeFile(file, lines.join("\n").replaceAll("grid-only", "other"));
      expect(await messageOf(readResults(folder.path("run")))).to.contain('"other"');
      await rm(file);
      expect(await messageOf(readResults(folder.path("run")))).to.contain("hourly.csv");
    });
  });
});
