import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import { CREATION_TIMEOUT_MS, type DevNode, Project } from "./support.ts";

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

  it("has at most 60 lines", async () => {
    const script = await readFile(join(project.folder, "examples/trade.ts"), "utf8");
    expect(script.trimEnd().split("\n").length).to.be.at.most(60);
  });

  it("says what is missing where no market is deployed", async () => {
    const { code, output } = await project.hardhat(["run", "examples/trade.ts"]);
    expect(code).to.equal(1);
    expect(output).to.contain("No complete market is recorded in deployments/default");
  });
});
