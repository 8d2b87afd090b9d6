/** A run of a scenario: the same traces under every strategy, each in a market of its own in memory. */
import { checkEnergy, checkMoney } from "./check.ts";
import { LocalLedger } from "./market/localLedger.ts";
import { clearSkyWh, modelledSeries, siteOf } from "./physics/modelled.ts";
import { forecaster } from "./physics/forecast.ts";
import type { PvSeries } from "./physics/series.ts";
import type { RunResult, StrategyResult } from "./report/results.ts";
import type { Scenario } from "./scenario/schema.ts";
import { BASES, type Strategy } from "./strategies.ts";
import { summaryOf } from "./summary.ts";
import { generateTasks } from "./traces/generator.ts";
import { batteryOf, parametersOf, World, type WorldInputs } from "./world.ts";

/** What a run may be told beside its scenario. */
export interface SimulateOptions {
  readonly strategies?: readonly string[];
  readonly onProgress?: (done: number, total: number, label: string) => void;
}

const REGISTRAR = "0x00000000000000000000000000000000000000A1";
const ISSUER = "0x00000000000000000000000000000000000000a2";
const AUCTION = "0x00000000000000000000000000000000000000A3";
const VAULT = "0x00000000000000000000000000000000000000a4";
const NOBODY = "0x0000000000000000000000000000000000000000";

export function strategyOf(name: string): Strategy {
  const [base = "", ...extras] = name.split("+");
  const rule = BASES[base];
  if (rule === undefined) throw new RangeError(`There is no strategy ${name}.`);
  return { name, ...rule, esd: extras.includes("esd"), transfer: extras.includes("transfer") };
}

/** Reads the traces of a scenario, or makes them. */
export function inputsOf(scenario: Scenario): WorldInputs {
  const tasks = generateTasks(scenario);
  const series: PvSeries[] = [];
  for (let i = 0; i < scenario.microgrids.count; i += 1) series.push(modelledSeries(scenario, i));
  return {
    scenario,
    tasks,
    series,
    forecaster: (microgrid) =>
      forecaster(scenario.pv.forecast, {
        series: series[microgrid] ?? { stepSeconds: 3600, watts: new Float64Array() },
        clearSkyWh: clearSkyWh(scenario, siteOf(scenario, microgrid)),
        inverterW: scenario.plant.inverterW,
        firstIndex: scenario.pv.clearness,
      }),
  };
}

/** Runs one strategy. */
export async function runStrategy(
  inputs: WorldInputs,
  strategy: Strategy,
  onHour?: (hours: number) => void,
): Promise<StrategyResult> {
  const ledger = new LocalLedger({
    parameters: parametersOf(inputs.scenario),
    holders: {
      admin: NOBODY,
      registrar: REGISTRAR,
      issuer: ISSUER,
      pauser: NOBODY,
      treasurer: NOBODY,
    },
    addresses: { auction: AUCTION, vault: VAULT },
    commitments: "salt",
  });
  const world = new World(inputs, strategy, ledger, ledger, ({ salt }) => salt, {
    registrar: REGISTRAR,
    issuer: ISSUER,
    vault: VAULT,
  });
  const result = await world.run(onHour);
  const battery = batteryOf(inputs.scenario, strategy);
  const { battery: cells, stepMinutes } = inputs.scenario;
  checkEnergy(result.hourly, battery, battery.usableWh * cells.initialShare, stepMinutes === 60);
  checkMoney(result.hourly, result.gains);
  return {
    name: strategy.name,
    summary: summaryOf(inputs.tasks.length, result, inputs.scenario),
    ...result,
  };
}

/** Runs a scenario. */
export async function simulate(
  scenario: Scenario,
  { strategies = scenario.strategies, onProgress }: SimulateOptions = {},
): Promise<RunResult> {
  const inputs = inputsOf(scenario);
  const results: StrategyResult[] = [];
  const total = strategies.length * scenario.hours;
  for (const [index, name] of strategies.entries()) {
    results.push(
      await runStrategy(inputs, strategyOf(name), (hours) => {
        onProgress?.(index * scenario.hours + hours, total, name);
      }),
    );
  }
  return { scenario, imports: [], strategies: results };
}
