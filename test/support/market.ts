/** A market on the in-process network for tests: deployment, participants, messages and time. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { network } from "hardhat";
import {
  id,
  sha256,
  toUtf8Bytes,
  Wallet,
  type BaseContract,
  type ContractTransactionResponse,
  type Signer,
} from "ethers";

import * as client from "../../sim/market/client.ts";
import { commitmentTo as commitmentOf, signReading } from "../../sim/market/client.ts";
import { deployMarket, PARTS } from "../../sim/market/deployment.ts";
import type { Bid, Delivery, Offer, Site } from "../../sim/market/ledger.ts";
import { DEFAULT_PARAMETERS, type MarketParameters } from "../../sim/market/parameters.ts";

export type { Bid, Commitment, Delivery, Offer, Rotation, Site } from "../../sim/market/ledger.ts";
export { signCommitment, signPlan, signRotation } from "../../sim/market/client.ts";
export { commitmentOf, signReading };

export const connection = await network.create();
export const { ethers, networkHelpers } = connection;

export const ROLE = {
  user: 1,
  dataCentre: 2,
  meter: 3,
  gridOperator: 4,
  networkOperator: 5,
  beacon: 6,
} as const;

/** One yuan in micro-yuan. */
export const YUAN = 1_000_000n;

/** Genesis of the tests' markets: after the start of the chain's time, at slot 0. */
export const GENESIS = BigInt(Date.UTC(2026, 0, 2) / 1000);

export const TEST_PARAMETERS: MarketParameters = { ...DEFAULT_PARAMETERS, genesis: GENESIS };

export interface Participant {
  readonly id: string;
  readonly number: bigint;
  readonly wallet: Wallet;
}

export interface Enrolment {
  id: string;
  wallet: string;
  role: number;
  certificate: string;
  validUntil: bigint;
  expiry: bigint;
}

export interface Plan {
  slot: bigint;
  bidder: bigint;
  bids: Bid[];
  offers: Offer[];
  salt: string;
}

export interface Reading {
  dataCentre: bigint;
  slot: bigint;
  part: bigint;
  last: boolean;
  pv: bigint;
  esdIn: bigint;
  esdOut: bigint;
  gridImport: bigint;
  gridExport: bigint;
  deliveries: Delivery[];
}

export interface Market extends client.Market {
  /** Holds all administrators' roles and has deployed the market. */
  readonly admin: HardhatEthersSigner;
}

/** Deploys a market at the current state of the chain, and moves time to its genesis. */
export async function deployTestMarket(
  overrides: Partial<MarketParameters> = {},
  token?: string,
): Promise<Market> {
  const parameters = { ...TEST_PARAMETERS, ...overrides };
  const [admin] = await ethers.getSigners();
  if (admin === undefined) throw new Error("The network has no accounts.");
  const addresses = await deployMarket({
    deployer: admin,
    factoryOf: (name) => ethers.getContractFactory(name),
    parameters,
    holders: {
      registrar: admin.address,
      issuer: admin.address,
      pauser: admin.address,
      treasurer: admin.address,
    },
    ...(token === undefined ? {} : { token }),
  });
  const at = async <T extends BaseContract>(name: string, address: string): Promise<T> =>
    (await ethers.getContractAt(name, address, admin)) as unknown as T;
  if (BigInt(await networkHelpers.time.latest()) < parameters.genesis) {
    await networkHelpers.time.increaseTo(parameters.genesis);
  }
  return {
    parameters,
    addresses,
    chainId: (await ethers.provider.getNetwork()).chainId,
    firstBlock: 0,
    admin,
    authority: await at("AccessManager", addresses.authority),
    token: await at("SettlementToken", addresses.token),
    directory: await at("MarketDirectory", addresses.directory),
    identities: await at(PARTS.identities, addresses.identities),
    vault: await at(PARTS.vault, addresses.vault),
    reputation: await at(PARTS.reputation, addresses.reputation),
    tariff: await at(PARTS.tariff, addresses.tariff),
    meters: await at(PARTS.meters, addresses.meters),
    beacon: await at(PARTS.beacon, addresses.beacon),
    auction: await at(PARTS.auction, addresses.auction),
    supply: await at(PARTS.supply, addresses.supply),
    transfers: await at(PARTS.transfers, addresses.transfers),
  };
}

// ------------------------------------------------------------------ time

export const currentSlot = async (market: Market): Promise<bigint> =>
  (BigInt(await networkHelpers.time.latest()) - market.parameters.genesis) /
  market.parameters.slotSeconds;

