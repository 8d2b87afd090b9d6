/** Recomputes a slot's auction from chain data, and compares both the chain and what the console shows with it. */
import { checkSlot, type SlotEvidence, type SlotReport } from "../../../sim/audit/slot.ts";
import { Difference } from "../../../sim/audit/difference.ts";
import { refOf } from "../../../sim/market/clearing.ts";
import type { BidRow, PlanRow, Slot } from "../../shared/api.ts";
import { fetchAll, fetchApi } from "../api.ts";
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

/** How often both are read when a block comes in between. */
const MOST_READS = 5;

/** How long the console has to read a block, ms. */
const BETWEEN_READS_MS = 500;

/**
 * Verifies a slot.
 *
 * @throws RpcFailure or Failure if the node or the server does not answer
 * @throws Error if they differ, and are not at the same block
 */
export async function verifySlot(slot: number, directory: string): Promise<Verdict> {
  const began = performance.now();
  const market = await readMarket(directory);
  for (let reads = 1; reads <= MOST_READS; reads++) {
    const { evidence, block, logs, transactions } = await readSlot(market, BigInt(slot));
    const shown = await shownOf(slot);
    const report = checkSlot(evidence, market.rules);
    const inConsole = differenceInConsole(shown, report, evidence);
    const difference = report.difference ?? inConsole;
    const at = report.difference ? "chain" : inConsole ? "console" : undefined;
    // What came between the two readings is nobody's fault.
    if (at !== "console" || shown.block === block) {
      const milliseconds = performance.now() - began;
      return { report, difference, at, logs, transactions, milliseconds };
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_READS_MS));
  }
  throw new Error(
    "The console and the node are not at the same block, and what they say of the slot differs. Verify again when the console has caught up.",
  );
}

/** What the console shows of a slot. */
interface Shown {
  readonly slot: Slot;
  readonly plans: readonly PlanRow[];
  /** In the order of their turns. */
  readonly bids: readonly BidRow[];
  /** The block up to which all of it is; undefined if another came while it was read. */
  readonly block: number | undefined;
}

async function shownOf(slot: number): Promise<Shown> {
  const head = async (): Promise<number | null> =>
    (await fetchApi("/api/status", {}, {})).index.head;
  const before = await head();
  const [row, plans, bids] = await Promise.all([
    fetchApi("/api/slots/:slot", { slot }, {}),
    fetchAll("/api/slots/:slot/plans", { slot }),
    fetchAll("/api/slots/:slot/bids", { slot }),
  ]);
  const block = (await head()) === before ? (before ?? undefined) : undefined;
  return { slot: row, plans, bids, block };
}

/** Something that is compared: what it is, what follows from the chain, and what the console shows. */
type Compared = readonly [what: string, expected: unknown, found: unknown];

/** What the console shows and the recomputation does not give. */
function differenceInConsole(
  { slot, plans, bids }: Shown,
  report: SlotReport,
  evidence: SlotEvidence,
): Difference | undefined {
  const compared: readonly Compared[] = [
    ...commitments(plans, evidence),
    ["reveals", report.reveals, slot.revealed + slot.dropped],
    ["bids", report.bids, slot.bids],
    ["offers", report.offers, slot.offers],
    ["salts", report.salts.toString(), slot.saltSum],
    ["seed", slot.seed === null ? null : report.seed, slot.seed],
    ["trades", report.phase === "cleared" ? report.trades : slot.trades, slot.trades],
    ...turns(bids, report, evidence),
  ];
  const wrong = compared.find(([, expected, found]) => expected !== found);
  if (wrong === undefined) return undefined;
  const [what, expected, found] = wrong;
  return new Difference(`slot ${slot.slot}, ${what}`, expected, found);
}

/** Each participant's commitment: the last one, unless it was withdrawn. */
function commitments(plans: readonly PlanRow[], { seals }: SlotEvidence): Compared[] {
  const shown = new Map(
    plans
      .filter(({ status }) => status !== "withdrawn")
      .map(({ participant, commitment }) => [participant.number, commitment]),
  );
  const latest = new Map(
    seals.map(({ participant, sealed }) => [Number(participant), sealed?.commitment]),
  );
  const who = new Set([...latest.keys(), ...shown.keys()]);
  return [...who].map((participant) => [
    `commitment of participant ${participant}`,
    latest.get(participant),
    shown.get(participant),
  ]);
}

function turns(
  bids: readonly BidRow[],
  report: SlotReport,
  { outcomes }: SlotEvidence,
): Compared[] {
  return report.picks.flatMap((pick, place): Compared[] => {
    const bid = bids[place];
    const turn = `turn ${place + 1}`;
    const chosen = pick.drawn === undefined ? undefined : pick.candidates[pick.drawn];
    const contract = outcomes[place]?.trade?.contractId;
    const offer = chosen && Number(refOf(chosen.participant, chosen.index));
    const matched: Compared[] = [
      [`${turn}, bid`, Number(refOf(pick.bid.participant, pick.bid.index)), bid?.ref],
      [`${turn}, offer`, offer, bid?.trade?.offer],
    ];
    if (offer === undefined) return matched;
    return [
      ...matched,
      [`${turn}, price`, Number(pick.price), bid?.trade?.price],
      [`${turn}, contract`, contract && Number(contract), bid?.trade?.contract],
    ];
  });
}
