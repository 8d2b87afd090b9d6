/** References to what the console shows, by their names. Names are data of participants: text, and isolated from what surrounds it. */
import type { ComponentChildren } from "preact";

import type { AddressRef, Hex, Link, Moment, ParticipantRef, Seconds } from "../../shared/api.ts";
import { NONE, shortHex, utc, utcMinute } from "../format.ts";
import { status } from "../live.ts";

/** Text that a participant chose, direction and all. */
export const Name = ({ text, fallback }: { text: string; fallback: string }) => (
  <bdi class="name">{text.trim() === "" ? fallback : text}</bdi>
);

export const participantPath = (number: number): string => `/participants/${number}`;

export const Who = ({ participant }: { participant: ParticipantRef }) => (
  <a
    class="who"
    href={participantPath(participant.number)}
    title={`Participant ${participant.number}`}
  >
    <Name text={participant.id} fallback={`participant ${participant.number}`} />
  </a>
);

/** An address by its name, or its ends. */
export function AddressLink({ at, full }: { at: AddressRef; full?: boolean }) {
  const shown = full === true ? at.address : shortHex(at.address);
  return (
    <a
      href={`/addresses/${at.address}`}
      title={at.address}
      class={at.name === null ? "hex" : "who"}
    >
      {at.name === null ? shown : <Name text={at.name} fallback={shown} />}
    </a>
  );
}

export const TransactionLink = ({ hash, full }: { hash: Hex; full?: boolean }) => (
  <a class="hex" href={`/transactions/${hash}`} title={hash}>
    {full === true ? hash : shortHex(hash, 4)}
  </a>
);

export const BlockLink = ({ block }: { block: number }) => <a href={`/blocks/${block}`}>{block}</a>;

/** When a slot begins; undefined while the market is not known. */
export function slotStart(slot: number): Seconds | undefined {
  const parameters = status.value?.market?.parameters;
  return parameters && Number(parameters.genesis) + slot * Number(parameters.slotSeconds);
}

/** Length of a slot in seconds; an hour while the market is not known. */
export const slotSeconds = (): number =>
  Number(status.value?.market?.parameters.slotSeconds ?? "3600");

export function SlotLink({ slot }: { slot: number }) {
  const start = slotStart(slot);
  return (
    <a
      href={`/slots/${slot}`}
      {...(start === undefined ? {} : { title: `begins ${utcMinute(start)} UTC` })}
    >
      {slot}
    </a>
  );
}

export const SupplyLink = ({ contract }: { contract: number }) => (
  <a href={`/supply/${contract}`}>{contract}</a>
);

export const TransferLink = ({ transfer }: { transfer: number }) => (
  <a href={`/transfers/${transfer}`}>{transfer}</a>
);

/** When something happened, linked to the transaction that did it. */
export const When = ({ at }: { at: Moment | null }) =>
  at === null ? (
    <>{NONE}</>
  ) : (
    <a
      href={`/transactions/${at.transaction}`}
      title={`block ${at.block}, transaction ${at.transaction}`}
    >
      <time dateTime={utc(at.timestamp).replace(" ", "T") + "Z"}>{utc(at.timestamp)}</time>
    </a>
  );

/** The address of what a link names. */
export function pathOf(link: Link): string {
  switch (link.kind) {
    case "participant":
      return participantPath(link.number);
    case "supply":
      return `/supply/${link.contract}`;
    case "transfer":
      return `/transfers/${link.transfer}`;
    case "slot":
      return `/slots/${link.slot}`;
    case "address":
      return `/addresses/${link.address}`;
    case "block":
      return `/blocks/${link.block}`;
    case "transaction":
      return `/transactions/${link.hash}`;
  }
}

/** Its children, linked if there is something to link them to. */
export const MaybeLink = ({ to, children }: { to: Link | null; children: ComponentChildren }) =>
  to === null ? <>{children}</> : <a href={pathOf(to)}>{children}</a>;
