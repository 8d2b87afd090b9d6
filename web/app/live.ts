/** What the server tells by itself: its status, and that the chain has grown or is another one. */
import { signal } from "@preact/signals";

import type { LiveEvents, Status } from "../shared/api.ts";
import { forget, revision } from "./api.ts";

/** The latest status; undefined before the first one. */
export const status = signal<Status | undefined>(undefined);

/** Whether the server is reached. */
export const connected = signal(true);

/** Least time between two renewals of what is shown, ms. */
const RENEWAL_MS = 1000;

let renewal: ReturnType<typeof setTimeout> | undefined;

function renewSoon(): void {
  renewal ??= setTimeout(() => {
    renewal = undefined;
    if (!document.hidden) revision.value++;
  }, RENEWAL_MS);
}

/** Listens as long as the page is open; the browser connects again by itself. */
export function listen(): void {
  const source = new EventSource("/api/live");
  const take = <Name extends keyof LiveEvents>(
    name: Name,
    use: (told: LiveEvents[Name]) => void,
  ): void => {
    source.addEventListener(name, (event) => {
      use(JSON.parse((event as MessageEvent<string>).data) as LiveEvents[Name]);
    });
  };
  take("status", (told) => {
    const before = status.value;
    status.value = told;
    if (before !== undefined && before.index.genesis !== told.index.genesis) forget();
    else if (before?.node.reachable === false && told.node.reachable) renewSoon();
  });
  take("head", ({ reset }) => {
    if (reset) forget();
    else renewSoon();
  });
  source.addEventListener("open", () => {
    if (!connected.value) revision.value++;
    connected.value = true;
  });
  source.addEventListener("error", () => {
    connected.value = false;
    // After an answer that is no stream the browser gives up; the server may be starting.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2 * RENEWAL_MS);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) renewSoon();
  });
}
