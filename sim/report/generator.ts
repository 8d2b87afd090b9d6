/** Which program wrote the results. */
import manifest from "../../package.json" with { type: "json" };

/** Name and version of a program. */
export interface Generator {
  readonly name: string;
  readonly version: string;
}

/** This program. */
export const GENERATOR: Generator = { name: manifest.name, version: manifest.version };
