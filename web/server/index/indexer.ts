/** Keeps the index at the node's chain: takes new blocks in, and blocks back that the node does not have any more. */
import { resultOf, type Rpc } from "../../../sim/market/rpc.ts";
import { Projection, type ProjectedTransaction } from "../projection/projection.ts";
import type { Market } from "../market.ts";
import { BlockChanged, ChainReader, type ChainBlock, type ChainTransaction } from "./chain.ts";
import { placeOf, partsOfPlace, type Database } from "./database.ts";
import { Failures, type FoundFailure } from "./failures.ts";

/** Blocks that are read and written at a time. */
const READ_BLOCKS = 100;

/** Transactions that are projected at a time; some 200 ms of work, during which nothing else is answered. */
const PROJECT_TRANSACTIONS = 500;

/** What a step found. */
export interface StepResult {
  /** Whether anything was written. */
  readonly changed: boolean;
  /** Whether there is more to do at once. */
  readonly more: boolean;
}

/** The index and the node. */
export class Indexer {
  /** Latest block of the node; null before it has answered. */
  nodeHead: number | null = null;
  /** Chain of the node; null before it has answered. */
  chainId: number | null = null;
  /** How often blocks were taken back. */
  resets = 0;
  private readonly db: Database;
  private readonly reader: ChainReader;
  private readonly failures: Failures;
  private readonly rpc: Rpc;
  private projection: { readonly market: Market; readonly projection: Projection } | undefined;
  /** Whether the index had every block when it last looked, so that what comes now is new. */
  private atHead = false;

  constructor(db: Database, rpc: Rpc) {
    this.db = db;
    this.rpc = rpc;
    this.reader = new ChainReader(rpc);
    this.failures = new Failures(rpc);
  }

  /** Latest indexed block; -1 if there is none. */
  get head(): number {
    return this.db.get<{ head: number | null }>("SELECT max(number) head FROM blocks")?.head ?? -1;
  }

  /** Latest block that the market's tables follow from; -1 if there is none. */
  get projected(): number {
    return Number(this.db.meta("projected") ?? -1);
  }

  /** Hash of the indexed chain's block 0. */
  get genesis(): string | undefined {
    return this.db.meta("genesis");
  }

  /** Sets the market by which the chain is read; undefined if there is none. */
  follow(market: Market | undefined): void {
    if (this.follows(market)) return;
    this.projection = market && {
      market,
      projection: new Projection(this.db, market.codec, market.clock),
    };
    const fingerprint = market?.fingerprint ?? "";
    if (this.db.meta("market") === fingerprint) return;
    this.db.transaction(() => {
      this.forgetProjection();
      this.db.setMeta("market", fingerprint);
    });
  }

  /** Whether it is this market that is followed. */
  follows(market: Market | undefined): boolean {
    return market?.fingerprint === this.projection?.market.fingerprint;
  }

  /** Whether the index has all that the node has. */
  get complete(): boolean {
    const { head } = this;
    const projected = this.projection === undefined || this.projected === head;
    return this.nodeHead !== null && head >= this.nodeHead && projected;
  }

  /**
   * Looks at the node once and takes the next blocks in, or blocks back.
   *
   * @throws what the transport throws if the node does not answer; the index is as it was then
   */
  async step(): Promise<StepResult> {
    const { head: nodeHead, genesis } = await this.look();
    const reset = await this.takeBack(nodeHead, genesis);
    const from = this.head + 1;
    if (from <= nodeHead) {
      const to = Math.min(nodeHead, from + READ_BLOCKS - 1);
      try {
        await this.takeIn(from, to);
      } catch (error) {
        // The next step finds out where the chains part.
        if (!(error instanceof BlockChanged)) throw error;
        return { changed: reset, more: true };
      }
      this.project();
      this.atHead = to === nodeHead;
      return { changed: true, more: !this.complete };
    }
    this.atHead = true;
    const changed = this.project();
    return { changed: changed || reset, more: !this.complete };
  }

