/** What those do who break the rules: layers around honest agents. */
import type { Address, Plan } from "../market/ledger.ts";
import type { MarketAccess, Party } from "./access.ts";
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

  commit(hour: number): Promise<void> | undefined {
    return this.inner.commit(hour);
  }

  reveal(): Promise<void> | undefined {
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

  override reveal(): Promise<void> | undefined {
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
