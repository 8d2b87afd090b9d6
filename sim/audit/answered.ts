/** What a node answered, or why an audit cannot go on. */
import { UserError } from "../errors.ts";
import type { RpcAnswer } from "../market/rpc.ts";

/**
 * The result of an answer.
 *
 * @param what was asked, as in "block 7"
 * @throws UserError if the node refused, or does not have it
 */
export function answered(answer: RpcAnswer | undefined, what: string): unknown {
  const result = answer?.result;
  if (result === undefined || result === null)
    throw new UserError(
      `The node does not tell ${what} (${answer?.error?.message ?? "not found"}). An audit needs a node that has all blocks ` +
        "since the market's deployment, with their logs and receipts.",
    );
  return result;
}
