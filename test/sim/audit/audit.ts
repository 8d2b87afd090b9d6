import { expect } from "chai";
import { dataSlice, Interface, toBeHex, zeroPadValue } from "ethers";

import { audit, viewsOf, type AuditedMarket, type AuditReport } from "../../../sim/audit/audit.ts";
import { MarketCodec, type MarketEvent } from "../../../sim/audit/codec.ts";
import { Difference } from "../../../sim/audit/difference.ts";
import { readHistory, type MarketTransaction } from "../../../sim/audit/history.ts";
import { explainLocks } from "../../../sim/audit/locks.ts";
import { ERC20_ABI } from "../../../sim/audit/record.ts";
import { Rerun } from "../../../sim/audit/rerun.ts";
import { compareState, expectationsOf, type Expectation } from "../../../sim/audit/state.ts";
import { UserError } from "../../../sim/errors.ts";
import type { ChainLog } from "../../../sim/market/chainLedger.ts";
import type { Account } from "../../../sim/market/ledger.ts";
import type { LocalLedger } from "../../../sim/market/localLedger.ts";
import type { Rpc, RpcAnswer } from "../../../sim/market/rpc.ts";
import { corrupted, playedMarket, resultsOf, type Corruption } from "../../support/audit.ts";

interface Log extends ChainLog {
  topics: string[];
  data: string;
  transactionHash: string;
  blockNumber: string;
  logIndex: string;
}

interface Transaction {
  hash: string;
  from: string;
  input: string;
}

interface Block {
  number: string;
  parentHash: string;
  timestamp: string;
  transactions: Transaction[];
}

/** Asked about anything, such a node says why not. */
const refused: RpcAnswer = { error: { code: -32_000, message: "not today" } };

