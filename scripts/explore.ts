/** `npx hardhat explore`: serves the console of a network. */
import { join } from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Result } from "hardhat/types/utils";

import { UserError } from "../sim/errors.ts";
import { MARKET_FILE, readMarket } from "../sim/market/record.ts";
import { requirePort } from "../sim/options.ts";
import { buildApp } from "../web/build.ts";
import { MarketConsole, type ConsoleOptions } from "../web/server/console.ts";
import { run } from "./action.ts";

interface Arguments {
  readonly host: string;
  readonly port: number;
}

/** The task's action. */
export default function action(
  { host, port }: Arguments,
  hre: HardhatRuntimeEnvironment,
): Promise<Result<undefined, UserError>> {
  return run(async () => {
    requirePort("port", port);
    const connection = await hre.network.create();
    const { networkName, networkConfig } = connection;
    const node = networkConfig.type === "http" ? await networkConfig.url.getUrl() : undefined;
    await connection.close();
    if (node === undefined) throw inProcess(networkName);
    await requireRecord(hre, networkName);
    const opened = await openConsole(hre, networkName, { node, host, port });
    console.log(`The console of ${networkName} is at ${opened.url}\nIt runs until Ctrl-C.`);
    await untilStopped();
    await opened.close();
  });
}

const inProcess = (networkName: string): UserError =>
  new UserError(
    `The network ${networkName} ends with this command, and there is nothing to see. Start "npx hardhat node", deploy to it, ` +
      `and add "--network localhost"; or run "npm start", which does all of it.`,
  );

async function requireRecord(hre: HardhatRuntimeEnvironment, networkName: string): Promise<void> {
  const folder = join(hre.config.paths.root, "deployments", networkName);
  if ((await readMarket(folder)) !== undefined) return;
  throw new UserError(
    `No market is recorded in deployments/${networkName}/${MARKET_FILE}. Deploy one first: npx hardhat deploy --network ${networkName}`,
  );
}

/** Opens the console of a network with the project's folders. */
export async function openConsole(
  hre: HardhatRuntimeEnvironment,
  networkName: string,
  options: Pick<ConsoleOptions, "node" | "host" | "port" | "replay">,
): Promise<MarketConsole> {
  const { root } = hre.config.paths;
  return MarketConsole.open({
    ...options,
    folder: join(root, "deployments", networkName),
    index: join(root, ".explorer", networkName, "index.db"),
    results: join(root, "results"),
    application: await buildApp(),
    onNode: (reachable, message) => {
      if (!reachable)
        console.log(`${message ?? ""} The console shows what it has, and tries again.`);
    },
  });
}

/** Waits for Ctrl-C. */
export const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