  private async look(): Promise<{ head: number; genesis: string }> {
    const [id, latest, first] = await this.rpc([
      { method: "eth_chainId", params: [] },
      { method: "eth_blockNumber", params: [] },
      { method: "eth_getBlockByNumber", params: ["0x0", false] },
    ]);
    this.chainId = Number(resultOf(id));
    this.nodeHead = Number(resultOf(latest));
    const { hash } = resultOf(first) as { hash: string };
    return { head: this.nodeHead, genesis: hash.toLowerCase() };
  }

  // ------------------------------------------------------------------ back

  /** Removes what the node does not have any more. @returns whether there was anything */
  private async takeBack(nodeHead: number, genesis: string): Promise<boolean> {
    const known = this.genesis;
    if (known !== undefined && known !== genesis) {
      this.db.transaction(() => {
        this.db.clear("all");
        this.db.setMeta("genesis", genesis);
      });
      // The market that was followed may be of the other chain; whoever knows tells `follow`.
      this.projection = undefined;
      this.resets += 1;
      return true;
    }
    if (known === undefined) this.db.setMeta("genesis", genesis);
    const { head } = this;
    const common = await this.commonBlock(Math.min(head, nodeHead));
    if (common === head) return false;
    this.db.transaction(() => {
      const end = placeOf(common + 1, 0);
      this.db.run("DELETE FROM logs WHERE at >= ?", end);
      this.db.run("DELETE FROM transactions WHERE at >= ?", end);
      this.db.run("DELETE FROM blocks WHERE number > ?", common);
      this.recountAddresses();
      this.forgetProjection();
    });
    this.resets += 1;
    return true;
  }

  /** Latest block, not after `from`, that index and node have in common; -1 if there is none. */
  private async commonBlock(from: number): Promise<number> {
    for (let number = from, stride = 1; number >= 0; number -= stride, stride *= 2) {
      const kept = this.db.get<{ hash: string }>(
        "SELECT hash FROM blocks WHERE number = ?",
        number,
      );
      if (kept?.hash === (await this.reader.hashOf(number))?.toLowerCase()) return number;
    }
    return -1;
  }

  private recountAddresses(): void {
    this.db.run("DELETE FROM addresses");
    this.db.run(`
      INSERT INTO addresses SELECT address, sum(sent), sum(received), min(block), max(block) FROM (
        SELECT sender address, 1 sent, 0 received, at >> 24 block FROM transactions
        UNION ALL SELECT coalesce(receiver, creates), 0, 1, at >> 24 FROM transactions
          WHERE coalesce(receiver, creates) IS NOT NULL) GROUP BY address`);
  }

  private forgetProjection(): void {
    this.db.clear("derived");
    this.db.setMeta("projected", "-1");
  }

  // ------------------------------------------------------------------ in

  private async takeIn(from: number, to: number): Promise<void> {
    const blocks = await this.reader.blocks(from, to);
    const before = this.db.get<{ hash: string }>(
      "SELECT hash FROM blocks WHERE number = ?",
      from - 1,
    );
    if (before !== undefined && blocks[0]?.parentHash !== before.hash) throw new BlockChanged();
    const failures = await this.failuresIn(blocks);
    const seen = this.atHead ? new Date().toISOString() : null;
    this.db.transaction(() => {
      for (const block of blocks) this.write(block, failures, seen);
    });
  }

  private async failuresIn(blocks: readonly ChainBlock[]): Promise<Map<string, FoundFailure>> {
    const found = new Map<string, FoundFailure>();
    for (const block of blocks)
      for (const transaction of block.transactions)
        if (!transaction.succeeded)
          found.set(transaction.hash, await this.failures.of(block.number, transaction));
    return found;
  }

