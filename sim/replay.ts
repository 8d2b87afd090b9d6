/** A run of a scenario on a chain: really signed transactions of agents with keys and certificates of their own. */
import { Interface, type InterfaceAbi } from "ethers";

import { UserError } from "./errors.ts";
import { CertificateAuthority, fingerprint, validUntil } from "./identity/authority.ts";
import { ChainLedger, type LedgerPart } from "./market/chainLedger.ts";
import { CONTRACT_NAMES, PARTS, type MarketAddresses } from "./market/deployment.ts";
import { keccak } from "./market/keccak.ts";
import { Role, type Address } from "./market/ledger.ts";
import { domainOf, MessageHasher, PLAN_TYPES } from "./market/messages.ts";
import { readContract, type MarketRecord } from "./market/record.ts";
import { resultOf, type Rpc } from "./market/rpc.ts";
import { Wallets } from "./market/wallets.ts";
import type { Scenario } from "./scenario/schema.ts";
import { parametersOf, type Setting } from "./world.ts";

/** Work of a page of clearing that stays below a transaction's gas, in steps of about 100 gas. */
export const PAGE_WORK = 100_000n;

/** What a replay needs to know about its chain. */
export interface ReplayOptions {
  readonly scenario: Scenario;
  /** The market, as its folder records it. */
  readonly market: MarketRecord;
  /** Folder of the record. */
  readonly folder: string;
  readonly rpc: Rpc;
  /** Whether the node has a devnet's calls for time and mining. */
  readonly dev: boolean;
  /** Key of the account that is registrar and issuer. */
  readonly adminKey: string;
  readonly maxFeePerGas: bigint;
}

/** A market on a chain for a world to be in, and the wallets that it is reached with. */
export interface ChainSetting extends Setting {
  readonly wallets: Wallets;
}

/**
 * Prepares a deployed market for a run.
 *
 * @throws UserError if its rules are not the scenario's, or the key is not the registrar's
 */
export async function chainSetting(options: ReplayOptions): Promise<ChainSetting> {
  const { scenario, market, folder, rpc, dev, adminKey, maxFeePerGas } = options;
  const { parameters, chainId } = market;
  await requireSameChain(rpc, market, folder);
  requireSameRules(scenario, market, folder);
  const addresses = market.addresses as MarketAddresses;
  const interfaces = await interfacesOf(folder);
  const clear = interfaces.auction.getFunction("clear")?.selector;
  const heavy = new Set(clear === undefined ? [] : [clear]);
  const wallets = new Wallets({ rpc, chainId, dev, maxFeePerGas, heavy });
  await wallets.begin();
  const admin = await wallets.add(adminKey);
  for (const role of ["registrar", "issuer"] as const) {
    if (market.roles[role] !== admin)
      throw new UserError(
        `The market in ${folder} has ${market.roles[role]} as its ${role}, and the key at hand is that of ${admin}.`,
      );
  }
  const ledger = new ChainLedger({ transport: wallets, addresses, interfaces, chainId });
  if ((await ledger.participants()) !== 0n)
    throw new UserError(
      `The market in ${folder} has participants already, and a replay begins with none. ` +
        `Deploy a new market with "npx hardhat deploy --fresh" and the network's name.`,
    );
  const hasher = new MessageHasher();
  const domain = domainOf("auction", addresses.auction, chainId);
  const authority = await authorityOf(scenario);
  const roleNames = new Map(Object.entries(Role).map(([name, role]) => [role as bigint, name]));
  return {
    ledger,
    clock: wallets,
    parameters,
    firstSlot: await firstSlotOf(wallets, market),
    registrar: admin,
    issuer: admin,
    vault: addresses.vault,
    pageWork: PAGE_WORK,
    wallets,
    seal: (plan) => hasher.digest(domain, PLAN_TYPES, plan),
    walletOf: (id) => wallets.add(keccak(`${scenario.name}/${scenario.seed}/key of ${id}`)),
    certificateOf: async (id: string, wallet: Address, role: bigint) => {
      const { certificate } = await authority.issue({
        id,
        wallet,
        role: roleNames.get(role) ?? "",
      });
      return { fingerprint: fingerprint(certificate), validUntil: validUntil(certificate) };
    },
  };
}

/** An authority whose certificates are valid from before the run until long after it. */
function authorityOf({ name, start }: Scenario): Promise<CertificateAuthority> {
  const notBefore = new Date(Date.parse(start) - DAY_MS);
  const notAfter = new Date(Date.UTC(2100, 0, 1));
  return CertificateAuthority.create(`heliomarket replay of ${name}`, { notBefore, notAfter });
}

const DAY_MS = 86_400_000;

/** The next slot that begins, or slot 0 if the market has not begun. */
async function firstSlotOf(wallets: Wallets, { parameters }: MarketRecord): Promise<number> {
  const now = await wallets.time();
  const { genesis, slotSeconds } = parameters;
  return now <= genesis ? 0 : Number((now - genesis) / slotSeconds) + 1;
}

async function requireSameChain(rpc: Rpc, market: MarketRecord, folder: string): Promise<void> {
  const [id, block] = await rpc([
    { method: "eth_chainId", params: [] },
    { method: "eth_getBlockByNumber", params: ["0x0", false] },
  ]);
  const chainId = BigInt(resultOf(id) as string);
  const genesis = (resultOf(block) as { hash: string } | null)?.hash;
  if (chainId === market.chainId && genesis === market.genesisBlock) return;
  throw new UserError(
    `The market in ${folder} is on another chain than the node's; a devnet that was restarted is a new chain. ` +
      `Deploy a new market with "npx hardhat deploy --fresh" and the network's name.`,
  );
}

function requireSameRules(scenario: Scenario, { parameters }: MarketRecord, folder: string): void {
  const wanted = parametersOf(scenario);
  for (const key of ["drawAmong", "sellerShareBps", "slotSeconds"] as const) {
    if (parameters[key] !== wanted[key])
      throw new UserError(
        `The market in ${folder} has ${key} = ${parameters[key]}, and the scenario asks for ${wanted[key]}. ` +
          `Deploy a market with the scenario's rules: a file with {"${key}": "${wanted[key]}"} for "npx hardhat deploy --fresh --parameters FILE".`,
      );
  }
}

async function interfacesOf(folder: string): Promise<Record<LedgerPart, Interface>> {
  const interfaces: Partial<Record<LedgerPart, Interface>> = {};
  for (const part of ["token", ...Object.keys(PARTS)] as LedgerPart[]) {
    const name = CONTRACT_NAMES[part];
    const contract = await readContract(folder, name);
    if (contract === undefined)
      throw new UserError(`${folder} has no record of ${name}; deploy the market again.`);
    interfaces[part] = new Interface(contract.abi as InterfaceAbi);
  }
  return interfaces as Record<LedgerPart, Interface>;
}
