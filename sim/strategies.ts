/** What is compared: the traditional reference, the paper's mechanisms one after the other, and rules of one's own. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import {
  byExpectedShare,
  byGridPrice,
  type PricingRule,
  type SaleOffer,
} from "./agents/pricing.ts";
import { UserError } from "./errors.ts";
import { parseStrategy, type BASES } from "./scenario/strategy.ts";
import { lookAhead } from "./scheduling/lookAhead.ts";
import { opportunistic, runNow, type Scheduler } from "./scheduling/scheduler.ts";

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
            : scheduler !== undefined && !(scheduler.horizonHours > 0)
              ? "a `scheduler` with a number of `horizonHours`"
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

/** Most offers in a plan: the contracts' limit. */
const MAX_OFFERS = 16;

/** Highest price that the contracts take, yuan per kWh: 2³² − 1 micro-yuan. */
const HIGHEST_PRICE = 4294;

/** Runs a part of a rule; its faults are told with the file that they come from. */
function inFile<T>(what: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UserError(
      `The ${what} of ${path} failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const guardedScheduler = (scheduler: Scheduler, path: string): Scheduler => ({
  name: scheduler.name,
  horizonHours: scheduler.horizonHours,
  defers: scheduler.defers,
  plan: (plan) =>
    inFile("scheduler", path, () => {
      const gap = scheduler.plan(plan);
      if (!Number.isFinite(gap)) throw new Error(`plan must return a number, not ${gap}`);
      return gap;
    }),
});

const guardedPricing = (pricing: PricingRule, path: string): PricingRule => ({
  name: pricing.name,
  offers: (view) =>
    inFile("pricing", path, () => {
      const offers = pricing.offers(view);
      checkOffers(offers, view.cores);
      return offers;
    }),
});

function checkOffers(offers: readonly SaleOffer[], most: number): void {
  if (offers.length > MAX_OFFERS)
    throw new Error(`at most ${MAX_OFFERS} offers, not ${offers.length}`);
  let promised = 0;
  for (const { priceYuanPerKWh: price, energyWh, cores } of offers) {
    promised += cores;
    if (!(price >= 0 && price <= HIGHEST_PRICE))
      throw new Error(`a price must be from 0 to ${HIGHEST_PRICE} yuan per kWh, not ${price}`);
    if (!(energyWh >= 1 && energyWh < 2 ** 32))
      throw new Error(`energy must be from 1 Wh to 2^32 Wh, not ${energyWh}`);
    if (!Number.isInteger(cores) || cores < 1)
      throw new Error(`cores must be a whole number from 1 on, not ${cores}`);
  }
  if (promised > most)
    throw new Error(`${promised} cores are offered where ${most} can be promised`);
}
