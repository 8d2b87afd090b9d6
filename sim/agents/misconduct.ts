/** What those do who break the rules: layers around honest agents. */
import type { Address, Answer, Plan, Reading } from "../market/ledger.ts";
import { Random } from "../random.ts";
import type { Scenario } from "../scenario/schema.ts";
import { HOURS_PER_DAY } from "../units.ts";
import type { MarketAccess, Party } from "./access.ts";
import type { HourReport } from "./dataCentre.ts";
import type { MeterAgent, Metering } from "./meter.ts";
import type { Trader } from "./trader.ts";

/** Acts like the agent that it is around. */
class Layer implements Trader {
  protected readonly inner: Trader;

  constructor(inner: Trader) {
    this.inner = inner;
  }

  get party(): Party {
    return this.inner.party;
  }

  get sealed(): Plan | undefined {
    return this.inner.sealed;
  }

  commit(hour: number): Answer<unknown> {
    return this.inner.commit(hour);
  }

  reveal(): Answer<void> {
    return this.inner.reveal();
  }

  leave(): Promise<void> {
    return this.inner.leave();
  }
}

/** Seals plans and keeps them shut. */
export class NeverReveals extends Layer {
  override reveal(): undefined {
    return undefined;
  }
}

/** Opens its plans when the reveal window is over. */
export class RevealsLate extends NeverReveals {
  private readonly access: MarketAccess;

  constructor(inner: Trader, access: MarketAccess) {
    super(inner);
    this.access = access;
  }

  /** Tries to; the window has to be over. */
  revealLate(): Promise<void> | undefined {
    const { access, sealed, party } = this;
    if (sealed === undefined) return undefined;
    return access.mustNot(party, access.ledger.reveal(party.wallet, sealed), "WrongWindow");
  }
}

/** Takes its money out before it opens a plan, and pays it in again when the plan has been dropped. */
export class Unfunded extends Layer {
  private readonly access: MarketAccess;
  private readonly vault: Address;

  constructor(inner: Trader, access: MarketAccess, vault: Address) {
    super(inner);
    this.access = access;
    this.vault = vault;
  }

  override reveal(): Answer<void> {
    return this.sealed === undefined ? undefined : this.revealUnfunded();
  }

  private async revealUnfunded(): Promise<void> {
    const { access, vault } = this;
    const { ledger } = access;
    const { id, wallet, participant } = this.party;
    const { available } = await ledger.accountOf(participant);
    await access.must(id, ledger.withdraw(wallet, available, wallet));
    await this.inner.reveal();
    await access.must(id, ledger.approve(wallet, vault, available));
    await access.must(id, ledger.deposit(wallet, available));
  }
}

/** Hours of each day in which somebody does not do its work: from the middle of the first until the last is over. */
export class Spells {
  private readonly first: number;
  private readonly length: number;
  private readonly end: number;

  /**
   * @param first hour of the first spell
   * @param length of each, in hours; below a day
   * @param end hour in which everybody is back
   */
  constructor(first: number, length: number, end: number) {
    this.first = first;
    this.length = length;
    this.end = end;
  }

  /** Whether the hour ends in a spell. */
  atEndOf(hour: number): boolean {
    const since = hour - this.first;
    return since >= 0 && hour < this.end && since % HOURS_PER_DAY < this.length;
  }

  /** Whether the hour begins in a spell. */
  atStartOf(hour: number): boolean {
    return hour < this.end && this.atEndOf(hour - 1) && this.atEndOf(hour);
  }
}

/** When a party does not do what it should: each day from an hour on that is not the first. */
export function spellsOf({ seed, hours, misbehaviour }: Scenario, id: string): Spells {
  const random = new Random(`${seed}/misbehaviour/spells of ${id}`);
  const { spellHours } = misbehaviour;
  const latest = Math.max(1, Math.min(hours - spellHours, HOURS_PER_DAY) - 1);
  return new Spells(random.int(1, latest), spellHours, hours);
}

/** Stops after it has sealed a plan, and is away for hours. */
export class Stops extends Layer {
  private readonly spells: Spells;
  private hour = 0;

  constructor(inner: Trader, spells: Spells) {
    super(inner);
    this.spells = spells;
  }

  override commit(hour: number): Answer<unknown> {
    this.hour = hour;
    return this.spells.atStartOf(hour) ? undefined : super.commit(hour);
  }

  override reveal(): Answer<void> {
    return this.spells.atEndOf(this.hour) ? undefined : super.reveal();
  }
}

/** A meter that sends nothing for hours, and what it read in them afterwards. */
export class LateMeter implements Metering {
  protected readonly meter: MeterAgent;
  private readonly spells: Spells;
  private readonly hourOf: (slot: bigint) => number;
  private unsent: Reading[] = [];

  constructor(meter: MeterAgent, spells: Spells, hourOf: (slot: bigint) => number) {
    this.meter = meter;
    this.spells = spells;
    this.hourOf = hourOf;
  }

  async submit(slot: bigint, report?: HourReport): Promise<void> {
    const reading = this.meter.read(slot, report);
    this.unsent.push(reading);
    const [oldest = reading] = this.unsent;
    if (this.spells.atStartOf(this.hourOf(slot) + 1)) {
      await this.meanwhile?.(oldest);
      return;
    }
    const sending = this.unsent;
    this.unsent = [];
    for (const one of sending) await this.meter.send(one);
  }

  /** What it does in a spell instead of sending the oldest reading that it owes. */
  protected meanwhile?(oldest: Reading): Promise<void>;
}

/** More than any plant yields in an hour: the most that a reading can say, Wh. */
const IMPOSSIBLE_WH = 2n ** 32n - 1n;

/** A meter that signs readings for hours that cannot be right, and the right ones afterwards. */
export class LyingMeter extends LateMeter {
  private readonly access: MarketAccess;
  private lies = 0;

  constructor(meter: MeterAgent, spells: Spells, access: MarketAccess) {
    super(meter, spells, (slot) => access.hourOf(slot));
    this.access = access;
  }

  protected override meanwhile(reading: Reading): Promise<void> {
    const { party } = this.meter;
    const lie = this.lies % 2 === 0 ? beyondPlant(reading) : unbalanced(reading);
    this.lies += 1;
    const signing = this.access.ledger.submit(party.wallet, lie, { signer: party.wallet });
    return this.access.mustNot(party, signing, "BeyondPlant", "Unbalanced");
  }
}

const beyondPlant = (reading: Reading): Reading => ({ ...reading, pv: IMPOSSIBLE_WH });

/** One watt-hour of PV is exported that was not produced. */
const unbalanced = (reading: Reading): Reading => ({
  ...reading,
  gridExport: reading.pv - reading.esdIn + 1n,
});
