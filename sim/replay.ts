/** A run of a scenario on a chain: really signed transactions of agents with keys and certificates of their own. */
import { join } from "node:path";

import { Interface, type InterfaceAbi } from "ethers";

import { UserError } from "./errors.ts";
import { readIfExists, writeAtomically } from "./files.ts";
import {
  certificateFromPem,
  CertificateAuthority,
  CRL_FILE,
  fingerprint,
  validUntil,
} from "./identity/authority.ts";
import { ChainLedger, type LedgerPart } from "./market/chainLedger.ts";
import { DevnetTime, WallClockTime, type ChainTime } from "./market/chainTime.ts";
import { CONTRACT_NAMES, PARTS, type MarketAddresses } from "./market/deployment.ts";
import { fileNameOf, Journal } from "./market/journal.ts";
import { keccak } from "./market/keccak.ts";
import { Role } from "./market/ledger.ts";
import { domainOf, MessageHasher, PLAN_TYPES } from "./market/messages.ts";
import { readContract, type MarketRecord } from "./market/record.ts";
import { resultOf, type Rpc } from "./market/rpc.ts";
import { requireSameChain } from "./market/sameChain.ts";
import { MOST_GAS, Wallets, type Fees } from "./market/wallets.ts";
import type { Scenario } from "./scenario/schema.ts";
import type { WorldInputs } from "./inputs.ts";
import { parametersOf, type Setting } from "./setting.ts";

/** Work of a page of clearing that stays below a transaction's gas, in steps of about 100 gas. */
export const PAGE_WORK = 100_000n;

/** Fees on a devnet, wei; all its wallets are given plenty. */
const DEV_FEES: Fees = { maxFeePerGas: 100_000_000_000n, maxPriorityFeePerGas: 0n };

/** Functions of the auction that do much in one transaction. */
const HEAVY = ["clear", "commitBatch", "revealBatch"];

/** What a replay needs to know about its chain. */
export interface ReplayOptions {
  readonly inputs: WorldInputs;
  /** Name of the strategy. */
  readonly strategy: string;
  /** The market, as its folder records it. */
  readonly market: MarketRecord;
  /** Folder of the record. */
  readonly folder: string;
  readonly rpc: Rpc;
  /** Whether the node has a devnet's calls for time and mining. */
  readonly dev: boolean;
  /** Key of the account that is registrar and issuer. */
  readonly adminKey: string;
  /** Fee per gas in wei; undefined: what the node asks for. */
  readonly gasPrice?: bigint | undefined;
  /** Folder of the journals with which an interrupted run goes on; without one it cannot. */
  readonly journal?: string | undefined;
  /** Is told the time that is waited for where time cannot be moved. */
  readonly onWaiting?: ((until: bigint) => void) | undefined;
  /** After how long the chain is looked at again there, ms. */
  readonly pollMs?: number;
}

/** A market on a chain for a world to be in, and the wallets that it is reached with. */
export interface ChainSetting extends Setting {
  readonly wallets: Wallets;
  readonly clock: ChainTime;
}

/**
 * Prepares a deployed market for a run. With a journal of the same run it goes on with that.
 *
 * @throws UserError if its rules are not the scenario's, the key is not the registrar's, or another run has begun there
 */
