/**
 * Property 10 of the market: its model in TypeScript, fed the same calls, has the same state after every call.
 *
 * `HELIOMARKET_CALLS` sets how many calls are made in all, `HELIOMARKET_SEED` what they are; a failure prints both.
 */
import { expect } from "chai";

import type { View } from "../../sim/audit/state.ts";
import type { LedgerValue, Outcome } from "../../sim/market/ledger.ts";
import type { MarketParameters } from "../../sim/market/parameters.ts";
import { Random } from "../../sim/random.ts";
import { baseSeed } from "../support/seed.ts";
import { RandomCalls } from "../support/randomCalls.ts";
import { show, Twin, type Call } from "../support/twin.ts";

const CALLS = Number(process.env["HELIOMARKET_CALLS"] ?? 20_000);
const SEED = baseSeed();

/** Markets of different rules; each is played by a share of the calls. */
const MARKETS: Partial<MarketParameters>[] = [
  { lateReadingSlots: 2n },
  { lateReadingSlots: 1n, drawAmong: 1n, sellerShareBps: 0n, minDepositBps: 0n, maxDepositBps: 0n },
  { lateReadingSlots: 3n, drawAmong: 8n, sellerShareBps: 10_000n, maxDepositBps: 10_000n },
  {
    lateReadingSlots: 2n,
    slotSeconds: 600n,
    commitSeconds: 300n,
    revealSeconds: 180n,
    beaconSeconds: 120n,
    sellerShareBps: 3333n,
    minDepositBps: 777n,
    maxDepositBps: 3333n,
    buyerBond: 0n,
    defaultReputationFall: 2500n,
    unopenedReputationFall: 1999n,
    reputationPerKWh: 400n,
    maxReputationRise: 1500n,
  },
];

const PARTICIPANTS = new Set(
  "participant from to buyer seller first target dataCentre operator executor gridOperator networkOperator".split(
    " ",
  ),
);

/** How often everything happened. */
class Tally {
  readonly counts = new Map<string, number>();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  toString(): string {
    return [...this.counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  }
}

/** What a successful call can have touched, by the events that it told. */
class Touched {
  readonly participants = new Set<bigint>();
  readonly contracts = new Set<bigint>();
  readonly transfers = new Set<bigint>();
  readonly slots = new Set<bigint>();
  readonly wallets = new Set<string>();

  add(field: string, value: LedgerValue): void {
    if (Array.isArray(value)) {
      for (const item of value) this.add(field, item as LedgerValue);
    } else if (typeof value === "object") {
      for (const [name, item] of Object.entries(value)) this.add(name, item);
    } else if (typeof value === "string") {
      if (value.length === 42) this.wallets.add(value);
    } else if (typeof value === "bigint") {
      if (PARTICIPANTS.has(field)) this.participants.add(value);
      if (field === "contractId" || field === "returning") this.contracts.add(value);
      if (field === "transferId") this.transfers.add(value);
      if (field === "slot") this.slots.add(value);
    }
  }
}

/** One market, played with random calls. */
class Play {
  readonly twin: Twin;
  readonly calls: RandomCalls;
  readonly outcomes: Tally;
  readonly events: Tally;
  /** Contracts and transfers that have changed since everything was compared. */
  private readonly changed = new Touched();
  private slot = 0n;

  constructor(twin: Twin, random: Random, operators: number, outcomes: Tally, events: Tally) {
    this.twin = twin;
    this.calls = new RandomCalls(twin, random, operators);
    this.outcomes = outcomes;
    this.events = events;
  }

  async step(): Promise<void> {
    const time = this.calls.nextTime();
    const call = await this.calls.next();
    let outcome: Outcome<unknown>;
    try {
      outcome = await this.twin.call(call, time);
      await this.twin.compare(await this.viewsAfter(call, outcome));
      const { genesis, slotSeconds } = this.twin.parameters;
      const slot = (time - genesis) / slotSeconds;
      if (slot !== this.slot) {
        this.slot = slot;
        await this.compareAll();
      }
    } catch (error) {
      if (error instanceof Error) error.message = `${show(call)} at ${time}\n${error.message}`;
      throw error;
    }
    this.calls.note(outcome);
    this.outcomes.add(outcome.ok ? `${call.name} ok` : `${call.name} ${outcome.error.name}`);
    if (!outcome.ok) {
      this.outcomes.add(outcome.error.name);
      return;
    }
    for (const { name } of outcome.events) this.events.add(name);
    if (Array.isArray(outcome.value)) {
      for (const item of outcome.value as { error: { name: string } }[]) {
        this.outcomes.add(item.error.name);
        this.events.add("Skipped");
      }
    }
  }

