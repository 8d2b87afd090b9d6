/** The market on a chain: the same interface over the deployed contracts. */
import {
  Interface,
  isError,
  Signature as RawSignature,
  type ErrorFragment,
  type ParamType,
  type Signer,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";

import { ContractCodec } from "./codec.ts";
import type { PARTS } from "./deployment.ts";
import { type MarketAddresses } from "./deployment.ts";
import {
  LedgerQueryError,
  type Account,
  type Address,
  type BeaconValue,
  type Bid,
  type BookEntry,
  type BookState,
  type Bytes32,
  type Chain,
  type CheapestQuote,
  type Commitment,
  type Enrolment,
  type GridPrices,
  type Handover,
  type Identity,
  type Ledger,
  type LedgerError,
  type LedgerEvent,
  type LedgerQueries,
  type LedgerValue,
  type MeterState,
  type Offer,
  type Order,
  type Outcome,
  type Permit,
  type Plan,
  type PlanState,
  type Quote,
  type RankingState,
  type Reading,
  type Rotation,
  type Signature,
  type SignedCommitment,
  type SignedPlan,
  type Site,
  type SkippedItem,
  type SupplyContract,
  type Transfer,
  type Windows,
} from "./ledger.ts";
import {
  COMMITMENT_TYPES,
  domainOf,
  ENROLMENT_TYPES,
  PLAN_TYPES,
  READING_TYPES,
  ROTATION_TYPES,
  SITE_TYPES,
} from "./messages.ts";
import { unpacked } from "./words.ts";

/** A contract of the market that the ledger speaks with. */
export type LedgerPart = keyof typeof PARTS | "token";

/** A log of a transaction. */
export interface ChainLog {
  readonly address: Address;
  readonly topics: readonly string[];
  readonly data: string;
}

/** What came of a transaction: its logs, or the data that it reverted with. */
export type TransactionResult =
  | { readonly ok: true; readonly logs: readonly ChainLog[] }
  | { readonly ok: false; readonly revertData: string };

/** What came of a call: the data that it returned or reverted with. */
export interface CallResult {
  readonly ok: boolean;
  readonly data: string;
}

/** How the ledger reaches the chain. */
export interface ChainTransport {
  /** Sends a transaction from one of the participants' wallets and waits for it. */
  send(from: Address, to: Address, data: string): Promise<TransactionResult>;
  call(to: Address, data: string): Promise<CallResult>;
  /** EIP-712 signature of one of the participants' wallets, 65 bytes. */
  sign(
    signer: Address,
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: object,
  ): Promise<string>;
  /** Time of the latest block, Unix seconds. */
  time(): Promise<bigint>;
}

/** What a ledger on a chain needs to know. */
export interface ChainLedgerOptions {
  readonly transport: ChainTransport;
  readonly addresses: MarketAddresses;
  readonly interfaces: Record<LedgerPart, Interface>;
  readonly chainId: bigint;
  /** Name of the settlement token in its EIP-712 domain. */
  readonly tokenName?: string;
}

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** A query that a view of a contract answers. */
export type ViewName = Exclude<keyof LedgerQueries, "time">;

/** The view behind each query. */
const VIEWS: Record<ViewName, readonly [LedgerPart, string]> = {
  currentSlot: ["auction", "currentSlot"],
  windowsOf: ["auction", "windowsOf"],
  balanceOf: ["token", "balanceOf"],
  allowance: ["token", "allowance"],
  nonces: ["token", "nonces"],
  participantOf: ["identities", "participantOf"],
  identityOf: ["identities", "identityOf"],
  participantById: ["identities", "participantById"],
  participantByCertificate: ["identities", "participantByCertificate"],
  participants: ["identities", "participants"],
  accountOf: ["vault", "accountOf"],
  penaltyPool: ["vault", "penaltyPool"],
  reputationOf: ["reputation", "reputationOf"],
  pricesAt: ["tariff", "pricesAt"],
  siteOf: ["meters", "siteOf"],
  meterStateOf: ["meters", "stateOf"],
  isFinal: ["meters", "isFinal"],
  chainOf: ["beacon", "chainOf"],
  operators: ["beacon", "operators"],
  beaconValueOf: ["beacon", "valueAt"],
  commitmentOf: ["auction", "hashPlan"],
  paused: ["auction", "paused"],
  planOf: ["auction", "planOf"],
  bidOf: ["auction", "bidOf"],
  offerOf: ["auction", "offerOf"],
  bookOf: ["auction", "bookOf"],
  entriesOf: ["auction", "entriesOf"],
  disposableEnergy: ["auction", "disposableEnergy"],
  rankingOf: ["auction", "rankingOf"],
  contracts: ["supply", "contracts"],
  contractOf: ["supply", "contractOf"],
  openCoreSeconds: ["supply", "openCoreSeconds"],
  transfers: ["transfers", "transfers"],
  transferOf: ["transfers", "transferOf"],
  handoverOf: ["transfers", "handoverOf"],
  handedOverCoreSeconds: ["transfers", "handedOverCoreSeconds"],
  quoteOf: ["transfers", "quoteOf"],
  quoters: ["transfers", "quoters"],
  cheapestQuote: ["transfers", "cheapestQuote"],
};

/** A decoded value with the names of its struct's fields. */
function named(type: ParamType, value: unknown): LedgerValue {
  if (type.baseType === "array" && type.arrayChildren !== null) {
    const child = type.arrayChildren;
    return [...(value as Iterable<unknown>)].map((item) => named(child, item));
  }
  if (type.baseType === "tuple" && type.components !== null) {
    return fields(type.components, value as readonly unknown[]);
  }
  return value as LedgerValue;
}

/** Decoded values by the names of their parameters. */
export function fields(
  types: readonly ParamType[],
  values: readonly unknown[],
): Record<string, LedgerValue> {
  return Object.fromEntries(types.map((type, i) => [type.name, named(type, values[i])]));
}

/**
 * The data that a call or transaction reverted with, which providers put in different places of their errors.
 *
 * @returns undefined if the error is not about a revert; "" if it is and the data is not in it
 */
export function revertDataOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { data, info, cause, error: inner } = error as Record<string, unknown>;
  if (typeof data === "string" && data.startsWith("0x")) return data;
  for (const nested of [data, info, inner, cause]) {
    const found = revertDataOf(nested);
    if (found !== undefined) return found;
  }
  return isError(error, "CALL_EXCEPTION") ? "" : undefined;
}

