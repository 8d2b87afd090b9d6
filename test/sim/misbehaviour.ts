import { expect } from "chai";

import { castOf, MISCONDUCTS, type Misconduct } from "../../sim/scenario/misconduct.ts";
import { Spells, spellsOf } from "../../sim/agents/misconduct.ts";
import { nobodys } from "../../sim/conduct.ts";
import { renderReport } from "../../sim/report/html.ts";
import { summaryOf } from "../../sim/report/summary.ts";
import type { ConductResult, RunResult, StrategyResult } from "../../sim/report/results.ts";
import type { Scenario } from "../../sim/scenario/schema.ts";
import { simulate } from "../../sim/simulate.ts";
import { scenarioWith, type Changes } from "../support/scenario.ts";

const STRATEGY = "opportunistic+esd+transfer";

/** Small, with weather and slack enough that work is handed over. */
const BASE = {
  hours: 72,
  microgrids: { count: 6, dataCentres: 1 },
  server: { count: 2 },
  pv: { regionalShare: 0, clearness: 0.5, clearnessSpread: 0.4 },
  tasks: {
    users: 8,
    priority: { count: 5 },
    deferrable: { count: 200, meanHours: 3, meanSlackHours: 80 },
  },
} satisfies Changes;

const scenarioOf = (misbehaviour: Changes<Scenario["misbehaviour"]>, seed = 1): Scenario =>
  scenarioWith(BASE, { seed, misbehaviour });

/** Runs the full strategy with all checks. */
async function run(scenario: Scenario): Promise<{ all: RunResult; one: StrategyResult }> {
  const all = await simulate(scenario, { strategies: [STRATEGY], check: true });
  const [one] = all.strategies;
  if (one === undefined) throw new Error("There is no result.");
  return { all, one };
}

/** What a data centre's standing bond is, yuan. */
const BOND_YUAN = 5;

/** The lowest reputation of a data centre and of a user. */
const reputations = ({ summary }: StrategyResult): [number, number] => [
  summary.dcReputation[0],
  summary.userReputation[0],
];

describe("castOf", () => {
  it("draws as many as asked for, each with one vice, the same for the same seed", () => {
    const scenario = scenarioOf({ neverReveal: 0.3 });
    const { users, dataCentres } = castOf(scenario, 100, 30);
    const count = (cast: readonly (Misconduct | undefined)[], kind: Misconduct): number =>
      cast.filter((one) => one === kind).length;
    expect(count(users, "neverReveal")).to.equal(30);
    expect(count(dataCentres, "neverReveal")).to.equal(9);
    expect(castOf(scenario, 100, 30)).to.deep.equal({ users, dataCentres });
    expect(castOf({ ...scenario, seed: 2 }, 100, 30).users).not.to.deep.equal(users);
  });
});

