import type { X509Certificate } from "@peculiar/x509";
import { expect } from "chai";
import { id } from "ethers";

import {
  CertificateAuthority,
  fingerprint,
  validFor,
  validUntil,
} from "../../sim/identity/authority.ts";
import {
  currentSlot,
  deployTestMarket,
  freshWallet,
  fund,
  networkHelpers,
  ROLE,
  signEnrolment,
  toCommit,
  YUAN,
  type Enrolment,
  type Participant,
} from "../support/market.ts";

describe("Certificates", () => {
  it("are issued, enrolled, revoked and replaced", async () => {
    const market = await deployTestMarket({
      genesis: BigInt(await networkHelpers.time.latest()) + 3600n,
    });
    const { auction, identities, vault, token } = market;
    const now = async (): Promise<Date> => new Date((await networkHelpers.time.latest()) * 1000);
    const authority = await CertificateAuthority.create("Test CA", validFor(365, await now()));
    const wallet = await freshWallet();
    const subject = { id: "certified user", wallet: wallet.address, role: "user" };
    const enrolmentWith = (certificate: X509Certificate): Enrolment => ({
      id: subject.id,
      wallet: subject.wallet,
      role: ROLE.user,
      certificate: fingerprint(certificate),
      validUntil: validUntil(certificate),
      expiry: validUntil(certificate),
    });
    const slot = (await currentSlot(market)) + 2n;
    const commitment = id("a plan");

    // The registrar checks the certificate, and signs.
    const first = (await authority.issue(subject)).certificate;
    expect(await authority.verify(first, await now())).to.deep.equal({ valid: true, subject });
    const enrolment = enrolmentWith(first);
    const signature = await signEnrolment(market, enrolment);
    await expect(identities.connect(wallet).enrol(enrolment, signature))
      .to.emit(identities, "Enrolled")
      .withArgs(1n, wallet.address, fingerprint(first), subject.id, ROLE.user, validUntil(first));
    const user: Participant = { id: subject.id, number: 1n, wallet };
    await fund(market, user, 10n * YUAN);
    await toCommit(market, slot);
    await expect(auction.connect(wallet).commit(slot, commitment))
      .to.emit(auction, "Committed")
      .withArgs(user.number, slot, commitment, 1n);
    await auction.connect(wallet).withdrawPlan(slot);
    await auction.connect(wallet).releaseBond();

    // The certificate is revoked, off chain and on chain.
    authority.revoke(first.serialNumber, await now(), "keyCompromise");
    expect(await authority.verify(first, await now())).to.deep.equal({
      valid: false,
      reason: "revoked",
    });
    await expect(identities.revoke(user.number))
      .to.emit(identities, "Revoked")
      .withArgs(user.number, fingerprint(first));
    expect(await identities.participantByCertificate(fingerprint(first))).to.equal(0n);
    await expect(auction.connect(wallet).commit(slot, commitment))
      .to.be.revertedWithCustomError(identities, "ParticipantRevoked")
      .withArgs(user.number);

    // The participant keeps command of its money.
    await expect(vault.connect(wallet).withdraw(4n * YUAN, wallet))
      .to.emit(vault, "Withdrawn")
      .withArgs(user.number, wallet.address, 4n * YUAN);
    expect(await token.balanceOf(wallet)).to.equal(4n * YUAN);
    const { available, locked } = await vault.accountOf(user.number);
    expect([available, locked]).to.deep.equal([6n * YUAN, 0n]);

    // The revoked certificate cannot be used again, whoever signs; a new one can.
    await expect(identities.connect(wallet).enrol(enrolment, signature))
      .to.be.revertedWithCustomError(identities, "CertificateUsed")
      .withArgs(fingerprint(first));
    const second = (await authority.issue(subject)).certificate;
    expect(fingerprint(second)).to.not.equal(fingerprint(first));
    const renewal = enrolmentWith(second);
    await expect(identities.connect(wallet).enrol(renewal, await signEnrolment(market, renewal)))
      .to.emit(identities, "Enrolled")
      .withArgs(
        user.number,
        wallet.address,
        fingerprint(second),
        subject.id,
        ROLE.user,
        validUntil(second),
      );
    expect(await identities.participantByCertificate(fingerprint(second))).to.equal(user.number);
    await expect(auction.connect(wallet).commit(slot, commitment))
      .to.emit(auction, "Committed")
      .withArgs(user.number, slot, commitment, 3n);

    // Whoever meets the participant off chain finds the same certificate on chain as in the authority's books.
    const { certificate } = await identities.identityOf(user.number);
    const [found] = authority.certificates.filter((issued) => fingerprint(issued) === certificate);
    expect(await authority.verify(found!, await now())).to.deep.equal({ valid: true, subject });
    const crl = await authority.revocationList(await now());
    expect(crl.findRevoked(first)?.serialNumber).to.equal(first.serialNumber);
    expect(crl.findRevoked(second)).to.equal(null);
  });
});
