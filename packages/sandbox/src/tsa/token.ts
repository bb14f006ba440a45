import { hash, randomBytes } from "node:crypto";
import type { Identity } from "./certificates.ts";
import {
  absent,
  der,
  elements,
  integer,
  octets,
  oid,
  sequence,
  set,
  tagged,
  text,
  time,
} from "./der-writer.ts";
import { sha256, sign, signatureOf } from "./signature.ts";

/** What a TimeStampReq asks for, as its DER. */
export interface AskedStamp {
  readonly imprint: Buffer;
  readonly policy: Buffer | undefined;
  readonly nonce: Buffer | undefined;
}

/** Returns what a TimeStampReq asks for; undefined for what isn't one. */
export function readRequest(bytes: Buffer): AskedStamp | undefined {
  const [whole] = elements(bytes);
  const [version, imprint, ...rest] = elements(whole?.body ?? Buffer.alloc(0));
  if (version?.tag !== 0x02 || imprint?.tag !== 0x30) return undefined;
  return {
    imprint: imprint.bytes,
    policy: rest.find(({ tag }) => tag === 0x06)?.bytes,
    nonce: rest.find(({ tag }) => tag === 0x02)?.bytes,
  };
}

/** What a token says, and who signs it. */
export interface TokenOrder extends AskedStamp {
  readonly at: Date;
  readonly signer: Identity;
  /** Certificates that the token brings besides its signer's. */
  readonly others: readonly Buffer[];
  /** Whose certificate the token names. @defaultValue the signer's */
  readonly names?: Identity;
}

/** The authority's own policy. */
const POLICY = oid("1.3.6.1.4.1.57264.2");
const TST_INFO = oid("1.2.840.113549.1.9.16.1.4");

/** Returns a TimeStampResp with a token (RFC 3161). */
export function grant(order: TokenOrder): Buffer {
  const { imprint, policy = POLICY, nonce, at } = order;
  const serial = integer(Buffer.from([1, ...randomBytes(7)]));
  const nonces = nonce === undefined ? [] : [nonce];
  const info = sequence(integer(1), policy, imprint, serial, time(at), ...nonces);
  return sequence(
    sequence(integer(0)),
    sequence(oid("1.2.840.113549.1.7.2"), tagged(0, signed(info, order))),
  );
}

/** Returns a TimeStampResp without one. `failure` is the number of PKIFailureInfo's bit. */
export function refuse(words: string, failure: number): Buffer {
  const bytes = Buffer.alloc(Math.floor(failure / 8) + 1);
  bytes.writeUInt8(0x80 >> (failure % 8), bytes.length - 1);
  const unused = Buffer.from([7 - (failure % 8)]);
  return sequence(sequence(integer(2), sequence(text(words)), der(0x03, unused, bytes)));
}

/** Returns the SignedData over a TSTInfo (RFC 5652, RFC 5816). */
function signed(info: Buffer, { signer, others, names = signer }: TokenOrder): Buffer {
  const digest = sequence(sha256, absent);
  const id = sequence(octets(hash("sha256", names.certificate, "buffer")));
  const attributes = set(
    attribute("1.2.840.113549.1.9.3", TST_INFO),
    attribute("1.2.840.113549.1.9.4", octets(hash("sha256", info, "buffer"))),
    attribute("1.2.840.113549.1.9.16.2.47", sequence(sequence(id))),
  );
  const signerInfo = sequence(
    integer(1),
    sequence(signer.issuer, signer.serial),
    digest,
    tagged(0, elements(attributes)[0]?.body ?? attributes),
    signatureOf(signer.signs),
    octets(sign(attributes, signer.key, signer.signs)),
  );
  return sequence(
    integer(3),
    set(digest),
    sequence(TST_INFO, tagged(0, octets(info))),
    tagged(0, signer.certificate, ...others),
    set(signerInfo),
  );
}

function attribute(name: string, value: Buffer): Buffer {
  return sequence(oid(name), set(value));
}
