/** Which page an address shows, and what stands around every page. */
import type { ComponentChild } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { Banner } from "./components/banner.tsx";
import { Footer, Header } from "./components/frame.tsx";
import { PageHead } from "./components/page.tsx";
import { Empty } from "./components/states.tsx";
import { AddressPage, AddressesPage } from "./pages/addresses.tsx";
import { BlockPage, BlocksPage } from "./pages/blocks.tsx";
import { CodePage, ContractPage } from "./pages/code.tsx";
import { EventsPage, TokenTransfersPage } from "./pages/events.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { ParticipantPage } from "./pages/participant.tsx";
import { ParticipantsPage } from "./pages/participants.tsx";
import { RunPage, RunsPage } from "./pages/runs.tsx";
import { SearchPage } from "./pages/search.tsx";
import { SlotPage } from "./pages/slot.tsx";
import { SlotsPage } from "./pages/slots.tsx";
import { SuppliesPage } from "./pages/supplies.tsx";
import { SupplyPage } from "./pages/supply.tsx";
import { TransactionPage } from "./pages/transaction.tsx";
import { TransactionsPage } from "./pages/transactions.tsx";
import { QuotesPage, TransferPage, TransfersPage } from "./pages/transfers.tsx";
import { match, place } from "./router.ts";

type Values = Readonly<Record<string, string>>;

const PAGES: readonly (readonly [string, (values: Values) => ComponentChild])[] = [
  ["/", () => <OverviewPage />],
  ["/runs", () => <RunsPage />],
  ["/runs/:run", ({ run = "" }) => <RunPage run={run} />],
  ["/slots", () => <SlotsPage />],
  ["/slots/:slot", ({ slot = "" }) => <SlotPage slot={slot} />],
  ["/supply", () => <SuppliesPage />],
  ["/supply/:contract", ({ contract = "" }) => <SupplyPage contract={contract} />],
  ["/transfers", () => <TransfersPage />],
  ["/transfers/:transfer", ({ transfer = "" }) => <TransferPage transfer={transfer} />],
  ["/quotes", () => <QuotesPage />],
  ["/participants", () => <ParticipantsPage />],
  ["/participants/:number", ({ number = "" }) => <ParticipantPage number={number} />],
  ["/search", () => <SearchPage />],
  ["/blocks", () => <BlocksPage />],
  ["/blocks/:block", ({ block = "" }) => <BlockPage block={block} />],
  ["/transactions", () => <TransactionsPage />],
  ["/transactions/:hash", ({ hash = "" }) => <TransactionPage hash={hash} />],
  ["/addresses", () => <AddressesPage />],
  ["/addresses/:address", ({ address = "" }) => <AddressPage address={address} />],
  ["/contracts", () => <CodePage />],
  ["/contracts/:name", ({ name = "" }) => <ContractPage name={name} />],
  ["/events", () => <EventsPage />],
  ["/token-transfers", () => <TokenTransfersPage />],
];

/** The page of a path; a page of another path is another component, so that it keeps nothing. */
function pageOf(path: string): ComponentChild {
  for (const [pattern, page] of PAGES) {
    const values = match(pattern, path);
    if (values !== undefined) return page(values);
  }
  return (
    <>
      <PageHead title="Not found" />
      <Empty>
        The console has no page at this address. <a href="/">Go to the overview</a>, or search
        above.
      </Empty>
    </>
  );
}

export function App() {
  const { path } = place.value;
  const main = useRef<HTMLElement>(null);
  const before = useRef(path);
  useEffect(() => {
    // Readers of the screen and the keyboard go on at the new page's beginning.
    if (before.current !== path) main.current?.focus({ preventScroll: true });
    before.current = path;
  }, [path]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Header />
      <Banner />
      <main id="main" tabIndex={-1} ref={main} key={path}>
        {pageOf(path)}
      </main>
      <Footer />
    </>
  );
}
