/** One participant: who it is, what it did, what it earned. */
import { useEffect, useMemo, useState } from "preact/hooks";

import type {
  BidRow,
  Binding,
  OfferRow,
  Participant,
  PlanRow,
  ReadingRow,
  ReputationPoint,
  StatementRow,
} from "../../shared/api.ts";
import { fetchAll, revision, useApi } from "../api.ts";
import { Chart } from "../charts/chart.tsx";
import type { ReadPanel } from "../charts/readPanel.ts";
import { energyPanel, moneyPanel } from "../charts/energy.ts";
import {
  Name,
  SlotLink,
  slotSeconds,
  SupplyLink,
  TransferLink,
  When,
  Who,
} from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { Empty, Show } from "../components/states.tsx";
import { column, List, numbers, Table, type Column } from "../components/table.tsx";
import { Tabs, type Tab } from "../components/tabs.tsx";
import { Copy, Energy, Facts, Money, Price, Section } from "../components/text.tsx";
import { kwh, NONE, price, shortHex, utc, words, yuan } from "../format.ts";
import { status } from "../live.ts";
import { ParticipantState } from "./participants.tsx";
import { bidColumns, planColumns } from "./slot.tsx";
import { supplyColumns } from "./supplies.tsx";
import { transactionColumns } from "./transactions.tsx";
import { transferColumns } from "./transfers.tsx";
import { slotsOfLife } from "./supply.tsx";

// ------------------------------------------------------------------ identity and money

function Identity({ of }: { of: Participant }) {
  return (
    <Facts
      facts={[
        ["Role", words(of.role)],
        ["State", <ParticipantState state={of.state} />],
        ["RV", `${of.reputation} of 10,000`],
        [
          "Wallet",
          <>
            <a class="hex long" href={`/addresses/${of.wallet}`}>
              {of.wallet}
            </a>{" "}
            <Copy text={of.wallet} what="wallet" />
          </>,
        ],
        [
          "Certificate, SHA-256",
          <>
            <code class="long">{of.certificate}</code>{" "}
            <Copy text={of.certificate} what="fingerprint" />
          </>,
        ],
        ["Valid until, UTC", utc(of.validUntil)],
        ["Enrolled, UTC", <When at={of.enrolled} />],
        [
          "In the vault, available",
          of.account === null ? undefined : <Money amount={of.account.available} />,
        ],
        [
          "In the vault, locked",
          of.account === null ? undefined : <Money amount={of.account.locked} />,
        ],
        ["Tab with the grid", of.tab === null ? undefined : <Money amount={of.tab} />],
      ]}
    />
  );
}

const TOTALS = [
  ["Deliveries sold", "deliveryIncome"],
  ["Deliveries bought", "deliverySpending"],
  ["Transfers executed", "transferIncome"],
  ["Transfers handed over", "transferSpending"],
  ["Network fees received", "networkFeesReceived"],
  ["Network fees paid", "networkFeesPaid"],
  ["Penalties received", "penaltiesReceived"],
  ["Penalties paid", "penaltiesPaid"],
  ["Export", "exportIncome"],
  ["Import", "importCost"],
  ["Bonds lost", "bondsForfeited"],
  ["Deposited", "deposited"],
  ["Withdrawn", "withdrawn"],
] as const;

const STATEMENT_COLUMNS: readonly Column<StatementRow>[] = [
  column("When, UTC", ({ at }) => <When at={at} />),
  column("What", ({ what }) => words(what)),
  numbers("Amount, yuan", ({ amount }) => yuan(amount)),
  column("With", ({ other }) => (other === null ? NONE : <Who participant={other} />)),
  column("Slot", ({ slot }) => (slot === null ? NONE : <SlotLink slot={slot} />)),
  column("Contract", ({ contract }) =>
    contract === null ? NONE : <SupplyLink contract={contract} />,
  ),
  column("Transfer", ({ transfer }) =>
    transfer === null ? NONE : <TransferLink transfer={transfer} />,
  ),
];

