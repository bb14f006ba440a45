import { constants, hash, verify } from "node:crypto";
import {
  type Certificate,
  chainFault,
  purposeFault,
  readCertificate,
  type Trust,
} from "./certificate.ts";
import {
  bodyOf,
  type Der,
  DerError,
  der,
  elementsOf,
  numberOf,
  oidOf,
  readDer,
  tags,
  timeOf,
  within,
} from "./der.ts";
import { digestBy, namedSignatures, oids, type SignedDigest } from "./oids.ts";
import type { StampRequest } from "./request.ts";

/** What a stamp says that is in order. */
export interface Stamp {
  /** The authority's time. */
  readonly at: Date;
  /** The token's number at its authority, in hexadecimal digits. */
  readonly serial: string;
  readonly policy: string;
}

/** Why an answer is no stamp. */
export interface StampFault {
  /** `away`: the authority can't for the moment; `refused`: it doesn't want to; `invalid`: what it gave isn't in order. */
  readonly kind: "away" | "refused" | "invalid";
  /** Goes on after "the authority's answer: ". */
  readonly reason: string;
}

/**
 * Checks a TimeStampResp against the request that it answers (RFC 3161, 2.4.2; RFC 5816; RFC 5652), and
 * that its signer's certificate leads to one that is trusted, at the stamp's own time. Nothing of the
 * token is trusted; certificates aren't looked up for having been revoked.
 */
export function checkStamp(bytes: Buffer, request: StampRequest, trust: Trust): Stamp | StampFault {
  const { digest, imprint, nonce, policy } = request;
  const isOurs = (name: SignedDigest, own: Buffer) => name === digest && own.equals(imprint);
  return checkAnswer(bytes, { isOurs, nonce, policy }, trust);
}

/**
 * Checks a TimeStampResp that was kept, years later maybe, in the same way. Its request isn't known any
 * more, so its nonce and policy may be any; what it stamps has to be the text, by the digest that it names.
 */
export function checkKeptStamp(bytes: Buffer, text: string, trust: Trust): Stamp | StampFault {
  const isOurs = (name: SignedDigest, own: Buffer) => own.equals(hash(name, text, "buffer"));
  return checkAnswer(bytes, { isOurs }, trust);
}

/** What a stamp has to be of. */
interface Expected {
  /** Whether it stamps what was asked for, by the digest that it names. */
  readonly isOurs: (name: SignedDigest, imprint: Buffer) => boolean;
  readonly nonce?: Buffer;
  readonly policy?: string | undefined;
}

function checkAnswer(bytes: Buffer, expected: Expected, trust: Trust): Stamp | StampFault {
  try {
    const token = tokenOf(bytes);
    if ("kind" in token) return token;
    return checkToken(token, expected, trust);
  } catch (thrown) {
    return invalid(faultOf(thrown));
  }
}

/**
 * Returns why an answer has no token; undefined if it has one, whatever it is. For authorities whose
 * tokens can't be checked here.
 */
export function tokenFault(bytes: Buffer): StampFault | undefined {
  try {
    const token = tokenOf(bytes);
    return "kind" in token ? token : undefined;
  } catch (thrown) {
    return invalid(faultOf(thrown));
  }
}

/** PKIFailureInfo's bits that pass: no time at hand, and a fault of the system. */
const PASSING_FAULTS = [14, 25];

/** Returns the ContentInfo of an answer, or why there is none. */
function tokenOf(bytes: Buffer): Buffer | StampFault {
  const [state, token, ...more] = within(readDer(bytes), tags.sequence);
  const [status, ...details] = within(state, tags.sequence);
  const code = numberOf(status);
  if (code === 0 || code === 1) {
    if (token === undefined || more.length > 0) throw new DerError("has no token");
    return token.bytes;
  }
  const texts = details.find(({ tag }) => tag === tags.sequence);
  const bits = details.find(({ tag }) => tag === tags.bits)?.body;
  const text = texts ? within(texts, tags.sequence).map(({ body }) => body.toString("utf8")) : [];
  const passes = PASSING_FAULTS.some((bit) => hasBit(bits, bit));
  const said = text.length === 0 ? "" : `: ${text.join(" ").slice(0, MAX_SAID)}`;
  return { kind: passes ? "away" : "refused", reason: `it is status ${code}${said}` };
}

/** Characters of an authority's own words that are kept. */
const MAX_SAID = 200;

/** Whether a BIT STRING, whose first byte counts the unused bits, has the one with a number. */
function hasBit(bits: Buffer | undefined, number: number): boolean {
  const byte = bits?.[1 + Math.floor(number / 8)] ?? 0;
  return (byte & (0x80 >> (number % 8))) !== 0;
}

