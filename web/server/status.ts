/** What the console looks at and how far it is. */
import type { ClockStatus, MarketParameterName, MarketStatus, Role } from "../shared/api.ts";
import { slotRange } from "./api/energy.ts";
import { checksummed, type Names } from "./api/names.ts";
import type { Database } from "./index/database.ts";
import type { Market } from "./market.ts";
import { ROLES } from "./projection/identities.ts";
import type { SlotClock } from "./slotClock.ts";

/** What the market does at a time. */
export function clockStatus(db: Database, clock: SlotClock, timestamp: number): ClockStatus {
  const slot = clock.slotAt(timestamp);
  const last = db.get<{ slot: number | null }>("SELECT max(slot) slot FROM slots");
  return {
    ...{ timestamp, slot, auctionSlot: slot + 1, phase: clock.phaseAt(timestamp) },
    lastSlot: last?.slot ?? null,
  };
}

/** The market in figures. */
export function marketStatus(db: Database, names: Names, market: Market): MarketStatus {
  const { record, codec, firstBlock } = market;
  const count = (table: "supply" | "transfers"): number =>
    db.get<{ n: number }>(`SELECT count(*) n FROM ${table}`)?.n ?? 0;
  const counts = new Map(
    db
      .all<{ role: Role; n: number }>("SELECT role, count(*) n FROM participants GROUP BY role")
      .map(({ role, n }) => [role, n]),
  );
  const state = db.get<{ pool: string; paused: number }>("SELECT pool, paused FROM market_state");
  const nameOf = (address: string) => names.address(address.toLowerCase());
  return {
    contracts: Object.fromEntries(
      codec.contracts.map(({ name, address }) => [name, checksummed(address)]),
    ),
    parameters: Object.fromEntries(
      Object.entries(record.parameters).map(([name, value]) => [name, String(value)]),
    ) as Record<MarketParameterName, string>,
    deployer: nameOf(record.deployer),
    roles: {
      registrar: nameOf(record.roles.registrar),
      issuer: nameOf(record.roles.issuer),
      pauser: nameOf(record.roles.pauser),
      treasurer: nameOf(record.roles.treasurer),
    },
    firstBlock,
    slots: slotRange({ db }) ?? null,
    participants: Object.fromEntries(ROLES.map((role) => [role, counts.get(role) ?? 0])) as Record<
      Role,
      number
    >,
    contractsSigned: count("supply"),
    transfersSigned: count("transfers"),
    penaltyPool: state?.pool ?? "0",
    paused: state?.paused === 1,
  };
}
