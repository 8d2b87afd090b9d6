/**
 * Random calls of a market by everybody who could make one: mostly such as make sense in the state that the model is in,
 * so that deep states are reached, and often spoilt in one place.
 */
import {
  id,
  keccak256,
  recoverAddress,
  TypedDataEncoder,
  ZeroAddress,
  ZeroHash,
  type TypedDataField,
} from "ethers";

import {
  orderBids,
  orderOffers,
  readBook,
  refOf,
  type Book,
  type BookBid,
} from "../../sim/market/clearing.ts";
import {
  Phase,
  PlanStatus,
  Role,
  SupplyStatus,
  TransferMode,
  TransferStatus,
  type Address,
  type Bid,
  type Delivery,
  type Enrolment,
  type Identity,
  type LedgerCalls,
  type Offer,
  type Outcome,
  type Plan,
  type Signature,
  type SignedCommitment,
  type SignedPlan,
  type SupplyContract,
} from "../../sim/market/ledger.ts";
import {
  COMMITMENT_TYPES,
  domainOf,
  ENROLMENT_TYPES,
  PLAN_TYPES,
  READING_TYPES,
  ROTATION_TYPES,
  SITE_TYPES,
} from "../../sim/market/messages.ts";
import type { Random } from "../../sim/random.ts";
import type { Call, Twin } from "./twin.ts";

type Move = () => Promise<Call | undefined>;

type ArgumentsOf<K extends keyof LedgerCalls> =
  Parameters<LedgerCalls[K]> extends [Address, ...infer Rest] ? Rest : never;

const make = <K extends keyof LedgerCalls>(name: K, from: Address, ...args: ArgumentsOf<K>): Call =>
  ({ name, from, args }) as unknown as Call;

/** One yuan in micro-yuan. */
const YUAN = 1_000_000n;

const MAX_UINT = 2n ** 256n - 1n;
const MAX_UINT32 = 2n ** 32n - 1n;
const FAR = 4_000_000_000n;

/** Most that fields of less than 32 bits hold. */
const MOST: Readonly<Record<string, bigint>> = { part: 255n, cores: 65_535n, role: 6n };

const CAST = { user: 6, dataCentre: 4, meter: 4, gridOperator: 2, networkOperator: 1 };

interface Known {
  readonly number: bigint;
  readonly identity: Identity;
}

/** Makes up calls, and remembers what only the participants know: plans, salts, chains. */
export class RandomCalls {
  private readonly twin: Twin;
  private readonly random: Random;
  private readonly plans = new Map<string, Plan>();
  private readonly chains = new Map<string, readonly string[]>();
  private readonly recent: Call[] = [];
  private readonly queue: Call[] = [];
  private readonly wallets: Address[] = [];
  private readonly strangers: Address[] = [];
  private readonly rankers: Address[] = [];
  private readonly running = new Set<bigint>();
  private readonly sites = new Set<bigint>();
  private readonly openTransfers = new Set<bigint>();
  private readonly later: { after: number; call: Call }[] = [];
  private certificates = 0;
  private made = 0;
  private readonly operators: number;
  private now: bigint;
  private slot = 0n;

  /** @param operators how many beacon operators there are */
  constructor(twin: Twin, random: Random, operators: number) {
    this.twin = twin;
    this.operators = operators;
    this.random = random;
    this.now = twin.parameters.genesis + 60n;
  }

  /** Wallets that can have sent a call. */
  get senders(): readonly Address[] {
    return this.wallets;
  }

  // ---------------------------------------------------------------- the beginning

  /** Queues the calls that bring a market's participants into it. */
  async begin(): Promise<void> {
    const { admin, vault } = { admin: this.admin, vault: this.twin.addresses.vault };
    let number = 0n;
    const numbers = new Map<string, bigint>();
    for (const [role, count] of Object.entries({ ...CAST, beacon: this.operators }) as [
      keyof typeof Role,
      number,
    ][]) {
      for (let i = 0; i < count; i += 1) {
        const wallet = await this.newWallet();
        number += 1n;
        numbers.set(`${role} ${i}`, number);
        const enrolment = this.enrolment(`${role} ${i}`, wallet, Role[role]);
        this.queue.push(make("enrol", wallet, enrolment, { signer: admin }));
        if (role === "meter" || role === "networkOperator") continue;
        const amount = this.random.big(60, 300) * YUAN;
        this.queue.push(
          make("mint", admin, wallet, 4n * amount),
          make("approve", wallet, vault, MAX_UINT),
          make("deposit", wallet, amount),
        );
        if (role === "gridOperator")
          this.queue.push(make("announce", wallet, 1n, 900_000n, 300_000n));
        if (role === "beacon") this.queue.push(this.chain(wallet, number));
      }
    }
    for (let i = 0; i < 3; i += 1) this.strangers.push(await this.newWallet());
    this.rankers.push(...this.strangers.slice(0, 2), this.wallets[0] ?? admin);
    this.wallets.push(admin);
  }

  // ---------------------------------------------------------------- time