function checkToken(token: Buffer, expected: Expected, trust: Trust): Stamp | StampFault {
  const [type, content, ...more] = within(readDer(token), tags.sequence);
  if (oidOf(type) !== oids.signedData || more.length > 0) throw new DerError("isn't signed data");
  const signed = readSigned(content);
  const { info } = signed;
  const signer = signerOf(signed);
  if (typeof signer === "string") return invalid(signer);
  const stamp = readInfo(info, expected);
  if (typeof stamp === "string") return invalid(stamp);
  const others = signed.certificates.filter((each) => each !== signer);
  const fault = purposeFault(signer) ?? chainFault(signer, trust, { at: stamp.at, others });
  return fault === undefined ? stamp : invalid(fault);
}

/** The parts of a SignedData with one signer. */
interface Signed {
  /** The TSTInfo in DER. */
  readonly info: Buffer;
  readonly certificates: readonly Certificate[];
  readonly signer: {
    /** The issuer's name and serial number, or the key's id. */
    readonly id: Der;
    readonly digest: SignedDigest;
    readonly attributes: ReadonlyMap<string, Der>;
    /** The attributes as they are signed. */
    readonly signedBytes: Buffer;
    readonly algorithm: Der;
    readonly signature: Buffer;
  };
}

function readSigned(content: Der | undefined): Signed {
  const fields = within(within(content, tags.within(0))[0], tags.sequence);
  const [version, , encapsulated] = fields;
  numberOf(version);
  const [type, wrapped] = within(encapsulated, tags.sequence);
  if (oidOf(type) !== oids.tstInfo) throw new DerError("holds something else than a time stamp");
  const info = bodyOf(within(wrapped, tags.within(0))[0], tags.octets);
  const certificates = fields.find(({ tag }) => tag === tags.within(0));
  const signers = within(fields.at(-1), tags.set);
  const [only] = signers;
  if (only === undefined || signers.length > 1) throw new DerError("doesn't have one signer");
  return {
    info,
    certificates: certificates ? elementsOf(certificates.body).map(certificateIn) : [],
    signer: readSigner(only),
  };
}

function certificateIn({ bytes, tag }: Der): Certificate {
  if (tag !== tags.sequence) throw new DerError("has a certificate of an unknown kind");
  return readCertificate(bytes);
}

function readSigner(signer: Der): Signed["signer"] {
  const [version, id, digest, list, algorithm, signature] = within(signer, tags.sequence);
  numberOf(version);
  if (id === undefined || algorithm === undefined) throw new DerError("has an odd signer");
  const attributes = new Map<string, Der>();
  for (const each of within(list, tags.within(0))) {
    const [name, values] = within(each, tags.sequence);
    const [value, ...more] = within(values, tags.set);
    const oid = oidOf(name);
    if (value === undefined || more.length > 0 || attributes.has(oid)) {
      throw new DerError("has a signed attribute more than once, or an empty one");
    }
    attributes.set(oid, value);
  }
  return {
    id,
    digest: digestIn(digest),
    attributes,
    // They are sent as [0], and signed as a SET.
    signedBytes: der(tags.set, bodyOf(list, tags.within(0))),
    algorithm,
    signature: bodyOf(signature, tags.octets),
  };
}

/** Returns the digest of an AlgorithmIdentifier. */
function digestIn(element: Der | undefined): SignedDigest {
  const oid = oidOf(within(element, tags.sequence)[0]);
  const digest = digestBy(oid);
  if (digest === undefined) throw new DerError(`is digested with ${oid}, which isn't taken`);
  return digest;
}

/** Returns the certificate of the token's signer if it has signed it, or why not. */
function signerOf({ info, certificates, signer }: Signed): Certificate | string {
  const { attributes, digest } = signer;
  const type = attributes.get(oids.contentType);
  if (type === undefined || oidOf(type) !== oids.tstInfo)
    return "its signed content type is another";
  const own = attributes.get(oids.messageDigest);
  if (own === undefined || !bodyOf(own, tags.octets).equals(hash(digest, info, "buffer"))) {
    return "its signed digest isn't that of its content";
  }
  const named = certificates.find((each) => isNamed(each, attributes) && isMeant(each, signer.id));
  if (named === undefined) return "it doesn't bring the certificate that its signature names";
  return isSigned(named, signer) ? named : "its signature isn't by its certificate";
}

