/** Series of PV output in tests. */
import type { PvSeries } from "../../sim/physics/series.ts";
import { SECONDS_PER_HOUR, WH_PER_KWH } from "../../sim/units.ts";

/** Energy of a series, kWh. */
export const kWhOf = ({ watts, stepSeconds }: PvSeries): number =>
  (watts.reduce((a, b) => a + b, 0) * stepSeconds) / SECONDS_PER_HOUR / WH_PER_KWH;
