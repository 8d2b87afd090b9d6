/** The agents of a data centre's devices, which it asks and commands. */
import type { Battery } from "../physics/battery.ts";
import type { Forecaster } from "../physics/forecast.ts";
import { feed, type Flows } from "../physics/supply.ts";

/** A PV plant: what it will give. */
export class PvAgent {
  private readonly forecaster: Forecaster;

  constructor(forecaster: Forecaster) {
    this.forecaster = forecaster;
  }

  /** Forecasts the hours from `hour` on, Wh each. */
  forecast(hour: number, into: Float64Array): void {
    this.forecaster.forecastWh(hour, into);
  }
}

/** A battery: what it holds, can take and can give. */
export class EsdAgent {
  private readonly battery: Battery;
  private stored: number;

  constructor(battery: Battery, storedWh: number) {
    this.battery = battery;
    this.stored = storedWh;
  }

  /** What it can give in the next hour, Wh. */
  get deliverableWh(): number {
    return this.battery.deliverableWh(this.stored, 1);
  }

  /** Feeds a data centre's switches for a step, from its PV, the battery and the grid. */
  feed(loadsWh: Float64Array, sources: Uint8Array, pvWh: number, hours: number): Flows {
    const flows = feed(loadsWh, sources, pvWh, this.battery, this.stored, hours);
    this.stored = flows.storedWh;
    return flows;
  }
}
