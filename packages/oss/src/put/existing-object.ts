import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import {
  CRC64_HEADER,
  type ObjectCalls,
  type Stored,
  type StoredObject,
} from "../api/object-calls.ts";
import type { Content } from "../body/content.ts";
import type { Attempt } from "../flow/retry.ts";
import type { Receipt } from "../object-store.ts";
import type { PutJob } from "./put-job.ts";

/** An object as found, and by which lease. */
export interface Found {
  object: StoredObject;
  lease: Lease;
}

/** Asks what is at a key. Undefined: nothing. */
export type Look = () => Promise<Found | undefined>;

export function createLook(
  calls: ObjectCalls,
  attempt: Attempt,
  key: string,
  signal: AbortSignal | undefined,
): Look {
  return () =>
    attempt(async (lease) => {
      const object = await calls.head({ lease, key, signal });
      return object && { object, lease };
    }, signal);
}

/** Times in headers are whole seconds, on both of the two that are compared. */
const CLOCK_GRAIN = 2000;

/**
 * Settles what OSS's "there is an object already" means. `sentSince` is how long ago, in milliseconds, this very call
 * first sent the file whole without learning what came of it; then an equal object of that age is its own: `stored`.
 * Throws EVIDENCE_CONFLICT when the object has other bytes, STORE_DENIED when it may not be looked at, STORE_PROOF_MISSING when
 * OSS doesn't tell its CRC64.
 */
export async function settleExisting(
  look: Look,
  key: string,
  content: Content,
  sentSince: number | undefined,
): Promise<Receipt> {
  return settleFound(await lookOrDeny(look, key), key, content, sentSince);
}

/** The same for an object that has been looked at. */
export function settleFound(
  found: Found,
  key: string,
  content: Content,
  sentSince: number | undefined,
): Receipt {
  if (!isSame(found.object, content)) throw conflict(key, content, found.object);
  const own = sentSince !== undefined && isYounger(found.object, sentSince);
  return receiptOf(own ? "stored" : "identical", { ...found, key, content });
}

/** Vended policies often leave oss:GetObject out; then one has to go on without knowing. */
export async function lookIfAllowed(look: Look): Promise<Found | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ExhibitError && error.code === "STORE_DENIED") return undefined;
    throw error;
  }
}

/** What to do about an object that this very call wrote, and that OSS says has other bytes than were sent. */
export type Verdict = { receipt: Receipt } | { overwrite: StoredObject | undefined };

/**
 * A write that OSS answered with another CRC64 than ours left damaged bytes at our key, where `x-oss-forbid-overwrite` now
 * keeps out the good ones. They aren't evidence but our own faulty copy, so they may be overwritten; but only when the object
 * is proved to be that copy, by the ETag and CRC64 of our own answer. (Nobody who forbids overwriting can have replaced it.)
 * Throws EVIDENCE_CONFLICT when it is another object, and `error` when it can't be told: when it may not be looked at, or when
 * OSS tells no CRC64.
 */
export async function judgeDamaged(
  look: Look,
  of: { key: string; content: Content; damaged: Stored; error: ExhibitError },
): Promise<Verdict> {
  const { key, content, damaged, error } = of;
  const found = await look().catch((thrown: unknown) => {
    throw thrown instanceof ExhibitError && thrown.code === "STORE_DENIED" ? error : thrown;
  });
  // Without a CRC64 nothing says that the write was damaged: it isn't to be repeated.
  if (found === undefined && damaged.crc64 === undefined) throw error;
  if (found === undefined) return { overwrite: undefined };
  const { object } = found;
  if (isSame(object, content)) return { receipt: receiptOf("stored", { ...found, key, content }) };
  if (object.crc64 === undefined) throw error;
  const sameCrc64 = damaged.crc64 === undefined || object.crc64 === damaged.crc64;
  const isOurs = damaged.etag !== undefined && object.etag === damaged.etag && sameCrc64;
  if (isOurs) return { overwrite: object };
  throw conflict(key, content, object);
}

export function isSame(object: StoredObject, content: Content): boolean {
  return object.size === content.size && object.crc64 === content.crc64;
}

/** Of an object that was found: it was stored when OSS says it was last modified. */
export function receiptOf(
  outcome: Receipt["outcome"],
  of: Found & { key: string; content: Content },
): Receipt {
  return { ...writtenReceipt(of.object, of), outcome, storedAt: of.object.lastModified };
}

/** Of a write that OSS answered. */
export function writtenReceipt(
  stored: Stored,
  of: { lease: Lease; key: string; content: Content },
): Receipt {
  const { key, lease } = of;
  const { size, sha256, crc64 } = of.content;
  const { endpoint, name: bucket } = lease.bucket;
  const { etag, requestId, versionId, answeredAt: storedAt } = stored;
  const ids = { etag, requestId, versionId, leaseId: lease.id };
  return { outcome: "stored", endpoint, bucket, key, size, sha256, crc64, ...ids, storedAt };
}

