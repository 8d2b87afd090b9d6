/** A run as a simulation could give it, made up: a sunny week whose flows balance in every hour. */

import { Random } from "../../sim/random.ts";
import type {
  HourlyRow,
  RunResult,
  StrategyResult,
  StrategySummary,
  TradeRow,
  TransferRow,
} from "../../sim/report/results.ts";
import type { Scenario } from "../../sim/scenario/schema.ts";
import { scenarioWith, type Changes } from "./scenario.ts";

/** A scenario of defaults, with some changed. */
export const scenarioOf = (changes: Changes = {}): Scenario =>
  scenarioWith({ name: "sunny week", ...changes });

/** Names of the data centres: their site, and their number there. */
const dataCentresOf = ({ microgrids }: Scenario): string[] =>
  Array.from({ length: microgrids.count }, (_, grid) => {
    const site = microgrids.sites[grid % microgrids.sites.length]?.name ?? "";
    return Array.from({ length: microgrids.dataCentres }, (_, index) => `${site} ${index + 1}`);
  }).flat();

const ESD_EFFICIENCY = 0.85;
const ESD_USABLE_WH = 1200;

interface Traits {
  readonly pv: boolean;
  readonly flexible: boolean;
  readonly esd: boolean;
  readonly transfer: boolean;
}

const traitsOf = (name: string): Traits => ({
  pv: name !== "grid-only",
  flexible: name.startsWith("opportunistic"),
  esd: name.includes("esd"),
  transfer: name.includes("transfer"),
});

function hourlyOf(scenario: Scenario, traits: Traits): HourlyRow[] {
  const rows: HourlyRow[] = [];
  for (const [place, dc] of dataCentresOf(scenario).entries()) {
    // The same weather for every strategy.
    const random = new Random(`${scenario.seed} ${dc}`);
    let stored = 0;
    for (let hour = 0; hour < scenario.hours; hour += 1) {
      const height = Math.max(0, Math.sin(((((hour + 0.5) % 24) - 5) / 15) * Math.PI));
      const pv = traits.pv ? Math.round(1200 * height ** 1.2 * (0.75 + 0.25 * random.next())) : 0;
      const steady =
        620 + 90 * Math.sin(((hour % 24) / 24) * 2 * Math.PI - 2) + random.int(-50, 50);
      const load = Math.round(traits.flexible ? 0.5 * steady + 0.62 * pv : steady);
      const direct = Math.min(pv, load);
      const room = traits.esd ? (ESD_USABLE_WH - stored) / ESD_EFFICIENCY : 0;
      const charge = Math.min(pv - direct, room);
      const discharge = traits.esd && charge === 0 ? Math.min(load - direct, stored) : 0;
      const loss = Math.min(stored - discharge, traits.esd ? 0.04 : 0);
      stored += ESD_EFFICIENCY * charge - discharge - loss;
      const imported = load - direct - discharge;
      const moved = traits.transfer && hour % 24 >= 18 && (hour + place) % 3 === 0;
      rows.push({
        dc,
        hour,
        load_wh: load,
        pv_wh: pv,
        direct_wh: direct,
        charge_wh: charge,
        discharge_wh: discharge,
        self_discharge_wh: loss,
        stored_wh: stored,
        import_wh: imported,
        export_wh: pv - direct - charge,
        income_yuan: (load / 1000) * (traits.pv ? 0.85 : 1.05),
        export_income_yuan: ((pv - direct - charge) / 1000) * 0.1,
        energy_cost_yuan: imported / 1000,
        penalty_yuan: 0,
        transfer_income_yuan: moved ? 0.12 : 0,
        transfer_cost_yuan: moved ? 0.12 : 0,
        migration_cost_yuan: moved ? 0.005 : 0,
        running_priority: 2,
        running_other: traits.flexible && height === 0 ? 0 : 3,
        suspended: traits.flexible && height === 0 ? 2 : 0,
        waiting: random.int(0, 2),
        gap_wh: pv - load,
      });
    }
  }
  return rows;
}

