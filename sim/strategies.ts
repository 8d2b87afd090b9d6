/** What is compared: the traditional reference, and the paper's mechanisms one after the other. */
import { byExpectedShare, byGridPrice, type PricingRule } from "./agents/pricing.ts";
import { opportunistic, runNow, type Scheduler } from "./scheduling/scheduler.ts";

/** How all data centres of a run work. */
export interface Strategy {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly pricing: PricingRule;
  /** Whether they use their PV at all. */
  readonly usesPv: boolean;
  /** Whether they have their battery. */
  readonly esd: boolean;
  /** Whether they hand work over to each other. */
  readonly transfer: boolean;
}

/** The strategies that need no battery and no transfer; "+esd" and "+transfer" are added to their names. */
export const BASES: Readonly<Record<string, Pick<Strategy, "scheduler" | "pricing" | "usesPv">>> = {
  "grid-only": { scheduler: runNow, pricing: byGridPrice, usesPv: false },
  "contract-only": { scheduler: runNow, pricing: byExpectedShare, usesPv: true },
  opportunistic: { scheduler: opportunistic, pricing: byExpectedShare, usesPv: true },
};
