/** References to the entries of plans, as the market makes them: numbers of 40 bits. */
import * as market from "../../../sim/market/clearing.ts";

/** Reference to entry `index` of a participant's plan. */
export const refOf = (participant: number, index: number): number =>
  Number(market.refOf(BigInt(participant), index));

/** Participant and index of a reference. */
export function partsOfRef(ref: number): { participant: number; index: number } {
  const { participant, index } = market.partsOfRef(BigInt(ref));
  return { participant: Number(participant), index: Number(index) };
}
