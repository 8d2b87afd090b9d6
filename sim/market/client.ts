/**
 * A deployed market for whoever writes an agent: its contracts with types, the messages that are signed, the times and
 * lists that an auction needs, and the few calls that take more than one line without it. Everything else is
 * called at the contracts themselves.
 */
import type { X509Certificate } from "@peculiar/x509";
import {
  Contract,
  hexlify,
  randomBytes,
  Signature as EthersSignature,
  TypedDataEncoder,
  type TransactionResponse,
  type ContractRunner,
  type InterfaceAbi,
  type JsonRpcApiProvider,
  type Signer,
  type TypedDataDomain,
} from "ethers";

import type {
  AccessManager,
  GridTariff,
  IdentityRegistry,
  MarketDirectory,
  MeterBook,
  RandomBeacon,
  Reputation,
  SettlementToken,
  SlotAuction,
  SupplyBook,
  TransferBook,
  Vault,
} from "../../types/index.ts";
import { UserError } from "../errors.ts";
import { fingerprint, subjectOf, validUntil } from "../identity/authority.ts";
import { orderBids, orderOffers, readBook } from "./clearing.ts";
import { CONTRACT_NAMES, type MarketAddresses } from "./deployment.ts";
import {
  Phase,
  PlanStatus,
  Role,
  type Bid,
  type Bytes32,
  type Commitment,
  type Enrolment,
  type Offer,
  type Plan,
  type Reading,
  type Rotation,
  type Site,
} from "./ledger.ts";
import {
  COMMITMENT_TYPES,
  domainOf,
  ENROLMENT_TYPES,
  PLAN_TYPES,
  READING_TYPES,
  ROTATION_TYPES,
  SITE_TYPES,
  type DOMAIN_NAMES,
} from "./messages.ts";
import type { MarketParameters } from "./parameters.ts";
import { minesByItself, type Ask } from "./mining.ts";
import { readContract, readMarket } from "./record.ts";

export { UserError };
export { beaconEndOf, slotAt, startOf, windowsOf } from "./slots.ts";

/** A market's contracts, as its record says, connected to an account or a provider. */
export interface Market {
  readonly chainId: bigint;
  readonly parameters: MarketParameters;
  readonly addresses: MarketAddresses;
  /** Block of the directory's creation; no event of the market is older. */
  readonly firstBlock: number;
  readonly authority: AccessManager;
  readonly token: SettlementToken;
  readonly directory: MarketDirectory;
  readonly identities: IdentityRegistry;
  readonly vault: Vault;
  readonly reputation: Reputation;
  readonly tariff: GridTariff;
  readonly meters: MeterBook;
  readonly beacon: RandomBeacon;
  readonly auction: SlotAuction;
  readonly supply: SupplyBook;
  readonly transfers: TransferBook;
}

/** How to ask the node of an account; undefined of a provider alone, which waits for no block, or if there is no way to. */
function askerOf({ provider, sendTransaction }: ContractRunner): Ask | undefined {
  if (sendTransaction === undefined) return undefined;
  const { send } = (provider ?? {}) as Partial<Pick<JsonRpcApiProvider, "send">>;
  return send && ((method, params) => send.call(provider, method, [...params]) as Promise<unknown>);
}

/**
 * Opens the market that a folder such as `deployments/localhost` records.
 *
 * @param runner an account, which sends the transactions, or a provider, with which only views work
 * @throws UserError if no complete market is recorded, its record contradicts itself, the runner's network is another chain, or
 *   the runner is an account on a devnet that does not mine
 */
export async function openMarket(folder: string, runner: ContractRunner): Promise<Market> {
  const record = await readMarket(folder);
  if (!record?.complete) {
    throw new UserError(
      `No complete market is recorded in ${folder}. Deploy one to a network that keeps it: ` +
        `start "npx hardhat node", run "npx hardhat deploy --network localhost", and add "--network localhost" here.`,
    );
  }
  const network = await runner.provider?.getNetwork();
  if (network !== undefined && network.chainId !== record.chainId) {
    throw new UserError(
      `The market in ${folder} is on chain ${record.chainId}, but this is chain ${network.chainId}.`,
    );
  }
  const genesis = await runner.provider?.getBlock(0);
  if (genesis && genesis.hash !== record.genesisBlock) {
    throw new UserError(
      `The market in ${folder} is on another chain with the same id; a devnet that was restarted is a new chain. ` +
        `Deploy a new market with "--fresh".`,
    );
  }
  const ask = askerOf(runner);
  if (ask !== undefined && !(await minesByItself(ask))) {
    throw new UserError(
      "The devnet does not mine by itself: a replay is going on there, or was stopped. Repeat the replay's command to go on with it, " +
        'or deploy a new market with "npx hardhat deploy --network localhost --fresh".',
    );
  }
  const addresses = record.addresses as MarketAddresses;
  const at = async <T>(key: keyof MarketAddresses): Promise<T> => {
    // A token that the market was given has no record, but is an ERC-20 as well.
    const contract = await readContract(folder, CONTRACT_NAMES[key], addresses[key]);
    const abi = contract === undefined ? ERC20_ABI : (contract.abi as InterfaceAbi);
    return new Contract(addresses[key], abi, runner) as unknown as T;
  };
  return {
    chainId: record.chainId,
    parameters: record.parameters,
    addresses,
    firstBlock: (await readContract(folder, CONTRACT_NAMES.directory))?.blockNumber ?? 0,
    authority: await at("authority"),
    token: await at("token"),
    directory: await at("directory"),
    identities: await at("identities"),
    vault: await at("vault"),
    reputation: await at("reputation"),
    tariff: await at("tariff"),
    meters: await at("meters"),
    beacon: await at("beacon"),
    auction: await at("auction"),
    supply: await at("supply"),
    transfers: await at("transfers"),
  };
}

