/**
 * Tables of the index.
 *
 * The first group is the chain as the node gave it, the second follows from it and from the market's ABIs and can be made
 * anew at any time. A transaction's key is block * 2^24 + index, a log's block * 2^24 + its index in the block: one integer that
 * orders them, and that lists are paged by.
 *
 * Hashes, addresses and bytes are lower case hexadecimal. Amounts that the market bounds to 63 bits are integers; others
 * (payments of tokens and coins) are decimal text.
 */

/** Rises with every change of the tables or of what is derived, so that an index of another version is made anew. */
export const SCHEMA_VERSION = 2;

/** What the node gave. */
export const CHAIN_TABLES = `
CREATE TABLE blocks (
  number INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, parent_hash TEXT NOT NULL, timestamp INTEGER NOT NULL, seen TEXT,
  transactions INTEGER NOT NULL, failed INTEGER NOT NULL, events INTEGER NOT NULL, gas_used INTEGER NOT NULL,
  gas_limit INTEGER NOT NULL, base_fee TEXT, producer TEXT NOT NULL, size INTEGER NOT NULL, state_root TEXT NOT NULL);
CREATE TABLE transactions (
  at INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, sender TEXT NOT NULL, receiver TEXT, creates TEXT,
  nonce INTEGER NOT NULL, type INTEGER NOT NULL, value TEXT NOT NULL, gas_limit INTEGER NOT NULL, gas_price TEXT NOT NULL,
  max_fee TEXT, max_priority_fee TEXT, input TEXT NOT NULL, succeeded INTEGER NOT NULL, gas_used INTEGER NOT NULL,
  cumulative_gas INTEGER NOT NULL, fee TEXT NOT NULL, failure_source TEXT, failure_data TEXT, failure_message TEXT);
CREATE TABLE logs (
  at INTEGER PRIMARY KEY, tx INTEGER NOT NULL, address TEXT NOT NULL, topics TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX logs_by_transaction ON logs (tx);
CREATE INDEX logs_by_address ON logs (address, at);
CREATE INDEX transactions_by_sender ON transactions (sender, at);
CREATE INDEX transactions_by_receiver ON transactions (receiver, at);
CREATE INDEX transactions_by_created ON transactions (creates, at) WHERE creates IS NOT NULL;
CREATE INDEX transactions_failed ON transactions (at) WHERE succeeded = 0;
CREATE TABLE addresses (
  address TEXT PRIMARY KEY, sent INTEGER NOT NULL, received INTEGER NOT NULL, first_block INTEGER NOT NULL,
  last_block INTEGER NOT NULL) WITHOUT ROWID;
`;

