/** What a projection knows when it is told an event: where it happened, and where to write. */
import type { AbiParameter, Args } from "../index/codec.ts";
import type { Database } from "../index/database.ts";
import type { SlotClock } from "../slotClock.ts";

/** An event of one of the market's contracts. */
export interface MarketEvent {
  readonly contract: string;
  readonly name: string;
  readonly args: Args;
  readonly parameters: readonly AbiParameter[];
  /** Key of its log. */
  readonly at: number;
  /** Key of its transaction. */
  readonly tx: number;
  /** Calldata of its transaction. */
  readonly input: string;
  /** Slot that its block's time belongs to. */
  readonly slot: number;
}

/** What handlers of events share. */
export interface Context {
  readonly db: Database;
  readonly clock: SlotClock;
  /**
   * Transfer of which the present transaction executed or repaid a part just before: the delivery that follows is by that
   * transfer. The market tells the execution first, and only the delivery tells the slot that it was paid for.
   */
  executed: { tx: number; transfer: number; pay?: (slot: number) => void } | undefined;
}

/** Writes what follows from an event. */
export type Handler = (event: MarketEvent, context: Context) => void;

/** Handlers by contract and event: `SupplyBook.Signed`. */
export type Handlers = Readonly<Record<string, Handler>>;

/** An argument that is a number of at most 53 bits. */
export const number = (args: Args, name: string): number => Number(args[name]);

/** An argument that is an amount of at most 63 bits. */
export const amount = (args: Args, name: string): bigint => args[name] as bigint;

/** An argument that is bytes or a text. */
export const text = (args: Args, name: string): string => args[name] as string;
