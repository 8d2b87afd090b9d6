/** `npx hardhat deploy`: deploys a market, or completes one, and records it in `deployments/<network>/`. */
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import { getAddress, isAddress, type Signer } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Result } from "hardhat/types/utils";

import { UserError } from "../sim/errors.ts";
import { readIfExists } from "../sim/files.ts";
import { takeLock, type Lock } from "../sim/lock.ts";
import {
  CONTRACT_NAMES,
  deployMarket,
  ROLES,
  type DeployedContract,
  type DeploymentStep,
  type MarketAddresses,
  type RoleHolders,
} from "../sim/market/deployment.ts";
import { minesByItself, startMining, type Ask } from "../sim/market/mining.ts";
import { parseParameters } from "../sim/market/parameter-file.ts";
import { DEFAULT_PARAMETERS, type MarketParameters } from "../sim/market/parameters.ts";
import {
  JOURNAL_FOLDER,
  MARKET_FILE,
  readContract,
  readMarket,
  writeContract,
  writeMarket,
  type MarketRecord,
} from "../sim/market/record.ts";
import { run as runAction } from "./action.ts";
import { recordBuild } from "./sources.ts";

type RoleName = keyof typeof ROLES;

type Connection = Awaited<ReturnType<HardhatRuntimeEnvironment["network"]["create"]>>;

interface Arguments extends Partial<Record<RoleName, string | undefined>> {
  readonly parameters: string | undefined;
  readonly token: string | undefined;
  readonly fresh: boolean;
}

const ROLE_NAMES = Object.keys(ROLES) as RoleName[];
const HOUR_SECONDS = 3600n;

/** What tells the recorded chain from another one. */
type ChainIdentity = Pick<MarketRecord, "chainId" | "genesisBlock">;

const FRESH_HINT =
  "Connect to the network that it is on, or deploy a new market with --fresh, which moves the old record aside.";

/** The task's action. */
export default function action(
  args: Arguments,
  hre: HardhatRuntimeEnvironment,
): Promise<Result<undefined, UserError>> {
  return runAction(() => deploy(args, hre), hre);
}

async function deploy(args: Arguments, hre: HardhatRuntimeEnvironment): Promise<void> {
  const options = await readOptions(args);
  await buildContracts(hre);
  const connection = await hre.network.create();
  const folder = join(hre.config.paths.root, "deployments", connection.networkName);
  // One that is complete is only looked at.
  const changes = args.fresh || (await readMarket(folder))?.complete !== true;
  const isKept = connection.networkConfig.type === "http";
  const lock = changes && isKept ? lockMarket(hre, connection.networkName) : undefined;
  try {
    await deployOn(connection, hre, options);
    if (connection.networkConfig.type === "edr-simulated")
      console.log("The in-process chain ends with this command.");
  } finally {
    lock?.release();
    await connection.close();
  }
}

/**
 * Keeps others from deploying to a network, or replaying there, until it is released.
 *
 * @throws UserError if another process does it already
 */
export const lockMarket = (hre: HardhatRuntimeEnvironment, networkName: string): Lock =>
  takeLock(
    join(hre.config.paths.cache, "locks", `${networkName}.sqlite`),
    `Another "npx hardhat deploy", "npx hardhat replay" or "npm start" is at work on deployments/${networkName}. ` +
      "Wait until it ends, or stop it.",
  );

/** Builds what is not built yet. */
export async function buildContracts(hre: HardhatRuntimeEnvironment): Promise<void> {
  console.log(
    "Building the contracts, unless they are built; the first time takes a minute or more.",
  );
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
}

/** Deploys a market to a network, or completes one, and says what it does. @returns the folder of its record */
export async function deployOn(
  { ethers, networkName, networkConfig }: Connection,
  hre: HardhatRuntimeEnvironment,
  options: DeployOptions,
): Promise<string> {
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) {
    throw new UserError(`The network ${networkName} has no account to deploy with.`);
  }
  const { say = console.log } = options;
  const usual = join(hre.config.paths.root, "deployments", networkName);
  const { folder = usual } = options;
  const shown = options.folder ?? `deployments/${networkName}`;
  const chain = await identify(ethers);
  if (networkConfig.type === "edr-simulated") {
    // Its chain ended with the process that deployed to it.
    await rm(folder, { recursive: true, force: true });
  } else if (options.fresh) {
    await moveAside(folder, shown, say);
  }
  const recorded = await readMarket(folder);
  if (recorded !== undefined) {
    await requireSameChain(ethers, folder, shown, recorded, chain);
    requireSameOptions(shown, recorded, options, deployer.address);
  }
  const record = recorded ?? (await newRecord(ethers, hre, chain, options, deployer.address));
  say(`Market on ${networkName}, chain ${chain.chainId}, deployer ${deployer.address}`);
  if (!record.complete) await requireMining(ethers, say);
  const sent = await run(ethers, hre, deployer, folder, record, say);
  if (sent === 0) say(`\nNothing to do: the market is complete; no transaction was sent.`);
  else say(`\nThe market is complete; transactions sent: ${sent}.`);
  say(`Slot 0 begins at ${isoTime(record.parameters.genesis)}. Recorded in ${shown}/.`);
  return folder;
}

