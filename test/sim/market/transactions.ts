import { expect } from "chai";
import { hexlify, keccak256, SigningKey, toBeHex, Transaction, Wallet } from "ethers";

import { Key, signerOf } from "../../../sim/market/transactions.ts";
import { Random } from "../../../sim/random.ts";

const ROUNDS = 200;

describe("Key", () => {
  const random = new Random("transactions");
  const bytes = (length: number): string =>
    hexlify(Uint8Array.from({ length }, () => random.int(0, 255)));

  it("signs transactions as ethers does", () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const privateKey = bytes(32);
      const key = new Key(privateKey);
      const fields = {
        chainId: BigInt(random.int(1, 2 ** 31)),
        nonce: round === 0 ? 0 : random.int(0, 100_000),
        maxPriorityFeePerGas: BigInt(random.int(0, 1) * random.int(0, 2 ** 31)),
        maxFeePerGas: BigInt(random.int(2 ** 31, 2 ** 32)) * 128n,
        gasLimit: BigInt(random.int(21_000, 2 ** 24)),
        to: new Wallet(bytes(32)).address,
        value: BigInt(random.int(0, 1) * random.int(0, 2 ** 31)),
        data: bytes(random.int(0, 300)),
      };
      const expected = Transaction.from({ type: 2, ...fields });
      expected.signature = new SigningKey(privateKey).sign(expected.unsignedHash);
      const { raw, hash } = key.signTransaction(fields);
      expect(raw).to.equal(expected.serialized);
      expect(hash).to.equal(expected.hash);
      expect(key.address).to.equal(expected.from);
    }
  });

  it("signs digests as ethers does", () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const privateKey = bytes(32);
      const digest = keccak256(toBeHex(round));
      const expected = new SigningKey(privateKey).sign(digest).serialized;
      const key = new Key(privateKey);
      expect(key.sign(digest)).to.equal(expected);
      expect(signerOf(digest, expected)).to.equal(key.address);
      expect(signerOf(keccak256(digest), expected)).not.to.equal(key.address);
    }
  });

  it("knows a signature that is nobody's", () => {
    const digest = keccak256("0x12");
    const signature = new Key(bytes(32)).sign(digest);
    const [r, s, v] = [signature.slice(2, 66), signature.slice(66, 130), signature.slice(130)];
    const most = "ff".repeat(32);
    const none = "00".repeat(32);
    for (const wrong of [
      `${most}${s}${v}`,
      `${r}${most}${v}`,
      `${none}${s}${v}`,
      `${r}${none}${v}`,
    ])
      expect(signerOf(digest, `0x${wrong}`), wrong).to.equal(undefined);
    for (const wrong of ["1d", "1a", "", "1b00"])
      expect(signerOf(digest, `0x${r}${s}${wrong}`), wrong).to.equal(undefined);
    // The x of no point of the curve.
    const noPoint = `${"00".repeat(31)}05`;
    expect(signerOf(digest, `0x${noPoint}${s}1b`)).to.equal(undefined);
  });

  it("refuses what is no key", () => {
    for (const wrong of [`0x${"00".repeat(32)}`, `0x${"ff".repeat(32)}`, "0x12"])
      expect(() => new Key(wrong)).to.throw();
  });
});
