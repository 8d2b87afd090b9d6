/** Measures what every operation of the market costs; the figures are the same in every run. */
import { getAddress, id, keccak256, type BaseContract } from "ethers";

import { PARTS } from "../../sim/market/deployment.ts";
import {
  bidFor,
  commitmentOf,
  currentSlot,
  deployTestMarket,
  enrol,
  enrolDataCentre,
  enrolGrid,
  ethers,
  FAR_FUTURE,
  fund,
  networkHelpers,
  offerOf,
  planOf,
  readingOf,
  refOf,
  signCommitment,
  signPlan,
  signReading,
  toBeacon,
  toClear,
  toReveal,
  toSlot,
  YUAN,
  type Bid,
  type DataCentre,
  type Delivery,
  type Market,
  type Offer,
  type Participant,
  type Plan,
  type Reading,
} from "./market.ts";

/** Gas (or bytes, where the label says so) by label. */
export type Figures = Record<string, number>;

/** Most that a figure may be: the market's targets, and the network's limit of a contract's size. */
export const TARGETS: Figures = {
  "commit: buyer": 50_000,
  "commit: seller": 50_000,
  "commit: buyer, in a batch of 50": 35_000,
  "commit: seller, in a batch of 50": 35_000,
  "reveal: buyer with 1 bid": 60_000,
  "reveal: buyer with 1 bid, in a batch of 50": 40_000,
  "reveal: seller with 3 offers": 60_000,
  "reveal: seller with 3 offers, in a batch of 50": 40_000,
  "clear: per trade": 75_000,
  "clear: per trade, phase by phase": 75_000,
  "reading: nothing delivered": 90_000,
  "reading: most above 20,000 per contract that goes on": 90_000,
  "reading: most above 20,000 per contract that is fulfilled": 90_000,
  "clear of 2,000 bids, 600 offers: largest page": 2 ** 24 - 1,
  ...Object.fromEntries(Object.values(PARTS).map((name) => [`bytes: ${name}`, 24_576])),
};

/** Gas that a transaction may use at most (EIP-7825). */
const TRANSACTION_GAS = 2 ** 24;

const BUYERS = 200;
const SELLERS = 60;
const BATCH = 50;

/** Work of a page of the clearing: 15 million gas in steps of about 100, with room for what a page costs besides. */
const PAGE_WORK = 150_000;

/** More work than any of these slots takes; the transaction's gas is what limits it. */
const ANY_WORK = 1_000_000;

/** Core-seconds of a contract. */
const TASK = 14_400n;

interface Receipt {
  readonly gasUsed: string;
  readonly status: string;
  readonly contractAddress: string | null;
  readonly logs: readonly { readonly topics: readonly string[]; readonly data: string }[];
}

interface People {
  readonly buyers: readonly Participant[];
  readonly sellers: readonly DataCentre[];
}

/** Who takes part in a slot's auction, with which plan. */
interface Book {
  readonly slot: bigint;
  readonly buyers: readonly [Participant, Plan][];
  readonly sellers: readonly [DataCentre, Plan][];
}

/** A supply contract that an auction signed. */
interface Signed {
  readonly contractId: bigint;
  readonly seller: bigint;
}

type Recorder = (label: string, gas: number) => void;

// ------------------------------------------------------------------ all figures

