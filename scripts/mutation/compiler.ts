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
  readonly contracts?: Contracts;
}

interface Contract {
  readonly abi?: readonly { readonly type: string; readonly name?: string }[];
  readonly evm: { readonly bytecode: Code; readonly deployedBytecode: Code };
}

/** What was compiled, by file and name, as far as it was asked for. */
export type Contracts = Readonly<Record<string, Readonly<Record<string, Contract>>>>;

/** What is asked of the compiler, by file and contract. */
type Selection = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const BYTECODE = ["evm.bytecode.object"];
const EVERYTHING: Selection = { "*": { "*": BYTECODE } };

/** What tells which files a contract's code comes from. */
const ORIGINS = ["bytecode", "deployedBytecode"].flatMap((part) =>
  ["object", "sourceMap"].map((what) => `evm.${part}.${what}`),
);

/** The compiler's settings, as far as they are looked at here. */
export interface Settings {
  readonly evmVersion: string;
}

const FEW_OPTIMIZATIONS = {
  peephole: true,
  jumpdestRemover: true,
  inliner: false,
  orderLiterals: false,
  deduplicate: false,
  cse: false,
  constantOptimizer: false,
};

/** The older code generator takes a sixth of the time, but cannot reach deep enough into the stack for every contract. */
const LEGACY = {
  viaIR: false,
  optimizer: { enabled: true, runs: 200, details: { ...FEW_OPTIMIZATIONS, yul: false } },
};

