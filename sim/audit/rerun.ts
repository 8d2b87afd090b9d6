/**
 * Makes every call of a market's past again, in the order of the chain, with the model of the market that knows nothing of the
 * contracts, and compares what each did.
 */
import { ZeroAddress } from "ethers";

import type { MarketAddresses } from "../market/deployment.ts";
import {
  describeError,
  type Address,
  type LedgerEvent,
  type LedgerValue,
  type Outcome,
  type SkippedItem,
} from "../market/ledger.ts";
import { LocalLedger } from "../market/localLedger.ts";
import { COMMITMENT_TYPES, PLAN_TYPES } from "../market/messages.ts";
import { depositBps } from "../market/money.ts";
import type { MarketParameters } from "../market/parameters.ts";
import { callOf, type CallContext } from "./calls.ts";
import { OUTSIDE, type MarketCall, type MarketCodec, type MarketEvent } from "./codec.ts";
import { Difference, isSame, requireSame } from "./difference.ts";
import { SlotCollector } from "./evidence.ts";
import type { MarketTransaction } from "./history.ts";
import { Roles, STAND_INS } from "./roles.ts";
import { Signatures } from "./signatures.ts";
import { checkSlot, type AuctionRules } from "./slot.ts";
import { Tokens } from "./tokens.ts";

/** What is fixed in the market that is audited. */
export interface RerunOptions {
  readonly parameters: MarketParameters;
  readonly addresses: MarketAddresses;
  readonly chainId: bigint;
  readonly codec: MarketCodec;
  /** Whether the settlement token is the market's own. */
  readonly ownToken: boolean;
}

/** What became of the transactions. */
export interface Tally {
  /** Went through, and did what they should. */
  confirmed: number;
  /** Were made by other contracts, with calls that stand in their calldata. */
  embedded: number;
  /** Failed, and should. */
  refused: number;
  /** Failed for reasons that are none of the market's: no gas left, coins sent along, malformed calldata, the token. */
  broken: number;
}

/** An item of a batch, as calldata holds it. */
interface SignedItem {
  readonly commitment?: object;
  readonly plan?: object;
  readonly r: string;
  readonly vs: string;
}

/** Highest number of a role. */
const LAST_ROLE = 6n;

/** The model of a market, made to do what the chain did. */
export class Rerun {
  /** The model. */
  readonly ledger: LocalLedger;
  readonly roles = new Roles();
  readonly tokens: Tokens;
  readonly slots = new SlotCollector();
  readonly signatures: Signatures;
  /** Deposit of each data centre's quote, basis points. */
  readonly quoteBps = new Map<bigint, bigint>();
  readonly tally: Tally = { confirmed: 0, embedded: 0, refused: 0, broken: 0 };
  private readonly options: RerunOptions;
  private readonly rules: AuctionRules;

  constructor(options: RerunOptions) {
    const { parameters, addresses, chainId, ownToken } = options;
    this.options = options;
    this.rules = { parameters, chainId, auction: addresses.auction };
    this.ledger = new LocalLedger({
      ...{ parameters, addresses, chainId, holders: STAND_INS, commitments: "digest", begin: 0n },
    });
    this.tokens = new Tokens(addresses.vault, ownToken);
    this.signatures = new Signatures(addresses, chainId);
  }

  /**
   * Makes a transaction's call again.
   *
   * @throws Difference if it did something else than it should have done
   */
  async take(transaction: MarketTransaction): Promise<void> {
    const { time, events } = transaction;
    this.ledger.advanceTo(time);
    for (const event of events) this.takeAuthority(event, transaction);
    this.slots.add(transaction);
    await this.repeat(transaction);
    this.tokens.take(transaction, this.roles);
  }

  /** Who manages access, and what the manager tells. */
  private takeAuthority(event: MarketEvent, { hash }: MarketTransaction): void {
    if (event.part === "authority") this.roles.take(event);
    if (event.name !== "AuthorityUpdated") return;
    const { authority } = this.options.addresses;
    requireSame(`access manager of ${event.part}`, authority, event.args["authority"], hash);
  }

  private async repeat(transaction: MarketTransaction): Promise<void> {
    const { part, calls, events } = transaction;
    const [call] = calls;
    const inMarket = part !== undefined && !OUTSIDE.includes(part);
    if (inMarket && call !== undefined) await this.repeatCall(transaction, call);
    else if (inMarket) this.requireFailed(transaction);
    else if (events.some((event) => isOfTheModel(event) && event.part !== "token"))
      await this.repeatEmbedded(transaction);
  }

