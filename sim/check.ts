/** What holds in every run: the balance of energy in each row, and that no money appears or vanishes. */
import type { Battery } from "./physics/battery.ts";
import type { HourlyRow } from "./report/results.ts";
import { MICRO_YUAN_PER_YUAN } from "./units.ts";

/** How exactly energies balance, Wh. */
const EXACT_WH = 1e-6;

/** Something that must hold in every run does not. */
export class CheckError extends Error {
  override readonly name = "CheckError";
}

/** What a participant's account gained over the run, micro-yuan. */
export interface Gain {
  readonly id: string;
  readonly gained: bigint;
}

/** The participants' gains by what they are, and what is in the penalty pool at the end. */
export interface Gains {
  readonly users: readonly Gain[];
  readonly dataCentres: readonly Gain[];
  readonly grids: readonly Gain[];
  readonly network: Gain;
  readonly penaltyPool: bigint;
  /** What is still locked somewhere. */
  readonly locked: bigint;
}

/**
 * Checks the energies of rows that are in the order of data centres and hours.
 *
 * @param battery of each data centre; without one, energy is neither stored nor given back
 * @param singleStep whether an hour is one step, so that the ESD either charges or discharges in it
 * @throws CheckError that names the first row and what does not balance
 */
export function checkEnergy(
  rows: readonly HourlyRow[],
  battery: Battery,
  initialWh: number,
  singleStep: boolean,
): void {
  let dc: string | undefined;
  let stored = 0;
  for (const row of rows) {
    if (row.dc !== dc) {
      dc = row.dc;
      stored = initialWh;
    }
    const balance = (what: string, left: number, right: number): void => {
      if (Math.abs(left - right) > EXACT_WH)
        fail(row, `${what}: ${left.toString()} Wh is not ${right.toString()} Wh`);
    };
    balance(
      "pv = direct + charge + export",
      row.pv_wh,
      row.direct_wh + row.charge_wh + row.export_wh,
    );
    balance(
      "load = direct + discharge + import",
      row.load_wh,
      row.direct_wh + row.discharge_wh + row.import_wh,
    );
    balance(
      "Δstored = σ·charge − discharge − self-discharge",
      row.stored_wh - stored,
      battery.efficiency * row.charge_wh - row.discharge_wh - row.self_discharge_wh,
    );
    for (const [name, value] of Object.entries(row) as [string, unknown][]) {
      if (name === "gap_wh" || typeof value !== "number") continue;
      if (!(value >= -EXACT_WH)) fail(row, `${name} is ${value.toString()}`);
    }
    if (row.stored_wh > battery.usableWh + EXACT_WH)
      fail(
        row,
        `${row.stored_wh.toString()} Wh are stored where ${battery.usableWh.toString()} are the most`,
      );
    if (singleStep && row.charge_wh > EXACT_WH && row.discharge_wh > EXACT_WH)
      fail(row, "the ESD charges and discharges");
    stored = row.stored_wh;
  }
}

/**
 * Checks that what users pay and exports earn is what data centres, grid and network receive, to the last micro-yuan, and that
 * the rows say of every data centre what its account says.
 *
 * @throws CheckError that names what differs
 */
export function checkMoney(rows: readonly HourlyRow[], gains: Gains): void {
  const { users, dataCentres, grids, network, penaltyPool, locked } = gains;
  if (locked !== 0n) throw new CheckError(`${locked.toString()} micro-yuan are locked at the end.`);
  const total = sum(users) + sum(dataCentres) + sum(grids) + network.gained + penaltyPool;
  if (total !== 0n)
    throw new CheckError(`All accounts together gained ${total.toString()} micro-yuan.`);

  const booked = new Map<string, bigint>();
  const all = { income: 0n, imports: 0n, exports: 0n, migration: 0n };
  for (const row of rows) {
    const income = micro(row.income_yuan);
    const imports = micro(row.energy_cost_yuan);
    const exports = micro(row.export_income_yuan);
    const migration = micro(row.migration_cost_yuan);
    all.income += income;
    all.imports += imports;
    all.exports += exports;
    all.migration += migration;
    const net =
      income +
      exports +
      micro(row.transfer_income_yuan) -
      imports -
      migration -
      micro(row.penalty_yuan) -
      micro(row.transfer_cost_yuan);
    booked.set(row.dc, (booked.get(row.dc) ?? 0n) + net);
  }
  for (const { id, gained } of dataCentres)
    same(`The account of ${id}`, gained, booked.get(id) ?? 0n);
  same("The grid's accounts", sum(grids), all.imports - all.exports);
  same("The network's account", network.gained, all.migration);
}

const sum = (gains: readonly Gain[]): bigint => gains.reduce((so, { gained }) => so + gained, 0n);

const micro = (yuan: number): bigint => BigInt(Math.round(yuan * MICRO_YUAN_PER_YUAN));

function same(what: string, gained: bigint, booked: bigint): void {
  if (gained !== booked)
    throw new CheckError(
      `${what} gained ${gained.toString()} micro-yuan, but the books say ${booked.toString()}.`,
    );
}

function fail({ dc, hour }: HourlyRow, what: string): never {
  throw new CheckError(`${dc}, hour ${hour.toString()}: ${what}.`);
}
