/** Deploys a market: the steps, their order and their wiring. Knows ethers, not Hardhat. */
import {
  Contract,
  getAddress,
  id,
  type ContractFactory,
  type Provider,
  type Signer,
  type TransactionResponse,
} from "ethers";

import type { AccessManager, MarketDirectory } from "../../types/index.ts";
import { UserError } from "../errors.ts";
import type { MarketParameters } from "./parameters.ts";

/** The contracts that the directory creates, in its order, by the names of their addresses in it. */
export const PARTS = {
  identities: "IdentityRegistry",
  vault: "Vault",
  reputation: "Reputation",
  tariff: "GridTariff",
  meters: "MeterBook",
  beacon: "RandomBeacon",
  auction: "SlotAuction",
  supply: "SupplyBook",
  transfers: "TransferBook",
} as const;

/** Roles in the market's access manager; `contracts/libraries/Roles.sol` is their other half. */
export const ROLES = {
  registrar: 1n,
  issuer: 2n,
  pauser: 3n,
  treasurer: 4n,
} as const;

/** What each role may call: the only restricted functions of the market. */
export const RESTRICTED = [
  { part: "identities", signature: "revoke(uint32)", role: ROLES.registrar },
  { part: "token", signature: "mint(address,uint256)", role: ROLES.issuer },
  { part: "auction", signature: "setPaused(bool)", role: ROLES.pauser },
  { part: "vault", signature: "payOut(uint256,address)", role: ROLES.treasurer },
] as const;

/** OpenZeppelin AccessManager's own administrator, who sets the roles up and then gives the role away. */
export const ADMIN_ROLE = 0n;

/** Address of every contract of a market. */
export type MarketAddresses = Record<
  keyof typeof PARTS | "authority" | "token" | "directory",
  string
>;

/** Names of the types of all contracts of a market. */
export const CONTRACT_NAMES: Readonly<Record<keyof MarketAddresses, string>> = {
  authority: "AccessManager",
  token: "SettlementToken",
  directory: "MarketDirectory",
  ...PARTS,
};

/** Gives the factory of a contract by its name. */
export type FactoryOf = (name: string) => Promise<ContractFactory>;

/** Holders of the administrators' roles. */
export type RoleHolders = Record<keyof typeof ROLES, string>;

/** A contract of the market, as a deployment creates or finds it. */
export interface DeployedContract {
  readonly key: keyof MarketAddresses;
  /** Name of the contract's type. */
  readonly name: string;
  readonly constructorArguments: readonly unknown[];
}

/** One thing that a deployment does, or finds done. */
export interface DeploymentStep {
  /** Contract, or what is set. */
  readonly name: string;
  readonly address?: string;
  readonly contract?: DeployedContract;
  /** Hash of the transaction; absent if there was nothing to do. */
  readonly transaction?: string;
  /** Block of the transaction, once it is done. */
  readonly block?: number;
}

export interface DeploymentOptions {
  readonly deployer: Signer;
  readonly factoryOf: FactoryOf;
  readonly parameters: MarketParameters;
  readonly holders: RoleHolders;
  /** ERC-20 to settle in instead of a new `SettlementToken`. */
  readonly token?: string;
  /** Addresses from an earlier run that may have been cut short; what has code there is kept. */
  readonly known?: Partial<MarketAddresses>;
  /** Told of each transaction when it is sent, before its block is known. */
  readonly onSent?: (step: DeploymentStep) => void | Promise<void>;
  /** Told of each step when it is done or found done, so that an interrupted deployment can be taken up again. */
  readonly onStep?: (step: DeploymentStep) => void | Promise<void>;
}

/** What all steps of a deployment need. */
interface Run {
  readonly deployer: Signer;
  readonly self: string;
  readonly factoryOf: FactoryOf;
  readonly known: Partial<MarketAddresses>;
  readonly hasCode: (address: string | undefined) => Promise<boolean>;
  readonly onSent: (step: DeploymentStep) => void | Promise<void>;
  readonly onStep: (step: DeploymentStep) => void | Promise<void>;
}

