/** Supply contracts and order transfers for tests: parties, contracts of any terms, deliveries, and exact accounts. */
import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { ContractTransactionResponse } from "ethers";

import {
  currentSlot,
  type DataCentre,
  type Delivery,
  deployTestMarket,
  enrol,
  enrolDataCentre,
  enrolGrid,
  ethers,
  fund,
  type Market,
  networkHelpers,
  type Participant,
  type Reading,
  readingOf,
  submitReading,
  toSlot,
  YUAN,
} from "./market.ts";

/** For how many slots readings are late in these tests' markets. */
export const LATE_READING_SLOTS = 3n;

/** What each party of {@link Books} has deposited. */
export const FUNDS = 1000n * YUAN;

/** Deposit rate at the initial reputation, basis points: half way between 20 % and 5 %. */
const INITIAL_DEPOSIT_BPS = 1250n;

/** By how much a default lowers the reputation. */
export const DEFAULT_FALL = 500n;

/** By how much a fulfilled contract raises the reputation: 10 per kWh. */
export const riseFor = (energy: bigint): bigint => energy / 100n;

/** Those whose accounts {@link expectEffects} watches. */
export const PARTIES = [
  "user",
  "otherUser",
  "first",
  "target",
  "third",
  "gridOperator",
  "networkOperator",
  "otherGridOperator",
  "otherNetworkOperator",
] as const;

/** One of {@link PARTIES}. */
export type Party = (typeof PARTIES)[number];

/**
 * A market with two users and three data centres, all funded with {@link FUNDS}. The first data centre is on a grid and
 * network of its own; target and third share the others. The market's contracts can be called as each other.
 */
export interface Books extends Record<Exclude<Party, "first" | "target" | "third">, Participant> {
  readonly market: Market;
  readonly first: DataCentre;
  readonly target: DataCentre;
  readonly third: DataCentre;
  /** The slot in which the fixture ends. */
  readonly slot: bigint;
  readonly asAuction: HardhatEthersSigner;
  readonly asMeters: HardhatEthersSigner;
  readonly asSupply: HardhatEthersSigner;
  readonly asTransfers: HardhatEthersSigner;
}

async function impersonate(address: string): Promise<HardhatEthersSigner> {
  await networkHelpers.impersonateAccount(address);
  await networkHelpers.setBalance(address, 10n ** 24n);
  return ethers.getSigner(address);
}

/** Fixture: deploys a market and its {@link Books}. */
async function deployBooks(): Promise<Books> {
  const genesis = BigInt(await networkHelpers.time.latest()) + 3600n;
  const market = await deployTestMarket({
    genesis,
    lateReadingSlots: LATE_READING_SLOTS,
    maxReputationRise: 200n,
  });
  const grid = await enrolGrid(market);
  const otherGrid = await enrolGrid(market, 1_100_000n, 310_000n);
  const user = await enrol(market, "user");
  const otherUser = await enrol(market, "user");
  const first = await enrolDataCentre(market, grid);
  const target = await enrolDataCentre(market, otherGrid);
  const third = await enrolDataCentre(market, otherGrid);
  for (const party of [user, otherUser, first, target, third]) await fund(market, party, FUNDS);
  return {
    market,
    user,
    otherUser,
    first,
    target,
    third,
    ...grid,
    otherGridOperator: otherGrid.gridOperator,
    otherNetworkOperator: otherGrid.networkOperator,
    slot: await currentSlot(market),
    asAuction: await impersonate(market.addresses.auction),
    asMeters: await impersonate(market.addresses.meters),
    asSupply: await impersonate(market.addresses.supply),
    asTransfers: await impersonate(market.addresses.transfers),
  };
}

/** Moves to a later slot, with all readings of the data centres before it, and takes that as the present slot. */
export async function booksAt(books: Books, slot: bigint): Promise<Books> {
  await advanceTo(books, slot);
  for (const dataCentre of [books.first, books.target, books.third]) {
    await readUpTo(books, dataCentre, slot - 1n);
  }
  return { ...books, slot };
}

