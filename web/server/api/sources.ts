/** The source of the market's contracts, as it was recorded at deployment. */
import type { ContractRow } from "../../shared/api.ts";
import {
  isRecordedCode,
  readSources,
  type RecordedContract,
} from "../../../sim/market/sourcify.ts";
import type { KnownContract } from "../index/codec.ts";
import type { Market } from "../market.ts";
import type { Node } from "../node.ts";

/** A contract's source. */
export class RecordedSources {
  readonly files: RecordedContract["files"];
  private readonly code: RecordedContract["code"];

  constructor({ files, code }: RecordedContract) {
    this.files = files;
    this.code = code;
  }

  /** Whether the code on the chain is what was compiled from it. */
  async compare(node: Node, address: string): Promise<ContractRow["source"]> {
    if (this.code === undefined) return "unknown";
    const answers = await node.askIfThere([{ method: "eth_getCode", params: [address, "latest"] }]);
    const onChain = answers?.[0]?.result;
    if (typeof onChain !== "string") return "unknown";
    return isRecordedCode(onChain, this.code) ? "verified" : "differs";
  }
}

/** Source of a contract; undefined if there is none on record. */
export async function sourcesOf(
  { folder, record }: Market,
  { address }: KnownContract,
): Promise<RecordedSources | undefined> {
  const recorded = await readSources(folder, record.chainId, address);
  return recorded && new RecordedSources(recorded);
}
