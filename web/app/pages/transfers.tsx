/** Order transfers between data centres, and what data centres offer each other now. */
import type { QuoteRow, Transfer, TransferRow, TransferStatus } from "../../shared/api.ts";
import { useApi } from "../api.ts";
import { Filters, filtered, named, yesNo, type Filter } from "../components/filters.tsx";
import { SlotLink, SupplyLink, TransferLink, When, Who } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { Show } from "../components/states.tsx";
import { Steps } from "../components/steps.tsx";
import { column, List, numbers, Table, type Column } from "../components/table.tsx";
import {
  Badge,
  Compute,
  Energy,
  Facts,
  Money,
  Price,
  Section,
  type Tone,
} from "../components/text.tsx";
import { coreHours, kwh, NBSP, NONE, price, words, yuan } from "../format.ts";
import { supplyColumns } from "./supplies.tsx";

const TONES: Readonly<Record<TransferStatus, Tone>> = {
  executing: "fair",
  owing: "fair",
  closed: "good",
};

const State = ({ of }: { of: TransferRow }) => (
  <>
    <Badge tone={TONES[of.status]}>{of.status}</Badge>
    {of.defaulted && <Badge tone="bad">defaulted</Badge>}
  </>
);

export const transferColumns: readonly Column<TransferRow>[] = [
  numbers("Transfer", ({ transfer }) => <TransferLink transfer={transfer} />),
  column("From", ({ first }) => <Who participant={first} />),
  column("Executed by", ({ target }) => <Who participant={target} />),
  numbers("Contract", ({ contract }) => <SupplyLink contract={contract} />),
  column("State", (row) => <State of={row} />),
  column("Mode", ({ mode }) => words(mode)),
  numbers("Handed over, core-hours", ({ coreSeconds }) => coreHours(coreSeconds)),
  numbers("Executed", ({ executed }) => coreHours(executed)),
  numbers("Energy, kWh", ({ energyWh }) => kwh(energyWh)),
  numbers("Price, yuan/kWh", (row) => price(row.price)),
  numbers("Paid, yuan", ({ paid }) => yuan(paid)),
  numbers("Network fee, yuan", ({ networkFee }) => yuan(networkFee)),
  column("Due slot", ({ due }) => <SlotLink slot={due} />),
  column("Signed, UTC", ({ signed }) => <When at={signed} />),
];

const FILTERS: readonly Filter[] = [
  { name: "status", label: "State", options: named(Object.keys(TONES)) },
  {
    name: "mode",
    label: "Mode",
    options: [
      ["payment", "payment"],
      ["computeTime", "compute time"],
    ],
  },
  { name: "defaulted", label: "Defaulted", options: yesNo("yes", "no") },
  { name: "first", label: "From", type: "number", placeholder: "number" },
  { name: "target", label: "Executed by", type: "number", placeholder: "number" },
  { name: "contract", label: "Contract", type: "number" },
];

export const TransfersPage = () => (
  <>
    <PageHead title="Order transfers" aside={<a href="/quotes">Quotes of now</a>} />
    <Filters filters={FILTERS} />
    <List
      path="/api/transfers"
      values={{}}
      query={filtered(FILTERS)}
      label="Order transfers"
      noun="transfer"
      columns={transferColumns}
      keyOf={({ transfer }) => transfer}
      empty="No order transfer. A data centre signs one when its sun falls short and another’s quote fits."
    />
  </>
);

const QUOTE_COLUMNS: readonly Column<QuoteRow>[] = [
  column("Data centre", ({ dataCentre }) => <Who participant={dataCentre} />),
  numbers("Price, yuan/kWh", (quote) => price(quote.price)),
  numbers("Energy, kWh", ({ energyWh }) => kwh(energyWh)),
  numbers("Cores", ({ cores }) => cores),
  column("Slots", ({ firstSlot, lastSlot }) => (
    <>
      <SlotLink slot={firstSlot} />
      {`${NBSP}to${NBSP}`}
      <SlotLink slot={lastSlot} />
    </>
  )),
  numbers("Repayment, slots", ({ repaymentSlots }) =>
    repaymentSlots === 0 ? "payment only" : repaymentSlots,
  ),
  column("Quoted, UTC", ({ quoted }) => <When at={quoted} />),
];

