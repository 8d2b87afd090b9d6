/** Whether a run fits into the memory that Node.js may use. */
import { getHeapStatistics } from "node:v8";

import { UserError } from "./errors.ts";
import type { Scenario } from "./scenario/schema.ts";

/** What is left at the end of a run of a row of `hourly.csv`, and of a task with its contract; measured, bytes. */
const BYTES_PER_ROW = 450;
const BYTES_PER_TASK = 550;

const MIB = 2 ** 20;

/** What the results of a scenario take at least, before anything is written; bytes. Tasks from a file are not counted. */
export function leastBytes({ microgrids, hours, tasks }: Scenario, strategies: number): number {
  const rows = microgrids.count * microgrids.dataCentres * hours;
  const generated = tasks.file === undefined ? tasks.priority.count + tasks.deferrable.count : 0;
  return strategies * (rows * BYTES_PER_ROW + generated * BYTES_PER_TASK);
}

/**
 * Refuses a run whose results alone are more than fits, which would otherwise end, after a while, with a message of V8's.
 *
 * @param limit bytes that Node.js may use for objects
 * @throws UserError if it does not fit
 */
export function requireMemory(
  scenario: Scenario,
  strategies: number,
  limit = getHeapStatistics().heap_size_limit,
): void {
  const bytes = leastBytes(scenario, strategies);
  if (bytes <= limit) return;
  const { count, dataCentres } = scenario.microgrids;
  const gib = (size: number): string => `${(size / 2 ** 30).toFixed(1)} GiB`;
  throw new UserError(
    `The results of ${count * dataCentres} data centres × ${scenario.hours} hours × ${strategies} strategies take at least ` +
      `${gib(bytes)} of memory, and Node.js may use ${gib(limit)}. Lower microgrids.count, microgrids.dataCentres, hours or the ` +
      `number of tasks, take fewer strategies, or let it use more where there is more: ` +
      // What is in work, and what the collector has not taken away yet, comes on top.
      `NODE_OPTIONS=--max-old-space-size=${Math.ceil((2 * bytes) / MIB)}.`,
  );
}