/** Moves time so that the next block is at `seconds` after the beginning of `slot`, unless it is later already. */
export async function toSlot(market: Market, slot: bigint, seconds = 0n): Promise<void> {
  const { genesis, slotSeconds } = market.parameters;
  const time = genesis + slot * slotSeconds + seconds;
  if (BigInt(await networkHelpers.time.latest()) < time) {
    await networkHelpers.time.setNextBlockTimestamp(time);
  }
}

/** The next block is the first of the slot's commit window. */
export const toCommit = (market: Market, slot: bigint): Promise<void> => toSlot(market, slot - 1n);

/** The next block is the first of the slot's reveal window. */
export const toReveal = (market: Market, slot: bigint): Promise<void> =>
  toSlot(market, slot - 1n, market.parameters.commitSeconds);

/** The next block is the first after the slot's reveal window: the beacon's. */
export const toBeacon = (market: Market, slot: bigint): Promise<void> =>
  toSlot(market, slot - 1n, market.parameters.commitSeconds + market.parameters.revealSeconds);

/** The next block is the first at which the slot can be cleared, whatever the beacon's operators do. */
export const toClear = (market: Market, slot: bigint): Promise<void> =>
  toSlot(
    market,
    slot - 1n,
    market.parameters.commitSeconds +
      market.parameters.revealSeconds +
      market.parameters.beaconSeconds,
  );

// ------------------------------------------------------------------ participants

let wallets = 0;

/** A wallet with ether that belongs to no participant; the n-th of a run is always the same. */
export async function freshWallet(): Promise<Wallet> {
  wallets += 1;
  const wallet = new Wallet(id(`heliomarket test wallet ${wallets}`), ethers.provider);
  await networkHelpers.setBalance(wallet.address, 10n ** 24n);
  return wallet;
}

/** A time long after every test, Unix seconds. */
export const FAR_FUTURE = 4_000_000_000n;

/** Fingerprint of a certificate that exists by its fingerprint only. */
export const fingerprint = (name: string): string => sha256(toUtf8Bytes(name));

/** Signs an enrolment, as the registrar unless said otherwise. */
export const signEnrolment = (
  market: Market,
  enrolment: Enrolment,
  registrar: Signer = market.admin,
): Promise<string> =>
  client.signEnrolment(market, { ...enrolment, role: BigInt(enrolment.role) }, registrar);

/** Signs a site, as the registrar unless said otherwise. */
export const signSite = (
  market: Market,
  site: Site,
  registrar: Signer = market.admin,
): Promise<string> => client.signSite(market, site, registrar);

/** Enrols a new wallet. */
export async function enrol(
  market: Market,
  role: keyof typeof ROLE,
  name = `${role} ${wallets + 1}`,
): Promise<Participant> {
  const wallet = await freshWallet();
  const enrolment: Enrolment = {
    id: name,
    wallet: wallet.address,
    role: ROLE[role],
    certificate: fingerprint(`${name} ${wallet.address}`),
    validUntil: FAR_FUTURE,
    expiry: FAR_FUTURE,
  };
  await market.identities.connect(wallet).enrol(enrolment, await signEnrolment(market, enrolment));
  return { id: name, number: await market.identities.participantOf(wallet.address), wallet };
}

/** Mints tokens and deposits them in the participant's account. */
export async function fund(
  market: Market,
  participant: Participant,
  amount: bigint,
): Promise<void> {
  await market.token.mint(participant.wallet.address, amount);
  await market.token.connect(participant.wallet).approve(market.addresses.vault, amount);
  await market.vault.connect(participant.wallet).deposit(amount);
}

/** A data centre with everything that it needs to offer. */
export interface DataCentre extends Participant {
  readonly meter: Participant;
  readonly gridOperator: Participant;
  readonly networkOperator: Participant;
}

/** A grid operator and a network operator, with a tariff that holds from the next slot on. */
export async function enrolGrid(
  market: Market,
  importPrice = 1_000_000n,
  feedInPrice = 300_000n,
): Promise<Pick<DataCentre, "gridOperator" | "networkOperator">> {
  const gridOperator = await enrol(market, "gridOperator");
  const networkOperator = await enrol(market, "networkOperator");
  const fromSlot = (await currentSlot(market)) + 1n;
  await market.tariff.connect(gridOperator.wallet).announce(fromSlot, importPrice, feedInPrice);
  await toSlot(market, fromSlot);
  await networkHelpers.mine();
  return { gridOperator, networkOperator };
}

