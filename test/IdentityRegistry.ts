import { expect } from "chai";
import { ZeroAddress, ZeroHash, type Signer, type Wallet } from "ethers";

import { ROLES } from "../sim/market/deployment.ts";
import { domainOf, ENROLMENT_TYPES, ROTATION_TYPES } from "../sim/market/messages.ts";
import {
  deployAtGenesis,
  latestTime,
  maxUint,
  mineAt,
  nextBlockAt,
  leaveChainAsFound,
} from "./support/chain.ts";
import {
  enrol,
  FAR_FUTURE,
  fingerprint,
  freshWallet,
  fund,
  networkHelpers,
  ROLE,
  signEnrolment,
  signRotation,
  YUAN,
  type Enrolment,
  type Market,
  type Participant,
  type Rotation,
} from "./support/market.ts";

/** A first enrolment of `wallet` as "alice". */
const enrolmentOf = (wallet: Wallet, changes: Partial<Enrolment> = {}): Enrolment => ({
  id: "alice",
  wallet: wallet.address,
  role: ROLE.user,
  certificate: fingerprint("first certificate"),
  validUntil: FAR_FUTURE,
  expiry: FAR_FUTURE,
  ...changes,
});

async function sendEnrolment(market: Market, wallet: Wallet, changes: Partial<Enrolment> = {}) {
  const enrolment = enrolmentOf(wallet, changes);
  const signature = await signEnrolment(market, enrolment);
  return market.identities.connect(wallet).enrol(enrolment, signature);
}

const rotationOf = (alice: Participant, wallet: Wallet, changes: Partial<Rotation> = {}) => ({
  participant: alice.number,
  wallet: wallet.address,
  certificate: fingerprint("next certificate"),
  validUntil: FAR_FUTURE,
  expiry: FAR_FUTURE,
  ...changes,
});

/** Sends a rotation from the new wallet, signed by the registrar and by `oldWallet`. */
async function sendRotation(
  market: Market,
  rotation: Rotation,
  wallet: Wallet,
  oldWallet: Signer,
  registrar: Signer = market.admin,
) {
  return market.identities
    .connect(wallet)
    .rotate(
      rotation,
      await signRotation(market, rotation, registrar),
      await signRotation(market, rotation, oldWallet),
    );
}

async function fixture() {
  const market = await deployAtGenesis();
  return { market, identities: market.identities, wallet: await freshWallet() };
}

async function enrolled() {
  const market = await deployAtGenesis();
  const wallet = await freshWallet();
  await sendEnrolment(market, wallet);
  const alice: Participant = { id: "alice", number: 1n, wallet };
  return { market, identities: market.identities, alice, next: await freshWallet() };
}

