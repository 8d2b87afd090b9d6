/**
 * What the console's server answers: every path, its query and its response. Both sides import this file, so it
 * imports nothing of Node's.
 *
 * **Paths.** All are below `/api`, read with GET, and answer JSON in UTF-8. A part that begins with a colon stands for a
 * value. Beside them the server has `/api/live` ({@link LiveEvents}) and `/rpc` ({@link RPC_METHODS}).
 *
 * **Units.** Names carry them: `Wh`, `coreSeconds`, `Seconds`. Prices are whole micro-yuan per kWh, as plain numbers (the
 * chain keeps 32 bits). Amounts of money are {@link MicroYuan}, fees {@link Wei}: decimal strings, because JSON's numbers
 * do not hold them. Block, slot, participant, contract and transfer numbers are plain numbers, times are Unix seconds of the
 * chain (a replay's simulated time) unless the name says otherwise. RVs are 0 to 10,000. Hashes, addresses and bytes are lower case
 * hexadecimal with 0x, but for addresses, which have their checksum (EIP-55).
 *
 * **Lists** come in pages ({@link Page}): `limit` items (default 50, at most 200), the next page by `cursor`, which is opaque and
 * stays valid while the chain is the same, whatever is added meanwhile. Each list says which order it has by default; `order`
 * turns it round. With `format=csv` a list is answered whole, without paging, as `text/csv` to be saved.
 *
 * **Errors** are {@link ApiError} with the HTTP status that {@link ERROR_STATUS} gives its code. What does not exist is
 * `not-found`; an empty list is no error.
 *
 * **Strings of participants** (their IDs above all) may contain anything, markup included. They are data: show them as text.
 */

// ------------------------------------------------------------------ basics

/** Whole micro-yuan (10⁻⁶ yuan), decimal; negative with a minus sign. */
export type MicroYuan = string;

/** Whole wei, decimal. */
export type Wei = string;

/** An integer of up to 256 bits, decimal. */
export type Integer = string;

/** Bytes in hexadecimal with 0x: a hash, a salt, calldata. */
export type Hex = string;

/** An address in hexadecimal with its checksum (EIP-55). */
export type Address = string;

/** Unix time, seconds. */
export type Seconds = number;

/** A moment of the real world, ISO 8601 in UTC. */
export type IsoTime = string;

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** `cursor` of the next page; null if this is the last. */
  readonly next: string | null;
  /** How many there are on all pages, with the filters that were asked for. */
  readonly total: number;
}

/** Query of every list. */
export interface PageQuery {
  /** 1 to 200; 50 if absent. */
  readonly limit?: number;
  readonly cursor?: string;
  readonly order?: "asc" | "desc";
  readonly format?: "json" | "csv";
}

/** Why a request was refused. */
export type ErrorCode =
  | "bad-request"
  | "not-found"
  | "method-not-allowed"
  | "too-large"
  | "too-many"
  | "node-gone"
  | "no-market"
  | "internal";

/** HTTP status of each error. */
export const ERROR_STATUS: Readonly<Record<ErrorCode, number>> = {
  "bad-request": 400,
  "not-found": 404,
  "method-not-allowed": 405,
  "too-large": 413,
  "too-many": 429,
  internal: 500,
  "node-gone": 503,
  "no-market": 503,
};

/** Body of an answer that is not 2xx. */
export interface ApiError {
  readonly error: {
    readonly code: ErrorCode;
    /** To be shown: what is wrong, and what to do. */
    readonly message: string;
  };
}

// ------------------------------------------------------------------ references

/** A participant of the market, as others refer to it. */
export interface ParticipantRef {
  readonly number: number;
  /** The unique ID of its certificate; anything. */
  readonly id: string;
  readonly role: Role;
}

export type Role = "user" | "dataCentre" | "meter" | "gridOperator" | "networkOperator" | "beacon";

/** An address and who it is. */
export interface AddressRef {
  readonly address: Address;
  /** Name of a contract of the market, ID of a participant, or an administrator's roles; null if nobody is known. */
  readonly name: string | null;
  readonly kind: "contract" | "participant" | "administrator" | "unknown";
  /** Number of the participant whose wallet it is or was; null otherwise. */
  readonly participant: number | null;
}

/** Where on the chain something happened. */
export interface Moment {
  readonly block: number;
  readonly transaction: Hex;
  readonly timestamp: Seconds;
}

/** A place in the chain's sequence of events. */
export interface EventMoment extends Moment {
  /** Of the log in its block. */
  readonly logIndex: number;
}

// ------------------------------------------------------------------ status

/** What the console looks at and how far it is. The first thing to ask for, and sent again whenever it changes. */
export interface Status {
  /** Name of the network in `hardhat.config.ts`. */
  readonly network: string;
  readonly chainId: number | null;
  readonly node: NodeStatus;
  readonly index: IndexStatus;
  /** Null while there is no market to show; `problem` then says why. */
  readonly market: MarketStatus | null;
  /** Why there is no market, and what to do; null if there is one. */
  readonly problem: string | null;
  /** Time of the latest indexed block, and what the market does then; null before there is a block or a market. */
  readonly clock: ClockStatus | null;
  /** Progress of a replay that runs in the same process (`npm start`); null otherwise. */
  readonly replay: ReplayStatus | null;
}

export interface NodeStatus {
  readonly reachable: boolean;
  /** When the node last answered; null if it never has. */
  readonly lastAnswer: IsoTime | null;
  /** Why it is not reachable; null if it is. */
  readonly message: string | null;
  /** `web3_clientVersion`; null if unknown. */
  readonly client: string | null;
  /** Whether `debug_traceTransaction` answers; null while that is not known. */
  readonly traces: boolean | null;
}

