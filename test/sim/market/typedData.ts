import { expect } from "chai";
import { TypedDataEncoder, type TypedDataField } from "ethers";

import {
  COMMITMENT_TYPES,
  ENROLMENT_TYPES,
  MessageHasher,
  PLAN_TYPES,
  READING_TYPES,
  ROTATION_TYPES,
  SITE_TYPES,
} from "../../../sim/market/messages.ts";
import { structHasher } from "../../../sim/market/typedData.ts";
import { Random } from "../../../sim/random.ts";

const random = new Random("typed data");

const hex = (bytes: number): string =>
  `0x${Array.from({ length: bytes }, () => random.int(0, 255).toString(16).padStart(2, "0")).join("")}`;

/** A value of a type, bounds included. */
function valueOf(types: Record<string, TypedDataField[]>, type: string): unknown {
  if (type.endsWith("[]"))
    return Array.from({ length: random.int(0, 3) }, () => valueOf(types, type.slice(0, -2)));
  const struct = types[type];
  if (struct !== undefined)
    return Object.fromEntries(struct.map((field) => [field.name, valueOf(types, field.type)]));
  if (type === "bool") return random.chance(0.5);
  if (type === "address") return hex(20);
  if (type === "bytes32") return hex(32);
  if (type === "string") return random.pick(["", "mg-1/dc-2", "数据中心 ☀"]);
  const limit = 1n << BigInt(type.slice("uint".length));
  return random.pick([0n, limit - 1n, BigInt(hex(32)) % limit]);
}

describe("structHasher", () => {
  const permit = {
    Permit: [
      { name: "owner", type: "address" },
      { name: "value", type: "uint256" },
    ],
  };
  for (const types of [
    COMMITMENT_TYPES,
    ENROLMENT_TYPES,
    PLAN_TYPES,
    READING_TYPES,
    ROTATION_TYPES,
    SITE_TYPES,
    permit,
  ]) {
    const name = TypedDataEncoder.getPrimaryType(types);

    it(`hashes a ${name} as ethers does`, () => {
      const hash = structHasher(types, name);
      for (let i = 0; i < 100; i += 1) {
        const message = valueOf(types, name) as object;
        expect(hash(message)).to.equal(TypedDataEncoder.from(types).hash(message));
      }
    });
  }

  it("refuses values that do not fit their type", () => {
    const hash = structHasher(COMMITMENT_TYPES, "Commitment");
    const message = { slot: 1n, commitment: hex(32), replaces: 0n, expiry: 2n };
    expect(() => hash({ ...message, slot: 2n ** 32n })).to.throw("4294967296 is no uint32");
    expect(() => hash({ ...message, slot: -1n })).to.throw("-1 is no uint32");
    expect(() => hash({ ...message, slot: undefined })).to.throw("undefined is no uint32");
    expect(() => hash({ ...message, commitment: "0x12" })).to.throw("0x12 has not 32 bytes");
    expect(() => hash({ ...message, commitment: `0x${"g".repeat(64)}` })).to.throw(
      "is no hexadecimal text",
    );
  });

  it("refuses types that no message has", () => {
    const types = { Note: [{ name: "text", type: "bytes" }] };
    expect(() => structHasher(types, "Note")).to.throw("no fields of the type bytes");
  });
});

describe("MessageHasher", () => {
  it("gives the digest that is signed in a domain", () => {
    const hasher = new MessageHasher();
    const message = valueOf(PLAN_TYPES, "Plan") as object;
    for (const chainId of [1n, 31337n]) {
      const domain = { name: "a market", version: "1", chainId, verifyingContract: hex(20) };
      for (let i = 0; i < 2; i += 1) {
        expect(hasher.digest(domain, PLAN_TYPES, message)).to.equal(
          TypedDataEncoder.hash(domain, PLAN_TYPES, message),
        );
      }
    }
  });
});
