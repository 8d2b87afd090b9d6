import { expect } from "chai";

import { UserError } from "../../sim/errors.ts";
import { leastBytes, requireMemory } from "../../sim/memory.ts";
import { loadScenario } from "../../sim/scenario/load.ts";
import { simulate } from "../../sim/simulate.ts";

describe("requireMemory", () => {
  it("lets what comes with heliomarket run in the 2 GiB of a small machine", async () => {
    for (const name of ["small", "paper", "scale"]) {
      const { scenario } = await loadScenario(name);
      requireMemory(scenario, scenario.strategies.length, 2 ** 31);
    }
  });

  it("counts every strategy's rows and tasks, but not the tasks of a file", async () => {
    const { scenario } = await loadScenario("small");
    const one = leastBytes(scenario, 1);
    expect(leastBytes(scenario, 3)).to.equal(3 * one);
    expect(leastBytes({ ...scenario, hours: 2 * scenario.hours }, 1)).to.be.greaterThan(1.5 * one);
    const fromFile = { ...scenario, tasks: { ...scenario.tasks, file: "jobs.swf" } };
    expect(leastBytes(fromFile, 1)).to.be.greaterThan(0).and.lessThan(one);
  });

  it("refuses the largest size that a scenario may have before anything is made, and says what to do", async () => {
    const { scenario } = await loadScenario("scale", [
      "microgrids.count=10000",
      "microgrids.dataCentres=20",
    ]);
    const began = performance.now();
    const error: unknown = await simulate(scenario).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(performance.now() - began).to.be.lessThan(2000);
    expect(error).to.be.instanceOf(UserError);
    expect((error as UserError).message).to.match(
      /^The results of 200000 data centres × 168 hours × 1 strategies take at least 14\.\d GiB of memory, and Node\.js may use \d+\.\d GiB\. Lower microgrids\.count, .* NODE_OPTIONS=--max-old-space-size=29\d{3}\.$/,
    );
  });
});
