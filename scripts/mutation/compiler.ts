/** The Solidity compiler in this process, for many small compilations of the same sources. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);

interface Solc {
  compile(input: string, callbacks: { import: (path: string) => { contents: string } }): string;
}

interface Code {
  readonly object: string;
  /** `start:length:file:…` for each instruction, separated by `;`; what is left out is as before. */
  readonly sourceMap?: string;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources?: Readonly<Record<string, { readonly id: number; readonly ast?: object }>>;
  readonly contracts?: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          { readonly evm: { readonly bytecode: Code; readonly deployedBytecode: Code } }
        >
      >
    >
  >;
}

/** What is asked of the compiler, by file and contract. */
type Selection = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const BYTECODE = ["evm.bytecode.object"];
const EVERYTHING: Selection = { "*": { "*": BYTECODE } };

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
  #affected: ReadonlyMap<string, Selection> | undefined;

  /** @param settings those of the project, with which `shipped` code is compiled */
  constructor(sources: Sources, settings: Settings) {
    this.#sources = sources;
    this.#settings = settings;
  }

  /** Syntax trees by file. */
  trees(): Readonly<Record<string, object>> {
    const output = this.#run(this.#sources, { "*": { "": ["ast"] } }, false);
    return Object.fromEntries(
      Object.entries(output.sources ?? {}).map(([file, { ast }]) => [file, ast ?? {}]),
    );
  }

  /**
   * Compiles everything.
   *
   * @param sources other texts than those that the compiler was made with
   * @returns undefined if that does not compile
   */
  compileAll(sources = this.#sources): Bytecodes | undefined {
    return this.#bytecodes(this.#run(sources, EVERYTHING, false));
  }

  /**
   * Compiles the contracts that have code of `file` in them, with another text in its place.
   *
   * @param shipped with the project's settings; otherwise faster
   * @returns undefined if that does not compile
   */
  compile(file: string, text: string, shipped = false): Bytecodes | undefined {
    return this.#bytecodes(
      this.#run({ ...this.#sources, [file]: text }, this.#affectedBy(file), shipped),
    );
  }

  #bytecodes(output: Output): Bytecodes | undefined {
    if (output.errors?.some(({ severity }) => severity === "error")) return undefined;
    const found: Record<string, string> = {};
    for (const [path, contracts] of Object.entries(output.contracts ?? {})) {
      for (const [name, { evm }] of Object.entries(contracts)) {
        if (evm.bytecode.object !== "") found[`${path}:${name}`] = `0x${evm.bytecode.object}`;
      }
    }
    return found;
  }

  /** The contracts whose instructions come from a file, or which create such a contract. */
  #affectedBy(file: string): Selection {
    this.#affected ??= this.#findAffected();
    return this.#affected.get(file) ?? EVERYTHING;
  }

  #findAffected(): ReadonlyMap<string, Selection> {
    const wanted = ["bytecode", "deployedBytecode"].flatMap((part) =>
      ["object", "sourceMap"].map((what) => `evm.${part}.${what}`),
    );
    const output = this.#run(this.#sources, { "*": { "*": wanted } }, false);
    const names = new Map(Object.entries(output.sources ?? {}).map(([path, { id }]) => [id, path]));
    const built = Object.entries(output.contracts ?? {}).flatMap(([path, contracts]) =>
      Object.entries(contracts).map(([name, { evm }]) => ({
        path,
        name,
        code: evm.bytecode.object,
        files: filesIn(evm.bytecode.sourceMap, evm.deployedBytecode.sourceMap),
      })),
    );
    const affected = new Map<string, Record<string, Record<string, readonly string[]>>>();
    for (const { path, name, code } of built) {
      // A contract that creates another has its code in its own.
      const parts = built.filter((part) => part.code !== "" && code.includes(part.code));
      for (const id of new Set(parts.flatMap(({ files }) => files))) {
        const file = names.get(id) ?? "";
        const selection = affected.get(file) ?? {};
        (selection[path] ??= {})[name] = BYTECODE;
        affected.set(file, selection);
      }
    }
    return affected;
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

/** Numbers of the files that instructions come from. */
function filesIn(...sourceMaps: readonly (string | undefined)[]): number[] {
  const fields = sourceMaps.flatMap((map) => (map ?? "").split(";"));
  const files = fields.map((instruction) => instruction.split(":")[2] ?? "");
  return [...new Set(files.filter((file) => file !== "" && file !== "-1"))].map(Number);
}
