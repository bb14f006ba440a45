import { createHash, createHmac } from "node:crypto";

/** What one login by an identity provider is bound to. */
export interface LoginSecrets {
  /** Comes back in the address: the answer belongs to this browser's question. */
  readonly state: string;
  /** Comes back in the ID token: it was made for this question. */
  readonly nonce: string;
  /** Proves to the provider that whoever has the code asked for it (PKCE). */
  readonly verifier: string;
  /** All that the provider sees of the verifier before. */
  readonly challenge: string;
}

/**
 * Returns what a login is bound to, derived from the token that the browser holds in a cookie: nothing
 * of it has to be kept anywhere else, and nobody without the cookie can go on with the login.
 */
export function loginSecrets(token: string): LoginSecrets {
  const derive = (what: string) => createHmac("sha256", token).update(what).digest("base64url");
  const verifier = derive("verifier");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  return { state: derive("state"), nonce: derive("nonce"), verifier, challenge };
}