/** Loads {@link deployBooks} from its snapshot. */
export const loadBooks = (): Promise<Books> => networkHelpers.loadFixture(deployBooks);

/** Moves time so that the present block is `seconds` after the beginning of `slot`. */
export async function advanceTo({ market }: Books, slot: bigint, seconds = 0n): Promise<void> {
  await toSlot(market, slot, seconds);
  await networkHelpers.mine();
}

// ------------------------------------------------------------------ amounts

/** Micro-yuan for energy at a price, rounded down. */
export const amountDown = (energy: bigint, price: bigint): bigint => (energy * price) / 1000n;

/** Micro-yuan for energy at a price, rounded up. */
export const amountUp = (energy: bigint, price: bigint): bigint => (energy * price + 999n) / 1000n;

/** Basis points of an amount, rounded up. */
export const bpsUp = (amount: bigint, bps: bigint): bigint => (amount * bps + 9999n) / 10_000n;

/** What `done` of a task's core-seconds are worth, rounded down. */
export const earnedDown = (
  task: { energy: bigint; price: bigint; coreSeconds: bigint },
  done: bigint,
): bigint => (task.energy * task.price * done) / (task.coreSeconds * 1000n);

/** Energy that belongs to a part of a contract's work, rounded up. */
export const energyShareUp = (
  task: { energy: bigint; coreSeconds: bigint },
  part: bigint,
): bigint => (task.energy * part + task.coreSeconds - 1n) / task.coreSeconds;

// ------------------------------------------------------------------ supply contracts

/** States of a supply contract, numbered as in the contract. */
export const SUPPLY_STATUS = { none: 0n, running: 1n, fulfilled: 2n, expired: 3n } as const;

/** Terms of a supply contract, as the supply book packs them. */
export interface Terms {
  buyer: bigint;
  seller: bigint;
  cores: bigint;
  coreSeconds: bigint;
  energy: bigint;
  price: bigint;
  signed: bigint;
  firstSlot: bigint;
  deadline: bigint;
  priority: boolean;
}

/** A supply contract with what was locked for it. */
export interface Contract extends Terms {
  readonly id: bigint;
  readonly buyerDeposit: bigint;
  readonly sellerDeposit: bigint;
}

/** `SupplyTermsWord` of some terms. */
export const packTerms = (terms: Terms): bigint =>
  terms.buyer |
  (terms.seller << 32n) |
  (terms.cores << 64n) |
  (terms.coreSeconds << 80n) |
  (terms.energy << 120n) |
  (terms.price << 152n) |
  ((terms.firstSlot - terms.signed) << 184n) |
  ((terms.deadline - terms.signed) << 200n) |
  ((terms.priority ? 1n : 0n) << 216n) |
  (terms.signed << 224n);

/** What a supply contract has come to, as the supply book packs it. */
export interface Progress {
  delivered: bigint;
  pv: bigint;
  esd: bigint;
  grid: bigint;
  buyerDeposit: bigint;
  sellerDeposit: bigint;
  status: bigint;
  handedOver: boolean;
}

/** `SupplyProgressWord` of a contract: signed and not begun, unless said otherwise. */
export const packProgress = (
  contract: Pick<Progress, "buyerDeposit" | "sellerDeposit"> & Partial<Progress>,
): bigint =>
  (contract.delivered ?? 0n) |
  ((contract.pv ?? 0n) << 40n) |
  ((contract.esd ?? 0n) << 72n) |
  ((contract.grid ?? 0n) << 104n) |
  (contract.buyerDeposit << 136n) |
  (contract.sellerDeposit << 184n) |
  ((contract.status ?? SUPPLY_STATUS.running) << 232n) |
  ((contract.handedOver ? 1n : 0n) << 240n);

