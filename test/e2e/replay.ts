import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import type { SummaryFile } from "../../sim/report/summary.ts";
import { readIfExists } from "../../sim/files.ts";
import { takeLock } from "../../sim/lock.ts";
import { Random } from "../../sim/random.ts";
import { httpRpc, resultOf } from "../../sim/market/rpc.ts";
import { CREATION_TIMEOUT_MS, Project, type Ended } from "./support.ts";

const STRATEGY = "opportunistic+esd+transfer";

/** How many transactions are in a chain's blocks. */
async function transactionsOn(url: string): Promise<number> {
  const rpc = httpRpc(url);
  const [latest] = await rpc([{ method: "eth_blockNumber", params: [] }]);
  const blocks = Array.from({ length: Number(resultOf(latest)) + 1 }, (_, i) => i);
  const counts = await rpc(
    blocks.map((block) => ({
      method: "eth_getBlockTransactionCountByNumber",
      params: [`0x${block.toString(16)}`],
    })),
  );
  return counts.reduce((sum, count) => sum + Number(resultOf(count)), 0);
}

/** Reads a market without an account. */
const LOOK = `import { network } from "hardhat";
import { openMarket } from "./sim/market/client.ts";
const { ethers } = await network.create();
const market = await openMarket("deployments/localhost", ethers.provider);
console.log(String(await market.identities.participants()), "participants");
`;

/** Everything that misbehaves, with weather and slack enough that work is handed over, and half of the plans by a relayer. */
const MISBEHAVED = `name: misbehaved
seed: 2
hours: 60
microgrids: { count: 10, dataCentres: 1 }
server: { count: 2 }
pv: { regionalShare: 0, clearness: 0.5, clearnessSpread: 0.4 }
tasks:
  users: 8
  priority: { count: 4 }
  deferrable: { count: 220, meanHours: 3, meanSlackHours: 100 }
market: { relayed: 0.5 }
misbehaviour:
  neverReveal: 0.1
  revealLate: 0.1
  unfunded: 0.1
  underDeliver: 0.3
  misreport: 0.1
  stop: 0.1
  spellHours: 8
`;

