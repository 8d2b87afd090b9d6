/** `npm start`: a devnet, a market on it, and a week of it, to look at. */
import { createServer } from "node:net";
import { join, relative } from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Result } from "hardhat/types/utils";

import { UserError } from "../sim/errors.ts";
import { requireOutputFolder } from "../sim/files.ts";
import { inputsOf } from "../sim/inputs.ts";
import { httpRpc } from "../sim/market/rpc.ts";
import { requirePort } from "../sim/options.ts";
import { strategyOf } from "../sim/strategies.ts";
import type { MarketConsole } from "../web/server/console.ts";
import { run } from "./action.ts";
import { buildContracts, lockMarket } from "./deploy.ts";
import { DEVNET, HOST, openDevnet, type Devnet } from "./devnet.ts";
import { openConsole, untilStopped } from "./explore.ts";
import { devKey, onChainFolder, replay } from "./replay.ts";
import { loadFor, type ScenarioArguments } from "./scenarioArguments.ts";

interface Arguments extends ScenarioArguments {
  readonly strategyName: string;
  readonly out: string | undefined;
  readonly port: number;
  readonly consolePort: number;
  readonly once: boolean;
  readonly verify: boolean;
}

/** The task's action. */
export default function action(
  args: Arguments,
  hre: HardhatRuntimeEnvironment,
): Promise<Result<undefined, UserError>> {
  return run(async () => {
    const scenario = await loadFor(args, []);
    const strategy = strategyOf(args.strategyName);
    const inputs = await inputsOf(scenario);
    const out = args.out ?? onChainFolder(scenario.name, args);
    await requireOutputFolder(out);
    await requireFree(args.port, "port");
    if (!args.once) await requireFree(args.consolePort, "console-port");
    await buildContracts(hre);
    const lock = lockMarket(hre, DEVNET);
    let devnet: Devnet | undefined;
    let viewer: MarketConsole | undefined;
    try {
      devnet = await openDevnet(hre, scenario, args.port);
      const { url, folder } = devnet;
      const progress = { scenario: scenario.name, hour: 0, hours: scenario.hours, done: false };
      viewer = args.once
        ? undefined
        : await openConsole(hre, DEVNET, {
            ...{ node: url, host: HOST, port: args.consolePort },
            replay: () => progress,
          });
      if (viewer !== undefined) console.log(`Watch it at ${viewer.url}`);
      await replay({
        inputs,
        strategy,
        folder,
        rpc: httpRpc(url),
        adminKey: devKey(),
        out,
        verify: args.verify,
        onHour: (hour) => (progress.hour = hour),
      });
      progress.done = true;
      console.log(`\nWhere to look:\n  report       ${join(out, "report.html")}`);
      if (viewer === undefined) return;
      console.log(`  console      ${viewer.url}`);
      console.log(`  chain        ${url}`);
      console.log(`  deployment   ${relative(process.cwd(), folder)}`);
      console.log("\nThe chain stays up until Ctrl-C.");
      await untilStopped();
    } finally {
      await viewer?.close();
      await devnet?.close();
      lock.release();
    }
  });
}

/** Refuses a port that somebody else listens at, before anything is done. */
async function requireFree(port: number, option: string): Promise<void> {
  requirePort(option, port);
  const probe = createServer();
  const error = await new Promise<Error | undefined>((resolve) => {
    probe.once("error", resolve);
    probe.listen(port, HOST, () => {
      resolve(undefined);
    });
  });
  if (error !== undefined)
    throw new UserError(
      `Port ${port} of this machine is in use, perhaps by another devnet (${error.message}). Stop that, or add "--${option} ${port + 1}".`,
    );
  await new Promise((resolve) => probe.close(resolve));
}
