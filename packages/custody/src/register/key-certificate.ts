import { X509Certificate } from "node:crypto";
import type { HexDigest } from "../digest/digest.ts";
import { keyIdOf } from "./signing.ts";

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Certificates in a chain, from the key's to the last issuer that is there. */
const MAX_CHAIN = 8;

/** Reads certificates in PEM. Returns the reason if they aren't any. */
export function readCertificates(pem: string): X509Certificate[] | string {
  try {
    const all = [...pem.matchAll(PEM)].map(([text]) => new X509Certificate(text));
    return all.length > 0 ? all : "it has no certificate in PEM";
  } catch {
    return "it has a certificate that can't be read";
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
