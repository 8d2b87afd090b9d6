import { expect } from "chai";
import { ParamType } from "ethers";

import { TypedError, valueOf, type Typed } from "../../web/app/abi/typed.ts";

const PLAN = "tuple(uint32 slot, address[] wallets, tuple(int8 shift, bytes4 selector) inner) plan";

const valueFor = (type: string, typed: Typed): unknown => valueOf(ParamType.from(type), typed);

function refusal(type: string, typed: Typed): string {
  try {
    valueFor(type, typed);
  } catch (error) {
    if (error instanceof TypedError) return error.message;
    throw error;
  }
  throw new Error(`${type} takes ${JSON.stringify(typed)}.`);
}

describe("what is typed into a form", () => {
  const address = "0xAb5801a7D398351b8bE11C439e05C5B3259aeC9B";

  it("becomes values of the parameters' types", () => {
    expect(valueFor("uint32 slot", " 4294967295 ")).to.equal(4_294_967_295n);
    expect(valueFor("uint256 amount", "0x10")).to.equal(16n);
    expect(valueFor("int8 shift", "-128")).to.equal(-128n);
    expect(valueFor("bool flag", "")).to.equal(false);
    expect(valueFor("bool flag", "true")).to.equal(true);
    expect(valueFor("address who", address)).to.equal(address);
    expect(valueFor("bytes data", "0x")).to.equal("0x");
    expect(valueFor("string text", "")).to.equal("");
    expect(valueFor("uint8[2][] pairs", '[[1, "2"], [3, 4]]')).to.deep.equal([
      [1n, 2n],
      [3n, 4n],
    ]);
    expect(valueFor("uint8[] none", "")).to.deep.equal([]);
    const plan = {
      slot: "7",
      wallets: `["${address}"]`,
      inner: { shift: "1", selector: "0x01020304" },
    };
    expect(valueFor(PLAN, plan)).to.deep.equal([7n, [address], [1n, "0x01020304"]]);
    const listed = '[{ "slot": 7, "wallets": [], "inner": [-1, "0x01020304"] }]';
    expect(valueFor(PLAN.replace(" plan", "[] plans"), listed)).to.deep.equal([
      [7n, [], [-1n, "0x01020304"]],
    ]);
  });

  for (const [type, typed, message] of [
    [
      "uint32 contractId",
      "abc",
      "contractId is “abc”; it must be a whole number from 0 to 4,294,967,295 (uint32).",
    ],
    [
      "uint32 contractId",
      "-1",
      "contractId is “-1”; it must be a whole number from 0 to 4,294,967,295 (uint32).",
    ],
    [
      "uint32 contractId",
      "4294967296",
      "contractId is “4294967296”; it must be a whole number from 0 to 4,294,967,295 (uint32).",
    ],
    [
      "uint32 contractId",
      "1.5",
      "contractId is “1.5”; it must be a whole number from 0 to 4,294,967,295 (uint32).",
    ],
    ["uint32", "", "uint32 is empty; it must be a whole number from 0 to 4,294,967,295 (uint32)."],
    [
      "uint256 amount",
      "-1",
      "amount is “-1”; it must be a whole number from 0 to 2^256 − 1 (uint256).",
    ],
    [
      "int256 change",
      "x",
      "change is “x”; it must be a whole number from −2^255 to 2^255 − 1 (int256).",
    ],
    [
      "address who",
      "vitalik.eth",
      "who is “vitalik.eth”; it must be an address: 0x and 40 hexadecimal digits.",
    ],
    [
      "address who",
      address.replace("Ab", "aB"),
      "its capitals are no checksum of an address; a digit is wrong.",
    ],
    ["bytes32 hash", "0x12", "hash is “0x12”; it must be bytes: 0x and 64 hexadecimal digits."],
    [
      "bytes data",
      "0x123",
      "data is “0x123”; it must be bytes: 0x and an even number of hexadecimal digits.",
    ],
    [
      "uint8[] list",
      "1, 2",
      'list is “1, 2”; it must be a list, written as JSON, such as ["1", "2"].',
    ],
    [
      "uint8[] list",
      '[1, "300"]',
      "list[1] is “300”; it must be a whole number from 0 to 255 (uint8).",
    ],
    ["uint8[2] pair", "[1]", "pair is “[1]”; it must have 2 elements."],
    [
      "uint256[] list",
      "[1e30]",
      "list[0] is “1e+30”; numbers that are this large must be in quotes.",
    ],
    ["bool[] flags", '["yes"]', "flags[0] is “yes”; it must be true or false."],
    [
      PLAN,
      { slot: "7", inner: { shift: "128" } },
      "plan.inner.shift is “128”; it must be a whole number from −128 to 127 (int8).",
    ],
  ] as const)
    it(`is refused with the reason: ${type.slice(0, 20)}, ${JSON.stringify(typed).slice(0, 30)}`, () => {
      expect(refusal(type, typed)).to.contain(message);
    });
});