  /** Compares everything that there is. */
  async compareAll(complete = false): Promise<void> {
    const { local } = this.twin;
    const views: View[] = [
      ["participants"],
      ["contracts"],
      ["transfers"],
      ["quoters"],
      ["operators"],
    ];
    views.push(["paused"], ["penaltyPool"], ["currentSlot"]);
    for (const wallet of this.calls.senders) {
      views.push(["participantOf", wallet], ["balanceOf", wallet], ["rankingOf", wallet]);
    }
    const { vault } = this.twin.addresses;
    views.push(["balanceOf", vault]);
    const count = await local.participants();
    for (let number = 0n; number <= count + 1n; number += 1n) {
      views.push(...(await this.viewsOf(number)), ["identityOf", number], ["siteOf", number]);
      views.push(
        ["isFinal", number, this.slot > 0n ? this.slot - 1n : 0n],
        ["pricesAt", number, this.slot],
      );
      if (number === 0n || number > count) continue;
      const { id, certificate, wallet } = await local.identityOf(number);
      views.push(["participantById", id], ["participantByCertificate", certificate]);
      views.push(["nonces", wallet], ["allowance", wallet, vault]);
    }
    for (let slot = this.slot < 3n ? 0n : this.slot - 3n; slot <= this.slot + 2n; slot += 1n) {
      views.push(["bookOf", slot], ["windowsOf", slot], ["beaconValueOf", slot]);
    }
    views.push(["cheapestQuote", 1n, 1n, this.slot, 0n, 0n, 0n, 100n]);
    views.push(["cheapestQuote", 4000n, 4n, this.slot + 1n, 2n, 7n, 1n, 2n]);
    const { contracts, transfers } = this.changed;
    if (complete) {
      for (let i = 0n; i <= (await local.contracts()); i += 1n) contracts.add(i);
      for (let i = 0n; i <= (await local.transfers()); i += 1n) transfers.add(i);
    }
    for (const id of contracts) views.push(...viewsOfContract(id));
    for (const id of transfers) views.push(["transferOf", id]);
    contracts.clear();
    transfers.clear();
    await this.twin.compare(views);
  }

  private async viewsAfter(call: Call, outcome: Outcome<unknown>): Promise<View[]> {
    const { local } = this.twin;
    const views: View[] = [["penaltyPool"]];
    const touched = new Touched();
    touched.wallets.add(call.from);
    touched.slots.add(this.slot + 1n);
    if (outcome.ok) {
      for (const { args } of outcome.events) touched.add("", args);
    }
    for (const wallet of touched.wallets) {
      views.push(["participantOf", wallet]);
      if (outcome.ok) views.push(["balanceOf", wallet]);
      try {
        touched.participants.add(await local.participantOf(wallet));
      } catch {
        // It belongs to nobody.
      }
    }
    for (const number of touched.participants) views.push(...(await this.viewsOf(number)));
    const count = outcome.ok ? await local.participants() : 0n;
    for (let number = 1n; number <= count; number += 1n) {
      if (!touched.participants.has(number)) views.push(["accountOf", number]);
    }
    for (const slot of touched.slots) views.push(["bookOf", slot]);
    for (const id of touched.contracts) {
      views.push(...viewsOfContract(id));
      this.changed.contracts.add(id);
    }
    for (const id of touched.transfers) {
      views.push(["transferOf", id]);
      this.changed.transfers.add(id);
    }
    if (call.name === "clear" || call.name === "discardRanking") {
      views.push(["rankingOf", call.from]);
    }
    return views;
  }

