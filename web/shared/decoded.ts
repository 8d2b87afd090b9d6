/** Decoded values as a flat list. */
import type { DecodedValue } from "./api.ts";

/** A value that has no others in it. */
export type LeafValue = DecodedValue & { readonly value: string | boolean };

export const isLeaf = (of: DecodedValue): of is LeafValue => typeof of.value !== "object";

/**
 * What is packed into a word, without what stands beside it already: `Signed` names its buyer and its seller, and has them in
 * the word of its terms again. Undefined if it is no such word.
 */
export const unpackedBeside = (
  { unpacked }: DecodedValue,
  others: readonly DecodedValue[],
): readonly DecodedValue[] | undefined =>
  unpacked?.filter(
    (field) => !others.some(({ name, value }) => name === field.name && value === field.value),
  );