/** Runs everything and gives the figures, sorted by label. */
export async function measureGas(): Promise<Figures> {
  const figures: Figures = {};
  const record: Recorder = (label, gas) => {
    if (label in figures) throw new Error(`Two figures are called "${label}".`);
    figures[label] = gas;
  };
  const market = await deployTestMarket();
  await recordDeployment(market, record);
  const people = await enrolEverybody(market, record);
  const { sellers } = people;

  // Everybody's first auction finds no word written.
  await recordReadings(market, sellers, 1n, "first reading", record);
  const first = firstBook(people, 3n);
  await recordCommits(market, first, "first commit", record);
  await recordReveals(market, first, "first reveal", record);
  const firstSigned = await recordClear(market, first, "first clear", record);
  await readAll(market, sellers, 2n);
  await readAll(market, sellers, 3n, deliveriesOf(firstSigned, TASK));

  // In the second everybody sends its own transactions.
  const second = smallBook(people, 5n);
  await recordCommits(market, second, "commit", record);
  await recordReveals(market, second, "reveal", record);
  const secondSigned = await recordClear(market, second, "clear", record);

  // In the third a relayer does; meanwhile the contracts of the second are executed in two halves.
  await recordReadings(market, sellers, 4n, "reading", record);
  const third = smallBook(people, 6n);
  await recordBatches(market, third, record);
  await clearBook(market, third);
  const halves = deliveriesOf(secondSigned, TASK / 2n);
  const running = await readAll(market, sellers, 5n, halves);
  const fulfilled = await readAll(market, sellers, 6n, halves);
  const base = figures["reading: nothing delivered"] ?? 0;
  recordPerContract("reading: per contract that goes on", running, base, record);
  recordPerContract("reading: per contract that is fulfilled", fulfilled, base, record);
  record("reading: most above 20,000 per contract that goes on", mostAbove(running));
  record("reading: most above 20,000 per contract that is fulfilled", mostAbove(fulfilled));

  await recordLarge(market, people, 8n, record);
  await readAll(market, sellers, 7n);
  await recordRest(market, people, 9n, record);
  return Object.fromEntries(Object.entries(figures).sort(([a], [b]) => (a < b ? -1 : 1)));
}

// ------------------------------------------------------------------ transactions

const highest = (values: readonly number[]): number => Math.max(...values);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const receiptOf = async (hash: string): Promise<Receipt> =>
  (await ethers.provider.send("eth_getTransactionReceipt", [hash])) as Receipt;

const unlocked = new Set<string>();

/** Sends a call in a block of its own, without an estimate before it. */
async function call(
  from: { readonly address: string },
  to: BaseContract,
  method: string,
  ...args: unknown[]
): Promise<number> {
  if (!unlocked.has(from.address)) {
    await networkHelpers.impersonateAccount(from.address);
    unlocked.add(from.address);
  }
  const transaction = {
    from: from.address,
    to: await to.getAddress(),
    data: to.interface.encodeFunctionData(method, args),
    gas: `0x${TRANSACTION_GAS.toString(16)}`,
  };
  const hash = (await ethers.provider.send("eth_sendTransaction", [transaction])) as string;
  const { gasUsed, status } = await receiptOf(hash);
  if (Number(status) !== 1) throw new Error(`${method} reverted.`);
  return Number(gasUsed);
}

/** What the latest transaction of a contract's event cost. */
async function gasOfLatest(contract: BaseContract, event: string): Promise<number> {
  const [latest] = (await contract.queryFilter(contract.getEvent(event))).slice(-1);
  if (latest === undefined) throw new Error(`There is no event ${event}.`);
  return Number((await receiptOf(latest.transactionHash)).gasUsed);
}

/** Moves time to the beginning of a slot, and mines a block there. */
async function beginSlot(market: Market, slot: bigint): Promise<void> {
  if ((await currentSlot(market)) >= slot) return;
  await toSlot(market, slot);
  await networkHelpers.mine();
}

// ------------------------------------------------------------------ deployment and enrolment

async function recordDeployment(market: Market, record: Recorder): Promise<void> {
  const { addresses, directory } = market;
  const names = new Map<string, string>([
    [addresses.authority, "AccessManager"],
    [addresses.token, "SettlementToken"],
    [addresses.directory, "MarketDirectory"],
  ]);
  for (const [part, name] of Object.entries(PARTS)) {
    names.set(addresses[part as keyof typeof PARTS], name);
  }
  for (const [address, name] of names) {
    record(`bytes: ${name}`, (await ethers.provider.getCode(address)).length / 2 - 1);
  }
  let wiring = 0;
  const latest = await ethers.provider.getBlockNumber();
  for (let number = 1; number <= latest; number += 1) {
    for (const hash of (await ethers.provider.getBlock(number))?.transactions ?? []) {
      const { contractAddress, gasUsed, logs } = await receiptOf(hash);
      const created = logs
        .map((log) => directory.interface.parseLog(log))
        .find((event) => event?.name === "PartCreated");
      const address = contractAddress ?? (created?.args["part"] as string | undefined);
      if (address === undefined) wiring += Number(gasUsed);
      else record(`deploy: ${names.get(getAddress(address)) ?? address}`, Number(gasUsed));
    }
  }
  record("deploy: roles", wiring);
}

