/** Between what is typed into a form and what ethers encodes. */
import { isAddress, type ParamType } from "ethers";

/** What is typed for a parameter; fields of a struct by their names. */
export type Typed = string | { readonly [field: string]: Typed };

/** Something typed that is no value of its type: which parameter, what was given, and what it must be. */
export class TypedError extends Error {
  override readonly name = "TypedError";

  constructor(parameter: string, given: string, wanted: string) {
    super(
      given === "" ? `${parameter} is empty; ${wanted}` : `${parameter} is “${given}”; ${wanted}`,
    );
  }
}

/**
 * A value for ethers.
 *
 * @param name of the parameter, for what is said of it
 * @throws TypedError if it is no value of the type
 */
export function valueOf(type: ParamType, typed: Typed | undefined, name = nameOf(type)): unknown {
  if (type.isTuple()) {
    const fields = typeof typed === "object" ? typed : {};
    return type.components.map((field, index) => {
      const key = fieldName(field, index);
      return valueOf(field, fields[key], `${name}.${key}`);
    });
  }
  const text = typeof typed === "string" ? typed.trim() : "";
  if (!type.isArray()) return leafOf(type, text, name);
  let list: unknown;
  try {
    list = text === "" ? [] : JSON.parse(text);
  } catch {
    throw new TypedError(name, text, LIST);
  }
  return elementOf(type, list, name);
}

const LIST = 'it must be a list, written as JSON, such as ["1", "2"].';

/** A value within a list, as JSON has it. */
function elementOf(type: ParamType, value: unknown, name: string): unknown {
  const given = typeof value === "string" ? value : JSON.stringify(value);
  if (type.isArray()) {
    if (!Array.isArray(value)) throw new TypedError(name, given, LIST);
    const { arrayLength, arrayChildren } = type;
    if (arrayLength >= 0 && value.length !== arrayLength)
      throw new TypedError(name, given, `it must have ${arrayLength} elements.`);
    return value.map((one, index) => elementOf(arrayChildren, one, `${name}[${index}]`));
  }
  if (type.isTuple()) {
    if (typeof value !== "object" || value === null)
      throw new TypedError(name, given, "it must be a list or an object with the struct’s fields.");
    return type.components.map((field, index) => {
      const key = fieldName(field, index);
      const inside = (value as Record<string, unknown>)[Array.isArray(value) ? index : key];
      return elementOf(field, inside ?? "", `${name}.${key}`);
    });
  }
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new TypedError(name, given, "numbers that are this large must be in quotes.");
  if (typeof value === "object")
    throw new TypedError(name, given, `it must be one value of type ${type.type}.`);
  return leafOf(type, given, name);
}

/** A value that has no others in it. */
function leafOf({ baseType }: ParamType, text: string, name: string): unknown {
  if (baseType === "string") return text;
  if (baseType === "bool") {
    if (text === "" || text === "false") return false;
    if (text === "true") return true;
    throw new TypedError(name, text, "it must be true or false.");
  }
  if (baseType === "address") {
    if (!/^0x[0-9a-f]{40}$/i.test(text))
      throw new TypedError(name, text, "it must be an address: 0x and 40 hexadecimal digits.");
    if (isAddress(text)) return text;
    throw new TypedError(
      name,
      text,
      "its capitals are no checksum of an address; a digit is wrong.",
    );
  }
  const bytes = /^bytes(\d*)$/.exec(baseType);
  if (bytes !== null) return bytesOf(text, name, bytes[1] === "" ? undefined : Number(bytes[1]));
  return integerOf(baseType, text, name);
}

function bytesOf(text: string, name: string, size: number | undefined): string {
  const fits = size === undefined ? text.length % 2 === 0 : text.length === 2 + 2 * size;
  if (fits && /^0x[0-9a-f]*$/i.test(text)) return text;
  const digits = size === undefined ? "an even number of" : String(2 * size);
  throw new TypedError(name, text, `it must be bytes: 0x and ${digits} hexadecimal digits.`);
}

function integerOf(type: string, text: string, name: string): bigint {
  const bits = BigInt(/\d+$/.exec(type)?.[0] ?? "256");
  const signed = type.startsWith("int");
  const [least, most] = signed
    ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
    : [0n, 2n ** bits - 1n];
  if (/^(-?\d+|0x[0-9a-f]+)$/i.test(text)) {
    const value = BigInt(text);
    if (value >= least && value <= most) return value;
  }
  const range = `from ${shown(least)} to ${shown(most)}`;
  throw new TypedError(name, text, `it must be a whole number ${range} (${type}).`);
}

/** Digits of numbers that are read as such; beyond, powers of two say more. */
const MOST_DIGITS = 16;

function shown(limit: bigint): string {
  const text = limit.toLocaleString("en-GB").replace("-", "−");
  if (limit.toString().length <= MOST_DIGITS) return text;
  // A limit is a power of two, or one less.
  return limit < 0n ? `−2^${(-limit).toString(2).length - 1}` : `2^${limit.toString(2).length} − 1`;
}

const nameOf = ({ name, type }: ParamType): string => (name === "" ? type : name);

/** Key of a struct's field in what is typed. */
export const fieldName = ({ name }: ParamType, index: number): string =>
  name === "" ? String(index) : name;
