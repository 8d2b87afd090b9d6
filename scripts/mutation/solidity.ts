/** Runs the Solidity tests in a copy of the project, so that the project itself never holds a fault. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

const LEFT_OUT = new Set(["node_modules", ".git", "coverage", "reports", "web"]);
const TIMEOUT = 15 * 60_000;

/** A copy of the project. */
export class SolidityTests {
  readonly #folder = mkdtempSync(join(tmpdir(), "heliomarket-mutation-"));

  constructor() {
    const filter = (path: string): boolean => !LEFT_OUT.has(basename(path));
    cpSync(".", this.#folder, { recursive: true, filter });
    symlinkSync(resolve("node_modules"), join(this.#folder, "node_modules"));
  }

  /** Whether they pass with another text in place of a file. */
  pass(file: string, text: string, original: string): boolean {
    const path = join(this.#folder, file);
    writeFileSync(path, text);
    const { status } = spawnSync(
      process.execPath,
      ["node_modules/hardhat/dist/src/cli.js", "test", "solidity"],
      { cwd: this.#folder, stdio: "ignore", timeout: TIMEOUT },
    );
    writeFileSync(path, original);
    return status === 0;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
