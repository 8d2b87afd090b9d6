/** What a sweep varies. */
import { UserError } from "../errors.ts";
import { splitOutside } from "../scenario/override.ts";

/** A field and the values that it takes, as they were written. */
export interface Axis {
  readonly path: string;
  readonly values: readonly string[];
}

/** A value for each axis, by its path. */
export type Setting = Readonly<Record<string, string>>;

/**
 * Reads the fields that are varied, such as `battery.capacityWh=0,500,1000`. Commas in brackets or quotes belong to a value.
 *
 * @throws UserError with everything that is wrong; whether the values fit is the scenario's to say
 */
export function parseAxes(sets: readonly string[]): Axis[] {
  const problems: string[] = [];
  const axes: Axis[] = [];
  for (const set of sets) {
    const at = set.indexOf("=");
    const path = at === -1 ? "" : set.slice(0, at).trim();
    const values = splitOutside(set.slice(at + 1), /,/);
    const twice = values.find((value, i) => values.indexOf(value) < i);
    const note = (message: string): number => problems.push(`--set ${set}: ${message}`);
    if (path === "" || values.length === 0) {
      note("must be a field and its values; write it like battery.capacityWh=0,500,1000");
    } else if (path === "seed") {
      note("a sweep has the seeds from 1 on; say how many with --seeds");
    } else if (axes.some((axis) => axis.path === path)) {
      note(`field \`${path}\` is set twice; put all its values into one`);
    } else if (twice !== undefined) {
      note(`${twice} is there twice; leave one out`);
    } else {
      axes.push({ path, values });
    }
  }
  if (problems.length !== 0) throw new UserError(problems.join("\n"));
  return axes;
}

/** Every combination of the axes' values, the last axis fastest; one empty setting if there are none. */
export function settingsOf(axes: readonly Axis[]): Setting[] {
  return axes.reduce<Setting[]>(
    (settings, { path, values }) =>
      settings.flatMap((setting) => values.map((value) => ({ ...setting, [path]: value }))),
    [{}],
  );
}

/** A setting for people. */
export function labelOf(setting: Setting): string {
  return Object.entries(setting)
    .map(([path, value]) => `${path}=${value}`)
    .join(" ");
}
