/** Which source feeds which server: the paper, sections 1 and 1.3. */
import type { Battery } from "./battery.ts";

/** Where a switch stands. */
export const Source = { off: 0, pv: 1, esd: 2, grid: 3 } as const;

/** Energy flows of one step, Wh. */
export interface Flows {
  /** From PV to servers. */
  directWh: number;
  /** From PV into the ESD. */
  chargeWh: number;
  /** From the ESD to servers. */
  dischargeWh: number;
  selfDischargeWh: number;
  /** From the grid to servers. */
  importWh: number;
  /** From PV to the grid. */
  exportWh: number;
  /** In the ESD after the step. */
  storedWh: number;
}

/** Up to this many servers the best filling is found exactly; above, the largest that fit are taken first. */
const EXACT = 12;

/** Less is nothing, Wh: far below what the books are kept to. */
const TINY = 1e-9;

/**
 * Switches each server to exactly one of PV, ESD or grid, and says what flows.
 *
 * PV is filled as full as possible first. What is left of it charges the ESD if that can take all of it, or if no server is
 * left over; otherwise the ESD feeds the servers that are left over, as many as it can, and what is left of the PV is exported.
 * (Charging and discharging never happen in the same step.) The rest of the servers is on the grid.
 *
 * @param loadsWh energy that each switch's consumers take in the step; 0 is off
 * @param sources receives each switch's {@link Source}
 * @param hours length of the step
 */
export function feed(
  loadsWh: Float64Array,
  sources: Uint8Array,
  pvWh: number,
  battery: Battery,
  storedWh: number,
  hours: number,
): Flows {
  let restWh = 0;
  for (let i = 0; i < loadsWh.length; i += 1) {
    const load = loadsWh[i] ?? 0;
    sources[i] = load > 0 ? Source.grid : Source.off;
    restWh += load;
  }
  const directWh = fill(loadsWh, sources, Source.pv, pvWh, restWh);
  restWh -= directWh;
  const spareWh = Math.max(0, pvWh - directWh);
  const acceptableWh = Math.min(spareWh, battery.acceptableWh(storedWh, hours));

  let chargeWh = 0;
  let dischargeWh = 0;
  if (restWh <= TINY || (spareWh > TINY && acceptableWh >= spareWh - TINY)) chargeWh = acceptableWh;
  else {
    const deliverableWh = battery.deliverableWh(storedWh, hours);
    dischargeWh = fill(loadsWh, sources, Source.esd, deliverableWh, restWh);
    if (dischargeWh === 0) chargeWh = acceptableWh;
  }
  return {
    directWh,
    chargeWh,
    dischargeWh,
    selfDischargeWh: battery.selfDischargeWh(storedWh, hours),
    importWh: Math.max(0, restWh - dischargeWh),
    exportWh: Math.max(0, spareWh - chargeWh),
    storedWh: battery.storedAfter(storedWh, chargeWh, dischargeWh, hours),
  };
}

/** What nobody feeds otherwise: everything comes from the grid, and all PV is exported. */
export function feedFromGrid(loadsWh: Float64Array, sources: Uint8Array, pvWh: number): Flows {
  let importWh = 0;
  for (let i = 0; i < loadsWh.length; i += 1) {
    const load = loadsWh[i] ?? 0;
    sources[i] = load > 0 ? Source.grid : Source.off;
    importWh += load;
  }
  return {
    directWh: 0,
    chargeWh: 0,
    dischargeWh: 0,
    selfDischargeWh: 0,
    importWh,
    exportWh: pvWh,
    storedWh: 0,
  };
}

/** Moves switches from the grid to `source` so that it is used as much as possible; returns how much, Wh. */
function fill(
  loadsWh: Float64Array,
  sources: Uint8Array,
  source: number,
  budgetWh: number,
  totalWh: number,
): number {
  if (budgetWh <= 0 || totalWh <= 0) return 0;
  const open: number[] = [];
  for (let i = 0; i < sources.length; i += 1) if (sources[i] === Source.grid) open.push(i);
  if (totalWh <= budgetWh + TINY) {
    for (const i of open) sources[i] = source;
    return totalWh;
  }
  open.sort((a, b) => (loadsWh[b] ?? 0) - (loadsWh[a] ?? 0) || a - b);
  const chosen =
    open.length <= EXACT ? fullest(loadsWh, open, budgetWh) : largestFirst(loadsWh, open, budgetWh);
  let used = 0;
  for (const i of chosen) {
    sources[i] = source;
    used += loadsWh[i] ?? 0;
  }
  return used;
}

/** The subset with the greatest sum within the budget; among equals the first in the order of search. */
function fullest(loadsWh: Float64Array, open: readonly number[], budgetWh: number): number[] {
  const suffix = new Float64Array(open.length + 1);
  for (let i = open.length - 1; i >= 0; i -= 1)
    suffix[i] = (suffix[i + 1] ?? 0) + (loadsWh[open[i] ?? 0] ?? 0);
  let best = 0;
  let bestSet = 0;
  const search = (i: number, sum: number, set: number): void => {
    if (sum > best) {
      best = sum;
      bestSet = set;
    }
    if (i === open.length || sum + (suffix[i] ?? 0) <= best) return;
    const load = loadsWh[open[i] ?? 0] ?? 0;
    if (sum + load <= budgetWh) search(i + 1, sum + load, set | (1 << i));
    search(i + 1, sum, set);
  };
  search(0, 0, 0);
  return open.filter((_, i) => (bestSet >> i) & 1);
}

function largestFirst(loadsWh: Float64Array, open: readonly number[], budgetWh: number): number[] {
  let left = budgetWh;
  return open.filter((i) => {
    const load = loadsWh[i] ?? 0;
    if (load > left) return false;
    left -= load;
    return true;
  });
}
