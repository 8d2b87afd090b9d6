import { expect } from "chai";

import { loadScenario } from "../../../sim/scenario/load.ts";
import { editDistance, nearest } from "../../../sim/scenario/nearest.ts";
import { scaled } from "../../../sim/scenario/scaled.ts";
import { parseStrategy } from "../../../sim/scenario/strategy.ts";

describe("nearest", () => {
  it("counts letters that are added, taken out, changed or swapped", () => {
    for (const [a, b, distance] of [
      ["", "abc", 3],
      ["abc", "", 3],
      ["abc", "abc", 0],
      ["abc", "abd", 1],
      ["abc", "acb", 1],
      ["kitten", "sitting", 3],
    ] as const) {
      expect(editDistance(a, b), `${a} ${b}`).to.equal(distance);
    }
  });

  it("finds what was meant, or nothing", () => {
    const names = ["capacityWh", "chemistry", "initialShare"];
    expect(nearest("capacity", names)).to.equal("capacityWh");
    expect(nearest("CAPACITYWH", names)).to.equal("capacityWh");
    expect(nearest("chemisrty", names)).to.equal("chemistry");
    expect(nearest("colour", names)).to.equal(undefined);
    expect(nearest("x", [])).to.equal(undefined);
  });
});

describe("parseStrategy", () => {
  for (const [name, base, esd, transfer] of [
    ["grid-only", "grid-only", false, false],
    ["contract-only", "contract-only", false, false],
    ["opportunistic+esd", "opportunistic", true, false],
    ["opportunistic+transfer", "opportunistic", false, true],
    ["opportunistic+esd+transfer", "opportunistic", true, true],
    ["mine+esd", "mine", true, false],
  ] as const) {
    it(`takes ${name} apart`, () => {
      expect(parseStrategy(name, ["mine"])).to.deep.equal({ name, base, esd, transfer });
    });
  }

  for (const name of [
    "",
    "+esd",
    "opportunistic ",
    "opportunistic+esd+esd",
    "opportunistic+transfer+esd",
    "Opportunistic",
    "mine",
  ]) {
    it(`refuses "${name}" with the list`, () => {
      expect(() => parseStrategy(name)).to.throw(
        /is no strategy(\.|; did you mean .*\?) There are grid-only, contract-only, opportunistic, look-ahead, each/,
      );
    });
  }
});

describe("scaled", () => {
  it("scales tasks and users with the microgrids", async () => {
    const { scenario } = await loadScenario("paper");
    const { microgrids, tasks } = scaled(scenario, 1000);
    expect(microgrids).to.deep.equal({ ...scenario.microgrids, count: 1000 });
    expect([tasks.users, tasks.priority.count, tasks.deferrable.count]).to.deep.equal([
      10_000, 78_700, 314_800,
    ]);
    expect(scaled(scenario, 10)).to.deep.equal(scenario);
    expect(scaled((await loadScenario("small")).scenario, 1).tasks.users).to.equal(4);
  });

  it("refuses sizes that there are not, and workloads from files", async () => {
    const { scenario } = await loadScenario("small");
    for (const size of [0, 1.5, 10_001, Number.NaN]) {
      expect(() => scaled(scenario, size)).to.throw("from 1 to 10000, is");
    }
    const fromFile = { ...scenario, tasks: { ...scenario.tasks, file: "jobs.swf" } };
    expect(() => scaled(fromFile, 3)).to.throw("comes from jobs.swf");
    expect(scaled(fromFile, 2)).to.deep.equal(fromFile);
  });
});
