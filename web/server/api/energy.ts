/** Energy and money by slot: of the whole market for the overview, or of one data centre. */
import type {
  EnergySlot,
  EnergyTotals,
  Overview,
  OverviewSlot,
  ReadingRow,
} from "../../shared/api.ts";
import {
  listed,
  single,
  withMarket,
  type EndpointTable,
  type MarketContext,
  type Values,
} from "./endpoint.ts";
import { where } from "./list.ts";

/** Most slots in an answer. */
const MOST_SLOTS = 2000;

/** First and last slot that the index knows anything about; undefined if it knows of none. */
export function slotRange({
  db,
}: Pick<MarketContext, "db">): { first: number; last: number } | undefined {
  const { first, last } = db.get<{ first: number | null; last: number | null }>(
    `SELECT min(slot) first, max(slot) last FROM (
       SELECT slot FROM (SELECT min(slot) slot FROM slots) UNION ALL SELECT max(slot) FROM slots
       UNION ALL SELECT min(slot) FROM readings UNION ALL SELECT max(slot) FROM readings) WHERE slot IS NOT NULL`,
  ) ?? { first: null, last: null };
  return first === null || last === null ? undefined : { first, last };
}

/** Slots that are asked for, at most the latest {@link MOST_SLOTS}; undefined if there are none. */
function rangeOf(
  context: MarketContext,
  values: Values,
): { first: number; last: number } | undefined {
  const known = slotRange(context);
  if (known === undefined) return undefined;
  const last = Math.min(values.integer("to") ?? known.last, known.last);
  const first = Math.max(values.integer("from") ?? known.first, known.first, last - MOST_SLOTS + 1);
  return first > last ? undefined : { first, last };
}

interface EnergySqlRow {
  readonly slot: number;
  readonly readings: number;
  readonly pv: number;
  readonly esd_in: number;
  readonly esd_out: number;
  readonly imported: number;
  readonly exported: number;
  readonly import_cost: string;
  readonly export_income: string;
}

const ENERGY_COLUMNS = `slot, count(*) readings, sum(pv) pv, sum(esd_in) esd_in, sum(esd_out) esd_out, sum(imported) imported,
  sum(exported) exported, CAST(sum(import_cost) AS TEXT) import_cost, CAST(sum(export_income) AS TEXT) export_income`;

type Flows = ReadonlyMap<string, string>;

function energySlot(
  slot: number,
  timestamp: number,
  expectedReadings: number,
  row: EnergySqlRow | undefined,
  flows: Flows,
): EnergySlot {
  const {
    pv = 0,
    esd_in: charge = 0,
    esd_out: discharge = 0,
    imported = 0,
    exported = 0,
  } = row ?? {};
  const direct = pv - charge - exported;
  const flow = (what: string): string => flows.get(`${slot} ${what}`) ?? "0";
  return {
    slot,
    timestamp,
    readings: row?.readings ?? 0,
    expectedReadings,
    pvWh: pv,
    directWh: direct,
    chargeWh: charge,
    dischargeWh: discharge,
    importWh: imported,
    exportWh: exported,
    loadWh: direct + discharge + imported,
    importCost: row?.import_cost ?? "0",
    exportIncome: row?.export_income ?? "0",
    deliveryIncome: flow("delivery+"),
    penalties: flow("penalty-"),
    transferIncome: flow("transfer+"),
    networkFees: flow("networkFee-"),
  };
}

/** Energy of the slots of a range; of one data centre if it is given. */
function energySlots(
  { db, market }: MarketContext,
  { first, last }: { readonly first: number; readonly last: number },
  participant?: number,
): EnergySlot[] {
  const of = participant === undefined ? "" : "AND participant = ?3";
  const values = participant === undefined ? [first, last] : [first, last, participant];
  const rows = new Map(
    db
      .all<EnergySqlRow>(
        `SELECT ${ENERGY_COLUMNS} FROM readings WHERE slot BETWEEN ?1 AND ?2 ${of} GROUP BY slot`,
        ...values,
      )
      .map((row) => [row.slot, row]),
  );
  const flows = new Map(
    db
      .all<{ slot: number; what: string; amount: string }>(
        `SELECT slot, what, CAST(sum(amount) AS TEXT) amount FROM flows WHERE slot BETWEEN ?1 AND ?2 ${of} GROUP BY slot, what`,
        ...values,
      )
      .map(({ slot, what, amount }) => [`${slot} ${what}`, amount]),
  );
  const since = db
    .all<{ first_slot: number }>(
      `SELECT first_slot FROM sites ${participant === undefined ? "" : "WHERE participant = ?"}`,
      ...(participant === undefined ? [] : [participant]),
    )
    .map(({ first_slot }) => first_slot);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const slot = first + i;
    const expected = since.filter((from) => from <= slot).length;
    return energySlot(slot, market.clock.startOf(slot), expected, rows.get(slot), flows);
  });
}

// ------------------------------------------------------------------ overview

interface AuctionSqlRow {
  readonly slot: number;
  readonly bids: number;
  readonly offers: number;
  readonly trades: number;
  readonly traded_wh: number;
  readonly mean: number | null;
  readonly lowest: number | null;
  readonly highest: number | null;
  readonly transfers: number;
}

/** Mean prices of all grid operators, slot by slot in ascending order. */
class Tariffs {
  private readonly announcements: readonly {
    operator: number;
    from_slot: number;
    import_price: number;
    feed_in_price: number;
  }[];
  private readonly held = new Map<number, { import_price: number; feed_in_price: number }>();
  private next = 0;

  constructor({ db }: MarketContext) {
    this.announcements = db.all("SELECT * FROM tariffs ORDER BY from_slot");
  }

