/** Bookkeeping of a run: who paid what to whom in which hour, from the market's public record and the meters' readings. */
import type { MarketAccess } from "./agents/access.ts";
import type { SignedContract } from "./agents/contracts.ts";
import type { HourReport } from "./agents/dataCentre.ts";
import {
  SupplyStatus,
  TransferMode,
  TransferStatus,
  type Ledger,
  type Transfer,
} from "./market/ledger.ts";
import { refOf, type Book, type BookBid } from "./market/clearing.ts";
import { amountDown } from "./market/money.ts";
import type { HourlyRow, TradeRow, TransferRow } from "./report/results.ts";
import { bestWelfare, type PricedEnergy } from "./scheduling/welfare.ts";
import { MICRO_YUAN_PER_YUAN, yuan } from "./units.ts";

/** A row while it is being booked: money in whole micro-yuan, which numbers hold exactly. */
type OpenRow = { -readonly [Column in keyof HourlyRow]: HourlyRow[Column] };

/** Columns of money. */
const MONEY = [
  "income_yuan",
  "export_income_yuan",
  "energy_cost_yuan",
  "penalty_yuan",
  "transfer_income_yuan",
  "transfer_cost_yuan",
  "migration_cost_yuan",
] as const;

/** A data centre as the books know it. */
export interface BookedDataCentre {
  readonly label: string;
  readonly participant: bigint;
}

/** What is booked for a contract beside its state. */
interface BookedTrade {
  readonly contractId: bigint;
  readonly hour: number;
  readonly task: number;
  readonly user: string;
  readonly dc: string;
  readonly bidPrice: bigint;
  readonly offerPrice: bigint;
  readonly candidates: bigint;
}

/** Sums of money that the run's balances are checked against, micro-yuan. */
export interface Totals {
  /** Users to data centres. */
  userPayments: bigint;
  /** Data centres to users, for what was not delivered. */
  userCompensation: bigint;
  imports: bigint;
  exports: bigint;
  /** Data centres to the network. */
  network: bigint;
}

/** The books of a run. */
export class Books {
  readonly totals: Totals = {
    userPayments: 0n,
    userCompensation: 0n,
    imports: 0n,
    exports: 0n,
    network: 0n,
  };
  /** Most welfare that matchings of all books could have reached. */
  bestWelfareYuan = 0;
  /** Prices in the book that was entered last, micro-yuan per kWh, by reference. */
  private bidPrices: ReadonlyMap<bigint, bigint> = new Map();
  private offerPrices: ReadonlyMap<bigint, bigint> = new Map();
  private readonly access: MarketAccess;
  private readonly hours: number;
  private readonly dataCentres: readonly BookedDataCentre[];
  /** By participant; as plain numbers, which are quicker to look up than bigints. */
  private readonly indexOf = new Map<number, number>();
  /** By hour * data centres + index. */
  private readonly rows: (OpenRow | undefined)[] = [];
  private readonly trades: BookedTrade[] = [];
  /** Index of the selling data centre by contract; contracts are numbered from 1 on. */
  private readonly sellers: number[] = [];
  private readonly transfers = new Map<bigint, Pick<Transfer, "first" | "target">>();
  /** Bonds that data centres lost in the hour whose rows are not entered yet, micro-yuan. */
  private readonly forfeited = new Map<bigint, bigint>();
  /** Hour that money without a slot of its own is booked to. */
  private hour = 0;

  constructor(access: MarketAccess, hours: number, dataCentres: readonly BookedDataCentre[]) {
    this.access = access;
    this.hours = hours;
    this.dataCentres = dataCentres;
    dataCentres.forEach(({ participant }, index) => this.indexOf.set(Number(participant), index));
    this.listen();
  }

  /** Says which hour is being settled. */
  settling(hour: number): void {
    this.hour = Math.min(Math.max(0, hour), this.hours - 1);
  }

  /** Books what a data centre did in an hour. */
  enter(index: number, hour: number, report: HourReport): void {
    const { label, participant } = this.dataCentres[index] ?? UNKNOWN;
    const row = openRow(label, hour, report);
    row.penalty_yuan = Number(this.forfeited.get(participant) ?? 0n);
    this.forfeited.delete(participant);
    this.rows[hour * this.dataCentres.length + index] = row;
  }

  /** Books what the best matching of a slot's book could have reached, and notes its prices. */
  enterBook({ bids, offers }: Book): void {
    const priced = ({ price, energy }: BookBid): PricedEnergy => ({
      yuanPerKWh: yuan(price),
      energyWh: Number(energy),
    });
    this.bestWelfareYuan += bestWelfare(bids.map(priced), offers.map(priced));
    this.bidPrices = new Map(bids.map(({ ref, price }) => [ref, price]));
    this.offerPrices = new Map(offers.map(({ ref, price }) => [ref, price]));
  }

