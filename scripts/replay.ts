/** `npx hardhat replay`: runs a scenario on a chain by signed transactions, and writes its results. */
import { join } from "node:path";

import { HDNodeWallet, Mnemonic } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkConfig } from "hardhat/types/config";
import type { Result } from "hardhat/types/utils";

import { RefusedCall } from "../sim/agents/access.ts";
import { UserError } from "../sim/errors.ts";
import { requireOutputFolder, resultsFolder } from "../sim/files.ts";
import { inputsOf, type Inputs } from "../sim/inputs.ts";
import { isoTime } from "../sim/market/chainTime.ts";
import { startMining } from "../sim/market/mining.ts";
import { JOURNAL_FOLDER, readMarket } from "../sim/market/record.ts";
import { httpRpc, resultOf, type Rpc } from "../sim/market/rpc.ts";
import type { Traffic } from "../sim/market/wallets.ts";
import { differenceFromMemory, type ChainRun } from "../sim/equality.ts";
import { chainSetting } from "../sim/replay.ts";
import { writeResults } from "../sim/report/files.ts";
import { runIn, type StrategyRun } from "../sim/simulate.ts";
import { strategyOf, type Strategy } from "../sim/strategies.ts";
import { run } from "./action.ts";
import { lockMarket } from "./deploy.ts";
import { showProgress } from "./progress.ts";
import { loadFor, tracesOf, type ScenarioArguments } from "./scenarioArguments.ts";
import { printImport, printTable } from "./simulate.ts";

interface Arguments extends ScenarioArguments {
  readonly strategyName: string;
  readonly out: string | undefined;
  readonly verify: boolean;
}

/** Key of the first account of a Hardhat or anvil devnet: their common mnemonic. */
const DEV_MNEMONIC = "test test test test test test test test test test test junk";

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
    const connection = await hre.network.create();
    try {
      const { networkName, networkConfig } = connection;
      const rpc: Rpc =
        networkConfig.type === "http"
          ? httpRpc(await networkConfig.url.getUrl())
          : throwInProcess(networkName);
      const folder = join(hre.config.paths.root, "deployments", networkName);
      const adminKey = await adminKeyOf(networkConfig);
      const { type, gasPrice } = networkConfig;
      const lock = lockMarket(hre, networkName);
      try {
        await replay({
          inputs,
          strategy,
          folder,
          rpc,
          adminKey,
          out,
          verify: args.verify,
          gasPrice: type === "http" && gasPrice !== "auto" ? gasPrice : undefined,
          journal: join(folder, JOURNAL_FOLDER),
        });
      } finally {
        lock.release();
      }
    } finally {
      await connection.close();
    }
  });
}

/** Folder for the results on a chain, if nobody names one. */
export const onChainFolder = (scenario: string, args: ScenarioArguments): string =>
  resultsFolder(scenario, ...tracesOf(args), "on-chain");

function throwInProcess(networkName: string): never {
  throw new UserError(
    `The network ${networkName} ends with this command, and nobody could look at it. Start "npx hardhat node", ` +
      `deploy to it, and add "--network localhost"; or run "npm start", which does all of it.`,
  );
}

/** Key of the account that deploys on a network. */
async function adminKeyOf(config: NetworkConfig): Promise<string> {
  if (config.type === "http" && Array.isArray(config.accounts)) {
    const [first] = config.accounts;
    if (first !== undefined) return first.getHexString();
  }
  return devKey();
}

/** Key of a devnet's first account. */
export const devKey = (): string =>
  HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEV_MNEMONIC), "m/44'/60'/0'/0/0").privateKey;

/** What to replay, and where. */
export interface Replay {
  readonly inputs: Inputs;
  readonly strategy: Strategy;
  /** Record of the market. */
  readonly folder: string;
  readonly rpc: Rpc;
  readonly adminKey: string;
  readonly out: string;
  /** Whether to run the same in memory afterwards, and to compare. */
  readonly verify: boolean;
  /** Fee per gas in wei where it is not a devnet's; undefined: what the node asks for. */
  readonly gasPrice?: bigint | undefined;
  /** Folder of the parties' journals; undefined on a chain that ends with the process. */
  readonly journal?: string;
  /** Told of every hour that is done. */
  readonly onHour?: (hour: number) => void;
}