async function enrolEverybody(market: Market, record: Recorder): Promise<People> {
  const { identities, meters, token, vault } = market;
  const grid = await enrolGrid(market);
  const buyers: Participant[] = [];
  const sellers: DataCentre[] = [];
  while (buyers.length < BUYERS) buyers.push(await enrol(market, "user"));
  record("identity: enrol", await gasOfLatest(identities, "Enrolled"));
  while (sellers.length < SELLERS) sellers.push(await enrolDataCentre(market, grid));
  record("meter: commission", await gasOfLatest(meters, "SiteCommissioned"));
  record("tariff: announce", await gasOfLatest(market.tariff, "TariffAnnounced"));

  const amount = 20_000n * YUAN;
  let deposit = 0;
  for (const { wallet } of [...buyers, ...sellers, grid.gridOperator]) {
    await call(market.admin, token, "mint", wallet.address, 2n * amount);
    await call(wallet, token, "approve", market.addresses.vault, 2n * amount);
    deposit = await call(wallet, vault, "deposit", amount);
  }
  record("vault: first deposit", deposit);
  const { wallet } = buyers[0]!;
  record("vault: deposit", await call(wallet, vault, "deposit", YUAN));
  record("vault: withdraw", await call(wallet, vault, "withdraw", YUAN, wallet.address));
  return { buyers, sellers };
}

// ------------------------------------------------------------------ books

/** Numbers from `low` to `high` that are the same in every run (mulberry32). */
let state = 20_260_101;
function between(low: number, high: number): bigint {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return BigInt(low + (((t ^ (t >>> 14)) >>> 0) % (high - low + 1)));
}

const someBids = (slot: bigint, count: number): Bid[] =>
  Array.from({ length: count }, () =>
    bidFor(slot, {
      coreSeconds: TASK,
      energy: between(2_000, 12_000),
      maxPrice: between(450_000, 900_000),
    }),
  );

const someOffers = (count: number): Offer[] =>
  Array.from({ length: count }, () =>
    offerOf({
      price: between(300_000, 600_000),
      energy: between(5_000, 20_000),
      cores: between(8, 64),
    }),
  );

/** The first auction of all, in which every user and every data centre trades. */
const firstBook = ({ buyers, sellers }: People, slot: bigint): Book => ({
  slot,
  buyers: buyers.map((one) => [one, planOf(one, slot, { bids: [bidFor(slot)] })]),
  // Each offer serves one bid; the last ones are the dearest.
  sellers: sellers.map((one) => {
    const offers = [1n, 2n, 3n, 4n].map((i) =>
      offerOf({ price: (3n + i) * 100_000n, energy: 10_000n, cores: 4n }),
    );
    return [one, planOf(one, slot, { offers })];
  }),
});

/** 200 users with a bid each, 60 data centres with 3 offers each. */
const smallBook = ({ buyers, sellers }: People, slot: bigint): Book => ({
  slot,
  buyers: buyers.map((one) => [one, planOf(one, slot, { bids: someBids(slot, 1) })]),
  sellers: sellers.map((one) => [one, planOf(one, slot, { offers: someOffers(3) })]),
});

/** 125 users with 16 bids each, 60 data centres with 10 offers each. */
const bigBook = ({ buyers, sellers }: People, slot: bigint): Book => ({
  slot,
  buyers: buyers.slice(0, 125).map((one) => [one, planOf(one, slot, { bids: someBids(slot, 16) })]),
  sellers: sellers.map((one) => [one, planOf(one, slot, { offers: someOffers(10) })]),
});

// ------------------------------------------------------------------ commit and reveal

async function commitEach(
  market: Market,
  slot: bigint,
  plans: readonly [Participant, Plan][],
): Promise<number[]> {
  const gas: number[] = [];
  for (const [{ wallet }, plan] of plans) {
    const commitment = commitmentOf(market, plan);
    gas.push(await call(wallet, market.auction, "commit", slot, commitment));
  }
  return gas;
}

async function revealEach(
  market: Market,
  plans: readonly [Participant, Plan][],
): Promise<number[]> {
  const gas: number[] = [];
  for (const [{ wallet }, plan] of plans) {
    gas.push(await call(wallet, market.auction, "reveal", plan));
  }
  return gas;
}

