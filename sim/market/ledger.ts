/**
 * The market as its participants see it: every call that changes its state, and every query. Agents and the simulator
 * know this interface and not whether a chain is behind it.
 *
 * Units are those of the contracts: money in micro-yuan, prices in micro-yuan per kWh, energy in Wh, compute in
 * core-seconds, times in Unix seconds; slots, participants, contracts and transfers by their numbers. What each call does,
 * who may make it and what it can fail with is described at the function of the same name in `contracts/interfaces/`.
 */

/** Address of a wallet or contract, with checksum. */
export type Address = string;

/** 32 bytes as `0x` and 64 lower-case hexadecimal digits. */
export type Bytes32 = string;

/** A value of an event or error, with the names of its struct's fields if it is one. */
export type LedgerValue =
  bigint | boolean | string | readonly LedgerValue[] | { readonly [field: string]: LedgerValue };

/** Why a call failed: the custom error of the contract that refused it, with its arguments in their order. */
export interface LedgerError {
  readonly name: string;
  readonly args: readonly LedgerValue[];
}

/**
 * Something that a call did, as the contracts' events tell it. What the supply book packs is unpacked: the `terms` of a `Signed`
 * contract, and its origin (`bid`, `offer`: indices in the plans; `candidates`). `progress` is left out, the queries give it.
 */
export interface LedgerEvent {
  readonly name: string;
  readonly args: Readonly<Record<string, LedgerValue>>;
}

/** Result of a call: what it returned and did, or why it failed. A call that failed has changed nothing. */
export type Outcome<T = undefined> =
  | { readonly ok: true; readonly value: T; readonly events: readonly LedgerEvent[] }
  | { readonly ok: false; readonly error: LedgerError };

/**
 * An answer, or the promise of one. A ledger in memory has most answers at once; to wrap each of millions into a promise takes
 * a good part of a run's time.
 */
export type Answer<T> = T | Promise<T>;

/** Goes on with an answer: at once if it is there. */
export function whenAnswered<T, R>(answer: Answer<T>, goOn: (value: T) => Answer<R>): Answer<R> {
  return answer instanceof Promise ? answer.then(goOn) : goOn(answer);
}

/** A query failed, as the contract's view of the same name does. */
export class LedgerQueryError extends Error {
  /** The custom error. */
  readonly error: LedgerError;

  constructor(error: LedgerError) {
    super(describeError(error));
    this.name = "LedgerQueryError";
    this.error = error;
  }
}

/** An error in the form `Name(1, 2, {…})`, for messages. */
export function describeError(error: LedgerError): string {
  const text = (value: LedgerValue): string =>
    JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? v.toString() : v));
  return `${error.name}(${error.args.map(text).join(", ")})`;
}

/**
 * Who signed a message. The ledger on a chain signs with that wallet; the local one takes the signer's word.
 */
export interface Signature {
  readonly signer: Address;
  /** These 65 bytes are sent instead of a new signature; `signer` is then the address that they recover to. */
  readonly bytes?: string;
}

// ------------------------------------------------------------------ enumerations

/** Roles of participants. */
export const Role = {
  none: 0n,
  user: 1n,
  dataCentre: 2n,
  meter: 3n,
  gridOperator: 4n,
  networkOperator: 5n,
  beacon: 6n,
} as const;

/** States of a participant's latest plan. */
export const PlanStatus = {
  none: 0n,
  sealed: 1n,
  withdrawn: 2n,
  revealed: 3n,
  dropped: 4n,
  punished: 5n,
  closed: 6n,
} as const;

/** Phases of a slot's book. */
export const Phase = { open: 0n, matching: 1n, releasing: 2n, cleared: 3n } as const;

/** States of a supply contract. */
export const SupplyStatus = { none: 0n, running: 1n, fulfilled: 2n, expired: 3n } as const;

/** How an order transfer is honoured. */
export const TransferMode = { payment: 0n, computeTime: 1n } as const;

/** States of an order transfer. */
export const TransferStatus = { none: 0n, executing: 1n, owing: 2n, closed: 3n } as const;

