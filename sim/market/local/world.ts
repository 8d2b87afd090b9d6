/** What all parts of the local market share: time, state that can be rolled back, events and refusals. */
import type { Address, LedgerError, LedgerEvent, LedgerValue } from "../ledger.ts";
import type { MarketParameters } from "../parameters.ts";

/** Thrown by a call that is refused. */
export class Refusal extends Error {
  readonly error: LedgerError;

  constructor(error: LedgerError) {
    super(error.name);
    this.error = error;
  }
}

/** Refuses the call with a custom error of the contracts. */
export function refuse(name: string, ...args: LedgerValue[]): never {
  throw new Refusal({ name, args });
}

/** The block that a call is in, what the call has done so far, and how to undo it. */
export class World {
  readonly parameters: MarketParameters;
  /** Time of the block, Unix seconds. */
  now: bigint;
  /** Who can undo the changes of the present call: as many of the list as there were {@link changes}. */
  private readonly undo: Undoable[] = [];
  private changes = 0;
  private events: LedgerEvent[] = [];

  constructor(parameters: MarketParameters, now: bigint) {
    this.parameters = parameters;
    this.now = now;
  }

  /** Notes something that the call did. */
  emit(name: string, args: Record<string, LedgerValue>): void {
    this.events.push({ name, args });
  }

  /** Notes a change of state, which the one that changed can undo. */
  changed(state: Undoable): void {
    this.undo[this.changes] = state;
    this.changes += 1;
  }

  /** Runs `action`; if it is refused, nothing of it remains. */
  atomic<T>(action: () => T): T {
    const { changes } = this;
    const events = this.events.length;
    try {
      return action();
    } catch (error) {
      while (this.changes > changes) {
        this.changes -= 1;
        this.undo[this.changes]?.undo();
      }
      this.events.length = events;
      throw error;
    }
  }

  /** Makes what was done final and tells it. */
  conclude(): LedgerEvent[] {
    const events = this.events;
    for (let i = 0; i < this.changes; i += 1) this.undo[i]?.forget();
    this.changes = 0;
    this.events = [];
    return events;
  }

  /** The slot that the present block belongs to. */
  currentSlot(): bigint {
    const { genesis, slotSeconds } = this.parameters;
    if (this.now < genesis) refuse("BeforeGenesis", this.now, genesis);
    return (this.now - genesis) / slotSeconds;
  }

  /** When a slot begins. */
  startOf(slot: bigint): bigint {
    return this.parameters.genesis + slot * this.parameters.slotSeconds;
  }

  /** When a slot's commit window begins. */
  commitFrom(slot: bigint): bigint {
    return this.startOf(slot - 1n);
  }

  /** When a slot's reveal window begins. */
  revealFrom(slot: bigint): bigint {
    return this.commitFrom(slot) + this.parameters.commitSeconds;
  }

  /** When a slot's clearing begins. */
  clearFrom(slot: bigint): bigint {
    return this.revealFrom(slot) + this.parameters.revealSeconds;
  }

  /** Refuses the call outside `[from, to)`. */
  requireWindow(slot: bigint, from: bigint, to: bigint): void {
    if (this.now < from || this.now >= to) refuse("WrongWindow", slot, from, to, this.now);
  }
}

/** State that remembers what it was since the last call. */
interface Undoable {
  /** Takes back the latest change. */
  undo(): void;
  /** Makes all changes final. */
  forget(): void;
}

/**
 * Values by keys; changes are undone when the call that made them is refused. Values are replaced, never changed.
 * What is noted of a call lies in lists that keep their room for the next one: to make them anew for millions takes long.
 */
abstract class Recorded<K, V> implements Undoable {
  private readonly world: World;
  private readonly keys: K[] = [];
  private readonly before: (V | undefined)[] = [];
  /** How many entries of these are the present call's. */
  private changes = 0;

  constructor(world: World) {
    this.world = world;
  }

  undo(): void {
    this.changes -= 1;
    this.write(this.keys[this.changes] as K, this.before[this.changes]);
  }

  forget(): void {
    this.changes = 0;
  }

  protected abstract read(key: K): V | undefined;

  protected abstract write(key: K, value: V | undefined): void;

