import { expect } from "chai";
import { encodeBytes32String, type Signer } from "ethers";

import { domainOf, READING_TYPES, SITE_TYPES } from "../sim/market/messages.ts";
import {
  asPart,
  deployAtGenesis,
  latestTime,
  leaveChainAsFound,
  maxUint,
  mineAt,
  nextBlockAt,
  startOf,
} from "./support/chain.ts";
import {
  bidFor,
  currentSlot,
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
  type Site,
} from "./support/market.ts";

const MAX_WH = maxUint(32n);
const LATE = 24n;

type Grid = Pick<DataCentre, "gridOperator" | "networkOperator">;

const siteFor = (dataCentre: Participant, meter: Participant, grid: Grid): Site => ({
  dataCentre: dataCentre.number,
  meter: meter.number,
  gridOperator: grid.gridOperator.number,
  networkOperator: grid.networkOperator.number,
  pvLimitWh: 100_000n,
  esdLimitWh: 50_000n,
  gridLimitWh: 80_000n,
  version: 1n,
});

/** A grid with a tariff from slot 1 on, and a data centre with a meter in slot 1, not commissioned. */
async function enrolled() {
  const market = await deployAtGenesis();
  const grid = await enrolGrid(market);
  const dataCentre = await enrol(market, "dataCentre");
  const meter = await enrol(market, "meter");
  const site = siteFor(dataCentre, meter, grid);
  const meters = market.meters.connect(dataCentre.wallet);
  return { market, grid, dataCentre, meter, site, meters };
}

/** The data centre's site is commissioned in slot 1. */
async function commissioned() {
  const market = await deployAtGenesis();
  const grid = await enrolGrid(market);
  const dataCentre = await enrolDataCentre(market, grid, { gridLimitWh: 80_000n });
  return { market, grid, dataCentre, meters: market.meters };
}

/** It is slot 2; data centre and grid operator have 100 yuan each. */
async function funded() {
  const deployed = await commissioned();
  const { market, grid, dataCentre } = deployed;
  await fund(market, dataCentre, 100n * YUAN);
  await fund(market, grid.gridOperator, 100n * YUAN);
  await toSlot(market, 2n);
  await networkHelpers.mine();
  return deployed;
}

const TASK = { cores: 4n, coreSeconds: 43_200n, energy: 30_000n };

/** It is slot 4; two contracts of a user run in slots 3 to 5 and 4 to 6, of 19.5 yuan each, and slot 3 is to be read. */
async function contracted() {
  const deployed = await funded();
  const { market, dataCentre } = deployed;
  const user = await enrol(market, "user");
  await fund(market, user, 100n * YUAN);
  for (const slot of [3n, 4n]) {
    await toSlot(market, slot - 1n);
    await submitReading(market, dataCentre, readingOf(dataCentre, slot - 2n));
    await trade(market, user, dataCentre, slot, bidFor(slot, TASK));
  }
  await toSlot(market, 4n);
  await market.auction.connect(user.wallet).releaseBond();
  await market.auction.connect(dataCentre.wallet).releaseBond();
  return { ...deployed, user };
}

/** It is slot 5: slot 4, in which both contracts run, is to be read. */
async function running() {
  const deployed = await contracted();
  const { market, dataCentre } = deployed;
  await toSlot(market, 5n);
  await submitReading(market, dataCentre, readingOf(dataCentre, 3n));
  return deployed;
}

const delivery = (contractId: bigint, changes: Partial<Delivery> = {}): Delivery => ({
  contractId,
  coreSeconds: 1n,
  pv: 0n,
  esd: 0n,
  grid: 0n,
  ...changes,
});

/** A contract's progress in one word, as its events carry it. */
const progressOf = (contract: Awaited<ReturnType<Market["supply"]["contractOf"]>>): bigint =>
  contract.delivered |
  (contract.pv << 40n) |
  (contract.esd << 72n) |
  (contract.grid << 104n) |
  (contract.buyerDeposit << 136n) |
  (contract.sellerDeposit << 184n) |
  (contract.status << 232n);

async function tabOf(market: Market, { number }: Participant): Promise<bigint> {
  return (await market.meters.stateOf(number)).tab;
}

async function availableOf(market: Market, { number }: Participant): Promise<bigint> {
  return (await market.vault.accountOf(number)).available;
}

