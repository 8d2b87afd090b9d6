/** Deploys a market: the steps, their order and their wiring. Knows ethers, not Hardhat. */
import { Contract, type ContractFactory, type Signer } from "ethers";

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

/** Gives the factory of a contract by its name. */
export type FactoryOf = (name: string) => Promise<ContractFactory>;

/** Holders of the administrators' roles. */
export type RoleHolders = Record<keyof typeof ROLES, string>;

/** One thing that a deployment did, or found done. */
export interface DeploymentStep {
  /** Contract, or what was set. */
  readonly name: string;
  readonly address?: string;
  /** Hash of the transaction; absent if there was nothing to do. */
  readonly transaction?: string;
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
  /** Told after each step, so that an interrupted deployment can be taken up again. */
  readonly onStep?: (step: DeploymentStep) => void | Promise<void>;
}

/**
 * Deploys a market, or completes one that is deployed in part; a complete one is left as it is.
 *
 * @returns the addresses of all contracts
 * @throws if a known directory is of another market than the known token and authority
 */
export async function deployMarket(options: DeploymentOptions): Promise<MarketAddresses> {
  const {
    deployer,
    factoryOf,
    holders,
    parameters,
    known = {},
    onStep = () => undefined,
  } = options;
  const provider = deployer.provider;
  if (provider === null) throw new Error("The deployer is not connected to a network.");

  const hasCode = async (address: string | undefined): Promise<boolean> =>
    address !== undefined && (await provider.getCode(address)) !== "0x";
  const report = async (
    name: string,
    address: string | undefined,
    transaction?: { hash: string; wait(): Promise<{ blockNumber: number } | null> } | null,
  ): Promise<void> => {
    const receipt = await transaction?.wait();
    await onStep({
      name,
      ...(address === undefined ? {} : { address }),
      ...(transaction ? { transaction: transaction.hash } : {}),
      ...(receipt ? { block: receipt.blockNumber } : {}),
    });
  };
  const connected = async (name: string, address: string): Promise<Contract> =>
    new Contract(address, (await factoryOf(name)).interface, deployer);
  const deploy = async (
    name: string,
    args: readonly unknown[],
    at: string | undefined,
  ): Promise<Contract> => {
    if (at !== undefined && (await hasCode(at))) {
      await report(name, at);
      return connected(name, at);
    }
    const contract = await (await factoryOf(name)).connect(deployer).deploy(...args);
    const address = await contract.getAddress();
    await report(name, address, contract.deploymentTransaction());
    return connected(name, address);
  };

  const self = await deployer.getAddress();
  const authority = await deploy("AccessManager", [self], known.authority);
  const authorityAddress = await authority.getAddress();
  const ownToken = options.token === undefined;
  const token =
    options.token ??
    (await (await deploy("SettlementToken", [authorityAddress], known.token)).getAddress());
  if (!(await hasCode(token)))
    throw new Error(`There is no contract at the token's address ${token}.`);
  const directory = await deploy(
    "MarketDirectory",
    [authorityAddress, token, parameters],
    known.directory,
  );
  const directoryAddress = await directory.getAddress();

  const found = (await directory.getFunction("addresses")()) as unknown as MarketAddresses;
  if (found.authority !== authorityAddress || found.token.toLowerCase() !== token.toLowerCase()) {
    throw new Error(
      `The directory at ${directoryAddress} belongs to authority ${found.authority} and token ${found.token}, ` +
        `not to ${authorityAddress} and ${token}.`,
    );
  }
  const created = Number(await directory.getFunction("created")());
  const addresses = {
    authority: authorityAddress,
    token,
    directory: directoryAddress,
  } as MarketAddresses;
  for (const [index, [key, name]] of Object.entries(PARTS).entries()) {
    const part = key as keyof typeof PARTS;
    addresses[part] = found[part];
    if (index < created) {
      await report(name, found[part]);
      continue;
    }
    const { data } = await (await factoryOf(name)).getDeployTransaction(directoryAddress);
    await report(name, found[part], await directory.getFunction("create")(data));
  }

  const [isAdmin] = (await authority.getFunction("hasRole")(ADMIN_ROLE, self)) as [boolean];
  if (!isAdmin) {
    // Given away as the last step, so that nothing can be left to do.
    await report("roles", undefined);
    return addresses;
  }
  for (const { part, signature, role } of RESTRICTED) {
    if (part === "token" && !ownToken) continue;
    const selector = new Contract(addresses[part], [`function ${signature}`]).interface.getFunction(
      signature,
    )?.selector;
    const tx = await authority.getFunction("setTargetFunctionRole")(
      addresses[part],
      [selector],
      role,
    );
    await report(`${part}.${signature} for role ${role}`, addresses[part], tx);
  }
  for (const [name, role] of Object.entries(ROLES)) {
    const holder = holders[name as keyof typeof ROLES];
    await report(`${name} role`, holder, await authority.getFunction("grantRole")(role, holder, 0));
    // Each role appoints and dismisses its own holders from now on.
    const tx = await authority.getFunction("setRoleAdmin")(role, role);
    await report(`${name} role administers itself`, undefined, tx);
  }
  const tx = await authority.getFunction("renounceRole")(ADMIN_ROLE, self);
  await report("administrator given away", undefined, tx);
  return addresses;
}