/** Enrols a data centre and its meter, and commissions its site. */
export async function enrolDataCentre(
  market: Market,
  grid: Pick<DataCentre, "gridOperator" | "networkOperator">,
  limits: Partial<Pick<Site, "pvLimitWh" | "esdLimitWh" | "gridLimitWh">> = {},
): Promise<DataCentre> {
  const dataCentre = await enrol(market, "dataCentre");
  const meter = await enrol(market, "meter");
  const site: Site = {
    dataCentre: dataCentre.number,
    meter: meter.number,
    gridOperator: grid.gridOperator.number,
    networkOperator: grid.networkOperator.number,
    pvLimitWh: 100_000n,
    esdLimitWh: 50_000n,
    gridLimitWh: 100_000n,
    version: 1n,
    ...limits,
  };
  await market.meters.connect(dataCentre.wallet).commission(site, await signSite(market, site));
  return { ...dataCentre, meter, ...grid };
}

// ------------------------------------------------------------------ auction

let salts = 0;

const freshSalt = (): string => id(`heliomarket test salt ${(salts += 1)}`);

/** A bid for 10 kWh over 4 cores that runs in the auctioned slot and the two after it. */
export const bidFor = (slot: bigint, changes: Partial<Bid> = {}): Bid => ({
  cores: 4n,
  coreSeconds: 14_400n,
  energy: 10_000n,
  maxPrice: 900_000n,
  earliest: slot,
  deadline: slot + 2n,
  priority: false,
  ...changes,
});

export const offerOf = (changes: Partial<Offer> = {}): Offer => ({
  price: 400_000n,
  energy: 50_000n,
  cores: 64n,
  ...changes,
});

export const planOf = (
  participant: Participant,
  slot: bigint,
  items: { bids?: Bid[]; offers?: Offer[] },
): Plan => ({
  slot,
  bidder: participant.number,
  bids: items.bids ?? [],
  offers: items.offers ?? [],
  salt: freshSalt(),
});

/** Reference to a bid or an offer, as `clear` takes it. */
export const refOf = (participant: Participant, index: number): bigint =>
  participant.number * 256n + BigInt(index);

/** Sends each participant's commitment at the beginning of the slot's commit window. */
export async function commitAll(
  market: Market,
  slot: bigint,
  plans: readonly [Participant, Plan][],
): Promise<void> {
  await toCommit(market, slot);
  for (const [participant, plan] of plans) {
    await market.auction.connect(participant.wallet).commit(slot, commitmentOf(market, plan));
  }
}

/** Opens each participant's plan at the beginning of the slot's reveal window. */
export async function revealAll(
  market: Market,
  slot: bigint,
  plans: readonly [Participant, Plan][],
): Promise<void> {
  await toReveal(market, slot);
  for (const [participant, plan] of plans) {
    await market.auction.connect(participant.wallet).reveal(plan);
  }
}

/** Signs one supply contract between a funded user and a funded data centre, in an auction of its own. */
export async function trade(
  market: Market,
  buyer: Participant,
  seller: Participant,
  slot: bigint,
  bid: Bid = bidFor(slot),
  offer: Offer = offerOf(),
): Promise<bigint> {
  const plans: [Participant, Plan][] = [
    [buyer, planOf(buyer, slot, { bids: [bid] })],
    [seller, planOf(seller, slot, { offers: [offer] })],
  ];
  await commitAll(market, slot, plans);
  await revealAll(market, slot, plans);
  await toClear(market, slot);
  await market.auction.clear(slot, [refOf(buyer, 0)], [refOf(seller, 0)], 100_000n);
  return market.supply.contracts();
}

// ------------------------------------------------------------------ meters

/** A reading of one slot; nothing produced and nothing used unless said otherwise. */
export const readingOf = (
  dataCentre: Participant,
  slot: bigint,
  changes: Partial<Reading> = {},
): Reading => ({
  dataCentre: dataCentre.number,
  slot,
  part: 0n,
  last: true,
  pv: 0n,
  esdIn: 0n,
  esdOut: 0n,
  gridImport: 0n,
  gridExport: 0n,
  deliveries: [],
  ...changes,
});

/** Signs a reading by the data centre's meter and submits it. */
export async function submitReading(
  market: Market,
  dataCentre: DataCentre,
  reading: Reading,
): Promise<ContractTransactionResponse> {
  const signature = await signReading(market, reading, dataCentre.meter.wallet);
  return market.meters.submit(reading, signature);
}
