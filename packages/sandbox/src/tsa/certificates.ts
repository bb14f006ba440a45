import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import {
  bits,
  der,
  elements,
  integer,
  octets,
  oid,
  sequence,
  set,
  tagged,
  text,
  time,
  yes,
} from "./der-writer.ts";
import { type Signature, sign, signatureOf } from "./signature.ts";

/** A key with its certificate. */
export interface Identity {
  readonly key: KeyObject;
  /** The certificate in DER. */
  readonly certificate: Buffer;
  /** The names of its issuer and of its subject in DER. */
  readonly issuer: Buffer;
  readonly name: Buffer;
  /** Its serial number in DER. */
  readonly serial: Buffer;
  /** How its key signs. */
  readonly signs: Signature;
}

export interface CertificateOrder {
  readonly name: string;
  /** Who issues it. @defaultValue itself: a root */
  readonly issuer?: Identity;
  readonly from: Date;
  readonly until: Date;
  /** What it is for, if it isn't a root. @defaultValue time stamps alone, as a critical extension */
  readonly purposes?: { readonly oids: readonly string[]; readonly isCritical: boolean };
  /** How its key signs. @defaultValue ecdsa */
  readonly signs?: Signature;
  /** @defaultValue a new one */
  readonly key?: KeyObject;
}

const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";

/** Makes a certificate (RFC 5280): of a root, or of one that stamps time. */
export function issue(order: CertificateOrder): Identity {
  const { issuer, from, until, signs = "ecdsa", key = newKey(signs) } = order;
  const name = sequence(set(sequence(oid("2.5.4.3"), text(order.name))));
  const serial = integer(Buffer.from([1, ...randomBytes(9)]));
  const by = issuer ?? { key, name, signs };
  const algorithm = signatureOf(by.signs);
  const body = sequence(
    tagged(0, integer(2)),
    serial,
    algorithm,
    by.name,
    sequence(time(from), time(until)),
    name,
    publicOf(key),
    tagged(3, sequence(...(issuer ? leafExtensions(order) : rootExtensions()))),
  );
  const signature = bits(sign(body, by.key, by.signs));
  return identityOf(sequence(body, algorithm, signature), { key, signs });
}

/** Returns the identity that a certificate in DER is of. */
export function identityOf(
  certificate: Buffer,
  { key, signs }: Pick<Identity, "key" | "signs">,
): Identity {
  const [whole] = elements(certificate);
  const [body] = elements(whole?.body ?? NOTHING);
  const [, serial, , issuer, , name] = elements(body?.body ?? NOTHING).map(({ bytes }) => bytes);
  if (!serial || !issuer || !name) throw new TypeError("This isn't a certificate.");
  return { key, signs, certificate, issuer, name, serial };
}

const NOTHING = Buffer.alloc(0);

/** Returns a certificate in PEM. */
export function pemOf(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function newKey(signs: Signature): KeyObject {
  if (signs === "ecdsa") return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
}

function publicOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

function rootExtensions(): Buffer[] {
  const isAuthority = sequence(yes);
  // keyCertSign and cRLSign.
  const usage = der(0x03, Buffer.from([1, 0b0000_0110]));
  return [extension("2.5.29.19", isAuthority, true), extension("2.5.29.15", usage, true)];
}

function leafExtensions({ purposes }: CertificateOrder): Buffer[] {
  const { oids, isCritical } = purposes ?? { oids: [TIME_STAMPING], isCritical: true };
  // digitalSignature.
  const usage = der(0x03, Buffer.from([7, 0b1000_0000]));
  return [
    extension("2.5.29.15", usage, true),
    extension("2.5.29.37", sequence(...oids.map(oid)), isCritical),
  ];
}

function extension(name: string, value: Buffer, isCritical: boolean): Buffer {
  return sequence(oid(name), ...(isCritical ? [yes] : []), octets(value));
}
