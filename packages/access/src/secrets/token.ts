import { randomBase62 } from "./base62.ts";
import { digestOf } from "./digest.ts";

/** Base62 digits that hold 256 random bits. */
const TOKEN_LENGTH = 43;
const FORM = new RegExp(`^[0-9A-Za-z]{${TOKEN_LENGTH}}$`);

/** A random text that a browser holds: the token of a session, or a login code. */
export interface NewToken {
  readonly token: string;
  /** All that the ledger keeps of it. */
  readonly digest: Buffer;
}

/** Makes a token of 256 random bits. */
export function makeToken(): NewToken {
  const token = randomBase62(TOKEN_LENGTH);
  return { token, digest: digestOf(token) };
}

/** Returns the digest of a token; undefined for a text that can't be one. */
export function parseToken(text: string): Buffer | undefined {
  return FORM.test(text) ? digestOf(text) : undefined;
}
