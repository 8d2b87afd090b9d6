/**
 * EIP-712 types and domains of every message that is signed in the market; the contracts' type
 * hashes are their other half.
 */
import { TypedDataEncoder, type TypedDataDomain, type TypedDataField } from "ethers";

import { bytesOf } from "./codec.ts";
import { keccak } from "./keccak.ts";
import type { Bytes32 } from "./ledger.ts";
import { structHasher, type StructHasher } from "./typedData.ts";

/** Contracts that check signatures, with the names of their EIP-712 domains. */
export const DOMAIN_NAMES = {
  identities: "heliomarket identities",
  meters: "heliomarket meters",
  auction: "heliomarket auction",
} as const;

/** EIP-712 domain of one of the market's contracts. */
export function domainOf(
  part: keyof typeof DOMAIN_NAMES,
  verifyingContract: string,
  chainId: bigint,
): TypedDataDomain {
  return { name: DOMAIN_NAMES[part], version: "1", chainId, verifyingContract };
}

/** Message types in the form that ethers' `signTypedData` takes. */
type MessageTypes = Record<string, TypedDataField[]>;

const field = (declaration: string): TypedDataField => {
  const [type = "", name = ""] = declaration.split(" ");
  return { name, type };
};

const struct = (...declarations: string[]): TypedDataField[] => declarations.map(field);

/** Signed by a registrar; verified by the identity registry. */
export const ENROLMENT_TYPES: MessageTypes = {
  Enrolment: struct(
    "string id",
    "address wallet",
    "uint8 role",
    "bytes32 certificate",
    "uint40 validUntil",
    "uint40 expiry",
  ),
};

/** Signed by a registrar and by the participant's old wallet; verified by the identity registry. */
export const ROTATION_TYPES: MessageTypes = {
  Rotation: struct(
    "uint32 participant",
    "address wallet",
    "bytes32 certificate",
    "uint40 validUntil",
    "uint40 expiry",
  ),
};

/** Signed by a registrar; verified by the meter book. */
export const SITE_TYPES: MessageTypes = {
  Site: struct(
    "uint32 dataCentre",
    "uint32 meter",
    "uint32 gridOperator",
    "uint32 networkOperator",
    "uint32 pvLimitWh",
    "uint32 esdLimitWh",
    "uint32 gridLimitWh",
    "uint32 version",
  ),
};

/** Signed by a data centre's meter; verified by the meter book. */
export const READING_TYPES: MessageTypes = {
  Reading: struct(
    "uint32 dataCentre",
    "uint32 slot",
    "uint8 part",
    "bool last",
    "uint32 pv",
    "uint32 esdIn",
    "uint32 esdOut",
    "uint32 gridImport",
    "uint32 gridExport",
    "Delivery[] deliveries",
  ),
  Delivery: struct(
    "uint40 contractId",
    "uint40 coreSeconds",
    "uint32 pv",
    "uint32 esd",
    "uint32 grid",
  ),
};

/** A plan's digest is its commitment; its wallet signs it to have it revealed by a relayer. */
export const PLAN_TYPES: MessageTypes = {
  Plan: struct("uint32 slot", "uint32 bidder", "Bid[] bids", "Offer[] offers", "bytes32 salt"),
  Bid: struct(
    "uint16 cores",
    "uint40 coreSeconds",
    "uint32 energy",
    "uint32 maxPrice",
    "uint32 earliest",
    "uint32 deadline",
    "bool priority",
  ),
  Offer: struct("uint32 price", "uint32 energy", "uint16 cores"),
};

/** Signed by a bidder to have its commitment sent by a relayer; verified by the auction. */
export const COMMITMENT_TYPES: MessageTypes = {
  Commitment: struct("uint32 slot", "bytes32 commitment", "uint32 replaces", "uint40 expiry"),
};

/** Hashes messages as `TypedDataEncoder.hash` does, without looking at the same types and domains anew every time. */
export class MessageHasher {
  private readonly hashers = new Map<object, StructHasher>();
  private readonly separators = new Map<string, string>();

  /** Digest that is signed for a message (EIP-712). */
  digest(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: object,
  ): Bytes32 {
    let hash = this.hashers.get(types);
    if (hash === undefined)
      this.hashers.set(types, (hash = structHasher(types, TypedDataEncoder.getPrimaryType(types))));
    const key = `${domain.name ?? ""} ${String(domain.verifyingContract)} ${String(domain.chainId)}`;
    let separator = this.separators.get(key);
    if (separator === undefined)
      this.separators.set(key, (separator = TypedDataEncoder.hashDomain(domain)));
    return keccak(bytesOf(`0x1901${separator.slice(2)}${hash(message).slice(2)}`));
  }
}