export async function chainSetting(options: ReplayOptions): Promise<ChainSetting> {
  const { inputs, market, folder, rpc, dev, adminKey } = options;
  const { scenario } = inputs;
  const { parameters, chainId } = market;
  await requireSameChain(rpc, market, folder);
  requireSameRules(scenario, market, folder);
  const addresses = market.addresses as MarketAddresses;
  const interfaces = await interfacesOf(folder, addresses);
  const begun = await begunIn(options);
  const { beganAt, firstSlot, fees } = begun ?? (await beginning(options));
  const time = dev
    ? new DevnetTime(rpc, beganAt)
    : new WallClockTime(rpc, options.onWaiting, options.pollMs);
  const heavy = new Set(
    HEAVY.flatMap((name) => interfaces.auction.getFunction(name)?.selector ?? []),
  );
  const journal = options.journal === undefined ? undefined : await Journal.open(options.journal);
  const wallets = new Wallets({ rpc, chainId, time, fees, dev, heavy, journal });
  const admin = await wallets.add(adminKey, "registrar");
  for (const role of ["registrar", "issuer"] as const) {
    if (market.roles[role] !== admin)
      throw new UserError(
        `The market in ${folder} has ${market.roles[role]} as its ${role}, and the key at hand is that of ${admin}.`,
      );
  }
  const ledger = new ChainLedger({ transport: wallets, addresses, interfaces, chainId });
  if (begun === undefined) {
    if ((await ledger.participants()) !== 0n)
      throw new UserError(
        `The market in ${folder} has participants already, and a replay begins with none. ` +
          `Deploy a new market with "npx hardhat deploy --fresh" and the network's name.`,
      );
    await noteBeginning(options, { beganAt, firstSlot, fees });
  }
  await time.begin();
  const hasher = new MessageHasher();
  const domain = domainOf("auction", addresses.auction, chainId);
  return {
    ledger,
    clock: time,
    parameters,
    firstSlot,
    registrar: admin,
    issuer: admin,
    vault: addresses.vault,
    pageWork: PAGE_WORK,
    wallets,
    seal: (plan) => hasher.digest(domain, PLAN_TYPES, plan),
    walletOf: async (id) => {
      const wallet = await wallets.add(
        keccak(`${scenario.name}/${scenario.seed}/key of ${id}`),
        id,
      );
      const coins = dev ? 0n : gasOf(id, scenario) * fees.maxFeePerGas;
      if (coins > 0n) await wallets.pay(admin, wallet, coins);
      return wallet;
    },
    certificateOf: await certificatesOf(options),
  };
}

/**
 * Issues certificates of an authority made for the run, valid from before it until long after. In a journal each is kept
 * before it is used, as a registry knows it by its fingerprint and another key has another.
 */
async function certificatesOf({
  inputs,
  journal,
}: ReplayOptions): Promise<ChainSetting["certificateOf"]> {
  const roleNames = new Map(Object.entries(Role).map(([name, role]) => [role as bigint, name]));
  const authority = await authorityOf(inputs.scenario, journal);
  return async (id, wallet, role) => {
    const path = journal === undefined ? undefined : join(journal, `${fileNameOf(id)}.pem`);
    const known = path === undefined ? undefined : await readIfExists(path);
    const certificate =
      known === undefined
        ? (await authority.issue({ id, wallet, role: roleNames.get(role) ?? "" })).certificate
        : certificateFromPem(known);
    if (path !== undefined && known === undefined)
      await writeAtomically(path, `${certificate.toString("pem")}\n`);
    return { fingerprint: fingerprint(certificate), validUntil: validUntil(certificate) };
  };
}

/** The run's authority: that of its journal if there is one. */
async function authorityOf(
  { name, start }: Scenario,
  journal: string | undefined,
): Promise<CertificateAuthority> {
  const folder = journal === undefined ? undefined : join(journal, "authority");
  if (folder !== undefined && (await readIfExists(join(folder, CRL_FILE))) !== undefined)
    return CertificateAuthority.load(folder);
  const notBefore = new Date(Date.parse(start) - DAY_MS);
  const notAfter = new Date(Date.UTC(2100, 0, 1));
  const validity = { notBefore, notAfter };
  const authority = await CertificateAuthority.create(`heliomarket replay of ${name}`, validity);
  if (folder !== undefined) await authority.save(folder, new Date());
  return authority;
}

const DAY_MS = 86_400_000;

/** Gas that a party may need for all its transactions; clearing and batches take most. */
const gasOf = (party: string, { hours }: Scenario): bigint =>
  MOST_GAS * 2n +
  BigInt(hours) * (["keeper", "relayer"].includes(party) ? MOST_GAS : MOST_GAS / 16n);

// ------------------------------------------------------------------ where a run began

/** File that tells which run the journals in its folder are of. */
const REPLAY_FILE = "replay.json";

/** What a run chose when it began; the same holds when it goes on. */
interface Beginning {
  /** Time of the chain. */
  readonly beganAt: bigint;
  readonly firstSlot: number;
  readonly fees: Fees;
}

async function beginning({ rpc, dev, market, gasPrice }: ReplayOptions): Promise<Beginning> {
  const now = await new WallClockTime(rpc).now();
  const { genesis, slotSeconds } = market.parameters;
  return {
    beganAt: now,
    // The next that begins.
    firstSlot: now <= genesis ? 0 : Number((now - genesis) / slotSeconds) + 1,
    fees: dev ? DEV_FEES : await feesOf(rpc, gasPrice),
  };
}

