/** How the tasks end: with what they found, or with a message that says what to do. */
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Result } from "hardhat/types/utils";
import { errorResult, successfulResult } from "hardhat/utils/result";

import { UserError } from "../sim/errors.ts";
import { requireNode } from "../sim/market/rpc.ts";

/**
 * Runs a task; an error that the user can mend is printed without a stack trace.
 *
 * @param hre given by tasks that ask the network's node by Hardhat's means: if it is not there, that is the error
 */
export async function run(
  work: () => Promise<void>,
  hre?: HardhatRuntimeEnvironment,
): Promise<Result<undefined, UserError>> {
  try {
    await work();
    return successfulResult();
  } catch (error) {
    const fault = error instanceof UserError ? error : await faultOfNode(hre);
    if (fault === undefined) throw error;
    console.error(`Error: ${fault.message}`);
    return errorResult(fault);
  }
}

/** What is wrong with the node of the network that the command line names; undefined if it answers, or there is none. */
async function faultOfNode(
  hre: HardhatRuntimeEnvironment | undefined,
): Promise<UserError | undefined> {
  const network = hre?.config.networks[hre.globalOptions.network];
  if (network?.type !== "http") return undefined;
  try {
    await requireNode(await network.url.getUrl());
    return undefined;
  } catch (error) {
    // Without a URL Hardhat's own error says which variable is missing.
    return error instanceof UserError ? error : undefined;
  }
}
