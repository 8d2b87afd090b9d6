import { rm } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";
import type { Browser, Page } from "playwright-core";

import { buildApp } from "../../web/build.ts";
import { startBrowser } from "../../web/chromium.ts";
import { makeFolder, REPLAY_TIMEOUT_MS, TestChain, TestConsole } from "../support/console.ts";
import { eventually, settled, visit } from "./browser.ts";

const BEGIN = new Date("2026-01-01T00:00:00Z");

/** Slot 0 begins an hour after the chain. */
const PARAMETERS = { genesis: String(BEGIN.getTime() / 1000 + 3600) };

describe("the console while its node comes and goes", function () {
  this.timeout(REPLAY_TIMEOUT_MS);
  let browser: Browser;
  let root: string;
  let folder: string;
  let chain: TestChain;
  let opened: TestConsole;
  let page: Page;

  before(async () => {
    browser = await startBrowser();
    root = await makeFolder();
    chain = await TestChain.start(BEGIN);
    folder = await chain.deploy(root, PARAMETERS);
    opened = await TestConsole.open({ folder, node: chain.url, application: await buildApp() });
    ({ page } = await visit(browser, `${opened.url}/blocks`));
    await settled(page);
  });

  after(async () => {
    await browser.close();
    await opened.end();
    await chain.end();
    await rm(root, { recursive: true, force: true });
  });

  const blockHashes = (): Promise<string[]> => page.locator("tbody code").allInnerTexts();

  it("shows a block as it comes, without being asked", async () => {
    const before = await page.locator("tbody tr").count();
    await chain.ask("hardhat_mine", "0x2");
    await eventually(
      "two more blocks",
      async () => (await page.locator("tbody tr").count()) === before + 2,
    );
  });

  it("leaves alone what is being typed into a filter while blocks come", async () => {
    const { page: events } = await visit(browser, `${opened.url}/events`);
    await settled(events);
    await events.getByLabel("Participant").pressSequentially("12");
    const footer = events.locator("footer p").nth(1);
    const before = await footer.innerText();
    await chain.ask("hardhat_mine", "0x2");
    await eventually(
      "the page has heard of them",
      async () => (await footer.innerText()) !== before,
    );
    expect(await events.getByLabel("Participant").inputValue()).to.equal("12");
    await events.keyboard.press("Tab");
    await events.waitForURL("**/events?participant=12");
    await events.context().close();
  });

  it("says of an empty market that nothing has happened", async () => {
    const { page: overview } = await visit(browser, `${opened.url}/`);
    await settled(overview);
    expect(await overview.locator(".empty").innerText()).to.contain("Nothing has happened");
    await overview.goto(`${opened.url}/runs`);
    await overview.getByText("No run is at hand").waitFor();
    await overview.context().close();
  });

  it("says that the node is gone, and shows what it has", async () => {
    await eventually("all blocks", async () => {
      const { index } = opened.opened.status();
      return (await blockHashes()).length === (index.head ?? 0) + 1;
    });
    const before = await blockHashes();
    await chain.end();
    await page.locator(".banner.bad").waitFor();
    const told = await page.locator(".banner.bad").innerText();
    expect(told).to.contain("The node is gone").and.to.contain("What is shown is from the index.");
    await page.reload();
    await settled(page);
    expect(await blockHashes()).to.deep.equal(before);
    await page.getByRole("link", { name: "Code" }).click();
    await page.getByRole("link", { name: "SlotAuction", exact: true }).click();
    await page.locator(".read summary", { hasText: "currentSlot" }).click();
    await page.getByRole("button", { name: "Ask currentSlot" }).click();
    await page.locator(".read .bad").waitFor();
  });

  it("says in one place that the node is gone and that the index is of another chain", async () => {
    const home = await makeFolder();
    const index = join(home, "index.db");
    const first = await TestChain.start(new Date("2026-02-01T00:00:00Z"));
    const indexing = await TestConsole.open({ folder, node: first.url, index });
    await indexing.end();
    await first.end();
    const application = await buildApp();
    const later = await TestConsole.open({ folder, node: first.url, index, application });
    const { page: overview } = await visit(browser, `${later.url}/`);
    await overview.locator(".banner").first().waitFor();
    const told = await overview.locator(".banner").allInnerTexts();
    expect(told).to.have.length(1);
    expect(told[0]).to.contain("The node is gone.").and.to.contain("is of another chain than");
    expect(told[0]).to.not.contain("What is shown is from the index");
    await overview.context().close();
    await later.end();
    await rm(home, { recursive: true, force: true });
  });

  it("shows the new chain of a devnet that was started anew, and nothing of the old one", async () => {
    await page.goto(`${opened.url}/blocks`);
    await settled(page);
    const old = await blockHashes();
    chain = await TestChain.start(new Date(BEGIN.getTime() + 60_000), chain.port);
    await page.locator(".banner.fair").waitFor();
    expect(await page.locator(".banner.fair").innerText()).to.contain("no market");
    await chain.deploy(root, PARAMETERS);
    await page.locator(".banner.fair").waitFor({ state: "detached" });
    await eventually("the new chain’s blocks", async () => {
      const now = await blockHashes();
      return now.length > 20 && !now.some((hash) => old.includes(hash));
    });
  });

  it("says that its own server is gone, and goes on when that is back", async () => {
    const port = Number(new URL(opened.url).port);
    await opened.end();
    await page.locator(".banner.bad").waitFor();
    expect(await page.locator(".banner.bad").innerText()).to.contain(
      "The console’s server is gone",
    );
    opened = await TestConsole.open({
      folder,
      node: chain.url,
      port,
      application: await buildApp(),
    });
    await page.locator(".banner.bad").waitFor({ state: "detached" });
  });
});
