/** The words into which the supply book packs what its events `Signed` and `Delivered` tell, as they are shown. */
import {
  originOf,
  progressOf,
  termsOf,
  type ContractProgress,
  type Terms,
} from "../../../sim/market/words.ts";
import type { LedgerValue } from "../../../sim/market/ledger.ts";

/** A field of a packed word. */
export interface PackedField {
  readonly name: string;
  /** Type in the contracts, which says what the number is. */
  readonly solidityType: string;
  readonly value: bigint | boolean;
}

/** A type of packed words: how one is read, and the types of its fields in the order in which they are shown. */
interface PackedType<Field extends string> {
  readonly unpack: (word: bigint) => Readonly<Record<Field, LedgerValue>>;
  readonly types: Readonly<Record<Field, string>>;
}

const TERMS: PackedType<keyof Terms> = {
  unpack: termsOf,
  types: {
    buyer: "ParticipantId",
    seller: "ParticipantId",
    cores: "uint16",
    coreSeconds: "CoreSeconds",
    energy: "Wh",
    price: "Price",
    firstSlot: "SlotId",
    deadline: "SlotId",
    priority: "bool",
    signed: "SlotId",
  },
};

const PROGRESS: PackedType<keyof ContractProgress> = {
  unpack: progressOf,
  types: {
    delivered: "CoreSeconds",
    pv: "Wh",
    esd: "Wh",
    grid: "Wh",
    buyerDeposit: "uint48",
    sellerDeposit: "uint48",
    status: "enum SupplyStatus",
    handedOver: "bool",
  },
};

const TRADE: PackedType<string> = {
  unpack: originOf,
  types: { bid: "uint8", offer: "uint8", candidates: "uint8" },
};

const PACKED_TYPES: Readonly<Partial<Record<string, PackedType<string>>>> = {
  SupplyTermsWord: TERMS,
  SupplyProgressWord: PROGRESS,
  TradeWord: TRADE,
};

/** Fields that a word of a type has, and their types; undefined if the type is no packed word. */
export const packedTypes = (solidityType: string): Readonly<Record<string, string>> | undefined =>
  PACKED_TYPES[solidityType]?.types;

/** Fields of a value of a type; undefined if the type is no packed word. */
export function packedFields(solidityType: string, value: unknown): PackedField[] | undefined {
  const packed = PACKED_TYPES[solidityType];
  if (packed === undefined) return undefined;
  const values = packed.unpack(value as bigint);
  return Object.entries(packed.types).map(([name, type]) => ({
    name,
    solidityType: type,
    value: values[name] as bigint | boolean,
  }));
}
