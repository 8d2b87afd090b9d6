/** Supply contracts and order transfers. */
import type {
  Executor,
  QuoteRow,
  Supply,
  SupplyRow,
  SupplyStatus,
  Transfer,
  TransferRow,
  TransferStatus,
} from "../../shared/api.ts";
import { amountUp, earnedDown, shareDown } from "../../../sim/market/money.ts";
import { refOf } from "../index/refs.ts";
import {
  listed,
  single,
  withMarket,
  type ApiContext,
  type EndpointTable,
  type MarketContext,
} from "./endpoint.ts";
import { notFound } from "./fault.ts";
import { where } from "./list.ts";
import { stepsOfSupply, stepsOfTransfer } from "./steps.ts";

// ------------------------------------------------------------------ supply contracts

interface SupplySqlRow {
  readonly contract: number;
  readonly buyer: number;
  readonly seller: number;
  readonly status: SupplyStatus;
  readonly price: number;
  readonly cores: number;
  readonly core_seconds: number;
  readonly energy: number;
  readonly signed_slot: number;
  readonly first_slot: number;
  readonly deadline: number;
  readonly priority: number;
  readonly delivered: number;
  readonly pv: number;
  readonly esd: number;
  readonly grid: number;
  readonly paid: number;
  readonly buyer_deposit: number;
  readonly seller_deposit: number;
  readonly handed_over: number;
  readonly pv_shortfall: number;
  readonly bid: number;
  readonly offer: number;
  readonly candidates: number;
  readonly signed: number;
  readonly ended: number | null;
}

const supplyRow =
  ({ names }: ApiContext) =>
  (row: SupplySqlRow): SupplyRow => {
    const [energy, price] = [BigInt(row.energy), BigInt(row.price)];
    const [delivered, all] = [BigInt(row.delivered), BigInt(row.core_seconds)];
    const escrow = amountUp(energy, price) - earnedDown(energy, price, delivered, all);
    return {
      contract: row.contract,
      buyer: names.participant(row.buyer),
      seller: names.participant(row.seller),
      status: row.status,
      price: row.price,
      cores: row.cores,
      coreSeconds: row.core_seconds,
      energyWh: row.energy,
      signedSlot: row.signed_slot,
      firstSlot: row.first_slot,
      deadline: row.deadline,
      priority: row.priority === 1,
      delivered: row.delivered,
      pvWh: row.pv,
      esdWh: row.esd,
      gridWh: row.grid,
      escrow: row.status === "running" ? escrow.toString() : "0",
      paid: String(row.paid),
      buyerDeposit: String(row.buyer_deposit),
      sellerDeposit: String(row.seller_deposit),
      penalty: shareDown(BigInt(row.seller_deposit), all - delivered, all).toString(),
      handedOver: row.handed_over === 1,
      shortfall: row.pv_shortfall > 0,
      signed: names.event(row.signed),
      ended: names.eventOrNull(row.ended),
    };
  };

function supplyOf(context: MarketContext, contract: number): Supply {
  const { db } = context;
  const row = db.get<SupplySqlRow>("SELECT * FROM supply WHERE contract = ?", contract);
  if (row === undefined) throw notFound(`supply contract ${contract}`);
  const bid = db.get<{ price: number }>(
    "SELECT price FROM bids WHERE slot = ? AND ref = ?",
    ...[row.signed_slot, refOf(row.buyer, row.bid)],
  );
  const offer = db.get<{ price: number }>(
    "SELECT price FROM offers WHERE slot = ? AND ref = ?",
    ...[row.signed_slot, refOf(row.seller, row.offer)],
  );
  const transfers = db.all<TransferSqlRow>(
    "SELECT * FROM transfers WHERE contract = ?1 OR transfer IN (SELECT transfer FROM deliveries WHERE contract = ?1) ORDER BY transfer",
    contract,
  );
  return {
    ...supplyRow(context)(row),
    trade: {
      slot: row.signed_slot,
      bidIndex: row.bid,
      offerIndex: row.offer,
      candidates: row.candidates,
      maxPrice: bid?.price ?? null,
      offerPrice: offer?.price ?? null,
    },
    steps: stepsOfSupply(context, contract),
    transfers: transfers.map(transferRow(context)),
    executors: executorsOf(context, contract),
  };
}