/** Reaches a chain with the wallets of ethers; each must be connected to the chain's provider. */
export function transportOf(signers: ReadonlyMap<Address, Signer>): ChainTransport {
  const signerOf = (address: Address): Signer => {
    const signer = signers.get(address);
    if (signer === undefined) throw new Error(`There is no wallet for ${address}.`);
    return signer;
  };
  const [first] = signers.values();
  const provider = first?.provider;
  if (!provider) throw new Error("The wallets are not connected to a chain.");
  const call = async (to: Address, data: string, from?: Address): Promise<CallResult> => {
    try {
      return { ok: true, data: await provider.call({ to, data, ...(from ? { from } : {}) }) };
    } catch (error) {
      const revertData = revertDataOf(error);
      if (revertData === undefined) throw error;
      return { ok: false, data: revertData };
    }
  };
  return {
    call,
    sign: (signer, domain, types, message) =>
      signerOf(signer).signTypedData(domain, types, message),
    time: async () => BigInt((await provider.getBlock("latest"))?.timestamp ?? 0),
    send: async (from, to, data) => {
      const signer = signerOf(from);
      try {
        const receipt = await (await signer.sendTransaction({ to, data })).wait();
        return { ok: true, logs: receipt?.logs ?? [] };
      } catch (error) {
        const revertData = revertDataOf(error);
        if (revertData === undefined) throw error;
        // It was mined and has reverted if the error has no data; why, a call says.
        return { ok: false, revertData: revertData || (await call(to, data, from)).data };
      }
    },
  };
}

/** The market on a chain. Signs the participants' messages, sends their transactions and decodes what comes back. */
export class ChainLedger implements Ledger {
  private readonly transport: ChainTransport;
  private readonly addresses: MarketAddresses;
  private readonly chainId: bigint;
  private readonly tokenName: string;
  private readonly codecs: Record<LedgerPart, ContractCodec>;
  private readonly errors = new Map<string, { codec: Interface; error: ErrorFragment }>();
  private readonly parts = new Map<string, LedgerPart>();

