import "../support/floats.ts";
import { expect } from "chai";

import { checkEnergy, CheckError, checkMoney, type Gains } from "../../sim/check.ts";
import { Battery, CHEMISTRIES } from "../../sim/physics/battery.ts";
import type { HourlyRow } from "../../sim/report/results.ts";

const battery = new Battery(1000, CHEMISTRIES["lithium-ion"]);

const row = (changes: Partial<HourlyRow> = {}): HourlyRow => ({
  dc: "Nantes/1",
  hour: 0,
  load_wh: 500,
  pv_wh: 600,
  direct_wh: 400,
  charge_wh: 150,
  discharge_wh: 0,
  self_discharge_wh: 0,
  stored_wh: 127.5,
  import_wh: 100,
  export_wh: 50,
  income_yuan: 2,
  export_income_yuan: 0.25,
  energy_cost_yuan: 1,
  penalty_yuan: 0,
  transfer_income_yuan: 0,
  transfer_cost_yuan: 0,
  migration_cost_yuan: 0.5,
  running_priority: 1,
  running_other: 2,
  suspended: 0,
  waiting: 0,
  gap_wh: -100,
  ...changes,
});

const check = (...rows: HourlyRow[]) => {
  return () => {
    checkEnergy(rows, battery, 0, true);
  };
};

describe("checkEnergy", () => {
  it("accepts what balances", () => {
    const next = row({ hour: 1, pv_wh: 450, charge_wh: 0, self_discharge_wh: 0.5, stored_wh: 127 });
    expect(check(row(), next, row({ dc: "Nantes/2" }))).not.to.throw();
  });

  const wrong: [string, Partial<HourlyRow>, string][] = [
    ["PV", { export_wh: 51 }, "pv = direct + charge + export"],
    ["load", { import_wh: 99 }, "load = direct + discharge + import"],
    ["the store", { stored_wh: 130 }, "Δstored"],
    ["negative flows", { export_wh: -50, charge_wh: 250, stored_wh: 212.5 }, "export_wh is -50"],
    [
      "a store beyond its threshold",
      { charge_wh: 1000, stored_wh: 850, pv_wh: 1450 },
      "850 Wh are stored where 800 are the most",
    ],
    [
      "charging and discharging at once",
      { discharge_wh: 20, stored_wh: 107.5, load_wh: 520 },
      "charges and discharges",
    ],
  ];
  for (const [name, changes, message] of wrong) {
    it(`refuses ${name}, naming data centre and hour`, () => {
      expect(check(row(changes)))
        .to.throw(CheckError, message)
        .with.property("message")
        .that.contains("Nantes/1, hour 0");
    });
  }
});

describe("checkMoney", () => {
  const gains = (changes: Partial<Gains> = {}): Gains => ({
    users: [{ id: "user-0", gained: -2_000_000n }],
    dataCentres: [{ id: "Nantes/1", gained: 750_000n }],
    grids: [{ id: "grid-0", gained: 750_000n }],
    network: { id: "network", gained: 500_000n },
    penaltyPool: 0n,
    locked: 0n,
    ...changes,
  });
  const money = (changes: Partial<Gains> = {}) => {
    return () => {
      checkMoney([row()], gains(changes));
    };
  };

  it("accepts what adds up", () => {
    expect(money()).not.to.throw();
  });

  it("refuses a micro-yuan that appears, is booked elsewhere or stays locked", () => {
    expect(money({ penaltyPool: 1n })).to.throw(CheckError, "together gained 1 micro-yuan");
    expect(
      money({
        dataCentres: [{ id: "Nantes/1", gained: 749_999n }],
        grids: [{ id: "grid-0", gained: 750_001n }],
      }),
    ).to.throw(
      CheckError,
      "The account of Nantes/1 gained 749999 micro-yuan, but the books say 750000",
    );
    expect(
      money({
        grids: [{ id: "grid-0", gained: 750_001n }],
        network: { id: "network", gained: 499_999n },
      }),
    ).to.throw(CheckError, "The grid's accounts");
    expect(
      money({
        users: [{ id: "user-0", gained: -2_000_001n }],
        network: { id: "network", gained: 500_001n },
      }),
    ).to.throw(CheckError, "The network's account");
    expect(money({ locked: 5n })).to.throw(CheckError, "5 micro-yuan are locked");
  });
});