  /** A call that a wallet sent to the market itself. */
  private async repeatCall(transaction: MarketTransaction, call: MarketCall): Promise<void> {
    const { ok } = transaction;
    if (!ok && this.isBroken(transaction, call)) {
      this.tally.broken += 1;
      return;
    }
    const outcome = await callOf(call, this.contextOf(transaction));
    if (outcome === undefined) this.requireIdle(transaction, call);
    else if (ok) await this.compare(transaction, call, outcome);
    else if (outcome.ok)
      throw this.differs(transaction, call, "a transaction that goes through", "one that failed");
    if (ok) this.tally.confirmed += 1;
    else this.tally.refused += 1;
  }

  /**
   * Calls that another contract made. Which ones it made is not public, but those in its calldata explain its events or do not.
   */
  private async repeatEmbedded(transaction: MarketTransaction): Promise<void> {
    const { calls, to, part, from } = transaction;
    // The access manager passes on what its caller may do.
    const sender = part === "authority" ? from : to;
    if (sender === null) throw this.unfollowable(transaction);
    const done: LedgerEvent[] = [];
    for (const call of calls) {
      const outcome = await callOf(call, this.contextOf({ ...transaction, from: sender }));
      if (outcome?.ok !== true) continue;
      done.push(...outcome.events);
      await this.noteQuote(call, sender);
    }
    // What tokens it moves besides is its own affair.
    const isMarkets = ({ name }: LedgerEvent): boolean => isTold({ name }) && name !== "Transfer";
    const found = transaction.events.filter(isOfTheModel).map(asLedgerEvent).filter(isMarkets);
    if (!isSame(done.filter(isMarkets), found)) throw this.unfollowable(transaction);
    await this.compareContracts(transaction);
    this.tally.embedded += 1;
  }

  /** Whether a transaction failed for a reason that is none of the market's rules. */
  private isBroken({ outOfGas, value }: MarketTransaction, call: MarketCall): boolean {
    const { codec, ownToken } = this.options;
    const enrolment = call.args["enrolment"] as { readonly role: bigint } | undefined;
    const noRole = enrolment !== undefined && enrolment.role > LAST_ROLE;
    const tokenMayRefuse = !ownToken && call.part === "vault";
    return outOfGas || value !== 0n || noRole || tokenMayRefuse || !codec.isCanonical(call);
  }

  private contextOf({ from, time, ok }: MarketTransaction): CallContext {
    const { ledger, signatures, roles, options } = this;
    return {
      ledger,
      from,
      signerOf: (part, types, message, signature) =>
        signatures.signerOf(part, types, message, signature),
      actorOf: (role, address) => roles.actorOf(role, address, time),
      fund: async (amount) => {
        if (!ok || amount === 0n) return;
        await ledger.mint(STAND_INS.issuer, from, amount);
        await ledger.approve(from, options.addresses.vault, amount);
      },
    };
  }

  /** What is no function of a contract fails. */
  private requireFailed({ ok, part, block, from, hash }: MarketTransaction): void {
    if (ok)
      throw new Difference(
        `block ${block}, call of no function of ${part ?? ""} by ${from}`,
        "one that fails",
        "success",
        hash,
      );
    this.tally.broken += 1;
  }

  /** Functions that are no participant's either answer a question or refuse everybody but the market. */
  private requireIdle(transaction: MarketTransaction, call: MarketCall): void {
    if (!transaction.ok || (call.isView && transaction.events.length === 0)) return;
    throw this.differs(transaction, call, "a refusal: only the market may call it", "success");
  }

  private async compare(
    transaction: MarketTransaction,
    call: MarketCall,
    outcome: Outcome<unknown>,
  ): Promise<void> {
    if (!outcome.ok) {
      const expected = `a refusal with ${describeError(outcome.error)}`;
      throw this.differs(transaction, call, expected, "success");
    }
    const skipped = Array.isArray(outcome.value) ? (outcome.value as SkippedItem[]) : [];
    try {
      this.compareSkipped(transaction, call, skipped);
      this.compareEvents(transaction, call, outcome.events);
      await this.compareContracts(transaction);
      await this.noteQuote(call, transaction.from);
    } catch (error) {
      throw this.explained(call, error);
    }
  }

  private compareEvents(
    transaction: MarketTransaction,
    call: MarketCall,
    expected: readonly LedgerEvent[],
  ): void {
    const found = transaction.events.filter(isOfTheModel).map(asLedgerEvent);
    const wanted = expected.filter(isTold);
    for (let i = 0; i < Math.max(found.length, wanted.length); i += 1) {
      const [a, b] = [wanted[i], found[i]];
      if (isSame(a, b)) continue;
      const where = `${whereOf(transaction, call)}, event ${i + 1}`;
      if (a?.name !== b?.name)
        throw new Difference(where, describeEvent(a), describeEvent(b), transaction.hash);
      requireSame(`${where}, ${a?.name ?? ""}`, a?.args, b?.args, transaction.hash);
    }
  }

