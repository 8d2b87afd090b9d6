/** Who an address or number is. */
import { getAddress } from "ethers";

import type {
  Address,
  AddressRef,
  EventMoment,
  Moment,
  ParticipantRef,
  Role,
} from "../../shared/api.ts";
import { partsOfPlace, type Database } from "../index/database.ts";
import type { Market } from "../market.ts";

/** Names of participants, contracts and administrators, and where things happened. */
export class Names {
  private readonly db: Database;
  private readonly market: Market | undefined;
  private readonly administrators = new Map<string, string[]>();

  constructor(db: Database, market: Market | undefined) {
    this.db = db;
    this.market = market;
    const roles = market === undefined ? [] : Object.entries(market.record.roles);
    const deployer = market === undefined ? [] : [["deployer", market.record.deployer] as const];
    for (const [role, address] of [...deployer, ...roles]) {
      const key = address.toLowerCase();
      this.administrators.set(key, [...(this.administrators.get(key) ?? []), role]);
    }
  }

  /** A participant by its number. */
  participant(number: number): ParticipantRef {
    const row = this.db.get<{ id: string; role: Role }>(
      "SELECT id, role FROM participants WHERE number = ?",
      number,
    );
    return { number, id: row?.id ?? `#${number}`, role: row?.role ?? "user" };
  }

  /** An address as the index keeps it. */
  address(address: string): AddressRef {
    const shown = checksummed(address);
    const contract = this.market?.codec.at(address);
    if (contract !== undefined)
      return { address: shown, name: contract.name, kind: "contract", participant: null };
    const bound = this.db.get<{ number: number; id: string }>(
      "SELECT p.number, p.id FROM bindings b JOIN participants p ON p.number = b.participant WHERE b.wallet = ? ORDER BY b.at DESC",
      address,
    );
    if (bound !== undefined)
      return { address: shown, name: bound.id, kind: "participant", participant: bound.number };
    const roles = this.rolesOf(address);
    const name = roles.length > 0 ? roles.join(", ") : null;
    return {
      address: shown,
      name,
      kind: name === null ? "unknown" : "administrator",
      participant: null,
    };
  }

  /** Administrators' roles of an address at deployment, and whether it deployed the market. */
  rolesOf(address: string): readonly string[] {
    return this.administrators.get(address) ?? [];
  }

  /** Where a log is. */
  event(at: number): EventMoment {
    const { block, index: logIndex } = partsOfPlace(at);
    const row = this.db.get<{ hash: string; timestamp: number }>(
      `SELECT t.hash, b.timestamp FROM logs l JOIN transactions t ON t.at = l.tx
       JOIN blocks b ON b.number = ?2 WHERE l.at = ?1`,
      ...[at, block],
    );
    return { block, transaction: row?.hash ?? "0x", timestamp: row?.timestamp ?? 0, logIndex };
  }

  /** Where a log is; null for none. */
  eventOrNull(at: number | null): EventMoment | null {
    return at === null ? null : this.event(at);
  }

  /** Where a transaction is. */
  transaction(at: number): Moment {
    const { block } = partsOfPlace(at);
    const row = this.db.get<{ hash: string; timestamp: number }>(
      "SELECT t.hash, b.timestamp FROM transactions t JOIN blocks b ON b.number = ?2 WHERE t.at = ?1",
      ...[at, block],
    );
    return { block, transaction: row?.hash ?? "0x", timestamp: row?.timestamp ?? 0 };
  }

  /** Slot of a block's time; null without a market. */
  slotAt(timestamp: number): number | null {
    return this.market?.clock.slotAt(timestamp) ?? null;
  }
}

const checksums = new Map<string, Address>();
/** Enough for every address of a large market; checksums take long, and pages have many. */
const MOST_CHECKSUMS = 100_000;

/** An address with its checksum. */
export function checksummed(address: string): Address {
  let known = checksums.get(address);
  if (known === undefined) {
    known = getAddress(address);
    if (checksums.size >= MOST_CHECKSUMS) checksums.clear();
    checksums.set(address, known);
  }
  return known;
}
