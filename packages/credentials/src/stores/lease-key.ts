import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";

/** A key that leases are encrypted with. Printing it doesn't show the key. */
export interface LeaseKey {
  /** Precedes what the key encrypted, so that keys can be replaced one after the other. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: KeyObject;
}

/** The first key encrypts, all of them decrypt. */
export type LeaseKeyRing = readonly [LeaseKey, ...LeaseKey[]];

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** NIST SP 800-38D: 96 bits; random nonces are safe for 2^32 texts under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Parses `k2:<base64 of 32 bytes>,k1:<base64>`; a key without an id is called `default`. For an
 * invalid text, returns a sentence that says what is wrong without quoting anything.
 */
export function parseLeaseKeys(text: string): LeaseKeyRing | string {
  const keys: LeaseKey[] = [];
  for (const [index, part] of text.split(",").entries()) {
    const [, id = "default", base64 = ""] = /^(?:([^:]*):)?(.*)$/s.exec(part.trim()) ?? [];
    const place = `key ${index + 1}`;
    if (!/^[A-Za-z0-9._-]{1,32}$/.test(id)) {
      return `${place}: its id must be 1 to 32 of A-Z, a-z, 0-9, ".", "_" and "-"`;
    }
    if (keys.some((key) => key.id === id)) return `${place}: another key has the same id`;
    const bytes = Buffer.from(base64, "base64");
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || bytes.length !== KEY_BYTES) {
      return `${place}: it isn't 32 bytes in Base64; make one with: openssl rand -base64 32`;
    }
    keys.push({ id, key: createSecretKey(bytes) });
  }
  return keys as [LeaseKey, ...LeaseKey[]];
}

/** Encrypts a text. `about` says what it belongs to; decrypting it needs the same value. */
export function encrypt(ring: LeaseKeyRing, text: string, about: string): string {
  const [{ id, key }] = ring;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(about));
  const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return `${id}:${Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString("base64")}`;
}

/**
 * Returns the text, or undefined if no key of the ring fits, it was tampered with, or it belongs to
 * something else.
 */
export function decrypt(ring: LeaseKeyRing, encrypted: string, about: string): string | undefined {
  const at = encrypted.indexOf(":");
  const key = ring.find(({ id }) => id === encrypted.slice(0, at))?.key;
  const bytes = Buffer.from(encrypted.slice(at + 1), "base64");
  if (key === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(Buffer.from(about))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    // It isn't what was encrypted.
    return undefined;
  }
}