const Earnings = ({ of }: { of: Participant }) => (
  <>
    <Facts
      facts={TOTALS.map(
        ([name, key]) =>
          [name, of.totals[key] === "0" ? undefined : <Money amount={of.totals[key]} />] as const,
      )}
    />
    <List
      path="/api/participants/:number/statement"
      values={{ number: of.number }}
      label="Statement"
      noun="line"
      columns={STATEMENT_COLUMNS}
      keyOf={({ at, what, amount }) => `${at.transaction}-${at.logIndex}-${what}-${amount}`}
      empty="No money of this participant has moved."
    />
  </>
);

// ------------------------------------------------------------------ RV

/** How many changes of an RV are drawn: a year of daily ones. */
const MOST_CHANGES = 4000;

/** All changes of an RV, page by page. */
function useReputation(number: number): readonly ReputationPoint[] | undefined {
  const [points, setPoints] = useState<readonly ReputationPoint[]>();
  const now = revision.value;
  useEffect(() => {
    const abort = new AbortController();
    const path = "/api/participants/:number/reputation";
    fetchAll(path, { number }, MOST_CHANGES, abort.signal).then(setPoints, () => {
      // The page says already that nobody answers.
    });
    return () => {
      abort.abort();
    };
  }, [number, now]);
  return points;
}

function reputationPanel(
  points: readonly ReputationPoint[],
  slots: readonly { timestamp: number }[],
): ReadPanel {
  let next = 0;
  let value = Number.NaN;
  const values = slots.map(({ timestamp }) => {
    const end = timestamp + slotSeconds();
    for (; (points[next]?.at.timestamp ?? Infinity) < end; next++)
      value = points[next]?.reputation ?? value;
    return value;
  });
  return {
    label: "RV at the end of the slot",
    unit: "",
    decimals: 0,
    height: 150,
    fitted: true,
    series: [{ label: "RV", values, colour: "load", as: "line" }],
  };
}

const REPUTATION_COLUMNS: readonly Column<ReputationPoint>[] = [
  column("When, UTC", ({ at }) => <When at={at} />),
  numbers("RV", ({ reputation }) => reputation),
];

function Reputation({ of: { number } }: { of: Participant }) {
  const points = useReputation(number);
  const range = status.value?.market?.slots;
  const slots = useMemo(
    () => (range == null ? [] : slotsOfLife(range.first, range.last)),
    [range?.first, range?.last],
  );
  const panels = useMemo(() => [reputationPanel(points ?? [], slots)], [points, slots]);
  return (
    <>
      {points !== undefined && points.length > 0 && slots.length > 0 && (
        <Chart
          id="reputation"
          title="Reputation value"
          description="From 0 to 10,000, as it was at the end of each slot."
          slots={slots}
          panels={panels}
        />
      )}
      <List
        path="/api/participants/:number/reputation"
        values={{ number }}
        query={{ order: "desc" }}
        label="Changes of the RV"
        noun="change"
        columns={REPUTATION_COLUMNS}
        keyOf={({ at }) => `${at.block}-${at.logIndex}`}
        empty="Its RV has never changed."
      />
    </>
  );
}

// ------------------------------------------------------------------ data centres

const READING_COLUMNS: readonly Column<ReadingRow>[] = [
  column("Slot", ({ slot }) => <SlotLink slot={slot} />),
  numbers("PV, kWh", ({ pvWh }) => kwh(pvWh)),
  numbers("Direct, kWh", ({ directWh }) => kwh(directWh)),
  numbers("Into the ESD, kWh", ({ chargeWh }) => kwh(chargeWh)),
  numbers("Out of the ESD, kWh", ({ dischargeWh }) => kwh(dischargeWh)),
  numbers("Import, kWh", ({ importWh }) => kwh(importWh)),
  numbers("Export, kWh", ({ exportWh }) => kwh(exportWh)),
  numbers("Load, kWh", ({ loadWh }) => kwh(loadWh)),
  numbers("Import, yuan", ({ importCost }) => yuan(importCost)),
  numbers("Export, yuan", ({ exportIncome }) => yuan(exportIncome)),
  column("Read, UTC", ({ read }) => <When at={read} />),
];

