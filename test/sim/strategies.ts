import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";

import { expect } from "chai";

import { UserError } from "../../sim/errors.ts";
import { PowerCurve } from "../../sim/physics/server.ts";
import { loadScenario } from "../../sim/scenario/load.ts";
import { Rack, type Job } from "../../sim/scheduling/rack.ts";
import { opportunistic } from "../../sim/scheduling/scheduler.ts";
import { simulate } from "../../sim/simulate.ts";
import { loadRules, strategyOf } from "../../sim/strategies.ts";
import { TestFiles } from "../support/files.ts";

/** For imports of files that are written elsewhere. */
const SCHEDULER = JSON.stringify(resolve("sim/scheduling/scheduler.ts"));

const EXAMPLE = "examples/strategy.ts";

describe("the example of a strategy", () => {
  it("stands in the documentation as it is", async () => {
    const [document, example] = await Promise.all([
      readFile("docs/strategies.md", "utf8"),
      readFile(EXAMPLE, "utf8"),
    ]);
    expect(document).to.include(`\`\`\`ts\n${example}\`\`\`\n`);
  });

  it("takes its prices from the paper's scheduler", async () => {
    const rules = await loadRules(EXAMPLE);
    expect(rules.name).to.equal("steady-sun");
    expect(rules.scheduler).not.to.equal(opportunistic);
    const { pricing, usesPv } = strategyOf("opportunistic");
    expect(rules).to.include({ pricing, usesPv });
    expect(strategyOf("steady-sun+esd", [rules])).to.include({ esd: true, transfer: false });
  });

  it("keeps every deadline, and uses more sun than work that runs at once", async () => {
    const { scenario } = await loadScenario("small");
    const custom = [await loadRules(EXAMPLE)];
    const { strategies } = await simulate(scenario, {
      strategies: ["contract-only+esd+transfer", "steady-sun+esd+transfer"],
      custom,
      check: true,
    });
    const [atOnce, own] = strategies.map(({ summary }) => summary);
    expect(own).to.include({ tasksLate: 0, tasksCompleted: 80, matchRate: 1 });
    expect(own!.pvUtilisation).to.be.above(atOnce!.pvUtilisation);
    expect(own!.importKwh).to.be.below(atOnce!.importKwh);
  });

  describe("with a server's worth of work", () => {
    const job = (changes: Partial<Job> = {}): Job => ({
      cores: 6,
      memoryMb: 1024,
      priority: false,
      deadlineHour: 23,
      remaining: 4 * 6 * 3600,
      started: false,
      running: false,
      placed: false,
      server: -1,
      waited: 0,
      ...changes,
    });

    /** Plans hour 12 and says which jobs run. */
    async function ran(jobs: readonly Job[], ...ahead: number[]): Promise<boolean[]> {
      const rack = new Rack({
        servers: 5,
        cores: 6,
        memoryMb: 32_768,
        curve: new PowerCurve([97, 152, 170, 188, 201, 220]),
        switchOffIdle: true,
        coolingW: 0,
      });
      const [forecastWh = 0] = ahead;
      const { scheduler } = await loadRules(EXAMPLE);
      scheduler.plan({ hour: 12, forecastWh, ahead: Float64Array.from(ahead), jobs, rack });
      return jobs.map(({ placed }) => placed);
    }

    it("starts it if both hours' sun carries it", async () => {
      expect(await ran([job()], 230, 230)).to.deep.equal([true]);
      expect(await ran([job()], 230, 210)).to.deep.equal([false]);
      expect(await ran([job()], 210, 230)).to.deep.equal([false]);
    });

    it("goes on with what runs while this hour's sun carries it", async () => {
      expect(await ran([job({ running: true })], 230, 0)).to.deep.equal([true]);
      expect(await ran([job({ running: true })], 210, 230)).to.deep.equal([false]);
    });

    it("prefers what runs, then what can wait least", async () => {
      const jobs = [job(), job({ deadlineHour: 20 }), job({ running: true })];
      expect(await ran(jobs, 230, 230)).to.deep.equal([false, false, true]);
      expect(await ran(jobs.slice(0, 2), 230, 230)).to.deep.equal([false, true]);
    });

    it("runs priority work and work whose slack is used up without sun", async () => {
      const jobs = [job({ priority: true }), job({ deadlineHour: 15 }), job()];
      expect(await ran(jobs, 0, 0)).to.deep.equal([true, true, false]);
    });
  });
});

