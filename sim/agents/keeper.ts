/** Makes the calls that anybody may make and somebody has to: clears slots, expires contracts, ends transfers. */
import { orderBids, orderOffers, refOf, type BookBid, type BookOffer } from "../market/clearing.ts";
import { SupplyStatus, TransferStatus, type Address } from "../market/ledger.ts";
import type { MarketAccess } from "./access.ts";
import type { SignedContract } from "./contracts.ts";

/** The bids and offers of a slot. */
export interface Book {
  readonly bids: readonly BookBid[];
  readonly offers: readonly BookOffer[];
}

/** The keeper. It needs no account in the market. */
export class KeeperAgent {
  private readonly access: MarketAccess;
  private readonly wallet: Address;
  private readonly pageWork: bigint;
  private readonly revealed = new Map<bigint, bigint[]>();
  /** Contracts by the slot after which they can be expired. */
  private readonly deadlines = new Map<bigint, bigint[]>();
  private readonly openTransfers = new Set<bigint>();

  /** @param pageWork steps of a page of clearing */
  constructor(access: MarketAccess, wallet: Address, pageWork: bigint) {
    this.access = access;
    this.wallet = wallet;
    this.pageWork = pageWork;
    const { record } = access;
    record.on("Revealed", ({ participant, slot }) => {
      const list = this.revealed.get(slot as bigint);
      if (list) list.push(participant as bigint);
      else this.revealed.set(slot as bigint, [participant as bigint]);
    });
    record.on("Taken", ({ transferId }) => this.openTransfers.add(transferId as bigint));
    record.on("TransferClosed", ({ transferId }) =>
      this.openTransfers.delete(transferId as bigint),
    );
  }

  /** Notes contracts that were signed. */
  watch(signed: readonly SignedContract[]): void {
    for (const { contractId, terms } of signed) {
      const list = this.deadlines.get(terms.deadline);
      if (list) list.push(contractId);
      else this.deadlines.set(terms.deadline, [contractId]);
    }
  }

  /** Clears a slot; returns the book that it was cleared from. */
  async clear(slot: bigint): Promise<Book> {
    const { ledger } = this.access;
    const bids: BookBid[] = [];
    const offers: BookOffer[] = [];
    for (const participant of this.revealed.get(slot) ?? []) {
      const { seller, sequence, reputation, count } = await ledger.planOf(participant);
      for (let index = 0n; index < count; index += 1n) {
        const entry = { ref: refOf(participant, index), reputation, sequence };
        if (seller) offers.push({ ...entry, ...(await ledger.offerOf(participant, index)) });
        else {
          const { maxPrice: price, energy, cores } = await ledger.bidOf(participant, index);
          bids.push({ ...entry, price, energy, cores });
        }
      }
    }
    this.revealed.delete(slot);
    let ranking: [bigint[], bigint[]] = [
      orderBids(bids).map(({ ref }) => ref),
      orderOffers(offers).map(({ ref }) => ref),
    ];
    for (let cleared = false; !cleared; ranking = [[], []]) {
      const call = ledger.clear(this.wallet, slot, ...ranking, this.pageWork);
      cleared = await this.access.must("the keeper", call);
    }
    return { bids, offers };
  }

  /** Ends what is over when all readings before `slot` are in. */
  async tidy(slot: bigint): Promise<void> {
    const { ledger } = this.access;
    for (const transferId of [...this.openTransfers]) await this.tidyTransfer(transferId, slot);
    const over = slot - 1n;
    for (const contractId of this.deadlines.get(over) ?? []) {
      const { status } = await ledger.contractOf(contractId);
      if (status === SupplyStatus.running)
        await this.access.must("the keeper", ledger.expire(this.wallet, contractId));
    }
    this.deadlines.delete(over);
  }

  private async tidyTransfer(transferId: bigint, slot: bigint): Promise<void> {
    const { ledger } = this.access;
    const t = await ledger.transferOf(transferId);
    const must = (call: ReturnType<typeof ledger.settle>): Promise<unknown> =>
      this.access.must("the keeper", call);
    if (t.status === TransferStatus.executing && slot > t.due)
      await must(ledger.closeOverdue(this.wallet, transferId));
    if (t.returning !== 0n) {
      const { due } = await ledger.handoverOf(t.returning);
      if (slot > due) await must(ledger.closeReturn(this.wallet, transferId));
    }
    if (slot <= t.periodEnd) return;
    const now = await ledger.transferOf(transferId);
    if (now.status === TransferStatus.owing && now.returning === 0n)
      await must(ledger.settle(this.wallet, transferId));
  }
}
