import { expect } from "chai";
import { network } from "hardhat";

import { DevnetTime } from "../../../sim/market/chainTime.ts";
import type { Rpc } from "../../../sim/market/rpc.ts";

describe("DevnetTime", () => {
  it("goes through blocks that the chain has, and mines one behind them for what is in none", async () => {
    const connection = await network.create();
    const { provider } = connection;
    const rpc: Rpc = (requests) =>
      Promise.all(
        requests.map(async ({ method, params }) => ({
          result: (await provider.request({ method, params: [...params] })) as unknown,
        })),
      );
    const latest = async (): Promise<bigint> => {
      const [answer] = await rpc([{ method: "eth_getBlockByNumber", params: ["latest", false] }]);
      return BigInt((answer?.result as { timestamp: string }).timestamp);
    };
    const head = await latest();
    const time = new DevnetTime(rpc, head - 86_400n);
    await time.begin();
    await time.advanceTo(head - 3_600n);
    expect(await time.nextBlock(false)).to.equal(false);
    expect(await time.now()).to.equal(head - 3_599n);
    expect(time.blocks).to.equal(0);
    expect(await time.nextBlock(true)).to.equal(true);
    expect([await time.now(), await latest()]).to.deep.equal([head + 1n, head + 1n]);
    await time.advanceTo(head + 60n);
    expect([await time.now(), await latest(), time.blocks]).to.deep.equal([
      head + 60n,
      head + 60n,
      2,
    ]);
    await time.end();
    await connection.close();
  });
});
