/** The beacon's hash chains and values. */
import { AbiCoder, keccak256, toBeHex } from "ethers";

import { Role, type Address, type BeaconValue, type Bytes32, type Chain } from "../ledger.ts";
import type { LocalMarket } from "./market.ts";
import { Cell, refuse, StateMap } from "./world.ts";

const MAX_OPERATORS = 8n;
const MAX_LENGTH = 8784n;
const LEAD_SLOTS = 2n;
const WORD = 2n ** 256n;

const NO_CHAIN: Chain = {
  last: toBeHex(0, 32),
  nextSlot: 0n,
  lastSlot: 0n,
  active: false,
};

/** Randomness that nobody knows before the reveals are over. */
export class LocalBeacon {
  private readonly market: LocalMarket;
  private readonly chains: StateMap<bigint, Chain>;
  private readonly values: StateMap<bigint, bigint>;
  private readonly active: Cell<readonly bigint[]>;

  constructor(market: LocalMarket) {
    this.market = market;
    this.chains = new StateMap(market.world);
    this.values = new StateMap(market.world);
    this.active = new Cell<readonly bigint[]>(market.world, []);
  }

  // ---------------------------------------------------------------- calls

  commitChain(caller: Address, anchor: Bytes32, firstSlot: bigint, length: bigint): void {
    const { identities, vault, world, options } = this.market;
    const { participant: operator } = identities.requireActive(caller, Role.beacon);
    if (this.chainOf(operator).active) refuse("ChainActive", operator);
    if (BigInt(this.active.value.length) === MAX_OPERATORS)
      refuse("TooManyOperators", MAX_OPERATORS);
    const earliest = world.currentSlot() + LEAD_SLOTS;
    const begins = firstSlot >= earliest && firstSlot <= earliest + MAX_LENGTH;
    if (!begins || length === 0n || length > MAX_LENGTH)
      refuse("InvalidChain", firstSlot, length, earliest, MAX_LENGTH);

    const lastSlot = firstSlot + length - 1n;
    this.chains.set(operator, { last: anchor, nextSlot: firstSlot, lastSlot, active: true });
    this.active.value = [...this.active.value, operator];
    world.emit("ChainCommitted", { operator, anchor, firstSlot, lastSlot });
    vault.lock(operator, options.parameters.beaconBond);
  }

  open(operator: bigint, slot: bigint, value: Bytes32): void {
    const { world } = this.market;
    const chain = this.requireActive(operator);
    if (slot !== chain.nextSlot) refuse("WrongSlot", slot, chain.nextSlot);
    if (slot > chain.lastSlot) refuse("NoChain", operator);
    if (keccak256(value) !== chain.last) refuse("NotThePreimage", value, chain.last);
    world.requireWindow(slot, world.clearFrom(slot), this.closesAt(slot));

    this.chains.set(operator, { ...chain, last: value, nextSlot: slot + 1n });
    const hash = keccak256(
      AbiCoder.defaultAbiCoder().encode(["uint32", "bytes32"], [operator, value]),
    );
    this.values.set(slot, ((this.values.get(slot) ?? 0n) + BigInt(hash)) % WORD);
    world.emit("ValueOpened", { operator, slot, value });
  }

  slash(operator: bigint): void {
    const { vault, reputation, world, options } = this.market;
    const chain = this.requireActive(operator);
    const slot = chain.nextSlot;
    if (slot > chain.lastSlot || world.now < this.closesAt(slot))
      refuse("NothingMissed", operator, slot);
    this.remove(operator, chain);
    const bond = options.parameters.beaconBond;
    world.emit("OperatorSlashed", { operator, slot, bond });
    vault.seize(operator, bond);
    reputation.penalizeDefault(operator);
  }

  retire(operator: bigint): void {
    const { vault, world, options } = this.market;
    const chain = this.requireActive(operator);
    if (chain.nextSlot <= chain.lastSlot) refuse("ChainNotOver", operator, chain.lastSlot);
    this.remove(operator, chain);
    world.emit("ChainRetired", { operator });
    vault.unlock(operator, options.parameters.beaconBond);
  }

  // ---------------------------------------------------------------- queries

  chainOf(operator: bigint): Chain {
    return this.chains.get(operator) ?? NO_CHAIN;
  }

  operators(): readonly bigint[] {
    return this.active.value;
  }

  valueOf(slot: bigint): BeaconValue {
    const { world } = this.market;
    const value = toBeHex(this.values.get(slot) ?? 0n, 32);
    const pending = this.active.value.some((operator) => {
      const { nextSlot, lastSlot } = this.chainOf(operator);
      return nextSlot === slot && slot <= lastSlot;
    });
    const isFinal =
      world.now >= this.closesAt(slot) || (world.now >= world.clearFrom(slot) && !pending);
    return { isFinal, value };
  }

  // ---------------------------------------------------------------- internals

  private requireActive(operator: bigint): Chain {
    const chain = this.chainOf(operator);
    return chain.active ? chain : refuse("NoChain", operator);
  }

  /** When a slot's values can be opened no more. */
  private closesAt(slot: bigint): bigint {
    return this.market.world.clearFrom(slot) + this.market.options.parameters.beaconSeconds;
  }

  /** The last of the operators takes the place of the one that leaves. */
  private remove(operator: bigint, chain: Chain): void {
    this.chains.set(operator, { ...chain, active: false });
    const rest = this.active.value.slice(0, -1);
    const last = this.active.value.slice(-1);
    this.active.value = rest.flatMap((other) => (other === operator ? last : [other]));
  }
}
