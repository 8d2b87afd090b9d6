/** A scenario with faults, mended so far that the rest of it can be checked. */
import * as Value from "typebox/value";

import { schemaProblems, type Path } from "./problem.ts";
import { ScenarioSchema, type Scenario } from "./schema.ts";

/** Stands in for the one field that has no default. */
const NAME = "unnamed";

/** What a fault in a field leaves to be checked. */
export interface Mended {
  readonly scenario: Scenario;
  /** What was left out or is at its default now: nothing that involves it can be told. */
  readonly left: readonly Path[];
}

/** The scenario with what is wrong in its fields left out, so that they have their defaults. */
export function mended(fields: unknown): Mended {
  let scenario = structuredClone(fields);
  const left: Path[] = [];
  for (let problems = schemaProblems(scenario); problems.length > 0;) {
    for (const { paths } of problems) {
      // What is still wrong without the field is the list or section that it was in.
      let [path] = paths;
      while (path.length > 1 && !remove(scenario, path)) path = path.slice(0, -1);
      if (path.length === 1) replace(scenario, path[0] ?? "");
      left.push(path);
    }
    scenario = Value.Default(ScenarioSchema, scenario);
    problems = schemaProblems(scenario);
  }
  return { scenario: scenario as Scenario, left };
}

/** Whether one of the fields is, or is in, the other. */
export const overlap = (a: Path, b: Path): boolean =>
  a.every((name, i) => i >= b.length || b[i] === name);

function replace(fields: unknown, name: string): void {
  const holder = fields as Record<string, unknown>;
  if (name === "name") holder[name] = NAME;
  else Reflect.deleteProperty(holder, name);
}

/** Takes a field out of what it is in; returns whether it was there, in a mapping. */
function remove(fields: unknown, path: Path): boolean {
  let holder = fields;
  for (const name of path.slice(0, -1))
    holder = (holder as Record<string, unknown> | null | undefined)?.[name];
  const last = path.at(-1) ?? "";
  if (typeof holder !== "object" || holder === null || Array.isArray(holder)) return false;
  return Object.hasOwn(holder, last) && Reflect.deleteProperty(holder, last);
}
