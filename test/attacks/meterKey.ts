/** Somebody has a meter's key: what it can do with it, and what ends it. */
import { expect } from "chai";
import { encodeBytes32String } from "ethers";

import { deployAtGenesis, leaveChainAsFound } from "../support/chain.ts";
import {
  bidFor,
  enrol,
  enrolDataCentre,
  enrolGrid,
  FAR_FUTURE,
  fingerprint,
  freshWallet,
  fund,
  networkHelpers,
  readingOf,
  ROLE,
  signEnrolment,
  signReading,
  signRotation,
  signSite,
  submitReading,
  toSlot,
  trade,
  YUAN,
  type DataCentre,
  type Delivery,
  type Market,
  type Participant,
  type Reading,
} from "../support/market.ts";

const LIMITS = { pvLimitWh: 60_000n, esdLimitWh: 10_000n, gridLimitWh: 50_000n };
/** Feed-in and import price of the grid, micro-yuan per kWh. */
const FEED_IN = 300_000n;
const IMPORT = 1_000_000n;
/** The slot in which the thief begins, the first of both contracts. */
const SLOT = 4n;

/**
 * The victim's meter key is stolen. Contract 1 is the victim's, in the slots 3 to 5, contract 2 that of
 * another data centre, in the slots 4 to 6; the slots before 4 are read.
 */
async function fixture() {
  const market = await deployAtGenesis();
  const grid = await enrolGrid(market, IMPORT, FEED_IN);
  const victim = await enrolDataCentre(market, grid, LIMITS);
  const other = await enrolDataCentre(market, grid, LIMITS);
  const user = await enrol(market, "user");
  for (const participant of [victim, other, user, grid.gridOperator]) {
    await fund(market, participant, 1_000n * YUAN);
  }
  for (const [seller, slot] of [
    [victim, 3n],
    [other, 4n],
  ] as const) {
    await toSlot(market, slot - 1n);
    for (const dataCentre of [victim, other]) {
      await submitReading(market, dataCentre, readingOf(dataCentre, slot - 2n));
    }
    await trade(market, user, seller, slot, bidFor(slot, { coreSeconds: 28_800n }));
  }
  await toSlot(market, SLOT);
  for (const dataCentre of [victim, other]) {
    await submitReading(market, dataCentre, readingOf(dataCentre, SLOT - 1n));
  }
  await toSlot(market, SLOT + 1n);
  await networkHelpers.mine();
  return { market, grid, victim, other, user };
}

/** The thief submits a reading of the victim's. */
async function forge(market: Market, victim: DataCentre, changes: Partial<Reading>, slot = SLOT) {
  const thief = await freshWallet();
  const reading = readingOf(victim, slot, changes);
  const signature = await signReading(market, reading, victim.meter.wallet);
  return market.meters.connect(thief).submit(reading, signature);
}

const delivery = (contractId: bigint, changes: Partial<Delivery> = {}): Delivery => ({
  contractId,
  coreSeconds: 14_400n,
  pv: 5_000n,
  esd: 0n,
  grid: 0n,
  ...changes,
});

async function availableOf(market: Market, { number }: Participant): Promise<bigint> {
  return (await market.vault.accountOf(number)).available;
}

