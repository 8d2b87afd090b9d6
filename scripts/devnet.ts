/** A devnet with a market on it, in this process. */
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { parametersOf } from "../sim/setting.ts";
import type { Scenario } from "../sim/scenario/schema.ts";
import { deployOn, type DeployOptions } from "./deploy.ts";

/** Where a devnet listens: this machine only. */
export const HOST = "127.0.0.1";

/** Network by whose name a devnet is recorded. */
export const DEVNET = "localhost";

/** Gas of a block: enough for everybody to act in one. */
const BLOCK_GAS = 3_000_000_000n;

/** How long before the market's first slot the chain begins, ms: time to deploy it. */
const LEAD_MS = 3_600_000;

/** A devnet that is up. */
export interface Devnet {
  readonly url: string;
  /** Record of its market. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Where the record of a devnet's market goes, and who is told of its deployment. */
export type Recorded = Pick<DeployOptions, "folder" | "say">;

/**
 * Starts a devnet and deploys a scenario's market to it. The same scenario gives the same chain.
 *
 * @param port 0 for any that is free
 */
export async function openDevnet(
  hre: HardhatRuntimeEnvironment,
  scenario: Scenario,
  port: number,
  recorded: Recorded = {},
): Promise<Devnet> {
  const parameters = parametersOf(scenario);
  const server = await hre.network.createServer(
    {
      network: "default",
      chainType: "l1",
      override: {
        initialDate: new Date(Number(parameters.genesis) * 1000 - LEAD_MS),
        blockGasLimit: BLOCK_GAS,
        initialBaseFeePerGas: 0n,
        loggingEnabled: false,
        mining: { auto: true, mempool: { order: "fifo" } },
      },
    },
    HOST,
    port,
  );
  const listening = await server.listen();
  const url = `http://${listening.address}:${listening.port}`;
  const close = async (): Promise<void> => {
    await server.close();
  };
  try {
    const connection = await hre.network.create({ network: DEVNET, override: { url } });
    const { genesis, drawAmong, sellerShareBps } = parameters;
    const text = JSON.stringify({ genesis, drawAmong, sellerShareBps }, (_, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    );
    const folder = await deployOn(connection, hre, {
      fresh: true,
      token: undefined,
      holders: {},
      parameters: { path: `The scenario ${scenario.name}`, text },
      ...recorded,
    });
    await connection.close();
    return { url, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}
