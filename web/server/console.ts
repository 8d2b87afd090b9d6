/** The console of a network: its index, which follows the node, and its server. */
import { basename } from "node:path";

import type { NodeStatus, ReplayStatus, Status } from "../shared/api.ts";
import { UserError } from "../../sim/errors.ts";
import { httpRpc, type Rpc } from "../../sim/market/rpc.ts";
import { Shower } from "./api/decoded.ts";
import type { ApiContext } from "./api/endpoint.ts";
import { Names } from "./api/names.ts";
import { Application } from "./http/application.ts";
import { RateLimit } from "./http/limits.ts";
import { Live } from "./http/live.ts";
import { listen, type Listening } from "./http/server.ts";
import { Database } from "./index/database.ts";
import { Indexer } from "./index/indexer.ts";
import { loadMarket, NoMarket, recordStamp, type Market } from "./market.ts";
import { Node } from "./node.ts";
import { clockStatus, marketStatus } from "./status.ts";

/** How often the node is looked at when there is nothing to catch up with, ms. */
const POLL_MS = 500;

/** How long the console waits before it tries a node again that is gone, ms. */
const RETRY_MS = 1000;

/** Shortest time between two notices of the status, ms. */
const NOTICE_MS = 500;

/** What to look at, and where to serve it. */
export interface ConsoleOptions {
  /** Folder of the network's record, `deployments/<network>`. */
  readonly folder: string;
  /** JSON-RPC address of the node. */
  readonly node: string;
  /** File of the index. */
  readonly index: string;
  /** Folder with the results of runs. */
  readonly results: string;
  /** Folder with the built application. */
  readonly application: string;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Progress of a replay in the same process. */
  readonly replay?: () => ReplayStatus | null;
  /** How much each client may ask for, if it is not the usual. */
  readonly limit?: RateLimit;
  /** Told once when the node goes away, and when it is back. */
  readonly onNode?: (reachable: boolean, message: string | null) => void;
}

/** A console that runs. */
export class MarketConsole {
  readonly url: string;
  private readonly options: ConsoleOptions;
  private readonly db: Database;
  private readonly node: Node;
  private readonly rpc: Rpc;
  private readonly indexer: Indexer;
  private readonly live: Live;
  private server: Listening | undefined;
  private market: Market | undefined;
  private loaded:
    | { readonly stamp: string; readonly market: Market | undefined; readonly problem: string }
    | undefined;
  private names: Names;
  private problem: string | null = null;
  private nodeStatus: NodeStatus = {
    reachable: false,
    lastAnswer: null,
    message: null,
    client: null,
    traces: null,
  };
  private resets = 0;
  private closing = false;
  private following: Promise<void> = Promise.resolve();
  private wake: (() => void) | undefined;
  private noticed = { at: 0, text: "" };

  private constructor(options: ConsoleOptions) {
    this.options = options;
    this.db = Database.open(options.index);
    // One try: who looks at a page waits for it.
    this.rpc = httpRpc(options.node, 1);
    this.node = new Node(this.rpc);
    this.indexer = new Indexer(this.db, this.rpc);
    this.names = new Names(this.db, undefined);
    this.live = new Live();
    this.url = "";
  }

  /**
   * Opens a console: it listens, and follows the node until it is closed. A node that is gone is no error.
   *
   * @throws UserError if its port or its index cannot be had
   */
  static async open(options: ConsoleOptions): Promise<MarketConsole> {
    const made = new MarketConsole(options);
    try {
      await made.readRecord();
      const { host } = options;
      made.server = await listen(
        {
          context: () => made.context(),
          rpc: made.rpc,
          live: made.live,
          application: new Application(options.application),
          limit: options.limit ?? new RateLimit(),
        },
        host,
        options.port,
      );
      const shown = host.includes(":") ? `[${host}]` : host;
      (made as { url: string }).url = `http://${shown}:${made.server.port}`;
    } catch (error) {
      await made.close();
      throw error;
    }
    made.following = made.follow();
    return made;
  }

  /** Stops following and listening. */
  async close(): Promise<void> {
    this.closing = true;
    this.wake?.();
    this.live.close();
    await this.server?.close();
    await this.following;
    this.db.close();
  }

  /** What the console looks at and how far it is. */
  status(): Status {
    const { db, indexer, market } = this;
    const { head } = indexer;
    const block = db.get<{ timestamp: number }>(
      "SELECT timestamp FROM blocks WHERE number = ?",
      head,
    );
    const sums = db.get<{ transactions: number | null; events: number | null }>(
      "SELECT sum(transactions) transactions, sum(events) events FROM blocks",
    );
    return {
      network: basename(this.options.folder),
      chainId: indexer.chainId ?? (market === undefined ? null : Number(market.record.chainId)),
      node: this.nodeStatus,
      index: {
        head: head < 0 ? null : head,
        nodeHead: indexer.nodeHead,
        catchingUp: indexer.nodeHead !== null && !indexer.complete,
        transactions: sums?.transactions ?? 0,
        events: sums?.events ?? 0,
        genesis: indexer.genesis ?? null,
        resets: this.resets,
      },
      market: market === undefined ? null : marketStatus(db, this.names, market),
      problem: market === undefined ? this.problem : null,
      clock:
        market === undefined || block === undefined
          ? null
          : clockStatus(market.clock, block.timestamp),
      replay: this.options.replay?.() ?? null,
    };
  }