  /** Books contracts that were signed for `hour` from the book that was entered last, each with the task that it is for. */
  enterTrades(
    signed: readonly SignedContract[],
    hour: number,
    taskOf: (contract: SignedContract) => { readonly task: number; readonly user: string },
  ): void {
    for (const contract of signed) {
      const { contractId, terms, bid, offer, candidates } = contract;
      const seller = this.indexOf.get(Number(terms.seller)) ?? -1;
      this.sellers[Number(contractId)] = seller;
      const dc = this.dataCentres[seller]?.label ?? "";
      this.trades.push({
        contractId,
        hour,
        ...taskOf(contract),
        dc,
        candidates,
        bidPrice: this.bidPrices.get(refOf(terms.buyer, bid)) ?? 0n,
        offerPrice: this.offerPrices.get(refOf(terms.seller, offer)) ?? 0n,
      });
    }
  }

  // ------------------------------------------------------------------ results

  /** One row per data centre and hour, by data centre. The books are closed then. */
  hourlyRows(): HourlyRow[] {
    const rows: HourlyRow[] = [];
    const count = this.dataCentres.length;
    for (let index = 0; index < count; index += 1) {
      for (let hour = 0; hour < this.hours; hour += 1) {
        const row = this.rows[hour * count + index];
        if (row === undefined) continue;
        for (const column of MONEY) if (row[column] !== 0) row[column] /= MICRO_YUAN_PER_YUAN;
        rows.push(row);
      }
    }
    this.rows.length = 0;
    return rows;
  }

  /** One row per supply contract, as it stands at the end. */
  async tradeRows(ledger: Ledger): Promise<TradeRow[]> {
    const row = async (trade: BookedTrade): Promise<TradeRow> => {
      const c = await ledger.contractOf(trade.contractId);
      return {
        contract: Number(trade.contractId),
        hour: trade.hour,
        task: trade.task,
        user: trade.user,
        dc: trade.dc,
        cores: Number(c.cores),
        core_seconds: Number(c.coreSeconds),
        energy_wh: Number(c.energy),
        bid_yuan_per_kwh: yuan(trade.bidPrice),
        price_yuan_per_kwh: yuan(c.price),
        offer_yuan_per_kwh: yuan(trade.offerPrice),
        candidates: Number(trade.candidates),
        priority: c.priority,
        deadline_hour: this.access.hourOf(c.deadline),
        status:
          c.status === SupplyStatus.fulfilled
            ? "fulfilled"
            : c.status === SupplyStatus.expired
              ? "expired"
              : "running",
        delivered_core_seconds: Number(c.delivered),
        paid_yuan: yuan(c.paid),
        pv_wh: Number(c.pv),
        esd_wh: Number(c.esd),
        grid_wh: Number(c.grid),
      };
    };
    return Promise.all(this.trades.map(row));
  }

  /** One row per order transfer, as it stands at the end. */
  async transferRows(ledger: Ledger): Promise<TransferRow[]> {
    const rows: TransferRow[] = [];
    const label = (participant: bigint): string =>
      this.dataCentres[this.indexOf.get(Number(participant)) ?? -1]?.label ?? "";
    for (const transferId of this.transfers.keys()) {
      const t = await ledger.transferOf(transferId);
      rows.push({
        transfer: Number(transferId),
        hour: this.access.hourOf(t.signed),
        contract: Number(t.contractId),
        from: label(t.first),
        to: label(t.target),
        mode: t.mode === TransferMode.payment ? "payment" : "compute-time",
        core_seconds: Number(t.coreSeconds),
        energy_wh: Number(t.energy),
        price_yuan_per_kwh: yuan(t.price),
        network_fee_yuan: yuan(t.networkFee),
        due_hour: this.access.hourOf(t.due),
        executed_core_seconds: Number(t.executed),
        repaid_core_seconds: Number(t.repaid),
        settled_core_seconds: Number(t.settled),
        status:
          t.status === TransferStatus.closed
            ? "closed"
            : t.status === TransferStatus.owing
              ? "owing"
              : "executing",
        defaulted: t.defaulted,
      });
    }
    return rows;
  }

  // ------------------------------------------------------------------ events

