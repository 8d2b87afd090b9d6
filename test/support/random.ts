/** Seeded randomness for tests: the same seed gives the same run. */
import { toBeHex } from "ethers";

/** Where a run's randomness begins: the environment's HELIOMARKET_SEED, or 1. */
export const baseSeed = (): number => {
  const text = process.env["HELIOMARKET_SEED"] ?? "1";
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new Error(`HELIOMARKET_SEED is "${text}"; it must be a whole number from 0 on.`);
  }
  return seed;
};

/** A stream of random numbers (mulberry32). */
export class Random {
  #state: number;

  /** @param seed any whole number; streams of neighbouring seeds have nothing in common */
  constructor(seed: number) {
    this.#state = Math.imul(seed ^ Math.floor(seed / 2 ** 32), 0x9e37_79b1) >>> 0;
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** One of the list's entries. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error("There is nothing to pick from an empty list.");
    return list[this.between(0, list.length - 1)] as T;
  }

  /** The list in another order. */
  shuffle<T>(list: readonly T[]): T[] {
    const shuffled = [...list];
    for (let index = shuffled.length - 1; index > 0; index -= 1) {
      const other = this.between(0, index);
      [shuffled[index], shuffled[other]] = [shuffled[other] as T, shuffled[index] as T];
    }
    return shuffled;
  }

  /** The list cut into pieces of random lengths, some of them empty. */
  split<T>(list: readonly T[], longest = 4): T[][] {
    const pieces: T[][] = [];
    for (let from = 0; from < list.length;) {
      const length = this.between(0, longest);
      pieces.push(list.slice(from, from + length));
      from += length;
    }
    return pieces;
  }

  /** 32 bytes in hexadecimal. */
  bytes32(): string {
    let value = 0n;
    for (let word = 0; word < 8; word += 1) {
      value = (value << 32n) | BigInt(Math.floor(this.next() * 2 ** 32));
    }
    return toBeHex(value, 32);
  }
}
