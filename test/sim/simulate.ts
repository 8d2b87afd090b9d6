import { expect } from "chai";

import { UserError } from "../../sim/errors.ts";
import { Random } from "../../sim/random.ts";
import type { RunResult } from "../../sim/report/results.ts";
import { MISCONDUCTS } from "../../sim/scenario/misconduct.ts";
import { ruleProblems } from "../../sim/scenario/rules.ts";
import type { Scenario } from "../../sim/scenario/schema.ts";
import { simulate } from "../../sim/simulate.ts";
import { sharedData } from "../support/files.ts";
import { scenarioWith, type Changes } from "../support/scenario.ts";
import { baseSeed } from "../support/seed.ts";

const BASES = ["grid-only", "contract-only", "opportunistic", "look-ahead"];
const ENDS = ["", "+esd", "+transfer", "+esd+transfer"];
const STRATEGIES = BASES.flatMap((base) => ENDS.map((end) => base + end));

/** Small sizes, so that all strategies run in a moment. */
const SMALL = {
  hours: 24,
  microgrids: { count: 2, dataCentres: 2 },
  server: { count: 2 },
  tasks: {
    users: 4,
    priority: { count: 8, meanHours: 4 },
    deferrable: { count: 24, meanHours: 3 },
  },
} satisfies Changes;

const small = (changes: Changes = {}): Scenario => scenarioWith(SMALL, changes);

/** What no run may show; empty if it does not. */
function faultsOf({ scenario, strategies }: RunResult): string[] {
  const { hours, microgrids } = scenario;
  return strategies.flatMap(({ name, summary: s, hourly, trades, transfers, conduct }) => {
    const bound = s.importLowerBoundKwh ?? 0;
    const total = <T>(rows: readonly T[], of: (row: T) => number): number =>
      rows.reduce((sum, row) => sum + of(row), 0);
    const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6;
    const given = total(hourly, (row) => row.transfer_cost_yuan);
    const fees = total(transfers, (transfer) => transfer.network_fee_yuan);
    const rules: [what: string, holds: boolean][] = [
      ["figures are numbers", Object.values(s).flat().every(Number.isFinite)],
      ["the bound is below the import", bound <= s.importKwh + 1e-6],
      ["PV is used once at most", s.pvUtilisation <= 1 + 1e-9],
      ["PV goes somewhere", s.pvDirectKwh + s.pvStoredKwh + s.exportKwh <= s.pvProducedKwh + 1e-6],
      ["load is fed once at most", s.selfSufficiency <= 1 + 1e-9],
      ["the ESD gives no more than it got", s.essLossKwh >= -1e-6],
      ["priority work is in time", conduct !== undefined || s.priorityLate === 0],
      ["no honest party loses money", (conduct?.honestLossYuan ?? 0) === 0],
      ["the grid is paid for every slot", (conduct?.slotsNotRead ?? 0) === 0],
      ["trades end once", s.tasksCompleted + s.tasksLate <= s.trades],
      ["tasks are sold once", s.trades <= s.tasks],
      ["matchings are within the best", s.welfareYuan <= (s.bestWelfareYuan ?? Infinity) + 1e-6],
      ["users pay what data centres get", s.userSpendYuan <= s.dcIncomeYuan + 1e-6],
      ["transfers cost what they earn", near(s.transferIncomeYuan, given)],
      ["each migration is paid", near(s.migrationCostYuan, fees)],
      [
        "no more is transferred, and paid back, than there is",
        transfers.every(
          (t) =>
            t.executed_core_seconds <= t.core_seconds &&
            t.repaid_core_seconds <= t.executed_core_seconds,
        ),
      ],
      [
        "every hour has its rows",
        hourly.length === hours * microgrids.count * microgrids.dataCentres,
      ],
      [
        "nobody pays more than its limit",
        trades.every((t) => t.price_yuan_per_kwh <= t.bid_yuan_per_kwh + 1e-9),
      ],
    ];
    return rules.filter(([, holds]) => !holds).map(([what]) => `${name}: not so that ${what}`);
  });
}

/** Runs all strategies with all checks. */
async function runAll(
  scenario: Scenario,
  strategies: readonly string[] = STRATEGIES,
): Promise<RunResult> {
  const result = await simulate(scenario, { strategies, bound: true, check: true });
  expect(faultsOf(result)).to.deep.equal([]);
  return result;
}

