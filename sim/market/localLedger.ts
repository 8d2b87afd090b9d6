/** The market without a chain: the reference model of the contracts, and what the simulator runs on. */
import { ZeroAddress } from "ethers";

import type { MarketAddresses, RoleHolders } from "./deployment.ts";
import {
  LedgerQueryError,
  type Account,
  type Address,
  type Answer,
  type BeaconValue,
  type Bid,
  type BookEntry,
  type BookState,
  type Bytes32,
  type Chain,
  type CheapestQuote,
  type Enrolment,
  type GridPrices,
  type Handover,
  type Identity,
  type Ledger,
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
import { LocalMarket } from "./local/market.ts";
import { Refusal } from "./local/world.ts";
import type { MarketParameters } from "./parameters.ts";

/** What a local market is made of. */
export interface LocalLedgerOptions {
  readonly parameters: MarketParameters;
  readonly holders: RoleHolders;
  /** Addresses of the contracts that it stands for; they occur in digests and errors. */
  readonly addresses?: Pick<MarketAddresses, "auction" | "vault">;
  readonly chainId?: bigint;
  /**
   * What a commitment is: the plan's digest, as on a chain, or only its salt, which is quick to compare. Nothing else depends on
   * it.
   */
  readonly commitments?: "digest" | "salt";
  /** Time that it begins at, Unix seconds; the beginning of slot 0 if it is left out. */
  readonly begin?: bigint;
}

const NOBODY = { auction: ZeroAddress, vault: ZeroAddress };

/**
 * A market in the memory of this process. It takes a message's signer at its word, and time stands still but for
 * {@link LocalLedger.advanceTo}; in everything else it does what the contracts do.
 */
export class LocalLedger implements Ledger {
  private readonly market: LocalMarket;

  constructor(options: LocalLedgerOptions) {
    const { parameters, holders, addresses = NOBODY, chainId = 31337n } = options;
    const { commitments = "digest", begin = parameters.genesis } = options;
    this.market = new LocalMarket({ parameters, holders, addresses, chainId, commitments, begin });
  }

  /**
   * Sets the time of the calls that follow.
   *
   * @param time Unix seconds, not before that of earlier calls
   */
  advanceTo(time: bigint): void {
    const { world } = this.market;
    if (time < world.now)
      throw new RangeError(
        `Time cannot go back from ${world.now.toString()} to ${time.toString()}.`,
      );
    world.now = time;
  }

  // ---------------------------------------------------------------- calls

  mint(from: Address, to: Address, amount: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.token.mint(from, to, amount);
    });
  }

  approve(from: Address, spender: Address, amount: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.token.approve(from, spender, amount);
    });
  }

  transfer(from: Address, to: Address, amount: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.token.transfer(from, to, amount);
    });
  }

  enrol(from: Address, enrolment: Enrolment, registrar: Signature): Answer<Outcome<bigint>> {
    return this.call((m) => m.identities.enrol(from, enrolment, registrar));
  }

  rotate(
    from: Address,
    rotation: Rotation,
    registrar: Signature,
    oldWallet: Signature,
  ): Answer<Outcome> {
    return this.act((m) => {
      m.identities.rotate(from, rotation, registrar, oldWallet);
    });
  }

  revoke(from: Address, participant: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.identities.revoke(from, participant);
    });
  }

  deposit(from: Address, amount: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.vault.deposit(from, amount);
    });
  }

  depositFor(from: Address, participant: bigint, amount: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.vault.depositFor(from, participant, amount);
    });
  }

  depositWithPermit(from: Address, permit: Permit, owner: Signature): Answer<Outcome> {
    return this.act((m) => {
      m.vault.depositWithPermit(from, permit, owner);
    });
  }

  withdraw(from: Address, amount: bigint, to: Address): Answer<Outcome> {
    return this.act((m) => {
      m.vault.withdraw(from, amount, to);
    });
  }

  payOut(from: Address, amount: bigint, to: Address): Answer<Outcome> {
    return this.act((m) => {
      m.vault.payOut(from, amount, to);
    });
  }

  announce(
    from: Address,
    fromSlot: bigint,
    importPrice: bigint,
    feedInPrice: bigint,
  ): Answer<Outcome> {
    return this.act((m) => {
      m.tariff.announce(from, fromSlot, importPrice, feedInPrice);
    });
  }

  commission(from: Address, site: Site, registrar: Signature): Answer<Outcome> {
    return this.act((m) => {
      m.meters.commission(from, site, registrar);
    });
  }

  submit(_from: Address, reading: Reading, meter: Signature): Answer<Outcome> {
    return this.act((m) => {
      m.meters.submit(reading, meter);
    });
  }

  settleTab(_from: Address, dataCentre: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.meters.settleTab(dataCentre);
    });
  }

  commitChain(from: Address, anchor: Bytes32, firstSlot: bigint, length: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.beacon.commitChain(from, anchor, firstSlot, length);
    });
  }

  open(_from: Address, operator: bigint, slot: bigint, value: Bytes32): Answer<Outcome> {
    return this.act((m) => {
      m.beacon.open(operator, slot, value);
    });
  }

  slash(_from: Address, operator: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.beacon.slash(operator);
    });
  }

  retire(_from: Address, operator: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.beacon.retire(operator);
    });
  }

  commit(from: Address, slot: bigint, commitment: Bytes32): Answer<Outcome> {
    return this.act((m) => {
      m.auction.commit(from, slot, commitment);
    });
  }

  commitSigned(_from: Address, signed: SignedCommitment): Answer<Outcome> {
    return this.act((m) => {
      m.auction.commitSigned(signed);
    });
  }

  commitBatch(
    _from: Address,
    batch: readonly SignedCommitment[],
  ): Answer<Outcome<readonly SkippedItem[]>> {
    return this.call((m) => m.auction.commitBatch(batch));
  }

  withdrawPlan(from: Address, slot: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.auction.withdrawPlan(from, slot);
    });
  }

  releaseBond(from: Address): Answer<Outcome> {
    return this.act((m) => {
      m.auction.releaseBond(from);
    });
  }

  reveal(from: Address, plan: Plan): Answer<Outcome> {
    return this.act((m) => {
      m.auction.reveal(from, plan);
    });
  }

  revealSigned(_from: Address, signed: SignedPlan): Answer<Outcome> {
    return this.act((m) => {
      m.auction.revealSigned(signed);
    });
  }

  revealBatch(
    _from: Address,
    batch: readonly SignedPlan[],
  ): Answer<Outcome<readonly SkippedItem[]>> {
    return this.call((m) => m.auction.revealBatch(batch));
  }

  punish(_from: Address, participant: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.auction.punish(participant);
    });
  }

  clear(
    from: Address,
    slot: bigint,
    bids: readonly bigint[],
    offers: readonly bigint[],
    work: bigint,
  ): Answer<Outcome<boolean>> {
    return this.call((m) => m.auction.clear(from, slot, bids, offers, work));
  }

  discardRanking(from: Address): Answer<Outcome> {
    return this.act((m) => {
      m.auction.discardRanking(from);
    });
  }

  setPaused(from: Address, paused: boolean): Answer<Outcome> {
    return this.act((m) => {
      m.auction.setPaused(from, paused);
    });
  }

  expire(_from: Address, contractId: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.supply.expire(contractId);
    });
  }

  quote(from: Address, quote: Quote): Answer<Outcome> {
    return this.act((m) => {
      m.transfers.quote(from, quote);
    });
  }

  withdrawQuote(from: Address): Answer<Outcome> {
    return this.act((m) => {
      m.transfers.withdrawQuote(from);
    });
  }

  take(from: Address, order: Order): Answer<Outcome<bigint>> {
    return this.call((m) => m.transfers.take(from, order));
  }

  handBack(
    from: Address,
    transferId: bigint,
    contractId: bigint,
    coreSeconds: bigint,
    due: bigint,
  ): Answer<Outcome> {
    return this.act((m) => {
      m.transfers.handBack(from, transferId, contractId, coreSeconds, due);
    });
  }

  closeOverdue(_from: Address, transferId: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.transfers.closeOverdue(transferId);
    });
  }

  closeReturn(_from: Address, transferId: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.transfers.closeReturn(transferId);
    });
  }

  settle(_from: Address, transferId: bigint): Answer<Outcome> {
    return this.act((m) => {
      m.transfers.settle(transferId);
    });
  }

  // ---------------------------------------------------------------- queries

  time(): Answer<bigint> {
    return this.query((m) => m.world.now);
  }

  currentSlot(): Answer<bigint> {
    return this.query((m) => m.world.currentSlot());
  }

  windowsOf(slot: bigint): Answer<Windows> {
    return this.query((m) => m.auction.windowsOf(slot));
  }

  balanceOf(wallet: Address): Answer<bigint> {
    return this.query((m) => m.token.balanceOf(wallet));
  }

  allowance(owner: Address, spender: Address): Answer<bigint> {
    return this.query((m) => m.token.allowance(owner, spender));
  }

  nonces(owner: Address): Answer<bigint> {
    return this.query((m) => m.token.nonces(owner));
  }

  participantOf(wallet: Address): Answer<bigint> {
    return this.query((m) => m.identities.participantOf(wallet));
  }

  identityOf(participant: bigint): Answer<Identity> {
    return this.query((m) => m.identities.identityOf(participant));
  }

  participantById(id: string): Answer<bigint> {
    return this.query((m) => m.identities.participantById(id));
  }

  participantByCertificate(certificate: Bytes32): Answer<bigint> {
    return this.query((m) => m.identities.participantByCertificate(certificate));
  }

  participants(): Answer<bigint> {
    return this.query((m) => m.identities.participants());
  }

  accountOf(participant: bigint): Answer<Account> {
    return this.query((m) => m.vault.accountOf(participant));
  }

  penaltyPool(): Answer<bigint> {
    return this.query((m) => m.vault.penaltyPool());
  }

  reputationOf(participant: bigint): Answer<bigint> {
    return this.query((m) => m.reputation.reputationOf(participant));
  }

  pricesAt(gridOperator: bigint, slot: bigint): Answer<GridPrices> {
    return this.query((m) => m.tariff.pricesAt(gridOperator, slot));
  }

  siteOf(dataCentre: bigint): Answer<Site> {
    return this.query((m) => m.meters.siteOf(dataCentre));
  }

  meterStateOf(dataCentre: bigint): Answer<MeterState> {
    return this.query((m) => m.meters.meterStateOf(dataCentre));
  }

  isFinal(dataCentre: bigint, slot: bigint): Answer<boolean> {
    return this.query((m) => m.meters.isFinal(dataCentre, slot));
  }

  chainOf(operator: bigint): Answer<Chain> {
    return this.query((m) => m.beacon.chainOf(operator));
  }

  operators(): Answer<readonly bigint[]> {
    return this.query((m) => m.beacon.operators());
  }

  beaconValueOf(slot: bigint): Answer<BeaconValue> {
    return this.query((m) => m.beacon.valueOf(slot));
  }

  commitmentOf(plan: Plan): Answer<Bytes32> {
    return this.query((m) => m.auction.commitmentOf(plan));
  }

  paused(): Answer<boolean> {
    return this.query((m) => m.auction.paused());
  }

  planOf(participant: bigint): Answer<PlanState> {
    return this.query((m) => m.auction.planOf(participant));
  }

  bidOf(participant: bigint, index: bigint): Answer<Bid> {
    return this.query((m) => m.auction.bidOf(participant, index));
  }

  offerOf(participant: bigint, index: bigint): Answer<Offer> {
    return this.query((m) => m.auction.offerOf(participant, index));
  }

  bookOf(slot: bigint): Answer<BookState> {
    return this.query((m) => m.auction.bookOf(slot));
  }

  entriesOf(slot: bigint, bidders: readonly bigint[]): Answer<readonly BookEntry[]> {
    return this.query((m) => m.auction.entriesOf(slot, bidders));
  }

  disposableEnergy(dataCentre: bigint, slot: bigint): Answer<bigint> {
    return this.query((m) => m.auction.disposableEnergy(dataCentre, slot));
  }

  rankingOf(ranker: Address): Answer<RankingState> {
    return this.query((m) => m.auction.rankingOf(ranker));
  }

  contracts(): Answer<bigint> {
    return this.query((m) => m.supply.contracts());
  }

  contractOf(contractId: bigint): Answer<SupplyContract> {
    return this.query((m) => m.supply.contractOf(contractId));
  }

  openCoreSeconds(contractId: bigint): Answer<bigint> {
    return this.query((m) => m.supply.openCoreSeconds(contractId));
  }

  transfers(): Answer<bigint> {
    return this.query((m) => m.transfers.transfers());
  }

  transferOf(transferId: bigint): Answer<Transfer> {
    return this.query((m) => m.transfers.transferOf(transferId));
  }

  handoverOf(contractId: bigint): Answer<Handover> {
    return this.query((m) => m.transfers.handoverOf(contractId));
  }

  handedOverCoreSeconds(contractId: bigint): Answer<bigint> {
    return this.query((m) => m.transfers.handedOverCoreSeconds(contractId));
  }

  quoteOf(dataCentre: bigint): Answer<Quote> {
    return this.query((m) => m.transfers.quoteOf(dataCentre));
  }

  quoters(): Answer<bigint> {
    return this.query((m) => m.transfers.quoters());
  }

  cheapestQuote(
    energy: bigint,
    cores: bigint,
    due: bigint,
    repaymentSlots: bigint,
    asker: bigint,
    from: bigint,
    count: bigint,
  ): Answer<CheapestQuote> {
    return this.query((m) =>
      m.transfers.cheapestQuote(energy, cores, due, repaymentSlots, asker, from, count),
    );
  }

  // ---------------------------------------------------------------- internals

  private act(action: (market: LocalMarket) => void): Answer<Outcome> {
    return this.call((market): undefined => {
      action(market);
    });
  }

  private call<T>(action: (market: LocalMarket) => T): Answer<Outcome<T>> {
    const { world } = this.market;
    try {
      const value = world.atomic(() => action(this.market));
      return { ok: true, value, events: world.conclude() };
    } catch (error) {
      if (!(error instanceof Refusal)) return Promise.reject(asError(error));
      world.conclude();
      return { ok: false, error: error.error };
    }
  }

  private query<T>(ask: (market: LocalMarket) => T): Answer<T> {
    try {
      return ask(this.market);
    } catch (error) {
      return Promise.reject(
        error instanceof Refusal ? new LedgerQueryError(error.error) : asError(error),
      );
    }
  }
}

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));