describe("IdentityRegistry", () => {
  leaveChainAsFound();

  it("belongs to its directory and begins empty", async () => {
    const { market, identities } = await networkHelpers.loadFixture(fixture);
    expect(await identities.directory()).to.equal(market.addresses.directory);
    expect(await identities.participants()).to.equal(0n);
  });

  describe("enrol", () => {
    it("binds wallet, ID, certificate and role", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const validUntil = FAR_FUTURE - 1n;
      const enrolment = enrolmentOf(wallet, { validUntil });
      const signature = await signEnrolment(market, enrolment);
      const sender = identities.connect(wallet);
      expect(await sender.enrol.staticCall(enrolment, signature)).to.equal(1n);
      await expect(sender.enrol(enrolment, signature))
        .to.emit(identities, "Enrolled")
        .withArgs(1n, wallet.address, enrolment.certificate, "alice", ROLE.user, validUntil);
      expect(await identities.identityOf(1n)).to.deep.equal([
        "alice",
        wallet.address,
        BigInt(ROLE.user),
        enrolment.certificate,
        validUntil,
        false,
      ]);
      expect(await identities.participantOf(wallet.address)).to.equal(1n);
      expect(await identities.participantById("alice")).to.equal(1n);
      expect(await identities.participantByCertificate(enrolment.certificate)).to.equal(1n);
      expect(await identities.walletOf(1n)).to.equal(wallet.address);
      expect(await identities.participants()).to.equal(1n);
    });

    it("numbers participants from 1, in every role", async () => {
      const { market, identities } = await networkHelpers.loadFixture(fixture);
      for (const [index, role] of Object.keys(ROLE).entries()) {
        const { number } = await enrol(market, role as keyof typeof ROLE);
        expect(number).to.equal(index + 1);
        expect((await identities.identityOf(number)).role).to.equal(index + 1);
      }
      expect(await identities.participants()).to.equal(6n);
    });

    it("reverts for an ID of no bytes", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      await expect(sendEnrolment(market, wallet, { id: "" }))
        .to.be.revertedWithCustomError(identities, "InvalidId")
        .withArgs("");
    });

    it("takes IDs of 1 and of 64 bytes", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const other = await freshWallet();
      await sendEnrolment(market, wallet, { id: "a" });
      await sendEnrolment(market, other, {
        id: "é".repeat(32),
        certificate: fingerprint("other certificate"),
      });
      expect(await identities.participantById("a")).to.equal(1n);
      expect(await identities.participantById("é".repeat(32))).to.equal(2n);
    });

    it("reverts for an ID of 65 bytes", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const id = `${"é".repeat(32)}a`;
      await expect(sendEnrolment(market, wallet, { id }))
        .to.be.revertedWithCustomError(identities, "InvalidId")
        .withArgs(id);
    });

    it("reverts for no role", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      await expect(sendEnrolment(market, wallet, { role: 0 })).to.be.revertedWithCustomError(
        identities,
        "InvalidRole",
      );
    });

    it("reverts for another sender than the wallet", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const enrolment = enrolmentOf(wallet);
      const signature = await signEnrolment(market, enrolment);
      await expect(identities.enrol(enrolment, signature))
        .to.be.revertedWithCustomError(identities, "NotTheWallet")
        .withArgs(market.admin.address, wallet.address);
    });

    it("takes a signature in its last second", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const expiry = (await latestTime()) + 100n;
      await nextBlockAt(expiry);
      await sendEnrolment(market, wallet, { expiry });
      expect(await identities.participants()).to.equal(1n);
    });

    it("reverts a second after the signature's last", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const expiry = (await latestTime()) + 100n;
      await nextBlockAt(expiry + 1n);
      await expect(sendEnrolment(market, wallet, { expiry }))
        .to.be.revertedWithCustomError(identities, "SignatureExpired")
        .withArgs(expiry, expiry + 1n);
    });

    it("takes a certificate in its last second", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const validUntil = (await latestTime()) + 100n;
      await nextBlockAt(validUntil);
      await sendEnrolment(market, wallet, { validUntil });
      expect(await identities.participants()).to.equal(1n);
    });

    it("reverts a second after the certificate's last", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const validUntil = (await latestTime()) + 100n;
      await nextBlockAt(validUntil + 1n);
      await expect(sendEnrolment(market, wallet, { validUntil }))
        .to.be.revertedWithCustomError(identities, "CertificateNotValid")
        .withArgs(validUntil, validUntil + 1n);
    });

    it("takes the last times that there are", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      await sendEnrolment(market, wallet, { validUntil: maxUint(40n), expiry: maxUint(40n) });
      expect((await identities.identityOf(1n)).validUntil).to.equal(maxUint(40n));
    });

    it("reverts for a fingerprint of 0", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      await expect(
        sendEnrolment(market, wallet, { certificate: ZeroHash }),
      ).to.be.revertedWithCustomError(identities, "InvalidCertificate");
    });

    it("reverts for another participant's certificate", async () => {
      const { market, identities, next } = await networkHelpers.loadFixture(enrolled);
      const certificate = fingerprint("first certificate");
      await expect(sendEnrolment(market, next, { id: "bob" }))
        .to.be.revertedWithCustomError(identities, "CertificateUsed")
        .withArgs(certificate);
    });

    it("cannot be replayed", async () => {
      const { market, identities, alice } = await networkHelpers.loadFixture(enrolled);
      await expect(sendEnrolment(market, alice.wallet))
        .to.be.revertedWithCustomError(identities, "CertificateUsed")
        .withArgs(fingerprint("first certificate"));
      await market.identities.revoke(alice.number);
      await expect(sendEnrolment(market, alice.wallet))
        .to.be.revertedWithCustomError(identities, "CertificateUsed")
        .withArgs(fingerprint("first certificate"));
    });

    it("reverts for a signature by anybody but a registrar", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const enrolment = enrolmentOf(wallet);
      const signature = await signEnrolment(market, enrolment, wallet);
      await expect(identities.connect(wallet).enrol(enrolment, signature))
        .to.be.revertedWithCustomError(identities, "NotRegistrar")
        .withArgs(wallet.address);
    });

    it("reverts for a signature by who has every other role", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const other = await freshWallet();
      const { registrar, ...others } = ROLES;
      for (const role of Object.values(others))
        await market.authority.grantRole(role, other.address, 0n);
      const enrolment = enrolmentOf(wallet);
      const signature = await signEnrolment(market, enrolment, other);
      await expect(identities.connect(wallet).enrol(enrolment, signature))
        .to.be.revertedWithCustomError(identities, "NotRegistrar")
        .withArgs(other.address);
      await market.authority.grantRole(registrar, other.address, 0n);
      await identities.connect(wallet).enrol(enrolment, signature);
    });

    it("reverts for a registrar that was dismissed", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const registrar = await freshWallet();
      await market.authority.grantRole(ROLES.registrar, registrar.address, 0n);
      const enrolment = enrolmentOf(wallet);
      const signature = await signEnrolment(market, enrolment, registrar);
      expect(await identities.connect(wallet).enrol.staticCall(enrolment, signature)).to.equal(1n);
      await market.authority.revokeRole(ROLES.registrar, registrar.address);
      await expect(identities.connect(wallet).enrol(enrolment, signature))
        .to.be.revertedWithCustomError(identities, "NotRegistrar")
        .withArgs(registrar.address);
    });

    it("reverts for a message of another chain, contract or domain", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const { chainId, addresses, admin } = market;
      const enrolment = enrolmentOf(wallet);
      const domains = [
        domainOf("identities", addresses.identities, chainId + 1n),
        domainOf("identities", addresses.vault, chainId),
        domainOf("meters", addresses.identities, chainId),
        { ...domainOf("identities", addresses.identities, chainId), version: "2" },
      ];
      for (const domain of domains) {
        const signature = await admin.signTypedData(domain, ENROLMENT_TYPES, enrolment);
        await expect(
          identities.connect(wallet).enrol(enrolment, signature),
        ).to.be.revertedWithCustomError(identities, "NotRegistrar");
      }
    });

    it("reverts when any field is not what was signed", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const other = await freshWallet();
      const signature = await signEnrolment(market, enrolmentOf(wallet));
      const changes: Partial<Enrolment>[] = [
        { id: "mallory" },
        { role: ROLE.dataCentre },
        { certificate: fingerprint("forged") },
        { validUntil: FAR_FUTURE + 1n },
        { expiry: FAR_FUTURE + 1n },
      ];
      for (const change of changes) {
        await expect(
          identities.connect(wallet).enrol(enrolmentOf(wallet, change), signature),
        ).to.be.revertedWithCustomError(identities, "NotRegistrar");
      }
      await expect(
        identities.connect(other).enrol(enrolmentOf(other), signature),
      ).to.be.revertedWithCustomError(identities, "NotRegistrar");
    });

    it("reverts for a signature that is none", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const signature = await signEnrolment(market, enrolmentOf(wallet));
      const sender = identities.connect(wallet);
      await expect(sender.enrol(enrolmentOf(wallet), signature.slice(0, -2)))
        .to.be.revertedWithCustomError(identities, "ECDSAInvalidSignatureLength")
        .withArgs(64n);
      await expect(
        sender.enrol(enrolmentOf(wallet), `${signature.slice(0, -2)}00`),
      ).to.be.revertedWithCustomError(identities, "ECDSAInvalidSignature");
    });

    it("reverts for a wallet that has another ID", async () => {
      const { market, identities, alice } = await networkHelpers.loadFixture(enrolled);
      await expect(
        sendEnrolment(market, alice.wallet, { id: "bob", certificate: fingerprint("bob's") }),
      )
        .to.be.revertedWithCustomError(identities, "WalletBound")
        .withArgs(alice.wallet.address, alice.number);
    });

    it("reverts for an ID of another wallet", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      await expect(sendEnrolment(market, next, { certificate: fingerprint("another") }))
        .to.be.revertedWithCustomError(identities, "IdBound")
        .withArgs("alice", alice.wallet.address, ROLE.user);
      // … and of a wallet that belongs to somebody else.
      const bob = await enrol(market, "user");
      await expect(sendEnrolment(market, bob.wallet, { certificate: fingerprint("another") }))
        .to.be.revertedWithCustomError(identities, "IdBound")
        .withArgs("alice", alice.wallet.address, ROLE.user);
    });

    it("reverts for another role of the same ID", async () => {
      const { market, identities, alice } = await networkHelpers.loadFixture(enrolled);
      await expect(
        sendEnrolment(market, alice.wallet, {
          role: ROLE.dataCentre,
          certificate: fingerprint("another"),
        }),
      )
        .to.be.revertedWithCustomError(identities, "IdBound")
        .withArgs("alice", alice.wallet.address, ROLE.user);
    });

    it("renews a certificate under the same number", async () => {
      const { market, identities, alice } = await networkHelpers.loadFixture(enrolled);
      const certificate = fingerprint("renewed");
      await expect(
        sendEnrolment(market, alice.wallet, { certificate, validUntil: FAR_FUTURE + 5n }),
      )
        .to.emit(identities, "Enrolled")
        .withArgs(1n, alice.wallet.address, certificate, "alice", ROLE.user, FAR_FUTURE + 5n);
      expect(await identities.participants()).to.equal(1n);
      expect(await identities.identityOf(1n)).to.deep.equal([
        "alice",
        alice.wallet.address,
        BigInt(ROLE.user),
        certificate,
        FAR_FUTURE + 5n,
        false,
      ]);
      expect(await identities.participantByCertificate(certificate)).to.equal(1n);
      expect(await identities.participantByCertificate(fingerprint("first certificate"))).to.equal(
        0n,
      );
    });

    it("makes a revoked participant active again, but not with a certificate of old", async () => {
      const { market, identities, alice } = await networkHelpers.loadFixture(enrolled);
      await identities.revoke(alice.number);
      await sendEnrolment(market, alice.wallet, { certificate: fingerprint("renewed") });
      expect((await identities.identityOf(1n)).revoked).to.equal(false);
      expect(await identities["requireActive(address)"](alice.wallet.address)).to.deep.equal([
        1n,
        BigInt(ROLE.user),
      ]);
      await expect(sendEnrolment(market, alice.wallet))
        .to.be.revertedWithCustomError(identities, "CertificateUsed")
        .withArgs(fingerprint("first certificate"));
    });
  });

  describe("rotate", () => {
    it("moves a participant with its funds to a new wallet and certificate", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      await fund(market, alice, 3n * YUAN);
      const rotation = rotationOf(alice, next, { validUntil: FAR_FUTURE - 7n });
      await expect(sendRotation(market, rotation, next, alice.wallet))
        .to.emit(identities, "Rotated")
        .withArgs(1n, next.address, rotation.certificate, alice.wallet.address, FAR_FUTURE - 7n);
      expect(await identities.identityOf(1n)).to.deep.equal([
        "alice",
        next.address,
        BigInt(ROLE.user),
        rotation.certificate,
        FAR_FUTURE - 7n,
        false,
      ]);
      expect(await identities.participantOf(next.address)).to.equal(1n);
      expect(await identities.participantById("alice")).to.equal(1n);
      expect(await identities.participants()).to.equal(1n);
      expect(await identities.participantByCertificate(rotation.certificate)).to.equal(1n);
      expect(await identities.participantByCertificate(fingerprint("first certificate"))).to.equal(
        0n,
      );
      await expect(identities.participantOf(alice.wallet.address))
        .to.be.revertedWithCustomError(identities, "UnknownWallet")
        .withArgs(alice.wallet.address);
      await expect(market.vault.connect(alice.wallet).withdraw(1n, alice.wallet.address))
        .to.be.revertedWithCustomError(identities, "UnknownWallet")
        .withArgs(alice.wallet.address);
      await market.vault.connect(next).withdraw(3n * YUAN, next.address);
      expect(await market.token.balanceOf(next.address)).to.equal(3n * YUAN);
    });

    it("moves and activates a revoked participant", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      await identities.revoke(alice.number);
      await sendRotation(market, rotationOf(alice, next), next, alice.wallet);
      expect(await identities["requireActive(address)"](next.address)).to.deep.equal([
        1n,
        BigInt(ROLE.user),
      ]);
    });

    it("moves and activates an expired participant", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const validUntil = (await latestTime()) + 100n;
      await sendEnrolment(market, wallet, { validUntil });
      await mineAt(validUntil + 1n);
      const next = await freshWallet();
      const rotation = rotationOf({ id: "alice", number: 1n, wallet }, next);
      await sendRotation(market, rotation, next, wallet);
      expect(await identities["requireActive(address)"](next.address)).to.deep.equal([
        1n,
        BigInt(ROLE.user),
      ]);
    });

    it("frees the old wallet for another ID", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      await sendRotation(market, rotationOf(alice, next), next, alice.wallet);
      await sendEnrolment(market, alice.wallet, { id: "bob", certificate: fingerprint("bob's") });
      expect(await identities.participantOf(alice.wallet.address)).to.equal(2n);
      expect(await identities.participantOf(next.address)).to.equal(1n);
    });

    it("reverts for another sender than the new wallet", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      await expect(sendRotation(market, rotationOf(alice, next), alice.wallet, alice.wallet))
        .to.be.revertedWithCustomError(identities, "NotTheWallet")
        .withArgs(alice.wallet.address, next.address);
    });

    it("takes signatures in their last second and reverts in the next", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      const expiry = (await latestTime()) + 100n;
      const rotation = rotationOf(alice, next, { expiry });
      await nextBlockAt(expiry + 1n);
      await expect(sendRotation(market, rotation, next, alice.wallet))
        .to.be.revertedWithCustomError(identities, "SignatureExpired")
        .withArgs(expiry, expiry + 1n);
      await nextBlockAt(expiry);
      await sendRotation(market, rotation, next, alice.wallet);
      expect(await identities.walletOf(1n)).to.equal(next.address);
    });

    it("reverts for a certificate that is past its validity", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      const validUntil = (await latestTime()) + 100n;
      await nextBlockAt(validUntil + 1n);
      await expect(
        sendRotation(market, rotationOf(alice, next, { validUntil }), next, alice.wallet),
      )
        .to.be.revertedWithCustomError(identities, "CertificateNotValid")
        .withArgs(validUntil, validUntil + 1n);
    });

    it("reverts for a fingerprint of 0 or one that was used", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      await expect(
        sendRotation(
          market,
          rotationOf(alice, next, { certificate: ZeroHash }),
          next,
          alice.wallet,
        ),
      ).to.be.revertedWithCustomError(identities, "InvalidCertificate");
      const certificate = fingerprint("first certificate");
      await expect(
        sendRotation(market, rotationOf(alice, next, { certificate }), next, alice.wallet),
      )
        .to.be.revertedWithCustomError(identities, "CertificateUsed")
        .withArgs(certificate);
    });

    it("reverts for a participant that does not exist", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      const rotation = rotationOf(alice, next, { participant: 2n });
      await expect(sendRotation(market, rotation, next, alice.wallet))
        .to.be.revertedWithCustomError(identities, "UnknownParticipant")
        .withArgs(2n);
    });

    it("reverts for a signature by anybody but a registrar", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      await expect(sendRotation(market, rotationOf(alice, next), next, alice.wallet, alice.wallet))
        .to.be.revertedWithCustomError(identities, "NotRegistrar")
        .withArgs(alice.wallet.address);
    });

    it("reverts for a signature by anybody but the old wallet", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      await expect(sendRotation(market, rotationOf(alice, next), next, next))
        .to.be.revertedWithCustomError(identities, "NotOldWallet")
        .withArgs(next.address, alice.wallet.address);
      await expect(sendRotation(market, rotationOf(alice, next), next, market.admin))
        .to.be.revertedWithCustomError(identities, "NotOldWallet")
        .withArgs(market.admin.address, alice.wallet.address);
    });

    it("reverts when any field is not what was signed", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      const signed = rotationOf(alice, next);
      const signatures = [
        await signRotation(market, signed, market.admin),
        await signRotation(market, signed, alice.wallet),
      ] as const;
      const bob = await enrol(market, "user");
      const changes: Partial<Rotation>[] = [
        { participant: bob.number },
        { certificate: fingerprint("forged") },
        { validUntil: FAR_FUTURE + 1n },
        { expiry: FAR_FUTURE + 1n },
      ];
      for (const change of changes) {
        await expect(
          identities.connect(next).rotate(rotationOf(alice, next, change), ...signatures),
        ).to.be.revertedWithCustomError(identities, "NotRegistrar");
      }
      const thief = await freshWallet();
      await expect(
        identities.connect(thief).rotate(rotationOf(alice, thief), ...signatures),
      ).to.be.revertedWithCustomError(identities, "NotRegistrar");
    });

    it("reverts for a message of another chain or contract", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      const rotation = rotationOf(alice, next);
      for (const domain of [
        domainOf("identities", market.addresses.identities, market.chainId + 1n),
        domainOf("identities", market.addresses.meters, market.chainId),
      ]) {
        const signature = await market.admin.signTypedData(domain, ROTATION_TYPES, rotation);
        await expect(
          identities
            .connect(next)
            .rotate(rotation, signature, await signRotation(market, rotation, alice.wallet)),
        ).to.be.revertedWithCustomError(identities, "NotRegistrar");
      }
    });

    it("reverts for a new wallet that belongs to somebody", async () => {
      const { market, identities, alice } = await networkHelpers.loadFixture(enrolled);
      const bob = await enrol(market, "user");
      await expect(sendRotation(market, rotationOf(alice, bob.wallet), bob.wallet, alice.wallet))
        .to.be.revertedWithCustomError(identities, "WalletBound")
        .withArgs(bob.wallet.address, bob.number);
      await expect(
        sendRotation(market, rotationOf(alice, alice.wallet), alice.wallet, alice.wallet),
      )
        .to.be.revertedWithCustomError(identities, "WalletBound")
        .withArgs(alice.wallet.address, alice.number);
    });

    it("cannot be replayed after moving on", async () => {
      const { market, identities, alice, next } = await networkHelpers.loadFixture(enrolled);
      const rotation = rotationOf(alice, next);
      await sendRotation(market, rotation, next, alice.wallet);
      const third = await freshWallet();
      await sendRotation(
        market,
        rotationOf(alice, third, { certificate: fingerprint("third certificate") }),
        third,
        next,
      );
      await expect(sendRotation(market, rotation, next, alice.wallet))
        .to.be.revertedWithCustomError(identities, "CertificateUsed")
        .withArgs(rotation.certificate);
      expect(await identities.walletOf(1n)).to.equal(third.address);
    });
  });

  describe("revoke", () => {
    it("reverts for anybody but a registrar", async () => {
      const { identities, alice } = await networkHelpers.loadFixture(enrolled);
      await expect(identities.connect(alice.wallet).revoke(alice.number))
        .to.be.revertedWithCustomError(identities, "AccessManagedUnauthorized")
        .withArgs(alice.wallet.address);
    });

    it("reverts for a participant that does not exist", async () => {
      const { identities } = await networkHelpers.loadFixture(enrolled);
      for (const unknown of [0n, 2n]) {
        await expect(identities.revoke(unknown))
          .to.be.revertedWithCustomError(identities, "UnknownParticipant")
          .withArgs(unknown);
      }
    });

    it("revokes a participant's certificate, once", async () => {
      const { identities, alice } = await networkHelpers.loadFixture(enrolled);
      const certificate = fingerprint("first certificate");
      await expect(identities.revoke(alice.number))
        .to.emit(identities, "Revoked")
        .withArgs(alice.number, certificate);
      const identity = await identities.identityOf(alice.number);
      expect(identity.revoked).to.equal(true);
      expect(identity.certificate).to.equal(certificate);
      expect(await identities.participantByCertificate(certificate)).to.equal(0n);
      await expect(identities.revoke(alice.number))
        .to.be.revertedWithCustomError(identities, "ParticipantRevoked")
        .withArgs(alice.number);
    });

    it("leaves a revoked participant its funds", async () => {
      const { market, identities, alice } = await networkHelpers.loadFixture(enrolled);
      await fund(market, alice, YUAN);
      await identities.revoke(alice.number);
      await market.vault.connect(alice.wallet).withdraw(YUAN, alice.wallet.address);
      expect(await market.token.balanceOf(alice.wallet.address)).to.equal(YUAN);
    });
  });

  describe("requireActive", () => {
    it("gives number and role of an active participant", async () => {
      const { identities, alice } = await networkHelpers.loadFixture(enrolled);
      const { address } = alice.wallet;
      expect(await identities["requireActive(address)"](address)).to.deep.equal([
        1n,
        BigInt(ROLE.user),
      ]);
      expect(await identities["requireActive(address,uint8)"](address, ROLE.user)).to.equal(1n);
    });

    it("reverts for a wallet of nobody", async () => {
      const { identities, next } = await networkHelpers.loadFixture(enrolled);
      await expect(identities["requireActive(address)"](next.address))
        .to.be.revertedWithCustomError(identities, "UnknownWallet")
        .withArgs(next.address);
      await expect(identities["requireActive(address,uint8)"](ZeroAddress, ROLE.user))
        .to.be.revertedWithCustomError(identities, "UnknownWallet")
        .withArgs(ZeroAddress);
    });

    it("reverts for another role", async () => {
      const { identities, alice } = await networkHelpers.loadFixture(enrolled);
      await expect(identities["requireActive(address,uint8)"](alice.wallet.address, ROLE.beacon))
        .to.be.revertedWithCustomError(identities, "WrongRole")
        .withArgs(alice.number, ROLE.user, ROLE.beacon);
    });

    it("reverts for a revoked participant", async () => {
      const { identities, alice } = await networkHelpers.loadFixture(enrolled);
      await identities.revoke(alice.number);
      const { address } = alice.wallet;
      await expect(identities["requireActive(address)"](address))
        .to.be.revertedWithCustomError(identities, "ParticipantRevoked")
        .withArgs(alice.number);
      await expect(identities["requireActive(address,uint8)"](address, ROLE.user))
        .to.be.revertedWithCustomError(identities, "ParticipantRevoked")
        .withArgs(alice.number);
    });

    it("holds in the certificate's last second and reverts in the next", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const validUntil = (await latestTime()) + 100n;
      await sendEnrolment(market, wallet, { validUntil });
      await mineAt(validUntil);
      expect((await identities["requireActive(address)"](wallet.address))[0]).to.equal(1n);
      await mineAt(validUntil + 1n);
      await expect(identities["requireActive(address)"](wallet.address))
        .to.be.revertedWithCustomError(identities, "CertificateExpired")
        .withArgs(1n, validUntil, validUntil + 1n);
    });
  });

  describe("requireRegistrar", () => {
    it("passes for a registrar only", async () => {
      const { market, identities, alice } = await networkHelpers.loadFixture(enrolled);
      await identities.requireRegistrar(market.admin.address);
      await expect(identities.requireRegistrar(alice.wallet.address))
        .to.be.revertedWithCustomError(identities, "NotRegistrar")
        .withArgs(alice.wallet.address);
    });

    it("does not pass for the holder of another role", async () => {
      const { market, identities, next } = await networkHelpers.loadFixture(enrolled);
      for (const role of [ROLES.issuer, ROLES.pauser, ROLES.treasurer]) {
        await market.authority.grantRole(role, next.address, 0n);
      }
      await expect(identities.requireRegistrar(next.address))
        .to.be.revertedWithCustomError(identities, "NotRegistrar")
        .withArgs(next.address);
    });
  });

  describe("requireRole", () => {
    it("passes for the participant's role, active or not", async () => {
      const { identities, alice } = await networkHelpers.loadFixture(enrolled);
      await identities.requireRole(alice.number, ROLE.user);
      await identities.revoke(alice.number);
      await identities.requireRole(alice.number, ROLE.user);
    });

    it("reverts for another role", async () => {
      const { identities, alice } = await networkHelpers.loadFixture(enrolled);
      await expect(identities.requireRole(alice.number, ROLE.meter))
        .to.be.revertedWithCustomError(identities, "WrongRole")
        .withArgs(alice.number, ROLE.user, ROLE.meter);
    });

    it("reverts for a participant that does not exist", async () => {
      const { identities } = await networkHelpers.loadFixture(enrolled);
      for (const unknown of [0n, 2n, maxUint(32n)]) {
        await expect(identities.requireRole(unknown, 0))
          .to.be.revertedWithCustomError(identities, "UnknownParticipant")
          .withArgs(unknown);
      }
    });
  });

  describe("views", () => {
    it("give nothing for what is unknown", async () => {
      const { identities, next } = await networkHelpers.loadFixture(enrolled);
      expect(await identities.participantById("bob")).to.equal(0n);
      expect(await identities.participantById("")).to.equal(0n);
      expect(await identities.participantByCertificate(fingerprint("none"))).to.equal(0n);
      expect(await identities.participantByCertificate(ZeroHash)).to.equal(0n);
      await expect(identities.participantOf(next.address))
        .to.be.revertedWithCustomError(identities, "UnknownWallet")
        .withArgs(next.address);
      await expect(identities.walletOf(2n))
        .to.be.revertedWithCustomError(identities, "UnknownParticipant")
        .withArgs(2n);
      await expect(identities.identityOf(2n))
        .to.be.revertedWithCustomError(identities, "UnknownParticipant")
        .withArgs(2n);
    });

    it("know revoked and expired participants by their wallets", async () => {
      const { market, identities, wallet } = await networkHelpers.loadFixture(fixture);
      const validUntil = (await latestTime()) + 100n;
      await sendEnrolment(market, wallet, { validUntil });
      await mineAt(validUntil + 1n);
      const { certificate } = await identities.identityOf(1n);
      expect(await identities.participantByCertificate(certificate)).to.equal(1n);
      await identities.revoke(1n);
      expect(await identities.participantOf(wallet.address)).to.equal(1n);
      expect(await identities.walletOf(1n)).to.equal(wallet.address);
      expect(await identities.participantById("alice")).to.equal(1n);
    });
  });
});
