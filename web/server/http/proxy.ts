/** JSON-RPC for the browser: questions are passed on to the node, everything else is refused. */
import { RPC_METHODS } from "../../shared/api.ts";
import type { Rpc, RpcAnswer, RpcRequest } from "../../../sim/market/rpc.ts";
import { ApiFault } from "../api/fault.ts";

/** Requests in one message. */
export const MOST_IN_BATCH = 100;

const ALLOWED: ReadonlySet<string> = new Set(RPC_METHODS);

interface Message {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

interface Asked extends RpcRequest {
  readonly id: unknown;
}

/**
 * Answers a JSON-RPC message or batch.
 *
 * @param take takes so many requests from what the client may ask for; false if it may not
 * @throws ApiFault if it is neither
 */
export async function answerRpc(
  rpc: Rpc,
  body: string,
  take: (requests: number) => boolean,
): Promise<Message | Message[]> {
  const parsed = parse(body);
  if (!Array.isArray(parsed)) return first(await answerAll(rpc, [parsed]));
  if (parsed.length === 0 || parsed.length > MOST_IN_BATCH)
    throw new ApiFault(
      "bad-request",
      `A batch has 1 to ${MOST_IN_BATCH} requests, not ${parsed.length}.`,
    );
  if (!take(parsed.length))
    throw new ApiFault("too-many", "Too many questions at once. Wait a second.");
  return answerAll(rpc, parsed);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new ApiFault("bad-request", "The body is not JSON.");
  }
}

async function answerAll(rpc: Rpc, messages: readonly unknown[]): Promise<Message[]> {
  const asked = messages.map(understood);
  const passed = asked.filter((one): one is Asked => "method" in one);
  const answers = await passOn(rpc, passed);
  const byRequest = new Map(passed.map((request, i) => [request, answers[i]]));
  return asked.map((one) => {
    if (!("method" in one)) return one;
    const answer = byRequest.get(one);
    return answer?.error === undefined
      ? { jsonrpc: "2.0", id: one.id, result: answer?.result ?? null }
      : { jsonrpc: "2.0", id: one.id, error: answer.error };
  });
}

async function passOn(rpc: Rpc, requests: readonly Asked[]): Promise<RpcAnswer[]> {
  if (requests.length === 0) return [];
  try {
    return await rpc(requests.map(({ method, params }) => ({ method, params })));
  } catch (error) {
    const { message } = error as Error;
    return requests.map(() => ({ error: { code: -32000, message } }));
  }
}

function understood(message: unknown): Asked | Message {
  const { id = null, method, params = [] } = (message ?? {}) as Record<string, unknown>;
  const refuse = (code: number, text: string): Message => ({
    jsonrpc: "2.0",
    id,
    error: { code, message: text },
  });
  if (typeof method !== "string" || !Array.isArray(params))
    return refuse(-32600, "Invalid request");
  if (!ALLOWED.has(method))
    return refuse(
      -32601,
      `The console passes no ${method} on; it only reads. Ask the node itself.`,
    );
  return { id, method, params };
}

function first(messages: readonly Message[]): Message {
  const [message] = messages;
  if (message === undefined) throw new Error("A request was left without an answer.");
  return message;
}