describe("loadRules", () => {
  const files = new TestFiles();

  /** What is said of a file with this text. */
  async function refused(text: string): Promise<string> {
    // A name of its own each time: a module is loaded once.
    count += 1;
    const file = await files.write(`rules-${count}.ts`, text);
    return (await errorOf(file)).replace(file, "FILE");
  }
  let count = 0;

  async function errorOf(file: string): Promise<string> {
    const error: unknown = await loadRules(file).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message;
  }

  const lacks = (what: string): string =>
    `The default export of FILE lacks ${what}; docs/strategies.md shows one.`;
  const NAME = lacks("a `name` of lower-case letters, digits and hyphens");

  it("says that a file is not there", async () => {
    expect(await errorOf(files.path("nowhere.ts"))).to.match(
      /^The strategy .*nowhere\.ts cannot be /,
    );
  });

  it("says how a file ended", async () => {
    expect(await refused('throw new Error("no licence");')).to.equal(
      "The strategy FILE cannot be loaded: no licence",
    );
  });

  it("asks for a name", async () => {
    expect(await refused('export const name = "mine";')).to.equal(NAME);
    expect(await refused("export default null;")).to.equal(NAME);
    expect(await refused("export default {};")).to.equal(NAME);
    expect(await refused('export default { name: "My rule" };')).to.equal(NAME);
  });

  it("keeps its own names", async () => {
    expect(await refused('export default { name: "opportunistic" };')).to.equal(
      lacks('a `name` that is not one of heliomarket\'s own, as "opportunistic" is'),
    );
  });

  it("asks for functions", async () => {
    expect(await refused('export default { name: "mine", scheduler: {} };')).to.equal(
      lacks("a `scheduler` with a function `plan`"),
    );
    expect(await refused('export default { name: "mine", pricing: {} };')).to.equal(
      lacks("a `pricing` with a function `offers`"),
    );
  });

  const HORIZON = "a `scheduler` with whole `horizonHours` from 1 to 23";

  it("asks for a horizon", async () => {
    expect(
      await refused('export default { name: "mine", scheduler: { plan: () => 0 } };'),
    ).to.equal(lacks(HORIZON));
    for (const hours of ["24", "0", "1.5", '"6"'])
      expect(
        await refused(
          `export default { name: "mine", scheduler: { horizonHours: ${hours}, plan: () => 0 } };`,
        ),
      ).to.equal(lacks(HORIZON));
  });

  /** What is said of a rule that fails while a scenario runs. */
  async function failed(rule: string, imports = ""): Promise<string> {
    const { scenario } = await loadScenario("small", ["hours=6"]);
    count += 1;
    const file = await files.write(
      `rules-${count}.ts`,
      `${imports}\nexport default { name: "mine", ${rule} };`,
    );
    const custom = [await loadRules(file)];
    const error: unknown = await simulate(scenario, { custom, strategies: ["mine"] }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message.replace(file, "FILE");
  }

  it("names the file of a rule that fails while it runs", async () => {
    const plan = (body: string): Promise<string> =>
      failed(`scheduler: { horizonHours: 1, defers: false, plan() { ${body} } }`);
    expect(await plan('throw new Error("no idea")')).to.equal(
      "The scheduler of FILE failed in hour 0: no idea",
    );
    expect(await plan("")).to.contain("plan must return a number, not undefined");
    const offer = (fields: string, times = 1): Promise<string> => {
      const one = `{ priceYuanPerKWh: 1, energyWh: 1000, cores: 1, ${fields} }`;
      return failed(`pricing: { offers: () => Array(${times}).fill(${one}) }`);
    };
    expect(await offer("priceYuanPerKWh: -0.5")).to.contain("a price must be from 0 to 4294");
    expect(await offer("priceYuanPerKWh: NaN")).to.contain("a price must be from 0 to 4294");
    expect(await offer("energyWh: 0")).to.contain("energy must be from 1 Wh");
    expect(await offer("cores: 1.5")).to.contain("cores must be a whole number");
    expect(await offer("cores: 1000")).to.contain("1000 cores are offered where");
    expect(await offer("", 17)).to.contain("at most 16 offers, not 17");
    for (const [returned, shown] of [
      ["null", "null"],
      ["undefined", "undefined"],
      ["({ cores: 1 })", "{ cores: 1 }"],
      ["[null]", "[ null ]"],
      ["Array(1)", "[ <1 empty item> ]"],
      ["Promise.resolve([])", "Promise { [] }"],
    ] as const)
      expect(await failed(`pricing: { offers: () => ${returned} }`)).to.equal(
        "The pricing of FILE failed in hour 1: offers must return a list of offers, each { priceYuanPerKWh, energyWh, cores }, " +
          `or an empty list, not ${shown}`,
      );
  });

  describe("watches a scheduler, and names hour and job of", () => {
    const PLACE_FIRST = `import { placeFirst } from ${SCHEDULER};`;

    /** What is said of a plan that begins like the paper's and goes on with `body`. */
    const planned = (body: string): Promise<string> =>
      failed(
        `scheduler: { horizonHours: 6, defers: false, plan({ hour, jobs, rack }) {
          placeFirst(jobs, hour, rack);
          ${body}
          return 0;
        } }`,
        PLACE_FIRST,
      );
    const JOB = String.raw`^The scheduler of FILE failed in hour \d+: the job of contract \d+ \(\d+ cores\)`;

    it("work that is placed where there is no room", async () => {
      expect(
        await planned("for (const job of jobs) if (!job.placed) rack.place(job, 99);"),
      ).to.match(new RegExp(`${JOB} has no room on server 99; take the one that rack.serverFor`));
      expect(
        await planned("for (const job of jobs) if (!job.placed) rack.place(job, -1);"),
      ).to.match(new RegExp(`${JOB} has no room on server -1;`));
    });

    it("work that is removed and is not placed", async () => {
      expect(await planned("for (const job of jobs) if (!job.placed) rack.remove(job);")).to.match(
        new RegExp(`${JOB} is not placed`),
      );
    });

    it("priority work that is interrupted", async () => {
      const interrupted =
        "for (const job of jobs) if (job.priority && job.running) rack.remove(job);";
      expect(await planned(interrupted)).to.match(
        new RegExp(`${JOB} is priority work that was running, and is interrupted; call placeFirst`),
      );
    });

    it("what is written to a job", async () => {
      for (const [written, field] of [
        ["job.remaining = 1", "remaining"],
        ["job.deadlineHour += 24", "deadlineHour"],
        ["job.priority = false", "priority"],
        ["job.cores = 1", "cores"],
      ] as const) {
        expect(await planned(`for (const job of jobs) if (job.priority) { ${written}; }`)).to.match(
          new RegExp(`${JOB} had its \`${field}\` changed from .* to .*; only read it`),
        );
      }
      expect(await planned("for (const job of jobs) job.placed = !job.placed;")).to.match(
        new RegExp(`${JOB} had its \`placed\` changed`),
      );
      expect(await planned("for (const job of jobs) if (job.placed) job.server += 1;")).to.match(
        new RegExp(`${JOB} had its \`server\` changed`),
      );
    });

    it("a copy that is placed", async () => {
      expect(
        await planned("for (const job of jobs) rack.place({ ...job, placed: false });"),
      ).to.match(new RegExp(`${JOB} is placed, but is none of \`jobs\``));
    });
  });

  it("leaves a scheduler's own lists to it", async () => {
    const { scenario } = await loadScenario("small", ["hours=6"]);
    const file = await files.write(
      "lists.ts",
      `import { opportunistic } from ${SCHEDULER};
      export default { name: "mine", scheduler: { ...opportunistic, plan(view) {
        const gap = opportunistic.plan(view);
        view.jobs.length = 0;
        view.ahead.fill(0);
        return gap;
      } } };`,
    );
    const custom = [await loadRules(file)];
    const { strategies } = await simulate(scenario, {
      custom,
      strategies: ["mine+esd", "opportunistic+esd"],
    });
    const [mine, papers] = strategies;
    expect(mine?.hourly).to.deep.equal(papers?.hourly);
  });

  it("says that a rule is in no strategy of the run", async () => {
    const { scenario } = await loadScenario("small", ["hours=6"]);
    const custom = [await loadRules(EXAMPLE)];
    const error: unknown = await simulate(scenario, { custom }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(UserError);
    expect((error as UserError).message).to.contain("No strategy of the run is steady-sun");
  });

  it("asks for a rule", async () => {
    expect(await refused('export default { name: "mine" };')).to.equal(
      lacks("a `scheduler` or a `pricing`"),
    );
  });

  it("takes a pricing rule with the paper's scheduler", async () => {
    const file = files.path("pricing.ts");
    await writeFile(file, 'export default { name: "mine", pricing: { offers: () => [] } };');
    expect((await loadRules(file)).scheduler).to.equal(opportunistic);
  });
});
