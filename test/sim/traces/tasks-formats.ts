import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { Random } from "../../../sim/random.ts";
import type { Imported } from "../../../sim/traces/imported.ts";
import type { Task } from "../../../sim/traces/task.ts";
import { readTasks } from "../../../sim/traces/tasks.ts";
import { busiestStart } from "../../../sim/traces/window.ts";
import { baseSeed } from "../../support/seed.ts";
import { TestFiles } from "../../support/files.ts";
import { taskProblems, workloadScenario, type Changes } from "../../support/workload.ts";

const reasons = ({ report }: Imported<Task[]>): [number, number, string][] =>
  report.dropped.map(({ firstLine, count, reason }) => [firstLine, count, reason]);

describe("readTasks, formats", () => {
  const files = new TestFiles();

  const read = async (content: string, changes: Changes = {}): Promise<Imported<Task[]>> =>
    readTasks(await files.write("tasks.txt", content), { scenario: workloadScenario(changes) });

  const refusal = async (content: string): Promise<string> => {
    const error: unknown = await read(content).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message;
  };

  describe("the Standard Workload Format", () => {
    /** A job's line; fields by their numbers in the standard, from 1. */
    const job = (fields: Record<number, string | number>, count = 18): string =>
      Array.from({ length: count }, (_, i) => fields[i + 1] ?? -1).join("  ");

    it("is read with its header", async () => {
      const { data, report } = await read(
        [
          "; Version: 2.2",
          ";   Note: none",
          "",
          `   ${job({ 1: 1, 2: 0, 4: 600, 5: 4, 7: 2048, 12: 3, 15: 0 })}`,
          job({ 1: 2, 2: 50, 4: 300, 5: 2, 10: 1024, 12: 103, 15: 1 }),
          "; a remark between jobs",
          job({ 1: 3, 2: 60, 4: 300, 5: -1, 8: 3, 15: -1 }),
        ].join("\r\n"),
      );
      expect(report).to.deep.include({ format: "Standard Workload Format", rows: 3, used: 3 });
      expect(
        data.map((t) => [
          t.submitSeconds,
          t.durationSeconds,
          t.cores,
          t.memoryMb,
          t.user,
          t.priority,
        ]),
      ).to.deep.equal([
        [0, 600, 4, 8, 3, true],
        [50, 300, 2, 2, 3, false],
        [60, 300, 3, 6144, 0, false],
      ]);
      expect(report.notes).to.include.members([
        "Jobs of queue 0 (interactive) are priority tasks, others are not.",
        "Tasks of unknown memory, taken as 2 GB per core: 1.",
        "Tasks without a user, given to the scenario's 100 in turn: 1.",
        "Tasks of users with numbers from 100 on, which begin again at 0: 1.",
      ]);
    });

    it("is read without a header, with times since 1970, more than 18 fields and decimals", async () => {
      const { data } = await read(
        [
          job({ 2: 1_400_000_100.4, 4: 99.6, 5: "2.0", 18: 5, 19: 7 }, 20),
          job({ 2: 1_400_000_000, 4: 0.2, 5: 1 }, 20),
        ].join("\n"),
      );
      expect(data.map((t) => [t.submitSeconds, t.durationSeconds, t.cores])).to.deep.equal([
        [0, 1, 1],
        [100, 100, 2],
      ]);
    });

    it("leaves out what is no job, with reason and first line", async () => {
      const imported = await read(
        [
          job({ 2: 0, 4: 60, 5: 1 }),
          job({ 2: 1, 4: 0, 5: 1 }),
          job({ 2: 1, 4: -1, 5: 1 }),
          job({ 2: 1, 4: "NaN", 5: 1 }),
          job({ 2: 1, 4: -7, 5: 1 }),
          job({ 2: 1, 4: 60, 5: 0, 8: -1 }),
          job({ 2: -1, 4: 60, 5: 1 }),
          job({ 2: 1, 4: 60, 5: 1, 11: 3 }),
          job({ 2: 1, 4: 60, 5: 1, 11: 5 }),
          job({ 2: 1, 4: 60 }, 11),
        ].join("\n"),
      );
      expect([imported.report.rows, imported.report.used]).to.deep.equal([10, 2]);
      expect(reasons(imported)).to.deep.equal([
        [2, 1, "run time is 0"],
        [3, 2, "run time is unknown"],
        [5, 1, "run time is negative"],
        [6, 1, "processors are unknown"],
        [7, 1, "submit time is unknown"],
        [8, 1, "part of a job that has a line of its own (status 2 to 4)"],
        [10, 1, "fewer than 18 fields"],
      ]);
    });

    it("has priority tasks by the scenario's share where queues are unknown", async () => {
      const text = Array.from({ length: 1000 }, (_, i) => job({ 2: i, 4: 60, 5: 1 })).join("\n");
      const { data, report } = await read(text, {
        priority: { count: 300 },
        deferrable: { count: 100 },
      });
      const count = data.filter(({ priority }) => priority).length;
      expect(count).to.be.within(695, 805); // four standard deviations
      expect(report.notes).to.include(
        `Tasks of unknown priority: 1000; drawn to be priority tasks, by the share of the scenario's counts (75.0 %): ${count}.`,
      );
    });

    it("begins where most is submitted, and says where", async () => {
      const times = [0, 10, 9000, 20_000, 20_001, 22_000, 27_199, 27_200, 40_000];
      const { data, report } = await read(
        times.map((time) => job({ 2: 500 + time, 4: 12_000, 5: 1 })).join("\n"),
        { run: { hours: 8 }, tasks: { startSeconds: 9000 } },
      );
      expect(data.map((t) => t.submitSeconds)).to.deep.equal([0, 11_000, 11_001, 13_000]);
      expect(report.notes[0]).to.match(
        /^The run begins 9000 s \(0\.10 days\) after the file's first/,
      );

      const chosen = await read(
        times.map((time) => job({ 2: 500 + time, 4: 12_000, 5: 1 })).join("\n"),
        { run: { hours: 4 } },
      );
      expect(chosen.report.notes.slice(0, 2)).to.deep.equal([
        "The run begins 20000 s (0.23 days) after the file's first submission, where most is submitted; tasks submitted in its 4 hours: 5 of 9.",
        "Tasks left out that were submitted before the run and would still run at its start: 1.",
      ]);
      expect(reasons(chosen).map(([, count, reason]) => [count, reason])).to.deep.equal([
        [3, "submitted before the run"],
        [2, "submitted too late to be done before the run ends"],
        [1, "submitted after the run"],
      ]);
    });

    for (const [title, text, message] of [
      [
        "too few fields",
        "1 2 3 4 5 6\n",
        "tasks.txt:1: 6 fields, but the Standard Workload Format has 18",
      ],
      ["comments alone", "; Version: 2.2\n;\n", "there are comments, but no jobs."],
      [
        "words",
        job({ 2: 0, 4: "x", 5: 1 }),
        'tasks.txt:1: field 4 (run time) is "x", not a number.',
      ],
      [
        "huge numbers",
        job({ 2: 1e15, 4: 1, 5: 1 }),
        "field 2 (submit time) is 1000000000000000; the",
      ],
      ["huge sizes", job({ 2: 0, 4: 1, 5: 2e6 }), "field 5 (allocated processors) is 2000000; the"],
    ] as const) {
      it(`is refused with ${title}`, async () => {
        expect(await refusal(text)).to.contain(message);
      });
    }
  });

  describe("the pod list", () => {
    const HEADER =
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time";

    it("is read", async () => {
      const { data, report } = await read(
        [
          HEADER,
          "a,4000,8192,1,460,,LS,Running,100,800,130",
          "b,3152,5600,0,,,BE,Failed,110,700,120",
          "c,1000,,0,,,Burstable,Succeeded,120,700,120",
          "d,1000,1024,0,,,Guaranteed,Running,130,700,130",
        ].join("\n"),
      );
      expect(
        data.map((t) => [
          t.submitSeconds,
          t.durationSeconds,
          t.cores,
          t.memoryMb,
          t.user,
          t.priority,
        ]),
      ).to.deep.equal([
        [0, 670, 4, 8192, 0, true],
        [10, 580, 4, 5600, 1, false],
        [20, 580, 1, 2048, 2, false],
        [30, 570, 1, 1024, 3, true],
      ]);
      expect(report).to.deep.include({ format: "openb pod list", rows: 4, used: 4, dropped: [] });
      expect(report.notes.slice(0, 3)).to.deep.equal([
        "LS and Guaranteed pods are priority tasks, BE and Burstable pods are not.",
        "Pods of the file whose CPU is rounded up to whole cores: 1.",
        "Pods of the file that ask for GPUs, which are left out: 1.",
      ]);
    });

    it("leaves out what never ran, with reason and first line", async () => {
      const imported = await read(
        [
          "cpu_milli,qos,creation_time,deletion_time,scheduled_time",
          "1000,LS,0,90,0",
          "1000,LS,0,90,",
          "1000,LS,0,,0",
          "1000,LS,0,40,40",
          "1000,LS,0,40,41",
          "0,LS,0,90,0",
          "1000,LS,,90,0",
          "1000,LS,0,90,",
        ].join("\n"),
      );
      expect(reasons(imported)).to.deep.equal([
        [3, 2, "never scheduled (no scheduled_time)"],
        [4, 1, "end is unknown (no deletion_time)"],
        [5, 1, "run time is 0"],
        [6, 1, "run time is negative"],
        [7, 1, "no CPU is asked for"],
        [8, 1, "creation_time is unknown"],
      ]);
      expect(imported.report.used).to.equal(1);
    });

    it("is refused without its columns", async () => {
      expect(await refusal("name,cpu_milli,creation_time\na,1,2\n")).to.contain(
        "tasks.txt:1: a pod list needs deletion_time, scheduled_time, too; the header has name, cpu_milli, creation_time.",
      );
    });
  });

  describe("busiestStart", () => {
    it("is where a search through all windows finds most", () => {
      const random = new Random(`${baseSeed()}/window`);
      for (let i = 0; i < 300; i += 1) {
        const times = Array.from({ length: random.int(1, 40) }, () => random.int(0, 100));
        times.sort((a, b) => a - b);
        const length = random.int(1, 60);
        const count = (start: number): number =>
          times.filter((time) => time >= start && time < start + length).length;
        const most = Math.max(...Array.from({ length: 101 }, (_, start) => count(start)));
        expect(busiestStart(times, length)).to.equal(times.find((time) => count(time) === most));
      }
    });
  });

  /** Logs that other people measured, which the project does not ship. */
  describe("measured logs", () => {
    for (const [name, rows, format] of [
      ["jobs_NASA-iPSC-1993-3.1-cln.swf", 18_239, "Standard Workload Format"],
      ["jobs_openb_pod_list_default.csv", 8152, "openb pod list"],
    ] as const) {
      it(`reads ${name}`, async function () {
        const path = fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));
        try {
          await access(path);
        } catch {
          console.log(`      ${name} is not beside the repository, in ../shared/data`);
          this.skip();
        }
        for (const oversize of ["split", "drop"] as const) {
          const scenario = workloadScenario({ tasks: { oversize } });
          const { data, report } = await readTasks(path, { scenario });
          expect(report).to.include({ rows, format });
          expect(taskProblems(data, scenario)).to.deep.equal([]);
          const dropped = report.dropped.reduce((sum, { count }) => sum + count, 0);
          expect(report.used + dropped).to.equal(rows);
          expect(report.used).to.be.above(oversize === "split" ? 1800 : 400);
        }
      });
    }
  });
});
