/** Whether a run on a chain came to what the same run in memory comes to. */
import { Difference, requireSame } from "./audit/difference.ts";
import type { MarketParameters } from "./market/parameters.ts";
import { runStrategy, type SimulateOptions, type StrategyRun } from "./simulate.ts";
import type { Strategy } from "./strategies.ts";
import type { WorldInputs } from "./inputs.ts";

/** A run on a chain, and what it started from. */
export interface ChainRun extends StrategyRun {
  readonly inputs: WorldInputs;
  readonly strategy: Strategy;
  /** As they were on the chain. */
  readonly options: SimulateOptions;
  /** Of the market on the chain. */
  readonly parameters: MarketParameters;
  /** Slot in which the run began there: part of every draw. */
  readonly firstSlot: number;
}

/**
 * Runs the same in memory and compares every row, the summary, and all accounts and RVs at the end.
 *
 * @returns what differs first; undefined if nothing does
 */
export async function differenceFromMemory(run: ChainRun): Promise<Difference | undefined> {
  const { inputs, strategy, options, parameters, firstSlot, result } = run;
  const market = { parameters, firstSlot };
  const inMemory = await runStrategy(inputs, strategy, options, undefined, market);
  const expected = inMemory.result;
  try {
    for (const rows of ["hourly", "trades", "transfers"] as const) {
      for (const [i, row] of expected[rows].entries())
        requireSame(`${rows}, row ${(i + 1).toString()}`, row, result[rows][i]);
      requireSame(`rows of ${rows}`, expected[rows].length, result[rows].length);
    }
    requireSame("the summary", expected.summary, result.summary);
    requireSame("misbehaviour", expected.conduct, result.conduct);
    requireSame("what all have at the end", inMemory.standing, run.standing);
  } catch (error) {
    if (error instanceof Difference) return error;
    throw error;
  }
  return undefined;
}
