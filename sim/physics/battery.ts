/**
 * The energy storage device (ESD): the paper's section 1.2. Its equations call the free headroom C_available; stored energy lies
 * between 0 and ηC, and headroom = ηC − stored.
 */
import { HOURS_PER_DAY } from "../units.ts";

/** A row of the paper's table in section 1.2. Shares, not percent. */
export interface Chemistry {
  /** η: stored energy never exceeds this share of the capacity. */
  readonly depthOfDischarge: number;
  /** λ: charge per hour over capacity. */
  readonly chargeRatePerHour: number;
  /** σ: energy stored over energy taken. */
  readonly efficiency: number;
  /** Self-discharge per day over capacity. */
  readonly selfDischargePerDay: number;
  /** μ / λ. */
  readonly dischargeToChargeRate: number;
}

/** The paper's table, section 1.2. */
export const CHEMISTRIES: Readonly<Record<"lithium-ion" | "lead-acid", Chemistry>> = {
  "lithium-ion": {
    depthOfDischarge: 0.8,
    chargeRatePerHour: 0.25,
    efficiency: 0.85,
    selfDischargePerDay: 0.001,
    dischargeToChargeRate: 5,
  },
  "lead-acid": {
    depthOfDischarge: 0.8,
    chargeRatePerHour: 0.125,
    efficiency: 0.75,
    selfDischargePerDay: 0.003,
    dischargeToChargeRate: 10,
  },
};

/** A battery: what it can take and give, given what it holds. It keeps no state; energies are in Wh, times in hours. */
export class Battery {
  /** ηC: the most that is ever stored. */
  readonly usableWh: number;
  /** σ. */
  readonly efficiency: number;
  /** λC: the most that it takes, W. */
  readonly chargeW: number;
  /** μC: the most that it gives, W. */
  readonly dischargeW: number;
  private readonly selfDischargeW: number;

  /** @param capacityWh C; 0 is no battery */
  constructor(capacityWh: number, chemistry: Chemistry) {
    this.usableWh = chemistry.depthOfDischarge * capacityWh;
    this.efficiency = chemistry.efficiency;
    this.chargeW = chemistry.chargeRatePerHour * capacityWh;
    this.dischargeW = this.chargeW * chemistry.dischargeToChargeRate;
    this.selfDischargeW = (chemistry.selfDischargePerDay * capacityWh) / HOURS_PER_DAY;
  }

  /** The most that charging takes from its source: eq. (1) before σ. */
  acceptableWh(storedWh: number, hours: number): number {
    return Math.max(0, Math.min(this.chargeW * hours, this.usableWh - storedWh));
  }

  /** The most that discharging gives: eq. (2). */
  deliverableWh(storedWh: number, hours: number): number {
    const drawn = Math.min(this.dischargeW * hours, storedWh);
    return Math.max(0, drawn - this.selfDischargeWh(storedWh, hours));
  }

  /** What is lost while it stands. */
  selfDischargeWh(storedWh: number, hours: number): number {
    return Math.min(this.selfDischargeW * hours, storedWh);
  }

  /** What is stored after a step that took `chargeWh` and gave `dischargeWh`, of which one is 0. */
  storedAfter(storedWh: number, chargeWh: number, dischargeWh: number, hours: number): number {
    const kept = storedWh - dischargeWh - this.selfDischargeWh(storedWh, hours);
    return Math.min(this.usableWh, Math.max(0, kept + this.efficiency * chargeWh));
  }
}
