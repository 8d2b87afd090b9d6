/** The record of a deployment: the files of `deployments/<network>/`, which everything else reads. */
import { join } from "node:path";

import { UserError } from "../errors.ts";
import { readIfExists, writeAtomically } from "../files.ts";
import type { DeployedContract, MarketAddresses, RoleHolders } from "./deployment.ts";
import { DEFAULT_PARAMETERS, type MarketParameters } from "./parameters.ts";

/** `market.json`: what is common to all contracts of a market. */
export interface MarketRecord {
  readonly chainId: bigint;
  /** Hash of the chain's block 0, which tells two chains with the same ID apart. */
  readonly genesisBlock: string;
  readonly deployer: string;
  /** Whether all steps of the deployment are done. */
  readonly complete: boolean;
  /** ERC-20 that the market was given to settle in; null if it has one of its own. */
  readonly externalToken: string | null;
  readonly parameters: MarketParameters;
  /** Administrators at deployment; the roles may have moved on since. */
  readonly roles: RoleHolders;
  readonly addresses: Partial<MarketAddresses>;
  readonly compiler: { readonly version: string; readonly settings: unknown };
}

/** `<Contract>.json`: one contract of a market. */
export interface ContractRecord {
  readonly contract: string;
  readonly address: string;
  /** Of the transaction that created it; null if the deployment was cut short before it was recorded. */
  readonly transactionHash: string | null;
  /** Null while it is not known whether the transaction was taken into a block. */
  readonly blockNumber: number | null;
  readonly constructorArguments: unknown;
  readonly abi: unknown;
}

/** Name of the root file of a record. */
export const MARKET_FILE = "market.json";

/** Folder of the journals of the market's replay, in that of its record. */
export const JOURNAL_FOLDER = "journal";

/** Integers beyond JSON's become decimal strings. */
const toJson = (value: unknown): string =>
  `${JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? v.toString() : v), 2)}\n`;

/** Reads `market.json` of a deployment; undefined if there is none. */
export async function readMarket(folder: string): Promise<MarketRecord | undefined> {
  const path = join(folder, MARKET_FILE);
  const text = await readIfExists(path);
  if (text === undefined) return undefined;
  try {
    const json = JSON.parse(text) as Omit<MarketRecord, "chainId" | "parameters"> & {
      chainId: string;
      parameters: Record<keyof MarketParameters, string>;
    };
    const keys = Object.keys(DEFAULT_PARAMETERS) as (keyof MarketParameters)[];
    return {
      ...json,
      chainId: BigInt(json.chainId),
      parameters: Object.fromEntries(
        keys.map((key) => [key, BigInt(json.parameters[key])]),
      ) as unknown as MarketParameters,
    };
  } catch (error) {
    throw damaged(path, error);
  }
}

/** Writes `market.json` of a deployment. */
export async function writeMarket(folder: string, record: MarketRecord): Promise<void> {
  await writeAtomically(join(folder, MARKET_FILE), toJson(record));
}

/**
 * Reads the record of a contract by its name; undefined if there is none.
 *
 * @param address what `market.json` says, for who relies on the two being of one market
 * @throws UserError if the file is damaged, or has another address
 */
export async function readContract(
  folder: string,
  name: string,
  address?: string,
): Promise<ContractRecord | undefined> {
  const path = join(folder, `${name}.json`);
  const text = await readIfExists(path);
  if (text === undefined) return undefined;
  let record: ContractRecord;
  try {
    record = JSON.parse(text) as ContractRecord;
  } catch (error) {
    throw damaged(path, error);
  }
  if (address !== undefined && record.address.toLowerCase() !== address.toLowerCase())
    throw new UserError(
      `${path} has the address ${record.address}, but ${MARKET_FILE} beside it has ${address}: one of them was changed, or is of ` +
        "another market. Restore the whole folder from whoever deployed the market.",
    );
  return record;
}

const damaged = (path: string, error: unknown): UserError =>
  new UserError(
    `${path} is damaged (${(error as Error).message}). Restore it, or deploy a new market with "npx hardhat deploy --fresh" and the network's name.`,
    { cause: error },
  );

/** Writes the record of a contract. */
export async function writeContract(
  folder: string,
  { name, constructorArguments }: DeployedContract,
  abi: unknown,
  creation: Pick<ContractRecord, "address" | "transactionHash" | "blockNumber">,
): Promise<void> {
  const record: ContractRecord = {
    contract: name,
    ...creation,
    constructorArguments,
    abi,
  };
  await writeAtomically(join(folder, `${name}.json`), toJson(record));
}
