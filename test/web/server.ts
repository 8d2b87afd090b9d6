import { mkdir, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";

import { expect } from "chai";

import { UserError } from "../../sim/errors.ts";
import { RPC_METHODS, type Status } from "../../web/shared/api.ts";
import { RateLimit } from "../../web/server/http/limits.ts";
import { MarketConsole } from "../../web/server/console.ts";
import {
  endAll,
  makeFolder,
  REPLAY_TIMEOUT_MS,
  TestChain,
  TestConsole,
} from "../support/console.ts";

const GENESIS = "1767225600"; // 2026-01-01T00:00:00Z
const BEGIN = new Date("2025-12-31T23:00:00Z");

describe("the console's server", function () {
  this.timeout(REPLAY_TIMEOUT_MS);

  let root: string;
  let chain: TestChain;
  let folder: string;
  let api: TestConsole;

  before(async () => {
    root = await makeFolder();
    chain = await TestChain.start(BEGIN);
    folder = await chain.deploy(root, { genesis: GENESIS });
    const application = join(root, "dist");
    await mkdir(join(application, "assets"), { recursive: true });
    await writeFile(join(application, "index.html"), "<!doctype html><title>application</title>");
    await writeFile(join(application, "assets/main-1.js"), "export const one = 1;".repeat(100));
    await writeFile(join(root, "secret.txt"), "nobody's business");
    api = await TestConsole.open({ folder, node: chain.url, application });
  });

  after(async () => {
    await endAll();
    await rm(root, { recursive: true, force: true });
  });

  const rpc = (
    body: unknown,
    headers: Record<string, string> = { "content-type": "application/json" },
  ) =>
    api.fetch("/rpc", {
      method: "POST",
      headers,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  /** Asks with a host of its own, which `fetch` does not allow. */
  const asHost = (host: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(api.url);
      request({ port, host: "127.0.0.1", path: "/api/status", headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on("error", reject)
        .end();
    });

  // ---------------------------------------------------------------- application

  it("serves the application for every page, and its files", async () => {
    for (const path of ["/", "/slots/5", "/addresses/0x00"]) {
      const { status, body, headers } = await api.fetch(path);
      expect([status, headers.get("content-type")]).to.deep.equal([
        200,
        "text/html; charset=utf-8",
      ]);
      expect(body).to.contain("<title>application</title>");
    }
    const { body, headers } = await api.fetch("/assets/main-1.js");
    expect(body).to.contain("export const one");
    expect(headers.get("content-type")).to.equal("text/javascript; charset=utf-8");
    expect(headers.get("content-encoding")).to.equal("gzip");
    expect(headers.get("cache-control")).to.contain("immutable");
    expect((await api.fetch("/assets/none.js")).status).to.equal(404);
  });

  it("serves nothing from outside the application's folder", async () => {
    const { port } = new URL(api.url);
    for (const path of [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/assets/..%2f..%2fsecret.txt",
      "/%00.txt",
    ]) {
      const body = await new Promise<string>((resolve, reject) => {
        request({ port, host: "127.0.0.1", path }, (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("end", () => {
            resolve(text);
          });
        })
          .on("error", reject)
          .end();
      });
      expect(body, path).to.not.contain("nobody's business");
    }
  });

  it("says how to build the application where it is not built", async () => {
    const bare = await TestConsole.open({ folder, node: chain.url });
    const { status, body } = await bare.fetch("/");
    expect(status).to.equal(503);
    expect(body).to.contain("npm run build:web");
    await bare.end();
  });

  it("forbids everything that is not the page's own", async () => {
    for (const path of ["/", "/api/status", "/api/nothing", "/assets/main-1.js"]) {
      const { headers } = await api.fetch(path);
      const policy = headers.get("content-security-policy")!;
      expect(policy)
        .to.contain("default-src 'none'")
        .and.contain("script-src 'self';")
        .and.contain("frame-ancestors 'none'");
      expect(policy).to.not.match(/https?:|\*|script-src[^;]*unsafe/);
      expect(headers.get("x-content-type-options")).to.equal("nosniff");
      expect(headers.get("access-control-allow-origin")).to.equal(null);
      expect(headers.get("referrer-policy")).to.equal("no-referrer");
    }
  });

  it("answers at its own address only", async () => {
    const { port } = new URL(api.url);
    expect(await asHost(`127.0.0.1:${port}`)).to.equal(200);
    expect(await asHost(`localhost:${port}`)).to.equal(200);
    expect(await asHost(`evil.example:${port}`)).to.equal(400);
    expect(await asHost("127.0.0.1.evil.example")).to.equal(400);
  });

  // ---------------------------------------------------------------- requests

  it("refuses what it does not understand, and says what it would", async () => {
    const refusals: readonly (readonly [string, number, RegExp])[] = [
      ["/api", 404, /no path/],
      ["/api/nothing", 404, /no path/],
      ["/api/slots/x", 400, /"x" is no number/],
      ["/api/slots/99999", 404, /no slot 99999/],
      ["/api/supply/7", 404, /no supply contract 7/],
      ["/api/participants/1", 404, /no participant 1/],
      ["/api/transactions/0x12", 400, /no transaction hash/],
      [`/api/transactions/0x${"0".repeat(64)}`, 404, /no transaction/],
      ["/api/addresses/0x12", 400, /no address/],
      ["/api/blocks/99999", 404, /no block/],
      ["/api/contracts/Nothing", 404, /no contract/],
      ["/api/runs/..%2f..", 404, /no run/],
      ["/api/blocks?limit=0", 400, /1 to 200/],
      ["/api/blocks?limit=201", 400, /1 to 200/],
      ["/api/blocks?limit=ten", 400, /whole number/],
      ["/api/blocks?cursor=abc", 400, /cursor/],
      ["/api/blocks?order=sideways", 400, /asc, desc/],
      ["/api/blocks?limit=5&limit=6", 400, /twice/],
      ["/api/supply?status=lost", 400, /running, fulfilled, expired/],
      ["/api/supply?__proto__=1", 400, /no field/],
      ["/api/transactions?succeeded=maybe", 400, /true or false/],
      ["/api/%E0%A4%A", 400, /encoded/],
    ];
    for (const [path, status, message] of refusals) {
      const refusal = await api.refusal(path);
      expect(refusal.status, path).to.equal(status);
      expect(refusal.message, path).to.match(message);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
      expect((await api.refusal("/api/status", { method })).code).to.equal("method-not-allowed");
    expect((await api.refusal(`/api/search?q=${"x".repeat(3000)}`)).status).to.equal(413);
  });

  it("limits how much a client asks for, and lets it again after a while", () => {
    let now = 0;
    const limit = new RateLimit(() => now);
    let taken = 0;
    while (limit.take("one")) taken += 1;
    expect(taken).to.equal(1000);
    expect(limit.take("another")).to.equal(true);
    now += 1000;
    expect(limit.take("one", 200)).to.equal(true);
    expect(limit.take("one")).to.equal(false);
  });

  it("refuses a flood", async () => {
    const flooded = await TestConsole.open({ folder, node: chain.url });
    const body = JSON.stringify(Array.from({ length: 100 }, (_, id) => ({ id, method: "none" })));
    const post = (): Promise<{ status: number }> =>
      flooded.fetch("/rpc", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
    const answers = await Promise.all(Array.from({ length: 40 }, post));
    expect(answers.filter(({ status }) => status === 429).length).to.be.above(0);
    expect(answers.filter(({ status }) => status === 200).length).to.be.at.least(9);
    await flooded.end();
  });

  // ---------------------------------------------------------------- JSON-RPC

  it("passes questions on to the node, alone and in batches", async () => {
    const one = JSON.parse(
      (await rpc({ jsonrpc: "2.0", id: 7, method: "eth_chainId", params: [] })).body,
    ) as unknown;
    expect(one).to.deep.equal({ jsonrpc: "2.0", id: 7, result: "0x7a69" });
    const batch = JSON.parse(
      (
        await rpc([
          { jsonrpc: "2.0", id: "a", method: "eth_blockNumber" },
          { jsonrpc: "2.0", id: "b", method: "eth_sendRawTransaction", params: ["0x"] },
          { jsonrpc: "2.0", id: "c", method: "eth_getBalance", params: ["nonsense", "latest"] },
        ])
      ).body,
    ) as { id: string; result?: string; error?: { code: number; message: string } }[];
    expect(batch.map(({ id }) => id)).to.deep.equal(["a", "b", "c"]);
    expect(batch[0]?.result).to.equal(await chain.ask("eth_blockNumber"));
    expect(batch[1]?.error).to.include({ code: -32601 });
    expect(batch[2]?.error?.message).to.be.a("string");
  });

  it("passes nothing on that could change anything", async () => {
    const before = await chain.ask("eth_blockNumber");
    for (const method of [
      ...[
        "eth_sendTransaction",
        "eth_sendRawTransaction",
        "eth_sign",
        "eth_accounts",
        "personal_sign",
      ],
      ...[
        "evm_mine",
        "hardhat_setBalance",
        "anvil_setCode",
        "debug_traceTransaction",
        "admin_peers",
        "ETH_CALL",
        "",
      ],
    ]) {
      const { body } = await rpc({ jsonrpc: "2.0", id: 1, method, params: [] });
      expect((JSON.parse(body) as { error: { code: number } }).error.code, method).to.equal(-32601);
    }
    expect(await chain.ask("eth_blockNumber")).to.equal(before);
    for (const method of RPC_METHODS)
      expect(method).to.match(/^(eth_(get|call|chainId|blockNumber)|net_version|web3_client)/);
  });

  it("refuses bodies that are no questions", async () => {
    expect((await rpc("{")).status).to.equal(400);
    expect((await rpc([])).status).to.equal(400);
    expect(
      (await rpc(Array.from({ length: 101 }, (_, id) => ({ id, method: "eth_chainId" })))).status,
    ).to.equal(400);
    for (const body of ["null", "7", '"text"', '{"method":7}', '{"method":"eth_call","params":{}}'])
      expect(
        (JSON.parse((await rpc(body)).body) as { error: { code: number } }).error.code,
        body,
      ).to.equal(-32600);
    expect(
      (await rpc({ method: "eth_chainId" }, { "content-type": "text/plain" })).status,
    ).to.equal(400);
    expect((await api.fetch("/rpc")).status).to.equal(405);
    const large = await rpc(`"${"x".repeat(300_000)}"`);
    expect(large.status).to.equal(413);
    expect((await api.fetch("/api/status")).status).to.equal(200);
  });

  // ---------------------------------------------------------------- live

  it("tells of new blocks as they come", async () => {
    const abort = new AbortController();
    const response = await fetch(`${api.url}/api/live`, { signal: abort.signal });
    expect(response.headers.get("content-type")).to.equal("text/event-stream; charset=utf-8");
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (;;) {
        const found = pattern.exec(text);
        if (found !== null) return found;
        text += (await reader.read()).value ?? "";
      }
    };
    const [, status] = await until(/event: status\ndata: (.*)\n\n/);
    const { index } = JSON.parse(status!) as { index: { head: number } };
    await chain.ask("evm_mine");
    const [, head] = await until(/event: head\ndata: (.*)\n\n/);
    expect(JSON.parse(head!)).to.include({ block: index.head + 1, reset: false });
    const { items } = await api.get("/api/blocks", {}, { limit: 1 });
    expect(items[0]!.number).to.equal(index.head + 1);
    expect(items[0]!.seen, "was seen as it came").to.be.a("string");
    abort.abort();
  });

  // ---------------------------------------------------------------- what goes wrong

  it("keeps showing what it has while the node is gone, says so, and goes on when it is back", async () => {
    const first = await TestChain.start(BEGIN);
    const home = await makeFolder();
    const record = await first.deploy(home, { genesis: GENESIS });
    const index = join(home, "index.db");
    const seen: boolean[] = [];
    const lasting = await TestConsole.open({
      folder: record,
      node: first.url,
      index,
      onNode: (there) => seen.push(there),
    });
    const { head, genesis } = lasting.opened.status().index;
    await first.end();
    await lasting.until(({ node }) => !node.reachable);
    const status = await lasting.get("/api/status");
    expect(status.node.message).to.contain("does not answer");
    expect(status.index.head).to.equal(head);
    expect((await lasting.get("/api/blocks")).total).to.equal(head! + 1);
    const address = status.market!.contracts["SlotAuction"]!;
    expect(await lasting.get("/api/addresses/:address", { address })).to.include({
      balance: null,
      hasCode: null,
    });
    const { items } = await lasting.get("/api/transactions", {}, { limit: 1 });
    const trace = await lasting.get("/api/transactions/:hash/trace", { hash: items[0]!.hash });
    expect(trace).to.include({ traced: false });
    const answer = await lasting.fetch("/rpc", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"id":1,"method":"eth_chainId"}',
    });
    expect(JSON.parse(answer.body))
      .to.deep.include({ id: 1 })
      .and.to.have.nested.property("error.code", -32000);

    // At the same address a devnet that was started anew, with nothing on it.
    const second = await TestChain.start(new Date("2026-03-01T00:00:00Z"), first.port);
    const mixed: Status[] = [];
    await lasting.until((now) => {
      if (now.index.genesis !== genesis && now.market !== null) mixed.push(now);
      return now.node.reachable && now.index.head === 0;
    });
    expect(mixed, "the old market beside the new chain").to.deep.equal([]);
    const anew = await lasting.get("/api/status");
    expect(anew.market).to.equal(null);
    expect(anew.problem).to.contain("--fresh");
    expect(anew.index.resets).to.equal(1);
    expect(await lasting.refusal("/api/overview")).to.include({
      status: 503,
      code: "no-market",
      message: anew.problem,
    });
    expect((await lasting.get("/api/transactions")).total).to.equal(0);

    await second.deploy(home, { genesis: "1772323200" });
    await lasting.until(({ market, index: { catchingUp } }) => market !== null && !catchingUp);
    expect((await lasting.get("/api/slots")).total).to.equal(0);
    expect((await lasting.get("/api/contracts")).map(({ source }) => source)).to.deep.equal(
      Array(12).fill("verified"),
    );
    expect(seen).to.deep.equal([true, false, true]);
    await lasting.end();
    await second.end();
    await rm(home, { recursive: true, force: true });
  });

  it("starts while the node is gone, with what it had", async () => {
    const home = await makeFolder();
    const index = join(home, "index.db");
    const first = await TestConsole.open({ folder, node: chain.url, index });
    const { head } = first.opened.status().index;
    await first.end();
    const later = await TestConsole.open({ folder, node: "http://127.0.0.1:1", index });
    const status = await later.get("/api/status");
    expect(status.node).to.include({ reachable: false, lastAnswer: null });
    expect(status.index.head).to.equal(head);
    expect(status.market?.contracts).to.have.property("SupplyBook");
    expect((await later.get("/api/contracts")).map(({ source }) => source)).to.contain("unknown");
    await later.end();
    await rm(home, { recursive: true, force: true });
  });

  it("says of an index of another chain that it is, not what it cannot know of a node that is gone", async () => {
    const home = await makeFolder();
    const index = join(home, "index.db");
    const first = await TestConsole.open({ folder, node: chain.url, index });
    await first.end();
    const other = await TestChain.start(new Date("2026-04-01T00:00:00Z"));
    const record = await other.deploy(home, { genesis: "1775001600" });
    await other.end();
    const later = await TestConsole.open({ folder: record, node: other.url, index });
    const status = await later.get("/api/status");
    expect(status.market).to.equal(null);
    expect(status.problem).to.match(/^What is indexed is of another chain/);
    expect(status.problem).to.not.contain("--fresh");
    await later.end();
    await rm(home, { recursive: true, force: true });
  });

  it("says that there is no market, and shows it once there is", async () => {
    const home = await makeFolder();
    const empty = await TestConsole.open({
      folder: join(home, "deployments", "localhost"),
      node: chain.url,
    });
    const status = await empty.get("/api/status");
    expect(status.market).to.equal(null);
    expect(status.problem).to.contain("npx hardhat deploy --network localhost");
    expect((await empty.get("/api/blocks")).total).to.be.above(20);
    expect((await empty.refusal("/api/supply")).code).to.equal("no-market");
    await chain.deploy(home, { genesis: GENESIS });
    await empty.until(({ market, index }) => market !== null && !index.catchingUp);
    expect((await empty.get("/api/events", {}, { contract: "MarketDirectory" })).total).to.equal(9);
    await empty.end();
    await rm(home, { recursive: true, force: true });
  });

  it("says that its port is in use", async () => {
    const { port } = new URL(api.url);
    const home = await makeFolder();
    const error = await MarketConsole.open({
      ...{
        folder,
        node: chain.url,
        index: join(home, "index.db"),
        results: home,
        application: home,
      },
      ...{ host: "127.0.0.1", port: Number(port) },
    }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(UserError);
    expect((error as Error).message).to.contain(`Port ${port} of 127.0.0.1 is in use`);
    await rm(home, { recursive: true, force: true });
  });
});
