import { expect } from "chai";

import { LocalLedger } from "../../sim/market/localLedger.ts";
import type { StrategyResult } from "../../sim/report/results.ts";
import type { Scenario } from "../../sim/scenario/schema.ts";
import { simulate } from "../../sim/simulate.ts";
import { scenarioWith, type Changes } from "../support/scenario.ts";

const STRATEGY = "opportunistic+esd+transfer";

/** More users than a batch has room for. */
const BASE = {
  hours: 36,
  microgrids: { count: 6, dataCentres: 1 },
  server: { count: 2 },
  pv: { regionalShare: 0, clearness: 0.5, clearnessSpread: 0.4 },
  tasks: {
    users: 120,
    priority: { count: 10 },
    deferrable: { count: 400, meanHours: 2, meanSlackHours: 40 },
  },
} satisfies Changes;

const scenarioOf = (relayed: number, changes: Changes = {}): Scenario =>
  scenarioWith(BASE, { market: { relayed } }, changes);

async function run(scenario: Scenario): Promise<StrategyResult> {
  const { strategies } = await simulate(scenario, { strategies: [STRATEGY], check: true });
  const [one] = strategies;
  if (one === undefined) throw new Error("There is no result.");
  return one;
}

/** What the market's calls for plans were given during a run: how many plans in each call, and 1 for a party's own. */
async function callsOf(scenario: Scenario): Promise<Record<string, number[]>> {
  const { prototype } = LocalLedger;
  const names = ["commit", "commitBatch", "reveal", "revealBatch"] as const;
  const calls: Record<string, number[]> = {};
  const originals = names.map((name) => [name, Reflect.get(prototype, name) as unknown] as const);
  for (const [name, original] of originals) {
    const sizes: number[] = [];
    calls[name] = sizes;
    const counting = function (this: LocalLedger, ...args: unknown[]): unknown {
      const [, batch] = args;
      sizes.push(Array.isArray(batch) ? batch.length : 1);
      return Reflect.apply(original as (...all: unknown[]) => unknown, this, args);
    };
    Reflect.set(prototype, name, counting);
  }
  try {
    await run(scenario);
  } finally {
    for (const [name, original] of originals) Reflect.set(prototype, name, original);
  }
  return calls;
}

const sum = (values: readonly number[] = []): number => values.reduce((so, value) => so + value, 0);

describe("a relayer", function () {
  this.timeout(60_000);

  it("changes nothing but who sends", async () => {
    expect(await run(scenarioOf(1))).to.deep.equal(await run(scenarioOf(0)));
  });

  it("sends at most fifty plans at a time, and all of them", async () => {
    const own = await callsOf(scenarioOf(0));
    expect(own["commitBatch"]).to.deep.equal([]);
    const relayed = await callsOf(scenarioOf(1));
    expect(relayed["commit"]).to.deep.equal([]);
    expect(relayed["reveal"]).to.deep.equal([]);
    for (const [alone, together] of [
      ["commit", "commitBatch"],
      ["reveal", "revealBatch"],
    ] as const) {
      expect(sum(relayed[together])).to.equal(sum(own[alone]));
      expect(Math.max(...relayed[together]!)).to.equal(50);
    }
  });

  it("can serve some, who are drawn by the seed, while others send their own", async () => {
    const calls = await callsOf(scenarioOf(0.5));
    expect(sum(calls["commit"])).to.be.above(100);
    expect(sum(calls["commitBatch"])).to.be.above(100);
    const one = await run(scenarioOf(0.5));
    expect(one).to.deep.equal(await run(scenarioOf(0.5)));
    expect(one.summary.trades).to.be.above(100);
  });

  it("tells what is skipped to its owner, who sends its own; nothing changes for those who misbehave", async () => {
    const kinds = {
      neverReveal: 0.17,
      revealLate: 0.17,
      unfunded: 0.17,
      misreport: 0.17,
      stop: 0.17,
    };
    const misbehaviour = { ...kinds, spellHours: 8 };
    const own = await run(scenarioOf(0, { misbehaviour }));
    expect(await run(scenarioOf(1, { misbehaviour }))).to.deep.equal(own);
    const calls = await callsOf(scenarioOf(1, { misbehaviour }));
    // Meters whose data centre may not offer yet; and plans that are opened alone, as their owners are late.
    expect(sum(calls["commit"])).to.be.above(0);
    expect(sum(calls["reveal"])).to.be.above(0);
  });
});
