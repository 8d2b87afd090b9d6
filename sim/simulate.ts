/** A run of a scenario: the same traces under every strategy, each in a market of its own in memory. */
import { toBeHex, zeroPadValue } from "ethers";

import { checkEnergy, checkMoney } from "./check.ts";
import { batteryOf } from "./equipment.ts";
import { UserError } from "./errors.ts";
import { inputsOf, type WorldInputs } from "./inputs.ts";
import { keccak } from "./market/keccak.ts";
import { BOUNDLESS } from "./market/local/auction.ts";
import { LocalLedger } from "./market/localLedger.ts";
import { hourEnergyWh } from "./physics/series.ts";
import { requireMemory } from "./memory.ts";
import type { RunResult, SmallestBattery, StrategyResult, TradeRow } from "./report/results.ts";
import type { Scenario } from "./scenario/schema.ts";
import { importBound, type ImportBound } from "./scheduling/bound.ts";
import { parametersOf, type Setting } from "./setting.ts";
import { RUNS_PER_SEARCH, SEARCHED, smallestBattery } from "./smallestBattery.ts";
import { strategyOf, type CustomRules, type Strategy } from "./strategies.ts";
import { summaryOf } from "./summary.ts";
import { SECONDS_PER_HOUR, WH_PER_KWH } from "./units.ts";
import { World, type Standing } from "./world.ts";

/** What a run may be told beside its scenario. */
export interface SimulateOptions {
  /** Default: those of the scenario. */
  readonly strategies?: readonly string[];
  /** Rules from files, by whose names strategies may begin. */
  readonly custom?: readonly CustomRules[];
  /** Whether the least import is computed, which takes a second or two per strategy at the paper's size. */
  readonly bound?: boolean;
  /** Whether the smallest batteries without export are searched for, which takes some twenty more runs. */
  readonly batteries?: boolean;
  /** Whether energy and money are checked in every row. */
  readonly check?: boolean;
  readonly onProgress?: (done: number, total: number, label: string) => void;
}

/** Addresses that stand for nobody on a ledger in memory. */
const HOLDERS = {
  registrar: "0x0000000000000000000000000000000000000001",
  issuer: "0x0000000000000000000000000000000000000002",
  pauser: "0x0000000000000000000000000000000000000003",
  treasurer: "0x0000000000000000000000000000000000000004",
};
const ADDRESSES = {
  auction: "0x0000000000000000000000000000000000000005",
  vault: "0x0000000000000000000000000000000000000006",
};

/**
 * Runs a scenario.
 *
 * @throws UserError if a file or a strategy cannot be used, or the results would not fit into memory
 * @throws CheckError if something that must hold does not, and `check` is set
 */
export async function simulate(
  scenario: Scenario,
  options: SimulateOptions = {},
): Promise<RunResult> {
  const { custom = [], onProgress } = options;
  const strategies = (options.strategies ?? scenario.strategies).map((name) =>
    strategyOf(name, custom),
  );
  const names = strategies.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new UserError(`The strategy ${twice} is there twice; leave one out.`);
  const idle = custom.find(({ scheduler, pricing }) =>
    strategies.every((one) => one.scheduler !== scheduler || one.pricing !== pricing),
  );
  if (idle !== undefined)
    throw new UserError(
      `No strategy of the run is ${idle.name}; name it, as in --strategies opportunistic+esd,${idle.name}+esd.`,
    );
  requireMemory(scenario, strategies.length);
  const { imports, ...inputs } = await inputsOf(scenario);
  const results: StrategyResult[] = [];
  const searched = options.batteries === true ? SEARCHED : [];
  const total = (strategies.length + searched.length * RUNS_PER_SEARCH) * scenario.hours;
  for (const [index, strategy] of strategies.entries()) {
    const before = index * scenario.hours;
    const { result } = await runStrategy(inputs, strategy, options, (hours) => {
      onProgress?.(before + hours, total, strategy.name);
    });
    results.push(result);
  }
  const smallestBatteries: SmallestBattery[] = [];
  let done = strategies.length * scenario.hours;
  for (const name of searched) {
    const found = await smallestBattery(inputs, name, () => {
      done += scenario.hours;
      onProgress?.(done, total, `smallest battery, ${name}`);
    });
    smallestBatteries.push(found);
  }
  return { scenario, imports, strategies: results, smallestBatteries };
}

