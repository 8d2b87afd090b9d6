/** The market's contracts: source, ABI, functions. */
import type { ContractDetail, ContractFunction, ContractRow } from "../../shared/api.ts";
import { typeOf, type KnownContract } from "../index/codec.ts";
import { id as selectorOf } from "ethers";
import { creationOf } from "./addresses.ts";
import { single, withMarket, type EndpointTable, type MarketContext } from "./endpoint.ts";
import { notFound } from "./fault.ts";
import { checksummed } from "./names.ts";
import { sourcesOf, type RecordedSources } from "./sources.ts";

async function contractRow(
  context: MarketContext,
  { name, address }: KnownContract,
  sources: RecordedSources | undefined,
): Promise<ContractRow> {
  const { db, names, node } = context;
  const created = creationOf(context, address);
  const sender =
    created && db.get<{ sender: string }>("SELECT sender FROM transactions WHERE at = ?", created);
  const count = (sql: string): number => db.get<{ n: number }>(sql, address)?.n ?? 0;
  return {
    name,
    address: checksummed(address),
    created: created === undefined ? null : names.transaction(created),
    creator: sender ? names.address(sender.sender) : null,
    transactions: count("SELECT count(*) n FROM transactions WHERE receiver = ?"),
    events: count("SELECT count(*) n FROM logs WHERE address = ?"),
    source: sources === undefined ? "unknown" : await sources.compare(node, address),
  };
}

async function contractOf(context: MarketContext, name: string): Promise<ContractDetail> {
  const { market, db } = context;
  const known = market.codec.named(name);
  if (known === undefined) throw notFound(`contract ${name} in the market`);
  const sources = await sourcesOf(market, known);
  const { compiler } = market.record;
  const calls = new Map(
    db
      .all<{ method: string; n: number }>(
        "SELECT c.method, count(*) n FROM transactions t JOIN calls c ON c.tx = t.at WHERE t.receiver = ? GROUP BY c.method",
        known.address,
      )
      .map(({ method, n }) => [method, n]),
  );
  const namesOf = (type: string): string[] =>
    [
      ...new Set(known.abi.filter((item) => item.type === type).map((item) => item.name ?? "")),
    ].sort();
  return {
    ...(await contractRow(context, known, sources)),
    abi: known.abi,
    constructorArguments: market.contracts.get(name)?.constructorArguments ?? null,
    compiler: compiler.version,
    compilerSettings: compiler.settings,
    sources: sources?.files ?? [],
    functions: functionsOf(known, calls),
    eventNames: namesOf("event"),
    errorNames: namesOf("error"),
  };
}

const functionsOf = (
  { abi }: KnownContract,
  calls: ReadonlyMap<string, number>,
): ContractFunction[] =>
  abi
    .filter(({ type }) => type === "function")
    .map(({ name = "", inputs = [], stateMutability }) => {
      const signature = `${name}(${inputs.map(typeOf).join(",")})`;
      return {
        name,
        signature,
        selector: selectorOf(signature).slice(0, 10),
        reads: stateMutability === "view" || stateMutability === "pure",
        calls: calls.get(name) ?? 0,
      };
    });

/** Endpoints about contracts on the chain. */
export const CONTRACT_ENDPOINTS: EndpointTable<"/api/contracts" | "/api/contracts/:name"> = {
  "/api/contracts": single(async (context) => {
    const market = withMarket(context);
    return Promise.all(
      market.market.codec.contracts.map(async (known) =>
        contractRow(market, known, await sourcesOf(market.market, known)),
      ),
    );
  }),
  "/api/contracts/:name": single((context, values) =>
    contractOf(withMarket(context), values.part("name")),
  ),
};
