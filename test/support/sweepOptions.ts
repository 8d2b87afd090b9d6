/** A sweep that tests run: twelve runs, of which each takes a moment. */
export const SWEEP = {
  scenario: "small",
  sets: ["battery.capacityWh=0,500,1000", "market.k=1,3", "hours=150", "strategies=[grid-only]"],
  seeds: 2,
  module: new URL("./sweepRun.ts", import.meta.url).href,
  code: "1",
};
