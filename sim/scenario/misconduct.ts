/** The ways to misbehave that a scenario can ask for, and who does. */
import { Random } from "../random.ts";
import type { Scenario } from "./schema.ts";

/** All ways, by the names of the scenario's fields. */
export const MISCONDUCTS = [
  "neverReveal",
  "revealLate",
  "unfunded",
  "underDeliver",
  "misreport",
  "stop",
] as const;

/** A way to misbehave. */
export type Misconduct = (typeof MISCONDUCTS)[number];

/** The ways that are open to users; the others need a data centre or a meter. */
const OF_USERS: readonly Misconduct[] = ["neverReveal", "revealLate", "unfunded", "stop"];

/** What each user and each data centre, its meter included, does wrong; undefined if nothing. */
export interface Cast {
  readonly users: readonly (Misconduct | undefined)[];
  readonly dataCentres: readonly (Misconduct | undefined)[];
}

/** Whether anybody is to misbehave. */
export const isMisbehaved = ({ misbehaviour }: Scenario): boolean =>
  MISCONDUCTS.some((kind) => misbehaviour[kind] > 0);

/** Draws who misbehaves, the same for the same scenario and seed. */
export function castOf(scenario: Scenario, users: number, dataCentres: number): Cast {
  const { seed } = scenario;
  return {
    users: draw(scenario, OF_USERS, users, new Random(`${seed}/misbehaviour/users`)),
    dataCentres: draw(
      scenario,
      MISCONDUCTS,
      dataCentres,
      new Random(`${seed}/misbehaviour/data centres`),
    ),
  };
}

function draw(
  { misbehaviour }: Scenario,
  kinds: readonly Misconduct[],
  count: number,
  random: Random,
): (Misconduct | undefined)[] {
  const cast = new Array<Misconduct | undefined>(count).fill(undefined);
  const order = random.shuffled(cast.map((_, index) => index));
  let share = 0;
  let cut = 0;
  for (const kind of kinds) {
    share += misbehaviour[kind];
    // The sum is rounded and not each share, so that all together are as many as asked for.
    const next = Math.min(count, Math.round(share * count));
    for (const index of order.slice(cut, next)) cast[index] = kind;
    cut = next;
  }
  return cast;
}