function executorsOf({ db, names }: ApiContext, contract: number): Executor[] {
  return db
    .all<{
      executor: number;
      transfer: number | null;
      cs: number;
      pv: number;
      esd: number;
      grid: number;
      paid: string;
    }>(
      `SELECT executor, transfer, sum(core_seconds) cs, sum(pv) pv, sum(esd) esd, sum(grid) grid, CAST(sum(paid) AS TEXT) paid
       FROM deliveries WHERE contract = ? GROUP BY executor, transfer ORDER BY min(at)`,
      contract,
    )
    .map(({ executor, transfer, cs, pv, esd, grid, paid }) => ({
      dataCentre: names.participant(executor),
      transfer,
      deliveredCoreSeconds: cs,
      pvWh: pv,
      esdWh: esd,
      gridWh: grid,
      paid,
    }));
}

// ------------------------------------------------------------------ order transfers

interface TransferSqlRow {
  readonly transfer: number;
  readonly first: number;
  readonly target: number;
  readonly contract: number;
  readonly status: TransferStatus;
  readonly mode: "payment" | "computeTime";
  readonly core_seconds: number;
  readonly energy: number;
  readonly price: number;
  readonly signed_slot: number;
  readonly due: number;
  readonly period_end: number;
  readonly network_operator: number;
  readonly network_fee: number;
  readonly deposit: number;
  readonly executed: number;
  readonly repaid: number;
  readonly settled: number;
  readonly paid: number;
  readonly network_paid: number;
  readonly defaulted: number;
  readonly penalty: number;
  readonly handed_back: number | null;
  readonly signed: number;
  readonly closed: number | null;
}

const transferRow =
  ({ names }: ApiContext) =>
  (row: TransferSqlRow): TransferRow => ({
    transfer: row.transfer,
    first: names.participant(row.first),
    target: names.participant(row.target),
    contract: row.contract,
    status: row.status,
    mode: row.mode,
    coreSeconds: row.core_seconds,
    energyWh: row.energy,
    price: row.price,
    signedSlot: row.signed_slot,
    due: row.due,
    periodEnd: row.period_end,
    networkOperator: names.participant(row.network_operator),
    networkFee: String(row.network_fee),
    deposit: String(row.deposit),
    executed: row.executed,
    repaid: row.repaid,
    settled: row.settled,
    paid: String(row.paid),
    networkPaid: String(row.network_paid),
    defaulted: row.defaulted === 1,
    penalty: String(row.penalty),
    returning: row.handed_back,
    signed: names.event(row.signed),
    closed: names.eventOrNull(row.closed),
  });

function transferOf(context: MarketContext, transfer: number): Transfer {
  const { db } = context;
  const row = db.get<TransferSqlRow>("SELECT * FROM transfers WHERE transfer = ?", transfer);
  if (row === undefined) throw notFound(`order transfer ${transfer}`);
  const supply = db.get<SupplySqlRow>("SELECT * FROM supply WHERE contract = ?", row.contract);
  if (supply === undefined) throw notFound(`supply contract ${row.contract}`);
  return {
    ...transferRow(context)(row),
    steps: stepsOfTransfer(context, transfer),
    supply: supplyRow(context)(supply),
    siblings: db
      .all<TransferSqlRow>(
        "SELECT * FROM transfers WHERE contract = ? AND transfer <> ? ORDER BY transfer",
        ...[row.contract, transfer],
      )
      .map(transferRow(context)),
  };
}

// ------------------------------------------------------------------ quotes

/** A row of the table of quotes. */
export interface QuoteSqlRow {
  readonly participant: number;
  readonly price: number;
  readonly energy: number;
  readonly cores: number;
  readonly first_slot: number;
  readonly last_slot: number;
  readonly repayment_slots: number;
  readonly at: number;
}

/** A quote as the console shows it. */
export const quoteRow =
  ({ names }: ApiContext) =>
  (row: QuoteSqlRow): QuoteRow => ({
    dataCentre: names.participant(row.participant),
    price: row.price,
    energyWh: row.energy,
    cores: row.cores,
    firstSlot: row.first_slot,
    lastSlot: row.last_slot,
    repaymentSlots: row.repayment_slots,
    quoted: names.event(row.at),
  });

// ------------------------------------------------------------------ endpoints

