/** Random numbers that a seed determines, the same on every machine. */

/** A small generator (splitmix32), the same for the same seed everywhere. */
export class Random {
  private state: number;

  /** @param seed any text; its hash begins the sequence */
  constructor(seed: string) {
    this.state = 2166136261;
    for (const character of seed) {
      this.state = Math.imul(this.state ^ (character.codePointAt(0) ?? 0), 16777619);
    }
  }

  /** A number from 0 to 1, without 1. */
  next(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** An integer from `low` to `high`, both included. */
  big(low: bigint | number, high: bigint | number): bigint {
    const span = Number(BigInt(high) - BigInt(low)) + 1;
    return BigInt(low) + BigInt(Math.floor(this.next() * span));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the list; undefined if it is empty. */
  maybe<T>(list: readonly T[]): T | undefined {
    return list[this.int(0, list.length - 1)];
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    const item = this.maybe(list);
    if (item === undefined) throw new RangeError("There is nothing to pick from.");
    return item;
  }

  /** One of the values, each as likely as its weight. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T {
    let rest = this.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) {
      rest -= weight;
      if (rest < 0) return value;
    }
    return this.pick(choices)[1];
  }

  /** The list in a random order. */
  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((value) => ({ value, place: this.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ value }) => value);
  }

  /** The list cut into pieces of random lengths, some of them empty. */
  split<T>(list: readonly T[], longest = 4): T[][] {
    const pieces: T[][] = [];
    for (let from = 0; from < list.length;) {
      const length = this.int(0, longest);
      pieces.push(list.slice(from, from + length));
      from += length;
    }
    return pieces;
  }

  /** 32 bytes. */
  bytes32(): string {
    const word = (): string =>
      Math.floor(this.next() * 2 ** 32)
        .toString(16)
        .padStart(8, "0");
    return `0x${Array.from({ length: 8 }, word).join("")}`;
  }
}
