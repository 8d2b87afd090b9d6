/**
 * Makes every call of a market's past again, in the order of the chain, with the model of the market that knows nothing of the
 * contracts, and compares what each did.
 */
import type { MarketAddresses } from "../market/deployment.ts";
import {
  describeError,
  type Address,
  type LedgerEvent,
  type Outcome,
  type SkippedItem,
} from "../market/ledger.ts";
import { LocalLedger } from "../market/localLedger.ts";
import { depositBps } from "../market/money.ts";
import type { MarketParameters } from "../market/parameters.ts";
import { callOf, type CallContext } from "./calls.ts";
import { OUTSIDE, type MarketCall, type MarketCodec, type MarketEvent } from "./codec.ts";
import {
  compareContracts,
  compareEvents,
  compareSkipped,
  isOfTheModel,
  toldByChain,
  toldByModel,
  whereOf,
} from "./compare.ts";
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
    const isMarkets = ({ name }: LedgerEvent): boolean => name !== "Transfer";
    const expected = toldByModel(done).filter(isMarkets);
    if (!isSame(expected, toldByChain(transaction).filter(isMarkets)))
      throw this.unfollowable(transaction);
    await compareContracts(transaction, this.ledger);
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
      compareSkipped(transaction, call, skipped, this.options.codec, this.signatures);
      compareEvents(transaction, call, outcome.events);
      await compareContracts(transaction, this.ledger);
      await this.noteQuote(call, transaction.from);
    } catch (error) {
      throw this.explained(call, error);
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
