/** Panels of energy and money, of the whole market or one data centre, as the report draws them. */
import type { EnergySlot } from "../../shared/api.ts";
import { yuanNumber } from "../format.ts";
import type { ReadPanel } from "./readPanel.ts";

const kwh = (slots: readonly EnergySlot[], of: (slot: EnergySlot) => number): number[] =>
  slots.map((slot) => of(slot) / 1000);

/** Where the load came from, stacked; PV output; export below zero. */
export const energyPanel = (slots: readonly EnergySlot[]): ReadPanel => ({
  label: "Energy, kWh",
  unit: "kWh",
  decimals: 3,
  height: 230,
  series: [
    {
      label: "PV used directly",
      values: kwh(slots, ({ directWh }) => directWh),
      colour: "direct",
      as: "area",
    },
    {
      label: "from the ESD",
      values: kwh(slots, ({ dischargeWh }) => dischargeWh),
      colour: "charge",
      as: "area",
      texture: "stripes",
    },
    {
      label: "import",
      values: kwh(slots, ({ importWh }) => importWh),
      colour: "import",
      as: "area",
      texture: "dots",
    },
    {
      label: "PV output",
      values: kwh(slots, ({ pvWh }) => pvWh),
      colour: "pv",
      as: "line",
    },
    {
      label: "into the ESD",
      values: kwh(slots, ({ chargeWh }) => chargeWh),
      colour: "charge",
      as: "line",
      dash: "1 2",
    },
    {
      label: "export",
      values: kwh(slots, ({ exportWh }) => exportWh),
      colour: "export",
      as: "line",
      dash: "5 3",
    },
  ],
});

/** What came in and what went out. */
export const moneyPanel = (slots: readonly EnergySlot[]): ReadPanel => ({
  label: "Money, yuan",
  unit: "yuan",
  decimals: 3,
  height: 170,
  series: [
    {
      label: "deliveries",
      values: slots.map(({ deliveryIncome }) => yuanNumber(deliveryIncome)),
      colour: "gain",
      as: "bar",
      texture: "stripes",
    },
    {
      label: "import",
      values: slots.map(({ importCost }) => -yuanNumber(importCost)),
      colour: "loss",
      as: "bar",
      texture: "dots",
    },
    {
      label: "export",
      values: slots.map(({ exportIncome }) => yuanNumber(exportIncome)),
      colour: "export",
      as: "line",
      dash: "5 3",
    },
    {
      label: "penalties",
      values: slots.map(({ penalties }) => -yuanNumber(penalties)),
      colour: "cost",
      as: "line",
    },
  ],
});
