/** Calls and events of a market's contracts, from calldata and logs. Runs in a browser, too. */
import { AbiCoder, type Interface, type ParamType } from "ethers";

import { fields, type ChainLog } from "../market/chainLedger.ts";
import { ContractCodec } from "../market/codec.ts";
import type { MarketAddresses } from "../market/deployment.ts";
import type { Address, Bytes32, LedgerError, LedgerValue } from "../market/ledger.ts";
import { unpacked } from "../market/words.ts";

/** A contract of the market, the directory included. */
export type ContractKey = keyof MarketAddresses;

/** An event that one of the market's contracts told; `terms`, `progress` and `trade` are unpacked. */
export interface MarketEvent {
  readonly part: ContractKey;
  readonly name: string;
  readonly args: Readonly<Record<string, LedgerValue>>;
}

/** A function of one of the market's contracts that a transaction called. */
export interface MarketCall {
  readonly part: ContractKey;
  readonly name: string;
  /** By the names of the parameters. */
  readonly args: Readonly<Record<string, LedgerValue>>;
  /** Whether the function only answers a question. */
  readonly isView: boolean;
  /** The calldata. */
  readonly data: string;
}

/** A transaction that concerned the market, as far as everybody can see it. */
export interface PublicTransaction {
  readonly hash: Bytes32;
  /** Time of its block, Unix seconds. */
  readonly time: bigint;
  /**
   * What it called: one function of the contract that it was sent to; or, if that is none of the market's, the calls of the
   * market that are in its calldata, as those of a wallet that is a contract or of a relay are.
   */
  readonly calls: readonly MarketCall[];
  /** In the order of their logs. */
  readonly events: readonly MarketEvent[];
}

/** A function, and the types of its arguments. */
interface KnownFunction {
  readonly name: string;
  readonly inputs: readonly ParamType[];
  readonly isView: boolean;
}

/** Contracts that the market's rules are not in. */
export const OUTSIDE: readonly ContractKey[] = ["token", "authority", "directory"];

/** Hexadecimal digits of a word, and of a function's selector. */
const HEX_OF_WORD = 64;
const HEX_OF_SELECTOR = 8;

const coder = AbiCoder.defaultAbiCoder();

/** Decodes what concerns one market. */
export class MarketCodec {
  private readonly keys = new Map<string, ContractKey>();
  private readonly interfaces: Readonly<Record<ContractKey, Interface>>;
  /** By contract and selector; ethers would hash each signature anew every time. */
  private readonly functions = new Map<string, KnownFunction>();
  /** Which of the contracts has a function that changes its state, by the function's selector. */
  private readonly receivers = new Map<string, Address>();
  private readonly codecs = new Map<ContractKey, ContractCodec>();

  constructor(addresses: MarketAddresses, interfaces: Readonly<Record<ContractKey, Interface>>) {
    this.interfaces = interfaces;
    for (const [key, address] of Object.entries(addresses) as [ContractKey, Address][]) {
      this.keys.set(address.toLowerCase(), key);
      this.codecs.set(key, new ContractCodec(interfaces[key]));
      interfaces[key].forEachFunction(({ name, inputs, selector, constant: isView }) => {
        this.functions.set(`${key} ${selector}`, { name, inputs, isView });
        if (!isView && !OUTSIDE.includes(key)) this.receivers.set(selector, address);
      });
    }
  }

  /** Which contract of the market has the address; undefined if none has. */
  keyOf(address: Address | null): ContractKey | undefined {
    return address === null ? undefined : this.keys.get(address.toLowerCase());
  }

  /** Undefined if the log is of another contract, or of no event as its contract tells it. */
  decodeLog(log: ChainLog): MarketEvent | undefined {
    const part = this.keyOf(log.address);
    if (part === undefined) return undefined;
    try {
      const event = this.codecs.get(part)?.decodeLog(log);
      return event && { part, name: event.name, args: unpacked(event.args) };
    } catch {
      // Topics or data that are not the event's.
      return undefined;
    }
  }

  /** Undefined if `to` is none of the market's contracts, or the calldata is for none of its functions. */
  decodeCall(to: Address | null, data: string): MarketCall | undefined {
    const part = this.keyOf(to);
    if (part === undefined) return undefined;
    const known = this.functions.get(`${part} ${data.slice(0, 10)}`);
    if (known === undefined) return undefined;
    const { name, inputs, isView } = known;
    try {
      const values = coder.decode(inputs, `0x${data.slice(10)}`);
      return { part, name, args: fields(inputs, values.toArray()), isView, data };
    } catch {
      // Calldata that is cut short, or text that is no UTF-8.
      return undefined;
    }
  }

  /** What a transaction calls, as far as its calldata tells. */
  callsIn(to: Address | null, data: string): MarketCall[] {
    if (this.keyOf(to) === undefined || this.keyOf(to) === "authority")
      return this.embeddedIn(data);
    const call = this.decodeCall(to, data);
    return call === undefined ? [] : [call];
  }

  /** Calls that stand in other calldata as the ABI encodes `bytes`: their length in a word, and then they themselves. */
  private embeddedIn(data: string): MarketCall[] {
    const calls: MarketCall[] = [];
    for (let at = HEX_OF_WORD + 2; at + HEX_OF_SELECTOR <= data.length; at += 2) {
      const to = this.receivers.get(`0x${data.slice(at, at + HEX_OF_SELECTOR)}`);
      if (to === undefined) continue;
      const length = 2 * Number(`0x${data.slice(at - HEX_OF_WORD, at)}`);
      if (length < HEX_OF_SELECTOR || at + length > data.length) continue;
      const call = this.decodeCall(to, `0x${data.slice(at, at + length)}`);
      if (call === undefined) continue;
      calls.push(call);
      at += length - 2;
    }
    return calls;
  }

  /** Whether a call's data is what encoding its arguments gives: no dirty bits, nothing behind it. */
  isCanonical({ part, name, data }: MarketCall): boolean {
    const codec = this.interfaces[part];
    const values = codec.decodeFunctionData(name, data);
    return codec.encodeFunctionData(name, values) === data.toLowerCase();
  }

  /** The custom error in the data that a call reverted with; `UnknownError` if it is none of the market's. */
  decodeError(data: string): LedgerError {
    for (const codec of Object.values(this.interfaces)) {
      const error = codec.parseError(data);
      if (error === null) continue;
      const args = Object.values(fields(error.fragment.inputs, error.args.toArray()));
      return { name: error.name, args };
    }
    return { name: "UnknownError", args: [data] };
  }
}