/**
 * Deploys a market, or completes one that is deployed in part; a complete one is left as it is.
 *
 * @returns the addresses of all contracts
 * @throws if a known directory is of another market than the known token and authority or has other parameters, if there
 * is no contract at `token`, if another account began the deployment, or if a transaction of an earlier run is stuck
 */
export async function deployMarket(options: DeploymentOptions): Promise<MarketAddresses> {
  const nothing = (): void => undefined;
  const { deployer, factoryOf, known = {}, onSent = nothing, onStep = nothing } = options;
  const { provider } = deployer;
  if (provider === null) throw new Error("The deployer is not connected to a network.");
  const self = await deployer.getAddress();
  await whenSettled(provider, self);
  const hasCode = async (address: string | undefined): Promise<boolean> =>
    address !== undefined && (await provider.getCode(address)) !== "0x";
  const run: Run = { deployer, self, factoryOf, known, hasCode, onSent, onStep };

  const authorityAddress = await deploy(run, "authority", [self]);
  const authority = await connected<AccessManager>(run, "authority", authorityAddress);
  const token = options.token ?? (await deploy(run, "token", [authorityAddress]));
  if (!(await hasCode(token))) {
    throw new UserError(`There is no contract at the token's address ${token}.`);
  }
  const addresses = await deployParts(run, authorityAddress, token, options.parameters);
  await setRoles(run, authority, addresses, options.holders, options.token === undefined);
  return addresses;
}

/** How often and for how long the transactions of an earlier run are waited for. */
const PENDING_POLL_MS = 500;
const PENDING_LIMIT_MS = 120_000;

/** Waits until no transaction of the deployer is pending, so that nothing is done twice. */
async function whenSettled(provider: Provider, account: string): Promise<void> {
  const end = Date.now() + PENDING_LIMIT_MS;
  for (;;) {
    const pending = await provider.getTransactionCount(account, "pending");
    if (pending === (await provider.getTransactionCount(account, "latest"))) return;
    if (Date.now() > end) {
      throw new UserError(
        `Transactions of ${account} have been pending for ${PENDING_LIMIT_MS / 1000} s. ` +
          "See that the network takes them (fees, block producers), then run this again.",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, PENDING_POLL_MS));
  }
}

/** A contract of the market by its address. */
async function connected<T>(run: Run, key: keyof MarketAddresses, address: string): Promise<T> {
  const { interface: abi } = await run.factoryOf(CONTRACT_NAMES[key]);
  return new Contract(address, abi, run.deployer) as unknown as T;
}

/** Reports a transaction when it is sent and when it is done. */
async function report(
  run: Run,
  step: Omit<DeploymentStep, "transaction" | "block">,
  transaction: TransactionResponse,
): Promise<void> {
  const { hash } = transaction;
  await run.onSent({ ...step, transaction: hash });
  const receipt = await transaction.wait();
  await run.onStep({
    ...step,
    transaction: hash,
    ...(receipt === null ? {} : { block: receipt.blockNumber }),
  });
}

/** Deploys a contract, unless there is one at its known address. */
async function deploy(
  run: Run,
  key: keyof MarketAddresses,
  constructorArguments: readonly unknown[],
): Promise<string> {
  const name = CONTRACT_NAMES[key];
  const factory = await run.factoryOf(name);
  const contract = { key, name, constructorArguments };
  const at = run.known[key];
  if (at !== undefined && (await run.hasCode(at))) {
    const address = getAddress(at);
    await run.onStep({ name, address, contract });
    return address;
  }
  const deployed = await factory.connect(run.deployer).deploy(...constructorArguments);
  const address = await deployed.getAddress();
  const transaction = deployed.deploymentTransaction();
  if (transaction === null) throw new Error(`The creation of ${name} has no transaction.`);
  await report(run, { name, address, contract }, transaction);
  return address;
}

