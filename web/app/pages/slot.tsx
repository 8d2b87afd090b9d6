/** One slot: sealed commitments, the book, and the clearing step by step. */
import type {
  BidRow,
  Draw,
  EligibleOffer,
  OfferRow,
  PlanRow,
  PlanStatus,
  Slot,
} from "../../shared/api.ts";
import { useApi } from "../api.ts";
import {
  AddressLink,
  participantPath,
  SupplyLink,
  TransactionLink,
  When,
  Who,
} from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { Empty, Show } from "../components/states.tsx";
import { column, List, numbers, type Column } from "../components/table.tsx";
import { Tabs } from "../components/tabs.tsx";
import { Badge, Copy, Energy, Facts, Price, Section, type Tone } from "../components/text.tsx";
import {
  coreHours,
  kwh,
  NBSP,
  NONE,
  percent,
  plural,
  price,
  shortHex,
  utc,
  utcMinute,
  yuan,
} from "../format.ts";
import { status } from "../live.ts";
import { Verify } from "../verify/verify.tsx";
import { Phase } from "./slots.tsx";

// ------------------------------------------------------------------ plans

const PLAN_TONES: Readonly<Record<PlanStatus, Tone>> = {
  sealed: "fair",
  withdrawn: "neutral",
  revealed: "good",
  dropped: "bad",
  punished: "bad",
};

export const planColumns: readonly Column<PlanRow>[] = [
  numbers("Order", ({ sequence }) => sequence),
  column("Participant", ({ participant }) => <Who participant={participant} />),
  column("Side", ({ side }) => side),
  column("State", ({ status: state }) => <Badge tone={PLAN_TONES[state]}>{state}</Badge>),
  column("Commitment", ({ commitment }) => <code title={commitment}>{shortHex(commitment)}</code>),
  column("Committed, UTC", ({ committed }) => <When at={committed} />),
  column("Revealed, UTC", ({ revealed, ended }) => <When at={revealed ?? ended} />),
  numbers("RV", ({ reputation }) => reputation ?? NONE),
  numbers("Entries", ({ items }) => items ?? NONE),
  numbers("Trades", ({ trades }) => trades ?? NONE),
  numbers("Bond lost, yuan", ({ forfeited }) => (forfeited === null ? NONE : yuan(forfeited))),
];

const Plans = ({ slot }: { slot: number }) => (
  <List
    path="/api/slots/:slot/plans"
    values={{ slot }}
    label="Plans"
    noun="plan"
    columns={planColumns}
    keyOf={({ participant }) => participant.number}
    empty="Nobody has committed to a plan for this slot."
  />
);

// ------------------------------------------------------------------ book

const place = (of: number | null): string => (of === null ? NONE : String(of + 1));

const offerColumns: readonly Column<OfferRow>[] = [
  numbers("Place", (offer) => <span id={`offer-${offer.ref}`}>{place(offer.place)}</span>),
  column("Seller", ({ seller }) => <Who participant={seller} />),
  numbers("Offer", ({ index }) => index),
  numbers("Lowest price, yuan/kWh", (offer) => price(offer.price)),
  numbers("Energy, kWh", ({ energyWh }) => kwh(energyWh)),
  numbers("Cores", ({ cores }) => cores),
  numbers("RV", ({ reputation }) => reputation),
  numbers("Commit order", ({ sequence }) => sequence),
  numbers("Trades", ({ trades }) => trades),
  numbers("Left, kWh", ({ leftWh }) => (leftWh === null ? NONE : kwh(leftWh))),
  numbers("Left, cores", ({ leftCores }) => leftCores ?? NONE),
];

const SEALED = "The book is sealed until plans are revealed.";

const Offers = ({ slot }: { slot: number }) => (
  <List
    path="/api/slots/:slot/offers"
    values={{ slot }}
    label="Offers, the cheapest first"
    noun="offer"
    columns={offerColumns}
    keyOf={({ ref }) => ref}
    empty={SEALED}
  />
);

/** Columns of bids, in a book or of one user. */
export const bidColumns: readonly Column<BidRow>[] = [
  column("Buyer", ({ buyer }) => <Who participant={buyer} />),
  numbers("Bid", ({ index }) => index),
  numbers("Highest price, yuan/kWh", ({ maxPrice }) => price(maxPrice)),
  numbers("Energy, kWh", ({ energyWh }) => kwh(energyWh)),
  numbers("Cores", ({ cores }) => cores),
  numbers("Core-hours", ({ coreSeconds }) => coreHours(coreSeconds)),
  column("Slots", ({ earliest, deadline }) => `${earliest}${NBSP}to${NBSP}${deadline}`),
  column("Kind", ({ priority }) => (priority ? "priority" : "deferrable")),
  column("Outcome", (bid) => <Outcome bid={bid} />),
];

