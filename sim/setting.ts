/** The market that a world is in: on a chain or in memory. */
import type { Address, Bytes32, Ledger, Plan } from "./market/ledger.ts";
import { BPS } from "./market/money.ts";
import { DEFAULT_PARAMETERS, type MarketParameters } from "./market/parameters.ts";
import type { Scenario } from "./scenario/schema.ts";

/** Slots before the run: one to announce tariffs in, one to commission sites in. */
export const SLOTS_BEFORE = 2;

/** A ledger whose time somebody moves. */
export interface Clock {
  advanceTo(time: bigint): void | Promise<void>;
}

/** A certificate as the registry knows it. */
export interface Certified {
  readonly fingerprint: Bytes32;
  /** Unix time. */
  readonly validUntil: bigint;
}

/** A market, and what a world needs to be in it. */
export interface Setting {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly parameters: MarketParameters;
  /** Slot in which the world is set up; hour 0 is {@link SLOTS_BEFORE} slots later. */
  readonly firstSlot: number;
  /** Enrols participants and registers sites. */
  readonly registrar: Address;
  /** Mints what participants pay with. */
  readonly issuer: Address;
  readonly vault: Address;
  /** Steps of work that a page of clearing is given; on a ledger without gas, as many as there are. */
  readonly pageWork: bigint;
  /** The commitment to a plan. */
  seal(plan: Plan): Bytes32;
  /** The wallet of a party, a new one for each. */
  walletOf(id: string): Address | Promise<Address>;
  certificateOf(id: string, wallet: Address, role: bigint): Certified | Promise<Certified>;
}

/** The rules of a scenario's market. */
export function parametersOf(scenario: Scenario): MarketParameters {
  const start = BigInt(Date.parse(scenario.start)) / 1000n;
  return {
    ...DEFAULT_PARAMETERS,
    genesis: start - BigInt(SLOTS_BEFORE) * DEFAULT_PARAMETERS.slotSeconds,
    drawAmong: BigInt(scenario.market.k),
    sellerShareBps: BigInt(Math.round(scenario.market.sellerShare * Number(BPS))),
  };
}