describe("a market in which some misbehave", function () {
  this.timeout(120_000);

  const SEEDS = [1, 2, 3];

  const unopened = ["neverReveal", "revealLate"].flatMap((kind) =>
    SEEDS.map((seed) => ({ kind, seed })),
  );
  for (const { kind, seed } of unopened)
    it(`forfeits the bonds of ${kind}, and goes on, with seed ${seed}`, async () => {
      const { one } = await run(scenarioOf({ [kind]: 0.34 }, seed));
      expect(one.summary.tasksCompleted).to.be.above(20);
      expect(one.summary.tasksLate).to.equal(0);
      expect(reputations(one)).to.deep.equal([0, 0]);
      // Two of six data centres, in each auction.
      expect(one.summary.penaltiesYuan).to.equal(2 * BOND_YUAN * (BASE.hours - 1));
    });

  for (const seed of SEEDS)
    it(`drops the plans of those without funds, and goes on, with seed ${seed}`, async () => {
      const { one } = await run(scenarioOf({ unfunded: 0.34 }, seed));
      expect(one.summary.tasksCompleted).to.be.above(20);
      expect(one.summary.tasksLate).to.equal(0);
      // Their plans were opened, which is no reason to think less of them.
      for (const least of reputations(one)) expect(least).to.be.at.least(5000);
      expect(one.summary.penaltiesYuan).to.equal(2 * BOND_YUAN * (BASE.hours - 1));
    });

  for (const seed of SEEDS)
    it(`makes under-delivery cost deposits and reputation, and goes on, with seed ${seed}`, async () => {
      const { one } = await run(scenarioOf({ underDeliver: 0.34 }, seed));
      const { trades, transfers, summary } = one;
      const late = trades.filter(({ status }) => status === "expired");
      expect(late.length).to.be.above(20);
      for (const { core_seconds: sold, delivered_core_seconds: done } of late)
        expect(done).to.equal(Math.ceil(sold / 2));
      expect(new Set(late.map(({ dc }) => dc)).size).to.equal(2);
      expect(transfers.filter(({ defaulted }) => defaulted).length).to.be.above(0);
      expect(summary.penaltiesYuan).to.be.above(0);
      expect(summary.dcReputation[0]).to.equal(0);
      expect(summary.userReputation[0]).to.be.at.least(5000);
    });

  for (const seed of SEEDS)
    it(`takes late readings of those who stop for hours, and goes on, with seed ${seed}`, async () => {
      const scenario = scenarioOf({ stop: 0.5, spellHours: 9 }, seed);
      const { one } = await run(scenario);
      const { hourly, summary } = one;
      const { dataCentres } = castOf(scenario, BASE.tasks.users, BASE.microgrids.count);
      const stopping = [...new Set(hourly.map(({ dc }) => dc))].filter((_, i) => dataCentres[i]);
      expect(stopping).to.have.length(3);
      for (const dc of stopping) {
        const spells = spellsOf(scenario, dc);
        const away = hourly.filter((row) => row.dc === dc && spells.atStartOf(row.hour));
        expect(away.length).to.be.at.least(8);
        for (const row of away) expect(row.running_other + row.running_priority).to.equal(0);
      }
      // A bond for each day on which they sealed a plan before they stopped.
      expect(summary.penaltiesYuan).to.be.within(BOND_YUAN, 3 * 3 * BOND_YUAN + 1);
      expect(summary.dcReputation[0]).to.be.below(5000);
      expect(summary.tasksCompleted).to.be.above(100);
    });

  for (const seed of SEEDS)
    it(`refuses readings that cannot be right, takes no offers until they are, and goes on, with seed ${seed}`, async () => {
      const honest = await run(scenarioOf({}, seed));
      const { one } = await run(scenarioOf({ misreport: 0.5, spellHours: 12 }, seed));
      const { summary } = one;
      // What was done in those hours is paid later, and nothing is forfeited.
      expect(summary.penaltiesYuan).to.equal(0);
      expect(summary.tasksLate).to.equal(0);
      expect(summary.tasksCompleted).to.be.above(100);
      const sold = (trades: StrategyResult["trades"]): number =>
        new Set(trades.map(({ dc, hour }) => `${dc} ${hour}`)).size;
      expect(sold(one.trades)).to.be.below(sold(honest.one.trades));
    });
});

/** Twelve data centres of which six are honest and the others all different. */
const crowd = (seed = 1): Scenario =>
  scenarioWith(
    BASE,
    { seed, microgrids: { count: 12 }, tasks: { users: 24, deferrable: { count: 400 } } },
    {
      misbehaviour: {
        ...Object.fromEntries(MISCONDUCTS.map((kind) => [kind, 0.09])),
        spellHours: 10,
      },
    },
  );