  /** The items of a batch that were left out, and why. */
  private compareSkipped(
    transaction: MarketTransaction,
    call: MarketCall,
    expected: readonly SkippedItem[],
  ): void {
    const found = transaction.events
      .filter(({ name, part }) => name === "Skipped" && part === "auction")
      .map(({ args }) => ({
        index: args["index"] as bigint,
        error: this.options.codec.decodeError(args["reason"] as string),
      }));
    const where = `${whereOf(transaction, call)}, items skipped`;
    const indices = (items: readonly SkippedItem[]): string =>
      items.map(({ index }) => index).join(", ") || "none";
    if (indices(expected) !== indices(found))
      throw new Difference(where, indices(expected), indices(found), transaction.hash);
    for (const [i, item] of expected.entries()) {
      const reason = found[i]?.error;
      // The contract looks at the signature first; the model, which is only told who signed, refuses nobody's later.
      if (reason?.name.startsWith("ECDSA") && !this.isSigned(call, item.index)) continue;
      requireSame(`${where}, item ${item.index}`, item.error, reason, transaction.hash);
    }
  }

  /** Whether an item of a batch has a signature that is one. */
  private isSigned({ name, args }: MarketCall, index: bigint): boolean {
    const item = (args["batch"] as unknown as readonly SignedItem[])[Number(index)];
    const [types, message] =
      name === "commitBatch" ? [COMMITMENT_TYPES, item?.commitment] : [PLAN_TYPES, item?.plan];
    if (item === undefined || message === undefined) return false;
    return this.signatures.signerOf("auction", types, message, item) !== ZeroAddress;
  }

  /** The packed words of the supply book's events. */
  private async compareContracts({ events, hash }: MarketTransaction): Promise<void> {
    for (const { name, args, part } of events) {
      if (part !== "supply" || (name !== "Signed" && name !== "Delivered")) continue;
      const contractId = args["contractId"] as bigint;
      const contract = (await this.ledger.contractOf(contractId)) as unknown as Record<
        string,
        LedgerValue
      >;
      const { terms = {}, progress = {} } = args;
      for (const [field, found] of Object.entries({
        ...(terms as object),
        ...(progress as object),
      }))
        requireSame(
          `contract ${contractId}, event ${name}, ${field}`,
          contract[field],
          found,
          hash,
        );
    }
  }

  /** A quote's deposit follows from the reputation of the moment. */
  private async noteQuote({ name }: MarketCall, from: Address): Promise<void> {
    if (name !== "quote") return;
    const participant = await this.ledger.participantOf(from);
    const reputation = await this.ledger.reputationOf(participant);
    this.quoteBps.set(participant, depositBps(reputation, this.options.parameters));
  }

  /** A difference in a clearing is best told by the check of the slot. */
  private explained(call: MarketCall, error: unknown): unknown {
    if (call.part !== "auction" || call.name !== "clear") return error;
    const evidence = this.slots.evidenceOf(call.args["slot"] as bigint);
    return checkSlot(evidence, this.rules).difference ?? error;
  }

  private differs(
    transaction: MarketTransaction,
    call: MarketCall,
    expected: string,
    found: string,
  ): Difference {
    return new Difference(whereOf(transaction, call), expected, found, transaction.hash);
  }

  private unfollowable({ hash, to, block, events }: MarketTransaction): Difference {
    const names = [...new Set(events.map(({ name }) => name))].join(", ");
    return new Difference(
      `block ${block}, call of the market through ${to ?? "the creation of a contract"}`,
      "calls in its calldata that explain the events",
      `${names}, which they do not`,
      hash,
    );
  }
}

/** Where a transaction is, in words. */
const whereOf = ({ block, from }: MarketTransaction, { part, name }: MarketCall): string =>
  `block ${block}, ${part}.${name} by ${from}`;

/** Events that the market's rules lead to, as far as the model tells them. */
function isOfTheModel({ part, name }: MarketEvent): boolean {
  if (part === "token") return name === "Transfer";
  return !OUTSIDE.includes(part) && name !== "Skipped" && name !== "AuthorityUpdated";
}

/** What the model tells of a transaction, without the approvals that fund a deposit. */
const isTold = ({ name }: Pick<LedgerEvent, "name">): boolean => name !== "Approval";

/** As the model tells events: without packed words. */
function asLedgerEvent({ part, name, args }: MarketEvent): LedgerEvent {
  if (part === "token") {
    const [from = "", to = "", value = 0n] = Object.values(args);
    return { name, args: { from, to, value } };
  }
  return {
    name,
    args: Object.fromEntries(
      Object.entries(args).filter(([field]) => field !== "terms" && field !== "progress"),
    ),
  };
}

function describeEvent(event: LedgerEvent | undefined): string {
  if (event === undefined) return "no event";
  return describeError({ name: event.name, args: Object.values(event.args) });
}