export interface IndexStatus {
  /** Latest indexed block; null if there is none. */
  readonly head: number | null;
  /** Latest block of the node; null if it never answered. */
  readonly nodeHead: number | null;
  /** Whether blocks are missing that the node has. */
  readonly catchingUp: boolean;
  readonly transactions: number;
  readonly events: number;
  /**
   * Hash of block 0. When it changes, the node is another chain (a devnet that was started anew): everything that was loaded
   * before is of the old one.
   */
  readonly genesis: Hex | null;
  /** How often blocks had to be taken back since the server started: reorganised or reset chains. */
  readonly resets: number;
}

export interface MarketStatus {
  /** Address of each contract by its name: `SlotAuction`, `SupplyBook`, …. */
  readonly contracts: Readonly<Record<string, Address>>;
  /** The market's parameters (`MarketParameters` in `sim/market/parameters.ts`) as decimal integers. */
  readonly parameters: Readonly<Record<MarketParameterName, Integer>>;
  readonly deployer: AddressRef;
  /** Holders of the administrators' roles at deployment. */
  readonly roles: Readonly<Record<"registrar" | "issuer" | "pauser" | "treasurer", AddressRef>>;
  /** Block of the directory's creation. */
  readonly firstBlock: number;
  /** First and last slot in which anything happened; null if nothing has. */
  readonly slots: { readonly first: number; readonly last: number } | null;
  readonly participants: Readonly<Record<Role, number>>;
  readonly contractsSigned: number;
  readonly transfersSigned: number;
  /** What seized bonds have put into the penalty pool and was not paid out. */
  readonly penaltyPool: MicroYuan;
  /** Whether new commitments are paused. */
  readonly paused: boolean;
}

export type MarketParameterName =
  | "genesis"
  | "slotSeconds"
  | "commitSeconds"
  | "revealSeconds"
  | "beaconSeconds"
  | "drawAmong"
  | "sellerShareBps"
  | "minDepositBps"
  | "maxDepositBps"
  | "lateReadingSlots"
  | "buyerBond"
  | "sellerBond"
  | "beaconBond"
  | "reputationPerKWh"
  | "maxReputationRise"
  | "defaultReputationFall"
  | "unopenedReputationFall";

export interface ClockStatus {
  readonly timestamp: Seconds;
  /** The slot that runs, in which energy is delivered. */
  readonly slot: number;
  /** Slot whose auction runs: the next one. */
  readonly auctionSlot: number;
  readonly phase: "commit" | "reveal" | "clearing";
  /** Last slot that has a page, because something has happened for it; null if there is none. */
  readonly lastSlot: number | null;
}

export interface ReplayStatus {
  readonly scenario: string;
  /** Hours done and in all. */
  readonly hour: number;
  readonly hours: number;
  readonly done: boolean;
}

// ------------------------------------------------------------------ overview

/** Energy that meters attested, and what was paid for it. */
export interface EnergyFlows {
  readonly pvWh: number;
  /** PV that was used at once: PV − charge − export. */
  readonly directWh: number;
  /** Into the ESD. */
  readonly chargeWh: number;
  /** Out of the ESD. */
  readonly dischargeWh: number;
  readonly importWh: number;
  readonly exportWh: number;
  /** Direct + discharge + import. */
  readonly loadWh: number;
  /** What the import cost and the export brought by the tariff. */
  readonly importCost: MicroYuan;
  readonly exportIncome: MicroYuan;
  /** What users paid data centres for deliveries of the slot. */
  readonly deliveryIncome: MicroYuan;
  /** What data centres owed users for contracts that expired in the slot. */
  readonly penalties: MicroYuan;
  /**
   * What other data centres paid for transferred work that was executed in the slot, or as a debt that was settled in it; and
   * the network for moving it.
   */
  readonly transferIncome: MicroYuan;
  readonly networkFees: MicroYuan;
}

/** One slot of the whole market, or of one data centre. */
export interface EnergySlot extends EnergyFlows {
  readonly slot: number;
  /** When the slot begins. */
  readonly timestamp: Seconds;
  /** Data centres whose reading has come. With fewer than expected the sums are not final. */
  readonly readings: number;
  /** Data centres that are commissioned by then. */
  readonly expectedReadings: number;
}

/** A slot of the overview: {@link EnergySlot} of all data centres, and its auction. */
export interface OverviewSlot extends EnergySlot {
  readonly bids: number;
  readonly offers: number;
  readonly trades: number;
  /** Energy of the contracts that were signed for the slot. */
  readonly tradedWh: number;
  /** Mean of the trades' prices by energy, micro-yuan per kWh; null without a trade. */
  readonly meanPrice: number | null;
  readonly lowestPrice: number | null;
  readonly highestPrice: number | null;
  /** Mean over the grid operators, micro-yuan per kWh; null without a tariff. */
  readonly importPrice: number | null;
  readonly feedInPrice: number | null;
  /** Order transfers that were signed in the slot. */
  readonly transfers: number;
}

export interface OverviewQuery {
  /** First and last slot; all if absent. At most 2,000 slots are answered, the latest. */
  readonly from?: number;
  readonly to?: number;
}

export interface Overview {
  /** Every slot from the first to the last, ascending, those without anything included. */
  readonly slots: readonly OverviewSlot[];
  /** Sums over all slots that were asked for. */
  readonly totals: EnergyTotals;
}

export interface EnergyTotals extends EnergyFlows {
  readonly trades: number;
  readonly transfers: number;
}

/** A folder with results that lies in `results/`. */
export interface RunInfo {
  /** Name of the folder; its name in paths. */
  readonly run: string;
  /** Name of its scenario. */
  readonly scenario: string;
  readonly seed: number;
  readonly start: IsoTime;
  readonly hours: number;
  readonly strategies: readonly string[];
  readonly modified: IsoTime;
}

