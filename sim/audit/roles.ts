/** Who holds the administrators' roles, from the events of the access manager. */
import { getAddress, toBeHex } from "ethers";

import { ROLES, type RoleHolders } from "../market/deployment.ts";
import type { Address } from "../market/ledger.ts";
import type { MarketEvent } from "./codec.ts";

type Role = keyof typeof ROLES;

/**
 * Addresses that stand for whoever holds a role: the model of the market knows one holder for each. They are such as no key
 * leads to.
 */
export const STAND_INS = Object.fromEntries(
  Object.entries(ROLES).map(([role, number]) => [role, getAddress(toBeHex(number, 20))]),
) as RoleHolders;

/** The holders of the roles, as they change. */
export class Roles {
  /** From when on each holds its role, Unix seconds. */
  private readonly holders = new Map<string, bigint>();

  /** Takes an event of the access manager. */
  take({ name, args }: MarketEvent): void {
    const { roleId, account } = args as { readonly roleId: bigint; readonly account: Address };
    const key = `${roleId} ${account}`;
    if (name === "RoleGranted") {
      // An event for a member that has the role already tells its new delay.
      if (args["newMember"] === true) this.holders.set(key, args["since"] as bigint);
    } else if (name === "RoleRevoked") {
      this.holders.delete(key);
    }
  }

  /** Whether the address holds the role at a time. */
  has(role: Role, address: Address, time: bigint): boolean {
    const since = this.holders.get(`${ROLES[role]} ${address}`);
    return since !== undefined && since <= time;
  }

  /** Who acts towards the model: its stand-in for the role's holder, or the address itself. */
  actorOf(role: Role, address: Address, time: bigint): Address {
    return this.has(role, address, time) ? STAND_INS[role] : address;
  }
}
