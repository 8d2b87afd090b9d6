/** Audits of markets on in-process chains, and of copies in which one thing is another. */
import { Interface } from "ethers";
import { artifacts } from "hardhat";

import type { AuditedMarket } from "../../sim/audit/audit.ts";
import type { ContractKey } from "../../sim/audit/codec.ts";
import { CONTRACT_NAMES } from "../../sim/market/deployment.ts";
import type { Rpc, RpcAnswer, RpcRequest } from "../../sim/market/rpc.ts";
import { Random } from "../../sim/random.ts";
import { RandomCalls } from "./randomCalls.ts";
import { Twin } from "./twin.ts";

/** Enough for every kind of call to have gone through and to have been refused. */
const CALLS = 2500;

/** A market in which everybody has made random calls, wrong ones among them. */
export interface PlayedMarket {
  readonly market: AuditedMarket;
  /** The chain itself. */
  readonly chain: Rpc;
  /** A copy of its public data. */
  readonly rpc: Rpc;
}

let played: Promise<PlayedMarket> | undefined;

/** The same market for all tests of this process. */
export const playedMarket = (): Promise<PlayedMarket> => (played ??= play());

async function play(): Promise<PlayedMarket> {
  const twin = await Twin.create({ lateReadingSlots: 2n });
  const calls = new RandomCalls(twin, new Random("audit"), 2);
  await calls.begin();
  for (let i = 0; i < CALLS; i += 1) {
    const time = calls.nextTime();
    const call = await calls.next();
    calls.note(await twin.call(call, time));
  }
  const chain = twin.transport.rpc;
  return { market: await auditedMarket(twin), chain, rpc: copyOf(chain) };
}

/** The market of a twin, as its record would describe it. */
export async function auditedMarket({
  chainId,
  parameters,
  addresses,
}: Pick<Twin, "chainId" | "parameters" | "addresses">): Promise<AuditedMarket> {
  const interfaces: Partial<Record<ContractKey, Interface>> = {};
  for (const [key, name] of Object.entries(CONTRACT_NAMES) as [ContractKey, string][]) {
    const { abi } = await artifacts.readArtifact(name);
    interfaces[key] = new Interface(abi as never);
  }
  return {
    ...{ chainId, parameters, addresses, firstBlock: 0, ownToken: true },
    interfaces: interfaces as Record<ContractKey, Interface>,
  };
}

/** A node's answers, kept: the public data of a chain, to be looked at and changed without the chain. */
export function copyOf(rpc: Rpc): Rpc {
  const known = new Map<string, Promise<RpcAnswer>>();
  const one = async (request: RpcRequest): Promise<RpcAnswer> => (await rpc([request]))[0]!;
  return async (requests) =>
    Promise.all(
      requests.map((request) => {
        const key = JSON.stringify(request);
        let answer = known.get(key);
        if (answer === undefined) known.set(key, (answer = one(request)));
        return answer;
      }),
    );
}

/** Changes what a node says: gets a request with what it answered, and gives what the copy is to answer. */
export type Corruption = (request: RpcRequest, answer: RpcAnswer) => RpcAnswer;

/** A copy in which something is another. */
export const corrupted =
  (rpc: Rpc, change: Corruption): Rpc =>
  async (requests) =>
    (await rpc(requests)).map((answer, i) => change(requests[i]!, answer));

/** Changes the results of one method. */
export const resultsOf =
  (method: string, change: (result: unknown, request: RpcRequest) => unknown): Corruption =>
  (request, answer) =>
    request.method === method && answer.error === undefined
      ? { result: change(structuredClone(answer.result), request) }
      : answer;
