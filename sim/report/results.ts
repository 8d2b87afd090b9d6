/**
 * What a run gives: every energy and money flow per strategy, data centre and hour, and what they come to. Energy in Wh or kWh,
 * money in yuan, as the names say; hours are counted from 0 at the start of the run.
 */
import type { Scenario } from "../scenario/schema.ts";
import type { ImportReport } from "../traces/imported.ts";

/** Version of the files' form; rises when a field changes its meaning or goes. */
export const RESULTS_VERSION = 1;

/** One hour of one data centre. The names are the columns of `hourly.csv`. */
export interface HourlyRow {
  readonly dc: string;
  readonly hour: number;
  /** Used by servers and cooling: direct + discharge + import. */
  readonly load_wh: number;
  /** Produced: direct + charge + export. */
  readonly pv_wh: number;
  readonly direct_wh: number;
  /** Taken by the ESD; it stores σ times that. */
  readonly charge_wh: number;
  readonly discharge_wh: number;
  readonly self_discharge_wh: number;
  /** In the ESD at the end of the hour. */
  readonly stored_wh: number;
  readonly import_wh: number;
  readonly export_wh: number;
  /** From users, for the work of the hour. */
  readonly income_yuan: number;
  readonly export_income_yuan: number;
  /** Paid for import. */
  readonly energy_cost_yuan: number;
  /** Paid to users and other data centres for what was not delivered, and bonds that were forfeited. */
  readonly penalty_yuan: number;
  /** Received for executing others' work, penalties of targets included. */
  readonly transfer_income_yuan: number;
  /** Paid to others for executing this one's work. */
  readonly transfer_cost_yuan: number;
  /** Network fees paid. */
  readonly migration_cost_yuan: number;
  /** Tasks that run in the hour. */
  readonly running_priority: number;
  readonly running_other: number;
  /** Tasks that have begun and do not run in this hour. */
  readonly suspended: number;
  /** Tasks that have not begun. */
  readonly waiting: number;
  /** The paper's eq. (6) before the scheduler's decision. */
  readonly gap_wh: number;
}

/** A supply contract that was signed. The names are the columns of `trades.csv`. */
export interface TradeRow {
  readonly contract: number;
  readonly hour: number;
  readonly task: number;
  readonly user: string;
  readonly dc: string;
  readonly cores: number;
  readonly core_seconds: number;
  readonly energy_wh: number;
  readonly bid_yuan_per_kwh: number;
  readonly price_yuan_per_kwh: number;
  readonly offer_yuan_per_kwh: number;
  /** Offers that the draw was among. */
  readonly candidates: number;
  readonly priority: boolean;
  readonly deadline_hour: number;
  readonly status: "running" | "fulfilled" | "expired";
  readonly delivered_core_seconds: number;
  readonly paid_yuan: number;
  readonly pv_wh: number;
  readonly esd_wh: number;
  readonly grid_wh: number;
}

/** An order transfer. The names are the columns of `transfers.csv`. */
export interface TransferRow {
  readonly transfer: number;
  readonly hour: number;
  readonly contract: number;
  readonly from: string;
  readonly to: string;
  readonly mode: "payment" | "compute-time";
  readonly core_seconds: number;
  readonly energy_wh: number;
  readonly price_yuan_per_kwh: number;
  readonly network_fee_yuan: number;
  readonly due_hour: number;
  readonly executed_core_seconds: number;
  readonly repaid_core_seconds: number;
  readonly settled_core_seconds: number;
  readonly status: "executing" | "owing" | "closed";
  readonly defaulted: boolean;
}

/** What a strategy came to. */
export interface StrategySummary {
  readonly pvProducedKwh: number;
  readonly pvDirectKwh: number;
  /** Taken by the ESDs. */
  readonly pvStoredKwh: number;
  readonly exportKwh: number;
  /** (direct + charge) / produced, share from 0 to 1. */
  readonly pvUtilisation: number;
  /** (direct + discharge) / load, share from 0 to 1. */
  readonly selfSufficiency: number;
  readonly loadKwh: number;
  /** Lost in charging, and by self-discharge. */
  readonly essLossKwh: number;
  readonly importKwh: number;
  /** Least import that any schedule of the work that was done could need; null if it was not computed. */
  readonly importLowerBoundKwh: number | null;
  /**
   * Where the import above the least comes from; the three add up to it. Servers that are not full, which take more for a
   * core; null if the least was not computed.
   */
  readonly excessPartLoadKwh: number | null;
  /** PV that was exported and need not have been. */
  readonly excessExportKwh: number | null;
  /** Lost in the ESDs, or left in them at the end, that need not have been. */
  readonly excessEsdKwh: number | null;
  /**
   * Export by its cause; the three add up to it. PV that was too little for any of the servers that were on the grid in the
   * same hour.
   */
  readonly exportSwitchingKwh: number;
  /** Beyond that, in hours of data centres without work that waits. */
  readonly exportNoWorkKwh: number;
  /** Beyond that, while work was waiting. */
  readonly exportWaitingKwh: number;
  readonly co2Kg: number;
  readonly userSpendYuan: number;
  readonly meanPriceYuanPerKwh: number;
  /** From users, exports and transfers. */
  readonly dcIncomeYuan: number;
  /** Import, penalties, transfers, network fees. */
  readonly dcCostYuan: number;
  readonly dcProfitYuan: number;
  /** Import paid less export bought. */
  readonly gridRevenueYuan: number;
  readonly exportIncomeYuan: number;
  readonly tasks: number;
  readonly trades: number;
  /** Tasks that found a contract, share of all. */
  readonly matchRate: number;
  /** Σ (bid − offer) · energy over the trades, yuan. */
  readonly welfareYuan: number;
  /** The most that a matching of the same books could reach, yuan; null if it was not computed. */
  readonly bestWelfareYuan: number | null;
  readonly tasksCompleted: number;
  /** Contracts that were not fulfilled by their deadline. */
  readonly tasksLate: number;
  readonly priorityCompleted: number;
  readonly priorityLate: number;
  readonly penaltiesYuan: number;
  readonly transfers: number;
  readonly transferIncomeYuan: number;
  readonly migrationCostYuan: number;
  /** Reputation of the data centres at the end: minimum, median, maximum, from 0 to 10,000. */
  readonly dcReputation: readonly [number, number, number];
  readonly userReputation: readonly [number, number, number];
}

