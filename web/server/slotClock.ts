/** The market's time: which slot a block's time belongs to. */
import type { SlotWindows } from "../shared/api.ts";
import type { MarketParameters } from "../../sim/market/parameters.ts";

type Times = Pick<
  MarketParameters,
  "genesis" | "slotSeconds" | "commitSeconds" | "revealSeconds" | "beaconSeconds"
>;

/** Slots of a market by its parameters, in plain numbers. */
export class SlotClock {
  private readonly genesis: number;
  private readonly slotSeconds: number;
  private readonly commitSeconds: number;
  private readonly revealSeconds: number;
  private readonly beaconSeconds: number;

  constructor(times: Times) {
    this.genesis = Number(times.genesis);
    this.slotSeconds = Number(times.slotSeconds);
    this.commitSeconds = Number(times.commitSeconds);
    this.revealSeconds = Number(times.revealSeconds);
    this.beaconSeconds = Number(times.beaconSeconds);
  }

  /** Slot of a Unix time; below 0 before the market's first. */
  slotAt(timestamp: number): number {
    return Math.floor((timestamp - this.genesis) / this.slotSeconds);
  }

  /** When a slot begins, Unix time. */
  startOf(slot: number): number {
    return this.genesis + slot * this.slotSeconds;
  }

  /** When the windows of a slot's auction begin and end. */
  windowsOf(slot: number): SlotWindows {
    const commitFrom = this.startOf(slot - 1);
    const revealFrom = commitFrom + this.commitSeconds;
    const clearFrom = revealFrom + this.revealSeconds;
    return {
      commitFrom,
      revealFrom,
      clearFrom,
      beaconUntil: clearFrom + this.beaconSeconds,
      lapseFrom: this.startOf(slot + 1),
    };
  }

  /** What the auction of the next slot does at a time. */
  phaseAt(timestamp: number): "commit" | "reveal" | "clearing" {
    const { revealFrom, clearFrom } = this.windowsOf(this.slotAt(timestamp) + 1);
    return timestamp < revealFrom ? "commit" : timestamp < clearFrom ? "reveal" : "clearing";
  }
}
