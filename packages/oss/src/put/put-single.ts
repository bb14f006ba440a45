import { createHash } from "node:crypto";
import type { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { isAlreadyThere, isUncertain } from "../api/store-error.ts";
import type { StoredBytes } from "../api/stored-bytes.ts";
import { type Content, contentOf, readPiece } from "../body/content.ts";
import { forwardCounter, outgoingBody } from "../body/outgoing-body.ts";
import { type ObjectHeaders, objectHeaders } from "../metadata/object-headers.ts";
import type { Receipt } from "../object-store.ts";
import { judgeDamaged } from "../proof/damaged-object.ts";
import { receiptOfExisting, receiptOfFound } from "../proof/existing-object.ts";
import { headIfAllowed } from "../proof/head-object.ts";
import type { Proving } from "../proof/identical.ts";
import { mismatch, overwritten, reported } from "../proof/mismatch.ts";
import { writtenReceipt } from "../proof/receipt.ts";
import type { PutJob } from "./put-job.ts";

/** What this call has done so far, over all its attempts. */
interface Past {
  /**
   * Milliseconds of a clock that doesn't jump, when the bytes first went out whole and no response
   * told what came of them.
   */
  sentAt?: number;
  /** A write of ours whose response had another CRC64. */
  damaged?: Damaged;
}

interface Damaged {
  stored: StoredBytes;
  error: ExhibitError;
}

/**
 * Stores a small file by one request. Its bytes stay in memory meanwhile, so no attempt reads it a
 * second time.
 */
export async function putSingle(job: PutJob): Promise<Receipt> {
  const { key, body, modifiedAt, signal } = job;
  const whole = await readPiece(body, body.size, signal);
  try {
    const { bytes, crc64 } = whole;
    const content = contentOf(body, crc64, whole);
    const headers = objectHeaders({ key, head: bytes, modifiedAt, sha256: content.sha256 });
    const counter = forwardCounter(job.onBytes);
    const past: Past = {};
    const md5 = async () => createHash("md5").update(bytes).digest("hex");
    const proving = { ...job.proving, key, content, md5 };
    return await job.retry(
      (lease) => putOnce(job, { bytes, content, headers, counter, past, proving, lease }),
      signal,
      job.limiter,
    );
  } finally {
    whole.release();
  }
}

interface Round {
  bytes: Buffer;
  content: Content;
  headers: ObjectHeaders;
  counter: () => (bytes: number) => void;
  past: Past;
  proving: Proving;
  lease: Lease;
}

async function putOnce(
  job: PutJob,
  { bytes, content, headers, counter, past, proving, lease }: Round,
): Promise<Receipt> {
  const { key, signal, headObject } = job;
  const judge = ({ stored, error }: Damaged) =>
    judgeDamaged(headObject, { key, content, damaged: stored, error });
  const verdict = past.damaged && (await judge(past.damaged));
  if (verdict && "receipt" in verdict) return verdict.receipt;
  const since = past.sentAt === undefined ? undefined : performance.now() - past.sentAt;
  const shouldHeadFirst = job.versioning.mayOverwrite(lease.bucket) || job.headFirst.isLikely();
  if (!past.damaged && shouldHeadFirst) {
    const found = await headIfAllowed(headObject);
    job.headFirst.learn(found !== undefined);
    if (found) return await receiptOfFound(found, proving, since);
  }
  const startedAt = performance.now();
  const count = counter();
  let sent = 0;
  const body = outgoingBody(bytes, (piece) => {
    sent += piece;
    count(piece);
  });
  try {
    if (verdict?.overwrite) reported(job, overwritten(key, verdict.overwrite));
    const stored = await job.calls.put(
      { lease, key, signal },
      { body, headers },
      verdict?.overwrite !== undefined,
    );
    job.versioning.learn(lease.bucket, stored);
    if (stored.crc64 === content.crc64) return writtenReceipt(stored, { lease, key, content });
    const what = JSON.stringify(key);
    past.damaged = { stored, error: reported(job, mismatch(what, content.crc64, stored)) };
    if (stored.crc64 !== undefined) throw past.damaged.error;
    // The response tells no CRC64, but the object itself may.
    const told = await judge(past.damaged);
    if ("receipt" in told) return told.receipt;
    throw reported(job, mismatch(what, content.crc64, told.overwrite ?? stored));
  } catch (error) {
    if (isAlreadyThere(error)) {
      job.headFirst.learn(true);
      // A lost response to our own write looks just like somebody else's object; the age tells.
      return await receiptOfExisting(headObject, proving, since);
    }
    if (isUncertain(error) && sent === content.size) past.sentAt ??= startedAt;
    throw error;
  }
}
