/** A scenario at another size. */
import { UserError } from "../errors.ts";
import type { Scenario } from "./schema.ts";

/** The most microgrids that a scenario has. */
const MOST = 10_000;

/**
 * The scenario with another count of microgrids, and as many tasks and users for each as before, so that every
 * microgrid has as much to do at any size.
 *
 * @param microgrids from 1 to 10,000
 * @throws UserError if that is no such number, or the workload comes from a file
 */
export function scaled(scenario: Scenario, microgrids: number): Scenario {
  if (!Number.isInteger(microgrids) || microgrids < 1 || microgrids > MOST) {
    throw new UserError(
      `The size must be a whole number of microgrids from 1 to ${MOST}, is ${microgrids}.`,
    );
  }
  const { tasks } = scenario;
  if (microgrids !== scenario.microgrids.count && tasks.file !== undefined) {
    throw new UserError(
      `The workload of ${scenario.name} comes from ${tasks.file}, which cannot be had at another size; ` +
        "leave tasks.file out, or give a file of that size.",
    );
  }
  const factor = microgrids / scenario.microgrids.count;
  const times = (count: number): number => Math.round(count * factor);
  return {
    ...scenario,
    microgrids: { ...scenario.microgrids, count: microgrids },
    tasks: {
      ...tasks,
      users: Math.max(1, times(tasks.users)),
      priority: { ...tasks.priority, count: times(tasks.priority.count) },
      deferrable: { ...tasks.deferrable, count: times(tasks.deferrable.count) },
    },
  };
}
