/** Runs the Solidity tests that import a mutated file, in this process: they are small, and take less than a second. */
import {
  EdrContext,
  L1_CHAIN_TYPE,
  l1GenesisState,
  l1HardforkFromString,
  l1SolidityTestRunnerFactory,
  TestStatus,
  type Artifact,
  type SolidityTestRunnerConfigArgs,
} from "@nomicfoundation/edr";
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";

import type { Compiler, Contracts, Sources } from "./compiler.ts";

/** That of Hardhat's own Solidity tests. */
const HARDFORK = "Osaka";

const { version: solcVersion } = createRequire(import.meta.url)("solc/package.json") as {
  version: string;
};

/** The project's settings for Solidity tests, as far as they are used here. */
export type TestSettings = Pick<SolidityTestRunnerConfigArgs, "blockTimestamp" | "fuzz">;

/** The Solidity tests of single files, ready to run. */
export class OwnTests {
  readonly #compiler: Compiler;
  readonly #config: SolidityTestRunnerConfigArgs;
  readonly #tests: Sources;
  /** What the tests import of each other. */
  readonly #helpers: Sources;
  readonly #context = new EdrContext();
  readonly #ready: Promise<void>;

  constructor(compiler: Compiler, settings: TestSettings) {
    this.#compiler = compiler;
    this.#config = {
      ...settings,
      projectRoot: process.cwd(),
      hardfork: HARDFORK,
      localPredeploys: l1GenesisState(l1HardforkFromString(HARDFORK)),
      disableBlockGasLimit: true,
      disableTransactionGasCap: true,
    };
    const sources = globSync("test/libraries/*.sol").map((path): [string, string] => [
      path,
      readFileSync(path, "utf8"),
    ]);
    this.#tests = Object.fromEntries(sources.filter(([path]) => path.endsWith(".t.sol")));
    this.#helpers = Object.fromEntries(sources.filter(([path]) => !path.endsWith(".t.sol")));
    this.#ready = this.#context.registerSolidityTestRunnerFactory(
      L1_CHAIN_TYPE,
      l1SolidityTestRunnerFactory(),
    );
  }

  /**
   * Runs the tests that import a file, with another text in its place.
   *
   * @returns name of the first test that fails; undefined if all pass, there is none, or it does not compile
   */
  async killer(file: string, text: string): Promise<string | undefined> {
    const tests = Object.fromEntries(
      Object.entries(this.#tests).filter(([, test]) => test.includes(`/${basename(file)}"`)),
    );
    if (Object.keys(tests).length === 0) return undefined;
    const contracts = this.#compiler.compileTests({ ...this.#helpers, ...tests }, file, text);
    return contracts && this.#run(contracts);
  }

  async #run(contracts: Contracts): Promise<string | undefined> {
    await this.#ready;
    const artifacts = artifactsOf(contracts);
    const suites = artifacts.filter(isSuite).map(({ id }) => id);
    let killer: string | undefined;
    await new Promise<void>((done, fail) => {
      let left = suites.length;
      this.#context
        .runSolidityTests(L1_CHAIN_TYPE, artifacts, suites, this.#config, {}, (suite) => {
          const failed = suite.testResults.find(({ status }) => status === TestStatus.Failure);
          if (failed !== undefined) killer ??= `${suite.id.name}.${failed.name}`;
          left -= 1;
          if (left === 0) done();
        })
        .catch(fail);
    });
    return killer;
  }
}

function artifactsOf(contracts: Contracts): Artifact[] {
  return Object.entries(contracts).flatMap(([source, named]) =>
    Object.entries(named).map(([name, { abi, evm }]) => ({
      id: { name, source, solcVersion },
      contract: { abi: JSON.stringify(abi), bytecode: `0x${evm.bytecode.object}` },
    })),
  );
}

const isSuite = ({ contract }: Artifact): boolean =>
  contract.bytecode !== "0x" && contract.abi.includes(`"name":"test`);
