/** Views of the market's contracts, read from the node. */
import { Interface } from "ethers";

import type { AbiValue } from "../index/codec.ts";
import type { MarketContext } from "./endpoint.ts";

/** What a view returns at the latest block; undefined if the node does not answer, or the view reverts. */
export async function read(
  { market, node }: MarketContext,
  contract: string,
  view: string,
  args: readonly unknown[],
): Promise<readonly AbiValue[] | undefined> {
  const known = market.codec.named(contract);
  if (known === undefined) return undefined;
  const codec = new Interface(known.abi);
  const data = codec.encodeFunctionData(view, args);
  const answers = await node.askIfThere([
    { method: "eth_call", params: [{ to: known.address, data }, "latest"] },
  ]);
  const result = answers?.[0]?.result;
  if (typeof result !== "string" || result === "0x") return undefined;
  return codec.decodeFunctionResult(view, result).toArray(true) as AbiValue[];
}