/** A small scenario from anywhere in the schema's ranges, which the rules between its fields allow. */
function randomScenario(random: Random, seed: number): Scenario {
  for (;;) {
    const hours = random.pick([4, 13, 24, 30]);
    const cores = random.pick([1, 2, 6, 16]);
    const custom = {
      chemistry: "custom",
      depthOfDischarge: random.pick([0.01, 0.5, 1]),
      chargeRatePerHour: random.pick([0.01, 0.25, 100]),
      efficiency: random.pick([0.01, 0.85, 1]),
      selfDischargePerDay: random.pick([0, 0.01, 1]),
      dischargeToChargeRate: random.pick([0.01, 1, 1000]),
    } as const;
    const battery = random.pick([
      { chemistry: "lithium-ion" },
      { chemistry: "lead-acid" },
      custom,
    ] as const);
    const prices = { lowestMaxPrice: random.pick([0, 0.5, 1.2]), highestMaxPrice: 1.6 };
    const scenario = scenarioWith({
      seed,
      hours,
      start: random.pick(["2015-06-22T00:00:00Z", "2015-12-21T13:00:00Z", "2016-02-28T22:00:00Z"]),
      stepMinutes: random.pick([60, 60, 30, 15, 5]),
      microgrids: { count: random.int(1, 3), dataCentres: random.int(1, 3) },
      server: {
        count: random.int(1, 4),
        cores,
        switchOffIdle: random.chance(0.7),
        coolingW: random.pick([0, 10, 500]),
        powerW: random.pick([
          [97, 152, 170, 188, 201, 220],
          [0, 100],
          [50, 50, 300],
        ]),
      },
      plant: {
        panels: random.pick([0, 1, 8, 100]),
        inverterW: random.pick([100, 1200, 100_000]),
        tiltDegrees: random.pick([0, 30, 90]),
        azimuthDegrees: random.int(0, 360),
      },
      pv: {
        clearness: random.next(),
        clearnessSpread: random.next() / 2,
        clearnessMemoryHours: random.pick([0, 5, 48]),
        regionalShare: random.next(),
        forecast: random.pick(["smart-persistence", "persistence", "perfect"]),
      },
      battery: {
        ...battery,
        capacityWh: random.pick([0, 1, 1000, 20_000, 10_000_000]),
        initialShare: random.pick([0, 0.5, 1]),
      },
      tasks: {
        users: random.int(1, 8),
        priority: {
          count: random.pick([0, 5, 20]),
          meanHours: random.pick([0.1, 3, 12]),
          meanSlackHours: random.pick([0, 5]),
          ...prices,
        },
        deferrable: {
          count: random.pick([0, 10, 60]),
          meanHours: random.pick([0.1, 3, 12]),
          meanSlackHours: random.pick([0, 12, 1000]),
          ...prices,
        },
        coreShares: [
          { cores: 1, share: random.int(0, 3) },
          { cores: random.int(1, cores), share: 1 },
          { cores, share: random.int(0, 2) },
        ],
        memoryGbPerCore: random.pick([0.1, 1, 2]),
        dailySwing: random.next(),
      },
      prices: {
        pvYuanPerKWh: random.pick([0, 0.4, 3]),
        gridYuanPerKWh: random.pick([0, 1, 1]),
        feedInYuanPerKWh: random.pick([0, 0.1, 1]),
        margin: random.pick([0, 0.05, 10]),
        migrationYuanPerGb: random.pick([0, 0.005, 1]),
        openingBid: random.pick([0, 0.7, 1]),
        bidRise: random.pick([0, 0.15, 1]),
      },
      market: {
        k: random.int(1, 8),
        sellerShare: random.pick([0, 0.5, 1]),
        relayed: random.pick([0, 0.5, 1]),
      },
      transfers: {
        mode: random.pick(["payment", "compute-time", "either"]),
        repaymentHours: random.pick([1, 24, 168]),
      },
      misbehaviour: random.chance(0.3)
        ? {
            ...Object.fromEntries(MISCONDUCTS.map((kind) => [kind, random.pick([0, 0.15])])),
            spellHours: random.int(2, 23),
          }
        : {},
    });
    if (ruleProblems(scenario).length === 0) return scenario;
  }
}