/** Whether each signed attribute that names the signer's certificate by its digest names this one. */
function isNamed({ x509 }: Certificate, attributes: ReadonlyMap<string, Der>): boolean {
  const first = attributes.get(oids.signingCertificate);
  const second = attributes.get(oids.signingCertificateV2);
  const isFirst = () => idsOf(first)[0].equals(hash("sha1", x509.raw, "buffer"));
  const isSecond = () => {
    const [id, digest] = idsOf(second);
    return id.equals(hash(digestByBytes(digest), x509.raw, "buffer"));
  };
  if (first === undefined && second === undefined) return false;
  return (first === undefined || isFirst()) && (second === undefined || isSecond());
}

/** Returns the digest of the first certificate that a SigningCertificate names, and in its second version what it is made with. */
function idsOf(attribute: Der | undefined): [digest: Buffer, algorithm: Buffer | undefined] {
  const [list] = within(attribute, tags.sequence);
  const [first] = within(list, tags.sequence);
  const parts = within(first, tags.sequence);
  const algorithm = parts[0]?.tag === tags.sequence ? parts[0].bytes : undefined;
  return [bodyOf(parts[algorithm === undefined ? 0 : 1], tags.octets), algorithm];
}

/** SHA-256 is what is meant where an ESSCertIDv2 names no digest (RFC 5816). */
function digestByBytes(algorithm: Buffer | undefined): SignedDigest {
  return algorithm === undefined ? "sha256" : digestIn(readDer(algorithm));
}

/** Whether the signer's identifier is that of a certificate: by issuer and number, or by the key's id. */
function isMeant({ issuer, serial }: Certificate, id: Der): boolean {
  if (id.tag !== tags.sequence) return id.tag === 0x80;
  const [name, number] = elementsOf(id.body);
  return name?.bytes.equals(issuer) === true && number?.bytes.equals(serial) === true;
}

function isSigned({ x509 }: Certificate, signer: Signed["signer"]): boolean {
  const { algorithm, digest, signedBytes, signature } = signer;
  const key = x509.publicKey;
  const [name, parameters] = within(algorithm, tags.sequence);
  const oid = oidOf(name);
  if (oid === oids.rsaPss) {
    const options = pssOptions(parameters, digest);
    if (options === undefined || !key.asymmetricKeyType?.startsWith("rsa")) return false;
    return verify(digest, signedBytes, { key, ...options }, signature);
  }
  const isRsa = key.asymmetricKeyType === "rsa";
  if (oid === oids.rsa ? !isRsa : namedSignatures[oid] !== digest) return false;
  return verify(digest, signedBytes, key, signature);
}

/** Returns how RSASSA-PSS was used (RFC 4055); undefined if not with the signer's digest throughout. */
function pssOptions(parameters: Der | undefined, digest: SignedDigest) {
  const parts = within(parameters, tags.sequence);
  const part = (number: number) => {
    const found = parts.find(({ tag }) => tag === tags.within(number));
    return found && elementsOf(found.body)[0];
  };
  const mask = part(1);
  const [masked, maskDigest] = mask ? within(mask, tags.sequence) : [];
  // What is left out means SHA-1, which isn't taken.
  if (masked === undefined || oidOf(masked) !== oids.mgf1) return undefined;
  if (digestIn(part(0)) !== digest || digestIn(maskDigest) !== digest) return undefined;
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: numberOf(part(2)) };
}

/** Reads a TSTInfo that has to be of what is expected. Returns the reason if it isn't. */
function readInfo(info: Buffer, expected: Expected): Stamp | string {
  const [version, policy, imprint, serial, time, ...rest] = within(readDer(info), tags.sequence);
  if (numberOf(version) !== 1) return "it is of an unknown version";
  const [algorithm, digest] = within(imprint, tags.sequence);
  if (!expected.isOurs(digestIn(algorithm), bodyOf(digest, tags.octets)))
    return "it stamps another digest than was asked for";
  const nonce = rest.find(({ tag }) => tag === tags.integer);
  if (expected.nonce !== undefined && !nonce?.body.equals(expected.nonce)) {
    return "it answers another request: its nonce isn't ours";
  }
  const under = oidOf(policy);
  if (expected.policy !== undefined && under !== expected.policy) {
    return `it is under the policy ${under}, not under the one that was asked for`;
  }
  return { at: timeOf(time), serial: bodyOf(serial, tags.integer).toString("hex"), policy: under };
}

/** Keys and curves that OpenSSL doesn't know are found out when they are used. */
function faultOf(thrown: unknown): string {
  const { message } = thrown as Error;
  return thrown instanceof DerError ? `it ${message}` : `it can't be checked (${message})`;
}

function invalid(reason: string): StampFault {
  return { kind: "invalid", reason };
}
