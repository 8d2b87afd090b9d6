import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { id, Interface } from "ethers";

import { UserError } from "../../sim/errors.ts";
import { httpRpc, type Rpc } from "../../sim/market/rpc.ts";
import { Database, partsOfPlace } from "../../web/server/index/database.ts";
import { Indexer } from "../../web/server/index/indexer.ts";
import { CHAIN_TABLES, DERIVED_TABLES } from "../../web/server/index/schema.ts";
import { TOLD } from "../../web/server/api/steps.ts";
import { loadMarket, type Market } from "../../web/server/market.ts";
import { auctionHandlers } from "../../web/server/projection/auction.ts";
import { IDENTITY_HANDLERS } from "../../web/server/projection/identities.ts";
import { SUPPLY_HANDLERS } from "../../web/server/projection/supply.ts";
import { TRANSFER_HANDLERS } from "../../web/server/projection/transfers.ts";
import {
  endAll,
  makeFolder,
  replayedMarket,
  REPLAY_TIMEOUT_MS,
  TestChain,
  type Replayed,
} from "../support/console.ts";

/** An index, which is made in a folder of its own. */
async function indexAt(
  path: string,
  rpc: Rpc,
  market: Market | undefined,
): Promise<[Database, Indexer]> {
  const db = Database.open(path);
  const indexer = new Indexer(db, rpc);
  indexer.follow(market);
  for (let more = true; more;) ({ more } = await indexer.step());
  return [db, indexer];
}

/** Everything in an index but when it was seen. */
function contentOf(db: Database): Record<string, unknown[]> {
  const names = [...`${CHAIN_TABLES}${DERIVED_TABLES}`.matchAll(/CREATE TABLE (\w+)/g)];
  return Object.fromEntries(
    names.map(([, name = ""]) => [
      name,
      db
        .all<Record<string, unknown>>(`SELECT * FROM ${name}`)
        .map((row) => JSON.stringify({ ...row, seen: null }))
        .sort(),
    ]),
  );
}

