/** Addresses by their names, each with its history. */
import type { AddressDetail, AddressRow } from "../../shared/api.ts";
import { useApi } from "../api.ts";
import { Filters, filtered, named, type Filter } from "../components/filters.tsx";
import { AddressLink, BlockLink, Name, When, Who } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { Show } from "../components/states.tsx";
import { column, List, numbers, type Column } from "../components/table.tsx";
import { Tabs } from "../components/tabs.tsx";
import { Copy, Facts, Money } from "../components/text.tsx";
import { fee, list, NONE, shortHex, whole } from "../format.ts";
import { EventList, TokenTransferList } from "./events.tsx";
import { transactionColumns } from "./transactions.tsx";

const COLUMNS: readonly Column<AddressRow>[] = [
  column("Name", (row) => <AddressLink at={row} />),
  column("Address", ({ address }) => (
    <a class="hex" href={`/addresses/${address}`} title={address}>
      {shortHex(address)}
    </a>
  )),
  column("Kind", ({ kind }) => kind),
  numbers("Sent", ({ sent }) => whole(sent)),
  numbers("Received", ({ received }) => whole(received)),
  numbers("First block", ({ firstBlock }) =>
    firstBlock === null ? NONE : <BlockLink block={firstBlock} />,
  ),
  numbers("Last block", ({ lastBlock }) =>
    lastBlock === null ? NONE : <BlockLink block={lastBlock} />,
  ),
];

const FILTERS: readonly Filter[] = [
  { name: "search", label: "Name or address contains" },
  {
    name: "kind",
    label: "Kind",
    options: named(["contract", "participant", "administrator", "unknown"]),
  },
];

export const AddressesPage = () => (
  <>
    <PageHead title="Addresses" />
    <Filters filters={FILTERS} />
    <List
      path="/api/addresses"
      values={{}}
      query={filtered(FILTERS)}
      label="Addresses"
      noun="address"
      columns={COLUMNS}
      keyOf={({ address }) => address}
      empty="No address, or none is as the filters say."
    />
  </>
);

const Summary = ({ of }: { of: AddressDetail }) => (
  <Facts
    facts={[
      ["Kind", of.kind],
      [
        "Participant",
        of.participantRef === null ? undefined : <Who participant={of.participantRef} />,
      ],
      ["Roles at deployment", of.roles.length === 0 ? undefined : list(of.roles)],
      [
        "Contract",
        of.contract === null ? undefined : <a href={`/contracts/${of.contract}`}>{of.contract}</a>,
      ],
      ["Balance", of.balance === null ? "the node is gone" : fee(of.balance)],
      [
        "Settlement token",
        of.tokenBalance === null ? undefined : <Money amount={of.tokenBalance} />,
      ],
      ["Next nonce", of.nonce ?? undefined],
      ["Code", of.hasCode === null ? undefined : of.hasCode ? "yes" : "none"],
      ["Created, UTC", of.created === null ? undefined : <When at={of.created} />],
      ["Transactions sent", whole(of.sent)],
      ["Transactions received", whole(of.received)],
      [
        "Blocks",
        of.firstBlock === null || of.lastBlock === null ? undefined : (
          <>
            <BlockLink block={of.firstBlock} /> to <BlockLink block={of.lastBlock} />
          </>
        ),
      ],
    ]}
  />
);

const Body = ({ of }: { of: AddressDetail }) => {
  const { address } = of;
  return (
    <>
      <Summary of={of} />
      <Tabs
        label="Its history"
        tabs={[
          {
            name: "transactions",
            title: "Transactions",
            body: () => (
              <List
                path="/api/transactions"
                values={{}}
                query={{ address }}
                label="Transactions"
                noun="transaction"
                columns={transactionColumns}
                keyOf={({ hash }) => hash}
                empty="No transaction from or to this address."
              />
            ),
          },
          {
            name: "token",
            title: "Settlement token",
            body: () => <TokenTransferList query={{ address }} />,
          },
          ...(of.hasCode === true || of.contract !== null
            ? [
                {
                  name: "events",
                  title: "Events",
                  body: () => <EventList query={{ address }} empty="It has left no event." />,
                },
              ]
            : []),
        ]}
      />
    </>
  );
};

export function AddressPage({ address }: { address: string }) {
  const loaded = useApi("/api/addresses/:address", { address });
  const { data } = loaded;
  const title = data?.name ?? address;
  return (
    <>
      <PageHead
        title={title}
        kicker={
          data === undefined || data.name === null ? (
            "Address"
          ) : (
            <>
              <code>{data.address}</code> <Copy text={data.address} what="address" />
            </>
          )
        }
        name={
          data?.name == null ? (
            <>
              <code class="long">{title}</code> <Copy text={address} what="address" />
            </>
          ) : (
            <Name text={title} fallback={address} />
          )
        }
      />
      <Show loaded={loaded}>{(one) => <Body of={one} />}</Show>
    </>
  );
}
