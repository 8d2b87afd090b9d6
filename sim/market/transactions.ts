/** Keys, the transactions and messages that they sign, and whose a signature is. */
import { computeAddress, getAddress, SigningKey } from "ethers";
import { RLP } from "micro-eth-signer/core/rlp.js";
import { recover, signRecoverable } from "tiny-secp256k1";

import { bytesOf, hexOf } from "./codec.ts";
import { keccak } from "./keccak.ts";
import type { Address, Bytes32 } from "./ledger.ts";

/** A transaction before it is signed; gas prices and value in wei. */
export interface UnsignedTransaction {
  readonly chainId: bigint;
  readonly nonce: number;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly gasLimit: bigint;
  readonly to: Address;
  readonly value: bigint;
  readonly data: string;
}

/** A transaction that can be sent. */
export interface SignedTransaction {
  /** As `eth_sendRawTransaction` takes it. */
  readonly raw: string;
  readonly hash: Bytes32;
}

/** Type of a transaction with a fee market (EIP-1559). */
const TYPE = Uint8Array.of(2);

const NO_ACCESS_LIST: Uint8Array[] = [];

/** A private key. Signatures are deterministic (RFC 6979): the same digest has the same signature. */
export class Key {
  readonly address: Address;
  private readonly secret: Uint8Array;

  /** @param privateKey 32 bytes in hexadecimal. @throws Error if it is no key */
  constructor(privateKey: string) {
    this.address = computeAddress(new SigningKey(privateKey));
    this.secret = bytesOf(privateKey);
  }

  /** Signature of a digest: 65 bytes r, s, v in hexadecimal. */
  sign(digest: Bytes32): string {
    const { signature, recoveryId } = signRecoverable(bytesOf(digest), this.secret);
    return `${hexOf(signature)}${(27 + recoveryId).toString(16)}`;
  }

  /** Signs a transaction (EIP-1559). */
  signTransaction(transaction: UnsignedTransaction): SignedTransaction {
    const fields = [
      integer(transaction.chainId),
      integer(BigInt(transaction.nonce)),
      integer(transaction.maxPriorityFeePerGas),
      integer(transaction.maxFeePerGas),
      integer(transaction.gasLimit),
      bytesOf(transaction.to),
      integer(transaction.value),
      bytesOf(transaction.data),
      NO_ACCESS_LIST,
    ];
    const digest = keccak(typed(RLP.encode(fields)));
    const { signature, recoveryId } = signRecoverable(bytesOf(digest), this.secret);
    const r = withoutZeros(signature.subarray(0, 32));
    const s = withoutZeros(signature.subarray(32));
    const signed = typed(RLP.encode([...fields, integer(BigInt(recoveryId)), r, s]));
    return { raw: hexOf(signed), hash: keccak(signed) };
  }
}

/**
 * Who signed a digest; undefined if the signature is nobody's.
 *
 * @param signature 65 bytes r, s, v in hexadecimal, v being 27 or 28
 */
export function signerOf(digest: Bytes32, signature: string): Address | undefined {
  const bytes = bytesOf(signature);
  const parity = (bytes[64] ?? 0) - 27;
  if (bytes.length !== 65 || (parity !== 0 && parity !== 1)) return undefined;
  const point = recovered(bytesOf(digest), bytes.subarray(0, 64), parity);
  return point === null ? undefined : getAddress(`0x${keccak(point.subarray(1)).slice(-40)}`);
}

/** The public key, uncompressed. */
function recovered(digest: Uint8Array, signature: Uint8Array, parity: 0 | 1): Uint8Array | null {
  try {
    return recover(digest, signature, parity, false);
  } catch {
    // r or s is no number below the order of the curve.
    return null;
  }
}

function typed(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(payload.length + 1);
  bytes.set(TYPE);
  bytes.set(payload, 1);
  return bytes;
}

/** An integer as RLP has it: big-endian without leading zeros, nothing for 0. */
function integer(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return value === 0n ? new Uint8Array() : bytesOf(`0x${hex.length % 2 === 0 ? "" : "0"}${hex}`);
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? new Uint8Array() : bytes.subarray(first);
}
