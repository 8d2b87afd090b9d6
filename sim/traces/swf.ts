/**
 * The Standard Workload Format, version 2.2, of the Parallel Workloads Archive
 * (https://www.cs.huji.ac.il/labs/parallel/workload/swf.html), and what files in the wild make of it: no header, times
 * since 1970, more than 18 fields, decimals.
 */
import { MOST_CORES, MOST_MEMORY_MB, plainJob, type Job, type JobFile } from "./job.ts";
import { numberOf, quantity, seconds, type Quantity } from "./numbers.ts";
import type { Findings } from "./findings.ts";
import { problemIn, type TextFile } from "./textFile.ts";

const FIELDS = 18;
const KB_PER_MB = 1024;

/** Field numbers of the standard, from 1. */
const FIELD = {
  submit: 2,
  run: 4,
  allocated: 5,
  usedKb: 7,
  requested: 8,
  requestedKb: 10,
  status: 11,
  user: 12,
  queue: 15,
} as const;

const MOST_KB = MOST_MEMORY_MB * KB_PER_MB;

const QUANTITIES: Readonly<Record<keyof typeof FIELD, Quantity>> = {
  submit: seconds("field 2 (submit time)"),
  run: seconds("field 4 (run time)"),
  allocated: quantity("field 5 (allocated processors)", MOST_CORES),
  usedKb: quantity("field 7 (used memory)", MOST_KB),
  requested: quantity("field 8 (requested processors)", MOST_CORES),
  requestedKb: quantity("field 10 (requested memory)", MOST_KB),
  status: quantity("field 11 (status)", 1e6),
  user: quantity("field 12 (user)", Number.MAX_SAFE_INTEGER),
  queue: quantity("field 15 (queue)", Number.MAX_SAFE_INTEGER),
};

/** Queue of interactive work, by the standard's convention. */
const INTERACTIVE = 0;

/** Statuses of lines that tell of a part of a job whose whole has a line of its own. */
const PARTIAL = [2, 3, 4];

/** Whether a line looks like one of this format: numbers and blanks, or a comment. */
export const isSwfLine = (line: string): boolean =>
  line.startsWith(";") || /^\s*[-+.\d][-+.\de]*(\s+[-+.\w]+){4,}\s*$/i.test(line);

/** Why there is no task in the line; undefined if there is. */
function problemOf(submit: number, run: number, cores: number, status: number): string | undefined {
  if (PARTIAL.includes(status)) return "part of a job that has a line of its own (status 2 to 4)";
  if (!(submit >= 0)) return "submit time is unknown";
  if (Number.isNaN(run) || run === -1) return "run time is unknown";
  if (run === 0) return "run time is 0";
  if (run < 0) return "run time is negative";
  return cores > 0 ? undefined : "processors are unknown";
}

/** The first of them that is known, that is, above 0. */
const known = (...values: readonly number[]): number | undefined =>
  values.find((value) => value > 0);

function jobOf(
  fields: readonly string[],
  file: string,
  line: number,
  findings: Findings,
): SwfJob | undefined {
  const read = (name: keyof typeof FIELD): number =>
    numberOf(fields[FIELD[name] - 1] ?? "", QUANTITIES[name], file, line);
  const [submit, run, status] = [read("submit"), read("run"), read("status")];
  const cores = known(read("allocated"), read("requested")) ?? 0;
  const problem = problemOf(submit, run, cores, status);
  if (problem !== undefined) {
    findings.drop(problem, line);
    return undefined;
  }
  const job = plainJob(line, submit, run, cores);
  const kb = known(read("usedKb"), read("requestedKb"));
  const user = read("user");
  return {
    ...job,
    memoryMb: kb === undefined ? undefined : Math.ceil((kb * job.cores) / KB_PER_MB),
    user: user >= 0 ? Math.floor(user) : undefined,
    queue: read("queue"),
  };
}

interface SwfJob extends Job {
  /** Below 0 or NaN if unknown. */
  readonly queue: number;
}

/**
 * Reads a log. Queue 0 is priority work, other queues are not; memory is per processor.
 *
 * @throws UserError if the first line of data has too few fields, or a field is no number or too large to be meant
 */
export function readSwf(file: TextFile, findings: Findings): JobFile {
  const jobs: SwfJob[] = [];
  let rows = 0;
  for (const [i, text] of file.text.split("\n").entries()) {
    const trimmed = text.trim();
    if (trimmed === "" || trimmed.startsWith(";")) continue;
    const fields = trimmed.split(/\s+/);
    rows += 1;
    if (fields.length >= FIELDS) {
      const job = jobOf(fields, file.name, i + 1, findings);
      if (job !== undefined) jobs.push(job);
    } else if (rows === 1) {
      throw problemIn(
        file.name,
        i + 1,
        `${fields.length} fields, but the Standard Workload Format has ${FIELDS}, with -1 for what is unknown.`,
      );
    } else {
      findings.drop(`fewer than ${FIELDS} fields`, i + 1);
    }
  }
  if (rows === 0) throw problemIn(file.name, undefined, `there are comments, but no jobs.`);
  const queuesKnown = jobs.some(({ queue }) => queue >= 0);
  return {
    format: "Standard Workload Format",
    rows,
    jobs: jobs.map(({ queue, ...job }) => ({
      ...job,
      priority: queuesKnown ? queue === INTERACTIVE : undefined,
    })),
    runClock: false,
    notes: queuesKnown ? ["Jobs of queue 0 (interactive) are priority tasks, others are not."] : [],
  };
}
