/**
 * Hashes of structs (EIP-712), with what a type says looked at once: a replay hashes tens of thousands of messages, and ethers
 * looks at their types anew for each.
 */
import { toUtf8Bytes, TypedDataEncoder, type TypedDataField } from "ethers";

import { bytesOf } from "./codec.ts";
import { keccak } from "./keccak.ts";
import type { Bytes32 } from "./ledger.ts";

const WORD = 32;

/** Writes a value into the word that begins at a byte. */
type Writer = (value: never, words: DataView, at: number) => void;

type Types = Readonly<Record<string, TypedDataField[]>>;

/** Hashes a struct. @throws Error if a value does not fit its type */
export type StructHasher = (struct: object) => Bytes32;

/**
 * A function that hashes structs of a type.
 *
 * @param types the type, and those of its fields
 * @throws Error if a field has a type that no message of the market has
 */
export function structHasher(types: Types, name: string): StructHasher {
  const typeHash = keccak(TypedDataEncoder.from(types).encodeType(name));
  const fields = (types[name] ?? []).map(
    (field) => [field.name, writerOf(types, field.type)] as const,
  );
  return (struct) => {
    const values = struct as Readonly<Record<string, unknown>>;
    const words = new DataView(new ArrayBuffer(WORD * (1 + fields.length)));
    put(typeHash, words, 0);
    for (const [i, [field, write]] of fields.entries())
      write(values[field] as never, words, WORD * (1 + i));
    return keccak(new Uint8Array(words.buffer));
  };
}

function writerOf(types: Types, type: string): Writer {
  if (type.endsWith("[]")) return listWriter(writerOf(types, type.slice(0, -2)));
  if (type in types) {
    const hash = structHasher(types, type);
    return (struct, words, at) => {
      put(hash(struct), words, at);
    };
  }
  const bits = /^uint(\d+)$/.exec(type)?.[1];
  if (bits !== undefined) return integerWriter(type, 1n << BigInt(bits));
  switch (type) {
    case "bool":
      return (value, words, at) => {
        words.setUint8(at + WORD - 1, Number(value));
      };
    case "string":
      return (value, words, at) => {
        put(keccak(toUtf8Bytes(value)), words, at);
      };
    case "address":
      return (value, words, at) => {
        putFixed(value, 20, words, at + WORD - 20);
      };
    case "bytes32":
      return (value, words, at) => {
        putFixed(value, WORD, words, at);
      };
    default:
      throw new Error(`Messages of the market have no fields of the type ${type}.`);
  }
}

/** A list stands for the hash of its items' words. */
function listWriter(write: Writer): Writer {
  return (list: readonly never[], words, at) => {
    const items = new DataView(new ArrayBuffer(WORD * list.length));
    for (const [i, item] of list.entries()) write(item, items, WORD * i);
    put(keccak(new Uint8Array(items.buffer)), words, at);
  };
}

function integerWriter(type: string, limit: bigint): Writer {
  return (value: unknown, words, at) => {
    if (typeof value !== "bigint" || value < 0n || value >= limit)
      throw new Error(`${String(value)} is no ${type}.`);
    // A DataView takes the lowest 64 bits.
    for (let rest = value, end = at + WORD - 8; rest > 0n; rest >>= 64n, end -= 8)
      words.setBigUint64(end, rest);
  };
}

function putFixed(hex: string, length: number, words: DataView, at: number): void {
  if (hex.length !== 2 + 2 * length) throw new Error(`${hex} has not ${length.toString()} bytes.`);
  put(hex, words, at);
}

function put(hex: string, words: DataView, at: number): void {
  new Uint8Array(words.buffer).set(bytesOf(hex), at);
}
