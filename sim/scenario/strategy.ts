/** Names of strategies: what schedules the work, and what a data centre has beside it. */
import { UserError } from "../errors.ts";
import { nearest } from "./nearest.ts";

/** Schedulers that come with heliomarket, by the names that scenarios use. */
export const BASES = ["grid-only", "contract-only", "opportunistic", "look-ahead"] as const;

/** A strategy's name, taken apart. */
export interface StrategyParts {
  readonly name: string;
  /** The scheduler: one of {@link BASES}, or a name that the caller knows. */
  readonly base: string;
  /** Whether data centres use their batteries. */
  readonly esd: boolean;
  /** Whether data centres transfer orders. */
  readonly transfer: boolean;
}

/**
 * Takes a strategy's name apart: a base, then `+esd` or nothing, then `+transfer` or nothing.
 *
 * @param known further bases, such as a study's own schedulers
 * @throws UserError if there is no such strategy; the message has the list
 */
export function parseStrategy(name: string, known: readonly string[] = []): StrategyParts {
  const bases = [...BASES, ...known];
  const match = /^(?<base>.*?)(?<esd>\+esd)?(?<transfer>\+transfer)?$/s.exec(name)?.groups;
  const base = match?.["base"];
  if (base === undefined || !bases.includes(base)) {
    const all = bases.flatMap((known) =>
      ["", "+esd", "+transfer", "+esd+transfer"].map((end) => known + end),
    );
    const near = nearest(name.replace("+transfer+esd", "+esd+transfer"), all);
    const hint = near === undefined ? "." : `; did you mean "${near}"?`;
    throw new UserError(
      `"${name}" is no strategy${hint} There are ${bases.join(", ")}, each with nothing, ` +
        `+esd, +transfer or +esd+transfer after it.`,
    );
  }
  return {
    name,
    base,
    esd: match?.["esd"] !== undefined,
    transfer: match?.["transfer"] !== undefined,
  };
}