/** Deploys the directory and has it create the market's parts. */
async function deployParts(
  run: Run,
  authority: string,
  token: string,
  parameters: MarketParameters,
): Promise<MarketAddresses> {
  const address = await deploy(run, "directory", [authority, token, parameters]);
  const directory = await connected<MarketDirectory>(run, "directory", address);
  const found = await directory.addresses();
  if (!sameAddress(found.authority, authority) || !sameAddress(found.token, token)) {
    throw new UserError(
      `The directory at ${address} belongs to authority ${found.authority} and token ${found.token}, ` +
        `not to ${authority} and ${token}.`,
    );
  }
  const fixed = await directory.parameters();
  for (const key of Object.keys(parameters) as (keyof MarketParameters)[]) {
    if (fixed[key] === parameters[key]) continue;
    throw new UserError(
      `The directory at ${address} is of a market whose ${key} is ${fixed[key]}, not ${parameters[key]}.`,
    );
  }
  const created = Number(await directory.created());
  const parts = {} as Record<keyof typeof PARTS, string>;
  for (const [index, part] of (Object.keys(PARTS) as (keyof typeof PARTS)[]).entries()) {
    const factory = await run.factoryOf(PARTS[part]);
    parts[part] = found[part];
    const contract: DeployedContract = {
      key: part,
      name: PARTS[part],
      constructorArguments: [address],
    };
    const step = { name: PARTS[part], address: found[part], contract };
    if (index < created) {
      await run.onStep(step);
      continue;
    }
    const { data } = await factory.getDeployTransaction(address);
    await report(run, step, await directory.create(data));
  }
  return { authority, token, directory: address, ...parts };
}

/** Gives the roles to their holders, and the administrator's to nobody. Roles that were given stay as they are. */
async function setRoles(
  run: Run,
  authority: AccessManager,
  addresses: MarketAddresses,
  holders: RoleHolders,
  ownToken: boolean,
): Promise<void> {
  const roleNames = Object.keys(ROLES) as (keyof typeof ROLES)[];
  const [isAdmin] = await authority.hasRole(ADMIN_ROLE, run.self);
  if (!isAdmin) {
    // Given away as the last step, so that nothing can be left to do, unless it was another account's.
    for (const name of roleNames) {
      if ((await authority.getRoleAdmin(ROLES[name])) === ROLES[name]) continue;
      throw new UserError(
        `The ${name} role is not set up, and ${run.self} cannot do it: another account began this deployment.`,
      );
    }
    await run.onStep({ name: "roles" });
    return;
  }
  for (const { part, signature, role } of RESTRICTED) {
    if (part === "token" && !ownToken) continue;
    const target = addresses[part];
    const selector = id(signature).slice(0, 10);
    if ((await authority.getTargetFunctionRole(target, selector)) === role) continue;
    const name = `${part}.${signature} for role ${role}`;
    const tx = await authority.setTargetFunctionRole(target, [selector], role);
    await report(run, { name, address: target }, tx);
  }
  for (const name of roleNames) {
    const role = ROLES[name];
    const holder = holders[name];
    if (!(await authority.hasRole(role, holder))[0]) {
      const tx = await authority.grantRole(role, holder, 0);
      await report(run, { name: `${name} role`, address: holder }, tx);
    }
    // Each role appoints and dismisses its own holders from now on.
    if ((await authority.getRoleAdmin(role)) !== role) {
      const tx = await authority.setRoleAdmin(role, role);
      await report(run, { name: `${name} role administers itself` }, tx);
    }
  }
  const tx = await authority.renounceRole(ADMIN_ROLE, run.self);
  await report(run, { name: "administrator given away" }, tx);
}

function sameAddress(a: string, b: string): boolean {
  return getAddress(a) === getAddress(b);
}