/** How those fared who broke the rules in the same way. */
export interface MisconductRow {
  /** Name of the scenario's field. */
  readonly kind: string;
  readonly users: number;
  readonly dataCentres: number;
  /** Plans that were not opened in time. */
  readonly plansPunished: number;
  /** Plans that could not be funded. */
  readonly plansDropped: number;
  /** Calls that the market refused. */
  readonly callsRefused: number;
  /** Contracts with users that were not fulfilled by their deadline. */
  readonly contractsExpired: number;
  /** Transfers that they took and did not execute. */
  readonly transfersDefaulted: number;
  /** Bonds that they lost. */
  readonly bondsYuan: number;
  /** Paid to users and other data centres for what they did not deliver. */
  readonly penaltiesYuan: number;
  /** At the end, from 0 to 10,000; everybody begins with 5,000. */
  readonly meanReputation: number;
}

/** How the users fared that kept the rules. */
export interface HonestUsers {
  readonly count: number;
  readonly paidYuan: number;
  /** What was delivered to them, at the prices that they had bid. */
  readonly worthYuan: number;
  /** Their contracts that were not fulfilled by their deadline. */
  readonly contractsExpired: number;
  /** Received for what was not delivered. */
  readonly compensationYuan: number;
  /** See {@link ConductResult.honestLossYuan}. */
  readonly lossYuan: number;
  readonly meanReputation: number;
}

/** How the data centres fared that kept the rules. */
export interface HonestDataCentres {
  readonly count: number;
  /** From users. */
  readonly incomeYuan: number;
  /** What was delivered for it, at the prices that they had offered. */
  readonly worthYuan: number;
  /** Received from others that did not do what they had taken over. */
  readonly compensationYuan: number;
  /** Paid to users for work that another had taken over and not done. */
  readonly paidForOthersYuan: number;
  /** Paid to users and other data centres for what they did not do in time themselves. */
  readonly ownPenaltiesYuan: number;
  /** See {@link ConductResult.honestLossYuan}. */
  readonly lossYuan: number;
  readonly meanReputation: number;
}

/** What misbehaviour came to. */
export interface ConductResult {
  readonly kinds: readonly MisconductRow[];
  readonly users: HonestUsers;
  readonly dataCentres: HonestDataCentres;
  /** Slots of data centres whose reading never came, and whose import the grid was not paid for. */
  readonly slotsNotRead: number;
  /**
   * What honest parties lost. A user: what it paid for a contract above the worth of what was delivered at its own bid, and
   * whatever else left its account. A data centre: what it was paid for a contract below the worth of what was delivered at
   * its own offer, its bonds, and what it paid for others above what it got from them.
   */
  readonly honestLossYuan: number;
}

/** What a strategy gave. */
export interface StrategyResult {
  readonly name: string;
  readonly summary: StrategySummary;
  readonly hourly: readonly HourlyRow[];
  readonly trades: readonly TradeRow[];
  readonly transfers: readonly TransferRow[];
  /** Only if the scenario has somebody misbehave. */
  readonly conduct?: ConductResult;
}

/** The smallest battery of each data centre with which a strategy exports no PV. */
export interface SmallestBattery {
  readonly strategy: string;
  /** Wh; null if even the largest that was tried is too small. */
  readonly capacityWh: number | null;
}

/** What a run gave. */
export interface RunResult {
  readonly scenario: Scenario;
  /** What was read from files; empty if nothing was. */
  readonly imports: readonly ImportReport[];
  readonly strategies: readonly StrategyResult[];
  /** Empty if it was not asked for. */
  readonly smallestBatteries: readonly SmallestBattery[];
}
