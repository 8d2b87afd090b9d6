import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { expect } from "chai";
import { JsonRpcProvider } from "ethers";

import { CONTRACT_NAMES } from "../../sim/market/deployment.ts";
import type { ContractRecord } from "../../sim/market/record.ts";
import { CREATION_TIMEOUT_MS, type DevNode, Project } from "./support.ts";

/** Transactions of a whole deployment: 12 contracts, 4 functions, 4 roles in two steps, and the administrator's end. */
const TRANSACTIONS = 25;

/** First accounts of a node. */
const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

const HOUR = 3600n;

interface MarketJson {
  chainId: string;
  complete: boolean;
  deployer: string;
  externalToken: string | null;
  parameters: Record<string, string>;
  roles: Record<string, string>;
  addresses: Record<string, string>;
  compiler: { version: string; settings: { evmVersion: string } };
}

describe("hardhat deploy", () => {
  let project: Project;
  let node: DevNode;
  let provider: JsonRpcProvider;

  const deploy = (...args: string[]) =>
    project.hardhat(["deploy", "--network", "custom", ...args], node);
  const market = async (folder = "deployments/custom"): Promise<MarketJson> =>
    (await project.json(folder, "market.json")) as MarketJson;
  const nonce = (): Promise<number> => provider.getTransactionCount(DEPLOYER);

  const connect = async (...args: string[]): Promise<void> => {
    node = await project.startNode(...args);
    provider = new JsonRpcProvider(node.url, undefined, { cacheTimeout: -1 });
  };
  const disconnect = async (): Promise<void> => {
    provider.destroy();
    await node.stop();
  };

  before(async function () {
    this.timeout(CREATION_TIMEOUT_MS);
    project = await Project.create();
    await connect();
  });

  after(async () => {
    provider.destroy();
    await project.remove();
  });

  for (const [title, args, message] of [
    [
      "an address that is none",
      ["--registrar", "0x12"],
      /--registrar is 0x12, which is no Ethereum address/,
    ],
    [
      "a token that is no contract",
      ["--token", OTHER],
      /--token is 0x7099\w+, where there is no ERC-20 token/,
    ],
    [
      "a file that is missing",
      ["--parameters", "none.json"],
      /--parameters: there is no file none\.json\. Name a JSON file/,
    ],
  ] as const) {
    it(`refuses ${title}`, async () => {
      const { code, output } = await deploy(...args);
      expect(code, output).to.equal(1);
      expect(output).to.match(message);
      expect(output).to.not.contain("    at ");
      expect(await nonce()).to.equal(0);
    });
  }

  it("says that the node is not there, or is none", async () => {
    const web = createServer((_, response) => response.writeHead(501).end("<html></html>"));
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    for (const message of [
      `What answers at ${url} is no Ethereum node: its answer, with HTTP status 501, is not JSON-RPC. Give`,
      `The node at ${url} does not answer (ECONNREFUSED). Start it,`,
    ]) {
      const env = { HELIOMARKET_RPC_URL: url };
      const ended = await project.hardhat(["deploy", "--network", "custom"], node, env);
      expect(ended.code, ended.output).to.equal(1);
      expect(ended.output).to.contain(`\nError: ${message}`);
      expect(ended.output).to.not.match(/HHE|unexpected|^ +at /m);
      web.closeAllConnections();
      await new Promise((resolve) => web.close(resolve));
    }
  });

  it("refuses parameters out of their bounds, and names each", async () => {
    await project.write(
      "bad.json",
      JSON.stringify({ commitSeconds: 3599, drawAmong: "9", genesis: "2026-01-01T00:00:00Z" }),
    );
    const { code, output } = await deploy("--parameters", "bad.json");
    expect(code, output).to.equal(1);
    expect(output).to.contain("bad.json:\n  commitSeconds is 3599; it must be from 1 to 3598\n");
    expect(output).to.contain("\n  drawAmong is 9; it must be from 1 to 8\n");
    expect(await nonce()).to.equal(0);
  });

  it("continues where it was interrupted", async () => {
    const killed = await project.hardhatUntil(
      "IdentityRegistry",
      ["deploy", "--network", "custom", "--registrar", OTHER],
      node,
    );
    expect(killed.code).to.equal(null);
    const begun = await market();
    expect(begun.complete).to.equal(false);
    const before = await nonce();
    expect(before).to.be.within(4, TRANSACTIONS - 1);

    const { code, output } = await deploy();
    expect(code, output).to.equal(0);
    expect(output).to.match(/found +AccessManager/);
    expect(output).to.match(/done +TransferBook/);
    const now = await market();
    expect(now.complete).to.equal(true);
    expect(now.addresses).to.include(begun.addresses);
    expect(now.roles).to.deep.equal({
      registrar: OTHER,
      issuer: DEPLOYER,
      pauser: DEPLOYER,
      treasurer: DEPLOYER,
    });
    // Nothing was done twice.
    expect(await nonce()).to.equal(TRANSACTIONS);
  });

  it("records everything", async () => {
    const { addresses, chainId, compiler, deployer, externalToken, parameters } = await market();
    expect({ chainId, deployer, externalToken }).to.deep.equal({
      chainId: "31337",
      deployer: DEPLOYER,
      externalToken: null,
    });
    expect(compiler.version).to.equal("0.8.30");
    expect(compiler.settings.evmVersion).to.equal("cancun");
    const genesis = BigInt(parameters["genesis"]!);
    expect(genesis % HOUR).to.equal(0n);
    const { timestamp } = (await provider.getBlock(1))!;
    expect(BigInt(timestamp) - genesis).to.be.within(-1n, HOUR);

    expect(Object.keys(addresses)).to.have.members(Object.keys(CONTRACT_NAMES));
    for (const [key, name] of Object.entries(CONTRACT_NAMES)) {
      const record = (await project.json("deployments/custom", `${name}.json`)) as ContractRecord;
      expect(record.contract).to.equal(name);
      expect(record.address).to.equal(addresses[key]);
      expect(await provider.getCode(record.address), name).to.not.equal("0x");
      const receipt = await provider.getTransactionReceipt(record.transactionHash!);
      expect(receipt?.blockNumber, name).to.equal(record.blockNumber);
      expect(record.abi, name).to.be.an("array").that.is.not.empty;
    }
    const directory = (await project.json(
      "deployments/custom",
      "MarketDirectory.json",
    )) as ContractRecord;
    expect(directory.constructorArguments).to.deep.equal([
      addresses["authority"],
      addresses["token"],
      parameters,
    ]);
    const files = await readdir(join(project.folder, "deployments/custom"));
    expect(files).to.have.members([
      "market.json",
      "sourcify",
      ...Object.values(CONTRACT_NAMES).map((name) => `${name}.json`),
    ]);
  });

  it("sends nothing when there is nothing to do", async () => {
    const before = await market();
    const { code, output } = await deploy();
    expect(code, output).to.equal(0);
    expect(output).to.contain("Nothing to do: the market is complete; no transaction was sent.");
    expect(await nonce()).to.equal(TRANSACTIONS);
    expect(await market()).to.deep.equal(before);
  });

  it("is complete for any other account, too", async () => {
    const { code, output } = await project.hardhat(["deploy", "--network", "custom"], node, {
      HELIOMARKET_DEPLOYER_KEY: `0x${"12".repeat(32)}`,
    });
    expect(code, output).to.equal(0);
    expect(output).to.contain("Nothing to do: the market is complete; no transaction was sent.");
    expect((await market()).deployer).to.equal(DEPLOYER);
  });

  for (const [option, value, message] of [
    [
      "--registrar",
      DEPLOYER,
      /--registrar is 0xf39F\w+, but deployments\/custom records .* 0x7099\w+\. .*--fresh/,
    ],
    [
      "--token",
      OTHER,
      /--token is 0x7099\w+, but deployments\/custom records .* a token of its own\. .*--fresh/,
    ],
    [
      "--parameters",
      "other.json",
      /other\.json: drawAmong is 4, but deployments\/custom records .* with 3\. .*--fresh/,
    ],
  ] as const) {
    it(`refuses another ${option} for a market that is there`, async () => {
      await project.write("other.json", JSON.stringify({ drawAmong: 4 }));
      const { code, output } = await deploy(option, value);
      expect(code, output).to.equal(1);
      expect(output).to.match(message);
      expect(await nonce()).to.equal(TRANSACTIONS);
    });
  }

  it("deploys anew with --fresh, with the given parameters and token, and keeps the old record", async () => {
    const old = await market();
    await project.write(
      "slots.json",
      JSON.stringify({ slotSeconds: 60, commitSeconds: 40, revealSeconds: "15", beaconSeconds: 2 }),
    );
    const { code, output } = await deploy(
      "--fresh",
      "--parameters",
      "slots.json",
      "--token",
      old.addresses["token"]!,
    );
    expect(code, output).to.equal(0);
    expect(output).to.contain("The old record is now in deployments/custom/old/1/.");
    expect(await market("deployments/custom/old/1")).to.deep.equal(old);
    const now = await market();
    expect(now.complete).to.equal(true);
    expect(now.parameters).to.include({ slotSeconds: "60", revealSeconds: "15", drawAmong: "3" });
    expect(now.externalToken).to.equal(old.addresses["token"]);
    expect(now.addresses["token"]).to.equal(old.addresses["token"]);
    expect(now.addresses["directory"]).to.not.equal(old.addresses["directory"]);
    // Neither the token nor its role's function.
    expect(await nonce()).to.equal(2 * TRANSACTIONS - 2);
  });

  it("says that its record is damaged, and moves it aside with --fresh", async () => {
    const whole = JSON.stringify(await market());
    await project.write("deployments/custom/market.json", whole.slice(0, 100));
    const damaged = await deploy();
    expect(damaged.code, damaged.output).to.equal(1);
    expect(damaged.output).to.match(
      /^Error: \S+market\.json is damaged \(.+\)\. Restore it, or .*--fresh/m,
    );
    const { code, output } = await deploy("--fresh");
    expect(code, output).to.equal(0);
    expect(output).to.contain("The old record is now in deployments/custom/old/2/.");
    const other = await deploy("--fresh");
    expect(other.output).to.contain("deployments/custom/old/3/.");
  });

  it("says that the chain was started anew, and what to do", async () => {
    await disconnect();
    await connect();
    const { code, output } = await deploy();
    expect(code, output).to.equal(1);
    expect(output).to.match(/began with another block; was the network started anew\? .*--fresh/);
    expect(await nonce()).to.equal(0);
  });

  it("says that the market is on another chain, and what to do", async () => {
    await disconnect();
    await connect("--chain-id", "4242");
    const { code, output } = await deploy();
    expect(code, output).to.equal(1);
    expect(output).to.match(/records a market on chain 31337, but this is chain 4242\. .*--fresh/);
    expect(await nonce()).to.equal(0);
  });

  it("deploys without fees", async () => {
    await disconnect();
    await connect("--network", "free");
    const balance = await provider.getBalance(DEPLOYER);
    const { code, output } = await project.hardhat(
      ["deploy", "--network", "custom", "--fresh"],
      node,
      {
        HELIOMARKET_GAS_PRICE: "0",
      },
    );
    expect(code, output).to.equal(0);
    expect(await nonce()).to.equal(TRANSACTIONS);
    expect(await provider.getBalance(DEPLOYER)).to.equal(balance);
  });

  it("deploys to the in-process network each time", async () => {
    for (let run = 0; run < 2; run += 1) {
      const { code, output } = await project.hardhat(["deploy"]);
      expect(code, output).to.equal(0);
      expect(output).to.contain(`transactions sent: ${TRANSACTIONS}.`);
    }
    expect((await market("deployments/default")).complete).to.equal(true);
  });
});
