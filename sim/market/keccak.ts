/**
 * Keccak-256 in WebAssembly, ten times quicker than ethers' own; runs of large scenarios hash hundreds of thousands of salts
 * and draws. Ethers uses it, too: it hashes every message that is signed.
 */
import { keccak256 } from "ethers";
import { createKeccak } from "hash-wasm";

import type { Bytes32 } from "./ledger.ts";

const hasher = await createKeccak(256);

keccak256.register((data) => hasher.init().update(data).digest("binary"));

/** Keccak-256 of bytes, or of a text in UTF-8. */
export const keccak = (data: Uint8Array | string): Bytes32 =>
  `0x${hasher.init().update(data).digest("hex")}`;
