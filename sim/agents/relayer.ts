/** A relayer: sends what others signed, many in one transaction, and pays the gas. */
import type {
  Address,
  Answer,
  Bytes32,
  Outcome,
  Plan,
  SignedCommitment,
  SignedPlan,
  SkippedItem,
} from "../market/ledger.ts";
import type { MarketAccess, Party, Relayer } from "./access.ts";

/** Most messages of a transaction: fifty plans of sixteen bids stay below half of a transaction's gas. */
const MOST_MESSAGES = 50;

/** A signed message, and who is told whether it was sent and taken. */
interface Letter<T> {
  readonly message: T;
  readonly tell: (taken: boolean) => void;
}

/**
 * The relayer's agent. It needs no account in the market. Messages are collected from {@link RelayerAgent.collect} on, and
 * sent by {@link RelayerAgent.send}. Owners are told of those that come at other times or that the market skips, and send
 * their own.
 */
export class RelayerAgent implements Relayer {
  private readonly access: MarketAccess;
  private readonly wallet: Address;
  private readonly commitments: Letter<SignedCommitment>[] = [];
  private readonly plans: Letter<SignedPlan>[] = [];
  /** Number of each participant's latest plan, which a new commitment replaces. */
  private readonly sequences = new Map<bigint, bigint>();
  private collecting = false;

  constructor(access: MarketAccess, wallet: Address) {
    this.access = access;
    this.wallet = wallet;
    access.record.on("Committed", ({ participant, sequence }) => {
      this.sequences.set(participant as bigint, sequence as bigint);
    });
  }

  /** Takes a party's signed commitment; returns whether the market has taken it. */
  commit({ wallet, participant }: Party, slot: bigint, commitment: Bytes32): Promise<boolean> {
    const { access, sequences } = this;
    const replaces = sequences.get(participant) ?? 0n;
    const opens = access.startOf(access.hourOf(slot) - 1);
    const expiry = opens + access.parameters.commitSeconds;
    return this.take(this.commitments, {
      commitment: { slot, commitment, replaces, expiry },
      signature: { signer: wallet },
    });
  }

  /** Takes a party's signed plan; returns whether the market has taken it. */
  reveal({ wallet }: Party, plan: Plan): Promise<boolean> {
    return this.take(this.plans, { plan, signature: { signer: wallet } });
  }

  /** Begins to collect messages. */
  collect(): void {
    this.collecting = true;
  }

  /** Sends what was collected, in the order in which it came. */
  async send(): Promise<void> {
    this.collecting = false;
    const { access, wallet } = this;
    await this.deliver(this.commitments, (batch) => access.ledger.commitBatch(wallet, batch));
    await this.deliver(this.plans, (batch) => access.ledger.revealBatch(wallet, batch));
  }

  private take<T>(letters: Letter<T>[], message: T): Promise<boolean> {
    if (!this.collecting) return Promise.resolve(false);
    return new Promise((tell) => {
      letters.push({ message, tell });
    });
  }

  private async deliver<T>(
    letters: Letter<T>[],
    sendBatch: (batch: readonly T[]) => Answer<Outcome<readonly SkippedItem[]>>,
  ): Promise<void> {
    while (letters.length > 0) {
      const batch = letters.splice(0, MOST_MESSAGES);
      const sending = sendBatch(batch.map(({ message }) => message));
      const skipped = await this.access.must("the relayer", sending);
      const indices = new Set(skipped.map(({ index }) => Number(index)));
      for (const [i, { tell }] of batch.entries()) tell(!indices.has(i));
    }
  }
}
