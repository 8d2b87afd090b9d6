/** The microgrids' prices. */
import { Role, type Address, type GridPrices } from "../ledger.ts";
import type { LocalMarket } from "./market.ts";
import { refuse, StateMap } from "./world.ts";

interface Announcement extends GridPrices {
  readonly fromSlot: bigint;
}

/** Import and feed-in prices per grid operator, from a slot on. */
export class LocalTariff {
  private readonly market: LocalMarket;
  /** In the order of the slots. */
  private readonly announcements: StateMap<bigint, readonly Announcement[]>;

  constructor(market: LocalMarket) {
    this.market = market;
    this.announcements = new StateMap(market.world);
  }

  announce(caller: Address, fromSlot: bigint, importPrice: bigint, feedInPrice: bigint): void {
    const { identities, world } = this.market;
    const { participant: gridOperator } = identities.requireActive(caller, Role.gridOperator);
    const current = world.currentSlot();
    if (fromSlot <= current) refuse("SlotHasBegun", fromSlot, current);
    if (feedInPrice > importPrice) refuse("FeedInAboveImport", importPrice, feedInPrice);
    const earlier = this.announcements.get(gridOperator) ?? [];
    const latest = earlier.at(-1);
    if (latest !== undefined && latest.fromSlot > fromSlot)
      refuse("LaterTariffExists", fromSlot, latest.fromSlot);

    const kept = latest?.fromSlot === fromSlot ? earlier.slice(0, -1) : earlier;
    this.announcements.set(gridOperator, [...kept, { fromSlot, importPrice, feedInPrice }]);
    world.emit("TariffAnnounced", { gridOperator, fromSlot, importPrice, feedInPrice });
  }

  pricesAt(gridOperator: bigint, slot: bigint): GridPrices {
    const known = this.announcements.get(gridOperator) ?? [];
    const { importPrice, feedInPrice } =
      known.findLast(({ fromSlot }) => fromSlot <= slot) ?? refuse("NoTariff", gridOperator, slot);
    return { importPrice, feedInPrice };
  }
}
