/** The console's HTTP server: the application, its API, and the node's questions. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { ERROR_STATUS, type ApiError, type ErrorCode } from "../../shared/api.ts";
import { UserError } from "../../../sim/errors.ts";
import type { Rpc } from "../../../sim/market/rpc.ts";
import type { ApiContext } from "../api/endpoint.ts";
import { ApiFault } from "../api/fault.ts";
import type { Application } from "./application.ts";
import { answerCsv } from "./csv.ts";
import type { RateLimit } from "./limits.ts";
import type { Live } from "./live.ts";
import { answerRpc } from "./proxy.ts";
import { understand } from "./router.ts";

/** Longest URL and body that are read. */
const MOST_URL_CHARACTERS = 2000;
const MOST_BODY_BYTES = 256 * 1024;

/** Nothing from elsewhere, and no script and no style but the application's own files. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/** What the server answers from. */
export interface ServerParts {
  readonly context: () => ApiContext;
  readonly rpc: Rpc;
  readonly live: Live;
  readonly application: Application;
  readonly limit: RateLimit;
}

/** A server that listens. */
export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts to listen.
 *
 * @param port 0 for any that is free
 * @throws UserError if the port cannot be had
 */
export async function listen(parts: ServerParts, host: string, port: number): Promise<Listening> {
  const onlyLoopback = isLoopback(host);
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    answer(parts, onlyLoopback, request, response).catch((error: unknown) => {
      fail(response, error);
    });
  });
  server.maxConnections = 256;
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  // Browsers keep connections for about a minute; whoever closes first should be they.
  server.keepAliveTimeout = 65_000;
  const bound = await bind(server, host, port);
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "EADDRINUSE"
          ? `Port ${port} of ${host} is in use, perhaps by another console. Stop that, or add "--port ${port + 1}".`
          : `The console cannot listen at ${host}:${port} (${error.message}).`;
      reject(new UserError(reason, { cause: error }));
    });
    server.listen(port, host, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

const isLoopback = (host: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host);

/** Host of a request without its port. */
const hostOf = ({ headers }: IncomingMessage): string => (headers.host ?? "").replace(/:\d+$/, "");

async function answer(
  parts: ServerParts,
  onlyLoopback: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A page of another site whose name was made to lead here would otherwise be of the same origin.
  if (onlyLoopback && !isLoopback(hostOf(request)))
    throw new ApiFault(
      "bad-request",
      "The console answers at its own address only: 127.0.0.1 or localhost.",
    );
  const { url: path = "/" } = request;
  if (path.length > MOST_URL_CHARACTERS)
    throw new ApiFault("too-large", `An address has at most ${MOST_URL_CHARACTERS} characters.`);
  const take = (requests: number): boolean =>
    parts.limit.take(request.socket.remoteAddress ?? "", requests);
  if (!take(1)) throw new ApiFault("too-many", "Too many requests at once. Wait a second.");
  const url = urlOf(path);
  if (url.pathname === "/rpc") return rpc(parts.rpc, take, request, response);
  if (request.method !== "GET" && request.method !== "HEAD")
    throw new ApiFault(
      "method-not-allowed",
      `${request.method ?? ""} is not for this path; it is read with GET.`,
    );
  if (url.pathname === "/api/live") {
    parts.live.add(request, response, parts.context().status());
    return;
  }
  if (url.pathname === "/api" || url.pathname.startsWith("/api/"))
    return api(parts.context(), url, response);
  return parts.application.answer(request, response, decodePath(url.pathname));
}

function urlOf(path: string): URL {
  const url = URL.parse(path, "http://console");
  if (url === null) throw new ApiFault("bad-request", "The address cannot be read.");
  return url;
}

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    throw new ApiFault("bad-request", "The path is not properly encoded.");
  }
}

async function api(context: ApiContext, url: URL, response: ServerResponse): Promise<void> {
  const { endpoint, values, page, csv, name } = understand(url);
  if (endpoint.kind === "single") {
    send(response, 200, await endpoint.answer(context, values));
    return;
  }
  const read = endpoint.open(context, values);
  if (!csv) {
    send(response, 200, read(page));
    return;
  }
  const computed = endpoint.computed?.(context, values);
  const file = `heliomarket-${name}`;
  await answerCsv(response, file, endpoint.columns, computed, read, page.order);
}

async function rpc(
  node: Rpc,
  take: (requests: number) => boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "POST")
    throw new ApiFault("method-not-allowed", "JSON-RPC is asked with POST.");
  // Other sites cannot send this type without being allowed to, which nobody is.
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    throw new ApiFault("bad-request", "JSON-RPC is sent as application/json.");
  send(response, 200, await answerRpc(node, await bodyOf(request), take));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES)
      throw new ApiFault("too-large", `A body has at most ${MOST_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
  });
  response.end(JSON.stringify(body));
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const [code, message]: [ErrorCode, string] =
    error instanceof ApiFault
      ? [error.code, error.message]
      : error instanceof UserError
        ? ["internal", error.message]
        : ["internal", "The console failed at this; its terminal says more."];
  if (code === "internal") console.error(error);
  // What is left of a body that is too large is not read.
  if (code === "too-large") response.setHeader("connection", "close");
  const body: ApiError = { error: { code, message } };
  send(response, ERROR_STATUS[code], body);
}