async function recordCommits(
  market: Market,
  { slot, buyers, sellers }: Book,
  label: string,
  record: Recorder,
): Promise<void> {
  await beginSlot(market, slot - 1n);
  record(`${label}: buyer`, highest(await commitEach(market, slot, buyers)));
  record(`${label}: seller`, highest(await commitEach(market, slot, sellers)));
}

async function recordReveals(
  market: Market,
  { slot, buyers, sellers }: Book,
  label: string,
  record: Recorder,
): Promise<void> {
  await toReveal(market, slot);
  // The first of all writes the slot's book; that is nobody's own cost.
  const [opening = 0, ...others] = await revealEach(market, buyers);
  record(`${label}: buyer with 1 bid, first of the slot`, opening);
  record(`${label}: buyer with 1 bid`, highest(others));
  record(
    `${label}: seller with ${sellers[0]![1].offers.length} offers`,
    highest(await revealEach(market, sellers)),
  );
}

async function recordBatches(
  market: Market,
  { slot, buyers, sellers }: Book,
  record: Recorder,
): Promise<void> {
  const { admin, auction } = market;
  const inBatches = async (
    method: string,
    plans: readonly [Participant, Plan][],
    sign: (participant: Participant, plan: Plan) => Promise<unknown>,
  ): Promise<number> => {
    const gas: number[] = [];
    for (let i = 0; i + BATCH <= plans.length; i += BATCH) {
      const batch: unknown[] = [];
      for (const item of plans.slice(i, i + BATCH)) batch.push(await sign(...item));
      gas.push(await call(admin, auction, method, batch));
    }
    const rest: unknown[] = [];
    for (const item of plans.slice(gas.length * BATCH)) rest.push(await sign(...item));
    if (rest.length !== 0) await call(admin, auction, method, rest);
    return Math.ceil(highest(gas) / BATCH);
  };
  const commitment = async (participant: Participant, plan: Plan): Promise<unknown> =>
    signCommitment(
      market,
      {
        slot,
        commitment: commitmentOf(market, plan),
        replaces: (await auction.planOf(participant.number)).sequence,
        expiry: FAR_FUTURE,
      },
      participant.wallet,
    );
  const opening = ({ wallet }: Participant, plan: Plan): Promise<unknown> =>
    signPlan(market, plan, wallet);

  await beginSlot(market, slot - 1n);
  const suffix = `in a batch of ${BATCH}`;
  record(`commit: buyer, ${suffix}`, await inBatches("commitBatch", buyers, commitment));
  record(`commit: seller, ${suffix}`, await inBatches("commitBatch", sellers, commitment));
  await toReveal(market, slot);
  record(`reveal: buyer with 1 bid, ${suffix}`, await inBatches("revealBatch", buyers, opening));
  record(
    `reveal: seller with 3 offers, ${suffix}`,
    await inBatches("revealBatch", sellers, opening),
  );
}

// ------------------------------------------------------------------ clear

/** All bids and all offers of the slot in their order, as a caller of `clear` finds them. */
async function orderOf(market: Market, book: Book): Promise<{ bids: bigint[]; offers: bigint[] }> {
  interface Row {
    readonly ref: bigint;
    /** Ascending. */
    readonly keys: readonly [bigint, bigint, bigint, bigint];
  }
  const rows = async (
    plans: readonly [Participant, Plan][],
    prices: (plan: Plan) => bigint[],
  ): Promise<bigint[]> => {
    const found: Row[] = [];
    for (const [participant, plan] of plans) {
      const { reputation, sequence } = await market.auction.planOf(participant.number);
      for (const [index, price] of prices(plan).entries()) {
        const ref = refOf(participant, index);
        found.push({ ref, keys: [price, -reputation, sequence, BigInt(index)] });
      }
    }
    const compare = (a: Row, b: Row): number => {
      for (const [i, key] of a.keys.entries()) {
        if (key !== b.keys[i]) return key < b.keys[i]! ? -1 : 1;
      }
      return 0;
    };
    return found.sort(compare).map(({ ref }) => ref);
  };
  return {
    bids: await rows(book.buyers, ({ bids }) => bids.map(({ maxPrice }) => -maxPrice)),
    offers: await rows(book.sellers, ({ offers }) => offers.map(({ price }) => price)),
  };
}

const clearPage = (
  { admin, auction }: Market,
  slot: bigint,
  bids: readonly bigint[],
  offers: readonly bigint[],
  work: number,
): Promise<number> => call(admin, auction, "clear", slot, bids, offers, work);

