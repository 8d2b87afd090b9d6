/** One supply contract: its terms, its life on a time line, who executes it for whom. */
import { useMemo } from "preact/hooks";

import type { Executor, Supply, SupplyRow } from "../../shared/api.ts";
import { useApi } from "../api.ts";
import { Chart } from "../charts/chart.tsx";
import type { ReadPanel } from "../charts/readPanel.ts";
import { SlotLink, slotStart, TransferLink, When, Who } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { Progress } from "../components/progress.tsx";
import { Empty, Show } from "../components/states.tsx";
import { Steps } from "../components/steps.tsx";
import { column, numbers, Table, type Column } from "../components/table.tsx";
import { Compute, Energy, Facts, Money, Price, Section } from "../components/text.tsx";
import { coreHours, kwh, percent, plural, price, yuan } from "../format.ts";
import { status } from "../live.ts";
import { SupplyState } from "./supplies.tsx";
import { transferColumns } from "./transfers.tsx";

function Terms({ supply }: { supply: Supply }) {
  const { trade, status: state } = supply;
  return (
    <Facts
      facts={[
        ["State", <SupplyState of={supply} />],
        ["Kind", supply.priority ? "priority, not to be interrupted" : "deferrable"],
        ["Price", <Price of={supply.price} />],
        [
          "Between offer and bid",
          trade.offerPrice === null || trade.maxPrice === null
            ? undefined
            : `${price(trade.offerPrice)} and ${price(trade.maxPrice)} yuan/kWh`,
        ],
        ["Drawn among", plural(trade.candidates, "offer")],
        ["Energy agreed", <Energy wh={supply.energyWh} />],
        ["Compute", <Compute coreSeconds={supply.coreSeconds} />],
        ["Cores", supply.cores],
        ["Signed for slot", <SlotLink slot={supply.signedSlot} />],
        [
          "Deliveries count in slots",
          <>
            <SlotLink slot={supply.firstSlot} /> to <SlotLink slot={supply.deadline} />
          </>,
        ],
        ["Signed, UTC", <When at={supply.signed} />],
        [
          state === "running" ? "Ends" : "Ended, UTC",
          supply.ended === null ? "–" : <When at={supply.ended} />,
        ],
        ["Paid so far", <Money amount={supply.paid} />],
        ["In escrow", <Money amount={supply.escrow} />],
        ["Buyer’s deposit", <Money amount={supply.buyerDeposit} />],
        ["Seller’s deposit", <Money amount={supply.sellerDeposit} />],
        [
          state === "running" ? "Penalty, if it expired now" : "Penalty",
          state === "fulfilled" ? "none" : <Money amount={supply.penalty} />,
        ],
      ]}
    />
  );
}

/** A chart with a point for each slot of a life, from its signing to its end or as far as the clock is. */
export function slotsOfLife(
  first: number,
  last: number,
): readonly { slot: number; timestamp: number }[] {
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, index) => ({
    slot: first + index,
    timestamp: slotStart(first + index) ?? 0,
  }));
}

function lifePanels(supply: Supply, slots: readonly { slot: number }[]): readonly ReadPanel[] {
  const delivered = supply.steps.filter(({ event }) => event === "Delivered");
  const sum = (slot: number, key: "pvWh" | "esdWh" | "gridWh" | "coreSeconds"): number =>
    delivered.reduce((total, step) => total + (step.slot === slot ? (step[key] ?? 0) : 0), 0);
  const perSlot = (key: "pvWh" | "esdWh" | "gridWh"): number[] =>
    slots.map(({ slot }) => sum(slot, key) / 1000);
  let work = 0;
  const progress = slots.map(({ slot }) => (work += sum(slot, "coreSeconds")) / 3600);
  return [
    {
      label: "Delivered, kWh",
      unit: "kWh",
      decimals: 3,
      height: 140,
      series: [
        { label: "PV", values: perSlot("pvWh"), colour: "direct", as: "area" },
        {
          label: "ESD",
          values: perSlot("esdWh"),
          colour: "charge",
          as: "area",
          texture: "stripes",
        },
        { label: "grid", values: perSlot("gridWh"), colour: "import", as: "area", texture: "dots" },
      ],
    },
    {
      label: "Work, core-hours",
      unit: "core-hours",
      decimals: 2,
      height: 110,
      series: [
        { label: "delivered so far", values: progress, colour: "load", as: "line" },
        {
          label: "agreed",
          values: slots.map(() => supply.coreSeconds / 3600),
          colour: "faint",
          as: "line",
          dash: "4 3",
        },
      ],
    },
  ];
}

