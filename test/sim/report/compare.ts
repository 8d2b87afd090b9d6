import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { compareRuns } from "../../../sim/report/compare.ts";
import { writeResults } from "../../../sim/report/files.ts";
import { TestFiles } from "../../support/files.ts";
import { resultOf, withSummary } from "../../support/results.ts";

describe("runs compared", () => {
  const files = new TestFiles();
  const base = resultOf({ hours: 24, strategies: ["grid-only", "contract-only"] });

  const messageOf = async (dirs: readonly string[]): Promise<string> => {
    const error: unknown = await compareRuns(dirs).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message;
  };

  it("list the settings and the figures that differ, and no others", async () => {
    const other = withSummary(base, "contract-only", { importKwh: 123.4, exportKwh: 1e6 });
    const { battery, ...rest } = other.scenario;
    const scenario = { ...rest, name: "bigger ESD", battery: { ...battery, capacityWh: 2000 } };
    await writeResults(files.path("small"), base);
    await writeResults(files.path("large"), { ...other, scenario });
    const { text, html } = await compareRuns([files.path("small"), files.path("large")]);
    expect(text).to.equal(`small  sunny week
large  bigger ESD

Settings
                           small       large
  name                sunny week  bigger ESD
  battery.capacityWh        1000        2000

grid-only
  No difference.

contract-only
               small        large
  Export  kWh   56.3  1,000,000.0
  Import  kWh  215.9        123.4
`);
    for (const part of ["battery.capacityWh", "2000", "1,000,000.0", "bigger ESD"]) {
      expect(html).to.contain(part);
    }
    expect(html).to.contain("default-src 'none'");
  });

  it("show more decimals where rounding would hide a difference", async () => {
    const near = withSummary(base, "contract-only", { matchRate: 0.970001 });
    await writeResults(files.path("a"), base);
    await writeResults(files.path("b"), near);
    const { text } = await compareRuns([files.path("a"), files.path("b")]);
    expect(text).to.contain("97.00000  97.00010");
  });

  it("show what only one has", async () => {
    await writeResults(files.path("a"), base);
    await writeResults(files.path("b"), resultOf({ hours: 24, strategies: ["contract-only"] }));
    const { text } = await compareRuns([files.path("a"), files.path("b")]);
    expect(text).to.contain("grid-only, contract-only  contract-only");
    expect(text).to.match(/Load +kWh +[\d.]+ +–/);
  });

  it("have names of their own when folders are called the same", async () => {
    await writeResults(files.path("x/run"), base);
    await writeResults(files.path("y/run"), base);
    const { text } = await compareRuns([files.path("x/run"), files.path("y/run")]);
    expect(text.split("\n")[0]).to.match(/run +sunny week$/);
    expect(text).to.contain("No difference.");
  });

  it("escape hostile names in both forms", async () => {
    const name = "<img src=x>\u001b[31m";
    await writeResults(files.path("a"), base);
    await writeResults(files.path("b"), { ...base, scenario: { ...base.scenario, name } });
    const { text, html } = await compareRuns([files.path("a"), files.path("b")]);
    expect(text).not.to.contain("\u001b");
    expect(html).not.to.contain("<img").and.not.to.contain("\u001b");
  });

  it("must be two, and not the same", async () => {
    await writeResults(files.path("a"), base);
    expect(await messageOf([files.path("a")])).to.contain("at least two");
    expect(await messageOf([files.path("a"), `${files.path("a")}/`])).to.contain("given twice");
    expect(await messageOf([files.path("a"), files.path("none")])).to.contain("There is no folder");
  });

  it("must be whole", async () => {
    await writeResults(files.path("whole"), base);
    await writeResults(files.path("cut"), base);
    const hourly = files.path("cut/hourly.csv");
    const lines = (await readFile(hourly, "utf8")).split("\n");
    await writeFile(hourly, lines.slice(0, 50).join("\n"));
    expect(await messageOf([files.path("whole"), files.path("cut")])).to.contain(
      "hourly.csv has 49 rows",
    );
  });

  it("must be of one version", async () => {
    await writeResults(files.path("a"), base);
    await writeResults(files.path("b"), base);
    const file = files.path("b/summary.json");
    const summary = await readFile(file, "utf8");
    await writeFile(file, summary.replace('"version": 1,', '"version": 2,'));
    const message = await messageOf([files.path("a"), files.path("b")]);
    expect(message).to.contain("a: version 1").and.to.contain("b: version 2");
    expect(message).to.contain("different versions");
  });

  it("say so when different programs wrote them", async () => {
    await writeResults(files.path("a"), base);
    await writeResults(files.path("b"), base);
    const file = files.path("b/summary.json");
    const summary = await readFile(file, "utf8");
    await writeFile(file, summary.replace(/"version": "[^"]*"/, '"version": "9.9.9"'));
    expect((await compareRuns([files.path("a"), files.path("b")])).text).to.contain(
      "heliomarket 9.9.9",
    );
  });
});