// ------------------------------------------------------------------ messages

/** Binds a wallet to an ID, a certificate and a role; signed by a registrar. */
export interface Enrolment {
  readonly id: string;
  readonly wallet: Address;
  readonly role: bigint;
  readonly certificate: Bytes32;
  readonly validUntil: bigint;
  readonly expiry: bigint;
}

/** Moves a participant to a new wallet and certificate; signed by a registrar and by the old wallet. */
export interface Rotation {
  readonly participant: bigint;
  readonly wallet: Address;
  readonly certificate: Bytes32;
  readonly validUntil: bigint;
  readonly expiry: bigint;
}

/** A data centre's plant; signed by a registrar. */
export interface Site {
  readonly dataCentre: bigint;
  readonly meter: bigint;
  readonly gridOperator: bigint;
  readonly networkOperator: bigint;
  readonly pvLimitWh: bigint;
  readonly esdLimitWh: bigint;
  readonly gridLimitWh: bigint;
  readonly version: bigint;
}

/** What a meter attests for one supply contract and slot. */
export interface Delivery {
  readonly contractId: bigint;
  readonly coreSeconds: bigint;
  readonly pv: bigint;
  readonly esd: bigint;
  readonly grid: bigint;
}

/** A meter's reading of one slot, or a part of it; signed by the meter. */
export interface Reading {
  readonly dataCentre: bigint;
  readonly slot: bigint;
  readonly part: bigint;
  readonly last: boolean;
  readonly pv: bigint;
  readonly esdIn: bigint;
  readonly esdOut: bigint;
  readonly gridImport: bigint;
  readonly gridExport: bigint;
  readonly deliveries: readonly Delivery[];
}

/** A buyer's bid for one task. */
export interface Bid {
  readonly cores: bigint;
  readonly coreSeconds: bigint;
  readonly energy: bigint;
  readonly maxPrice: bigint;
  readonly earliest: bigint;
  readonly deadline: bigint;
  readonly priority: boolean;
}

/** A seller's offer. */
export interface Offer {
  readonly price: bigint;
  readonly energy: bigint;
  readonly cores: bigint;
}

/** A sealed plan; its digest is the commitment. Signed by the bidder's wallet to be revealed by a relayer. */
export interface Plan {
  readonly slot: bigint;
  readonly bidder: bigint;
  readonly bids: readonly Bid[];
  readonly offers: readonly Offer[];
  readonly salt: Bytes32;
}

/** A commitment that a relayer sends; signed by the bidder's wallet. */
export interface Commitment {
  readonly slot: bigint;
  readonly commitment: Bytes32;
  readonly replaces: bigint;
  readonly expiry: bigint;
}

/** A commitment with its signature. */
export interface SignedCommitment {
  readonly commitment: Commitment;
  readonly signature: Signature;
}

/** A plan with its signature. */
export interface SignedPlan {
  readonly plan: Plan;
  readonly signature: Signature;
}

/** An ERC-2612 permit for the settlement token; signed by the owner. */
export interface Permit {
  readonly owner: Address;
  readonly spender: Address;
  readonly value: bigint;
  readonly nonce: bigint;
  readonly deadline: bigint;
}

/** A data centre's offer to execute others' work. */
export interface Quote {
  readonly price: bigint;
  readonly energy: bigint;
  readonly cores: bigint;
  readonly firstSlot: bigint;
  readonly lastSlot: bigint;
  readonly repaymentSlots: bigint;
}

/** What is taken of a quote. */
export interface Order {
  readonly contractId: bigint;
  readonly target: bigint;
  readonly coreSeconds: bigint;
  readonly maxPrice: bigint;
  readonly due: bigint;
  readonly repaymentSlots: bigint;
  readonly networkFee: bigint;
}

/** An item of a batch that was left out. */
export interface SkippedItem {
  readonly index: bigint;
  readonly error: LedgerError;
}

// ------------------------------------------------------------------ state