  /** The time of the next call: mostly a little later, sometimes at the edge of a window. */
  nextTime(): bigint {
    if (this.queue.length > 0) return (this.now += 1n);
    const { genesis, slotSeconds, commitSeconds, revealSeconds, beaconSeconds } =
      this.twin.parameters;
    const start = genesis + this.slot * slotSeconds;
    const reveal = start + commitSeconds;
    const beacon = reveal + revealSeconds;
    const edges = [reveal, beacon, beacon + beaconSeconds, start + slotSeconds];
    const edge = edges.find((time) => time > this.now + 1n);
    const calls = this.now < reveal ? 55n : this.now < beacon ? 40n : 30n;
    const length =
      this.now < reveal
        ? commitSeconds
        : this.now < beacon
          ? revealSeconds
          : slotSeconds - (beacon - start);
    let time = this.now + this.random.big(1n, (2n * length) / calls);
    if (edge !== undefined && time > edge && this.random.chance(0.7)) {
      time = edge - this.random.big(0, 1);
    }
    if (this.random.chance(0.0015)) time += this.random.big(1, 4) * slotSeconds;
    this.now = time > this.now ? time : this.now + 1n;
    this.slot = (this.now - genesis) / slotSeconds;
    return this.now;
  }

  // ---------------------------------------------------------------- the next call

  /** Makes up a call for the time that {@link nextTime} gave. */
  async next(): Promise<Call> {
    this.made += 1;
    const ripe = this.later.findIndex(({ after }) => after <= this.made);
    const queued =
      this.queue.shift() ?? (ripe < 0 ? undefined : this.later.splice(ripe, 1)[0]?.call);
    if (queued !== undefined) return queued;
    if (this.random.chance(0.03)) {
      const replayed = this.random.maybe(this.recent);
      if (replayed !== undefined) return replayed;
    }
    let call: Call | undefined;
    while (call === undefined) call = await this.random.weighted(this.moves())();
    if (call.name !== "setPaused") this.recent.push(call);
    if (this.recent.length > 60) this.recent.shift();
    return this.random.chance(0.13) ? this.spoil(call) : call;
  }

  /** Takes note of what a call has done. */
  note(outcome: Outcome<unknown>): void {
    if (!outcome.ok) return;
    for (const { name, args } of outcome.events) {
      if (name === "SiteCommissioned") this.sites.add(args["dataCentre"] as bigint);
      if (name === "Signed") this.running.add(args["contractId"] as bigint);
      if (name === "Fulfilled" || name === "Expired") {
        this.running.delete(args["contractId"] as bigint);
      }
      if (name === "Taken") this.openTransfers.add(args["transferId"] as bigint);
      if (name === "TransferClosed") this.openTransfers.delete(args["transferId"] as bigint);
    }
  }

  private moves(): (readonly [number, Move])[] {
    const { genesis, slotSeconds, commitSeconds, revealSeconds } = this.twin.parameters;
    const second = this.now - (genesis + this.slot * slotSeconds);
    const committing = second < commitSeconds;
    const revealing = !committing && second < commitSeconds + revealSeconds;
    const clearing = !committing && !revealing;
    const often = (phase: boolean, weight: number): number => (phase ? weight : weight / 20);
    return [
      [often(committing, 26), this.commit],
      [often(committing, 1.2), this.withdrawPlan],
      [0.5, this.releaseBond],
      [often(revealing, 45), this.reveal],
      [often(clearing, 16), this.openValue],
      [clearing ? 28 : 3, this.clear],
      [0.4, this.discardRanking],
      [committing ? 14 : 3, this.submit],
      [often(committing, 1.5), this.punish],
      [1.5, this.expire],
      [often(committing, 3.5), this.quote],
      [0.25, this.withdrawQuote],
      [often(committing, 9), this.take],
      [often(committing, 7), this.handBack],
      [1.5, this.closeTransfer],
      [0.5, this.settleTab],
      [0.5, this.mint],
      [2, this.deposit],
      [0.8, this.withdraw],
      [0.3, this.payOut],
      [0.5, this.approve],
      [this.slot > 0n && this.sites.size < CAST.dataCentre ? 20 : 0.5, this.commission],
      [0.7, this.enrol],
      [0.35, this.rotate],
      [0.25, this.revoke],
      [0.7, this.announce],
      [1.5, this.commitChain],
      [0.8, this.endChain],
      [0.25, this.pause],
    ];
  }

  // ---------------------------------------------------------------- moves: auction

  private readonly commit: Move = async () => {
    const slot = this.slot + 1n;
    const bidder = await this.unsealed(slot);
    if (bidder === undefined) return undefined;
    if (this.random.chance(0.6)) {
      const commitment = this.random.chance(0.02) ? ZeroHash : await this.plan(bidder, slot);
      return make("commit", bidder.identity.wallet, slot, commitment);
    }
    if (this.random.chance(0.4)) {
      return make("commitSigned", this.anyone(), await this.signedCommitment(bidder, slot));
    }
    const batch: SignedCommitment[] = [];
    const size = this.random.int(0, 4);
    for (let i = 0; i < size; i += 1) {
      const next = (await this.unsealed(slot)) ?? bidder;
      batch.push(await this.signedCommitment(next, slot));
    }
    return make("commitBatch", this.anyone(), batch);
  };

  private readonly withdrawPlan: Move = async () => {
    const bidder = await this.anyTrader();
    return make("withdrawPlan", bidder.identity.wallet, this.slot + 1n);
  };

  private readonly releaseBond: Move = async () =>
    make("releaseBond", (await this.anyTrader()).identity.wallet);

