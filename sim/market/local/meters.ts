/** Readings, and the tab between each data centre and its grid. */
import { encodeBytes32String } from "ethers";

import {
  Role,
  type Address,
  type Delivery,
  type MeterState,
  type Reading,
  type Signature,
  type Site,
} from "../ledger.ts";
import { amountDown } from "../money.ts";
import type { LocalMarket } from "./market.ts";
import { refuse, StateList } from "./world.ts";

const MAX_PART = 255n;

const NO_SITE: Site = {
  dataCentre: 0n,
  meter: 0n,
  gridOperator: 0n,
  networkOperator: 0n,
  pvLimitWh: 0n,
  esdLimitWh: 0n,
  gridLimitWh: 0n,
  version: 0n,
};

const NOT_READ: MeterState & { lastContract: bigint } = {
  nextSlot: 0n,
  nextPart: 0n,
  pvLeft: 0n,
  esdLeft: 0n,
  gridLeft: 0n,
  tab: 0n,
  lastContract: 0n,
};

/** What a reading's deliveries can still use, and the contract of the last of them. */
type EnergyLeft = Pick<typeof NOT_READ, "lastContract" | "pvLeft" | "esdLeft" | "gridLeft">;

/** Before a reading's first delivery. */
const energyOf = ({ pv, esdIn, esdOut, gridImport, gridExport }: Reading): EnergyLeft => ({
  lastContract: 0n,
  pvLeft: pv - esdIn - gridExport,
  esdLeft: esdOut,
  gridLeft: gridImport,
});

/** One reading per data centre and slot. */
export class LocalMeters {
  private readonly market: LocalMarket;
  private readonly sites: StateList<Site>;
  private readonly states: StateList<typeof NOT_READ>;

  constructor(market: LocalMarket) {
    this.market = market;
    this.sites = new StateList(market.world);
    this.states = new StateList(market.world);
  }

  // ---------------------------------------------------------------- calls

  commission(caller: Address, site: Site, registrar: Signature): void {
    const { identities, tariff, world } = this.market;
    const { dataCentre } = site;
    const { participant } = identities.requireActive(caller, Role.dataCentre);
    if (participant !== dataCentre) refuse("NotTheDataCentre", participant, dataCentre);
    identities.requireRegistrar(registrar.signer);
    const before = this.siteOf(dataCentre);
    const expected = before.version + 1n;
    if (site.version !== expected) refuse("WrongVersion", dataCentre, site.version, expected);
    identities.requireRole(site.meter, Role.meter);
    identities.requireRole(site.gridOperator, Role.gridOperator);
    identities.requireRole(site.networkOperator, Role.networkOperator);
    const state = this.stateOf(dataCentre);
    const nextSlot = expected === 1n ? world.currentSlot() : state.nextSlot;
    tariff.pricesAt(site.gridOperator, this.nextReadable(nextSlot));
    if (state.tab !== 0n && before.gridOperator !== site.gridOperator)
      refuse("TabOpen", dataCentre, state.tab);

    this.states.set(dataCentre, { ...state, nextSlot });
    this.sites.set(dataCentre, site);
    world.emit("SiteCommissioned", { dataCentre, site: { ...site } });
  }

  submit(reading: Reading, signature: Signature): void {
    const { identities, supply, world } = this.market;
    const { dataCentre, slot, part, last, deliveries } = reading;
    const site = this.sites.get(dataCentre) ?? refuse("NotCommissioned", dataCentre);
    const { participant: meter } = identities.requireActive(signature.signer, Role.meter);
    if (meter !== site.meter) refuse("WrongMeter", signature.signer, site.meter);
    const expected = this.checkTurn(reading);
    const before = this.stateOf(dataCentre);

    if (part === 0n) this.checkPlant(reading, site);
    const owed = part === 0n ? this.priceOf(site.gridOperator, reading) : 0n;
    const left = this.useEnergy(deliveries, part === 0n ? energyOf(reading) : before);
    if (!last && part === MAX_PART) refuse("WrongPart", part, part - 1n);
    const tab = before.tab + owed;
    this.states.set(dataCentre, {
      nextSlot: last ? slot + 1n : expected,
      nextPart: last ? 0n : part + 1n,
      pvLeft: left.pvLeft,
      esdLeft: left.esdLeft,
      gridLeft: left.gridLeft,
      tab,
      lastContract: left.lastContract,
    });
    if (part === 0n) {
      const { pv, esdIn, esdOut, gridImport, gridExport } = reading;
      world.emit("ReadingTaken", { dataCentre, slot, pv, esdIn, esdOut, gridImport, gridExport });
    } else {
      world.emit("ReadingContinued", { dataCentre, slot, part });
    }
    if (owed !== 0n) world.emit("TabChanged", { dataCentre, tab });

    supply.deliver(dataCentre, slot, deliveries);
    this.settleTab(dataCentre);
  }

  /** Moves what one owes the other, as far as the debtor has it available. */
  settleTab(dataCentre: bigint): void {
    const state = this.stateOf(dataCentre);
    const { gridOperator } = this.siteOf(dataCentre);
    const { vault, world } = this.market;
    const paid =
      state.tab > 0n
        ? vault.payAvailable(dataCentre, gridOperator, state.tab)
        : -vault.payAvailable(gridOperator, dataCentre, -state.tab);
    if (paid === 0n) return;
    const tab = state.tab - paid;
    this.states.set(dataCentre, { ...state, tab });
    world.emit("TabChanged", { dataCentre, tab });
  }

