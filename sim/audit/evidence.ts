/** Sorts a market's public transactions by the slots that they are about. Runs in a browser, too. */
import type { Bytes32, LedgerValue, Plan } from "../market/ledger.ts";
import { INITIAL_REPUTATION } from "../market/money.ts";
import type { MarketCall, MarketEvent, PublicTransaction } from "./codec.ts";
import type {
  Happened,
  OpeningEvidence,
  OutcomeEvidence,
  RevealEvidence,
  SealEvidence,
  SlotEvidence,
} from "./slot.ts";
import type { Terms } from "../market/words.ts";

/** A slot's evidence while it is collected. */
interface Collected {
  readonly slot: bigint;
  readonly seals: SealEvidence[];
  readonly reveals: RevealEvidence[];
  readonly openings: OpeningEvidence[];
  readonly outcomes: OutcomeEvidence[];
  started: SlotEvidence["started"];
  cleared: SlotEvidence["cleared"];
}

/** An event with its arguments as what they are. */
interface Told<Args> extends Happened {
  readonly args: Args;
}

/**
 * Collects the evidence that `checkSlot` needs. Every transaction is given to {@link SlotCollector.add} once, in the order of the
 * chain. For a single slot it is enough to give those with an event of the slot's auction, beacon and contracts, and before them
 * those with the latest `ReputationChanged` of each bidder and the latest `ChainCommitted` or `ValueOpened` of each operator of
 * the beacon.
 */
export class SlotCollector {
  private readonly bySlot = new Map<bigint, Collected>();
  private readonly reputations = new Map<bigint, bigint>();
  /** What the hash of each operator's next value must be. */
  private readonly lastValues = new Map<bigint, Bytes32>();

  /** The slots that something is known of, ascending. */
  get slots(): bigint[] {
    return [...this.bySlot.keys()].sort((a, b) => Number(a - b));
  }

  /** What is known of a slot. */
  evidenceOf(slot: bigint): SlotEvidence {
    return this.at(slot);
  }

  /** Takes a transaction's events. */
  add({ hash, time, calls, events }: PublicTransaction): void {
    const plans = plansIn(calls, events);
    for (const event of events) this.take(event, { time, transaction: hash }, plans);
  }

  private take({ name, args }: MarketEvent, happened: Happened, plans: Plan[]): void {
    const told = <Args>(): Told<Args> => ({ ...happened, args: args as Args });
    switch (name) {
      case "Committed": {
        const { participant, slot, commitment, sequence } = told<CommittedArgs>().args;
        const sealed = { commitment, sequence };
        this.at(slot).seals.push({ participant, sealed, ...happened });
        break;
      }
      case "PlanWithdrawn": {
        const { participant, slot } = told<BidderArgs>().args;
        this.at(slot).seals.push({ participant, sealed: undefined, ...happened });
        break;
      }
      case "Revealed":
      case "PlanDropped": {
        const { participant, slot, salt } = told<BidderArgs & { salt?: Bytes32 }>().args;
        const reputation = this.reputations.get(participant) ?? INITIAL_REPUTATION;
        const plan = takePlan(plans, participant, salt);
        this.at(slot).reveals.push({ participant, salt, plan, reputation, ...happened });
        break;
      }
      case "ReputationChanged": {
        const { participant, reputation } = told<{ participant: bigint; reputation: bigint }>()
          .args;
        this.reputations.set(participant, reputation);
        break;
      }
      case "ChainCommitted": {
        const { operator, anchor } = told<{ operator: bigint; anchor: Bytes32 }>().args;
        this.lastValues.set(operator, anchor);
        break;
      }
      case "ValueOpened": {
        const { operator, slot, value } = told<OpenedArgs>().args;
        const opens = this.lastValues.get(operator);
        this.lastValues.set(operator, value);
        this.at(slot).openings.push({ operator, value, opens, ...happened });
        break;
      }
      case "MatchingStarted": {
        const { slot, seed, bids, offers } = told<StartedArgs>().args;
        this.at(slot).started = { seed, bids, offers, ...happened };
        break;
      }
      case "Signed": {
        const { contractId, buyer, seller, bid, offer, candidates, terms } =
          told<SignedArgs>().args;
        const trade = { contractId, seller, offer, candidates, terms };
        this.at(terms.signed).outcomes.push({ buyer, index: bid, trade, ...happened });
        break;
      }
      case "Unmatched": {
        const { slot, buyer, index } = told<UnmatchedArgs>().args;
        this.at(slot).outcomes.push({ buyer, index, trade: undefined, ...happened });
        break;
      }
      case "Cleared": {
        const { slot, trades } = told<{ slot: bigint; trades: bigint }>().args;
        this.at(slot).cleared = { trades, ...happened };
        break;
      }
    }
  }

  private at(slot: bigint): Collected {
    let known = this.bySlot.get(slot);
    if (known === undefined) {
      known = {
        ...{ slot, seals: [], reveals: [], openings: [], outcomes: [] },
        ...{ started: undefined, cleared: undefined },
      };
      this.bySlot.set(slot, known);
    }
    return known;
  }
}

interface BidderArgs {
  readonly participant: bigint;
  readonly slot: bigint;
}

interface CommittedArgs extends BidderArgs {
  readonly commitment: Bytes32;
  readonly sequence: bigint;
}

interface OpenedArgs {
  readonly operator: bigint;
  readonly slot: bigint;
  readonly value: Bytes32;
}

interface StartedArgs {
  readonly slot: bigint;
  readonly seed: Bytes32;
  readonly bids: bigint;
  readonly offers: bigint;
}

interface SignedArgs {
  readonly contractId: bigint;
  readonly buyer: bigint;
  readonly seller: bigint;
  readonly bid: bigint;
  readonly offer: bigint;
  readonly candidates: bigint;
  readonly terms: Terms;
}

interface UnmatchedArgs {
  readonly slot: bigint;
  readonly buyer: bigint;
  readonly index: bigint;
}

/** The plans in a transaction's calldata, without those of a batch that were skipped. */
function plansIn(calls: readonly MarketCall[], events: readonly MarketEvent[]): Plan[] {
  const skipped = new Set(
    events.filter((event) => event.name === "Skipped").map((event) => Number(event.args["index"])),
  );
  return calls.flatMap(({ part, name, args }) => {
    if (part !== "auction") return [];
    if (name === "reveal") return [planIn(args["plan"])];
    if (name === "revealSigned") return [planIn(field(args["signed"], "plan"))];
    if (name !== "revealBatch") return [];
    // Of several batches it cannot be told which one an index is of.
    const known = calls.length === 1;
    return (args["batch"] as readonly LedgerValue[])
      .filter((_, index) => !known || !skipped.has(index))
      .map((signed) => planIn(field(signed, "plan")));
  });
}

/** Takes a bidder's plan, the one with the salt if there are several. */
function takePlan(plans: Plan[], bidder: bigint, salt: Bytes32 | undefined): Plan | undefined {
  const own = plans.filter((plan) => plan.bidder === bidder);
  const plan = own.find((other) => other.salt === salt) ?? own[0];
  if (plan !== undefined) plans.splice(plans.indexOf(plan), 1);
  return plan;
}

const field = (value: LedgerValue | undefined, name: string): LedgerValue | undefined =>
  (value as Readonly<Record<string, LedgerValue>> | undefined)?.[name];

const planIn = (value: LedgerValue | undefined): Plan => value as unknown as Plan;
