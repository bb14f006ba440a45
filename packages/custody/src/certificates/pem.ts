import { X509Certificate } from "node:crypto";

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Certificates in a chain, from the first to the root's or the last issuer that is there. */
export const MAX_CHAIN = 8;

/** What is said of certificates that `certificatesIn` doesn't take. */
export const UNREADABLE = "it has a certificate that can't be read";

/** Returns the certificates in a text, in PEM; none if there are none. Throws for one that can't be read. */
export function certificatesIn(pem: string): X509Certificate[] {
  return [...pem.matchAll(PEM)].map(([text]) => new X509Certificate(text));
}
