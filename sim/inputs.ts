/** The traces that a run starts from: from files, or made. */
import { clearSkyWh, measuredClearSkyWh, modelledSeries, siteOf } from "./physics/modelled.ts";
import { forecaster, type Forecaster } from "./physics/forecast.ts";
import type { PvSeries } from "./physics/series.ts";
import type { Scenario } from "./scenario/schema.ts";
import { generateTasks } from "./traces/generator.ts";
import type { ImportReport } from "./traces/imported.ts";
import { readPv } from "./traces/pv.ts";
import type { Task } from "./traces/task.ts";
import { readTasks } from "./traces/tasks.ts";
import { SECONDS_PER_HOUR } from "./units.ts";

/** Everything that a run starts from. */
export interface WorldInputs {
  readonly scenario: Scenario;
  /** In the order of submission. */
  readonly tasks: readonly Task[];
  /** PV output of a data centre, per microgrid. */
  readonly series: readonly PvSeries[];
  /** A forecaster of a microgrid's PV. */
  readonly forecaster: (microgrid: number) => Forecaster;
}

/** What a run starts from, and what was read for it. */
export interface Inputs extends WorldInputs {
  readonly imports: readonly ImportReport[];
}

/**
 * Reads the traces that the scenario names, and makes those that it does not.
 *
 * @throws UserError if a file cannot be used
 */
export async function inputsOf(scenario: Scenario): Promise<Inputs> {
  const imports: ImportReport[] = [];
  const tasks = await tasksOf(scenario, imports);
  const sun = await sunOf(scenario, imports);
  return { scenario, tasks, ...sun, imports };
}

async function tasksOf(scenario: Scenario, imports: ImportReport[]): Promise<readonly Task[]> {
  const { file } = scenario.tasks;
  if (file === undefined) return generateTasks(scenario);
  const { data, report } = await readTasks(file, { scenario });
  imports.push(report);
  return data;
}

async function sunOf(
  scenario: Scenario,
  imports: ImportReport[],
): Promise<Pick<WorldInputs, "series" | "forecaster">> {
  const { pv, plant, microgrids } = scenario;
  const known = { inverterW: plant.inverterW, firstIndex: pv.clearness };
  const numbers = Array.from({ length: microgrids.count }, (_, i) => i);
  if (pv.file === undefined) {
    const series = numbers.map((i) => modelledSeries(scenario, i));
    return {
      series,
      forecaster: (i) =>
        forecaster(pv.forecast, {
          series: series[i] ?? NO_SUN,
          clearSkyWh: clearSkyWh(scenario, siteOf(scenario, i)),
          ...known,
        }),
    };
  }
  const { data, report } = await readPv(pv.file, { scenario });
  imports.push(report);
  // One plant was measured, and all data centres have the like under the same sky.
  const one = forecaster(pv.forecast, {
    series: data,
    clearSkyWh: measuredClearSkyWh(scenario, data),
    ...known,
  });
  return { series: numbers.map(() => data), forecaster: () => one };
}

const NO_SUN: PvSeries = { stepSeconds: SECONDS_PER_HOUR, watts: new Float64Array() };
