/** The market hour by hour: energy, prices, money. */
import { useMemo } from "preact/hooks";

import type { MarketStatus, Overview, OverviewSlot } from "../../shared/api.ts";
import { useApi } from "../api.ts";
import { Chart } from "../charts/chart.tsx";
import type { ReadPanel } from "../charts/readPanel.ts";
import { energyPanel, moneyPanel } from "../charts/energy.ts";
import { Filters, filtered, type Filter } from "../components/filters.tsx";
import { PageHead } from "../components/page.tsx";
import { Empty, Show } from "../components/states.tsx";
import { Energy, Facts, Money, Section } from "../components/text.tsx";
import { percent, plural, utcMinute, whole } from "../format.ts";
import { status } from "../live.ts";

const optional = (value: number | null): number => value ?? Number.NaN;

const perKwh = (value: number | null): number => optional(value) / 1e6;

const pricePanel = (slots: readonly OverviewSlot[]): ReadPanel => ({
  label: "Prices, yuan/kWh",
  unit: "yuan/kWh",
  decimals: 3,
  height: 150,
  series: [
    {
      label: "import",
      values: slots.map(({ importPrice }) => perKwh(importPrice)),
      colour: "import",
      as: "line",
    },
    {
      label: "feed-in",
      values: slots.map(({ feedInPrice }) => perKwh(feedInPrice)),
      colour: "export",
      as: "line",
      dash: "2 3",
    },
    {
      label: "trades, mean",
      values: slots.map(({ meanPrice }) => perKwh(meanPrice)),
      colour: "load",
      as: "level",
    },
  ],
});

const tradePanel = (slots: readonly OverviewSlot[]): ReadPanel => ({
  label: "Bids and trades",
  unit: "",
  decimals: 0,
  height: 110,
  series: [
    { label: "bids", values: slots.map(({ bids }) => bids), colour: "faint", as: "line" },
    {
      label: "trades",
      values: slots.map(({ trades }) => trades),
      colour: "charge",
      as: "bar",
      texture: "stripes",
    },
    {
      label: "transfers",
      values: slots.map(({ transfers }) => transfers),
      colour: "cost",
      as: "line",
      dash: "4 2",
    },
  ],
});

/** Slots of a long market that are looked at alone. */
const filtersOf = (slots: MarketStatus["slots"]): readonly Filter[] => [
  { name: "from", label: "From slot", type: "number", placeholder: String(slots?.first ?? "") },
  { name: "to", label: "To slot", type: "number", placeholder: String(slots?.last ?? "") },
];

function Totals({ totals, slots }: Overview) {
  const { pvWh, directWh, chargeWh, loadWh, importWh, exportWh, dischargeWh } = totals;
  const used = pvWh === 0 ? undefined : percent((directWh + chargeWh) / pvWh);
  const own = loadWh === 0 ? undefined : percent((loadWh - importWh) / loadWh);
  const traded = slots.reduce((sum, { tradedWh }) => sum + tradedWh, 0);
  const paid = BigInt(totals.deliveryIncome);
  return (
    <Facts
      facts={[
        ["Load", <Energy wh={loadWh} />],
        ["PV output", <Energy wh={pvWh} />],
        ["PV used", used],
        ["Self-sufficiency", own],
        ["Out of the ESDs", <Energy wh={dischargeWh} />],
        ["Import", <Energy wh={importWh} />],
        ["Export", <Energy wh={exportWh} />],
        ["Trades", whole(totals.trades)],
        ["Sold in contracts", <Energy wh={traded} />],
        ["Users paid", <Money amount={paid.toString()} />],
        ["Penalties", <Money amount={totals.penalties} />],
        ["Order transfers", whole(totals.transfers)],
      ]}
    />
  );
}

function Market() {
  const market = status.value?.market;
  if (market == null) return null;
  const { participants, contractsSigned, transfersSigned, penaltyPool, parameters } = market;
  const count = (role: keyof typeof participants): number => participants[role];
  return (
    <Section title="The market">
      <Facts
        facts={[
          ["Users", <a href="/participants?role=user">{whole(count("user"))}</a>],
          [
            "Data centres",
            <a href="/participants?role=dataCentre">{whole(count("dataCentre"))}</a>,
          ],
          ["Contracts signed", <a href="/supply">{whole(contractsSigned)}</a>],
          ["Transfers signed", <a href="/transfers">{whole(transfersSigned)}</a>],
          ["Penalty pool", <Money amount={penaltyPool} />],
          ["Draw among", plural(Number(parameters.drawAmong), "offer")],
          ["Seller’s share of the spread", percent(Number(parameters.sellerShareBps) / 10_000, 0)],
        ]}
      />
    </Section>
  );
}

const slotPath = (slot: number): string => `/slots/${slot}`;

function Charts({ slots }: { slots: readonly OverviewSlot[] }) {
  const energy = useMemo(() => [energyPanel(slots)], [slots]);
  const prices = useMemo(() => [pricePanel(slots), tradePanel(slots)], [slots]);
  const money = useMemo(() => [moneyPanel(slots)], [slots]);
  return (
    <>
      <Chart
        id="energy"
        title="Energy of all data centres per slot"
        description="Load and where it came from, PV output, and export."
        slots={slots}
        panels={energy}
        to={slotPath}
      />
      <Chart
        id="prices"
        title="Prices and trades per slot"
        description="Tariff, mean price of the trades, bids and trades."
        slots={slots}
        panels={prices}
        to={slotPath}
      />
      <Chart
        id="money"
        title="Money of all data centres per slot"
        description="Income from deliveries, exports and transfers, and what import cost."
        slots={slots}
        panels={money}
        to={slotPath}
      />
    </>
  );
}

/** Says how much of the energy is not told yet. */
function Pending({ slots }: { slots: readonly OverviewSlot[] }) {
  const now = status.value?.clock?.slot ?? Infinity;
  const missing = slots.filter(
    ({ slot, readings, expectedReadings }) => slot < now && readings < expectedReadings,
  ).length;
  return missing === 0 ? null : (
    <p class="note">
      {plural(missing, "past slot")} still without some of the readings: energy and money of those
      are not final.
    </p>
  );
}

export function OverviewPage() {
  const filters = filtersOf(status.value?.market?.slots ?? null);
  const loaded = useApi("/api/overview", {}, filtered(filters));
  return (
    <>
      <PageHead title="Overview" aside={<Filters filters={filters} />} />
      <Show loaded={loaded}>
        {(overview) =>
          overview.slots.length === 0 ? (
            <Empty>
              Nothing has happened in this market yet. What happens appears here by itself.
            </Empty>
          ) : (
            <>
              <p class="lead">
                {plural(overview.slots.length, "slot")},{" "}
                {utcMinute(overview.slots[0]?.timestamp ?? 0)} to{" "}
                {utcMinute(overview.slots.at(-1)?.timestamp ?? 0)} UTC
              </p>
              <Totals {...overview} />
              <Pending slots={overview.slots} />
              <Charts slots={overview.slots} />
            </>
          )
        }
      </Show>
      <Market />
    </>
  );
}
