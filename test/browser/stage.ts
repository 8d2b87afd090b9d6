/** What the tests of the console's pages share: a replayed market with some oddities on it, its console, and a browser. */
import { rm, truncate } from "node:fs/promises";
import { join } from "node:path";

import {
  Contract,
  id as hashOf,
  JsonRpcProvider,
  keccak256,
  Wallet,
  type InterfaceAbi,
} from "ethers";
import type { Browser, BrowserContextOptions } from "playwright-core";

import { CONTRACT_NAMES } from "../../sim/market/deployment.ts";
import { domainOf, ENROLMENT_TYPES } from "../../sim/market/messages.ts";
import { readContract, readMarket, type MarketRecord } from "../../sim/market/record.ts";
import { writeResults } from "../../sim/report/files.ts";
import { simulate } from "../../sim/simulate.ts";
import { devKey } from "../../scripts/replay.ts";
import { buildApp } from "../../web/build.ts";
import { startBrowser } from "../../web/chromium.ts";
import {
  makeFolder,
  replayedMarket,
  REPLAY_TIMEOUT_MS,
  TestConsole,
  type Replayed,
} from "../support/console.ts";
import { scenarioWith } from "../support/scenario.ts";
import { visit, type Visit } from "./browser.ts";

/** IDs that a registrar would not sign if he were well; the contract takes any text. */
export const HOSTILE_IDS = [
  `<img src=x onerror="document.title='owned'">`,
  `</script><script>alert(1)</script>`,
  `javascript:alert(1)//"'&amp;`,
  "\u202e\u0000evil \u2066\ud83d\udca9",
  '=HYPERLINK("http://example.invalid")',
] as const;

/** A market with a console in front of it. */
export class Stage {
  readonly replayed: Replayed;
  readonly console: TestConsole;
  readonly browser: Browser;
  /** Hash of a transaction that reverted with `UnknownWallet`. */
  readonly failed: string;
  private readonly root: string;

  private constructor(
    parts: Pick<Stage, "replayed" | "console" | "browser" | "failed">,
    root: string,
  ) {
    this.replayed = parts.replayed;
    this.console = parts.console;
    this.browser = parts.browser;
    this.failed = parts.failed;
    this.root = root;
  }

  static async create(): Promise<Stage> {
    const application = await buildApp();
    const browser = await startBrowser();
    const root = await makeFolder();
    const replayed = await replayedMarket(root);
    const failed = await addOddities(replayed);
    const opened = await TestConsole.open({
      folder: replayed.folder,
      node: replayed.chain.url,
      results: await writeRuns(root),
      application,
    });
    return new Stage({ replayed, console: opened, browser, failed }, root);
  }

  get url(): string {
    return this.console.url;
  }

  /** Opens a page of the console. */
  visit(path: string, options: BrowserContextOptions = {}): Promise<Visit> {
    return visit(this.browser, `${this.url}${path}`, options);
  }

  async end(): Promise<void> {
    await this.browser.close();
    await this.console.end();
    await this.replayed.chain.end();
    await rm(this.root, { recursive: true, force: true });
  }
}

/** Writes a run of one strategy, one of two, and one that is damaged. @returns the folder that they are in */
async function writeRuns(root: string): Promise<string> {
  const results = join(root, "results");
  const scenario = scenarioWith({ hours: 12, microgrids: { count: 1, dataCentres: 1 } });
  for (const [run, ...strategies] of [
    ["alone", "opportunistic"],
    ["compared", "contract-only", "opportunistic"],
    ["cut", "contract-only"],
  ] as const)
    await writeResults(join(results, run), await simulate(scenario, { strategies }));
  await truncate(join(results, "cut", "hourly.csv"), 1000);
  return results;
}

/** Enrols the hostile IDs, and sends a transaction that fails. @returns its hash */
async function addOddities({ chain, folder }: Replayed): Promise<string> {
  const provider = new JsonRpcProvider(chain.url, undefined, {
    cacheTimeout: -1,
    staticNetwork: true,
  });
  try {
    const market = await readMarket(folder);
    if (market === undefined) throw new Error("The market was not recorded.");
    for (const [index, id] of HOSTILE_IDS.entries())
      await enrol(provider, folder, market, id, index);
    return await failingTransaction(provider, folder, market);
  } finally {
    provider.destroy();
  }
}

async function contractAt(
  folder: string,
  market: MarketRecord,
  key: "identities" | "auction",
  wallet: Wallet,
): Promise<Contract> {
  const record = await readContract(folder, CONTRACT_NAMES[key]);
  return new Contract(market.addresses[key] ?? "", record?.abi as InterfaceAbi, wallet);
}

/** A wallet with coins for its transactions. */
async function fundedWallet(provider: JsonRpcProvider, name: string): Promise<Wallet> {
  const wallet = new Wallet(hashOf(`heliomarket browser test ${name}`), provider);
  await provider.send("hardhat_setBalance", [wallet.address, "0xde0b6b3a7640000"]);
  return wallet;
}

async function enrol(
  provider: JsonRpcProvider,
  folder: string,
  market: MarketRecord,
  id: string,
  index: number,
): Promise<void> {
  const wallet = await fundedWallet(provider, `hostile ${index}`);
  const identities = await contractAt(folder, market, "identities", wallet);
  const enrolment = {
    id,
    wallet: wallet.address,
    role: 1,
    certificate: hashOf(`certificate ${index}`),
    validUntil: 4_102_444_800n,
    expiry: 4_102_444_800n,
  };
  const signature = await new Wallet(devKey()).signTypedData(
    domainOf("identities", market.addresses["identities"] ?? "", market.chainId),
    ENROLMENT_TYPES,
    enrolment,
  );
  await mined(
    provider,
    await identities.getFunction("enrol").populateTransaction(enrolment, signature),
    wallet,
  );
}

/** A commitment of a wallet that nobody enrolled. */
async function failingTransaction(
  provider: JsonRpcProvider,
  folder: string,
  market: MarketRecord,
): Promise<string> {
  const wallet = await fundedWallet(provider, "stranger");
  const auction = await contractAt(folder, market, "auction", wallet);
  const call = await auction.getFunction("commit").populateTransaction(1_000_000, hashOf("plan"));
  return mined(provider, call, wallet);
}

/** Sends a transaction, whatever comes of it, and waits for its block. @returns its hash */
async function mined(
  provider: JsonRpcProvider,
  call: { readonly to?: string; readonly data?: string },
  wallet: Wallet,
): Promise<string> {
  const signed = await wallet.signTransaction({
    to: call.to ?? null,
    data: call.data ?? "0x",
    nonce: await provider.getTransactionCount(wallet.address),
    gasLimit: 1_000_000n,
    maxFeePerGas: 100_000_000_000n,
    maxPriorityFeePerGas: 0n,
    chainId: 31_337n,
    type: 2,
  });
  // The node answers with the error of a transaction that fails, and mines it all the same.
  await provider.send("eth_sendRawTransaction", [signed]).catch(() => undefined);
  await provider.send("hardhat_mine", []);
  return keccak256(signed);
}

/** Time for making a stage, and for looking at all of it. */
export const STAGE_TIMEOUT_MS = 2 * REPLAY_TIMEOUT_MS;
