/** Rules from a user's file, watched while they run: what they do wrong is told with file, hour and job, and what to do. */
import { inspect } from "node:util";

import type { PricingRule, SaleOffer } from "./agents/pricing.ts";
import { UserError } from "./errors.ts";
import { jobName, type Job } from "./scheduling/rack.ts";
import type { HourPlan, Scheduler } from "./scheduling/scheduler.ts";

/** Most offers in a plan: the contracts' limit. */
const MAX_OFFERS = 16;

/** Highest price that the contracts take, yuan per kWh: 2³² − 1 micro-yuan. */
const HIGHEST_PRICE = 4294;

/** What a rule may read of a job and not write; where it is placed, the rack notes. */
const READ_ONLY = [
  "cores",
  "memoryMb",
  "priority",
  "deadlineHour",
  "remaining",
  "started",
  "running",
  "waited",
] as const;

/** A scheduler whose faults are `UserError`s that name `path`, its file. */
export const guardedScheduler = (scheduler: Scheduler, path: string): Scheduler => ({
  name: scheduler.name,
  horizonHours: scheduler.horizonHours,
  defers: scheduler.defers,
  plan: (plan) =>
    inFile("scheduler", path, plan.hour, () => {
      const before = plan.jobs.map((job) => ({ ...job }));
      // Lists of its own, which it may sort or write to.
      const own = { ...plan, ahead: plan.ahead.slice(), jobs: [...plan.jobs] };
      const gap = scheduler.plan(own);
      if (!Number.isFinite(gap)) throw new Error(`plan must return a number, not ${gap}`);
      checkJobs(plan, before);
      return gap;
    }),
});

/** A pricing rule whose faults are `UserError`s that name `path`, its file. */
export const guardedPricing = (pricing: PricingRule, path: string): PricingRule => ({
  name: pricing.name,
  offers: (view) =>
    inFile("pricing", path, view.hour, () => {
      // Typed, but a file's types are not checked when it is loaded.
      const offers: unknown = pricing.offers(view);
      requireOffers(offers);
      checkOffers(offers, view.cores);
      return offers;
    }),
});

/** Runs a part of a rule; its faults are told with the file that they come from. */
function inFile<T>(what: string, path: string, hour: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UserError(
      `The ${what} of ${path} failed in hour ${hour}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** @param before the jobs as they were given to the rule */
function checkJobs({ jobs, rack }: HourPlan, before: readonly Job[]): void {
  for (const [i, job] of jobs.entries()) {
    const written = READ_ONLY.find((field) => job[field] !== before[i]?.[field]);
    if (written !== undefined)
      throw new Error(
        `${jobName(job)} had its \`${written}\` changed from ${String(before[i]?.[written])} to ${String(job[written])}; ` +
          "only read it, and keep notes in variables of your own",
      );
    if (job.placed !== rack.placed.includes(job))
      throw new Error(
        `${jobName(job)} had its \`placed\` changed; only rack.place and rack.remove may`,
      );
    if (job.placed && rack.serverOf(job) !== job.server)
      throw new Error(
        `${jobName(job)} had its \`server\` changed; only rack.place may, with the server as its second argument`,
      );
    if (job.priority && job.running && !job.placed)
      throw new Error(
        `${jobName(job)} is priority work that was running, and is interrupted; ` +
          "call placeFirst(jobs, hour, rack) before placing anything else",
      );
  }
  const given = new Set(jobs);
  const foreign = rack.placed.find((job) => !given.has(job));
  if (foreign !== undefined)
    throw new Error(
      `${jobName(foreign)} is placed, but is none of \`jobs\`; place those themselves, not copies`,
    );
}

function requireOffers(offers: unknown): asserts offers is readonly SaleOffer[] {
  const isOffer = (offer: unknown): boolean => typeof offer === "object" && offer !== null;
  if (Array.isArray(offers) && Array.from(offers).every(isOffer)) return;
  throw new Error(
    `offers must return a list of offers, each { priceYuanPerKWh, energyWh, cores }, or an empty list, not ${inspect(offers, { compact: true })}`,
  );
}

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
