/** The market's contracts as code: source, ABI, and what can be read of them. */
import type { ContractDetail, ContractFunction, ContractRow } from "../../shared/api.ts";
import { useApi } from "../api.ts";
import { AddressLink, When } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { Empty, Loading, Problem, Show } from "../components/states.tsx";
import { column, List, numbers, Table, type Column } from "../components/table.tsx";
import { Tabs } from "../components/tabs.tsx";
import { Badge, Copy, Facts, type Tone } from "../components/text.tsx";
import { NONE, shortHex, whole } from "../format.ts";
import { usePart } from "../part.ts";
import { addressWith, place } from "../router.ts";
import { EventList } from "./events.tsx";
import { transactionColumns } from "./transactions.tsx";

const SOURCES: Readonly<Record<ContractRow["source"], readonly [Tone, string]>> = {
  verified: ["good", "source verified"],
  differs: ["bad", "differs from the source"],
  unknown: ["neutral", "source unknown"],
};

const Source = ({ of }: { of: ContractRow["source"] }) => (
  <Badge tone={SOURCES[of][0]}>{SOURCES[of][1]}</Badge>
);

const COLUMNS: readonly Column<ContractRow>[] = [
  column("Contract", ({ name }) => <a href={`/contracts/${name}`}>{name}</a>),
  column("Address", ({ address }) => (
    <a class="hex" href={`/addresses/${address}`} title={address}>
      {shortHex(address)}
    </a>
  )),
  column("Source", ({ source }) => <Source of={source} />),
  numbers("Transactions", ({ transactions }) => whole(transactions)),
  numbers("Events", ({ events }) => whole(events)),
  column("Created, UTC", ({ created }) => <When at={created} />),
];

export function CodePage() {
  const loaded = useApi("/api/contracts", {});
  return (
    <>
      <PageHead title="The market’s contracts" />
      <Show loaded={loaded}>
        {(contracts) =>
          contracts.length === 0 ? (
            <Empty>No market is deployed.</Empty>
          ) : (
            <Table
              label="Contracts"
              columns={COLUMNS}
              rows={contracts}
              keyOf={({ name }) => name}
            />
          )
        }
      </Show>
    </>
  );
}

// ------------------------------------------------------------------ one contract

function Read({ contract }: { contract: ContractDetail }) {
  const { part: forms, failure } = usePart(() => import("../abi/forms.tsx"));
  if (failure !== undefined) return <Problem title="Not loaded">{failure}</Problem>;
  return forms === undefined ? <Loading /> : <forms.ReadForms contract={contract} />;
}

function Sources({ contract: { sources } }: { contract: ContractDetail }) {
  const wanted = place.value.query.get("file");
  const shown = sources.find(({ path }) => path === wanted) ?? sources[0];
  if (shown === undefined) return <Empty>There is no source on record.</Empty>;
  return (
    <div class="sources-of">
      <nav aria-label="Source files">
        <ul class="plain">
          {sources.map(({ path }) => (
            <li key={path}>
              <a
                href={addressWith({ file: path })}
                {...(path === shown.path ? { "aria-current": "true" as const } : {})}
              >
                {path}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div>
        <p class="heading">
          <code>{shown.path}</code> <Copy text={shown.content} what="source" />
        </p>
        <pre class="source" tabIndex={0}>
          <code>{shown.content}</code>
        </pre>
      </div>
    </div>
  );
}

function Abi({ contract }: { contract: ContractDetail }) {
  const text = JSON.stringify(contract.abi, undefined, 2);
  return (
    <>
      <p class="heading">
        <span>{whole(contract.abi.length)} entries</span> <Copy text={text} what="ABI" />
      </p>
      <pre class="source" tabIndex={0}>
        <code>{text}</code>
      </pre>
    </>
  );
}

const FUNCTION_COLUMNS: readonly Column<ContractFunction>[] = [
  column("Function", ({ signature }) => <code class="long">{signature}</code>),
  column("Selector", ({ selector }) => <code>{selector}</code>),
  column("Kind", ({ reads }) => (reads ? "reads" : "writes")),
  numbers("Called", ({ calls, name }) =>
    calls === 0 ? (
      "0"
    ) : (
      <a href={`/transactions?method=${encodeURIComponent(name)}`}>{whole(calls)}</a>
    ),
  ),
];

const Body = ({ contract }: { contract: ContractDetail }) => {
  const { name, address } = contract;
  return (
    <>
      <Facts
        facts={[
          [
            "Address",
            <>
              <a class="hex long" href={`/addresses/${address}`}>
                {address}
              </a>{" "}
              <Copy text={address} what="address" />
            </>,
          ],
          ["Source", <Source of={contract.source} />],
          ["Compiler", contract.compiler],
          ["Created, UTC", contract.created === null ? NONE : <When at={contract.created} />],
          ["By", contract.creator === null ? undefined : <AddressLink at={contract.creator} />],
          ["Transactions", whole(contract.transactions)],
          ["Events", whole(contract.events)],
        ]}
      />
      <Tabs
        label="The contract"
        tabs={[
          { name: "read", title: "Read", body: () => <Read contract={contract} /> },
          { name: "source", title: "Source", body: () => <Sources contract={contract} /> },
          { name: "abi", title: "ABI", body: () => <Abi contract={contract} /> },
          {
            name: "functions",
            title: "Functions",
            body: () => (
              <Table
                label="Functions"
                columns={FUNCTION_COLUMNS}
                rows={contract.functions}
                keyOf={({ selector }) => selector}
              />
            ),
          },
          {
            name: "events",
            title: "Events",
            body: () => <EventList query={{ contract: name }} empty="It has left no event." />,
          },
          {
            name: "transactions",
            title: "Transactions",
            body: () => (
              <List
                path="/api/transactions"
                values={{}}
                query={{ to: address }}
                label="Transactions"
                noun="transaction"
                columns={transactionColumns}
                keyOf={({ hash }) => hash}
                empty="Nobody has sent it a transaction."
              />
            ),
          },
          {
            name: "deployment",
            title: "Deployment",
            body: () => (
              <pre class="source" tabIndex={0}>
                <code>
                  {JSON.stringify(
                    {
                      constructorArguments: contract.constructorArguments,
                      compilerSettings: contract.compilerSettings,
                    },
                    undefined,
                    2,
                  )}
                </code>
              </pre>
            ),
          },
        ]}
      />
    </>
  );
};

export function ContractPage({ name }: { name: string }) {
  const loaded = useApi("/api/contracts/:name", { name });
  return (
    <>
      <PageHead title={name} kicker="Contract of the market" />
      <Show loaded={loaded}>{(contract) => <Body contract={contract} />}</Show>
    </>
  );
}
