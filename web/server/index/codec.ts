/** Calls, events and errors of the market's contracts by their ABIs. */
import { Interface, type EventFragment, type FunctionFragment } from "ethers";

/** A value as ethers decodes it. */
export type AbiValue = bigint | string | boolean | readonly AbiValue[];

/** Decoded arguments by name. */
export type Args = Readonly<Record<string, AbiValue>>;

/** A parameter as an ABI has it, with the contract's own name of its type. */
export interface AbiParameter {
  readonly name: string;
  readonly type: string;
  readonly internalType?: string;
  readonly components?: readonly AbiParameter[];
}

interface AbiItem {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly AbiParameter[];
  readonly outputs?: readonly AbiParameter[];
  readonly stateMutability?: string;
}

/** A contract of the market. */
export interface KnownContract {
  readonly name: string;
  /** Lower case. */
  readonly address: string;
  readonly abi: readonly AbiItem[];
}

/** Something that was decoded: which function, event or error, and its values in their order. */
export interface Decoded {
  readonly contract: string;
  readonly name: string;
  readonly signature: string;
  readonly selector: string;
  readonly parameters: readonly AbiParameter[];
  readonly values: readonly AbiValue[];
}

interface Entry {
  readonly contract: string;
  readonly codec: Interface;
  readonly parameters: readonly AbiParameter[];
}

/** A function, event or error that can be decoded, found by its selector or topic. */
interface FunctionEntry extends Entry {
  readonly fragment: FunctionFragment;
  readonly outputs: readonly AbiParameter[];
}
interface EventEntry extends Entry {
  readonly fragment: EventFragment;
}

const BUILT_IN: readonly AbiItem[] = [
  {
    type: "error",
    name: "Error",
    inputs: [{ name: "message", type: "string" }],
  },
  { type: "error", name: "Panic", inputs: [{ name: "code", type: "uint256" }] },
];

/** Name, address and ABIs of the market's contracts, and what is encoded by them. */
export class Codec {
  readonly contracts: readonly KnownContract[];
  private readonly byAddress = new Map<string, KnownContract>();
  private readonly functions = new Map<string, Map<string, FunctionEntry>>();
  private readonly events = new Map<string, Map<string, EventEntry>>();
  private readonly errors = new Map<string, Entry & { name: string; signature: string }>();

  constructor(contracts: readonly KnownContract[]) {
    this.contracts = contracts;
    this.addErrors("Solidity", BUILT_IN, new Interface(BUILT_IN));
    for (const contract of contracts) this.add(contract);
  }

  /** The contract at an address; undefined if it is none of the market's. */
  at(address: string | null): KnownContract | undefined {
    return address === null ? undefined : this.byAddress.get(address);
  }

  /** The contract of a name. */
  named(name: string): KnownContract | undefined {
    return this.contracts.find((contract) => contract.name === name);
  }

  /** A call of a contract; undefined if the function is not known or the data is not its arguments. */
  call(to: string | null, input: string): Decoded | undefined {
    const entry = this.functionEntry(to, input);
    return entry && decodeCall(entry, input);
  }

  /** Name of the function that a call is of, without decoding it. */
  method(to: string | null, input: string): string | undefined {
    return this.functionEntry(to, input)?.fragment.name;
  }

  /** What a call returned; undefined if it is not known. */
  result(to: string | null, input: string, output: string): Decoded | undefined {
    const entry = this.functionEntry(to, input);
    if (entry === undefined) return undefined;
    try {
      const values = entry.codec.decodeFunctionResult(entry.fragment, output).toArray(true);
      return {
        contract: entry.contract,
        name: entry.fragment.name,
        signature: entry.fragment.format("sighash"),
        selector: entry.fragment.selector,
        parameters: entry.outputs,
        values: values as AbiValue[],
      };
    } catch {
      return undefined;
    }
  }

  /** An event; undefined if it is not known or does not fit. */
  event(address: string, topics: readonly string[], data: string): Decoded | undefined {
    const entry = this.events.get(address)?.get(topics[0] ?? "");
    if (entry === undefined) return undefined;
    const { codec, fragment, contract, parameters } = entry;
    try {
      const values = codec.decodeEventLog(fragment, data, topics).toArray(true) as AbiValue[];
      return {
        contract,
        name: fragment.name,
        signature: fragment.format("sighash"),
        selector: fragment.topicHash,
        parameters,
        values,
      };
    } catch {
      return undefined;
    }
  }

