/**
 * A small certificate authority for a market's participants: X.509 (RFC 5280) with ECDSA on P-256.
 *
 * The market's registry holds no certificates, only their SHA-256 fingerprints. Whoever meets a participant off chain
 * asks for its certificate, checks it here, and compares the fingerprint with the registry's.
 */
import "reflect-metadata";

import { createHash, randomBytes, webcrypto } from "node:crypto";
import { join } from "node:path";

import * as x509 from "@peculiar/x509";
import { getAddress } from "ethers";

import { readIfExists, writeAtomically } from "../files.ts";

type CryptoKey = webcrypto.CryptoKey;

const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING_ALGORITHM = { name: "ECDSA", hash: "SHA-256" } as const;

const DAY_MS = 86_400_000;
/** RFC 5280, 4.1.2.2: at most 20 bytes; 128 random bits cannot be guessed and do not collide. */
const SERIAL_BYTES = 16;
/** As the registry: an ID has 1 to 64 bytes of UTF-8. */
const MAX_ID_BYTES = 64;
/** Scheme of the subject's alternative name that carries the wallet. */
const WALLET_SCHEME = "ethereum:";

const ROOT_FILE = "ca.pem";
const KEY_FILE = "ca-key.pem";
const CERTIFICATES_FILE = "certificates.pem";
/** The last file of an authority's folder that is written. */
export const CRL_FILE = "crl.pem";

/** What a certificate says about a participant. */
export interface Subject {
  /** Unique participant ID, 1 to 64 bytes of UTF-8: the subject's common name. */
  readonly id: string;
  /** Address of the wallet: the subject's alternative name `ethereum:0x…`. */
  readonly wallet: string;
  /** Role in the market, such as `dataCentre`: the subject's organizational unit. */
  readonly role: string;
}

/** When a certificate is valid; both ends included, to the second. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What a check of a certificate found. */
export type Verdict =
  | { readonly valid: true; readonly subject: Subject }
  | {
      readonly valid: false;
      readonly reason: "foreign" | "malformed" | "not yet valid" | "expired" | "revoked";
    };

/** Why a certificate is revoked (RFC 5280, 5.3.1). */
export type RevocationReason =
  "unspecified" | "keyCompromise" | "superseded" | "cessationOfOperation";

interface Revocation {
  readonly serialNumber: string;
  readonly revocationDate: Date;
  readonly reason: x509.X509CrlReason;
}

/** A participant's certificate, with the private key that the authority made for it. */
export interface Issued {
  readonly certificate: x509.X509Certificate;
  /** PKCS #8 in PEM. The authority keeps no copy. */
  readonly privateKeyPem: string;
}

/** A validity of so many days. */
export const validFor = (days: number, notBefore = new Date()): Validity => ({
  notBefore,
  notAfter: new Date(notBefore.getTime() + days * DAY_MS),
});

/** SHA-256 of a certificate in DER, as the registry holds it: 32 bytes in hexadecimal with `0x`. */
export function fingerprint(certificate: x509.X509Certificate): string {
  return `0x${createHash("sha256").update(new Uint8Array(certificate.rawData)).digest("hex")}`;
}

/** Last second of a certificate's validity, Unix time, as an enrolment carries it. */
export function validUntil(certificate: x509.X509Certificate): bigint {
  return BigInt(Math.floor(certificate.notAfter.getTime() / 1000));
}

/** Reads a certificate in PEM. */
export function certificateFromPem(pem: string): x509.X509Certificate {
  return new x509.X509Certificate(pem);
}

/** A revocation list in PEM (RFC 7468, section 6). */
export function crlToPem(crl: x509.X509Crl): string {
  return x509.PemConverter.encode(crl.rawData, "X509 CRL");
}

/** Reads what a certificate says about its participant; undefined if it is not of this authority's form. */
export function subjectOf(certificate: x509.X509Certificate): Subject | undefined {
  const [id] = certificate.subjectName.getField("CN");
  const [role] = certificate.subjectName.getField("OU");
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const uri = names.find(({ type, value }) => type === "url" && value.startsWith(WALLET_SCHEME));
  if (id === undefined || role === undefined || uri === undefined) return undefined;
  return { id, role, wallet: uri.value.slice(WALLET_SCHEME.length) };
}

/** Issues, checks and revokes certificates. */
export class CertificateAuthority {
  /** The self-signed root certificate. */
  readonly root: x509.X509Certificate;
  readonly #key: CryptoKey;
  readonly #certificates = new Map<string, x509.X509Certificate>();
  readonly #revocations = new Map<string, Revocation>();
  /** Number of the latest revocation list (RFC 5280, 5.2.3). */
  #crlNumber = 0;

  private constructor(root: x509.X509Certificate, key: CryptoKey) {
    this.root = root;
    this.#key = key;
  }

