/** Who takes part: wallets, IDs, certificates and roles. */
import { toUtf8Bytes, ZeroHash } from "ethers";

import {
  Role,
  type Address,
  type Bytes32,
  type Enrolment,
  type Identity,
  type Rotation,
  type Signature,
} from "../ledger.ts";
import type { LocalMarket } from "./market.ts";
import { Cell, refuse, StateList, StateMap } from "./world.ts";

const MAX_ID_BYTES = 64;

/** The registry of participants. */
export class LocalIdentities {
  private readonly market: LocalMarket;
  private readonly identities: StateList<Identity>;
  private readonly byWallet: StateMap<Address, bigint>;
  private readonly byId: StateMap<string, bigint>;
  /** Who each certificate was ever bound to. */
  private readonly byCertificate: StateMap<Bytes32, bigint>;
  private readonly count: Cell<bigint>;

  constructor(market: LocalMarket) {
    this.market = market;
    this.identities = new StateList(market.world);
    this.byWallet = new StateMap(market.world);
    this.byId = new StateMap(market.world);
    this.byCertificate = new StateMap(market.world);
    this.count = new Cell(market.world, 0n);
  }

  // ---------------------------------------------------------------- calls

  enrol(caller: Address, enrolment: Enrolment, registrar: Signature): bigint {
    const { id, wallet, role, certificate, validUntil } = enrolment;
    const length = toUtf8Bytes(id).length;
    if (length === 0 || length > MAX_ID_BYTES) refuse("InvalidId", id);
    if (role === Role.none) refuse("InvalidRole");
    this.checkMessage(caller, enrolment);
    this.requireRegistrar(registrar.signer);

    const bound = this.byWallet.get(caller);
    let participant = this.byId.get(id);
    if (participant === undefined) {
      if (bound !== undefined) refuse("WalletBound", caller, bound);
      participant = Cell.next(this.count);
      this.byId.set(id, participant);
      this.byWallet.set(caller, participant);
    } else {
      const known = this.identityOf(participant);
      if (bound !== participant || known.role !== role)
        refuse("IdBound", id, known.wallet, known.role);
    }
    this.byCertificate.set(certificate, participant);
    this.identities.set(participant, {
      id,
      wallet,
      role,
      certificate,
      validUntil,
      revoked: false,
    });
    this.market.world.emit("Enrolled", { participant, wallet, certificate, id, role, validUntil });
    return participant;
  }

  rotate(caller: Address, rotation: Rotation, registrar: Signature, oldWallet: Signature): void {
    const { participant, wallet, certificate, validUntil } = rotation;
    this.checkMessage(caller, rotation);
    const before = this.identityOf(participant);
    this.requireRegistrar(registrar.signer);
    if (oldWallet.signer !== before.wallet) refuse("NotOldWallet", oldWallet.signer, before.wallet);
    const bound = this.byWallet.get(caller);
    if (bound !== undefined) refuse("WalletBound", caller, bound);

    this.byWallet.delete(before.wallet);
    this.byWallet.set(wallet, participant);
    this.byCertificate.set(certificate, participant);
    this.identities.set(participant, {
      ...before,
      wallet,
      certificate,
      validUntil,
      revoked: false,
    });
    this.market.world.emit("Rotated", {
      participant,
      wallet,
      certificate,
      oldWallet: before.wallet,
      validUntil,
    });
  }

  revoke(caller: Address, participant: bigint): void {
    this.market.requireHolder(caller, "registrar");
    const identity = this.identityOf(participant);
    if (identity.revoked) refuse("ParticipantRevoked", participant);
    this.identities.set(participant, { ...identity, revoked: true });
    this.market.world.emit("Revoked", { participant, certificate: identity.certificate });
  }

  // ---------------------------------------------------------------- for the other parts

  participantOf(wallet: Address): bigint {
    return this.byWallet.get(wallet) ?? refuse("UnknownWallet", wallet);
  }

  identityOf(participant: bigint): Identity {
    return this.identities.get(participant) ?? refuse("UnknownParticipant", participant);
  }

  /** The wallet's participant, unless it is revoked, expired, or of another role than `role`. */
  requireActive(wallet: Address, role?: bigint): { participant: bigint; role: bigint } {
    const participant = this.participantOf(wallet);
    const identity = this.identityOf(participant);
    const { now } = this.market.world;
    if (identity.revoked) refuse("ParticipantRevoked", participant);
    if (now > identity.validUntil)
      refuse("CertificateExpired", participant, identity.validUntil, now);
    if (role !== undefined && identity.role !== role)
      refuse("WrongRole", participant, identity.role, role);
    return { participant, role: identity.role };
  }

  /** Refuses unless the participant has the role, active or not. */
  requireRole(participant: bigint, role: bigint): void {
    const identity = this.identityOf(participant);
    if (identity.role !== role) refuse("WrongRole", participant, identity.role, role);
  }

  requireRegistrar(signer: Address): void {
    if (this.market.options.holders.registrar !== signer) refuse("NotRegistrar", signer);
  }

  // ---------------------------------------------------------------- queries

  participantById(id: string): bigint {
    return this.byId.get(id) ?? 0n;
  }

  participantByCertificate(certificate: Bytes32): bigint {
    const participant = this.byCertificate.get(certificate);
    if (participant === undefined) return 0n;
    const identity = this.identityOf(participant);
    return identity.certificate === certificate && !identity.revoked ? participant : 0n;
  }

  participants(): bigint {
    return this.count.value;
  }

  // ---------------------------------------------------------------- internals

  private checkMessage(
    caller: Address,
    message: Pick<Enrolment, "wallet" | "certificate" | "validUntil" | "expiry">,
  ): void {
    const { now } = this.market.world;
    if (message.wallet !== caller) refuse("NotTheWallet", caller, message.wallet);
    if (now > message.expiry) refuse("SignatureExpired", message.expiry, now);
    if (now > message.validUntil) refuse("CertificateNotValid", message.validUntil, now);
    if (message.certificate === ZeroHash) refuse("InvalidCertificate");
    if (this.byCertificate.get(message.certificate) !== undefined)
      refuse("CertificateUsed", message.certificate);
  }
}
