/**
 * `npm run bench:replay`: a replay on a devnet in this process, by operation and by what its time goes into, and beside the
 * bare chain: another devnet that is sent the same signed transactions for the same blocks, as fast as it takes them. It has a
 * process of its own, as new as the replay's was.
 *
 * HELIOMARKET_SCENARIO names another scenario than the paper's.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import hre from "hardhat";
import { Interface, type InterfaceAbi } from "ethers";
import { RLP } from "micro-eth-signer/core/rlp.js";

import { UserError } from "../sim/errors.ts";
import { inputsOf } from "../sim/inputs.ts";
import { bytesOf, hexOf } from "../sim/market/codec.ts";
import { CONTRACT_NAMES } from "../sim/market/deployment.ts";
import { keccak } from "../sim/market/keccak.ts";
import { readContract, readMarket } from "../sim/market/record.ts";
import { httpRpc, resultOf, type Rpc, type RpcRequest } from "../sim/market/rpc.ts";
import { chainSetting } from "../sim/replay.ts";
import { loadScenario } from "../sim/scenario/load.ts";
import { runIn } from "../sim/simulate.ts";
import { strategyOf } from "../sim/strategies.ts";
import { buildContracts } from "./deploy.ts";
import { openDevnet } from "./devnet.ts";
import { devKey } from "./replay.ts";

/** Goals of the project: time as a multiple of the bare chain's, and memory. */
const MOST_RATIO = 1.5;
const MOST_MIB = 2560;

/** Requests that change a chain: all that the bare one is sent. */
const CHANGES = /^(eth_sendRawTransaction|evm_\w+|hardhat_\w+)$/;

/** Environment variable that has a process send the changes in a file to a bare chain. */
const CHANGES_FILE = "HELIOMARKET_BENCH_CHANGES";

/** Position of the calldata among a transaction's fields (EIP-1559). */
const DATA_FIELD = 7;

/** Times of a replay, ms. */
interface Replayed {
  readonly ms: number;
  readonly signingMs: number;
}

interface Operation {
  transactions: number;
  gas: number;
}

/** What went to the node and came back. */
class Recording {
  readonly changes: RpcRequest[][] = [];
  readonly gas = new Map<string, number>();
  waitedMs = 0;
  requests = 0;

  over(rpc: Rpc): Rpc {
    return async (requests) => {
      const changes = requests.filter(({ method }) => CHANGES.test(method));
      if (changes.length > 0) this.changes.push(changes);
      const began = performance.now();
      const answers = await rpc(requests);
      this.waitedMs += performance.now() - began;
      this.requests += requests.length;
      for (const { result } of answers) this.note(result);
      return answers;
    };
  }

  private note(result: unknown): void {
    if (typeof result !== "object" || result === null || !("gasUsed" in result)) return;
    const { transactionHash, gasUsed } = result as { transactionHash?: string; gasUsed: string };
    if (transactionHash !== undefined) this.gas.set(transactionHash, Number(gasUsed));
  }
}

const { scenario } = await loadScenario(process.env["HELIOMARKET_SCENARIO"] ?? "paper", []);
const strategy = strategyOf("opportunistic+esd+transfer");
const inputs = await inputsOf(scenario);
await buildContracts(hre);

