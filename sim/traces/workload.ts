/** From the jobs of a file to tasks that a scenario's data centres can run. */
import type { UserError } from "../errors.ts";
import { Random } from "../random.ts";
import type { Scenario } from "../scenario/schema.ts";
import { SECONDS_PER_HOUR } from "../units.ts";
import type { Job, JobFile } from "./job.ts";
import type { Findings } from "./findings.ts";
import type { Task } from "./task.ts";
import {
  AUCTION_HOURS,
  checkPrices,
  drawDeadline,
  drawMaxPrice,
  memoryMbOf,
  serverMemoryMb,
  SHORTEST_SECONDS,
  type TaskClass,
} from "./terms.ts";
import { chooseWindow } from "./window.ts";
import { problemIn } from "./textFile.ts";

/** As many as a scenario may generate; more would not fit into memory. */
const MOST_TASKS = 10_000_000;

/** The workload of a file. */
export interface Workload {
  readonly tasks: Task[];
  /** How many of the file's rows it is made of. */
  readonly used: number;
  readonly notes: readonly string[];
}

/** A whole total shared out as evenly as whole shares are; the first ones get what is left over. */
const share = (total: number, parts: number, part: number): number =>
  Math.floor(total / parts) + (part < total % parts ? 1 : 0);

/** Memory of a job, MB. */
const memoryOf = (job: Job, scenario: Scenario): number =>
  job.memoryMb ?? memoryMbOf(scenario, job.cores);

/** How many servers a job fills. */
const serversFor = (job: Job, scenario: Scenario): number =>
  Math.ceil(
    Math.max(
      job.cores / scenario.server.cores,
      Math.ceil(memoryOf(job, scenario)) / serverMemoryMb(scenario),
    ),
  );

type Draft = Omit<Task, "id">;

/** Makes tasks of jobs, one after the other, and remembers what it had to assume. */
class TaskMaker {
  private readonly scenario: Scenario;
  private readonly findings: Findings;
  private readonly random: Random;
  private readonly start: number;
  private readonly length: number;
  private readonly priorityShare: number;
  private nextUser = 0;
  private readonly counts = {
    cut: 0,
    lateDeadline: 0,
    split: 0,
    parts: 0,
    noMemory: 0,
    noDeadline: 0,
    noPrice: 0,
    noUser: 0,
    sharedUser: 0,
    noPriority: 0,
    drawnPriority: 0,
  };

  /** @param start of the run on the file's clock, s */
  constructor(scenario: Scenario, start: number, findings: Findings) {
    this.scenario = scenario;
    this.findings = findings;
    this.random = new Random(`${scenario.seed}/tasks`);
    this.start = start;
    this.length = scenario.hours * SECONDS_PER_HOUR;
    const { priority, deferrable } = scenario.tasks;
    this.priorityShare = priority.count / Math.max(priority.count + deferrable.count, 1);
  }

  /** The tasks that a job becomes: one, several of a server's size, or none. */
  tasksOf(job: Job): Draft[] {
    const submitSeconds = job.submitSeconds - this.start;
    const durationSeconds = this.fitting(job, submitSeconds);
    if (durationSeconds === undefined) return [];
    const parts = this.partsOf(job);
    if (parts === undefined) return [];
    if (job.memoryMb === undefined) this.counts.noMemory += 1;
    const priority = job.priority ?? this.drawPriority();
    const of = priority ? this.scenario.tasks.priority : this.scenario.tasks.deferrable;
    const memoryMb = memoryOf(job, this.scenario);
    const whole: Draft = {
      user: this.userOf(job),
      cores: job.cores,
      memoryMb,
      // A checkpoint is as large as the memory at most; see the generator.
      stateMb: job.stateMb ?? memoryMb,
      submitSeconds,
      durationSeconds,
      deadlineSeconds: this.deadlineOf(job, submitSeconds, durationSeconds, of),
      priority,
      maxPriceYuanPerKWh: this.priceOf(job, of),
    };
    return parts === 1 ? [whole] : this.split(whole, parts);
  }

  /** How long the job can run before the end; undefined if not at all. */
  private fitting(job: Job, submitSeconds: number): number | undefined {
    // Where we set the deadline, we leave the auction its time; a deadline of the file's is its author's business.
    const auction = job.deadlineSeconds === undefined ? AUCTION_HOURS * SECONDS_PER_HOUR : 0;
    const room = this.length - submitSeconds - auction;
    if (job.durationSeconds <= room) return job.durationSeconds;
    if (room < SHORTEST_SECONDS) {
      this.findings.drop("submitted too late to be done before the run ends", job.line);
      return undefined;
    }
    this.counts.cut += 1;
    return room;
  }

  /** How many tasks the job becomes; undefined if it is left out. */
  private partsOf(job: Job): number | undefined {
    const { server, tasks } = this.scenario;
    const parts = serversFor(job, this.scenario);
    if (parts <= 1) return 1;
    if (tasks.oversize === "drop") {
      this.findings.drop(
        `larger than a server of ${server.cores} cores and ${server.memoryGb} GB`,
        job.line,
      );
      return undefined;
    }
    this.counts.split += 1;
    this.counts.parts += parts;
    return parts;
  }