/** A participant's wallet in the market. */
export interface Account {
  readonly available: bigint;
  readonly locked: bigint;
}

/** A participant as the registry knows it. */
export interface Identity {
  readonly id: string;
  readonly wallet: Address;
  readonly role: bigint;
  readonly certificate: Bytes32;
  readonly validUntil: bigint;
  readonly revoked: boolean;
}

/** Prices of a microgrid in a slot. */
export interface GridPrices {
  readonly importPrice: bigint;
  readonly feedInPrice: bigint;
}

/** How far a data centre's readings have come. */
export interface MeterState {
  readonly nextSlot: bigint;
  readonly nextPart: bigint;
  readonly pvLeft: bigint;
  readonly esdLeft: bigint;
  readonly gridLeft: bigint;
  /** Above 0: arrears of the data centre to the grid; below 0: what the grid owes it. */
  readonly tab: bigint;
}

/** A beacon operator's hash chain. */
export interface Chain {
  readonly last: Bytes32;
  readonly nextSlot: bigint;
  readonly lastSlot: bigint;
  readonly active: boolean;
}

/** The beacon's combined value of a slot. */
export interface BeaconValue {
  readonly isFinal: boolean;
  readonly value: Bytes32;
}

/** A participant's latest plan. */
export interface PlanState {
  readonly wallet: Address;
  readonly slot: bigint;
  readonly sequence: bigint;
  readonly status: bigint;
  readonly bonded: boolean;
  readonly seller: boolean;
  readonly commitment: Bytes32;
  readonly reputation: bigint;
  readonly count: bigint;
}

/** A bid or an offer in a slot's book, with all that its place in the ranking depends on. */
export interface BookEntry {
  /** Participant's number * 256 + index in its plan. */
  readonly ref: bigint;
  readonly seller: boolean;
  /** Highest price of a bid, lowest of an offer, micro-yuan per kWh. */
  readonly price: bigint;
  /** Energy that a bid needs, or that an offer has left, Wh. */
  readonly energy: bigint;
  readonly cores: bigint;
  /** Reputation at the reveal. */
  readonly reputation: bigint;
  /** Sequence number of the commitment. */
  readonly sequence: bigint;
}

/** A slot's book. */
export interface BookState {
  readonly phase: bigint;
  readonly bids: bigint;
  readonly offers: bigint;
  readonly seed: Bytes32;
  readonly ranker: Address;
  readonly concluded: bigint;
  readonly trades: bigint;
}

/** When a slot's windows begin. */
export interface Windows {
  readonly commitFrom: bigint;
  readonly revealFrom: bigint;
  readonly clearFrom: bigint;
  readonly lapseFrom: bigint;
}

/** How far a caller's ranking has come. */
export interface RankingState {
  readonly slot: bigint;
  readonly bids: bigint;
  readonly offers: bigint;
}

/** A supply contract. */
export interface SupplyContract {
  readonly buyer: bigint;
  readonly seller: bigint;
  readonly buyerWallet: Address;
  readonly sellerWallet: Address;
  readonly cores: bigint;
  readonly coreSeconds: bigint;
  readonly energy: bigint;
  readonly price: bigint;
  readonly signed: bigint;
  readonly firstSlot: bigint;
  readonly deadline: bigint;
  readonly priority: boolean;
  readonly status: bigint;
  readonly handedOver: boolean;
  readonly delivered: bigint;
  readonly pv: bigint;
  readonly esd: bigint;
  readonly grid: bigint;
  readonly escrow: bigint;
  readonly paid: bigint;
  readonly buyerDeposit: bigint;
  readonly sellerDeposit: bigint;
  readonly penalty: bigint;
}

/** A contract between two data centres. */
export interface Transfer {
  readonly first: bigint;
  readonly target: bigint;
  readonly contractId: bigint;
  readonly coreSeconds: bigint;
  readonly energy: bigint;
  readonly price: bigint;
  readonly signed: bigint;
  readonly due: bigint;
  readonly periodEnd: bigint;
  readonly mode: bigint;
  readonly status: bigint;
  readonly defaulted: boolean;
  readonly networkOperator: bigint;
  readonly networkFee: bigint;
  readonly deposit: bigint;
  readonly executed: bigint;
  readonly repaid: bigint;
  readonly settled: bigint;
  readonly returning: bigint;
}

