import { constants, type KeyObject, sign as signWith } from "node:crypto";
import { absent, integer, oid, sequence, tagged } from "./der-writer.ts";

/** How a key of the authority signs, always over SHA-256. */
export type Signature = "ecdsa" | "rsa" | "rsa-pss";

export const sha256 = oid("2.16.840.1.101.3.4.2.1");

const SALT_BYTES = 32;

/** Returns the AlgorithmIdentifier of a signature. */
export function signatureOf(signs: Signature): Buffer {
  if (signs === "ecdsa") return sequence(oid("1.2.840.10045.4.3.2"));
  if (signs === "rsa") return sequence(oid("1.2.840.113549.1.1.11"), absent);
  const digest = sequence(sha256, absent);
  const mask = sequence(oid("1.2.840.113549.1.1.8"), digest);
  const parameters = sequence(tagged(0, digest), tagged(1, mask), tagged(2, integer(SALT_BYTES)));
  return sequence(oid("1.2.840.113549.1.1.10"), parameters);
}

export function sign(bytes: Buffer, key: KeyObject, signs: Signature): Buffer {
  if (signs !== "rsa-pss") return signWith("sha256", bytes, key);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return signWith("sha256", bytes, { key, padding, saltLength: SALT_BYTES });
}
