/** Blocks of the chain. */
import type { Block, BlockRow } from "../../shared/api.ts";
import { useApi } from "../api.ts";
import { AddressLink, BlockLink, SlotLink } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { Show } from "../components/states.tsx";
import { column, List, numbers, type Column } from "../components/table.tsx";
import { Tabs } from "../components/tabs.tsx";
import { Copy, Facts } from "../components/text.tsx";
import { fee, localTime, NONE, percent, shortHex, utc, whole } from "../format.ts";
import { EventList } from "./events.tsx";
import { transactionColumns } from "./transactions.tsx";

const COLUMNS: readonly Column<BlockRow>[] = [
  numbers("Block", ({ number }) => <BlockLink block={number} />),
  column("Hash", ({ hash }) => <code title={hash}>{shortHex(hash, 4)}</code>),
  column("Time, UTC", ({ timestamp }) => utc(timestamp)),
  column("Slot", ({ slot }) => (slot === null || slot < 0 ? NONE : <SlotLink slot={slot} />)),
  column("Seen", ({ seen }) => (seen === null ? NONE : localTime(seen))),
  numbers("Transactions", ({ transactions }) => whole(transactions)),
  numbers("Failed", ({ failed }) => failed),
  numbers("Gas", ({ gasUsed }) => whole(gasUsed)),
  column("By", ({ producer }) => <AddressLink at={producer} />),
];

export const BlocksPage = () => (
  <>
    <PageHead title="Blocks" />
    <List
      path="/api/blocks"
      values={{}}
      label="Blocks"
      noun="block"
      columns={COLUMNS}
      keyOf={({ number }) => number}
      empty="No block is indexed yet."
    />
  </>
);

const Summary = ({ of }: { of: Block }) => (
  <Facts
    facts={[
      ["Time, UTC", utc(of.timestamp)],
      ["Slot", of.slot === null || of.slot < 0 ? undefined : <SlotLink slot={of.slot} />],
      ["Seen in real time", of.seen === null ? undefined : localTime(of.seen)],
      ["Transactions", whole(of.transactions)],
      ["Failed", of.failed],
      ["Events", whole(of.events)],
      [
        "Gas",
        `${whole(of.gasUsed)} of ${whole(of.gasLimit)}${of.gasLimit === 0 ? "" : `, ${percent(of.gasUsed / of.gasLimit)}`}`,
      ],
      ["Base fee per gas", of.baseFeePerGas === null ? undefined : fee(of.baseFeePerGas)],
      ["Produced by", <AddressLink at={of.producer} />],
      ["Size, bytes", whole(of.size)],
      [
        "Hash",
        <>
          <code class="long">{of.hash}</code> <Copy text={of.hash} what="hash" />
        </>,
      ],
      [
        "Parent",
        of.number === 0 ? (
          <code class="long">{of.parentHash}</code>
        ) : (
          <a class="hex long" href={`/blocks/${of.number - 1}`}>
            {of.parentHash}
          </a>
        ),
      ],
      ["State root", <code class="long">{of.stateRoot}</code>],
    ]}
  />
);

const Body = ({ of }: { of: Block }) => (
  <>
    <Summary of={of} />
    <Tabs
      label="What is in it"
      tabs={[
        {
          name: "transactions",
          title: `Transactions (${whole(of.transactions)})`,
          body: () => (
            <List
              path="/api/transactions"
              values={{}}
              query={{ block: of.number, order: "asc" }}
              label="Transactions"
              noun="transaction"
              columns={transactionColumns.filter(({ head }) => head !== "Block")}
              keyOf={({ hash }) => hash}
              empty="The block is empty."
            />
          ),
        },
        {
          name: "events",
          title: `Events (${whole(of.events)})`,
          body: () => <EventList query={{ block: of.number, order: "asc" }} empty="No event." />,
        },
      ]}
    />
  </>
);

export function BlockPage({ block }: { block: string }) {
  const loaded = useApi("/api/blocks/:block", { block });
  const { data } = loaded;
  const title = `Block ${data?.number ?? (block.length > 12 ? shortHex(block) : block)}`;
  return (
    <>
      <PageHead
        title={title}
        kicker="Block"
        aside={
          data !== undefined && (
            <nav class="beside" aria-label="Blocks beside this">
              {data.number > 0 && (
                <a rel="prev" href={`/blocks/${data.number - 1}`}>
                  ← {data.number - 1}
                </a>
              )}
              {data.hasNext && (
                <a rel="next" href={`/blocks/${data.number + 1}`}>
                  {data.number + 1} →
                </a>
              )}
            </nav>
          )
        }
      />
      <Show loaded={loaded}>{(one) => <Body of={one} />}</Show>
    </>
  );
}
