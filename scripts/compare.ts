/** `npx hardhat compare`: sets runs side by side. */
import { dirname } from "node:path";

import type { Result } from "hardhat/types/utils";

import type { UserError } from "../sim/errors.ts";
import { requireOutputFolder, writeAtomically } from "../sim/files.ts";
import { requireFilled } from "../sim/options.ts";
import { compareRuns } from "../sim/report/compare.ts";
import { run } from "./action.ts";

interface Arguments {
  readonly runs: readonly string[];
  readonly out: string | undefined;
}

/** The task's action. */
export default function action({ runs, out }: Arguments): Promise<Result<undefined, UserError>> {
  return run(async () => {
    requireFilled({ out });
    if (out !== undefined) await requireOutputFolder(dirname(out));
    const { text, html } = await compareRuns(runs);
    console.log(text);
    if (out === undefined) return;
    await writeAtomically(out, html);
    console.log(`The comparison is in ${out}.`);
  });
}
