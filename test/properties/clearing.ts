/**
 * The clearing against a reading of the paper's rule (section 2.2) in plain arrays, on random books,
 * and the draw against chance.
 */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { id } from "ethers";

import type { MarketParameters } from "../../sim/market/parameters.ts";
import {
  catchUp,
  drawOf,
  fillBook,
  mined,
  openScene,
  orderOf,
  PHASE,
  PLENTY,
  seedOf,
  tradedIn,
  tradesOf,
} from "../support/auction.ts";
import {
  bidFor,
  commitmentOf,
  currentSlot,
  type DataCentre,
  deployTestMarket,
  enrol,
  enrolDataCentre,
  enrolGrid,
  ethers,
  FAR_FUTURE,
  fund,
  type Market,
  networkHelpers,
  offerOf,
  type Participant,
  type Plan,
  planOf,
  signCommitment,
  toClear,
  toCommit,
  toReveal,
  YUAN,
} from "../support/market.ts";
import { Random } from "../../sim/random.ts";
import { baseSeed } from "../support/seed.ts";

const BOOKS = Number(process.env["HELIOMARKET_BOOKS"] ?? "2000");
const FUNDS = 1_000_000n * YUAN;

/** Enough for any of these batches and pages, so that nothing has to be estimated. */
const GAS = { gasLimit: 16_000_000n };

const MARKETS: Pick<MarketParameters, "drawAmong" | "sellerShareBps">[] = [
  { drawAmong: 1n, sellerShareBps: 5000n },
  { drawAmong: 2n, sellerShareBps: 0n },
  { drawAmong: 3n, sellerShareBps: 5000n },
  { drawAmong: 4n, sellerShareBps: 10_000n },
  { drawAmong: 5n, sellerShareBps: 3333n },
  { drawAmong: 8n, sellerShareBps: 9999n },
];

interface Hall {
  readonly market: Market;
  readonly users: readonly Participant[];
  readonly dataCentres: readonly DataCentre[];
  /** The slot whose commit window is open. */
  readonly slot: bigint;
  /** Reputation, and sequence number of the latest plan, by participant. */
  readonly reputations: ReadonlyMap<bigint, bigint>;
  readonly sequences: ReadonlyMap<bigint, bigint>;
  readonly relayers: readonly HardhatEthersSigner[];
}

/** A market with participants of three different reputations. */
async function openHall(parameters: Partial<MarketParameters>): Promise<Hall> {
  const market = await deployTestMarket(parameters);
  const grid = await enrolGrid(market);
  const users: Participant[] = [];
  const dataCentres: DataCentre[] = [];
  for (let count = 0; count < 6; count += 1) users.push(await enrol(market, "user"));
  for (let count = 0; count < 5; count += 1) dataCentres.push(await enrolDataCentre(market, grid));
  const all = [...users, ...dataCentres];
  for (const participant of all) await fund(market, participant, FUNDS);
  // Two slots in which some do not open what they commit to.
  for (const every of [2, 3]) {
    const slot = (await currentSlot(market)) + 1n;
    for (const [index, { wallet, number }] of all.entries()) {
      if (index % every !== 0) continue;
      const message = { slot, commitment: id("x"), replaces: 0n, expiry: FAR_FUTURE };
      message.replaces = (await market.auction.planOf(number)).sequence;
      await market.auction.commitBatch([await signCommitment(market, message, wallet)]);
    }
    await toCommit(market, slot + 1n);
    for (const [index, { number }] of all.entries()) {
      if (index % every === 0) await market.auction.punish(number);
    }
    for (const dataCentre of dataCentres) await catchUp(market, dataCentre);
  }
  const reputations = new Map<bigint, bigint>();
  const sequences = new Map<bigint, bigint>();
  for (const participant of all) {
    const { number } = participant;
    reputations.set(number, await market.reputation.reputationOf(number));
    sequences.set(number, (await market.auction.planOf(number)).sequence);
    // Level again, so that what is locked tells everything.
    const { available } = await market.vault.accountOf(number);
    if (available < FUNDS) await fund(market, participant, FUNDS - available);
  }
  const relayers = (await ethers.getSigners()).slice(1, 4);
  return {
    market,
    users,
    dataCentres,
    slot: (await currentSlot(market)) + 1n,
    reputations,
    sequences,
    relayers,
  };
}