const ERC20_ABI = [
  "function balanceOf(address) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function approve(address spender, uint256 amount) returns (bool)",
  "function transfer(address to, uint256 amount) returns (bool)",
];

// ------------------------------------------------------------------ messages

type Domain = keyof typeof DOMAIN_NAMES;

const domain = (market: Market, part: Domain): TypedDataDomain =>
  domainOf(part, market.addresses[part], market.chainId);

/**
 * The enrolment that binds a certificate's subject to its wallet and role. A registrar makes it from the certificate, after
 * having checked that, and not from what the participant says.
 *
 * @param expiry last second at which the message can be used, Unix time
 * @throws RangeError if the certificate is not of the authority's form, or names no role of the market
 */
export function enrolmentOf(
  certificate: X509Certificate,
  expiry = validUntil(certificate),
): Enrolment {
  const subject = subjectOf(certificate);
  const role = Object.entries(Role).find(([name]) => name === subject?.role)?.[1];
  if (subject === undefined || role === undefined || role === Role.none) {
    throw new RangeError(`The certificate of ${certificate.subject} names no wallet and role.`);
  }
  return {
    id: subject.id,
    wallet: subject.wallet,
    role,
    certificate: fingerprint(certificate),
    validUntil: validUntil(certificate),
    expiry,
  };
}

/** Signs an enrolment as the registrar. */
export const signEnrolment = (
  market: Market,
  enrolment: Enrolment,
  registrar: Signer,
): Promise<string> =>
  registrar.signTypedData(domain(market, "identities"), ENROLMENT_TYPES, enrolment);

/** Signs a rotation, as the registrar or with the participant's present wallet. */
export const signRotation = (market: Market, rotation: Rotation, signer: Signer): Promise<string> =>
  signer.signTypedData(domain(market, "identities"), ROTATION_TYPES, rotation);

/** Signs a data centre's plant as the registrar. */
export const signSite = (market: Market, site: Site, registrar: Signer): Promise<string> =>
  registrar.signTypedData(domain(market, "meters"), SITE_TYPES, site);

/** Signs a reading as the meter. */
export const signReading = (market: Market, reading: Reading, meter: Signer): Promise<string> =>
  meter.signTypedData(domain(market, "meters"), READING_TYPES, reading);

/** A plan with a new random salt, which keeps it secret until it is revealed. */
export const newPlan = (
  bidder: bigint,
  slot: bigint,
  items: { readonly bids?: readonly Bid[]; readonly offers?: readonly Offer[] },
): Plan => ({ slot, bidder, bids: [], offers: [], ...items, salt: hexlify(randomBytes(32)) });

/** A reading in one part; nothing produced and nothing used unless `totals` says otherwise. */
export const newReading = (
  dataCentre: bigint,
  slot: bigint,
  totals: Partial<Reading> = {},
): Reading => ({
  dataCentre,
  slot,
  part: 0n,
  last: true,
  pv: 0n,
  esdIn: 0n,
  esdOut: 0n,
  gridImport: 0n,
  gridExport: 0n,
  deliveries: [],
  ...totals,
});

/** The commitment to a plan: its EIP-712 digest. */
export const commitmentTo = (market: Market, plan: Plan): Bytes32 =>
  TypedDataEncoder.hash(domain(market, "auction"), PLAN_TYPES, plan);

/** A compact signature (ERC-2098), as the auction takes it from relayers. */
export interface CompactSignature {
  readonly r: Bytes32;
  readonly vs: Bytes32;
}

/** Signs a commitment with the bidder's wallet, for a relayer's `commitSigned` or `commitBatch`. */
export const signCommitment = async (
  market: Market,
  commitment: Commitment,
  wallet: Signer,
): Promise<CompactSignature & { readonly commitment: Commitment }> => ({
  commitment,
  ...compact(await wallet.signTypedData(domain(market, "auction"), COMMITMENT_TYPES, commitment)),
});

/** Signs a plan with the bidder's wallet, for a relayer's `revealSigned` or `revealBatch`. */
export const signPlan = async <P extends Plan>(
  market: Market,
  plan: P,
  wallet: Signer,
): Promise<CompactSignature & { readonly plan: P }> => ({
  plan,
  ...compact(await wallet.signTypedData(domain(market, "auction"), PLAN_TYPES, plan)),
});

