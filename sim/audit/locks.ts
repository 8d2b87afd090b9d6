/** What every participant's locked money is locked for. */
import { PlanStatus, Phase, SupplyStatus, TransferMode, TransferStatus } from "../market/ledger.ts";
import type { Transfer } from "../market/ledger.ts";
import type { LocalLedger } from "../market/localLedger.ts";
import { amountUp, bpsUp, depositBps, earnedDown, shareDown } from "../market/money.ts";
import type { MarketParameters } from "../market/parameters.ts";
import { Difference, requireSame } from "./difference.ts";

/** Reasons for which money is locked, as `docs/architecture.md` lists them. */
export const LOCK_REASONS = [
  "bonds",
  "plans",
  "contracts",
  "quotes",
  "transfers",
  "beacons",
] as const;

/** Why money is locked. */
export type LockReason = (typeof LOCK_REASONS)[number];

/** Micro-yuan by reason. */
export type Locks = Record<LockReason, bigint>;

const noLocks = (): Locks => ({
  bonds: 0n,
  plans: 0n,
  contracts: 0n,
  quotes: 0n,
  transfers: 0n,
  beacons: 0n,
});

/** What explaining takes. */
export interface LockOptions {
  readonly ledger: LocalLedger;
  readonly parameters: MarketParameters;
  /** Deposit of each data centre's quote, basis points: that of its reputation when it quoted. */
  readonly quoteBps: ReadonlyMap<bigint, bigint>;
}

/**
 * Explains what is locked of every participant.
 *
 * @returns how much is locked for what in all
 * @throws Difference if the reasons do not come to what is locked
 */
export async function explainLocks(options: LockOptions): Promise<Locks> {
  const { ledger } = options;
  const count = await ledger.participants();
  const byParticipant = new Map<bigint, Locks>();
  for (let number = 1n; number <= count; number += 1n) byParticipant.set(number, noLocks());
  const add = (participant: bigint, reason: LockReason, amount: bigint): void => {
    const locks = byParticipant.get(participant);
    if (locks !== undefined) locks[reason] += amount;
  };
  await addContracts(ledger, add);
  await addTransfers(ledger, add);
  const sum = noLocks();
  for (const [participant, locks] of byParticipant) {
    await addOwn(options, participant, add);
    const { locked } = await ledger.accountOf(participant);
    const explained = LOCK_REASONS.reduce((all, reason) => all + locks[reason], 0n);
    if (await isInClearing(ledger, participant)) add(participant, "plans", locked - explained);
    else requireSame(`locked money of participant ${participant}`, explained, locked);
    if (locks.plans < 0n)
      throw new Difference(`locked money of participant ${participant}`, explained, locked);
    for (const reason of LOCK_REASONS) sum[reason] += locks[reason];
  }
  return sum;
}

type Add = (participant: bigint, reason: LockReason, amount: bigint) => void;

async function addContracts(ledger: LocalLedger, add: Add): Promise<void> {
  const count = await ledger.contracts();
  for (let id = 1n; id <= count; id += 1n) {
    const c = await ledger.contractOf(id);
    if (c.status !== SupplyStatus.running) continue;
    add(c.buyer, "contracts", c.escrow + c.buyerDeposit);
    add(c.seller, "contracts", c.sellerDeposit);
  }
}

async function addTransfers(ledger: LocalLedger, add: Add): Promise<void> {
  const count = await ledger.transfers();
  for (let id = 1n; id <= count; id += 1n) {
    const t = await ledger.transferOf(id);
    if (t.status === TransferStatus.closed) continue;
    const executing = t.status === TransferStatus.executing;
    const fee = executing ? t.networkFee - shareDown(t.networkFee, t.executed, t.coreSeconds) : 0n;
    add(t.first, "transfers", priceLeft(t) + fee);
    if (executing) add(t.target, "transfers", t.deposit);
  }
}

/** What is locked of a transfer's price: all but what was paid, or paid back in compute time. */
function priceLeft({ energy, price, coreSeconds, mode, executed, repaid }: Transfer): bigint {
  const done = mode === TransferMode.payment ? executed : repaid;
  return amountUp(energy, price) - earnedDown(energy, price, done, coreSeconds);
}

/** Bond, plan, quote and beacon chain. */
async function addOwn(
  { ledger, parameters, quoteBps }: LockOptions,
  participant: bigint,
  add: Add,
): Promise<void> {
  const { buyerBond, sellerBond, beaconBond } = parameters;
  const { bonded, seller, status, count, reputation } = await ledger.planOf(participant);
  if (bonded) add(participant, "bonds", seller ? sellerBond : buyerBond);
  if (status === PlanStatus.revealed && !(await isInClearing(ledger, participant))) {
    const bps = depositBps(reputation, parameters);
    for (let i = 0n; i < count; i += 1n)
      add(participant, "plans", await entryLock(ledger, participant, i, seller, bps));
  }
  const { energy, price } = await ledger.quoteOf(participant);
  add(participant, "quotes", bpsUp(amountUp(energy, price), quoteBps.get(participant) ?? 0n));
  if ((await ledger.chainOf(participant)).active) add(participant, "beacons", beaconBond);
}

async function entryLock(
  ledger: LocalLedger,
  participant: bigint,
  index: bigint,
  seller: boolean,
  bps: bigint,
): Promise<bigint> {
  if (seller) {
    const { energy, price } = await ledger.offerOf(participant, index);
    return bpsUp(amountUp(energy, price), bps);
  }
  const { energy, maxPrice } = await ledger.bidOf(participant, index);
  const value = amountUp(energy, maxPrice);
  return value + bpsUp(value, bps);
}

/** Whether the participant's plan is being cleared: then a part of it may be released already. */
async function isInClearing(ledger: LocalLedger, participant: bigint): Promise<boolean> {
  const { status, slot } = await ledger.planOf(participant);
  if (status !== PlanStatus.revealed) return false;
  const { phase } = await ledger.bookOf(slot);
  return phase === Phase.matching || phase === Phase.releasing;
}
