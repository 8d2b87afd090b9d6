/** Between what ethers decodes and what the console shows. */
import type { ParamType, Result } from "ethers";

import type { DecodedValue, Link } from "../../shared/api.ts";

interface TypedParameter {
  readonly internalType?: string;
  readonly components?: readonly TypedParameter[];
}

const SHOWN: Readonly<Record<string, (number: number) => Link>> = {
  ParticipantId: (number) => ({ kind: "participant", number }),
  ContractId: (contract) => ({ kind: "supply", contract }),
  TransferId: (transfer) => ({ kind: "transfer", transfer }),
  SlotId: (slot) => ({ kind: "slot", slot }),
};

function linkOf(type: ParamType, solidityType: string, text: string): Link | null {
  if (type.baseType === "address") return { kind: "address", address: text };
  return SHOWN[solidityType]?.(Number(text)) ?? null;
}

/** An answer as the console shows values. `raw` is the parameter in the ABI's JSON, which names the contract's own type. */
export function decodedOf(
  type: ParamType,
  raw: TypedParameter | undefined,
  value: unknown,
): DecodedValue {
  const solidityType = raw?.internalType ?? type.type;
  const head = { name: type.name, type: type.type, solidityType, label: null };
  if (type.isTuple()) {
    const inside = (value as Result).toArray();
    const fields = type.components.map((field, index) =>
      decodedOf(field, raw?.components?.[index], inside[index]),
    );
    return { ...head, value: fields, link: null };
  }
  if (type.isArray()) {
    const element = {
      ...(raw?.components === undefined ? {} : { components: raw.components }),
      internalType: solidityType.replace(/\[\d*\]$/, ""),
    };
    const items = (value as Result).toArray().map((item: unknown, index) => ({
      ...decodedOf(type.arrayChildren, element, item),
      name: String(index),
    }));
    return { ...head, value: items, link: null };
  }
  if (typeof value === "boolean") return { ...head, value, link: null };
  const text = String(value);
  return { ...head, value: text, link: linkOf(type, solidityType, text) };
}