export const QuotesPage = () => (
  <>
    <PageHead title="Quotes" kicker="Order transfers" />
    <p class="note">
      What data centres with sun to spare offer to others now, as quoted; what was taken since is
      not deducted.
    </p>
    <List
      path="/api/quotes"
      values={{}}
      label="Quotes"
      noun="quote"
      columns={QUOTE_COLUMNS}
      keyOf={({ dataCentre }) => dataCentre.number}
      empty="No data centre has a quote now."
    />
  </>
);

function Terms({ transfer }: { transfer: Transfer }) {
  const { mode } = transfer;
  const repaying = mode === "computeTime";
  return (
    <Facts
      facts={[
        ["State", <State of={transfer} />],
        ["Mode", repaying ? "repaid in compute time" : "paid after execution"],
        ["Of contract", <SupplyLink contract={transfer.contract} />],
        ["Handed over", <Compute coreSeconds={transfer.coreSeconds} />],
        ["Executed", <Compute coreSeconds={transfer.executed} />],
        ["Repaid", repaying ? <Compute coreSeconds={transfer.repaid} /> : undefined],
        ["Settled in money", repaying ? <Compute coreSeconds={transfer.settled} /> : undefined],
        ["Energy", <Energy wh={transfer.energyWh} />],
        ["Price", <Price of={transfer.price} />],
        ["Paid to the target", <Money amount={transfer.paid} />],
        [
          "Network fee",
          <>
            <Money amount={transfer.networkFee} /> to <Who participant={transfer.networkOperator} />
          </>,
        ],
        ["Network fee paid", <Money amount={transfer.networkPaid} />],
        ["Target’s deposit", <Money amount={transfer.deposit} />],
        ["Penalty", transfer.defaulted ? <Money amount={transfer.penalty} /> : "none"],
        ["Signed in slot", <SlotLink slot={transfer.signedSlot} />],
        ["Due slot", <SlotLink slot={transfer.due} />],
        ["Repayment until slot", repaying ? <SlotLink slot={transfer.periodEnd} /> : undefined],
        [
          "Hands back now",
          transfer.returning === null ? undefined : <SupplyLink contract={transfer.returning} />,
        ],
        ["Signed, UTC", <When at={transfer.signed} />],
        ["Closed, UTC", transfer.closed === null ? NONE : <When at={transfer.closed} />],
      ]}
    />
  );
}

export function TransferPage({ transfer }: { transfer: string }) {
  const loaded = useApi("/api/transfers/:transfer", { transfer });
  const { data } = loaded;
  return (
    <>
      <PageHead
        title={`Transfer ${transfer}`}
        kicker="Order transfer"
        aside={
          data !== undefined && (
            <span>
              <Who participant={data.target} /> executes for <Who participant={data.first} />
            </span>
          )
        }
      />
      <Show loaded={loaded}>
        {(one) => (
          <>
            <Terms transfer={one} />
            <Section title="Life cycle">
              <Steps steps={one.steps} transfer={one.transfer} />
            </Section>
            <Section title="The contract that it is a part of">
              <Table
                label="Supply contract"
                columns={supplyColumns}
                rows={[one.supply]}
                keyOf={({ contract }) => contract}
              />
            </Section>
            {one.siblings.length > 0 && (
              <Section title="Other transfers of the contract">
                <Table
                  label="Other transfers"
                  columns={transferColumns}
                  rows={one.siblings}
                  keyOf={(sibling) => sibling.transfer}
                />
              </Section>
            )}
            <p>
              <a href={`/events?transfer=${one.transfer}`}>All events that name this transfer</a>
            </p>
          </>
        )}
      </Show>
    </>
  );
}
