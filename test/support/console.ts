/** A chain of a test's own with a market on it, in this process, and consoles that look at it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import hre from "hardhat";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { deployOn } from "../../scripts/deploy.ts";
import { devKey } from "../../scripts/replay.ts";
import { loadFor } from "../../scripts/scenarioArguments.ts";
import { inputsOf } from "../../sim/inputs.ts";
import { readMarket } from "../../sim/market/record.ts";
import { httpRpc, resultOf, type Rpc } from "../../sim/market/rpc.ts";
import { chainSetting } from "../../sim/replay.ts";
import type { StrategyResult } from "../../sim/report/results.ts";
import { runIn } from "../../sim/simulate.ts";
import { strategyOf } from "../../sim/strategies.ts";
import { parametersOf } from "../../sim/setting.ts";
import type { ApiError, ApiPath, Endpoints, Page } from "../../web/shared/api.ts";
import { MarketConsole, type ConsoleOptions } from "../../web/server/console.ts";

/** How long a suite may take to start a chain and replay on it. */
export const REPLAY_TIMEOUT_MS = 300_000;

/** A day of some seconds that has everything: priority work, transfers of both modes, contracts that end. */
const SCENARIO = {
  scenario: "paper",
  pv: undefined,
  tasks: undefined,
  seed: undefined,
  set: "hours=24",
  settings: [
    "microgrids.dataCentres=1",
    "tasks.users=8",
    "tasks.priority.count=80",
    "tasks.deferrable.count=240",
  ],
};

/** A folder of a test's own. */
export const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "heliomarket-console-"));

/** What runs until it is ended. */
const running = new Set<{ end(): Promise<void> }>();

/** Ends the chains and consoles that tests have left, so that one that fails does not keep the others from ending. */
export async function endAll(): Promise<void> {
  // Consoles first: they ask the chains, which began before them.
  for (const one of [...running].reverse()) await one.end();
}

/** A chain whose JSON-RPC port is open. */
export class TestChain {
  readonly url: string;
  readonly rpc: Rpc;
  private readonly stopServer: () => Promise<void>;

  private constructor(url: string, stopServer: () => Promise<void>) {
    this.url = url;
    this.rpc = httpRpc(url);
    this.stopServer = stopServer;
  }

  /**
   * Starts a chain.
   *
   * @param begin when its first block is
   * @param port that of a chain that was stopped, whose place it takes
   */
  static async start(begin: Date, port = 0): Promise<TestChain> {
    const server = await hre.network.createServer(
      {
        network: "default",
        chainType: "l1",
        override: {
          initialDate: begin,
          blockGasLimit: 1_000_000_000n,
          initialBaseFeePerGas: 0n,
          loggingEnabled: false,
          mining: { auto: true, mempool: { order: "fifo" } },
        },
      },
      "127.0.0.1",
      port,
    );
    const address = await server.listen();
    const chain = new TestChain(`http://${address.address}:${address.port}`, () => server.close());
    running.add(chain);
    return chain;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Asks the node one thing. */
  async ask(method: string, ...params: unknown[]): Promise<unknown> {
    return resultOf((await this.rpc([{ method, params }]))[0]);
  }

  async end(): Promise<void> {
    if (running.delete(this)) await this.stopServer();
  }

  /** Deploys a market, and records it below `root`. @returns the folder of its record */
  async deploy(root: string, parameters: Readonly<Record<string, string>>): Promise<string> {
    const { url } = this;
    const connection = await hre.network.create({ network: "localhost", override: { url } });
    try {
      return await silently(() =>
        deployOn(connection, rootedAt(root), {
          fresh: true,
          token: undefined,
          holders: {},
          parameters: { path: "parameters", text: JSON.stringify(parameters) },
        }),
      );
    } finally {
      await connection.close();
    }
  }
}

/** The environment, with its files elsewhere. */
const rootedAt = (root: string): HardhatRuntimeEnvironment =>
  Object.create(hre, {
    config: { value: { ...hre.config, paths: { ...hre.config.paths, root } } },
  }) as HardhatRuntimeEnvironment;

/** What a deployment prints is not the test's. */
async function silently<T>(work: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = () => undefined;
  try {
    return await work();
  } finally {
    console.log = log;
  }
}

/** A chain on which a market was replayed. */
export interface Replayed {
  readonly chain: TestChain;
  /** Folder of the market's record. */
  readonly folder: string;
  /** What the run came to by its own books. */
  readonly result: StrategyResult;
}

/** Starts a chain, deploys a market, and replays a day of it. */
export async function replayedMarket(root: string): Promise<Replayed> {
  const scenario = await loadFor(SCENARIO, []);
  const { genesis } = parametersOf(scenario);
  const chain = await TestChain.start(new Date(Number(genesis) * 1000 - 3_600_000));
  const folder = await chain.deploy(root, { genesis: genesis.toString() });
  const market = await readMarket(folder);
  if (market === undefined) throw new Error("The market was not recorded.");
  const inputs = await inputsOf(scenario);
  const strategy = strategyOf("opportunistic+esd+transfer");
  const setting = await chainSetting({
    ...{ inputs, market, folder, rpc: chain.rpc, dev: true, adminKey: devKey() },
    strategy: strategy.name,
  });
  try {
    const { result } = await runIn(setting, inputs, strategy, { check: true });
    return { chain, folder, result };
  } finally {
    await setting.clock.end();
  }
}

/** A console, and its API with types. */
export class TestConsole {
  readonly opened: MarketConsole;
  private readonly remove: () => Promise<void>;

