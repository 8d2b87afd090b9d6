import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import { CREATION_TIMEOUT_MS, type DevNode, Project } from "./support.ts";

/** What Hardhat prints of an error that it does not know. */
const STACK = /unexpected error|^ +at /m;

describe("examples/trade.ts", () => {
  let project: Project;
  let node: DevNode;

  before(async function () {
    this.timeout(CREATION_TIMEOUT_MS);
    project = await Project.create();
    node = await project.startNode();
    const deployed = await project.hardhat(["deploy", "--network", "localhost"], node);
    expect(deployed.code, deployed.output).to.equal(0);
  });

  after(() => project.remove());

  it("takes a user and a data centre from enrolment to withdrawal", async () => {
    const { code, output } = await project.hardhat(
      ["run", "examples/trade.ts", "--network", "localhost"],
      node,
    );
    expect(code, output).to.equal(0);
    const steps = [
      /enrolled: user 0x\w{40} is participant 1/,
      /enrolled: dataCentre 0x\w{40} is participant 2/,
      /enrolled: meter 0x\w{40} is participant 3/,
      /enrolled: gridOperator 0x\w{40} is participant 4/,
      /enrolled: networkOperator 0x\w{40} is participant 5/,
      /plant registered: block \d+/,
      /bid sealed: block \d+/,
      /offer sealed: block \d+/,
      /bid revealed: block \d+/,
      /offer revealed: block \d+/,
      /auction cleared: contract 1n/,
      /delivered, paid: 6500000n/,
      /withdrawn: 93\.5 and 106\.5 yuan, as expected/,
    ];
    const lines = output.split("\n");
    const places = steps.map((step) => lines.findIndex((line) => step.test(line)));
    expect(places, output).to.not.include(-1);
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
  });

  it("says that a market takes it once, and what to do", async () => {
    const { code, output } = await project.hardhat(
      ["run", "examples/trade.ts", "--network", "localhost"],
      node,
    );
    expect(code, output).to.equal(1);
    expect(output).to.match(
      /^Error: The market was used; deploy another: npx hardhat deploy --network localhost --fresh$/m,
    );
    expect(output).to.not.match(STACK);
  });

  it("builds no more than deploy does, which takes no Solidity tests", async () => {
    await mkdir(join(project.folder, "test"), { recursive: true });
    await project.write("test/Broken.t.sol", "this does not compile");
    await project.write("hello.ts", 'console.log("hello");');
    const { code, output } = await project.hardhat(["run", "hello.ts"]);
    expect(code, output).to.equal(0);
    expect(output).to.contain("hello");
  });

  it("says that the node is gone, and leaves errors of scripts as they are otherwise", async () => {
    const gone = await project.hardhat([
      "run",
      "--no-compile",
      "examples/trade.ts",
      "--network",
      "localhost",
    ]);
    expect(gone.code, gone.output).to.equal(1);
    expect(gone.output).to.match(
      /^Error: The node at http:\/\/127\.0\.0\.1:1 does not answer \(.+\)\. Start it, and run the same command again\.$/m,
    );
    expect(gone.output).to.not.match(STACK);
    await project.write("fails.ts", 'throw new Error("of the script");');
    for (const network of [[], ["--network", "localhost"]]) {
      const fails = await project.hardhat(["run", "--no-compile", "fails.ts", ...network], node);
      expect(fails.code, fails.output).to.equal(1);
      expect(fails.output).to.contain("Error: of the script").and.to.match(STACK);
    }
  });

  it("has at most 60 lines", async () => {
    const script = await readFile(join(project.folder, "examples/trade.ts"), "utf8");
    expect(script.trimEnd().split("\n").length).to.be.at.most(60);
  });

  it("says what is missing where no market is deployed", async () => {
    const { code, output } = await project.hardhat(["run", "examples/trade.ts"]);
    expect(code).to.equal(1);
    expect(output).to.match(/^Error: No complete market is recorded in deployments\/default/m);
    expect(output).to.not.match(STACK);
  });
});
