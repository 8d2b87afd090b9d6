/** Scenes and arithmetic of the auction's tests. */
import {
  AbiCoder,
  type ContractTransactionReceipt,
  type ContractTransactionResponse,
  keccak256,
  ZeroHash,
} from "ethers";

import {
  type Bid,
  commitAll,
  currentSlot,
  type DataCentre,
  deployTestMarket,
  enrol,
  enrolDataCentre,
  enrolGrid,
  ethers,
  freshWallet,
  fingerprint,
  FAR_FUTURE,
  fund,
  type Market,
  networkHelpers,
  type Offer,
  type Participant,
  type Plan,
  readingOf,
  revealAll,
  signRotation,
  submitReading,
  toClear,
  toCommit,
  YUAN,
} from "./market.ts";
import { deployMarket } from "../../sim/market/deployment.ts";
import type { MarketParameters } from "../../sim/market/parameters.ts";
import type {
  IdentityRegistry,
  Reputation,
  SettlementToken,
  SlotAuction,
  Vault,
} from "../../types/index.ts";

/** Positions of `PlanStatus`. */
export const STATUS = {
  none: 0n,
  sealed: 1n,
  withdrawn: 2n,
  revealed: 3n,
  dropped: 4n,
  punished: 5n,
  closed: 6n,
} as const;

/** Positions of `Phase`. */
export const PHASE = { open: 0n, matching: 1n, releasing: 2n, cleared: 3n } as const;

/** Work of a page that is never too little in these tests. */
export const PLENTY = 100_000n;

/**
 * Work as the contract counts it: a look at an offer, the reading of a word of offers from storage, the conclusion
 * of a bid, the release of a plan's offers.
 */
export const LOOK_WORK = 1n;
export const READ_WORK = 160n;
export const CONCLUDE_WORK = 700n;
export const RELEASE_WORK = 200n;

/** Reputation of a newcomer. */
export const INITIAL_REPUTATION = 5000n;

/** A market with three users and three data centres, while the commit window of `slot` is open. */
export interface Scene {
  readonly market: Market;
  readonly grid: Pick<DataCentre, "gridOperator" | "networkOperator">;
  readonly alice: Participant;
  readonly bob: Participant;
  readonly carol: Participant;
  readonly north: DataCentre;
  readonly south: DataCentre;
  readonly west: DataCentre;
  readonly slot: bigint;
}

/** What each participant of a scene has deposited, micro-yuan. */
export const FUNDS = 1000n * YUAN;

/** Deploys a market with six funded participants. */
export async function openScene(overrides: Partial<MarketParameters> = {}): Promise<Scene> {
  const market = await deployTestMarket(overrides);
  const grid = await enrolGrid(market);
  const user = async (): Promise<Participant> => {
    const participant = await enrol(market, "user");
    await fund(market, participant, FUNDS);
    return participant;
  };
  const dataCentre = async (): Promise<DataCentre> => {
    const participant = await enrolDataCentre(market, grid);
    await fund(market, participant, FUNDS);
    return participant;
  };
  return {
    market,
    grid,
    alice: await user(),
    bob: await user(),
    carol: await user(),
    north: await dataCentre(),
    south: await dataCentre(),
    west: await dataCentre(),
    slot: (await currentSlot(market)) + 1n,
  };
}

/** The scene that most tests begin with; a name of its own, as `loadFixture` wants it. */
export const scene = (): Promise<Scene> => openScene();

/** A market in the commit window of its slot 0, which lies before its genesis, with a funded user. */
export async function beforeGenesis(): Promise<{ market: Market; alice: Participant }> {
  const other = await deployTestMarket();
  const { admin, parameters: usual } = other;
  const genesis = BigInt(await networkHelpers.time.latest()) + 2n * usual.slotSeconds;
  const parameters = { ...usual, genesis };
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
  });
  const market: Market = {
    ...other,
    parameters,
    addresses,
    token: other.token.attach(addresses.token) as SettlementToken,
    identities: other.identities.attach(addresses.identities) as IdentityRegistry,
    vault: other.vault.attach(addresses.vault) as Vault,
    reputation: other.reputation.attach(addresses.reputation) as Reputation,
    auction: other.auction.attach(addresses.auction) as SlotAuction,
  };
  const alice = await enrol(market, "user");
  await fund(market, alice, FUNDS);
  await toCommit(market, 0n);
  return { market, alice };
}