  /** Parts of a server's size: cores, memory and state are shared out, everything else is the same. */
  private split(whole: Draft, parts: number): Draft[] {
    return Array.from({ length: parts }, (_, part) => ({
      ...whole,
      // A job that is split for its memory may have fewer cores than parts.
      cores: Math.max(share(whole.cores, parts, part), 1),
      memoryMb: share(Math.ceil(whole.memoryMb), parts, part),
      stateMb: share(Math.ceil(whole.stateMb), parts, part),
    }));
  }

  private drawPriority(): boolean {
    this.counts.noPriority += 1;
    const priority = this.random.chance(this.priorityShare);
    if (priority) this.counts.drawnPriority += 1;
    return priority;
  }

  /** Numbers above the scenario's begin again at 0, so that a user's tasks stay one user's. */
  private userOf(job: Job): number {
    const { users } = this.scenario.tasks;
    if (job.user === undefined) {
      this.counts.noUser += 1;
      this.nextUser += 1;
      return (this.nextUser - 1) % users;
    }
    if (job.user >= users) this.counts.sharedUser += 1;
    return job.user % users;
  }

  private deadlineOf(
    job: Job,
    submitSeconds: number,
    durationSeconds: number,
    of: TaskClass,
  ): number {
    if (job.deadlineSeconds === undefined) {
      this.counts.noDeadline += 1;
      return drawDeadline(this.random, this.length, submitSeconds, durationSeconds, of);
    }
    const deadline = job.deadlineSeconds - this.start;
    if (deadline > this.length) this.counts.lateDeadline += 1;
    return Math.min(deadline, this.length);
  }

  private priceOf(job: Job, of: TaskClass): number {
    if (job.maxPriceYuanPerKWh !== undefined) return job.maxPriceYuanPerKWh;
    this.counts.noPrice += 1;
    return drawMaxPrice(this.random, of);
  }

  /** What was assumed, one sentence each. */
  notes(): string[] {
    const { counts, scenario } = this;
    const { server, tasks } = scenario;
    const notes: readonly (readonly [count: number, note: string])[] = [
      [counts.cut, `Tasks that run beyond the end of the run, cut to what fits: ${counts.cut}.`],
      [
        counts.split,
        `Tasks larger than a server of ${server.cores} cores and ${server.memoryGb} GB: ${counts.split}, split into ${counts.parts} that run independently.`,
      ],
      [
        counts.noMemory,
        `Tasks of unknown memory, taken as ${tasks.memoryGbPerCore} GB per core: ${counts.noMemory}.`,
      ],
      [
        counts.noPriority,
        `Tasks of unknown priority: ${counts.noPriority}; drawn to be priority tasks, by the share of the scenario's counts (${(100 * this.priorityShare).toFixed(1)} %): ${counts.drawnPriority}.`,
      ],
      [
        counts.noUser,
        `Tasks without a user, given to the scenario's ${tasks.users} in turn: ${counts.noUser}.`,
      ],
      [
        counts.sharedUser,
        `Tasks of users with numbers from ${tasks.users} on, which begin again at 0: ${counts.sharedUser}.`,
      ],
      [counts.noDeadline, `Deadlines drawn as for generated tasks: ${counts.noDeadline}.`],
      [
        counts.lateDeadline,
        `Deadlines brought forward to the end of the run: ${counts.lateDeadline}.`,
      ],
      [counts.noPrice, `Highest prices drawn as for generated tasks: ${counts.noPrice}.`],
    ];
    return notes.filter(([count]) => count > 0).map(([, note]) => note);
  }
}

/**
 * Chooses the window of a file, and makes its jobs tasks that fit into the run and onto servers.
 *
 * @param name of the file, for messages
 * @throws UserError if no task is left, or there are too many
 */
export function workloadOf(
  file: JobFile,
  scenario: Scenario,
  name: string,
  findings: Findings,
): Workload {
  checkPrices(scenario);
  if (file.jobs.length === 0) throw nothingLeft(name, file, findings);
  const window = chooseWindow(file, scenario, name, findings);
  checkCount(window.jobs, scenario, name);
  const maker = new TaskMaker(scenario, window.startSeconds, findings);
  const tasks: Task[] = [];
  let used = 0;
  for (const job of window.jobs) {
    const drafts = maker.tasksOf(job);
    if (drafts.length > 0) used += 1;
    for (const draft of drafts) tasks.push({ id: tasks.length, ...draft });
  }
  if (used === 0) throw nothingLeft(name, file, findings);
  return { tasks, used, notes: [...file.notes, ...window.notes, ...maker.notes()] };
}

/** Before any of them is made, since they would not fit into memory. */
function checkCount(jobs: readonly Job[], scenario: Scenario, name: string): void {
  if (scenario.tasks.oversize === "drop") return;
  const count = jobs.reduce((sum, job) => sum + serversFor(job, scenario), 0);
  if (count > MOST_TASKS) {
    throw problemIn(
      name,
      undefined,
      `split to fit servers of ${scenario.server.cores} cores and ${scenario.server.memoryGb} GB, the file becomes ${count} tasks, more than ${MOST_TASKS}. Set tasks.oversize to "drop", or make servers larger or the run shorter.`,
    );
  }
}

function nothingLeft(name: string, { rows }: JobFile, findings: Findings): UserError {
  const reasons = findings.dropped.map(
    ({ reason, count, firstLine }) => `\n  ${count}: ${reason} (first on line ${firstLine})`,
  );
  return problemIn(
    name,
    undefined,
    `none of the ${rows} rows is a task of this run:${reasons.join("")}`,
  );
}