const folder = await mkdtemp(join(tmpdir(), "heliomarket-bench-"));
const recording = new Recording();
try {
  const changes = process.env[CHANGES_FILE];
  if (changes === undefined) {
    const replayed = await replay();
    const peakMiB = process.resourceUsage().maxRSS / 1024;
    await print(replayed, await bareChain(), peakMiB);
  } else {
    await sendBare(JSON.parse(await readFile(changes, "utf8")) as RpcRequest[][]);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Replays the scenario. */
async function replay(): Promise<Replayed> {
  const devnet = await openDevnet(hre, scenario, 0, { folder, say: () => undefined });
  const market = await readMarket(devnet.folder);
  if (market === undefined) throw new UserError(`No market is recorded in ${devnet.folder}.`);
  const began = performance.now();
  const setting = await chainSetting({
    inputs,
    market,
    strategy: strategy.name,
    folder: devnet.folder,
    rpc: recording.over(httpRpc(devnet.url)),
    dev: true,
    adminKey: devKey(),
  });
  await runIn(setting, inputs, strategy);
  const ms = performance.now() - began;
  await devnet.close();
  return { ms, signingMs: setting.wallets.traffic.signingMs };
}

/** Has another process send what was recorded to another devnet; @returns the time that it took, ms */
async function bareChain(): Promise<number> {
  const path = join(folder, "changes.json");
  await writeFile(path, JSON.stringify(recording.changes));
  const { status, stdout } = spawnSync(process.execPath, process.argv.slice(1), {
    env: { ...process.env, [CHANGES_FILE]: path },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new UserError("The bare chain's process failed.");
  return Number(stdout.trim().split("\n").at(-1));
}

/** Sends changes to a devnet, and prints the time that it took, ms. */
async function sendBare(changes: readonly RpcRequest[][]): Promise<void> {
  const devnet = await openDevnet(hre, scenario, 0, { folder, say: () => undefined });
  const rpc = httpRpc(devnet.url);
  const began = performance.now();
  for (const requests of changes) (await rpc(requests)).forEach(resultOf);
  const ms = performance.now() - began;
  await devnet.close();
  console.log(ms);
}

async function print({ ms, signingMs }: Replayed, bareMs: number, peakMiB: number): Promise<void> {
  const { waitedMs, requests } = recording;
  const operations = operationsOf(await namesOf());
  console.table(
    Object.fromEntries(
      [...operations]
        .sort(([, a], [, b]) => b.gas - a.gas)
        .map(([name, { transactions, gas }]) => [
          name,
          { transactions, "gas, million": round(gas / 1e6), "mean gas": round(gas / transactions) },
        ]),
    ),
  );
  const share = (part: number): object => ({
    seconds: round(part / 1000),
    "share, %": round((100 * part) / ms),
  });
  console.table({
    "chain, and the way there": share(waitedMs),
    signing: share(signingMs),
    "agents, encoding, books": share(ms - waitedMs - signingMs),
    all: share(ms),
  });
  const ratio = ms / bareMs;
  console.log(
    `${recording.gas.size.toString()} transactions, ${requests.toString()} requests. ` +
      `Bare chain: ${(bareMs / 1000).toFixed(1)} s, ${((recording.gas.size / bareMs) * 1000).toFixed(0)} transactions/s.`,
  );
  console.log(
    `Replay: ${ratio.toFixed(2)} times the bare chain (goal: ${MOST_RATIO.toString()}), ` +
      `${peakMiB.toFixed(0)} MiB with chain and all (goal: ${MOST_MIB.toString()}).`,
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Names of the market's functions by selector. */
async function namesOf(): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const contract of Object.values(CONTRACT_NAMES)) {
    const record = await readContract(folder, contract);
    new Interface((record?.abi ?? []) as InterfaceAbi).forEachFunction(({ selector, name }) =>
      names.set(selector, `${contract}.${name}`),
    );
  }
  return names;
}

/** Transactions and gas of each function. */
function operationsOf(names: ReadonlyMap<string, string>): Map<string, Operation> {
  const operations = new Map<string, Operation>();
  const sent = recording.changes.flat().filter(({ method }) => method === "eth_sendRawTransaction");
  for (const { params } of sent) {
    const [raw] = params as [string];
    const fields = RLP.decode(bytesOf(raw).subarray(1)) as Uint8Array[];
    const selector = hexOf((fields[DATA_FIELD] ?? new Uint8Array()).subarray(0, 4));
    const name = names.get(selector) ?? selector;
    const operation = operations.get(name) ?? { transactions: 0, gas: 0 };
    operation.transactions += 1;
    operation.gas += recording.gas.get(keccak(bytesOf(raw))) ?? 0;
    operations.set(name, operation);
  }
  return operations;
}
