/** `npm start`: a devnet, a market on it, and a week of it, to look at. */
import { createServer } from "node:net";
import { join, relative } from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Result } from "hardhat/types/utils";

import { UserError } from "../sim/errors.ts";
import { httpRpc } from "../sim/market/rpc.ts";
import { strategyOf } from "../sim/strategies.ts";
import { parametersOf } from "../sim/world.ts";
import { run } from "./action.ts";
import { buildContracts, deployOn } from "./deploy.ts";
import { devKey, replay } from "./replay.ts";
import { loadFor, type ScenarioArguments } from "./scenarioArguments.ts";

interface Arguments extends ScenarioArguments {
  readonly strategyName: string;
  readonly out: string | undefined;
  readonly port: number;
  readonly once: boolean;
}

const HOST = "127.0.0.1";

/** Gas of a block: enough for everybody to act in one. */
const BLOCK_GAS = 3_000_000_000n;

/** How long before the market's first slot the chain begins, ms: time to deploy it. */
const LEAD_MS = 3_600_000;

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
    const parameters = parametersOf(scenario);
    const initialDate = new Date(Number(parameters.genesis) * 1000 - LEAD_MS);
    const server = await hre.network.createServer(
      {
        network: "default",
        chainType: "l1",
        override: {
          initialDate,
          blockGasLimit: BLOCK_GAS,
          initialBaseFeePerGas: 0n,
          loggingEnabled: false,
          mining: { auto: true, mempool: { order: "fifo" } },
        },
      },
      HOST,
      args.port,
    );
    const { address, port } = await server.listen();
    const url = `http://${address}:${port}`;
    try {
      const connection = await hre.network.create({ network: "localhost", override: { url } });
      const { genesis, drawAmong, sellerShareBps } = parameters;
      const text = JSON.stringify({ genesis, drawAmong, sellerShareBps }, (_, value: unknown) =>
        typeof value === "bigint" ? value.toString() : value,
      );
      const folder = await deployOn(connection, hre, {
        fresh: true,
        token: undefined,
        holders: {},
        parameters: { path: `The scenario ${scenario.name}`, text },
      });
      await connection.close();
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
      await server.close();
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