  /** Writes a value, or nothing, and notes what was there. */
  protected replace(key: K, value: V | undefined): void {
    this.keys[this.changes] = key;
    this.before[this.changes] = this.read(key);
    this.changes += 1;
    this.world.changed(this);
    this.write(key, value);
  }
}

/** What a key is looked up by: numbers of slots and references are small, and quicker so than as bigints. */
const lookup = (key: bigint | Address): number | Address =>
  typeof key === "bigint" ? Number(key) : key;

/** A map whose changes can be undone. */
export class StateMap<K extends bigint | Address, V> extends Recorded<number | Address, V> {
  private readonly map = new Map<number | Address, V>();

  /** @param key a number below 2^53 */
  get(key: K): V | undefined {
    return this.map.get(lookup(key));
  }

  set(key: K, value: V): void {
    this.replace(lookup(key), value);
  }

  delete(key: K): void {
    const at = lookup(key);
    if (this.map.has(at)) this.replace(at, undefined);
  }

  protected override read(key: number | Address): V | undefined {
    return this.map.get(key);
  }

  protected override write(key: number | Address, value: V | undefined): void {
    if (value === undefined) this.map.delete(key);
    else this.map.set(key, value);
  }
}

/** The same for participants, contracts and others that are numbered from 1 on: a list is quicker than a map. */
export class StateList<V> extends Recorded<number, V> {
  private readonly list: (V | undefined)[] = [];

  get(key: bigint): V | undefined {
    return this.list[Number(key)];
  }

  /** @param key the number of something that there is, so that the list has no more room than is needed */
  set(key: bigint, value: V): void {
    this.replace(Number(key), value);
  }

  protected override read(key: number): V | undefined {
    return this.list[key];
  }

  protected override write(key: number, value: V | undefined): void {
    while (this.list.length <= key) this.list.push(undefined);
    this.list[key] = value;
  }
}

/** Rows of plain numbers, for what changes so often that new objects would be too slow; changes can be undone. */
export class StateRows implements Undoable {
  private readonly world: World;
  private readonly width: number;
  private numbers: Float64Array;
  /** Rows that the present call changed, and their numbers before: as many as there were {@link changes}. */
  private readonly changed: number[] = [];
  private readonly before: number[] = [];
  private changes = 0;

  /** @param width numbers in a row */
  constructor(world: World, width: number) {
    this.world = world;
    this.width = width;
    this.numbers = new Float64Array(width);
  }

  get(row: number, column: number): number {
    return this.numbers[row * this.width + column] ?? 0;
  }

  /** Notes what a row is before it is changed. */
  change(row: number): void {
    const at = row * this.width;
    if (at >= this.numbers.length) this.grow(at + this.width);
    const noted = this.changes * this.width;
    this.changed[this.changes] = at;
    for (let i = 0; i < this.width; i += 1) this.before[noted + i] = this.numbers[at + i] ?? 0;
    this.changes += 1;
    this.world.changed(this);
  }

  /** Writes to a row whose {@link change} was noted. */
  put(row: number, column: number, value: number): void {
    this.numbers[row * this.width + column] = value;
  }

  undo(): void {
    this.changes -= 1;
    const at = this.changed[this.changes] ?? 0;
    const noted = this.changes * this.width;
    for (let i = 0; i < this.width; i += 1) this.numbers[at + i] = this.before[noted + i] ?? 0;
  }

  forget(): void {
    this.changes = 0;
  }

  private grow(least: number): void {
    const longer = new Float64Array(Math.max(least, 2 * this.numbers.length));
    longer.set(this.numbers);
    this.numbers = longer;
  }
}

/** A single value whose changes are undone when the call that made them is refused. */
export class Cell<T> {
  private readonly world: World;
  private current: T;
  private readonly before: T[] = [];

  constructor(world: World, initial: T) {
    this.world = world;
    this.current = initial;
  }

  get value(): T {
    return this.current;
  }

  set value(value: T) {
    this.before.push(this.current);
    this.current = value;
    this.world.changed(this);
  }

  undo(): void {
    this.current = this.before.pop() as T;
  }

  forget(): void {
    this.before.length = 0;
  }

  /** Adds one and returns the result, for numbering. */
  static next(cell: Cell<bigint>): bigint {
    cell.value += 1n;
    return cell.value;
  }
}