function Life({ supply }: { supply: Supply }) {
  const known = status.value?.market != null;
  const { signedSlot, deadline, steps } = supply;
  const last = steps.reduce((slot, step) => Math.max(slot, step.slot ?? slot), deadline);
  const slots = useMemo(() => slotsOfLife(signedSlot, last), [signedSlot, last, known]);
  const panels = useMemo(() => lifePanels(supply, slots), [supply, slots]);
  return (
    <>
      <Chart
        id="life"
        title="From signing to deadline"
        description="Energy delivered in each slot by source, and the work done so far."
        slots={slots}
        panels={panels}
        to={(slot) => `/slots/${slot}`}
      />
      <Steps steps={steps} contract={supply.contract} />
    </>
  );
}

const EXECUTOR_COLUMNS: readonly Column<Executor>[] = [
  column("Data centre", ({ dataCentre }) => <Who participant={dataCentre} />),
  column("By", ({ transfer }) =>
    transfer === null ? (
      "its own contract"
    ) : (
      <>
        transfer <TransferLink transfer={transfer} />
      </>
    ),
  ),
  numbers("Core-hours", ({ deliveredCoreSeconds }) => coreHours(deliveredCoreSeconds)),
  numbers("PV, kWh", ({ pvWh }) => kwh(pvWh)),
  numbers("ESD, kWh", ({ esdWh }) => kwh(esdWh)),
  numbers("Grid, kWh", ({ gridWh }) => kwh(gridWh)),
  numbers("Paid by the buyer, yuan", ({ paid }) => yuan(paid)),
];

/** Who has the work done by whom, as a chain from the buyer on. */
function Chain({ supply }: { supply: Supply }) {
  const share = ({ deliveredCoreSeconds }: Executor): string =>
    supply.coreSeconds === 0 ? "" : ` (${percent(deliveredCoreSeconds / supply.coreSeconds, 0)})`;
  const own = supply.executors.find(({ transfer }) => transfer === null);
  return (
    <ul class="chain">
      <li>
        <Who participant={supply.buyer} /> <span aria-hidden="true">←</span>
        <span class="unseen">is served by</span> <Who participant={supply.seller} />
        {own !== undefined && share(own)}
      </li>
      {supply.transfers.map((transfer) => {
        const executor = supply.executors.find((one) => one.transfer === transfer.transfer);
        return (
          <li key={transfer.transfer}>
            <Who participant={transfer.first} /> <span aria-hidden="true">←</span>
            <span class="unseen">for whom executes</span> <Who participant={transfer.target} />
            {executor !== undefined && share(executor)}, transfer{" "}
            <TransferLink transfer={transfer.transfer} />
          </li>
        );
      })}
    </ul>
  );
}

function Body({ supply }: { supply: Supply }) {
  return (
    <>
      <Terms supply={supply} />
      <Section title="Progress by source">
        <Progress of={supply} long />
      </Section>
      <Section title="Life cycle">
        <Life supply={supply} />
      </Section>
      <Section title="Who executes for whom">
        <Chain supply={supply} />
        {supply.executors.length === 0 ? (
          <Empty>Nothing has been delivered yet.</Empty>
        ) : (
          <Table
            label="Executors"
            columns={EXECUTOR_COLUMNS}
            rows={supply.executors}
            keyOf={({ transfer }) => transfer ?? "seller"}
          />
        )}
      </Section>
      {supply.transfers.length > 0 && (
        <Section title="Order transfers">
          <Table
            label="Order transfers"
            columns={transferColumns}
            rows={supply.transfers}
            keyOf={({ transfer }) => transfer}
          />
        </Section>
      )}
      <p>
        <a href={`/events?supply=${supply.contract}`}>All events that name this contract</a>
      </p>
    </>
  );
}

/** The two sides of a contract. */
const Sides = ({ of }: { of: SupplyRow }) => (
  <span>
    <Who participant={of.buyer} /> buys from <Who participant={of.seller} />
  </span>
);

export function SupplyPage({ contract }: { contract: string }) {
  const loaded = useApi("/api/supply/:contract", { contract });
  return (
    <>
      <PageHead
        title={`Contract ${contract}`}
        kicker="Supply contract"
        aside={loaded.data !== undefined && <Sides of={loaded.data} />}
      />
      <Show loaded={loaded}>{(supply) => <Body supply={supply} />}</Show>
    </>
  );
}
