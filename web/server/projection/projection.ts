/** What follows from the chain: everything that the console shows of the market, from its calls and events. */
import {
  argsOf,
  type AbiParameter,
  type AbiValue,
  type Codec,
  type Decoded,
} from "../index/codec.ts";
import { placeOf, type Database } from "../index/database.ts";
import { termsOf } from "../../../sim/market/words.ts";
import type { SlotClock } from "../slotClock.ts";
import { auctionHandlers, noteClearing, touchSlot } from "./auction.ts";
import type { Context, Handlers } from "./context.ts";
import { IDENTITY_HANDLERS } from "./identities.ts";
import { SUPPLY_HANDLERS } from "./supply.ts";
import { TRANSFER_HANDLERS } from "./transfers.ts";

/** A transaction as far as something follows from it. */
export interface ProjectedTransaction {
  readonly block: number;
  readonly timestamp: number;
  readonly index: number;
  readonly to: string | null;
  readonly input: string;
  readonly succeeded: boolean;
  readonly failureData: string | null;
  readonly logs: readonly {
    readonly index: number;
    readonly address: string;
    readonly topics: readonly string[];
    readonly data: string;
  }[];
}

/** What an event can name, as it is kept. */
export const MENTION = { participant: 1, supply: 2, transfer: 3, slot: 4 } as const;

const MENTIONED: Readonly<Record<string, number>> = {
  ParticipantId: MENTION.participant,
  ContractId: MENTION.supply,
  TransferId: MENTION.transfer,
  SlotId: MENTION.slot,
};

/** Follows a chain, transaction by transaction, in its order. */
export class Projection {
  private readonly db: Database;
  private readonly codec: Codec;
  private readonly handlers: Handlers;
  private readonly context: Context;

  constructor(db: Database, codec: Codec, clock: SlotClock) {
    this.db = db;
    this.codec = codec;
    this.context = { db, clock, executed: undefined };
    this.handlers = {
      ...IDENTITY_HANDLERS,
      ...auctionHandlers(codec),
      ...SUPPLY_HANDLERS,
      ...TRANSFER_HANDLERS,
      "SettlementToken.Transfer": ({ args, at }) => {
        const [from, to] = [args["from"] as string, args["to"] as string];
        db.run(
          "INSERT INTO token_transfers VALUES (?, ?, ?, ?)",
          ...[at, from.toLowerCase(), to.toLowerCase(), String(args["value"])],
        );
      },
    };
  }

  /** Takes the next transaction in. To be called in a database transaction. */
  add(transaction: ProjectedTransaction): void {
    const { block, index, to, input, logs, timestamp } = transaction;
    const tx = placeOf(block, index);
    this.noteCall(tx, transaction);
    const slot = this.context.clock.slotAt(timestamp);
    for (const log of logs) {
      const decoded = this.codec.event(log.address, log.topics, log.data);
      if (decoded === undefined) continue;
      const at = placeOf(block, log.index);
      const { contract, name, parameters } = decoded;
      this.db.run("INSERT INTO events VALUES (?, ?, ?)", at, contract, name);
      this.noteMentions(decoded, at);
      const event = { contract, name, args: argsOf(decoded), parameters, at, tx, input, slot };
      this.handlers[`${contract}.${name}`]?.(event, this.context);
    }
    if (transaction.succeeded) this.noteRanking(tx, to, input);
  }

  private noteCall(tx: number, { to, input, succeeded, failureData }: ProjectedTransaction): void {
    const method =
      to === null || input === "0x" ? null : (this.codec.method(to, input) ?? input.slice(0, 10));
    const error =
      succeeded || failureData === null ? null : (this.codec.error(failureData)?.name ?? null);
    this.db.run("INSERT INTO calls VALUES (?, ?, ?)", tx, method, error);
  }

  /** A call of `clear` that only lists tells no event. */
  private noteRanking(tx: number, to: string | null, input: string): void {
    const auction = this.codec.named("SlotAuction");
    if (to !== auction?.address || this.codec.method(to, input) !== "clear") return;
    const slot = Number(`0x${input.slice(10, 74)}`);
    touchSlot(this.db, slot);
    noteClearing(this.db, slot, tx);
  }

  private noteMentions({ parameters, values }: Decoded, at: number): void {
    for (const [i, parameter] of parameters.entries()) this.mention(parameter, values[i], at);
  }

  private mention(parameter: AbiParameter, value: AbiValue | undefined, at: number): void {
    const { internalType = "", components } = parameter;
    const kind = MENTIONED[internalType];
    if (kind !== undefined && value !== 0n) this.enter(kind, Number(value), at);
    // The slot of signing is packed with the terms.
    if (internalType === "SupplyTermsWord")
      this.enter(MENTION.slot, Number(termsOf(value as bigint).signed), at);
    if (components === undefined || !Array.isArray(value)) return;
    for (const [i, component] of components.entries()) {
      // A struct's slots are its terms; what happened in a slot names it itself.
      if (component.internalType !== "SlotId") this.mention(component, value[i] as AbiValue, at);
    }
  }

  private enter(kind: number, id: number, at: number): void {
    this.db.run("INSERT INTO mentions VALUES (?, ?, ?) ON CONFLICT DO NOTHING", kind, id, at);
  }
}
