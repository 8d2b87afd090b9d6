/** What a user asks for beside the work itself: how much memory, by when, for how much. Generator and importers share it. */
import { UserError } from "../errors.ts";
import type { Random } from "../random.ts";
import type { Scenario } from "../scenario/schema.ts";
import { MB_PER_GB, MICRO_YUAN_PER_YUAN, SECONDS_PER_HOUR } from "../units.ts";

/**
 * What every task can wait for its start, hours. Compute of an hour is sold in the hour before (the paper, section 2.2), so
 * that a task that is submitted just after a slot's auction has closed waits for up to two hours; the third is for a user
 * that is left over once and bids again.
 */
export const AUCTION_HOURS = 3;

/** A task is not cut below this; a shorter one would be nothing but overhead. */
export const SHORTEST_SECONDS = 300;

/** What the scenario says of one class of tasks. */
export type TaskClass = Scenario["tasks"]["priority"];

/**
 * @throws UserError if the limits of a class' prices are the wrong way round, which no schema can see
 */
export function checkPrices({ tasks }: Scenario): void {
  for (const name of ["priority", "deferrable"] as const) {
    const { lowestMaxPrice, highestMaxPrice } = tasks[name];
    if (lowestMaxPrice > highestMaxPrice) {
      throw new UserError(
        `tasks.${name}.lowestMaxPrice is ${lowestMaxPrice}, above highestMaxPrice, ${highestMaxPrice}; raise one or lower the other.`,
      );
    }
  }
}

/** Memory of a server, whole MB. */
export const serverMemoryMb = ({ server }: Scenario): number =>
  Math.floor(server.memoryGb * MB_PER_GB);

/**
 * Memory of a task that has no figure of its own, whole MB. Never above a server's share per core, since a server that is
 * full of such tasks would otherwise have cores that nobody can use.
 *
 * @param variation factor around `memoryGbPerCore`
 */
export function memoryMbOf(scenario: Scenario, cores: number, variation = 1): number {
  const asked = Math.round(cores * scenario.tasks.memoryGbPerCore * MB_PER_GB * variation);
  return Math.min(asked, Math.floor((cores * serverMemoryMb(scenario)) / scenario.server.cores));
}

/**
 * Deadline of a task: submission, duration, `AUCTION_HOURS` and a slack that is exponentially distributed; not after the
 * end of the run, and floored to a whole hour unless that would take away from the first three, in which case it is the
 * next whole hour. Whole hours, because the market's slots are.
 *
 * @param endSeconds end of the run, a whole hour, not before submission + duration + `AUCTION_HOURS`
 * @returns seconds from the start of the run
 */
export function drawDeadline(
  random: Random,
  endSeconds: number,
  submitSeconds: number,
  durationSeconds: number,
  { meanSlackHours }: TaskClass,
): number {
  const least = submitSeconds + durationSeconds + AUCTION_HOURS * SECONDS_PER_HOUR;
  const slack = -Math.log(1 - random.next()) * meanSlackHours * SECONDS_PER_HOUR;
  return Math.max(
    Math.floor(Math.min(least + slack, endSeconds) / SECONDS_PER_HOUR) * SECONDS_PER_HOUR,
    Math.ceil(least / SECONDS_PER_HOUR) * SECONDS_PER_HOUR,
  );
}

/** The most that a task's user pays, yuan per kWh: uniform in its class' range, in the market's unit of 10⁻⁶ yuan. */
export function drawMaxPrice(
  random: Random,
  { lowestMaxPrice, highestMaxPrice }: TaskClass,
): number {
  const price = lowestMaxPrice + random.next() * (highestMaxPrice - lowestMaxPrice);
  const rounded = Math.round(price * MICRO_YUAN_PER_YUAN) / MICRO_YUAN_PER_YUAN;
  return Math.min(Math.max(rounded, lowestMaxPrice), highestMaxPrice);
}
