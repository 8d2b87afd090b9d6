/** Server-sent events: who looks at the console is told of new blocks. */
import type { IncomingMessage, ServerResponse } from "node:http";

import type { LiveEvents } from "../../shared/api.ts";
import { ApiFault } from "../api/fault.ts";

/** Pages that can be open at a time. */
const MOST_LISTENERS = 64;

/** Comments keep connections alive that are quiet, ms. */
const HEARTBEAT_MS = 15_000;

const frame = (event: string, data: unknown): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Those who listen. */
export class Live {
  private readonly listeners = new Set<ServerResponse>();
  private readonly heartbeat: NodeJS.Timeout;

  constructor() {
    this.heartbeat = setInterval(() => {
      for (const listener of this.listeners) listener.write(": alive\n\n");
    }, HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  /** Adds a listener, and tells it the status. @throws ApiFault if there are too many */
  add(request: IncomingMessage, response: ServerResponse, status: LiveEvents["status"]): void {
    if (this.listeners.size >= MOST_LISTENERS)
      throw new ApiFault("too-many", `${MOST_LISTENERS} pages listen already; close some.`);
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    });
    response.write(`retry: 2000\n\n${frame("status", status)}`);
    this.listeners.add(response);
    request.on("close", () => this.listeners.delete(response));
  }

  /** Tells everybody. */
  tell<Name extends keyof LiveEvents>(event: Name, data: LiveEvents[Name]): void {
    for (const listener of this.listeners) listener.write(frame(event, data));
  }

  /** Ends all connections. */
  close(): void {
    clearInterval(this.heartbeat);
    for (const listener of this.listeners) listener.end();
    this.listeners.clear();
  }
}
