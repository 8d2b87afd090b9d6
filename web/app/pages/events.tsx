/** Events of the market's contracts, and movements of its token. */
import type { ComponentChildren } from "preact";

import type { EventRow, TokenTransferRow } from "../../shared/api.ts";
import { useApi, type QueryOf } from "../api.ts";
import { Filters, filtered, named, type Filter } from "../components/filters.tsx";
import { AddressLink, BlockLink, When } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { column, List, numbers, type Column } from "../components/table.tsx";
import { Brief } from "../components/values.tsx";
import { shortHex, yuan } from "../format.ts";
import { status } from "../live.ts";
import { place } from "../router.ts";

const COLUMNS: readonly Column<EventRow>[] = [
  column("When, UTC", ({ at }) => <When at={at} />),
  numbers("Block", ({ at }) => <BlockLink block={at.block} />),
  numbers("Log", ({ at }) => at.logIndex),
  column("Contract", ({ address }) => <AddressLink at={address} />),
  column("Event", ({ event, topics }) =>
    event === null ? <code>{shortHex(topics[0] ?? "0x")}</code> : <Brief of={event} />,
  ),
];

/** Events as a query has them. */
export const EventList = ({
  query,
  empty,
}: {
  query: QueryOf<"/api/events">;
  empty: ComponentChildren;
}) => (
  <List
    path="/api/events"
    values={{}}
    query={query}
    label="Events"
    noun="event"
    columns={COLUMNS}
    keyOf={({ at }) => `${at.block}-${at.logIndex}`}
    empty={empty}
  />
);

export function EventsPage() {
  const contract = place.value.query.get("contract");
  const detail = useApi("/api/contracts/:name", contract === null ? undefined : { name: contract });
  const contracts = Object.keys(status.value?.market?.contracts ?? {}).sort();
  const names = detail.data?.eventNames;
  const filters: readonly Filter[] = [
    { name: "contract", label: "Contract", options: named(contracts) },
    names === undefined
      ? { name: "name", label: "Event" }
      : { name: "name", label: "Event", options: named(names) },
    { name: "slot", label: "Slot", type: "number" },
    { name: "participant", label: "Participant", type: "number", placeholder: "number" },
    { name: "supply", label: "Supply contract", type: "number" },
    { name: "transfer", label: "Transfer", type: "number" },
    { name: "block", label: "Block", type: "number" },
  ];
  return (
    <>
      <PageHead title="Events" />
      <Filters filters={filters} />
      <EventList query={filtered(filters)} empty="No event, or none is as the filters say." />
    </>
  );
}

const TOKEN_COLUMNS: readonly Column<TokenTransferRow>[] = [
  column("When, UTC", ({ at }) => <When at={at} />),
  numbers("Block", ({ at }) => <BlockLink block={at.block} />),
  column("From", ({ from }) => <AddressLink at={from} />),
  column("To", ({ to }) => <AddressLink at={to} />),
  numbers("Amount, yuan", ({ amount }) => yuan(amount)),
];

/** Movements of the settlement token, as a query has them. */
export const TokenTransferList = ({ query }: { query: QueryOf<"/api/token-transfers"> }) => (
  <List
    path="/api/token-transfers"
    values={{}}
    query={query}
    label="Transfers of the settlement token"
    noun="movement"
    columns={TOKEN_COLUMNS}
    keyOf={({ at }) => `${at.block}-${at.logIndex}`}
    empty="The settlement token has not moved."
  />
);

const TOKEN_FILTERS: readonly Filter[] = [
  { name: "address", label: "From or to", placeholder: "address" },
  { name: "block", label: "Block", type: "number" },
];

export const TokenTransfersPage = () => (
  <>
    <PageHead title="Settlement token" />
    <p class="note">
      Movements of the token itself. Inside the market money moves in the vault’s books, without the
      token.
    </p>
    <Filters filters={TOKEN_FILTERS} />
    <TokenTransferList query={filtered(TOKEN_FILTERS)} />
  </>
);
