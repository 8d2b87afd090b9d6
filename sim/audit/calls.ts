/** The functions of the market's contracts as calls of its model. */
import type { TypedDataField } from "ethers";

import type { RoleHolders } from "../market/deployment.ts";
import type {
  Address,
  Answer,
  Commitment,
  Enrolment,
  Order,
  Outcome,
  Plan,
  Quote,
  Reading,
  Rotation,
  Signature,
  SignedCommitment,
  SignedPlan,
  Site,
} from "../market/ledger.ts";
import type { LocalLedger } from "../market/localLedger.ts";
import {
  COMMITMENT_TYPES,
  ENROLMENT_TYPES,
  PLAN_TYPES,
  READING_TYPES,
  ROTATION_TYPES,
  SITE_TYPES,
  type DOMAIN_NAMES,
} from "../market/messages.ts";
import type { MarketCall } from "./codec.ts";
import type { SignatureBytes } from "./signatures.ts";

/** What a call is made in. */
export interface CallContext {
  readonly ledger: LocalLedger;
  /** Who sent the transaction. */
  readonly from: Address;
  /** Who signed a message. */
  signerOf(
    part: keyof typeof DOMAIN_NAMES,
    types: Record<string, TypedDataField[]>,
    message: object,
    signature: SignatureBytes,
  ): Address;
  /** Who acts towards the model as a holder of the role, or not. */
  actorOf(role: keyof RoleHolders, address: Address): Address;
  /** Sees to it that the model's wallet can pay a deposit that was paid on the chain. */
  fund(amount: bigint): Promise<void>;
}

type Arguments = readonly unknown[];

type Made = (context: CallContext, args: Arguments) => Answer<Outcome<unknown>>;

/** Makes the same call of the model; undefined if its function is none that participants call. */
export function callOf(
  { part, name, args }: MarketCall,
  context: CallContext,
): Answer<Outcome<unknown>> | undefined {
  return CALLS[`${part}.${name}`]?.(context, Object.values(args));
}

const registrarOf = (
  context: CallContext,
  part: "identities" | "meters",
  types: Record<string, TypedDataField[]>,
  message: object,
  signature: SignatureBytes,
): Signature => ({
  signer: context.actorOf("registrar", context.signerOf(part, types, message, signature)),
});

/** A signed struct of the auction, as calldata holds it. */
type Compact<T> = T & { readonly r: string; readonly vs: string };

const signedCommitment = (
  context: CallContext,
  { commitment, r, vs }: Compact<{ commitment: Commitment }>,
): SignedCommitment => ({
  commitment,
  signature: { signer: context.signerOf("auction", COMMITMENT_TYPES, commitment, { r, vs }) },
});

const signedPlan = (
  context: CallContext,
  { plan, r, vs }: Compact<{ plan: Plan }>,
): SignedPlan => ({
  plan,
  signature: { signer: context.signerOf("auction", PLAN_TYPES, plan, { r, vs }) },
});

