/** Calls and events of a market's contracts, from calldata and logs. Runs in a browser, too. */
import type { Interface } from "ethers";

import { fields, unpackTrade, type ChainLog } from "../market/chainLedger.ts";
import type { MarketAddresses } from "../market/deployment.ts";
import type { Address, Bytes32, LedgerError, LedgerValue } from "../market/ledger.ts";
import { progressOf, termsOf } from "./words.ts";

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
  /** Whether the calldata is what encoding the arguments gives: no dirty bits, nothing behind it. */
  readonly canonical: boolean;
  /** Whether the function only answers a question. */
  readonly isView: boolean;
}

/** A transaction that concerned the market, as far as everybody can see it. */
export interface PublicTransaction {
  readonly hash: Bytes32;
  /** Time of its block, Unix seconds. */
  readonly time: bigint;
  /** What it called; undefined if its receiver is none of the market's contracts, or has no such function. */
  readonly call: MarketCall | undefined;
  /** In the order of their logs. */
  readonly events: readonly MarketEvent[];
}

/** Decodes what concerns one market. */
export class MarketCodec {
  private readonly keys = new Map<string, ContractKey>();
  private readonly interfaces: Readonly<Record<ContractKey, Interface>>;

  constructor(addresses: MarketAddresses, interfaces: Readonly<Record<ContractKey, Interface>>) {
    this.interfaces = interfaces;
    for (const [key, address] of Object.entries(addresses) as [ContractKey, Address][])
      this.keys.set(address.toLowerCase(), key);
  }

  /** Which contract of the market has the address; undefined if none has. */
  keyOf(address: Address | null): ContractKey | undefined {
    return address === null ? undefined : this.keys.get(address.toLowerCase());
  }

  /** Undefined if the log is of another contract, or its contract has no such event. */
  decodeLog(log: ChainLog): MarketEvent | undefined {
    const part = this.keyOf(log.address);
    if (part === undefined) return undefined;
    const parsed = this.interfaces[part].parseLog(log);
    if (parsed === null) return undefined;
    const { fragment } = parsed;
    const args = fields(fragment.inputs, parsed.args.toArray());
    return { part, name: fragment.name, args: unpacked(args) };
  }

  /** Undefined if `to` is none of the market's contracts, or the calldata is for none of its functions. */
  decodeCall(to: Address | null, data: string): MarketCall | undefined {
    const part = this.keyOf(to);
    if (part === undefined) return undefined;
    const codec = this.interfaces[part];
    try {
      const fragment = codec.getFunction(data.slice(0, 10));
      if (fragment === null) return undefined;
      const values = codec.decodeFunctionData(fragment, data);
      const { name, inputs, stateMutability } = fragment;
      return {
        part,
        name,
        args: fields(inputs, values.toArray()),
        canonical: codec.encodeFunctionData(fragment, values) === data.toLowerCase(),
        isView: stateMutability === "view" || stateMutability === "pure",
      };
    } catch {
      // Calldata that is cut short, or text that is no UTF-8.
      return undefined;
    }
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

function unpacked({
  terms,
  progress,
  trade,
  ...args
}: Record<string, LedgerValue>): Record<string, LedgerValue> {
  return {
    ...args,
    ...(typeof terms === "bigint" ? { terms: { ...termsOf(terms) } } : {}),
    ...(typeof progress === "bigint" ? { progress: { ...progressOf(progress) } } : {}),
    ...(typeof trade === "bigint" ? unpackTrade(trade) : {}),
  };
}
