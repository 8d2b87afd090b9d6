/** All slots of the market. */
import type { SlotPhase, SlotRow } from "../../shared/api.ts";
import { Filters, filtered } from "../components/filters.tsx";
import { SlotLink } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { column, List, numbers } from "../components/table.tsx";
import { Badge, type Tone } from "../components/text.tsx";
import { kwh, NONE, price, utcMinute } from "../format.ts";

const PHASES: Readonly<Record<SlotPhase, readonly [Tone, string]>> = {
  upcoming: ["neutral", "upcoming"],
  commit: ["fair", "commitments, sealed"],
  reveal: ["fair", "reveals"],
  clearing: ["fair", "waits for its clearing"],
  matching: ["fair", "matching"],
  releasing: ["fair", "releasing"],
  cleared: ["good", "cleared"],
  empty: ["neutral", "empty"],
};

export const Phase = ({ of }: { of: SlotPhase }) => (
  <Badge tone={PHASES[of][0]}>{PHASES[of][1]}</Badge>
);

const COLUMNS = [
  column<SlotRow>("Slot", ({ slot }) => <SlotLink slot={slot} />),
  column<SlotRow>("Begins, UTC", ({ timestamp }) => utcMinute(timestamp)),
  column<SlotRow>("State", ({ phase }) => <Phase of={phase} />),
  numbers<SlotRow>("Committed", ({ committed }) => committed),
  numbers<SlotRow>("Revealed", ({ revealed }) => revealed),
  numbers<SlotRow>("Bids", ({ bids }) => bids),
  numbers<SlotRow>("Offers", ({ offers }) => offers),
  numbers<SlotRow>("Trades", ({ trades }) => trades),
  numbers<SlotRow>("Unmatched", ({ unmatched }) => unmatched),
  numbers<SlotRow>("Traded, kWh", ({ tradedWh }) => kwh(tradedWh)),
  numbers<SlotRow>("Mean price, yuan/kWh", ({ meanPrice }) =>
    meanPrice === null ? NONE : price(Math.round(meanPrice)),
  ),
];

const FILTERS = [
  { name: "from", label: "From slot", type: "number" },
  { name: "to", label: "To slot", type: "number" },
] as const;

export const SlotsPage = () => (
  <>
    <PageHead title="Slots" />
    <Filters filters={FILTERS} />
    <List
      path="/api/slots"
      values={{}}
      query={filtered(FILTERS)}
      label="Slots"
      noun="slot"
      columns={COLUMNS}
      keyOf={({ slot }) => slot}
      empty="No slot yet: the first commitment opens one."
    />
  </>
);
