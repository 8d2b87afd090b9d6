/** What a chart of the console shows, beside what is drawn of it. */
import type { Panel } from "../../../sim/report/panel.ts";
import type { Seconds } from "../../shared/api.ts";

/** A panel, and how its values are said. */
export interface ReadPanel extends Panel {
  readonly unit: string;
  readonly decimals: number;
}

/** A piece of a chart's time axis. */
export interface TimedSlot {
  readonly slot: number;
  readonly timestamp: Seconds;
}
