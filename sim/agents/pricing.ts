/** What a data centre asks for the compute that it can sell. */
import type { Scenario } from "../scenario/schema.ts";

/** What a data centre knows when it makes its sale plan. */
export interface SaleView {
  /** Hour that is sold. */
  readonly hour: number;
  /** Cores that can be promised. */
  readonly cores: number;
  /** Energy that is sold with a core for an hour, Wh. */
  readonly whPerCoreHour: number;
  /** Sun expected over the scheduler's horizon that no contract has yet, with what the battery holds; Wh. */
  readonly surplusWh: number;
  /** What the data centre expects to sell over the same time, by what it sold before; Wh. */
  readonly expectedSalesWh: number;
  readonly prices: Scenario["prices"];
}

/** An offer before it is rounded for the market. */
export interface SaleOffer {
  readonly priceYuanPerKWh: number;
  readonly energyWh: number;
  readonly cores: number;
}

/** A rule that makes offers; at most sixteen. */
export interface PricingRule {
  readonly name: string;
  offers(view: SaleView): readonly SaleOffer[];
}

/** Longest work that is offered, hours: a week. */
const LONGEST = 168;

const oneOffer = (view: SaleView, cost: number): SaleOffer[] => [
  {
    priceYuanPerKWh: cost * (1 + view.prices.margin),
    energyWh: view.cores * view.whPerCoreHour * LONGEST,
    cores: view.cores,
  },
];

/** Marginal cost by the expected shares of sun and grid, and a margin. */
export const byExpectedShare: PricingRule = {
  name: "by-expected-share",
  offers(view) {
    const { pvYuanPerKWh, gridYuanPerKWh } = view.prices;
    // Of nothing that is sold yet, all that could be sold first is sun.
    const least = view.cores * view.whPerCoreHour;
    const share = Math.min(1, view.surplusWh / Math.max(view.expectedSalesWh, least));
    return oneOffer(view, share * pvYuanPerKWh + (1 - share) * gridYuanPerKWh);
  },
};

/** The grid's price and a margin. */
export const byGridPrice: PricingRule = {
  name: "by-grid-price",
  offers: (view) => oneOffer(view, view.prices.gridYuanPerKWh),
};
