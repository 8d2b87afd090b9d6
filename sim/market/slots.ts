/** Slots and the windows of their auctions, as times. */
import type { Windows } from "./ledger.ts";
import type { MarketParameters } from "./parameters.ts";

/** Number of the slot that a Unix time belongs to. */
export function slotAt({ genesis, slotSeconds }: MarketParameters, time: bigint): bigint {
  return (time - genesis) / slotSeconds;
}

/** When a slot begins, Unix time. */
export function startOf({ genesis, slotSeconds }: MarketParameters, slot: bigint): bigint {
  return genesis + slot * slotSeconds;
}

/** When the windows of a slot's auction begin and end, Unix times, as the auction's `windowsOf` says. */
export function windowsOf(parameters: MarketParameters, slot: bigint): Windows {
  const commitFrom = startOf(parameters, slot - 1n);
  const revealFrom = commitFrom + parameters.commitSeconds;
  const clearFrom = revealFrom + parameters.revealSeconds;
  return { commitFrom, revealFrom, clearFrom, lapseFrom: startOf(parameters, slot + 1n) };
}

/** From when on a slot can be cleared even if operators of the beacon stay silent, Unix time. */
export function beaconEndOf(parameters: MarketParameters, slot: bigint): bigint {
  return windowsOf(parameters, slot).clearFrom + parameters.beaconSeconds;
}
