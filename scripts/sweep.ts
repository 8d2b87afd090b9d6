/** `npx hardhat sweep`: runs a scenario over a grid of settings and many seeds. */
import { fileURLToPath } from "node:url";

import type { Result } from "hardhat/types/utils";

import { UserError } from "../sim/errors.ts";
import { requireFilled } from "../sim/options.ts";
import { sweep, type SweepOutcome } from "../sim/sweep.ts";
import { fingerprint } from "../sim/sweep/fingerprint.ts";
import { run } from "./action.ts";
import { showProgress } from "./progress.ts";
import { fieldsToSet, listed } from "./scenarioArguments.ts";

interface Arguments {
  readonly scenario: string;
  readonly strategy: string | undefined;
  readonly set: string | undefined;
  readonly settings: readonly string[];
  readonly seeds: number;
  readonly out: string;
  readonly processes: number;
  readonly bound: boolean;
}

/** The task's action. */
export default function action(args: Arguments): Promise<Result<undefined, UserError>> {
  return run(async () => {
    requireFilled(args);
    const { scenario, strategy, set, settings, seeds, out, processes, bound } = args;
    const progress = showProgress();
    try {
      const outcome = await sweep({
        scenario,
        sets: fieldsToSet(set, settings),
        seeds,
        out,
        bound,
        rules: listed(strategy),
        ...(processes === 0 ? {} : { processes }),
        module: new URL("../sim/sweep/simulation.ts", import.meta.url).href,
        code: await fingerprint(fileURLToPath(new URL("../sim/", import.meta.url))),
        onProgress: progress.update,
      });
      progress.stop();
      print(outcome);
    } finally {
      progress.stop();
    }
  });
}

/** @throws UserError if a run failed */
function print({ runs, kept, failed, files }: SweepOutcome): void {
  console.log(`\n${runs} runs, ${kept} of them kept from earlier. Written: ${files.join(", ")}`);
  if (failed.length === 0) return;
  // The same failure is mostly that of many runs; one stack is enough.
  const isFirst = (failure: string, i: number): boolean =>
    failed.findIndex((other) => other.failure === failure) === i;
  const list = failed.map(
    ({ label, failure, stack }, i) =>
      `  ${label}: ${isFirst(failure, i) ? (stack ?? failure) : failure}`,
  );
  throw new UserError(
    `${failed.length} of ${runs} runs failed and are not in the results; the same command tries them again.\n` +
      list.join("\n"),
  );
}