  private readonly reveal: Move = async () => {
    const sealed: { plan: Plan; wallet: Address }[] = [];
    for (const { number, identity } of await this.traders()) {
      const { status, commitment, wallet } = await this.twin.local.planOf(number);
      const plan = this.plans.get(commitment);
      if (status !== PlanStatus.sealed || plan === undefined) continue;
      sealed.push({ plan, wallet: this.random.chance(0.5) ? wallet : identity.wallet });
    }
    const chosen = this.random.maybe(sealed);
    // Some are never opened.
    if (chosen === undefined || this.random.chance(0.1)) return undefined;
    if (this.random.chance(0.65)) return make("reveal", chosen.wallet, chosen.plan);
    if (this.random.chance(0.4)) {
      return make("revealSigned", this.anyone(), this.signedPlan(chosen.plan, chosen.wallet));
    }
    const batch = this.random.shuffled(sealed).slice(0, this.random.int(0, 3));
    return make(
      "revealBatch",
      this.anyone(),
      batch.map(({ plan, wallet }) => this.signedPlan(plan, wallet)),
    );
  };

  private readonly punish: Move = async () => {
    const number = await this.where(await this.traders(), async ({ number }) => {
      const { status, slot } = await this.twin.local.planOf(number);
      return status === PlanStatus.sealed && slot <= this.slot;
    });
    return make("punish", this.anyone(), number?.number ?? this.random.big(0, 30));
  };

  private readonly clear: Move = async () => {
    const { local } = this.twin;
    const slots = [this.slot + 1n, this.slot, this.slot - 1n, this.slot - 2n, this.slot - 3n];
    let slot = this.random.chance(0.1) ? this.slot + 1n : undefined;
    // The oldest that is not cleared, as its traders wait for it.
    for (const candidate of slots.filter((s) => s > 0n)) {
      const { phase, bids, offers } = await local.bookOf(candidate);
      if (phase !== Phase.cleared && bids + offers > 0n) slot = candidate;
    }
    if (slot === undefined) return undefined;
    const { phase } = await local.bookOf(slot);
    const work = this.random.weighted([
      [1, 0n],
      [1, this.random.big(1, 200)],
      [2, this.random.big(100, 1500)],
      [2, this.random.big(800, 10_000)],
      [4, 100_000n],
    ]);
    if (phase !== Phase.open && this.random.chance(0.95)) {
      // Many slots stay long without all their offers released.
      const little = phase === Phase.releasing && this.random.chance(0.6);
      const page = little ? this.random.big(0, 200) : work;
      return make("clear", this.anyone(), slot, [], [], page);
    }
    const ranker = this.random.pick(this.rankers);
    const listed = await local.rankingOf(ranker);
    const begun = listed.slot === slot ? listed : { bids: 0n, offers: 0n };
    const { bids, offers } = await this.book(slot);
    const page = (list: readonly BookBid[], from: bigint): bigint[] => {
      const rest = list.slice(Number(from)).map(({ ref }) => ref);
      return this.random.chance(0.75) ? rest : rest.slice(0, this.random.int(0, rest.length));
    };
    const lists = [page(orderBids(bids), begun.bids), page(orderOffers(offers), begun.offers)];
    for (const list of lists) {
      if (this.random.chance(0.93)) continue;
      const stray = refOf(this.random.big(0, 20), this.random.int(0, 4));
      const place = this.random.int(0, list.length);
      this.random.weighted([
        [1, () => list.splice(place, 0, stray)],
        [1, () => list.splice(place, 1)],
        [1, () => list.reverse()],
        [1, () => list.splice(place, 0, ...list.slice(-1))],
      ])();
    }
    return make("clear", ranker, slot, lists[0] ?? [], lists[1] ?? [], work);
  };

  private readonly discardRanking: Move = async () => {
    const { local } = this.twin;
    for (let slot = this.slot + 1n; slot >= this.slot - 1n && slot >= 0n; slot -= 1n) {
      const { phase, ranker } = await local.bookOf(slot);
      const inUse = phase === Phase.matching || phase === Phase.releasing;
      if (inUse && this.random.chance(0.5)) return make("discardRanking", ranker);
    }
    return make("discardRanking", this.random.pick(this.rankers));
  };

  private readonly pause: Move = async () => {
    const paused = await this.twin.local.paused();
    if (!paused) this.queueSoon(make("setPaused", this.admin, false));
    return make("setPaused", this.admin, !paused);
  };

  // ---------------------------------------------------------------- moves: meters and supply

  private readonly submit: Move = async () => {
    const { local, parameters } = this.twin;
    const due = await this.where(await this.withRole(Role.dataCentre), async ({ number }) => {
      const { meter } = await local.siteOf(number);
      return meter !== 0n && (await local.meterStateOf(number)).nextSlot < this.slot;
    });
    if (due === undefined) return undefined;
    const dataCentre = due.number;
    const site = await local.siteOf(dataCentre);
    const state = await local.meterStateOf(dataCentre);
    const oldest = this.slot - parameters.lateReadingSlots;
    const missed = state.nextSlot < oldest;
    const slot = this.random.chance(0.01) ? this.slot : missed ? oldest : state.nextSlot;
    const part = missed ? 0n : state.nextPart;
    const left = part === 0n ? undefined : state;
    const all = this.random.chance(0.92)
      ? await this.deliveries(dataCentre, slot)
      : await this.strayDeliveries();
    const last = this.random.chance(0.75);
    const deliveries = last ? all : all.slice(0, this.random.int(0, all.length));
    const sum = (source: "pv" | "esd" | "grid"): bigint =>
      deliveries.reduce((total, delivery) => total + delivery[source], 0n);
    const idle = this.random.chance(0.2);
    const extra = (most: number): bigint => (idle ? 0n : this.random.big(0, most));
    const export_ = extra(8_000);
    const esdIn = extra(4_000);
    const first = left === undefined;
    if (
      !first &&
      (sum("pv") > left.pvLeft || sum("esd") > left.esdLeft || sum("grid") > left.gridLeft)
    ) {
      if (this.random.chance(0.8)) deliveries.length = 0;
    }
    const reading = {
      dataCentre,
      slot,
      part,
      last,
      pv: first ? sum("pv") + esdIn + export_ + extra(6_000) : 0n,
      esdIn: first ? esdIn : 0n,
      esdOut: first ? sum("esd") + extra(3_000) : 0n,
      gridImport: first ? sum("grid") + extra(12_000) : 0n,
      gridExport: first ? export_ : 0n,
      deliveries,
    };
    const meter = await this.walletOf(site.meter);
    return make(
      "submit",
      this.anyone(),
      reading,
      this.sign("meters", READING_TYPES, reading, meter),
    );
  };

