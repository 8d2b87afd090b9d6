// Runs all tests with coverage and fails unless every contract is covered completely.
// Further arguments go to `hardhat test`.

import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, URL } from "node:url";
import { stripVTControlCharacters } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const lcovFile = join(root, "coverage", "lcov.info");
const hardhat = join(
  dirname(createRequire(import.meta.url).resolve("hardhat/package.json")),
  "dist/src/cli.js",
);

/** Runs the tests, passes their output on and returns it with the exit status. */
async function runTests() {
  const args = [hardhat, "test", "--coverage", ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["inherit", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const status = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { status, output: stripVTControlCharacters(output) };
}

/** Lines that no test runs, from the lcov report. */
function uncoveredLines(lcov) {
  const problems = [];
  let file = "";
  for (const line of lcov.split("\n")) {
    if (line.startsWith("SF:")) file = line.slice(3);
    const data = /^DA:(\d+),0$/.exec(line);
    if (data !== null) problems.push(`${file}:${data[1]} is not covered`);
  }
  return problems;
}

/** Files with statements that no test runs; lcov has no statements, the printed table has. */
function uncoveredStatements(output) {
  const rows = [...output.matchAll(/^║ (\S+)\s+│ ([\d.]+)\s+│ ([\d.]+)\s+│.*║$/gm)];
  const problems = rows
    .filter(([, name, , statements]) => name !== "Total" && Number(statements) !== 100)
    .map(([, name, , statements]) => `${name}: ${statements} % of the statements are covered`);
  return { files: rows.filter(([, name]) => name !== "Total").length, problems };
}

rmSync(lcovFile, { force: true });
const { status, output } = await runTests();
if (status !== 0) process.exit(status ?? 1);

const lcov = readFileSync(lcovFile, "utf8");
const statements = uncoveredStatements(output);
const problems = [...uncoveredLines(lcov), ...statements.problems];

// The table is meant for readers; should its form change, this must not pass silently.
const files = lcov.split("\n").filter((line) => line.startsWith("SF:")).length;
if (files !== statements.files) {
  problems.push(`coverage report: ${files} files in lcov.info, ${statements.files} in the table`);
}

if (problems.length > 0) {
  console.error(`Coverage is below 100 %:\n${problems.map((p) => `  ${p}\n`).join("")}`);
  process.exit(1);
}
console.log(`Coverage: 100 % of lines and statements in ${files} files\n`);
