/** One transaction: what it asked for, what came of it, and what it called on the way. */
import type {
  CallFrame,
  EventRow,
  Failure,
  TokenTransferRow,
  Transaction,
} from "../../shared/api.ts";
import { useApi } from "../api.ts";
import { AddressLink, BlockLink, SlotLink } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { Empty, Show } from "../components/states.tsx";
import { column, numbers, Table, type Column } from "../components/table.tsx";
import { Tabs } from "../components/tabs.tsx";
import { Copy, Facts } from "../components/text.tsx";
import { Brief, Decoded, Values } from "../components/values.tsx";
import { fee, localTime, NONE, percent, plural, shortHex, utc, whole, yuan } from "../format.ts";
import { Result } from "./transactions.tsx";

const SOURCES: Readonly<Record<Failure["source"], string>> = {
  receipt: "from the receipt",
  trace: "from the node’s trace",
  replay: "from repeating the call on the state before its block",
  unknown: "the node does not tell",
};

function Failed({ failure }: { failure: Failure }) {
  const { error, data, message, source } = failure;
  return (
    <div class="problem">
      <strong>
        It failed{error === null ? "" : `: ${error.name}`}
        {message === null ? "" : ` (${message})`}
      </strong>
      {error === null ? (
        <p>
          {data === null ? "Why is not known: " : "It reverted with data that no known error has: "}
          {data !== null && <code class="long">{data}</code>} {SOURCES[source]}.
        </p>
      ) : (
        <>
          <Decoded of={error} />
          <p class="note">Known {SOURCES[source]}.</p>
        </>
      )}
    </div>
  );
}

function Summary({ of }: { of: Transaction }) {
  const { to, creates } = of;
  return (
    <Facts
      facts={[
        ["Result", <Result of={of} />],
        ["Block", <BlockLink block={of.block} />],
        ["Place in it", of.index],
        ["Time of the chain, UTC", utc(of.timestamp)],
        ["Slot", of.slot === null ? undefined : <SlotLink slot={of.slot} />],
        ["Seen in real time", of.seen === null ? undefined : localTime(of.seen)],
        ["From", <AddressLink at={of.from} />],
        ["To", to === null ? undefined : <AddressLink at={to} />],
        ["Creates", creates === null ? undefined : <AddressLink at={creates} />],
        ["Value", fee(of.value)],
        [
          "Gas",
          `${whole(of.gasUsed)} of ${whole(of.gasLimit)}, ${percent(of.gasUsed / of.gasLimit)}`,
        ],
        ["Gas price", fee(of.gasPrice)],
        ["Most per gas", of.maxFeePerGas === null ? undefined : fee(of.maxFeePerGas)],
        [
          "Priority fee, most per gas",
          of.maxPriorityFeePerGas === null ? undefined : fee(of.maxPriorityFeePerGas),
        ],
        ["Fee", fee(of.fee)],
        ["Gas of the block up to here", whole(of.cumulativeGasUsed)],
        ["Nonce", of.nonce],
        ["Type", of.type],
      ]}
    />
  );
}

function Call({ of }: { of: Transaction }) {
  if (of.call !== null) return <Decoded of={of.call} />;
  return (
    <Empty>
      {of.creates !== null
        ? "It creates a contract."
        : of.input === "0x"
          ? "It has no calldata: a mere payment."
          : "Its receiver or its function is not known. The raw calldata is beside this."}
    </Empty>
  );
}

export const Event = ({ of }: { of: EventRow }) => (
  <li class="event">
    <p class="kicker">
      log {of.at.logIndex} of <AddressLink at={of.address} />
    </p>
    {of.event === null ? (
      <ul class="values">
        {of.topics.map((topic, index) => (
          <li key={index}>
            <span class="arg">topic {index}</span> <code class="long">{topic}</code>
          </li>
        ))}
        <li>
          <span class="arg">data</span> <code class="long">{of.data}</code>
        </li>
      </ul>
    ) : (
      <Decoded of={of.event} />
    )}
  </li>
);

const Events = ({ events }: { events: readonly EventRow[] }) =>
  events.length === 0 ? (
    <Empty>It has left no event.</Empty>
  ) : (
    <ol class="plain">
      {events.map((one) => (
        <Event key={one.at.logIndex} of={one} />
      ))}
    </ol>
  );