describe("the audit of a market", function () {
  this.timeout(0);
  let market: AuditedMarket;
  let chain: Rpc;
  let rpc: Rpc;
  let codec: MarketCodec;
  let logs: readonly Log[];
  let transactions: readonly MarketTransaction[];
  let clean: AuditReport;

  before(async () => {
    ({ market, chain, rpc } = await playedMarket());
    codec = new MarketCodec(market.addresses, market.interfaces);
    clean = await audit({ market, rpc });
    const { firstBlock, lastBlock } = clean;
    const { addresses } = market;
    ({ transactions } = await readHistory({ rpc, codec, addresses, firstBlock, lastBlock }));
    const filter = {
      address: Object.values(addresses),
      fromBlock: toBeHex(firstBlock),
      toBlock: toBeHex(lastBlock),
    };
    const [answer] = await rpc([{ method: "eth_getLogs", params: [filter] }]);
    logs = answer?.result as Log[];
  });

  /** The difference that the audit of a corrupted copy finds, as it is told. */
  async function differenceIn(change: Corruption): Promise<string> {
    const { difference } = await audit({ market, rpc: corrupted(rpc, change) });
    return difference?.message ?? "none";
  }

  /** The first log of an event, and what it says. */
  function logOf(
    name: string,
    fits: (event: MarketEvent, log: Log) => boolean = () => true,
  ): { log: Log; event: MarketEvent } {
    for (const log of logs) {
      const event = codec.decodeLog(log);
      if (event?.name === name && fits(event, log)) return { log, event };
    }
    throw new Error(`There is no ${name} in the market's past.`);
  }

  const isSame = (a: Log, b: Log): boolean =>
    a.transactionHash === b.transactionHash && a.logIndex === b.logIndex;

  /** Changes one log in all answers with it. */
  const inLog = (target: Log, change: (log: Log) => void): Corruption =>
    resultsOf("eth_getLogs", (result) => {
      const found = (result as Log[]).find((log) => isSame(log, target));
      if (found !== undefined) change(found);
      return result;
    });

  /** Changes one word of a log's data. */
  const inWord = (target: Log, word: number, change: (value: bigint) => bigint): Corruption =>
    inLog(target, (log) => {
      log.data = withWord(log.data, word, change);
    });

  /** The first transaction that called a function. */
  function callOf(
    name: string,
    fits: (transaction: MarketTransaction) => boolean = () => true,
  ): MarketTransaction {
    const found = transactions.find((t) => t.calls[0]?.name === name && fits(t));
    if (found === undefined) throw new Error(`There is no ${name} in the market's past.`);
    return found;
  }

  /** Changes one transaction in its block. */
  const inTransaction = (hash: string, change: (transaction: Transaction) => void): Corruption =>
    resultsOf("eth_getBlockByNumber", (result) => {
      for (const transaction of (result as Block).transactions)
        if (transaction.hash === hash) change(transaction);
      return result;
    });

  /** Changes one word of what a view answers. */
  function inView(view: string, key: keyof typeof market.interfaces, word = 0): Corruption {
    const selector = market.interfaces[key].getFunction(view)?.selector ?? "";
    return resultsOf("eth_call", (result, { params }) => {
      const [{ data }] = params as [{ data: string }];
      return data.startsWith(selector)
        ? withWord(result as string, word, (value) => value + 1n)
        : result;
    });
  }

  const went = ({ ok, events }: MarketTransaction): boolean => ok && events.length > 0;

  describe("of a sound market", () => {
    it("finds no difference, and has seen everything", () => {
      expect(clean.difference).to.equal(undefined);
      for (const [name, count] of Object.entries(clean.counts))
        if (!name.startsWith("calls ")) expect(count, name).to.be.above(0);
      expect(clean.counts["calls confirmed"]).to.be.above(500);
      expect(clean.counts["calls refused, rightly"]).to.be.above(500);
      expect(Object.values(clean.locks!).every((amount) => amount > 0n)).to.equal(true);
    });

    it("has met every function that participants call", () => {
      const met = new Set(transactions.filter(({ ok }) => ok).map(({ calls }) => calls[0]?.name));
      for (const name of [
        ..."enrol rotate revoke deposit depositFor withdraw payOut announce commission submit".split(
          " ",
        ),
        ..."commitChain open commit commitSigned commitBatch withdrawPlan releaseBond reveal".split(
          " ",
        ),
        ..."revealSigned revealBatch punish clear setPaused expire quote withdrawQuote take".split(
          " ",
        ),
        ..."depositWithPermit handBack closeOverdue discardRanking settleTab slash".split(" "),
      ])
        expect(met.has(name), name).to.equal(true);
    });

    it("reads logs in smaller pages from a node that refuses large ones", async () => {
      let refusals = 0;
      const small: Corruption = ({ method, params }, answer) => {
        if (method !== "eth_getLogs") return answer;
        const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
        if (Number(toBlock) - Number(fromBlock) < 100) return answer;
        refusals += 1;
        return refused;
      };
      expect(await differenceIn(small)).to.equal("none");
      expect(refusals).to.be.above(0);
    });

    it("takes a token that the market was given for somebody else's", async () => {
      const token = new Interface(ERC20_ABI);
      const given = { ...market, ownToken: false, interfaces: { ...market.interfaces, token } };
      const { difference, counts } = await audit({ market: given, rpc });
      expect(difference?.message).to.equal(undefined);
      expect(counts["token balances"]).to.equal(0);
      expect(counts["calls confirmed"]).to.equal(clean.counts["calls confirmed"]);
    });

    it("is of one block, however the chain goes on", async () => {
      const { addresses, interfaces } = market;
      let moved = false;
      const moving: Rpc = async (requests) => {
        const answers = await chain(requests);
        if (!moved && requests[0]?.method === "eth_getLogs") {
          moved = true;
          const { from } = callOf("mint", went);
          const data = interfaces.token.encodeFunctionData("mint", [from, 5n]);
          const request = { from, to: addresses.token, data };
          await chain([{ method: "eth_sendTransaction", params: [request] }]);
        }
        return answers;
      };
      const { difference, lastBlock } = await audit({ market, rpc: moving });
      expect(moved).to.equal(true);
      expect(difference).to.equal(undefined);
      expect(lastBlock).to.equal(clean.lastBlock);
    });
  });

  describe("of a copy with one event changed", () => {
    it("sees a commitment", async () => {
      const { log, event } = logOf("Committed");
      expect(await differenceIn(inWord(log, 0, (value) => value ^ 1n))).to.match(
        new RegExp(`Committed, commitment: expected ${textOf(event, "commitment")}`),
      );
    });

    it("says how far it came", async () => {
      const { log } = logOf("Revealed");
      const change = inWord(log, 0, (value) => value ^ 1n);
      const { counts, locks } = await audit({ market, rpc: corrupted(rpc, change) });
      expect(counts["calls confirmed"]).to.be.within(1, clean.counts["calls confirmed"]! - 1);
      expect(counts["slots"]).to.equal(undefined);
      expect(locks).to.equal(undefined);
    });

    it("sees a salt", async () => {
      const { log } = logOf("Revealed");
      expect(await differenceIn(inWord(log, 0, (value) => value ^ 1n))).to.match(/Revealed, salt/);
    });

    it("sees a seed", async () => {
      const { log, event } = logOf("MatchingStarted");
      expect(await differenceIn(inWord(log, 0, (value) => value ^ 1n))).to.match(
        new RegExp(`slot ${textOf(event, "slot")}, start of the matching, seed`),
      );
    });

    it("names slot, bid, offer expected and offer found of a draw", async () => {
      const { log, event } = logOf("Signed", ({ args }) => (args["candidates"] as bigint) > 1n);
      const { buyer, bid, seller, offer } = event.args as Record<string, bigint>;
      const other = inLog(log, ({ topics }) => {
        topics[3] = zeroPadValue(toBeHex(seller! + 1n), 32);
      });
      const message = await differenceIn(other);
      expect(message).to.match(/^slot \d+, /);
      expect(message).to.contain(`bid ${bid} of participant ${buyer}, offer drawn`);
      expect(message).to.match(
        new RegExp(`expected offer ${offer} of participant ${seller} \\(draw \\d of \\d`),
      );
      expect(message).to.contain(`found offer ${offer} of participant ${seller! + 1n}`);
    });

    it("sees a price in a contract's terms", async () => {
      const { log } = logOf("Signed");
      expect(await differenceIn(inWord(log, 0, (value) => value + (1n << 152n)))).to.match(
        /contract \d+, terms, price/,
      );
    });

    it("sees what a delivery brought a contract to", async () => {
      const { log, event } = logOf("Delivered");
      expect(await differenceIn(inWord(log, 1, (value) => value + 1n))).to.contain(
        `contract ${textOf(event, "contractId")}, event Delivered, delivered`,
      );
    });

    it("sees a payment", async () => {
      const { log } = logOf("Delivered");
      expect(await differenceIn(inWord(log, 2, (value) => value + 1n))).to.match(/Delivered, paid/);
    });

    it("sees an RV", async () => {
      const { log } = logOf("ReputationChanged");
      expect(await differenceIn(inWord(log, 0, (value) => value + 1n))).to.match(
        /ReputationChanged, reputation/,
      );
    });

    it("sees a beacon value", async () => {
      const { log } = logOf("ValueOpened");
      expect(await differenceIn(inWord(log, 0, (value) => value ^ 1n))).to.match(
        /ValueOpened, value/,
      );
    });

    it("sees a transfer of an order", async () => {
      const { log } = logOf("Taken");
      expect(await differenceIn(inWord(log, 3, (value) => value + 1n))).to.match(
        /Taken, transfer, coreSeconds/,
      );
    });

    it("sees why an item of a batch was left out", async () => {
      const { log } = logOf(
        "Skipped",
        ({ args }) => codec.decodeError(args["reason"] as string).name === "WrongSequence",
      );
      const changed = inLog(log, (copy) => {
        copy.data = copy.data.replace(/.{64}$/, (word) => `1${word.slice(1)}`);
        copy.data = withWord(copy.data, 3, (value) => value ^ 1n);
      });
      expect(await differenceIn(changed)).to.match(/items skipped, item \d+/);
    });

    it("sees a deposit that brought less than it says", async () => {
      const { log } = logOf("Transfer", (_, { transactionHash }) =>
        logs.some((l) => l.transactionHash === transactionHash && nameOf(l) === "Deposited"),
      );
      expect(await differenceIn(inWord(log, 0, (value) => value - 1n))).to.match(/Transfer, value/);
    });

    it("sees tokens out of nothing", async () => {
      const { log } = logOf("Transfer", ({ args }) => BigInt(args["from"] as string) === 0n);
      expect(await differenceIn(inWord(log, 0, (value) => value + 1n))).to.match(/balanceOf/);
    });

    const nameOf = (log: Log): string | undefined => codec.decodeLog(log)?.name;

    it("sees that one is missing", async () => {
      const { log } = logOf("Delivered");
      const without = resultsOf("eth_getLogs", (result) =>
        (result as Log[]).filter((other) => !isSame(other, log)),
      );
      expect(await differenceIn(without)).to.match(/expected Delivered\(.*\), found/);
    });

    it("sees that the only one of a transaction is missing", async () => {
      const { log } = logOf("PlanWithdrawn");
      const without = resultsOf("eth_getLogs", (result) =>
        (result as Log[]).filter((other) => !isSame(other, log)),
      );
      expect(await differenceIn(without)).to.match(
        /auction.withdrawPlan by .*: expected PlanWithdrawn\(.*\), found no event/,
      );
    });

    it("sees that there is one too many", async () => {
      const { log } = logOf("PlanWithdrawn");
      const twice = resultsOf("eth_getLogs", (result) =>
        (result as Log[]).flatMap((other) => (isSame(other, log) ? [other, other] : [other])),
      );
      expect(await differenceIn(twice)).to.match(/expected no event, found PlanWithdrawn/);
    });

    it("sees one of a transaction that is in no block", async () => {
      const { log } = logOf("Revealed");
      const hash = `0x${"ab".repeat(32)}`;
      const stray = inLog(log, (copy) => (copy.transactionHash = hash));
      expect(await differenceIn(stray)).to.match(/logs of a transaction: .*, found nothing/);
    });

    it("sees one that the contract does not have", async () => {
      const { log } = logOf("Revealed");
      const unknown = inLog(log, ({ topics }) => (topics[0] = `0x${"ab".repeat(32)}`));
      expect(await differenceIn(unknown)).to.match(/expected an event of the market's auction/);
    });
  });

  describe("of a copy with one transaction changed", () => {
    it("sees another plan than the one that was committed to", async () => {
      const { hash } = callOf("reveal", went);
      const changed = inTransaction(hash, (t) => (t.input = withArgument(t.input, SALT)));
      expect(await differenceIn(changed)).to.match(
        /auction.reveal by .*: expected a refusal with CommitmentMismatch\(.*, found success/,
      );
    });

    it("sees another sender", async () => {
      const { hash } = callOf("commit", went);
      const changed = inTransaction(hash, (t) => (t.from = `0x${"12".repeat(20)}`));
      expect(await differenceIn(changed)).to.match(/expected a refusal with UnknownWallet/);
    });

    it("sees that it was an administrator's alone", async () => {
      const { hash } = callOf("setPaused", went);
      const changed = inTransaction(hash, (t) => (t.from = `0x${"12".repeat(20)}`));
      expect(await differenceIn(changed)).to.match(/a refusal with AccessManagedUnauthorized/);
    });

    it("sees that somebody else mints", async () => {
      const { hash } = callOf("mint", went);
      const changed = inTransaction(hash, (t) => (t.from = `0x${"12".repeat(20)}`));
      expect(await differenceIn(changed)).to.match(/new tokens: expected a mint by the issuer/);
    });

    it("sees a reading that the meter has not signed", async () => {
      const { hash } = callOf("submit", went);
      // The signature is the last thing in the calldata: r, s, and v in a word of its own.
      const changed = inTransaction(
        hash,
        (t) => (t.input = withArgument(t.input, (t.input.length - 10) / 64 - 3)),
      );
      expect(await differenceIn(changed)).to.match(/meters.submit by .*: expected a refusal with/);
    });

    it("sees a call that goes through another contract", async () => {
      const { hash } = callOf("submit", went);
      const elsewhere = `0x${"34".repeat(20)}`;
      const changed = inTransaction(hash, (t) => Object.assign(t, { to: elsewhere, input: "0x" }));
      expect(await differenceIn(changed)).to.match(
        /call of the market through 0x3434.*: expected calls in its calldata that explain the events/,
      );
    });

    it("sees that one should have failed", async () => {
      const { hash } = callOf("commit", ({ ok }) => !ok);
      const changed = resultsOf("eth_getTransactionReceipt", (result) => {
        const receipt = result as { transactionHash: string; status: string };
        return receipt.transactionHash === hash ? { ...receipt, status: "0x1" } : receipt;
      });
      expect(await differenceIn(changed)).to.match(/auction.commit by .* a refusal .* success/);
    });

    it("sees that one should have gone through", async () => {
      const { hash } = callOf("clear", ({ ok, events }) => ok && events.length === 0);
      const changed = resultsOf("eth_getTransactionReceipt", (result) => {
        const receipt = result as { transactionHash: string; status: string };
        return receipt.transactionHash === hash ? { ...receipt, status: "0x0" } : receipt;
      });
      expect(await differenceIn(changed)).to.match(
        /auction.clear by .*: expected a transaction that goes through, found one that failed/,
      );
    });

    it("sees another time", async () => {
      const { block } = callOf("commit", went);
      const later = resultsOf("eth_getBlockByNumber", (result) => {
        const copy = result as Block;
        return Number(copy.number) >= block
          ? { ...copy, timestamp: toBeHex(BigInt(copy.timestamp) + 3600n) }
          : copy;
      });
      expect(await differenceIn(later)).to.match(/WrongWindow/);
      const earlier = resultsOf("eth_getBlockByNumber", (result) => {
        const copy = result as Block;
        return Number(copy.number) === block ? { ...copy, timestamp: "0x1" } : copy;
      });
      expect(await differenceIn(earlier)).to.match(/time of block \d+: expected at least/);
    });

    it("sees blocks that do not follow each other", async () => {
      const { block } = callOf("commit", went);
      const changed = resultsOf("eth_getBlockByNumber", (result) => {
        const copy = result as Block;
        return Number(copy.number) === block ? { ...copy, parentHash: "0x00" } : copy;
      });
      expect(await differenceIn(changed)).to.match(new RegExp(`^parent of block ${block}`));
    });
  });

  describe("of contracts that say something else than their past", () => {
    type Key = keyof AuditedMarket["interfaces"];
    const told: readonly (readonly [view: string, key: Key, word: number, message: RegExp])[] = [
      ["accountOf", "vault", 0, /^state, accountOf\(1\), available: expected \d+, found \d+$/],
      ["reputationOf", "reputation", 0, /^state, reputationOf\(1\): expected \d+, found \d+$/],
      ["balanceOf", "token", 0, /^state, balanceOf\(0x\w{40}\): expected \d+, found \d+$/],
      ["parameters", "directory", 5, /^parameter drawAmong in the record/],
      ["addresses", "directory", 2, /^address of \w+ in the record/],
    ];
    for (const [view, key, word, message] of told)
      it(`sees word ${word} of ${view}`, async () => {
        expect(await differenceIn(inView(view, key, word))).to.match(message);
      });

    /** What the model says that the views should tell; made once, as it takes all calls of the market's past. */
    let expectations: readonly Expectation[];
    let rerun: Rerun;

    before(async () => {
      const { parameters, addresses, chainId, ownToken } = market;
      rerun = new Rerun({ parameters, addresses, chainId, codec, ownToken });
      for (const transaction of transactions) await rerun.take(transaction);
      const { event } = logOf("TariffAnnounced");
      const { gridOperator, fromSlot } = event.args as Record<string, bigint>;
      const tariffs = [[gridOperator!, fromSlot!]] as const;
      const { slots } = rerun.slots;
      expectations = await expectationsOf(rerun.ledger, { slots, rankers: [], tariffs });
    });

    it("sees locked money that nothing explains", async () => {
      const { ledger, quoteBps } = rerun;
      const { parameters } = market;
      expect(await explainLocks({ ledger, parameters, quoteBps })).to.deep.equal(clean.locks);
      const accountOf = async (participant: bigint): Promise<Account> => {
        const { available, locked } = await ledger.accountOf(participant);
        return participant === 2n
          ? { available: available - 1n, locked: locked + 1n }
          : { available, locked };
      };
      const other = new Proxy(ledger, {
        get: (target, name) => {
          if (name === "accountOf") return accountOf;
          return (target[name as keyof LocalLedger] as () => unknown).bind(target);
        },
      });
      const error: unknown = await explainLocks({ ledger: other, parameters, quoteBps }).catch(
        (e: unknown) => e,
      );
      expect((error as Difference).message).to.match(
        /^locked money of participant 2: expected \d+, found \d+$/,
      );
    });

    const views: readonly (readonly [view: string, key: Key, word: number, message: RegExp])[] = [
      ["accountOf", "vault", 1, /^state, accountOf\(1\), locked/],
      ["penaltyPool", "vault", 0, /^state, penaltyPool/],
      ["planOf", "auction", 2, /^state, planOf\(1\), sequence/],
      ["bookOf", "auction", 3, /^state, bookOf\(\d+\), seed/],
      ["contractOf", "supply", 4, /^state, contractOf\(1\), cores/],
      ["transferOf", "transfers", 3, /^state, transferOf\(1\), coreSeconds/],
      ["quoteOf", "transfers", 1, /^state, quoteOf\(\d+\), energy/],
      ["identityOf", "identities", 5, /^state, identityOf\(1\), validUntil/],
      ["siteOf", "meters", 4, /^state, siteOf\(\d+\), pvLimitWh/],
      ["stateOf", "meters", 5, /^state, meterStateOf\(1\), tab/],
      ["pricesAt", "tariff", 0, /^state, pricesAt\(\d+, \d+\), importPrice/],
      ["chainOf", "beacon", 1, /^state, chainOf\(\d+\), nextSlot/],
      ["valueAt", "beacon", 1, /^state, beaconValueOf\(\d+\), value/],
    ];
    for (const [view, key, word, message] of views)
      it(`sees word ${word} of ${view}`, async () => {
        const changed = corrupted(rpc, inView(view, key, word));
        const asked = { rpc: changed, views: viewsOf(market), block: clean.lastBlock };
        const error: unknown = await compareState(asked, expectations).catch((e: unknown) => e);
        expect(error).to.be.instanceOf(Difference);
        expect((error as Difference).message).to.match(message);
      });
  });

  describe("with a node that lacks something", () => {
    async function errorWith(change: Corruption): Promise<string> {
      const error: unknown = await audit({ market, rpc: corrupted(rpc, change) }).catch(
        (e: unknown) => e,
      );
      expect(error).to.be.instanceOf(UserError);
      return (error as UserError).message;
    }

    it("says that it has no logs", async () => {
      const none: Corruption = ({ method }, answer) =>
        method === "eth_getLogs" ? refused : answer;
      expect(await errorWith(none)).to.contain("does not tell the logs of block 0 (not today)");
    });

    it("says which block it has not", async () => {
      const none = resultsOf("eth_getBlockByNumber", (result, { params }) =>
        params[0] === "0x7" ? null : result,
      );
      expect(await errorWith(none)).to.contain("The node does not tell block 7 (not found)");
    });

    it("says that it does not know the state any more", async () => {
      const { selector } = market.interfaces.vault.getFunction("accountOf")!;
      const none: Corruption = ({ method, params }, answer) =>
        method === "eth_call" && dataSlice((params[0] as { data: string }).data, 0, 4) === selector
          ? refused
          : answer;
      expect(await errorWith(none)).to.match(/does not tell the contracts' state at block \d+/);
    });

    it("says that there is no market", async () => {
      const none = resultsOf("eth_call", () => "0x");
      expect(await errorWith(none)).to.match(/There is no market at 0x/);
    });

    it("says which receipt it has not", async () => {
      const none = resultsOf("eth_getTransactionReceipt", () => null);
      expect(await errorWith(none)).to.match(/does not tell the receipt of transaction 0x/);
    });
  });
});

/** Hexadecimal data with one of its 32-byte words changed. */
function withWord(data: string, word: number, change: (value: bigint) => bigint): string {
  const at = 2 + 64 * word;
  const changed = change(BigInt(`0x${data.slice(at, at + 64)}`));
  return data.slice(0, at) + toBeHex(changed, 32).slice(2) + data.slice(at + 64);
}

/** A number or text that an event tells. */
const textOf = ({ args }: MarketEvent, name: string): string => (args[name] as bigint).toString();

/** Place of a plan's salt in the arguments of `reveal`. */
const SALT = 5;

/** Calldata with one word of its arguments changed. */
const withArgument = (input: string, word: number): string =>
  input.slice(0, 10) + withWord(`0x${input.slice(10)}`, word, (value) => value ^ 2n).slice(2);
