/** Who bids in the auction. */
import type { Answer, Plan } from "../market/ledger.ts";
import type { Party } from "./access.ts";
import type { PublicRecord } from "./record.ts";

/** A user or a data centre as the auction sees it; each call acts, or does nothing. */
export interface Trader {
  readonly party: Party;
  /** The plan that was sealed last, if there was one for the hour. */
  readonly sealed: Plan | undefined;
  /** Seals a plan for the hour after `hour`. */
  commit(hour: number): Answer<unknown>;
  /** Opens what was sealed. */
  reveal(): Answer<void>;
  /** Takes its bond back at the end. */
  leave(): Promise<void>;
}

/** Tells when a participant's standing bond is forfeited. */
export function onBondLost(record: PublicRecord, participant: bigint, tell: () => void): void {
  for (const name of ["PlanPunished", "PlanDropped"])
    record.onFor(name, "participant", participant, tell);
}