function Plant({ of: { site, quote, number } }: { of: Participant }) {
  if (site === null) return <Empty>Its plant is not commissioned.</Empty>;
  return (
    <>
      <Facts
        facts={[
          ["Meter", <Who participant={site.meter} />],
          ["Grid operator", <Who participant={site.gridOperator} />],
          ["Network operator", <Who participant={site.networkOperator} />],
          ["PV, most per slot", <Energy wh={site.pvLimitWh} />],
          ["ESD, most per slot", <Energy wh={site.esdLimitWh} />],
          ["Grid, most per slot", <Energy wh={site.gridLimitWh} />],
          ["Commissioned, UTC", <When at={site.commissioned} />],
          [
            "Quote to other data centres",
            quote === null ? (
              "none"
            ) : (
              <>
                <Energy wh={quote.energyWh} /> at <Price of={quote.price} />
              </>
            ),
          ],
        ]}
      />
      <EnergyCharts number={number} />
      <List
        path="/api/readings"
        values={{}}
        query={{ participant: number }}
        label="Meter readings"
        noun="reading"
        columns={READING_COLUMNS}
        keyOf={({ slot }) => slot}
        empty="Its meter has sent no reading."
      />
    </>
  );
}

function EnergyCharts({ number }: { number: number }) {
  const loaded = useApi("/api/participants/:number/energy", { number });
  const slots = loaded.data ?? [];
  const panels = useMemo(() => [energyPanel(slots), moneyPanel(slots)], [slots]);
  return (
    <Show loaded={loaded}>
      {() =>
        slots.length === 0 ? null : (
          <Chart
            id="plant"
            title="Energy and money per slot"
            description="Load and where it came from, PV output, export, and money."
            slots={slots}
            panels={panels}
            to={(slot) => `/slots/${slot}`}
          />
        )
      }
    </Show>
  );
}

const OFFER_COLUMNS: readonly Column<OfferRow>[] = [
  column("Slot", ({ slot }) => <SlotLink slot={slot} />),
  numbers("Lowest price, yuan/kWh", (offer) => price(offer.price)),
  numbers("Energy, kWh", ({ energyWh }) => kwh(energyWh)),
  numbers("Cores", ({ cores }) => cores),
  numbers("Place", ({ place }) => (place === null ? NONE : place + 1)),
  numbers("Trades", ({ trades }) => trades),
  numbers("Left, kWh", ({ leftWh }) => (leftWh === null ? NONE : kwh(leftWh))),
];

// ------------------------------------------------------------------ bindings

const BINDING_COLUMNS: readonly Column<Binding>[] = [
  column("Wallet", ({ wallet }) => (
    <a class="hex" href={`/addresses/${wallet}`} title={wallet}>
      {shortHex(wallet)}
    </a>
  )),
  column("Certificate, SHA-256", ({ certificate }) => (
    <code title={certificate}>{shortHex(certificate)}</code>
  )),
  column("Valid until, UTC", ({ validUntil }) => utc(validUntil)),
  column("Bound, UTC", ({ bound }) => <When at={bound} />),
  column("Revoked, UTC", ({ revoked }) => <When at={revoked} />),
];

const Identities = ({ of }: { of: Participant }) => (
  <>
    <Table
      label="Certificates and wallets"
      columns={BINDING_COLUMNS}
      rows={of.bindings}
      keyOf={({ bound }) => `${bound.block}-${bound.logIndex}`}
    />
    {of.serves.length > 0 && (
      <Section title="Serves">
        <ul class="names">
          {of.serves.map((one) => (
            <li key={one.number}>
              <Who participant={one} />
            </li>
          ))}
        </ul>
      </Section>
    )}
  </>
);

// ------------------------------------------------------------------ page