/** The contracts from number `from` on. */
async function signedSince({ supply }: Market, from: bigint): Promise<Signed[]> {
  const signed: Signed[] = [];
  for (let contractId = from; contractId <= (await supply.contracts()); contractId += 1n) {
    signed.push({ contractId, seller: (await supply.contractOf(contractId)).seller });
  }
  return signed;
}

const isCleared = async ({ auction }: Market, slot: bigint): Promise<boolean> =>
  (await auction.bookOf(slot)).phase === 3n;

/** Clears a slot whose order is fixed, in full pages. */
async function clearRest(market: Market, slot: bigint): Promise<number[]> {
  const pages: number[] = [];
  while (!(await isCleared(market, slot))) {
    pages.push(await clearPage(market, slot, [], [], PAGE_WORK));
  }
  return pages;
}

/** Clears a slot in few calls. */
async function clearBook(market: Market, book: Book): Promise<Signed[]> {
  const { bids, offers } = await orderOf(market, book);
  const next = (await market.supply.contracts()) + 1n;
  await toClear(market, book.slot);
  await clearPage(market, book.slot, bids, offers, 0);
  await clearRest(market, book.slot);
  return signedSince(market, next);
}

/** What clearing a slot costs in a single transaction, which is undone. */
async function clearAtOnce(
  market: Market,
  slot: bigint,
  bids: readonly bigint[],
  offers: readonly bigint[],
): Promise<number> {
  const snapshot = await networkHelpers.takeSnapshot();
  const gas = await clearPage(market, slot, bids, offers, ANY_WORK);
  if (!(await isCleared(market, slot))) throw new Error("The slot is not cleared at once.");
  await snapshot.restore();
  return gas;
}

/** Clears a slot at once, and phase by phase. */
async function recordClear(
  market: Market,
  book: Book,
  label: string,
  record: Recorder,
): Promise<Signed[]> {
  const { slot } = book;
  const { bids, offers } = await orderOf(market, book);
  const next = (await market.supply.contracts()) + 1n;
  await toClear(market, slot);
  const atOnce = await clearAtOnce(market, slot, bids, offers);
  const listing = await clearPage(market, slot, bids, offers, 0);

  const isMatched = async (): Promise<boolean> =>
    (await market.auction.bookOf(slot)).concluded === BigInt(bids.length);
  const wouldMatch = async (work: number): Promise<boolean> => {
    const snapshot = await networkHelpers.takeSnapshot();
    await clearPage(market, slot, [], [], work);
    const matched = await isMatched();
    await snapshot.restore();
    return matched;
  };
  let matching = 0;
  while (!(await isMatched())) {
    let work = PAGE_WORK;
    if (await wouldMatch(work)) {
      // The least work that concludes all bids leaves none for the release.
      let low = 1;
      while (low < work) {
        const middle = Math.floor((low + work) / 2);
        if (await wouldMatch(middle)) work = middle;
        else low = middle + 1;
      }
    }
    matching += await clearPage(market, slot, [], [], work);
  }
  const release = sum(await clearRest(market, slot));

  const signed = await signedSince(market, next);
  const trades = signed.length;
  record(`${label}: trades of ${bids.length} bids`, trades);
  record(`${label}: listing ${bids.length} bids and ${offers.length} offers`, listing);
  record(`${label}: matching`, matching);
  record(`${label}: release`, release);
  record(`${label}: at once`, atOnce);
  record(`${label}: per trade`, Math.ceil(atOnce / trades));
  record(`${label}: per trade, phase by phase`, Math.ceil((listing + matching + release) / trades));
  record(`${label}: per trade, matching alone`, Math.ceil(matching / trades));
  return signed;
}

