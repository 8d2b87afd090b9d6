/** The market that a network's record describes, as the console needs it. */
import { basename, join } from "node:path";

import { id } from "ethers";

import { CONTRACT_NAMES, type MarketAddresses } from "../../sim/market/deployment.ts";
import {
  MARKET_FILE,
  readContract,
  readMarket,
  type ContractRecord,
  type MarketRecord,
} from "../../sim/market/record.ts";
import { readIfExists } from "../../sim/files.ts";
import { Codec, type KnownContract } from "./index/codec.ts";
import { SlotClock } from "./slotClock.ts";

/** A deployed market. */
export interface Market {
  readonly record: MarketRecord;
  /** Folder of the record. */
  readonly folder: string;
  /** Contracts by name. */
  readonly contracts: ReadonlyMap<string, ContractRecord>;
  readonly codec: Codec;
  readonly clock: SlotClock;
  readonly firstBlock: number;
  /** Changes with everything that the index derives from. */
  readonly fingerprint: string;
}

/** ABI of a token that the market was given: what any ERC-20 has. */
const ERC20: KnownContract["abi"] = [
  {
    type: "event",
    name: "Transfer",
    inputs: [
      { name: "from", type: "address", internalType: "address" },
      { name: "to", type: "address", internalType: "address" },
      { name: "value", type: "uint256", internalType: "uint256" },
    ].map((input, i) => ({ ...input, indexed: i < 2 })),
  },
  ...["transfer", "approve"].map((name) => ({
    type: "function",
    name,
    stateMutability: "nonpayable",
    inputs: [
      { name: name === "approve" ? "spender" : "to", type: "address", internalType: "address" },
      { name: "value", type: "uint256", internalType: "uint256" },
    ],
    outputs: [{ name: "", type: "bool", internalType: "bool" }],
  })),
  {
    type: "function",
    name: "balanceOf",
    stateMutability: "view",
    inputs: [{ name: "account", type: "address", internalType: "address" }],
    outputs: [{ name: "", type: "uint256", internalType: "uint256" }],
  },
];

/** Why there is no market, and what to do. */
export class NoMarket extends Error {
  override readonly name = "NoMarket";
}

/**
 * Loads the record of a market.
 *
 * @throws NoMarket if there is none, or it is not complete
 * @throws UserError if a file of it is damaged
 */
export async function loadMarket(folder: string): Promise<Market> {
  const network = basename(folder);
  const record = await readMarket(folder);
  if (!record?.complete)
    throw new NoMarket(
      `No complete market is recorded in deployments/${network}. Deploy one: npx hardhat deploy --network ${network}`,
    );
  const addresses = record.addresses as MarketAddresses;
  const contracts = new Map<string, ContractRecord>();
  const known: KnownContract[] = [];
  for (const key of Object.keys(CONTRACT_NAMES) as (keyof MarketAddresses)[]) {
    const name = CONTRACT_NAMES[key];
    const contract = await readContract(folder, name);
    const external = key === "token" && record.externalToken !== null;
    const abi = external || contract === undefined ? ERC20 : (contract.abi as KnownContract["abi"]);
    if (contract !== undefined && !external) contracts.set(name, contract);
    known.push({ name, address: addresses[key].toLowerCase(), abi });
  }
  return {
    record,
    folder,
    contracts,
    codec: new Codec(known),
    clock: new SlotClock(record.parameters),
    firstBlock: contracts.get(CONTRACT_NAMES.directory)?.blockNumber ?? 0,
    fingerprint: id(JSON.stringify([record.genesisBlock, record.parameters, known], bigintAsText)),
  };
}

const bigintAsText = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? value.toString() : value;

/** Changes when a record may have changed; to look often whether it has. */
export async function recordStamp(folder: string): Promise<string> {
  return (await readIfExists(join(folder, MARKET_FILE))) ?? "";
}
