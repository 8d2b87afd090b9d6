/** Finds the endpoint of a path, and checks what is asked of it. */
import type { ApiPath, Endpoints } from "../../shared/api.ts";
import { ADDRESS_ENDPOINTS } from "../api/addresses.ts";
import { CONTRACT_ENDPOINTS } from "../api/contracts.ts";
import {
  Values,
  single,
  type EndpointTable,
  type Listed,
  type QueryKind,
  type Single,
} from "../api/endpoint.ts";
import { ENERGY_ENDPOINTS } from "../api/energy.ts";
import { EXPLORER_ENDPOINTS } from "../api/explorer.ts";
import { ApiFault, notFound } from "../api/fault.ts";
import type { PageRequest } from "../api/list.ts";
import { PARTICIPANT_ENDPOINTS } from "../api/participants.ts";
import { RUN_ENDPOINTS } from "../api/runs.ts";
import { SEARCH_ENDPOINTS } from "../api/search.ts";
import { SLOT_ENDPOINTS } from "../api/slots.ts";
import { SUPPLY_ENDPOINTS } from "../api/supply.ts";

/** Every path of the API; one that has no endpoint is an error of the compiler. */
const ENDPOINTS: EndpointTable<ApiPath> = {
  "/api/status": single<Endpoints["/api/status"]["response"]>((context) => context.status()),
  ...ENERGY_ENDPOINTS,
  ...RUN_ENDPOINTS,
  ...SLOT_ENDPOINTS,
  ...SUPPLY_ENDPOINTS,
  ...PARTICIPANT_ENDPOINTS,
  ...EXPLORER_ENDPOINTS,
  ...ADDRESS_ENDPOINTS,
  ...CONTRACT_ENDPOINTS,
  ...SEARCH_ENDPOINTS,
};

/** An endpoint of any path. */
export type AnyEndpoint = Single<unknown> | Listed<unknown>;

interface Route {
  readonly parts: readonly string[];
  readonly endpoint: AnyEndpoint;
}

const ROUTES: readonly Route[] = Object.entries(ENDPOINTS).map(([path, endpoint]) => ({
  parts: path.split("/"),
  endpoint: endpoint,
}));

/** A request that was understood. */
export interface Understood {
  readonly endpoint: AnyEndpoint;
  readonly values: Values;
  readonly page: PageRequest;
  readonly csv: boolean;
  /** Name for a file with the answer. */
  readonly name: string;
}

const DEFAULT_LIMIT = 50;
const MOST_IN_PAGE = 200;

/** @throws ApiFault if there is no such path, or the query is not one of its */
export function understand(url: URL): Understood {
  const parts = url.pathname.split("/").map(decoded);
  const route = ROUTES.find((one) => matches(one.parts, parts));
  if (route === undefined) throw notFound(`path ${url.pathname} in the API`);
  const values = new Map<string, string | number | boolean>();
  for (const [i, part] of route.parts.entries())
    if (part.startsWith(":")) values.set(part, parts[i] ?? "");
  const { endpoint } = route;
  const kinds = endpoint.kind === "list" ? { ...endpoint.query, ...PAGING } : endpoint.query;
  for (const [name, text] of url.searchParams) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined)
      throw new ApiFault(
        "bad-request",
        `"${name}" is no field of this query; it has ${fieldsOf(kinds)}.`,
      );
    if (values.has(name)) throw new ApiFault("bad-request", `"${name}" is given twice.`);
    if (text !== "") values.set(name, valueOf(name, kind, text));
  }
  return {
    endpoint,
    values: new Values(values),
    page: pageOf(values),
    csv: values.get("format") === "csv",
    name: parts
      .slice(2)
      .join("-")
      .replaceAll(/[^\w-]/g, "_"),
  };
}

const PAGING: Readonly<Record<string, QueryKind>> = {
  limit: "integer",
  cursor: "text",
  order: ["asc", "desc"],
  format: ["json", "csv"],
};

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiFault("bad-request", "The path is not properly encoded.");
  }
}

const matches = (pattern: readonly string[], parts: readonly string[]): boolean =>
  pattern.length === parts.length &&
  pattern.every((part, i) => (part.startsWith(":") ? parts[i] !== "" : part === parts[i]));

const fieldsOf = (kinds: object): string => Object.keys(kinds).join(", ") || "none";

function pageOf(values: ReadonlyMap<string, string | number | boolean>): PageRequest {
  const limit = (values.get("limit") as number | undefined) ?? DEFAULT_LIMIT;
  if (limit < 1 || limit > MOST_IN_PAGE)
    throw new ApiFault("bad-request", `limit is ${limit}; it can be 1 to ${MOST_IN_PAGE}.`);
  return {
    limit,
    cursor: values.get("cursor") as string | undefined,
    order: values.get("order") as PageRequest["order"],
  };
}

const PATTERNS = { integer: /^\d{1,15}$/, address: /^0x[0-9a-f]{40}$/, hash: /^0x[0-9a-f]{64}$/ };

const KIND_WORDS = {
  integer: "a whole number",
  address: "an address: 0x and 40 hexadecimal digits",
  hash: "a hash: 0x and 64 hexadecimal digits",
};

function valueOf(name: string, kind: QueryKind, text: string): string | number | boolean {
  if (kind === "text") return text;
  if (kind === "flag") {
    if (text === "true" || text === "false") return text === "true";
    throw new ApiFault("bad-request", `${name} is "${text}"; it can be true or false.`);
  }
  if (typeof kind !== "string") {
    if (kind.includes(text)) return text;
    throw new ApiFault("bad-request", `${name} is "${text}"; it can be ${kind.join(", ")}.`);
  }
  const lower = text.toLowerCase();
  if (!PATTERNS[kind].test(lower))
    throw new ApiFault("bad-request", `${name} is "${text}", which is not ${KIND_WORDS[kind]}.`);
  return kind === "integer" ? Number(lower) : lower;
}
