import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { readContract, readMarket } from "../../../sim/market/record.ts";
import { TestFiles } from "../../support/files.ts";

describe("a market's record", () => {
  const files = new TestFiles();
  const ADDRESS = "0xAbCdEf0123456789aBcDeF0123456789abcdef01";

  const refused = async (work: Promise<unknown>): Promise<string> => {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message;
  };

  it("need not be there", async () => {
    expect(await readMarket(files.path())).to.equal(undefined);
    expect(await readContract(files.path(), "Vault", ADDRESS)).to.equal(undefined);
  });

  it("says which file is damaged, and what to do", async () => {
    const advice =
      'Restore it, or deploy a new market with "npx hardhat deploy --fresh" and the network\'s name.';
    for (const text of ['{"chainId": "31', "{}", "null"]) {
      const path = await files.write("market.json", text);
      const message = await refused(readMarket(files.path()));
      expect(message).to.match(/ is damaged \(.+\)\. /);
      expect(message.startsWith(path) && message.endsWith(advice), message).to.equal(true);
    }
    const path = await files.write("Vault.json", '{"contract":');
    const message = await refused(readContract(files.path(), "Vault"));
    expect(message).to.contain(`${path} is damaged (`);
    expect(message).to.contain(advice);
  });

  it("says that a contract's file and market.json have different addresses", async () => {
    const path = await files.write("Vault.json", JSON.stringify({ address: ADDRESS }));
    for (const same of [undefined, ADDRESS, ADDRESS.toLowerCase()])
      expect((await readContract(files.path(), "Vault", same))?.address).to.equal(ADDRESS);
    const other = ADDRESS.replace("01", "02");
    expect(await refused(readContract(files.path(), "Vault", other))).to.equal(
      `${path} has the address ${ADDRESS}, but market.json beside it has ${other}: one of them was changed, or is of another ` +
        "market. Restore the whole folder from whoever deployed the market.",
    );
  });
});
