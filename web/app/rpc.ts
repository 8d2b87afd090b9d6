/** JSON-RPC to the node, through the console's server, which passes on what only reads. */

/** What a node answered instead of a result. */
export class RpcFailure extends Error {
  /** What a call reverted with; undefined if it is not about that. */
  readonly data: string | undefined;

  constructor(message: string, data?: string) {
    super(message);
    this.data = data;
  }
}

/** A question to the node. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly data?: unknown };
}

/** How many questions the server takes at once. */
const BATCH = 100;

/** Nodes tell what a call reverted with in one of two ways. */
function revertData(data: unknown): string | undefined {
  if (typeof data === "string") return data;
  const inner = (data as { data?: unknown } | null | undefined)?.data;
  return typeof inner === "string" ? inner : undefined;
}

async function send(calls: readonly RpcCall[]): Promise<unknown[]> {
  let body: unknown;
  try {
    const response = await fetch("/rpc", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(calls.map((call, id) => ({ jsonrpc: "2.0", id, ...call }))),
    });
    body = await response.json();
  } catch {
    throw new RpcFailure("The console’s server does not answer.");
  }
  if (!Array.isArray(body)) {
    const { error } = body as { error?: { message?: string } };
    throw new RpcFailure(error?.message ?? "The node does not answer.");
  }
  const answers = new Map((body as Answer[]).map((answer) => [answer.id, answer]));
  return calls.map((_, id) => {
    const answer = answers.get(id);
    if (answer === undefined) throw new RpcFailure("The node left a question without an answer.");
    if (answer.error !== undefined)
      throw new RpcFailure(answer.error.message, revertData(answer.error.data));
    return answer.result;
  });
}

/**
 * The results of many questions, in their order.
 *
 * @throws RpcFailure if one of them has none
 */
export async function rpcAll(calls: readonly RpcCall[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (let from = 0; from < calls.length; from += BATCH)
    results.push(...(await send(calls.slice(from, from + BATCH))));
  return results;
}

/** The result of one question. */
export async function rpc(method: string, ...params: readonly unknown[]): Promise<unknown> {
  const [result] = await rpcAll([{ method, params }]);
  return result;
}
