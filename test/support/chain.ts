/** What tests of single contracts need of the chain: callers, times and markets that start at slot 0. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { AbiCoder, id, keccak256 } from "ethers";

import type { MarketAddresses } from "../../sim/market/deployment.ts";
import type { MarketParameters } from "../../sim/market/parameters.ts";
import { deployTestMarket, ethers, networkHelpers, type Market } from "./market.ts";

/** Time of the latest block, Unix seconds. */
export const latestTime = async (): Promise<bigint> => BigInt(await networkHelpers.time.latest());

/** A full hour, a day or more after the chain's present. */
export const nextGenesis = async (): Promise<bigint> =>
  ((await latestTime()) / 3600n + 25n) * 3600n;

/** Deploys a market whose slot 0 has just begun, whatever other tests did to the chain's time. */
export const deployAtGenesis = async (
  overrides: Partial<MarketParameters> = {},
  token?: string,
): Promise<Market> => deployTestMarket({ genesis: await nextGenesis(), ...overrides }, token);

/** The next block is at `time`. */
export const nextBlockAt = (time: bigint): Promise<void> =>
  networkHelpers.time.setNextBlockTimestamp(time);

/** The latest block is at `time`, so that views see it. */
export const mineAt = (time: bigint): Promise<void> => networkHelpers.time.increaseTo(time);

/** First second of a slot. */
export const startOf = (market: Market, slot: bigint): bigint =>
  market.parameters.genesis + slot * market.parameters.slotSeconds;

/** Calls as one of the market's own contracts. */
export async function asPart(
  market: Market,
  part: keyof MarketAddresses,
): Promise<HardhatEthersSigner> {
  const address = market.addresses[part];
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, 10n ** 20n);
  return ethers.getSigner(address);
}

/** The highest value of an unsigned integer of `bits` bits. */
export const maxUint = (bits: bigint): bigint => (1n << bits) - 1n;

/** Solidity's panic code for an arithmetic operation that overflows. */
export const OVERFLOW = 0x11;

/** Has the chain, and so its time, be after a suite what it was before. Called in a `describe`. */
export function leaveChainAsFound(): void {
  let snapshot: Awaited<ReturnType<typeof networkHelpers.takeSnapshot>>;
  before(async () => {
    snapshot = await networkHelpers.takeSnapshot();
  });
  after(() => snapshot.restore());
}

/** A beacon operator's hash chain. */
export interface HashChain {
  readonly anchor: string;
  /** The value of a slot. */
  readonly at: (slot: bigint) => string;
}

/** The hash chain of `length` values from `firstSlot` on that ends in the hash of `secret`. */
export function hashChain(secret: string, firstSlot: bigint, length: bigint): HashChain {
  const values = [id(secret)];
  for (let i = 0n; i < length; i += 1n) values.push(keccak256(values.at(-1)!));
  const anchor = values.pop()!;
  values.reverse();
  return {
    anchor,
    at: (slot) => {
      const value = values[Number(slot - firstSlot)];
      if (value === undefined) throw new Error(`The chain has no value for slot ${slot}.`);
      return value;
    },
  };
}

/** What an operator's value adds to a slot's. */
export const contributionOf = (operator: bigint, value: string): bigint =>
  BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["uint32", "bytes32"], [operator, value])));
