/** All supply contracts. */
import type { SupplyRow, SupplyStatus } from "../../shared/api.ts";
import { Filters, filtered, named, yesNo, type Filter } from "../components/filters.tsx";
import { SlotLink, SupplyLink, When, Who } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { Progress } from "../components/progress.tsx";
import { column, List, numbers, type Column } from "../components/table.tsx";
import { Badge, type Tone } from "../components/text.tsx";
import { coreHours, kwh, NBSP, price, yuan } from "../format.ts";

const TONES: Readonly<Record<SupplyStatus, Tone>> = {
  running: "fair",
  fulfilled: "good",
  expired: "bad",
};

/** State of a supply contract, and what else is to be known at a glance. */
export const SupplyState = ({ of }: { of: SupplyRow }) => (
  <>
    <Badge tone={TONES[of.status]}>{of.status}</Badge>
    {of.handedOver && <Badge tone="neutral">handed over</Badge>}
    {of.shortfall && <Badge tone="fair">PV shortfall</Badge>}
  </>
);

export const supplyColumns: readonly Column<SupplyRow>[] = [
  numbers("Contract", ({ contract }) => <SupplyLink contract={contract} />),
  column("Buyer", ({ buyer }) => <Who participant={buyer} />),
  column("Seller", ({ seller }) => <Who participant={seller} />),
  column("State", (row) => <SupplyState of={row} />),
  column("Kind", ({ priority }) => (priority ? "priority" : "deferrable")),
  numbers("Price, yuan/kWh", (row) => price(row.price)),
  numbers("Agreed, kWh", ({ energyWh }) => kwh(energyWh)),
  numbers("Core-hours", ({ coreSeconds }) => coreHours(coreSeconds)),
  column("Delivered", (row) => <Progress of={row} />),
  numbers("Paid, yuan", ({ paid }) => yuan(paid)),
  column("Slots", ({ firstSlot, deadline }) => (
    <>
      <SlotLink slot={firstSlot} />
      {`${NBSP}to${NBSP}`}
      <SlotLink slot={deadline} />
    </>
  )),
  column("Signed, UTC", ({ signed }) => <When at={signed} />),
];

const FILTERS: readonly Filter[] = [
  { name: "status", label: "State", options: named(Object.keys(TONES)) },
  { name: "priority", label: "Kind", options: yesNo("priority", "deferrable") },
  { name: "transferred", label: "Handed over", options: yesNo("ever", "never") },
  { name: "shortfall", label: "PV shortfall", options: yesNo("yes", "no") },
  { name: "buyer", label: "Buyer", type: "number", placeholder: "number" },
  { name: "seller", label: "Seller", type: "number", placeholder: "number" },
  { name: "slot", label: "Slot of signing", type: "number" },
];

export const SuppliesPage = () => (
  <>
    <PageHead title="Supply contracts" />
    <Filters filters={FILTERS} />
    <List
      path="/api/supply"
      values={{}}
      query={filtered(FILTERS)}
      label="Supply contracts"
      noun="contract"
      columns={supplyColumns}
      keyOf={({ contract }) => contract}
      empty="No supply contract. They are signed when a slot is cleared."
    />
  </>
);