const TOKEN_COLUMNS: readonly Column<TokenTransferRow>[] = [
  column("From", ({ from }) => <AddressLink at={from} />),
  column("To", ({ to }) => <AddressLink at={to} />),
  numbers("Amount, yuan", ({ amount }) => yuan(amount)),
];

const TokenTransfers = ({ of }: { of: readonly TokenTransferRow[] }) => (
  <Table
    label="Transfers of the settlement token"
    columns={TOKEN_COLUMNS}
    rows={of}
    keyOf={({ at }) => at.logIndex}
  />
);

// ------------------------------------------------------------------ internal calls

function Frame({ frame }: { frame: CallFrame }) {
  const { type, to, call, failure, gasUsed, calls, result, input, value } = frame;
  return (
    <li>
      <p class="frame">
        <span class="type">{type}</span> {to === null ? NONE : <AddressLink at={to} />}{" "}
        {call === null ? <code>{shortHex(input, 8)}</code> : <Brief of={call} />}{" "}
        <span class="means">{whole(gasUsed)} gas</span>
        {value !== "0" && <span class="means">{fee(value)}</span>}
        {failure !== null && (
          <span class="bad"> failed{failure.error === null ? "" : `: ${failure.error.name}`}</span>
        )}
      </p>
      {call !== null && (
        <details>
          <summary>Arguments and result</summary>
          <Values values={call.arguments} />
          {result !== null && result.length > 0 && (
            <>
              <p class="note">Returned</p>
              <Values values={result} />
            </>
          )}
          {failure?.error != null && <Decoded of={failure.error} />}
        </details>
      )}
      {calls.length > 0 && (
        <ul class="frames">
          {calls.map((one, index) => (
            <Frame key={index} frame={one} />
          ))}
        </ul>
      )}
    </li>
  );
}

const countCalls = (frame: CallFrame): number =>
  frame.calls.reduce((sum, one) => sum + countCalls(one), frame.calls.length);

function InternalCalls({ hash }: { hash: string }) {
  const loaded = useApi("/api/transactions/:hash/trace", { hash });
  return (
    <Show loaded={loaded}>
      {(trace) =>
        trace.traced ? (
          <>
            <p class="note">{plural(countCalls(trace.root), "internal call")}</p>
            <ul class="frames">
              <Frame frame={trace.root} />
            </ul>
          </>
        ) : (
          <Empty>{trace.reason}</Empty>
        )
      }
    </Show>
  );
}

// ------------------------------------------------------------------ page

const Raw = ({ of }: { of: Transaction }) => (
  <>
    <p>
      Calldata, {plural((of.input.length - 2) / 2, "byte")} <Copy text={of.input} what="calldata" />
    </p>
    <pre class="raw" tabIndex={0}>
      {of.input}
    </pre>
  </>
);

const Body = ({ of }: { of: Transaction }) => (
  <>
    {of.failure !== null && <Failed failure={of.failure} />}
    <Summary of={of} />
    <Tabs
      label="What it did"
      tabs={[
        { name: "call", title: "Call", body: () => <Call of={of} /> },
        {
          name: "events",
          title: `Events (${of.events.length})`,
          body: () => <Events events={of.events} />,
        },
        ...(of.tokenTransfers.length === 0
          ? []
          : [
              {
                name: "token",
                title: `Token (${of.tokenTransfers.length})`,
                body: () => <TokenTransfers of={of.tokenTransfers} />,
              },
            ]),
        { name: "calls", title: "Internal calls", body: () => <InternalCalls hash={of.hash} /> },
        { name: "raw", title: "Raw", body: () => <Raw of={of} /> },
      ]}
    />
  </>
);

export function TransactionPage({ hash }: { hash: string }) {
  const loaded = useApi("/api/transactions/:hash", { hash });
  return (
    <>
      <PageHead
        title={`Transaction ${shortHex(hash)}`}
        kicker="Transaction"
        name={
          <>
            <code class="long">{hash}</code> <Copy text={hash} what="hash" />
          </>
        }
      />
      <Show loaded={loaded}>{(transaction) => <Body of={transaction} />}</Show>
    </>
  );
}
