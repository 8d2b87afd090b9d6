/** `npx hardhat run`: Hardhat's own, but it builds no more than `deploy` does, and ends as our tasks do. */
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { TaskArguments } from "hardhat/types/tasks";
import type { Result } from "hardhat/types/utils";

import type { UserError } from "../sim/errors.ts";
import { run } from "./action.ts";
import { buildContracts } from "./deploy.ts";

/** The task's action. */
export default function action(
  args: TaskArguments,
  hre: HardhatRuntimeEnvironment,
  runSuper: (args: TaskArguments) => Promise<unknown>,
): Promise<Result<undefined, UserError>> {
  return run(async () => {
    // Hardhat's would compile the Solidity tests as well, which takes minutes.
    if (args["noCompile"] !== true) await buildContracts(hre);
    await runSuper({ ...args, noCompile: true });
  }, hre);
}