function compact(signature: string): CompactSignature {
  const { r, yParityAndS } = EthersSignature.from(signature);
  return { r, vs: yParityAndS };
}

// ------------------------------------------------------------------ clearing

/** The lists that `clear` takes: all bids and all offers of a slot in their orders. */
export interface Ranking {
  readonly bids: bigint[];
  readonly offers: bigint[];
}

/**
 * Computes a slot's ranking from what was revealed. Complete once the reveal window is over, and gone once the slot is
 * cleared.
 */
export async function rankingOf(market: Market, slot: bigint): Promise<Ranking> {
  const { auction } = market;
  const revealed = await auction.queryFilter(
    auction.filters.Revealed(undefined, slot),
    market.firstBlock,
  );
  const { bids, offers } = await readBook(
    revealed.map(({ args }) => args.participant),
    (some) => auction.entriesOf(slot, some),
  );
  return {
    bids: orderBids(bids).map(({ ref }) => ref),
    offers: orderOffers(offers).map(({ ref }) => ref),
  };
}

// ------------------------------------------------------------------ calls

// The same as ours but for arrays, which theirs allow to be changed.
type PlanStruct = Parameters<SlotAuction["hashPlan"]>[0];
type ReadingStruct = Parameters<MeterBook["submit"]>[0];

/** Work of a page that stays below the 2^24 gas of a transaction (EIP-7825), in steps of about 100 gas. */
const ONE_PAGE = 100_000n;

/** Waits until a transaction is in a block, and gives the block's number. */
export async function mined(transaction: Promise<TransactionResponse>): Promise<number> {
  const receipt = await (await transaction).wait();
  if (receipt === null) throw new Error("The transaction is in no block.");
  return receipt.blockNumber;
}

/** Enrols a wallet with a certificate that the registrar has checked; gives the participant's number. */
export async function enrol(
  market: Market,
  certificate: X509Certificate,
  wallet: Signer,
  registrar: Signer,
): Promise<bigint> {
  const enrolment = enrolmentOf(certificate);
  const signature = await signEnrolment(market, enrolment, registrar);
  await mined(market.identities.connect(wallet).enrol(enrolment, signature));
  return market.identities.participantOf(wallet);
}

/** Registers a data centre's plant with the registrar's signature. */
export async function commission(
  market: Market,
  site: Site,
  wallet: Signer,
  registrar: Signer,
): Promise<number> {
  const signature = await signSite(market, site, registrar);
  return mined(market.meters.connect(wallet).commission(site, signature));
}

/** Puts tokens of a wallet into its account. */
export async function deposit(market: Market, amount: bigint, wallet: Signer): Promise<number> {
  await mined(market.token.connect(wallet).approve(market.vault, amount));
  return mined(market.vault.connect(wallet).deposit(amount));
}

/** Commits to a plan. */
export const commit = (market: Market, plan: Plan, wallet: Signer): Promise<number> =>
  mined(market.auction.connect(wallet).commit(plan.slot, commitmentTo(market, plan)));

/** Reveals a plan. */
export const reveal = (market: Market, plan: Plan, wallet: Signer): Promise<number> =>
  mined(market.auction.connect(wallet).reveal(plan as PlanStruct));

/**
 * Clears a slot whose lists fit one transaction, which holds some hundred bids and offers.
 *
 * @returns numbers of the supply contracts that were signed for the slot
 */
export async function clear(market: Market, slot: bigint, sender: Signer): Promise<bigint[]> {
  const { bids, offers } = await rankingOf(market, slot);
  const auction = market.auction.connect(sender);
  await mined(auction.clear(slot, bids, offers, ONE_PAGE));
  while ((await auction.bookOf(slot)).phase !== Phase.cleared) {
    await mined(auction.clear(slot, [], [], ONE_PAGE));
  }
  const signed = await market.supply.queryFilter(market.supply.filters.Signed(), market.firstBlock);
  // The slot of signing is in the highest bits of the packed terms.
  return signed
    .filter(({ args }) => args.terms >> 224n === slot)
    .map(({ args }) => args.contractId);
}

/** Signs a reading as the meter and submits it. */
export async function submit(market: Market, reading: Reading, meter: Signer): Promise<number> {
  const signature = await signReading(market, reading, meter);
  return mined(market.meters.connect(meter).submit(reading as ReadingStruct, signature));
}

/** Withdraws all that is available to a wallet's participant, its standing bond included unless a sealed plan needs it. */
export async function withdrawAll(market: Market, wallet: Signer): Promise<bigint> {
  const participant = await market.identities.participantOf(wallet);
  const { bonded, status } = await market.auction.planOf(participant);
  if (bonded && status !== PlanStatus.sealed) {
    await mined(market.auction.connect(wallet).releaseBond());
  }
  const { available } = await market.vault.accountOf(participant);
  if (available !== 0n) await mined(market.vault.connect(wallet).withdraw(available, wallet));
  return available;
}
