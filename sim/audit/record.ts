/** The market that a folder such as `deployments/localhost` records, for an audit. */
import { Interface, type InterfaceAbi } from "ethers";

import { UserError } from "../errors.ts";
import { CONTRACT_NAMES, type MarketAddresses } from "../market/deployment.ts";
import { readContract, readMarket, type MarketRecord } from "../market/record.ts";
import type { AuditedMarket } from "./audit.ts";
import type { ContractKey } from "./codec.ts";

/** What every ERC-20 has, as far as an audit needs it. */
export const ERC20_ABI = [
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "function balanceOf(address) view returns (uint256)",
];

/** A market with what its record says of its chain. */
export type RecordedMarket = AuditedMarket & Pick<MarketRecord, "genesisBlock">;

/**
 * Reads a market's record: addresses, parameters, ABIs and the block of its creation.
 *
 * @throws UserError if no complete market is recorded, or a file of the record is missing, damaged or of another market
 */
export async function readAuditedMarket(folder: string): Promise<RecordedMarket> {
  const record = await readMarket(folder);
  if (!record?.complete)
    throw new UserError(
      `No complete market is recorded in ${folder}. An audit needs the record of a deployment (market.json and the ` +
        `contracts' files): make one with "npx hardhat deploy", or copy it from whoever deployed the market.`,
    );
  const { chainId, genesisBlock, parameters, externalToken } = record;
  const addresses = record.addresses as MarketAddresses;
  const interfaces: Partial<Record<ContractKey, Interface>> = {};
  const blocks: number[] = [];
  for (const [key, name] of Object.entries(CONTRACT_NAMES) as [ContractKey, string][]) {
    if (key === "token" && externalToken !== null) {
      interfaces.token = new Interface(ERC20_ABI);
      continue;
    }
    const contract = await readContract(folder, name, addresses[key]);
    if (contract === undefined)
      throw new UserError(`${folder} has no record of ${name}; copy the whole folder.`);
    interfaces[key] = new Interface(contract.abi as InterfaceAbi);
    blocks.push(contract.blockNumber ?? 0);
  }
  return {
    ...{ chainId, genesisBlock, parameters, ownToken: externalToken === null },
    addresses,
    interfaces: interfaces as Record<ContractKey, Interface>,
    firstBlock: Math.min(...blocks),
  };
}