  private readonly settleTab: Move = () =>
    Promise.resolve(make("settleTab", this.anyone(), this.random.big(0, 20)));

  private readonly expire: Move = async () => {
    const { local } = this.twin;
    const over: bigint[] = [];
    for (const contractId of this.running) {
      const { deadline, seller } = await local.contractOf(contractId);
      if (await local.isFinal(seller, deadline)) over.push(contractId);
    }
    const contracts = await local.contracts();
    return make(
      "expire",
      this.anyone(),
      this.random.chance(0.8)
        ? (this.random.maybe(over) ?? contracts)
        : this.random.big(0, contracts + 1n),
    );
  };

  private readonly announce: Move = async () => {
    const { identity } = this.random.pick(await this.withRole(Role.gridOperator));
    const importPrice = this.random.big(400_000, 1_200_000);
    return make(
      "announce",
      identity.wallet,
      this.slot + this.random.big(0, 3),
      importPrice,
      this.random.chance(0.93) ? importPrice / 3n : importPrice + 1n,
    );
  };

  private readonly commission: Move = async () => {
    const { local } = this.twin;
    const centres = await this.withRole(Role.dataCentre);
    const missing = await this.where(
      centres,
      async ({ number }) => (await local.siteOf(number)).version === 0n,
    );
    const { number, identity } = missing ?? this.random.pick(centres);
    const before = await local.siteOf(number);
    const grids = await this.withRole(Role.gridOperator);
    const meters = await this.withRole(Role.meter);
    const networks = await this.withRole(Role.networkOperator);
    const keep = before.version !== 0n && this.random.chance(0.6);
    const site = {
      dataCentre: this.random.chance(0.97) ? number : this.random.pick(centres).number,
      meter: keep ? before.meter : this.random.pick(meters).number,
      gridOperator: keep ? before.gridOperator : this.random.pick(grids).number,
      networkOperator: this.random.pick(networks).number,
      pvLimitWh: 40_000n,
      esdLimitWh: 20_000n,
      gridLimitWh: 60_000n,
      version: before.version + 1n,
    };
    return make(
      "commission",
      identity.wallet,
      site,
      this.sign("meters", SITE_TYPES, site, this.admin),
    );
  };

  // ---------------------------------------------------------------- moves: transfers

  private readonly quote: Move = async () => {
    const { identity } = this.random.pick(await this.withRole(Role.dataCentre));
    const firstSlot = this.slot + this.random.big(0, 1);
    return make("quote", identity.wallet, {
      price: this.random.big(200_000, 700_000),
      energy: this.random.big(3_000, 20_000),
      cores: this.random.big(8, 64),
      firstSlot,
      lastSlot: this.random.chance(0.95) ? firstSlot + this.random.big(0, 5) : firstSlot - 1n,
      repaymentSlots: this.random.big(0, 4),
    });
  };

  private readonly withdrawQuote: Move = async () =>
    make("withdrawQuote", this.random.pick(await this.withRole(Role.dataCentre)).identity.wallet);

  private readonly take: Move = async () => {
    const { local } = this.twin;
    const open = await this.contractsWhere((c) => c.deadline >= this.slot && !c.handedOver);
    const chosen = this.random.maybe(open);
    if (chosen === undefined) return undefined;
    const [contractId, c] = chosen;
    const first = await local.identityOf(c.seller);
    const quoting: bigint[] = [];
    for (const { number } of await this.withRole(Role.dataCentre)) {
      const { energy, cores, lastSlot } = await local.quoteOf(number);
      if (number !== c.seller && energy > 0n && cores >= c.cores && lastSlot >= this.slot) {
        quoting.push(number);
      }
    }
    const target = this.random.maybe(quoting);
    if (target === undefined && this.random.chance(0.9)) return undefined;
    const own = this.random.chance(0.03);
    const q = await local.quoteOf(target ?? 0n);
    const left = c.coreSeconds - c.delivered;
    const latest = q.lastSlot < c.deadline ? q.lastSlot : c.deadline;
    const coreSeconds = this.random.chance(0.5) ? left : this.random.big(1n, left);
    return make("take", first.wallet, {
      contractId,
      target: own ? c.seller : (target ?? this.random.big(0, 20)),
      coreSeconds,
      maxPrice: this.random.chance(0.95) || q.price === 0n ? q.price : q.price - 1n,
      due: this.random.chance(0.95) && latest >= this.slot ? latest : latest + 1n,
      repaymentSlots: this.random.chance(0.3)
        ? 0n
        : this.random.chance(0.93)
          ? q.repaymentSlots
          : q.repaymentSlots + 1n,
      networkFee: this.random.weighted([
        [1, 0n],
        [3, this.random.big(1, 400_000)],
      ]),
    });
  };

