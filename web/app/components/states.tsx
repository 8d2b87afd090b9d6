/** What a page shows while there is nothing else to show. */
import type { ComponentChildren } from "preact";

import type { Loaded } from "../api.ts";

/** Says that there is nothing. */
export const Empty = ({ children }: { children: ComponentChildren }) => (
  <p class="empty">{children}</p>
);

export const Loading = () => (
  <p class="loading" role="status">
    Loading …
  </p>
);

/** Something that went wrong, and what to do. */
export const Problem = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <div class="problem" role="alert">
    <strong>{title}</strong>
    <p>{children}</p>
  </div>
);

const TITLES: Readonly<Record<string, string>> = {
  unreachable: "The console’s server is gone",
  "node-gone": "The node is gone",
  "no-market": "There is no market",
  "not-found": "Not found",
  "bad-request": "That cannot be asked for",
  "too-large": "Too large",
  "too-many": "Too many requests",
};

/** What was loaded, or why it is not there. */
export function Show<T>({
  loaded,
  children,
}: {
  loaded: Loaded<T>;
  children: (data: T) => ComponentChildren;
}) {
  const { data, failure } = loaded;
  return (
    <>
      {failure !== undefined && (
        <Problem title={TITLES[failure.code] ?? "That failed"}>{failure.message}</Problem>
      )}
      {data !== undefined ? children(data) : failure === undefined && <Loading />}
    </>
  );
}