  private async viewsOf(number: bigint): Promise<View[]> {
    const { local } = this.twin;
    const views: View[] = [
      ["accountOf", number],
      ["reputationOf", number],
      ["planOf", number],
      ["meterStateOf", number],
      ["quoteOf", number],
      ["chainOf", number],
    ];
    const { seller, count, slot } = await local.planOf(number);
    for (let i = 0n; i < count; i += 1n) views.push([seller ? "offerOf" : "bidOf", number, i]);
    views.push(["entriesOf", slot, [number]]);
    if (seller) views.push(["disposableEnergy", number, slot]);
    return views;
  }
}

/** Errors in the contracts' ABIs that no call here ends with, and why. Each has a test of its own elsewhere if it can occur. */
const UNREACHED: Readonly<Record<string, string>> = {
  AccessManagedInvalidAuthority: "the authority does not change",
  AccessManagedRequiredDelay: "no role has a delay",
  BatchOutOfGas: "the model knows no gas",
  BeforeGenesis: "the market's time has begun",
  CheckpointUnorderedInsertion: "LaterTariffExists comes before it",
  ECDSAInvalidSignature: "the model takes signers at their word, and so needs one",
  ECDSAInvalidSignatureLength: "the model takes signers at their word, and so needs one",
  ECDSAInvalidSignatureS: "the model takes signers at their word, and so needs one",
  ERC20InvalidApprover: "nobody sends from the address zero",
  ERC20InvalidSender: "nobody sends from the address zero",
  ERC2612ExpiredSignature: "a deposit goes on without the permit",
  ERC2612InvalidSigner: "a deposit goes on without the permit",
  InsufficientLock: "the market never asks for that",
  InvalidAccountNonce: "no function with a nonce in its arguments exists",
  InvalidShortString: "names of domains are constants",
  NotMarket: "functions for the market's own contracts are not calls of the ledger",
  ReentrancyGuardReentrantCall: "the token calls nobody",
  SafeERC20FailedOperation: "the token reverts",
  StringTooLong: "names of domains are constants",
};

/** How often the short run meets what takes many calls to reach, at least. */
const DEEP: Readonly<Record<string, number>> = {
  Cleared: 100,
  Signed: 500,
  Unmatched: 400,
  Skipped: 800,
  PlanDropped: 8,
  PlanPunished: 100,
  PlanWithdrawn: 40,
  BondReleased: 50,
  Delivered: 500,
  ReadingContinued: 100,
  ReadingsMissed: 40,
  TabChanged: 500,
  Fulfilled: 200,
  Expired: 150,
  Taken: 200,
  Executed: 150,
  HandedBack: 40,
  Repaid: 25,
  ReturnClosed: 15,
  TransferDefaulted: 80,
  DebtSettled: 50,
  TransferClosed: 200,
  Enrolled: 150,
  Rotated: 60,
  Revoked: 60,
  ChainRetired: 1,
  OperatorSlashed: 20,
  ValueOpened: 20,
};

/** The calls that the counts in {@link DEEP} are for. */
const SHORT_RUN = 20_000;

const viewsOfContract = (id: bigint): View[] => [
  ["contractOf", id],
  ["handoverOf", id],
  ["openCoreSeconds", id],
  ["handedOverCoreSeconds", id],
];

describe("The market and its model", function () {
  this.timeout(0);

  const outcomes = new Tally();
  const events = new Tally();
  let errorNames: readonly string[] = [];

  for (const [index, parameters] of MARKETS.entries()) {
    const calls = Math.ceil(CALLS / MARKETS.length);
    const seed = `${SEED} ${index}`;

    it(`have the same state after each of ${calls} calls, market ${index}`, async () => {
      const twin = await Twin.create(parameters);
      errorNames = twin.errorNames;
      const play = new Play(twin, new Random(seed), index === 1 ? 9 : 2, outcomes, events);
      await play.calls.begin();
      for (let i = 0; i < calls; i += 1) {
        try {
          await play.step();
        } catch (error) {
          if (error instanceof Error) {
            error.message = `HELIOMARKET_SEED="${SEED}" HELIOMARKET_CALLS=${CALLS} market ${index} call ${i}: ${error.message}`;
          }
          throw error;
        }
      }
      await play.compareAll(true);
    });
  }

  it("have met every error that they can, and every deep state often", () => {
    console.log(`      seed ${SEED}, ${String(CALLS)} calls`);
    console.log(`      outcomes: ${outcomes.toString()}`);
    console.log(`      events: ${events.toString()}`);
    // A shorter run, for replaying, need not reach everything.
    if (CALLS < SHORT_RUN) return;
    const missing = errorNames.filter((name) => outcomes.of(name) === 0 && !(name in UNREACHED));
    expect(missing, "errors that did not occur").to.deep.equal([]);
    const rare = Object.entries(DEEP).filter(([name, count]) => events.of(name) < count);
    expect(rare, "states that were not reached often enough").to.deep.equal([]);
  });
});