/** What lies in `results/`. */
export interface Runs {
  /** Runs whose figures can be shown, the latest first. */
  readonly runs: readonly RunInfo[];
  /** Folders with something that cannot be read, by name; one whose figures can be shown all the same is in both lists. */
  readonly damaged: readonly DamagedRun[];
}

/** A run that is damaged, incomplete, or of another version of the program. */
export interface DamagedRun {
  /** Name of the folder. */
  readonly run: string;
  /** To be shown: which file, what is wrong, and what to do. */
  readonly problem: string;
}

/** A run, its strategies side by side. */
export interface Run extends RunInfo {
  /**
   * Figures of each strategy as `summary.json` has them (`StrategySummary` in `sim/report/results.ts`): numbers, or null
   * where a figure was not computed. Energy in kWh, money in yuan, as the names say.
   */
  readonly figures: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  /** By strategy, one row an hour, summed over the data centres; empty if there is a problem with them. */
  readonly hourly: Readonly<Record<string, readonly RunHour[]>>;
  /** To be shown: why the hours cannot be read, and what to do; null if they can. */
  readonly hourlyProblem: string | null;
}

/** Energy in Wh, money in yuan. */
export interface RunHour {
  readonly hour: number;
  readonly loadWh: number;
  readonly pvWh: number;
  readonly directWh: number;
  readonly chargeWh: number;
  readonly dischargeWh: number;
  readonly importWh: number;
  readonly exportWh: number;
  readonly incomeYuan: number;
  readonly energyCostYuan: number;
}

// ------------------------------------------------------------------ slots

/**
 * How far a slot is. By the clock: `upcoming`, `commit`, `reveal`, `clearing` (nobody has begun). By its book: `matching`,
 * `releasing`, `cleared`. `empty`: its windows are over, and nobody revealed anything.
 */
export type SlotPhase =
  "upcoming" | "commit" | "reveal" | "clearing" | "matching" | "releasing" | "cleared" | "empty";

export interface SlotRow {
  readonly slot: number;
  /** When the slot begins. */
  readonly timestamp: Seconds;
  readonly phase: SlotPhase;
  /** Plans of which one was committed to, not withdrawn. */
  readonly committed: number;
  readonly revealed: number;
  /** Plans that could not be funded, and that were never revealed and punished. */
  readonly dropped: number;
  readonly punished: number;
  readonly bids: number;
  readonly offers: number;
  readonly trades: number;
  readonly unmatched: number;
  readonly tradedWh: number;
  /** Mean of the trades' prices by energy, micro-yuan per kWh; null without a trade. */
  readonly meanPrice: number | null;
}

/** Unix times; a window includes its first second and not its last. */
export interface SlotWindows {
  readonly commitFrom: Seconds;
  readonly revealFrom: Seconds;
  readonly clearFrom: Seconds;
  /** Until then beacon operators can open their values. */
  readonly beaconUntil: Seconds;
  /** From here on clearing returns what is not matched. */
  readonly lapseFrom: Seconds;
}

export interface Slot extends SlotRow {
  readonly windows: SlotWindows;
  /** Values of the beacon's operators that were opened. */
  readonly beacon: readonly BeaconValue[];
  /** Sum of the salts' hashes modulo 2¹²⁸: the bidders' part of the seed. */
  readonly saltSum: Integer;
  /** Combined value of the beacon as of now: sum of keccak256(abi.encode(operator, value)) modulo 2²⁵⁶; 0 without a value. */
  readonly beaconValue: Hex;
  /** keccak256(abi.encode(slot, saltSum, beaconValue)); null until the matching has begun. */
  readonly seed: Hex | null;
  /** Who gave the order; anyone may, and there is one right order. */
  readonly ranker: AddressRef | null;
  /** Transactions of the clearing, in their order. */
  readonly clearing: readonly Moment[];
  readonly started: Moment | null;
  readonly cleared: Moment | null;
  /** Whether the slot was cleared so late that nothing could be signed for it. */
  readonly lapsed: boolean;
  /** The rule: the draw is among so many, and so much of the spread is the seller's. */
  readonly drawAmong: number;
  readonly sellerShareBps: number;
  /** Whether the server's own matching of the book gives the trades of the chain; null before it is cleared, and if it lapsed. */
  readonly agrees: boolean | null;
}

export interface BeaconValue {
  readonly operator: ParticipantRef;
  readonly value: Hex;
  readonly opened: EventMoment;
}

export type PlanStatus = "sealed" | "withdrawn" | "revealed" | "dropped" | "punished";

/** A participant's plan for a slot. Before it is revealed nobody knows more than the commitment. */
export interface PlanRow {
  readonly slot: number;
  readonly participant: ParticipantRef;
  readonly side: "buyer" | "seller";
  readonly status: PlanStatus;
  /** Digest of the plan (EIP-712). */
  readonly commitment: Hex;
  /** Order of the commitments of all slots: the last tie-break. */
  readonly sequence: number;
  readonly committed: EventMoment;
  /** How many commitments of the participant for this slot it replaced. */
  readonly replaced: number;
  /** Null unless it is revealed. */
  readonly revealed: EventMoment | null;
  readonly salt: Hex | null;
  /** RV at the reveal; null unless it is revealed. */
  readonly reputation: number | null;
  /** Bids or offers in it; null unless it is revealed. */
  readonly items: number | null;
  /** Bids of it that were matched, or trades on its offers; null until the slot is cleared. */
  readonly trades: number | null;
  /** When it was withdrawn, dropped or punished; null otherwise. */
  readonly ended: EventMoment | null;
  /** Bond that it lost; null if it lost none. */
  readonly forfeited: MicroYuan | null;
}

/**
 * Bids and offers are named by `ref`: participant's number × 256 + index in its plan, as the contract does. `place` is the
 * place in the order of the slot's book, from 0.
 */
