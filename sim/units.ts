/**
 * Units. The simulator counts energy in Wh, power in W, time in seconds from the start of the run and money in yuan, as
 * floating point; the market counts energy in whole Wh, compute in core-seconds and money in whole micro-yuan, as integers.
 */

export const SECONDS_PER_MINUTE = 60;
export const SECONDS_PER_HOUR = 3600;
export const HOURS_PER_DAY = 24;
/** Instants are in milliseconds since 1970, as JavaScript counts them. */
export const MS_PER_SECOND = 1000;
export const MS_PER_MINUTE = SECONDS_PER_MINUTE * MS_PER_SECOND;
export const MS_PER_HOUR = SECONDS_PER_HOUR * MS_PER_SECOND;
export const MS_PER_DAY = HOURS_PER_DAY * MS_PER_HOUR;
export const WATTS_PER_KILOWATT = 1000;
export const WH_PER_KWH = 1000;
/** Memory is counted in powers of two, as its makers and the job logs do. */
export const MB_PER_GB = 1024;
export const MICRO_YUAN_PER_YUAN = 1_000_000;

/** Whole micro-yuan, the market's unit of money, for an amount in yuan; rounded to the nearest. */
export const microYuan = (yuan: number): bigint => BigInt(Math.round(yuan * MICRO_YUAN_PER_YUAN));

/** A price for the market, micro-yuan per kWh; at least 1, since the market takes nobody who pays or asks nothing. */
export const microPrice = (yuanPerKWh: number): bigint => {
  const price = microYuan(yuanPerKWh);
  return price > 0n ? price : 1n;
};

/** Yuan for an amount in the market's unit; exact below 9 billion yuan. */
export const yuan = (microYuan: bigint): number => Number(microYuan) / MICRO_YUAN_PER_YUAN;
