/** Whether a node has the chain that a market is on. */
import { UserError } from "../errors.ts";
import type { MarketRecord } from "./record.ts";
import { resultOf, type Rpc } from "./rpc.ts";

/** What tells a chain from another one. */
export type ChainIdentity = Pick<MarketRecord, "chainId" | "genesisBlock">;

/**
 * Refuses a node of another chain than the market's.
 *
 * @param folder of the market's record, for the message
 * @throws UserError if the chain ID or the first block is another one
 */
export async function requireSameChain(
  rpc: Rpc,
  market: ChainIdentity,
  folder: string,
): Promise<void> {
  const [id, block] = await rpc([
    { method: "eth_chainId", params: [] },
    { method: "eth_getBlockByNumber", params: ["0x0", false] },
  ]);
  const chainId = BigInt(resultOf(id) as string);
  const genesis = (resultOf(block) as { hash: string } | null)?.hash;
  if (chainId === market.chainId && genesis === market.genesisBlock) return;
  throw new UserError(
    `The market in ${folder} is on another chain than the node's; a devnet that was restarted is a new chain. ` +
      `Deploy a new market with "npx hardhat deploy --fresh" and the network's name.`,
  );
}
