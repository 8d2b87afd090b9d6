import { expect } from "chai";
import { id } from "ethers";

import {
  draw,
  match,
  orderBids,
  orderOffers,
  partsOfRef,
  refOf,
  type BookBid,
} from "../../../sim/market/clearing.ts";

const RULE = { drawAmong: 3n, sellerShareBps: 5000n };

const entry = (participant: bigint, changes: Partial<BookBid> = {}): BookBid => ({
  ref: refOf(participant, 0),
  price: 500n,
  reputation: 5000n,
  sequence: participant,
  energy: 1000n,
  cores: 4n,
  ...changes,
});

const refs = (list: readonly BookBid[]): bigint[] => list.map(({ ref }) => ref / 256n);

describe("clearing", () => {
  describe("refOf", () => {
    it("joins participant and index, and partsOfRef parts them", () => {
      expect(refOf(7n, 15)).to.equal(7n * 256n + 15n);
      expect(partsOfRef(7n * 256n + 15n)).to.deep.equal({ participant: 7n, index: 15n });
    });
  });

  describe("orderBids", () => {
    it("puts the higher price first, then the higher reputation, then the earlier commitment", () => {
      const list = [
        entry(1n, { price: 400n, reputation: 9000n }),
        entry(2n, { reputation: 4999n, sequence: 1n }),
        entry(3n, { sequence: 9n }),
        entry(4n, { sequence: 8n }),
        entry(5n, { price: 501n, reputation: 0n }),
      ];
      expect(refs(orderBids(list))).to.deep.equal([5n, 4n, 3n, 2n, 1n]);
    });

    it("puts the bids of a plan that are equal in the order of the plan", () => {
      const first = entry(1n);
      const second = entry(1n, { ref: refOf(1n, 1) });
      expect(orderBids([second, first])).to.deep.equal([first, second]);
    });

    it("leaves its argument as it is", () => {
      const list = [entry(1n, { price: 1n }), entry(2n)];
      orderBids(list);
      expect(refs(list)).to.deep.equal([1n, 2n]);
    });
  });

  describe("orderOffers", () => {
    it("puts the lower price first, then the higher reputation, then the earlier commitment", () => {
      const list = [
        entry(1n, { price: 600n, reputation: 9000n }),
        entry(2n, { reputation: 4999n, sequence: 1n }),
        entry(3n, { sequence: 9n }),
        entry(4n, { sequence: 8n }),
        entry(5n, { price: 499n, reputation: 0n }),
      ];
      expect(refs(orderOffers(list))).to.deep.equal([5n, 4n, 3n, 2n, 1n]);
    });
  });

  describe("draw", () => {
    it("gives each candidate about as often", () => {
      const counts = [0, 0, 0];
      for (let place = 0; place < 3000; place += 1) {
        const drawn = draw(id("seed"), place, 3);
        counts[drawn] = (counts[drawn] ?? 0) + 1;
      }
      for (const count of counts) expect(count).to.be.within(900, 1100);
    });

    it("depends on the seed", () => {
      const places = Array.from({ length: 40 }, (_, place) => place);
      const drawn = (seed: string): number[] => places.map((place) => draw(id(seed), place, 8));
      expect(drawn("a")).to.deep.equal(drawn("a"));
      expect(drawn("a")).to.not.deep.equal(drawn("b"));
    });
  });

  describe("match", () => {
    it("matches nothing without offers", () => {
      const [only] = match([entry(1n)], [], id("seed"), RULE);
      expect(only).to.deep.equal({ bid: entry(1n), price: 0n, candidates: [] });
    });

    it("takes an offer at the bid's own price and none above it", () => {
      const offers = [entry(2n, { price: 500n }), entry(3n, { price: 501n })];
      const [only] = match([entry(1n)], offers, id("seed"), RULE);
      expect(only?.candidates).to.deep.equal([offers[0]]);
      expect(only?.price).to.equal(500n);
    });

    it("sets the price by the seller's share of the spread, rounded down", () => {
      const offers = [entry(2n, { price: 401n })];
      const priceAt = (sellerShareBps: bigint): bigint | undefined =>
        match([entry(1n)], offers, id("seed"), { ...RULE, sellerShareBps })[0]?.price;
      expect(priceAt(0n)).to.equal(401n);
      expect(priceAt(5000n)).to.equal(450n);
      expect(priceAt(10_000n)).to.equal(500n);
    });

    it("draws among the first k that fit", () => {
      const offers = [
        entry(2n, { price: 100n, energy: 999n }),
        entry(3n, { price: 101n, cores: 3n }),
        entry(4n, { price: 102n }),
        entry(5n, { price: 103n }),
        entry(6n, { price: 104n }),
      ];
      const rule = { ...RULE, drawAmong: 2n };
      const [only] = match([entry(1n)], offers, id("seed"), rule);
      expect(refs(only?.candidates ?? [])).to.deep.equal([4n, 5n]);
      expect(only?.offer).to.equal(only?.candidates[draw(id("seed"), 0, 2)]);
    });

    it("deducts what was sold, in the order of the bids", () => {
      const bids = [entry(1n, { price: 600n }), entry(2n), entry(3n, { price: 400n })];
      const offers = [entry(4n, { price: 300n, energy: 2000n, cores: 8n })];
      const matches = match([...bids].reverse(), offers, id("seed"), RULE);
      expect(matches.map(({ bid }) => bid)).to.deep.equal(bids);
      expect(matches.map(({ offer }) => offer)).to.deep.equal([offers[0], offers[0], undefined]);
    });

    it("runs out of cores as well as of energy", () => {
      const offers = [entry(4n, { price: 300n, energy: 9000n, cores: 7n })];
      const matches = match([entry(1n), entry(2n)], offers, id("seed"), RULE);
      expect(matches.map(({ offer }) => offer)).to.deep.equal([offers[0], undefined]);
    });
  });
});
