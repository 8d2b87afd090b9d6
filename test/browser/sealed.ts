import { rm } from "node:fs/promises";

import { expect } from "chai";
import { JsonRpcProvider, parseUnits, Wallet } from "ethers";
import type { Browser, Page } from "playwright-core";

import { devKey } from "../../scripts/replay.ts";
import { CertificateAuthority, validFor } from "../../sim/identity/authority.ts";
import * as client from "../../sim/market/client.ts";
import type { Plan } from "../../sim/market/ledger.ts";
import { buildApp } from "../../web/build.ts";
import { startBrowser } from "../../web/chromium.ts";
import { makeFolder, REPLAY_TIMEOUT_MS, TestChain, TestConsole } from "../support/console.ts";
import { accessibilityProblems, eventually, settled, visit } from "./browser.ts";

const BEGIN = new Date("2026-01-01T00:00:00Z");

const PARAMETERS = { genesis: String(BEGIN.getTime() / 1000) };

/** A participant with its wallet. */
interface Party {
  readonly wallet: Wallet;
  readonly number: bigint;
}

const yuan = (amount: string): bigint => parseUnits(amount, 6);

/** The data centre's plant is commissioned in the slot before, in which this one's auction is held. */
const SLOT = 3n;

describe("a slot from its sealing to its clearing", function () {
  this.timeout(REPLAY_TIMEOUT_MS);
  let browser: Browser;
  let root: string;
  let chain: TestChain;
  let provider: JsonRpcProvider;
  let market: client.Market;
  let operator: Wallet;
  let opened: TestConsole;
  let page: Page;
  let problems: string[];
  let buyer: Party;
  let seller: Party;
  let buying: Plan;
  let selling: Plan;

  before(async () => {
    browser = await startBrowser();
    root = await makeFolder();
    chain = await TestChain.start(BEGIN);
    const folder = await chain.deploy(root, PARAMETERS);
    provider = new JsonRpcProvider(chain.url, undefined, { cacheTimeout: -1 });
    operator = new Wallet(devKey(), provider);
    market = await client.openMarket(folder, operator);
    ({ buyer, seller } = await traders());
    buying = client.newPlan(buyer.number, SLOT, { bids: [bid] });
    selling = client.newPlan(seller.number, SLOT, { offers: [offer] });
    await client.commit(market, buying, buyer.wallet);
    opened = await TestConsole.open({ folder, node: chain.url, application: await buildApp() });
    ({ page, problems } = await visit(browser, `${opened.url}/slots/${SLOT}`));
    await settled(page);
  });

  after(async () => {
    await browser.close();
    await opened.end();
    provider.destroy();
    await chain.end();
    await rm(root, { recursive: true, force: true });
  });

  const bid = {
    ...{ cores: 4n, coreSeconds: 14_400n, energy: 10_000n, priority: false },
    ...{ maxPrice: yuan("0.9"), earliest: SLOT, deadline: SLOT + 2n },
  };
  const offer = { price: yuan("0.4"), energy: 50_000n, cores: 64n };

  /** Lets the chain's next block be at a time at least. */
  async function advanceTo(time: bigint): Promise<void> {
    await chain.ask("evm_setNextBlockTimestamp", `0x${time.toString(16)}`);
    await chain.ask("evm_mine");
  }

  /** A user and a data centre with money, and all that a data centre needs to offer. */
  async function traders(): Promise<{ buyer: Party; seller: Party }> {
    const authority = await CertificateAuthority.create("Test CA", validFor(36_500));
    const enrol = async (role: string): Promise<Party> => {
      const wallet = new Wallet(Wallet.createRandom().privateKey, provider);
      await chain.ask("hardhat_setBalance", wallet.address, "0xde0b6b3a7640000");
      const subject = { id: `the ${role}`, wallet: wallet.address, role };
      const { certificate } = await authority.issue(subject);
      return { wallet, number: await client.enrol(market, certificate, wallet, operator) };
    };
    const user = await enrol("user");
    const dataCentre = await enrol("dataCentre");
    const meter = await enrol("meter");
    const grid = await enrol("gridOperator");
    const network = await enrol("networkOperator");
    const tariff = market.tariff.connect(grid.wallet);
    await client.mined(tariff.announce(SLOT - 1n, yuan("1"), yuan("0.3")));
    await advanceTo(client.startOf(market.parameters, SLOT - 1n));
    const site = {
      ...{ dataCentre: dataCentre.number, meter: meter.number },
      ...{ gridOperator: grid.number, networkOperator: network.number },
      ...{ pvLimitWh: 20_000n, esdLimitWh: 0n, gridLimitWh: 20_000n, version: 1n },
    };
    await client.commission(market, site, dataCentre.wallet, operator);
    for (const { wallet } of [user, dataCentre]) {
      await client.mined(market.token.mint(wallet, yuan("100")));
      await client.deposit(market, yuan("100"), wallet);
    }
    return { buyer: user, seller: dataCentre };
  }

  /** What the page says is so of the slot, under a heading. */
  const fact = (term: string): Promise<string> =>
    page
      .locator(".facts > div", { has: page.getByText(term, { exact: true }) })
      .locator("dd")
      .innerText();

  const shows = (term: string, value: string): Promise<void> =>
    eventually(`${term}: ${value}`, async () => (await fact(term)) === value);

  async function verdict(): Promise<string> {
    await page.getByRole("button", { name: "Verify" }).click();
    await page.locator(".verify .badge").waitFor();
    return page.locator(".verify [role=status]").innerText();
  }

  const tabs = (): Promise<string[]> => page.locator(".tabs a").allInnerTexts();

  it("shows commitments while they are sealed, and no book", async () => {
    expect(await fact("State")).to.equal("commitments, sealed");
    expect(await tabs()).to.deep.equal(["Commitments", "Seed", "Transactions"]);
    const rows = page.locator("tbody tr");
    expect(await rows.count()).to.equal(1);
    expect(await rows.innerText())
      .to.contain("the user")
      .and.to.contain("buyer")
      .and.to.contain("sealed");
    const sealed = client.commitmentTo(market, buying);
    expect(await rows.locator("code").getAttribute("title")).to.equal(sealed);
    const source = await page.content();
    for (const secret of [buying.salt.slice(2), "0.90"]) expect(source).not.to.contain(secret);
    expect(await accessibilityProblems(page)).to.deep.equal([]);
  });

  it("shows the next commitment by itself", async () => {
    await client.commit(market, selling, seller.wallet);
    await shows("Committed", "2");
    await eventually("a second plan", async () => (await page.locator("tbody tr").count()) === 2);
  });

  it("verifies what can be while nothing is revealed, and says that the rest cannot", async () => {
    expect(await verdict())
      .to.match(/^nothing to recompute No plan is revealed, so there is no book/)
      .and.to.contain("2 commitments came in the window, and the console shows the same.");
  });

  it("tells of a commitment that the console shows otherwise", async () => {
    await page.route(`**/api/slots/${SLOT}/plans*`, async (route) => {
      const response = await route.fetch();
      const json = (await response.json()) as { items: { commitment: string }[] };
      for (const item of json.items) item.commitment = `0x${"0".repeat(64)}`;
      await route.fulfill({ response, json });
    });
    await page.reload();
    await settled(page);
    expect(await verdict())
      .to.match(/^differs The chain is in order/)
      .and.to.contain(`commitment of participant ${buyer.number}`)
      .and.to.contain(client.commitmentTo(market, buying));
    await page.unroute(`**/api/slots/${SLOT}/plans*`);
    await page.reload();
    await settled(page);
  });

  it("blames nobody for a block that the console has not read yet", async () => {
    let behind = 2;
    const pattern = `**/api/slots/${SLOT}/plans*`;
    await page.route(pattern, async (route) => {
      const response = await route.fetch();
      const json = (await response.json()) as { items: unknown[] };
      if (behind > 0) json.items.pop();
      await route.fulfill({ response, json });
    });
    await page.route("**/api/status", async (route) => {
      const response = await route.fetch();
      const json = (await response.json()) as { index: { head: number } };
      if (behind > 0) {
        behind -= 0.5;
        json.index.head -= 1;
      }
      await route.fulfill({ response, json });
    });
    expect(await verdict()).to.match(/^nothing to recompute/);
    expect(behind).to.equal(0);
    behind = Infinity;
    await page.reload();
    await settled(page);
    expect(await verdict())
      .to.match(/^not verified/)
      .and.to.contain("not at the same block");
    await page.unroute(pattern);
    await page.unroute("**/api/status");
    await page.reload();
    await settled(page);
  });

  it("verifies what is revealed as it comes", async () => {
    await advanceTo(client.windowsOf(market.parameters, SLOT).revealFrom);
    await shows("State", "reveals");
    await client.reveal(market, buying, buyer.wallet);
    await shows("Revealed", "1");
    await page.getByRole("link", { name: "Clearing", exact: true }).click();
    await page.locator("tbody tr", { hasText: "not yet" }).waitFor();
    expect(await verdict()).to.match(/^agrees 2 commitments, 1 reveal, 1 bid and 0 offers so far/);
    await client.reveal(market, selling, seller.wallet);
    await shows("Revealed", "2");
    await page.locator(".verify .badge").waitFor({ state: "detached" });
    expect(await verdict()).to.match(/^agrees 2 commitments, 2 reveals, 1 bid and 1 offer so far/);
  });

  it("verifies the whole slot once it is cleared", async () => {
    await advanceTo(client.beaconEndOf(market.parameters, SLOT));
    await shows("State", "waits for its clearing");
    const [contract] = await client.clear(market, SLOT, operator);
    await shows("State", "cleared");
    await page.locator("tbody tr", { hasText: `contract ${contract} at 0.65` }).waitFor();
    expect(await verdict()).to.match(/^agrees .*the seed, 0 draws and 1 trade are what follows/);
    expect(problems).to.deep.equal([]);
  });
});