function Outcome({ bid: { outcome, trade } }: { bid: BidRow }) {
  if (trade === null)
    return <Badge tone={outcome === "unmatched" ? "bad" : "neutral"}>{outcome}</Badge>;
  return (
    <>
      <Badge tone="good">matched</Badge> contract <SupplyLink contract={trade.contract} /> at{" "}
      {price(trade.price)}
    </>
  );
}

// ------------------------------------------------------------------ clearing

const Clearing = ({ slot, drawAmong }: { slot: number; drawAmong: number }) => (
  <>
    <p class="note">
      Bids in their order: the highest price first, then the higher RV, then the earlier commitment.
      For each, the {plural(drawAmong, "cheapest offer")} that fit at its turn are its candidates,
      and one of them is drawn with the seed.
    </p>
    <List
      path="/api/slots/:slot/bids"
      values={{ slot }}
      label="Bids, in the order of their turns"
      noun="bid"
      columns={[
        numbers<BidRow>("Turn", (bid) => place(bid.place)),
        ...bidColumns,
        column<BidRow>("How it was matched", (bid) => (
          <Turn bid={bid} drawAmong={drawAmong} slot={slot} />
        )),
      ]}
      keyOf={({ ref }) => ref}
      empty={SEALED}
    />
  </>
);

function Turn({ bid, drawAmong, slot }: { bid: BidRow; drawAmong: number; slot: number }) {
  const { draw, trade } = bid;
  if (draw === null) return <>not yet</>;
  if (draw.candidates === 0) return <>no offer fits</>;
  const agrees = trade === null || (trade.offer === draw.pick && trade.price === draw.price);
  return (
    <details>
      <summary>
        candidate {draw.drawn === null ? NONE : draw.drawn + 1} of {draw.candidates}
        {!agrees && ", not what the chain signed"}
      </summary>
      <Candidates draw={draw} drawAmong={drawAmong} bid={bid} slot={slot} />
    </details>
  );
}

/** Offers that fit at a bid's turn. */
const Eligible = ({
  offers,
  draw,
  from = 0,
}: {
  offers: readonly EligibleOffer[];
  draw: Draw;
  from?: number;
}) => (
  <ol start={from + 1}>
    {offers.map(({ ref, price: asked, leftWh, leftCores }) => {
      const seller = Math.floor(ref / 256);
      return (
        <li key={ref} {...(ref === draw.pick ? { class: "pick" } : {})}>
          {price(asked)} yuan/kWh, offer {ref % 256} of{" "}
          <a href={participantPath(seller)}>participant {seller}</a>, {kwh(leftWh)} kWh and{" "}
          {plural(leftCores, "core")} left{ref === draw.pick ? " – drawn" : ""}
        </li>
      );
    })}
  </ol>
);

function Candidates({
  draw,
  drawAmong,
  bid,
  slot,
}: {
  draw: Draw;
  drawAmong: number;
  bid: BidRow;
  slot: number;
}) {
  return (
    <div class="turn">
      <Eligible offers={draw.eligible.slice(0, drawAmong)} draw={draw} />
      {draw.eligible.length > drawAmong && (
        <details>
          <summary>
            {plural(draw.eligible.length - drawAmong, "more offer")} would fit, dearer
          </summary>
          <Eligible offers={draw.eligible.slice(drawAmong)} draw={draw} from={drawAmong} />
        </details>
      )}
      {draw.number !== null && draw.candidates > 1 && (
        <p>
          Number drawn: keccak256(seed, {bid.place}) = <code class="long">{draw.number}</code>;
          modulo {draw.candidates} it is {draw.drawn}, candidate {(draw.drawn ?? 0) + 1}.
        </p>
      )}
      {draw.price !== null && (
        <p>
          Price: {price(draw.price)} yuan/kWh, between the offer’s and the bid’s{" "}
          {price(bid.maxPrice)}.
          {bid.trade !== null && (
            <>
              {" "}
              Signed as contract <SupplyLink contract={bid.trade.contract} /> in{" "}
              <TransactionLink hash={bid.trade.signed.transaction} />.
            </>
          )}
        </p>
      )}
      {draw.pick === null && <p>Slot {slot} gave this bid nothing.</p>}
    </div>
  );
}

// ------------------------------------------------------------------ seed