export interface OfferRow {
  readonly slot: number;
  readonly ref: number;
  /** Null until the reveal window is over: more may come before it. */
  readonly place: number | null;
  readonly seller: ParticipantRef;
  readonly index: number;
  /** Lowest price, micro-yuan per kWh. */
  readonly price: number;
  readonly energyWh: number;
  readonly cores: number;
  readonly reputation: number;
  readonly sequence: number;
  /** What was left unsold when the slot was cleared; null before. */
  readonly leftWh: number | null;
  readonly leftCores: number | null;
  readonly trades: number;
}

export interface BidRow {
  readonly slot: number;
  readonly ref: number;
  /** Null until the reveal window is over: more may come before it. */
  readonly place: number | null;
  readonly buyer: ParticipantRef;
  readonly index: number;
  /** Highest price, micro-yuan per kWh. */
  readonly maxPrice: number;
  readonly energyWh: number;
  readonly cores: number;
  readonly coreSeconds: number;
  /** First and last slot in which the task can run. */
  readonly earliest: number;
  readonly deadline: number;
  readonly priority: boolean;
  readonly reputation: number;
  readonly sequence: number;
  readonly outcome: "pending" | "matched" | "unmatched";
  /** How it was matched, from the server's own matching of the book; null until the seed is known. */
  readonly draw: Draw | null;
  /** The trade on the chain; null if there is none. */
  readonly trade: Trade | null;
}

/** A bid's turn. */
export interface Draw {
  /**
   * Offers, cheapest first, that were not dearer and had enough energy and cores left at this bid's turn, with what was left
   * then. The first `drawAmong` of them are the candidates.
   */
  readonly eligible: readonly EligibleOffer[];
  /** How many candidates there were. */
  readonly candidates: number;
  /** keccak256(seed, place) as a number; the draw is this modulo the number of candidates. Null without a candidate. */
  readonly number: Integer | null;
  /** Which candidate was drawn, from 0; null without a candidate. */
  readonly drawn: number | null;
  /** `ref` of the offer that was drawn; null without a candidate. */
  readonly pick: number | null;
  /** Price that follows from the rule; null without a candidate. */
  readonly price: number | null;
}

export interface EligibleOffer {
  readonly ref: number;
  readonly place: number;
  readonly price: number;
  readonly leftWh: number;
  readonly leftCores: number;
}

/** What the chain signed for a bid. */
export interface Trade {
  /** Number of the supply contract. */
  readonly contract: number;
  /** `ref` of the offer. */
  readonly offer: number;
  readonly seller: ParticipantRef;
  readonly price: number;
  /** How many offers the contract says that the draw was among. */
  readonly candidates: number;
  readonly signed: EventMoment;
}

/**
 * Everything that a browser needs to recompute a slot by itself: raw logs and calldata, in the order of the chain. The transactions
 * and receipts can be asked for at the node again (`/rpc`) to see that the server has not changed them.
 */
export interface SlotEvidence {
  readonly slot: number;
  readonly chainId: number;
  readonly auction: Address;
  readonly supply: Address;
  readonly beacon: Address;
  readonly vault: Address;
  readonly identities: Address;
  readonly drawAmong: number;
  readonly sellerShareBps: number;
  /**
   * Of the slot: `Committed`, `PlanWithdrawn`, `Revealed`, `PlanDropped`, `PlanPunished`, `ValueOpened`, `MatchingStarted`,
   * `Signed`, `Unmatched`, `Cleared`; and for each plan in the book the last `ReputationChanged` of its participant before
   * the reveal (without one, the RV is 5,000).
   */
  readonly logs: readonly RawLog[];
  /** The transactions that revealed plans, whose calldata has them. */
  readonly reveals: readonly RawTransaction[];
}

