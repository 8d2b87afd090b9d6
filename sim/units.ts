/**
 * Units. The simulator counts energy in Wh, power in W, time in seconds from the start of the run and money in yuan, as
 * floating point; the market counts energy in whole Wh, compute in core-seconds and money in whole micro-yuan, as integers.
 */

export const SECONDS_PER_HOUR = 3600;
export const HOURS_PER_DAY = 24;
export const WATTS_PER_KILOWATT = 1000;
/** Memory is counted in powers of two, as its makers and the job logs do. */
export const MB_PER_GB = 1024;
export const MICRO_YUAN_PER_YUAN = 1_000_000;

/** Whole micro-yuan, the market's unit of money, for an amount in yuan; rounded to the nearest. */
export const microYuan = (yuan: number): bigint => BigInt(Math.round(yuan * MICRO_YUAN_PER_YUAN));

/** Yuan for an amount in the market's unit; exact below 9 billion yuan. */
export const yuan = (microYuan: bigint): number => Number(microYuan) / MICRO_YUAN_PER_YUAN;