/** Just as much optimization as the stack needs. */
const BY_IR = {
  viaIR: true,
  optimizer: {
    enabled: true,
    runs: 200,
    details: {
      ...FEW_OPTIMIZATIONS,
      yul: true,
      yulDetails: { stackAllocation: true, optimizerSteps: "dhfoDgvulfnTUtu:fDnTOcmu" },
    },
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

/** What is known of the sources without a fault. */
interface Base {
  readonly bytecodes: Bytecodes;
  /** The contracts whose instructions come from a file, or which create such a contract, by file. */
  readonly affected: ReadonlyMap<string, Selection>;
  /** Files with contracts for which only the newer code generator finds room on the stack. */
  readonly deep: ReadonlySet<string>;
}

/** Compiles variants of one set of sources. */
export class Compiler {
  readonly #sources: Sources;
  readonly #settings: Settings;
  readonly #solc = require("solc") as Solc;
  readonly #libraries = new Map<string, string>();
  readonly #shipped = new Map<string, string>();
  #found: Base | undefined;

  /** @param settings those of the project, which `isEquivalent` compiles with */
  constructor(sources: Sources, settings: Settings) {
    this.#sources = sources;
    this.#settings = settings;
  }

  /** Syntax trees by file. */
  trees(): Readonly<Record<string, object>> {
    const output = this.#run(this.#sources, { "*": { "": ["ast"] } });
    return Object.fromEntries(
      Object.entries(output.sources ?? {}).map(([file, { ast }]) => [file, ast ?? {}]),
    );
  }

  /** Bytecodes of the contracts without a fault, by the same generators as those of `compile`. */
  original(): Bytecodes {
    return this.#base().bytecodes;
  }

  /**
   * Compiles everything.
   *
   * @param sources other texts than those that the compiler was made with
   * @returns undefined if that does not compile
   */
  compileAll(sources: Sources): Bytecodes | undefined {
    return bytecodesOf(this.#run(sources, EVERYTHING, BY_IR));
  }

  /**
   * Compiles the contracts that have code of `file` in them, with another text in its place.
   *
   * @returns undefined if that does not compile
   */
  compile(file: string, text: string): Bytecodes | undefined {
    const sources = { ...this.#sources, [file]: text };
    let all: Bytecodes = {};
    for (const [isDeep, generator] of [
      [false, LEGACY],
      [true, BY_IR],
    ] as const) {
      const selection = this.#part(this.#affectedBy(file), isDeep);
      if (Object.keys(selection).length === 0) continue;
      const output = this.#run(sources, selection, generator);
      // A fault may need more of the stack.
      const some = bytecodesOf(isTooDeep(output) ? this.#run(sources, selection, BY_IR) : output);
      if (some === undefined) return undefined;
      all = { ...all, ...some };
    }
    return all;
  }

  /** Whether a text in place of a file makes no difference to any contract compiled with the project's settings. */
  isEquivalent(file: string, text: string): boolean {
    const { bytecodes } = this.#base();
    const sizeOf = ([path, names]: readonly [string, object]): number =>
      Object.keys(names).reduce(
        (sum, name) => sum + (bytecodes[`${path}:${name}`]?.length ?? 0),
        0,
      );
    // Small contracts first: the first difference decides.
    const selections = Object.entries(this.#affectedBy(file)).sort((a, b) => sizeOf(a) - sizeOf(b));
    return selections.every(([path, names]) => {
      const mutated = this.#run({ ...this.#sources, [file]: text }, { [path]: names });
      return JSON.stringify(bytecodesOf(mutated)) === this.#shippedCode(path, names);
    });
  }

  #shippedCode(path: string, names: Selection[string]): string {
    const key = JSON.stringify([path, names]);
    const known =
      this.#shipped.get(key) ??
      JSON.stringify(bytecodesOf(this.#run(this.#sources, { [path]: names })));
    this.#shipped.set(key, known);
    return known;
  }

  #affectedBy(file: string): Selection {
    return this.#base().affected.get(file) ?? selectionOf(Object.keys(this.#sources));
  }

  /**
   * Compiles files that are not part of the project's contracts, together with those that they import.
   *
   * @param tests texts by path
   * @param text of `file`, in place of what it is
   * @returns the contracts in `tests`, or undefined if that does not compile
   */
  compileTests(tests: Sources, file: string, text: string): Contracts | undefined {
    const sources = { ...this.#sources, ...tests, [file]: text };
    const selection = selectionOf(Object.keys(tests), ["abi", "evm.bytecode.object"]);
    const legacy = this.#run(sources, selection, LEGACY);
    const output = isTooDeep(legacy) ? this.#run(sources, selection, BY_IR) : legacy;
    return errorsOf(output).length === 0 ? (output.contracts ?? {}) : undefined;
  }

  /** What one of the two code generators has to compile. */
  #part(selection: Selection, isDeep: boolean): Selection {
    const { deep } = this.#base();
    return Object.fromEntries(
      Object.entries(selection).filter(([path]) => deep.has(path) === isDeep),
    );
  }

  #base(): Base {
    return (this.#found ??= this.#find());
  }

  #find(): Base {
    const paths = Object.keys(this.#sources);
    const deep = new Set(
      paths.filter((path) => isTooDeep(this.#run(this.#sources, selectionOf([path]), LEGACY))),
    );
    let bytecodes: Bytecodes = {};
    const affected = new Map<string, Record<string, Record<string, readonly string[]>>>();
    for (const isDeep of [false, true]) {
      const own = paths.filter((path) => deep.has(path) === isDeep);
      const output = this.#run(this.#sources, selectionOf(own, ORIGINS), isDeep ? BY_IR : LEGACY);
      const some = bytecodesOf(output);
      if (some === undefined) throw new Error("The contracts do not compile.");
      bytecodes = { ...bytecodes, ...some };
      for (const { path, name, file } of originsIn(output)) {
        const selection = affected.get(file) ?? {};
        (selection[path] ??= {})[name] = BYTECODE;
        affected.set(file, selection);
      }
    }
    return { bytecodes, affected, deep };
  }

  /** @param generator other settings than the project's */
  #run(sources: Sources, outputSelection: object, generator: object = {}): Output {
    const input = {
      language: "Solidity",
      sources: Object.fromEntries(
        Object.entries(sources).map(([path, content]) => [path, { content }]),
      ),
      settings: {
        ...this.#settings,
        ...generator,
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

const selectionOf = (paths: readonly string[], wanted = BYTECODE): Selection =>
  Object.fromEntries(paths.map((path) => [path, { "*": wanted }]));

const errorsOf = ({ errors = [] }: Output): string[] =>
  errors
    .filter(({ severity }) => severity === "error")
    .map(({ formattedMessage }) => formattedMessage);

const isTooDeep = (output: Output): boolean =>
  errorsOf(output).some((message) => message.includes("Stack too deep"));

/** @returns undefined if it did not compile */
function bytecodesOf(output: Output): Bytecodes | undefined {
  if (errorsOf(output).length !== 0) return undefined;
  const found: Record<string, string> = {};
  for (const [path, contracts] of Object.entries(output.contracts ?? {})) {
    for (const [name, { evm }] of Object.entries(contracts)) {
      if (evm.bytecode.object !== "") found[`${path}:${name}`] = `0x${evm.bytecode.object}`;
    }
  }
  return found;
}

/** The files that the code of each contract comes from. */
function originsIn(output: Output): { path: string; name: string; file: string }[] {
  const names = new Map(Object.entries(output.sources ?? {}).map(([path, { id }]) => [id, path]));
  const built = Object.entries(output.contracts ?? {}).flatMap(([path, contracts]) =>
    Object.entries(contracts).map(([name, { evm }]) => ({
      path,
      name,
      code: evm.bytecode.object,
      files: filesIn(evm.bytecode.sourceMap, evm.deployedBytecode.sourceMap),
    })),
  );
  return built.flatMap(({ path, name, code }) => {
    // A contract that creates another has its code in its own.
    const parts = built.filter((part) => part.code !== "" && code.includes(part.code));
    const ids = new Set(parts.flatMap(({ files }) => files));
    return [...ids].map((id) => ({ path, name, file: names.get(id) ?? "" }));
  });
}

/** Numbers of the files that instructions come from. */
function filesIn(...sourceMaps: readonly (string | undefined)[]): number[] {
  const fields = sourceMaps.flatMap((map) => (map ?? "").split(";"));
  const files = fields.map((instruction) => instruction.split(":")[2] ?? "");
  return [...new Set(files.filter((file) => file !== "" && file !== "-1"))].map(Number);
}