// ------------------------------------------------------------------ options

/** What a deployment is asked for. */
export interface DeployOptions {
  readonly fresh: boolean;
  readonly token: string | undefined;
  readonly holders: Partial<RoleHolders>;
  /** The file and its text. */
  readonly parameters: { readonly path: string; readonly text: string } | undefined;
  /** Where the record goes, if not to the network's folder in `deployments/`. */
  readonly folder?: string;
  /** Is told what was done, instead of the console. */
  readonly say?: Say;
}

type Say = (line: string) => void;

async function readOptions(args: Arguments): Promise<DeployOptions> {
  const holders: Partial<RoleHolders> = {};
  for (const name of ROLE_NAMES) {
    const address = checkAddress(name, args[name]);
    if (address !== undefined) holders[name] = address;
  }
  const path = args.parameters;
  let parameters: DeployOptions["parameters"];
  if (path !== undefined) {
    try {
      parameters = { path, text: await readFile(path, "utf8") };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === "ENOENT" ? `there is no file ${path}` : message;
      throw new UserError(`--parameters: ${why}. Name a JSON file (docs/deployment.md).`, {
        cause: error,
      });
    }
    // Everything but the genesis, whose default depends on the chain, can be checked before connecting.
    parseParameters(parameters.text, path, DEFAULT_PARAMETERS);
  }
  return { fresh: args.fresh, token: checkAddress("token", args.token), holders, parameters };
}

function checkAddress(option: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const valid: boolean = isAddress(value);
  if (!valid) throw new UserError(`--${option} is ${value}, which is no Ethereum address.`);
  return getAddress(value);
}

// ------------------------------------------------------------------ chain and record

async function identify({ provider }: HardhatEthers): Promise<ChainIdentity> {
  const { chainId } = await provider.getNetwork();
  return { chainId, genesisBlock: (await provider.getBlock(0))?.hash ?? "" };
}

async function newRecord(
  ethers: HardhatEthers,
  hre: HardhatRuntimeEnvironment,
  chain: ChainIdentity,
  options: DeployOptions,
  deployer: string,
): Promise<MarketRecord> {
  if (options.token !== undefined) await requireErc20(ethers, options.token);
  const now = BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0);
  const defaults = { ...DEFAULT_PARAMETERS, genesis: now - (now % HOUR_SECONDS) };
  const { path, text } = options.parameters ?? { path: "The default parameters", text: "{}" };
  const compiler = hre.config.solidity.profiles["default"]?.compilers[0];
  // What the compiler is to print does not change what it compiles.
  const settings = { ...(compiler?.settings as object | undefined), outputSelection: undefined };
  return {
    ...chain,
    deployer,
    complete: false,
    externalToken: options.token ?? null,
    parameters: parseParameters(text, path, defaults),
    roles: {
      registrar: deployer,
      issuer: deployer,
      pauser: deployer,
      treasurer: deployer,
      ...options.holders,
    },
    addresses: {},
    compiler: { version: compiler?.version ?? "", settings },
  };
}

/** Has a devnet mine on which a replay was stopped. */
async function requireMining({ provider }: HardhatEthers, say: Say): Promise<void> {
  const ask: Ask = (method, params) => provider.send(method, [...params]);
  if (await minesByItself(ask)) return;
  await startMining(ask);
  say("The devnet did not mine by itself, as a replay was stopped on it; it does again.");
}

async function requireErc20(ethers: HardhatEthers, address: string): Promise<void> {
  const token = await ethers.getContractAt("SettlementToken", address);
  try {
    await token.balanceOf(address);
    await token.totalSupply();
  } catch (cause) {
    throw new UserError(`--token is ${address}, where there is no ERC-20 token.`, { cause });
  }
}

/** Moves a deployment's record into a folder of its own, `old/<number>/`; its root file last. */
async function moveAside(folder: string, shown: string, say: Say): Promise<void> {
  // Not read: what is damaged is moved aside as well.
  const isThere = async (place: string): Promise<boolean> =>
    (await readIfExists(join(place, MARKET_FILE))) !== undefined;
  if (!(await isThere(folder))) return;
  let number = 1;
  while (await isThere(join(folder, "old", String(number)))) number += 1;
  const old = join(folder, "old", String(number));
  await mkdir(old, { recursive: true });
  const files = (await readdir(folder)).filter(
    (name) => name.endsWith(".json") || name === JOURNAL_FOLDER,
  );
  const isRoot = (name: string): number => Number(name === MARKET_FILE);
  for (const name of files.sort((a, b) => isRoot(a) - isRoot(b))) {
    await rename(join(folder, name), join(old, name));
  }
  say(`The old record is now in ${shown}/old/${number}/.`);
}

