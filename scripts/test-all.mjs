// Runs all tests, in two processes side by side: the contracts' and then the commands' in one, which prints as it goes, and those of
// everything else in the other, whose output comes when it has ended, so that the two do not mix.

import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import process from "node:process";

const COMMANDS = ["test/e2e/"];
const AROUND = ["test/browser/", "test/sim/", "test/web/"];
const NO_TESTS = ["test/support/", "test/behaviors/"];

const startsWith = (prefixes) => (file) => prefixes.some((prefix) => file.startsWith(prefix));
const files = globSync("test/**/*.ts")
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => !startsWith(NO_TESTS)(file) && !file.endsWith(".d.ts"))
  .sort();
const commands = files.filter(startsWith(COMMANDS));
const around = files.filter(startsWith(AROUND));
const contracts = files.filter((file) => !commands.includes(file) && !around.includes(file));

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

async function testContractsAndCommands() {
  const codes = [await hardhat(["test", "solidity", "--no-compile"], "inherit")];
  for (const group of [contracts, commands])
    codes.push(await hardhat(["test", "mocha", "--no-compile", ...group], "inherit"));
  return Math.max(...codes);
}

async function testAround() {
  const printed = [];
  const args = ["test", "mocha", "--no-compile", ...around];
  const code = await hardhat(args, ["ignore", "pipe", "pipe"], (chunk) => printed.push(chunk));
  return { code, output: Buffer.concat(printed) };
}

const [code, { code: codeAround, output }] = await Promise.all([
  testContractsAndCommands(),
  testAround(),
]);
process.stdout.write(output);
process.exitCode = Math.max(code, codeAround);
