/** A PV plant: from light on its panels to power behind its inverter. */

/** What the simulation knows of a plant; the section `plant` of a scenario. */
export interface Plant {
  readonly panels: number;
  /** Peak DC power of a panel, W, at 1,000 W/m². */
  readonly panelW: number;
  /** Rated AC power of the inverter, W. */
  readonly inverterW: number;
  readonly inverterEfficiency: number;
  /** Share of the DC power that is lost before the inverter. */
  readonly losses: number;
}

/** Irradiance at which panels give their peak power (IEC 60904-3), W/m². */
const STANDARD_WM2 = 1000;

/** Peak DC power of all panels, W. */
export const peakW = ({ panels, panelW }: Plant): number => panels * panelW;

/**
 * AC power that an inverter without a limit would give, W: PVWatts (Dobos, NREL/TP-6A20-62641) with one efficiency at
 * all loads, and heat among the losses instead of a temperature coefficient.
 *
 * @param irradiance on the plane of the panels, W/m²
 */
export function unclippedW(plant: Plant, irradiance: number): number {
  return (irradiance / STANDARD_WM2) * peakW(plant) * (1 - plant.losses) * plant.inverterEfficiency;
}

/** AC power of the plant, W, at most the inverter's rating: 8 panels of 240 W behind 1,200 W give at most 1.2 kW. */
export const acW = (plant: Plant, irradiance: number): number =>
  Math.min(plant.inverterW, unclippedW(plant, irradiance));
