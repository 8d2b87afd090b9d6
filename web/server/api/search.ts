/** Search: whatever names something in the console. */
import type { SearchHit } from "../../shared/api.ts";
import { single, type ApiContext, type EndpointTable } from "./endpoint.ts";
import { checksummed } from "./names.ts";
import { likeText } from "./participants.ts";

/** Most participants and addresses in an answer. */
const MOST = 10;

/** Longest search; IDs have 64 bytes, hashes 66 characters. */
const MOST_CHARACTERS = 100;

const ROLE_WORDS: Readonly<Record<string, string>> = {
  user: "user",
  dataCentre: "data centre",
  meter: "meter",
  gridOperator: "grid operator",
  networkOperator: "network operator",
  beacon: "beacon operator",
};

function byHash({ db }: ApiContext, hash: string): SearchHit[] {
  const hits: SearchHit[] = [];
  if (db.get("SELECT 1 FROM transactions WHERE hash = ?", hash) !== undefined)
    hits.push({ link: { kind: "transaction", hash }, label: hash, detail: "transaction" });
  const block = db.get<{ number: number }>("SELECT number FROM blocks WHERE hash = ?", hash);
  if (block !== undefined)
    hits.push({
      link: { kind: "block", block: block.number },
      label: `Block ${block.number}`,
      detail: "block",
    });
  const owner = db.get<{ participant: number }>(
    "SELECT participant FROM bindings WHERE certificate = ? ORDER BY at DESC",
    hash,
  );
  if (owner !== undefined)
    hits.push({
      link: { kind: "participant", number: owner.participant },
      label: hash,
      detail: "fingerprint of a participant's certificate",
    });
  return hits;
}

function byAddress({ names, db }: ApiContext, address: string): SearchHit[] {
  const { name, participant } = names.address(address);
  const known = db.get("SELECT 1 FROM addresses WHERE address = ?", address) !== undefined;
  const hit: SearchHit = {
    link: { kind: "address", address: checksummed(address) },
    label: name ?? checksummed(address),
    detail: known || name !== null ? "address" : "address without transactions",
  };
  if (participant === null) return [hit];
  return [
    {
      link: { kind: "participant", number: participant },
      label: name ?? "",
      detail: "wallet of a participant",
    },
    hit,
  ];
}

/** A number may be a supply contract, a transfer, a slot, a block or a participant. */
function byNumber({ db }: ApiContext, number: number): SearchHit[] {
  const hits: SearchHit[] = [];
  const has = (sql: string): boolean => db.get(sql, number) !== undefined;
  if (has("SELECT 1 FROM supply WHERE contract = ?"))
    hits.push({
      link: { kind: "supply", contract: number },
      label: `Contract ${number}`,
      detail: "supply contract",
    });
  if (has("SELECT 1 FROM transfers WHERE transfer = ?"))
    hits.push({
      link: { kind: "transfer", transfer: number },
      label: `Transfer ${number}`,
      detail: "order transfer",
    });
  if (has("SELECT 1 FROM slots WHERE slot = ?"))
    hits.push({ link: { kind: "slot", slot: number }, label: `Slot ${number}`, detail: "slot" });
  const block = db.get<{ transactions: number }>(
    "SELECT transactions FROM blocks WHERE number = ?",
    number,
  );
  if (block !== undefined)
    hits.push({
      link: { kind: "block", block: number },
      label: `Block ${number}`,
      detail: `block, ${block.transactions} ${block.transactions === 1 ? "transaction" : "transactions"}`,
    });
  const participant = db.get<{ id: string; role: string }>(
    "SELECT id, role FROM participants WHERE number = ?",
    number,
  );
  if (participant !== undefined)
    hits.push({
      link: { kind: "participant", number },
      label: participant.id,
      detail: `${ROLE_WORDS[participant.role] ?? ""} ${number}`,
    });
  return hits;
}

/** Participants by a part of their ID; the whole ID first. */
function byName({ db, market }: ApiContext, text: string): SearchHit[] {
  const participants = db
    .all<{ number: number; id: string; role: string }>(
      `SELECT number, id, role FROM participants WHERE id LIKE ?2 ESCAPE '\\'
       ORDER BY id <> ?1, lower(id) <> lower(?1), length(id), number LIMIT ${MOST}`,
      ...[text, likeText(text)],
    )
    .map(({ number, id, role }): SearchHit => ({
      link: { kind: "participant", number },
      label: id,
      detail: ROLE_WORDS[role] ?? "participant",
    }));
  const contracts = (market?.codec.contracts ?? [])
    .filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
    .map(({ name, address }): SearchHit => ({
      link: { kind: "address", address: checksummed(address) },
      label: name,
      detail: "contract of the market",
    }));
  return [...participants, ...contracts];
}

function search(context: ApiContext, q: string): SearchHit[] {
  const text = q.trim().slice(0, MOST_CHARACTERS);
  if (text === "") return [];
  if (/^0x[0-9a-f]{64}$/i.test(text)) return byHash(context, text.toLowerCase());
  if (/^0x[0-9a-f]{40}$/i.test(text)) return byAddress(context, text.toLowerCase());
  const number = /^#?(\d{1,15})$/.exec(text)?.[1];
  return [
    ...(number === undefined ? [] : byNumber(context, Number(number))),
    ...byName(context, text),
  ];
}

/** The endpoint of the search. */
export const SEARCH_ENDPOINTS: EndpointTable<"/api/search"> = {
  "/api/search": single((context, values) => search(context, values.text("q") ?? ""), {
    q: "text",
  }),
};
