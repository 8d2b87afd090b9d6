import "reflect-metadata";

import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as x509 from "@peculiar/x509";
import { expect } from "chai";

import {
  CertificateAuthority,
  certificateFromPem,
  crlToPem,
  fingerprint,
  subjectOf,
  validFor,
  validUntil,
} from "../../sim/identity/authority.ts";

const BEGIN = new Date("2026-01-01T00:00:00Z");
const NOW = new Date("2026-06-01T12:00:00Z");
const WALLET = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const SUBJECT = { id: "data centre 1", wallet: WALLET, role: "dataCentre" };
const SECOND_MS = 1000;

/** The same certificate in Node's own reading. */
const inNode = (certificate: x509.X509Certificate): X509Certificate =>
  new X509Certificate(certificate.toString("pem"));

const after = (date: Date, ms: number): Date => new Date(date.getTime() + ms);

describe("CertificateAuthority", () => {
  let authority: CertificateAuthority;
  let certificate: x509.X509Certificate;

  before(async () => {
    authority = await CertificateAuthority.create("Test CA", validFor(3650, BEGIN));
    ({ certificate } = await authority.issue(SUBJECT, validFor(365, BEGIN)));
  });

  describe("create", () => {
    it("signs its root itself", () => {
      const root = inNode(authority.root);
      expect(root.ca).to.equal(true);
      expect(root.subject).to.equal("CN=Test CA");
      expect(root.checkIssued(root)).to.equal(true);
      expect(root.verify(root.publicKey)).to.equal(true);
      expect(root.publicKey.asymmetricKeyDetails).to.deep.equal({ namedCurve: "prime256v1" });
      expect(authority.root.notBefore).to.deep.equal(BEGIN);
    });

    it("gives the root the uses of an authority, and no further level", () => {
      const constraints = authority.root.getExtension(x509.BasicConstraintsExtension);
      expect(constraints).to.include({ ca: true, pathLength: 0, critical: true });
      const usages = authority.root.getExtension(x509.KeyUsagesExtension);
      expect(usages?.critical).to.equal(true);
      expect(usages?.usages).to.equal(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign);
    });
  });

  describe("issue", () => {
    it("certifies ID, wallet and role, as others read them", () => {
      const node = inNode(certificate);
      expect(node.subject).to.equal("CN=data centre 1\nOU=dataCentre");
      expect(node.subjectAltName).to.equal(`URI:ethereum:${WALLET}`);
      expect(node.issuer).to.equal("CN=Test CA");
      expect(node.ca).to.equal(false);
      expect(node.validFromDate).to.deep.equal(BEGIN);
      expect(node.validToDate).to.deep.equal(new Date("2027-01-01T00:00:00Z"));
      expect(node.checkIssued(inNode(authority.root))).to.equal(true);
      expect(node.verify(inNode(authority.root).publicKey)).to.equal(true);
      expect(subjectOf(certificate)).to.deep.equal(SUBJECT);
    });

    it("gives the private key of the certificate", async () => {
      const issued = await authority.issue(SUBJECT, validFor(1, BEGIN));
      const { createPrivateKey } = await import("node:crypto");
      const key = createPrivateKey(issued.privateKeyPem);
      expect(inNode(issued.certificate).checkPrivateKey(key)).to.equal(true);
      expect(inNode(certificate).checkPrivateKey(key)).to.equal(false);
    });

    it("writes the wallet with its checksum", async () => {
      const issued = await authority.issue({ ...SUBJECT, wallet: WALLET.toLowerCase() });
      expect(subjectOf(issued.certificate)?.wallet).to.equal(WALLET);
      expect(issued.certificate.notAfter).to.deep.equal(authority.root.notAfter);
    });

    it("numbers at random", async () => {
      const other = (await authority.issue(SUBJECT, validFor(365, BEGIN))).certificate;
      expect(certificate.serialNumber).to.match(/^[4-7][0-9a-f]{31}$/);
      expect(other.serialNumber).to.match(/^[4-7][0-9a-f]{31}$/);
      expect(other.serialNumber).to.not.equal(certificate.serialNumber);
      expect(inNode(other).serialNumber.toLowerCase()).to.equal(other.serialNumber);
    });

    for (const id of [
      'DC "1", +x',
      "#ff",
      " a ",
      "a=b\\, c",
      "CN=x\nOU=y",
      "中".repeat(21),
      "x".repeat(64),
    ]) {
      it(`takes the ID ${JSON.stringify(id)} as it is`, async () => {
        const issued = await authority.issue({ ...SUBJECT, id });
        expect(subjectOf(issued.certificate)?.id).to.equal(id);
      });
    }

    for (const [title, subject] of [
      ["no ID", { ...SUBJECT, id: "" }],
      ["an ID of 65 bytes", { ...SUBJECT, id: "x".repeat(65) }],
      ["an ID of 22 characters of three bytes each", { ...SUBJECT, id: "中".repeat(22) }],
      ["no role", { ...SUBJECT, role: "" }],
      ["a wallet that is no address", { ...SUBJECT, wallet: "0x12" }],
      ["a wallet with a wrong checksum", { ...SUBJECT, wallet: WALLET.replace("C8", "c8") }],
    ] as const) {
      it(`refuses ${title}`, async () => {
        const count = authority.certificates.length;
        expect(await failure(authority.issue(subject))).to.be.instanceOf(RangeError);
        expect(authority.certificates.length).to.equal(count);
      });
    }

    it("refuses a validity that is reversed or reaches beyond the root's", async () => {
      const { notBefore, notAfter } = authority.root;
      for (const validity of [
        { notBefore: NOW, notAfter: after(NOW, -SECOND_MS) },
        { notBefore: after(notBefore, -SECOND_MS), notAfter },
        { notBefore, notAfter: after(notAfter, SECOND_MS) },
      ]) {
        expect(await failure(authority.issue(SUBJECT, validity))).to.be.instanceOf(RangeError);
      }
      await authority.issue(SUBJECT, { notBefore, notAfter });
      await authority.issue(SUBJECT, { notBefore: NOW, notAfter: NOW });
    });
  });

  describe("fingerprint", () => {
    it("is the SHA-256 of the DER, as others compute it", () => {
      const expected = inNode(certificate).fingerprint256.replaceAll(":", "").toLowerCase();
      expect(fingerprint(certificate)).to.equal(`0x${expected}`);
    });

    it("survives PEM", () => {
      const read = certificateFromPem(certificate.toString("pem"));
      expect(fingerprint(read)).to.equal(fingerprint(certificate));
    });
  });

  it("tells the last second of a validity", () => {
    expect(validUntil(certificate)).to.equal(BigInt(Date.UTC(2027, 0, 1) / 1000));
  });

  describe("verify", () => {
    it("accepts a certificate within its validity, both ends included", async () => {
      for (const at of [certificate.notBefore, NOW, certificate.notAfter]) {
        expect(await authority.verify(certificate, at)).to.deep.equal({
          valid: true,
          subject: SUBJECT,
        });
      }
    });

    it("refuses a certificate outside its validity", async () => {
      const verdict = (at: Date) => authority.verify(certificate, at);
      expect(await verdict(after(certificate.notBefore, -SECOND_MS))).to.deep.equal({
        valid: false,
        reason: "not yet valid",
      });
      expect(await verdict(after(certificate.notAfter, SECOND_MS))).to.deep.equal({
        valid: false,
        reason: "expired",
      });
    });

    it("refuses a certificate of another authority, of the same name too", async () => {
      const other = await CertificateAuthority.create("Test CA", validFor(3650, BEGIN));
      const foreign = (await other.issue(SUBJECT)).certificate;
      expect(await authority.verify(foreign, NOW)).to.deep.equal({
        valid: false,
        reason: "foreign",
      });
      expect(inNode(foreign).verify(inNode(authority.root).publicKey)).to.equal(false);
    });

    it("refuses a certificate that was changed", async () => {
      const der = new Uint8Array(certificate.rawData.slice(0));
      const place = Buffer.from(der).indexOf("data centre 1");
      der[place + 12] = "2".charCodeAt(0);
      const changed = new x509.X509Certificate(der);
      expect(subjectOf(changed)?.id).to.equal("data centre 2");
      expect(await authority.verify(changed, NOW)).to.deep.equal({
        valid: false,
        reason: "foreign",
      });
    });

    it("refuses the root as a participant's", async () => {
      expect(await authority.verify(authority.root, NOW)).to.deep.equal({
        valid: false,
        reason: "malformed",
      });
    });

    it("refuses a revoked certificate from the revocation on, and only that", async () => {
      const revoked = (await authority.issue(SUBJECT)).certificate;
      authority.revoke(revoked.serialNumber, after(NOW, 999));
      expect(await authority.verify(revoked, after(NOW, -SECOND_MS))).to.include({ valid: true });
      expect(await authority.verify(revoked, NOW)).to.deep.equal({
        valid: false,
        reason: "revoked",
      });
      expect(await authority.verify(certificate, NOW)).to.include({ valid: true });
    });
  });

  describe("revoke", () => {
    it("refuses a serial number that was never issued", () => {
      expect(() => {
        authority.revoke("12", NOW);
      }).to.throw(RangeError, "serial number 12");
    });

    it("refuses to revoke twice", async () => {
      const { serialNumber } = (await authority.issue(SUBJECT)).certificate;
      authority.revoke(serialNumber, NOW);
      expect(() => {
        authority.revoke(serialNumber, NOW);
      }).to.throw(RangeError, "revoked already");
    });

    it("puts the certificate on a signed list, with date and reason", async () => {
      const ca = await CertificateAuthority.create("CRL CA", validFor(3650, BEGIN));
      const [first, second] = [
        (await ca.issue(SUBJECT)).certificate,
        (await ca.issue(SUBJECT)).certificate,
      ];
      expect((await ca.revocationList(NOW)).entries).to.deep.equal([]);
      ca.revoke(first.serialNumber, NOW, "keyCompromise");
      const crl = await ca.revocationList(NOW, after(NOW, 60 * SECOND_MS));
      expect(await crl.verify({ publicKey: ca.root.publicKey })).to.equal(true);
      expect(await crl.verify({ publicKey: authority.root.publicKey })).to.equal(false);
      expect(crl.issuer).to.equal("CN=CRL CA");
      expect(crl.thisUpdate).to.deep.equal(NOW);
      expect(crl.nextUpdate).to.deep.equal(after(NOW, 60 * SECOND_MS));
      expect(
        crl.entries.map(({ serialNumber, revocationDate, reason }) => ({
          serialNumber,
          revocationDate,
          reason,
        })),
      ).to.deep.equal([
        {
          serialNumber: first.serialNumber,
          revocationDate: NOW,
          reason: x509.X509CrlReason.keyCompromise,
        },
      ]);
      expect(crl.findRevoked(second)).to.equal(null);
      expect(crlToPem(crl)).to.match(/^-----BEGIN X509 CRL-----\n[^-]+\n-----END X509 CRL-----/);
    });
  });

  describe("save and load", () => {
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "heliomarket-ca-"));
    });

    afterEach(() => rm(folder, { recursive: true }));

    it("keeps everything, and goes on where it was", async () => {
      const ca = await CertificateAuthority.create("Kept CA", validFor(3650, BEGIN));
      const [kept, revoked] = [
        (await ca.issue(SUBJECT)).certificate,
        (await ca.issue(SUBJECT)).certificate,
      ];
      ca.revoke(revoked.serialNumber, NOW, "superseded");
      await ca.save(folder, NOW);

      const read = await CertificateAuthority.load(folder);
      expect(fingerprint(read.root)).to.equal(fingerprint(ca.root));
      expect(read.certificates.map(fingerprint)).to.deep.equal([kept, revoked].map(fingerprint));
      expect(await read.verify(kept, NOW)).to.deep.equal({ valid: true, subject: SUBJECT });
      expect(await read.verify(revoked, NOW)).to.deep.equal({ valid: false, reason: "revoked" });
      expect(await read.verify(revoked, after(NOW, -SECOND_MS))).to.include({ valid: true });
      const later = (await read.issue(SUBJECT)).certificate;
      expect(await ca.verify(later, NOW)).to.include({ valid: true });
      read.revoke(kept.serialNumber, NOW);
      const [numberThen, numberNow] = [1, 2].map((n) => Buffer.from([2, 1, n]).toString("hex"));
      const numberOf = (crl: x509.X509Crl): string =>
        Buffer.from(crl.extensions.find(({ type }) => type === "2.5.29.20")!.value).toString("hex");
      const saved = new x509.X509Crl(
        x509.PemConverter.decodeFirst(await readFile(join(folder, "crl.pem"), "utf8")),
      );
      expect(numberOf(saved)).to.equal(numberThen);
      expect(numberOf(await read.revocationList(NOW))).to.equal(numberNow);
    });

    it("keeps the numbers of its lists beyond one byte", async () => {
      const ca = await CertificateAuthority.create("CRL CA", validFor(3650, BEGIN));
      const numberOf = (crl: x509.X509Crl): string =>
        Buffer.from(crl.extensions.find(({ type }) => type === "2.5.29.20")!.value).toString("hex");
      const numbers: string[] = [];
      for (let i = 1; i <= 257; i += 1) numbers.push(numberOf(await ca.revocationList(NOW)));
      expect([numbers[126], numbers[127], numbers[255], numbers[256]]).to.deep.equal([
        "02017f",
        "02020080",
        "02020100",
        "02020101",
      ]);
      await ca.save(folder, NOW);
      const read = await CertificateAuthority.load(folder);
      expect(numberOf(await read.revocationList(NOW))).to.equal("02020103");
    });

    it("lets nobody but the owner read the key, and leaves no drafts", async () => {
      await authority.save(folder, NOW);
      await authority.save(folder, NOW);
      expect((await stat(join(folder, "ca-key.pem"))).mode & 0o777).to.equal(0o600);
      expect(await readdir(folder)).to.have.members([
        "ca-key.pem",
        "ca.pem",
        "certificates.pem",
        "crl.pem",
      ]);
    });

    for (const name of ["ca-key.pem", "ca.pem", "certificates.pem", "crl.pem"]) {
      it(`says that ${name} is missing`, async () => {
        await authority.save(folder, NOW);
        await rm(join(folder, name));
        const error = await failure(CertificateAuthority.load(folder));
        expect(error.message).to.equal(`The authority's file ${join(folder, name)} is missing.`);
      });
    }

    for (const [name, message] of [
      ["ca-key.pem", "is not the key of"],
      ["certificates.pem", "is not signed by the authority"],
      ["crl.pem", "is not signed by the authority"],
    ] as const) {
      it(`refuses ${name} of another authority`, async () => {
        const other = await CertificateAuthority.create("Test CA", validFor(3650, BEGIN));
        await other.issue(SUBJECT);
        await other.save(folder, NOW);
        const foreign = await readFile(join(folder, name));
        await authority.save(folder, NOW);
        await writeFile(join(folder, name), foreign);
        expect((await failure(CertificateAuthority.load(folder))).message).to.contain(message);
      });
    }
  });
});

/** The error that a promise is rejected with. */
async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("It did not fail.");
}
