import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { digestOf, type HexDigest } from "../digest/digest.ts";

/** Signs entries of a register. A key of a key service would be another one. */
export interface Signer {
  /** SHA-256 of the public key's SPKI in DER. */
  readonly id: HexDigest;
  /** The public key's SPKI in PEM. */
  readonly publicPem: string;
  readonly algorithm: KeyAlgorithm;
  sign(text: string): Promise<Buffer>;
}

export type KeyAlgorithm = "ecdsa-p256" | "rsa" | "ed25519";

/** Keys below it aren't taken: `openssl` of today refuses them as well. */
const MIN_RSA_BITS = 2048;

/**
 * Returns what signs by a private key in PEM: ECDSA over P-256 and RSA (PKCS #1 1.5), both with
 * SHA-256, so that `openssl dgst -sha256 -verify` of any age checks them, or Ed25519. Returns the
 * reason, which shows nothing of the text, if it isn't such a key.
 */
export function pemSigner(pem: string): Signer | string {
  const key = readPrivate(pem);
  if (key === undefined) return "it isn't a private key in PEM without a password";
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) return OTHER_KEY;
  const publicKey = createPublicKey(key);
  return {
    id: keyIdOf(publicKey),
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    algorithm,
    sign: async (text) => sign(hashFor(algorithm), Buffer.from(text), key),
  };
}

/** Returns a new private key, of ECDSA over P-256, in PEM. */
export function newSealKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Returns whether a signature over a text is by the public key, which is in PEM. */
export function isSignedBy(publicPem: string, text: string, signature: Uint8Array): boolean {
  const key = createPublicKey(publicPem);
  const algorithm = algorithmOf(key);
  return algorithm !== undefined && verify(hashFor(algorithm), Buffer.from(text), key, signature);
}

/** Returns the id of a public key, which may be in PEM. */
export function keyIdOf(key: KeyObject | string): HexDigest {
  const publicKey = typeof key === "string" ? createPublicKey(key) : key;
  return digestOf(publicKey.export({ type: "spki", format: "der" }));
}

function readPrivate(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

const OTHER_KEY = `it has to be a key of ECDSA over P-256, of RSA with ${MIN_RSA_BITS} bits or more, or of Ed25519`;

function algorithmOf(key: KeyObject): KeyAlgorithm | undefined {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ed25519") return "ed25519";
  if (key.asymmetricKeyType === "ec" && namedCurve === "prime256v1") return "ecdsa-p256";
  if (key.asymmetricKeyType === "rsa" && modulusLength >= MIN_RSA_BITS) return "rsa";
  return undefined;
}

function hashFor(algorithm: KeyAlgorithm): string | null {
  return algorithm === "ed25519" ? null : "sha256";
}
