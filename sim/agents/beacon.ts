/** A beacon operator: opens one link of its hash chain per slot, after the reveals. */
import { keccak256 } from "ethers";

import type { Bytes32 } from "../market/ledger.ts";
import type { MarketAccess, Party } from "./access.ts";

/** A beacon operator's agent. */
export class BeaconAgent {
  readonly party: Party;
  private readonly access: MarketAccess;
  private readonly links: Bytes32[] = [];

  /**
   * @param secret end of the chain, known to nobody else
   * @param slots how many slots the chain lasts
   */
  constructor(access: MarketAccess, party: Party, secret: Bytes32, slots: number) {
    this.access = access;
    this.party = party;
    for (let link = secret, i = 0; i <= slots; i += 1, link = keccak256(link))
      this.links.push(link);
  }

  /** Commits to the chain. */
  async commit(firstSlot: bigint): Promise<void> {
    const anchor = this.links.pop();
    if (anchor === undefined || this.links.length === 0) return;
    const { id, wallet } = this.party;
    const length = BigInt(this.links.length);
    await this.access.must(id, this.access.ledger.commitChain(wallet, anchor, firstSlot, length));
  }

  /** Opens the next link. */
  async open(slot: bigint): Promise<void> {
    const value = this.links.pop();
    if (value === undefined) return;
    const { id, wallet, participant } = this.party;
    await this.access.must(id, this.access.ledger.open(wallet, participant, slot, value));
  }

  /** Takes its bond back when the chain is over. */
  async leave(): Promise<void> {
    if (this.links.length !== 0) return;
    const { id, wallet, participant } = this.party;
    await this.access.must(id, this.access.ledger.retire(wallet, participant));
  }
}
