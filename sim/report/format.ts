/** Numbers as people read them. */

const MINUS = "\u2212";

/** A space at which no line breaks, between a number and its unit. */
export const NBSP = "\u00a0";

/** With thousands separated, so many decimals and a true minus sign; what rounds to zero has no sign. */
export function fixed(value: number, decimals = 0): string {
  const shown = new Intl.NumberFormat("en-GB", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay: "negative",
  }).format(value);
  return shown.replace("-", MINUS);
}

/** A gain or a loss, with its sign. */
export const signed = (value: number, decimals = 0): string => {
  const shown = fixed(value, decimals);
  return value > 0 && Number(value.toFixed(decimals)) !== 0 ? `+${shown}` : shown;
};

/** A share from 0 to 1 as a percentage. */
export const percent = (share: number, decimals = 1): string =>
  `${fixed(share * 100, decimals)}${NBSP}%`;

/** Text for one thing, or several. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${fixed(count)} ${count === 1 ? one : many}`;

/** Names one after another, with "and" before the last. */
export const list = (names: readonly string[]): string =>
  new Intl.ListFormat("en-GB", { type: "conjunction" }).format(names);