  constructor(options: ChainLedgerOptions) {
    const { transport, addresses, interfaces, chainId, tokenName = "Helio Yuan" } = options;
    this.transport = transport;
    this.addresses = addresses;
    this.codecs = Object.fromEntries(
      Object.entries(interfaces).map(([part, contract]) => [part, new ContractCodec(contract)]),
    ) as Record<LedgerPart, ContractCodec>;
    this.chainId = chainId;
    this.tokenName = tokenName;
    const builtIn = new Interface(["error Panic(uint256 code)", "error Error(string message)"]);
    for (const codec of [builtIn, ...Object.values(interfaces)]) {
      codec.forEachError((error) => this.errors.set(error.selector, { codec, error }));
    }
    for (const part of Object.keys(interfaces) as LedgerPart[]) {
      this.parts.set(addresses[part].toLowerCase(), part);
    }
  }

  // ---------------------------------------------------------------- calls

  mint(from: Address, to: Address, amount: bigint): Promise<Outcome> {
    return this.send(from, "token", "mint", [to, amount]);
  }

  approve(from: Address, spender: Address, amount: bigint): Promise<Outcome> {
    return this.send(from, "token", "approve", [spender, amount]);
  }

  transfer(from: Address, to: Address, amount: bigint): Promise<Outcome> {
    return this.send(from, "token", "transfer", [to, amount]);
  }

  async enrol(from: Address, enrolment: Enrolment, registrar: Signature): Promise<Outcome<bigint>> {
    const signature = await this.sign("identities", ENROLMENT_TYPES, enrolment, registrar);
    const outcome = await this.send(from, "identities", "enrol", [enrolment, signature]);
    return withValue(outcome, valueIn("Enrolled", "participant"));
  }

  async rotate(
    from: Address,
    rotation: Rotation,
    registrar: Signature,
    oldWallet: Signature,
  ): Promise<Outcome> {
    const signatures = [
      await this.sign("identities", ROTATION_TYPES, rotation, registrar),
      await this.sign("identities", ROTATION_TYPES, rotation, oldWallet),
    ];
    return this.send(from, "identities", "rotate", [rotation, ...signatures]);
  }

  revoke(from: Address, participant: bigint): Promise<Outcome> {
    return this.send(from, "identities", "revoke", [participant]);
  }

  deposit(from: Address, amount: bigint): Promise<Outcome> {
    return this.send(from, "vault", "deposit", [amount]);
  }

  depositFor(from: Address, participant: bigint, amount: bigint): Promise<Outcome> {
    return this.send(from, "vault", "depositFor", [participant, amount]);
  }

  async depositWithPermit(from: Address, permit: Permit, owner: Signature): Promise<Outcome> {
    const domain = {
      name: this.tokenName,
      version: "1",
      chainId: this.chainId,
      verifyingContract: this.addresses.token,
    };
    const bytes =
      owner.bytes ?? (await this.transport.sign(owner.signer, domain, PERMIT_TYPES, permit));
    const { v, r, s } = RawSignature.from(bytes);
    const { value, deadline } = permit;
    return this.send(from, "vault", "depositWithPermit", [value, deadline, v, r, s]);
  }

  withdraw(from: Address, amount: bigint, to: Address): Promise<Outcome> {
    return this.send(from, "vault", "withdraw", [amount, to]);
  }

  payOut(from: Address, amount: bigint, to: Address): Promise<Outcome> {
    return this.send(from, "vault", "payOut", [amount, to]);
  }

  announce(
    from: Address,
    fromSlot: bigint,
    importPrice: bigint,
    feedInPrice: bigint,
  ): Promise<Outcome> {
    return this.send(from, "tariff", "announce", [fromSlot, importPrice, feedInPrice]);
  }

  async commission(from: Address, site: Site, registrar: Signature): Promise<Outcome> {
    const signature = await this.sign("meters", SITE_TYPES, site, registrar);
    return this.send(from, "meters", "commission", [site, signature]);
  }

  async submit(from: Address, reading: Reading, meter: Signature): Promise<Outcome> {
    const signature = await this.sign("meters", READING_TYPES, reading, meter);
    return this.send(from, "meters", "submit", [reading, signature]);
  }

  settleTab(from: Address, dataCentre: bigint): Promise<Outcome> {
    return this.send(from, "meters", "settleTab", [dataCentre]);
  }

  commitChain(from: Address, anchor: Bytes32, firstSlot: bigint, length: bigint): Promise<Outcome> {
    return this.send(from, "beacon", "commitChain", [anchor, firstSlot, length]);
  }

  open(from: Address, operator: bigint, slot: bigint, value: Bytes32): Promise<Outcome> {
    return this.send(from, "beacon", "open", [operator, slot, value]);
  }

