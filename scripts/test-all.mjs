// Runs all tests, in two processes side by side: the contracts' in one, which prints as it goes, and those of everything around
// them in the other, whose output comes when it has ended, so that the two do not mix.

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

/** Runs Hardhat. @returns its exit code */
function hardhat(args, stdio, onOutput = () => undefined) {
  return new Promise((resolve, reject) => {
    const child = spawn("npx", ["hardhat", ...args], { stdio });
    child.stdout?.on("data", onOutput);
    child.stderr?.on("data", onOutput);
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

async function testContracts() {
  const solidity = await hardhat(["test", "solidity", "--no-compile"], "inherit");
  const mocha = await hardhat(["test", "mocha", "--no-compile", ...contracts], "inherit");
  return Math.max(solidity, mocha);
}

async function testAround() {
  const printed = [];
  const args = ["test", "mocha", "--no-compile", ...around];
  const code = await hardhat(args, ["ignore", "pipe", "pipe"], (chunk) => printed.push(chunk));
  return { code, output: Buffer.concat(printed) };
}

const [code, { code: codeAround, output }] = await Promise.all([testContracts(), testAround()]);
process.stdout.write(output);
process.exitCode = Math.max(code, codeAround);
