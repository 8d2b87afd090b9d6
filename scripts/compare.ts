/** `npx hardhat compare`: sets runs side by side. */
import type { Result } from "hardhat/types/utils";

import type { UserError } from "../sim/errors.ts";
import { writeAtomically } from "../sim/files.ts";
import { compareRuns } from "../sim/report/compare.ts";
import { run } from "./action.ts";

interface Arguments {
  readonly runs: readonly string[];
  readonly out: string | undefined;
}

/** The task's action. */
export default function action({ runs, out }: Arguments): Promise<Result<undefined, UserError>> {
  return run(async () => {
    const { text, html } = await compareRuns(runs);
    console.log(text);
    if (out === undefined) return;
    await writeAtomically(out, html);
    console.log(`The comparison is in ${out}.`);
  });
}
