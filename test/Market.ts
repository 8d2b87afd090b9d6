import { expect } from "chai";

import {
  currentSlot,
  deployTestMarket,
  enrol,
  enrolDataCentre,
  enrolGrid,
  fund,
  readingOf,
  submitReading,
  toSlot,
  trade,
  YUAN,
} from "./support/market.ts";

describe("Market", () => {
  it("takes a user and a data centre from enrolment to withdrawal", async () => {
    const market = await deployTestMarket();
    const grid = await enrolGrid(market);
    const user = await enrol(market, "user");
    const dataCentre = await enrolDataCentre(market, grid);
    await fund(market, user, 100n * YUAN);
    await fund(market, dataCentre, 100n * YUAN);

    const slot = (await currentSlot(market)) + 2n;
    await toSlot(market, slot - 1n);
    await submitReading(market, dataCentre, readingOf(dataCentre, slot - 2n));
    const contractId = await trade(market, user, dataCentre, slot);
    expect(contractId).to.equal(1n);

    await toSlot(market, slot);
    await submitReading(market, dataCentre, readingOf(dataCentre, slot - 1n));
    await toSlot(market, slot + 1n);
    await submitReading(
      market,
      dataCentre,
      readingOf(dataCentre, slot, {
        pv: 12_000n,
        gridExport: 1_000n,
        deliveries: [{ contractId, coreSeconds: 14_400n, pv: 10_000n, esd: 0n, grid: 0n }],
      }),
    );
    // 10 kWh at 0.65 yuan, half way between offer and bid; the grid has no money for the export.
    await market.auction.connect(user.wallet).releaseBond();
    await market.auction.connect(dataCentre.wallet).releaseBond();
    expect(await market.vault.accountOf(user.number)).to.deep.equal([93_500_000n, 0n]);
    expect(await market.vault.accountOf(dataCentre.number)).to.deep.equal([106_500_000n, 0n]);
    await market.vault.connect(dataCentre.wallet).withdraw(106_500_000n, dataCentre.wallet);
    expect(await market.token.balanceOf(dataCentre.wallet)).to.equal(106_500_000n);
  });
});
