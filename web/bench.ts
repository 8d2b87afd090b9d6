/**
 * The part of `npm run bench:console` that needs the application: how large it is, and how long its pages take in a browser until
 * everything is shown.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import type { Browser } from "playwright-core";

import { startBrowser } from "./chromium.ts";

/** A file of the application, and its size as it is sent. */
export interface Sent {
  readonly name: string;
  readonly bytes: number;
}

/** Scripts and styles of a built application, compressed as the server does it, the largest first. */
export async function bundleSizes(folder: string): Promise<readonly Sent[]> {
  const assets = join(folder, "assets");
  const sizes = (await readdir(assets)).map(async (name) => ({
    name,
    bytes: gzipSync(await readFile(join(assets, name))).length,
  }));
  return (await Promise.all(sizes)).sort((a, b) => b.bytes - a.bytes);
}

/** How long a page took, in milliseconds from the navigation, and what it fetched of the application. */
export interface PageLoad {
  readonly path: string;
  /** Until the page's content was there, of the middle one of several loads. */
  readonly shownMs: number;
  /** Script that came over the wire, compressed. */
  readonly scriptBytes: number;
}

/** Loads of each page, of which the median counts. */
const LOADS = 5;

/** When nothing is loading any more, as the page's own clock has it; polled, since the page's policy forbids anything else. */
const SHOWN = `document.querySelector("h1") !== null && document.querySelector(".loading") === null &&
  (document.querySelector(".plot") === null || document.querySelector(".plot .marks svg") !== null)
  ? performance.now() : 0`;

const SCRIPT_BYTES = `performance.getEntriesByType("resource")
  .filter((entry) => entry.name.endsWith(".js"))
  .reduce((sum, entry) => sum + entry.transferSize, 0)`;

/** Loads pages of a console in a browser with an empty cache. */
export async function pageLoads(
  url: string,
  paths: readonly string[],
): Promise<readonly PageLoad[]> {
  const browser = await startBrowser();
  try {
    const loads: PageLoad[] = [];
    for (const path of paths) {
      const several: PageLoad[] = [];
      for (let load = 0; load < LOADS; load++) several.push(await pageLoad(browser, url, path));
      several.sort((a, b) => a.shownMs - b.shownMs);
      const median = several[Math.floor(LOADS / 2)];
      if (median !== undefined) loads.push(median);
    }
    return loads;
  } finally {
    await browser.close();
  }
}

async function pageLoad(browser: Browser, url: string, path: string): Promise<PageLoad> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(url + path, { waitUntil: "commit" });
  let shownMs = 0;
  while (shownMs === 0) {
    shownMs = await page.evaluate<number>(SHOWN).catch(() => 0);
  }
  const scriptBytes = await page.evaluate<number>(SCRIPT_BYTES);
  await context.close();
  return { path, shownMs, scriptBytes };
}