/** Clears a book that no single transaction can. */
async function recordLarge(
  market: Market,
  people: People,
  slot: bigint,
  record: Recorder,
): Promise<void> {
  const book = bigBook(people, slot);
  const label = "2,000 bids, 600 offers";
  await beginSlot(market, slot - 1n);
  await commitEach(market, slot, book.buyers);
  await commitEach(market, slot, book.sellers);
  await toReveal(market, slot);
  await revealEach(market, book.buyers);
  await revealEach(market, book.sellers);
  const { bids, offers } = await orderOf(market, book);
  await toClear(market, slot);

  const pages: number[] = [];
  for (let i = 0; i < bids.length; i += 1_000) {
    pages.push(await clearPage(market, slot, bids.slice(i, i + 1_000), [], 0));
  }
  pages.push(await clearPage(market, slot, [], offers, 0));
  record(`clear of ${label}: listing pages`, pages.length);
  pages.push(...(await clearRest(market, slot)));
  const trades = Number((await market.auction.bookOf(slot)).trades);
  record(`clear of ${label}: pages`, pages.length);
  record(`clear of ${label}: largest page`, highest(pages));
  record(`clear of ${label}: in all`, sum(pages));
  record(`clear of ${label}: trades`, trades);
  record(`clear of ${label}: per trade`, Math.ceil(sum(pages) / trades));
}

// ------------------------------------------------------------------ readings

/** What each data centre delivers for the contracts that it signed. */
function deliveriesOf(signed: readonly Signed[], coreSeconds: bigint): Map<bigint, Delivery[]> {
  const found = new Map<bigint, Delivery[]>();
  for (const { contractId, seller } of signed) {
    const list = found.get(seller) ?? [];
    found.set(seller, [...list, { contractId, coreSeconds, pv: 1_000n, esd: 500n, grid: 250n }]);
  }
  return found;
}

/** Sends a reading with imports and exports as soon as its slot is over. */
async function read(
  market: Market,
  dataCentre: DataCentre,
  slot: bigint,
  deliveries: Delivery[],
  changes: Partial<Reading> = {},
): Promise<number> {
  const reading = readingOf(dataCentre, slot, {
    pv: 60_000n,
    esdIn: 20_000n,
    esdOut: 10_000n,
    gridImport: 8_000n,
    gridExport: 4_000n,
    deliveries,
    ...changes,
  });
  const signature = await signReading(market, reading, dataCentre.meter.wallet);
  return call(market.admin, market.meters, "submit", reading, signature);
}

async function readAll(
  market: Market,
  sellers: readonly DataCentre[],
  slot: bigint,
  deliveries = new Map<bigint, Delivery[]>(),
): Promise<{ gas: number; contracts: number }[]> {
  await beginSlot(market, slot + 1n);
  const readings: { gas: number; contracts: number }[] = [];
  for (const seller of sellers) {
    const list = deliveries.get(seller.number) ?? [];
    const gas = await read(market, seller, slot, list);
    readings.push({ gas, contracts: list.length });
  }
  return readings;
}

async function recordReadings(
  market: Market,
  sellers: readonly DataCentre[],
  slot: bigint,
  label: string,
  record: Recorder,
): Promise<void> {
  const readings = await readAll(market, sellers, slot);
  record(`${label}: nothing delivered`, highest(readings.map(({ gas }) => gas)));
}

/** What the dearest reading costs besides 20,000 for each contract in it. */
const mostAbove = (readings: readonly { gas: number; contracts: number }[]): number =>
  highest(readings.map(({ gas, contracts }) => gas - 20_000 * contracts));

function recordPerContract(
  label: string,
  readings: readonly { gas: number; contracts: number }[],
  base: number,
  record: Recorder,
): void {
  const each = readings
    .filter(({ contracts }) => contracts !== 0)
    .map(({ gas, contracts }) => Math.ceil((gas - base) / contracts));
  record(label, highest(each));
}

// ------------------------------------------------------------------ everything else

