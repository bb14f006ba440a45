import { crc32 } from "node:zlib";
import { randomBase62, toBase62 } from "./base62.ts";
import { digestOf } from "./digest.ts";

/** Base62 digits of a key's id: 47 bits. It tells the keys apart and isn't secret. */
const ID_LENGTH = 8;
/** Base62 digits that hold 256 random bits. */
const SECRET_LENGTH = 43;
/** Base62 digits that hold the 32 bits of a CRC-32. */
const CHECKSUM_LENGTH = 6;

/** Scanners find leaked keys by this form: the prefix and 57 base62 digits. */
const FORM = new RegExp(
  `^exh_([0-9A-Za-z]{${ID_LENGTH}})[0-9A-Za-z]{${SECRET_LENGTH}}[0-9A-Za-z]{${CHECKSUM_LENGTH}}$`,
);

/** An API key as it was just made: the only time that its text is known. */
export interface NewApiKey {
  readonly id: string;
  /** The key itself: `exh_`, the id, 256 random bits, and the CRC-32 of all of it. */
  readonly text: string;
  readonly digest: Buffer;
}

/** Makes an API key; a new secret for an existing key if its id is given. */
export function makeApiKey(id: string = randomBase62(ID_LENGTH)): NewApiKey {
  const unchecked = `exh_${id}${randomBase62(SECRET_LENGTH)}`;
  const text = `${unchecked}${checksumOf(unchecked)}`;
  return { id, text, digest: digestOf(text) };
}

/**
 * Returns the id and the digest of an API key; undefined for a text that can't be one. A key that was
 * mistyped or cut off is refused by its checksum, before anything is looked up.
 */
export function parseApiKey(text: string): { id: string; digest: Buffer } | undefined {
  const id = FORM.exec(text)?.[1];
  if (id === undefined || !text.endsWith(checksumOf(text.slice(0, -CHECKSUM_LENGTH)))) {
    return undefined;
  }
  return { id, digest: digestOf(text) };
}

function checksumOf(text: string): string {
  return toBase62(crc32(text), CHECKSUM_LENGTH);
}
