// Stands in for the simulation in tests of the sweep: figures that the scenario determines, and runs that fail as they are told.

import { appendFile } from "node:fs/promises";
import process from "node:process";
import { setTimeout } from "node:timers/promises";

import { UserError } from "../../sim/errors.ts";
import { Random } from "../../sim/random.ts";
import type { Scenario } from "../../sim/scenario/schema.ts";

export async function run(
  { seed, battery, market, strategies, hours }: Scenario,
  { bound }: { bound: boolean },
): Promise<unknown> {
  const log = process.env["SWEEP_LOG"];
  if (log !== undefined) await appendFile(log, `${battery.capacityWh} ${market.k} ${seed}\n`);
  // As if longer runs took longer.
  await setTimeout(hours);
  if (seed === 2 && battery.capacityWh === 13) throw new TypeError("the sun is gone");
  if (seed === 2 && battery.capacityWh === 14) throw new UserError("Put this right.");
  if (seed === 2 && battery.capacityWh === 15) process.kill(process.pid, "SIGKILL");
  const random = new Random(`${seed} ${market.k}`);
  return Object.fromEntries(
    strategies.map((name) => [
      name,
      {
        importKwh: battery.capacityWh + random.next(),
        importLowerBoundKwh: bound ? random.next() : null,
        matchRate: Number.NaN,
        dcReputation: [seed, 10 * seed, 100 * seed],
      },
    ]),
  );
}
