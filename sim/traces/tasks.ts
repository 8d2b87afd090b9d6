/** Workloads from files, whatever their format. */
import { UserError } from "../errors.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { Imported } from "./imported.ts";
import type { JobFile } from "./job.ts";
import { isPodHeader, readPodList } from "./podList.ts";
import { isSwfLine, readSwf } from "./swf.ts";
import { Tally } from "./tally.ts";
import type { Task } from "./task.ts";
import { isTaskHeader, readTaskCsv } from "./taskCsv.ts";
import { readTextFile, type TextFile } from "./textFile.ts";
import { workloadOf } from "./workload.ts";

export { tasksToCsv } from "./taskCsv.ts";

/** The format by the first line that is not empty: names of files say little. */
function readJobs(file: TextFile, tally: Tally): JobFile {
  const first = (/^.*\S.*$/m.exec(file.text)?.[0] ?? "").trim();
  if (isSwfLine(first)) return readSwf(file, tally);
  const columns = first
    .split(/[,;\t]/)
    .map((name) => name.trim().replaceAll('"', "").toLowerCase());
  if (isTaskHeader(columns)) return readTaskCsv(file, tally);
  if (isPodHeader(columns)) return readPodList(file, tally);
  const start = JSON.stringify(first.slice(0, 60));
  throw new UserError(
    `${file.name}: no format of task files begins with ${start}. It can be a log in the Standard Workload Format, a pod list with a column cpu_milli, or a CSV with columns cores, submit_s and duration_s; docs/traces.md describes them.`,
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
  const tally = new Tally();
  const jobs = readJobs(file, tally);
  const { tasks, used, notes } = workloadOf(jobs, scenario, path, tally);
  return {
    data: tasks,
    report: {
      file: path,
      format: jobs.format,
      rows: jobs.rows,
      used,
      dropped: tally.dropped(),
      notes,
    },
  };
}
