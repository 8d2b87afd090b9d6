/** Workloads from files, whatever their format. */
import type { Scenario } from "../scenario/schema.ts";
import type { Imported } from "./imported.ts";
import type { JobFile } from "./job.ts";
import { isPodHeader, readPodList } from "./podList.ts";
import { isSwfLine, readSwf } from "./swf.ts";
import { firstLineOf, separatorOf } from "./csv.ts";
import { Findings } from "./findings.ts";
import type { Task } from "./task.ts";
import { isTaskHeader, readTaskCsv } from "./taskCsv.ts";
import { problemIn, readTextFile, type TextFile } from "./textFile.ts";
import { workloadOf } from "./workload.ts";

export { tasksToCsv } from "./taskCsv.ts";

type Reader = (file: TextFile, findings: Findings) => JobFile;

/** What reads a file, by its first line that is no comment of a CSV: names of files say little. */
export function taskReaderOf(text: string): Reader | undefined {
  const first = firstLineOf(text).trim();
  if (isSwfLine(first)) return readSwf;
  const columns = first
    .split(separatorOf(first))
    .map((name) => name.trim().replaceAll('"', "").toLowerCase());
  if (isTaskHeader(columns)) return readTaskCsv;
  return isPodHeader(columns) ? readPodList : undefined;
}

function readJobs(file: TextFile, findings: Findings): JobFile {
  const reader = taskReaderOf(file.text);
  if (reader !== undefined) return reader(file, findings);
  const start = JSON.stringify(firstLineOf(file.text).trim().slice(0, 60));
  throw problemIn(
    file.name,
    undefined,
    `no format of task files begins with ${start}. It can be a log in the Standard Workload Format, a pod list with a column cpu_milli, or a CSV with columns cores, submit_s and duration_s; docs/traces.md describes them. PV output belongs into pv.file.`,
  );
}

/**
 * Reads the workload of a scenario from a file: a log in the Standard Workload Format, a pod list or our own CSV
 * (`docs/traces.md`). What the file does not say is drawn from the scenario's seed, as in `generateTasks`.
 *
 * @param path relative to the working directory, not to the scenario
 * @param options.scenario says which part of the file is taken, and what servers can hold
 * @returns tasks by submission, which can all end inside the run, each at most as large as a server
 * @throws UserError with file, line and remedy if the file cannot be read, is of no known format, breaks its format's
 * rules, or has no task for this run
 */
export async function readTasks(
  path: string,
  { scenario }: { readonly scenario: Scenario },
): Promise<Imported<Task[]>> {
  const file = await readTextFile(path);
  const findings = new Findings();
  const jobs = readJobs(file, findings);
  const { tasks, used, notes } = workloadOf(jobs, scenario, path, findings);
  return {
    data: tasks,
    report: {
      file: path,
      format: jobs.format,
      rows: jobs.rows,
      used,
      dropped: findings.dropped,
      notes,
    },
  };
}