/** A market in memory, where a wallet is a number and nobody checks certificates. */
function localSetting(ledger: LocalLedger, { parameters, firstSlot }: MemoryMarket): Setting {
  let wallets = 0;
  return {
    ledger,
    clock: ledger,
    parameters,
    firstSlot,
    registrar: HOLDERS.registrar,
    issuer: HOLDERS.issuer,
    vault: ADDRESSES.vault,
    pageWork: BOUNDLESS,
    seal: ({ salt }) => salt,
    walletOf: () => {
      wallets += 1;
      return zeroPadValue(toBeHex(FIRST_WALLET + wallets), 20);
    },
    certificateOf: (id) => ({ fingerprint: keccak(id), validUntil: FAR_FUTURE }),
  };
}

/** Addresses of participants begin after those that stand for the market's own. */
const FIRST_WALLET = 0x1000;

/** 2100-01-01. */
const FAR_FUTURE = 4_102_444_800n;

/** A market in memory, and the slot in which a run begins in it. */
export type MemoryMarket = Pick<Setting, "parameters" | "firstSlot">;

/**
 * Runs one strategy in memory.
 *
 * @param market default: one with the scenario's rules, from its first slot on
 */
export function runStrategy(
  inputs: WorldInputs,
  strategy: Strategy,
  options: SimulateOptions = {},
  onHour?: (hours: number) => void,
  market: MemoryMarket = { parameters: parametersOf(inputs.scenario), firstSlot: 0 },
): Promise<StrategyRun> {
  const { parameters } = market;
  const ledger = new LocalLedger({
    parameters,
    holders: HOLDERS,
    addresses: ADDRESSES,
    commitments: "salt",
  });
  return runIn(localSetting(ledger, market), inputs, strategy, options, onHour);
}

/** What a strategy came to, and what all have at the end, which is in no file. */
export interface StrategyRun {
  readonly result: StrategyResult;
  readonly standing: Standing;
}

/** Runs one strategy in a market. */
export async function runIn(
  setting: Setting,
  inputs: WorldInputs,
  strategy: Strategy,
  { bound = false, check = false }: SimulateOptions = {},
  onHour?: (hours: number) => void,
): Promise<StrategyRun> {
  const { scenario, tasks } = inputs;
  const { microgrids } = scenario;
  const world = await World.enter(inputs, strategy, setting);
  const result = await world.run(onHour);
  const battery = batteryOf(scenario, strategy);
  const initialWh = battery.usableWh * scenario.battery.initialShare;
  if (check) {
    checkEnergy(result.hourly, battery, initialWh, scenario.stepMinutes === 60);
    checkMoney(result.hourly, result.gains);
  }
  const least = bound ? await boundOf(inputs, strategy, result.trades) : null;
  const { hourly, trades, transfers } = result;
  const summary = summaryOf(
    tasks.length,
    result,
    scenario,
    least,
    (initialWh * microgrids.count * microgrids.dataCentres) / WH_PER_KWH,
  );
  const { conduct, gains, dcReputation, userReputation } = result;
  const rows = { hourly, trades, transfers };
  const plain = { name: strategy.name, summary, ...rows, ...(conduct && { conduct }) };
  return { result: plain, standing: { gains, dcReputation, userReputation } };
}

/** The least import that any schedule of the work that was done could need. */
async function boundOf(
  { scenario, tasks, series }: WorldInputs,
  strategy: Strategy,
  trades: readonly TradeRow[],
): Promise<ImportBound> {
  const { usableWh, chargeW, dischargeW, efficiency } = batteryOf(scenario, strategy);
  const items = trades.flatMap((trade) => {
    const task = tasks[trade.task];
    if (task === undefined || trade.delivered_core_seconds === 0) return [];
    return {
      releaseHour: Math.floor(task.submitSeconds / SECONDS_PER_HOUR),
      deadlineHour: trade.deadline_hour,
      coreSeconds: trade.delivered_core_seconds,
      cores: trade.cores,
    };
  });
  const hours = Array.from({ length: scenario.hours }, (_, hour) => hour);
  return importBound({
    hours: scenario.hours,
    items,
    // Without PV nothing but the grid is there.
    pvWh: series.map((one) => hours.map((h) => (strategy.usesPv ? hourEnergyWh(one, h) : 0))),
    dataCentres: scenario.microgrids.dataCentres,
    server: scenario.server,
    battery: {
      usableWh,
      chargeW,
      dischargeW,
      efficiency,
      initialWh: usableWh * scenario.battery.initialShare,
    },
  });
}
