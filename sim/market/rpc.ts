/** JSON-RPC over HTTP, in batches. */
import { UserError } from "../errors.ts";

/** A request to a node. */
export interface RpcRequest {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a node answered. */
export type RpcAnswer =
  | { readonly result: unknown; readonly error?: undefined }
  | { readonly error: RpcError; readonly result?: undefined };

/** Why a node refused a request. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Asks a node several things at once; the answers come in the order of the requests. */
export type Rpc = (requests: readonly RpcRequest[]) => Promise<RpcAnswer[]>;

/** Requests in one HTTP message. */
const MOST_IN_BATCH = 100;

/** How often a connection that fails is tried again, and how long after the first time, ms; each time twice as long. */
const TRIES = 6;
const FIRST_PAUSE = 250;

interface Message {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: RpcError;
}

/**
 * Reaches the node at a URL. A connection that fails is tried again for some seconds, so that a node may be restarted; what was
 * sent then may arrive twice, which a chain refuses for transactions and which changes nothing for questions.
 *
 * @param tries how often a connection that fails is tried
 * @throws UserError from the returned function if the node stays away
 */
export function httpRpc(url: string, tries = TRIES): Rpc {
  return async (requests) => {
    const answers: RpcAnswer[] = [];
    for (let from = 0; from < requests.length; from += MOST_IN_BATCH) {
      const part = requests.slice(from, from + MOST_IN_BATCH);
      const batch = part.map((request, id) => ({ jsonrpc: "2.0", id, ...request }));
      const messages = await post(url, batch, tries);
      const byId = new Map(messages.map((message) => [message.id, message]));
      for (const id of part.keys()) answers.push(answerOf(url, byId.get(id)));
    }
    return answers;
  };
}

function answerOf(url: string, message: Message | undefined): RpcAnswer {
  if (message?.error !== undefined) return { error: message.error };
  if (message !== undefined && "result" in message) return { result: message.result };
  throw new UserError(
    `The node at ${url} left a request without an answer; is it an Ethereum node?`,
  );
}

async function post(url: string, batch: unknown, tries: number): Promise<readonly Message[]> {
  const json = await send(url, batch, tries);
  if (Array.isArray(json)) return json as Message[];
  // A node that takes no batches answers with one error.
  const { error } = json as Message;
  if (error === undefined) throw noNode(url, "its answer is not JSON-RPC");
  throw new UserError(`The node at ${url} does not answer batches of requests: ${error.message}.`);
}

/** Sends a message, and gives the answer: an object or a list. */
async function send(url: string, message: unknown, tries: number): Promise<object> {
  const body = JSON.stringify(message);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      return answerIn(url, response, await response.text());
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (attempt === tries)
        throw new UserError(
          `The node at ${url} does not answer (${reason(error)}). Start it, and run the same command again.`,
        );
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE * 2 ** (attempt - 1)));
    }
  }
}

/** @throws Error if asking again may help, UserError if not */
function answerIn(url: string, { status }: Response, text: string): object {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null) return json;
  } catch {
    // What is in the way between a node and us answers in HTML when the node is away.
    if (status === 429 || (status >= 500 && status !== 501))
      throw new Error(`HTTP status ${status}`);
  }
  throw noNode(url, `its answer, with HTTP status ${status}, is not JSON-RPC`);
}

const noNode = (url: string, why: string): UserError =>
  new UserError(
    `What answers at ${url} is no Ethereum node: ${why}. Give the URL of a node, and run the same command again.`,
  );

/**
 * Asks a node for its chain, once.
 *
 * @throws UserError if it does not answer, or is no node
 */
export async function requireNode(url: string): Promise<void> {
  const request: RpcRequest = { method: "eth_chainId", params: [] };
  const answer = (await send(url, { jsonrpc: "2.0", id: 0, ...request }, 1)) as Partial<Message>;
  if (typeof answer.result !== "string" && answer.error === undefined)
    throw noNode(url, "it does not say its chain ID");
}

function reason(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string }; message: string };
  return cause?.code ?? message;
}

/** The result of an answer. @throws Error with the node's message if it is an error */
export function resultOf(answer: RpcAnswer | undefined): unknown {
  if (answer?.error !== undefined) throw new Error(answer.error.message, { cause: answer.error });
  return answer?.result;
}
