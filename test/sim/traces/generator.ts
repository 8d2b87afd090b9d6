import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { Random } from "../../../sim/random.ts";
import { drawDurations } from "../../../sim/traces/durations.ts";
import { generateTasks } from "../../../sim/traces/generator.ts";
import { Submissions } from "../../../sim/traces/submissions.ts";
import type { Task } from "../../../sim/traces/task.ts";
import { AUCTION_HOURS } from "../../../sim/traces/terms.ts";
import { baseSeed } from "../../support/seed.ts";
import { taskProblems, workloadScenario, type Changes } from "../../support/workload.ts";

const HOUR = 3600;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const generate = (changes: Changes = {}): Task[] => generateTasks(workloadScenario(changes));

/** Short tasks, so that none has to be submitted early. */
const SHORT = { meanHours: 0.1, meanSlackHours: 0 };

describe("generateTasks", () => {
  describe("calibration", () => {
    const tasks = generate();
    const priority = tasks.filter((task) => task.priority);
    const deferrable = tasks.filter((task) => !task.priority);

    it("gives the paper's counts", () => {
      expect(priority).to.have.length(787);
      expect(deferrable).to.have.length(3148);
    });

    it("gives the paper's mean durations, to a second", () => {
      expect(mean(priority.map((t) => t.durationSeconds))).to.be.closeTo(12 * HOUR, 1);
      expect(mean(deferrable.map((t) => t.durationSeconds))).to.be.closeTo(6 * HOUR, 1);
    });

    it("gives durations that are skewed: the median is well below the mean", () => {
      const sorted = deferrable.map((t) => t.durationSeconds).sort((a, b) => a - b);
      expect(sorted[1574]! / (6 * HOUR)).to.be.closeTo(Math.exp(-0.5), 0.05);
    });

    it("asks for about a third of all cores", () => {
      const coreHours = tasks.reduce((sum, t) => sum + (t.cores * t.durationSeconds) / HOUR, 0);
      expect(coreHours / (10 * 3 * 5 * 6 * 168)).to.be.closeTo(0.365, 0.03);
    });

    it("has the shares of cores", () => {
      for (const [cores, share] of [
        [1, 0.45],
        [2, 0.35],
        [4, 0.2],
      ] as const) {
        // Four standard deviations of a share of 3,935.
        expect(tasks.filter((t) => t.cores === cores).length / 3935).to.be.closeTo(share, 0.032);
      }
    });

    it("has the mean memory per core, varied by a fifth at most", () => {
      const perCore = tasks.map((t) => t.memoryMb / t.cores / 1024);
      expect(mean(perCore)).to.be.closeTo(2, 0.03);
      expect(Math.min(...perCore)).to.be.within(1.599, 1.65);
      expect(Math.max(...perCore)).to.be.within(2.35, 2.401);
      expect(tasks.every((t) => t.stateMb === t.memoryMb)).to.equal(true);
    });

    it("spreads tasks over users and prices over their ranges", () => {
      expect(new Set(tasks.map((t) => t.user)).size).to.equal(100);
      expect(mean(priority.map((t) => t.maxPriceYuanPerKWh))).to.be.closeTo(1.4, 0.02);
      expect(mean(deferrable.map((t) => t.maxPriceYuanPerKWh))).to.be.closeTo(1.3, 0.01);
    });

    it("gives priority tasks no more than the auction and the rest of an hour", () => {
      for (const task of priority) {
        const wait = task.deadlineSeconds - task.submitSeconds - task.durationSeconds;
        expect(wait).to.be.within(AUCTION_HOURS * HOUR, (AUCTION_HOURS + 1) * HOUR - 1);
      }
    });
  });

  it("gives the mean slack where the end does not cut it", () => {
    const tasks = generate({
      run: { hours: 8000 },
      priority: { count: 0 },
      deferrable: { ...SHORT, count: 20_000, meanSlackHours: 12 },
    });
    const slack = tasks.map((t) => t.deadlineSeconds - t.submitSeconds - t.durationSeconds);
    // Floored to whole hours: half an hour less. Four standard deviations are 0.34 h.
    expect(mean(slack) / HOUR).to.be.closeTo(AUCTION_HOURS + 12 - 0.5, 0.4);
  });

  describe("the daily swing", () => {
    const days = 20;
    const changes = (start: string, dailySwing: number): Changes => ({
      run: { start, hours: days * 24 + AUCTION_HOURS, seed: 7 },
      tasks: { dailySwing },
      priority: { count: 0 },
      deferrable: { ...SHORT, count: 48_000 },
    });

    /** Pearson's statistic of submissions by hour of the day, against the swing; 23 degrees of freedom. */
    const chiSquare = (start: string, swing: number, assumed = swing): number => {
      const counts = new Float64Array(24);
      const offset = new Date(start).getUTCHours();
      for (const task of generate(changes(start, swing))) {
        counts[(Math.floor(task.submitSeconds / HOUR) + offset) % 24]! += 1;
      }
      return counts.reduce((sum, count, hour) => {
        const turn = (h: number): number => Math.sin((2 * Math.PI * (h - 14)) / 24);
        const share = 1 + (assumed * 24 * (turn(hour + 1) - turn(hour))) / (2 * Math.PI);
        const expected = 2000 * share;
        return sum + (count - expected) ** 2 / expected;
      }, 0);
    };

    for (const [start, swing] of [
      ["2015-06-22T00:00:00Z", 0.5],
      ["2015-06-22T17:00:00Z", 0.5],
      ["2015-06-22T00:00:00Z", 1],
      ["1969-12-31T05:00:00Z", 0.3],
      ["2015-06-22T00:00:00Z", 0],
    ] as const) {
      it(`is ${swing} around 14:00 UTC in a run from ${start}`, () => {
        expect(chiSquare(start, swing)).to.be.below(49.7); // 0.1 %
      });
    }

    it("would be seen if it were another", () => {
      expect(chiSquare("2015-06-22T00:00:00Z", 0.5, 0.4)).to.be.above(49.7);
    });

    it("draws within a window in which hardly anything is submitted", () => {
      const submissions = new Submissions("2015-06-22T02:00:00Z", 1);
      const random = new Random("night");
      for (let i = 0; i < 100; i += 1) expect(submissions.draw(random, 2)).to.be.within(0, 2);
      expect(submissions.draw(random, 0)).to.equal(0);
    });

    it("refuses a start that is no date", () => {
      expect(() => new Submissions("monday", 0.5)).to.throw(UserError, 'start is "monday"; write');
    });
  });

  it("is the same for the same seed, and another for another", () => {
    expect(generate({ run: { seed: 3 } })).to.deep.equal(generate({ run: { seed: 3 } }));
    expect(generate({ run: { seed: 3 } })).not.to.deep.equal(generate({ run: { seed: 4 } }));
  });

  it("gives no tasks where none are asked for, however short the run", () => {
    const none = { count: 0 };
    expect(generate({ run: { hours: 1 }, priority: none, deferrable: none })).to.deep.equal([]);
  });

  it("gives a single task the mean duration", () => {
    const [task] = generate({ priority: { count: 1 }, deferrable: { count: 0 } });
    expect(task?.durationSeconds).to.equal(12 * HOUR);
  });

  it("caps memory at a server's share per core", () => {
    const tasks = generate({ tasks: { memoryGbPerCore: 64 } });
    expect(Math.max(...tasks.map((t) => t.memoryMb / t.cores))).to.be.at.most((32 * 1024) / 6);
  });

  it("cuts and stretches in a run that is hardly longer than the mean", () => {
    const tasks = generate({ run: { hours: 10 }, deferrable: { count: 0 } });
    const durations = tasks.map((t) => t.durationSeconds);
    expect(Math.max(...durations)).to.equal(7 * HOUR);
    expect(mean(durations)).to.be.within(5 * HOUR, 7 * HOUR);
    expect(new Set(durations).size).to.be.above(50);
  });

  for (const [title, changes, message] of [
    ["a run shorter than the auction", { run: { hours: 3 } }, "hours is 3: a task needs 3 hours"],
    [
      "tasks wider than a server",
      { server: { cores: 2 } },
      "tasks of 4 cores, but server.cores is 2",
    ],
    [
      "shares that are all 0",
      { tasks: { coreShares: [{ cores: 1, share: 0 }] } },
      "tasks.coreShares has no share above 0.",
    ],
    [
      "prices the wrong way round",
      { deferrable: { lowestMaxPrice: 2 } },
      "tasks.deferrable.lowestMaxPrice is 2, above highestMaxPrice, 1.5",
    ],
  ] satisfies [string, Changes, string][]) {
    it(`refuses ${title}`, () => {
      expect(() => generate(changes)).to.throw(UserError, message);
    });
  }

  it("keeps every field in its bounds, whatever the scenario", () => {
    for (let i = 0; i < 150; i += 1) {
      const seed = `${baseSeed()}/generator/${i}`;
      const random = new Random(seed);
      const cores = random.int(1, 16);
      const of = (): object => {
        const lowestMaxPrice = random.next() * 2;
        return {
          count: random.int(0, 60),
          meanHours: random.pick([0.1, 1, 6, 12, 100, 1000]),
          meanSlackHours: random.pick([0, 1, 12, 1000]),
          lowestMaxPrice,
          highestMaxPrice: lowestMaxPrice + random.pick([0, random.next()]),
        };
      };
      const scenario = workloadScenario({
        run: {
          seed: random.int(0, 1e6),
          hours: random.pick([4, 5, 24, 168, 720]),
          start: new Date(random.int(0, 2e9) * 1000).toISOString(),
        },
        server: { cores, memoryGb: random.pick([1, 7.3, 32]) },
        tasks: {
          users: random.int(1, 9),
          dailySwing: random.pick([0, 0.5, 1]),
          memoryGbPerCore: random.pick([0.1, 2, 64]),
          coreShares: Array.from({ length: random.int(1, 4) }, () => ({
            cores: random.int(1, cores),
            share: 0.01 + random.next(),
          })),
        },
        priority: of(),
        deferrable: of(),
      });
      const tasks = generateTasks(scenario);
      const { priority, deferrable } = scenario.tasks;
      expect(tasks, seed).to.have.length(priority.count + deferrable.count);
      expect(taskProblems(tasks, scenario), seed).to.deep.equal([]);
      for (const task of tasks) {
        const { lowestMaxPrice, highestMaxPrice } = task.priority ? priority : deferrable;
        const least = task.submitSeconds + task.durationSeconds + AUCTION_HOURS * HOUR;
        expect(task.durationSeconds, seed).to.be.at.least(300);
        expect(task.deadlineSeconds, seed).to.be.at.least(least);
        expect(task.deadlineSeconds % HOUR, seed).to.equal(0);
        expect(task.memoryMb / task.cores, seed).to.be.at.most(
          (scenario.server.memoryGb * 1024) / cores,
        );
        expect(task.maxPriceYuanPerKWh, seed).to.be.within(lowestMaxPrice, highestMaxPrice);
        expect(Number.isInteger(task.submitSeconds + task.durationSeconds), seed).to.equal(true);
      }
    }
  });

  it("generates the workload of 1,000 microgrids in a few seconds", function () {
    this.timeout(20_000);
    const begin = performance.now();
    expect(
      generate({ priority: { count: 78_700 }, deferrable: { count: 314_800 } }),
    ).to.have.length(393_500);
    expect(performance.now() - begin).to.be.below(10_000);
  });
});

describe("drawDurations", () => {
  it("keeps the mean when long ones are cut", () => {
    const durations = drawDurations(new Random("cut"), 1000, 12 * HOUR, 24 * HOUR);
    expect(mean([...durations])).to.be.closeTo(12 * HOUR, 1);
    expect(Math.max(...durations)).to.equal(24 * HOUR);
  });

  it("gives an empty list for no tasks", () => {
    expect(drawDurations(new Random("none"), 0, HOUR, HOUR)).to.have.length(0);
  });
});
