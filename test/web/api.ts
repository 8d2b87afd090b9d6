import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";
import { parse } from "csv-parse/sync";
import {
  Contract,
  id,
  JsonRpcProvider,
  NonceManager,
  Wallet,
  type Interface,
  type InterfaceAbi,
} from "ethers";

import { devKey } from "../../scripts/replay.ts";
import { openMarket, signEnrolment, type Market } from "../../sim/market/client.ts";
import { PARTS } from "../../sim/market/deployment.ts";
import { Role } from "../../sim/market/ledger.ts";
import { readContract } from "../../sim/market/record.ts";
import { RateLimit } from "../../web/server/http/limits.ts";
import type {
  DecodedValue,
  EventRow,
  Role as ParticipantRole,
  Supply,
} from "../../web/shared/api.ts";
import {
  endAll,
  makeFolder,
  replayedMarket,
  REPLAY_TIMEOUT_MS,
  TestConsole,
  type ListPath,
  type Replayed,
} from "../support/console.ts";

/** IDs that somebody might enrol to do harm to those who look at them. */
const HOSTILE = [
  `<img src=x onerror=alert(1)>`,
  `=HYPERLINK("http://127.0.0.1:1","open")`,
  `'; DROP TABLE participants; --`,
  `a"b,c\nd`,
  `‮50% _off\\`,
];

/**
 * SHA-256 that the IPFS address of a small file has: of the file wrapped as protocol buffers, first as a UnixFS file, then as a
 * node of the graph.
 */
async function ipfsDigest(path: string): Promise<string> {
  const content = await readFile(path);
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
  const file = Buffer.concat([
    Buffer.from([0x08, 0x02, 0x12, ...varint(content.length)]),
    content,
    Buffer.from([0x18, ...varint(content.length)]),
  ]);
  const node = Buffer.concat([Buffer.from([0x0a, ...varint(file.length)]), file]);
  return createHash("sha256").update(node).digest("hex");
}

const sum = (values: Iterable<string | number>): bigint => {
  let total = 0n;
  for (const value of values) total += BigInt(value);
  return total;
};

