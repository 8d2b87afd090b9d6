import { expect } from "chai";

import { boundNote, claimsOf, shownEvidence, type Claim } from "../../../sim/report/claims.ts";
import { mostSavedYuan } from "../../../sim/report/paper.ts";
import type { HourlyRow, RunResult } from "../../../sim/report/results.ts";
import { resultOf, scenarioOf, withSummary } from "../../support/results.ts";

const ALL = [
  "grid-only",
  "contract-only",
  "contract-only+esd",
  "opportunistic",
  "opportunistic+esd",
  "opportunistic+esd+transfer",
];

const claim = (result: RunResult, id: string): Claim =>
  claimsOf(result).find((one) => one.id === id)!;

const verdict = (result: RunResult, id: string): string => claim(result, id).verdict;

/** The run with other hourly rows for one strategy. */
const withRows = (
  result: RunResult,
  name: string,
  change: (row: HourlyRow) => Partial<HourlyRow>,
): RunResult => ({
  ...result,
  strategies: result.strategies.map((strategy) =>
    strategy.name === name
      ? { ...strategy, hourly: strategy.hourly.map((row) => ({ ...row, ...change(row) })) }
      : strategy,
  ),
});

describe("the paper's claims", () => {
  const day = resultOf({ hours: 24, strategies: ALL });
  const week = resultOf({ strategies: ALL });

  it("each say what they compare, with numbers, a verdict and its rule", () => {
    const claims = claimsOf(day);
    expect(new Set(claims.map(({ id }) => id)).size).to.equal(9);
    for (const one of claims) {
      expect(one.claim, one.id).to.match(/\.$/);
      expect(one.rule, one.id).to.match(/\.$/);
      expect(one.compares, one.id).not.to.equal("");
      expect(one.evidence, one.id).not.to.have.length(0);
    }
  });

  it("compare the smallest batteries, of which none may be enough", () => {
    const verdict = (contracts: number | null, scheduled: number | null): string =>
      claim(
        {
          ...day,
          smallestBatteries: [
            { strategy: "contract-only+esd", capacityWh: contracts },
            { strategy: "opportunistic+esd", capacityWh: scheduled },
          ],
        },
        "smaller-esd",
      ).verdict;
    expect(verdict(6400, 4800)).to.equal("reproduced");
    expect(verdict(null, 4800)).to.equal("reproduced");
    expect(verdict(4800, 4800)).to.equal("not");
    expect(verdict(4800, null)).to.equal("not");
    expect(verdict(null, null)).to.equal("not");
  });

  it("are not run without their strategies, and name those", () => {
    const none = { ...resultOf({ hours: 3, strategies: ["other"] }), smallestBatteries: [] };
    for (const one of claimsOf(none)) {
      expect(one.verdict, one.id).to.equal("not run");
      expect(one.note, one.id).to.match(/^Add "|^Run with --batteries/);
      expect(one.evidence, one.id).to.deep.equal([]);
    }
    const without = resultOf({ hours: 3 });
    expect(claim(without, "less-through-esd").note).to.equal(
      'Add "contract-only+esd" under "strategies" in the scenario.',
    );
  });

  describe("PV utilisation rises", () => {
    const id = "pv-utilisation";
    const shares = (a: number, b: number, c: number): RunResult =>
      [
        ["contract-only", a] as const,
        ["opportunistic", b] as const,
        ["opportunistic+esd", c] as const,
      ].reduce((run, [name, pvUtilisation]) => withSummary(run, name, { pvUtilisation }), day);

    it("with both steps, one or none", () => {
      expect(verdict(shares(0.7, 0.8, 0.9), id)).to.equal("reproduced");
      expect(verdict(shares(0.7, 0.7, 0.9), id)).to.equal("partly");
      expect(verdict(shares(0.7, 0.8, 0.8), id)).to.equal("partly");
      expect(verdict(shares(0.9, 0.8, 0.8), id)).to.equal("not");
    });

    it("no further than all", () => {
      expect(verdict(shares(1, 1, 1), id)).to.equal("reproduced");
    });
  });

  it("all PV is used with an ESD", () => {
    const exporting = (exportKwh: number): RunResult =>
      withSummary(withSummary(day, "opportunistic", { exportKwh: 10 }), "opportunistic+esd", {
        exportKwh,
        pvProducedKwh: 1000,
      });
    expect(verdict(exporting(0), "all-pv-used")).to.equal("reproduced");
    expect(verdict(exporting(0.5), "all-pv-used")).to.equal("reproduced");
    expect(verdict(exporting(0.6), "all-pv-used")).to.equal("partly");
    expect(verdict(exporting(10), "all-pv-used")).to.equal("not");
    expect(claim(exporting(10), "all-pv-used").note).to.contain("no size for its ESD");
    const dark = withSummary(exporting(0), "opportunistic+esd", { pvProducedKwh: 0 });
    expect(verdict(withSummary(dark, "opportunistic", { exportKwh: 0 }), "all-pv-used")).to.equal(
      "not",
    );
  });

  it("less passes through the ESD", () => {
    const with2 = (pvStoredKwh: number, pvDirectKwh: number): RunResult =>
      withSummary(
        withSummary(day, "contract-only+esd", { pvStoredKwh: 10, pvDirectKwh: 100 }),
        "opportunistic+esd",
        { pvStoredKwh, pvDirectKwh },
      );
    expect(verdict(with2(5, 105), "less-through-esd")).to.equal("reproduced");
    expect(verdict(with2(15, 105), "less-through-esd")).to.equal("partly");
    expect(verdict(with2(5, 100), "less-through-esd")).to.equal("partly");
    expect(verdict(with2(10, 100), "less-through-esd")).to.equal("not");
  });

  describe("income rises", () => {
    const id = "income-every-hour";
    const earning = (extra: (hour: number) => number): RunResult =>
      withRows(
        withRows(day, "contract-only", () => ({
          income_yuan: 1,
          export_income_yuan: 0,
          energy_cost_yuan: 0,
        })),
        "opportunistic+esd+transfer",
        ({ hour }) => ({
          income_yuan: 1 + extra(hour),
          export_income_yuan: 0,
          energy_cost_yuan: 0,
          transfer_cost_yuan: 0,
          transfer_income_yuan: 0,
          migration_cost_yuan: 0,
        }),
      );

    it("in every hour, in sum or not", () => {
      expect(
        verdict(
          earning(() => 0.1),
          id,
        ),
      ).to.equal("reproduced");
      expect(
        verdict(
          earning((hour) => (hour === 3 ? 0 : 0.1)),
          id,
        ),
      ).to.equal("reproduced");
      expect(
        verdict(
          earning((hour) => (hour === 3 ? -0.1 : 0.1)),
          id,
        ),
      ).to.equal("partly");
      expect(
        verdict(
          earning(() => 0),
          id,
        ),
      ).to.equal("not");
      expect(
        verdict(
          earning(() => -0.1),
          id,
        ),
      ).to.equal("not");
    });

    it("with the share of hours and the sum", () => {
      const { evidence } = claim(
        earning((hour) => (hour < 6 ? -0.1 : 0.1)),
        id,
      );
      expect(evidence.map(shownEvidence)).to.deep.equal([
        "18\u00a0h",
        "75.0\u00a0%",
        "36.00\u00a0yuan",
      ]);
    });

    it("less every cost", () => {
      const costly = withRows(
        earning(() => 0.1),
        "opportunistic+esd+transfer",
        () => ({ penalty_yuan: 0.05, transfer_cost_yuan: 0.05, migration_cost_yuan: 0.01 }),
      );
      expect(verdict(costly, id)).to.equal("not");
    });
  });

  it("users spend less", () => {
    const paying = (userSpendYuan: number, meanPriceYuanPerKwh: number): RunResult =>
      withSummary(
        withSummary(day, "grid-only", { userSpendYuan: 100, meanPriceYuanPerKwh: 1 }),
        "opportunistic+esd+transfer",
        { userSpendYuan, meanPriceYuanPerKwh },
      );
    expect(verdict(paying(90, 0.9), "users-spend-less")).to.equal("reproduced");
    expect(verdict(paying(110, 0.9), "users-spend-less")).to.equal("partly");
    expect(verdict(paying(100, 1), "users-spend-less")).to.equal("not");
    const other = withSummary(paying(90, 0.9), "grid-only", { tasksCompleted: 1 });
    expect(claim(other, "users-spend-less").note).to.contain("1 task completed against 3,790");
  });

  it("transfers pay", () => {
    const moving = (transferIncomeYuan: number, migrationCostYuan: number): RunResult =>
      withSummary(day, "opportunistic+esd+transfer", { transferIncomeYuan, migrationCostYuan });
    expect(verdict(moving(100, 10), "transfers-pay")).to.equal("reproduced");
    expect(verdict(moving(100, 0), "transfers-pay")).to.equal("reproduced");
    expect(verdict(moving(99, 10), "transfers-pay")).to.equal("partly");
    expect(verdict(moving(10, 10), "transfers-pay")).to.equal("not");
    const still = withSummary(moving(0, 0), "opportunistic+esd+transfer", { transfers: 0 });
    expect(claim(still, "transfers-pay")).to.include({
      verdict: "not",
      note: "No order was transferred in this run.",
    });
  });

  describe("the printed figures", () => {
    const costing = (migrationCostYuan: number): RunResult =>
      withSummary(week, "opportunistic+esd+transfer", { migrationCostYuan });

    it("stand beside the run's", () => {
      expect(verdict(costing(60), "migration-cost")).to.equal("reproduced");
      expect(verdict(costing(120), "migration-cost")).to.equal("partly");
      expect(verdict(costing(20), "migration-cost")).to.equal("partly");
      expect(verdict(costing(1), "migration-cost")).to.equal("not");
      expect(verdict(costing(600), "migration-cost")).to.equal("not");
      expect(claim(week, "extra-income").evidence[0]!.value).to.equal(8863.51);
    });

    it("cannot be compared with a run of another size", () => {
      expect(claim(day, "migration-cost")).to.include({
        verdict: "not run",
        note: "The paper’s figure is of 150 servers in 168\u00a0h; this run has 150 servers in 24\u00a0h.",
      });
      expect(verdict(day, "extra-income")).to.equal("not run");
    });

    it("come with the reason why the extra income is out of reach", () => {
      expect(boundNote()).to.contain("5,544\u00a0kWh").and.to.contain("3,326 yuan");
      expect(claim(week, "extra-income")).to.include({ verdict: "not", note: boundNote() });
      expect(mostSavedYuan(scenarioOf())).to.be.closeTo(3326.4, 1e-6);
    });
  });
});
