/** The words into which the supply book packs what its event `Signed` and `Delivered` tell; `contracts/types/SupplyWords.sol` is their other half. */

/** A field of a packed word. */
export interface PackedField {
  readonly name: string;
  /** Type in the contracts, which says what the number is. */
  readonly solidityType: string;
  readonly from: number;
  readonly bits: number;
  /** Field to which it is a distance. */
  readonly after?: string;
}

/** Fields in the order of the bits, from the lowest. */
function fields(
  ...parts: [name: string, solidityType: string, bits: number, after?: string][]
): PackedField[] {
  let from = 0;
  return parts.map(([name, solidityType, bits, after]) => {
    const field = { name, solidityType, from, bits, ...(after === undefined ? {} : { after }) };
    from += bits;
    return field;
  });
}

/** Types of packed words. */
export type PackedWord = "SupplyTermsWord" | "SupplyProgressWord" | "TradeWord";

/** Fields of each type of word. */
const PACKED_WORDS: Readonly<Record<PackedWord, readonly PackedField[]>> = {
  SupplyTermsWord: fields(
    ["buyer", "ParticipantId", 32],
    ["seller", "ParticipantId", 32],
    ["cores", "uint16", 16],
    ["coreSeconds", "CoreSeconds", 40],
    ["energy", "Wh", 32],
    ["price", "Price", 32],
    ["firstSlot", "SlotId", 16, "signed"],
    ["deadline", "SlotId", 16, "signed"],
    ["priority", "bool", 8],
    ["signed", "SlotId", 32],
  ),
  SupplyProgressWord: fields(
    ["delivered", "CoreSeconds", 40],
    ["pv", "Wh", 32],
    ["esd", "Wh", 32],
    ["grid", "Wh", 32],
    ["buyerDeposit", "uint48", 48],
    ["sellerDeposit", "uint48", 48],
    ["status", "enum SupplyStatus", 8],
    ["handedOver", "bool", 8],
  ),
  TradeWord: fields(["bid", "uint8", 8], ["offer", "uint8", 8], ["candidates", "uint8", 8]),
};

/** Fields of a type; undefined if it is no packed word. */
export const fieldsOf = (solidityType: string): readonly PackedField[] | undefined =>
  (PACKED_WORDS as Partial<Record<string, readonly PackedField[]>>)[solidityType];

/** The values in a packed word by name. */
export function unpack(type: PackedWord, word: bigint): Record<string, number> {
  const raw = Object.fromEntries(
    PACKED_WORDS[type].map(({ name, from, bits }) => [
      name,
      Number((word >> BigInt(from)) & ((1n << BigInt(bits)) - 1n)),
    ]),
  );
  for (const { name, after } of PACKED_WORDS[type])
    if (after !== undefined) raw[name] = (raw[name] ?? 0) + (raw[after] ?? 0);
  return raw;
}