describe("the console's index", function () {
  this.timeout(REPLAY_TIMEOUT_MS);

  let root: string;
  let replayed: Replayed;
  let market: Market;
  const files: string[] = [];

  const newFile = async (): Promise<string> => {
    const folder = await makeFolder();
    files.push(folder);
    return join(folder, "index.db");
  };

  before(async () => {
    root = await makeFolder();
    replayed = await replayedMarket(root);
    market = await loadMarket(replayed.folder);
  });

  after(async () => {
    await endAll();
    for (const folder of [root, ...files]) await rm(folder, { recursive: true, force: true });
  });

  it("has every block, transaction and log of the chain", async () => {
    const { chain } = replayed;
    const [db, indexer] = await indexAt(await newFile(), chain.rpc, market);
    const head = Number(await chain.ask("eth_blockNumber"));
    expect(indexer.head).to.equal(head);
    expect(indexer.complete).to.equal(true);
    let transactions = 0;
    for (let number = 0; number <= head; number += 1) {
      const block = (await chain.ask(
        "eth_getBlockByNumber",
        `0x${number.toString(16)}`,
        false,
      )) as {
        hash: string;
        transactions: string[];
      };
      expect(
        db.get<{ hash: string }>("SELECT hash FROM blocks WHERE number = ?", number)?.hash,
      ).to.equal(block.hash);
      transactions += block.transactions.length;
    }
    const count = (table: string): number =>
      db.get<{ n: number }>(`SELECT count(*) n FROM ${table}`)!.n;
    expect(count("transactions")).to.equal(transactions);
    const logs = (await chain.ask("eth_getLogs", {
      fromBlock: "0x0",
      toBlock: "latest",
    })) as unknown[];
    expect(count("logs")).to.equal(logs.length);
    expect(count("events")).to.equal(logs.length);
    db.close();
  });

  it("is as the contracts were at any block: also while work is handed over", async () => {
    const { chain } = replayed;
    type Told = Readonly<Record<string, bigint | boolean>>;
    const ask = async (name: string, view: string, key: unknown, tag: string): Promise<Told> => {
      const { abi, address: to } = market.codec.named(name)!;
      const codec = new Interface(abi);
      const data = codec.encodeFunctionData(view, [key]);
      const answer = (await chain.ask("eth_call", { to, data }, tag)) as string;
      return codec.decodeFunctionResult(view, answer)[0] as Told;
    };
    const [whole] = await indexAt(await newFile(), chain.rpc, market);
    const taken = whole.all<{ at: number }>(
      "SELECT at FROM events WHERE name = 'Taken' ORDER BY at",
    );
    whole.close();
    const blocks = [taken[0]!, taken.at(-1)!].map(({ at }) => partsOfPlace(at).block);
    let handedOver = 0;
    let quotes = 0;
    for (const block of blocks.flatMap((one) => [one, one + 8])) {
      const tag = `0x${block.toString(16)}`;
      const upToBlock: Rpc = async (requests) => {
        const answers = await chain.rpc(requests);
        return requests.map(({ method }, i) =>
          method === "eth_blockNumber" ? { result: tag } : answers[i]!,
        );
      };
      const [db] = await indexAt(await newFile(), upToBlock, market);
      for (const row of db.all<Record<string, number | string>>("SELECT * FROM supply")) {
        const c = await ask("SupplyBook", "contractOf", row["contract"], tag);
        const known = ["handed_over", "delivered", "pv", "esd", "grid", "paid"].map((name) =>
          Number(row[name]),
        );
        const there = ["handedOver", "delivered", "pv", "esd", "grid", "paid"].map((name) =>
          Number(c[name]),
        );
        expect(known, `contract ${row["contract"]!} at block ${block}`).to.deep.equal(there);
        expect(row["status"]).to.equal(
          ["", "running", "fulfilled", "expired"][Number(c["status"])],
        );
        handedOver += Number(row["handed_over"]);
      }
      // What is taken of a quote is deducted in the contract, and not told.
      for (const row of db.all<Record<string, number>>("SELECT * FROM quotes")) {
        const q = await ask("TransferBook", "quoteOf", row["participant"], tag);
        const known = ["price", "first_slot", "last_slot", "repayment_slots"];
        const there = ["price", "firstSlot", "lastSlot", "repaymentSlots"];
        expect(known.map((name) => row[name])).to.deep.equal(there.map((name) => Number(q[name])));
        quotes += 1;
      }
      db.close();
    }
    expect(handedOver).to.be.above(0);
    expect(quotes).to.be.above(0);
  });

  it("takes in and tells events that the contracts have", () => {
    const has = (contract: string, name: string | undefined): boolean =>
      market.codec.named(contract)!.abi.some((item) => item.type === "event" && item.name === name);
    const handled = Object.keys({
      ...{ ...IDENTITY_HANDLERS, ...SUPPLY_HANDLERS, ...TRANSFER_HANDLERS },
      ...auctionHandlers(market.codec),
    });
    for (const key of handled) {
      const [contract = "", name] = key.split(".");
      expect(has(contract, name), key).to.equal(true);
    }
    for (const name of Object.keys(TOLD))
      expect(has("SupplyBook", name) || has("TransferBook", name), name).to.equal(true);
  });

  it("asks for nothing twice when it is opened again", async () => {
    const path = await newFile();
    const [first] = await indexAt(path, replayed.chain.rpc, market);
    const before = contentOf(first);
    first.close();
    const asked: string[] = [];
    const counting: Rpc = (requests) => {
      asked.push(...requests.map(({ method }) => method));
      return replayed.chain.rpc(requests);
    };
    const [again] = await indexAt(path, counting, market);
    expect(contentOf(again)).to.deep.equal(before);
    expect(asked).to.not.contain("eth_getTransactionReceipt");
    expect(asked.length).to.be.below(10);
    again.close();
  });

  it("is whole after kills at any moment", async () => {
    const [undisturbed] = await indexAt(await newFile(), replayed.chain.rpc, market);
    const expected = contentOf(undisturbed);
    undisturbed.close();
    const path = await newFile();
    const program = fileURLToPath(new URL("../support/indexAlone.ts", import.meta.url));
    for (const steps of [1, 2, 3, 5]) {
      const child = spawn(process.execPath, [program, path, replayed.chain.url, replayed.folder], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let printed = 0;
      child.stdout.on("data", (text: Buffer) => {
        printed += text.length;
        // In the midst of what comes after that step.
        if (printed >= steps) setTimeout(() => child.kill("SIGKILL"), 3 * steps);
      });
      await once(child, "close");
    }
    const [killed] = await indexAt(path, replayed.chain.rpc, market);
    expect(contentOf(killed)).to.deep.equal(expected);
    killed.close();
  });

  it("takes blocks back that the chain has no more", async () => {
    const chain = await TestChain.start(new Date("2026-01-01T00:00:00Z"));
    const pay = async (value: number): Promise<void> => {
      const [from, to] = (await chain.ask("eth_accounts")) as string[];
      await chain.ask("eth_sendTransaction", { from, to, value: `0x${value.toString(16)}` });
    };
    const path = await newFile();
    await pay(1);
    const snapshot = await chain.ask("evm_snapshot");
    await pay(2);
    await pay(3);
    const [db, indexer] = await indexAt(path, chain.rpc, undefined);
    expect(indexer.head).to.equal(3);
    await chain.ask("evm_revert", snapshot);
    await pay(4);
    await indexer.step();
    expect(indexer.resets).to.equal(1);
    for (let more = true; more;) ({ more } = await indexer.step());
    expect(
      db.all("SELECT value FROM transactions ORDER BY at").map((row) => row["value"]),
    ).to.deep.equal(["1", "4"]);
    const { sent } = db.get<{ sent: number }>("SELECT max(sent) sent FROM addresses")!;
    expect(sent).to.equal(2);
    // The same height with another block.
    const again = await chain.ask("evm_snapshot");
    await pay(5);
    for (let more = true; more;) ({ more } = await indexer.step());
    await chain.ask("evm_revert", again);
    await pay(6);
    await indexer.step();
    expect(indexer.resets).to.equal(2);
    for (let more = true; more;) ({ more } = await indexer.step());
    expect(
      db.all("SELECT value FROM transactions ORDER BY at").map((row) => row["value"]),
    ).to.deep.equal(["1", "4", "6"]);
    db.close();
    await chain.end();
  });

  it("says why a transaction failed on a node that does not trace, and how it knows", async () => {
    const { chain, folder } = replayed;
    const { addresses } = market.record;
    const [from] = (await chain.ask("eth_accounts")) as string[];
    // Nobody's wallet withdraws its bond; the gas is given, so that the node does not try it first.
    const data = id("releaseBond()").slice(0, 10);
    await chain
      .ask("eth_sendTransaction", { from, to: addresses.auction, data, gas: "0x30000" })
      .catch(() => undefined);
    const withoutTraces: Rpc = async (requests) => {
      const answers = await chain.rpc(requests);
      return requests.map(({ method }, i) =>
        method.startsWith("debug_")
          ? { error: { code: -32601, message: "the method does not exist" } }
          : answers[i]!,
      );
    };
    const [traced] = await indexAt(await newFile(), chain.rpc, await loadMarket(folder));
    const [plain] = await indexAt(await newFile(), withoutTraces, await loadMarket(folder));
    const failed = (db: Database) =>
      db.all("SELECT failure_source, failure_data FROM transactions WHERE succeeded = 0");
    expect(failed(traced).map((row) => row["failure_source"])).to.deep.equal(["trace"]);
    expect(failed(plain).map((row) => row["failure_source"])).to.deep.equal(["replay"]);
    expect(failed(plain)[0]!["failure_data"]).to.equal(failed(traced)[0]!["failure_data"]);
    traced.close();
    plain.close();
  });

  it("begins anew on another chain, and has nothing of the old one left", async () => {
    const path = await newFile();
    const other = await TestChain.start(new Date("2026-02-01T00:00:00Z"));
    let rpc = replayed.chain.rpc;
    const [db, indexer] = await indexAt(path, (requests) => rpc(requests), market);
    rpc = other.rpc;
    await indexer.step();
    expect(indexer.resets).to.equal(1);
    for (let more = true; more;) ({ more } = await indexer.step());
    const content = contentOf(db);
    expect(content["blocks"]).to.have.length(1);
    for (const [table, rows] of Object.entries(content))
      if (!["blocks", "market_state"].includes(table)) expect(rows, table).to.have.length(0);
    db.close();
    await other.end();
  });

  it("follows another market of the same chain without reading the chain again", async () => {
    const path = await newFile();
    const asked: string[] = [];
    const counting: Rpc = (requests) => {
      asked.push(...requests.map(({ method }) => method));
      return replayed.chain.rpc(requests);
    };
    const [db, indexer] = await indexAt(path, counting, undefined);
    expect(db.get("SELECT 1 FROM supply")).to.equal(undefined);
    expect(asked).to.contain("eth_getTransactionReceipt");
    db.run("INSERT INTO accounts VALUES (1, '5', '0', 1)");
    expect(indexer.follows(market)).to.equal(false);
    indexer.follow(market);
    expect(indexer.follows(market)).to.equal(true);
    expect(db.all("SELECT * FROM accounts"), "of another market").to.deep.equal([]);
    asked.length = 0;
    for (let more = true; more;) ({ more } = await indexer.step());
    expect(asked).to.not.contain("eth_getTransactionReceipt");
    const [fresh] = await indexAt(await newFile(), replayed.chain.rpc, market);
    expect(contentOf(db)).to.deep.equal(contentOf(fresh));
    db.close();
    fresh.close();
  });

  it("stays as it is while the node is gone", async () => {
    const path = await newFile();
    const [db] = await indexAt(path, replayed.chain.rpc, market);
    const before = contentOf(db);
    const gone = new Indexer(db, httpRpc("http://127.0.0.1:1", 1));
    gone.follow(market);
    const error = await gone.step().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(UserError);
    expect(contentOf(db)).to.deep.equal(before);
    db.close();
  });

  it("is opened by one console only, and is made anew if it is damaged", async () => {
    const path = await newFile();
    const db = Database.open(path);
    expect(() => Database.open(path)).to.throw(UserError, "in use by another console");
    db.close();
    await writeFile(path, "this is no database, but something else altogether ".repeat(50));
    const anew = Database.open(path);
    expect(anew.get<{ n: number }>("SELECT count(*) n FROM blocks")).to.deep.include({ n: 0 });
    anew.close();
  });
});
