/** Everybody who was enrolled. */
import type { ParticipantRow, Role } from "../../shared/api.ts";
import { Filters, filtered, named, type Filter } from "../components/filters.tsx";
import { Name, participantPath, When } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { column, List, numbers, type Column } from "../components/table.tsx";
import { Badge, type Tone } from "../components/text.tsx";
import { shortHex, utcDate, words, yuan } from "../format.ts";

const TONES: Readonly<Record<ParticipantRow["state"], Tone>> = {
  active: "good",
  revoked: "bad",
  expired: "fair",
};

export const ParticipantState = ({ state }: { state: ParticipantRow["state"] }) => (
  <Badge tone={TONES[state]}>{state}</Badge>
);

const COLUMNS: readonly Column<ParticipantRow>[] = [
  numbers("Number", ({ number }) => number),
  column("ID", ({ id, number }) => (
    <a class="who" href={participantPath(number)}>
      <Name text={id} fallback={`participant ${number}`} />
    </a>
  )),
  column("Role", ({ role }) => words(role)),
  column("State", ({ state }) => <ParticipantState state={state} />),
  column("Wallet", ({ wallet }) => (
    <a class="hex" href={`/addresses/${wallet}`} title={wallet}>
      {shortHex(wallet, 4)}
    </a>
  )),
  column("Certificate until", ({ validUntil }) => utcDate(validUntil)),
  numbers("RV", ({ reputation }) => reputation),
  numbers("Running", ({ contracts }) => contracts.running),
  numbers("Fulfilled", ({ contracts }) => contracts.fulfilled),
  numbers("Expired", ({ contracts }) => contracts.expired),
  numbers("Earned, yuan", ({ earned }) => yuan(earned)),
  numbers("Spent, yuan", ({ spent }) => yuan(spent)),
  column("Enrolled, UTC", ({ enrolled }) => <When at={enrolled} />),
];

const ROLES: readonly Role[] = [
  "user",
  "dataCentre",
  "meter",
  "gridOperator",
  "networkOperator",
  "beacon",
];

const FILTERS: readonly Filter[] = [
  { name: "search", label: "ID contains" },
  { name: "role", label: "Role", options: ROLES.map((role) => [role, words(role)] as const) },
  { name: "state", label: "State", options: named(Object.keys(TONES)) },
  {
    name: "sort",
    label: "Sorted by",
    unset: "number",
    options: [
      ["reputation", "RV"],
      ["earned", "earned"],
      ["spent", "spent"],
    ],
  },
  {
    name: "order",
    label: "Order",
    unset: "ascending",
    options: [["desc", "descending"]],
  },
];

export const ParticipantsPage = () => (
  <>
    <PageHead title="Participants" />
    <Filters filters={FILTERS} />
    <List
      path="/api/participants"
      values={{}}
      query={filtered(FILTERS)}
      label="Participants"
      noun="participant"
      columns={COLUMNS}
      keyOf={({ number }) => number}
      empty="No participant is enrolled, or none is as the filters say."
    />
  </>
);
