/** Compares what a transaction did on the chain with what the model says that it does. */
import { ZeroAddress } from "ethers";

import {
  describeError,
  type LedgerEvent,
  type LedgerValue,
  type SkippedItem,
} from "../market/ledger.ts";
import type { LocalLedger } from "../market/localLedger.ts";
import { COMMITMENT_TYPES, PLAN_TYPES } from "../market/messages.ts";
import { OUTSIDE, type MarketCall, type MarketCodec, type MarketEvent } from "./codec.ts";
import { Difference, isSame, requireSame } from "./difference.ts";
import type { MarketTransaction } from "./history.ts";
import type { Signatures } from "./signatures.ts";

/** Where a transaction is, in words. */
export const whereOf = ({ block, from }: MarketTransaction, { part, name }: MarketCall): string =>
  `block ${block}, ${part}.${name} by ${from}`;

// ------------------------------------------------------------------ events

/** Events that the market's rules lead to, as far as the model tells them. */
export function isOfTheModel({ part, name }: MarketEvent): boolean {
  if (part === "token") return name === "Transfer";
  return !OUTSIDE.includes(part) && name !== "Skipped" && name !== "AuthorityUpdated";
}

/** What the chain tells of a transaction, as the model would tell it. */
export const toldByChain = ({ events }: MarketTransaction): LedgerEvent[] =>
  events.filter(isOfTheModel).map(asLedgerEvent);

/** What the model tells of a transaction, without the approvals that fund a deposit. */
export const toldByModel = (events: readonly LedgerEvent[]): LedgerEvent[] =>
  events.filter(({ name }) => name !== "Approval");

/** As the model tells events: without the progress of contracts. */
function asLedgerEvent({ part, name, args }: MarketEvent): LedgerEvent {
  if (part === "token") {
    const [from = "", to = "", value = 0n] = Object.values(args);
    return { name, args: { from, to, value } };
  }
  const told = Object.entries(args).filter(([field]) => field !== "progress");
  return { name, args: Object.fromEntries(told) };
}

/** @throws Difference at the first event that is not the model's */
export function compareEvents(
  transaction: MarketTransaction,
  call: MarketCall,
  expected: readonly LedgerEvent[],
): void {
  const found = toldByChain(transaction);
  const wanted = toldByModel(expected);
  for (let i = 0; i < Math.max(found.length, wanted.length); i += 1) {
    const [a, b] = [wanted[i], found[i]];
    if (isSame(a, b)) continue;
    const where = `${whereOf(transaction, call)}, event ${i + 1}`;
    if (a?.name !== b?.name)
      throw new Difference(where, describeEvent(a), describeEvent(b), transaction.hash);
    requireSame(`${where}, ${a?.name ?? ""}`, a?.args, b?.args, transaction.hash);
  }
}

function describeEvent(event: LedgerEvent | undefined): string {
  if (event === undefined) return "no event";
  return describeError({ name: event.name, args: Object.values(event.args) });
}

/**
 * The progress in the supply book's events, which the model keeps in its contracts.
 *
 * @throws Difference at the first field that is another one
 */
export async function compareContracts(
  { events, hash }: MarketTransaction,
  ledger: LocalLedger,
): Promise<void> {
  for (const { name, args, part } of events) {
    if (part !== "supply" || (name !== "Signed" && name !== "Delivered")) continue;
    const contractId = args["contractId"] as bigint;
    const contract: object = await ledger.contractOf(contractId);
    const progress = (args["progress"] ?? {}) as Record<string, LedgerValue>;
    for (const [field, found] of Object.entries(progress)) {
      const expected = (contract as Record<string, LedgerValue>)[field];
      requireSame(`contract ${contractId}, event ${name}, ${field}`, expected, found, hash);
    }
  }
}

// ------------------------------------------------------------------ batches

/** An item of a batch, as calldata holds it. */
interface SignedItem {
  readonly commitment?: object;
  readonly plan?: object;
  readonly r: string;
  readonly vs: string;
}

/**
 * The items of a batch that were left out, and why.
 *
 * @throws Difference at the first that the model does not leave out, or for another reason
 */
export function compareSkipped(
  transaction: MarketTransaction,
  call: MarketCall,
  expected: readonly SkippedItem[],
  codec: MarketCodec,
  signatures: Signatures,
): void {
  const found = transaction.events
    .filter(({ name, part }) => name === "Skipped" && part === "auction")
    .map(({ args }) => ({
      index: args["index"] as bigint,
      error: codec.decodeError(args["reason"] as string),
    }));
  const where = `${whereOf(transaction, call)}, items skipped`;
  const indices = (items: readonly SkippedItem[]): string =>
    items.map(({ index }) => index).join(", ") || "none";
  requireSame(where, indices(expected), indices(found), transaction.hash);
  for (const [i, { index, error }] of expected.entries()) {
    const reason = found[i]?.error;
    // The contract looks at the signature first; the model, which is only told who signed, refuses nobody's later.
    if (reason?.name.startsWith("ECDSA") && !isSigned(call, index, signatures)) continue;
    requireSame(`${where}, item ${index}`, error, reason, transaction.hash);
  }
}

/** Whether an item of a batch has a signature that is one. */
function isSigned({ name, args }: MarketCall, index: bigint, signatures: Signatures): boolean {
  const item = (args["batch"] as unknown as readonly SignedItem[])[Number(index)];
  const [types, message] =
    name === "commitBatch" ? [COMMITMENT_TYPES, item?.commitment] : [PLAN_TYPES, item?.plan];
  if (item === undefined || message === undefined) return false;
  return signatures.signerOf("auction", types, message, item) !== ZeroAddress;
}
