/** A workload with the published figures of the paper's, whose trace itself is not published (section 4). */
import { UserError } from "../errors.ts";
import { Random } from "../random.ts";
import type { Scenario } from "../scenario/schema.ts";
import { SECONDS_PER_HOUR } from "../units.ts";
import { drawDurations } from "./durations.ts";
import { Submissions } from "./submissions.ts";
import type { Task } from "./task.ts";
import {
  AUCTION_HOURS,
  checkPrices,
  drawDeadline,
  drawMaxPrice,
  memoryMbOf,
  SHORTEST_SECONDS,
} from "./terms.ts";

/** How far the memory per core lies around its mean, share: applications differ, but a class of machines is bought for them. */
const MEMORY_SPREAD = 0.2;

/** @throws UserError if the scenario, though each value is in its range, has no such workload */
function check(scenario: Scenario): void {
  const { hours, server, tasks } = scenario;
  if (hours <= AUCTION_HOURS) {
    throw new UserError(
      `hours is ${hours}: a task needs ${AUCTION_HOURS} hours for the auction before it runs. Make the run longer, or set the counts of tasks.priority and tasks.deferrable to 0.`,
    );
  }
  const wide = tasks.coreShares.find(({ cores, share }) => share > 0 && cores > server.cores);
  if (wide !== undefined) {
    throw new UserError(
      `tasks.coreShares has tasks of ${wide.cores} cores, but server.cores is ${server.cores}; no server could run them.`,
    );
  }
  if (!tasks.coreShares.some(({ share }) => share > 0)) {
    throw new UserError("tasks.coreShares has no share above 0.");
  }
  checkPrices(scenario);
}

/**
 * The workload of a scenario without a file of tasks: `count` tasks of each class, the same for the same scenario.
 *
 * Every task can end inside the run: durations are at most the run less `AUCTION_HOURS`, and the submission is drawn from
 * the time up to the latest at which duration and `AUCTION_HOURS` still fit, with the same daily swing. So long tasks come
 * earlier than short ones and the last hours of a run see few submissions.
 *
 * The state that a migration moves is the task's memory: a suspended task is a checkpoint of its process image, and that is
 * as large at most.
 *
 * @returns tasks by submission
 * @throws UserError if the run is too short, or the values of `tasks` contradict each other or `server`
 */
export function generateTasks(scenario: Scenario): Task[] {
  const { hours, seed, start, tasks } = scenario;
  if (tasks.priority.count + tasks.deferrable.count === 0) return [];
  check(scenario);
  const random = new Random(`${seed}/tasks`);
  const submissions = new Submissions(start, tasks.dailySwing);
  const coreShares = tasks.coreShares.map(({ share, cores }) => [share, cores] as const);
  const end = hours * SECONDS_PER_HOUR;
  const room = end - AUCTION_HOURS * SECONDS_PER_HOUR;

  const generated: (Omit<Task, "id"> & { id: number })[] = [];
  for (const priority of [true, false]) {
    const of = priority ? tasks.priority : tasks.deferrable;
    const mean = Math.max(of.meanHours * SECONDS_PER_HOUR, SHORTEST_SECONDS);
    for (const durationSeconds of drawDurations(random, of.count, mean, room)) {
      const submitSeconds = submissions.draw(random, room - durationSeconds);
      const cores = random.weighted(coreShares);
      const memoryMb = memoryMbOf(scenario, cores, 1 + MEMORY_SPREAD * (2 * random.next() - 1));
      generated.push({
        id: 0, // known once they are sorted
        user: random.int(0, tasks.users - 1),
        cores,
        memoryMb,
        stateMb: memoryMb,
        submitSeconds,
        durationSeconds,
        deadlineSeconds: drawDeadline(random, end, submitSeconds, durationSeconds, of),
        priority,
        maxPriceYuanPerKWh: drawMaxPrice(random, of),
      });
    }
  }
  generated.sort((a, b) => a.submitSeconds - b.submitSeconds);
  for (const [id, task] of generated.entries()) task.id = id;
  return generated;
}
