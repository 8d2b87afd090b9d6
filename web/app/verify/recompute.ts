/** Recomputes a slot's auction from chain data, and compares both the chain and what the console shows with it. */
import { checkSlot, type SlotEvidence, type SlotReport } from "../../../sim/audit/slot.ts";
import { Difference } from "../../../sim/audit/difference.ts";
import { refOf } from "../../../sim/market/clearing.ts";
import type { BidRow, Slot } from "../../shared/api.ts";
import { fetchApi } from "../api.ts";
import { readMarket, readSlot } from "./evidence.ts";

/** What a verification came to. */
export interface Verdict {
  readonly report: SlotReport;
  /** Where the chain differs from the market's rules, or the console from the chain; undefined if nothing does. */
  readonly difference: Difference | undefined;
  /** Who is at fault; undefined if nobody is. */
  readonly at: "chain" | "console" | undefined;
  /** Logs and transactions that were read from the node. */
  readonly logs: number;
  readonly transactions: number;
  readonly milliseconds: number;
}

/**
 * Verifies a slot.
 *
 * @throws RpcFailure or Failure if the node or the server does not answer
 */
export async function verifySlot(shown: Slot, directory: string): Promise<Verdict> {
  const began = performance.now();
  const market = await readMarket(directory);
  const { evidence, logs, transactions } = await readSlot(market, BigInt(shown.slot));
  const report = checkSlot(evidence, market.rules);
  const bids = await bidsOf(shown.slot);
  const inConsole = report.difference ?? differenceInConsole(shown, bids, report, evidence);
  return {
    report,
    difference: inConsole,
    at: report.difference !== undefined ? "chain" : inConsole === undefined ? undefined : "console",
    logs,
    transactions,
    milliseconds: performance.now() - began,
  };
}

/** All bids of the slot as the console shows them, in the order of their turns. */
async function bidsOf(slot: number): Promise<readonly BidRow[]> {
  const bids: BidRow[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await fetchApi(
      "/api/slots/:slot/bids",
      { slot },
      { limit: 200, ...(cursor === undefined ? {} : { cursor }) },
    );
    bids.push(...page.items);
    cursor = page.next;
  }
  return bids;
}

/** What the page shows and the recomputation does not give. */
function differenceInConsole(
  shown: Slot,
  bids: readonly BidRow[],
  report: SlotReport,
  evidence: SlotEvidence,
): Difference | undefined {
  const pairs: [string, unknown, unknown][] = [
    ["bids", report.bids, shown.bids],
    ["offers", report.offers, shown.offers],
    ["salts", report.salts.toString(), shown.saltSum],
    ["seed", shown.seed === null ? null : report.seed, shown.seed],
    ["trades", report.phase === "cleared" ? report.trades : shown.trades, shown.trades],
  ];
  for (const [place, pick] of report.picks.entries()) {
    const bid = bids[place];
    const chosen = pick.drawn === undefined ? undefined : pick.candidates[pick.drawn];
    const contract = evidence.outcomes[place]?.trade?.contractId;
    const turn = `turn ${place + 1}`;
    pairs.push([`${turn}, bid`, Number(refOf(pick.bid.participant, pick.bid.index)), bid?.ref]);
    const offer = chosen && Number(refOf(chosen.participant, chosen.index));
    pairs.push([`${turn}, offer`, offer, bid?.trade?.offer]);
    if (offer === undefined) continue;
    pairs.push([`${turn}, price`, Number(pick.price), bid?.trade?.price]);
    pairs.push([`${turn}, contract`, contract && Number(contract), bid?.trade?.contract]);
  }
  for (const [what, expected, found] of pairs)
    if (expected !== found) return new Difference(`slot ${shown.slot}, ${what}`, expected, found);
  return undefined;
}
