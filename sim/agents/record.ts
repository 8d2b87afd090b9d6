/** The market's public record, as everybody can read it: events, as they happen. */
import type { LedgerEvent, LedgerValue } from "../market/ledger.ts";

/** Arguments of an event. */
export type EventArgs = Readonly<Record<string, LedgerValue>>;

type Listener = (args: EventArgs) => void;

/** Tells events to those who asked for them, in the order in which they asked. */
export class PublicRecord {
  private readonly everybody = new Map<string, Listener[]>();
  private readonly byParticipant = new Map<
    string,
    { field: string; by: Map<number, Listener[]> }[]
  >();

  /** Asks for all events of a name. */
  on(name: string, listener: Listener): void {
    const list = this.everybody.get(name);
    if (list) list.push(listener);
    else this.everybody.set(name, [listener]);
  }

  /** Asks for the events of a name in whose `field` a participant stands. */
  onFor(name: string, field: string, participant: bigint, listener: Listener): void {
    const indices = this.byParticipant.get(name) ?? [];
    this.byParticipant.set(name, indices);
    let index = indices.find((known) => known.field === field);
    if (index === undefined) {
      index = { field, by: new Map() };
      indices.push(index);
    }
    const key = Number(participant);
    const list = index.by.get(key);
    if (list) list.push(listener);
    else index.by.set(key, [listener]);
  }

  /** Tells what a call did. */
  publish(events: readonly LedgerEvent[]): void {
    for (const { name, args } of events) {
      const everybody = this.everybody.get(name);
      if (everybody) for (const listener of everybody) listener(args);
      const indices = this.byParticipant.get(name);
      if (indices === undefined) continue;
      for (const { field, by } of indices) {
        const listeners = by.get(Number(args[field]));
        if (listeners) for (const listener of listeners) listener(args);
      }
    }
  }
}
