/** What a browser needs to verify a slot by itself. */
import type { SlotEvidence } from "../../shared/api.ts";
import { partsOfPlace } from "../index/database.ts";
import type { MarketContext } from "./endpoint.ts";
import { checksummed } from "./names.ts";

const EVIDENCE_EVENTS = [
  "Committed",
  "PlanWithdrawn",
  "Revealed",
  "PlanDropped",
  "PlanPunished",
  "ValueOpened",
  "MatchingStarted",
  "Signed",
  "Unmatched",
  "Cleared",
];

/** Raw logs and calldata of a slot, in the order of the chain. */
export function evidenceOf(context: MarketContext, slot: number): SlotEvidence {
  const { db, market } = context;
  const address = (name: string): string => checksummed(market.codec.named(name)?.address ?? "");
  const { parameters, chainId } = market.record;
  const events = EVIDENCE_EVENTS.map((name) => `'${name}'`).join(", ");
  const ats = db.all<{ at: number }>(
    `SELECT m.at FROM mentions m JOIN events e ON e.at = m.at WHERE m.kind = 4 AND m.id = ?1 AND e.name IN (${events})
     UNION SELECT (SELECT max(at) FROM reputation r WHERE r.participant = p.participant AND r.at < p.revealed
       AND r.at > (SELECT enrolled FROM participants WHERE number = p.participant))
     FROM plans p WHERE p.slot = ?1 AND p.revealed IS NOT NULL ORDER BY 1`,
    slot,
  );
  const logs = ats.flatMap(({ at }) => {
    const row = db.get<{ address: string; topics: string; data: string }>(
      "SELECT address, topics, data FROM logs WHERE at = ?",
      at,
    );
    if (row === undefined) return [];
    const { block, transaction, logIndex } = context.names.event(at);
    return [
      {
        block,
        transaction,
        logIndex,
        address: checksummed(row.address),
        topics: row.topics.split(","),
        data: row.data,
      },
    ];
  });
  const reveals = db
    .all<{ at: number; hash: string; sender: string; receiver: string | null; input: string }>(
      `SELECT DISTINCT t.at, t.hash, t.sender, t.receiver, t.input FROM plans p JOIN logs l ON l.at = p.revealed
       JOIN transactions t ON t.at = l.tx WHERE p.slot = ? ORDER BY t.at`,
      slot,
    )
    .map(({ at, hash, sender, receiver, input }) => ({
      block: partsOfPlace(at).block,
      hash,
      from: checksummed(sender),
      to: receiver === null ? null : checksummed(receiver),
      input,
    }));
  return {
    slot,
    chainId: Number(chainId),
    auction: address("SlotAuction"),
    supply: address("SupplyBook"),
    beacon: address("RandomBeacon"),
    vault: address("Vault"),
    identities: address("IdentityRegistry"),
    drawAmong: Number(parameters.drawAmong),
    sellerShareBps: Number(parameters.sellerShareBps),
    logs,
    reveals,
  };
}
