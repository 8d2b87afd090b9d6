/** What is compared: the traditional reference, the paper's mechanisms one after the other, and rules of one's own. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { byExpectedShare, byGridPrice, type PricingRule } from "./agents/pricing.ts";
import { UserError } from "./errors.ts";
import { guardedPricing, guardedScheduler } from "./guardedRules.ts";
import { parseStrategy, type BASES } from "./scenario/strategy.ts";
import { lookAhead } from "./scheduling/lookAhead.ts";
import { LONGEST_HORIZON, opportunistic, runNow, type Scheduler } from "./scheduling/scheduler.ts";

/** What a strategy's name begins with: how work is scheduled and priced. */
export interface Rules {
  readonly scheduler: Scheduler;
  readonly pricing: PricingRule;
  /** Whether data centres use their PV at all. */
  readonly usesPv: boolean;
}

/** How all data centres of a run work. */
export interface Strategy extends Rules {
  readonly name: string;
  /** Whether they have their battery. */
  readonly esd: boolean;
  /** Whether they hand work over to each other. */
  readonly transfer: boolean;
}

const BUILT_IN: Readonly<Record<(typeof BASES)[number], Rules>> = {
  "grid-only": { scheduler: runNow, pricing: byGridPrice, usesPv: false },
  "contract-only": { scheduler: runNow, pricing: byExpectedShare, usesPv: true },
  "look-ahead": { scheduler: lookAhead, pricing: byExpectedShare, usesPv: true },
  opportunistic: { scheduler: opportunistic, pricing: byExpectedShare, usesPv: true },
};

/** Rules from a file, and what they are called. */
export interface CustomRules extends Rules {
  readonly name: string;
}

/**
 * The strategy of a name.
 *
 * @param custom rules beside the built-in ones
 * @throws UserError if there is none
 */
export function strategyOf(name: string, custom: readonly CustomRules[] = []): Strategy {
  const parts = parseStrategy(
    name,
    custom.map((own) => own.name),
  );
  const rules =
    custom.find((own) => own.name === parts.base) ?? BUILT_IN[parts.base as keyof typeof BUILT_IN];
  const { scheduler, pricing, usesPv } = rules;
  return { name, scheduler, pricing, usesPv, esd: parts.esd, transfer: parts.transfer };
}

/**
 * Strategies of a run, with rules of one's own beside them: each that none of the strategies is made of runs with everything
 * that data centres can have.
 */
export const withOwn = (
  strategies: readonly string[],
  custom: readonly CustomRules[],
): readonly string[] => {
  const names = custom.map(({ name }) => name);
  const bases = strategies.map((strategy) => parseStrategy(strategy, names).base);
  const missing = names.filter((name) => !bases.includes(name));
  return [...strategies, ...missing.map((name) => `${name}+esd+transfer`)];
};

const isHorizon = (hours: unknown): boolean =>
  Number.isInteger(hours) && Number(hours) >= 1 && Number(hours) <= LONGEST_HORIZON;

/**
 * Loads rules from a TypeScript or JavaScript file. Its default export has a `name` and a `scheduler`, a `pricing` or both;
 * what is missing is as in `opportunistic`.
 *
 * @throws UserError if the file is not there, does not run, or exports something else
 */
export async function loadRules(path: string): Promise<CustomRules> {
  let exported: unknown;
  try {
    ({ default: exported } = (await import(pathToFileURL(resolve(path)).href)) as {
      default?: unknown;
    });
  } catch (error) {
    throw new UserError(
      `The strategy ${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const { name, scheduler, pricing } = (exported ?? {}) as Partial<CustomRules>;
  const wrong =
    typeof name !== "string" || !/^[a-z][a-z0-9-]*$/.test(name)
      ? "a `name` of lower-case letters, digits and hyphens"
      : name in BUILT_IN
        ? `a \`name\` that is not one of heliomarket's own, as "${name}" is`
        : scheduler !== undefined && typeof scheduler.plan !== "function"
          ? "a `scheduler` with a function `plan`"
          : pricing !== undefined && typeof pricing.offers !== "function"
            ? "a `pricing` with a function `offers`"
            : scheduler !== undefined && !isHorizon(scheduler.horizonHours)
              ? `a \`scheduler\` with whole \`horizonHours\` from 1 to ${LONGEST_HORIZON}`
              : scheduler === undefined && pricing === undefined
                ? "a `scheduler` or a `pricing`"
                : undefined;
  if (wrong !== undefined)
    throw new UserError(
      `The default export of ${path} lacks ${wrong}; docs/strategies.md shows one.`,
    );
  const rules = { ...BUILT_IN.opportunistic, ...(exported as CustomRules) };
  return {
    ...rules,
    ...(scheduler === undefined ? {} : { scheduler: guardedScheduler(scheduler, path) }),
    ...(pricing === undefined ? {} : { pricing: guardedPricing(pricing, path) }),
  };
}