  private readonly handBack: Move = async () => {
    const { local } = this.twin;
    for (const transferId of this.random.shuffled([...this.openTransfers])) {
      const t = await local.transferOf(transferId);
      const debt = t.executed - t.repaid;
      if (t.mode !== TransferMode.computeTime || debt === 0n || t.periodEnd < this.slot) continue;
      const own = await this.contractsWhere(
        (c) => c.seller === t.target && c.deadline >= this.slot && !c.handedOver,
      );
      const chosen = this.random.maybe(own);
      if (chosen === undefined) continue;
      const [contractId, c] = chosen;
      const left = c.coreSeconds - c.delivered;
      const most = debt < left ? debt : left;
      const latest = t.periodEnd < c.deadline ? t.periodEnd : c.deadline;
      const due = this.random.chance(0.95) ? latest : latest + 1n;
      const coreSeconds = this.random.chance(0.7) ? most : this.random.big(1n, most);
      const { wallet } = await local.identityOf(t.target);
      return make("handBack", wallet, transferId, contractId, coreSeconds, due);
    }
    if (this.random.chance(0.95)) return undefined;
    const transfers = await local.transfers();
    const { identity } = this.random.pick(await this.withRole(Role.dataCentre));
    const contracts = await local.contracts();
    return make(
      "handBack",
      identity.wallet,
      this.random.big(0n, transfers),
      this.random.big(0n, contracts),
      1n,
      this.slot,
    );
  };

  private readonly closeTransfer: Move = async () => {
    const { local } = this.twin;
    const possible: Call[] = [];
    for (const transferId of this.openTransfers) {
      const t = await local.transferOf(transferId);
      const executing = t.status === TransferStatus.executing;
      if (executing && (await local.isFinal(t.target, t.due))) {
        possible.push(make("closeOverdue", this.anyone(), transferId));
      }
      if (
        t.returning !== 0n &&
        (await local.isFinal(t.first, (await local.handoverOf(t.returning)).due))
      ) {
        possible.push(make("closeReturn", this.anyone(), transferId));
      }
      const over = t.periodEnd < this.slot || this.random.chance(0.1);
      if (t.status === TransferStatus.owing && over) {
        possible.push(make("settle", this.anyone(), transferId));
      }
    }
    const name = this.random.pick(["closeOverdue", "closeReturn", "settle"] as const);
    const stray = make(name, this.anyone(), this.random.big(0n, (await local.transfers()) + 1n));
    return this.random.chance(0.85) ? (this.random.maybe(possible) ?? stray) : stray;
  };

  // ---------------------------------------------------------------- moves: beacon

  private readonly commitChain: Move = async () => {
    const idle = await this.where(
      await this.withRole(Role.beacon),
      async ({ number }) => !(await this.twin.local.chainOf(number)).active,
    );
    if (idle === undefined && this.random.chance(0.9)) return undefined;
    const { number, identity } = idle ?? this.random.pick(await this.withRole(Role.beacon));
    return this.chain(identity.wallet, number);
  };

  private readonly openValue: Move = async () => {
    const { local } = this.twin;
    const slot = this.slot + 1n;
    const ready = await this.where(await this.withRole(Role.beacon), async ({ number }) => {
      const { active, nextSlot } = await local.chainOf(number);
      return active && nextSlot === slot;
    });
    if (ready === undefined && this.random.chance(0.9)) return undefined;
    const { number } = ready ?? this.random.pick(await this.withRole(Role.beacon));
    const { last } = await local.chainOf(number);
    const values = this.chains.get(number.toString()) ?? [];
    const value = values[values.indexOf(last) + 1] ?? ZeroHash;
    return make("open", this.anyone(), number, slot, value);
  };

  private readonly endChain: Move = async () => {
    const { number } = this.random.pick(await this.withRole(Role.beacon));
    return make(this.random.chance(0.5) ? "slash" : "retire", this.anyone(), number);
  };

  // ---------------------------------------------------------------- moves: money and identities

  private readonly mint: Move = () => {
    const from = this.random.chance(0.9) ? this.admin : this.anyone();
    const to = this.random.chance(0.95) ? this.anyone() : ZeroAddress;
    return Promise.resolve(make("mint", from, to, this.random.big(1, 50) * YUAN));
  };

  private readonly approve: Move = () => {
    const { vault } = this.twin.addresses;
    const amount = this.random.weighted([
      [3, MAX_UINT],
      [1, 20n * YUAN],
      [1, 0n],
    ]);
    if (this.random.chance(0.15)) {
      return Promise.resolve(
        make("transfer", this.anyone(), this.anyone(), this.random.big(0, 9) * YUAN),
      );
    }
    const spender = this.random.chance(0.97) ? vault : ZeroAddress;
    return Promise.resolve(make("approve", this.anyone(), spender, amount));
  };

  private readonly deposit: Move = async () => {
    const { local, addresses } = this.twin;
    const { number, identity } = this.random.pick(await this.known());
    const amount = this.random.weighted([
      [12, this.random.big(1, 60) * YUAN + this.random.big(0, 999)],
      [1, 0n],
      [0.5, 2n ** 128n],
    ]);
    const kind = this.random.int(0, 9);
    if (kind < 5) return make("deposit", identity.wallet, amount);
    if (kind < 7) {
      const to = this.random.chance(0.9) ? number : 99n;
      return make("depositFor", this.anyone(), to, amount);
    }
    const owner = identity.wallet;
    const nonce = await local.nonces(owner);
    const permit = {
      owner,
      spender: addresses.vault,
      value: amount,
      nonce: this.random.chance(0.85) ? nonce : nonce + 1n,
      deadline: this.random.chance(0.85) ? this.now + 100n : this.now - 1n,
    };
    return make("depositWithPermit", owner, permit, { signer: owner });
  };