describe("attacks: stolen meter key", () => {
  leaveChainAsFound();

  describe("bills the grid", () => {
    it("for what the plant can export in a slot at the feed-in price, and no more", async () => {
      const { market, grid, victim } = await networkHelpers.loadFixture(fixture);
      const { gridOperator } = grid;
      const before = await availableOf(market, gridOperator);
      await expect(forge(market, victim, { pv: 60_000n, gridExport: 50_001n }))
        .to.be.revertedWithCustomError(market.meters, "BeyondPlant")
        .withArgs(encodeBytes32String("gridExport"), 50_001n, 50_000n);
      await expect(forge(market, victim, { pv: 60_001n, gridExport: 50_000n }))
        .to.be.revertedWithCustomError(market.meters, "BeyondPlant")
        .withArgs(encodeBytes32String("pv"), 60_001n, 60_000n);
      await forge(market, victim, { pv: 60_000n, gridExport: 50_000n });
      expect(await availableOf(market, gridOperator)).to.equal(before - 50n * FEED_IN);
    });

    it("once for each slot that is over", async () => {
      const { market, victim } = await networkHelpers.loadFixture(fixture);
      const exports = { pv: 60_000n, gridExport: 50_000n };
      await forge(market, victim, exports);
      await expect(forge(market, victim, exports))
        .to.be.revertedWithCustomError(market.meters, "WrongSlot")
        .withArgs(SLOT, SLOT + 1n);
      await expect(forge(market, victim, exports, SLOT + 1n))
        .to.be.revertedWithCustomError(market.meters, "SlotNotOver")
        .withArgs(SLOT + 1n, SLOT + 1n);
      await expect(forge(market, victim, exports, SLOT - 1n))
        .to.be.revertedWithCustomError(market.meters, "WrongSlot")
        .withArgs(SLOT - 1n, SLOT + 1n);
    });

    it("to the victim's account, never to its own", async () => {
      const { market, victim } = await networkHelpers.loadFixture(fixture);
      const before = await availableOf(market, victim);
      await forge(market, victim, { pv: 60_000n, gridExport: 50_000n });
      expect(await availableOf(market, victim)).to.equal(before + 50n * FEED_IN);
      expect(await market.vault.accountOf(victim.meter.number)).to.deep.equal([0n, 0n]);
      const asThief = market.vault.connect(victim.meter.wallet);
      await expect(asThief.withdraw(1n, victim.meter.wallet))
        .to.be.revertedWithCustomError(market.vault, "InsufficientFunds")
        .withArgs(victim.meter.number, 0n, 1n);
    });
  });

  it("bills the victim for what its connection can import in a slot, and no more", async () => {
    const { market, victim } = await networkHelpers.loadFixture(fixture);
    const before = await availableOf(market, victim);
    await expect(forge(market, victim, { gridImport: 50_001n }))
      .to.be.revertedWithCustomError(market.meters, "BeyondPlant")
      .withArgs(encodeBytes32String("gridImport"), 50_001n, 50_000n);
    await forge(market, victim, { gridImport: 50_000n });
    expect(await availableOf(market, victim)).to.equal(before - 50n * IMPORT);
  });

  describe("bills users", () => {
    it("for the victim's own contracts, by what their cores can do in a slot", async () => {
      const { market, victim, user } = await networkHelpers.loadFixture(fixture);
      const { locked } = await market.vault.accountOf(user.number);
      await expect(
        forge(market, victim, {
          pv: 60_000n,
          deliveries: [delivery(1n, { coreSeconds: 14_401n })],
        }),
      )
        .to.be.revertedWithCustomError(market.supply, "TooFast")
        .withArgs(1n, 14_401n, 14_400n);
      await forge(market, victim, { pv: 60_000n, deliveries: [delivery(1n)] });
      // Half of 10 kWh at 0.65 yuan.
      expect((await market.vault.accountOf(user.number)).locked).to.equal(locked - 3_250_000n);
    });

    it("at most what the contract locked, however often", async () => {
      const { market, victim } = await networkHelpers.loadFixture(fixture);
      await forge(market, victim, { pv: 60_000n, deliveries: [delivery(1n)] });
      await toSlot(market, SLOT + 2n);
      await forge(market, victim, { pv: 60_000n, deliveries: [delivery(1n)] }, SLOT + 1n);
      const contract = await market.supply.contractOf(1n);
      expect(contract.paid).to.equal(6_500_000n);
      await toSlot(market, SLOT + 3n);
      await expect(
        forge(market, victim, { pv: 60_000n, deliveries: [delivery(1n)] }, SLOT + 2n),
      ).to.be.revertedWithCustomError(market.supply, "NotRunning");
    });

    it("never for another data centre's contracts, or in its name", async () => {
      const { market, victim, other } = await networkHelpers.loadFixture(fixture);
      await expect(forge(market, victim, { pv: 60_000n, deliveries: [delivery(2n)] }))
        .to.be.revertedWithCustomError(market.supply, "ForeignDelivery")
        .withArgs(2n, victim.number);
      const reading = readingOf(other, SLOT, { pv: 60_000n, deliveries: [delivery(2n)] });
      await expect(
        market.meters.submit(reading, await signReading(market, reading, victim.meter.wallet)),
      )
        .to.be.revertedWithCustomError(market.meters, "WrongMeter")
        .withArgs(victim.meter.wallet.address, other.meter.number);
    });

    it("never with more energy than the reading has", async () => {
      const { market, victim } = await networkHelpers.loadFixture(fixture);
      await expect(
        forge(market, victim, {
          pv: 60_000n,
          gridExport: 50_000n,
          deliveries: [delivery(1n, { pv: 10_001n })],
        }),
      )
        .to.be.revertedWithCustomError(market.meters, "Unbalanced")
        .withArgs(encodeBytes32String("pv"), 10_001n, 10_000n);
    });
  });

  it("cannot change the plant's limits", async () => {
    const { market, victim } = await networkHelpers.loadFixture(fixture);
    const wallet = victim.meter.wallet;
    const site = {
      dataCentre: victim.number,
      meter: victim.meter.number,
      gridOperator: victim.gridOperator.number,
      networkOperator: victim.networkOperator.number,
      ...LIMITS,
    };
    const bigger = { ...site, pvLimitWh: 2n ** 32n - 1n, version: 2n };
    await expect(
      market.meters.connect(wallet).commission(bigger, await signSite(market, bigger, wallet)),
    )
      .to.be.revertedWithCustomError(market.identities, "WrongRole")
      .withArgs(victim.meter.number, ROLE.meter, ROLE.dataCentre);
  });

  it("cannot move the meter to a wallet of its own", async () => {
    const { market, victim } = await networkHelpers.loadFixture(fixture);
    const thief = await freshWallet();
    const rotation = {
      participant: victim.meter.number,
      wallet: thief.address,
      certificate: fingerprint("thief's certificate"),
      validUntil: FAR_FUTURE,
      expiry: FAR_FUTURE,
    };
    const signature = await signRotation(market, rotation, victim.meter.wallet);
    await expect(market.identities.connect(thief).rotate(rotation, signature, signature))
      .to.be.revertedWithCustomError(market.identities, "NotRegistrar")
      .withArgs(victim.meter.wallet.address);
  });

  describe("ends", () => {
    /** The meter is revoked, and a new one commissioned by the data centre with the registrar. */
    async function replaced() {
      const deployed = await fixture();
      const { market, victim, grid } = deployed;
      await market.identities.revoke(victim.meter.number);
      const meter = await enrol(market, "meter");
      const site = {
        dataCentre: victim.number,
        meter: meter.number,
        gridOperator: grid.gridOperator.number,
        networkOperator: grid.networkOperator.number,
        ...LIMITS,
        version: 2n,
      };
      const signature = await signSite(market, site);
      await market.meters.connect(victim.wallet).commission(site, signature);
      return { ...deployed, meter };
    }

    it("with the meter's certificate", async () => {
      const { market, victim } = await networkHelpers.loadFixture(fixture);
      await forge(market, victim, { pv: 60_000n, gridExport: 50_000n });
      await market.identities.revoke(victim.meter.number);
      await toSlot(market, SLOT + 2n);
      await expect(forge(market, victim, { pv: 60_000n, gridExport: 50_000n }, SLOT + 1n))
        .to.be.revertedWithCustomError(market.identities, "ParticipantRevoked")
        .withArgs(victim.meter.number);
    });

    it("with a new meter, which goes on where the old one stopped", async () => {
      const { market, victim, meter } = await networkHelpers.loadFixture(replaced);
      await expect(forge(market, victim, {}))
        .to.be.revertedWithCustomError(market.identities, "ParticipantRevoked")
        .withArgs(victim.meter.number);
      const reading = readingOf(victim, SLOT, { pv: 60_000n, deliveries: [delivery(1n)] });
      await market.meters.submit(reading, await signReading(market, reading, meter.wallet));
      expect((await market.supply.contractOf(1n)).delivered).to.equal(14_400n);
      await market.meters.requireOfferable(victim.number);
    });

    it("even if the old meter's certificate is renewed", async () => {
      const { market, victim, meter } = await networkHelpers.loadFixture(replaced);
      const enrolment = {
        id: victim.meter.id,
        wallet: victim.meter.wallet.address,
        role: ROLE.meter,
        certificate: fingerprint("renewed"),
        validUntil: FAR_FUTURE,
        expiry: FAR_FUTURE,
      };
      await market.identities
        .connect(victim.meter.wallet)
        .enrol(enrolment, await signEnrolment(market, enrolment));
      await expect(forge(market, victim, {}))
        .to.be.revertedWithCustomError(market.meters, "WrongMeter")
        .withArgs(victim.meter.wallet.address, meter.number);
    });
  });
});