describe("the replay of a scenario on a chain", () => {
  let project: Project;

  // Of each test's own: where a market is recorded is part of what is tested.
  beforeEach(async function () {
    this.timeout(CREATION_TIMEOUT_MS);
    project = await Project.create();
  });

  afterEach(() => project.remove());

  const read = (...path: string[]): Promise<string> =>
    readFile(join(project.folder, ...path), "utf8");

  async function summaryOf(folder: string): Promise<SummaryFile> {
    return JSON.parse(await read(folder, "summary.json")) as SummaryFile;
  }

  /** Runs in memory what ran on a chain, and compares their rows. */
  async function expectAsInMemory(onChain: string, scenario: readonly string[]): Promise<void> {
    const simulated = await project.hardhat([
      ...["simulate", "--strategies", STRATEGY, "--out", "in-memory", ...scenario],
    ]);
    expect(simulated.code, simulated.output).to.equal(0);
    for (const file of ["hourly.csv", "trades.csv", "transfers.csv"])
      expect(await read(onChain, file), file).to.equal(await read("in-memory", file));
  }

  it("gives to the last byte what the run in memory gives", async () => {
    const scenario = ["--scenario", "small"];
    const started = await project.hardhat(
      ["start", ...scenario, "--once", "--port", "0", "--out", "on-chain"],
      undefined,
      // The devnet's address is only known once it has started.
      { E2E_URL: "http://127.0.0.1:1" },
    );
    expect(started.code, started.output).to.equal(0);
    expect(started.output).to.match(/\d+ transactions, \d+ blocks mined for them/);
    expect(started.output).to.contain("Where to look:");
    await expectAsInMemory("on-chain", scenario);
    const [chain, memory] = [await summaryOf("on-chain"), await summaryOf("in-memory")];
    expect(chain.strategies).to.deep.equal(memory.strategies);
    expect(chain.strategies[STRATEGY]?.tasksCompleted).to.be.above(50);
  });

  it("gives the same where some misbehave and a relayer sends for others, and no honest party loses money", async () => {
    await project.write("misbehaved.yaml", MISBEHAVED);
    const scenario = ["--scenario", "misbehaved.yaml"];
    const started = await project.hardhat(
      ["start", ...scenario, "--once", "--port", "0", "--out", "on-chain"],
      undefined,
      { E2E_URL: "http://127.0.0.1:1" },
    );
    expect(started.code, started.output).to.equal(0);
    await expectAsInMemory("on-chain", scenario);
    const [chain, memory] = [await summaryOf("on-chain"), await summaryOf("in-memory")];
    expect(chain.strategies).to.deep.equal(memory.strategies);
    expect(chain.conduct).to.deep.equal(memory.conduct);
    const conduct = chain.conduct?.[STRATEGY];
    expect(conduct?.kinds).to.have.length(6);
    expect(conduct?.kinds.some(({ transfersDefaulted }) => transfersDefaulted > 0)).to.equal(true);
    expect(conduct).to.include({ honestLossYuan: 0, slotsNotRead: 0 });
  });

  it("runs on a devnet with a market that is there", async () => {
    const node = await project.startNode();
    const options = ["--network", "localhost", "--scenario", "small"];
    const short = ["--set", "hours=12", "tasks.priority.count=4", "tasks.deferrable.count=16"];
    const replay = ["replay", ...options, "--out", "replayed", "--verify", ...short];

    const early = await project.hardhat(replay, node);
    expect(early.code).to.equal(1);
    expect(early.output).to.contain("No complete market is recorded");

    const deployed = await project.hardhat(["deploy", "--network", "localhost"], node);
    expect(deployed.code, deployed.output).to.equal(0);
    const other = await project.hardhat([...replay, "market.k=2"], node);
    expect(other.code).to.equal(1);
    expect(other.output).to.contain("has drawAmong = 3, and the scenario asks for 2");

    const done = await project.hardhat(replay, node);
    expect(done.code, done.output).to.equal(0);
    const { strategies } = await summaryOf("replayed");
    expect(strategies[STRATEGY]?.tasksCompleted).to.be.above(10);
    expect(done.output).to.contain("In memory it is the same");

    const results = await read("replayed", "trades.csv");
    const twice = await project.hardhat(replay, node);
    expect(twice.code, twice.output).to.equal(0);
    expect(twice.output).to.contain("The run had ended before");
    expect(twice.output).to.contain(" 0 blocks mined for them");
    expect(await read("replayed", "trades.csv")).to.equal(results);

    const another = await project.hardhat([...replay, "seed=2"], node);
    expect(another.code).to.equal(1);
    expect(another.output).to.contain("A replay with another seed, setting or trace has begun");
    await rm(join(project.folder, "deployments/localhost/journal"), { recursive: true });
    const taken = await project.hardhat(replay, node);
    expect(taken.code).to.equal(1);
    expect(taken.output).to.contain("has participants already");

    const port = new URL(node.url).port;
    const busy = await project.hardhat(["start", "--once", "--port", port]);
    expect(busy.code).to.equal(1);
    expect(busy.output).to.contain(`Port ${port} of this machine is in use`);

    const anew = await project.startNode();
    const elsewhere = await project.hardhat(replay, anew);
    expect(elsewhere.code).to.equal(1);
    expect(elsewhere.output).to.contain("a devnet that was restarted is a new chain");
    await anew.stop();

    await node.stop();
    const gone = await project.hardhat(replay, node);
    expect(gone.code).to.equal(1);
    expect(gone.output).to.contain("does not answer");
  });

  it("goes on where it was when it is killed", async () => {
    const node = await project.startNode();
    const options = ["--network", "localhost", "--scenario", "small"];
    // The first slot's number is part of every draw, and slot 0 begins the run in memory.
    await project.write("parameters.json", JSON.stringify({ genesis: "2050-01-01T00:00:00Z" }));
    const deployed = await project.hardhat(
      ["deploy", "--network", "localhost", "--parameters", "parameters.json"],
      node,
    );
    expect(deployed.code, deployed.output).to.equal(0);
    const before = await transactionsOn(node.url);

    // Plans of some are sent by a relayer, and those of others refused.
    const set = ["--set", "market.relayed=0.5", "misbehaviour.revealLate=0.3"];
    const replay = ["replay", ...options, "--out", "killed", ...set];
    const random = new Random("kills of a replay");
    const sent = new Set<number>();
    let ended: Ended;
    for (let tries = 1; ; tries += 1) {
      const killAfterMs = tries * 700 + random.int(0, 2000);
      ended = await project.hardhatFor(killAfterMs, replay, node);
      if (ended.code !== null) break;
      sent.add(await transactionsOn(node.url));
    }
    expect(ended.code, ended.output).to.equal(0);
    expect(sent.size, "points at which it was killed").to.be.above(2);
    expect(ended.output).to.contain(" transactions were there.");

    await expectAsInMemory("killed", ["--scenario", "small", ...set]);
    const all = Number(/(\d+) transactions, \d+ blocks/.exec(ended.output)?.[1]);
    expect(await transactionsOn(node.url), "nothing was sent twice").to.equal(before + all);
  });

  it("has a market to itself, and leaves its devnet to others when it is stopped", async () => {
    const node = await project.startNode();
    const deploy = ["deploy", "--network", "localhost"];
    const deployed = await project.hardhat(deploy, node);
    expect(deployed.code, deployed.output).to.equal(0);
    const replay = ["replay", "--network", "localhost", "--scenario", "small", "--out", "stopped"];
    const example = ["run", "--no-compile", "examples/trade.ts", "--network", "localhost"];
    const idle = "The devnet does not mine by itself";
    const fresh = [...deploy, "--fresh"];

    const first = await project.hardhatUntil("% hour", replay, node, "SIGINT");
    expect(first.code, first.output).to.equal(130);
    expect(first.output).to.contain("The same command goes on where the chain is.");
    const [automine] = await httpRpc(node.url)([{ method: "hardhat_getAutomine", params: [] }]);
    expect(resultOf(automine)).to.equal(true);

    const held = takeLock(join(project.folder, "cache/locks/localhost.sqlite"), "");
    for (const command of [replay, fresh]) {
      const refused = await project.hardhat(command, node);
      expect(refused.code).to.equal(1);
      expect(refused.output).to.contain("is at work on deployments/localhost");
    }
    held.release();
    const kept = await project.hardhat([...replay, "--verify"], node);
    expect(kept.code, kept.output).to.equal(0);
    expect(kept.output).to.contain("The run was interrupted and went on");
    expect(kept.output).to.contain("In memory it is the same");

    const anew = await project.hardhat(fresh, node);
    expect(anew.code, anew.output).to.equal(0);
    await project.hardhatUntil("% hour", replay, node);
    expect((await project.hardhat(example, node)).output).to.contain(idle);
    // Who only reads waits for no block.
    await project.write("look.ts", LOOK);
    const looked = await project.hardhat(
      ["run", "--no-compile", "look.ts", "--network", "localhost"],
      node,
    );
    expect(looked.output).to.match(/^\d+ participants$/m);
    const mended = await project.hardhat(fresh, node);
    expect(mended.code, mended.output).to.equal(0);
    expect(mended.output).to.contain("as a replay was stopped on it; it does again");
    const traded = await project.hardhat(example, node);
    expect(traded.code, traded.output).to.equal(0);
  });

  it("touches nothing before it has read everything", async () => {
    await project.write("taken", "");
    for (const [wrong, said] of [
      [["--tasks", "nowhere.csv"], "nowhere.csv: there is no such file"],
      [["--out", "taken"], "taken: this is a file, not a folder"],
    ] as const) {
      const { code, output } = await project.hardhat(["start", "--once", "--port", "0", ...wrong]);
      expect(code).to.equal(1);
      expect(output).to.contain(said);
    }
    expect(await readIfExists(join(project.folder, "deployments/localhost/market.json"))).to.equal(
      undefined,
    );
  });

  it("says where it cannot run", async () => {
    const { code, output } = await project.hardhat(["replay", "--scenario", "small"]);
    expect(code).to.equal(1);
    expect(output).to.contain('add "--network localhost"');
  });
});