  /** Prices that hold in a slot, not before that of the last call. */
  at(slot: number): Pick<OverviewSlot, "importPrice" | "feedInPrice"> {
    for (; this.next < this.announcements.length; this.next += 1) {
      const announced = this.announcements[this.next];
      if (announced === undefined || announced.from_slot > slot) break;
      this.held.set(announced.operator, announced);
    }
    const prices = [...this.held.values()];
    const mean = (of: "import_price" | "feed_in_price"): number | null =>
      prices.length === 0
        ? null
        : Math.round(prices.reduce((sum, price) => sum + price[of], 0) / prices.length);
    return { importPrice: mean("import_price"), feedInPrice: mean("feed_in_price") };
  }
}

function overviewOf(context: MarketContext, values: Values): Overview {
  const range = rangeOf(context, values);
  if (range === undefined) return { slots: [], totals: totalsOf([]) };
  const auctions = new Map(
    context.db
      .all<AuctionSqlRow>(
        `SELECT slot, bids, offers, trades, traded_wh, CAST(value AS REAL) / nullif(traded_wh, 0) mean, lowest, highest, transfers
         FROM slots WHERE slot BETWEEN ? AND ?`,
        ...[range.first, range.last],
      )
      .map((row) => [row.slot, row]),
  );
  const tariffs = new Tariffs(context);
  const slots = energySlots(context, range).map((energy): OverviewSlot => {
    const row = auctions.get(energy.slot);
    return {
      ...energy,
      bids: row?.bids ?? 0,
      offers: row?.offers ?? 0,
      trades: row?.trades ?? 0,
      tradedWh: row?.traded_wh ?? 0,
      meanPrice: row?.mean == null ? null : Math.round(row.mean),
      lowestPrice: row?.lowest ?? null,
      highestPrice: row?.highest ?? null,
      transfers: row?.transfers ?? 0,
      ...tariffs.at(energy.slot),
    };
  });
  return { slots, totals: totalsOf(slots) };
}

function totalsOf(slots: readonly OverviewSlot[]): EnergyTotals {
  const sum = (
    of:
      | "pvWh"
      | "directWh"
      | "chargeWh"
      | "dischargeWh"
      | "importWh"
      | "exportWh"
      | "loadWh"
      | "trades"
      | "transfers",
  ): number => slots.reduce((total, slot) => total + slot[of], 0);
  const money = (
    of:
      | "importCost"
      | "exportIncome"
      | "deliveryIncome"
      | "penalties"
      | "transferIncome"
      | "networkFees",
  ): string => slots.reduce((total, slot) => total + BigInt(slot[of]), 0n).toString();
  return {
    pvWh: sum("pvWh"),
    directWh: sum("directWh"),
    chargeWh: sum("chargeWh"),
    dischargeWh: sum("dischargeWh"),
    importWh: sum("importWh"),
    exportWh: sum("exportWh"),
    loadWh: sum("loadWh"),
    importCost: money("importCost"),
    exportIncome: money("exportIncome"),
    deliveryIncome: money("deliveryIncome"),
    penalties: money("penalties"),
    transferIncome: money("transferIncome"),
    networkFees: money("networkFees"),
    trades: sum("trades"),
    transfers: sum("transfers"),
  };
}

// ------------------------------------------------------------------ endpoints

type ReadingSqlRow = EnergySqlRow & { readonly participant: number; readonly at: number };

const RANGE = { from: "integer", to: "integer" } as const;

/** Endpoints about energy. */
export const ENERGY_ENDPOINTS: EndpointTable<
  "/api/overview" | "/api/participants/:number/energy" | "/api/readings"
> = {
  "/api/overview": single((context, values) => overviewOf(withMarket(context), values), RANGE),
  "/api/participants/:number/energy": single((context, values) => {
    const market = withMarket(context);
    const range = rangeOf(market, values);
    return range === undefined ? [] : energySlots(market, range, values.number("number"));
  }, RANGE),
  "/api/readings": listed(
    [
      ...([
        "dataCentre.number",
        "dataCentre.id",
        "slot",
        "timestamp",
        "pvWh",
        "directWh",
        "chargeWh",
      ] as const),
      ...(["dischargeWh", "importWh", "exportWh", "loadWh", "importCost", "exportIncome"] as const),
      ...(["deliveryIncome", "penalties", "transferIncome", "networkFees"] as const),
      ...(["read.block", "read.transaction"] as const),
    ],
    (context, values) => {
      const market = withMarket(context);
      return {
        select: `SELECT participant, at, slot, 1 readings, pv, esd_in, esd_out, imported, exported,
          CAST(import_cost AS TEXT) import_cost, CAST(export_income AS TEXT) export_income FROM readings`,
        countFrom: "FROM readings",
        keys: ["slot", "participant"],
        descending: true,
        where: [
          ...where("participant = ?", values.integer("participant")),
          ...where("slot = ?", values.integer("slot")),
        ],
        item: (row: ReadingSqlRow) => readingRow(market, row),
      };
    },
    { participant: "integer", slot: "integer" },
  ),
};

function readingRow({ db, names, market }: MarketContext, row: ReadingSqlRow): ReadingRow {
  const { slot, participant, at } = row;
  const flows = new Map(
    db
      .all<{ what: string; amount: number }>(
        "SELECT what, amount FROM flows WHERE slot = ? AND participant = ?",
        ...[slot, participant],
      )
      .map(({ what, amount }) => [`${slot} ${what}`, String(amount)]),
  );
  return {
    ...energySlot(slot, market.clock.startOf(slot), 1, row, flows),
    dataCentre: names.participant(participant),
    read: names.event(at),
  };
}