describe("MeterBook", () => {
  leaveChainAsFound();

  it("belongs to its directory", async () => {
    const { market, meters } = await networkHelpers.loadFixture(commissioned);
    expect(await meters.directory()).to.equal(market.addresses.directory);
  });

  describe("commission", () => {
    it("registers a plant, to be read from the current slot on", async () => {
      const { market, dataCentre, site, meters } = await networkHelpers.loadFixture(enrolled);
      await nextBlockAt(startOf(market, 6n) - 1n);
      await expect(meters.commission(site, await signSite(market, site)))
        .to.emit(meters, "SiteCommissioned")
        .withArgs(dataCentre.number, Object.values(site));
      expect(await meters.siteOf(dataCentre.number)).to.deep.equal(Object.values(site));
      expect(await meters.stateOf(dataCentre.number)).to.deep.equal([5n, 0n, 0n, 0n, 0n, 0n]);
    });

    it("takes the highest limits", async () => {
      const { market, dataCentre, site, meters } = await networkHelpers.loadFixture(enrolled);
      const big = { ...site, pvLimitWh: MAX_WH, esdLimitWh: MAX_WH, gridLimitWh: MAX_WH };
      await meters.commission(big, await signSite(market, big));
      expect(await meters.siteOf(dataCentre.number)).to.deep.equal(Object.values(big));
    });

    it("reverts for anybody but an active data centre", async () => {
      const { market, dataCentre, meter, site, meters } =
        await networkHelpers.loadFixture(enrolled);
      const signature = await signSite(market, site);
      await expect(meters.connect(meter.wallet).commission(site, signature))
        .to.be.revertedWithCustomError(market.identities, "WrongRole")
        .withArgs(meter.number, ROLE.meter, ROLE.dataCentre);
      await market.identities.revoke(dataCentre.number);
      await expect(meters.commission(site, signature))
        .to.be.revertedWithCustomError(market.identities, "ParticipantRevoked")
        .withArgs(dataCentre.number);
    });

    it("reverts for another data centre's site", async () => {
      const { market, dataCentre, site, meters } = await networkHelpers.loadFixture(enrolled);
      const other = await enrol(market, "dataCentre");
      await expect(meters.connect(other.wallet).commission(site, await signSite(market, site)))
        .to.be.revertedWithCustomError(meters, "NotTheDataCentre")
        .withArgs(other.number, dataCentre.number);
    });

    it("reverts for a signature by anybody but a registrar", async () => {
      const { market, dataCentre, site, meters } = await networkHelpers.loadFixture(enrolled);
      await expect(meters.commission(site, await signSite(market, site, dataCentre.wallet)))
        .to.be.revertedWithCustomError(market.identities, "NotRegistrar")
        .withArgs(dataCentre.wallet.address);
    });

    it("reverts for a message of another chain, contract or domain", async () => {
      const { market, site, meters } = await networkHelpers.loadFixture(enrolled);
      const { addresses, chainId, admin } = market;
      for (const domain of [
        domainOf("meters", addresses.meters, chainId + 1n),
        domainOf("meters", addresses.identities, chainId),
        domainOf("identities", addresses.meters, chainId),
        { ...domainOf("meters", addresses.meters, chainId), version: "2" },
      ]) {
        await expect(
          meters.commission(site, await admin.signTypedData(domain, SITE_TYPES, site)),
        ).to.be.revertedWithCustomError(market.identities, "NotRegistrar");
      }
    });

    it("reverts when any field is not what was signed", async () => {
      const { market, site, meters } = await networkHelpers.loadFixture(enrolled);
      const signature = await signSite(market, site);
      for (const key of Object.keys(site) as (keyof Site)[]) {
        if (key === "dataCentre") continue; // NotTheDataCentre
        await expect(
          meters.commission({ ...site, [key]: site[key] + 1n }, signature),
          key,
        ).to.be.revertedWithCustomError(market.identities, "NotRegistrar");
      }
    });

    it("reverts for another version than the first", async () => {
      const { market, dataCentre, site, meters } = await networkHelpers.loadFixture(enrolled);
      for (const version of [0n, 2n]) {
        const wrong = { ...site, version };
        await expect(meters.commission(wrong, await signSite(market, wrong)))
          .to.be.revertedWithCustomError(meters, "WrongVersion")
          .withArgs(dataCentre.number, version, 1n);
      }
    });

    it("reverts when meter, grid operator or network operator have other roles", async () => {
      const { market, meter, grid, site, meters } = await networkHelpers.loadFixture(enrolled);
      const { gridOperator, networkOperator } = grid;
      const cases = [
        [{ meter: gridOperator.number }, gridOperator, ROLE.gridOperator, ROLE.meter],
        [{ gridOperator: meter.number }, meter, ROLE.meter, ROLE.gridOperator],
        [{ networkOperator: meter.number }, meter, ROLE.meter, ROLE.networkOperator],
        [
          { gridOperator: networkOperator.number },
          networkOperator,
          ROLE.networkOperator,
          ROLE.gridOperator,
        ],
      ] as const;
      for (const [change, participant, role, needed] of cases) {
        const wrong = { ...site, ...change };
        await expect(meters.commission(wrong, await signSite(market, wrong)))
          .to.be.revertedWithCustomError(market.identities, "WrongRole")
          .withArgs(participant.number, role, needed);
      }
      for (const key of ["meter", "gridOperator", "networkOperator"]) {
        const wrong = { ...site, [key]: 0n };
        await expect(meters.commission(wrong, await signSite(market, wrong)))
          .to.be.revertedWithCustomError(market.identities, "UnknownParticipant")
          .withArgs(0n);
      }
    });

    it("reverts for a grid without a price in the current slot", async () => {
      const { market, site, meters } = await networkHelpers.loadFixture(enrolled);
      const other = await enrol(market, "gridOperator");
      await market.tariff.connect(other.wallet).announce(3n, 2n, 1n);
      const wrong = { ...site, gridOperator: other.number };
      const signature = await signSite(market, wrong);
      await nextBlockAt(startOf(market, 3n) - 1n);
      await expect(meters.commission(wrong, signature))
        .to.be.revertedWithCustomError(market.tariff, "NoTariff")
        .withArgs(other.number, 2n);
      await nextBlockAt(startOf(market, 3n));
      await meters.commission(wrong, signature);
      expect((await meters.siteOf(site.dataCentre)).gridOperator).to.equal(other.number);
    });

    it("cannot be replayed", async () => {
      const { market, dataCentre, site, meters } = await networkHelpers.loadFixture(enrolled);
      const signature = await signSite(market, site);
      await meters.commission(site, signature);
      await expect(meters.commission(site, signature))
        .to.be.revertedWithCustomError(meters, "WrongVersion")
        .withArgs(dataCentre.number, 1n, 2n);
    });

    it("registers a plant anew with the next version, without skipping a reading", async () => {
      const { market, dataCentre, site, meters } = await networkHelpers.loadFixture(enrolled);
      await meters.commission(site, await signSite(market, site));
      const meter = await enrol(market, "meter");
      await toSlot(market, 3n);
      const next = { ...site, meter: meter.number, pvLimitWh: 7n, version: 2n };
      await expect(meters.commission(next, await signSite(market, next)))
        .to.emit(meters, "SiteCommissioned")
        .withArgs(dataCentre.number, Object.values(next));
      expect(await meters.siteOf(dataCentre.number)).to.deep.equal(Object.values(next));
      expect((await meters.stateOf(dataCentre.number)).nextSlot).to.equal(1n);
      const skipping = { ...next, version: 4n };
      await expect(meters.commission(skipping, await signSite(market, skipping)))
        .to.be.revertedWithCustomError(meters, "WrongVersion")
        .withArgs(dataCentre.number, 4n, 3n);
    });

    describe("with a tab", () => {
      /** The data centre owes 5 yuan, or is owed 3. */
      async function withTab(sign: 1n | -1n) {
        const { market, grid, dataCentre, meters } = await commissioned();
        const other = await enrol(market, "gridOperator");
        await market.tariff.connect(other.wallet).announce(2n, 2n, 1n);
        await toSlot(market, 2n);
        const totals = sign === 1n ? { gridImport: 5_000n } : { pv: 10_000n, gridExport: 10_000n };
        await submitReading(market, dataCentre, readingOf(dataCentre, 1n, totals));
        await toSlot(market, 3n);
        const site = { ...siteFor(dataCentre, dataCentre.meter, grid), version: 2n };
        return { market, grid, dataCentre, site, other, meters: meters.connect(dataCentre.wallet) };
      }
      const owing = () => withTab(1n);
      const owed = () => withTab(-1n);

      for (const [fixture, tab] of [
        [owing, 5n * YUAN],
        [owed, -3n * YUAN],
      ] as const) {
        it(`reverts for another grid operator while the tab is ${tab}`, async () => {
          const { market, dataCentre, site, other, meters } =
            await networkHelpers.loadFixture(fixture);
          const moved = { ...site, gridOperator: other.number };
          await expect(meters.commission(moved, await signSite(market, moved)))
            .to.be.revertedWithCustomError(meters, "TabOpen")
            .withArgs(dataCentre.number, tab);
        });

        it(`keeps the grid operator while the tab is ${tab}`, async () => {
          const { market, dataCentre, site, meters } = await networkHelpers.loadFixture(fixture);
          await meters.commission(site, await signSite(market, site));
          expect(await tabOf(market, dataCentre)).to.equal(tab);
        });
      }

      it("changes the grid operator once the tab is settled", async () => {
        const { market, dataCentre, site, other, meters } = await networkHelpers.loadFixture(owing);
        await submitReading(market, dataCentre, readingOf(dataCentre, 2n));
        await fund(market, dataCentre, 5n * YUAN);
        await meters.settleTab(dataCentre.number);
        await networkHelpers.mine();
        const moved = { ...site, gridOperator: other.number };
        await meters.commission(moved, await signSite(market, moved));
        expect((await meters.siteOf(dataCentre.number)).gridOperator).to.equal(other.number);
      });
    });

    it("needs no price for readings that are too late", async () => {
      const { market, grid, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
      const other = await enrol(market, "gridOperator");
      await market.tariff.connect(other.wallet).announce(10n, 2n, 1n);
      const moved = {
        ...siteFor(dataCentre, dataCentre.meter, grid),
        gridOperator: other.number,
        version: 2n,
      };
      const signature = await signSite(market, moved);
      const asDataCentre = meters.connect(dataCentre.wallet);
      await nextBlockAt(startOf(market, 10n + LATE) - 1n);
      await expect(asDataCentre.commission(moved, signature))
        .to.be.revertedWithCustomError(market.tariff, "NoTariff")
        .withArgs(other.number, 9n);
      await nextBlockAt(startOf(market, 10n + LATE));
      await asDataCentre.commission(moved, signature);
      expect((await meters.stateOf(dataCentre.number)).nextSlot).to.equal(1n);
      const reading = readingOf(dataCentre, 10n, { gridImport: 500n });
      await expect(submitReading(market, dataCentre, reading))
        .to.emit(meters, "ReadingsMissed")
        .withArgs(dataCentre.number, 1n, 9n);
      expect(await tabOf(market, dataCentre)).to.equal(1n);
    });

    it("keeps outstanding readings payable when the grid operator changes", async () => {
      const { market, grid, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
      const other = await enrol(market, "gridOperator");
      await market.tariff.connect(other.wallet).announce(3n, 2n, 1n);
      await toSlot(market, 3n);
      const moved = {
        ...siteFor(dataCentre, dataCentre.meter, grid),
        gridOperator: other.number,
        version: 2n,
      };
      const signature = await signSite(market, moved);
      const asDataCentre = meters.connect(dataCentre.wallet);
      await expect(asDataCentre.commission(moved, signature))
        .to.be.revertedWithCustomError(market.tariff, "NoTariff")
        .withArgs(other.number, 1n);
      await submitReading(market, dataCentre, readingOf(dataCentre, 1n));
      await submitReading(market, dataCentre, readingOf(dataCentre, 2n));
      await asDataCentre.commission(moved, signature);
      expect((await meters.siteOf(dataCentre.number)).gridOperator).to.equal(other.number);
    });
  });

  describe("submit", () => {
    it("takes a reading and keeps what is left of it", async () => {
      const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
      const reading = readingOf(dataCentre, 1n, {
        pv: 10_000n,
        esdIn: 2_000n,
        esdOut: 500n,
        gridExport: 3_000n,
      });
      await expect(submitReading(market, dataCentre, reading))
        .to.emit(meters, "ReadingTaken")
        .withArgs(dataCentre.number, 1n, 10_000n, 2_000n, 500n, 0n, 3_000n);
      expect(await meters.stateOf(dataCentre.number)).to.deep.equal([2n, 0n, 5_000n, 500n, 0n, 0n]);
    });

    it("takes a reading of nothing, from anybody", async () => {
      const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
      const stranger = await freshWallet();
      const reading = readingOf(dataCentre, 1n);
      const signature = await signReading(market, reading, dataCentre.meter.wallet);
      const transaction = meters.connect(stranger).submit(reading, signature);
      await expect(transaction)
        .to.emit(meters, "ReadingTaken")
        .withArgs(dataCentre.number, 1n, 0n, 0n, 0n, 0n, 0n);
      await expect(transaction).to.not.emit(meters, "TabChanged");
      await expect(transaction).to.not.emit(meters, "ReadingsMissed");
      expect((await meters.stateOf(dataCentre.number)).nextSlot).to.equal(2n);
    });

    describe("signature", () => {
      it("reverts without a site", async () => {
        const { market, dataCentre, meter, meters } = await networkHelpers.loadFixture(enrolled);
        const reading = readingOf(dataCentre, 0n);
        await expect(meters.submit(reading, await signReading(market, reading, meter.wallet)))
          .to.be.revertedWithCustomError(meters, "NotCommissioned")
          .withArgs(dataCentre.number);
      });

      it("reverts for a signer that is nobody or no meter", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        const reading = readingOf(dataCentre, 1n);
        const stranger = await freshWallet();
        await expect(meters.submit(reading, await signReading(market, reading, stranger)))
          .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
          .withArgs(stranger.address);
        await expect(meters.submit(reading, await signReading(market, reading, dataCentre.wallet)))
          .to.be.revertedWithCustomError(market.identities, "WrongRole")
          .withArgs(dataCentre.number, ROLE.dataCentre, ROLE.meter);
      });

      it("reverts for another data centre's meter", async () => {
        const { market, grid, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        const other = await enrolDataCentre(market, grid);
        const reading = readingOf(dataCentre, 1n);
        await expect(meters.submit(reading, await signReading(market, reading, other.meter.wallet)))
          .to.be.revertedWithCustomError(meters, "WrongMeter")
          .withArgs(other.meter.wallet.address, dataCentre.meter.number);
      });

      it("reverts for a meter that was revoked", async () => {
        const { market, dataCentre } = await networkHelpers.loadFixture(funded);
        await market.identities.revoke(dataCentre.meter.number);
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 1n)))
          .to.be.revertedWithCustomError(market.identities, "ParticipantRevoked")
          .withArgs(dataCentre.meter.number);
      });

      it("reverts for a meter whose certificate has expired, a second after its last", async () => {
        const { market, dataCentre } = await networkHelpers.loadFixture(funded);
        const { meter } = dataCentre;
        const validUntil = (await latestTime()) + 100n;
        const enrolment = {
          id: meter.id,
          wallet: meter.wallet.address,
          role: ROLE.meter,
          certificate: fingerprint("short-lived"),
          validUntil,
          expiry: FAR_FUTURE,
        };
        const signature = await signEnrolment(market, enrolment);
        await market.identities.connect(meter.wallet).enrol(enrolment, signature);
        await nextBlockAt(validUntil + 1n);
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 1n)))
          .to.be.revertedWithCustomError(market.identities, "CertificateExpired")
          .withArgs(meter.number, validUntil, validUntil + 1n);
        await nextBlockAt(validUntil);
        await submitReading(market, dataCentre, readingOf(dataCentre, 1n));
      });

      it("reverts for a message of another chain, contract or domain", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        const { addresses, chainId } = market;
        const reading = readingOf(dataCentre, 1n);
        for (const domain of [
          domainOf("meters", addresses.meters, chainId + 1n),
          domainOf("meters", addresses.supply, chainId),
          domainOf("auction", addresses.meters, chainId),
        ]) {
          const { wallet } = dataCentre.meter;
          await expect(
            meters.submit(reading, await wallet.signTypedData(domain, READING_TYPES, reading)),
          ).to.be.revertedWithCustomError(market.identities, "UnknownWallet");
        }
      });

      it("reverts when any field is not what was signed", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        const reading = readingOf(dataCentre, 1n, { deliveries: [delivery(1n), delivery(2n)] });
        const signature = await signReading(market, reading, dataCentre.meter.wallet);
        const numbers = [
          "slot",
          "part",
          "pv",
          "esdIn",
          "esdOut",
          "gridImport",
          "gridExport",
        ] as const;
        const forged: Reading[] = [
          ...numbers.map((key) => ({ ...reading, [key]: reading[key] + 1n })),
          { ...reading, last: false },
          { ...reading, deliveries: [] },
          { ...reading, deliveries: [delivery(1n)] },
          { ...reading, deliveries: [delivery(2n), delivery(1n)] },
          ...(["contractId", "coreSeconds", "pv", "esd", "grid"] as const).map((key) => ({
            ...reading,
            deliveries: [delivery(1n), { ...delivery(2n), [key]: 77n }],
          })),
        ];
        for (const changed of forged) {
          await expect(meters.submit(changed, signature)).to.be.revertedWithCustomError(
            market.identities,
            "UnknownWallet",
          );
        }
      });

      it("follows the meter to a new wallet", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        const { meter } = dataCentre;
        const next = await freshWallet();
        const rotation = {
          participant: meter.number,
          wallet: next.address,
          certificate: fingerprint("meter's next"),
          validUntil: FAR_FUTURE,
          expiry: FAR_FUTURE,
        };
        const sign = (signer: Signer) => signRotation(market, rotation, signer);
        await market.identities
          .connect(next)
          .rotate(rotation, await sign(market.admin), await sign(meter.wallet));
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 1n)))
          .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
          .withArgs(meter.wallet.address);
        const reading = readingOf(dataCentre, 1n);
        await meters.submit(reading, await signReading(market, reading, next));
      });
    });

    describe("turn", () => {
      it("reverts for a slot until its last second, and takes it in the next", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
        await nextBlockAt(startOf(market, 2n) - 1n);
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 1n)))
          .to.be.revertedWithCustomError(meters, "SlotNotOver")
          .withArgs(1n, 1n);
        await nextBlockAt(startOf(market, 2n));
        await submitReading(market, dataCentre, readingOf(dataCentre, 1n));
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 3n)))
          .to.be.revertedWithCustomError(meters, "SlotNotOver")
          .withArgs(3n, 2n);
      });

      it("reverts for a reading that came already", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        await toSlot(market, 3n);
        await submitReading(market, dataCentre, readingOf(dataCentre, 1n));
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 1n)))
          .to.be.revertedWithCustomError(meters, "WrongSlot")
          .withArgs(1n, 2n);
      });

      it("reverts for a reading before an earlier one that can still come", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        await toSlot(market, 3n);
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 2n)))
          .to.be.revertedWithCustomError(meters, "WrongSlot")
          .withArgs(2n, 1n);
      });

      it("reverts for a slot before the commissioning", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 0n)))
          .to.be.revertedWithCustomError(meters, "WrongSlot")
          .withArgs(0n, 1n);
      });

      it("takes a late reading until the last second of its last slot", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
        await nextBlockAt(startOf(market, 2n + LATE) - 1n);
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 1n))).to.not.emit(
          meters,
          "ReadingsMissed",
        );
        expect((await meters.stateOf(dataCentre.number)).nextSlot).to.equal(2n);
      });

      it("reverts a second later, and goes on with the next slot", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
        await nextBlockAt(startOf(market, 2n + LATE));
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 1n)))
          .to.be.revertedWithCustomError(meters, "WrongSlot")
          .withArgs(1n, 2n);
        await nextBlockAt(startOf(market, 2n + LATE));
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 2n)))
          .to.emit(meters, "ReadingsMissed")
          .withArgs(dataCentre.number, 1n, 1n);
        expect((await meters.stateOf(dataCentre.number)).nextSlot).to.equal(3n);
      });

      it("notes all slots that were missed", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
        await toSlot(market, 100n);
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 76n)))
          .to.emit(meters, "ReadingsMissed")
          .withArgs(dataCentre.number, 1n, 75n);
        expect((await meters.stateOf(dataCentre.number)).nextSlot).to.equal(77n);
      });

      it("takes the first slot of all while slots are fewer than late ones are accepted", async () => {
        const market = await deployAtGenesis();
        const grid = { gridOperator: await enrol(market, "gridOperator") };
        const networkOperator = await enrol(market, "networkOperator");
        await market.tariff.connect(grid.gridOperator.wallet).announce(1n, 2n, 1n);
        await toSlot(market, 1n);
        const dataCentre = await enrolDataCentre(market, { ...grid, networkOperator });
        await nextBlockAt(startOf(market, LATE) + 3_600n);
        await submitReading(market, dataCentre, readingOf(dataCentre, 1n));
        expect((await market.meters.stateOf(dataCentre.number)).nextSlot).to.equal(2n);
      });
    });

    describe("plant", () => {
      const limits = [
        ["pv", 100_000n, {}],
        ["esdIn", 50_000n, { pv: 100_000n }],
        ["esdOut", 50_000n, {}],
        ["gridImport", 80_000n, {}],
        ["gridExport", 80_000n, { pv: 100_000n }],
      ] as const;
      for (const [quantity, limit, others] of limits) {
        it(`takes ${quantity} up to its limit`, async () => {
          const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
          const reading = readingOf(dataCentre, 1n, { ...others, [quantity]: limit });
          await expect(submitReading(market, dataCentre, reading)).to.emit(meters, "ReadingTaken");
        });

        it(`reverts for ${quantity} beyond its limit`, async () => {
          const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
          const reading = readingOf(dataCentre, 1n, { ...others, [quantity]: limit + 1n });
          await expect(submitReading(market, dataCentre, reading))
            .to.be.revertedWithCustomError(meters, "BeyondPlant")
            .withArgs(encodeBytes32String(quantity), limit + 1n, limit);
        });
      }

      it("takes all PV energy into ESD and grid together", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        const totals = { pv: 50_000n, esdIn: 20_000n, gridExport: 30_000n };
        await submitReading(market, dataCentre, readingOf(dataCentre, 1n, totals));
        expect((await meters.stateOf(dataCentre.number)).pvLeft).to.equal(0n);
      });

      it("reverts for more into ESD and grid than the PV energy", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        const totals = { pv: 50_000n, esdIn: 20_000n, gridExport: 30_001n };
        await expect(submitReading(market, dataCentre, readingOf(dataCentre, 1n, totals)))
          .to.be.revertedWithCustomError(meters, "Unbalanced")
          .withArgs(encodeBytes32String("pv"), 50_001n, 50_000n);
      });

      it("does not wrap round at the most that a field holds", async () => {
        const { market, dataCentre, meter, site, meters } =
          await networkHelpers.loadFixture(enrolled);
        const big = { ...site, pvLimitWh: MAX_WH, esdLimitWh: MAX_WH, gridLimitWh: MAX_WH };
        await meters.commission(big, await signSite(market, big));
        await toSlot(market, 2n);
        const most = { pv: MAX_WH, esdIn: MAX_WH, esdOut: MAX_WH, gridImport: MAX_WH };
        const submit = async (changes: Partial<Reading>) => {
          const reading = readingOf(dataCentre, 1n, changes);
          return meters.submit(reading, await signReading(market, reading, meter.wallet));
        };
        await expect(submit({ ...most, gridExport: 1n }))
          .to.be.revertedWithCustomError(meters, "Unbalanced")
          .withArgs(encodeBytes32String("pv"), MAX_WH + 1n, MAX_WH);
        await expect(submit(most))
          .to.emit(meters, "TabChanged")
          .withArgs(dataCentre.number, MAX_WH * 1000n);
        expect(await meters.stateOf(dataCentre.number)).to.deep.equal([
          2n,
          0n,
          0n,
          MAX_WH,
          MAX_WH,
          MAX_WH * 1000n,
        ]);
      });
    });

    describe("deliveries", () => {
      it("pays the data centre what it delivered", async () => {
        const { market, dataCentre, user } = await networkHelpers.loadFixture(running);
        const before = await availableOf(market, dataCentre);
        const { locked } = await market.vault.accountOf(user.number);
        const reading = readingOf(dataCentre, 4n, {
          pv: 9_000n,
          esdOut: 1_000n,
          gridImport: 2_000n,
          deliveries: [
            delivery(1n, { coreSeconds: 14_400n, pv: 8_000n, esd: 1_000n, grid: 500n }),
            delivery(2n, { coreSeconds: 7_200n, pv: 1_000n, grid: 1_500n }),
          ],
        });
        const transaction = await submitReading(market, dataCentre, reading);
        for (const [id, coreSeconds, energy, paid] of [
          [1n, 14_400n, [8_000n, 1_000n, 500n], 6_500_000n],
          [2n, 7_200n, [1_000n, 0n, 1_500n], 3_250_000n],
        ] as const) {
          const contract = await market.supply.contractOf(id);
          const { delivered, pv, esd, grid } = contract;
          expect([delivered, [pv, esd, grid]]).to.deep.equal([coreSeconds, energy]);
          await expect(transaction)
            .to.emit(market.supply, "Delivered")
            .withArgs(id, dataCentre.number, 4n, progressOf(contract), paid);
        }
        // 9.75 yuan for a half of one contract's and a quarter of the other's work, less 2 kWh of import.
        expect(await availableOf(market, dataCentre)).to.equal(before + 9_750_000n - 2n * YUAN);
        expect((await market.vault.accountOf(user.number)).locked).to.equal(locked - 9_750_000n);
        expect(await market.meters.stateOf(dataCentre.number)).to.deep.equal([
          5n,
          0n,
          0n,
          0n,
          0n,
          0n,
        ]);
      });

      for (const source of ["pv", "esd", "grid"] as const) {
        it(`takes exactly the ${source} energy that is there, and not one more`, async () => {
          const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
          const totals = { pv: 10_000n, esdIn: 4_000n, esdOut: 6_000n, gridImport: 6_000n };
          const reading = (used: bigint) =>
            readingOf(dataCentre, 4n, {
              ...totals,
              deliveries: [delivery(1n, { [source]: 1_000n }), delivery(2n, { [source]: used })],
            });
          await expect(submitReading(market, dataCentre, reading(5_001n)))
            .to.be.revertedWithCustomError(meters, "Unbalanced")
            .withArgs(encodeBytes32String(source), 6_001n, 6_000n);
          await submitReading(market, dataCentre, reading(5_000n));
          const state = await meters.stateOf(dataCentre.number);
          const left = [state.pvLeft, state.esdLeft, state.gridLeft];
          expect(left).to.deep.equal(
            ["pv", "esd", "grid"].map((name) => (name === source ? 0n : 6_000n)),
          );
        });
      }

      it("does not wrap round in their sum", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
        for (const source of ["pv", "esd", "grid"]) {
          const reading = readingOf(dataCentre, 4n, {
            deliveries: [delivery(1n, { [source]: MAX_WH }), delivery(2n, { [source]: 1n })],
          });
          await expect(submitReading(market, dataCentre, reading))
            .to.be.revertedWithCustomError(meters, "Unbalanced")
            .withArgs(encodeBytes32String(source), MAX_WH + 1n, 0n);
        }
      });

      it("reverts unless the contracts are in ascending order", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
        const cases = [
          [[0n], 0n, 0n],
          [[1n, 1n], 1n, 1n],
          [[2n, 1n], 1n, 2n],
        ] as const;
        for (const [ids, id, previous] of cases) {
          const reading = readingOf(dataCentre, 4n, { deliveries: ids.map((n) => delivery(n)) });
          await expect(submitReading(market, dataCentre, reading))
            .to.be.revertedWithCustomError(meters, "NotAscending")
            .withArgs(id, previous);
        }
      });

      it("reverts for a contract of nobody or of another data centre", async () => {
        const { market, grid, dataCentre } = await networkHelpers.loadFixture(running);
        const unknown = readingOf(dataCentre, 4n, { deliveries: [delivery(3n)] });
        await expect(submitReading(market, dataCentre, unknown))
          .to.be.revertedWithCustomError(market.supply, "UnknownContract")
          .withArgs(3n);
        const other = await enrolDataCentre(market, grid);
        await toSlot(market, 6n);
        const foreign = readingOf(other, 5n, { deliveries: [delivery(1n)] });
        await expect(submitReading(market, other, foreign))
          .to.be.revertedWithCustomError(market.supply, "ForeignDelivery")
          .withArgs(1n, other.number);
      });
    });

    describe("parts", () => {
      const first = (dataCentre: Participant, changes: Partial<Reading> = {}) =>
        readingOf(dataCentre, 4n, {
          last: false,
          pv: 6_000n,
          esdOut: 3_000n,
          gridImport: 2_000n,
          deliveries: [delivery(1n, { pv: 4_000n, esd: 1_000n, grid: 500n })],
          ...changes,
        });
      const second = (dataCentre: Participant, changes: Partial<Reading> = {}) =>
        readingOf(dataCentre, 4n, {
          part: 1n,
          deliveries: [delivery(2n, { pv: 2_000n, esd: 2_000n, grid: 1_500n })],
          ...changes,
        });

      it("carry the totals in the first and share the energy", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
        await submitReading(market, dataCentre, first(dataCentre));
        expect(await meters.stateOf(dataCentre.number)).to.deep.equal([
          4n,
          1n,
          2_000n,
          2_000n,
          1_500n,
          0n,
        ]);
        const transaction = submitReading(market, dataCentre, second(dataCentre));
        await expect(transaction)
          .to.emit(meters, "ReadingContinued")
          .withArgs(dataCentre.number, 4n, 1n);
        await expect(transaction).to.not.emit(meters, "ReadingTaken");
        await expect(transaction).to.not.emit(meters, "TabChanged");
        expect(await meters.stateOf(dataCentre.number)).to.deep.equal([5n, 0n, 0n, 0n, 0n, 0n]);
        expect((await market.supply.contractOf(2n)).pv).to.equal(2_000n);
      });

      for (const source of ["pv", "esd", "grid"] as const) {
        it(`cannot use more ${source} energy together than the first says`, async () => {
          const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
          await submitReading(market, dataCentre, first(dataCentre));
          const left = { pv: 2_000n, esd: 2_000n, grid: 1_500n }[source];
          const reading = second(dataCentre, {
            deliveries: [delivery(2n, { [source]: left + 1n })],
          });
          await expect(submitReading(market, dataCentre, reading))
            .to.be.revertedWithCustomError(meters, "Unbalanced")
            .withArgs(encodeBytes32String(source), left + 1n, left);
        });
      }

      it("come in their order", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
        await expect(submitReading(market, dataCentre, second(dataCentre)))
          .to.be.revertedWithCustomError(meters, "WrongPart")
          .withArgs(1n, 0n);
        await submitReading(market, dataCentre, first(dataCentre));
        await expect(submitReading(market, dataCentre, first(dataCentre)))
          .to.be.revertedWithCustomError(meters, "WrongPart")
          .withArgs(0n, 1n);
        await expect(submitReading(market, dataCentre, second(dataCentre, { part: 2n })))
          .to.be.revertedWithCustomError(meters, "WrongPart")
          .withArgs(2n, 1n);
      });

      it("name each contract once", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
        await submitReading(market, dataCentre, first(dataCentre));
        const reading = second(dataCentre, { deliveries: [delivery(1n)] });
        await expect(submitReading(market, dataCentre, reading))
          .to.be.revertedWithCustomError(meters, "NotAscending")
          .withArgs(1n, 1n);
      });

      it("name contracts anew in the next slot", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
        await submitReading(market, dataCentre, first(dataCentre));
        await submitReading(market, dataCentre, second(dataCentre));
        await toSlot(market, 6n);
        const reading = readingOf(dataCentre, 5n, { deliveries: [delivery(1n)] });
        await expect(submitReading(market, dataCentre, reading)).to.emit(meters, "ReadingTaken");
        expect((await market.supply.contractOf(1n)).delivered).to.equal(2n);
      });

      for (const total of ["pv", "esdIn", "esdOut", "gridImport", "gridExport"] as const) {
        it(`cannot carry a total of ${total} after the first`, async () => {
          const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
          await submitReading(market, dataCentre, first(dataCentre));
          await expect(submitReading(market, dataCentre, second(dataCentre, { [total]: 1n })))
            .to.be.revertedWithCustomError(meters, "TotalsInLaterPart")
            .withArgs(1n);
        });
      }

      it("are 256 at most", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
        for (let part = 0n; part < 255n; part += 1n) {
          const reading = readingOf(dataCentre, 4n, { part, last: false });
          await submitReading(market, dataCentre, reading);
        }
        expect((await meters.stateOf(dataCentre.number)).nextPart).to.equal(255n);
        const endless = readingOf(dataCentre, 4n, { part: 255n, last: false });
        await expect(submitReading(market, dataCentre, endless))
          .to.be.revertedWithCustomError(meters, "WrongPart")
          .withArgs(255n, 254n);
        await submitReading(market, dataCentre, { ...endless, last: true });
        expect(await meters.stateOf(dataCentre.number)).to.deep.equal([5n, 0n, 0n, 0n, 0n, 0n]);
      });

      it("that never came are missed, and the next slot begins with its first", async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(running);
        await submitReading(market, dataCentre, first(dataCentre));
        await toSlot(market, 5n + LATE);
        await expect(submitReading(market, dataCentre, second(dataCentre)))
          .to.be.revertedWithCustomError(meters, "WrongSlot")
          .withArgs(4n, 5n);
        await toSlot(market, 5n + LATE);
        const next = readingOf(dataCentre, 5n, { pv: 7n });
        await expect(submitReading(market, dataCentre, { ...next, part: 1n, pv: 0n }))
          .to.be.revertedWithCustomError(meters, "WrongPart")
          .withArgs(1n, 0n);
        await expect(submitReading(market, dataCentre, next))
          .to.emit(meters, "ReadingsMissed")
          .withArgs(dataCentre.number, 4n, 4n);
        expect(await meters.stateOf(dataCentre.number)).to.deep.equal([6n, 0n, 7n, 0n, 0n, 0n]);
      });
    });

    describe("tab", () => {
      it("pays the grid for imports", async () => {
        const { market, grid, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        const reading = readingOf(dataCentre, 1n, { gridImport: 10_000n });
        const transaction = submitReading(market, dataCentre, reading);
        await expect(transaction)
          .to.emit(meters, "TabChanged")
          .withArgs(dataCentre.number, 10n * YUAN);
        await expect(transaction).to.emit(meters, "TabChanged").withArgs(dataCentre.number, 0n);
        expect(await availableOf(market, dataCentre)).to.equal(90n * YUAN);
        expect(await availableOf(market, grid.gridOperator)).to.equal(110n * YUAN);
        expect(await tabOf(market, dataCentre)).to.equal(0n);
      });

      it("pays the data centre for exports", async () => {
        const { market, grid, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        const reading = readingOf(dataCentre, 1n, { pv: 10_000n, gridExport: 10_000n });
        const transaction = submitReading(market, dataCentre, reading);
        await expect(transaction)
          .to.emit(meters, "TabChanged")
          .withArgs(dataCentre.number, -3n * YUAN);
        await expect(transaction).to.emit(meters, "TabChanged").withArgs(dataCentre.number, 0n);
        expect(await availableOf(market, dataCentre)).to.equal(103n * YUAN);
        expect(await availableOf(market, grid.gridOperator)).to.equal(97n * YUAN);
      });

      it("nets imports and exports of a slot, each rounded down", async () => {
        const { market, grid, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        await market.tariff.connect(grid.gridOperator.wallet).announce(3n, 999n, 998n);
        await toSlot(market, 4n);
        await submitReading(market, dataCentre, readingOf(dataCentre, 1n));
        await submitReading(market, dataCentre, readingOf(dataCentre, 2n));
        // 1.998 and 0.998 micro-yuan.
        const reading = readingOf(dataCentre, 3n, { pv: 1n, gridImport: 2n, gridExport: 1n });
        await expect(submitReading(market, dataCentre, reading))
          .to.emit(meters, "TabChanged")
          .withArgs(dataCentre.number, 1n);
        expect(await availableOf(market, dataCentre)).to.equal(100n * YUAN - 1n);
      });

      it("owes nothing for less than a micro-yuan", async () => {
        const { market, grid, dataCentre, meters } = await networkHelpers.loadFixture(funded);
        await market.tariff.connect(grid.gridOperator.wallet).announce(3n, 999n, 998n);
        await toSlot(market, 4n);
        await submitReading(market, dataCentre, readingOf(dataCentre, 1n));
        await submitReading(market, dataCentre, readingOf(dataCentre, 2n));
        await expect(
          submitReading(market, dataCentre, readingOf(dataCentre, 3n, { gridImport: 1n })),
        ).to.not.emit(meters, "TabChanged");
      });

      it("counts at the price of the slot that was read", async () => {
        const { market, grid, dataCentre } = await networkHelpers.loadFixture(funded);
        const tariff = market.tariff.connect(grid.gridOperator.wallet);
        await tariff.announce(3n, 2_000_000n, 0n);
        await toSlot(market, 4n);
        await submitReading(market, dataCentre, readingOf(dataCentre, 1n));
        await submitReading(market, dataCentre, readingOf(dataCentre, 2n, { gridImport: 1_000n }));
        expect(await availableOf(market, dataCentre)).to.equal(99n * YUAN);
        await submitReading(market, dataCentre, readingOf(dataCentre, 3n, { gridImport: 1_000n }));
        expect(await availableOf(market, dataCentre)).to.equal(97n * YUAN);
      });

      it("becomes arrears for what the data centre cannot pay", async () => {
        const { market, grid, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
        await fund(market, dataCentre, 4n * YUAN);
        await toSlot(market, 2n);
        const reading = readingOf(dataCentre, 1n, { gridImport: 10_000n });
        const transaction = submitReading(market, dataCentre, reading);
        await expect(transaction)
          .to.emit(meters, "TabChanged")
          .withArgs(dataCentre.number, 10n * YUAN);
        await expect(transaction)
          .to.emit(meters, "TabChanged")
          .withArgs(dataCentre.number, 6n * YUAN);
        expect(await tabOf(market, dataCentre)).to.equal(6n * YUAN);
        expect(await availableOf(market, dataCentre)).to.equal(0n);
        expect(await availableOf(market, grid.gridOperator)).to.equal(4n * YUAN);
      });

      it("takes arrears from the same reading's income", async () => {
        const { market, grid, dataCentre } = await networkHelpers.loadFixture(running);
        const available = await availableOf(market, dataCentre);
        const before = await availableOf(market, grid.gridOperator);
        await market.vault.connect(dataCentre.wallet).withdraw(available, dataCentre.wallet);
        const reading = readingOf(dataCentre, 4n, {
          gridImport: 8_000n,
          deliveries: [delivery(1n, { coreSeconds: 14_400n, grid: 8_000n })],
        });
        await submitReading(market, dataCentre, reading);
        expect(await tabOf(market, dataCentre)).to.equal(1_500_000n);
        expect(await availableOf(market, dataCentre)).to.equal(0n);
        expect(await availableOf(market, grid.gridOperator)).to.equal(before + 6_500_000n);
      });

      it("adds up over slots, and offsets what each owes the other", async () => {
        const { market, dataCentre } = await networkHelpers.loadFixture(commissioned);
        await toSlot(market, 4n);
        const readings = [
          readingOf(dataCentre, 1n, { pv: 10_000n, gridExport: 10_000n }),
          readingOf(dataCentre, 2n, { pv: 10_000n, gridExport: 10_000n }),
          readingOf(dataCentre, 3n, { gridImport: 10_000n }),
        ];
        const tabs = [-3n * YUAN, -6n * YUAN, 4n * YUAN];
        for (const [index, reading] of readings.entries()) {
          await submitReading(market, dataCentre, reading);
          expect(await tabOf(market, dataCentre)).to.equal(tabs[index]);
        }
      });
    });
  });

  describe("settleTab", () => {
    /** The data centre owes 10 yuan (or is owed 3), and neither has money. */
    async function open(totals: Partial<Reading>) {
      const deployed = await commissioned();
      const { market, dataCentre } = deployed;
      await toSlot(market, 2n);
      await submitReading(market, dataCentre, readingOf(dataCentre, 1n, totals));
      return deployed;
    }
    const owing = () => open({ gridImport: 10_000n });
    const owed = () => open({ pv: 10_000n, gridExport: 10_000n });

    it("does nothing without a tab, or for a data centre without a site", async () => {
      const { dataCentre, meters } = await networkHelpers.loadFixture(funded);
      for (const number of [dataCentre.number, 99n]) {
        await expect(meters.settleTab(number)).to.not.emit(meters, "TabChanged");
      }
    });

    for (const [name, fixture] of [
      ["the data centre", owing],
      ["the grid operator", owed],
    ] as const) {
      it(`does nothing when ${name} owes and has nothing`, async () => {
        const { market, dataCentre, meters } = await networkHelpers.loadFixture(fixture);
        const tab = await tabOf(market, dataCentre);
        await expect(meters.settleTab(dataCentre.number)).to.not.emit(meters, "TabChanged");
        expect(await tabOf(market, dataCentre)).to.equal(tab);
      });
    }

    it("pays what the data centre owes, in parts, whoever calls", async () => {
      const { market, grid, dataCentre, meters } = await networkHelpers.loadFixture(owing);
      await fund(market, dataCentre, 4n * YUAN);
      const stranger = await freshWallet();
      await expect(meters.connect(stranger).settleTab(dataCentre.number))
        .to.emit(meters, "TabChanged")
        .withArgs(dataCentre.number, 6n * YUAN);
      expect(await tabOf(market, dataCentre)).to.equal(6n * YUAN);
      await fund(market, dataCentre, 7n * YUAN);
      await expect(meters.settleTab(dataCentre.number))
        .to.emit(meters, "TabChanged")
        .withArgs(dataCentre.number, 0n);
      expect(await tabOf(market, dataCentre)).to.equal(0n);
      expect(await availableOf(market, dataCentre)).to.equal(YUAN);
      expect(await availableOf(market, grid.gridOperator)).to.equal(10n * YUAN);
    });

    it("pays what the grid operator owes, in parts", async () => {
      const { market, grid, dataCentre, meters } = await networkHelpers.loadFixture(owed);
      await fund(market, grid.gridOperator, YUAN);
      await expect(meters.settleTab(dataCentre.number))
        .to.emit(meters, "TabChanged")
        .withArgs(dataCentre.number, -2n * YUAN);
      expect(await tabOf(market, dataCentre)).to.equal(-2n * YUAN);
      await fund(market, grid.gridOperator, 5n * YUAN);
      await expect(meters.settleTab(dataCentre.number))
        .to.emit(meters, "TabChanged")
        .withArgs(dataCentre.number, 0n);
      expect(await tabOf(market, dataCentre)).to.equal(0n);
      expect(await availableOf(market, grid.gridOperator)).to.equal(3n * YUAN);
      expect(await availableOf(market, dataCentre)).to.equal(3n * YUAN);
    });

    it("never touches what is locked", async () => {
      const { market, dataCentre, meters } = await networkHelpers.loadFixture(owing);
      await fund(market, dataCentre, 4n * YUAN);
      const asAuction = market.vault.connect(await asPart(market, "auction"));
      await asAuction.lock(dataCentre.number, 3n * YUAN);
      await meters.settleTab(dataCentre.number);
      expect(await market.vault.accountOf(dataCentre.number)).to.deep.equal([0n, 3n * YUAN]);
      expect(await tabOf(market, dataCentre)).to.equal(9n * YUAN);
    });
  });

  describe("requireOfferable", () => {
    it("reverts without a site, from slot 0 on", async () => {
      const market = await deployAtGenesis();
      for (const slot of [0n, 1n]) {
        await mineAt(startOf(market, slot) + 3599n);
        expect(await currentSlot(market)).to.equal(slot);
        await expect(market.meters.requireOfferable(1n))
          .to.be.revertedWithCustomError(market.meters, "NotCommissioned")
          .withArgs(1n);
      }
    });

    it("passes while the first slot lasts, and reverts when its reading is outstanding", async () => {
      const { market, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
      await mineAt(startOf(market, 2n) - 1n);
      await meters.requireOfferable(dataCentre.number);
      await mineAt(startOf(market, 2n));
      await expect(meters.requireOfferable(dataCentre.number))
        .to.be.revertedWithCustomError(meters, "ReadingOutstanding")
        .withArgs(dataCentre.number, 1n);
    });

    it("passes when all readings have come, the last part included", async () => {
      const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
      await submitReading(market, dataCentre, readingOf(dataCentre, 1n, { last: false }));
      await expect(meters.requireOfferable(dataCentre.number))
        .to.be.revertedWithCustomError(meters, "ReadingOutstanding")
        .withArgs(dataCentre.number, 1n);
      await submitReading(market, dataCentre, readingOf(dataCentre, 1n, { part: 1n }));
      await meters.requireOfferable(dataCentre.number);
    });

    it("reverts in arrears, and passes when they are settled", async () => {
      const { market, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
      await toSlot(market, 2n);
      await submitReading(market, dataCentre, readingOf(dataCentre, 1n, { gridImport: 1n }));
      await expect(meters.requireOfferable(dataCentre.number))
        .to.be.revertedWithCustomError(meters, "InArrears")
        .withArgs(dataCentre.number, 1_000n);
      await fund(market, dataCentre, 999n);
      await meters.settleTab(dataCentre.number);
      await expect(meters.requireOfferable(dataCentre.number))
        .to.be.revertedWithCustomError(meters, "InArrears")
        .withArgs(dataCentre.number, 1n);
      await fund(market, dataCentre, 1n);
      await meters.settleTab(dataCentre.number);
      await meters.requireOfferable(dataCentre.number);
    });

    it("passes when it is the grid that owes", async () => {
      const { market, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
      await toSlot(market, 2n);
      const reading = readingOf(dataCentre, 1n, { pv: 1_000n, gridExport: 1_000n });
      await submitReading(market, dataCentre, reading);
      expect(await tabOf(market, dataCentre)).to.equal(-300_000n);
      await meters.requireOfferable(dataCentre.number);
    });

    it("reverts for slots that were missed until a reading came", async () => {
      const { market, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
      await mineAt(startOf(market, 100n));
      await expect(meters.requireOfferable(dataCentre.number))
        .to.be.revertedWithCustomError(meters, "ReadingOutstanding")
        .withArgs(dataCentre.number, 1n);
    });
  });

  describe("isFinal", () => {
    it("is so when the slot's last part was read", async () => {
      const { market, dataCentre, meters } = await networkHelpers.loadFixture(funded);
      expect(await meters.isFinal(dataCentre.number, 0n)).to.equal(true);
      expect(await meters.isFinal(dataCentre.number, 1n)).to.equal(false);
      await submitReading(market, dataCentre, readingOf(dataCentre, 1n, { last: false }));
      expect(await meters.isFinal(dataCentre.number, 1n)).to.equal(false);
      await submitReading(market, dataCentre, readingOf(dataCentre, 1n, { part: 1n }));
      expect(await meters.isFinal(dataCentre.number, 1n)).to.equal(true);
      expect(await meters.isFinal(dataCentre.number, 2n)).to.equal(false);
    });

    it("is so when it is too late for a reading", async () => {
      const { market, dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
      await mineAt(startOf(market, 2n + LATE) - 1n);
      expect(await meters.isFinal(dataCentre.number, 1n)).to.equal(false);
      await mineAt(startOf(market, 2n + LATE));
      expect(await meters.isFinal(dataCentre.number, 1n)).to.equal(true);
      expect(await meters.isFinal(dataCentre.number, 2n)).to.equal(false);
    });

    it("works for the last slot that there is", async () => {
      const { dataCentre, meters } = await networkHelpers.loadFixture(commissioned);
      expect(await meters.isFinal(dataCentre.number, maxUint(32n))).to.equal(false);
    });
  });

  describe("views", () => {
    it("are empty for a data centre without a site", async () => {
      const { meters } = await networkHelpers.loadFixture(commissioned);
      expect(await meters.siteOf(99n)).to.deep.equal(Array<bigint>(8).fill(0n));
      expect(await meters.stateOf(99n)).to.deep.equal(Array<bigint>(6).fill(0n));
    });
  });
});
