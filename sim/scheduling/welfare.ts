/** What a matching of one slot's plans could be worth at most. */
import { WH_PER_KWH } from "../units.ts";

/** A plan's price and energy: a user's highest price and need, or a data centre's lowest price and what it sells. */
export interface PricedEnergy {
  readonly yuanPerKWh: number;
  readonly energyWh: number;
}

/**
 * The most Σ (bid − offer) · energy that a matching of these plans could reach, or more: the area between the falling
 * bids and the rising offers up to where they cross (merit order).
 *
 * It takes plans apart, serves a bid from several offers, and minds neither cores nor k; so no matching is worth more.
 * Without these, it is exactly reached.
 *
 * @returns yuan, 0 or more
 */
export function bestWelfare(
  bids: readonly PricedEnergy[],
  offers: readonly PricedEnergy[],
): number {
  const falling = [...bids].sort((a, b) => b.yuanPerKWh - a.yuanPerKWh);
  const rising = [...offers].sort((a, b) => a.yuanPerKWh - b.yuanPerKWh);
  let welfare = 0;
  let next = 0;
  let left = rising[0]?.energyWh ?? 0;
  for (const bid of falling) {
    let need = bid.energyWh;
    for (let offer = rising[next]; offer !== undefined && need > 0; offer = rising[next]) {
      const gain = bid.yuanPerKWh - offer.yuanPerKWh;
      // All further bids are lower, and all further offers higher.
      if (gain <= 0) return welfare;
      const energy = Math.min(need, left);
      welfare += (gain * energy) / WH_PER_KWH;
      need -= energy;
      left -= energy;
      if (left <= 0) {
        next += 1;
        left = rising[next]?.energyWh ?? 0;
      }
    }
  }
  return welfare;
}