// ------------------------------------------------------------------ the rule

/** One bid or offer in a book, with what decides its place. */
interface Item {
  readonly owner: bigint;
  readonly index: number;
  readonly price: bigint;
  readonly energy: bigint;
  readonly cores: bigint;
  readonly reputation: bigint;
  /** Place of its plan among the commitments. */
  readonly committed: number;
}

const refTo = (item: Item): bigint => item.owner * 256n + BigInt(item.index);

/** What both orders have after the price: reputation descending, then order of commitment. */
const laterOf = (a: Item, b: Item): number =>
  Number(b.reputation - a.reputation) || a.committed - b.committed || a.index - b.index;
const dearestFirst = (a: Item, b: Item): number => Number(b.price - a.price) || laterOf(a, b);
const cheapestFirst = (a: Item, b: Item): number => Number(a.price - b.price) || laterOf(a, b);

interface Result {
  /** In the order in which the bids are concluded. */
  readonly events: string[];
  /** What stays locked for each participant's contracts. */
  readonly locked: Map<bigint, bigint>;
}

const ceil = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;

/** Clears a book as the paper says, offer by offer. */
function clearByTheRule(
  bids: readonly Item[],
  offers: readonly Item[],
  seed: string,
  parameters: MarketParameters,
): Result {
  const events: string[] = [];
  const locked = new Map<bigint, bigint>();
  const lock = (owner: bigint, amount: bigint): void => {
    locked.set(owner, (locked.get(owner) ?? 0n) + amount);
  };
  const deposit = (value: bigint, reputation: bigint): bigint => {
    const { maxDepositBps, minDepositBps } = parameters;
    const bps = maxDepositBps - ((maxDepositBps - minDepositBps) * reputation) / 10_000n;
    return ceil(value * bps, 10_000n);
  };
  const left = new Map(offers.map((offer) => [offer, { ...offer }]));
  let contracts = 0;
  for (const [place, bid] of [...bids].sort(dearestFirst).entries()) {
    const candidates = offers
      .filter((offer) => {
        const { energy, cores } = left.get(offer)!;
        return offer.price <= bid.price && energy >= bid.energy && cores >= bid.cores;
      })
      .sort(cheapestFirst)
      .slice(0, Number(parameters.drawAmong));
    if (candidates.length === 0) {
      events.push(`unmatched ${refTo(bid)}`);
      continue;
    }
    const offer = candidates[drawOf(seed, place, candidates.length)]!;
    const rest = left.get(offer)!;
    left.set(offer, { ...rest, energy: rest.energy - bid.energy, cores: rest.cores - bid.cores });
    const price = offer.price + ((bid.price - offer.price) * parameters.sellerShareBps) / 10_000n;
    contracts += 1;
    events.push(`trade ${contracts} ${refTo(bid)} ${refTo(offer)} ${price} ${candidates.length}`);
    const escrow = ceil(bid.energy * price, 1000n);
    lock(bid.owner, escrow + deposit(escrow, bid.reputation));
  }
  for (const [{ energy, price, owner, reputation }, rest] of left) {
    const whole = deposit(ceil(energy * price, 1000n), reputation);
    lock(owner, whole - deposit(ceil(rest.energy * price, 1000n), reputation));
  }
  events.push(`cleared ${contracts}`);
  return { events, locked };
}

// ------------------------------------------------------------------ random books