describe("the console's API", function () {
  this.timeout(REPLAY_TIMEOUT_MS);

  let root: string;
  let replayed: Replayed;
  let api: TestConsole;
  let market: Market;
  let provider: JsonRpcProvider;

  before(async () => {
    root = await makeFolder();
    replayed = await replayedMarket(root);
    provider = new JsonRpcProvider(replayed.chain.url, undefined, {
      cacheTimeout: -1,
      polling: true,
      pollingInterval: 20,
    });
    market = await openMarket(replayed.folder, provider);
    await enrolHostile();
    await failOnPurpose();
    // Tests ask for more in a second than anybody could look at.
    const limit = new RateLimit(undefined, 1_000_000);
    api = await TestConsole.open({ folder: replayed.folder, node: replayed.chain.url, limit });
  });

  after(async () => {
    provider.destroy();
    await endAll();
    await rm(root, { recursive: true, force: true });
  });

  const admin = new NonceManager(new Wallet(devKey()));

  async function enrolHostile(): Promise<void> {
    admin.reset();
    const validUntil = 4_000_000_000n;
    for (const [i, id] of HOSTILE.entries()) {
      const wallet = Wallet.createRandom().connect(provider);
      await replayed.chain.ask("hardhat_setBalance", wallet.address, "0xde0b6b3a7640000");
      const certificate = `0x${(i + 1).toString(16).padStart(64, "0")}`;
      const enrolment = {
        id,
        wallet: wallet.address,
        role: Role.user,
        certificate,
        validUntil,
        expiry: validUntil,
      };
      const signature = await signEnrolment(market, enrolment, new Wallet(devKey()));
      await (await market.identities.connect(wallet).enrol(enrolment, signature)).wait();
    }
  }

  /** A wallet that nobody knows commits; the fee's limit keeps the node from trying it first. */
  async function failOnPurpose(): Promise<void> {
    const stranger = Wallet.createRandom().connect(provider);
    await replayed.chain.ask("hardhat_setBalance", stranger.address, "0xde0b6b3a7640000");
    const sent = await market.auction
      .connect(stranger)
      .commit(1, `0x${"11".repeat(32)}`, { gasLimit: 200_000 })
      .catch(() => undefined);
    await sent?.wait().catch(() => undefined);
  }

  // ---------------------------------------------------------------- the market

  it("has the contracts as the chain has them", async () => {
    const rows = await api.all("/api/supply", {}, { limit: 200 });
    expect(rows.length).to.equal(Number(await market.supply.contracts()));
    expect(rows.length).to.be.above(20);
    const statuses = ["", "running", "fulfilled", "expired"];
    const fulfilled = await market.supply.queryFilter(market.supply.filters.Fulfilled());
    const short = new Set(
      fulfilled.flatMap(({ args: [contract, shortfallWh] }) =>
        shortfallWh > 0n ? [Number(contract)] : [],
      ),
    );
    expect(short.size).to.be.above(0).and.below(fulfilled.length);
    for (const row of rows) {
      expect(row.shortfall).to.equal(short.has(row.contract));
      const c = await market.supply.contractOf(row.contract);
      const own = [
        row.buyer.number,
        row.seller.number,
        row.price,
        row.cores,
        row.coreSeconds,
        row.energyWh,
      ];
      expect(own).to.deep.equal(
        [c.buyer, c.seller, c.price, c.cores, c.coreSeconds, c.energy].map(Number),
      );
      const times = [row.signedSlot, row.firstSlot, row.deadline];
      expect(times).to.deep.equal([c.signed, c.firstSlot, c.deadline].map(Number));
      const done = [row.delivered, row.pvWh, row.esdWh, row.gridWh];
      expect(done).to.deep.equal([c.delivered, c.pv, c.esd, c.grid].map(Number));
      const money = [row.escrow, row.paid, row.buyerDeposit, row.sellerDeposit, row.penalty];
      expect(money).to.deep.equal(
        [c.escrow, c.paid, c.buyerDeposit, c.sellerDeposit, c.penalty].map(String),
      );
      expect(row.status).to.equal(statuses[Number(c.status)]);
      expect([row.priority, row.handedOver]).to.deep.equal([c.priority, c.handedOver]);
    }
  });

  it("has the transfers as the chain has them", async () => {
    const rows = await api.all("/api/transfers");
    expect(rows.length).to.equal(Number(await market.transfers.transfers()));
    expect(rows.length, "the scenario has none").to.be.above(0);
    for (const row of rows) {
      const t = await market.transfers.transferOf(row.transfer);
      const own = [
        row.first.number,
        row.target.number,
        row.contract,
        row.coreSeconds,
        row.energyWh,
        row.price,
      ];
      expect(own).to.deep.equal(
        [t.first, t.target, t.contractId, t.coreSeconds, t.energy, t.price].map(Number),
      );
      const done = [row.executed, row.repaid, row.settled, row.returning ?? 0];
      expect(done).to.deep.equal([t.executed, t.repaid, t.settled, t.returning].map(Number));
      expect(row.status).to.equal(["", "executing", "owing", "closed"][Number(t.status)]);
      expect(row.defaulted).to.equal(t.defaulted);
      expect([row.networkFee, row.deposit]).to.deep.equal([t.networkFee, t.deposit].map(String));
    }
  });

  it("has every participant's reputation, tab and money as the chain has them", async () => {
    const rows = await api.all("/api/participants", {}, { limit: 200 });
    expect(rows.length).to.equal(Number(await market.identities.participants()));
    for (const row of rows) {
      expect(row.reputation, row.id).to.equal(
        Number(await market.reputation.reputationOf(row.number)),
      );
      const identity = await market.identities.identityOf(row.number);
      expect([row.id, row.wallet, row.certificate]).to.deep.equal([
        identity.id,
        identity.wallet,
        identity.certificate,
      ]);
      const history = await api.all("/api/participants/:number/reputation", { number: row.number });
      expect(history[0]?.reputation).to.equal(5000);
      expect(history.at(-1)?.reputation).to.equal(row.reputation);
      const one = await api.get("/api/participants/:number", { number: row.number });
      const { available, locked } = await market.vault.accountOf(row.number);
      expect(one.account).to.include({ available: String(available), locked: String(locked) });
    }
  });

  it("explains every account by its statement", async () => {
    for (const { number, id, role } of await api.all("/api/participants")) {
      const one = await api.get("/api/participants/:number", { number });
      const statement = await api.all(
        "/api/participants/:number/statement",
        { number },
        { limit: 200 },
      );
      const tab = role === "dataCentre" ? BigInt(one.tab ?? 0) : 0n;
      const account = BigInt(one.account!.available) + BigInt(one.account!.locked);
      // What is on the tab between data centre and grid is not paid yet.
      if (role !== "gridOperator")
        expect(sum(statement.map(({ amount }) => amount)) + tab, id).to.equal(account);
    }
  });

  it("adds the slots up to what the run came to", async () => {
    const { totals, slots } = await api.get("/api/overview");
    const { hourly, trades, transfers } = replayed.result;
    const yuan = (column: "income_yuan" | "energy_cost_yuan" | "export_income_yuan"): bigint =>
      BigInt(Math.round(hourly.reduce((total, row) => total + row[column], 0) * 1e6));
    expect(BigInt(totals.deliveryIncome)).to.equal(yuan("income_yuan"));
    expect(BigInt(totals.importCost)).to.equal(yuan("energy_cost_yuan"));
    expect(BigInt(totals.exportIncome)).to.equal(yuan("export_income_yuan"));
    expect(totals.trades).to.equal(trades.length);
    expect(totals.transfers).to.equal(transfers.length);
    expect(totals.pvWh).to.equal(totals.directWh + totals.chargeWh + totals.exportWh);
    expect(totals.loadWh).to.equal(totals.directWh + totals.dischargeWh + totals.importWh);
    expect(slots.map(({ slot }) => slot)).to.deep.equal(slots.map((_, i) => slots[0]!.slot + i));
    const of = slots.find(({ trades: any }) => any > 0)!;
    const page = await api.get("/api/supply", {}, { slot: of.slot });
    expect(page.total).to.equal(of.trades);
    const some = await api.get("/api/overview", {}, { from: of.slot, to: of.slot });
    expect(some.slots).to.deep.equal([of]);
    expect(some.totals.trades).to.equal(of.trades);
  });

  it("has each data centre's energy as its readings say", async () => {
    const [centre] = await api.all("/api/participants", {}, { role: "dataCentre" });
    const { number } = centre!;
    const energy = await api.get("/api/participants/:number/energy", { number });
    const readings = await api.all("/api/readings", {}, { participant: number, order: "asc" });
    expect(readings.length).to.be.above(20);
    for (const reading of readings) {
      const { dataCentre, read, ...same } = reading;
      expect(dataCentre.number).to.equal(number);
      expect(energy.find(({ slot }) => slot === reading.slot)).to.deep.equal(same);
      const { events } = await api.get("/api/transactions/:hash", { hash: read.transaction });
      expect(events.map(({ event }) => event?.name)).to.contain("ReadingTaken");
    }
  });

  it("has each plant's limits as its equipment can do in an hour, each with what a meter rounds", async () => {
    // The ESD of 1 kWh takes 250 Wh at most, and gives these less its loss beside the 800 Wh that it can hold.
    const limits = { pvLimitWh: 1_200 + 3, esdLimitWh: 1_013 + 3, gridLimitWh: 1_200 + 3 };
    for (const { number } of await api.all("/api/participants", {}, { role: "dataCentre" }))
      expect((await api.get("/api/participants/:number", { number })).site).to.include(limits);
  });

  // ---------------------------------------------------------------- slots

  it("gives slots whose draws are the chain's trades", async () => {
    const slots = await api.all("/api/slots");
    const cleared = slots.filter(({ phase, trades }) => phase === "cleared" && trades > 0);
    expect(cleared.length).to.be.above(5);
    for (const { slot, trades } of cleared) {
      const one = await api.get("/api/slots/:slot", { slot });
      expect(one.agrees).to.equal(true);
      const book = await market.auction.bookOf(slot);
      expect(one.seed).to.equal(book.seed);
      const bids = await api.all("/api/slots/:slot/bids", { slot }, { limit: 3 });
      expect(bids.map(({ place }) => place)).to.deep.equal(bids.map((_, i) => i));
      expect(bids.filter(({ trade }) => trade !== null)).to.have.length(trades);
      for (const { index, draw, trade, maxPrice } of bids) {
        expect(draw!.pick).to.equal(trade?.offer ?? null);
        if (draw === null || trade === null) continue;
        expect(draw.price).to.equal(trade.price);
        const { contract } = trade;
        const { trade: signed } = await api.get("/api/supply/:contract", { contract });
        expect([signed.bidIndex, signed.maxPrice]).to.deep.equal([index, maxPrice]);
        expect(draw.candidates).to.equal(trade.candidates);
        expect(draw.candidates).to.equal(Math.min(one.drawAmong, draw.eligible.length));
        expect(Number(BigInt(draw.number!) % BigInt(draw.candidates))).to.equal(draw.drawn);
        expect(draw.eligible[draw.drawn!]!.ref).to.equal(draw.pick);
        expect(draw.eligible.every(({ price }) => price <= maxPrice)).to.equal(true);
      }
      const offers = await api.all("/api/slots/:slot/offers", { slot });
      const sold = sum(offers.map(({ energyWh, leftWh }) => energyWh - leftWh!));
      expect(sold).to.equal(sum(bids.filter(({ trade }) => trade).map(({ energyWh }) => energyWh)));
    }
  });

  it("tells the clock's slot, and the last that has a page", async () => {
    const { clock } = await api.get("/api/status");
    const [last] = await api.all("/api/slots");
    expect(clock!.lastSlot).to.equal(last!.slot);
    // The run is over: its last readings came in a slot of their own.
    expect(clock!.slot).to.be.above(last!.slot);
    expect((await api.refusal(`/api/slots/${clock!.slot}`)).code).to.equal("not-found");
  });

  it("gives plans with their commitments, and evidence by which anybody can check a slot", async () => {
    const slot = (await api.all("/api/slots")).find(({ trades }) => trades > 2)!.slot;
    const plans = await api.all("/api/slots/:slot/plans", { slot });
    expect(plans.every(({ status }) => status === "revealed")).to.equal(true);
    const evidence = await api.get("/api/slots/:slot/evidence", { slot });
    const codec: Interface = market.auction.interface;
    for (const { hash, input } of evidence.reveals) {
      const onChain = (await replayed.chain.ask("eth_getTransactionByHash", hash)) as {
        input: string;
      };
      expect(input).to.equal(onChain.input);
      const [plan] = codec.decodeFunctionData("reveal", input) as unknown as [{ bidder: bigint }];
      const question = { to: evidence.auction, data: codec.encodeFunctionData("hashPlan", [plan]) };
      const digest = await provider.call(question);
      expect(
        plans.find(({ participant }) => participant.number === Number(plan.bidder))?.commitment,
      ).to.equal(digest);
    }
    expect(evidence.reveals).to.have.length(plans.length);
    const names = evidence.logs.map(({ topics, data, address }) =>
      address === evidence.auction ? codec.parseLog({ topics: [...topics], data })?.name : address,
    );
    for (const name of [
      "Committed",
      "Revealed",
      "MatchingStarted",
      "Cleared",
      evidence.supply,
      evidence.beacon,
    ])
      expect(names).to.contain(name);
    expect(names.filter((name) => name === "Committed")).to.have.length(plans.length);
  });

  // ---------------------------------------------------------------- lives

  it("tells a contract's life step by step, each linked to its transaction", async () => {
    const [handed] = await api.all("/api/transfers");
    const supply = await api.get("/api/supply/:contract", { contract: handed!.contract });
    const steps = supply.steps.map(({ event }) => event);
    expect(supply.steps[0]).to.include({ event: "Signed", slot: supply.signedSlot });
    expect(steps).to.include.members(["Delivered", "Taken", "Executed", "Fulfilled"]);
    const delivered = supply.steps.filter(({ event }) => event === "Delivered");
    expect(sum(delivered.map(({ coreSeconds }) => coreSeconds!))).to.equal(
      BigInt(supply.delivered),
    );
    expect(sum(delivered.flatMap(({ money }) => money.map(({ amount }) => amount)))).to.equal(
      BigInt(supply.paid),
    );
    expect(sum(supply.executors.map(({ deliveredCoreSeconds }) => deliveredCoreSeconds))).to.equal(
      BigInt(supply.delivered),
    );
    const other = supply.executors.find(({ transfer }) => transfer === handed!.transfer);
    expect(other?.dataCentre.number).to.equal(handed!.target.number);
    // What comes of a reading is of the reading's slot, and not of the next, in which it was sent.
    for (const { at, event, slot } of supply.steps) {
      const delivery = delivered.find((one) => one.at.transaction === at.transaction);
      if (event === "Executed" || event === "Fulfilled")
        expect(slot, event).to.equal(delivery!.slot);
    }
    for (const { at, event } of supply.steps) {
      const { events } = await api.get("/api/transactions/:hash", { hash: at.transaction });
      expect(events.find((one) => one.at.logIndex === at.logIndex)?.event?.name).to.equal(event);
    }
    const transfer = await api.get("/api/transfers/:transfer", { transfer: handed!.transfer });
    expect(transfer.supply.contract).to.equal(supply.contract);
    expect(transfer.steps.map(({ event }) => event)).to.include.members([
      "Taken",
      "Executed",
      "Delivered",
    ]);
    const slotsOf = (event: string): (number | null)[] =>
      transfer.steps.filter((step) => step.event === event).map(({ slot }) => slot);
    expect(slotsOf("Executed")).to.deep.equal(slotsOf("Delivered"));
  });

  it("has what was paid for a transfer in the slots in which it was executed", async () => {
    const rows = await api.all("/api/transfers", {}, { mode: "payment" });
    const { target, transfer, paid } = rows.find((row) => row.paid !== "0")!;
    const statement = await api.all("/api/participants/:number/statement", {
      number: target.number,
    });
    const lines = statement.filter((row) => row.transfer === transfer && row.what === "transfer");
    expect(sum(lines.map(({ amount }) => amount))).to.equal(BigInt(paid));
    const { steps } = await api.get("/api/transfers/:transfer", { transfer });
    const delivered = steps.filter(({ event }) => event === "Delivered").map(({ slot }) => slot);
    expect(lines.map(({ slot }) => slot).reverse()).to.deep.equal(delivered);
  });

  it("filters contracts and transfers", async () => {
    const all = await api.all("/api/supply", {}, { limit: 200 });
    const { buyer, seller, signedSlot } = all[0]!;
    const check = async (
      query: Record<string, string | number | boolean>,
      keep: (row: (typeof all)[number]) => boolean,
    ): Promise<void> => {
      const found = await api.all("/api/supply", {}, query);
      expect(found, JSON.stringify(query)).to.deep.equal(all.filter(keep)).and.not.be.empty;
    };
    await check({ buyer: buyer.number }, (row) => row.buyer.number === buyer.number);
    await check({ participant: seller.number }, (row) => row.seller.number === seller.number);
    await check(
      { status: "fulfilled", slot: signedSlot },
      (row) => row.status === "fulfilled" && row.signedSlot === signedSlot,
    );
    await check({ priority: true }, ({ priority }) => priority);
    for (const shortfall of [true, false])
      await check({ shortfall }, (row) => row.shortfall === shortfall);
    const moved = new Set((await api.all("/api/transfers")).map(({ contract }) => contract));
    await check({ transferred: true }, ({ contract }) => moved.has(contract));
    const transfers = await api.all("/api/transfers", {}, { mode: "payment" });
    expect(new Set(transfers.map(({ mode }) => mode))).to.deep.equal(new Set(["payment"]));
  });

  // ---------------------------------------------------------------- lists

  /** A participant's number is that of the first with the role. */
  const LISTS: readonly (readonly [ListPath, { slot?: number; number?: ParticipantRole }])[] = [
    ["/api/slots", {}],
    ["/api/slots/:slot/plans", { slot: 5 }],
    ["/api/slots/:slot/offers", { slot: 5 }],
    ["/api/slots/:slot/bids", { slot: 5 }],
    ["/api/supply", {}],
    ["/api/transfers", {}],
    ["/api/quotes", {}],
    ["/api/participants", {}],
    ["/api/participants/:number/reputation", { number: "user" }],
    ["/api/participants/:number/plans", { number: "user" }],
    ["/api/participants/:number/bids", { number: "user" }],
    ["/api/participants/:number/offers", { number: "dataCentre" }],
    ["/api/participants/:number/statement", { number: "dataCentre" }],
    ["/api/readings", {}],
    ["/api/blocks", {}],
    ["/api/transactions", {}],
    ["/api/addresses", {}],
    ["/api/token-transfers", {}],
    ["/api/events", {}],
  ];

  for (const [path, { slot, number: role }] of LISTS)
    it(`pages ${path} without gap or repetition, both ways, and gives it as CSV`, async () => {
      const values: Record<string, number> = slot === undefined ? {} : { slot };
      if (role !== undefined)
        values["number"] = (await api.all("/api/participants", {}, { role }))[0]!.number;
      const page = await api.get(path, values, { limit: 200 });
      // The run's data centres have withdrawn their quotes at its end.
      if (path !== "/api/quotes") expect(page.total).to.be.above(0);
      const small = await api.all(path, values, {
        limit: Math.min(200, Math.max(1, Math.ceil(page.total / 7))),
      });
      expect(small).to.have.length(page.total);
      expect(JSON.stringify(small.slice(0, 200))).to.equal(JSON.stringify(page.items));
      expect(new Set(small.map((item) => JSON.stringify(item))).size).to.equal(page.total);
      const asc = await api.all(path, values, { order: "asc", limit: 200 });
      const desc = await api.all(path, values, { order: "desc", limit: 200 });
      expect(JSON.stringify(asc)).to.equal(JSON.stringify([...desc].reverse()));
      const address = path.replaceAll(/:(\w+)/g, (_, name: string) => String(values[name]));
      const { body, headers } = await api.fetch(`${address}?format=csv`);
      expect(headers.get("content-type")).to.equal("text/csv; charset=utf-8");
      const quoted = body.replaceAll(/"(?:[^"]|"")*"/g, "text");
      expect(quoted.trimEnd().split("\n")).to.have.length(page.total + 1);
      const [header, ...lines] = quoted.trimEnd().split("\n");
      for (const line of lines) expect(line.split(",").length).to.equal(header!.split(",").length);
    });

  /** Rows of a CSV file by its columns; no column comes twice. */
  async function csvRows(path: string): Promise<Record<string, string>[]> {
    const { body } = await api.fetch(path);
    const [header, ...lines] = parse(body) as [string[], ...string[][]];
    expect(new Set(header).size).to.equal(header.length);
    return lines.map((line) => Object.fromEntries(header.map((name, i) => [name, line[i] ?? ""])));
  }

  it("gives events of one kind as CSV with a column for each argument", async () => {
    const rows = await csvRows("/api/events?contract=SupplyBook&name=Signed&order=asc&format=csv");
    const supplies = await api.all("/api/supply", {}, { order: "asc" });
    expect(rows).to.have.length(supplies.length).above(20);
    for (const [i, row] of rows.entries()) {
      const supply = supplies[i]!;
      const { event, topics } = (
        await api.get("/api/events", {}, { supply: supply.contract })
      ).items.find(({ event }) => event?.name === "Signed")!;
      expect(row, String(supply.contract)).to.include({
        "at.block": String(supply.signed.block),
        topics: topics.join("; "),
        "arguments.contractId": String(supply.contract),
        "arguments.buyer": String(supply.buyer.number),
        "arguments.buyer.label": supply.buyer.id,
        "arguments.seller": String(supply.seller.number),
        "arguments.seller.label": supply.seller.id,
        "arguments.price": String(supply.price),
        "arguments.coreSeconds": String(supply.coreSeconds),
        "arguments.priority": String(supply.priority),
        "arguments.candidates": event!.arguments
          .flatMap(({ unpacked = [] }) => unpacked)
          .find(({ name }) => name === "candidates")!.value as string,
      });
    }
    const [committed] = await csvRows("/api/events?name=Committed&limit=1&format=csv");
    expect(committed!["arguments.participant"]).to.match(/^\d+$/);
    expect(committed!["arguments.slot"]).to.match(/^\d+$/);
    const [taken] = await csvRows("/api/events?contract=TransferBook&name=Taken&format=csv");
    const transfer = (await api.all("/api/transfers"))[0]!;
    expect(taken).to.include({
      "arguments.transferId": String(transfer.transfer),
      "arguments.transfer.contractId": String(transfer.contract),
      "arguments.transfer.energy": String(transfer.energyWh),
    });
  });

  it("gives a CSV column for each argument of every event, as the page has them", async () => {
    const kinds = new Map<string, EventRow>();
    for (const row of await api.all("/api/events", {}, { limit: 200 }))
      if (row.event !== null) kinds.set(`${row.event.contract}&name=${row.event.name}`, row);
    expect(kinds.size).to.be.above(20);
    const leaves = (values: readonly DecodedValue[]): string[] =>
      values.flatMap(({ value, unpacked, type }) => {
        if (unpacked !== undefined && type !== "bytes") return leaves(unpacked);
        return typeof value === "object"
          ? type.endsWith("]")
            ? []
            : leaves(value)
          : [String(value)];
      });
    for (const [kind, { event, at }] of kinds) {
      const rows = await csvRows(`/api/events?contract=${kind}&block=${at.block}&format=csv`);
      const row = rows.find((one) => Number(one["at.logIndex"]) === at.logIndex)!;
      const values = Object.entries(row).filter(([name]) => name.startsWith("arguments."));
      expect(
        values.map(([, value]) => value),
        kind,
      ).to.include.members(leaves(event!.arguments));
    }
  });

  it("gives events of several kinds as CSV with all arguments in one column", async () => {
    const { transaction } = (await api.all("/api/supply"))[0]!.signed;
    const { events } = await api.get("/api/transactions/:hash", { hash: transaction });
    const rows = await csvRows(`/api/events?transaction=${transaction}&order=asc&format=csv`);
    expect(rows).to.have.length(events.length);
    const kinds = new Set(rows.map((row) => row["event.name"]));
    expect(kinds.size).to.be.above(1);
    for (const [i, { event }] of events.entries())
      for (const { name, value, unpacked } of event!.arguments)
        if (unpacked === undefined && typeof value !== "object")
          expect(rows[i]!["arguments"]!.split("; ")).to.include(`${name}=${String(value)}`);
    const signed = rows.find((row) => row["event.name"] === "Signed")!;
    expect(signed["arguments"]!.match(/\bbuyer=/g)).to.have.length(1);
    expect(signed["arguments"]).to.match(/; priority=(true|false); /);
  });

  // ---------------------------------------------------------------- explorer

  it("decodes a call with names instead of numbers, and its events with what is packed in them", async () => {
    const { items } = await api.get("/api/transactions", {}, { method: "reveal", limit: 1 });
    const { call } = await api.get("/api/transactions/:hash", { hash: items[0]!.hash });
    expect(call).to.include({ contract: "SlotAuction", name: "reveal" });
    const plan = call!.arguments[0]!.value as readonly DecodedValue[];
    const bidder = plan.find(({ name }) => name === "bidder")!;
    expect(bidder.link).to.deep.equal({ kind: "participant", number: Number(bidder.value) });
    expect(bidder.label).to.equal(items[0]!.from.name);
    const signed = await api.get(
      "/api/events",
      {},
      { contract: "SupplyBook", name: "Signed", limit: 1 },
    );
    const { event } = signed.items[0]!;
    const contract = Number(event!.arguments[0]!.value);
    const supply: Supply = await api.get("/api/supply/:contract", { contract });
    const terms = event!.arguments.find(({ name }) => name === "terms")!;
    const unpacked = Object.fromEntries(terms.unpacked!.map(({ name, value }) => [name, value]));
    expect(unpacked).to.include({
      buyer: String(supply.buyer.number),
      price: String(supply.price),
      deadline: String(supply.deadline),
      energy: String(supply.energyWh),
      priority: supply.priority,
    });
  });

  it("says why a transaction failed", async () => {
    const { items, total } = await api.get("/api/transactions", {}, { succeeded: false });
    expect(total).to.equal(1);
    expect(items[0]).to.include({ error: "UnknownWallet", method: "commit", succeeded: false });
    const { failure, from } = await api.get("/api/transactions/:hash", { hash: items[0]!.hash });
    expect(failure).to.include({ source: "trace" });
    expect(failure!.error).to.include({ name: "UnknownWallet", contract: "IdentityRegistry" });
    expect(failure!.error!.arguments[0]!.value).to.equal(from.address);
    expect((await api.get("/api/transactions", {}, { error: "UnknownWallet" })).total).to.equal(1);
    const trace = await api.get("/api/transactions/:hash/trace", { hash: items[0]!.hash });
    if (!trace.traced) throw new Error(trace.reason);
    expect(trace.root.failure?.error?.name).to.equal("UnknownWallet");
    expect(trace.root.calls).to.deep.equal([]);
  });

  it("traces the calls within a transaction", async () => {
    const { items } = await api.get("/api/transactions", {}, { method: "reveal", limit: 1 });
    const trace = await api.get("/api/transactions/:hash/trace", { hash: items[0]!.hash });
    if (!trace.traced) throw new Error(trace.reason);
    expect(trace.root.to?.name).to.equal("SlotAuction");
    const calls = trace.root.calls.map(({ type, to }) => [type, to?.name]);
    expect(calls).to.deep.include(["STATICCALL", "Vault"]);
    expect(calls).to.deep.include(["CALL", "Vault"]);
  });

  it("agrees with the node about every transaction", async () => {
    const rows = await api.all("/api/transactions", {}, { limit: 200 });
    for (const row of rows.filter((_, i) => i % 25 === 0)) {
      const one = await api.get("/api/transactions/:hash", { hash: row.hash });
      const receipt = (await replayed.chain.ask("eth_getTransactionReceipt", row.hash)) as Record<
        string,
        string
      > & { logs: unknown[] };
      expect([one.gasUsed, one.block]).to.deep.equal([
        Number(receipt["gasUsed"]),
        Number(receipt["blockNumber"]),
      ]);
      expect(one.events).to.have.length(receipt.logs.length);
      expect(one.fee).to.equal((BigInt(one.gasUsed) * BigInt(one.gasPrice)).toString());
    }
  });

  it("knows addresses by their names, and what they did", async () => {
    const [centre] = await api.all("/api/participants", {}, { role: "dataCentre" });
    const address = centre!.wallet;
    const detail = await api.get("/api/addresses/:address", { address: address.toLowerCase() });
    expect(detail).to.include({
      address,
      name: centre!.id,
      kind: "participant",
      participant: centre!.number,
      hasCode: false,
    });
    const { total } = await api.get("/api/transactions", {}, { address });
    expect(detail.sent + detail.received).to.equal(total);
    expect(detail.nonce).to.equal(detail.sent);
    const contracts = await api.all("/api/addresses", {}, { kind: "contract" });
    expect(contracts.map(({ name }) => name)).to.include.members(Object.values(PARTS));
    const found = await api.all("/api/addresses", {}, { search: centre!.id });
    expect(found.map((one) => one.address)).to.contain(address);
    const mints = await api.all("/api/token-transfers", {}, { address });
    expect(mints.length).to.be.above(0);
  });

  it("shows contracts with source, ABI and verified code", async () => {
    const contracts = await api.get("/api/contracts");
    expect(contracts).to.have.length(12);
    for (const { name, source, created } of contracts) {
      expect(source, name).to.equal("verified");
      expect(created, name).to.not.equal(null);
      const detail = await api.get("/api/contracts/:name", { name });
      const record = await readContract(replayed.folder, name);
      expect(detail.abi).to.deep.equal(record!.abi);
      expect(detail.sources[0]!.path).to.match(new RegExp(`/${name}\\.sol$`));
      expect(detail.sources[0]!.content).to.contain(`contract ${name}`);
    }
    const auction = await api.get("/api/contracts/:name", { name: "SlotAuction" });
    const book = auction.functions.find(({ name }) => name === "bookOf")!;
    expect(book).to.include({ reads: true, signature: "bookOf(uint32)" });
    expect(auction.functions.find(({ name }) => name === "commit")!.calls).to.be.above(10);
    const reader = new Contract(auction.address, auction.abi as InterfaceAbi, provider);
    expect(await reader.getFunction("paused")()).to.equal(false);
  });

  it("is given source and signatures in the layout of a Sourcify repository", async () => {
    const { contracts } = (await api.get("/api/status")).market!;
    const repository = join(replayed.folder, "sourcify");
    for (const [name, address] of Object.entries(contracts)) {
      const match = join(repository, "contracts/full_match/31337", address);
      const metadata = JSON.parse(await readFile(join(match, "metadata.json"), "utf8")) as {
        settings: { compilationTarget: Record<string, string> };
        sources: Record<string, { keccak256: string }>;
      };
      expect(Object.values(metadata.settings.compilationTarget)).to.deep.equal([name]);
      for (const [source, { keccak256 }] of Object.entries(metadata.sources)) {
        const file = join(match, "sources", source.replaceAll(/[@:]/g, "_"));
        expect(id(await readFile(file, "utf8")), source).to.equal(keccak256);
      }
      // The code on the chain ends with the hash of this very description.
      const code = await provider.getCode(address);
      const length = Number(`0x${code.slice(-4)}`);
      const end = code.slice(-4 - 2 * length);
      expect(end, name).to.contain(await ipfsDigest(join(match, "metadata.json")));
    }
    const selector = id("commit(uint32,bytes32)").slice(2, 10);
    const signature = await readFile(join(repository, "signatures", selector), "utf8");
    expect(signature).to.equal("commit(uint32,bytes32)");
  });

  it("finds whatever has a name", async () => {
    const [transaction] = (await api.get("/api/transactions", {}, { limit: 1 })).items;
    const block = await api.get("/api/blocks/:block", { block: transaction!.block });
    const [user] = await api.all("/api/participants", {}, { role: "user" });
    const first = async (q: string): Promise<unknown> =>
      (await api.get("/api/search", {}, { q }))[0]?.link;
    expect(await first(transaction!.hash)).to.deep.equal({
      kind: "transaction",
      hash: transaction!.hash,
    });
    expect(await first(` ${transaction!.hash.toUpperCase().replace("0X", "0x")} `)).to.deep.equal({
      kind: "transaction",
      hash: transaction!.hash,
    });
    expect(await first(block.hash)).to.deep.equal({ kind: "block", block: block.number });
    expect(await first(user!.id)).to.deep.equal({ kind: "participant", number: user!.number });
    expect(await first(user!.wallet)).to.deep.equal({ kind: "participant", number: user!.number });
    expect(await first(user!.certificate)).to.deep.equal({
      kind: "participant",
      number: user!.number,
    });
    expect(await first("2")).to.deep.equal({ kind: "supply", contract: 2 });
    const { slot } = (await api.all("/api/slots"))[0]!;
    const hits = await api.get("/api/search", {}, { q: String(slot) });
    expect(hits.map(({ link }) => link.kind)).to.include.members(["slot", "block", "participant"]);
    expect(await first("SupplyBook")).to.deep.include({ kind: "address" });
    for (const q of ["", "  ", "nobody-has-this-name", "0x1234"])
      expect(await first(q), q).to.equal(undefined);
    for (const [i, id] of HOSTILE.entries()) {
      const hit = (await api.get("/api/search", {}, { q: id }))[0];
      expect(hit?.label, String(i)).to.equal(id);
    }
  });

  // ---------------------------------------------------------------- hostile names

  it("hands hostile names on as data, and makes formulas in CSV files harmless", async () => {
    const users = await api.all("/api/participants", {}, { role: "user" });
    expect(users.map(({ id }) => id)).to.include.members(HOSTILE);
    const { body } = await api.fetch("/api/participants?format=csv");
    expect(body).to.contain(`"'=HYPERLINK(""http://127.0.0.1:1"",""open"")"`);
    expect(body).to.not.match(/[,\n]"?[=+@]/);
    expect(body).to.contain(`"a""b,c\nd"`);
    for (const id of HOSTILE) {
      const found = await api.all("/api/participants", {}, { search: id });
      expect(found.map((one) => one.id)).to.deep.equal([id]);
    }
  });
});