  // ---------------------------------------------------------------- for the other parts

  /** Refuses unless the data centre has a site, no arrears and no reading outstanding. */
  requireOfferable(dataCentre: bigint): void {
    if (this.sites.get(dataCentre) === undefined) refuse("NotCommissioned", dataCentre);
    const { tab, nextSlot } = this.stateOf(dataCentre);
    if (tab > 0n) refuse("InArrears", dataCentre, tab);
    if (nextSlot < this.market.world.currentSlot())
      refuse("ReadingOutstanding", dataCentre, nextSlot);
  }

  /** Whether no delivery of the data centre for the slot can come any more. */
  isFinal(dataCentre: bigint, slot: bigint): boolean {
    const tooLate = slot + this.market.options.parameters.lateReadingSlots;
    return this.stateOf(dataCentre).nextSlot > slot || this.market.world.currentSlot() > tooLate;
  }

  siteOf(dataCentre: bigint): Site {
    return this.sites.get(dataCentre) ?? NO_SITE;
  }

  // ---------------------------------------------------------------- queries

  meterStateOf(dataCentre: bigint): MeterState {
    const { nextSlot, nextPart, pvLeft, esdLeft, gridLeft, tab } = this.stateOf(dataCentre);
    return { nextSlot, nextPart, pvLeft, esdLeft, gridLeft, tab };
  }

  // ---------------------------------------------------------------- internals

  private stateOf(dataCentre: bigint): typeof NOT_READ {
    return this.states.get(dataCentre) ?? NOT_READ;
  }

  /** Returns the slot that is to be read, which is later than the next one if that is too late. */
  private checkTurn(reading: Reading): bigint {
    const { world } = this.market;
    const { dataCentre, slot, part } = reading;
    const current = world.currentSlot();
    if (slot >= current) refuse("SlotNotOver", slot, current);
    const { nextSlot, nextPart } = this.stateOf(dataCentre);
    const expected = this.nextReadable(nextSlot);
    const missed = expected !== nextSlot;
    if (slot !== expected) refuse("WrongSlot", slot, expected);
    if (missed)
      world.emit("ReadingsMissed", { dataCentre, fromSlot: nextSlot, toSlot: expected - 1n });
    const expectedPart = missed ? 0n : nextPart;
    if (part !== expectedPart) refuse("WrongPart", part, expectedPart);
    const { pv, esdIn, esdOut, gridImport, gridExport } = reading;
    if (part !== 0n && pv + esdIn + esdOut + gridImport + gridExport !== 0n)
      refuse("TotalsInLaterPart", part);
    return expected;
  }

  /** The slot of the next reading, or the oldest one that is not too late. */
  private nextReadable(nextSlot: bigint): bigint {
    const { world, options } = this.market;
    const oldest = world.currentSlot() - options.parameters.lateReadingSlots;
    return nextSlot < oldest ? oldest : nextSlot;
  }

  private checkPlant(reading: Reading, site: Site): void {
    const within = (quantity: string, value: bigint, limit: bigint): void => {
      if (value > limit) refuse("BeyondPlant", encodeBytes32String(quantity), value, limit);
    };
    within("pv", reading.pv, site.pvLimitWh);
    within("esdIn", reading.esdIn, site.esdLimitWh);
    within("esdOut", reading.esdOut, site.esdLimitWh);
    within("gridImport", reading.gridImport, site.gridLimitWh);
    within("gridExport", reading.gridExport, site.gridLimitWh);
    balance("pv", reading.esdIn + reading.gridExport, reading.pv);
  }

  /** What the data centre owes the grid for the slot; below 0 if the grid owes it. */
  private priceOf(gridOperator: bigint, reading: Reading): bigint {
    const { gridImport, gridExport, slot } = reading;
    if (gridImport === 0n && gridExport === 0n) return 0n;
    const { importPrice, feedInPrice } = this.market.tariff.pricesAt(gridOperator, slot);
    return amountDown(gridImport, importPrice) - amountDown(gridExport, feedInPrice);
  }

  private useEnergy(deliveries: readonly Delivery[], state: EnergyLeft): EnergyLeft {
    let { lastContract } = state;
    // Sums of 32-bit numbers, which plain ones hold exactly.
    const used = { pv: 0, esd: 0, grid: 0 };
    for (const { contractId, pv, esd, grid } of deliveries) {
      if (contractId <= lastContract) refuse("NotAscending", contractId, lastContract);
      lastContract = contractId;
      used.pv += Number(pv);
      used.esd += Number(esd);
      used.grid += Number(grid);
    }
    return {
      lastContract,
      pvLeft: balance("pv", BigInt(used.pv), state.pvLeft),
      esdLeft: balance("esd", BigInt(used.esd), state.esdLeft),
      gridLeft: balance("grid", BigInt(used.grid), state.gridLeft),
    };
  }
}

/** What is left of `there`; refused if more is used. */
function balance(source: string, used: bigint, there: bigint): bigint {
  if (used > there) refuse("Unbalanced", encodeBytes32String(source), used, there);
  return there - used;
}
