// Writes docs/scenario.schema.json and the tables in docs/scenarios.md from the scenario's schema. Run by `npm run schema`.

import { writeFile } from "node:fs/promises";

import { scenarioReference } from "./scenario-reference.ts";

for (const [path, text] of await scenarioReference()) {
  await writeFile(new URL(`../${path}`, import.meta.url), text);
  console.log(path);
}