/** `TradeWord` of the bid and the offer that a contract comes from. */
export const packTrade = (bid: bigint, offer: bigint, candidates: bigint): bigint =>
  bid | (offer << 8n) | (candidates << 16n);

/** Terms between user and first data centre that run from the present slot on; nothing in them divides evenly. */
export const termsOf = (books: Books, changes: Partial<Terms> = {}): Terms => ({
  buyer: books.user.number,
  seller: books.first.number,
  cores: 4n,
  coreSeconds: 14_399n,
  energy: 9_999n,
  price: 650_001n,
  signed: books.slot,
  firstSlot: books.slot,
  deadline: books.slot + 4n,
  priority: false,
  ...changes,
});

/** Locks what a contract needs and signs it, both as the auction. */
export async function signContract(
  books: Books,
  changes: Partial<Terms> = {},
  deposits: { buyerDeposit?: bigint; sellerDeposit?: bigint } = {},
): Promise<Contract> {
  const { asAuction, market } = books;
  const terms = termsOf(books, changes);
  const { buyerDeposit = 812_421n, sellerDeposit = 625_003n } = deposits;
  const vault = market.vault.connect(asAuction);
  await vault.lock(terms.buyer, amountUp(terms.energy, terms.price) + buyerDeposit);
  await vault.lock(terms.seller, sellerDeposit);
  await market.supply
    .connect(asAuction)
    .sign(packTerms(terms), buyerDeposit, sellerDeposit, packTrade(0n, 0n, 1n));
  return { ...terms, id: await market.supply.contracts(), buyerDeposit, sellerDeposit };
}

/** One delivery for a contract. */
export const deliveryOf = (
  contractId: bigint,
  coreSeconds: bigint,
  energy: Partial<Pick<Delivery, "pv" | "esd" | "grid">> = {},
): Delivery => ({ contractId, coreSeconds, pv: 0n, esd: 0n, grid: 0n, ...energy });

/** Packs a delivery as the meter book does: `DeliveryWord`. */
export const packed = ({ contractId, coreSeconds, pv, esd, grid }: Delivery): bigint =>
  contractId | (coreSeconds << 40n) | (pv << 80n) | (esd << 112n) | (grid << 144n);

/** Delivers as the meter book does for a data centre's reading of a slot. */
export const deliver = (
  { asMeters, market }: Books,
  dataCentre: Participant,
  slot: bigint,
  ...deliveries: Delivery[]
): Promise<ContractTransactionResponse> =>
  market.supply.connect(asMeters).deliver(dataCentre.number, slot, deliveries.map(packed));

/** Submits a data centre's readings that can still come up to and with `slot`; the last one with `changes`. */
export async function readUpTo(
  { market }: Books,
  dataCentre: DataCentre,
  slot: bigint,
  changes: Partial<Reading> = {},
): Promise<ContractTransactionResponse> {
  const { nextSlot } = await market.meters.stateOf(dataCentre.number);
  const oldest = (await currentSlot(market)) - LATE_READING_SLOTS;
  for (let s = nextSlot < oldest ? oldest : nextSlot; s < slot; s += 1n) {
    await submitReading(market, dataCentre, readingOf(dataCentre, s));
  }
  return submitReading(market, dataCentre, readingOf(dataCentre, slot, changes));
}

// ------------------------------------------------------------------ transfers

/** The modes in which a transfer is honoured, numbered as in the contract. */
export const MODE = { payment: 0n, computeTime: 1n } as const;

/** States of a transfer, numbered as in the contract. */
export const STATUS = { none: 0n, executing: 1n, owing: 2n, closed: 3n } as const;

/** A data centre's quote, its fields in the contract's order. */
export interface Quote {
  price: bigint;
  energy: bigint;
  cores: bigint;
  firstSlot: bigint;
  lastSlot: bigint;
  repaymentSlots: bigint;
}

