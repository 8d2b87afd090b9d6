/** What an endpoint of the API is: its query, and how it is answered. */
import type { ApiPath, Endpoints, Page, Status } from "../../shared/api.ts";
import type { Database } from "../index/database.ts";
import type { Market } from "../market.ts";
import type { Node } from "../node.ts";
import type { Shower } from "./decoded.ts";
import { ApiFault } from "./fault.ts";
import { readPage, type Computed, type List, type PageRequest, type Path } from "./list.ts";
import type { Names } from "./names.ts";

/** What answers are made from. */
export interface ApiContext {
  readonly db: Database;
  readonly market: Market | undefined;
  readonly names: Names;
  readonly shower: Shower;
  readonly node: Node;
  readonly status: () => Status;
  /** Folder with the results of runs. */
  readonly results: string;
  /** Time of the latest indexed block; 0 if there is none. */
  readonly now: number;
  /** Number of that block; 0 if there is none. */
  readonly head: number;
}

/** The same with a market. */
export interface MarketContext extends ApiContext {
  readonly market: Market;
}

/** What a field of a query may be. */
export type QueryKind = "integer" | "text" | "flag" | "address" | "hash" | readonly string[];

/** Fields of a query beside those of every list. */
export type QueryKinds = Readonly<Record<string, QueryKind>>;

/** Values of a path and a query, checked. */
export class Values {
  private readonly values: ReadonlyMap<string, string | number | boolean>;

  constructor(values: ReadonlyMap<string, string | number | boolean>) {
    this.values = values;
  }

  integer(name: string): number | undefined {
    return this.values.get(name) as number | undefined;
  }

  text(name: string): string | undefined {
    return this.values.get(name) as string | undefined;
  }

  flag(name: string): boolean | undefined {
    return this.values.get(name) as boolean | undefined;
  }

  /** A part of the path that is a number of at most 53 bits. @throws ApiFault */
  number(name: string): number {
    const text = this.part(name);
    if (!/^\d{1,15}$/.test(text))
      throw new ApiFault("bad-request", `"${text}" is no number; ${name} is one.`);
    return Number(text);
  }

  /** A part of the path. */
  part(name: string): string {
    return String(this.values.get(`:${name}`) ?? "");
  }
}

/** An endpoint with one answer. */
export interface Single<Response> {
  readonly kind: "single";
  readonly query: QueryKinds;
  readonly answer: (context: ApiContext, values: Values) => Response | Promise<Response>;
}

/** An endpoint with a list. */
export interface Listed<Item> {
  readonly kind: "list";
  readonly query: QueryKinds;
  readonly columns: readonly string[];
  /** Further columns, as the query wants them. */
  readonly computed?: (context: ApiContext, values: Values) => Computed<Item>;
  /** Finds the list once; pages of it are then read one after another. */
  readonly open: (context: ApiContext, values: Values) => (request: PageRequest) => Page<Item>;
}

type EndpointOf<Response> = [Response] extends [Page<infer Item>] ? Listed<Item> : Single<Response>;

/** Endpoints of some paths. */
export type EndpointTable<Paths extends ApiPath> = {
  readonly [P in Paths]: EndpointOf<Endpoints[P]["response"]>;
};

/** An endpoint with one answer. */
export const single = <Response>(
  answer: Single<Response>["answer"],
  query: QueryKinds = {},
): Single<Response> => ({ kind: "single", query, answer });

/** A list that the database has. */
export const listed = <Row, Item>(
  columns: readonly Path<Item>[],
  list: (context: ApiContext, values: Values) => Omit<List<Row, Item>, "columns">,
  query: QueryKinds = {},
  computed?: (context: ApiContext, values: Values) => Computed<Item>,
): Listed<Item> => ({
  kind: "list",
  query,
  columns,
  ...(computed === undefined ? {} : { computed }),
  open: (context, values) => {
    const spec = { ...list(context, values), columns };
    return (request) => readPage(context.db, spec, request);
  },
});

/** The market, or the reason why there is none. @throws ApiFault */
export function withMarket(context: ApiContext): MarketContext {
  const { market } = context;
  if (market === undefined)
    throw new ApiFault("no-market", context.status().problem ?? "There is no market yet.");
  return { ...context, market };
}
