/** A data centre's meter: signs what it measured. */
import type { Answer, Reading } from "../market/ledger.ts";
import type { MarketAccess, Party } from "./access.ts";
import type { HourReport } from "./dataCentre.ts";

const FLOWS = ["directWh", "chargeWh", "dischargeWh", "importWh", "exportWh"] as const;

/** What submits a data centre's readings. */
export interface Metering {
  submit(slot: bigint, report?: HourReport): Answer<void>;
}

/** Counts energy as meters do: what is told is the difference of two readings in whole Wh, so that nothing is lost in rounding. */
export class MeterAgent implements Metering {
  readonly party: Party;
  private readonly access: MarketAccess;
  private readonly dataCentre: bigint;
  private readonly counters = new Float64Array(FLOWS.length);

  constructor(access: MarketAccess, party: Party, dataCentre: bigint) {
    this.access = access;
    this.party = party;
    this.dataCentre = dataCentre;
  }

  /** Submits the reading of a slot; nothing happened in it if there is no report. */
  submit(slot: bigint, report?: HourReport): Answer<undefined> {
    return this.send(this.read(slot, report));
  }

  /** Submits a reading. */
  send(reading: Reading): Answer<undefined> {
    const { wallet, id } = this.party;
    return this.access.must(id, this.access.ledger.submit(wallet, reading, { signer: wallet }));
  }

  /** Reads the counters at the end of a slot. */
  read(slot: bigint, report?: HourReport): Reading {
    const told = report ? this.count(report) : NOTHING;
    const [direct, charge, discharge, gridImport, gridExport] = told;
    return {
      dataCentre: this.dataCentre,
      slot,
      part: 0n,
      last: true,
      pv: direct + charge + gridExport,
      esdIn: charge,
      esdOut: discharge,
      gridImport,
      gridExport,
      deliveries: report?.deliveries ?? [],
    };
  }

  private count(report: HourReport): Told {
    return FLOWS.map((flow, i) => {
      const before = this.counters[i] ?? 0;
      const after = before + report[flow];
      this.counters[i] = after;
      return BigInt(Math.floor(after) - Math.floor(before));
    }) as unknown as Told;
  }
}

type Told = readonly [bigint, bigint, bigint, bigint, bigint];

const NOTHING: Told = [0n, 0n, 0n, 0n, 0n];