/** Plans of 16 bids and 10 offers, transfers, punishment, expiry and the beacon. */
async function recordRest(
  market: Market,
  { buyers, sellers }: People,
  slot: bigint,
  record: Recorder,
): Promise<void> {
  const { auction, supply, transfers } = market;
  const [buyer, other, silent, fickle] = buyers as [
    Participant,
    Participant,
    Participant,
    Participant,
  ];
  const [first, target] = sellers as [DataCentre, DataCentre];
  await beginSlot(market, slot - 1n);
  const operator = await enrol(market, "beacon");
  await fund(market, operator, 100n * YUAN);
  const values = [id("heliomarket bench beacon")];
  for (let i = 0; i < 4; i += 1) values.unshift(keccak256(values[0]!));
  record(
    "beacon: commit a chain",
    await call(operator.wallet, market.beacon, "commitChain", values[0]!, slot + 1n, 3),
  );

  // The buyer's contract needs all that the first data centre offers, the other's fits the target.
  const large = bidFor(slot, {
    coreSeconds: 3n * TASK,
    cores: 64n,
    energy: 20_000n,
    maxPrice: 900_000n,
    deadline: slot + 3n,
  });
  const small = bidFor(slot, { energy: 5_000n, maxPrice: 800_000n, deadline: slot + 3n });
  const unserved = Array.from({ length: 15 }, () => ({ ...small, maxPrice: 1_000n }));
  const book: Book = {
    slot,
    buyers: [
      [buyer, planOf(buyer, slot, { bids: [large, ...unserved] })],
      [other, planOf(other, slot, { bids: [small] })],
    ],
    sellers: [
      [first, planOf(first, slot, { offers: [offerOf({ energy: 20_000n, cores: 64n })] })],
      [
        target,
        planOf(target, slot, {
          offers: Array.from({ length: 10 }, () => offerOf({ energy: 5_000n, cores: 4n })),
        }),
      ],
    ],
  };
  await commitEach(market, slot, [...book.buyers, ...book.sellers]);
  await commitEach(market, slot, [[silent, planOf(silent, slot, { bids: [small] })]]);
  const replacement: [Participant, Plan][] = [[fickle, planOf(fickle, slot, { bids: [small] })]];
  await commitEach(market, slot, replacement);
  record("commit: replaced", highest(await commitEach(market, slot, replacement)));
  record("commit: withdrawn", await call(fickle.wallet, auction, "withdrawPlan", slot));
  record("commit: bond released", await call(fickle.wallet, auction, "releaseBond"));
  await toReveal(market, slot);
  const reveals = await revealEach(market, [...book.sellers, ...book.buyers]);
  record("reveal: seller with 10 offers", reveals[1]!);
  record("reveal: buyer with 16 bids", reveals[2]!);
  const signed = await clearBook(market, book);
  record("punish", await call(market.admin, auction, "punish", silent.number));
  const mine = signed.find(({ seller }) => seller === first.number)!;
  const theirs = signed.find(({ seller }) => seller === target.number)!;

  // A transfer in compute-time mode: the target executes a third, and hands less than that back.
  await beginSlot(market, slot);
  for (const one of [first, target]) await read(market, one, slot - 1n, []);
  const quote = {
    price: 500_000n,
    energy: 50_000n,
    cores: 64n,
    firstSlot: slot,
    lastSlot: slot + 3n,
    repaymentSlots: 4n,
  };
  record("transfer: first quote", await call(target.wallet, transfers, "quote", quote));
  record("transfer: quote", await call(target.wallet, transfers, "quote", quote));
  const order = {
    contractId: mine.contractId,
    target: target.number,
    coreSeconds: TASK,
    maxPrice: 600_000n,
    due: slot + 1n,
    repaymentSlots: 2n,
    networkFee: YUAN,
  };
  record("transfer: take", await call(first.wallet, transfers, "take", order));
  const delivery = { pv: 1_000n, esd: 500n, grid: 250n };
  await toBeacon(market, slot + 1n);
  record(
    "beacon: open",
    await call(market.admin, market.beacon, "open", operator.number, slot + 1n, values[1]!),
  );

  await beginSlot(market, slot + 1n);
  await read(market, first, slot, []);
  record(
    "transfer: reading that executes it",
    await read(market, target, slot, [
      { contractId: mine.contractId, coreSeconds: TASK, ...delivery },
    ]),
  );
  record(
    "transfer: hand back",
    await call(target.wallet, transfers, "handBack", 1n, theirs.contractId, TASK / 2n, slot + 2n),
  );
  await beginSlot(market, slot + 2n);
  await read(market, target, slot + 1n, []);
  record(
    "transfer: reading that repays it",
    await read(market, first, slot + 1n, [
      { contractId: theirs.contractId, coreSeconds: TASK / 2n, ...delivery },
    ]),
  );
  record("beacon: slash", await call(market.admin, market.beacon, "slash", operator.number));
  record("transfer: withdraw a quote", await call(target.wallet, transfers, "withdrawQuote"));

  await beginSlot(market, slot + 4n);
  record("transfer: settle", await call(market.admin, transfers, "settle", 1n));
  for (const past of [slot + 2n, slot + 3n]) await read(market, first, past, []);
  record("contract: expire", await call(market.admin, supply, "expire", mine.contractId));
}
