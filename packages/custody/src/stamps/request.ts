import { hash, randomBytes } from "node:crypto";
import type { DigestName } from "../digest/digest.ts";
import { der, derInteger, derOid, tags } from "./der.ts";
import { digestOids } from "./oids.ts";

/** What an authority is asked to stamp. Nothing but the digest leaves the house. */
export interface StampRequest {
  readonly digest: DigestName;
  /** The digest's 32 bytes. */
  readonly imprint: Buffer;
  /** The policy that it has to be stamped under, as an identifier with dots. @defaultValue the authority's own */
  readonly policy?: string | undefined;
  /** Eight bytes that come back: this answer is to this request. */
  readonly nonce: Buffer;
}

const NONCE_BYTES = 8;

/** Returns a new request for a text. */
export function stampRequest(
  text: string,
  { digest = "sha256", policy }: Partial<Pick<StampRequest, "digest" | "policy">> = {},
): StampRequest {
  const nonce = randomBytes(NONCE_BYTES);
  // Its first byte is between 0x40 and 0x7f: so it is positive, and has no leading zero.
  nonce.writeUInt8((nonce.readUInt8(0) & 0x3f) | 0x40, 0);
  return { digest, imprint: hash(digest, text, "buffer"), policy, nonce };
}

/** Returns a request as a TimeStampReq (RFC 3161, 2.4.1), which asks for the certificates, too. */
export function writeStampRequest({ digest, imprint, policy, nonce }: StampRequest): Buffer {
  const algorithm = der(tags.sequence, derOid(digestOids[digest]), der(0x05));
  return der(
    tags.sequence,
    derInteger(1),
    der(tags.sequence, algorithm, der(tags.octets, imprint)),
    ...(policy === undefined ? [] : [derOid(policy)]),
    derInteger(...nonce),
    der(tags.boolean, Buffer.from([0xff])),
  );
}
