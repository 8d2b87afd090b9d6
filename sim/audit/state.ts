/** Compares everything that the contracts' views tell with the model, at one block. */
import { UserError } from "../errors.ts";
import { revertDataOf, type ChainLedger, type ViewName } from "../market/chainLedger.ts";
import { LedgerQueryError, type Address } from "../market/ledger.ts";
import type { LocalLedger } from "../market/localLedger.ts";
import type { Rpc } from "../market/rpc.ts";
import { requireSame } from "./difference.ts";

/** A question to a view. */
export type View = readonly [
  name: ViewName,
  ...args: readonly (bigint | string | readonly bigint[])[],
];

/** A question and the answer that follows from the rules; its field `isFinal`, which depends on the time, is not compared. */
export interface Expectation {
  readonly view: View;
  readonly expected: unknown;
}

/** What to compare with. */
export interface StateOptions {
  readonly rpc: Rpc;
  /** Encodes and decodes views; nothing is sent with it. */
  readonly views: ChainLedger;
  /** Block at which the views are asked. */
  readonly block: number;
  readonly onProgress?: (share: number, label: string) => void;
}

/** Views that are asked for together. */
const AT_ONCE = 1000;

/**
 * Compares the contracts' state with what it should be.
 *
 * @throws Difference at the first view that says something else
 * @throws UserError if the node does not know the state at the block
 */
export async function compareState(
  options: StateOptions,
  expectations: readonly Expectation[],
): Promise<void> {
  for (let from = 0; from < expectations.length; from += AT_ONCE) {
    const page = expectations.slice(from, from + AT_ONCE);
    await comparePage(options, page);
    const done = from + page.length;
    options.onProgress?.(done / expectations.length, `view ${done} of ${expectations.length}`);
  }
}

async function comparePage(
  { rpc, views, block }: StateOptions,
  page: readonly Expectation[],
): Promise<void> {
  const answers = await rpc(
    page.map(({ view: [name, ...args] }) => ({
      method: "eth_call",
      params: [views.encodeView(name, args), `0x${block.toString(16)}`],
    })),
  );
  for (const [i, { view, expected }] of page.entries()) {
    const answer = answers[i];
    const revertData = answer?.error === undefined ? undefined : revertDataOf(answer.error);
    if (answer?.error !== undefined && revertData === undefined)
      throw new UserError(
        `The node does not tell the contracts' state at block ${block}: ${answer.error.message}. ` +
          "An audit needs a node that still knows it when the history has been read; one that keeps all states (an archive node) does.",
      );
    const data = revertData ?? (answer?.result as string);
    const found = views.decodeView(view[0], { ok: revertData === undefined, data });
    requireSame(describeView(view), withoutTime(expected), withoutTime(found));
  }
}

const describeView = ([name, ...args]: View): string =>
  `state, ${name}(${args.map(String).join(", ")})`;

/** A node may answer at the time of the block or of the next one. */
function withoutTime(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null || !("isFinal" in answer)) return answer;
  return { ...answer, isFinal: undefined };
}

// ------------------------------------------------------------------ which views

/** What the views are asked about, besides what the ledger counts. */
export interface Subjects {
  /** Slots that anything happened in. */
  readonly slots: Iterable<bigint>;
  /** Wallets that called `clear`. */
  readonly rankers: Iterable<Address>;
  /** Grid operators' announcements: operator, and slot from which on it holds. */
  readonly tariffs: Iterable<readonly [operator: bigint, slot: bigint]>;
}

/** Everything that the views tell but what depends on the time or follows from the parameters alone, with what it should be. */
export async function expectationsOf(
  ledger: LocalLedger,
  { slots, rankers, tariffs }: Subjects,
): Promise<Expectation[]> {
  const views: View[] = [
    ["participants"],
    ["contracts"],
    ["transfers"],
    ["quoters"],
    ["operators"],
    ["paused"],
    ["penaltyPool"],
  ];
  const participants = await ledger.participants();
  const contracts = await ledger.contracts();
  const transfers = await ledger.transfers();
  for (let number = 1n; number <= participants; number += 1n)
    views.push(...(await viewsOfParticipant(ledger, number)));
  for (let id = 1n; id <= contracts; id += 1n)
    views.push(["contractOf", id], ["openCoreSeconds", id], ["handoverOf", id]);
  for (let id = 1n; id <= transfers; id += 1n) views.push(["transferOf", id]);
  for (const slot of slots) views.push(["bookOf", slot], ["beaconValueOf", slot]);
  for (const ranker of rankers) views.push(["rankingOf", ranker]);
  for (const [operator, slot] of tariffs) views.push(["pricesAt", operator, slot]);
  return Promise.all(views.map(async (view) => ({ view, expected: await ask(ledger, view) })));
}

async function viewsOfParticipant(ledger: LocalLedger, number: bigint): Promise<View[]> {
  const { id, wallet, certificate } = await ledger.identityOf(number);
  const { seller, count, slot } = await ledger.planOf(number);
  const views: View[] = [
    ["identityOf", number],
    ["participantOf", wallet],
    ["participantById", id],
    ["participantByCertificate", certificate],
    ["accountOf", number],
    ["reputationOf", number],
    ["planOf", number],
    ["siteOf", number],
    ["meterStateOf", number],
    ["quoteOf", number],
    ["chainOf", number],
  ];
  for (let i = 0n; i < count; i += 1n) views.push([seller ? "offerOf" : "bidOf", number, i]);
  views.push(["entriesOf", slot, [number]]);
  if (seller) views.push(["disposableEnergy", number, slot]);
  return views;
}

type Query = (...args: readonly unknown[]) => Promise<unknown>;

async function ask(ledger: LocalLedger, [name, ...args]: View): Promise<unknown> {
  try {
    return await (ledger[name] as Query).call(ledger, ...args);
  } catch (error) {
    if (error instanceof LedgerQueryError) return error;
    throw error;
  }
}
