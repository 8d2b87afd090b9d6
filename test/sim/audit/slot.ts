import { readFile } from "node:fs/promises";

import { expect } from "chai";
import { id } from "ethers";

import { MarketCodec } from "../../../sim/audit/codec.ts";
import { SlotCollector } from "../../../sim/audit/evidence.ts";
import { readHistory } from "../../../sim/audit/history.ts";
import {
  checkSlot,
  type AuctionRules,
  type SlotEvidence,
  type SlotReport,
} from "../../../sim/audit/slot.ts";
import { windowsOf } from "../../../sim/market/slots.ts";
import { playedMarket } from "../../support/audit.ts";

type Change = (copy: Writable<SlotEvidence>) => void;
type Writable<T> = { -readonly [K in keyof T]: Writable<T[K]> };

describe("the check of a slot", function () {
  this.timeout(0);
  let rules: AuctionRules;
  let collector: SlotCollector;
  /** A slot with a draw among several offers, a trade and a bid that was returned. */
  let evidence: SlotEvidence;
  let report: SlotReport;

  before(async () => {
    const { market, rpc } = await playedMarket();
    const { parameters, chainId, addresses, interfaces } = market;
    rules = { parameters, chainId, auction: addresses.auction };
    const codec = new MarketCodec(addresses, interfaces);
    const [latest] = await rpc([{ method: "eth_blockNumber", params: [] }]);
    const lastBlock = Number(latest?.result);
    const history = await readHistory({ rpc, codec, addresses, firstBlock: 0, lastBlock });
    collector = new SlotCollector();
    for (const transaction of history.transactions) collector.add(transaction);
    for (const slot of collector.slots) {
      const found = checkSlot(collector.evidenceOf(slot), rules);
      const { phase, draws, trades, bids } = found;
      if (phase !== "cleared" || draws === 0 || trades === bids) continue;
      if (collector.evidenceOf(slot).openings.length === 0) continue;
      report = found;
      evidence = collector.evidenceOf(slot);
      break;
    }
  });

  /** What the check says of a copy of the slot in which something is another. */
  function differenceAfter(change: Change): string {
    const copy = structuredClone(evidence) as Writable<SlotEvidence>;
    change(copy);
    return checkSlot(copy, rules).difference?.message ?? "none";
  }

  it("finds every slot of a market in order", () => {
    expect(collector.slots.length).to.be.above(10);
    for (const slot of collector.slots) {
      const { difference } = checkSlot(collector.evidenceOf(slot), rules);
      expect(difference, `slot ${slot}`).to.equal(undefined);
    }
  });

  it("tells how each bid came to its offer", () => {
    expect(report.picks.length).to.equal(report.bids);
    const drawn = report.picks.filter(({ candidates }) => candidates.length > 1);
    expect(drawn.length).to.equal(report.draws);
    for (const { bid, candidates, drawn: index, price } of drawn) {
      const offer = candidates[index!]!;
      expect(price >= offer.price && price <= bid.price).to.equal(true);
    }
  });

  const changes: Readonly<Record<string, readonly [Change, RegExp]>> = {
    "another seed": [(s) => (s.started!.seed = id("x")), /start of the matching, seed/],
    "a bid more in the book": [(s) => (s.started!.bids += 1n), /start of the matching, bids/],
    "another salt in a reveal": [(s) => (revealed(s).salt = id("x")), /reveal of .*, salt/],
    "another price in a revealed plan": [
      (s) => {
        const plan = s.reveals.find(({ plan }) => plan!.bids.length > 0)!.plan!;
        plan.bids[0]!.maxPrice += 1n;
      },
      /reveal of participant \d+, digest of the plan/,
    ],
    "a commitment that is another": [
      (s) => (sealOf(s, revealed(s).participant).sealed!.commitment = id("x")),
      /digest of the plan/,
    ],
    "a reveal without a commitment": [
      (s) => {
        const { participant } = revealed(s);
        s.seals = s.seals.filter((seal) => seal.participant !== participant);
      },
      /expected a commitment before it/,
    ],
    "a commitment that was withdrawn": [
      (s) => {
        const { participant } = revealed(s);
        s.seals.push({ ...sealOf(s, participant), sealed: undefined });
      },
      /expected a commitment before it/,
    ],
    "a commitment that is too late": [
      (s) => (s.seals[0]!.time = windowsOf(rules.parameters, s.slot).revealFrom),
      /commitment of participant \d+: expected a time/,
    ],
    "a reveal that is too late": [
      (s) => (s.reveals[0]!.time = windowsOf(rules.parameters, s.slot).clearFrom),
      /reveal of participant \d+: expected a time/,
    ],
    "a missing reveal": [(s) => s.reveals.splice(s.reveals.indexOf(revealed(s)), 1), /start of/],
    "the same plan revealed twice": [(s) => s.reveals.push(s.reveals[0]!), /one reveal/],
    "a plan that nobody can read": [(s) => (revealed(s).plan = undefined), /calldata/],
    "a beacon value that its chain does not lead to": [
      (s) => (s.openings[0]!.value = id("x")),
      /beacon value of operator \d+, its hash/,
    ],
    "a beacon value that is too early": [
      (s) => (s.openings[0]!.time -= 3600n),
      /beacon value of operator \d+: expected a time/,
    ],
    "another offer drawn": [
      (s) => {
        const pick = report.picks.find(({ candidates }) => candidates.length > 1)!;
        const other = pick.candidates[(pick.drawn! + 1) % pick.candidates.length]!;
        const trade = s.outcomes[pick.place]!.trade!;
        [trade.seller, trade.offer] = [other.participant, other.index];
      },
      /bid \d+ of participant \d+, offer drawn: expected offer .*\(draw \d of \d: .*found offer/,
    ],
    "another number of candidates": [
      (s) => (traded(s).candidates += 1n),
      /contract \d+, candidates/,
    ],
    "another price of a trade": [(s) => (traded(s).terms.price += 1n), /terms, price/],
    "a trade instead of a returned bid": [
      (s) => (s.outcomes.find(({ trade }) => trade === undefined)!.trade = traded(s)),
      /expected none, found offer/,
    ],
    "trades in another order": [(s) => s.outcomes.reverse(), /place 0 of the order/],
    "a missing trade": [(s) => s.outcomes.pop(), /trades and returned bids/],
    "a trade more": [(s) => s.outcomes.push(s.outcomes[0]!), /trades and returned bids/],
    "another number of trades": [(s) => (s.cleared!.trades += 1n), /slot \d+, trades/],
    "another reputation": [
      (s) => {
        for (const reveal of s.reveals) reveal.reputation = reveal.participant * 100n;
        s.outcomes.reverse();
      },
      /place|offer drawn/,
    ],
    "trades before the matching": [(s) => (s.started = undefined), /no trade before/],
    "a trade after the slot's end": [
      (s) => {
        const lapseFrom = windowsOf(rules.parameters, s.slot).lapseFrom;
        for (const outcome of s.outcomes) outcome.time = lapseFrom;
      },
      /offer drawn: expected none/,
    ],
  };
  for (const [name, [change, message]] of Object.entries(changes))
    it(`sees ${name}`, () => {
      expect(differenceAfter(change)).to.match(message);
    });

  it("needs nothing of Node, so that it runs in a browser", async () => {
    const files = new Set<string>();
    const outside = new Set<string>();
    const visit = async (file: URL): Promise<void> => {
      if (files.has(file.href)) return;
      files.add(file.href);
      const text = await readFile(file, "utf8");
      for (const [, name = ""] of text.matchAll(
        /^(?:import|export) (?!type )[^;]*?from "(.+?)";/gm,
      ))
        if (name.startsWith(".")) await visit(new URL(name, file));
        else outside.add(name);
    };
    for (const name of ["slot", "evidence", "codec"])
      await visit(new URL(`../../../sim/audit/${name}.ts`, import.meta.url));
    expect(files.size).to.be.above(8);
    expect([...outside].sort()).to.deep.equal(["ethers", "hash-wasm", "micro-eth-signer/abi.js"]);
  });

  it("says where it is about", () => {
    const copy = structuredClone(evidence) as Writable<SlotEvidence>;
    copy.started!.seed = id("x");
    const { difference } = checkSlot(copy, rules);
    expect(difference?.transaction).to.equal(evidence.started?.transaction);
    expect(difference?.where).to.contain(`slot ${evidence.slot}`);
    expect(difference?.expected).to.equal(report.seed);
    expect(difference?.found).to.equal(id("x"));
  });
});

/** A reveal that went into the book. */
const revealed = (s: Writable<SlotEvidence>): Writable<SlotEvidence["reveals"][number]> =>
  s.reveals.find(({ salt }) => salt !== undefined)!;

/** The latest commitment of a participant. */
const sealOf = (
  s: Writable<SlotEvidence>,
  participant: bigint,
): Writable<SlotEvidence["seals"][number]> =>
  s.seals.findLast((seal) => seal.participant === participant)!;

const traded = (
  s: Writable<SlotEvidence>,
): Writable<NonNullable<SlotEvidence["outcomes"][number]["trade"]>> =>
  s.outcomes.find(({ trade }) => trade !== undefined)!.trade!;