  /** Creates an authority with a new key and a self-signed root certificate. */
  static async create(name: string, validity: Validity): Promise<CertificateAuthority> {
    const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: randomSerial(),
      name: nameOf({ CN: name }),
      ...validity,
      keys,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new CertificateAuthority(root, keys.privateKey);
  }

  /** Certificates issued so far, in the order of issue. */
  get certificates(): readonly x509.X509Certificate[] {
    return [...this.#certificates.values()];
  }

  /**
   * Issues a certificate with a new key of its own.
   *
   * @param validity as long as the root's if it is not given
   *
   * @throws RangeError if the ID is empty or longer than 64 bytes, the role is empty, the wallet is no address, or the
   * validity is reversed or reaches beyond the root's
   */
  async issue(subject: Subject, validity: Validity = this.root): Promise<Issued> {
    checkSubject(subject);
    const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
    const certificate = await this.#sign(subject, validity, keys.publicKey);
    const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { certificate, privateKeyPem: x509.PemConverter.encode(key, "PRIVATE KEY") };
  }

  /**
   * Checks that a certificate was signed by this authority, is valid at a time, and is not revoked at that time.
   */
  async verify(certificate: x509.X509Certificate, at: Date): Promise<Verdict> {
    const signed =
      certificate.issuer === this.root.subject &&
      (await certificate.verify({ publicKey: this.root.publicKey, signatureOnly: true }));
    if (!signed) return { valid: false, reason: "foreign" };
    const subject = subjectOf(certificate);
    if (subject === undefined) return { valid: false, reason: "malformed" };
    if (at < certificate.notBefore || at < this.root.notBefore) {
      return { valid: false, reason: "not yet valid" };
    }
    if (at > certificate.notAfter || at > this.root.notAfter) {
      return { valid: false, reason: "expired" };
    }
    const revocation = this.#revocations.get(certificate.serialNumber);
    if (revocation !== undefined && at >= revocation.revocationDate) {
      return { valid: false, reason: "revoked" };
    }
    return { valid: true, subject };
  }

  /**
   * Revokes a certificate; it appears in every revocation list from now on.
   *
   * @param serialNumber of a certificate that this authority issued
   * @throws RangeError if the authority issued no such certificate, or has revoked it
   */
  revoke(serialNumber: string, at: Date, reason: RevocationReason = "unspecified"): void {
    if (!this.#certificates.has(serialNumber)) {
      throw new RangeError(`No certificate was issued with the serial number ${serialNumber}.`);
    }
    if (this.#revocations.has(serialNumber)) {
      throw new RangeError(`The certificate ${serialNumber} is revoked already.`);
    }
    this.#revocations.set(serialNumber, {
      serialNumber,
      // X.509 counts seconds.
      revocationDate: new Date(Math.floor(at.getTime() / 1000) * 1000),
      reason: x509.X509CrlReason[reason],
    });
  }

  /**
   * The certificate revocation list, signed by the authority.
   *
   * @param nextUpdate when the next list is published at the latest; the present one is not to be relied on after that
   */
  async revocationList(
    thisUpdate: Date,
    nextUpdate = new Date(thisUpdate.getTime() + DAY_MS),
  ): Promise<x509.X509Crl> {
    this.#crlNumber += 1;
    return x509.X509CrlGenerator.create({
      issuer: this.root.subjectName,
      thisUpdate,
      nextUpdate,
      entries: [...this.#revocations.values()],
      signingAlgorithm: SIGNING_ALGORITHM,
      signingKey: this.#key,
      extensions: [
        await x509.AuthorityKeyIdentifierExtension.create(this.root.publicKey),
        new x509.Extension(CRL_NUMBER_OID, false, derInteger(this.#crlNumber)),
      ],
    });
  }

  /**
   * Writes key, root, certificates and revocation list to a folder; each file is replaced as a whole. The key can be read
   * by its owner only.
   *
   * @param at time of the revocation list
   */
  async save(folder: string, at: Date): Promise<void> {
    const key = await webcrypto.subtle.exportKey("pkcs8", this.#key);
    await writeAtomically(
      join(folder, KEY_FILE),
      `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n`,
      0o600,
    );
    await writeAtomically(join(folder, ROOT_FILE), `${this.root.toString("pem")}\n`);
    const certificates = this.certificates.map((certificate) => `${certificate.toString("pem")}\n`);
    await writeAtomically(join(folder, CERTIFICATES_FILE), certificates.join(""));
    const crl = await this.revocationList(at);
    await writeAtomically(join(folder, CRL_FILE), `${crlToPem(crl)}\n`);
  }

  /**
   * Reads an authority from the folder that it was saved to.
   *
   * @throws if a file is missing or damaged, the key is not the root's, or a certificate or the revocation list is not
   * signed by it
   */
  static async load(folder: string): Promise<CertificateAuthority> {
    const root = new x509.X509Certificate(await read(folder, ROOT_FILE));
    const key = await webcrypto.subtle.importKey(
      "pkcs8",
      x509.PemConverter.decodeFirst(await read(folder, KEY_FILE)),
      KEY_ALGORITHM,
      true,
      ["sign"],
    );
    const authority = new CertificateAuthority(root, key);
    const probe = randomBytes(32);
    const signature = await webcrypto.subtle.sign(SIGNING_ALGORITHM, key, probe);
    const publicKey = (await root.publicKey.export(KEY_ALGORITHM, ["verify"])) as CryptoKey;
    if (!(await webcrypto.subtle.verify(SIGNING_ALGORITHM, publicKey, signature, probe))) {
      throw new Error(`${join(folder, KEY_FILE)} is not the key of ${join(folder, ROOT_FILE)}.`);
    }
    for (const der of x509.PemConverter.decode(await read(folder, CERTIFICATES_FILE))) {
      const certificate = new x509.X509Certificate(der);
      if (!(await certificate.verify({ publicKey: root.publicKey, signatureOnly: true }))) {
        throw new Error(`Certificate ${certificate.serialNumber} is not signed by the authority.`);
      }
      authority.#certificates.set(certificate.serialNumber, certificate);
    }
    const crl = x509.PemConverter.decodeFirst(await read(folder, CRL_FILE));
    await authority.#readRevocations(new x509.X509Crl(crl), folder);
    return authority;
  }

  async #readRevocations(crl: x509.X509Crl, folder: string): Promise<void> {
    if (!(await crl.verify({ publicKey: this.root.publicKey }))) {
      throw new Error(`${join(folder, CRL_FILE)} is not signed by the authority.`);
    }
    for (const { serialNumber, revocationDate, reason } of crl.entries) {
      this.#revocations.set(serialNumber, {
        serialNumber,
        revocationDate,
        reason: reason ?? x509.X509CrlReason.unspecified,
      });
    }
    const number = crl.extensions.find(({ type }) => type === CRL_NUMBER_OID);
    if (number !== undefined) this.#crlNumber = fromDerInteger(new Uint8Array(number.value));
  }

  async #sign(
    { id, wallet, role }: Subject,
    { notBefore, notAfter }: Validity,
    publicKey: CryptoKey,
  ): Promise<x509.X509Certificate> {
    if (notBefore > notAfter) throw new RangeError("The validity ends before it begins.");
    if (notBefore < this.root.notBefore || notAfter > this.root.notAfter) {
      throw new RangeError("The validity reaches beyond that of the authority's root certificate.");
    }
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject: nameOf({ CN: id, OU: role }),
      issuer: this.root.subjectName,
      notBefore,
      notAfter,
      publicKey,
      signingKey: this.#key,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.SubjectAlternativeNameExtension([
          { type: "url", value: `${WALLET_SCHEME}${getAddress(wallet)}` },
        ]),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(this.root.publicKey),
      ],
    });
    this.#certificates.set(certificate.serialNumber, certificate);
    return certificate;
  }
}