/** What a data centre takes of a quote. */
export interface Order {
  contractId: bigint;
  target: bigint;
  coreSeconds: bigint;
  maxPrice: bigint;
  due: bigint;
  repaymentSlots: bigint;
  networkFee: bigint;
}

/** A transfer, its fields in the contract's order. */
export interface Transfer {
  first: bigint;
  target: bigint;
  contractId: bigint;
  coreSeconds: bigint;
  energy: bigint;
  price: bigint;
  signed: bigint;
  due: bigint;
  periodEnd: bigint;
  mode: bigint;
  status: bigint;
  defaulted: boolean;
  networkOperator: bigint;
  networkFee: bigint;
  deposit: bigint;
  executed: bigint;
  repaid: bigint;
  settled: bigint;
  returning: bigint;
}

/** A part of a contract that another data centre executes, its fields in the contract's order. */
export interface Handover {
  transferId: bigint;
  executor: bigint;
  coreSeconds: bigint;
  executed: bigint;
  from: bigint;
  due: bigint;
  isReturn: boolean;
}

/** No handover. */
export const NO_HANDOVER: Handover = {
  transferId: 0n,
  executor: 0n,
  coreSeconds: 0n,
  executed: 0n,
  from: 0n,
  due: 0n,
  isReturn: false,
};

/** No quote. */
export const NO_QUOTE: Quote = {
  price: 0n,
  energy: 0n,
  cores: 0n,
  firstSlot: 0n,
  lastSlot: 0n,
  repaymentSlots: 0n,
};

/** What ethers gives for a struct: its fields in order. */
export const tupleOf = (struct: object): unknown[] => Object.values(struct);

/** A quote for the present slot and three more. */
export const quoteFor = (books: Books, changes: Partial<Quote> = {}): Quote => ({
  price: 500_003n,
  energy: 20_001n,
  cores: 8n,
  firstSlot: books.slot,
  lastSlot: books.slot + 3n,
  repaymentSlots: 5n,
  ...changes,
});

/** Posts a quote; returns it. */
export async function postQuote(
  books: Books,
  dataCentre: Participant,
  changes: Partial<Quote> = {},
): Promise<Quote> {
  const quote = quoteFor(books, changes);
  await books.market.transfers.connect(dataCentre.wallet).quote(quote);
  return quote;
}

/** What is locked for a quote at the initial reputation. */
export const quoteDeposit = (quote: Quote, bps = INITIAL_DEPOSIT_BPS): bigint =>
  bpsUp(amountUp(quote.energy, quote.price), bps);

/** An order that hands about half of the contract's work over to the target, due two slots later. */
export const orderFor = (
  books: Books,
  contract: Contract,
  changes: Partial<Order> = {},
): Order => ({
  contractId: contract.id,
  target: books.target.number,
  coreSeconds: 7201n,
  maxPrice: 500_003n,
  due: books.slot + 2n,
  repaymentSlots: 0n,
  networkFee: 1_000_003n,
  ...changes,
});

/** Takes a quote as the first data centre. */
export const take = (books: Books, order: Order): Promise<ContractTransactionResponse> =>
  books.market.transfers.connect(books.first.wallet).take(order);

/** A transfer that has just been signed, and what it was signed over. */
export interface Signed {
  readonly id: bigint;
  readonly contract: Contract;
  readonly order: Order;
  readonly quote: Quote;
  readonly transfer: Transfer;
}

/** What the contract stores for an order that was taken in the present slot. */
export function transferFor(
  books: Books,
  contract: Contract,
  order: Order,
  quote: Quote,
): Transfer {
  const energy = energyShareUp(contract, order.coreSeconds);
  const payment = order.repaymentSlots === 0n;
  return {
    first: books.first.number,
    target: order.target,
    contractId: contract.id,
    coreSeconds: order.coreSeconds,
    energy,
    price: payment ? quote.price : contract.price,
    signed: books.slot,
    due: order.due,
    periodEnd: order.due + order.repaymentSlots,
    mode: payment ? MODE.payment : MODE.computeTime,
    status: STATUS.executing,
    defaulted: false,
    networkOperator: books.networkOperator.number,
    networkFee: order.networkFee,
    deposit: quoteDeposit(quote) - quoteDeposit({ ...quote, energy: quote.energy - energy }),
    executed: 0n,
    repaid: 0n,
    settled: 0n,
    returning: 0n,
  };
}

