/** How the tasks end: with what they found, or with a message that says what to do. */
import type { Result } from "hardhat/types/utils";
import { errorResult, successfulResult } from "hardhat/utils/result";

import { UserError } from "../sim/errors.ts";

/** Runs a task; an error that the user can mend is printed without a stack trace. */
export async function run(work: () => Promise<void>): Promise<Result<undefined, UserError>> {
  try {
    await work();
    return successfulResult();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`Error: ${error.message}`);
    return errorResult(error);
  }
}
