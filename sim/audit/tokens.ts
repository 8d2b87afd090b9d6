/** Who has how many tokens, from the token's `Transfer` events. */
import { ZeroAddress } from "ethers";

import type { Address } from "../market/ledger.ts";
import type { MarketEvent } from "./codec.ts";
import { Difference } from "./difference.ts";
import type { MarketTransaction } from "./history.ts";
import type { Roles } from "./roles.ts";

/** Balances of the settlement token. */
export class Tokens {
  private readonly balances = new Map<Address, bigint>();
  private readonly vault: Address;
  /** Whether the token is the market's own, whose whole past is known. */
  private readonly own: boolean;
  /** Tokens that were sent to the vault without a deposit: they belong to nobody, and it does not count them. */
  donated = 0n;

  constructor(vault: Address, own: boolean) {
    this.vault = vault;
    this.own = own;
  }

  /** Wallets that ever had tokens; empty for a token whose past is not all known. */
  get holders(): readonly Address[] {
    return this.own ? [...this.balances.keys()].filter((wallet) => wallet !== this.vault) : [];
  }

  /** What a wallet has by the events. */
  balanceOf(wallet: Address): bigint {
    return this.balances.get(wallet) ?? 0n;
  }

  /**
   * Takes the transfers of a transaction.
   *
   * @throws Difference if somebody mints without the role, or spends what it does not have, or if the vault loses tokens that it
   * does not tell of
   */
  take(transaction: MarketTransaction, roles: Roles): void {
    const { events, hash } = transaction;
    let [in_, out] = [0n, 0n];
    for (const event of events) {
      if (event.part !== "token" || event.name !== "Transfer") continue;
      const { from, to, value } = transferOf(event);
      if (from === ZeroAddress) this.requireIssuer(transaction, roles);
      else this.spend(from, value, hash);
      if (to !== ZeroAddress) this.balances.set(to, this.balanceOf(to) + value);
      if (from === this.vault) out += value;
      if (to === this.vault) in_ += value;
    }
    if (in_ === 0n && out === 0n) return;
    const told = sumsToldBy(events);
    if (out !== told.out || in_ < told.in)
      throw new Difference(
        "tokens that the vault received and sent",
        `${told.in} and ${told.out}, as its events say`,
        `${in_} and ${out}`,
        hash,
      );
    this.donated += in_ - told.in;
  }

  private spend(from: Address, value: bigint, transaction: string): void {
    const before = this.balanceOf(from);
    if (this.own && value > before)
      throw new Difference(
        `tokens of ${from}`,
        `a transfer of at most ${before}`,
        value,
        transaction,
      );
    this.balances.set(from, before - value);
  }

  private requireIssuer({ calls, from, time, hash }: MarketTransaction, roles: Roles): void {
    if (!this.own) return;
    const [call] = calls;
    const isMint = call?.part === "token" && call.name === "mint";
    if (isMint && roles.has("issuer", from, time)) return;
    throw new Difference("new tokens", "a mint by the issuer", `a transaction of ${from}`, hash);
  }
}

const transferOf = ({ args }: MarketEvent): { from: Address; to: Address; value: bigint } => {
  // An ERC-20's parameters may have other names.
  const [from, to, value] = Object.values(args);
  return { from: from as Address, to: to as Address, value: value as bigint };
};

/** What the vault's events of a transaction say came in and went out. */
function sumsToldBy(events: readonly MarketEvent[]): { in: bigint; out: bigint } {
  const sum = (...names: string[]): bigint =>
    events
      .filter(({ part, name }) => part === "vault" && names.includes(name))
      .reduce((all, { args }) => all + (args["amount"] as bigint), 0n);
  return { in: sum("Deposited"), out: sum("Withdrawn", "PaidOut") };
}