  private readonly withdraw: Move = async () => {
    const { local, addresses } = this.twin;
    const { number, identity } = this.random.pick(await this.known());
    const { available } = await local.accountOf(number);
    const amount = this.random.weighted([
      [8, available / 8n],
      [1, available],
      [1, available + 1n],
      [0.5, 0n],
      [0.5, MAX_UINT],
    ]);
    const to = this.random.weighted([
      [8, identity.wallet],
      [1, this.anyone()],
      [0.5, ZeroAddress],
      [0.5, addresses.vault],
    ]);
    return make("withdraw", identity.wallet, amount, to);
  };

  private readonly payOut: Move = async () => {
    const pool = await this.twin.local.penaltyPool();
    const amount = this.random.chance(0.8) ? pool / 2n : pool + 1n;
    return make(
      "payOut",
      this.random.chance(0.85) ? this.admin : this.anyone(),
      amount,
      this.anyone(),
    );
  };

  private readonly enrol: Move = async () => {
    const lapsed = await this.where(await this.known(), ({ identity }) =>
      Promise.resolve(identity.revoked || identity.validUntil < this.now),
    );
    const known = lapsed ?? this.random.pick(await this.known());
    const stranger = this.random.pick(this.strangers);
    const enrolment = this.random.weighted<() => Enrolment>([
      // Renewal, sometimes with a certificate that soon expires.
      [8, () => this.enrolment(known.identity.id, known.identity.wallet, known.identity.role)],
      [0.2, () => this.enrolment(`stranger ${stranger}`, stranger, Role.none)],
      [1, () => this.enrolment(known.identity.id, stranger, known.identity.role)],
      [1, () => this.enrolment(`new ${stranger}`, known.identity.wallet, known.identity.role)],
      [0.5, () => this.enrolment(known.identity.id, known.identity.wallet, Role.user)],
      [0.5, () => this.enrolment(`stranger ${stranger}`, stranger, this.random.big(0, 6))],
      [
        0.4,
        () => this.enrolment(this.random.chance(0.5) ? "" : "x".repeat(65), stranger, Role.user),
      ],
    ])();
    const spoilt = this.random.weighted<Partial<Enrolment>>([
      [10, {}],
      [2, { validUntil: this.now + this.random.big(1, 9000) }],
      [0.5, { expiry: this.now - 1n }],
      [0.5, { validUntil: this.now - 1n }],
      [0.5, { certificate: ZeroHash }],
      [0.5, { certificate: known.identity.certificate }],
    ]);
    const message = { ...enrolment, ...spoilt };
    const registrar = this.sign("identities", ENROLMENT_TYPES, message, this.admin);
    return make("enrol", message.wallet, message, registrar);
  };

  private readonly rotate: Move = async () => {
    const { number, identity } = this.random.pick(await this.known());
    const wallet = this.random.chance(0.8) ? await this.newWallet() : this.anyone();
    const rotation = {
      participant: this.random.chance(0.95) ? number : 99n,
      wallet,
      certificate: this.certificate(),
      validUntil: FAR,
      expiry: this.now + 50n,
    };
    return make(
      "rotate",
      wallet,
      rotation,
      this.sign("identities", ROTATION_TYPES, rotation, this.admin),
      this.sign("identities", ROTATION_TYPES, rotation, identity.wallet),
    );
  };

  private readonly revoke: Move = async () => {
    const { number, identity } = this.random.pick(await this.known());
    const call = make("revoke", this.admin, this.random.chance(0.95) ? number : 99n);
    // Comes back after a while.
    const renewal = this.enrolment(identity.id, identity.wallet, identity.role);
    if (this.random.chance(0.5))
      this.queueSoon(make("enrol", identity.wallet, renewal, { signer: this.admin }));
    return call;
  };

  // ---------------------------------------------------------------- spoilt calls

  /** The call with one thing changed. */
  private spoil(call: Call): Call {
    if (this.random.chance(0.3)) return { ...call, from: this.anyone() };
    const args: readonly unknown[] = call.args;
    // A signature that is sent as it is says nothing about another message.
    const signed = JSON.stringify(args, (_, v: unknown) => (typeof v === "bigint" ? 0 : v));
    if (signed.includes('"bytes":')) return { ...call, from: this.anyone() };
    const leaves = args.reduce<number>((sum, arg) => sum + this.leaves(arg), 0);
    if (leaves === 0) return { ...call, from: this.anyone() };
    let place = this.random.int(0, leaves - 1);
    const change = (value: unknown, field: string): unknown => {
      if (Array.isArray(value)) return value.map((item) => change(item, field));
      if (typeof value === "object" && value !== null) {
        return Object.fromEntries(
          Object.entries(value).map(([key, item]) => [key, change(item, key)]),
        );
      }
      place -= 1;
      return place === -1 ? this.changed(value, field) : value;
    };
    return { ...call, args: args.map((arg) => change(arg, "")) } as unknown as Call;
  }

  private leaves(value: unknown): number {
    if (typeof value !== "object" || value === null) return 1;
    return Object.values(value).reduce<number>((sum, item) => sum + this.leaves(item), 0);
  }