/** A fee that is set, or one that holds while the node's doubles. */
async function feesOf(rpc: Rpc, gasPrice: bigint | undefined): Promise<Fees> {
  if (gasPrice !== undefined) return { maxFeePerGas: gasPrice, maxPriorityFeePerGas: gasPrice };
  const [price, tip] = await rpc([
    { method: "eth_gasPrice", params: [] },
    { method: "eth_maxPriorityFeePerGas", params: [] },
  ]);
  const maxFeePerGas = 2n * BigInt(resultOf(price) as string);
  // Not all nodes know the second; those that do not take anything.
  const asked = tip?.error === undefined ? BigInt(tip?.result as string) : 0n;
  return { maxFeePerGas, maxPriorityFeePerGas: asked < maxFeePerGas ? asked : maxFeePerGas };
}

/** What tells one run from another. */
const identityOf = ({ inputs, strategy, market }: ReplayOptions): Record<string, string> => ({
  auction: market.addresses.auction ?? "",
  genesisBlock: market.genesisBlock,
  scenario: inputs.scenario.name,
  strategy,
  inputs: keccak(JSON.stringify([inputs.scenario, inputs.tasks, inputs.series])),
});

const WHAT_DIFFERS: Readonly<Record<string, string>> = {
  auction: "market",
  genesisBlock: "chain",
  inputs: "seed, setting or trace",
};

/** Where the run that the journal is of began; undefined if there is none. */
async function begunIn(options: ReplayOptions): Promise<Beginning | undefined> {
  if (options.journal === undefined) return undefined;
  const path = join(options.journal, REPLAY_FILE);
  const text = await readIfExists(path);
  if (text === undefined) return undefined;
  const found = parsed(text, path);
  for (const [key, wanted] of Object.entries(identityOf(options))) {
    if (found[key] !== wanted)
      throw new UserError(
        `A replay with another ${WHAT_DIFFERS[key] ?? key} has begun on the market in ${options.folder} (${path}). ` +
          `Repeat its command to go on with it, or deploy a new market with "npx hardhat deploy --fresh" and the network's name.`,
      );
  }
  return {
    beganAt: BigInt(found["beganAt"] ?? 0),
    firstSlot: Number(found["firstSlot"]),
    fees: {
      maxFeePerGas: BigInt(found["maxFeePerGas"] ?? 0),
      maxPriorityFeePerGas: BigInt(found["maxPriorityFeePerGas"] ?? 0),
    },
  };
}

function parsed(text: string, path: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch (error) {
    throw new UserError(
      `${path} is damaged (${(error as Error).message}). Restore it, or deploy a new market with "npx hardhat deploy --fresh" and the network's name.`,
      { cause: error },
    );
  }
}

async function noteBeginning(options: ReplayOptions, begun: Beginning): Promise<void> {
  if (options.journal === undefined) return;
  const { beganAt, firstSlot, fees } = begun;
  const fields = {
    ...identityOf(options),
    beganAt: beganAt.toString(),
    firstSlot: firstSlot.toString(),
    maxFeePerGas: fees.maxFeePerGas.toString(),
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas.toString(),
  };
  const path = join(options.journal, REPLAY_FILE);
  await writeAtomically(path, `${JSON.stringify(fields, undefined, 2)}\n`);
}

// ------------------------------------------------------------------ is it the right market?

function requireSameRules(scenario: Scenario, { parameters }: MarketRecord, folder: string): void {
  const wanted = parametersOf(scenario);
  const rules = ["drawAmong", "sellerShareBps", "slotSeconds"] as const;
  const differing = rules.filter((key) => parameters[key] !== wanted[key]);
  if (differing.length === 0) return;
  const found = differing.map(
    (key) => `${key} = ${parameters[key]}, and the scenario asks for ${wanted[key]}`,
  );
  const file = rules.map((key) => `"${key}": "${wanted[key]}"`);
  throw new UserError(
    `The market in ${folder} has ${found.join("; ")}. Deploy a market with the scenario's rules: ` +
      `a file with {${file.join(", ")}} for "npx hardhat deploy --fresh --parameters FILE".`,
  );
}

async function interfacesOf(
  folder: string,
  addresses: MarketAddresses,
): Promise<Record<LedgerPart, Interface>> {
  const interfaces: Partial<Record<LedgerPart, Interface>> = {};
  for (const part of ["token", ...Object.keys(PARTS)] as LedgerPart[]) {
    const name = CONTRACT_NAMES[part];
    const contract = await readContract(folder, name, addresses[part]);
    if (contract === undefined)
      throw new UserError(`${folder} has no record of ${name}; deploy the market again.`);
    interfaces[part] = new Interface(contract.abi as InterfaceAbi);
  }
  return interfaces as Record<LedgerPart, Interface>;
}
