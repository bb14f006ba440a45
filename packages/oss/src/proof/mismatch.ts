import { ExhibitError } from "@exhibit/contracts";
import type { StoredObject } from "../api/object-calls.ts";
import { CRC64_HEADER, type StoredBytes } from "../api/stored-bytes.ts";
import type { PutRequest } from "../object-store.ts";

/**
 * Returns the error for when OSS received other bytes than were read (DIGEST_MISMATCH), or doesn't
 * say what it received (STORE_PROOF_MISSING). It names the object that was written.
 */
export function mismatch(what: string, ours: bigint, stored: StoredBytes): ExhibitError {
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

/**
 * Returns the incident that our own damaged copy is about to be overwritten with the right bytes.
 */
export function overwritten(key: string, { etag, crc64 }: StoredObject): ExhibitError {
  return new ExhibitError(
    "DIGEST_MISMATCH",
    `Our own damaged copy at ${JSON.stringify(key)}, with the ETag ${etag} and the CRC64 ${crc64}, is overwritten.`,
    { details: { key } },
  );
}

/**
 * Reports an error to whoever wants to hear of incidents, and returns it. A missing proof is no
 * incident, because nothing says that the bytes are damaged.
 */
export function reported(
  { onIncident }: { onIncident: PutRequest["onIncident"] | undefined },
  error: ExhibitError,
): ExhibitError {
  if (error.code === "DIGEST_MISMATCH") onIncident?.(error);
  return error;
}