  private context(): ApiContext {
    const { db, market, names, node } = this;
    const latest = db.get<{ number: number; timestamp: number }>(
      "SELECT number, timestamp FROM blocks ORDER BY number DESC LIMIT 1",
    );
    return {
      ...{ db, market, names, node, results: this.options.results },
      shower: new Shower(names, market?.codec),
      status: () => this.status(),
      now: latest?.timestamp ?? 0,
      head: latest?.number ?? 0,
    };
  }

  // ------------------------------------------------------------------ following

  private async follow(): Promise<void> {
    while (!this.closing) {
      const more = await this.step();
      this.notice();
      // Requests are answered in between.
      await this.pause(more ? 0 : this.nodeStatus.reachable ? POLL_MS : RETRY_MS);
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.closing) resolve();
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** @returns whether there is more to do at once */
  private async step(): Promise<boolean> {
    try {
      await this.readRecord();
      const { changed, reset, more } = await this.indexer.step();
      await this.reached();
      if (reset) {
        // What was shown of the market may be of another chain.
        await this.readRecord();
        this.resets += 1;
        this.nodeStatus = { ...this.nodeStatus, traces: null };
      }
      if (changed) {
        const { clock } = this.status();
        this.live.tell("head", { block: this.indexer.head, slot: clock?.slot ?? null, reset });
      }
      return more;
    } catch (error) {
      this.lost(error);
      return false;
    }
  }

  private async reached(): Promise<void> {
    const { client, traces, reachable } = this.nodeStatus;
    if (!reachable) this.options.onNode?.(true, null);
    this.nodeStatus = {
      reachable: true,
      lastAnswer: new Date().toISOString(),
      message: null,
      client: reachable ? client : await this.askClient(),
      traces: traces ?? (await this.askTraces()),
    };
  }

  private async askClient(): Promise<string | null> {
    const [answer] = await this.rpc([{ method: "web3_clientVersion", params: [] }]);
    return typeof answer?.result === "string" ? answer.result : null;
  }

  /** Null while there is no transaction to try it with. */
  private async askTraces(): Promise<boolean | null> {
    const last = this.db.get<{ hash: string }>(
      "SELECT hash FROM transactions ORDER BY at DESC LIMIT 1",
    );
    if (last === undefined) return null;
    const [answer] = await this.rpc([
      { method: "debug_traceTransaction", params: [last.hash, { tracer: "callTracer" }] },
    ]);
    return typeof (answer?.result as { type?: unknown } | undefined)?.type === "string";
  }

  private lost(error: unknown): void {
    const isKnown = error instanceof UserError;
    const { message } = error as Error;
    if (!isKnown) console.error(error);
    if (this.nodeStatus.reachable || this.nodeStatus.message === null)
      this.options.onNode?.(false, message);
    this.nodeStatus = { ...this.nodeStatus, reachable: false, message };
  }

  private notice(): void {
    const now = performance.now();
    if (now - this.noticed.at < NOTICE_MS) return;
    const status = this.status();
    // When the node last answered is no news.
    const text = JSON.stringify({ ...status, node: { ...status.node, lastAnswer: null } });
    if (text === this.noticed.text) return;
    this.noticed = { at: now, text };
    this.live.tell("status", status);
  }

  // ------------------------------------------------------------------ the market's record

  /** Looks whether a market was deployed, or another one. */
  private async readRecord(): Promise<void> {
    const { folder } = this.options;
    const stamp = await recordStamp(folder);
    if (this.loaded?.stamp !== stamp) this.loaded = { stamp, ...(await loadIfThere(folder)) };
    const { market, problem } = this.loaded;
    const other = market === undefined ? null : this.otherChain(market);
    const usable = other === null ? market : undefined;
    this.problem = market === undefined ? problem : other;
    this.indexer.follow(usable);
    if (usable === this.market) return;
    this.market = usable;
    this.names = new Names(this.db, usable);
  }

  /** Why a market cannot be on the indexed chain; null if it can. */
  private otherChain({ record }: Market): string | null {
    const { genesis, chainId } = this.indexer;
    const same =
      (genesis === undefined || genesis === record.genesisBlock.toLowerCase()) &&
      (chainId === null || BigInt(chainId) === record.chainId);
    if (same) return null;
    const network = basename(this.options.folder);
    return (
      `The market that deployments/${network} records is on another chain than the node's; a devnet that was started anew is a new chain. ` +
      `Deploy a new market: npx hardhat deploy --network ${network} --fresh`
    );
  }
}

async function loadIfThere(
  folder: string,
): Promise<{ market: Market | undefined; problem: string }> {
  try {
    return { market: await loadMarket(folder), problem: "" };
  } catch (error) {
    if (error instanceof NoMarket || error instanceof UserError)
      return { market: undefined, problem: error.message };
    throw error;
  }
}
