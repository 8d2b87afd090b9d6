// Measures the market's gas and writes it to snapshots/gas.json. Run by `npm run bench:gas`.

import { mkdir, writeFile } from "node:fs/promises";

import { measureGas, TARGETS } from "../test/support/gas.ts";

const figures = await measureGas();
await mkdir("snapshots", { recursive: true });
await writeFile("snapshots/gas.json", `${JSON.stringify(figures, undefined, 2)}\n`);
for (const [label, figure] of Object.entries(figures)) {
  const target = TARGETS[label];
  const verdict =
    target === undefined ? "" : ` (${figure > target ? "MORE THAN" : "of"} ${target})`;
  console.log(`${String(figure).padStart(12)}  ${label}${verdict}`);
}
