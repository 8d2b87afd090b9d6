/** The Solidity compiler in this process, for many small compilations of the same sources. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);

interface Solc {
  compile(input: string, callbacks: { import: (path: string) => { contents: string } }): string;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources?: Readonly<Record<string, { readonly ast: SourceUnit }>>;
  readonly contracts?: Readonly<
    Record<string, Readonly<Record<string, { evm: { bytecode: { object: string } } }>>>
  >;
}

interface SourceUnit {
  readonly nodes: readonly { readonly nodeType: string; readonly absolutePath?: string }[];
}

/** The compiler's settings, as far as they are looked at here. */
export interface Settings {
  readonly evmVersion: string;
  readonly viaIR?: boolean;
}

/** Just as much optimization as the stack needs, in less than half of the time. */
const QUICK = {
  enabled: true,
  runs: 200,
  details: {
    peephole: true,
    jumpdestRemover: true,
    inliner: false,
    orderLiterals: false,
    deduplicate: false,
    cse: false,
    constantOptimizer: false,
    yul: true,
    yulDetails: { stackAllocation: true, optimizerSteps: "dhfoDgvulfnTUtu:fDnTOcmu" },
  },
};

/** Creation code without metadata by fully qualified name, `path:Contract`. */
export type Bytecodes = Readonly<Record<string, string>>;

/** Files by their paths in the project. */
export type Sources = Readonly<Record<string, string>>;

/** All Solidity files under a folder. */
export function readSources(folder: string): Sources {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".sol"))
      .map((path) => join(folder, path))
      .sort()
      .map((path) => [path, readFileSync(path, "utf8")]),
  );
}

/** Compiles variants of one set of sources. */
export class Compiler {
  readonly #sources: Sources;
  readonly #settings: Settings;
  readonly #solc = require("solc") as Solc;
  readonly #libraries = new Map<string, string>();
  #dependants: ReadonlyMap<string, readonly string[]> | undefined;

  /** @param settings those of the project, with which `shipped` code is compiled */
  constructor(sources: Sources, settings: Settings) {
    this.#sources = sources;
    this.#settings = settings;
  }

  /** Syntax trees by file. */
  trees(): Readonly<Record<string, SourceUnit>> {
    const output = this.#run(this.#sources, { "*": { "": ["ast"] } }, false);
    const trees = Object.entries(output.sources ?? {}).map(([file, { ast }]) => [file, ast]);
    return Object.fromEntries(trees) as Record<string, SourceUnit>;
  }

  /**
   * Compiles what depends on `file` (everything, without one) with another text in its place.
   *
   * @param shipped with the project's settings; otherwise faster
   * @returns undefined if that does not compile
   */
  compile(shipped: boolean, file?: string, text = ""): Bytecodes | undefined {
    const sources = file === undefined ? this.#sources : { ...this.#sources, [file]: text };
    const files = file === undefined ? Object.keys(sources) : this.#dependantsOf(file);
    const selection = Object.fromEntries(
      files.map((path) => [path, { "*": ["evm.bytecode.object"] }]),
    );
    const output = this.#run(sources, selection, shipped);
    if (output.errors?.some(({ severity }) => severity === "error")) return undefined;
    const found: Record<string, string> = {};
    for (const [path, contracts] of Object.entries(output.contracts ?? {})) {
      for (const [name, { evm }] of Object.entries(contracts)) {
        if (evm.bytecode.object !== "") found[`${path}:${name}`] = `0x${evm.bytecode.object}`;
      }
    }
    return found;
  }

  /** The file and all that import it, directly or not. */
  #dependantsOf(file: string): readonly string[] {
    if (this.#dependants === undefined) {
      const importers = new Map<string, Set<string>>();
      for (const [path, tree] of Object.entries(this.trees())) {
        for (const { nodeType, absolutePath = "" } of tree.nodes) {
          if (nodeType !== "ImportDirective") continue;
          importers.set(absolutePath, (importers.get(absolutePath) ?? new Set()).add(path));
        }
      }
      const closure = (path: string): string[] => {
        const seen = new Set([path]);
        for (const one of seen) for (const next of importers.get(one) ?? []) seen.add(next);
        return [...seen].filter((one) => one in this.#sources);
      };
      this.#dependants = new Map(Object.keys(this.#sources).map((path) => [path, closure(path)]));
    }
    return this.#dependants.get(file) ?? [];
  }

  #run(sources: Sources, outputSelection: object, shipped: boolean): Output {
    const input = {
      language: "Solidity",
      sources: Object.fromEntries(
        Object.entries(sources).map(([path, content]) => [path, { content }]),
      ),
      settings: {
        ...this.#settings,
        ...(!shipped && { optimizer: this.#settings.viaIR === true ? QUICK : { enabled: false } }),
        // The hash of the sources in the metadata would make all bytecodes differ.
        metadata: { appendCBOR: false },
        outputSelection,
      },
    };
    const load = (path: string): { contents: string } => {
      const contents = this.#libraries.get(path) ?? readFileSync(require.resolve(path), "utf8");
      this.#libraries.set(path, contents);
      return { contents };
    };
    return JSON.parse(this.#solc.compile(JSON.stringify(input), { import: load })) as Output;
  }
}