/** Submits empty readings for all slots before the present one. */
export async function catchUp(market: Market, dataCentre: DataCentre): Promise<void> {
  await networkHelpers.mine();
  const now = await currentSlot(market);
  const next = (await market.meters.stateOf(dataCentre.number)).nextSlot;
  for (let slot = next; slot < now; slot += 1n) {
    await submitReading(market, dataCentre, readingOf(dataCentre, slot));
  }
}

/** Moves a participant to a new wallet and certificate. */
export async function rotate(market: Market, participant: Participant): Promise<Participant> {
  const wallet = await freshWallet();
  const rotation = {
    participant: participant.number,
    wallet: wallet.address,
    certificate: fingerprint(`rotated ${wallet.address}`),
    validUntil: FAR_FUTURE,
    expiry: FAR_FUTURE,
  };
  const byRegistrar = await signRotation(market, rotation, market.admin);
  const byWallet = await signRotation(market, rotation, participant.wallet);
  await market.identities.connect(wallet).rotate(rotation, byRegistrar, byWallet);
  return { ...participant, wallet };
}

/** Commits and reveals the plans, and moves time to where the slot can be cleared. */
export async function fillBook(
  market: Market,
  slot: bigint,
  plans: readonly [Participant, Plan][],
): Promise<void> {
  await commitAll(market, slot, plans);
  await revealAll(market, slot, plans);
  await toClear(market, slot);
  await networkHelpers.mine();
}

/** Receipt of a transaction that is known to be mined. */
export async function mined(
  transaction: ContractTransactionResponse | Promise<ContractTransactionResponse>,
): Promise<ContractTransactionReceipt> {
  const receipt = await (await transaction).wait();
  if (receipt === null) throw new Error("The transaction was not mined.");
  return receipt;
}

// ------------------------------------------------------------------ money

/** Micro-yuan for energy at a price, rounded up. */
export const amountUp = (energy: bigint, price: bigint): bigint => (energy * price + 999n) / 1000n;

/** Basis points of an amount, rounded up. */
export const bpsUp = (amount: bigint, bps: bigint): bigint => (amount * bps + 9999n) / 10_000n;

/** Deposit of a participant with this reputation, basis points. */
export const depositBps = (
  parameters: MarketParameters,
  reputation: bigint = INITIAL_REPUTATION,
): bigint => {
  const { minDepositBps, maxDepositBps } = parameters;
  return maxDepositBps - ((maxDepositBps - minDepositBps) * reputation) / 10_000n;
};

/** What a buyer locks for a bid. */
export const bidLock = (bid: Pick<Bid, "energy" | "maxPrice">, bps: bigint): bigint => {
  const value = amountUp(bid.energy, bid.maxPrice);
  return value + bpsUp(value, bps);
};

/** What a seller locks for an offer. */
export const offerLock = (offer: Pick<Offer, "energy" | "price">, bps: bigint): bigint =>
  bpsUp(amountUp(offer.energy, offer.price), bps);

/** Available and locked funds of a participant. */
export async function accountOf(
  market: Market,
  participant: Participant,
): Promise<{ available: bigint; locked: bigint }> {
  const { available, locked } = await market.vault.accountOf(participant.number);
  return { available, locked };
}

// ------------------------------------------------------------------ order

/** A bid or an offer as the clearing's order sees it. */
export interface Ranked {
  readonly ref: bigint;
  readonly price: bigint;
  readonly reputation: bigint;
  readonly sequence: bigint;
}