export interface RawLog {
  readonly block: number;
  readonly transaction: Hex;
  readonly logIndex: number;
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

export interface RawTransaction {
  readonly block: number;
  readonly hash: Hex;
  readonly from: Address;
  readonly to: Address | null;
  readonly input: Hex;
}

export interface SlotsQuery extends PageQuery {
  readonly from?: number;
  readonly to?: number;
}

// ------------------------------------------------------------------ supply contracts

export type SupplyStatus = "running" | "fulfilled" | "expired";

/** A supply contract between a user and a data centre. */
export interface SupplyRow {
  readonly contract: number;
  readonly buyer: ParticipantRef;
  readonly seller: ParticipantRef;
  readonly status: SupplyStatus;
  /** Micro-yuan per kWh. */
  readonly price: number;
  readonly cores: number;
  readonly coreSeconds: number;
  /** Energy agreed. */
  readonly energyWh: number;
  /** Slot for which it was signed; first and last slot in which deliveries count. */
  readonly signedSlot: number;
  readonly firstSlot: number;
  readonly deadline: number;
  readonly priority: boolean;
  /** Core-seconds delivered, and energy delivered by source. */
  readonly delivered: number;
  readonly pvWh: number;
  readonly esdWh: number;
  readonly gridWh: number;
  /** Locked from the buyer for work that is not delivered. */
  readonly escrow: MicroYuan;
  readonly paid: MicroYuan;
  readonly buyerDeposit: MicroYuan;
  readonly sellerDeposit: MicroYuan;
  /** What the seller would owe, or owed, for the work that is not delivered. */
  readonly penalty: MicroYuan;
  /** Whether another data centre executes a part of it now. */
  readonly handedOver: boolean;
  /** Whether it was fulfilled with less energy from PV and ESD than agreed. */
  readonly shortfall: boolean;
  readonly signed: EventMoment;
  /** When it was fulfilled or expired; null while it runs. */
  readonly ended: EventMoment | null;
}

export interface Supply extends SupplyRow {
  /** The bid and the offer that it comes from; `bid` and `offer` are null where the book is not known. */
  readonly trade: {
    readonly slot: number;
    readonly bidIndex: number;
    readonly offerIndex: number;
    readonly candidates: number;
    readonly maxPrice: number | null;
    readonly offerPrice: number | null;
  };
  /** Its life, in the order of the chain. */
  readonly steps: readonly LifeStep[];
  /** Order transfers that handed parts of it over or back. */
  readonly transfers: readonly TransferRow[];
  /** Who executed how much of it, and for whom. */
  readonly executors: readonly Executor[];
}

/** A data centre that delivered for a contract. */
export interface Executor {
  readonly dataCentre: ParticipantRef;
  /** Transfer by which it does so; null for the seller itself. */
  readonly transfer: number | null;
  readonly deliveredCoreSeconds: number;
  readonly pvWh: number;
  readonly esdWh: number;
  readonly gridWh: number;
  /** What the buyer paid (to the seller) for its deliveries. */
  readonly paid: MicroYuan;
}

/** A step in the life of a supply contract or order transfer: the event, and what matters of it. */
export interface LifeStep {
  /** Name of the event: `Signed`, `Delivered`, `Taken`, `Executed`, …. */
  readonly event: string;
  readonly at: EventMoment;
  /** Slot that the step is about; null if it is about none. */
  readonly slot: number | null;
  /** Who acted: executor of a delivery, target of a transfer; null if it is nobody's act. */
  readonly by: ParticipantRef | null;
  readonly transfer: number | null;
  readonly contract: number | null;
  /** What the step delivered, handed over or settled; null if it has nothing of it. */
  readonly coreSeconds: number | null;
  readonly pvWh: number | null;
  readonly esdWh: number | null;
  readonly gridWh: number | null;
  /** Money that the step moved, and from whom to whom in words of the protocol: "paid", "penalty", "returned", "fee". */
  readonly money: readonly { readonly what: string; readonly amount: MicroYuan }[];
}

export interface SupplyQuery extends PageQuery {
  readonly participant?: number;
  readonly buyer?: number;
  readonly seller?: number;
  readonly status?: SupplyStatus;
  /** Slot of signing. */
  readonly slot?: number;
  readonly priority?: boolean;
  /** Only contracts of which a part was ever handed over, or never was. */
  readonly transferred?: boolean;
  readonly shortfall?: boolean;
}

// ------------------------------------------------------------------ order transfers

export type TransferStatus = "executing" | "owing" | "closed";

/** An order transfer between two data centres. */
export interface TransferRow {
  readonly transfer: number;
  /** Who hands over, and who executes. */
  readonly first: ParticipantRef;
  readonly target: ParticipantRef;
  /** The supply contract of which it is a part. */
  readonly contract: number;
  readonly status: TransferStatus;
  readonly mode: "payment" | "computeTime";
  readonly coreSeconds: number;
  readonly energyWh: number;
  /** Micro-yuan per kWh. */
  readonly price: number;
  readonly signedSlot: number;
  readonly due: number;
  /** Last slot in which work can be handed back. */
  readonly periodEnd: number;
  readonly networkOperator: ParticipantRef;
  readonly networkFee: MicroYuan;
  readonly deposit: MicroYuan;
  readonly executed: number;
  readonly repaid: number;
  readonly settled: number;
  /** Money paid to the target so far, settlement of a debt included. */
  readonly paid: MicroYuan;
  readonly networkPaid: MicroYuan;
  /** Whether the target failed by the due slot, and what it lost. */
  readonly defaulted: boolean;
  readonly penalty: MicroYuan;
  /** Contract of which a part is handed back now; null if none. */
  readonly returning: number | null;
  readonly signed: EventMoment;
  readonly closed: EventMoment | null;
}

export interface Transfer extends TransferRow {
  readonly steps: readonly LifeStep[];
  /** Everything that executes for somebody in the contract's name: this transfer and the contract's others. */
  readonly supply: SupplyRow;
  readonly siblings: readonly TransferRow[];
}

export interface TransferQuery extends PageQuery {
  /** First or target. */
  readonly participant?: number;
  readonly first?: number;
  readonly target?: number;
  readonly contract?: number;
  readonly status?: TransferStatus;
  readonly mode?: "payment" | "computeTime";
  readonly defaulted?: boolean;
}

/** What a data centre offers to other data centres now. */
export interface QuoteRow {
  readonly dataCentre: ParticipantRef;
  readonly price: number;
  /** As quoted; what was taken since is not deducted. */
  readonly energyWh: number;
  readonly cores: number;
  readonly firstSlot: number;
  readonly lastSlot: number;
  /** Longest repayment period that is accepted, slots; 0: payment only. */
  readonly repaymentSlots: number;
  readonly quoted: EventMoment;
}

// ------------------------------------------------------------------ participants

export interface ParticipantRow {
  readonly number: number;
  readonly id: string;
  readonly role: Role;
  readonly wallet: Address;
  /** SHA-256 fingerprint of the live certificate in DER. */
  readonly certificate: Hex;
  readonly validUntil: Seconds;
  /** `expired` by the clock of the latest indexed block. */
  readonly state: "active" | "revoked" | "expired";
  readonly reputation: number;
  /** Supply contracts as buyer or seller, by state. */
  readonly contracts: Readonly<Record<SupplyStatus, number>>;
  /** What it was paid for deliveries and transfers, and what it paid for them. */
  readonly earned: MicroYuan;
  readonly spent: MicroYuan;
  readonly enrolled: EventMoment;
}

export interface Participant extends ParticipantRow {
  /** Certificates and wallets that it has or had, the oldest first. */
  readonly bindings: readonly Binding[];
  /** Money in the vault; null if it was never read from the node. */
  readonly account: Account | null;
  readonly totals: ParticipantTotals;
  /** A data centre's plant; null for others and before it is commissioned. */
  readonly site: Site | null;
  /** A data centre's present quote to other data centres; null if there is none. */
  readonly quote: QuoteRow | null;
  /** A data centre's tab with its grid as last told; above 0 it owes. Null for others. */
  readonly tab: MicroYuan | null;
  /** Data centres that it meters, is the grid or the network of. */
  readonly serves: readonly ParticipantRef[];
}

export interface Binding {
  readonly wallet: Address;
  readonly certificate: Hex;
  readonly validUntil: Seconds;
  readonly bound: EventMoment;
  readonly revoked: EventMoment | null;
}

export interface Account {
  readonly available: MicroYuan;
  readonly locked: MicroYuan;
  /** Block at which it was read: the latest, unless the node is gone. */
  readonly block: number;
}

/** Sums over the life of a participant. */
export interface ParticipantTotals {
  readonly deposited: MicroYuan;
  readonly withdrawn: MicroYuan;
  /** For deliveries, as seller and as buyer. */
  readonly deliveryIncome: MicroYuan;
  readonly deliverySpending: MicroYuan;
  /** For contracts that expired and transfers that failed. */
  readonly penaltiesPaid: MicroYuan;
  readonly penaltiesReceived: MicroYuan;
  readonly transferIncome: MicroYuan;
  readonly transferSpending: MicroYuan;
  /** Network fees: paid by a data centre, received by a network operator. */
  readonly networkFeesPaid: MicroYuan;
  readonly networkFeesReceived: MicroYuan;
  /** By the tariff: a data centre's, or a grid operator's from the other side. */
  readonly importCost: MicroYuan;
  readonly exportIncome: MicroYuan;
  readonly bondsForfeited: MicroYuan;
}

export interface Site {
  readonly meter: ParticipantRef;
  readonly gridOperator: ParticipantRef;
  readonly networkOperator: ParticipantRef;
  readonly pvLimitWh: number;
  readonly esdLimitWh: number;
  readonly gridLimitWh: number;
  readonly version: number;
  readonly commissioned: EventMoment;
}

export interface ParticipantsQuery extends PageQuery {
  readonly role?: Role;
  readonly state?: "active" | "revoked" | "expired";
  /** Part of the ID, in any case. */
  readonly search?: string;
  /** Default `number`; the cursor belongs to the order. */
  readonly sort?: "number" | "reputation" | "earned" | "spent";
}

/** A change of RV; the first point is the initial value at the enrolment. */
export interface ReputationPoint {
  readonly reputation: number;
  readonly at: EventMoment;
}

/** Something that money of a participant did: a line of its statement. */
export interface StatementRow {
  readonly at: EventMoment;
  /** Name of the event behind it. */
  readonly event: string;
  readonly what:
    | "deposit"
    | "withdrawal"
    | "delivery"
    | "penalty"
    | "transfer"
    | "networkFee"
    | "import"
    | "export"
    | "bond";
  /** Above 0 it came in, below 0 it went out. */
  readonly amount: MicroYuan;
  readonly other: ParticipantRef | null;
  readonly slot: number | null;
  readonly contract: number | null;
  readonly transfer: number | null;
}

/** A data centre's slot with the tab as it was told then; amounts by the tariff. */
export interface ReadingRow extends EnergySlot {
  readonly dataCentre: ParticipantRef;
  readonly read: EventMoment;
}

// ------------------------------------------------------------------ explorer: blocks and transactions

export interface BlockRow {
  readonly number: number;
  readonly hash: Hex;
  readonly timestamp: Seconds;
  /** Slot that the time belongs to; null without a market, and below 0 before its slot 0. */
  readonly slot: number | null;
  /** When the console saw the block appear; null if it was there before. */
  readonly seen: IsoTime | null;
  readonly transactions: number;
  readonly failed: number;
  readonly gasUsed: number;
  readonly gasLimit: number;
  readonly baseFeePerGas: Wei | null;
  readonly producer: AddressRef;
}

export interface Block extends BlockRow {
  readonly parentHash: Hex;
  readonly stateRoot: Hex;
  readonly size: number;
  readonly events: number;
  /** Whether there is a block after it in the index. */
  readonly hasNext: boolean;
}

export interface TransactionRow {
  readonly hash: Hex;
  readonly block: number;
  readonly index: number;
  readonly timestamp: Seconds;
  readonly slot: number | null;
  readonly seen: IsoTime | null;
  readonly from: AddressRef;
  /** Null if it creates a contract. */
  readonly to: AddressRef | null;
  readonly creates: AddressRef | null;
  /** Name of the function that it calls; the selector if that is not known; null for a mere payment or a creation. */
  readonly method: string | null;
  readonly value: Wei;
  readonly succeeded: boolean;
  /** Name of the custom error that it failed with, as far as it is known. */
  readonly error: string | null;
  readonly gasUsed: number;
  readonly fee: Wei;
}

export interface Transaction extends TransactionRow {
  readonly nonce: number;
  /** EIP-2718 type. */
  readonly type: number;
  readonly gasLimit: number;
  readonly gasPrice: Wei;
  readonly maxFeePerGas: Wei | null;
  readonly maxPriorityFeePerGas: Wei | null;
  readonly input: Hex;
  readonly cumulativeGasUsed: number;
  /** Null if the contract or the function is not known, or there is no calldata. */
  readonly call: DecodedCall | null;
  /** Null if it succeeded. */
  readonly failure: Failure | null;
  /** All of its events, in their order. */
  readonly events: readonly EventRow[];
  /** Transfers of the settlement token in it. */
  readonly tokenTransfers: readonly TokenTransferRow[];
}

/** Why a transaction failed. */
export interface Failure {
  /**
   * How that is known: from the receipt, from a trace (exact), from repeating the call on the state before its block (the transactions
   * before it in the block are not in it), or not at all.
   */
  readonly source: "receipt" | "trace" | "replay" | "unknown";
  /** What it reverted with; null if that is not known. */
  readonly data: Hex | null;
  /** Null if the error is not known. */
  readonly error: DecodedCall | null;
  /** To be shown, such as "out of gas"; null if there is nothing beyond the error. */
  readonly message: string | null;
}

export interface DecodedCall {
  /** Contract whose ABI it was decoded by. */
  readonly contract: string;
  readonly name: string;
  /** As in `commit(uint32,bytes32)`. */
  readonly signature: string;
  readonly selector: Hex;
  readonly arguments: readonly DecodedValue[];
}

/** A value with its name and type. */
export interface DecodedValue {
  readonly name: string;
  /** ABI type: `uint32`, `tuple[]`, …. */
  readonly type: string;
  /**
   * The contracts' name of the type, which says what a number is: `ParticipantId`, `Wh`, `Price`, `struct Plan`, …. Also of the
   * fields of signed messages, which are bare integers in the ABI.
   */
  readonly solidityType: string;
  /**
   * An integer as {@link Integer}, bytes as {@link Hex}, an address with its checksum, a text, a truth value; members of a
   * struct; elements of a list, which are named by their index.
   */
  readonly value: string | boolean | readonly DecodedValue[];
  /** What it means, where that is known: ID of a participant, name of an address, member of an enumeration. Else null. */
  readonly label: string | null;
  /** What the console can show about it; null if nothing. */
  readonly link: Link | null;
  /** Fields that are packed into the one word; absent if it is not such a word. */
  readonly unpacked?: readonly DecodedValue[];
}

/** A page of the console. */
export type Link =
  | { readonly kind: "participant"; readonly number: number }
  | { readonly kind: "supply"; readonly contract: number }
  | { readonly kind: "transfer"; readonly transfer: number }
  | { readonly kind: "slot"; readonly slot: number }
  | { readonly kind: "address"; readonly address: Address }
  | { readonly kind: "block"; readonly block: number }
  | { readonly kind: "transaction"; readonly hash: Hex };

export interface TransactionsQuery extends PageQuery {
  readonly block?: number;
  /** Sender, receiver, or created contract. */
  readonly address?: Address;
  readonly from?: Address;
  readonly to?: Address;
  /** Sent from a wallet that the participant has or had. */
  readonly participant?: number;
  /** Name of the function. */
  readonly method?: string;
  /** Name of the custom error. */
  readonly error?: string;
  readonly succeeded?: boolean;
}

/** Calls that a transaction made, as the node traces them. */
export type Trace =
  | { readonly traced: true; readonly root: CallFrame }
  | {
      readonly traced: false;
      /** To be shown: that this node does not trace, or is gone. */
      readonly reason: string;
    };

export interface CallFrame {
  /** CALL, STATICCALL, DELEGATECALL, CREATE, …. */
  readonly type: string;
  readonly from: AddressRef;
  readonly to: AddressRef | null;
  readonly value: Wei;
  readonly gasUsed: number;
  readonly input: Hex;
  readonly output: Hex;
  readonly call: DecodedCall | null;
  readonly result: readonly DecodedValue[] | null;
  /** Null if the call succeeded. */
  readonly failure: Failure | null;
  readonly calls: readonly CallFrame[];
}

// ------------------------------------------------------------------ explorer: addresses, contracts, events

export interface AddressRow extends AddressRef {
  /** Transactions that it sent, and that it received or that created it. */
  readonly sent: number;
  readonly received: number;
  readonly firstBlock: number | null;
  readonly lastBlock: number | null;
}

export interface AddressDetail extends AddressRow {
  /** Read from the node; null if it is gone. */
  readonly balance: Wei | null;
  readonly nonce: number | null;
  readonly tokenBalance: MicroYuan | null;
  readonly hasCode: boolean | null;
  /** Name in {@link ContractDetail}; null if it is no contract of the market. */
  readonly contract: string | null;
  readonly created: Moment | null;
  readonly participantRef: ParticipantRef | null;
  /** Names of administrators' roles that it held at deployment. */
  readonly roles: readonly string[];
}

export interface AddressesQuery extends PageQuery {
  readonly kind?: AddressRef["kind"];
  /** Part of the name or the address, in any case. */
  readonly search?: string;
}

/** Movement of the settlement token, minting and burning included (from or to the address 0). */
export interface TokenTransferRow {
  readonly at: EventMoment;
  readonly from: AddressRef;
  readonly to: AddressRef;
  readonly amount: MicroYuan;
}

export interface TokenTransfersQuery extends PageQuery {
  /** From or to. */
  readonly address?: Address;
  readonly block?: number;
}

export interface ContractRow {
  /** Name of its type: `SlotAuction`. Its name in paths. */
  readonly name: string;
  readonly address: Address;
  readonly created: Moment | null;
  readonly creator: AddressRef | null;
  readonly transactions: number;
  readonly events: number;
  /**
   * `verified`: what was compiled from the recorded source is the code on the chain, immutable values aside. `differs`: it is not.
   * `unknown`: there is no source on record, or the node is gone.
   */
  readonly source: "verified" | "differs" | "unknown";
}

export interface ContractDetail extends ContractRow {
  readonly abi: readonly unknown[];
  /** As recorded at deployment, integers as decimal strings. */
  readonly constructorArguments: unknown;
  readonly compiler: string;
  readonly compilerSettings: unknown;
  /** Source files, that of the contract first; empty if there is no source on record. */
  readonly sources: readonly { readonly path: string; readonly content: string }[];
  readonly functions: readonly ContractFunction[];
  readonly eventNames: readonly string[];
  readonly errorNames: readonly string[];
}

export interface ContractFunction {
  readonly name: string;
  readonly signature: string;
  readonly selector: Hex;
  /** Whether it can be read by `eth_call` without a transaction. */
  readonly reads: boolean;
  /** How many transactions called it. */
  readonly calls: number;
}

export interface EventRow {
  readonly at: EventMoment;
  readonly slot: number | null;
  readonly address: AddressRef;
  /** Null if the contract or the event is not known. */
  readonly event: DecodedCall | null;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

export interface EventsQuery extends PageQuery {
  /** Name of a contract. */
  readonly contract?: string;
  readonly address?: Address;
  /** Name of an event. */
  readonly name?: string;
  readonly block?: number;
  readonly transaction?: Hex;
  /** Events that name this participant, supply contract, transfer or slot, wherever in them. */
  readonly participant?: number;
  readonly supply?: number;
  readonly transfer?: number;
  readonly slot?: number;
}

/** What a search found; the best first. */
export interface SearchHit {
  readonly link: Link;
  /** To be shown. */
  readonly label: string;
  /** What it is, in a few words: "data centre", "block, 3 transactions". */
  readonly detail: string;
}

// ------------------------------------------------------------------ paths

/** No query. */
export type NoQuery = Readonly<Record<string, never>>;

/** Query and response of every path. */
export interface Endpoints {
  "/api/status": { query: NoQuery; response: Status };
  "/api/overview": { query: OverviewQuery; response: Overview };
  "/api/runs": { query: NoQuery; response: Runs };
  "/api/runs/:run": { query: NoQuery; response: Run };

