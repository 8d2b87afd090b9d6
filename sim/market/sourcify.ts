/**
 * Source and metadata of deployed contracts, in the layout of a Sourcify repository: what the console shows, and what
 * explorers such as Otterscan read.
 *
 *     contracts/full_match/<chain ID>/<address>/metadata.json
 *     contracts/full_match/<chain ID>/<address>/sources/<path of the source>
 *     signatures/<selector without 0x>
 */
import { join } from "node:path";

import { getAddress, Interface, type InterfaceAbi } from "ethers";

import { readIfExists, writeAtomically } from "../files.ts";

/** Folder of the repository in a deployment's record. */
export const SOURCIFY_FOLDER = "sourcify";

/** A contract as the compiler describes it. */
export interface CompiledContract {
  /** The compiler's own description, as it wrote it: its hash is in the code. */
  readonly metadata: string;
  /** Text of the sources by their names in the description. */
  readonly sources: Readonly<Record<string, string>>;
  /** Code on the chain, hexadecimal without 0x, immutable values zero. */
  readonly deployedBytecode: string;
  /** Where in it immutable values are. */
  readonly immutables: readonly ByteRange[];
}

/** Bytes of a contract's code. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/** What `code.json` beside the description holds: what the code on the chain is to be compared with. */
export type RecordedCode = Pick<CompiledContract, "deployedBytecode" | "immutables">;

/** What is needed of the compiler's description. */
interface Metadata {
  readonly output: { readonly abi: InterfaceAbi };
  readonly sources: Readonly<Record<string, unknown>>;
}

/** Folder of a contract. */
const folderOf = (deployment: string, chainId: bigint, address: string): string =>
  join(
    deployment,
    SOURCIFY_FOLDER,
    "contracts/full_match",
    chainId.toString(),
    getAddress(address),
  );

/** Name of a source's file: explorers ask for it without these characters. */
const fileName = (source: string): string => source.replaceAll(/[@:]/g, "_");

/** Whether a name stays in the folder that it is put in. */
const staysInside = (name: string): boolean =>
  !name.startsWith("/") && !name.split("/").includes("..");

/** Records a contract's source, and the signatures of its functions and errors. */
export async function recordSources(
  deployment: string,
  chainId: bigint,
  address: string,
  { metadata, sources, deployedBytecode, immutables }: CompiledContract,
): Promise<void> {
  const folder = folderOf(deployment, chainId, address);
  const description = JSON.parse(metadata) as Metadata;
  for (const name of Object.keys(description.sources)) {
    const text = sources[name];
    if (text !== undefined && staysInside(name))
      await writeAtomically(join(folder, "sources", fileName(name)), text);
  }
  const code: RecordedCode = { deployedBytecode, immutables };
  await writeAtomically(join(folder, "code.json"), JSON.stringify(code));
  await recordSignatures(deployment, description.output.abi);
  // Last, so that where it is the rest is, too.
  await writeAtomically(join(folder, "metadata.json"), metadata);
}

async function recordSignatures(deployment: string, abi: InterfaceAbi): Promise<void> {
  const codec = new Interface(abi);
  const signatures: [selector: string, signature: string][] = [];
  codec.forEachFunction((one) => signatures.push([one.selector, one.format("sighash")]));
  codec.forEachError((one) => signatures.push([one.selector, one.format("sighash")]));
  for (const [selector, signature] of signatures)
    await writeAtomically(
      join(deployment, SOURCIFY_FOLDER, "signatures", selector.slice(2)),
      signature,
    );
}

/** A contract's recorded source. */
export interface RecordedContract {
  readonly metadata: unknown;
  /** The contract's own file first. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly code: RecordedCode | undefined;
}

/** Reads a contract's source; undefined if there is none on record. */
export async function readSources(
  deployment: string,
  chainId: bigint,
  address: string,
): Promise<RecordedContract | undefined> {
  const folder = folderOf(deployment, chainId, address);
  const text = await readIfExists(join(folder, "metadata.json"));
  if (text === undefined) return undefined;
  const metadata = JSON.parse(text) as Metadata & {
    readonly settings: { readonly compilationTarget: Readonly<Record<string, string>> };
  };
  const [own] = Object.keys(metadata.settings.compilationTarget);
  const names = Object.keys(metadata.sources).filter(staysInside);
  const ordered = names.sort((a, b) => Number(b === own) - Number(a === own) || a.localeCompare(b));
  const files: { path: string; content: string }[] = [];
  for (const path of ordered) {
    const content = await readIfExists(join(folder, "sources", fileName(path)));
    if (content !== undefined) files.push({ path, content });
  }
  const code = await readIfExists(join(folder, "code.json"));
  return {
    metadata,
    files,
    code: code === undefined ? undefined : (JSON.parse(code) as RecordedCode),
  };
}

/**
 * Whether code on the chain is the recorded one, immutable values aside.
 *
 * @param code hexadecimal with 0x, as a node gives it
 */
export function isRecordedCode(
  code: string,
  { deployedBytecode, immutables }: RecordedCode,
): boolean {
  let masked = code.slice(2).toLowerCase();
  for (const { start, length } of immutables)
    masked =
      masked.slice(0, 2 * start) + "0".repeat(2 * length) + masked.slice(2 * (start + length));
  return masked === deployedBytecode.toLowerCase();
}