  private listen(): void {
    const { record } = this.access;
    const { totals } = this;
    // One tariff per run: what a reading costs follows from it, rounded as the meter book rounds.
    const prices = new Map<bigint, { importPrice: bigint; feedInPrice: bigint }>();
    const gridOf = new Map<bigint, bigint>();
    record.on("TariffAnnounced", ({ gridOperator, importPrice, feedInPrice }) => {
      prices.set(gridOperator as bigint, {
        importPrice: importPrice as bigint,
        feedInPrice: feedInPrice as bigint,
      });
    });
    record.on("SiteCommissioned", ({ dataCentre, site }) => {
      gridOf.set(dataCentre as bigint, (site as { gridOperator: bigint }).gridOperator);
    });
    record.on("ReadingTaken", ({ dataCentre, gridImport, gridExport }) => {
      const tariff = prices.get(gridOf.get(dataCentre as bigint) ?? 0n);
      if (tariff === undefined) return;
      const cost = amountDown(gridImport as bigint, tariff.importPrice);
      const earned = amountDown(gridExport as bigint, tariff.feedInPrice);
      this.book(dataCentre as bigint, "energy_cost_yuan", cost);
      this.book(dataCentre as bigint, "export_income_yuan", earned);
      totals.imports += cost;
      totals.exports += earned;
    });
    record.on("Delivered", ({ contractId, paid }) => {
      this.bookAt(this.sellers[Number(contractId)] ?? -1, "income_yuan", paid as bigint);
      totals.userPayments += paid as bigint;
    });
    record.on("Expired", ({ contractId, penalty }) => {
      this.bookAt(this.sellers[Number(contractId)] ?? -1, "penalty_yuan", penalty as bigint);
      totals.userCompensation += penalty as bigint;
    });
    for (const name of ["PlanPunished", "PlanDropped"])
      record.on(name, ({ participant, bond }) => {
        const before = this.forfeited.get(participant as bigint) ?? 0n;
        this.forfeited.set(participant as bigint, before + (bond as bigint));
      });
    record.on("Taken", ({ transferId, first, target }) => {
      this.transfers.set(transferId as bigint, {
        first: first as bigint,
        target: target as bigint,
      });
    });
    record.on("Executed", ({ transferId, paid, networkPaid }) => {
      const { first, target } = this.transfers.get(transferId as bigint) ?? NOBODY;
      this.book(target, "transfer_income_yuan", paid as bigint);
      this.book(first, "transfer_cost_yuan", paid as bigint);
      this.book(first, "migration_cost_yuan", networkPaid as bigint);
      totals.network += networkPaid as bigint;
    });
    record.on("DebtSettled", ({ transferId, paid }) => {
      const { first, target } = this.transfers.get(transferId as bigint) ?? NOBODY;
      this.book(target, "transfer_income_yuan", paid as bigint);
      this.book(first, "transfer_cost_yuan", paid as bigint);
    });
    record.on("TransferDefaulted", ({ transferId, penalty }) => {
      const { first, target } = this.transfers.get(transferId as bigint) ?? NOBODY;
      this.book(target, "penalty_yuan", penalty as bigint);
      this.book(first, "transfer_income_yuan", penalty as bigint);
    });
  }

  /** Adds an amount, micro-yuan, to a data centre's row of the hour that is settled. */
  private book(participant: bigint, column: (typeof MONEY)[number], amount: bigint): void {
    this.bookAt(this.indexOf.get(Number(participant)) ?? -1, column, amount);
  }

  private bookAt(index: number, column: (typeof MONEY)[number], amount: bigint): void {
    if (amount === 0n) return;
    const row = this.rows[this.hour * this.dataCentres.length + index];
    if (row === undefined) throw new Error(`There is no row to book ${column} in.`);
    row[column] += Number(amount);
  }
}

const UNKNOWN: BookedDataCentre = { label: "", participant: 0n };

const NOBODY = { first: 0n, target: 0n };

const openRow = (dc: string, hour: number, report: HourReport): OpenRow => ({
  dc,
  hour,
  load_wh: report.loadWh,
  pv_wh: report.pvWh,
  direct_wh: report.directWh,
  charge_wh: report.chargeWh,
  discharge_wh: report.dischargeWh,
  self_discharge_wh: report.selfDischargeWh,
  stored_wh: report.storedWh,
  import_wh: report.importWh,
  export_wh: report.exportWh,
  income_yuan: 0,
  export_income_yuan: 0,
  energy_cost_yuan: 0,
  penalty_yuan: 0,
  transfer_income_yuan: 0,
  transfer_cost_yuan: 0,
  migration_cost_yuan: 0,
  running_priority: report.runningPriority,
  running_other: report.runningOther,
  suspended: report.suspended,
  waiting: report.waiting,
  gap_wh: report.gapWh,
});
