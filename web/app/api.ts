/** Asks the console's server, and keeps what is shown up to date. */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import type { ApiError, ApiPath, Endpoints, ErrorCode, Page } from "../shared/api.ts";

type Names<Path extends string> = Path extends `${infer First}/${infer Rest}`
  ? Names<First> | Names<Rest>
  : Path extends `:${infer Name}`
    ? Name
    : never;

/** Values of a path's parts that begin with a colon. */
export type PathValues<P extends ApiPath> = Readonly<Record<Names<P>, string | number>>;

/** Query of a path. */
export type QueryOf<P extends ApiPath> = Endpoints[P]["query"];

/** Why there is no answer; `unreachable` if the console's own server did not give one. */
export class Failure extends Error {
  readonly code: ErrorCode | "unreachable";

  constructor(code: ErrorCode | "unreachable", message: string) {
    super(message);
    this.code = code;
  }
}

/** The address of a path with its values and its query. */
export function apiUrl<P extends ApiPath>(
  path: P,
  values: PathValues<P>,
  query: QueryOf<P>,
): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String((values as Record<string, string | number>)[name])),
  );
  const search = new URLSearchParams();
  const asked = query as Readonly<Record<string, string | number | boolean | undefined>>;
  for (const [name, value] of Object.entries(asked)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? filled : `${filled}?${text}`;
}

/**
 * Answer of the server as JSON.
 *
 * @throws Failure if there is none
 */
export async function fetchJson(url: string, signal?: AbortSignal): Promise<unknown> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(url, signal === undefined ? {} : { signal });
    body = await response.json();
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Failure(
      "unreachable",
      "The console’s server does not answer. Start it again, and this page goes on by itself.",
    );
  }
  if (response.ok) return body;
  const { error } = body as ApiError;
  throw new Failure(error.code, error.message);
}

/** Answer of one of the API's paths. */
export const fetchApi = async <P extends ApiPath>(
  path: P,
  values: PathValues<P>,
  query: QueryOf<P>,
  signal?: AbortSignal,
): Promise<Endpoints[P]["response"]> =>
  (await fetchJson(apiUrl(path, values, query), signal)) as Endpoints[P]["response"];

/** Paths that answer a page of a list. */
export type ListPath = {
  [P in ApiPath]: Endpoints[P]["response"] extends Page<unknown> ? P : never;
}[ApiPath];

/** What a list has in its rows. */
export type RowOf<P extends ListPath> =
  Endpoints[P]["response"] extends Page<infer Row> ? Row : never;

/** As many as the server gives at once. */
const MOST_ITEMS = 200;

/** All items of a list, page by page, until there are `most`. */
export async function fetchAll<P extends ListPath>(
  path: P,
  values: PathValues<P>,
  most = Infinity,
  signal?: AbortSignal,
): Promise<readonly RowOf<P>[]> {
  const items: RowOf<P>[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null && items.length < most) {
    const query = { limit: MOST_ITEMS, ...(cursor === undefined ? {} : { cursor }) };
    const page = (await fetchApi(path, values, query as QueryOf<P>, signal)) as Page<RowOf<P>>;
    items.push(...page.items);
    cursor = page.next;
  }
  return items;
}

/** Grows whenever what was loaded may be out of date. */
export const revision = signal(0);

const KEPT = 60;
const kept = new Map<string, unknown>();

/** Forgets what was loaded: the chain is another one. */
export function forget(): void {
  kept.clear();
  revision.value++;
}

function keep(url: string, data: unknown): void {
  kept.delete(url);
  kept.set(url, data);
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}

/** What is known of an answer. While it is asked for again, the last one stays. */
export interface Loaded<Response> {
  readonly data: Response | undefined;
  readonly failure: Failure | undefined;
}

interface Known {
  readonly url: string | undefined;
  readonly data: unknown;
  readonly failure: Failure | undefined;
}

/** The answer of a path, asked for again whenever the chain has grown. Without values nothing is asked for. */
export function useApi<P extends ApiPath>(
  path: P,
  values: PathValues<P> | undefined,
  query: QueryOf<P> = {},
): Loaded<Endpoints[P]["response"]> {
  const url = values === undefined ? undefined : apiUrl(path, values, query);
  const [known, setKnown] = useState<Known>({
    url: undefined,
    data: undefined,
    failure: undefined,
  });
  const now = revision.value;
  useEffect(() => {
    if (url === undefined) return;
    const abort = new AbortController();
    fetchJson(url, abort.signal).then(
      (data) => {
        keep(url, data);
        setKnown({ url, data, failure: undefined });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const failure = error instanceof Failure ? error : new Failure("internal", String(error));
        setKnown((before) => ({
          url,
          // What is gone from the chain is not shown any more.
          data: failure.code === "unreachable" && before.url === url ? before.data : undefined,
          failure,
        }));
      },
    );
    return () => {
      abort.abort();
    };
  }, [url, now]);
  const data = known.url === url && known.data !== undefined ? known.data : cached(url, known);
  return {
    data: data as Endpoints[P]["response"] | undefined,
    failure: known.url === url ? known.failure : undefined,
  };
}

const cached = (url: string | undefined, known: Known): unknown =>
  url === undefined || (known.url === url && known.failure !== undefined)
    ? undefined
    : kept.get(url);
