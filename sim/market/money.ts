/** Money from energy and price, rounded as the contracts round: what is locked up, what is paid down. */

/** Basis points of the whole. */
export const BPS = 10_000n;

/** Watt-hours in a kilowatt-hour. */
export const WH_PER_KWH = 1000n;

/** Highest reputation. */
export const MAX_REPUTATION = 10_000n;

/** Reputation of a participant that has done nothing yet. */
export const INITIAL_REPUTATION = 5000n;

const divideUp = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** Micro-yuan for `energy` Wh at `price` micro-yuan per kWh, rounded down. */
export const amountDown = (energy: bigint, price: bigint): bigint => (energy * price) / WH_PER_KWH;

/** Micro-yuan for `energy` Wh at `price` micro-yuan per kWh, rounded up. */
export const amountUp = (energy: bigint, price: bigint): bigint =>
  divideUp(energy * price, WH_PER_KWH);

/** `bps` basis points of `amount`, rounded up. */
export const bpsUp = (amount: bigint, bps: bigint): bigint => divideUp(amount * bps, BPS);

/** Micro-yuan for `done` of `total` core-seconds of work worth `energy` at `price`, rounded down. */
export const earnedDown = (energy: bigint, price: bigint, done: bigint, total: bigint): bigint =>
  (energy * price * done) / (total * WH_PER_KWH);

/** {@link earnedDown} of plain numbers, which is quicker; whole numbers below 2^53, as is what they give. */
export function earned(energy: number, price: number, done: number, total: number): number {
  const value = energy * price * done;
  if (value > Number.MAX_SAFE_INTEGER)
    return Number(earnedDown(BigInt(energy), BigInt(price), BigInt(done), BigInt(total)));
  const whole = total * Number(WH_PER_KWH);
  // The remainder is exact, and so is a quotient without one.
  return (value - (value % whole)) / whole;
}

/** `part / whole` of `amount`, rounded down. */
export const shareDown = (amount: bigint, part: bigint, whole: bigint): bigint =>
  (amount * part) / whole;

/** Wh that belong to `part` of `whole` core-seconds, rounded up. */
export const energyShareUp = (energy: bigint, part: bigint, whole: bigint): bigint =>
  divideUp(energy * part, whole);

/** Price of a trade: the offer's, and the seller's share of the spread, rounded down. */
export const tradePrice = (offer: bigint, bid: bigint, sellerShareBps: bigint): bigint =>
  offer + ((bid - offer) * sellerShareBps) / BPS;

/** Deposit of a participant with this reputation, basis points of the value at stake. */
export const depositBps = (
  reputation: bigint,
  parameters: { readonly minDepositBps: bigint; readonly maxDepositBps: bigint },
): bigint =>
  parameters.maxDepositBps -
  ((parameters.maxDepositBps - parameters.minDepositBps) * reputation) / MAX_REPUTATION;
