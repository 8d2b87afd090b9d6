/** What is published of the scenario's schema. */
import { readFile } from "node:fs/promises";

import { format, resolveConfig } from "prettier";

import { jsonSchema, withFieldTables } from "../sim/scenario/reference.ts";

/** The published files and what they are to hold, as prettier writes it. */
export async function scenarioReference(): Promise<ReadonlyMap<string, string>> {
  const root = new URL("../", import.meta.url);
  const guide = await readFile(new URL("docs/scenarios.md", root), "utf8");
  const drafts = [
    ["docs/scenario.schema.json", jsonSchema()],
    ["docs/scenarios.md", withFieldTables(guide)],
  ] as const;
  const files = drafts.map(async ([path, text]) => {
    const filepath = new URL(path, root);
    return [
      path,
      await format(text, { ...(await resolveConfig(filepath)), filepath: path }),
    ] as const;
  });
  return new Map(await Promise.all(files));
}
