/** Questions to the node on behalf of a page; they fail at once if it is gone. */
import type { Rpc, RpcAnswer, RpcRequest } from "../../sim/market/rpc.ts";
import { ApiFault } from "./api/fault.ts";

/** The node that the console looks at. */
export class Node {
  private readonly rpc: Rpc;

  constructor(rpc: Rpc) {
    this.rpc = rpc;
  }

  /** Asks several things at once. @throws ApiFault if the node does not answer */
  async ask(requests: readonly RpcRequest[]): Promise<RpcAnswer[]> {
    try {
      return await this.rpc(requests);
    } catch (error) {
      throw new ApiFault("node-gone", (error as Error).message);
    }
  }

  /** The same; undefined if the node does not answer, for pages that can do without. */
  async askIfThere(requests: readonly RpcRequest[]): Promise<RpcAnswer[] | undefined> {
    try {
      return await this.rpc(requests);
    } catch {
      return undefined;
    }
  }
}
