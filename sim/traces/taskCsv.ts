/** Our own format of task files: what a task is, one row each, to be read back exactly. */
import { readCsv, type CsvTable } from "./csv.ts";
import { MOST_CORES, MOST_MEMORY_MB, type Job, type JobFile } from "./job.ts";
import { numberOf, quantity, seconds, type Quantity } from "./numbers.ts";
import type { Findings } from "./findings.ts";
import type { Task } from "./task.ts";
import { problemIn, type TextFile } from "./textFile.ts";

const COLUMNS = [
  "id",
  "user",
  "cores",
  "memory_mb",
  "state_mb",
  "submit_s",
  "duration_s",
  "deadline_s",
  "priority",
  "max_price",
] as const;

type Column = (typeof COLUMNS)[number];

/** The others may be absent or empty, and are then drawn as for generated tasks. */
const REQUIRED: readonly Column[] = ["cores", "submit_s", "duration_s"];

const QUANTITIES: Readonly<Record<Exclude<Column, "priority">, Quantity>> = {
  id: quantity("id", Number.MAX_SAFE_INTEGER),
  user: quantity("user", Number.MAX_SAFE_INTEGER),
  cores: quantity("cores", MOST_CORES),
  memory_mb: quantity("memory_mb", MOST_MEMORY_MB),
  state_mb: quantity("state_mb", MOST_MEMORY_MB),
  submit_s: seconds("submit_s"),
  duration_s: seconds("duration_s"),
  deadline_s: seconds("deadline_s"),
  max_price: quantity("max_price", 1e6),
};

const PRIORITY: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  "1": true,
  false: false,
  no: false,
  "0": false,
};

/** Whether a header is one of this format. */
export const isTaskHeader = (columns: readonly string[]): boolean =>
  columns.includes("submit_s") || columns.includes("duration_s");

/** Tasks as our own CSV, which `readTasks` reads back exactly in a run that they fit into. */
export const tasksToCsv = (tasks: readonly Task[]): string =>
  [
    COLUMNS.join(","),
    ...tasks.map((task) =>
      [
        task.id,
        task.user,
        task.cores,
        task.memoryMb,
        task.stateMb,
        task.submitSeconds,
        task.durationSeconds,
        task.deadlineSeconds,
        task.priority,
        task.maxPriceYuanPerKWh,
      ].join(","),
    ),
    "",
  ].join("\n");

type Values = Readonly<Record<Exclude<Column, "priority">, number>>;

/** Why the row is no task; undefined if it is. Comparisons let NaN, the unknown, pass where it may. */
function problemOf(v: Values): string | undefined {
  if (!(v.submit_s >= 0)) return "submit_s is unknown or negative";
  if (Number.isNaN(v.duration_s)) return "run time is unknown";
  if (v.duration_s === 0) return "run time is 0";
  if (v.duration_s < 0) return "run time is negative";
  if (v.duration_s < 1) return "run time is below one second";
  if (!(Number.isInteger(v.cores) && v.cores >= 1)) return "cores is not a whole number above 0";
  if (v.deadline_s < v.submit_s + v.duration_s) return "deadline_s is before submit_s + duration_s";
  for (const name of ["memory_mb", "state_mb", "max_price"] as const) {
    if (v[name] < 0) return `${name} is negative`;
  }
  if (!Number.isNaN(v.user) && !(Number.isInteger(v.user) && v.user >= 0)) {
    return "user is not a whole number from 0";
  }
  return undefined;
}

const known = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);

function checkColumns({ name }: TextFile, { line, columns }: CsvTable): void {
  const missing = REQUIRED.filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    throw problemIn(name, line, `a file of tasks needs ${missing.join(", ")}, too.`);
  }
  const strange = columns.filter((column) => !COLUMNS.some((own) => own === column));
  if (strange.length > 0) {
    throw problemIn(
      name,
      line,
      `${strange.map((column) => JSON.stringify(column)).join(", ")} is no column of a file of tasks; there are ${COLUMNS.join(", ")}.`,
    );
  }
}

function priorityOf(field: string, { name }: TextFile, line: number): boolean | undefined {
  const priority = PRIORITY[field.toLowerCase()];
  if (priority === undefined && field !== "") {
    throw problemIn(
      name,
      line,
      `priority is ${JSON.stringify(field.slice(0, 40))}; write true or false.`,
    );
  }
  return priority;
}

/**
 * Reads our own CSV. Its clock is the run's: tasks are in it with their times from the start of the run.
 *
 * @throws UserError if a column is missing or not known, an id is there twice, or a field is no number or too large to be
 * meant
 */
export function readTaskCsv(file: TextFile, findings: Findings): JobFile {
  const table = readCsv(file);
  const { columns, rows } = table;
  checkColumns(file, table);
  const place = Object.fromEntries(COLUMNS.map((column) => [column, columns.indexOf(column)]));
  const lines = new Map<number, number>();
  const jobs: (Job & { readonly id: number })[] = [];
  for (const { line, fields } of rows) {
    const field = (column: Column): string => fields[place[column] ?? -1] ?? "";
    const values = Object.fromEntries(
      Object.entries(QUANTITIES).map(([column, of]) => [
        column,
        numberOf(field(column as Column), of, file.name, line),
      ]),
    ) as Values;
    const priority = priorityOf(field("priority"), file, line);
    const id = known(values.id);
    const first = id === undefined ? undefined : lines.get(id);
    if (first !== undefined) {
      throw problemIn(file.name, line, `id ${values.id} is on line ${first}, too.`);
    }
    if (id !== undefined) lines.set(id, line);
    const problem = problemOf(values);
    if (problem !== undefined) {
      findings.drop(problem, line);
      continue;
    }
    jobs.push({
      id: id ?? line, // without ids, tasks of the same moment stay in the order of the file
      line,
      submitSeconds: values.submit_s,
      durationSeconds: values.duration_s,
      cores: values.cores,
      memoryMb: known(values.memory_mb),
      stateMb: known(values.state_mb),
      user: known(values.user),
      priority,
      deadlineSeconds: known(values.deadline_s),
      maxPriceYuanPerKWh: known(values.max_price),
    });
  }
  jobs.sort((a, b) => a.id - b.id);
  const inOrder = jobs.every(
    (job, i) => job.id === i && job.submitSeconds >= (jobs[i - 1]?.submitSeconds ?? 0),
  );
  return {
    format: "heliomarket task CSV",
    rows: rows.length,
    jobs,
    runClock: true,
    notes:
      lines.size === 0 || inOrder
        ? []
        : [
            "Tasks are numbered anew from 0 in the order of submission; results name them by that number.",
          ],
  };
}