function checkSubject({ id, wallet, role }: Subject): void {
  const length = Buffer.byteLength(id, "utf8");
  if (length === 0 || length > MAX_ID_BYTES) {
    throw new RangeError(`The ID "${id}" has ${length} bytes; it must have 1 to ${MAX_ID_BYTES}.`);
  }
  if (role === "") throw new RangeError("The role is empty.");
  try {
    getAddress(wallet);
  } catch (error) {
    throw new RangeError(`The wallet ${wallet} is no Ethereum address.`, { cause: error });
  }
}

/** Typed values are taken as they are; of plain ones the library would interpret quotes and number signs. */
function nameOf(parts: Readonly<Record<string, string>>): x509.Name {
  return new x509.Name(
    Object.entries(parts).map(([key, utf8String]) => ({ [key]: [{ utf8String }] })),
  );
}

/** Random, positive, and with no leading zero that a reader could drop. */
function randomSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

/** Object identifier of a revocation list's number. */
const CRL_NUMBER_OID = "2.5.29.20";

/** DER of a whole number from 0 to 2^31 - 1, in four bytes or fewer. */
function derInteger(value: number): Uint8Array<ArrayBuffer> {
  const hex = value.toString(16);
  let bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  // A leading bit of 1 would make it negative.
  if ((bytes[0] ?? 0) >= 0x80) bytes = Buffer.concat([Buffer.from([0]), bytes]);
  return new Uint8Array([0x02, bytes.length, ...bytes]);
}

function fromDerInteger(der: Uint8Array): number {
  return der.subarray(2).reduce((value, byte) => value * 256 + byte, 0);
}

async function read(folder: string, name: string): Promise<string> {
  const text = await readIfExists(join(folder, name));
  if (text === undefined) throw new Error(`The authority's file ${join(folder, name)} is missing.`);
  return text;
}
