import { expect } from "chai";

import type { Page, Status, SupplyRow } from "../../web/shared/api.ts";
import { CREATION_TIMEOUT_MS, Project } from "./support.ts";

describe("npx hardhat explore", () => {
  let project: Project;

  before(async function () {
    this.timeout(CREATION_TIMEOUT_MS);
    project = await Project.create();
  });

  after(() => project.remove());

  const EXPLORE = ["explore", "--network", "localhost", "--port", "0"];

  it("says where it cannot run, and what it lacks", async () => {
    const inProcess = await project.hardhat(["explore"]);
    expect(inProcess.code).to.equal(1);
    expect(inProcess.output).to.contain('add "--network localhost"');
    const far = await project.hardhat([...EXPLORE.slice(0, -1), "65536"]);
    expect(far.code).to.equal(1);
    expect(far.output).to.equal(
      "Error: --port must be a whole number from 0 to 65535, is 65536.\n",
    );
    const node = await project.startNode();
    const early = await project.hardhat(EXPLORE, node);
    expect(early.code).to.equal(1);
    expect(early.output).to.contain("No market is recorded in deployments/localhost/market.json");
    await node.stop();
  });

  it("serves a market, and is whole after a kill", async () => {
    const node = await project.startNode();
    const deployed = await project.hardhat(["deploy", "--network", "localhost"], node);
    expect(deployed.code, deployed.output).to.equal(0);
    for (const round of [1, 2]) {
      const seen: string[] = [];
      const ended = await project.hardhatWhile(
        /is at (http:\S+)/,
        EXPLORE,
        node,
        async ([, url]) => {
          const get = async <Answer>(path: string): Promise<Answer> =>
            (await (await fetch(`${url}/api/${path}`)).json()) as Answer;
          for (let done = false; !done;) {
            const { index, market } = await get<Status>("status");
            done = index.head === 25 && !index.catchingUp && market !== null;
          }
          const { total } = await get<Page<unknown>>("events?contract=MarketDirectory");
          expect(total, `round ${round}`).to.equal(9);
          expect((await get<Page<SupplyRow>>("supply")).items).to.deep.equal([]);
          seen.push(url!);
        },
      );
      expect(seen, ended.output).to.have.length(1);
    }
    await node.stop();
  });
});
