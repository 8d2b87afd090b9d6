import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { Random } from "../../../sim/random.ts";
import type { Scenario } from "../../../sim/scenario/schema.ts";
import { generateTasks } from "../../../sim/traces/generator.ts";
import type { Imported } from "../../../sim/traces/imported.ts";
import type { Task } from "../../../sim/traces/task.ts";
import { readTasks, tasksToCsv } from "../../../sim/traces/tasks.ts";
import { baseSeed } from "../../support/seed.ts";
import { TestFiles } from "../../support/files.ts";
import { taskProblems, workloadScenario, type Changes } from "../../support/workload.ts";

const HEADER = "id,user,cores,memory_mb,state_mb,submit_s,duration_s,deadline_s,priority,max_price";

describe("readTasks", () => {
  const files = new TestFiles();

  const read = async (
    content: string | Uint8Array,
    changes: Changes = {},
  ): Promise<Imported<Task[]>> =>
    readTasks(await files.write("tasks.txt", content), { scenario: workloadScenario(changes) });

  /** The message, with the file's name for its path. */
  const refusal = async (content: string | Uint8Array, changes: Changes = {}): Promise<string> => {
    const path = await files.write("tasks.txt", content);
    try {
      await readTasks(path, { scenario: workloadScenario(changes) });
    } catch (error) {
      if (error instanceof UserError) return error.message.replaceAll(path, "tasks.txt");
      throw error;
    }
    throw new Error("The file was read.");
  };

  describe("our own CSV", () => {
    it("is read column by column", async () => {
      const { data, report } = await read(`${HEADER}\n0,7,2,4096,1024,60.5,7200,9000,true,1.25\n`);
      expect(data).to.deep.equal([
        {
          id: 0,
          user: 7,
          cores: 2,
          memoryMb: 4096,
          stateMb: 1024,
          submitSeconds: 60.5,
          durationSeconds: 7200,
          deadlineSeconds: 9000,
          priority: true,
          maxPriceYuanPerKWh: 1.25,
        },
      ]);
      expect(report).to.deep.equal({
        file: files.path("tasks.txt"),
        format: "heliomarket task CSV",
        rows: 1,
        used: 1,
        dropped: [],
        notes: [],
      });
    });

    it("gives back exactly what was written", async () => {
      for (const changes of [{}, { run: { hours: 30, seed: 9 } }, { run: { hours: 4 } }]) {
        const tasks = generateTasks(workloadScenario(changes));
        const { data, report } = await read(tasksToCsv(tasks), changes);
        expect(data).to.deep.equal(tasks);
        expect(report.dropped.length + report.notes.length).to.equal(0);
      }
    });

    it("gives back tasks with tiny, long and odd numbers", async () => {
      const task = {
        id: 0,
        user: 0,
        cores: 6,
        memoryMb: 0.1 + 0.2,
        stateMb: 1e-9,
        submitSeconds: 1 / 3,
        durationSeconds: 1e5 / 7,
        deadlineSeconds: 1.7e5,
        priority: false,
        maxPriceYuanPerKWh: 1e-7,
      };
      expect((await read(tasksToCsv([task]))).data).to.deep.equal([task]);
    });

    it("takes a byte order mark, CRLF, semicolons, quotes, spaces, other orders and empty lines", async () => {
      const { data } = await read(
        '\uFEFF"Duration_s"; priority ;cores;submit_s\r\n\r\n600;yes;"3";10\r\n700; 0 ;1;5\r\n\r\n',
      );
      expect(
        data.map((t) => [t.submitSeconds, t.durationSeconds, t.cores, t.priority]),
      ).to.deep.equal([
        [5, 700, 1, false],
        [10, 600, 3, true],
      ]);
    });

    it("draws what the file does not say, and says so", async () => {
      const rows = Array.from({ length: 500 }, (_, i) => `1,${i * 60},600`).join("\n");
      const { data, report } = await read(`cores,submit_s,duration_s\n${rows}`, {
        tasks: { users: 3 },
      });
      expect(data.slice(0, 4).map(({ user }) => user)).to.deep.equal([0, 1, 2, 0]);
      const priority = data.filter((task) => task.priority);
      expect(priority.length).to.be.within(60, 140); // a fifth
      expect(priority.every((t) => t.maxPriceYuanPerKWh >= 1.2)).to.equal(true);
      expect(data.every((t) => t.memoryMb === 2048 && t.stateMb === 2048)).to.equal(true);
      expect(report.notes).to.deep.equal([
        "Tasks of unknown memory, taken as 2 GB per core: 500.",
        `Tasks of unknown priority: 500; drawn to be priority tasks, by the share of the scenario's counts (20.0 %): ${priority.length}.`,
        "Tasks without a user, given to the scenario's 3 in turn: 500.",
        "Deadlines drawn as for generated tasks: 500.",
        "Highest prices drawn as for generated tasks: 500.",
      ]);
    });

    it("draws the same for the same seed, and other things for another", async () => {
      const text = "cores,submit_s,duration_s\n1,0,600\n1,1,600\n1,2,600\n";
      const one = await read(text);
      expect(await read(text)).to.deep.equal(one);
      expect((await read(text, { run: { seed: 2 } })).data).not.to.deep.equal(one.data);
    });

    it("draws no priority tasks where the scenario has none", async () => {
      const none = { count: 0 };
      const { data } = await read("cores,submit_s,duration_s\n1,0,600\n", {
        priority: none,
        deferrable: none,
      });
      expect(data[0]?.priority).to.equal(false);
    });

    it("numbers tasks by submission and the file's id", async () => {
      const { data, report } = await read(
        "id,cores,submit_s,duration_s\n30,1,9,600\n10,2,9,600\n20,3,0,600\n,4,0,600\n",
      );
      expect(data.map(({ id, cores }) => [id, cores])).to.deep.equal([
        [0, 4],
        [1, 3],
        [2, 2],
        [3, 1],
      ]);
      expect(report.notes.join(" ")).to.contain("numbered anew from 0 in the order of submission");
      const again = await read("id,cores,submit_s,duration_s\n0,1,0,600\n1,1,9,600\n");
      expect(again.report.notes.join(" ")).not.to.contain("numbered anew");
    });

    it("lets users' numbers begin again, and brings deadlines forward to the end", async () => {
      const { data, report } = await read(
        "user,cores,submit_s,duration_s,deadline_s,memory_mb,priority,max_price\n105,1,0,600,9e9,1,no,1\n",
      );
      expect(data[0]).to.include({ user: 5, deadlineSeconds: 168 * 3600 });
      expect(report.notes).to.deep.equal([
        "Tasks of users with numbers from 100 on, which begin again at 0: 1.",
        "Deadlines brought forward to the end of the run: 1.",
      ]);
    });

    it("leaves the time for the auction to deadlines of the file", async () => {
      const { data } = await read(
        "cores,submit_s,duration_s,deadline_s\n1,0,7200,7200\n1,0,9000,9000\n",
        { run: { hours: 2 } },
      );
      expect(data.map((t) => [t.durationSeconds, t.deadlineSeconds])).to.deep.equal([
        [7200, 7200],
        [7200, 7200],
      ]);
    });

    it("begins at the file's 0, or where the scenario says", async () => {
      const text = "cores,submit_s,duration_s\n1,100,600\n2,4000,600\n3,9e5,600\n";
      const all = await read(text);
      expect(all.data.map((t) => t.submitSeconds)).to.deep.equal([100, 4000]);
      expect(all.report.dropped).to.deep.equal([
        { reason: "submitted after the run", count: 1, firstLine: 4 },
      ]);
      const later = await read(text, { tasks: { startSeconds: 600 } });
      expect(later.data.map((t) => t.submitSeconds)).to.deep.equal([3400]);
      expect(later.report.notes.slice(0, 2)).to.deep.equal([
        "The run begins 600 s (0.01 days) after the file's 0, as tasks.startSeconds says; tasks submitted in its 168 hours: 1 of 3.",
        "Tasks left out that were submitted before the run and would still run at its start: 1.",
      ]);
    });

    it("leaves out rows that are no tasks, with reason and first line", async () => {
      const rows = [
        "1,0,600,900,1,1,1,1",
        "1,-1,600,900,1,1,1,1",
        "1,,600,900,1,1,1,1",
        "1,0,0,900,1,1,1,1",
        "1,0,-5,900,1,1,1,1",
        "1,0,NaN,900,1,1,1,1",
        "1,0,0.5,900,1,1,1,1",
        "1.5,0,600,900,1,1,1,1",
        "0,0,600,900,1,1,1,1",
        "1,0,600,599,1,1,1,1",
        "1,0,600,900,-1,1,1,1",
        "1,0,600,900,1,-1,1,1",
        "1,0,600,900,1,1,-1,1",
        "1,0,600,900,1,1,1,1.5",
        "1,0,600,900,1,1,1,-1",
      ];
      const { report } = await read(
        ["cores,submit_s,duration_s,deadline_s,memory_mb,state_mb,max_price,user", ...rows].join(
          "\n",
        ),
      );
      expect([report.rows, report.used]).to.deep.equal([15, 1]);
      expect(report.dropped.map((d) => [d.firstLine, d.count, d.reason])).to.deep.equal([
        [3, 2, "submit_s is unknown or negative"],
        [5, 1, "run time is 0"],
        [6, 1, "run time is negative"],
        [7, 1, "run time is unknown"],
        [8, 1, "run time is below one second"],
        [9, 2, "cores is not a whole number above 0"],
        [11, 1, "deadline_s is before submit_s + duration_s"],
        [12, 1, "memory_mb is negative"],
        [13, 1, "state_mb is negative"],
        [14, 1, "max_price is negative"],
        [15, 2, "user is not a whole number from 0"],
      ]);
    });
  });

  describe("the end of the run", () => {
    it("cuts what runs beyond it, and leaves out what comes too late", async () => {
      const { data, report } = await read(
        "cores,submit_s,duration_s,memory_mb,user,priority,max_price\n" +
          "1,0,1e6,1,1,1,1\n1,3600,7200,1,1,1,1\n1,3700,7200,1,1,1,1\n" +
          "1,10600,200,1,1,1,1\n1,10600,300,1,1,1,1\n1,10800,200,1,1,1,1\n",
        { run: { hours: 6 } },
      );
      expect(data.map((t) => [t.durationSeconds, t.deadlineSeconds])).to.deep.equal([
        [10_800, 21_600],
        [7200, 21_600],
        [7100, 21_600],
        [200, 21_600],
      ]);
      expect(report.notes[0]).to.equal(
        "Tasks that run beyond the end of the run, cut to what fits: 2.",
      );
      expect(report.dropped).to.deep.equal([
        { reason: "submitted too late to be done before the run ends", count: 2, firstLine: 6 },
      ]);
    });
  });

  describe("tasks larger than a server", () => {
    const text =
      "cores,memory_mb,state_mb,submit_s,duration_s,deadline_s,user,priority,max_price\n" +
      "6,32768,7,0,600,900,1,0,1\n14,1000,10,1,600,900,1,0,1\n1,70000,3,2,600,900,2,1,2\n";

    it("become tasks of a server's size, and nothing is lost", async () => {
      const { data, report } = await read(text);
      expect(
        data.map((t) => [t.id, t.submitSeconds, t.cores, t.memoryMb, t.stateMb, t.user]),
      ).to.deep.equal([
        [0, 0, 6, 32_768, 7, 1],
        [1, 1, 5, 334, 4, 1],
        [2, 1, 5, 333, 3, 1],
        [3, 1, 4, 333, 3, 1],
        [4, 2, 1, 23_334, 1, 2],
        [5, 2, 1, 23_333, 1, 2],
        [6, 2, 1, 23_333, 1, 2],
      ]);
      expect(report.used).to.equal(3);
      expect(report.notes).to.deep.equal([
        "Tasks larger than a server of 6 cores and 32 GB: 2, split into 6 that run independently.",
      ]);
    });

    it("are left out where the scenario says so", async () => {
      const { data, report } = await read(text, { tasks: { oversize: "drop" } });
      expect(data).to.have.length(1);
      expect(report.dropped).to.deep.equal([
        { reason: "larger than a server of 6 cores and 32 GB", count: 2, firstLine: 3 },
      ]);
    });

    it("are refused if they become too many", async () => {
      const rows = "1000000,0,600\n".repeat(11);
      expect(
        await refusal(`cores,submit_s,duration_s\n${rows}`, {
          server: { cores: 1 },
          tasks: { coreShares: [{ cores: 1, share: 1 }] },
        }),
      ).to.contain(
        "servers of 1 cores and 32 GB, the file becomes 11000000 tasks, more than 10000000. Set",
      );
    });
  });

  describe("refuses", () => {
    const own = "cores,submit_s,duration_s";
    for (const [title, content, message] of [
      ["an empty file", "", "tasks.txt: the file is empty."],
      ["blanks only", "\uFEFF \r\n\r\n", "tasks.txt: the file is empty."],
      [
        "a binary file",
        new Uint8Array([0x89, 0x50, 0, 1]),
        "tasks.txt: this is not a text file (perhaps",
      ],
      [
        "UTF-16 without its mark",
        Buffer.from("a,b", "utf16le"),
        "text in UTF-16 without its mark). Save",
      ],
      ["a PDF", "%PDF-1.7\n", "tasks.txt: this is a PDF, not a text file. Find"],
      [
        "gzip",
        new Uint8Array([0x1f, 0x8b, 8, 0]),
        "the file is compressed; unpack it with gunzip.",
      ],
      ["zip", Buffer.from("PK\x03\x04"), "unpack it with unzip, or save the spreadsheet as CSV."],
      [
        "an unknown format",
        "time,P\n1,2\n",
        'no format of task files begins with "time,P". It can',
      ],
      ["a header alone", `${own}\n`, "tasks.txt: there is a header, but no rows."],
      [
        "a missing column",
        "submit_s,cores\n1,2",
        "tasks.txt:1: a file of tasks needs duration_s, too.",
      ],
      [
        "a strange column",
        `${own},deadline\n1,2,3,4`,
        'tasks.txt:1: "deadline" is no column of a file',
      ],
      ["a column twice", `${own},cores\n1,2,3,4`, 'tasks.txt:1: there are two columns "cores".'],
      [
        "a short row",
        `${own}\n1,2,3\n1,2`,
        "tasks.txt:3: 2 fields, but the header has 3. Write numbers",
      ],
      ["an open quote", `${own}\n1,"2,3\n`, "tasks.txt:2: this is not CSV: Quote Not Closed"],
      [
        "a word for a number",
        `${own}\n1,2,long`,
        'tasks.txt:2: duration_s is "long", not a number.',
      ],
      ["hexadecimal", `${own}\n0x1,2,3`, 'tasks.txt:2: cores is "0x1", not a number.'],
      [
        "infinity",
        `${own}\n1,2,Infinity`,
        "tasks.txt:2: duration_s is Infinity; the most that is read",
      ],
      [
        "milliseconds",
        `${own}\n1,1700000000000,3`,
        "tasks.txt:2: submit_s is 1700000000000; the most that is read is 100000000000. Give seconds; are these milliseconds?",
      ],
      [
        "too many cores",
        `${own}\n1e9,2,3`,
        "tasks.txt:2: cores is 1e9; the most that is read is 1000000.",
      ],
      ["an id twice", `id,${own}\n4,1,2,300\n4,1,2,300`, "tasks.txt:3: id 4 is on line 2, too."],
      [
        "an odd flag",
        `${own},priority\n1,2,3,maybe`,
        'tasks.txt:2: priority is "maybe"; write true or',
      ],
      [
        "a file without a task",
        `${own}\n1,0,0\n1,0,0\n1,0,-1\n`,
        "tasks.txt: none of the 3 rows is a task of this run:\n  2: run time is 0 (first on line 2)\n  1: run time is negative (first on line 4)",
      ],
      [
        "a file whose tasks come too late",
        `${own}\n1,604000,600\n`,
        "none of the 1 rows is a task of this run:\n  1: submitted too late",
      ],
    ] as const) {
      it(title, async () => {
        const found = await refusal(content);
        expect(found).to.contain(message);
        expect(found).to.match(/^tasks\.txt(:\d+)?: /);
      });
    }

    it("a run that begins after the file's end", async () => {
      expect(await refusal(`${own}\n1,50,600`, { tasks: { startSeconds: 86_400 } })).to.equal(
        "tasks.txt: nothing is submitted in the 168 hours from 86400 s (1.00 days); the file's submissions are from 50 s (0.00 days) to 50 s (0.00 days). Set tasks.startSeconds to a time among them.",
      );
    });

    it("prices the wrong way round", async () => {
      expect(await refusal(`${own}\n1,50,600`, { priority: { highestMaxPrice: 0 } })).to.contain(
        "tasks.priority.lowestMaxPrice is 1.2, above highestMaxPrice, 0",
      );
    });

    it("a file that there is not, and a folder", async () => {
      const scenario = workloadScenario();
      for (const [name, message] of [
        ["absent.csv", "there is no such file. A path in a scenario is relative"],
        [".", "this is a folder; name the file in it."],
      ] as const) {
        const error: unknown = await readTasks(files.path(name), { scenario }).catch(
          (reason: unknown) => reason,
        );
        expect(error).to.be.instanceOf(UserError);
        expect((error as UserError).message).to.contain(`${files.path(name)}: ${message}`);
      }
    });
  });

  /** A file of random rows of any format, many of them dirty. */
  function randomFile(random: Random): string {
    const time = (): string => random.pick([`${random.int(0, 1e6)}`, "0", "-1", "", "NaN", "3.7"]);
    const size = (): string =>
      random.pick(["1", "2", "7", "40", "-1", "0", `${random.int(1, 30)}`]);
    const memory = (): string => random.pick(["", "-1", "5", "1e5", `${random.int(1, 50_000)}`]);
    const table = (columns: readonly (readonly [name: string, value: () => string])[]): string =>
      [
        columns.map(([name]) => name).join(","),
        ...Array.from({ length: 80 }, () => columns.map(([, value]) => value()).join(",")),
      ].join("\n");
    const format = random.int(0, 2);
    if (format === 0) {
      return table([
        ["cores", size],
        ["submit_s", time],
        ["duration_s", time],
        ["deadline_s", time],
        ["memory_mb", memory],
        ["state_mb", memory],
        ["user", () => random.pick(["", "3", "900", "-1"])],
        ["priority", () => random.pick(["", "yes", "false"])],
        ["max_price", () => random.pick(["", "1.3", "-1"])],
      ]);
    }
    if (format === 1) {
      return table([
        ["cpu_milli", () => `${random.int(0, 20_000)}`],
        ["memory_mib", memory],
        ["qos", () => random.pick(["LS", "BE", "Burstable", "Guaranteed", "", "XX"])],
        ["creation_time", time],
        ["scheduled_time", time],
        ["deletion_time", time],
      ]);
    }
    const field = (i: number): string => {
      if (i === 1 || i === 3) return time() || "-1";
      if (i === 10) return random.pick(["-1", "0", "1", "3", "5"]);
      return [4, 7].includes(i) ? size() : random.pick(["-1", "0", "3", "2000"]);
    };
    return Array.from({ length: 80 }, () =>
      Array.from({ length: random.pick([18, 18, 19]) }, (_, i) => field(i)).join(" "),
    ).join("\n");
  }

  it("gives tasks that the scenario can run, and accounts for every row, whatever the file", async () => {
    let readable = 0;
    for (let i = 0; i < 200; i += 1) {
      const seed = `${baseSeed()}/tasks/${i}`;
      const random = new Random(seed);
      const content = randomFile(random);
      const start = random.pick([-1, 0, 5000]);
      const scenario: Scenario = workloadScenario({
        run: { hours: random.pick([4, 24, 168]), seed: i },
        server: { cores: random.int(1, 8), memoryGb: random.pick([1.5, 32]) },
        tasks: {
          users: random.int(1, 50),
          oversize: random.pick(["split", "drop"]),
          ...(start < 0 ? {} : { startSeconds: start }),
        },
      });
      let imported: Imported<Task[]>;
      try {
        imported = await readTasks(await files.write("tasks.txt", content), { scenario });
      } catch (error) {
        expect(error, seed).to.be.instanceOf(UserError);
        continue;
      }
      readable += 1;
      const { data, report } = imported;
      expect(taskProblems(data, scenario), seed).to.deep.equal([]);
      const dropped = report.dropped.reduce((sum, { count }) => sum + count, 0);
      expect(report.used + dropped, seed).to.equal(report.rows);
      expect(report.rows, seed).to.equal(80);
    }
    expect(readable).to.be.above(100);
  });

  it("reads a file in a folder whose name has spaces and other letters", async () => {
    const folder = files.path("wörk load");
    await mkdir(folder);
    const path = join(folder, "日.csv");
    await writeFile(path, "cores,submit_s,duration_s\n1,0,600\n");
    expect((await readTasks(path, { scenario: workloadScenario() })).report.file).to.equal(path);
  });
});
