/** A market on the in-process chain and its local model, side by side. */
import { expect } from "chai";
import {
  Interface,
  SigningKey,
  computeAddress,
  id,
  type Signer,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";
import { artifacts, network } from "hardhat";

import type { View } from "../../sim/audit/state.ts";
import {
  ChainLedger,
  revertDataOf,
  type CallResult,
  type ChainLog,
  type ChainTransport,
  type LedgerPart,
  type TransactionResult,
} from "../../sim/market/chainLedger.ts";
import { deployMarket, PARTS, type MarketAddresses } from "../../sim/market/deployment.ts";
import {
  describeError,
  LedgerQueryError,
  type Address,
  type LedgerCalls,
  type LedgerValue,
  type Outcome,
} from "../../sim/market/ledger.ts";
import { LocalLedger } from "../../sim/market/localLedger.ts";
import { MessageHasher } from "../../sim/market/messages.ts";
import type { Rpc, RpcAnswer } from "../../sim/market/rpc.ts";
import { DEFAULT_PARAMETERS, type MarketParameters } from "../../sim/market/parameters.ts";

/** A call of the ledger as a value. */
export type Call = {
  [K in keyof LedgerCalls]: {
    readonly name: K;
    readonly from: Address;
    readonly args: Parameters<LedgerCalls[K]> extends [Address, ...infer Rest] ? Rest : never;
  };
}[keyof LedgerCalls];

const GAS = "0xffffff"; // just below the most that a transaction may use
const GAS_PRICE = "0x174876e800";
const MAX_READ = 50;

/** Slot 0 of every twin begins a day after its chain. */
const GENESIS = BigInt(Date.UTC(2026, 0, 2) / 1000);

type Connection = Awaited<ReturnType<typeof network.create>>;

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** Sends as anybody without a signature, at set times, and signs with the keys of named wallets. */
class TwinTransport implements ChainTransport {
  private readonly keys = new Map<Address, SigningKey>();
  private readonly hasher = new MessageHasher();
  private readonly connection: Connection;
  private readonly admin: Signer;
  private now = 0n;

  /** @param admin signs what no named wallet does */
  constructor(connection: Connection, admin: Signer) {
    this.connection = connection;
    this.admin = admin;
  }

  /** A wallet that can send and sign; the same for the same name. */
  async wallet(name: string): Promise<Address> {
    const key = new SigningKey(id(`heliomarket twin ${name}`));
    const address = computeAddress(key);
    if (!this.keys.has(address)) {
      this.keys.set(address, key);
      await this.unlock(address);
    }
    return address;
  }

  async unlock(address: Address): Promise<void> {
    await this.request("hardhat_impersonateAccount", [address]);
    await this.request("hardhat_setBalance", [address, hex(10n ** 24n)]);
  }

  /** Sets the time of the next block. */
  async at(time: bigint): Promise<void> {
    this.now = time;
    await this.request("evm_setNextBlockTimestamp", [hex(time)]);
  }

  async send(from: Address, to: Address, data: string): Promise<TransactionResult> {
    try {
      const hash = await this.request("eth_sendTransaction", [
        { from, to, data, gas: GAS, gasPrice: GAS_PRICE },
      ]);
      const receipt = await this.request("eth_getTransactionReceipt", [hash]);
      return { ok: true, logs: (receipt as { logs: ChainLog[] }).logs };
    } catch (error) {
      const revertData = revertDataOf(error);
      if (revertData === undefined) throw error;
      return { ok: false, revertData };
    }
  }

  async call(to: Address, data: string): Promise<CallResult> {
    const result = await this.request("eth_call", [{ to, data }, "latest"]);
    return { ok: true, data: result as string };
  }

  sign(
    signer: Address,
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: object,
  ): Promise<string> {
    if (!this.keys.has(signer)) return this.admin.signTypedData(domain, types, message);
    return Promise.resolve(this.signNow(signer, domain, types, message));
  }

  /** Signature of a named wallet. */
  signNow(
    signer: Address,
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: object,
  ): string {
    const key = this.keys.get(signer);
    if (key === undefined) throw new Error(`There is no key for ${signer}.`);
    return key.sign(this.hasher.digest(domain, types, message)).serialized;
  }

  time(): Promise<bigint> {
    return Promise.resolve(this.now);
  }

  /** The chain as a node that answers requests. */
  readonly rpc: Rpc = (requests) =>
    Promise.all(
      requests.map(async ({ method, params }): Promise<RpcAnswer> => {
        try {
          return { result: await this.request(method, [...params]) };
        } catch (error) {
          const { message, code, data } = error as Error & { code?: number; data?: unknown };
          return { error: { code: code ?? 0, message, data } };
        }
      }),
    );

  private request(method: string, params: unknown[]): Promise<unknown> {
    return this.connection.provider.request({ method, params });
  }
}

/** Both ledgers of one market, which is alone on its chain: what happens in it depends on nothing but its calls. */
export class Twin {
  readonly parameters: MarketParameters;
  readonly addresses: MarketAddresses;
  readonly chainId: bigint;
  /** Holds all administrators' roles. */
  readonly admin: Address;
  readonly transport: TwinTransport;
  readonly chain: ChainLedger;
  readonly local: LocalLedger;
  private readonly interfaces: Record<LedgerPart, Interface>;
  private readonly reader: Address;
  private readonly answers = new Map<string, { raw: string; value: unknown }>();
  private readonly encoded = new Map<string, { to: Address; data: string }>();

  private constructor(
    chainId: bigint,
    parameters: MarketParameters,
    addresses: MarketAddresses,
    admin: Address,
    transport: TwinTransport,
    interfaces: Record<LedgerPart, Interface>,
    reader: Address,
  ) {
    this.chainId = chainId;
    this.parameters = parameters;
    this.addresses = addresses;
    this.admin = admin;
    this.transport = transport;
    this.interfaces = interfaces;
    this.reader = reader;
    const holders = { registrar: admin, issuer: admin, pauser: admin, treasurer: admin };
    this.chain = new ChainLedger({ transport, addresses, interfaces, chainId });
    this.local = new LocalLedger({ parameters, holders, addresses, chainId });
  }

  /** Deploys a market on a chain of its own, and begins its model. */
  static async create(changes: Partial<MarketParameters>): Promise<Twin> {
    const connection = await network.create();
    const { ethers } = connection;
    const [deployer] = await ethers.getSigners();
    if (deployer === undefined) throw new Error("The network has no accounts.");
    const parameters = { ...DEFAULT_PARAMETERS, genesis: GENESIS, ...changes };
    const admin = deployer.address;
    const addresses = await deployMarket({
      deployer,
      factoryOf: (name) => ethers.getContractFactory(name),
      parameters,
      holders: { registrar: admin, issuer: admin, pauser: admin, treasurer: admin },
    });
    const reader = await ethers.deployContract("StateReader");
    const interfaces = Object.fromEntries(
      await Promise.all(
        Object.entries({ ...PARTS, token: "SettlementToken" }).map(async ([part, name]) => [
          part,
          new Interface((await artifacts.readArtifact(name)).abi as never),
        ]),
      ),
    ) as Record<LedgerPart, Interface>;
    return new Twin(
      (await ethers.provider.getNetwork()).chainId,
      parameters,
      addresses,
      admin,
      new TwinTransport(connection, deployer),
      interfaces,
      await reader.getAddress(),
    );
  }

  /** Names of all errors in the contracts' ABIs. */
  get errorNames(): readonly string[] {
    const names = new Set<string>();
    for (const codec of Object.values(this.interfaces)) {
      codec.forEachError(({ name }) => names.add(name));
    }
    return [...names].sort();
  }

  /**
   * Makes a call at a time on both.
   *
   * @returns what came of it
   * @throws AssertionError if it is not the same on both
   */
  async call(call: Call, time: bigint): Promise<Outcome<unknown>> {
    await this.transport.at(time);
    this.local.advanceTo(time);
    const onChain = await invoke(this.chain, call);
    const inModel = await invoke(this.local, call);
    if (!same(onChain, inModel)) {
      expect.fail(`outcome on chain ${show(onChain)}\nin the model ${show(inModel)}`);
    }
    return onChain;
  }

  /**
   * Asks both the same.
   *
   * @throws AssertionError if an answer is not the same
   */
  async compare(views: readonly View[]): Promise<void> {
    for (let i = 0; i < views.length; i += MAX_READ) {
      const page = views.slice(i, i + MAX_READ);
      const onChain = await this.read(page);
      for (const [j, view] of page.entries()) {
        const inModel = await ask(this.local, view);
        if (!same(onChain[j], inModel)) {
          expect.fail(
            `${view.join(" ")}: on chain ${show(onChain[j])}\nin the model ${show(inModel)}`,
          );
        }
      }
    }
  }

  private async read(views: readonly View[]): Promise<unknown[]> {
    const input = views.map((view) => {
      const { to, data } = this.encode(view);
      const length = data.length / 2 - 1;
      return `${to.slice(2)}${length.toString(16).padStart(4, "0")}${data.slice(2)}`;
    });
    const { data: output } = await this.transport.call(this.reader, `0x${input.join("")}`);
    let offset = 2;
    return views.map((view) => {
      const head = offset + 10;
      const length = Number.parseInt(output.slice(offset + 2, head), 16);
      const raw = output.slice(offset, head + 2 * length);
      offset = head + 2 * length;
      const key = view.join(" ");
      const known = this.answers.get(key);
      if (known?.raw === raw) return known.value;
      const result = { ok: raw.startsWith("01"), data: `0x${raw.slice(10)}` };
      const value = this.chain.decodeView(view[0], result);
      this.answers.set(key, { raw, value });
      return value;
    });
  }

  private encode(view: View): { to: Address; data: string } {
    const key = view.join(" ");
    let call = this.encoded.get(key);
    if (call === undefined) {
      const [name, ...args] = view;
      this.encoded.set(key, (call = this.chain.encodeView(name, args)));
    }
    return call;
  }
}

type Method = (...args: readonly unknown[]) => Promise<Outcome<unknown>>;

const invoke = (ledger: LedgerCalls, { name, from, args }: Call): Promise<Outcome<unknown>> =>
  (ledger[name] as Method).call(ledger, from, ...args);

async function ask(ledger: LocalLedger, [name, ...args]: View): Promise<unknown> {
  try {
    return await (ledger[name] as (...args: readonly unknown[]) => Promise<unknown>).call(
      ledger,
      ...args,
    );
  } catch (error) {
    if (error instanceof LedgerQueryError) return error;
    throw error;
  }
}

/** Whether two values are the same in every field. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof LedgerQueryError && b instanceof LedgerQueryError) {
    return same(a.error, b.error);
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => same(item, b[i]));
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) =>
      same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}

/** A value for a message. */
export function show(value: unknown): string {
  if (value instanceof LedgerQueryError) return describeError(value.error);
  return JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${v.toString()}n` : v));
}

/** Every bigint of a value with the name of the field that it is in. */
export function* numbersIn(value: LedgerValue, field = ""): Generator<[field: string, bigint]> {
  if (typeof value === "bigint") yield [field, value];
  else if (Array.isArray(value))
    for (const item of value) yield* numbersIn(item as LedgerValue, field);
  else if (typeof value === "object") {
    for (const [name, item] of Object.entries(value)) yield* numbersIn(item, name);
  }
}
