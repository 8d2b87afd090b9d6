/** Scenarios for tests. */
import { Value } from "typebox/value";

import { defaultScenario, ScenarioSchema, type Scenario } from "../../sim/scenario/schema.ts";

/** Changes of a scenario, section by section; lists as a whole. */
export type Changes<T = Scenario> = {
  readonly [K in keyof T]?: T[K] extends readonly unknown[]
    ? T[K]
    : T[K] extends object
      ? Changes<T[K]>
      : T[K];
};

const isSection = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function changed<T extends object>(base: T, changes: Changes<T>): T {
  const result = { ...base } as Record<string, unknown>;
  for (const [name, value] of Object.entries(changes)) {
    const before = result[name];
    result[name] = isSection(before) && isSection(value) ? changed(before, value) : value;
  }
  return result as T;
}

/**
 * The default scenario with changes, one after the other.
 *
 * @throws Error if it breaks the schema
 */
export function scenarioWith(...changes: readonly Changes[]): Scenario {
  const scenario = changes.reduce<Scenario>(
    (so, change) => changed(so, change),
    defaultScenario("test"),
  );
  if (Value.Check(ScenarioSchema, scenario)) return scenario;
  throw new Error(`The test's scenario is none: ${JSON.stringify(changes)}`);
}