  /** A custom error, or one of Solidity's own; undefined if it is not known. */
  error(data: string): Decoded | undefined {
    const selector = data.slice(0, 10);
    const entry = this.errors.get(selector);
    if (entry === undefined) return undefined;
    try {
      const values = entry.codec.decodeErrorResult(selector, data).toArray(true) as AbiValue[];
      return { ...entry, selector, values };
    } catch {
      return undefined;
    }
  }

  /**
   * Calls of a contract's functions that stand anywhere in calldata: of the transaction itself, or of one that reaches the
   * contract by way of another.
   */
  *callsWithin(address: string, input: string, names: ReadonlySet<string>): Generator<Decoded> {
    for (const entry of this.functions.get(address)?.values() ?? []) {
      if (!names.has(entry.fragment.name)) continue;
      const selector = entry.fragment.selector.slice(2);
      for (let at = input.indexOf(selector); at >= 0; at = input.indexOf(selector, at + 2)) {
        const decoded = decodeCall(entry, `0x${input.slice(at)}`);
        if (decoded !== undefined) yield decoded;
      }
    }
  }

  private functionEntry(to: string | null, input: string): FunctionEntry | undefined {
    return to === null ? undefined : this.functions.get(to)?.get(input.slice(0, 10));
  }

  private add(contract: KnownContract): void {
    const { name, address, abi } = contract;
    const codec = new Interface(abi);
    const functions = new Map<string, FunctionEntry>();
    const events = new Map<string, EventEntry>();
    for (const item of abi) {
      const parameters = item.inputs ?? [];
      const signature = `${item.name ?? ""}(${parameters.map(typeOf).join(",")})`;
      if (item.type === "function") {
        const fragment = codec.getFunction(signature);
        const outputs = item.outputs ?? [];
        if (fragment)
          functions.set(fragment.selector, {
            contract: name,
            codec,
            fragment,
            parameters,
            outputs,
          });
      } else if (item.type === "event") {
        const fragment = codec.getEvent(signature);
        if (fragment)
          events.set(fragment.topicHash, { contract: name, codec, fragment, parameters });
      }
    }
    this.byAddress.set(address, contract);
    this.functions.set(address, functions);
    this.events.set(address, events);
    this.addErrors(name, abi, codec);
  }

  private addErrors(contract: string, abi: readonly AbiItem[], codec: Interface): void {
    for (const { type, name = "", inputs: parameters = [] } of abi) {
      if (type !== "error") continue;
      const signature = `${name}(${parameters.map(typeOf).join(",")})`;
      const fragment = codec.getError(signature);
      if (fragment === null || this.errors.has(fragment.selector)) continue;
      this.errors.set(fragment.selector, { contract, codec, parameters, name, signature });
    }
  }
}

function decodeCall(
  { codec, fragment, contract, parameters }: FunctionEntry,
  input: string,
): Decoded | undefined {
  try {
    return {
      contract,
      name: fragment.name,
      signature: fragment.format("sighash"),
      selector: fragment.selector,
      parameters,
      values: codec.decodeFunctionData(fragment, input).toArray(true) as AbiValue[],
    };
  } catch {
    return undefined;
  }
}

/** Type as it stands in a signature: a struct is the list of its fields. */
export function typeOf({ type, components }: AbiParameter): string {
  if (components === undefined) return type;
  return `(${components.map(typeOf).join(",")})${type.slice("tuple".length)}`;
}

/** Arguments by name. */
export function argsOf({ parameters, values }: Decoded): Args {
  return Object.fromEntries(parameters.map(({ name }, i) => [name, values[i] ?? ""]));
}

/** Fields of a struct by name. */
export function structOf(parameter: AbiParameter | undefined, value: AbiValue | undefined): Args {
  const values = value as readonly AbiValue[];
  return Object.fromEntries(
    (parameter?.components ?? []).map(({ name }, i) => [name, values[i] ?? ""]),
  );
}