describe("simulate", function () {
  this.timeout(120_000);

  // More by HELIOMARKET_RUNS; HELIOMARKET_SEED begins elsewhere.
  const runs = Number(process.env["HELIOMARKET_RUNS"] ?? "25");
  it(`holds what must hold in ${runs} random scenarios, twice the same to the byte`, async () => {
    for (let i = 0; i < runs; i += 1) {
      const scenario = randomScenario(new Random(`${baseSeed()}/simulate/${i}`), i);
      try {
        const result = await runAll(scenario);
        if (i % 5 !== 0) continue;
        expect(JSON.stringify(await runAll(scenario)) === JSON.stringify(result)).to.equal(true);
      } catch (error) {
        throw new Error(
          `Run ${i} of seed ${baseSeed()}, ${JSON.stringify(scenario)}: ${String(error)}`,
          {
            cause: error,
          },
        );
      }
    }
  });

  it("counts no loss that the ESD began with", async () => {
    const changes: Changes = { battery: { capacityWh: 20_000, initialShare: 1 } };
    const { strategies } = await runAll(small(changes), ["opportunistic+esd"]);
    expect(strategies[0]?.summary.essLossKwh).to.be.within(0, 10);
  });

  it("commissions sites that whatever their ESDs do is within", async () => {
    const custom = { chemistry: "custom", efficiency: 1, selfDischargePerDay: 0 } as const;
    const fast = { depthOfDischarge: 1, chargeRatePerHour: 100, dischargeToChargeRate: 1000 };
    const slow = { depthOfDischarge: 1, chargeRatePerHour: 0.1, dischargeToChargeRate: 0.1 };
    for (const [stepMinutes, battery] of [
      [60, { capacityWh: 230, initialShare: 1, ...custom, ...slow, dischargeToChargeRate: 1000 }],
      [5, { capacityWh: 300, ...custom, ...fast }],
      [60, { capacityWh: 10_000_000, initialShare: 1, ...custom, ...fast }],
      [15, { capacityWh: 2_000, initialShare: 1, ...custom, ...slow }],
      [30, { capacityWh: 1_000, initialShare: 1, chemistry: "lead-acid" }],
    ] satisfies [Scenario["stepMinutes"], Changes["battery"]][]) {
      const { strategies } = await runAll(small({ stepMinutes, battery }), ["opportunistic+esd"]);
      const passed = strategies[0]!.hourly.map((row) => row.charge_wh + row.discharge_wh);
      expect(Math.max(...passed), JSON.stringify(battery)).to.be.above(0);
    }
  });

  it("runs where nothing costs anything, and where nobody pays anything", async () => {
    const free = { pvYuanPerKWh: 0, gridYuanPerKWh: 0, feedInYuanPerKWh: 0 };
    const { strategies } = await runAll(small({ prices: free }));
    for (const { summary } of strategies) expect(summary.gridRevenueYuan).to.equal(0);
    const none = { lowestMaxPrice: 0, highestMaxPrice: 0 };
    const poor = await runAll(small({ tasks: { priority: none, deferrable: none } }));
    for (const { summary } of poor.strategies) expect(summary.trades).to.equal(0);
  });

  it("refuses what no market would take", async () => {
    const scenario = small({ prices: { feedInYuanPerKWh: 2 } });
    expect(ruleProblems(scenario).map(({ message }) => message)).to.deep.equal([
      "field `prices.feedInYuanPerKWh`: must not be above gridYuanPerKWh, 1, is 2; the market takes no tariff by which energy could be imported and sold back at a gain",
    ]);
    const twice = await simulate(small(), { strategies: ["grid-only", "grid-only"] }).catch(
      (error: unknown) => error,
    );
    expect(twice).to.be.instanceOf(UserError);
    expect(String(twice)).to.include("The strategy grid-only is there twice; leave one out.");
  });

  describe("with measured files", () => {
    const WEEK = "pv_utrecht_2015w26_hourly.csv";
    for (const [workload, used] of [
      ["jobs_openb_pod_list_default.csv", 1896],
      ["jobs_NASA-iPSC-1993-3.1-cln.swf", 2374],
    ] as const) {
      it(`runs ${workload} under the sun of Utrecht`, async function () {
        const pv = { file: sharedData(this, WEEK) };
        const tasks = { file: sharedData(this, workload) };
        const { imports, strategies } = await runAll(scenarioWith({ pv, tasks }), [
          "contract-only",
          "opportunistic+esd+transfer",
        ]);
        expect(imports.map((report) => report.used)).to.deep.equal([used, 168]);
        const [before, after] = strategies.map(({ summary }) => summary);
        expect(after?.importKwh).to.be.below(before?.importKwh ?? 0);
        expect(after?.pvUtilisation).to.be.above(before?.pvUtilisation ?? 1);
      });
    }

    it("names the option that a swapped file belongs to", async function () {
      const jobs = sharedData(this, "jobs_NASA-iPSC-1993-3.1-cln.swf");
      const sun = sharedData(this, WEEK);
      for (const [changes, message] of [
        [{ pv: { file: jobs } }, "this is a file of tasks, which belongs into tasks.file."],
        [{ tasks: { file: sun } }, "PV output belongs into pv.file."],
      ] as const) {
        const error = await simulate(small(changes)).catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(UserError);
        expect(String(error)).to.include(message);
      }
    });
  });
});
