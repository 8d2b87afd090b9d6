import { expect } from "chai";
import { getAddress, hexlify, Interface, type ParamType } from "ethers";
import { artifacts } from "hardhat";

import { ContractCodec, bytesOf } from "../../../sim/market/codec.ts";
import { CONTRACT_NAMES } from "../../../sim/market/deployment.ts";
import type { LedgerValue } from "../../../sim/market/ledger.ts";
import { Random } from "../../../sim/random.ts";

const ROUNDS = 5;

/** A random value of a type, in the ledger's form. */
function valueOf(type: ParamType, random: Random): LedgerValue {
  if (type.arrayChildren !== null) {
    const child = type.arrayChildren;
    return Array.from({ length: random.int(0, 3) }, () => valueOf(child, random));
  }
  if (type.components !== null) return fieldsOf(type.components, random);
  const bytes = (length: number): string =>
    hexlify(Uint8Array.from({ length }, () => random.int(0, 255)));
  if (type.type === "address") return getAddress(bytes(20));
  if (type.type === "bool") return random.int(0, 1) === 1;
  if (type.type === "string") return `Ü${"x".repeat(random.int(0, 40))}`;
  if (type.type === "bytes") return bytes(random.int(0, 70));
  const fixed = /^bytes(\d+)$/.exec(type.type);
  if (fixed) return bytes(Number(fixed[1]));
  const bits = Number(/^u?int(\d+)$/.exec(type.type)![1]);
  const value = BigInt(bytes(32)) % 2n ** BigInt(bits);
  return type.type.startsWith("u") ? value : BigInt.asIntN(bits, value);
}

const fieldsOf = (types: readonly ParamType[], random: Random): Record<string, LedgerValue> =>
  Object.fromEntries(types.map((type) => [type.name, valueOf(type, random)]));

describe("ContractCodec", () => {
  for (const name of Object.values(CONTRACT_NAMES)) {
    it(`encodes and decodes what ${name} has as ethers does`, async () => {
      const random = new Random(name);
      const contract = new Interface((await artifacts.readArtifact(name)).abi as never);
      const codec = new ContractCodec(contract);
      const names = contract.fragments.map((fragment) => (fragment as { name?: string }).name);
      const overloaded = new Set(names.filter((one, i) => names.indexOf(one) < i));
      contract.forEachFunction((fragment) => {
        if (overloaded.has(fragment.name)) return;
        for (let round = 0; round < ROUNDS; round += 1) {
          const args = fragment.inputs.map((type) => valueOf(type, random));
          expect(codec.encodeCall(fragment.name, args), fragment.format()).to.equal(
            contract.encodeFunctionData(fragment, args),
          );
          const outputs = fragment.outputs.map((type) => valueOf(type, random));
          const data = contract.encodeFunctionResult(fragment, outputs);
          const [only] = outputs;
          const expected =
            outputs.length === 1
              ? only
              : Object.fromEntries(fragment.outputs.map((type, i) => [type.name, outputs[i]]));
          if (fragment.outputs.length > 0)
            expect(codec.decodeResult(fragment.name, data), fragment.format()).to.deep.equal(
              expected,
            );
        }
      });
      contract.forEachEvent((event) => {
        const args = fieldsOf(event.inputs, random);
        const log = contract.encodeEventLog(event, Object.values(args));
        const decoded = codec.decodeLog(log)!;
        expect(decoded.name).to.equal(event.name);
        // Of an indexed text only the hash is in the log.
        for (const { name: field, indexed, type } of event.inputs)
          if (!(indexed === true && type === "string"))
            expect(decoded.args[field], `${event.name}.${field}`).to.deep.equal(args[field]);
      });
    });
  }

  it("knows no event of another contract", async () => {
    const { abi } = await artifacts.readArtifact("Vault");
    const codec = new ContractCodec(new Interface(abi as never));
    expect(codec.decodeLog({ topics: [`0x${"12".repeat(32)}`], data: "0x" })).to.equal(undefined);
    expect(codec.decodeLog({ topics: [], data: "0x" })).to.equal(undefined);
  });

  it("refuses what does not fit", async () => {
    const { abi } = await artifacts.readArtifact("Vault");
    const codec = new ContractCodec(new Interface(abi as never));
    expect(() => codec.encodeCall("steal", [])).to.throw("no function steal");
    expect(() => codec.encodeCall("accountOf", [2n ** 32n])).to.throw();
    expect(() => bytesOf("0x123")).to.throw("no hexadecimal");
    expect(() => bytesOf("1234")).to.throw("no hexadecimal");
    expect(() => bytesOf("0xzz")).to.throw("no hexadecimal");
  });
});