/** Endpoints about contracts. */
export const SUPPLY_ENDPOINTS: EndpointTable<
  | "/api/supply"
  | "/api/supply/:contract"
  | "/api/transfers"
  | "/api/transfers/:transfer"
  | "/api/quotes"
> = {
  "/api/supply": listed(
    [
      ...([
        "contract",
        "buyer.number",
        "buyer.id",
        "seller.number",
        "seller.id",
        "status",
        "price",
      ] as const),
      ...([
        "cores",
        "coreSeconds",
        "energyWh",
        "signedSlot",
        "firstSlot",
        "deadline",
        "priority",
      ] as const),
      ...([
        "delivered",
        "pvWh",
        "esdWh",
        "gridWh",
        "escrow",
        "paid",
        "buyerDeposit",
        "sellerDeposit",
      ] as const),
      ...(["penalty", "handedOver", "shortfall", "signed.block", "signed.transaction"] as const),
      ...(["ended.block", "ended.transaction"] as const),
    ],
    (context, values) => {
      const participant = values.integer("participant");
      return {
        select: "SELECT * FROM supply",
        countFrom: "FROM supply",
        keys: ["contract"],
        descending: true,
        where: [
          ...where("buyer = ? OR seller = ?", participant, participant),
          ...where("buyer = ?", values.integer("buyer")),
          ...where("seller = ?", values.integer("seller")),
          ...where("status = ?", values.text("status")),
          ...where("signed_slot = ?", values.integer("slot")),
          ...where("priority = ?", values.flag("priority")),
          ...where("transferred = ?", values.flag("transferred")),
          ...where("(pv_shortfall > 0) = ?", values.flag("shortfall")),
        ],
        item: supplyRow(withMarket(context)),
      };
    },
    {
      ...{ participant: "integer", buyer: "integer", seller: "integer", slot: "integer" },
      ...{ priority: "flag", transferred: "flag", shortfall: "flag" },
      status: ["running", "fulfilled", "expired"],
    },
  ),
  "/api/supply/:contract": single((context, values) =>
    supplyOf(withMarket(context), values.number("contract")),
  ),
  "/api/transfers": listed(
    [
      ...([
        "transfer",
        "first.number",
        "first.id",
        "target.number",
        "target.id",
        "contract",
        "status",
      ] as const),
      ...(["mode", "coreSeconds", "energyWh", "price", "signedSlot", "due", "periodEnd"] as const),
      ...([
        "networkOperator.number",
        "networkOperator.id",
        "networkFee",
        "deposit",
        "executed",
      ] as const),
      ...([
        "repaid",
        "settled",
        "paid",
        "networkPaid",
        "defaulted",
        "penalty",
        "returning",
      ] as const),
      ...(["signed.block", "signed.transaction", "closed.block", "closed.transaction"] as const),
    ],
    (context, values) => {
      const participant = values.integer("participant");
      return {
        select: "SELECT * FROM transfers",
        countFrom: "FROM transfers",
        keys: ["transfer"],
        descending: true,
        where: [
          ...where("first = ? OR target = ?", participant, participant),
          ...where("first = ?", values.integer("first")),
          ...where("target = ?", values.integer("target")),
          ...where("contract = ?", values.integer("contract")),
          ...where("status = ?", values.text("status")),
          ...where("mode = ?", values.text("mode")),
          ...where("defaulted = ?", values.flag("defaulted")),
        ],
        item: transferRow(withMarket(context)),
      };
    },
    {
      ...{ participant: "integer", first: "integer", target: "integer", contract: "integer" },
      ...{ defaulted: "flag", status: ["executing", "owing", "closed"] },
      mode: ["payment", "computeTime"],
    },
  ),
  "/api/transfers/:transfer": single((context, values) =>
    transferOf(withMarket(context), values.number("transfer")),
  ),
  "/api/quotes": listed(
    [
      ...([
        "dataCentre.number",
        "dataCentre.id",
        "price",
        "energyWh",
        "cores",
        "firstSlot",
      ] as const),
      ...(["lastSlot", "repaymentSlots", "quoted.block", "quoted.transaction"] as const),
    ],
    (context) => ({
      select: "SELECT * FROM quotes",
      countFrom: "FROM quotes",
      keys: ["price", "participant"],
      descending: false,
      where: [],
      item: quoteRow(withMarket(context)),
    }),
  ),
};
