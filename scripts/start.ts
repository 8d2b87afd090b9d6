/** `npm start`: a devnet, a market on it, and a week of it, to look at. */
import { createServer } from "node:net";
import { join, relative } from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Result } from "hardhat/types/utils";

import { UserError } from "../sim/errors.ts";
import { httpRpc } from "../sim/market/rpc.ts";
import { strategyOf } from "../sim/strategies.ts";
import { run } from "./action.ts";
import { buildContracts } from "./deploy.ts";
import { HOST, openDevnet } from "./devnet.ts";
import { devKey, replay } from "./replay.ts";
import { loadFor, type ScenarioArguments } from "./scenarioArguments.ts";

interface Arguments extends ScenarioArguments {
  readonly strategyName: string;
  readonly out: string | undefined;
  readonly port: number;
  readonly once: boolean;
}

/** The task's action. */
export default function action(
  args: Arguments,
  hre: HardhatRuntimeEnvironment,
): Promise<Result<undefined, UserError>> {
  return run(async () => {
    const scenario = await loadFor(args, []);
    const strategy = strategyOf(args.strategyName);
    await requireFree(args.port);
    await buildContracts(hre);
    const devnet = await openDevnet(hre, scenario, args.port);
    try {
      const { url, folder } = devnet;
      const out = args.out ?? join("results", `${scenario.name}-on-chain`);
      await replay({
        scenario,
        strategy,
        folder,
        rpc: httpRpc(url),
        adminKey: devKey(),
        out,
      });
      console.log(`\nWhere to look:\n  report       ${join(out, "report.html")}`);
      if (args.once) return;
      console.log(`  chain        ${url}`);
      console.log(`  deployment   ${relative(process.cwd(), folder)}`);
      console.log("\nThe chain stays up until Ctrl-C.");
      await untilStopped();
    } finally {
      await devnet.close();
    }
  });
}

/** Refuses a port that somebody else listens at, before anything is done. */
async function requireFree(port: number): Promise<void> {
  const probe = createServer();
  const error = await new Promise<Error | undefined>((resolve) => {
    probe.once("error", resolve);
    probe.listen(port, HOST, () => {
      resolve(undefined);
    });
  });
  if (error !== undefined)
    throw new UserError(
      `Port ${port} of this machine is in use, perhaps by another devnet (${error.message}). Stop that, or add "--port 8546".`,
    );
  await new Promise((resolve) => probe.close(resolve));
}

const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
