// Hardhat's native part needs a newer Node than this project asks of a machine. The runtime pinned
// in package.json supplies it, but an npm that itself runs on an older Node skips packages whose
// "engines" it does not meet. If that happened, run npm once more on the pinned runtime.
//
// Plain JavaScript without dependencies: it runs on whatever Node the machine has.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const GUARD = "HELIOMARKET_POSTINSTALL";
const EDR = "@nomicfoundation/edr";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The directory of a package as `from` would find it, or undefined. */
function find(name, from) {
  const paths = createRequire(join(from, "package.json")).resolve.paths(name) ?? [];
  return paths
    .map((path) => join(path, name))
    .find((path) => existsSync(join(path, "package.json")));
}

/** Whether Hardhat's native part is missing although it exists for this platform. */
function nativeIsMissing() {
  const hardhat = find("hardhat", root);
  if (hardhat === undefined) return false; // an installation without development dependencies
  const edr = find(EDR, hardhat);
  if (edr === undefined) return true;
  const { optionalDependencies = {} } = JSON.parse(readFileSync(join(edr, "package.json"), "utf8"));
  const prefix = `${EDR}-${process.platform}-${process.arch}`;
  const candidates = Object.keys(optionalDependencies).filter((name) => name.startsWith(prefix));
  return candidates.length > 0 && candidates.every((name) => find(name, edr) === undefined);
}

function fail(reason) {
  console.error(
    `heliomarket: Hardhat's native part (${EDR}) could not be installed.\n${reason}\n` +
      "Install with Node 22.13 or newer, or fix the cause above and run npm ci again.",
  );
  process.exit(1);
}

if (process.env[GUARD] === undefined && nativeIsMissing()) {
  const runtime = join(
    root,
    "node_modules",
    "node",
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
  const npm = process.env.npm_execpath;
  if (!existsSync(runtime)) fail("The pinned runtime (npm package `node`) is not installed.");
  if (npm === undefined || !/npm-cli\.c?js$/.test(npm)) fail("This project is installed with npm.");

  console.error(`heliomarket: npm skipped part of ${EDR}; adding it with the pinned runtime.`);
  // Not `npm ci`: it would delete node_modules, this runtime included.
  const args = [npm, "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status, error } = spawnSync(runtime, args, {
    cwd: root,
    env: { ...process.env, [GUARD]: "1" },
    stdio: "inherit",
  });
  if (error !== undefined) fail(error.message);
  if (status !== 0) fail(`npm ended with status ${String(status)}.`);
  if (nativeIsMissing()) fail("npm ran, but the package is still missing.");
}