/** The part of a supply contract that another data centre executes now. */
export interface Handover {
  readonly transferId: bigint;
  readonly executor: bigint;
  readonly coreSeconds: bigint;
  readonly executed: bigint;
  readonly from: bigint;
  readonly due: bigint;
  readonly isReturn: boolean;
}

/** The cheapest quote that fits; `dataCentre` 0 if none does. */
export interface CheapestQuote {
  readonly dataCentre: bigint;
  readonly price: bigint;
}

// ------------------------------------------------------------------ the ledger

/** Every call that changes the state of the market. `from` is the wallet that sends it. */
export interface LedgerCalls {
  // The settlement token, as far as deposits need it.
  mint(from: Address, to: Address, amount: bigint): Answer<Outcome>;
  approve(from: Address, spender: Address, amount: bigint): Answer<Outcome>;
  transfer(from: Address, to: Address, amount: bigint): Answer<Outcome>;

  // Identities
  /** @returns number of the participant */
  enrol(from: Address, enrolment: Enrolment, registrar: Signature): Answer<Outcome<bigint>>;
  rotate(
    from: Address,
    rotation: Rotation,
    registrar: Signature,
    oldWallet: Signature,
  ): Answer<Outcome>;
  revoke(from: Address, participant: bigint): Answer<Outcome>;

  // Vault
  deposit(from: Address, amount: bigint): Answer<Outcome>;
  depositFor(from: Address, participant: bigint, amount: bigint): Answer<Outcome>;
  /** Deposits the value of the permit. */
  depositWithPermit(from: Address, permit: Permit, owner: Signature): Answer<Outcome>;
  withdraw(from: Address, amount: bigint, to: Address): Answer<Outcome>;
  payOut(from: Address, amount: bigint, to: Address): Answer<Outcome>;

  // Tariff and meters
  announce(
    from: Address,
    fromSlot: bigint,
    importPrice: bigint,
    feedInPrice: bigint,
  ): Answer<Outcome>;
  commission(from: Address, site: Site, registrar: Signature): Answer<Outcome>;
  submit(from: Address, reading: Reading, meter: Signature): Answer<Outcome>;
  settleTab(from: Address, dataCentre: bigint): Answer<Outcome>;

  // Beacon
  commitChain(from: Address, anchor: Bytes32, firstSlot: bigint, length: bigint): Answer<Outcome>;
  open(from: Address, operator: bigint, slot: bigint, value: Bytes32): Answer<Outcome>;
  slash(from: Address, operator: bigint): Answer<Outcome>;
  retire(from: Address, operator: bigint): Answer<Outcome>;

  // Auction
  commit(from: Address, slot: bigint, commitment: Bytes32): Answer<Outcome>;
  commitSigned(from: Address, signed: SignedCommitment): Answer<Outcome>;
  /** @returns what was left out, and why */
  commitBatch(
    from: Address,
    batch: readonly SignedCommitment[],
  ): Answer<Outcome<readonly SkippedItem[]>>;
  withdrawPlan(from: Address, slot: bigint): Answer<Outcome>;
  releaseBond(from: Address): Answer<Outcome>;
  reveal(from: Address, plan: Plan): Answer<Outcome>;
  revealSigned(from: Address, signed: SignedPlan): Answer<Outcome>;
  /** @returns what was left out, and why */
  revealBatch(from: Address, batch: readonly SignedPlan[]): Answer<Outcome<readonly SkippedItem[]>>;
  punish(from: Address, participant: bigint): Answer<Outcome>;
  /** @returns whether the slot is cleared now */
  clear(
    from: Address,
    slot: bigint,
    bids: readonly bigint[],
    offers: readonly bigint[],
    work: bigint,
  ): Answer<Outcome<boolean>>;
  discardRanking(from: Address): Answer<Outcome>;
  setPaused(from: Address, paused: boolean): Answer<Outcome>;