async function requireSameChain(
  { provider }: HardhatEthers,
  folder: string,
  shown: string,
  recorded: MarketRecord,
  chain: ChainIdentity,
): Promise<void> {
  if (recorded.chainId !== chain.chainId) {
    throw new UserError(
      `${shown} records a market on chain ${recorded.chainId}, but this is chain ${chain.chainId}. ${FRESH_HINT}`,
    );
  }
  if (recorded.genesisBlock !== chain.genesisBlock) {
    throw new UserError(
      `${shown} records a market on another chain ${chain.chainId}, which began with another block; ` +
        `was the network started anew? ${FRESH_HINT}`,
    );
  }
  for (const key of Object.keys(recorded.addresses) as (keyof MarketAddresses)[]) {
    const name = CONTRACT_NAMES[key];
    const contract = await readContract(folder, name);
    if (contract?.blockNumber == null) continue;
    if ((await provider.getCode(contract.address)) === "0x") {
      throw new UserError(
        `${shown} records ${name} at ${contract.address}, but there is no contract at this address; ` +
          `was the network started anew? ${FRESH_HINT}`,
      );
    }
  }
}

function requireSameOptions(
  shown: string,
  recorded: MarketRecord,
  options: DeployOptions,
  deployer: string,
): void {
  const fixed = `${shown} records a market that was begun with`;
  const hint = "Leave the option out, or deploy a new market with --fresh.";
  if (options.token !== undefined && options.token !== recorded.externalToken) {
    const token = recorded.externalToken ?? "a token of its own";
    throw new UserError(`--token is ${options.token}, but ${fixed} ${token}. ${hint}`);
  }
  for (const name of ROLE_NAMES) {
    const holder = options.holders[name];
    if (holder !== undefined && holder !== recorded.roles[name]) {
      throw new UserError(
        `--${name} is ${holder}, but ${fixed} ${recorded.roles[name]}. ${hint} ` +
          "A role's holder can appoint another in the access manager.",
      );
    }
  }
  if (options.parameters !== undefined) {
    const { path, text } = options.parameters;
    const given = parseParameters(text, path, recorded.parameters);
    for (const key of Object.keys(given) as (keyof MarketParameters)[]) {
      if (given[key] === recorded.parameters[key]) continue;
      throw new UserError(
        `${path}: ${key} is ${given[key]}, but ${fixed} ${recorded.parameters[key]}. ${hint}`,
      );
    }
  }
  if (!recorded.complete && recorded.deployer !== deployer) {
    throw new UserError(
      `${shown} records a market that ${recorded.deployer} has begun to deploy; ` +
        `only this account can complete it, and the present one is ${deployer}.`,
    );
  }
}

// ------------------------------------------------------------------ deployment

/** @returns how many transactions were sent */
async function run(
  ethers: HardhatEthers,
  hre: HardhatRuntimeEnvironment,
  deployer: Signer,
  folder: string,
  record: MarketRecord,
  say: Say,
): Promise<number> {
  let sent = 0;
  let current = record;
  await writeMarket(folder, current);
  const note = async (step: DeploymentStep): Promise<void> => {
    const { contract, address, block } = step;
    if (contract === undefined || address === undefined) return;
    current = { ...current, addresses: { ...current.addresses, [contract.key]: address } };
    await writeMarket(folder, current);
    await recordContract(ethers, hre, folder, contract, address, step);
    if (block !== undefined) await recordBuild(hre, folder, record.chainId, contract.name, address);
  };
  await deployMarket({
    deployer,
    factoryOf: (name) => ethers.getContractFactory(name),
    parameters: record.parameters,
    holders: record.roles,
    ...(record.externalToken === null ? {} : { token: record.externalToken }),
    known: record.addresses,
    onSent: async (step) => {
      sent += 1;
      await note(step);
    },
    onStep: async (step) => {
      await note(step);
      say(lineOf(step));
    },
  });
  const { externalToken } = current;
  const token = externalToken === null ? {} : { token: externalToken };
  current = { ...current, complete: true, addresses: { ...current.addresses, ...token } };
  await writeMarket(folder, current);
  return sent;
}

async function recordContract(
  { provider }: HardhatEthers,
  hre: HardhatRuntimeEnvironment,
  folder: string,
  contract: DeployedContract,
  address: string,
  { transaction, block }: DeploymentStep,
): Promise<void> {
  const before = await readContract(folder, contract.name);
  const known = before?.address === address ? before : undefined;
  const transactionHash = transaction ?? known?.transactionHash ?? null;
  let blockNumber = block ?? known?.blockNumber ?? null;
  if (blockNumber === null && transactionHash !== null && transaction === undefined) {
    // The earlier run ended between sending the transaction and its receipt.
    blockNumber = (await provider.getTransactionReceipt(transactionHash))?.blockNumber ?? null;
  }
  const { abi } = await hre.artifacts.readArtifact(contract.name);
  await writeContract(folder, contract, abi, { address, transactionHash, blockNumber });
}

// ------------------------------------------------------------------ printing

function lineOf({ name, address, transaction, block }: DeploymentStep): string {
  const status = transaction === undefined ? "found" : "done";
  const done = block === undefined ? "" : `block ${block}, transaction ${transaction ?? ""}`;
  const cells = [status.padEnd(5), name.padEnd(47), (address ?? "").padEnd(42), done];
  return `  ${cells.join("  ").trimEnd()}`;
}

function isoTime(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().replace(".000", "");
}