/** Plans with few different prices, energies and cores, so that ties and misfits are frequent. */
function randomPlans({ users, dataCentres, slot }: Hall, random: Random): [Participant, Plan][] {
  const plans: [Participant, Plan][] = [];
  const prices = Array.from({ length: random.int(1, 5) }, () => BigInt(random.int(1, 9) * 100_001));
  const most = random.pick([1, 2, 3, 6]);
  const chance = random.pick([0, 0.4, 0.7, 1]);
  for (const participant of random.shuffled(users)) {
    if (random.next() > chance) continue;
    const bids = Array.from({ length: random.int(1, most) }, () =>
      bidFor(slot, {
        maxPrice: random.pick(prices),
        energy: BigInt(random.pick([1, 333, 5000, 10_000, 20_000])),
        cores: BigInt(random.pick([4, 5, 8, 16])),
      }),
    );
    plans.push([participant, { ...planOf(participant, slot, { bids }), salt: random.bytes32() }]);
  }
  const supply = random.pick([0, 0.5, 0.8, 1]);
  for (const participant of random.shuffled(dataCentres)) {
    if (random.next() > supply) continue;
    const offers = Array.from({ length: random.int(1, most) }, () =>
      offerOf({
        price: random.pick(prices),
        energy: BigInt(random.pick([333, 5000, 10_000, 20_000, 1_000_000])),
        cores: BigInt(random.pick([4, 8, 16, 1000])),
      }),
    );
    plans.push([participant, { ...planOf(participant, slot, { offers }), salt: random.bytes32() }]);
  }
  return random.shuffled(plans);
}

/** Commits to all plans in the given order, and reveals them in any. */
async function enter(
  { market, slot, sequences, relayers }: Hall,
  plans: readonly [Participant, Plan][],
  random: Random,
): Promise<void> {
  const auction = market.auction.connect(relayers[0]);
  // The digest that is committed to is the one that is signed for the reveal: hashed once, for speed.
  const entries = plans.map(([{ wallet, number }, plan]) => ({
    wallet,
    plan,
    replaces: sequences.get(number)!,
    commitment: commitmentOf(market, plan),
  }));
  const commitments = await Promise.all(
    entries.map(({ wallet, replaces, commitment }) =>
      signCommitment(market, { slot, commitment, replaces, expiry: FAR_FUTURE }, wallet),
    ),
  );
  const reveals = random.shuffled(entries).map(({ wallet, plan, commitment }) => {
    const signature = wallet.signingKey.sign(commitment);
    return { plan, r: signature.r, vs: signature.yParityAndS };
  });
  await auction.commitBatch(commitments, GAS);
  await toReveal(market, slot);
  await auction.revealBatch(reveals, GAS);
  await toClear(market, slot);
}

const itemsOf = (
  plans: readonly [Participant, Plan][],
  reputations: ReadonlyMap<bigint, bigint>,
): { bids: Item[]; offers: Item[] } => {
  const common = (owner: bigint, index: number, committed: number) => ({
    owner,
    index,
    committed,
    reputation: reputations.get(owner)!,
  });
  return {
    bids: plans.flatMap(([{ number }, plan], committed) =>
      plan.bids.map(({ maxPrice: price, energy, cores }, index) => ({
        ...common(number, index, committed),
        price,
        energy,
        cores,
      })),
    ),
    offers: plans.flatMap(([{ number }, plan], committed) =>
      plan.offers.map(({ price, energy, cores }, index) => ({
        ...common(number, index, committed),
        price,
        energy,
        cores,
      })),
    ),
  };
};

/** Clears in one page, or in pages at random, by several callers. */
async function clearInPages(
  { market, slot, relayers }: Hall,
  bids: readonly bigint[],
  offers: readonly bigint[],
  random: Random,
): Promise<string[]> {
  const { auction } = market;
  const transactions = [];
  const ranker = auction.connect(random.pick(relayers));
  if (random.next() < 0.3) {
    transactions.push(await ranker.clear(slot, [...bids], [...offers], PLENTY, GAS));
  } else {
    const bidPages = random.split(bids);
    const offerPages = random.split(offers);
    while (bidPages.length + offerPages.length > 0) {
      const page = [bidPages.shift() ?? [], offerPages.shift() ?? []] as const;
      await ranker.clear(slot, ...page, 0n, GAS);
    }
    const work = (): bigint => BigInt(random.pick([1, 30, 200, 751, 800, 1000, 2400]));
    transactions.push(await ranker.clear(slot, [], [], work(), GAS));
    while ((await auction.bookOf(slot)).phase !== PHASE.cleared) {
      const anyone = auction.connect(random.pick(relayers));
      transactions.push(await anyone.clear(slot, [], [], work(), GAS));
    }
  }
  const events: string[] = [];
  for (const transaction of transactions) {
    for (const log of (await mined(transaction)).logs) {
      const parts = [auction.interface, market.supply.interface];
      const event = parts[Number(log.address === market.addresses.supply)]!.parseLog(log);
      const field = (name: string): bigint => event?.args[name] as bigint;
      if (event?.name === "Signed") {
        const [trade, terms] = [field("trade"), field("terms")];
        const bid = field("buyer") * 256n + (trade & 255n);
        const offer = field("seller") * 256n + ((trade >> 8n) & 255n);
        const price = (terms >> 152n) & (2n ** 32n - 1n);
        events.push(`trade ${field("contractId")} ${bid} ${offer} ${price} ${trade >> 16n}`);
      } else if (event?.name === "Unmatched") {
        events.push(`unmatched ${field("buyer") * 256n + field("index")}`);
      } else if (event?.name === "Cleared") {
        events.push(`cleared ${field("trades")}`);
      }
    }
  }
  return events;
}

