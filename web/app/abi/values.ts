/** Between what is typed into a form, what ethers encodes, and what the console shows. */
import type { ParamType, Result } from "ethers";

import type { DecodedValue, Link } from "../../shared/api.ts";

/** What is typed for a parameter; fields of a struct by their names. */
export type Typed = string | { readonly [field: string]: Typed };

/** Something typed that is no value of its type. */
export class TypedError extends Error {}

/**
 * A value for ethers.
 *
 * @throws TypedError if a list is no JSON
 */
export function valueOf(type: ParamType, typed: Typed | undefined): unknown {
  if (type.isTuple()) {
    const fields = typeof typed === "object" ? typed : {};
    return type.components.map((field, index) => valueOf(field, fields[fieldName(field, index)]));
  }
  const text = typeof typed === "string" ? typed.trim() : "";
  if (type.isArray()) {
    try {
      return JSON.parse(text === "" ? "[]" : text) as unknown;
    } catch {
      throw new TypedError(`${nameOf(type)}: a list is written as JSON, such as ["1", "2"].`);
    }
  }
  if (type.baseType === "bool") return text === "true";
  if (text === "" && type.baseType !== "string")
    throw new TypedError(`${nameOf(type)}: a value of type ${type.type} is missing.`);
  return text;
}

const nameOf = ({ name, type }: ParamType): string => (name === "" ? type : name);

/** Key of a struct's field in what is typed. */
export const fieldName = ({ name }: ParamType, index: number): string =>
  name === "" ? String(index) : name;

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
