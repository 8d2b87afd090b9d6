/** `npm start`: a devnet, a market on it, and a week of it, to look at. */
import { join, relative } from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { JsonRpcServer } from "hardhat/types/network";
import type { Result } from "hardhat/types/utils";

import { UserError } from "../sim/errors.ts";
import { httpRpc } from "../sim/market/rpc.ts";
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
    const url = await listen(server, args.port);
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
        strategy: args.strategyName,
        folder,
        rpc: httpRpc(url),
        adminKey: devKey(),
        out,
      });
      console.log(`
Where to look:
  report       ${join(out, "report.html")}
  chain        ${url}, chain ${connection.networkConfig.chainId?.toString() ?? "31337"}
  deployment   ${relative(process.cwd(), folder)}
`);
      if (!args.once) {
        console.log("The chain stays up until Ctrl-C.");
        await untilStopped();
      }
    } finally {
      await server.close();
    }
  });
}

async function listen(server: JsonRpcServer, port: number): Promise<string> {
  try {
    const { address, port: actual } = await server.listen();
    return `http://${address}:${actual.toString()}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new UserError(
      `Port ${port.toString()} of this machine is in use, perhaps by another devnet. Stop that, or add "--port 8546".`,
    );
  }
}

const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
