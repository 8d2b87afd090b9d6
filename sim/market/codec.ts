/**
 * Calls, results and events of a contract as bytes (Solidity's ABI), made once from its description: a replay has tens of
 * thousands of each, and ethers looks at the types anew every time.
 */
import { getAddress, getBytes, hexlify, type Interface, type ParamType } from "ethers";
import { createContract, events as createEvents } from "micro-eth-signer/abi.js";

import type { Address, LedgerValue } from "./ledger.ts";

/** What a function takes and gives. */
interface FunctionCodec {
  encode(args: readonly unknown[]): string;
  decode(data: string): LedgerValue;
}

/** Changes a value between the ledger's form and the library's. */
type Convert<From, To> = (value: From) => To;

/** An event with the values of its arguments. */
export interface DecodedEvent {
  readonly name: string;
  readonly args: Record<string, LedgerValue>;
}

/** Encodes calls of a contract, and decodes what it returns and emits; functions with overloads are left out. */
export class ContractCodec {
  private readonly functions = new Map<string, FunctionCodec>();
  private readonly events = new Map<string, (log: EncodedLog) => DecodedEvent>();

  constructor(contract: Interface) {
    const abi = JSON.parse(contract.formatJson()) as Abi;
    const functions = createContract(abi) as unknown as Record<string, RawFunction>;
    contract.forEachFunction((fragment) => {
      const raw = functions[fragment.name];
      if (raw) this.functions.set(fragment.name, functionCodec(raw, fragment));
    });
    const events = createEvents(abi) as unknown as Record<string, RawEvent>;
    contract.forEachEvent(({ name, inputs, topicHash }) => {
      const raw = events[name];
      if (raw === undefined) return;
      const toLedger = fieldsFrom(inputs);
      this.events.set(topicHash, ({ topics, data }) => ({
        name,
        args: toLedger(raw.decode(topics, data)),
      }));
    });
  }

  /** Calldata of a function. @throws Error if a value does not fit its type */
  encodeCall(name: string, args: readonly unknown[]): string {
    return this.functionOf(name).encode(args);
  }

  /** What a function returned: its only value, or all by name. */
  decodeResult(name: string, data: string): LedgerValue {
    return this.functionOf(name).decode(data);
  }

  /** What a log tells; undefined if it is of no event of the contract. */
  decodeLog(log: EncodedLog): DecodedEvent | undefined {
    return this.events.get(log.topics[0] ?? "")?.(log);
  }

  private functionOf(name: string): FunctionCodec {
    const codec = this.functions.get(name);
    if (codec === undefined) throw new Error(`The contract has no function ${name}.`);
    return codec;
  }
}

interface EncodedLog {
  readonly topics: readonly string[];
  readonly data: string;
}

type Abi = Parameters<typeof createContract>[0];

/** A function as the library makes it: one value stands for itself, several have their names. */
interface RawFunction {
  encodeInput(value?: unknown): Uint8Array;
  decodeOutput(data: Uint8Array): unknown;
}

interface RawEvent {
  decode(topics: readonly string[], data: string): Record<string, unknown>;
}

function functionCodec(
  raw: RawFunction,
  { inputs, outputs }: { inputs: readonly ParamType[]; outputs: readonly ParamType[] },
): FunctionCodec {
  const [input, ...moreInputs] = inputs;
  const [output, ...moreOutputs] = outputs;
  const converters = inputs.map(toBytes);
  const toLedger =
    output !== undefined && moreOutputs.length === 0 ? fromBytes(output) : fieldsFrom(outputs);
  return {
    encode(args) {
      const values = converters.map((convert, i) => convert(args[i]));
      if (input === undefined) return hexOf(raw.encodeInput());
      if (moreInputs.length === 0) return hexOf(raw.encodeInput(values[0]));
      const named = Object.fromEntries(inputs.map(({ name }, i) => [name, values[i]]));
      return hexOf(raw.encodeInput(named));
    },
    decode: (data) =>
      output === undefined ? [] : toLedger(raw.decodeOutput(bytesOf(data)) as never),
  };
}

/** From the ledger's form to the library's, which has bytes as bytes. */
function toBytes(type: ParamType): Convert<unknown, unknown> {
  if (type.baseType === "array" && type.arrayChildren !== null) {
    const child = toBytes(type.arrayChildren);
    return (value) => (value as readonly unknown[]).map(child);
  }
  if (type.baseType === "tuple" && type.components !== null) {
    const fields = type.components.map((field) => [field.name, toBytes(field)] as const);
    return (value) => {
      const given = value as Readonly<Record<string, unknown>>;
      return Object.fromEntries(fields.map(([name, convert]) => [name, convert(given[name])]));
    };
  }
  return type.type.startsWith("bytes") ? (value) => bytesOf(value as string) : (value) => value;
}

/** From the library's form to the ledger's. */
function fromBytes(type: ParamType): Convert<unknown, LedgerValue> {
  if (type.baseType === "array" && type.arrayChildren !== null) {
    const child = fromBytes(type.arrayChildren);
    return (value) => (value as readonly unknown[]).map(child);
  }
  if (type.baseType === "tuple" && type.components !== null)
    return fieldsFrom(type.components) as Convert<unknown, LedgerValue>;
  if (type.type.startsWith("bytes")) return (value) => hexOf(value as Uint8Array);
  return (type.type === "address" ? checksummed : (value) => value) as Convert<
    unknown,
    LedgerValue
  >;
}

function fieldsFrom(
  types: readonly ParamType[],
): Convert<Record<string, unknown>, Record<string, LedgerValue>> {
  const fields = types.map((type) => [type.name, fromBytes(type)] as const);
  return (value) =>
    Object.fromEntries(fields.map(([name, convert]) => [name, convert(value[name])]));
}

/** Checksums of the addresses that were met; they are few, and hashing is slow. */
const known = new Map<string, Address>();

function checksummed(address: string): Address {
  let found = known.get(address);
  if (found === undefined) known.set(address, (found = getAddress(address)));
  return found;
}

/** Node's way between bytes and text is the quickest by far; browsers do not have it. */
const HAS_BUFFER = typeof globalThis.Buffer === "function";

/** Bytes of a hexadecimal text with `0x`. @throws Error if it is none */
export function bytesOf(hex: string): Uint8Array {
  if (!HAS_BUFFER) return getBytes(hex);
  const bytes = Buffer.from(hex.slice(2), "hex");
  if (!hex.startsWith("0x") || bytes.length * 2 !== hex.length - 2)
    throw new Error(`${hex} is no hexadecimal text.`);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Bytes as a hexadecimal text with `0x`. */
export function hexOf(bytes: Uint8Array): string {
  if (!HAS_BUFFER) return hexlify(bytes);
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;
}