  /** The latest slot first. */
  "/api/slots": { query: SlotsQuery; response: Page<SlotRow> };
  "/api/slots/:slot": { query: NoQuery; response: Slot };
  /** In the order of commitment. */
  "/api/slots/:slot/plans": { query: PageQuery; response: Page<PlanRow> };
  /** In the order of the book. */
  "/api/slots/:slot/offers": { query: PageQuery; response: Page<OfferRow> };
  /** In the order of the book. */
  "/api/slots/:slot/bids": { query: PageQuery; response: Page<BidRow> };
  "/api/slots/:slot/evidence": { query: NoQuery; response: SlotEvidence };

  /** The latest first. */
  "/api/supply": { query: SupplyQuery; response: Page<SupplyRow> };
  "/api/supply/:contract": { query: NoQuery; response: Supply };
  /** The latest first. */
  "/api/transfers": { query: TransferQuery; response: Page<TransferRow> };
  "/api/transfers/:transfer": { query: NoQuery; response: Transfer };
  /** The cheapest first. */
  "/api/quotes": { query: PageQuery; response: Page<QuoteRow> };

  /** By number, or as `sort` says, from the lowest. */
  "/api/participants": { query: ParticipantsQuery; response: Page<ParticipantRow> };
  "/api/participants/:number": { query: NoQuery; response: Participant };
  /** All changes, the oldest first. */
  "/api/participants/:number/reputation": { query: PageQuery; response: Page<ReputationPoint> };
  /** Plans, the latest first. */
  "/api/participants/:number/plans": { query: PageQuery; response: Page<PlanRow> };
  /** A user's bids, the latest slot first. */
  "/api/participants/:number/bids": { query: PageQuery; response: Page<BidRow> };
  /** A data centre's offers, the latest slot first. */
  "/api/participants/:number/offers": { query: PageQuery; response: Page<OfferRow> };
  /** The latest first. */
  "/api/participants/:number/statement": { query: PageQuery; response: Page<StatementRow> };
  /** A data centre's energy, every slot ascending: the chart's data. At most the latest 2,000 slots. */
  "/api/participants/:number/energy": { query: OverviewQuery; response: readonly EnergySlot[] };
  /** All data centres' readings, the latest first. */
  "/api/readings": {
    query: PageQuery & { readonly participant?: number; readonly slot?: number };
    response: Page<ReadingRow>;
  };