  private constructor(opened: MarketConsole, remove: () => Promise<void>) {
    this.opened = opened;
    this.remove = remove;
  }

  /** Opens a console with an index of its own, and waits until that has everything. */
  static async open(
    options: Pick<ConsoleOptions, "folder" | "node"> & Partial<ConsoleOptions>,
  ): Promise<TestConsole> {
    const own = await makeFolder();
    const opened = await MarketConsole.open({
      index: join(own, "index.db"),
      results: join(own, "results"),
      application: join(own, "dist"),
      host: "127.0.0.1",
      port: 0,
      ...options,
    });
    const made = new TestConsole(opened, () => rm(own, { recursive: true, force: true }));
    running.add(made);
    await made.until(
      ({ index, node }) => !node.reachable || (index.head !== null && !index.catchingUp),
    );
    return made;
  }

  get url(): string {
    return this.opened.url;
  }

  async end(): Promise<void> {
    if (!running.delete(this)) return;
    await this.opened.close();
    await this.remove();
  }

  /** Waits until the status is as wanted. */
  async until(wanted: (status: Endpoints["/api/status"]["response"]) => boolean): Promise<void> {
    const end = Date.now() + 60_000;
    for (;;) {
      const status = this.opened.status();
      if (status.node.lastAnswer !== null || status.node.message !== null)
        if (wanted(status)) return;
      if (Date.now() > end)
        throw new Error(`The console stays as it is: ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The answer of a path; its colons are filled in, and the query follows. */
  async get<P extends ApiPath>(
    pattern: P,
    values: Readonly<Record<string, string | number>> = {},
    query: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<Endpoints[P]["response"]> {
    const { status, body } = await this.fetch(pathOf(pattern, values, query));
    if (status !== 200) throw new Error(`${pattern} is answered with ${status}: ${body}`);
    return JSON.parse(body) as Endpoints[P]["response"];
  }

  /** All items of a list, page by page. */
  async all<P extends ListPath>(
    pattern: P,
    values: Readonly<Record<string, string | number>> = {},
    query: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<ItemOf<P>[]> {
    const items: ItemOf<P>[] = [];
    let cursor: string | null = null;
    do {
      const more: Record<string, string> = cursor === null ? {} : { cursor };
      const page = (await this.get(pattern, values, { ...query, ...more })) as Page<ItemOf<P>>;
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return items;
  }

  /** The error that a request is refused with. */
  async refusal(path: string, init?: RequestInit): Promise<ApiError["error"] & { status: number }> {
    const { status, body } = await this.fetch(path, init);
    return { status, ...(JSON.parse(body) as ApiError).error };
  }

  async fetch(
    path: string,
    init?: RequestInit,
  ): Promise<{ status: number; body: string; headers: Headers }> {
    const response = await fetch(`${this.url}${path}`, init);
    return { status: response.status, body: await response.text(), headers: response.headers };
  }
}

/** A path that answers a list. */
export type ListPath = {
  [P in ApiPath]: Endpoints[P]["response"] extends Page<unknown> ? P : never;
}[ApiPath];

type ItemOf<P extends ListPath> = Endpoints[P]["response"] extends Page<infer Item> ? Item : never;

function pathOf(
  pattern: string,
  values: Readonly<Record<string, string | number>>,
  query: Readonly<Record<string, string | number | boolean>>,
): string {
  const path = pattern.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(values[name] ?? ""),
  );
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) fields.set(name, String(value));
  return fields.size === 0 ? path : `${path}?${fields.toString()}`;
}
