/** The digests that an imprint, an attribute or a signature may be made with, by Node's names. */
export const digestOids = {
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
  sm3: "1.2.156.10197.1.401",
} as const;

export type SignedDigest = keyof typeof digestOids;

/** Returns a digest by its identifier; undefined for one that isn't taken, like SHA-1. */
export function digestBy(oid: string): SignedDigest | undefined {
  const found = Object.entries(digestOids).find(([, own]) => own === oid);
  return found?.[0] as SignedDigest | undefined;
}

export const oids = {
  signedData: "1.2.840.113549.1.7.2",
  tstInfo: "1.2.840.113549.1.9.16.1.4",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  extendedKeyUsage: "2.5.29.37",
  certificatePolicies: "2.5.29.32",
  subjectAltName: "2.5.29.17",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  rsa: "1.2.840.113549.1.1.1",
  rsaPss: "1.2.840.113549.1.1.10",
  mgf1: "1.2.840.113549.1.1.8",
} as const;

/** Signature algorithms that name their digest, by it. */
export const namedSignatures: Readonly<Record<string, SignedDigest>> = {
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
};