  "/api/search": { query: { readonly q: string }; response: readonly SearchHit[] };
  /** The latest first. */
  "/api/blocks": { query: PageQuery; response: Page<BlockRow> };
  /** By number or hash. */
  "/api/blocks/:block": { query: NoQuery; response: Block };
  /** The latest first. */
  "/api/transactions": { query: TransactionsQuery; response: Page<TransactionRow> };
  "/api/transactions/:hash": { query: NoQuery; response: Transaction };
  "/api/transactions/:hash/trace": { query: NoQuery; response: Trace };
  /** Known names first, then by number of transactions. */
  "/api/addresses": { query: AddressesQuery; response: Page<AddressRow> };
  "/api/addresses/:address": { query: NoQuery; response: AddressDetail };
  /** The latest first. */
  "/api/token-transfers": { query: TokenTransfersQuery; response: Page<TokenTransferRow> };
  "/api/contracts": { query: NoQuery; response: readonly ContractRow[] };
  "/api/contracts/:name": { query: NoQuery; response: ContractDetail };
  /** The latest first. */
  "/api/events": { query: EventsQuery; response: Page<EventRow> };
}

/** A path of the API, with its colons. */
export type ApiPath = keyof Endpoints;

/**
 * Events that `/api/live` sends (server-sent events; `data` is JSON). `status` comes at once and whenever it changes, at most
 * twice a second; `head` when blocks were added or taken back: what is shown may be out of date then.
 */
export interface LiveEvents {
  readonly status: Status;
  readonly head: {
    readonly block: number | null;
    /** As in {@link ClockStatus}; null without a market. */
    readonly slot: number | null;
    /** Whether blocks were taken back, so that nothing that was loaded before need hold any more. */
    readonly reset: boolean;
  };
}

/**
 * JSON-RPC methods that POST `/rpc` passes on to the node, single or in batches of at most 100. Others are answered with the
 * JSON-RPC error -32601, as if the node did not have them.
 */
export const RPC_METHODS = [
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getBlockReceipts",
  "eth_getCode",
  "eth_getLogs",
  "eth_getStorageAt",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
  "net_version",
  "web3_clientVersion",
] as const;
