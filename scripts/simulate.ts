/** `npx hardhat simulate`: runs a scenario in memory and writes its results. */
import { join } from "node:path";

import type { Result } from "hardhat/types/utils";

import type { UserError } from "../sim/errors.ts";
import { nobodys } from "../sim/conduct.ts";
import { requireOutputFolder, resultsFolder } from "../sim/files.ts";
import { writeResults } from "../sim/report/files.ts";
import type { RunResult } from "../sim/report/results.ts";
import { simulate } from "../sim/simulate.ts";
import { loadRules, withOwn } from "../sim/strategies.ts";
import type { ImportReport } from "../sim/traces/imported.ts";
import { run } from "./action.ts";
import { showProgress } from "./progress.ts";
import { loadFor, listed, tracesOf, type ScenarioArguments } from "./scenarioArguments.ts";

interface Arguments extends ScenarioArguments {
  readonly strategy: string | undefined;
  readonly strategies: string | undefined;
  readonly out: string | undefined;
  readonly check: boolean;
  readonly skipBound: boolean;
  readonly batteries: boolean;
}

/** The task's action. */
export default function action(args: Arguments): Promise<Result<undefined, UserError>> {
  return run(async () => {
    const custom = await Promise.all(listed(args.strategy).map(loadRules));
    const scenario = await loadFor(args, custom);
    const named = listed(args.strategies);
    const strategies = named.length > 0 ? named : withOwn(scenario.strategies, custom);

    // A run with rules or traces of one's own does not replace the scenario's.
    const own = [...tracesOf(args), ...custom.map(({ name }) => name)];
    const out = args.out ?? resultsFolder(scenario.name, ...own);
    await requireOutputFolder(out);
    const progress = showProgress();
    let result: RunResult;
    try {
      result = await simulate(scenario, {
        strategies,
        custom,
        bound: !args.skipBound,
        check: args.check,
        batteries: args.batteries,
        onProgress: progress.update,
      });
    } finally {
      progress.stop();
    }
    await writeResults(out, result);
    for (const report of result.imports) printImport(report);
    printTable(result);
    for (const { strategy, capacityWh } of result.smallestBatteries)
      console.log(
        `Smallest battery without export, ${strategy}: ${capacityWh === null ? "none" : `${capacityWh.toString()} Wh`}`,
      );
    if (args.check)
      console.log("Checked: energy balances in every row, and money to the last micro-yuan.");
    console.log(`Results are in ${out}; open ${join(out, "report.html")} in a browser.`);
  });
}

/** Prints what was read from a file. */
export function printImport({ file, format, rows, used, dropped, notes }: ImportReport): void {
  console.log(`${file}: ${format}; ${used.toString()} of ${rows.toString()} rows used`);
  for (const { reason, count, firstLine } of dropped)
    console.log(
      `  left out: ${count.toString()} (${reason}; first in line ${firstLine.toString()})`,
    );
  for (const note of notes) console.log(`  ${note}`);
}

/** Prints the main figures of all strategies. */
export function printTable({ scenario, strategies }: RunResult): void {
  for (const kind of nobodys(scenario, strategies))
    console.log(`misbehaviour.${kind}: nobody does it, as its share rounds to none of so few.`);
  console.table(
    Object.fromEntries(
      strategies.map(({ name, summary: s }) => [
        name,
        {
          "PV used, %": round(100 * s.pvUtilisation),
          "import, kWh": round(s.importKwh),
          ...(s.importLowerBoundKwh === null ? {} : { "least, kWh": round(s.importLowerBoundKwh) }),
          "users pay, yuan": round(s.userSpendYuan),
          "profit, yuan": round(s.dcProfitYuan),
          "matched, %": round(100 * s.matchRate),
          done: s.tasksCompleted,
          late: s.tasksLate,
          transfers: s.transfers,
        },
      ]),
    ),
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;