/**
 * Names both sides, so that people can find out which is the evidence. An object of equal size whose CRC64 OSS doesn't tell may
 * be the same: then it is STORE_PROOF_MISSING.
 */
export function conflict(
  key: string,
  ours: { size: number; crc64?: bigint },
  theirs: StoredObject,
): ExhibitError {
  if (theirs.crc64 === undefined && theirs.size === ours.size) return incomparable(key, theirs);
  const crc64 = (value: bigint | undefined) =>
    value === undefined ? "unknown CRC64" : `CRC64 ${value}`;
  return new ExhibitError(
    "EVIDENCE_CONFLICT",
    `${JSON.stringify(key)} is there already with ${theirs.size} bytes and ${crc64(theirs.crc64)}; ` +
      `the file has ${ours.size} bytes${ours.crc64 === undefined ? "" : ` and ${crc64(ours.crc64)}`}. The object was left untouched.`,
    {
      details: {
        key,
        size: ours.size,
        ...(ours.crc64 !== undefined && { crc64: String(ours.crc64) }),
        stored_size: theirs.size,
        ...(theirs.crc64 !== undefined && { stored_crc64: String(theirs.crc64) }),
        ...(theirs.requestId !== undefined && { oss_request_id: theirs.requestId }),
      },
    },
  );
}

function incomparable(key: string, { size, requestId }: StoredObject): ExhibitError {
  return new ExhibitError(
    "STORE_PROOF_MISSING",
    `${JSON.stringify(key)} is there already with ${size} bytes, as many as the file has, but the answer carries no CRC64 ` +
      `(${CRC64_HEADER}), so whether they are the same can't be told. The object was left untouched.`,
    { details: { key, size, ...(requestId !== undefined && { oss_request_id: requestId }) } },
  );
}

/**
 * The error for when what OSS says it received isn't what was read (DIGEST_MISMATCH), or when it doesn't say what it received
 * (STORE_PROOF_MISSING). It names the object that was written.
 */
export function mismatch(what: string, ours: bigint, stored: Stored): ExhibitError {
  const { crc64: theirs, etag, requestId } = stored;
  const details = {
    crc64: String(ours),
    ...(theirs !== undefined && { stored_crc64: String(theirs) }),
    ...(etag !== undefined && { etag }),
    ...(requestId !== undefined && { oss_request_id: requestId }),
  };
  if (theirs === undefined) {
    return new ExhibitError(
      "STORE_PROOF_MISSING",
      `OSS took ${what}, but its answer carries no CRC64 (${CRC64_HEADER}), so nothing proves that it has the right bytes.`,
      { details },
    );
  }
  return new ExhibitError(
    "DIGEST_MISMATCH",
    `OSS's CRC64 of ${what} is ${theirs}, ours is ${ours}.`,
    { details },
  );
}

/** Tells whoever wants to hear of incidents; bytes that can't be told to be damaged are none. */
export function noticed({ onIncident }: Pick<PutJob, "onIncident">, error: ExhibitError) {
  if (error.code === "DIGEST_MISMATCH") onIncident?.(error);
  return error;
}

/** Says that our own damaged copy is about to be overwritten by the right bytes. */
export function overwritten(key: string, { etag, crc64 }: StoredObject): ExhibitError {
  return new ExhibitError(
    "DIGEST_MISMATCH",
    `Our own damaged copy at ${JSON.stringify(key)}, with the ETag ${etag} and the CRC64 ${crc64}, is overwritten.`,
    { details: { key } },
  );
}

/** Looks at an object that OSS says is there. Throws STORE_DENIED when it isn't shown. */
export async function lookOrDeny(look: Look, key: string): Promise<Found> {
  let cause: unknown;
  try {
    const found = await look();
    if (found !== undefined) return found;
  } catch (error) {
    if (!(error instanceof ExhibitError) || error.code !== "STORE_DENIED") throw error;
    cause = error;
  }
  throw hiddenObject(key, cause);
}

export function hiddenObject(key: string, cause: unknown): ExhibitError {
  return new ExhibitError(
    "STORE_DENIED",
    `OSS says that ${JSON.stringify(key)} is there already, but doesn't show it to this lease, so whether it has the ` +
      "file's bytes can't be told. The vendor's policy has to allow oss:GetObject on it.",
    { cause, details: { key } },
  );
}

/** Whether the object was written within the last `milliseconds`, by OSS's clock alone. */
function isYounger(object: StoredObject, milliseconds: number): boolean {
  return object.answeredAt.getTime() - object.lastModified.getTime() <= milliseconds + CLOCK_GRAIN;
}
