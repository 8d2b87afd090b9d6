/**
 * The project's commands in processes of their own, in a copy of the project, so that its deployments and its build stay
 * as they are.
 */
import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const HARDHAT = join(
  dirname(createRequire(import.meta.url).resolve("hardhat/package.json")),
  "dist/src/cli.js",
);

/** Private key of the first account that `hardhat node` gives ether. */
const DEPLOYER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

const COPIED = [
  "contracts",
  "scripts",
  "sim",
  "web",
  "scenarios",
  "examples",
  "hardhat.config.ts",
  "package.json",
];
/** Saves compiling; built anew if they do not fit. */
const BUILT = ["artifacts", "cache", "types", "tsconfig.json"];

/** The project's configuration, with `localhost` on a port of the test's and a network without fees. */
const CONFIG = `import config from "./hardhat.config.ts";
const url = process.env["E2E_URL"] ?? "http://127.0.0.1:1";
export default {
  ...config,
  networks: {
    ...config.networks,
    localhost: { ...config.networks?.["localhost"], type: "http", url },
    free: { type: "edr-simulated", chainType: "l1", initialBaseFeePerGas: 0 },
  },
};
`;

/** Time for making a copy, whose contracts are compiled anew if the project's are instrumented for coverage. */
export const CREATION_TIMEOUT_MS = 600_000;

/** How a command ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A `hardhat node` in a process of its own. */
export interface DevNode {
  readonly url: string;
  stop(): Promise<void>;
}

/** A copy of the project. */
export class Project {
  readonly folder: string;
  readonly #running = new Set<DevNode>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), "heliomarket-"));
    for (const name of [...COPIED, ...BUILT]) {
      await cp(join(ROOT, name), join(folder, name), { recursive: true });
    }
    // Hardhat's cache names its files by their whole paths.
    const cache = join(folder, "cache/compile-cache.json");
    let text = await readFile(cache, "utf8");
    for (const name of ["contracts", "artifacts"]) {
      text = text.replaceAll(`"${join(ROOT, name)}`, `"${join(folder, name)}`);
    }
    await writeFile(cache, text);
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"), "dir");
    await writeFile(join(folder, "e2e.config.ts"), CONFIG);
    const project = new Project(folder);
    const built = await project.hardhat(["build"]);
    if (built.code !== 0) throw new Error(`The copy cannot be built:\n${built.output}`);
    return project;
  }

  /** Stops what still runs, and removes the copy. */
  async remove(): Promise<void> {
    for (const node of this.#running) await node.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A JSON file of the copy. */
  async json(...path: string[]): Promise<unknown> {
    return JSON.parse(await readFile(join(this.folder, ...path), "utf8")) as unknown;
  }

  /** Writes a file of the copy. */
  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.folder, name), text);
  }

  /** Runs a Hardhat command against a node, if there is one. */
  async hardhat(
    args: readonly string[],
    node?: DevNode,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Ended> {
    return this.#spawn(args, node, env).ended;
  }

  /** Runs a Hardhat command until it has printed `text`, and kills or stops it then. */
  async hardhatUntil(
    text: string,
    args: readonly string[],
    node: DevNode,
    signal: NodeJS.Signals = "SIGKILL",
  ): Promise<Ended> {
    const command = this.#spawn(args, node, {});
    await command.printed(text);
    command.kill(signal);
    return command.ended;
  }

  /** Runs a Hardhat command, and kills it if it has not ended after a time; its code is null then. */
  async hardhatFor(ms: number, args: readonly string[], node: DevNode): Promise<Ended> {
    const command = this.#spawn(args, node, {});
    const timer = setTimeout(() => {
      command.kill();
    }, ms);
    const ended = await command.ended;
    clearTimeout(timer);
    return ended;
  }

  /** Runs a Hardhat command until it has printed `pattern`, does something then, and kills it. */
  async hardhatWhile(
    pattern: RegExp,
    args: readonly string[],
    node: DevNode,
    work: (printed: RegExpExecArray) => Promise<void>,
  ): Promise<Ended> {
    const command = this.#spawn(args, node, {});
    try {
      await work(await command.printed(pattern));
    } finally {
      command.kill();
    }
    return command.ended;
  }

  /** Starts a node on a free port. */
  async startNode(...args: string[]): Promise<DevNode> {
    const command = this.#spawn(["node", "--port", "0", ...args], undefined, {});
    const started = await command.printed(/Started HTTP .* at (http:\S+?)\/?\s/);
    const node: DevNode = {
      url: started[1]!,
      stop: async () => {
        this.#running.delete(node);
        command.kill();
        await command.ended;
      },
    };
    this.#running.add(node);
    return node;
  }

  #spawn(args: readonly string[], node: DevNode | undefined, env: NodeJS.ProcessEnv) {
    const urls = node === undefined ? {} : { E2E_URL: node.url, HELIOMARKET_RPC_URL: node.url };
    const child = spawn(process.execPath, [HARDHAT, "--config", "e2e.config.ts", ...args], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        HARDHAT_DISABLE_TELEMETRY: "true",
        NO_COLOR: "1",
        HELIOMARKET_DEPLOYER_KEY: DEPLOYER_KEY,
        ...urls,
        ...env,
      },
    });
    let output = "";
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        resolve({ code, output });
      });
    });
    const collect = (chunk: string): void => void (output += chunk);
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    const printed = (text: string | RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve, reject) => {
        const pattern = typeof text === "string" ? new RegExp(text) : text;
        const look = (): void => {
          const found = pattern.exec(output);
          if (found !== null) resolve(found);
        };
        child.stdout.on("data", look);
        child.stderr.on("data", look);
        child.on("close", () => {
          reject(new Error(`"${String(text)}" was not printed:\n${output}`));
        });
        look();
      });
    return {
      ended,
      printed,
      kill: (signal: NodeJS.Signals = "SIGKILL") => void child.kill(signal),
    };
  }
}
