/** Who signed a message, by the signature alone and as strictly as the contracts ask for it. */
import { concat, dataLength, dataSlice, ZeroAddress, type TypedDataField } from "ethers";

import type { MarketAddresses } from "../market/deployment.ts";
import type { Address } from "../market/ledger.ts";
import { domainOf, MessageHasher, type DOMAIN_NAMES } from "../market/messages.ts";
import { signerOf } from "../market/transactions.ts";

/** Half of the order of secp256k1: no signature may have a higher s. */
const MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** A signature as calldata holds it: 65 bytes, or r and vs as in ERC-2098. */
export type SignatureBytes = string | { readonly r: string; readonly vs: string };

/** Recovers the signers of a market's messages. */
export class Signatures {
  private readonly hasher = new MessageHasher();
  private readonly addresses: MarketAddresses;
  private readonly chainId: bigint;
  /** How many were checked. */
  checked = 0;

  constructor(addresses: MarketAddresses, chainId: bigint) {
    this.addresses = addresses;
    this.chainId = chainId;
  }

  /** The signer; the address zero, which nobody has, if the signature is none. */
  signerOf(
    part: keyof typeof DOMAIN_NAMES,
    types: Record<string, TypedDataField[]>,
    message: object,
    signature: SignatureBytes,
  ): Address {
    this.checked += 1;
    const bytes = typeof signature === "string" ? signature : fromCompact(signature);
    if (!isStrict(bytes)) return ZeroAddress;
    const domain = domainOf(part, this.addresses[part], this.chainId);
    return signerOf(this.hasher.digest(domain, types, message), bytes) ?? ZeroAddress;
  }
}

function isStrict(bytes: string): boolean {
  if (dataLength(bytes) !== 65) return false;
  const v = Number(dataSlice(bytes, 64));
  return (v === 27 || v === 28) && BigInt(dataSlice(bytes, 32, 64)) <= MAX_S;
}

/** r, s and v; the highest bit of vs is the parity. */
function fromCompact({ r, vs }: { readonly r: string; readonly vs: string }): string {
  const word = BigInt(vs);
  const s = word & ((1n << 255n) - 1n);
  const v = word >> 255n === 0n ? "0x1b" : "0x1c";
  return concat([r, `0x${s.toString(16).padStart(64, "0")}`, v]);
}