/** Replays a scenario and writes and prints the results. */
export async function replay(options: Replay): Promise<void> {
  const { inputs: read, strategy, folder, out, verify, onHour, ...access } = options;
  const { imports, ...inputs } = read;
  const { scenario } = inputs;
  const market = await readMarket(folder);
  if (!market?.complete)
    throw new UserError(`No complete market is recorded in ${folder}; deploy one there first.`);
  const dev = await isDevnet(access.rpc);
  const setting = await chainSetting({
    ...access,
    inputs,
    strategy: strategy.name,
    market,
    folder,
    dev,
    onWaiting: (until) => {
      console.error(`Waiting for the chain to reach ${isoTime(until)}.`);
    },
  });
  const { traffic } = setting.wallets;
  const began = performance.now();
  const progress = showProgress();
  // Without a journal the chain ends with the process.
  const goOn =
    access.journal === undefined ? undefined : whenStopped(() => giveBack(access.rpc, dev));
  let done: StrategyRun;
  try {
    done = await runIn(setting, inputs, strategy, CHECKED, (hour) => {
      const rate = (traffic.transactions - traffic.found) / ((performance.now() - began) / 1000);
      onHour?.(hour);
      progress.update(
        hour,
        scenario.hours,
        `hour ${hour.toString()} of ${scenario.hours.toString()}, ${rate.toFixed(0)} transactions/s`,
      );
    });
  } catch (error) {
    throw error instanceof RefusedCall ? missedWindow(error) : error;
  } finally {
    goOn?.();
    progress.stop();
    await setting.clock.end();
  }
  const result = { scenario, imports, strategies: [done.result], smallestBatteries: [] };
  await writeResults(out, result);
  for (const report of imports) printImport(report);
  printTable(result);
  printTraffic(traffic, setting.clock.blocks, (performance.now() - began) / 1000);
  console.log(`Results are in ${out}; open ${join(out, "report.html")} in a browser.`);
  if (verify) {
    await requireAsInMemory({ inputs, strategy, options: CHECKED, ...setting, ...done });
  } else if (setting.firstSlot > 0) {
    console.log(
      `It began in slot ${setting.firstSlot.toString()} of its market, which is part of every draw, and "simulate" begins in slot 0: ` +
        `its figures differ a little. "--verify" compares with a run in memory from the same slot on.`,
    );
  }
}

/** Exit status of a command that a signal stopped. */
const STOPPED = 130;

/** Has a signal to stop end the process after `work`; a second one does so at once. @returns what ends that */
function whenStopped(work: () => Promise<void>): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const stop = (): void => {
    void work().finally(() => {
      console.error("\nStopped. The same command goes on where the chain is.");
      process.exit(STOPPED);
    });
  };
  for (const signal of signals) process.once(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

/** Leaves a devnet mining for others. */
async function giveBack(rpc: Rpc, dev: boolean): Promise<void> {
  if (dev)
    await startMining(async (method, params) => resultOf((await rpc([{ method, params }]))[0]));
}

/** What a replay computes beside its rows. */
const CHECKED = { bound: true, check: true };

/** Prints that a run on a chain is the run in memory, or ends with what differs. */
async function requireAsInMemory(run: ChainRun): Promise<void> {
  const difference = await differenceFromMemory(run);
  if (difference !== undefined)
    throw new UserError(
      `On the chain and in memory the run is not the same. ${difference.message} (expected: in memory; found: on the chain).`,
    );
  console.log(
    "In memory it is the same: every row, the summary, and all accounts and RVs at the end.",
  );
}

/** On a devnet no call of an honest party is refused; elsewhere the auction's windows go by. */
const missedWindow = (error: RefusedCall): UserError =>
  new UserError(
    `${error.message} Where time goes by, this is what comes of being away, or of a node that is slow, for longer than a window ` +
      `of the auction lasts. The market goes on without the replay; for another, deploy a new one with --fresh.`,
    { cause: error },
  );

/** Whether the node can be told the time and when to mine. */
async function isDevnet(rpc: Rpc): Promise<boolean> {
  const [answer] = await rpc([{ method: "web3_clientVersion", params: [] }]);
  return /hardhat|anvil/i.test(String(answer?.result));
}

function printTraffic(traffic: Traffic, blocks: number, seconds: number): void {
  const { transactions, found, gas, calls } = traffic;
  const rate = (transactions - found) / seconds;
  if (found > 0) {
    const before = found === transactions ? "had ended before" : "was interrupted and went on";
    console.log(`The run ${before}; ${found.toString()} transactions were there.`);
  }
  console.log(
    `${transactions.toString()} transactions, ${blocks.toString()} blocks mined for them, ${(Number(gas) / 1e9).toFixed(2)} billion gas, ` +
      `${calls.toString()} questions to the node; ${seconds.toFixed(0)} s, ${rate.toFixed(0)} transactions/s.`,
  );
}