  slash(from: Address, operator: bigint): Promise<Outcome> {
    return this.send(from, "beacon", "slash", [operator]);
  }

  retire(from: Address, operator: bigint): Promise<Outcome> {
    return this.send(from, "beacon", "retire", [operator]);
  }

  commit(from: Address, slot: bigint, commitment: Bytes32): Promise<Outcome> {
    return this.send(from, "auction", "commit", [slot, commitment]);
  }

  async commitSigned(from: Address, signed: SignedCommitment): Promise<Outcome> {
    return this.send(from, "auction", "commitSigned", [await this.signedCommitment(signed)]);
  }

  async commitBatch(
    from: Address,
    batch: readonly SignedCommitment[],
  ): Promise<Outcome<readonly SkippedItem[]>> {
    const items = await Promise.all(batch.map((signed) => this.signedCommitment(signed)));
    return this.sendBatch(from, "commitBatch", items);
  }

  withdrawPlan(from: Address, slot: bigint): Promise<Outcome> {
    return this.send(from, "auction", "withdrawPlan", [slot]);
  }

  releaseBond(from: Address): Promise<Outcome> {
    return this.send(from, "auction", "releaseBond", []);
  }

  reveal(from: Address, plan: Plan): Promise<Outcome> {
    return this.send(from, "auction", "reveal", [plan]);
  }

  async revealSigned(from: Address, signed: SignedPlan): Promise<Outcome> {
    return this.send(from, "auction", "revealSigned", [await this.signedPlan(signed)]);
  }

  async revealBatch(
    from: Address,
    batch: readonly SignedPlan[],
  ): Promise<Outcome<readonly SkippedItem[]>> {
    const items = await Promise.all(batch.map((signed) => this.signedPlan(signed)));
    return this.sendBatch(from, "revealBatch", items);
  }

  punish(from: Address, participant: bigint): Promise<Outcome> {
    return this.send(from, "auction", "punish", [participant]);
  }

  async clear(
    from: Address,
    slot: bigint,
    bids: readonly bigint[],
    offers: readonly bigint[],
    work: bigint,
  ): Promise<Outcome<boolean>> {
    const outcome = await this.send(from, "auction", "clear", [slot, bids, offers, work]);
    return withValue(outcome, (events) => events.some(({ name }) => name === "Cleared"));
  }

  discardRanking(from: Address): Promise<Outcome> {
    return this.send(from, "auction", "discardRanking", []);
  }

  setPaused(from: Address, paused: boolean): Promise<Outcome> {
    return this.send(from, "auction", "setPaused", [paused]);
  }

  expire(from: Address, contractId: bigint): Promise<Outcome> {
    return this.send(from, "supply", "expire", [contractId]);
  }

  quote(from: Address, quote: Quote): Promise<Outcome> {
    return this.send(from, "transfers", "quote", [quote]);
  }

  withdrawQuote(from: Address): Promise<Outcome> {
    return this.send(from, "transfers", "withdrawQuote", []);
  }

  async take(from: Address, order: Order): Promise<Outcome<bigint>> {
    const outcome = await this.send(from, "transfers", "take", [order]);
    return withValue(outcome, valueIn("Taken", "transferId"));
  }

  handBack(
    from: Address,
    transferId: bigint,
    contractId: bigint,
    coreSeconds: bigint,
    due: bigint,
  ): Promise<Outcome> {
    const args = [transferId, contractId, coreSeconds, due];
    return this.send(from, "transfers", "handBack", args);
  }

  closeOverdue(from: Address, transferId: bigint): Promise<Outcome> {
    return this.send(from, "transfers", "closeOverdue", [transferId]);
  }

  closeReturn(from: Address, transferId: bigint): Promise<Outcome> {
    return this.send(from, "transfers", "closeReturn", [transferId]);
  }

  settle(from: Address, transferId: bigint): Promise<Outcome> {
    return this.send(from, "transfers", "settle", [transferId]);
  }

  // ---------------------------------------------------------------- queries

  time(): Promise<bigint> {
    return this.transport.time();
  }

  currentSlot(): Promise<bigint> {
    return this.ask("currentSlot", []);
  }

  windowsOf(slot: bigint): Promise<Windows> {
    return this.ask("windowsOf", [slot]);
  }

  balanceOf(wallet: Address): Promise<bigint> {
    return this.ask("balanceOf", [wallet]);
  }

  allowance(owner: Address, spender: Address): Promise<bigint> {
    return this.ask("allowance", [owner, spender]);
  }

