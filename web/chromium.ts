/** Debian's Chromium, for the tests and the benchmark of the console. */
import { existsSync } from "node:fs";

import { chromium, type Browser } from "playwright-core";

/** Where it may lie; `CHROMIUM` names another place. */
const PLACES = [process.env["CHROMIUM"] ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser"];

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];

/**
 * Starts the browser.
 *
 * @throws Error that says what to install: without a browser the tests fail, and are not skipped
 */
export async function startBrowser(): Promise<Browser> {
  const executablePath = PLACES.find((place) => place !== "" && existsSync(place));
  if (executablePath === undefined)
    throw new Error(
      'The console is looked at with Chromium. Install it with "apt-get install chromium" (.ci/run does), or say in the environment variable CHROMIUM where it is.',
    );
  return chromium.launch({ executablePath, args: FLAGS });
}