/** Signs a contract, has the target quote, and hands the contract over. */
export async function signTransfer(
  books: Books,
  changes: Partial<Order> = {},
  terms: Partial<Terms> = {},
): Promise<Signed> {
  const contract = await signContract(books, terms);
  const quote = await postQuote(books, books.target);
  const order = orderFor(books, contract, changes);
  await take(books, order);
  return {
    id: await books.market.transfers.transfers(),
    contract,
    order,
    quote,
    transfer: transferFor(books, contract, order, quote),
  };
}

/** What is locked from the first data centre for a transfer. */
export const transferLock = (transfer: Transfer): bigint =>
  amountUp(transfer.energy, transfer.price) + transfer.networkFee;

/** Expects the transfer to be as given. */
export async function expectTransfer(
  { market }: Books,
  transferId: bigint,
  transfer: Transfer,
): Promise<void> {
  expect(await market.transfers.transferOf(transferId)).to.deep.equal(tupleOf(transfer));
}

/** Expects a contract's handover to be as given, in both books. */
export async function expectHandover(
  { market }: Books,
  contractId: bigint,
  handover: Handover,
): Promise<void> {
  expect(await market.transfers.handoverOf(contractId)).to.deep.equal(tupleOf(handover));
  expect(await market.transfers.handedOverCoreSeconds(contractId)).to.equal(
    handover.coreSeconds - handover.executed,
  );
  const { handedOver } = await market.supply.contractOf(contractId);
  expect(handedOver).to.equal(handover.transferId !== 0n);
}

// ------------------------------------------------------------------ effects

/** Change of available funds, of locked funds, and of reputation. */
export type Effect = readonly [available: bigint, locked: bigint, reputation?: bigint];

/** Accounts and reputations of all parties, and the penalty pool. */
async function stateOf({ market, ...books }: Books): Promise<Record<string, bigint>> {
  const state: Record<string, bigint> = { penaltyPool: await market.vault.penaltyPool() };
  for (const party of PARTIES) {
    const { number } = books[party];
    const account = await market.vault.accountOf(number);
    state[`${party} available`] = account.available;
    state[`${party} locked`] = account.locked;
    state[`${party} reputation`] = await market.reputation.reputationOf(number);
  }
  return state;
}

/** What a transaction does to the parties, and to the penalty pool. */
export type Effects = Partial<Record<Party, Effect>> & { penaltyPool?: bigint };

/** Sends a transaction and expects it to change the accounts and reputations that are named, and no others. */
export async function expectEffects(
  books: Books,
  send: () => Promise<ContractTransactionResponse>,
  { penaltyPool = 0n, ...effects }: Effects,
): Promise<ContractTransactionResponse> {
  const expected = await stateOf(books);
  expected["penaltyPool"]! += penaltyPool;
  for (const [party, [available, locked, reputation = 0n]] of Object.entries(effects)) {
    expected[`${party} available`]! += available;
    expected[`${party} locked`]! += locked;
    expected[`${party} reputation`]! += reputation;
  }
  const transaction = await send();
  expect(await stateOf(books)).to.deep.equal(expected);
  return transaction;
}

/** Sum of what all parties have locked. */
export async function totalLocked({ market, ...books }: Books): Promise<bigint> {
  let sum = 0n;
  for (const party of PARTIES) {
    sum += (await market.vault.accountOf(books[party].number)).locked;
  }
  return sum;
}
