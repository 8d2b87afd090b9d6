/** Scenarios for tests of the sun. */
import Value from "typebox/value";

import { ScenarioSchema, type Scenario } from "../../sim/scenario/schema.ts";

/** The default scenario with some sections changed. */
export function pvScenario(
  change: Partial<Pick<Scenario, "seed" | "start" | "hours" | "stepMinutes">> & {
    readonly plant?: Partial<Scenario["plant"]>;
    readonly pv?: Partial<Scenario["pv"]>;
    readonly microgrids?: Partial<Scenario["microgrids"]>;
  } = {},
): Scenario {
  const defaults = Value.Default(ScenarioSchema, { name: "test" }) as Scenario;
  return {
    ...defaults,
    ...change,
    plant: { ...defaults.plant, ...change.plant },
    pv: { ...defaults.pv, ...change.pv },
    microgrids: { ...defaults.microgrids, ...change.microgrids },
  };
}

/** Energy of a series, kWh. */
export const kWhOf = ({
  watts,
  stepSeconds,
}: {
  readonly watts: Float64Array;
  readonly stepSeconds: number;
}): number => (watts.reduce((a, b) => a + b, 0) * stepSeconds) / 3_600_000;
