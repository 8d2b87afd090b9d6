/** What a scenario's data centres have: servers, and a battery each. */
import { Battery, CHEMISTRIES, type Chemistry } from "./physics/battery.ts";
import { PowerCurve } from "./physics/server.ts";
import type { Scenario } from "./scenario/schema.ts";
import type { Strategy } from "./strategies.ts";
import { MB_PER_GB } from "./units.ts";

/** Energy that is sold with a core for an hour: a full server's, shared by its cores. */
export const whPerCoreHourOf = ({ server }: Scenario): number =>
  new PowerCurve(server.powerW).full / server.cores;

/** Memory that comes with a core, MB. */
export const memoryMbPerCoreOf = ({ server }: Scenario): number =>
  (server.memoryGb * MB_PER_GB) / server.cores;

/** The chemistry of a scenario's batteries. */
function chemistryOf({ battery }: Scenario): Chemistry {
  if (battery.chemistry !== "custom") return CHEMISTRIES[battery.chemistry];
  const known = CHEMISTRIES["lithium-ion"];
  return {
    depthOfDischarge: battery.depthOfDischarge ?? known.depthOfDischarge,
    chargeRatePerHour: battery.chargeRatePerHour ?? known.chargeRatePerHour,
    efficiency: battery.efficiency ?? known.efficiency,
    selfDischargePerDay: battery.selfDischargePerDay ?? known.selfDischargePerDay,
    dischargeToChargeRate: battery.dischargeToChargeRate ?? known.dischargeToChargeRate,
  };
}

/** The battery of each data centre; of no capacity if the strategy has none, or no PV to charge it from. */
export const batteryOf = (
  scenario: Scenario,
  { esd, usesPv }: Pick<Strategy, "esd" | "usesPv">,
): Battery => new Battery(esd && usesPv ? scenario.battery.capacityWh : 0, chemistryOf(scenario));
