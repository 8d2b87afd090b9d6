import { expect } from "chai";

import { deployMarket } from "../sim/market/deployment.ts";
import {
  deployAtGenesis,
  maxUint,
  mineAt,
  nextBlockAt,
  nextGenesis,
  startOf,
  leaveChainAsFound,
} from "./support/chain.ts";
import {
  enrol,
  ethers,
  freshWallet,
  networkHelpers,
  ROLE,
  TEST_PARAMETERS,
} from "./support/market.ts";

const MAX_PRICE = maxUint(32n);
const MAX_SLOT = maxUint(32n);

async function fixture() {
  const market = await deployAtGenesis();
  const operator = await enrol(market, "gridOperator");
  return { market, operator, tariff: market.tariff.connect(operator.wallet) };
}

async function announced() {
  const deployed = await fixture();
  await deployed.tariff.announce(3n, 900_000n, 300_000n);
  await deployed.tariff.announce(7n, 800_000n, 200_000n);
  return deployed;
}

describe("GridTariff", () => {
  leaveChainAsFound();

  it("belongs to its directory", async () => {
    const { market, tariff } = await networkHelpers.loadFixture(fixture);
    expect(await tariff.directory()).to.equal(market.addresses.directory);
  });

  describe("announce", () => {
    it("reverts for a wallet of nobody", async () => {
      const { market, tariff } = await networkHelpers.loadFixture(fixture);
      const stranger = await freshWallet();
      await expect(tariff.connect(stranger).announce(1n, 2n, 1n))
        .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
        .withArgs(stranger.address);
    });

    it("reverts for another role", async () => {
      const { market, tariff } = await networkHelpers.loadFixture(fixture);
      const user = await enrol(market, "user");
      await expect(tariff.connect(user.wallet).announce(1n, 2n, 1n))
        .to.be.revertedWithCustomError(market.identities, "WrongRole")
        .withArgs(user.number, ROLE.user, ROLE.gridOperator);
    });

    it("reverts for a revoked operator", async () => {
      const { market, operator, tariff } = await networkHelpers.loadFixture(fixture);
      await market.identities.revoke(operator.number);
      await expect(tariff.announce(1n, 2n, 1n))
        .to.be.revertedWithCustomError(market.identities, "ParticipantRevoked")
        .withArgs(operator.number);
    });

    it("reverts for the current slot until the slot's last second", async () => {
      const { market, tariff } = await networkHelpers.loadFixture(fixture);
      await nextBlockAt(startOf(market, 6n) - 1n);
      await expect(tariff.announce(5n, 2n, 1n))
        .to.be.revertedWithCustomError(tariff, "SlotHasBegun")
        .withArgs(5n, 5n);
    });

    it("takes the next slot's prices in the last second before the slot", async () => {
      const { market, operator, tariff } = await networkHelpers.loadFixture(fixture);
      await nextBlockAt(startOf(market, 6n) - 1n);
      await expect(tariff.announce(6n, 900_000n, 300_000n))
        .to.emit(tariff, "TariffAnnounced")
        .withArgs(operator.number, 6n, 900_000n, 300_000n);
      expect(await tariff.pricesAt(operator.number, 6n)).to.deep.equal([900_000n, 300_000n]);
    });

    it("reverts in the slot's first second", async () => {
      const { market, tariff } = await networkHelpers.loadFixture(fixture);
      await nextBlockAt(startOf(market, 6n));
      await expect(tariff.announce(6n, 2n, 1n))
        .to.be.revertedWithCustomError(tariff, "SlotHasBegun")
        .withArgs(6n, 6n);
    });

    it("reverts for a feed-in price above the import price", async () => {
      const { tariff } = await networkHelpers.loadFixture(fixture);
      await expect(tariff.announce(1n, 2n, 3n))
        .to.be.revertedWithCustomError(tariff, "FeedInAboveImport")
        .withArgs(2n, 3n);
    });

    it("takes a feed-in price equal to the import price", async () => {
      const { operator, tariff } = await networkHelpers.loadFixture(fixture);
      await tariff.announce(1n, 3n, 3n);
      expect(await tariff.pricesAt(operator.number, 1n)).to.deep.equal([3n, 3n]);
    });

    it("reverts for a slot before the latest announced one", async () => {
      const { tariff } = await networkHelpers.loadFixture(announced);
      await expect(tariff.announce(6n, 2n, 1n))
        .to.be.revertedWithCustomError(tariff, "LaterTariffExists")
        .withArgs(6n, 7n);
    });

    it("replaces the prices of the latest announced slot", async () => {
      const { operator, tariff } = await networkHelpers.loadFixture(announced);
      await tariff.announce(7n, 500_000n, 100_000n);
      expect(await tariff.pricesAt(operator.number, 6n)).to.deep.equal([900_000n, 300_000n]);
      expect(await tariff.pricesAt(operator.number, 7n)).to.deep.equal([500_000n, 100_000n]);
    });

    it("never changes the prices of a slot that has begun", async () => {
      const { market, operator, tariff } = await networkHelpers.loadFixture(announced);
      await mineAt(startOf(market, 7n));
      await expect(tariff.announce(7n, 2n, 1n))
        .to.be.revertedWithCustomError(tariff, "SlotHasBegun")
        .withArgs(7n, 7n);
      await tariff.announce(8n, 2n, 1n);
      expect(await tariff.pricesAt(operator.number, 7n)).to.deep.equal([800_000n, 200_000n]);
    });

    it("takes the highest prices and the last slot", async () => {
      const { operator, tariff } = await networkHelpers.loadFixture(fixture);
      await tariff.announce(MAX_SLOT, MAX_PRICE, MAX_PRICE);
      expect(await tariff.pricesAt(operator.number, MAX_SLOT)).to.deep.equal([
        MAX_PRICE,
        MAX_PRICE,
      ]);
      await expect(tariff.pricesAt(operator.number, MAX_SLOT - 1n))
        .to.be.revertedWithCustomError(tariff, "NoTariff")
        .withArgs(operator.number, MAX_SLOT - 1n);
    });

    it("keeps import and feed-in price apart", async () => {
      const { operator, tariff } = await networkHelpers.loadFixture(fixture);
      await tariff.announce(1n, MAX_PRICE, 0n);
      expect(await tariff.pricesAt(operator.number, 1n)).to.deep.equal([MAX_PRICE, 0n]);
    });

    it("takes prices of zero", async () => {
      const { operator, tariff } = await networkHelpers.loadFixture(announced);
      await tariff.announce(9n, 0n, 0n);
      expect(await tariff.pricesAt(operator.number, 8n)).to.deep.equal([800_000n, 200_000n]);
      expect(await tariff.pricesAt(operator.number, 9n)).to.deep.equal([0n, 0n]);
    });
  });

  describe("pricesAt", () => {
    it("reverts for an operator without a tariff", async () => {
      const { tariff } = await networkHelpers.loadFixture(announced);
      await expect(tariff.pricesAt(9n, 5n))
        .to.be.revertedWithCustomError(tariff, "NoTariff")
        .withArgs(9n, 5n);
    });

    it("reverts for a slot before the first announced one", async () => {
      const { operator, tariff } = await networkHelpers.loadFixture(announced);
      await expect(tariff.pricesAt(operator.number, 2n))
        .to.be.revertedWithCustomError(tariff, "NoTariff")
        .withArgs(operator.number, 2n);
    });

    it("gives the prices announced for the latest slot up to the one that is asked for", async () => {
      const { operator, tariff } = await networkHelpers.loadFixture(announced);
      for (const slot of [3n, 4n, 6n]) {
        expect(await tariff.pricesAt(operator.number, slot)).to.deep.equal([900_000n, 300_000n]);
      }
      for (const slot of [7n, 8n, MAX_SLOT]) {
        expect(await tariff.pricesAt(operator.number, slot)).to.deep.equal([800_000n, 200_000n]);
      }
    });

    it("keeps operators apart", async () => {
      const { market, operator, tariff } = await networkHelpers.loadFixture(announced);
      const other = await enrol(market, "gridOperator");
      await tariff.connect(other.wallet).announce(1n, 5n, 4n);
      expect(await tariff.pricesAt(other.number, 7n)).to.deep.equal([5n, 4n]);
      expect(await tariff.pricesAt(operator.number, 7n)).to.deep.equal([800_000n, 200_000n]);
    });
  });

  // Every contract with a clock inherits it; this is where it is tested.
  describe("SlotClock", () => {
    it("has no slot before genesis", async () => {
      const genesis = (await nextGenesis()) + 3600n;
      const [admin] = await ethers.getSigners();
      const holder = admin!.address;
      const addresses = await deployMarket({
        deployer: admin!,
        factoryOf: (name) => ethers.getContractFactory(name),
        parameters: { ...TEST_PARAMETERS, genesis },
        holders: { registrar: holder, issuer: holder, pauser: holder, treasurer: holder },
      });
      const tariff = await ethers.getContractAt("GridTariff", addresses.tariff);
      await mineAt(genesis - 1n);
      await expect(tariff.currentSlot())
        .to.be.revertedWithCustomError(tariff, "BeforeGenesis")
        .withArgs(genesis - 1n, genesis);
      await mineAt(genesis);
      expect(await tariff.currentSlot()).to.equal(0n);
    });

    it("changes slots with the first second of the next", async () => {
      const { market, tariff } = await networkHelpers.loadFixture(fixture);
      await mineAt(startOf(market, 1n) - 1n);
      expect(await tariff.currentSlot()).to.equal(0n);
      await mineAt(startOf(market, 1n));
      expect(await tariff.currentSlot()).to.equal(1n);
      await mineAt(startOf(market, 1000n) + 3599n);
      expect(await tariff.currentSlot()).to.equal(1000n);
    });

    it("knows when any slot begins", async () => {
      const { market, tariff } = await networkHelpers.loadFixture(fixture);
      const { genesis } = market.parameters;
      expect(await tariff.startOf(0n)).to.equal(genesis);
      expect(await tariff.startOf(1n)).to.equal(genesis + 3600n);
      expect(await tariff.startOf(MAX_SLOT)).to.equal(genesis + MAX_SLOT * 3600n);
    });
  });
});
