/** What those do who break the rules: layers around honest agents. */
import type { Plan } from "../market/ledger.ts";
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