/** The order of the slot's revealed plans, read from the contract: what a caller of `clear` passes. */
export async function orderOf(
  market: Market,
  plans: readonly [Participant, Plan][],
): Promise<{ bids: bigint[]; offers: bigint[] }> {
  const bids: Ranked[] = [];
  const offers: Ranked[] = [];
  for (const [participant, plan] of plans) {
    const { reputation, sequence } = await market.auction.planOf(participant.number);
    const ref = (index: number): bigint => participant.number * 256n + BigInt(index);
    plan.bids.forEach((bid, index) => {
      bids.push({ ref: ref(index), price: -bid.maxPrice, reputation, sequence });
    });
    plan.offers.forEach((offer, index) => {
      offers.push({ ref: ref(index), price: offer.price, reputation, sequence });
    });
  }
  // Prices ascending; the bids' are negated. A plan's own items come in their order.
  const sorted = (list: Ranked[]): bigint[] =>
    list
      .sort((a, b) =>
        Number(
          a.price - b.price ||
            b.reputation - a.reputation ||
            a.sequence - b.sequence ||
            a.ref - b.ref,
        ),
      )
      .map(({ ref }) => ref);
  return { bids: sorted(bids), offers: sorted(offers) };
}

// ------------------------------------------------------------------ trades

/** What the supply book's `Signed` tells of a trade. */
export interface Trade {
  readonly contractId: bigint;
  /** References as in the lists that `clear` takes. */
  readonly bid: bigint;
  readonly offer: bigint;
  readonly price: bigint;
  /** How many offers the draw was among. */
  readonly candidates: bigint;
  readonly terms: bigint;
  readonly buyerDeposit: bigint;
  readonly sellerDeposit: bigint;
}

const bitsOf = (word: bigint, offset: bigint, width: bigint): bigint =>
  (word >> offset) & ((1n << width) - 1n);

/** The trades of a transaction, in their order. */
export async function tradesOf(
  market: Market,
  transaction: Parameters<typeof mined>[0],
): Promise<Trade[]> {
  const trades: Trade[] = [];
  for (const log of (await mined(transaction)).logs) {
    if (log.address !== market.addresses.supply) continue;
    const event = market.supply.interface.parseLog(log);
    if (event?.name !== "Signed") continue;
    const field = (name: string): bigint => event.args[name] as bigint;
    trades.push({
      contractId: field("contractId"),
      bid: field("buyer") * 256n + bitsOf(field("trade"), 0n, 8n),
      offer: field("seller") * 256n + bitsOf(field("trade"), 8n, 8n),
      price: bitsOf(field("terms"), 152n, 32n),
      candidates: field("trade") >> 16n,
      terms: field("terms"),
      buyerDeposit: bitsOf(field("progress"), 136n, 48n),
      sellerDeposit: bitsOf(field("progress"), 184n, 48n),
    });
  }
  return trades;
}

/** The trades of a transaction in short: contract, bid, offer, price, candidates. */
export const tradedIn = async (
  market: Market,
  transaction: Parameters<typeof mined>[0],
): Promise<bigint[][]> =>
  (await tradesOf(market, transaction)).map(({ contractId, bid, offer, price, candidates }) => [
    contractId,
    bid,
    offer,
    price,
    candidates,
  ]);

// ------------------------------------------------------------------ draw

const hashOf = (types: string[], values: unknown[]): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(types, values));

/** Seed of a slot from all revealed salts, in whatever order, and the beacon's value. */
export function seedOf(slot: bigint, salts: readonly string[], beacon: string = ZeroHash): string {
  const sum = salts.reduce((total, salt) => total + BigInt(hashOf(["bytes32"], [salt])), 0n);
  return hashOf(["uint32", "uint256", "bytes32"], [slot, sum % 2n ** 128n, beacon]);
}

/** Which of `count` candidates is drawn for the bid at this place of the order. */
export const drawOf = (seed: string, place: number, count: number): number =>
  Number(BigInt(hashOf(["bytes32", "uint256"], [seed, place])) % BigInt(count));