function summaryOf(hourly: readonly HourlyRow[], trades: readonly TradeRow[]): StrategySummary {
  const total = (name: keyof HourlyRow): number =>
    hourly.reduce((sum, row) => sum + Number(row[name]), 0);
  const kwh = (name: keyof HourlyRow): number => total(name) / 1000;
  const [income, exported, moved] = [
    total("income_yuan"),
    total("export_income_yuan"),
    total("transfer_income_yuan"),
  ];
  const cost =
    total("energy_cost_yuan") +
    total("penalty_yuan") +
    total("transfer_cost_yuan") +
    total("migration_cost_yuan");
  const produced = kwh("pv_wh");
  const last = hourly.reduce((latest, { hour }) => Math.max(latest, hour), 0);
  const left = hourly.reduce((sum, row) => sum + (row.hour === last ? row.stored_wh : 0), 0) / 1000;
  return {
    pvProducedKwh: produced,
    pvDirectKwh: kwh("direct_wh"),
    pvStoredKwh: kwh("charge_wh"),
    exportKwh: kwh("export_wh"),
    pvUtilisation: produced === 0 ? 0 : (kwh("direct_wh") + kwh("charge_wh")) / produced,
    selfSufficiency: (kwh("direct_wh") + kwh("discharge_wh")) / kwh("load_wh"),
    loadKwh: kwh("load_wh"),
    essLossKwh: kwh("charge_wh") - kwh("discharge_wh") - left,
    importKwh: kwh("import_wh"),
    importLowerBoundKwh: 0.8 * kwh("import_wh"),
    excessPartLoadKwh: 0.1 * kwh("import_wh"),
    excessExportKwh: 0.08 * kwh("import_wh"),
    excessEsdKwh: 0.02 * kwh("import_wh"),
    exportSwitchingKwh: 0.5 * kwh("export_wh"),
    exportNoWorkKwh: 0.3 * kwh("export_wh"),
    exportWaitingKwh: 0.2 * kwh("export_wh"),
    co2Kg: 0.581 * kwh("import_wh"),
    userSpendYuan: income,
    meanPriceYuanPerKwh: income / kwh("load_wh"),
    dcIncomeYuan: income + exported + moved,
    dcCostYuan: cost,
    dcProfitYuan: income + exported + moved - cost,
    gridRevenueYuan: total("energy_cost_yuan") - exported,
    exportIncomeYuan: exported,
    tasks: 3935,
    trades: trades.length,
    matchRate: 0.97,
    welfareYuan: 1520.5,
    bestWelfareYuan: null,
    tasksCompleted: 3790,
    tasksLate: 12,
    priorityCompleted: 760,
    priorityLate: 2,
    penaltiesYuan: total("penalty_yuan"),
    transfers: hourly.filter((row) => row.transfer_income_yuan > 0).length,
    transferIncomeYuan: moved,
    migrationCostYuan: total("migration_cost_yuan"),
    dcReputation: [4800, 6100, 7200],
    userReputation: [5000, 5400, 6900],
  };
}

function tradesOf(scenario: Scenario): TradeRow[] {
  const centres = dataCentresOf(scenario);
  const random = new Random(`${scenario.seed} trades`);
  return Array.from({ length: 40 }, (_, index) => {
    const coreSeconds = 3600 * random.int(1, 40);
    return {
      contract: index + 1,
      hour: Math.min(index, scenario.hours - 1),
      task: index,
      user: `user ${random.int(1, 100)}`,
      dc: random.pick(centres),
      cores: random.int(1, 4),
      core_seconds: coreSeconds,
      energy_wh: coreSeconds / 100,
      bid_yuan_per_kwh: 1.1,
      price_yuan_per_kwh: 0.8 + 0.1 * random.next(),
      offer_yuan_per_kwh: 0.42,
      candidates: random.int(1, 3),
      priority: random.chance(0.2),
      deadline_hour: index + 24,
      status: "fulfilled",
      delivered_core_seconds: coreSeconds,
      paid_yuan: 0.8,
      pv_wh: coreSeconds / 100,
      esd_wh: 0,
      grid_wh: -0,
    };
  });
}

function transfersOf(scenario: Scenario): TransferRow[] {
  const [from = "", to = from] = dataCentresOf(scenario);
  return Array.from({ length: 5 }, (_, index) => ({
    transfer: index + 1,
    hour: Math.min(18 + index, scenario.hours - 1),
    contract: index + 7,
    from,
    to,
    mode: index % 2 === 0 ? "payment" : "compute-time",
    core_seconds: 7200,
    energy_wh: 72,
    price_yuan_per_kwh: 0.5,
    network_fee_yuan: 0.005,
    due_hour: 48,
    executed_core_seconds: 7200,
    repaid_core_seconds: index % 2 === 0 ? 0 : 7200,
    settled_core_seconds: 0,
    status: "closed",
    defaulted: false,
  }));
}

/** What a strategy of this name could give; its flows follow from the words in the name. */
export function strategyOf(scenario: Scenario, name: string): StrategyResult {
  const traits = traitsOf(name);
  const hourly = hourlyOf(scenario, traits);
  const trades = tradesOf(scenario);
  return {
    name,
    summary: summaryOf(hourly, trades),
    hourly,
    trades,
    transfers: traits.transfer ? transfersOf(scenario) : [],
  };
}

/** A run of the scenario's strategies, the paper's week unless changed. */
export function resultOf(changes: Partial<Scenario> = {}): RunResult {
  const scenario = scenarioOf(changes);
  return {
    scenario,
    smallestBatteries: [
      { strategy: "contract-only+esd", capacityWh: 6400 },
      { strategy: "opportunistic+esd", capacityWh: 4800 },
    ],
    imports: [
      {
        file: "traces/nantes.csv",
        format: "PVGIS hourly CSV",
        rows: 170,
        used: 168,
        dropped: [{ reason: "power is missing", count: 2, firstLine: 14 }],
        notes: ["Times without a zone were read as UTC."],
      },
    ],
    strategies: scenario.strategies.map((name) => strategyOf(scenario, name)),
  };
}

/** The same run with another summary for one strategy. */
export function withSummary(
  result: RunResult,
  name: string,
  changes: Partial<StrategySummary>,
): RunResult {
  return {
    ...result,
    strategies: result.strategies.map((strategy) =>
      strategy.name === name
        ? { ...strategy, summary: { ...strategy.summary, ...changes } }
        : strategy,
    ),
  };
}