function tabsOf(of: Participant) {
  const { number, role } = of;
  const trades = role === "user" || role === "dataCentre";
  const tab = (name: string, title: string, body: Tab["body"]): Tab => ({ name, title, body });
  return [
    ...(role === "dataCentre" ? [tab("plant", "Plant and energy", () => <Plant of={of} />)] : []),
    ...(role === "user" ? [tab("bids", "Bids", () => <Bids number={number} />)] : []),
    ...(trades ? [tab("contracts", "Contracts", () => <Contracts number={number} />)] : []),
    ...(role === "dataCentre"
      ? [
          tab("offers", "Offers", () => <Offers number={number} />),
          tab("transfers", "Transfers", () => <Transfers number={number} />),
        ]
      : []),
    tab("money", "Money", () => <Earnings of={of} />),
    ...(trades
      ? [
          tab("reputation", "RV", () => <Reputation of={of} />),
          tab("plans", "Plans", () => <Plans number={number} />),
        ]
      : []),
    tab("identity", "Identity", () => <Identities of={of} />),
    tab("transactions", "Transactions", () => <Transactions number={number} />),
  ];
}

const Bids = ({ number }: { number: number }) => (
  <List
    path="/api/participants/:number/bids"
    values={{ number }}
    label="Bids"
    noun="bid"
    columns={[
      column<BidRow>("For slot", ({ slot }) => <SlotLink slot={slot} />),
      ...bidColumns.slice(1),
    ]}
    keyOf={({ slot, ref }) => `${slot}-${ref}`}
    empty="It has revealed no bid."
  />
);

const Offers = ({ number }: { number: number }) => (
  <List
    path="/api/participants/:number/offers"
    values={{ number }}
    label="Offers"
    noun="offer"
    columns={OFFER_COLUMNS}
    keyOf={({ slot, ref }) => `${slot}-${ref}`}
    empty="It has revealed no offer."
  />
);

const Contracts = ({ number }: { number: number }) => (
  <List
    path="/api/supply"
    values={{}}
    query={{ participant: number }}
    label="Supply contracts"
    noun="contract"
    columns={supplyColumns}
    keyOf={({ contract }) => contract}
    empty="It has no supply contract."
  />
);

const Transfers = ({ number }: { number: number }) => (
  <List
    path="/api/transfers"
    values={{}}
    query={{ participant: number }}
    label="Order transfers"
    noun="transfer"
    columns={transferColumns}
    keyOf={({ transfer }) => transfer}
    empty="It takes part in no order transfer."
  />
);

const Plans = ({ number }: { number: number }) => (
  <List
    path="/api/participants/:number/plans"
    values={{ number }}
    label="Plans"
    noun="plan"
    columns={[
      column<PlanRow>("For slot", ({ slot }) => <SlotLink slot={slot} />),
      ...planColumns.filter(({ head }) => head !== "Participant"),
    ]}
    keyOf={({ slot, sequence }) => `${slot}-${sequence}`}
    empty="It has never committed to a plan."
  />
);

const Transactions = ({ number }: { number: number }) => (
  <List
    path="/api/transactions"
    values={{}}
    query={{ participant: number }}
    label="Transactions"
    noun="transaction"
    columns={transactionColumns}
    keyOf={({ hash }) => hash}
    empty="Its wallets have sent no transaction."
  />
);

export function ParticipantPage({ number }: { number: string }) {
  const loaded = useApi("/api/participants/:number", { number });
  const { data } = loaded;
  const title = data === undefined || data.id.trim() === "" ? `Participant ${number}` : data.id;
  return (
    <>
      <PageHead
        title={title}
        name={<Name text={title} fallback={title} />}
        kicker={`Participant ${number}${data === undefined ? "" : `, ${words(data.role)}`}`}
      />
      <Show loaded={loaded}>
        {(participant) => (
          <>
            <Identity of={participant} />
            <Tabs label="What is known of it" tabs={tabsOf(participant)} />
          </>
        )}
      </Show>
    </>
  );
}
