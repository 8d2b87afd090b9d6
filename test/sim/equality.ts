import { expect } from "chai";

import { differenceFromMemory } from "../../sim/equality.ts";
import { inputsOf } from "../../sim/inputs.ts";
import type { StrategyResult } from "../../sim/report/results.ts";
import { runStrategy } from "../../sim/simulate.ts";
import { strategyOf } from "../../sim/strategies.ts";
import { parametersOf } from "../../sim/setting.ts";
import type { Standing } from "../../sim/world.ts";
import { scenarioWith } from "../support/scenario.ts";

const nothing = (): object => ({});

describe("differenceFromMemory", () => {
  const scenario = scenarioWith({
    hours: 14,
    microgrids: { count: 1, dataCentres: 2 },
    tasks: {
      users: 3,
      priority: { count: 2, meanHours: 2 },
      deferrable: { count: 8, meanHours: 2 },
    },
  });
  const strategy = strategyOf("opportunistic+esd");
  const options = { check: true };
  const { genesis, ...others } = parametersOf(scenario);
  const parameters = { ...others, genesis: genesis - 7n * others.slotSeconds };

  /** What is said of a run from slot 7 on of which something was changed. */
  async function said(
    change: (result: StrategyResult) => Partial<StrategyResult>,
    changeStanding: (standing: Standing) => Partial<Standing> = () => ({}),
  ): Promise<unknown> {
    const inputs = await inputsOf(scenario);
    const market = { parameters, firstSlot: 7 };
    const run = await runStrategy(inputs, strategy, options, undefined, market);
    const result = { ...run.result, ...change(run.result) };
    const standing = { ...run.standing, ...changeStanding(run.standing) };
    const chainRun = { inputs, strategy, options, ...market, result, standing };
    const found = await differenceFromMemory(chainRun);
    return found?.message;
  }

  it("finds none where there is none", async () => {
    expect(await said(nothing)).to.equal(undefined);
  });

  it("names the row, the figure or the account that differs", async () => {
    expect(
      await said(({ hourly }) => ({
        hourly: hourly.map((row, i) => (i === 3 ? { ...row, import_wh: -1 } : row)),
      })),
    ).to.match(/^hourly, row 4, import_wh: expected .*, found -1$/);
    expect(await said(({ trades }) => ({ trades: trades.slice(0, -1) }))).to.match(
      /^trades, row \d+: expected .*, found nothing$/,
    );
    expect(await said(({ trades }) => ({ trades: [...trades, trades[0]!] }))).to.match(
      /^rows of trades: /,
    );
    expect(await said(({ summary }) => ({ summary: { ...summary, tasksCompleted: 0 } }))).to.match(
      /^the summary, tasksCompleted: expected \d+, found 0$/,
    );
    expect(await said(nothing, ({ gains }) => ({ gains: { ...gains, penaltyPool: 1n } }))).to.equal(
      "what all have at the end, gains, penaltyPool: expected 0, found 1",
    );
    expect(await said(nothing, () => ({ userReputation: [0, 0, 0] }))).to.match(
      /^what all have at the end, userReputation: /,
    );
  });
});
