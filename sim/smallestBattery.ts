/** The smallest battery with which no PV is exported: the paper's claim that its scheduler needs a smaller one. */
import type { SmallestBattery } from "./report/results.ts";
import { NO_EXPORT_SHARE } from "./report/claims.ts";
import { runStrategy } from "./simulate.ts";
import { strategyOf } from "./strategies.ts";
import type { WorldInputs } from "./inputs.ts";

/** How finely sizes are told apart, Wh. */
const STEP_WH = 100;

/** Largest battery that is tried, Wh: more than a week's sun of the paper's plant. */
const LARGEST_WH = 102_400;

/** How many runs a search takes. */
export const RUNS_PER_SEARCH = 1 + Math.log2(LARGEST_WH / STEP_WH);

/** Strategies whose batteries are compared. */
export const SEARCHED = ["contract-only+esd", "opportunistic+esd"] as const;

/**
 * Searches by halving, since a larger battery exports less.
 *
 * @param onRun is told of every run
 */
export async function smallestBattery(
  inputs: WorldInputs,
  name: string,
  onRun: () => void = () => undefined,
): Promise<SmallestBattery> {
  const strategy = strategyOf(name);
  const exportsNothing = async (capacityWh: number): Promise<boolean> => {
    const { scenario } = inputs;
    const battery = { ...scenario.battery, capacityWh };
    const run = await runStrategy({ ...inputs, scenario: { ...scenario, battery } }, strategy);
    const { summary } = run.result;
    onRun();
    return summary.exportKwh <= NO_EXPORT_SHARE * summary.pvProducedKwh;
  };
  if (!(await exportsNothing(LARGEST_WH))) return { strategy: name, capacityWh: null };
  let tooSmall = 0;
  let enough = LARGEST_WH;
  while (enough - tooSmall > STEP_WH) {
    const middle = (tooSmall + enough) / 2;
    if (await exportsNothing(middle)) enough = middle;
    else tooSmall = middle;
  }
  return { strategy: name, capacityWh: enough };
}
