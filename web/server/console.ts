/** The console of a network: its index, which follows the node, and its server. */
import { basename } from "node:path";

import type { ClockStatus, NodeStatus, ReplayStatus, Status } from "../shared/api.ts";
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
  private readonly options: ConsoleOptions;
  private readonly db: Database;
  private readonly node: Node;
  private readonly rpc: Rpc;
  private readonly indexer: Indexer;
  private readonly live: Live;
  private server: Listening | undefined;
  /** What is on record, whether it is on this chain or not. */
  private loaded: Loaded = { stamp: undefined, market: undefined, problem: "" };
  private nodeStatus: NodeStatus = {
    reachable: false,
    lastAnswer: null,
    message: null,
    client: null,
    traces: null,
  };
  /** Resets of the index that were told. */
  private toldResets = 0;
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
    this.live = new Live();
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
      made.server = await listen(
        {
          context: () => made.context(),
          rpc: made.rpc,
          live: made.live,
          application: new Application(options.application),
          limit: options.limit ?? new RateLimit(),
        },
        options.host,
        options.port,
      );
    } catch (error) {
      await made.close();
      throw error;
    }
    made.following = made.follow();
    return made;
  }

  /** Where it listens. */
  get url(): string {
    const { host } = this.options;
    const shown = host.includes(":") ? `[${host}]` : host;
    return `http://${shown}:${this.server?.port ?? this.options.port}`;
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
        catchingUp: indexer.nodeHead !== null && !(indexer.complete && indexer.follows(market)),
        transactions: sums?.transactions ?? 0,
        events: sums?.events ?? 0,
        genesis: indexer.genesis ?? null,
        resets: indexer.resets,
      },
      market: market === undefined ? null : marketStatus(db, new Names(db, market), market),
      problem: this.problem,
      clock: this.clock(),
      replay: this.options.replay?.() ?? null,
    };
  }

  private context(): ApiContext {
    const { db, market, node, latest } = this;
    const names = new Names(db, market);
    return {
      ...{ db, market, names, node, results: this.options.results },
      shower: new Shower(names, market?.codec),
      status: () => this.status(),
      now: latest?.timestamp ?? 0,
      head: latest?.number ?? 0,
    };
  }

  private get latest(): { readonly number: number; readonly timestamp: number } | undefined {
    return this.db.get("SELECT number, timestamp FROM blocks ORDER BY number DESC LIMIT 1");
  }

  private clock(): ClockStatus | null {
    const { market, latest } = this;
    if (market === undefined || latest === undefined) return null;
    return clockStatus(this.db, market.clock, latest.timestamp);
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
    const { indexer } = this;
    try {
      await this.readRecord();
      const { changed, more } = await indexer.step();
      await this.reached();
      const reset = indexer.resets !== this.toldResets;
      if (reset) {
        indexer.follow(this.market);
        this.toldResets = indexer.resets;
        this.nodeStatus = { ...this.nodeStatus, traces: null };
      }
      if (changed || reset) {
        const slot = this.clock()?.slot ?? null;
        this.live.tell("head", { block: indexer.head, slot, reset });
      }
      return more || !indexer.complete;
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
    if (!isKnown && message !== this.nodeStatus.message) console.error(error);
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
    if (this.loaded.stamp !== stamp) this.loaded = { stamp, ...(await loadIfThere(folder)) };
    this.indexer.follow(this.market);
  }

  /**
   * The market on record, if it is on the indexed chain. Asked for each time, so that it is gone in the same moment as the
   * blocks that it was on.
   */
  private get market(): Market | undefined {
    return this.problem === null ? this.loaded.market : undefined;
  }

  /** Why there is no market to show; null if there is one. */
  private get problem(): string | null {
    const { market, problem } = this.loaded;
    return market === undefined ? problem : this.otherChain(market);
  }

  /** Why a market cannot be on the indexed chain; null if it can. */
  private otherChain({ record }: Market): string | null {
    const { genesis, chainId } = this.indexer;
    const same =
      (genesis === undefined || genesis === record.genesisBlock.toLowerCase()) &&
      (chainId === null || BigInt(chainId) === record.chainId);
    if (same) return null;
    const network = basename(this.options.folder);
    // Nothing is known of a chain that does not answer, but that the indexed one is not the market's.
    if (!this.nodeStatus.reachable)
      return (
        `What is indexed is of another chain than the market that deployments/${network} records. ` +
        `That market can be shown once its node is there; a devnet that has ended takes its market with it, and "npm start" begins another.`
      );
    return (
      `The market that deployments/${network} records is on another chain than the node's; a devnet that was started anew is a new chain. ` +
      `Deploy a new market: npx hardhat deploy --network ${network} --fresh`
    );
  }
}

/** What was read of a market's record. */
interface Loaded {
  readonly stamp: string | undefined;
  readonly market: Market | undefined;
  /** Why it could not be read. */
  readonly problem: string;
}

async function loadIfThere(folder: string): Promise<Omit<Loaded, "stamp">> {
  try {
    return { market: await loadMarket(folder), problem: "" };
  } catch (error) {
    if (error instanceof NoMarket || error instanceof UserError)
      return { market: undefined, problem: error.message };
    throw error;
  }
}