/** What follows from it. */
export const DERIVED_TABLES = `
CREATE TABLE calls (tx INTEGER PRIMARY KEY, method TEXT, error TEXT);
CREATE INDEX calls_by_method ON calls (method, tx);
CREATE INDEX calls_by_error ON calls (error, tx) WHERE error IS NOT NULL;
CREATE TABLE events (at INTEGER PRIMARY KEY, contract TEXT NOT NULL, name TEXT NOT NULL);
CREATE INDEX events_by_contract ON events (contract, name, at);
CREATE INDEX events_by_name ON events (name, at);
CREATE TABLE mentions (kind INTEGER NOT NULL, id INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, id, at)) WITHOUT ROWID;
CREATE TABLE token_transfers (at INTEGER PRIMARY KEY, sender TEXT NOT NULL, receiver TEXT NOT NULL, amount TEXT NOT NULL);
CREATE INDEX token_transfers_by_sender ON token_transfers (sender, at);
CREATE INDEX token_transfers_by_receiver ON token_transfers (receiver, at);

CREATE TABLE participants (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL, role TEXT NOT NULL, wallet TEXT NOT NULL, certificate TEXT NOT NULL,
  valid_until INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0, reputation INTEGER NOT NULL, enrolled INTEGER NOT NULL,
  earned INTEGER NOT NULL DEFAULT 0, spent INTEGER NOT NULL DEFAULT 0, tab INTEGER);
CREATE INDEX participants_by_id ON participants (id COLLATE NOCASE);
CREATE TABLE bindings (
  at INTEGER PRIMARY KEY, participant INTEGER NOT NULL, wallet TEXT NOT NULL, certificate TEXT NOT NULL,
  valid_until INTEGER NOT NULL, revoked INTEGER);
CREATE INDEX bindings_by_participant ON bindings (participant, at);
CREATE INDEX bindings_by_wallet ON bindings (wallet);
CREATE TABLE reputation (
  participant INTEGER NOT NULL, at INTEGER NOT NULL, reputation INTEGER NOT NULL, PRIMARY KEY (participant, at)) WITHOUT ROWID;
CREATE TABLE sites (
  participant INTEGER PRIMARY KEY, meter INTEGER NOT NULL, grid_operator INTEGER NOT NULL, network_operator INTEGER NOT NULL,
  pv_limit INTEGER NOT NULL, esd_limit INTEGER NOT NULL, grid_limit INTEGER NOT NULL, version INTEGER NOT NULL,
  at INTEGER NOT NULL, first_slot INTEGER NOT NULL);

CREATE TABLE slots (
  slot INTEGER PRIMARY KEY, phase INTEGER NOT NULL DEFAULT 0, bids INTEGER NOT NULL DEFAULT 0, offers INTEGER NOT NULL DEFAULT 0,
  trades INTEGER NOT NULL DEFAULT 0, unmatched INTEGER NOT NULL DEFAULT 0, traded_wh INTEGER NOT NULL DEFAULT 0,
  value INTEGER NOT NULL DEFAULT 0, lowest INTEGER, highest INTEGER, transfers INTEGER NOT NULL DEFAULT 0, seed TEXT,
  ranker TEXT, started INTEGER, cleared INTEGER);
CREATE TABLE clearings (slot INTEGER NOT NULL, tx INTEGER NOT NULL, PRIMARY KEY (slot, tx)) WITHOUT ROWID;
CREATE TABLE plans (
  slot INTEGER NOT NULL, participant INTEGER NOT NULL, side TEXT NOT NULL, status TEXT NOT NULL, commitment TEXT NOT NULL,
  sequence INTEGER NOT NULL, committed INTEGER NOT NULL, replaced INTEGER NOT NULL DEFAULT 0, revealed INTEGER, salt TEXT,
  reputation INTEGER, items INTEGER, ended INTEGER, forfeited INTEGER, PRIMARY KEY (slot, participant)) WITHOUT ROWID;
CREATE INDEX plans_by_participant ON plans (participant, slot);
CREATE INDEX plans_by_sequence ON plans (slot, sequence);
CREATE TABLE bids (
  slot INTEGER NOT NULL, ref INTEGER NOT NULL, cores INTEGER NOT NULL, core_seconds INTEGER NOT NULL, energy INTEGER NOT NULL,
  price INTEGER NOT NULL, earliest INTEGER NOT NULL, deadline INTEGER NOT NULL, priority INTEGER NOT NULL,
  reputation INTEGER NOT NULL, sequence INTEGER NOT NULL, unmatched INTEGER NOT NULL DEFAULT 0, contract INTEGER,
  PRIMARY KEY (slot, ref)) WITHOUT ROWID;
CREATE TABLE offers (
  slot INTEGER NOT NULL, ref INTEGER NOT NULL, cores INTEGER NOT NULL, energy INTEGER NOT NULL, price INTEGER NOT NULL,
  reputation INTEGER NOT NULL, sequence INTEGER NOT NULL, left_wh INTEGER NOT NULL, left_cores INTEGER NOT NULL,
  trades INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (slot, ref)) WITHOUT ROWID;
CREATE INDEX bids_by_ref ON bids (ref);
CREATE INDEX offers_by_ref ON offers (ref);
CREATE TABLE beacon (slot INTEGER NOT NULL, operator INTEGER NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (slot, operator)) WITHOUT ROWID;

CREATE TABLE supply (
  contract INTEGER PRIMARY KEY, buyer INTEGER NOT NULL, seller INTEGER NOT NULL, status TEXT NOT NULL, price INTEGER NOT NULL,
  cores INTEGER NOT NULL, core_seconds INTEGER NOT NULL, energy INTEGER NOT NULL, signed_slot INTEGER NOT NULL,
  first_slot INTEGER NOT NULL, deadline INTEGER NOT NULL, priority INTEGER NOT NULL, delivered INTEGER NOT NULL DEFAULT 0,
  pv INTEGER NOT NULL DEFAULT 0, esd INTEGER NOT NULL DEFAULT 0, grid INTEGER NOT NULL DEFAULT 0,
  paid INTEGER NOT NULL DEFAULT 0, buyer_deposit INTEGER NOT NULL, seller_deposit INTEGER NOT NULL,
  handed_over INTEGER NOT NULL DEFAULT 0, transferred INTEGER NOT NULL DEFAULT 0, pv_shortfall INTEGER NOT NULL DEFAULT 0,
  bid INTEGER NOT NULL, offer INTEGER NOT NULL, candidates INTEGER NOT NULL, signed INTEGER NOT NULL, ended INTEGER);
CREATE INDEX supply_by_buyer ON supply (buyer, contract);
CREATE INDEX supply_by_seller ON supply (seller, contract);
CREATE INDEX supply_by_status ON supply (status, contract);
CREATE INDEX supply_by_slot ON supply (signed_slot, contract);
CREATE TABLE deliveries (
  at INTEGER PRIMARY KEY, contract INTEGER NOT NULL, executor INTEGER NOT NULL, transfer INTEGER, slot INTEGER NOT NULL,
  core_seconds INTEGER NOT NULL, pv INTEGER NOT NULL, esd INTEGER NOT NULL, grid INTEGER NOT NULL, paid INTEGER NOT NULL);
CREATE INDEX deliveries_by_contract ON deliveries (contract, at);
CREATE TABLE transfers (
  transfer INTEGER PRIMARY KEY, first INTEGER NOT NULL, target INTEGER NOT NULL, contract INTEGER NOT NULL,
  status TEXT NOT NULL, mode TEXT NOT NULL, core_seconds INTEGER NOT NULL, energy INTEGER NOT NULL, price INTEGER NOT NULL,
  signed_slot INTEGER NOT NULL, due INTEGER NOT NULL, period_end INTEGER NOT NULL, network_operator INTEGER NOT NULL,
  network_fee INTEGER NOT NULL, deposit INTEGER NOT NULL, executed INTEGER NOT NULL DEFAULT 0,
  repaid INTEGER NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0, paid INTEGER NOT NULL DEFAULT 0,
  network_paid INTEGER NOT NULL DEFAULT 0, defaulted INTEGER NOT NULL DEFAULT 0, penalty INTEGER NOT NULL DEFAULT 0,
  handed_back INTEGER, signed INTEGER NOT NULL, closed INTEGER);
CREATE INDEX transfers_by_first ON transfers (first, transfer);
CREATE INDEX transfers_by_target ON transfers (target, transfer);
CREATE INDEX transfers_by_contract ON transfers (contract, transfer);
CREATE TABLE quotes (
  participant INTEGER PRIMARY KEY, price INTEGER NOT NULL, energy INTEGER NOT NULL, cores INTEGER NOT NULL,
  first_slot INTEGER NOT NULL, last_slot INTEGER NOT NULL, repayment_slots INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE TABLE readings (
  participant INTEGER NOT NULL, slot INTEGER NOT NULL, pv INTEGER NOT NULL, esd_in INTEGER NOT NULL, esd_out INTEGER NOT NULL,
  imported INTEGER NOT NULL, exported INTEGER NOT NULL, import_cost INTEGER NOT NULL, export_income INTEGER NOT NULL,
  at INTEGER NOT NULL UNIQUE, PRIMARY KEY (participant, slot)) WITHOUT ROWID;
CREATE INDEX readings_by_slot ON readings (slot);
CREATE TABLE tariffs (
  operator INTEGER NOT NULL, from_slot INTEGER NOT NULL, import_price INTEGER NOT NULL, feed_in_price INTEGER NOT NULL,
  PRIMARY KEY (operator, from_slot)) WITHOUT ROWID;
CREATE TABLE statement (
  key INTEGER PRIMARY KEY, participant INTEGER NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL, amount TEXT NOT NULL,
  other INTEGER, slot INTEGER, contract INTEGER, transfer INTEGER);
CREATE INDEX statement_by_participant ON statement (participant, key);
CREATE TABLE flows (
  participant INTEGER NOT NULL, slot INTEGER NOT NULL, what TEXT NOT NULL, amount INTEGER NOT NULL,
  PRIMARY KEY (slot, participant, what)) WITHOUT ROWID;
CREATE INDEX flows_by_participant ON flows (participant, slot);
CREATE TABLE market_state (id INTEGER PRIMARY KEY CHECK (id = 0), pool TEXT NOT NULL, paused INTEGER NOT NULL);
INSERT INTO market_state VALUES (0, '0', 0);
`;

/** Answers of the node that are kept for when it is gone. */
export const KEPT_TABLES = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE accounts (participant INTEGER PRIMARY KEY, available TEXT NOT NULL, locked TEXT NOT NULL, block INTEGER NOT NULL);
`;