/** One book from its commitments to its end, against the rule. */
async function checkBook(hall: Hall, random: Random): Promise<number> {
  const { market, slot } = hall;
  const plans = randomPlans(hall, random);
  if (plans.length > 0) await enter(hall, plans, random);
  else await toClear(market, slot);
  const { bids, offers } = itemsOf(plans, hall.reputations);
  const seed = seedOf(
    slot,
    plans.map(([, plan]) => plan.salt),
  );
  const expected = clearByTheRule(bids, offers, seed, market.parameters);
  const order = [[...bids].sort(dearestFirst), [...offers].sort(cheapestFirst)].map((list) =>
    list.map(refTo),
  );
  const events = await clearInPages(hall, order[0]!, order[1]!, random);
  expect(events).to.deep.equal(expected.events);
  const { buyerBond, sellerBond } = market.parameters;
  await Promise.all(
    plans.map(async ([{ number }, plan]) => {
      const bond = plan.bids.length > 0 ? buyerBond : sellerBond;
      const locked = bond + (expected.locked.get(number) ?? 0n);
      expect(await market.vault.accountOf(number), `account of ${number}`).to.deep.equal([
        FUNDS - locked,
        locked,
      ]);
    }),
  );
  return expected.events.filter((event) => event.startsWith("trade")).length;
}

