/**
 * `npm run bench:console`: how long the console takes to index a replayed week, to start again, to answer what its pages
 * ask, and to show them in a browser; and how large its application is. It looks at the chain of `npm start`, or at the one whose address and record are named:
 *
 *     npm run bench:console -- http://127.0.0.1:8545 deployments/localhost
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bundleSizes, pageLoads } from "../web/bench.ts";
import { buildApp } from "../web/build.ts";
import { MarketConsole } from "../web/server/console.ts";
import type {
  Page,
  ParticipantRow,
  SlotRow,
  Status,
  TransactionRow,
  TransferRow,
} from "../web/shared/api.ts";

const [node = "http://127.0.0.1:8545", folder = "deployments/localhost"] = process.argv.slice(2);

/** How often each request is made. */
const ROUNDS = 30;

const own = await mkdtemp(join(tmpdir(), "heliomarket-bench-"));
const index = join(own, "index.db");
const application = await buildApp();

const open = (): Promise<MarketConsole> =>
  MarketConsole.open({
    ...{ folder, node, index, results: "results", application },
    ...{ host: "127.0.0.1", port: 0 },
  });

/** Waits until the index has everything. @returns seconds since `began` */
async function whenComplete(opened: MarketConsole, began: number): Promise<number> {
  for (;;) {
    const { index: state, node: reached } = opened.status();
    if (reached.message !== null) throw new Error(reached.message);
    if (reached.reachable && !state.catchingUp && state.head !== null)
      return (performance.now() - began) / 1000;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function get<Answer>(url: string, path: string): Promise<Answer> {
  const response = await fetch(`${url}${path}`);
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** Paths that each page asks for. */
type Pages = Readonly<Record<string, readonly string[]>>;

/** What each page asks for, with what this chain has. */
async function pagesOf(url: string): Promise<Pages> {
  const first = async <Item>(path: string): Promise<Item> => {
    const [item] = (await get<Page<Item>>(url, path)).items;
    if (item === undefined) throw new Error(`${path} is empty; replay a scenario first.`);
    return item;
  };
  const { slot } = await first<SlotRow>("/api/slots?to=60&limit=1");
  const { number } = await first<ParticipantRow>("/api/participants?role=dataCentre&limit=1");
  const { transfer, contract } = await first<TransferRow>("/api/transfers?limit=1");
  const { hash, block, from } = await first<TransactionRow>(
    "/api/transactions?method=submit&limit=1",
  );
  return {
    overview: ["/api/status", "/api/overview", "/api/runs"],
    slots: ["/api/slots"],
    slot: [
      `/api/slots/${slot}`,
      `/api/slots/${slot}/plans`,
      `/api/slots/${slot}/bids?limit=200`,
      `/api/slots/${slot}/offers?limit=200`,
    ],
    "slot, verified": [`/api/slots/${slot}/evidence`],
    contracts: ["/api/supply"],
    contract: [`/api/supply/${contract}`],
    transfers: ["/api/transfers"],
    transfer: [`/api/transfers/${transfer}`],
    participants: ["/api/participants?limit=200"],
    participant: [
      `/api/participants/${number}`,
      `/api/participants/${number}/reputation?limit=200`,
      `/api/participants/${number}/energy`,
      `/api/participants/${number}/statement`,
      `/api/supply?participant=${number}`,
    ],
    blocks: ["/api/blocks"],
    block: [`/api/blocks/${block}`, `/api/transactions?block=${block}`],
    transactions: [
      "/api/transactions",
      "/api/transactions?method=commit",
      "/api/transactions?succeeded=false",
    ],
    transaction: [`/api/transactions/${hash}`, `/api/transactions/${hash}/trace`],
    addresses: ["/api/addresses"],
    address: [`/api/addresses/${from.address}`, `/api/transactions?address=${from.address}`],
    events: [
      "/api/events",
      "/api/events?contract=SupplyBook&name=Signed",
      `/api/events?participant=${number}`,
    ],
    "contracts of the market": ["/api/contracts", "/api/contracts/SlotAuction"],
    search: ["/api/search?q=12", `/api/search?q=${hash}`],
  };
}

/** Those that a page asks for only when it is told to, or whose address is not that of what it asks for first. */
const OTHERS = ["overview", "slot, verified"];

/** Addresses of the pages in a browser: those of what they ask for first. */
const addressesOf = (pages: Pages): string[] => [
  "/",
  ...Object.entries(pages).flatMap(([page, [first]]) =>
    OTHERS.includes(page) || first === undefined ? [] : [first.slice("/api".length)],
  ),
];

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Milliseconds until everything that a page asks for at once is there. */
async function timesOf(url: string, paths: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    await Promise.all(paths.map((path) => get(url, path)));
    times.push(performance.now() - began);
    // Below what a client may ask for in a second.
    await new Promise((resolve) => setTimeout(resolve, 10 * paths.length));
  }
  return times.sort((a, b) => a - b);
}

try {
  let began = performance.now();
  const first = await open();
  console.log(`Index of the chain at ${node}: ${(await whenComplete(first, began)).toFixed(1)} s`);
  const { index: state } = await get<Status>(first.url, "/api/status");
  await first.close();
  const megabytes = (await stat(index)).size / 1e6;
  console.log(
    `  ${state.head ?? 0} blocks, ${state.transactions} transactions, ${state.events} events; ` +
      `${megabytes.toFixed(0)} MB on disk, ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB of memory`,
  );
  began = performance.now();
  const again = await open();
  console.log(`Start with the index at hand: ${(await whenComplete(again, began)).toFixed(2)} s`);
  console.log("\nWhat a page asks for, ms".padEnd(32), "p50".padStart(8), "p95".padStart(8));
  const pages = await pagesOf(again.url);
  for (const [page, paths] of Object.entries(pages)) {
    const times = await timesOf(again.url, paths);
    const shown = [0.5, 0.95].map((share) => percentile(times, share).toFixed(1).padStart(8));
    console.log(page.padEnd(31), ...shown);
  }
  console.log("\nApplication, compressed".padEnd(32), "kB".padStart(8));
  for (const { name, bytes } of await bundleSizes(application))
    console.log(name.padEnd(31), (bytes / 1000).toFixed(1).padStart(8));
  console.log("\nA page in a browser".padEnd(32), "ms".padStart(8), "script, kB".padStart(12));
  for (const { path, shownMs, scriptBytes } of await pageLoads(again.url, addressesOf(pages)))
    console.log(
      path.slice(0, 30).padEnd(31),
      shownMs.toFixed(0).padStart(8),
      (scriptBytes / 1000).toFixed(1).padStart(12),
    );
  await again.close();
} finally {
  await rm(own, { recursive: true, force: true });
}
