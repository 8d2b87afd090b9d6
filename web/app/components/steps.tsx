/** The life of a contract: its events, each with its transaction. */
import type { LifeStep } from "../../shared/api.ts";
import { coreHours, kwh, NONE, words, yuan } from "../format.ts";
import { SlotLink, SupplyLink, TransferLink, When, Who } from "./links.tsx";
import { column, numbers, Table, type Column } from "./table.tsx";

const energy = (wh: number | null): string => (wh === null ? NONE : kwh(wh));

const COLUMNS: readonly Column<LifeStep>[] = [
  column("When, UTC", ({ at }) => <When at={at} />),
  column("Step", ({ event }) => words(event)),
  column("Slot", ({ slot }) => (slot === null ? NONE : <SlotLink slot={slot} />)),
  column("By", ({ by }) => (by === null ? NONE : <Who participant={by} />)),
  numbers("Core-hours", ({ coreSeconds }) =>
    coreSeconds === null ? NONE : coreHours(coreSeconds),
  ),
  numbers("PV, kWh", ({ pvWh }) => energy(pvWh)),
  numbers("ESD, kWh", ({ esdWh }) => energy(esdWh)),
  numbers("Grid, kWh", ({ gridWh }) => energy(gridWh)),
  column("Money, yuan", ({ money }) =>
    money.length === 0
      ? NONE
      : money.map(({ what, amount }) => `${words(what)} ${yuan(amount)}`).join(", "),
  ),
];

interface StepsProps {
  readonly steps: readonly LifeStep[];
  /** Whose life it is; it is not named again in each step. */
  readonly contract?: number;
  readonly transfer?: number;
}

/** Others that a step is about. */
function Others({ step, own }: { step: LifeStep; own: StepsProps }) {
  const transfer = step.transfer === own.transfer ? null : step.transfer;
  const contract = step.contract === own.contract ? null : step.contract;
  if (transfer === null && contract === null) return <>{NONE}</>;
  return (
    <>
      {transfer !== null && (
        <>
          transfer <TransferLink transfer={transfer} />{" "}
        </>
      )}
      {contract !== null && (
        <>
          contract <SupplyLink contract={contract} />
        </>
      )}
    </>
  );
}

export const Steps = (own: StepsProps) => (
  <Table
    label="Life cycle"
    columns={[...COLUMNS, column<LifeStep>("Also", (step) => <Others step={step} own={own} />)]}
    rows={own.steps}
    keyOf={({ at }, index) => `${at.transaction}-${at.logIndex}-${index}`}
  />
);
