import type { X509Certificate } from "node:crypto";
import { certificatesIn, MAX_CHAIN, UNREADABLE } from "../certificates/pem.ts";
import type { HexDigest } from "../digest/digest.ts";
import { keyIdOf } from "./signing.ts";

/** Reads certificates in PEM. Returns the reason if they aren't any. */
export function readCertificates(pem: string): X509Certificate[] | string {
  try {
    const all = certificatesIn(pem);
    return all.length > 0 ? all : "it has no certificate in PEM";
  } catch {
    return UNREADABLE;
  }
}

/**
 * Returns the certificate of a key, and those of its issuers as far as they are there, in PEM; undefined
 * if none is the key's. Whether an issuer is to be trusted is for whoever reads it to say.
 */
export function certificateOf(
  certificates: readonly X509Certificate[],
  key: HexDigest,
): string | undefined {
  const own = certificates.find(({ publicKey }) => keyIdOf(publicKey) === key);
  if (own === undefined) return undefined;
  const chain = [own];
  for (let last: X509Certificate | undefined = own; last && chain.length < MAX_CHAIN; ) {
    const below: X509Certificate = last;
    last = certificates.find(
      (each) => !chain.includes(each) && below.checkIssued(each) && below.verify(each.publicKey),
    );
    if (last) chain.push(last);
  }
  return chain.map((each) => each.toString()).join("");
}
