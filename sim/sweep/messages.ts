/** What a sweep and its worker processes say to each other. */
import type { Scenario } from "../scenario/schema.ts";

/** To a worker: run this. */
export interface Order {
  readonly scenario: Scenario;
  /** Whether to compute the bounds, which takes longer. */
  readonly bound: boolean;
  /** Paths of the files with rules that strategies are made of beside the built-in ones. */
  readonly rules: readonly string[];
}

/** From a worker: what the order came to. */
export type Answer =
  | { readonly strategies: unknown }
  | {
      /** What went wrong, in words. */
      readonly failure: string;
      /** Where in the code; absent if it is a person's to put right. */
      readonly stack?: string;
    };

/** What a worker's module exports as `run`. */
export type RunFunction = (
  scenario: Scenario,
  options: Pick<Order, "bound" | "rules">,
) => Promise<unknown>;
