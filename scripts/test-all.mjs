// Runs all tests, in two processes side by side: the contracts' on one, everything around them on the other. What a process
// prints is shown when it has ended, so that the two do not mix.

import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import process from "node:process";

const AROUND = ["test/browser/", "test/e2e/", "test/sim/", "test/web/"];
const NO_TESTS = ["test/support/", "test/behaviors/"];

const startsWith = (prefixes) => (file) => prefixes.some((prefix) => file.startsWith(prefix));
const files = globSync("test/**/*.ts")
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => !startsWith(NO_TESTS)(file) && !file.endsWith(".d.ts"))
  .sort();
const around = files.filter(startsWith(AROUND));
const contracts = files.filter((file) => !around.includes(file));

/** Runs Hardhat and shows what it printed. @returns its exit code */
function hardhat(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn("npx", ["hardhat", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const printed = [];
    child.stdout.on("data", (chunk) => printed.push(chunk));
    child.stderr.on("data", (chunk) => printed.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      process.stdout.write(Buffer.concat(printed));
      resolve(code ?? 1);
    });
  });
}

const codes = await Promise.all([
  hardhat("test", "mocha", "--no-compile", ...around),
  hardhat("test", "solidity", "--no-compile").then(async (code) =>
    Math.max(code, await hardhat("test", "mocha", "--no-compile", ...contracts)),
  ),
]);
process.exitCode = Math.max(...codes);