  private changed(value: unknown, field: string): unknown {
    if (typeof value === "boolean") return !value;
    if (typeof value === "bigint") {
      const most = MOST[field] ?? MAX_UINT32;
      const changed = this.random.pick([value + 1n, value - 1n, 0n]);
      return changed < 0n || changed > most ? value : changed;
    }
    // The signature of another wallet, or another wallet, certificate or salt; raw signatures stay.
    if (field === "bytes" || typeof value !== "string") return value;
    if (/^0x[0-9a-fA-F]{40}$/.test(value)) return this.anyone();
    return /^0x[0-9a-f]{64}$/.test(value) ? this.random.bytes32() : value;
  }

  // ---------------------------------------------------------------- messages

  private async signedCommitment(bidder: Known, slot: bigint): Promise<SignedCommitment> {
    const { sequence } = await this.twin.local.planOf(bidder.number);
    const commitment = {
      slot: this.random.chance(0.97) ? slot : slot + 1n,
      commitment: await this.plan(bidder, slot),
      replaces: this.random.chance(0.93) ? sequence : sequence + 1n,
      expiry: this.random.chance(0.95) ? this.now + 60n : this.now - 1n,
    };
    const wallet = this.random.chance(0.96) ? bidder.identity.wallet : this.anyone();
    return { commitment, signature: this.sign("auction", COMMITMENT_TYPES, commitment, wallet) };
  }

  private signedPlan(plan: Plan, wallet: Address): SignedPlan {
    const signer = this.random.chance(0.96) ? wallet : this.anyone();
    return { plan, signature: this.sign("auction", PLAN_TYPES, plan, signer) };
  }

  /** Mostly a signature of the message; sometimes one for another chain, which recovers to somebody else. */
  private sign(
    part: "identities" | "meters" | "auction",
    types: Record<string, TypedDataField[]>,
    message: object,
    signer: Address,
  ): Signature {
    if (this.random.chance(0.98) || signer === this.admin) return { signer };
    const { addresses, chainId } = this.twin;
    const domain = domainOf(part, addresses[part], chainId);
    const bytes = this.twin.transport.signNow(
      signer,
      { ...domain, chainId: chainId + 1n },
      types,
      message,
    );
    const digest = TypedDataEncoder.hash(domain, types, message);
    return { signer: recoverAddress(digest, bytes), bytes };
  }

  private enrolment(name: string, wallet: Address, role: bigint): Enrolment {
    const validUntil = FAR;
    return { id: name, wallet, role, certificate: this.certificate(), validUntil, expiry: FAR };
  }

  private certificate(): string {
    this.certificates += 1;
    return id(`certificate ${this.certificates}`);
  }

  /** Makes up a plan, remembers it, and returns its commitment. */
  private async plan({ number, identity }: Known, slot: bigint): Promise<string> {
    const seller = identity.role === Role.dataCentre;
    const count = this.random.weighted([
      [20, this.random.int(1, 3)],
      [4, this.random.int(4, 16)],
      [0.4, 17],
      [0.4, 0],
    ]);
    const list = <T>(item: () => T): T[] => Array.from({ length: count }, item);
    const mixed = this.random.chance(0.01);
    const plan: Plan = {
      slot,
      bidder: number,
      bids: !seller || mixed ? list(() => this.bid(slot)) : [],
      offers: seller || mixed ? list(() => this.offer()) : [],
      salt: this.random.bytes32(),
    };
    const commitment = await this.twin.local.commitmentOf(plan);
    this.plans.set(commitment, plan);
    return commitment;
  }

  private bid(slot: bigint): Bid {
    const cores = this.random.big(1, 8);
    const earliest =
      slot +
      this.random.weighted<bigint>([
        [4, 0n],
        [1, 1n],
      ]);
    const deadline = earliest + this.random.big(0, 3);
    const most = cores * (deadline - earliest + 1n) * this.twin.parameters.slotSeconds;
    const bid: Bid = {
      cores,
      coreSeconds: this.random.chance(0.6) ? this.random.big(1, 3600) : this.random.big(1n, most),
      energy: this.random.big(1, 6_000),
      maxPrice: this.random.big(3, 10) * 100_000n,
      earliest,
      deadline,
      priority: this.random.chance(0.5),
    };
    if (this.random.chance(0.985)) return bid;
    return {
      ...bid,
      ...this.random.pick<Partial<Bid>>([
        { cores: 0n },
        { coreSeconds: most },
        { coreSeconds: most + 1n },
        { earliest: slot - 1n },
        { deadline: earliest - 1n },
        { deadline: slot + 65_535n },
        { deadline: slot + 65_536n },
        { energy: MAX_UINT32, maxPrice: 65_536_000n },
        { energy: MAX_UINT32, maxPrice: MAX_UINT32 },
      ]),
    };
  }

  private offer(): Offer {
    const offer: Offer = {
      price: this.random.big(2, 8) * 100_000n,
      energy: this.random.big(500, 15_000),
      cores: this.random.big(2, 32),
    };
    if (this.random.chance(0.985)) return offer;
    return {
      ...offer,
      ...this.random.pick<Partial<Offer>>([
        { price: 0n },
        { cores: 65_535n },
        { energy: MAX_UINT32, price: MAX_UINT32 },
      ]),
    };
  }