  private write(
    block: ChainBlock,
    failures: ReadonlyMap<string, FoundFailure>,
    seen: string | null,
  ): void {
    const { number, transactions } = block;
    const failed = transactions.filter(({ succeeded }) => !succeeded).length;
    const events = transactions.reduce((sum, { logs }) => sum + logs.length, 0);
    this.db.run(
      "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ...[
        number,
        block.hash,
        block.parentHash,
        block.timestamp,
        seen,
        transactions.length,
        failed,
        events,
      ],
      ...[
        block.gasUsed,
        block.gasLimit,
        block.baseFee,
        block.producer,
        block.size,
        block.stateRoot,
      ],
    );
    for (const transaction of transactions)
      this.writeTransaction(number, transaction, failures.get(transaction.hash));
  }

  private writeTransaction(
    block: number,
    t: ChainTransaction,
    failure: FoundFailure | undefined,
  ): void {
    const tx = placeOf(block, t.index);
    this.db.run(
      "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ...[
        tx,
        t.hash,
        t.from,
        t.to,
        t.creates,
        t.nonce,
        t.type,
        t.value,
        t.gasLimit,
        t.gasPrice,
        t.maxFee,
      ],
      ...[t.maxPriorityFee, t.input, t.succeeded ? 1 : 0, t.gasUsed, t.cumulativeGas, t.fee],
      ...[failure?.source ?? null, failure?.data ?? null, failure?.message ?? null],
    );
    for (const log of t.logs)
      this.db.run(
        "INSERT INTO logs VALUES (?, ?, ?, ?, ?)",
        ...[placeOf(block, log.index), tx, log.address, log.topics.join(","), log.data],
      );
    this.countAddress(t.from, block, 1, 0);
    const receiver = t.to ?? t.creates;
    if (receiver !== null) this.countAddress(receiver, block, 0, 1);
  }

  private countAddress(address: string, block: number, sent: number, received: number): void {
    this.db.run(
      `INSERT INTO addresses VALUES (?1, ?3, ?4, ?2, ?2) ON CONFLICT DO UPDATE SET
       sent = sent + ?3, received = received + ?4, last_block = ?2`,
      ...[address, block, sent, received],
    );
  }

  // ------------------------------------------------------------------ project

  /** Takes the next indexed blocks into the market's tables. @returns whether there were any */
  private project(): boolean {
    if (this.projection === undefined) return false;
    const { projection } = this.projection;
    const done = this.projected;
    const { head } = this;
    if (done >= head) return false;
    this.db.transaction(() => {
      this.db.setMeta("projected", String(this.projectAfter(done, head, projection)));
    });
    return true;
  }

  /** @returns the last block that was projected; whole, however large it is */
  private projectAfter(done: number, head: number, projection: Projection): number {
    const { tx } = this.db.get<{ tx: number | null }>(
      "SELECT max(at) tx FROM (SELECT at FROM transactions WHERE at >= ? ORDER BY at LIMIT ?)",
      ...[placeOf(done + 1, 0), PROJECT_TRANSACTIONS],
    ) ?? { tx: null };
    const rest = this.db.get("SELECT 1 FROM transactions WHERE at > ? LIMIT 1", tx ?? 0);
    const until = tx === null || rest === undefined ? head : partsOfPlace(tx).block;
    const rows = this.db.all<TransactionRow>(
      `SELECT t.at, t.receiver, t.input, t.succeeded, t.failure_data, b.timestamp FROM transactions t
       JOIN blocks b ON b.number = t.at >> 24 WHERE t.at >= ? AND t.at < ? ORDER BY t.at`,
      ...[placeOf(done + 1, 0), placeOf(until + 1, 0)],
    );
    for (const row of rows) projection.add(this.withLogs(row));
    return until;
  }

  private withLogs(row: TransactionRow): ProjectedTransaction {
    const { block, index } = partsOfPlace(row.at);
    const logs = this.db.all<{ at: number; address: string; topics: string; data: string }>(
      "SELECT at, address, topics, data FROM logs WHERE tx = ? ORDER BY at",
      row.at,
    );
    return {
      block,
      index,
      timestamp: row.timestamp,
      to: row.receiver,
      input: row.input,
      succeeded: row.succeeded === 1,
      failureData: row.failure_data,
      logs: logs.map(({ at, address, topics, data }) => ({
        index: partsOfPlace(at).index,
        address,
        topics: topics === "" ? [] : topics.split(","),
        data,
      })),
    };
  }
}

interface TransactionRow {
  readonly at: number;
  readonly receiver: string | null;
  readonly input: string;
  readonly succeeded: number;
  readonly failure_data: string | null;
  readonly timestamp: number;
}