  nonces(owner: Address): Promise<bigint> {
    return this.ask("nonces", [owner]);
  }

  participantOf(wallet: Address): Promise<bigint> {
    return this.ask("participantOf", [wallet]);
  }

  identityOf(participant: bigint): Promise<Identity> {
    return this.ask("identityOf", [participant]);
  }

  participantById(id: string): Promise<bigint> {
    return this.ask("participantById", [id]);
  }

  participantByCertificate(certificate: Bytes32): Promise<bigint> {
    return this.ask("participantByCertificate", [certificate]);
  }

  participants(): Promise<bigint> {
    return this.ask("participants", []);
  }

  accountOf(participant: bigint): Promise<Account> {
    return this.ask("accountOf", [participant]);
  }

  penaltyPool(): Promise<bigint> {
    return this.ask("penaltyPool", []);
  }

  reputationOf(participant: bigint): Promise<bigint> {
    return this.ask("reputationOf", [participant]);
  }

  pricesAt(gridOperator: bigint, slot: bigint): Promise<GridPrices> {
    return this.ask("pricesAt", [gridOperator, slot]);
  }

  siteOf(dataCentre: bigint): Promise<Site> {
    return this.ask("siteOf", [dataCentre]);
  }

  meterStateOf(dataCentre: bigint): Promise<MeterState> {
    return this.ask("meterStateOf", [dataCentre]);
  }

  isFinal(dataCentre: bigint, slot: bigint): Promise<boolean> {
    return this.ask("isFinal", [dataCentre, slot]);
  }

  chainOf(operator: bigint): Promise<Chain> {
    return this.ask("chainOf", [operator]);
  }

  operators(): Promise<readonly bigint[]> {
    return this.ask("operators", []);
  }

  beaconValueOf(slot: bigint): Promise<BeaconValue> {
    return this.ask("beaconValueOf", [slot]);
  }

  commitmentOf(plan: Plan): Promise<Bytes32> {
    return this.ask("commitmentOf", [plan]);
  }

  paused(): Promise<boolean> {
    return this.ask("paused", []);
  }

  planOf(participant: bigint): Promise<PlanState> {
    return this.ask("planOf", [participant]);
  }

  bidOf(participant: bigint, index: bigint): Promise<Bid> {
    return this.ask("bidOf", [participant, index]);
  }

  offerOf(participant: bigint, index: bigint): Promise<Offer> {
    return this.ask("offerOf", [participant, index]);
  }

  bookOf(slot: bigint): Promise<BookState> {
    return this.ask("bookOf", [slot]);
  }

  entriesOf(slot: bigint, bidders: readonly bigint[]): Promise<readonly BookEntry[]> {
    return this.ask("entriesOf", [slot, bidders]);
  }

  disposableEnergy(dataCentre: bigint, slot: bigint): Promise<bigint> {
    return this.ask("disposableEnergy", [dataCentre, slot]);
  }

  rankingOf(ranker: Address): Promise<RankingState> {
    return this.ask("rankingOf", [ranker]);
  }

  contracts(): Promise<bigint> {
    return this.ask("contracts", []);
  }

  contractOf(contractId: bigint): Promise<SupplyContract> {
    return this.ask("contractOf", [contractId]);
  }

  openCoreSeconds(contractId: bigint): Promise<bigint> {
    return this.ask("openCoreSeconds", [contractId]);
  }

  transfers(): Promise<bigint> {
    return this.ask("transfers", []);
  }

  transferOf(transferId: bigint): Promise<Transfer> {
    return this.ask("transferOf", [transferId]);
  }

  handoverOf(contractId: bigint): Promise<Handover> {
    return this.ask("handoverOf", [contractId]);
  }

  handedOverCoreSeconds(contractId: bigint): Promise<bigint> {
    return this.ask("handedOverCoreSeconds", [contractId]);
  }

  quoteOf(dataCentre: bigint): Promise<Quote> {
    return this.ask("quoteOf", [dataCentre]);
  }

  quoters(): Promise<bigint> {
    return this.ask("quoters", []);
  }

  cheapestQuote(
    energy: bigint,
    cores: bigint,
    due: bigint,
    repaymentSlots: bigint,
    asker: bigint,
    from: bigint,
    count: bigint,
  ): Promise<CheapestQuote> {
    return this.ask("cheapestQuote", [energy, cores, due, repaymentSlots, asker, from, count]);
  }

