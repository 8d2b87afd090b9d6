/** Amounts, times and hashes as people read them. */
import { fixed, NBSP } from "../../sim/report/format.ts";
import type { Hex, MicroYuan, Seconds, Wei } from "../shared/api.ts";

export { fixed, NBSP, percent, plural, list } from "../../sim/report/format.ts";

/** What stands where there is nothing. */
export const NONE = "–";

const MICRO = 6;
const WEI = 18;

/** An integer in units of 10^−digits as a decimal, exact, with thousands separated and at least `least` decimals. */
function decimal(amount: string, digits: number, least: number): string {
  const value = BigInt(amount);
  const size = value < 0n ? -value : value;
  const whole = (size / 10n ** BigInt(digits)).toLocaleString("en-GB");
  const rest = (size % 10n ** BigInt(digits)).toString().padStart(digits, "0");
  const part = rest.replace(/0+$/, "").padEnd(least, "0");
  return `${value < 0n ? "\u2212" : ""}${whole}${part === "" ? "" : `.${part}`}`;
}

/** An amount of money in yuan, exact. */
export const yuan = (amount: MicroYuan): string => decimal(amount, MICRO, 2);

/** An amount of money as a plain number of yuan, for charts and bars. */
export const yuanNumber = (amount: MicroYuan): number => Number(amount) / 1e6;

/** A price in yuan per kWh, exact. */
export const price = (microYuan: number): string => decimal(String(microYuan), MICRO, 2);

/** Energy in kWh, exact to the Wh. */
export const kwh = (wh: number): string => fixed(wh / 1000, 3);

/** Core-seconds as core-hours. */
export const coreHours = (coreSeconds: number): string => fixed(coreSeconds / 3600, 2);

/** A fee in ether, exact; in gwei where it is small. */
export function fee(wei: Wei): string {
  const value = BigInt(wei);
  if (value === 0n) return "0";
  return value < 10n ** 15n
    ? `${decimal(wei, 9, 0)}${NBSP}gwei`
    : `${decimal(wei, WEI, 0)}${NBSP}ether`;
}

/** A whole number with its thousands separated. */
export const whole = (value: number | string): string =>
  typeof value === "number" ? fixed(value) : BigInt(value).toLocaleString("en-GB");

/** A moment of the chain, UTC, to the second. */
export const utc = (at: Seconds): string =>
  Number.isFinite(at) && Math.abs(at) < 8.64e12
    ? new Date(at * 1000).toISOString().slice(0, 19).replace("T", " ")
    : NONE;

/** A moment of the chain to the minute. */
export const utcMinute = (at: Seconds): string => utc(at).slice(0, 16);

/** A date of the chain. */
export const utcDate = (at: Seconds): string => utc(at).slice(0, 10);

/** A moment of the real world in the reader's own time zone. */
export const localTime = (iso: string): string =>
  new Date(iso).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** How long, in the largest unit that fits. */
export function duration(seconds: number): string {
  const units = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ] as const;
  for (const [size, name] of units) {
    if (seconds >= size)
      return `${fixed(seconds / size, seconds % size === 0 ? 0 : 1)}${NBSP}${name}`;
  }
  return `${fixed(seconds)}${NBSP}s`;
}

/** The two ends of a hash or an address. */
export const shortHex = (hex: Hex, ends = 6): string =>
  hex.length <= 2 * ends + 4 ? hex : `${hex.slice(0, ends + 2)}…${hex.slice(-ends)}`;

/** Words of a name in camel case: `dataCentre` as "data centre". */
export const words = (name: string): string =>
  name.replace(/[A-Z]+(?![a-z])|[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim();
