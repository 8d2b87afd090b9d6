/** The participants' money. */
import type { Account, Address, Permit, Signature } from "../ledger.ts";
import type { LocalMarket } from "./market.ts";
import { Cell, refuse, StateList } from "./world.ts";

/** Most that the vault can hold. */
const MOST = 2n ** 112n - 1n;

/** Available and locked funds, and the penalty pool. */
export class LocalVault {
  private readonly market: LocalMarket;
  private readonly accounts: StateList<Account>;
  private readonly pool: Cell<bigint>;

  constructor(market: LocalMarket) {
    this.market = market;
    this.accounts = new StateList(market.world);
    this.pool = new Cell(market.world, 0n);
  }

  // ---------------------------------------------------------------- calls

  deposit(caller: Address, amount: bigint): void {
    this.take(caller, this.market.identities.participantOf(caller), amount);
  }

  depositFor(caller: Address, participant: bigint, amount: bigint): void {
    this.market.identities.identityOf(participant);
    this.take(caller, participant, amount);
  }

  depositWithPermit(caller: Address, permit: Permit, owner: Signature): void {
    this.market.token.tryPermit(caller, this.address, permit, owner);
    this.deposit(caller, permit.value);
  }

  withdraw(caller: Address, amount: bigint, to: Address): void {
    const participant = this.market.identities.participantOf(caller);
    if (amount === 0n) refuse("ZeroAmount");
    this.change(participant, -this.requireAvailable(participant, amount), 0n);
    this.market.world.emit("Withdrawn", { participant, to, amount });
    this.send(to, amount);
  }

  payOut(caller: Address, amount: bigint, to: Address): void {
    this.market.requireHolder(caller, "treasurer");
    if (amount > this.pool.value) refuse("InsufficientPool", this.pool.value, amount);
    this.pool.value -= amount;
    this.market.world.emit("PaidOut", { to, amount });
    this.send(to, amount);
  }

  // ---------------------------------------------------------------- for the other parts

  lock(participant: bigint, amount: bigint): void {
    this.requireAvailable(participant, amount);
    this.change(participant, -amount, amount);
  }

  /** Locks if there is enough available, and says whether there was. */
  tryLock(participant: bigint, amount: bigint): boolean {
    if (amount > this.accountOf(participant).available) return false;
    this.lock(participant, amount);
    return true;
  }

  unlock(participant: bigint, amount: bigint): void {
    if (amount === 0n) return;
    this.requireLocked(participant, amount);
    this.change(participant, amount, -amount);
  }

  /** From locked funds to another's available funds. */
  pay(from: bigint, to: bigint, amount: bigint): void {
    this.spend(from, amount);
    this.earn(to, amount);
  }

  /** The first half of a payment, for those who pay many at once: takes it from locked funds. */
  spend(from: bigint, amount: bigint): void {
    this.requireLocked(from, amount);
    this.change(from, 0n, -amount);
  }

  /** The second half: adds what was spent to another's available funds. */
  earn(to: bigint, amount: bigint): void {
    this.change(to, amount, 0n);
  }

  /** From available funds to another's, as much as there is; returns how much. */
  payAvailable(from: bigint, to: bigint, upTo: bigint): bigint {
    const { available } = this.accountOf(from);
    const amount = upTo < available ? upTo : available;
    if (amount === 0n) return 0n;
    this.change(from, -amount, 0n);
    this.change(to, amount, 0n);
    return amount;
  }

  /** From locked funds to the penalty pool. */
  seize(participant: bigint, amount: bigint): void {
    this.requireLocked(participant, amount);
    this.change(participant, 0n, -amount);
    this.pool.value += amount;
  }

  // ---------------------------------------------------------------- queries

  accountOf(participant: bigint): Account {
    return this.accounts.get(participant) ?? { available: 0n, locked: 0n };
  }

  penaltyPool(): bigint {
    return this.pool.value;
  }

  // ---------------------------------------------------------------- internals

  private get address(): Address {
    return this.market.options.addresses.vault;
  }

  private take(payer: Address, participant: bigint, amount: bigint): void {
    const { token } = this.market;
    if (amount === 0n) refuse("ZeroAmount");
    if (token.balanceOf(this.address) + amount > MOST) refuse("AmountTooLarge", amount);
    token.transferFrom(this.address, payer, this.address, amount);
    this.change(participant, amount, 0n);
    this.market.world.emit("Deposited", { participant, from: payer, amount });
  }

  private send(to: Address, amount: bigint): void {
    this.market.token.transfer(this.address, to, amount);
    // What is sent to the vault itself has not left it.
    if (to === this.address && amount !== 0n) refuse("TokenTransferMismatch", amount, 0n);
  }

  private requireAvailable(participant: bigint, amount: bigint): bigint {
    const { available } = this.accountOf(participant);
    if (amount > available) refuse("InsufficientFunds", participant, available, amount);
    return amount;
  }

  private requireLocked(participant: bigint, amount: bigint): void {
    const { locked } = this.accountOf(participant);
    if (amount > locked) refuse("InsufficientLock", participant, locked, amount);
  }

  private change(participant: bigint, available: bigint, locked: bigint): void {
    const account = this.accountOf(participant);
    this.accounts.set(participant, {
      available: account.available + available,
      locked: account.locked + locked,
    });
  }
}