/** By contract and function; arguments in the order of the parameters. */
const CALLS: Readonly<Record<string, Made>> = {
  "identities.enrol": (x, [enrolment, signature]) =>
    x.ledger.enrol(
      x.from,
      enrolment as Enrolment,
      registrarOf(x, "identities", ENROLMENT_TYPES, enrolment as object, signature as string),
    ),
  "identities.rotate": (x, [rotation, registrar, wallet]) =>
    x.ledger.rotate(
      x.from,
      rotation as Rotation,
      registrarOf(x, "identities", ROTATION_TYPES, rotation as object, registrar as string),
      { signer: x.signerOf("identities", ROTATION_TYPES, rotation as object, wallet as string) },
    ),
  "identities.revoke": (x, [participant]) =>
    x.ledger.revoke(x.actorOf("registrar", x.from), participant as bigint),

  "vault.deposit": async (x, [amount]) => {
    await x.fund(amount as bigint);
    return x.ledger.deposit(x.from, amount as bigint);
  },
  "vault.depositFor": async (x, [participant, amount]) => {
    await x.fund(amount as bigint);
    return x.ledger.depositFor(x.from, participant as bigint, amount as bigint);
  },
  // The permit concerns the token alone.
  "vault.depositWithPermit": async (x, [amount]) => {
    await x.fund(amount as bigint);
    return x.ledger.deposit(x.from, amount as bigint);
  },
  "vault.withdraw": (x, [amount, to]) => x.ledger.withdraw(x.from, amount as bigint, to as Address),
  "vault.payOut": (x, [amount, to]) =>
    x.ledger.payOut(x.actorOf("treasurer", x.from), amount as bigint, to as Address),

  "tariff.announce": (x, [fromSlot, importPrice, feedInPrice]) =>
    x.ledger.announce(x.from, fromSlot as bigint, importPrice as bigint, feedInPrice as bigint),
  "meters.commission": (x, [site, signature]) =>
    x.ledger.commission(
      x.from,
      site as Site,
      registrarOf(x, "meters", SITE_TYPES, site as object, signature as string),
    ),
  "meters.submit": (x, [reading, signature]) =>
    x.ledger.submit(x.from, reading as Reading, {
      signer: x.signerOf("meters", READING_TYPES, reading as object, signature as string),
    }),
  "meters.settleTab": (x, [dataCentre]) => x.ledger.settleTab(x.from, dataCentre as bigint),

  "beacon.commitChain": (x, [anchor, firstSlot, length]) =>
    x.ledger.commitChain(x.from, anchor as string, firstSlot as bigint, length as bigint),
  "beacon.open": (x, [operator, slot, value]) =>
    x.ledger.open(x.from, operator as bigint, slot as bigint, value as string),
  "beacon.slash": (x, [operator]) => x.ledger.slash(x.from, operator as bigint),
  "beacon.retire": (x, [operator]) => x.ledger.retire(x.from, operator as bigint),

  "auction.commit": (x, [slot, commitment]) =>
    x.ledger.commit(x.from, slot as bigint, commitment as string),
  "auction.commitSigned": (x, [signed]) =>
    x.ledger.commitSigned(
      x.from,
      signedCommitment(x, signed as Compact<{ commitment: Commitment }>),
    ),
  "auction.commitBatch": (x, [batch]) =>
    x.ledger.commitBatch(
      x.from,
      (batch as Compact<{ commitment: Commitment }>[]).map((item) => signedCommitment(x, item)),
    ),
  "auction.withdrawPlan": (x, [slot]) => x.ledger.withdrawPlan(x.from, slot as bigint),
  "auction.releaseBond": (x) => x.ledger.releaseBond(x.from),
  "auction.reveal": (x, [plan]) => x.ledger.reveal(x.from, plan as Plan),
  "auction.revealSigned": (x, [signed]) =>
    x.ledger.revealSigned(x.from, signedPlan(x, signed as Compact<{ plan: Plan }>)),
  "auction.revealBatch": (x, [batch]) =>
    x.ledger.revealBatch(
      x.from,
      (batch as Compact<{ plan: Plan }>[]).map((item) => signedPlan(x, item)),
    ),
  "auction.punish": (x, [participant]) => x.ledger.punish(x.from, participant as bigint),
  "auction.clear": (x, [slot, bids, offers, work]) =>
    x.ledger.clear(
      x.from,
      slot as bigint,
      bids as readonly bigint[],
      offers as readonly bigint[],
      work as bigint,
    ),
  "auction.discardRanking": (x) => x.ledger.discardRanking(x.from),
  "auction.setPaused": (x, [paused]) =>
    x.ledger.setPaused(x.actorOf("pauser", x.from), paused as boolean),

  "supply.expire": (x, [contractId]) => x.ledger.expire(x.from, contractId as bigint),

  "transfers.quote": (x, [quote]) => x.ledger.quote(x.from, quote as Quote),
  "transfers.withdrawQuote": (x) => x.ledger.withdrawQuote(x.from),
  "transfers.take": (x, [order]) => x.ledger.take(x.from, order as Order),
  "transfers.handBack": (x, [transferId, contractId, coreSeconds, due]) =>
    x.ledger.handBack(
      x.from,
      transferId as bigint,
      contractId as bigint,
      coreSeconds as bigint,
      due as bigint,
    ),
  "transfers.closeOverdue": (x, [transferId]) =>
    x.ledger.closeOverdue(x.from, transferId as bigint),
  "transfers.closeReturn": (x, [transferId]) => x.ledger.closeReturn(x.from, transferId as bigint),
  "transfers.settle": (x, [transferId]) => x.ledger.settle(x.from, transferId as bigint),
};
