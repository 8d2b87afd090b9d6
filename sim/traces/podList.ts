/**
 * Pod lists of the openb cluster trace (https://github.com/alibaba/clusterdata): one row per pod of a production
 * Kubernetes cluster, with times in seconds from the trace's start.
 */
import { readCsv, type CsvRow, type CsvTable } from "./csv.ts";
import { MOST_CORES, MOST_MEMORY_MB, plainJob, type Job, type JobFile } from "./job.ts";
import { numberOf, quantity, seconds } from "./numbers.ts";
import type { Findings } from "./findings.ts";
import { problemIn, type TextFile } from "./textFile.ts";

const MILLI = 1000;

/** Without these there is no task; `memory_mib`, `qos` and `num_gpu` are taken where they are. */
const REQUIRED = ["cpu_milli", "creation_time", "deletion_time", "scheduled_time"] as const;

const QUANTITIES = {
  cpu_milli: quantity("cpu_milli", MOST_CORES * MILLI),
  memory_mib: quantity("memory_mib", MOST_MEMORY_MB),
  num_gpu: quantity("num_gpu", 1e6),
  creation_time: seconds("creation_time"),
  deletion_time: seconds("deletion_time"),
  scheduled_time: seconds("scheduled_time"),
} as const;

/** Latency-sensitive, and Kubernetes' class of pods that are never throttled, may not be interrupted; the others may. */
const PRIORITY: Readonly<Record<string, boolean>> = {
  ls: true,
  guaranteed: true,
  be: false,
  burstable: false,
};

/** Whether a header is one of a pod list. */
export const isPodHeader = (columns: readonly string[]): boolean => columns.includes("cpu_milli");

/** A row by the names of its columns. */
class Pod {
  readonly line: number;
  private readonly file: string;
  private readonly columns: readonly string[];
  private readonly fields: readonly string[];

  constructor(file: string, { columns }: CsvTable, { line, fields }: CsvRow) {
    this.file = file;
    this.columns = columns;
    this.line = line;
    this.fields = fields;
  }

  text(column: string): string {
    return this.fields[this.columns.indexOf(column)] ?? "";
  }

  number(column: keyof typeof QUANTITIES): number {
    return numberOf(this.text(column), QUANTITIES[column], this.file, this.line);
  }
}

/** Why there is no task in the row; undefined if there is. */
function problemOf(pod: Pod): string | undefined {
  if (!(pod.number("creation_time") >= 0)) return "creation_time is unknown";
  if (Number.isNaN(pod.number("scheduled_time"))) return "never scheduled (no scheduled_time)";
  if (Number.isNaN(pod.number("deletion_time"))) return "end is unknown (no deletion_time)";
  const run = pod.number("deletion_time") - pod.number("scheduled_time");
  if (run === 0) return "run time is 0";
  if (run < 0) return "run time is negative";
  return pod.number("cpu_milli") > 0 ? undefined : "no CPU is asked for";
}

function jobOf(pod: Pod): Job {
  const run = pod.number("deletion_time") - pod.number("scheduled_time");
  const memory = pod.number("memory_mib");
  return {
    ...plainJob(pod.line, pod.number("creation_time"), run, pod.number("cpu_milli") / MILLI),
    memoryMb: memory > 0 ? Math.ceil(memory) : undefined,
    priority: PRIORITY[pod.text("qos").toLowerCase()],
  };
}

/**
 * Reads a pod list. A pod is submitted when it was created and runs as long as it did from being scheduled to being
 * deleted, on whole cores, since the market sells no parts of them.
 *
 * @throws UserError if a column is missing, or a field is no number or too large to be meant
 */
export function readPodList(file: TextFile, findings: Findings): JobFile {
  const table = readCsv(file);
  const missing = REQUIRED.filter((column) => !table.columns.includes(column));
  if (missing.length > 0) {
    throw problemIn(
      file.name,
      table.line,
      `a pod list needs ${missing.join(", ")}, too; the header has ${table.columns.join(", ")}.`,
    );
  }
  const jobs: Job[] = [];
  let parts = 0;
  let gpus = 0;
  for (const row of table.rows) {
    const pod = new Pod(file.name, table, row);
    const problem = problemOf(pod);
    if (problem !== undefined) {
      findings.drop(problem, pod.line);
      continue;
    }
    jobs.push(jobOf(pod));
    if (pod.number("cpu_milli") % MILLI !== 0) parts += 1;
    if (pod.number("num_gpu") > 0) gpus += 1;
  }
  return {
    format: "openb pod list",
    rows: table.rows.length,
    jobs,
    runClock: false,
    notes: [
      "LS and Guaranteed pods are priority tasks, BE and Burstable pods are not.",
      ...(parts > 0 ? [`Pods of the file whose CPU is rounded up to whole cores: ${parts}.`] : []),
      ...(gpus > 0 ? [`Pods of the file that ask for GPUs, which are left out: ${gpus}.`] : []),
    ],
  };
}