  private chain(wallet: Address, operator: bigint): Call {
    const length = this.random.int(1, 12);
    const values = [this.random.bytes32()];
    for (let i = 0; i < length; i += 1) values.unshift(keccak256(values[0] ?? ZeroHash));
    this.chains.set(operator.toString(), values);
    const firstSlot =
      this.slot +
      this.random.weighted<bigint>([
        [12, 2n],
        [1, 1n],
        [1, 3n],
        [0.2, 10_000n],
      ]);
    const claimed = this.random.chance(0.95) ? BigInt(length) : 0n;
    return make("commitChain", wallet, values[0] ?? ZeroHash, firstSlot, claimed);
  }

  private async deliveries(dataCentre: bigint, slot: bigint): Promise<Delivery[]> {
    const { local, parameters } = this.twin;
    const result: Delivery[] = [];
    for (const contractId of [...this.running].sort((a, b) => Number(a - b))) {
      const c = await local.contractOf(contractId);
      if (slot < c.firstSlot || slot > c.deadline) continue;
      const h = await local.handoverOf(contractId);
      const inTime = (h.from <= slot && slot <= h.due) || this.random.chance(0.3);
      const executor = h.executor === dataCentre && inTime;
      const limit = c.cores * parameters.slotSeconds;
      const handedOver = h.coreSeconds - h.executed;
      const mine =
        c.seller === dataCentre
          ? c.coreSeconds - c.delivered - handedOver
          : executor
            ? handedOver
            : 0n;
      const most = mine < limit ? mine : limit;
      if (most <= 0n || this.random.chance(0.25)) continue;
      const coreSeconds = this.random.weighted<bigint>([
        [30, most],
        [10, this.random.big(1n, most)],
        [1.2, mine + 1n],
        [0.8, limit + 1n],
      ]);
      const energy = (c.energy * coreSeconds) / c.coreSeconds;
      const grid = this.random.chance(0.3) ? energy / 2n : 0n;
      const esd = this.random.chance(0.3) ? (energy - grid) / 2n : 0n;
      result.push({ contractId, coreSeconds, pv: energy - grid - esd, esd, grid });
      if (result.length === 8) break;
    }
    return result;
  }

  /** Deliveries that are most likely not the data centre's. */
  private async strayDeliveries(): Promise<Delivery[]> {
    const contracts = await this.twin.local.contracts();
    const ids = Array.from({ length: this.random.int(1, 2) }, () =>
      this.random.big(0n, contracts + 1n),
    );
    if (this.random.chance(0.8)) ids.sort((a, b) => Number(a - b));
    const handedOver = await this.contractsWhere((c) => c.handedOver);
    const others = this.random.chance(0.4)
      ? this.random.maybe(handedOver)?.[0]
      : this.random.maybe([...this.running]);
    if (others !== undefined && this.random.chance(0.8)) ids.splice(0, ids.length, others);
    return ids.map((contractId) => ({
      contractId,
      coreSeconds: this.random.pick([0n, 1n, 1n, 100n, 100_000n]),
      pv: this.random.big(0, 50),
      esd: 0n,
      grid: 0n,
    }));
  }

  // ---------------------------------------------------------------- who and what there is

  private get admin(): Address {
    return this.twin.admin;
  }

  private anyone(): Address {
    return this.random.pick(this.wallets);
  }

  private async newWallet(): Promise<Address> {
    const wallet = await this.twin.transport.wallet(`${this.wallets.length}`);
    this.wallets.push(wallet);
    return wallet;
  }

  /** Has a call made after a few others. */
  private queueSoon(call: Call): void {
    this.later.push({ after: this.made + this.random.int(3, 25), call });
  }

  private async known(): Promise<Known[]> {
    const { local } = this.twin;
    const count = Number(await local.participants());
    return Promise.all(
      Array.from({ length: count }, async (_, i) => ({
        number: BigInt(i + 1),
        identity: await local.identityOf(BigInt(i + 1)),
      })),
    );
  }

  private async withRole(role: bigint): Promise<Known[]> {
    return (await this.known()).filter(({ identity }) => identity.role === role);
  }

  private async traders(): Promise<Known[]> {
    return (await this.known()).filter(
      ({ identity: { role } }) => role === Role.user || role === Role.dataCentre,
    );
  }

  private async anyTrader(): Promise<Known> {
    return this.random.pick(this.random.chance(0.97) ? await this.traders() : await this.known());
  }

  /** A trader, mostly one without a plan for the slot. */
  private async unsealed(slot: bigint): Promise<Known | undefined> {
    const bidder = await this.anyTrader();
    const { status, slot: of } = await this.twin.local.planOf(bidder.number);
    const sealed = status === PlanStatus.sealed && of === slot;
    return sealed && this.random.chance(0.9) ? undefined : bidder;
  }

  /** A random one of those that fit. */
  private async where(
    list: readonly Known[],
    fits: (known: Known) => Promise<boolean>,
  ): Promise<Known | undefined> {
    for (const known of this.random.shuffled(list)) if (await fits(known)) return known;
    return undefined;
  }

  private async walletOf(participant: bigint): Promise<Address> {
    return (await this.twin.local.identityOf(participant)).wallet;
  }

  private async contractsWhere(
    fits: (c: SupplyContract) => boolean,
  ): Promise<[bigint, SupplyContract][]> {
    const result: [bigint, SupplyContract][] = [];
    for (const contractId of this.running) {
      const c = await this.twin.local.contractOf(contractId);
      if (c.status === SupplyStatus.running && fits(c)) result.push([contractId, c]);
    }
    return result;
  }

  private async book(slot: bigint): Promise<Book> {
    const bidders = (await this.traders()).map(({ number }) => number);
    return readBook(bidders, (some) => this.twin.local.entriesOf(slot, some));
  }
}
