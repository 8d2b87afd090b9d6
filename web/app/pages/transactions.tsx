/** All transactions of the chain. */
import type { TransactionRow } from "../../shared/api.ts";
import { Filters, filtered, type Filter } from "../components/filters.tsx";
import { AddressLink, BlockLink, TransactionLink } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { column, List, numbers, type Column } from "../components/table.tsx";
import { Badge } from "../components/text.tsx";
import { fee, NONE, utc, whole } from "../format.ts";

/** Whether a transaction did what it was to do. */
export const Result = ({ of }: { of: Pick<TransactionRow, "succeeded" | "error"> }) =>
  of.succeeded ? (
    <Badge tone="good">done</Badge>
  ) : (
    <Badge tone="bad">{of.error === null ? "failed" : `failed: ${of.error}`}</Badge>
  );

export const transactionColumns: readonly Column<TransactionRow>[] = [
  column("Transaction", ({ hash }) => <TransactionLink hash={hash} />),
  column("Function", ({ method, creates }) =>
    creates === null ? (method ?? "payment") : "creation",
  ),
  column("Result", (row) => <Result of={row} />),
  column("From", ({ from }) => <AddressLink at={from} />),
  column("To", ({ to, creates }) => {
    const target = to ?? creates;
    return target === null ? NONE : <AddressLink at={target} />;
  }),
  numbers("Block", ({ block }) => <BlockLink block={block} />),
  column("Time, UTC", ({ timestamp }) => utc(timestamp)),
  numbers("Gas", ({ gasUsed }) => whole(gasUsed)),
  numbers("Fee", (row) => fee(row.fee)),
];

const FILTERS: readonly Filter[] = [
  {
    name: "succeeded",
    label: "Result",
    options: [
      ["true", "done"],
      ["false", "failed"],
    ],
  },
  { name: "method", label: "Function" },
  { name: "error", label: "Error" },
  { name: "from", label: "From", placeholder: "address" },
  { name: "to", label: "To", placeholder: "address" },
  { name: "participant", label: "Participant", type: "number", placeholder: "number" },
  { name: "block", label: "Block", type: "number" },
];

export const TransactionsPage = () => (
  <>
    <PageHead title="Transactions" />
    <Filters filters={FILTERS} />
    <List
      path="/api/transactions"
      values={{}}
      query={filtered(FILTERS)}
      label="Transactions"
      noun="transaction"
      columns={transactionColumns}
      keyOf={({ hash }) => hash}
      empty="No transaction, or none is as the filters say."
    />
  </>
);
