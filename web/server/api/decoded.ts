/** Decoded calls, events and errors as the console shows them: with names instead of numbers wherever one is known. */
import type { DecodedCall, DecodedValue, Link } from "../../shared/api.ts";
import {
  typeOf,
  type AbiParameter,
  type AbiValue,
  type Codec,
  type Decoded,
} from "../index/codec.ts";
import { packedFields } from "../index/words.ts";
import { checksummed, type Names } from "./names.ts";

/** Members of the contracts' enumerations, in their order. */
const ENUMERATIONS: Readonly<Record<string, readonly string[]>> = {
  "enum Role": ["None", "User", "DataCentre", "Meter", "GridOperator", "NetworkOperator", "Beacon"],
  "enum SupplyStatus": ["None", "Running", "Fulfilled", "Expired"],
  "enum TransferStatus": ["None", "Executing", "Owing", "Closed"],
  "enum TransferMode": ["Payment", "ComputeTime"],
  "enum PlanStatus": ["None", "Sealed", "Withdrawn", "Revealed", "Dropped", "Punished", "Closed"],
  "enum Phase": ["Open", "Matching", "Releasing", "Cleared"],
};

/** What the bare integers of signed messages are: EIP-712 knows no value types. */
const MESSAGE_FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "struct Plan": { slot: "SlotId", bidder: "ParticipantId" },
  "struct Bid": {
    ...{ coreSeconds: "CoreSeconds", energy: "Wh", maxPrice: "Price" },
    ...{ earliest: "SlotId", deadline: "SlotId" },
  },
  "struct Offer": { price: "Price", energy: "Wh" },
  "struct Commitment": { slot: "SlotId" },
  "struct Site": {
    ...{ dataCentre: "ParticipantId", meter: "ParticipantId", gridOperator: "ParticipantId" },
    ...{ networkOperator: "ParticipantId", pvLimitWh: "Wh", esdLimitWh: "Wh", gridLimitWh: "Wh" },
  },
  "struct Reading": {
    ...{ dataCentre: "ParticipantId", slot: "SlotId", pv: "Wh", esdIn: "Wh", esdOut: "Wh" },
    ...{ gridImport: "Wh", gridExport: "Wh" },
  },
  "struct Delivery": {
    ...{ contractId: "ContractId", coreSeconds: "CoreSeconds", pv: "Wh", esd: "Wh", grid: "Wh" },
  },
  "struct Rotation": { participant: "ParticipantId" },
};

/** Reasons of Solidity's own panics. */
const PANICS: Readonly<Record<number, string>> = {
  0x01: "assertion failed",
  0x11: "arithmetic overflow or underflow",
  0x12: "division by zero",
  0x21: "no member of the enumeration",
  0x31: "pop from an empty array",
  0x32: "index out of bounds",
  0x41: "out of memory",
  0x51: "call of an uninitialised function",
};

/** Shows what was decoded. */
export class Shower {
  private readonly names: Names;
  private readonly codec: Codec | undefined;

  constructor(names: Names, codec: Codec | undefined) {
    this.names = names;
    this.codec = codec;
  }

  /** A call, event or error. */
  decoded(decoded: Decoded): DecodedCall {
    const { contract, name, signature, selector } = decoded;
    return { contract, name, signature, selector, arguments: this.values(decoded) };
  }

  /** Its values. */
  values({ parameters, values, name }: Decoded): DecodedValue[] {
    return parameters.map((parameter, i) => {
      const shown = this.value(parameter, values[i] ?? "");
      if (name !== "Panic") return shown;
      return { ...shown, label: PANICS[Number(values[i])] ?? null };
    });
  }

  private value(parameter: AbiParameter, value: AbiValue): DecodedValue {
    const { name, type, internalType: solidityType = type } = parameter;
    const common = {
      name,
      type: type.startsWith("tuple") ? typeOf(parameter) : type,
      solidityType,
    };
    if (Array.isArray(value)) {
      const list = value as readonly AbiValue[];
      return { ...common, value: this.members(parameter, list), label: null, link: null };
    }
    if (typeof value === "boolean") return { ...common, value, label: null, link: null };
    if (type === "address") return { ...common, ...this.address(value as string) };
    const packed = packedFields(solidityType, value);
    if (packed !== undefined) {
      const unpacked = packed.map((field) => {
        const fieldType = field.solidityType === "bool" ? "bool" : "uint256";
        const known = { name: field.name, type: fieldType, internalType: field.solidityType };
        return this.value(known, field.value);
      });
      return { ...common, value: String(value), label: null, link: null, unpacked };
    }
    if (type === "bytes") return { ...common, ...this.bytes(value as string) };
    return { ...common, value: String(value), ...this.meaning(solidityType, value) };
  }

  private members(parameter: AbiParameter, values: readonly AbiValue[]): DecodedValue[] {
    const { type, internalType = type, components } = parameter;
    if (!type.endsWith("]"))
      return (components ?? []).map((component, i) => {
        const meant = MESSAGE_FIELDS[internalType]?.[component.name];
        const known = meant === undefined ? component : { ...component, internalType: meant };
        return this.value(known, values[i] ?? "");
      });
    const cut = (text: string): string => text.slice(0, text.lastIndexOf("["));
    const element = { ...parameter, type: cut(type), internalType: cut(internalType) };
    return values.map((value, i) => this.value({ ...element, name: String(i) }, value));
  }

  private address(value: string): Pick<DecodedValue, "value" | "label" | "link"> {
    const { name } = this.names.address(value.toLowerCase());
    const address = checksummed(value);
    return { value: address, label: name, link: { kind: "address", address } };
  }

  /** Bytes may be an error that was caught, as in the event of an item that a batch left out. */
  private bytes(value: string): Omit<DecodedValue, "name" | "type" | "solidityType"> {
    const error = value.length < 10 ? undefined : this.codec?.error(value);
    if (error === undefined) return { value, label: null, link: null };
    return { value, label: error.name, link: null, unpacked: this.values(error) };
  }

  private meaning(solidityType: string, value: AbiValue): Pick<DecodedValue, "label" | "link"> {
    const number = Number(value);
    const link = LINKS[solidityType]?.(number) ?? null;
    if (solidityType === "ParticipantId")
      return number === 0
        ? { label: "nobody", link: null }
        : { label: this.names.participant(number).id, link };
    return { label: ENUMERATIONS[solidityType]?.[number] ?? null, link };
  }
}

const LINKS: Readonly<Record<string, (number: number) => Link | null>> = {
  ParticipantId: (number) => ({ kind: "participant", number }),
  ContractId: (contract) => (contract === 0 ? null : { kind: "supply", contract }),
  TransferId: (transfer) => (transfer === 0 ? null : { kind: "transfer", transfer }),
  SlotId: (slot) => ({ kind: "slot", slot }),
};
