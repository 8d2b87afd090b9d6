import { createRequire } from "node:module";

import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";

import { tasks } from "./scripts/tasks.ts";

// `npx hardhat` and the npm scripts both load this file, so neither reports usage.
process.env["HARDHAT_DISABLE_TELEMETRY"] ??= "true";

const require = createRequire(import.meta.url);

/** The compiler comes from npm, pinned by the lock file; nothing is downloaded. */
const solc = {
  version: (require("solc/package.json") as { version: string }).version,
  path: require.resolve("solc/soljson.js"),
};

/** The newest EVM version the target network runs. */
const evmVersion = process.env["HELIOMARKET_EVM_VERSION"] ?? "cancun";

/** The compiler's metadata are recorded at deployment, for explorers that read a Sourcify repository. */
const outputSelection = { "*": { "*": ["metadata"] } };

/** Gas price of the `custom` network in wei; 0 is the usual price on a private network. */
const gasPrice = process.env["HELIOMARKET_GAS_PRICE"] ?? "";
if (!/^\d*$/.test(gasPrice)) {
  throw new Error(`HELIOMARKET_GAS_PRICE is "${gasPrice}"; it must be a number of wei, or unset.`);
}

/** Where time starts in tests. */
const START = new Date("2026-01-01T00:00:00Z");

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers],
  tasks,
  paths: {
    sources: "contracts",
    tests: { mocha: "test", solidity: "test" },
  },
  solidity: {
    // Deployed as it is, and so built with the market's contracts.
    npmFilesToBuild: ["@openzeppelin/contracts/access/manager/AccessManager.sol"],
    compilers: [
      {
        ...solc,
        settings: {
          evmVersion,
          viaIR: true,
          optimizer: { enabled: true, runs: 2000 },
          outputSelection,
        },
      },
    ],
    // Large tests that are never deployed on a chain: the other code generator is quicker.
    overrides: Object.fromEntries(
      ["MarketInvariants", "SupplyRounding"].map((name) => [
        `test/invariants/${name}.t.sol`,
        { ...solc, settings: { evmVersion, optimizer: { enabled: true, runs: 200 } } },
      ]),
    ),
  },
  networks: {
    default: {
      // The limits of the hardfork apply: a block's gas, 2^24 gas for a transaction, and a
      // contract's size. Left unset, because a coverage run lifts only limits that are not set.
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      accounts: { count: 20 },
      initialDate: START,
    },
    localhost: {
      type: "http",
      chainType: "l1",
      url: "http://127.0.0.1:8545",
    },
    custom: {
      type: "http",
      chainType: "l1",
      url: configVariable("HELIOMARKET_RPC_URL"),
      accounts: [configVariable("HELIOMARKET_DEPLOYER_KEY")],
      gasPrice: gasPrice === "" ? "auto" : BigInt(gasPrice),
    },
  },
  coverage: {
    skipFiles: ["contracts/mocks/**"],
  },
  typechain: {
    outDir: "types",
    tsNocheck: true,
  },
  test: {
    mocha: {
      timeout: 120_000,
    },
    solidity: {
      blockTimestamp: BigInt(START.getTime() / 1000),
      fuzz: {
        runs: 128,
        seed: "0x68656c696f6d61726b6574",
      },
      invariant: {
        runs: 20,
        depth: 64,
        failOnRevert: true,
      },
    },
  },
});
