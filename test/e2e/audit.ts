import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { expect } from "chai";
import { id } from "ethers";

import { CREATION_TIMEOUT_MS, Project, type DevNode } from "./support.ts";

describe("the audit of a market on a chain", function () {
  this.timeout(CREATION_TIMEOUT_MS);
  let project: Project;

  before(async () => {
    project = await Project.create();
  });

  after(() => project.remove());

  it("needs a network that is there", async () => {
    const { code, output } = await project.hardhat(["audit"]);
    expect(code).to.equal(1);
    expect(output).to.contain('Add "--network localhost"');
  });

  it("checks a replay, and sees one event that is another", async () => {
    const audit = ["audit", "--network", "localhost"];
    const node = await project.startNode();
    const early = await project.hardhat(audit, node);
    expect(early.code).to.equal(1);
    expect(early.output).to.contain("No complete market is recorded");

    const deployed = await project.hardhat(["deploy", "--network", "localhost"], node);
    expect(deployed.code, deployed.output).to.equal(0);
    const empty = await project.hardhat(audit, node);
    expect(empty.code, empty.output).to.equal(0);
    expect(empty.output).to.match(/participants +0\n/);
    expect(empty.output).to.contain("No difference.");

    const short = ["--set", "hours=12", "tasks.priority.count=4", "tasks.deferrable.count=16"];
    const options = ["--network", "localhost", "--scenario", "small", "--out", "replayed"];
    const replayed = await project.hardhat(["replay", ...options, ...short], node);
    expect(replayed.code, replayed.output).to.equal(0);

    const done = await project.hardhat(audit, node);
    expect(done.code, done.output).to.equal(0);
    expect(done.output).to.contain("No difference.");
    for (const what of ["commitments", "reveals", "draws", "trades", "readings", "contracts"])
      expect(done.output, what).to.match(new RegExp(`^ +${what} +[1-9]\\d*$`, "m"));

    const record = "deployments/localhost/SupplyBook.json";
    const supply = (await project.json(record)) as { address: string };
    const otherAddress = `0x${"12".repeat(20)}`;
    await project.write(record, JSON.stringify({ ...supply, address: otherAddress }));
    const mixed = await project.hardhat(audit, node);
    expect(mixed.code).to.equal(1);
    expect(mixed.output).to.contain(
      `SupplyBook.json has the address ${otherAddress}, but market.json beside it has ${supply.address}`,
    );
    await project.write(record, JSON.stringify(supply));

    const copy = await corruptedCopy(node);
    try {
      const corrupted = await project.hardhat(audit, copy);
      expect(corrupted.code).to.equal(1);
      expect(corrupted.output).to.contain("The chain differs from the market's rules.");
      expect(corrupted.output).to.match(
        /where +block \d+, .*, Revealed, salt\n +expected +0x\w{64}\n +found +0x\w{64}\n +transaction +0x\w{64}/,
      );
      expect(corrupted.output).not.to.contain("No difference.");
    } finally {
      await copy.stop();
    }

    const anew = await project.startNode();
    const elsewhere = await project.hardhat(audit, anew);
    expect(elsewhere.code).to.equal(1);
    expect(elsewhere.output).to.contain("a devnet that was restarted is a new chain");
    await anew.stop();

    await node.stop();
    const gone = await project.hardhat(audit, node);
    expect(gone.code).to.equal(1);
    expect(gone.output).to.contain("does not answer");
    expect(gone.output).not.to.match(/^ +at /m);
  });
});

interface Log {
  topics: string[];
  data: string;
}

interface Answer {
  result?: unknown;
}

/** First topic of the event. */
const REVEALED = id("Revealed(uint32,uint32,bytes32)");

/** A node that says all that another one says, but has another salt in one event. */
async function corruptedCopy(node: DevNode): Promise<DevNode> {
  let corrupted = false;
  const corrupt = (answer: Answer): void => {
    if (corrupted || !Array.isArray(answer.result)) return;
    const log = (answer.result as Log[]).find(({ topics }) => topics[0] === REVEALED);
    if (log === undefined) return;
    log.data = log.data.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    corrupted = true;
  };
  const server: Server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const headers = { "content-type": "application/json" };
      const answers = (await (
        await fetch(node.url, { method: "POST", headers, body })
      ).json()) as Answer[];
      if (body.includes("eth_getLogs")) answers.forEach(corrupt);
      response.end(JSON.stringify(answers));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
