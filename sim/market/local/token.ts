/** The settlement token, as far as deposits need it. */
import { ZeroAddress } from "ethers";

import type { Address, Permit, Signature } from "../ledger.ts";
import type { LocalMarket } from "./market.ts";
import { refuse, StateMap } from "./world.ts";

/** An allowance that is never used up. */
const UNLIMITED = 2n ** 256n - 1n;

/** ERC-20 balances, allowances and permits. */
export class LocalToken {
  private readonly market: LocalMarket;
  private readonly balances: StateMap<Address, bigint>;
  private readonly allowances: StateMap<string, bigint>;
  private readonly usedNonces: StateMap<Address, bigint>;

  constructor(market: LocalMarket) {
    this.market = market;
    this.balances = new StateMap(market.world);
    this.allowances = new StateMap(market.world);
    this.usedNonces = new StateMap(market.world);
  }

  balanceOf(wallet: Address): bigint {
    return this.balances.get(wallet) ?? 0n;
  }

  allowance(owner: Address, spender: Address): bigint {
    return this.allowances.get(`${owner} ${spender}`) ?? 0n;
  }

  nonces(owner: Address): bigint {
    return this.usedNonces.get(owner) ?? 0n;
  }

  mint(caller: Address, to: Address, amount: bigint): void {
    this.market.requireHolder(caller, "issuer");
    if (to === ZeroAddress) refuse("ERC20InvalidReceiver", to);
    this.balances.set(to, this.balanceOf(to) + amount);
    this.market.world.emit("Transfer", { from: ZeroAddress, to, value: amount });
  }

  approve(owner: Address, spender: Address, amount: bigint): void {
    if (spender === ZeroAddress) refuse("ERC20InvalidSpender", spender);
    this.allowances.set(`${owner} ${spender}`, amount);
    this.market.world.emit("Approval", { owner, spender, value: amount });
  }

  transfer(from: Address, to: Address, amount: bigint): void {
    if (to === ZeroAddress) refuse("ERC20InvalidReceiver", to);
    const balance = this.balanceOf(from);
    if (balance < amount) refuse("ERC20InsufficientBalance", from, balance, amount);
    this.balances.set(from, balance - amount);
    this.balances.set(to, this.balanceOf(to) + amount);
    this.market.world.emit("Transfer", { from, to, value: amount });
  }

  transferFrom(spender: Address, from: Address, to: Address, amount: bigint): void {
    const allowance = this.allowance(from, spender);
    if (allowance !== UNLIMITED) {
      if (allowance < amount) refuse("ERC20InsufficientAllowance", spender, allowance, amount);
      this.allowances.set(`${from} ${spender}`, allowance - amount);
    }
    this.transfer(from, to, amount);
  }

  /** Uses a permit if it is valid, and does nothing otherwise. */
  tryPermit(owner: Address, spender: Address, permit: Permit, signature: Signature): void {
    const signed =
      signature.signer === owner &&
      permit.owner === owner &&
      permit.spender === spender &&
      permit.nonce === this.nonces(owner);
    if (!signed || this.market.world.now > permit.deadline) return;
    this.usedNonces.set(owner, permit.nonce + 1n);
    this.approve(owner, spender, permit.value);
  }
}