  // ---------------------------------------------------------------- views, for callers that batch them

  /** The call that asks a query. */
  encodeView(name: ViewName, args: readonly unknown[]): { to: Address; data: string } {
    const [part, view] = VIEWS[name];
    return {
      to: this.addresses[part],
      data: this.codecs[part].encodeCall(view, args),
    };
  }

  /** What the call answered. */
  decodeView(name: ViewName, { ok, data }: CallResult): LedgerValue | LedgerQueryError {
    if (!ok) return new LedgerQueryError(this.decodeError(data));
    const [part, view] = VIEWS[name];
    return this.codecs[part].decodeResult(view, data);
  }

  // ---------------------------------------------------------------- internals

  private async ask<T>(name: ViewName, args: readonly unknown[]): Promise<T> {
    const { to, data } = this.encodeView(name, args);
    const answer = this.decodeView(name, await this.transport.call(to, data));
    if (answer instanceof LedgerQueryError) throw answer;
    return answer as T;
  }

  private sign(
    part: "identities" | "meters" | "auction",
    types: Record<string, TypedDataField[]>,
    message: object,
    { signer, bytes }: Signature,
  ): Promise<string> {
    if (bytes !== undefined) return Promise.resolve(bytes);
    const domain = domainOf(part, this.addresses[part], this.chainId);
    return this.transport.sign(signer, domain, types, message);
  }

  private async signedCommitment({
    commitment,
    signature,
  }: SignedCommitment): Promise<{ commitment: Commitment; r: string; vs: string }> {
    const bytes = await this.sign("auction", COMMITMENT_TYPES, commitment, signature);
    const { r, yParityAndS } = RawSignature.from(bytes);
    return { commitment, r, vs: yParityAndS };
  }

  private async signedPlan({
    plan,
    signature,
  }: SignedPlan): Promise<{ plan: Plan; r: string; vs: string }> {
    const bytes = await this.sign("auction", PLAN_TYPES, plan, signature);
    const { r, yParityAndS } = RawSignature.from(bytes);
    return { plan, r, vs: yParityAndS };
  }

  private async send(
    from: Address,
    part: LedgerPart,
    name: string,
    args: readonly unknown[],
  ): Promise<Outcome> {
    const data = this.codecs[part].encodeCall(name, args);
    const result = await this.transport.send(from, this.addresses[part], data);
    if (!result.ok) return { ok: false, error: this.decodeError(result.revertData) };
    const events = result.logs.flatMap((log) => this.decodeLog(log));
    return { ok: true, value: undefined, events };
  }

  private async sendBatch(
    from: Address,
    name: string,
    items: readonly object[],
  ): Promise<Outcome<readonly SkippedItem[]>> {
    const outcome = await this.send(from, "auction", name, [items]);
    if (!outcome.ok) return outcome;
    const isSkipped = (event: LedgerEvent): boolean => event.name === "Skipped";
    const skipped = outcome.events.filter(isSkipped).map(({ args }) => ({
      index: args["index"] as bigint,
      error: this.decodeError(args["reason"] as string),
    }));
    const events = outcome.events.filter((event) => !isSkipped(event));
    return { ok: true, value: skipped, events };
  }

  private decodeError(data: string): LedgerError {
    const known = this.errors.get(data.slice(0, 10));
    if (known === undefined) return { name: "UnknownError", args: [data] };
    const { codec, error } = known;
    const values = codec.decodeErrorResult(error, data).toArray() as unknown[];
    return { name: error.name, args: error.inputs.map((type, i) => named(type, values[i])) };
  }

  /** Events of other contracts are left out. */
  private decodeLog(log: ChainLog): LedgerEvent[] {
    const part = this.parts.get(log.address.toLowerCase());
    const event = part && this.codecs[part].decodeLog(log);
    if (event === undefined) return [];
    const { name, args } = event;
    if (part !== "supply") return [event];
    const told = unpacked(args);
    delete told["progress"];
    return [{ name, args: told }];
  }
}

/** The outcome with what `read` finds in its events as its value. */
function withValue<T>(outcome: Outcome, read: (events: readonly LedgerEvent[]) => T): Outcome<T> {
  return outcome.ok ? { ...outcome, value: read(outcome.events) } : outcome;
}

/** Finds an argument of the first event of that name. */
const valueIn =
  (name: string, argument: string) =>
  (events: readonly LedgerEvent[]): bigint =>
    events.find((event) => event.name === name)?.args[argument] as bigint;