describe("no honest party loses money", function () {
  this.timeout(120_000);

  /** Runs, and returns what misbehaviour came to. */
  async function conductOf(scenario: Scenario): Promise<ConductResult> {
    const { one } = await run(scenario);
    const { conduct } = one;
    if (conduct === undefined) throw new Error("Nobody misbehaved.");
    expect(conduct.honestLossYuan).to.equal(0);
    expect(conduct.slotsNotRead).to.equal(0);
    expect(conduct.users.worthYuan).to.be.at.least(conduct.users.paidYuan);
    expect(conduct.dataCentres.incomeYuan).to.be.at.least(conduct.dataCentres.worthYuan);
    return conduct;
  }

  for (const kind of MISCONDUCTS)
    it(`whoever is of ${kind}, who are punished for it`, async () => {
      for (const seed of [1, 2, 3]) {
        const { kinds, dataCentres } = await conductOf(
          scenarioOf({ [kind]: 0.34, spellHours: 10 }, seed),
        );
        expect(kinds).to.have.length(1);
        const [row] = kinds;
        expect(row).to.include({ kind, dataCentres: 2 });
        expect(dataCentres).to.include({ count: 4, ownPenaltiesYuan: 0, paidForOthersYuan: 0 });
        const punished = {
          neverReveal: row!.plansPunished,
          revealLate: Math.min(row!.plansPunished, row!.callsRefused),
          unfunded: row!.plansDropped,
          underDeliver: row!.penaltiesYuan * row!.contractsExpired,
          misreport: row!.callsRefused,
          stop: row!.plansPunished,
        };
        expect(punished[kind]).to.be.above(0);
      }
    });

  it("with all of them at once", async () => {
    for (const seed of [1, 2, 3, 4]) {
      const { kinds, users, dataCentres } = await conductOf(crowd(seed));
      expect(kinds.map(({ kind }) => kind)).to.have.members(MISCONDUCTS);
      expect(users.count).to.equal(24 - 9);
      expect(dataCentres).to.include({ count: 6, ownPenaltiesYuan: 0, paidForOthersYuan: 0 });
    }
  });

  it("though others are away for most of the day with work in their hands", async () => {
    for (const seed of [1, 3, 8]) {
      const { dataCentres } = await conductOf(scenarioOf({ stop: 0.5, spellHours: 23 }, seed));
      expect(dataCentres).to.include({ count: 3, paidForOthersYuan: 0 });
    }
    // With much to do: there has to be room for what comes back.
    const busy = scenarioWith(BASE, {
      seed: 9,
      tasks: { deferrable: { count: 300 } },
      misbehaviour: { stop: 0.5, spellHours: 23 },
    });
    const { dataCentres } = await conductOf(busy);
    expect(dataCentres).to.include({ count: 3, paidForOthersYuan: 0, ownPenaltiesYuan: 0 });
  });

  it("under every strategy", async () => {
    const { strategies } = await simulate(crowd(), { check: true });
    expect(strategies).to.have.length(5);
    for (const { name, conduct } of strategies)
      expect(conduct, name).to.include({ honestLossYuan: 0, slotsNotRead: 0 });
  });

  it("and what nobody does is named", async () => {
    const scenario = scenarioOf({ underDeliver: 0.05, stop: 0.5 });
    const { all } = await run(scenario);
    expect(nobodys(scenario, all.strategies)).to.deep.equal(["underDeliver"]);
    expect(nobodys(scenarioOf({}), all.strategies)).to.deep.equal([]);
  });

  it("and nothing is said of it where all keep the rules", async () => {
    const { all, one } = await run(scenarioOf({}));
    expect(one.conduct).to.equal(undefined);
    expect(summaryOf(all)).not.to.have.property("conduct");
    expect(renderReport(all)).not.to.contain("Who broke the rules");
  });

  it("which report and summary say", async () => {
    const { all, one } = await run(crowd());
    expect(summaryOf(all).conduct).to.deep.equal({ [STRATEGY]: one.conduct });
    const page = renderReport(all);
    expect(page).to.contain("<strong>No honest party loses money.</strong>");
    expect(page).to.contain('href="#conduct"');
    expect(page.match(/<th scope="row">drop what they sold half done<\/th>/g)).to.have.length(1);
    const unfair = { ...one, conduct: { ...one.conduct!, honestLossYuan: 0.25 } };
    const other = renderReport({ ...all, strategies: [unfair] });
    expect(other).to.contain(
      `<strong>Honest parties lose money</strong>: 0.250000 yuan and 0 unread slots under ${STRATEGY}.`,
    );
  });

  it("twice the same to the byte", async () => {
    const texts = [0, 1].map(async () => JSON.stringify((await run(crowd())).all));
    const [first, second] = await Promise.all(texts);
    expect(first === second).to.equal(true);
  });
});

describe("Spells", () => {
  it("begin in the middle of an hour, every day, and end with the run", () => {
    const spells = new Spells(5, 3, 31);
    const hours = Array.from({ length: 40 }, (_, hour) => hour);
    expect(hours.filter((hour) => spells.atEndOf(hour))).to.deep.equal([5, 6, 7, 29, 30]);
    expect(hours.filter((hour) => spells.atStartOf(hour))).to.deep.equal([6, 7, 30]);
  });
});
