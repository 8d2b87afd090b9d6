/** What Hardhat's build says of a contract: its source, its metadata, its code. */
import { readFile } from "node:fs/promises";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { recordSources, type ByteRange, type CompiledContract } from "../sim/market/sourcify.ts";

interface BuildInfo {
  readonly input: { readonly sources: Readonly<Record<string, { readonly content: string }>> };
}

interface BuildOutput {
  readonly output: {
    readonly contracts: Readonly<Record<string, Readonly<Record<string, CompilerOutput>>>>;
  };
}

interface CompilerOutput {
  /** Absent in a build that did not ask for it. */
  readonly metadata?: string;
  readonly evm: {
    readonly deployedBytecode: {
      readonly object: string;
      readonly immutableReferences?: Readonly<Record<string, readonly ByteRange[]>>;
    };
  };
}

/** Records a deployed contract's source beside its record, for explorers. */
export async function recordBuild(
  { artifacts }: HardhatRuntimeEnvironment,
  deployment: string,
  chainId: bigint,
  name: string,
  address: string,
): Promise<void> {
  const { inputSourceName = "" } = await artifacts.readArtifact(name);
  const build = await artifacts.getBuildInfoId(name);
  if (build === undefined) return;
  const info = await artifacts.getBuildInfoPath(build);
  const output = await artifacts.getBuildInfoOutputPath(build);
  if (info === undefined || output === undefined) return;
  const { input } = JSON.parse(await readFile(info, "utf8")) as BuildInfo;
  const { contracts } = (JSON.parse(await readFile(output, "utf8")) as BuildOutput).output;
  const compiled = contracts[inputSourceName]?.[name];
  if (compiled?.metadata === undefined) return;
  const { object, immutableReferences = {} } = compiled.evm.deployedBytecode;
  const contract: CompiledContract = {
    metadata: compiled.metadata,
    sources: Object.fromEntries(
      Object.entries(input.sources).map(([path, { content }]) => [path, content]),
    ),
    deployedBytecode: object,
    immutables: Object.values(immutableReferences).flat(),
  };
  await recordSources(deployment, chainId, address, contract);
}
