/**
 * `npm run bench:replay`: a replay on a devnet, by operation and by what the time goes into, and against the bare chain:
 * another devnet that executes the same signed transactions, in the same blocks, sent as fast as it takes them.
 *
 * Environment: HELIOMARKET_SCENARIO (default paper).
 */
import hre from "hardhat";

import { inputsOf } from "../sim/inputs.ts";
import { readMarket } from "../sim/market/record.ts";
import { httpRpc, resultOf, type Rpc, type RpcRequest } from "../sim/market/rpc.ts";
import { chainSetting } from "../sim/replay.ts";
import { loadScenario } from "../sim/scenario/load.ts";
import { runIn } from "../sim/simulate.ts";
import { strategyOf } from "../sim/strategies.ts";
import { openDevnet } from "./devnet.ts";
import { devKey } from "./replay.ts";

/** What changes a chain, in order: all that the bare chain needs to be told. */
const CHANGES = new Set([
  "eth_sendRawTransaction",
  "evm_setNextBlockTimestamp",
  "evm_mine",
  "evm_setAutomine",
  "hardhat_setBalance",
]);

const { scenario } = await loadScenario(process.env["HELIOMARKET_SCENARIO"] ?? "paper", []);
const strategy = strategyOf("opportunistic+esd+transfer");
const inputs = await inputsOf(scenario);

const recorded: RpcRequest[][] = [];
const waits = new Map<string, { ms: number; requests: number }>();

const seconds = (ms: number): string => (ms / 1000).toFixed(1).padStart(8);

const replayed = await timed(async () => {
  const devnet = await openDevnet(hre, scenario, 0);
  const market = await readMarket(devnet.folder);
  if (market === undefined) throw new Error("No market was deployed.");
  const setting = await chainSetting({
    inputs,
    strategy: strategy.name,
    market,
    folder: devnet.folder,
    rpc: recording(httpRpc(devnet.url)),
    dev: true,
    adminKey: devKey(),
  });
  const began = performance.now();
  await runIn(setting, inputs, strategy);
  const ms = performance.now() - began;
  await devnet.close();
  return { ms, traffic: setting.wallets.traffic };
});

const bare = await timed(async () => {
  const devnet = await openDevnet(hre, scenario, 0);
  const rpc = httpRpc(devnet.url);
  const began = performance.now();
  for (const requests of recorded) for (const answer of await rpc(requests)) resultOf(answer);
  const ms = performance.now() - began;
  await devnet.close();
  return { ms };
});

console.log(
  `replay ${seconds(replayed.ms)} s, bare chain ${seconds(bare.ms)} s, ratio ${(replayed.ms / bare.ms).toFixed(2)}`,
);
for (const [method, { ms, requests }] of waits) console.log(seconds(ms), requests, method);
console.log(`peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);

async function timed<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

function recording(rpc: Rpc): Rpc {
  return async (requests) => {
    const changes = requests.filter(({ method }) => CHANGES.has(method));
    if (changes.length > 0) recorded.push(changes);
    const began = performance.now();
    const answers = await rpc(requests);
    const method = requests[0]?.method ?? "";
    const before = waits.get(method) ?? { ms: 0, requests: 0 };
    waits.set(method, {
      ms: before.ms + performance.now() - began,
      requests: before.requests + requests.length,
    });
    return answers;
  };
}
