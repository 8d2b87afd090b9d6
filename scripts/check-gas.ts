// Measures the market's gas anew and fails if a figure differs from snapshots/gas.json or misses its
// target. Run by `npm run bench:gas:check`.

import { readFile } from "node:fs/promises";

import { measureGas, TARGETS, type Figures } from "../test/support/gas.ts";

const expected = JSON.parse(await readFile("snapshots/gas.json", "utf8")) as Figures;
const measured = await measureGas();
const problems: string[] = [];
for (const label of new Set([...Object.keys(expected), ...Object.keys(measured)])) {
  const [before, now] = [expected[label], measured[label]];
  if (before === now) continue;
  const change = before && now ? ` (${(100 * (now / before - 1)).toFixed(1)} %)` : "";
  problems.push(
    `${label}: ${before ?? "not there"} in the file, ${now ?? "not"} measured${change}`,
  );
}
for (const [label, target] of Object.entries(TARGETS)) {
  const figure = measured[label];
  if (figure === undefined) problems.push(`${label}: has a target and was not measured`);
  else if (figure > target) problems.push(`${label}: ${figure} exceeds its target ${target}`);
}
for (const problem of problems) console.error(problem);
console.log(`Gas: ${Object.keys(measured).length} figures, ${problems.length} problems`);
if (problems.length > 0) {
  console.error("If the change is meant, run `npm run bench:gas` and commit snapshots/gas.json.");
  process.exitCode = 1;
}
