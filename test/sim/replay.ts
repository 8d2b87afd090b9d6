/** Replays on chains that others mine: standard JSON-RPC, and time that goes by. */
import { expect } from "chai";
import { artifacts, network } from "hardhat";

import { devKey } from "../../scripts/replay.ts";
import { differenceFromMemory } from "../../sim/equality.ts";
import { inputsOf } from "../../sim/inputs.ts";
import { deployMarket } from "../../sim/market/deployment.ts";
import {
  readMarket,
  writeContract,
  writeMarket,
  type MarketRecord,
} from "../../sim/market/record.ts";
import type { Rpc, RpcAnswer } from "../../sim/market/rpc.ts";
import { chainSetting } from "../../sim/replay.ts";
import { runIn } from "../../sim/simulate.ts";
import { strategyOf } from "../../sim/strategies.ts";
import { parametersOf } from "../../sim/setting.ts";
import { TestFiles } from "../support/files.ts";
import { scenarioWith } from "../support/scenario.ts";

/** What nodes have that are no devnets. */
const STANDARD = /^(eth|net|web3)_/;

/** How much later than the one before a producer's block is that was waited for, s. */
const BLOCK_SECONDS = 30;

/** One of so many transactions does not arrive. */
const LOST = 60;

const scenario = scenarioWith({
  name: "wall-clock",
  start: "2027-06-21T00:00:00Z",
  hours: 14,
  microgrids: { count: 1, dataCentres: 2 },
  server: { count: 2 },
  tasks: { users: 3, priority: { count: 2, meanHours: 2 }, deferrable: { count: 8, meanHours: 2 } },
  transfers: { repaymentHours: 2 },
});

const strategy = strategyOf("opportunistic+esd+transfer");

type Connection = Awaited<ReturnType<typeof network.create>>;

/** A chain whose only producer makes a block whenever somebody looks for one. */
function producing({ provider }: Connection): Rpc & { lost: number } {
  const ask = async (method: string, params: readonly unknown[]): Promise<RpcAnswer> => {
    try {
      return { result: await provider.request({ method, params: [...params] }) };
    } catch (error) {
      const { code, message, data } = error as { code: number; message: string; data: unknown };
      return { error: { code, message, data } };
    }
  };
  const rpc = async (requests: Parameters<Rpc>[0]): Promise<RpcAnswer[]> => {
    const answers: RpcAnswer[] = [];
    const [first] = requests;
    const looksForBlock =
      first?.method === "eth_getTransactionReceipt" ||
      (first?.method === "eth_getBlockByNumber" && first.params[0] === "latest");
    for (const { method, params } of requests) {
      expect(method).to.match(STANDARD);
      // Now and then a transaction is lost on its way.
      if (method === "eth_sendRawTransaction" && (sent += 1) % LOST === 0) {
        result.lost += 1;
        answers.push({ result: "0x" });
      } else answers.push(await ask(method, params));
    }
    if (looksForBlock) {
      const seconds = first.method === "eth_getTransactionReceipt" ? 1 : BLOCK_SECONDS;
      await ask("evm_increaseTime", [seconds]);
      await ask("evm_mine", []);
    }
    return answers;
  };
  let sent = 0;
  const result = Object.assign(rpc, { lost: 0 });
  return result;
}

describe("a replay on a chain that others mine", function () {
  this.timeout(300_000);
  const files = new TestFiles();

  /** Deploys the scenario's market and records it. */
  async function deployed({ ethers }: Connection): Promise<MarketRecord> {
    const [deployer] = await ethers.getSigners();
    const roles = {
      registrar: deployer!.address,
      issuer: deployer!.address,
      pauser: deployer!.address,
      treasurer: deployer!.address,
    };
    const parameters = parametersOf(scenario);
    const folder = files.path();
    const addresses = await deployMarket({
      deployer: deployer!,
      factoryOf: (name) => ethers.getContractFactory(name),
      parameters,
      holders: roles,
      onStep: async ({ contract, address }) => {
        if (contract === undefined || address === undefined) return;
        const { abi } = await artifacts.readArtifact(contract.name);
        const creation = { address, transactionHash: null, blockNumber: null };
        await writeContract(folder, contract, abi, creation);
      },
    });
    await writeMarket(folder, {
      chainId: (await ethers.provider.getNetwork()).chainId,
      genesisBlock: (await ethers.provider.getBlock(0))!.hash!,
      deployer: deployer!.address,
      complete: true,
      externalToken: null,
      parameters,
      roles,
      addresses,
      compiler: { version: "", settings: {} },
    });
    return (await readMarket(folder))!;
  }

  for (const free of [false, true]) {
    it(`gives what memory gives where gas ${free ? "is free" : "has a price, and wallets have to be funded"}`, async () => {
      const connection = await network.create({
        network: "default",
        override: {
          initialDate: new Date(Number(parametersOf(scenario).genesis - 3600n) * 1000),
          mining: { auto: false },
          ...(free ? { initialBaseFeePerGas: 0n } : {}),
        },
      });
      await connection.provider.request({ method: "evm_setAutomine", params: [true] });
      const market = await deployed(connection);
      await connection.provider.request({ method: "evm_setAutomine", params: [false] });
      const rpc = producing(connection);
      const waited: bigint[] = [];
      const inputs = await inputsOf(scenario);
      const setting = await chainSetting({
        ...{ inputs, market, rpc, strategy: strategy.name, folder: files.path(), dev: false },
        adminKey: devKey(),
        ...(free ? { gasPrice: 0n } : {}),
        onWaiting: (until) => void waited.push(until),
        pollMs: 1,
      });
      const options = { check: true };
      const onChain = await runIn(setting, inputs, strategy, options);
      const run = { inputs, strategy, options, ...setting, ...onChain };
      const difference = await differenceFromMemory(run);
      expect(difference?.message).to.equal(undefined);
      expect(onChain.result.summary.tasksCompleted).to.be.above(5);
      expect(rpc.lost).to.be.above(1);
      expect(waited.length).to.be.above(scenario.hours);

      const paid = await connection.ethers.provider.getBalance(setting.registrar);
      const spent = 10_000n * 10n ** 18n - paid;
      expect(spent > 10n ** 18n, "wallets were given coins").to.equal(!free);
      await connection.close();
    });
  }
});
