import { expect } from "chai";

import { asPart, deployAtGenesis, maxUint, leaveChainAsFound } from "./support/chain.ts";
import { freshWallet, networkHelpers } from "./support/market.ts";

const PARTICIPANT = 7n;
const OTHER = 8n;
const MARKET_PARTS = ["auction", "supply", "transfers", "beacon"] as const;

async function fixture() {
  const market = await deployAtGenesis();
  const supply = await asPart(market, "supply");
  return { market, supply, reputation: market.reputation.connect(supply) };
}

/** A market in which the fall by a default is `fall`, so that bounds can be met exactly. */
async function withFalls(defaultFall: bigint, unopenedFall: bigint, rise = 50n) {
  const market = await deployAtGenesis({
    maxReputationRise: rise,
    defaultReputationFall: defaultFall,
    unopenedReputationFall: unopenedFall,
  });
  const reputation = market.reputation.connect(await asPart(market, "supply"));
  return { market, reputation };
}

describe("Reputation", () => {
  leaveChainAsFound();

  it("belongs to its directory", async () => {
    const { market, reputation } = await networkHelpers.loadFixture(fixture);
    expect(await reputation.directory()).to.equal(market.addresses.directory);
  });

  it("starts in the middle", async () => {
    const { reputation } = await networkHelpers.loadFixture(fixture);
    expect(await reputation.reputationOf(PARTICIPANT)).to.equal(5000n);
  });

  for (const name of ["reward", "penalizeDefault", "penalizeUnopened"] as const) {
    describe(name, () => {
      it("reverts for everyone but the auction, the supply and transfer books and the beacon", async () => {
        const { market, reputation } = await networkHelpers.loadFixture(fixture);
        const strangers = [
          await freshWallet(),
          market.admin,
          await asPart(market, "meters"),
          await asPart(market, "vault"),
          await asPart(market, "directory"),
          await asPart(market, "tariff"),
        ];
        for (const stranger of strangers) {
          const contract = reputation.connect(stranger);
          const call =
            name === "reward"
              ? contract.reward(PARTICIPANT, OTHER, 1000n)
              : contract[name](PARTICIPANT);
          await expect(call)
            .to.be.revertedWithCustomError(reputation, "NotMarket")
            .withArgs(stranger.address);
        }
        expect(await reputation.reputationOf(PARTICIPANT)).to.equal(5000n);
      });

      for (const part of MARKET_PARTS) {
        it(`can be called by the market's contract "${part}"`, async () => {
          const { market } = await networkHelpers.loadFixture(fixture);
          const reputation = market.reputation.connect(await asPart(market, part));
          const call =
            name === "reward"
              ? reputation.reward(PARTICIPANT, OTHER, 1000n)
              : reputation[name](PARTICIPANT);
          const expected = { reward: 5010n, penalizeDefault: 4500n, penalizeUnopened: 4750n }[name];
          await expect(call)
            .to.emit(market.vault, "ReputationChanged")
            .withArgs(PARTICIPANT, expected);
          expect(await reputation.reputationOf(PARTICIPANT)).to.equal(expected);
          const others = name === "reward" ? expected : 5000n;
          expect(await reputation.reputationOf(OTHER)).to.equal(others);
          expect(await reputation.reputationOf(OTHER + 1n)).to.equal(5000n);
        });
      }
    });
  }

  describe("reward", () => {
    it("rises by the energy, rounded down", async () => {
      const { reputation } = await networkHelpers.loadFixture(fixture);
      await reputation.reward(PARTICIPANT, OTHER, 99n); // 10 a kWh: less than 1
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(5000n);
      await reputation.reward(PARTICIPANT, OTHER, 100n);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(5001n);
      await reputation.reward(PARTICIPANT, OTHER, 299n);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(5003n);
    });

    it("rises by one contract to its limit and no further", async () => {
      const { reputation } = await networkHelpers.loadFixture(fixture);
      await reputation.reward(PARTICIPANT, OTHER, 4_999n);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(5049n);
      await reputation.reward(PARTICIPANT, OTHER, 5_000n);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(5099n);
      await reputation.reward(PARTICIPANT, OTHER, 5_100n);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(5149n);
      await reputation.reward(PARTICIPANT, OTHER, maxUint(32n));
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(5199n);
    });

    it("stops at 10,000", async () => {
      const { market, reputation } = await withFalls(10_000n, 10_000n, 4999n);
      await reputation.reward(PARTICIPANT, OTHER, maxUint(32n));
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(9999n);
      await reputation.reward(PARTICIPANT, OTHER, 100n);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(10_000n);
      await expect(reputation.reward(PARTICIPANT, OTHER, 100n))
        .to.emit(market.vault, "ReputationChanged")
        .withArgs(PARTICIPANT, 10_000n);
      await expect(reputation.reward(PARTICIPANT, OTHER, maxUint(32n)))
        .to.emit(market.vault, "ReputationChanged")
        .withArgs(PARTICIPANT, 10_000n);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(10_000n);
    });

    it("rises for both sides, each from where it stands", async () => {
      const { market, reputation } = await networkHelpers.loadFixture(fixture);
      await reputation.penalizeDefault(OTHER);
      const transaction = reputation.reward(PARTICIPANT, OTHER, 2000n);
      await expect(transaction)
        .to.emit(market.vault, "ReputationChanged")
        .withArgs(PARTICIPANT, 5020n);
      await expect(transaction).to.emit(market.vault, "ReputationChanged").withArgs(OTHER, 4520n);
    });

    it("rises again from 0", async () => {
      const { reputation } = await withFalls(5000n, 5000n);
      await reputation.penalizeDefault(PARTICIPANT);
      await reputation.reward(PARTICIPANT, OTHER, 1000n);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(10n);
    });
  });

  describe("penalizeDefault", () => {
    it("falls step by step", async () => {
      const { reputation } = await networkHelpers.loadFixture(fixture);
      await reputation.penalizeDefault(PARTICIPANT);
      await reputation.penalizeDefault(PARTICIPANT);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(4000n);
    });

    it("stops at 0", async () => {
      const { market, reputation } = await withFalls(4999n, 51n);
      await reputation.penalizeDefault(PARTICIPANT);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(1n);
      await expect(reputation.penalizeDefault(PARTICIPANT))
        .to.emit(market.vault, "ReputationChanged")
        .withArgs(PARTICIPANT, 0n);
      await reputation.penalizeDefault(PARTICIPANT);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(0n);
    });

    it("falls to 0 exactly", async () => {
      const { reputation } = await withFalls(5000n, 51n);
      await reputation.penalizeDefault(PARTICIPANT);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(0n);
    });
  });

  describe("penalizeUnopened", () => {
    it("falls by its own step and stops at 0", async () => {
      const { reputation } = await withFalls(51n, 3000n);
      await reputation.penalizeUnopened(PARTICIPANT);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(2000n);
      await reputation.penalizeUnopened(PARTICIPANT);
      expect(await reputation.reputationOf(PARTICIPANT)).to.equal(0n);
    });
  });
});