  // Supply contracts
  expire(from: Address, contractId: bigint): Answer<Outcome>;

  // Order transfers
  quote(from: Address, quote: Quote): Answer<Outcome>;
  withdrawQuote(from: Address): Answer<Outcome>;
  /** @returns number of the transfer */
  take(from: Address, order: Order): Answer<Outcome<bigint>>;
  handBack(
    from: Address,
    transferId: bigint,
    contractId: bigint,
    coreSeconds: bigint,
    due: bigint,
  ): Answer<Outcome>;
  closeOverdue(from: Address, transferId: bigint): Answer<Outcome>;
  closeReturn(from: Address, transferId: bigint): Answer<Outcome>;
  settle(from: Address, transferId: bigint): Answer<Outcome>;
}

/** Every query. A query that the contract's view refuses is rejected with a {@link LedgerQueryError}. */
export interface LedgerQueries {
  /** Time of the latest block, Unix seconds. */
  time(): Answer<bigint>;
  currentSlot(): Answer<bigint>;
  windowsOf(slot: bigint): Answer<Windows>;

  balanceOf(wallet: Address): Answer<bigint>;
  allowance(owner: Address, spender: Address): Answer<bigint>;
  nonces(owner: Address): Answer<bigint>;

  participantOf(wallet: Address): Answer<bigint>;
  identityOf(participant: bigint): Answer<Identity>;
  participantById(id: string): Answer<bigint>;
  participantByCertificate(certificate: Bytes32): Answer<bigint>;
  participants(): Answer<bigint>;

  accountOf(participant: bigint): Answer<Account>;
  penaltyPool(): Answer<bigint>;
  reputationOf(participant: bigint): Answer<bigint>;

  pricesAt(gridOperator: bigint, slot: bigint): Answer<GridPrices>;
  siteOf(dataCentre: bigint): Answer<Site>;
  meterStateOf(dataCentre: bigint): Answer<MeterState>;
  isFinal(dataCentre: bigint, slot: bigint): Answer<boolean>;

  chainOf(operator: bigint): Answer<Chain>;
  operators(): Answer<readonly bigint[]>;
  beaconValueOf(slot: bigint): Answer<BeaconValue>;

  /** A plan's EIP-712 digest: its commitment. */
  commitmentOf(plan: Plan): Answer<Bytes32>;
  paused(): Answer<boolean>;
  planOf(participant: bigint): Answer<PlanState>;
  /** Bid `index` of the participant's revealed plan. */
  bidOf(participant: bigint, index: bigint): Answer<Bid>;
  /** Offer `index` of the participant's revealed plan. */
  offerOf(participant: bigint, index: bigint): Answer<Offer>;
  bookOf(slot: bigint): Answer<BookState>;
  /** The bids and offers that participants have in a slot's book. */
  entriesOf(slot: bigint, bidders: readonly bigint[]): Answer<readonly BookEntry[]>;
  disposableEnergy(dataCentre: bigint, slot: bigint): Answer<bigint>;
  rankingOf(ranker: Address): Answer<RankingState>;

  contracts(): Answer<bigint>;
  contractOf(contractId: bigint): Answer<SupplyContract>;
  openCoreSeconds(contractId: bigint): Answer<bigint>;

  transfers(): Answer<bigint>;
  transferOf(transferId: bigint): Answer<Transfer>;
  handoverOf(contractId: bigint): Answer<Handover>;
  handedOverCoreSeconds(contractId: bigint): Answer<bigint>;
  quoteOf(dataCentre: bigint): Answer<Quote>;
  quoters(): Answer<bigint>;
  cheapestQuote(
    energy: bigint,
    cores: bigint,
    due: bigint,
    repaymentSlots: bigint,
    asker: bigint,
    from: bigint,
    count: bigint,
  ): Answer<CheapestQuote>;
}

/** The market. */
export interface Ledger extends LedgerCalls, LedgerQueries {}
