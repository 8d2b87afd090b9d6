/** How agents reach the market. */
import {
  describeError,
  type Address,
  type Answer,
  type Bytes32,
  type Ledger,
  type Outcome,
  type Plan,
  whenAnswered,
} from "../market/ledger.ts";
import type { MarketParameters } from "../market/parameters.ts";
import type { PublicRecord } from "./record.ts";

/** A participant: what it is called, and where its money is. */
export interface Party {
  readonly id: string;
  readonly wallet: Address;
  /** Number in the registry. */
  readonly participant: bigint;
}

/** A call that an agent relies on was refused: a fault of the agent or of the ledger. */
export class RefusedCall extends Error {
  override readonly name = "RefusedCall";
}

/** Brings to the market what others sign; each call returns whether it was taken there. */
export interface Relayer {
  commit(party: Party, slot: bigint, commitment: Bytes32): Promise<boolean>;
  reveal(party: Party, plan: Plan): Promise<boolean>;
}

/** The market from a run's point of view: hours count from 0 at its start; slots before are for setting up. */
export class MarketAccess {
  readonly ledger: Ledger;
  readonly record: PublicRecord;
  readonly parameters: MarketParameters;
  /** The commitment to a plan. */
  readonly seal: (plan: Plan) => Bytes32;
  /** How many calls of a participant were refused, by its number. */
  readonly refusals = new Map<bigint, number>();
  /** Relayers of those who do not send their own plans, by the parties' numbers. */
  readonly relayers = new Map<bigint, Relayer>();
  /** Seconds into an hour at which agents decide about the next one; what comes later is in the slot after. */
  readonly decideSeconds: bigint;
  private readonly slotsBefore: number;

  /** @param slotsBefore slots of the market before hour 0 */
  constructor(
    ledger: Ledger,
    record: PublicRecord,
    parameters: MarketParameters,
    seal: (plan: Plan) => Bytes32,
    slotsBefore: number,
  ) {
    this.seal = seal;
    this.slotsBefore = slotsBefore;
    this.ledger = ledger;
    this.record = record;
    this.parameters = parameters;
    this.decideSeconds = (parameters.commitSeconds * DECIDE_AT) / DECIDE_OF;
  }

  /** The market's slot of an hour of the run. */
  slotOf(hour: number): bigint {
    return BigInt(hour + this.slotsBefore);
  }

  /** The hour of the run that a slot is. */
  hourOf(slot: bigint): number {
    return Number(slot) - this.slotsBefore;
  }

  /** Unix time at which an hour of the run begins. */
  startOf(hour: number): bigint {
    const { genesis, slotSeconds } = this.parameters;
    return genesis + this.slotOf(hour) * slotSeconds;
  }

  /**
   * Brings a commitment to the market, by the party's relayer if it has one that gets it there.
   *
   * @returns false if the party cannot offer because its meter's reading of an earlier slot has not come
   */
  commit(party: Party, slot: bigint, commitment: Bytes32): Answer<boolean> {
    const send = (): Answer<boolean> =>
      this.may(party, this.ledger.commit(party.wallet, slot, commitment), UNREAD);
    const relayer = this.relayers.get(party.participant);
    if (relayer === undefined) return send();
    return relayer.commit(party, slot, commitment).then((taken) => taken || send());
  }

  /** Opens a plan, by the party's relayer if it has one that gets it there. */
  reveal(party: Party, plan: Plan): Answer<undefined> {
    const send = (): Answer<undefined> =>
      this.must(party.id, this.ledger.reveal(party.wallet, plan));
    const relayer = this.relayers.get(party.participant);
    if (relayer === undefined) return send();
    return relayer.reveal(party, plan).then((taken) => (taken ? undefined : send()));
  }

  /**
   * Concludes a call that cannot be refused if agents and ledger are right: when it is answered, tells everybody what it did.
   *
   * @param who says in the error whose call it was
   */
  must<T>(who: string, call: Answer<Outcome<T>>): Answer<T> {
    return whenAnswered(call, (outcome) => this.conclude(who, outcome));
  }

  private conclude<T>(who: string, outcome: Outcome<T>): T {
    if (!outcome.ok)
      throw new RefusedCall(`A call of ${who} was refused: ${describeError(outcome.error)}.`);
    this.record.publish(outcome.events);
    return outcome.value;
  }

  /**
   * Concludes a call that the market may refuse for some reasons: when it is answered, tells everybody what it did.
   *
   * @param reasons names of the errors that are no fault of agent or ledger
   * @returns whether it was done
   */
  may(
    { id, participant }: Party,
    call: Answer<Outcome<unknown>>,
    ...reasons: readonly string[]
  ): Answer<boolean> {
    return whenAnswered(call, (outcome) => {
      if (outcome.ok || !reasons.includes(outcome.error.name)) {
        this.conclude(id, outcome);
        return true;
      }
      this.refusals.set(participant, (this.refusals.get(participant) ?? 0) + 1);
      return false;
    });
  }

  /** Awaits a call that the market has to refuse for one of these reasons. */
  async mustNot(
    party: Party,
    call: Answer<Outcome<unknown>>,
    ...reasons: readonly string[]
  ): Promise<void> {
    if (await this.may(party, call, ...reasons))
      throw new Error(`A call of ${party.id} was taken that breaks the market's rules.`);
  }
}

/** Error that refuses an offer while the meter's reading of an earlier slot has not come. */
export const UNREAD = "ReadingOutstanding";

/** When in the commit window the agents decide, share of it: late, and with time to spare. */
const DECIDE_AT = 7n;
const DECIDE_OF = 8n;

/** Gives each plan its salt; nobody else knows what it will be. */
export type SaltSource = (participant: bigint, slot: bigint) => Bytes32;