describe("Clearing, on random books", function () {
  this.timeout(600_000);

  for (const [index, parameters] of MARKETS.entries()) {
    const { drawAmong, sellerShareBps } = parameters;
    it(`follows the rule with k = ${drawAmong} and ${sellerShareBps} basis points for the seller`, async () => {
      const hall = await openHall(parameters);
      const snapshot = await networkHelpers.takeSnapshot();
      let trades = 0;
      for (let book = index; book < BOOKS; book += MARKETS.length) {
        const seed = baseSeed();
        try {
          trades += await checkBook(hall, new Random(`${seed} ${book}`));
        } catch (error) {
          const note = `HELIOMARKET_SEED=${seed}, book ${book}`;
          throw new Error(`${note}: ${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          });
        }
        await snapshot.restore();
      }
      // The books are not so poor that nothing is tried.
      if (BOOKS >= 1000) expect(trades / (BOOKS / MARKETS.length)).to.be.above(1);
    });
  }
});

describe("A large book", function () {
  this.timeout(600_000);

  it("finds offers behind more small ones than a page can read", async () => {
    const { market, grid, alice, bob, slot } = await openScene();
    // 65 sellers with 16 offers each; only the last ten are large enough for Alice.
    const small = 65 * 16 - 10;
    const plans: [Participant, Plan][] = [];
    for (let count = 0; count < 65; count += 1) {
      const seller = await enrolDataCentre(market, grid);
      await fund(market, seller, 20n * YUAN);
      const offers = Array.from({ length: 16 }, (_, index) =>
        offerOf({ energy: count * 16 + index < small ? 10n : 20_000n }),
      );
      plans.push([seller, planOf(seller, slot, { offers })]);
    }
    plans.push([
      alice,
      planOf(alice, slot, { bids: Array.from({ length: 5 }, () => bidFor(slot)) }),
    ]);
    plans.push([
      bob,
      planOf(bob, slot, { bids: [bidFor(slot, { energy: 10n, maxPrice: 800_000n })] }),
    ]);
    await fillBook(market, slot, plans);
    const { bids, offers } = await orderOf(market, plans);
    const seed = seedOf(
      slot,
      plans.map(([, plan]) => plan.salt),
    );
    const left = new Map(offers.slice(small).map((ref) => [ref, 20_000n]));
    const expected = bids.map((bid, place) => {
      if (place === 5) return [6n, bid, offers[drawOf(seed, 5, 3)]!, 600_000n, 3n];
      const fitting = [...left.keys()].filter((ref) => left.get(ref)! >= 10_000n).slice(0, 3);
      const offer = fitting[drawOf(seed, place, fitting.length)]!;
      left.set(offer, left.get(offer)! - 10_000n);
      return [BigInt(place + 1), bid, offer, 650_000n, 3n];
    });
    for (let from = 0; from < offers.length; from += 260) {
      await market.auction.clear(slot, [], offers.slice(from, from + 260), 0n);
    }
    const snapshot = await networkHelpers.takeSnapshot();
    for (const work of [16_777n, 5000n]) {
      const trades = [];
      let list = bids;
      while ((await market.auction.bookOf(slot)).phase < PHASE.releasing) {
        trades.push(...(await tradedIn(market, market.auction.clear(slot, list, [], work))));
        list = [];
      }
      expect(trades, `pages of ${work}`).to.deep.equal(expected);
      await snapshot.restore();
    }
  });
});

describe("The draw", function () {
  this.timeout(600_000);

  /** Quantile 0.999 of the chi-squared distribution: one run in a thousand of a fair draw exceeds it. */
  const QUANTILES = new Map([
    [2, 13.816],
    [4, 18.467],
    [7, 24.322],
    [8, 26.124],
    [24, 51.179],
    [63, 103.442],
  ]);

  const chiSquared = (counts: readonly number[]): number => {
    const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  };

  for (const k of [3, 5, 8]) {
    it(`is uniform among the ${k} cheapest, and from one bid to the next independent (chi-squared, p > 0.001)`, async () => {
      const hall = await openHall({ drawAmong: BigInt(k) });
      const { market, users, slot } = hall;
      const seller = hall.dataCentres[0]!;
      const random = new Random(baseSeed());
      // Every offer is large enough for all bids, so that each draw is among the first k.
      const offers = Array.from({ length: k + 2 }, (_, price) =>
        offerOf({ price: BigInt(price + 1), energy: 1_000_000n, cores: 65_535n }),
      );
      const counts = new Array<number>(k).fill(0);
      const pairs = new Array<number>(k * k).fill(0);
      const snapshot = await networkHelpers.takeSnapshot();
      for (let draws = 0; draws < 3000;) {
        const plans: [Participant, Plan][] = users.map((user) => {
          const bids = Array.from({ length: 16 }, () => bidFor(slot, { energy: 10n }));
          return [user, { ...planOf(user, slot, { bids }), salt: random.bytes32() }];
        });
        plans.push([seller, { ...planOf(seller, slot, { offers }), salt: random.bytes32() }]);
        await enter(hall, plans, random);
        const items = itemsOf(plans, hall.reputations);
        const events = await clearInOnePage(
          market,
          slot,
          [...items.bids].sort(dearestFirst).map(refTo),
          items.offers.map(refTo),
        );
        const drawn = events.map((offer) => Number(offer % 256n));
        expect(drawn).to.have.length(96);
        drawn.forEach((place, index) => {
          counts[place]! += 1;
          if (index % 2 === 1) pairs[drawn[index - 1]! * k + place]! += 1;
        });
        draws += drawn.length;
        await snapshot.restore();
      }
      const note = `HELIOMARKET_SEED=${baseSeed()}`;
      expect(chiSquared(counts), note).to.be.below(QUANTILES.get(k - 1)!);
      expect(chiSquared(pairs), note).to.be.below(QUANTILES.get(k * k - 1)!);
    });
  }

  /** @returns the offers drawn, in the order of the bids */
  async function clearInOnePage(
    market: Market,
    slot: bigint,
    bids: bigint[],
    offers: bigint[],
  ): Promise<bigint[]> {
    const transaction = market.auction.clear(slot, bids, offers, PLENTY, GAS);
    return (await tradesOf(market, transaction)).map(({ offer }) => offer);
  }
});
