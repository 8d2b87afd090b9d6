/** Makes the calls that anybody may make and somebody has to: punishes, clears slots, expires contracts, ends transfers. */
import { orderBids, orderOffers, readBook, type Book } from "../market/clearing.ts";
import {
  SupplyStatus,
  TransferStatus,
  type Address,
  type Answer,
  type Transfer,
} from "../market/ledger.ts";
import type { MarketAccess } from "./access.ts";
import type { SignedContract } from "./contracts.ts";

/** The keeper. It needs no account in the market. */
export class KeeperAgent {
  private readonly access: MarketAccess;
  private readonly wallet: Address;
  private readonly pageWork: bigint;
  private readonly revealed = new Map<bigint, bigint[]>();
  /** Whose plans are sealed. */
  private readonly sealed = new Set<bigint>();
  /** Contracts that run, by the slot after which they can be expired. */
  private readonly deadlines = new Map<bigint, Set<bigint>>();
  /** That slot of each of them. */
  private readonly running = new Map<bigint, bigint>();
  /** Contracts whose deadline is over, and which cannot be expired while a reading may still come. */
  private overdue: bigint[] = [];
  /** Transfers that are not closed, and the slot in which something may have to be done about each. */
  private readonly openTransfers = new Map<bigint, bigint>();

  /** @param pageWork steps of a page of clearing */
  constructor(access: MarketAccess, wallet: Address, pageWork: bigint) {
    this.access = access;
    this.wallet = wallet;
    this.pageWork = pageWork;
    const { record } = access;
    record.on("Committed", ({ participant }) => this.sealed.add(participant as bigint));
    for (const name of ["Revealed", "PlanWithdrawn", "PlanDropped", "PlanPunished"])
      record.on(name, ({ participant }) => this.sealed.delete(participant as bigint));
    record.on("Revealed", ({ participant, slot }) => {
      const list = this.revealed.get(slot as bigint);
      if (list) list.push(participant as bigint);
      else this.revealed.set(slot as bigint, [participant as bigint]);
    });
    record.on("Fulfilled", ({ contractId }) => {
      const id = contractId as bigint;
      this.deadlines.get(this.running.get(id) ?? 0n)?.delete(id);
      this.running.delete(id);
    });
    for (const name of ["Taken", "HandedBack"])
      record.on(name, ({ transferId }) => this.openTransfers.set(transferId as bigint, 0n));
    record.on("TransferClosed", ({ transferId }) =>
      this.openTransfers.delete(transferId as bigint),
    );
  }

  /** Notes contracts that were signed. */
  watch(signed: readonly SignedContract[]): void {
    for (const { contractId, terms } of signed) {
      const ids = this.deadlines.get(terms.deadline);
      if (ids) ids.add(contractId);
      else this.deadlines.set(terms.deadline, new Set([contractId]));
      this.running.set(contractId, terms.deadline);
    }
  }

  /** Punishes those whose plans were not opened; the reveal window has to be over. */
  async punish(): Promise<void> {
    const { ledger } = this.access;
    const punishing = [...this.sealed].map(async (participant) => {
      await this.access.must("the keeper", ledger.punish(this.wallet, participant));
    });
    await Promise.all(punishing);
  }

  /** Clears a slot; returns the book that it was cleared from. */
  async clear(slot: bigint): Promise<Book> {
    const { ledger } = this.access;
    const book = await readBook(this.revealed.get(slot) ?? [], (some) =>
      ledger.entriesOf(slot, some),
    );
    const { bids, offers } = book;
    this.revealed.delete(slot);
    let ranking: [bigint[], bigint[]] = [
      orderBids(bids).map(({ ref }) => ref),
      orderOffers(offers).map(({ ref }) => ref),
    ];
    for (let cleared = false; !cleared; ranking = [[], []]) {
      const call = ledger.clear(this.wallet, slot, ...ranking, this.pageWork);
      cleared = await this.access.must("the keeper", call);
    }
    return book;
  }

  /** Ends what is over, as far as all readings of it are in; `slot` is the present one. */
  async tidy(slot: bigint): Promise<void> {
    const { ledger } = this.access;
    const due = [...this.openTransfers].filter(([, from]) => from <= slot);
    const transfers = await Promise.all(
      due.map(async ([id]) => ({ id, now: await ledger.transferOf(id) })),
    );
    for (const { id, now } of transfers) {
      this.openTransfers.set(id, nextLook(now, slot));
      await this.tidyTransfer(id, now, slot);
    }
    const over = slot - 1n;
    const candidates = [...this.overdue, ...(this.deadlines.get(over) ?? [])];
    this.deadlines.delete(over);
    const contracts = await Promise.all(
      candidates.map(async (id) => ({ id, now: await ledger.contractOf(id) })),
    );
    this.overdue = [];
    for (const { id, now } of contracts) {
      this.running.delete(id);
      if (now.status !== SupplyStatus.running) continue;
      if (!now.handedOver && (await ledger.isFinal(now.seller, now.deadline)))
        await this.access.must("the keeper", ledger.expire(this.wallet, id));
      else this.overdue.push(id);
    }
  }

  private async tidyTransfer(transferId: bigint, t: Transfer, slot: bigint): Promise<void> {
    const { ledger } = this.access;
    const must = (call: ReturnType<typeof ledger.settle>): Answer<undefined> =>
      this.access.must("the keeper", call);
    if (
      t.status === TransferStatus.executing &&
      slot > t.due &&
      (await ledger.isFinal(t.target, t.due))
    )
      await must(ledger.closeOverdue(this.wallet, transferId));
    if (t.returning !== 0n) {
      const { due } = await ledger.handoverOf(t.returning);
      if (slot > due && (await ledger.isFinal(t.first, due)))
        await must(ledger.closeReturn(this.wallet, transferId));
    }
    if (slot <= t.periodEnd) return;
    const now = await ledger.transferOf(transferId);
    if (now.status === TransferStatus.owing && now.returning === 0n)
      await must(ledger.settle(this.wallet, transferId));
  }
}

/** The slot in which something may have to be done about a transfer that nothing else happens to. */
function nextLook({ status, returning, due, periodEnd }: Transfer, slot: bigint): bigint {
  const isExecuting = status === TransferStatus.executing;
  if (returning !== 0n || slot > periodEnd || (isExecuting && slot > due)) return slot + 1n;
  return (isExecuting ? due : periodEnd) + 1n;
}
