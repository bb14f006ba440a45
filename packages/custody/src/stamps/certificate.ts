import { X509Certificate } from "node:crypto";
import { certificatesIn, MAX_CHAIN, UNREADABLE } from "../certificates/pem.ts";
import { bodyOf, type Der, DerError, numberOf, oidOf, readDer, tags, within } from "./der.ts";
import { oids } from "./oids.ts";

/** A certificate, with what Node doesn't tell of it. */
export interface Certificate {
  readonly x509: X509Certificate;
  /** The issuer's name and the serial number, in DER. */
  readonly issuer: Buffer;
  readonly serial: Buffer;
  readonly extensions: ReadonlyMap<string, Extension>;
}

interface Extension {
  readonly isCritical: boolean;
  readonly value: Der;
}

/** What a critical extension may be: what isn't understood here must not be passed over. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  oids.basicConstraints,
  oids.keyUsage,
  oids.extendedKeyUsage,
  oids.certificatePolicies,
  oids.subjectAltName,
]);

/** Reads a certificate in DER. Throws DerError. */
export function readCertificate(bytes: Buffer): Certificate {
  const [body] = within(readDer(bytes), tags.sequence);
  const fields = within(body, tags.sequence);
  // The version comes first, unless it is 1, which has no extensions.
  const [serial, , issuer] = fields[0]?.tag === tags.within(0) ? fields.slice(1) : fields;
  const list = fields.find(({ tag }) => tag === tags.within(3));
  const extensions = new Map<string, Extension>();
  for (const each of list ? within(within(list, tags.within(3))[0], tags.sequence) : []) {
    const [name, ...rest] = within(each, tags.sequence);
    const isCritical = rest[0]?.tag === tags.boolean;
    const oid = oidOf(name);
    if (extensions.has(oid)) throw new DerError("has a certificate with an extension twice");
    extensions.set(oid, { isCritical, value: readDer(bodyOf(rest.at(-1), tags.octets)) });
  }
  if (serial === undefined || issuer === undefined) throw new DerError("has an odd certificate");
  return { x509: parsed(bytes), issuer: issuer.bytes, serial: serial.bytes, extensions };
}

function parsed(bytes: Buffer): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw new DerError("has a certificate that can't be read", { cause });
  }
}

/** The certificates of an authority that were configured: what its stamps have to lead to. */
export interface Trust {
  /** Self-signed ones: where a chain ends. */
  readonly roots: readonly Certificate[];
  /** Others, which a chain may pass. */
  readonly between: readonly Certificate[];
}

/** Reads certificates in PEM. Returns the reason if they can't be trusted. */
export function readTrust(pem: string): Trust | string {
  try {
    const all = certificatesIn(pem).map(({ raw }) => readCertificate(raw));
    const roots = all.filter(({ x509 }) => x509.checkIssued(x509) && x509.verify(x509.publicKey));
    if (roots.length > 0) return { roots, between: all.filter((each) => !roots.includes(each)) };
    return "it has no self-signed certificate of a root, which `openssl ts -verify` wants as well";
  } catch {
    return UNREADABLE;
  }
}

/**
 * Returns why a certificate doesn't lead to a trusted root at a time; undefined if it does. Others of
 * the token may lie between, but never be the root.
 */
export function chainFault(
  signer: Certificate,
  { roots, between }: Trust,
  { at, others }: { at: Date; others: readonly Certificate[] },
): string | undefined {
  const own = timeFault(signer, at) ?? criticalFault(signer);
  if (own !== undefined) return `its certificate ${own}`;
  const candidates = [...roots, ...between, ...others];
  let reason = "its certificate doesn't lead to the configured root";
  const isRoot = (each: Certificate) => roots.some(({ x509 }) => x509.raw.equals(each.x509.raw));

  /** Whether a chain goes on from a certificate that has so many below it. */
  function leads(from: Certificate, below: number): boolean {
    if (isRoot(from)) return true;
    if (below >= MAX_CHAIN) return false;
    return candidates.some((issuer) => {
      if (!from.x509.checkIssued(issuer.x509) || !from.x509.verify(issuer.x509.publicKey)) {
        return false;
      }
      const fault = issuerFault(issuer, below) ?? timeFault(issuer, at) ?? criticalFault(issuer);
      if (fault === undefined) return leads(issuer, below + 1);
      reason = `the certificate of its issuer ${fault}`;
      return false;
    });
  }
  return leads(signer, 0) ? undefined : reason;
}

function timeFault({ x509 }: Certificate, at: Date): string | undefined {
  if (at < x509.validFromDate) return `began on ${x509.validFrom}, after the stamp's time`;
  if (at > x509.validToDate) return `ended on ${x509.validTo}, before the stamp's time`;
  return undefined;
}

function criticalFault({ extensions }: Certificate): string | undefined {
  for (const [oid, { isCritical }] of extensions) {
    if (isCritical && !UNDERSTOOD.has(oid))
      return `has the critical extension ${oid}, unknown here`;
  }
  return undefined;
}

function issuerFault({ x509, extensions }: Certificate, below: number): string | undefined {
  if (!x509.ca) return "isn't an authority's";
  const basics = within(extensions.get(oids.basicConstraints)?.value, tags.sequence);
  const most = basics.find(({ tag }) => tag === tags.integer);
  if (most !== undefined && below > numberOf(most)) return "allows no chain as long as this one";
  return undefined;
}

/** KeyUsage's bits: the first is the highest of the first byte. */
const SIGNS = 0b1100_0000;

/** Returns why a certificate isn't one that stamps time and does nothing else (RFC 3161, 2.3). */
export function purposeFault({ extensions }: Certificate): string | undefined {
  const purposes = extensions.get(oids.extendedKeyUsage);
  if (purposes === undefined) return "its certificate isn't for time stamps";
  if (!purposes.isCritical) return "its certificate's purpose isn't critical";
  const named = within(purposes.value, tags.sequence).map(oidOf);
  if (named.length !== 1 || named[0] !== oids.timeStamping) {
    return "its certificate isn't for time stamps alone";
  }
  const usage = extensions.get(oids.keyUsage)?.value;
  const [, bits = 0] = usage ? bodyOf(usage, tags.bits) : [0, SIGNS];
  return (bits & SIGNS) === 0 ? "its certificate isn't for signatures" : undefined;
}
