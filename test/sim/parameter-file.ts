import { expect } from "chai";

import { parseParameters } from "../../sim/market/parameter-file.ts";
import { DEFAULT_PARAMETERS, type MarketParameters } from "../../sim/market/parameters.ts";
import { deployTestMarket, ethers } from "../support/market.ts";
import { nextGenesis } from "../support/chain.ts";

const parse = (json: unknown, defaults = DEFAULT_PARAMETERS): MarketParameters =>
  parseParameters(JSON.stringify(json), "p.json", defaults);

/** Short slots that leave room at every bound. */
const BASE = { slotSeconds: 100, commitSeconds: 40, revealSeconds: 30, beaconSeconds: 20 };

describe("parseParameters", () => {
  it("takes numbers, strings and a date, and leaves the rest as it is", () => {
    expect(parse({})).to.deep.equal(DEFAULT_PARAMETERS);
    expect(
      parse({ drawAmong: 5, buyerBond: "18446744073709551615", genesis: "2026-01-01T00:00:00Z" }),
    ).to.deep.equal({
      ...DEFAULT_PARAMETERS,
      drawAmong: 5n,
      buyerBond: 2n ** 64n - 1n,
      genesis: BigInt(Date.UTC(2026, 0, 1) / 1000),
    });
  });

  for (const [title, text, message] of [
    ["no JSON", "{", "p.json is not JSON: "],
    ["no object", "[]", "p.json is not a JSON object of parameters."],
    ["null", "null", "p.json is not a JSON object of parameters."],
    ["an unknown key", '{"k":3}', "p.json:\n  k is no parameter; there are genesis, slotSeconds, "],
    ["a fraction", '{"drawAmong":1.5}', "p.json:\n  drawAmong is 1.5; it must be a whole number"],
    ["a negative number", '{"drawAmong":-1}', "drawAmong is -1; it must be from 1 to 8"],
    ["a negative string", '{"drawAmong":"-1"}', 'drawAmong is "-1"; it must be a whole number'],
    ["a number that JSON cannot hold", '{"buyerBond":1e17}', "buyerBond is 100000000000000000; it"],
    ["a boolean", '{"drawAmong":true}', "drawAmong is true; it must be a whole number"],
    [
      "a date for another key",
      '{"slotSeconds":"2026-01-01T00:00:00Z"}',
      "it must be a whole number",
    ],
    [
      "a date that there is not",
      '{"genesis":"2026-13-01T00:00:00Z"}',
      'genesis is "2026-13-01T00:00:00Z"; it must be a whole number, not below 0, or a date such as "2026-01-01T00:00:00Z"',
    ],
  ] as const) {
    it(`refuses ${title}`, () => {
      expect(() => parseParameters(text, "p.json", DEFAULT_PARAMETERS)).to.throw(message);
    });
  }

  it("names everything that is wrong", () => {
    expect(() => parse({ drawAmong: 9, sellerShareBps: 10_001 })).to.throw(
      "p.json:\n  drawAmong is 9; it must be from 1 to 8\n" +
        "  sellerShareBps is 10001; it must be from 0 to 10000",
    );
  });

  it("says when others leave no value", () => {
    expect(() =>
      parse({ slotSeconds: 4, commitSeconds: 2, revealSeconds: 2, beaconSeconds: 1 }),
    ).to.throw("beaconSeconds is 1; the other parameters leave no value for it");
  });

  // The directory is the judge: what it takes is taken here, and what it refuses is refused.
  for (const [key, lowest, highest] of [
    ["slotSeconds", 90, 604_800],
    ["commitSeconds", 1, 50],
    ["revealSeconds", 1, 40],
    ["beaconSeconds", 1, 30],
    ["drawAmong", 1, 8],
    ["sellerShareBps", 0, 10_000],
    ["minDepositBps", 0, 2000],
    ["maxDepositBps", 500, 10_000],
    ["lateReadingSlots", 1, 1000],
    ["maxReputationRise", 0, 249],
    ["defaultReputationFall", 51, 10_000],
    ["unopenedReputationFall", 51, 10_000],
  ] as const) {
    it(`agrees with the directory about ${key}`, async () => {
      const genesis = await nextGenesis();
      const defaults = { ...DEFAULT_PARAMETERS, genesis };
      const factory = await ethers.getContractFactory("MarketDirectory");
      const { addresses } = await deployTestMarket();
      const agree = async (value: number, valid: boolean): Promise<void> => {
        const deployment = (parameters: MarketParameters): Promise<unknown> =>
          factory.deploy(addresses.authority, addresses.token, parameters);
        const changed = parse(BASE, defaults);
        const parameters = { ...changed, [key]: BigInt(value) };
        if (valid) {
          expect(parse({ ...BASE, [key]: value }, defaults)).to.deep.equal(parameters);
          await deployment(parameters);
        } else {
          expect(() => parse({ ...BASE, [key]: value }, defaults)).to.throw(
            /must be from|leave no value/,
          );
          if (value >= 0)
            await expect(deployment(parameters)).to.be.revertedWithCustomError(
              factory,
              "ParameterOutOfBounds",
            );
        }
      };
      await agree(lowest, true);
      await agree(highest, true);
      await agree(lowest - 1, false);
      await agree(highest + 1, false);
    });
  }
});
