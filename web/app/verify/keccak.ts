/** Takes the place of `sim/market/keccak.ts` in the browser: WebAssembly needs leave in the page's policy, and a slot has few hashes. */
import { keccak256, toUtf8Bytes } from "ethers";

/** Keccak-256 of bytes, or of a text in UTF-8. */
export const keccak = (data: Uint8Array | string): string =>
  keccak256(typeof data === "string" ? toUtf8Bytes(data) : data);