function Seed({ slot }: { slot: Slot }) {
  const { beacon, saltSum, beaconValue, seed } = slot;
  return (
    <Section title="Seed">
      <Facts
        facts={[
          [
            "Salts’ hashes, sum modulo 2¹²⁸",
            slot.revealed === 0 ? "no plan is revealed" : <code class="long">{saltSum}</code>,
          ],
          [
            "Beacon’s value",
            beacon.length === 0 && seed === null ? NONE : <code class="long">{beaconValue}</code>,
          ],
          [
            "Seed: keccak256(slot, salts, beacon)",
            seed === null ? "known when the matching begins" : <code class="long">{seed}</code>,
          ],
        ]}
      />
      {beacon.length === 0 ? (
        <Empty>No operator of the beacon has opened a value for this slot.</Empty>
      ) : (
        <ul class="plain">
          {beacon.map(({ operator, value, opened }) => (
            <li key={operator.number}>
              <Who participant={operator} /> opened <code title={value}>{shortHex(value)}</code>{" "}
              <Copy text={value} what="value" /> at <When at={opened} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

// ------------------------------------------------------------------ windows

function Windows({ slot: { windows } }: { slot: Slot }) {
  const now = status.value?.clock?.timestamp;
  const steps = [
    ["Commitments", windows.commitFrom, windows.revealFrom],
    ["Reveals", windows.revealFrom, windows.clearFrom],
    ["Beacon", windows.clearFrom, windows.beaconUntil],
    ["Clearing", windows.clearFrom, windows.lapseFrom],
  ] as const;
  return (
    <ol class="windows">
      {steps.map(([name, from, to]) => (
        <li
          key={name}
          {...(now !== undefined && now >= from && now < to
            ? { "aria-current": "step" as const }
            : {})}
        >
          <b>{name}</b>
          <span>
            {utcMinute(from)} to {utc(to).slice(11, 16)}
          </span>
        </li>
      ))}
    </ol>
  );
}

function Agreement({ slot }: { slot: Slot }) {
  if (slot.agrees === null) return <>{NONE}</>;
  return slot.agrees ? (
    <Badge tone="good">agrees with the chain</Badge>
  ) : (
    <Badge tone="bad">differs from the chain</Badge>
  );
}

function Summary({ slot }: { slot: Slot }) {
  return (
    <Facts
      facts={[
        ["State", <Phase of={slot.phase} />],
        ["Begins, UTC", utcMinute(slot.timestamp)],
        ["Committed", slot.committed],
        ["Revealed", slot.revealed],
        ["Dropped", slot.dropped === 0 ? undefined : slot.dropped],
        ["Punished", slot.punished === 0 ? undefined : slot.punished],
        ["Bids", slot.bids],
        ["Offers", slot.offers],
        ["Trades", slot.trades],
        ["Unmatched", slot.unmatched],
        ["Traded", <Energy wh={slot.tradedWh} />],
        [
          "Mean price",
          slot.meanPrice === null ? undefined : <Price of={Math.round(slot.meanPrice)} />,
        ],
        ["Draw among", plural(slot.drawAmong, "offer")],
        ["Seller’s share of the spread", percent(slot.sellerShareBps / 10_000, 0)],
        ["Ranked by", slot.ranker === null ? undefined : <AddressLink at={slot.ranker} />],
        ["Matching began, UTC", slot.started === null ? undefined : <When at={slot.started} />],
        ["Cleared, UTC", slot.cleared === null ? undefined : <When at={slot.cleared} />],
        [
          "The server’s own matching",
          slot.cleared === null ? undefined : <Agreement slot={slot} />,
        ],
        ["Lapsed", slot.lapsed ? "cleared too late for contracts" : undefined],
      ]}
    />
  );
}

function Body({ slot }: { slot: Slot }) {
  return (
    <>
      <Windows slot={slot} />
      <Summary slot={slot} />
      <Verify slot={slot} />
      <Tabs
        label="The slot’s auction"
        tabs={[
          ...(slot.revealed > 0
            ? [
                {
                  name: "clearing",
                  title: "Clearing",
                  body: () => <Clearing slot={slot.slot} drawAmong={slot.drawAmong} />,
                },
                { name: "offers", title: "Offers", body: () => <Offers slot={slot.slot} /> },
              ]
            : []),
          { name: "plans", title: "Commitments", body: () => <Plans slot={slot.slot} /> },
          { name: "seed", title: "Seed", body: () => <Seed slot={slot} /> },
          {
            name: "transactions",
            title: "Transactions",
            body: () => <Transactions slot={slot} />,
          },
        ]}
      />
    </>
  );
}

const Transactions = ({ slot }: { slot: Slot }) => (
  <>
    {slot.clearing.length === 0 ? (
      <Empty>Nobody has begun to clear this slot.</Empty>
    ) : (
      <ol class="plain">
        {slot.clearing.map((at) => (
          <li key={at.transaction}>
            cleared in <TransactionLink hash={at.transaction} /> at {utc(at.timestamp)}
          </li>
        ))}
      </ol>
    )}
    <p>
      <a href={`/events?slot=${slot.slot}`}>All events that name this slot</a>
    </p>
  </>
);

export function SlotPage({ slot }: { slot: string }) {
  const number = Number(slot);
  const loaded = useApi("/api/slots/:slot", { slot });
  return (
    <>
      <PageHead
        title={`Slot ${slot}`}
        kicker="Auction"
        aside={
          Number.isInteger(number) && (
            <nav class="beside" aria-label="Slots beside this">
              {number > 0 && (
                <a rel="prev" href={`/slots/${number - 1}`}>
                  ← {number - 1}
                </a>
              )}
              <a rel="next" href={`/slots/${number + 1}`}>
                {number + 1} →
              </a>
            </nav>
          )
        }
      />
      <Show loaded={loaded}>{(data) => <Body slot={data} />}</Show>
    </>
  );
}
