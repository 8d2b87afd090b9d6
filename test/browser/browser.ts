/** Pages of the console in a browser, and what is wrong with them. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** A page of the console, and all that the browser found wrong with it. */
export interface Visit {
  readonly page: Page;
  /** Errors of scripts, refusals of the content security policy, and requests to anywhere but the console. */
  readonly problems: string[];
}

/** Opens an address in a browser context of its own. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.stack ?? error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`${message.text()} at ${message.location().url}`);
  });
  const { origin } = new URL(url);
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) problems.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  return { page, problems };
}

/** How long a page may take to show something, ms. */
const PATIENCE_MS = 20_000;

/** Waits until something is so. The pages' policy forbids what Playwright's own `waitForFunction` does. */
export async function eventually(what: string, check: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`Not within ${PATIENCE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until nothing is said to load any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await eventually("all is loaded", async () => (await page.locator(".loading").count()) === 0);
}

let axeSource: Promise<string> | undefined;

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe-core finds wrong with a page: rule, and the first element of each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  axeSource ??= readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(await axeSource);
  const { violations } = await page.evaluate<AxeResult>("axe.run(document)");
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes[0]?.html ?? ""}\n${nodes[0]?.failureSummary ?? ""}`,
  );
}
