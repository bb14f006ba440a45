import type { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { Stored } from "../api/object-calls.ts";
import { isAlreadyThere, isUncertain } from "../api/store-error.ts";
import { bodyOf, type Content, contentOf, forwardCounter, readPiece } from "../body/content.ts";
import { type ObjectHeaders, objectHeaders } from "../metadata/object-headers.ts";
import type { Receipt } from "../object-store.ts";
import {
  judgeDamaged,
  lookIfAllowed,
  mismatch,
  noticed,
  overwritten,
  settleExisting,
  settleFound,
  writtenReceipt,
} from "./existing-object.ts";
import type { PutJob } from "./put-job.ts";

/** What this call has done so far, over its attempts. */
interface Past {
  /** Milliseconds of the monotonic clock when the bytes first went out whole and no answer told what came of them. */
  sentAt?: number;
  /** A write of ours that OSS answered with another CRC64. */
  damaged?: Damaged;
}

interface Damaged {
  stored: Stored;
  error: ExhibitError;
}

/** Stores a small file by one request. Its bytes stay in memory meanwhile, so no attempt reads it a second time. */
export async function putSingle(job: PutJob): Promise<Receipt> {
  const { key, body, modifiedAt, signal } = job;
  const whole = await readPiece(body, body.size, signal);
  try {
    const { bytes, crc64 } = whole;
    const content = contentOf(body, crc64, whole);
    const headers = objectHeaders({ key, head: bytes, modifiedAt, sha256: content.sha256 });
    const counter = forwardCounter(job.onBytes);
    const past: Past = {};
    return await job.attempt(
      (lease) => putOnce(job, { bytes, content, headers, counter, past, lease }),
      signal,
      job.through,
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
  lease: Lease;
}

async function putOnce(
  job: PutJob,
  { bytes, content, headers, counter, past, lease }: Round,
): Promise<Receipt> {
  const { key, signal, look } = job;
  const judge = ({ stored, error }: Damaged) =>
    judgeDamaged(look, { key, content, damaged: stored, error });
  const verdict = past.damaged && (await judge(past.damaged));
  if (verdict && "receipt" in verdict) return verdict.receipt;
  const since = past.sentAt === undefined ? undefined : performance.now() - past.sentAt;
  const isLookWise = job.versioning.mayOverwrite(lease.bucket) || job.expectation.isLikely();
  if (!past.damaged && isLookWise) {
    const found = await lookIfAllowed(look);
    job.expectation.learn(found !== undefined);
    if (found) return settleFound(found, key, content, since);
  }
  const startedAt = performance.now();
  const count = counter();
  let sent = 0;
  const body = bodyOf(bytes, (piece) => {
    sent += piece;
    count(piece);
  });
  try {
    if (verdict?.overwrite) noticed(job, overwritten(key, verdict.overwrite));
    const stored = await job.calls.put(
      { lease, key, signal },
      { body, headers },
      verdict?.overwrite !== undefined,
    );
    job.versioning.learn(lease.bucket, stored);
    if (stored.crc64 === content.crc64) return writtenReceipt(stored, { lease, key, content });
    const what = JSON.stringify(key);
    past.damaged = { stored, error: noticed(job, mismatch(what, content.crc64, stored)) };
    if (stored.crc64 !== undefined) throw past.damaged.error;
    // The answer tells no CRC64; the object itself may.
    const told = await judge(past.damaged);
    if ("receipt" in told) return told.receipt;
    throw noticed(job, mismatch(what, content.crc64, told.overwrite ?? stored));
  } catch (error) {
    if (isAlreadyThere(error)) {
      job.expectation.learn(true);
      // A lost answer to our own write looks just like somebody else's object: its age tells.
      return settleExisting(look, key, content, since);
    }
    if (isUncertain(error) && sent === content.size) past.sentAt ??= startedAt;
    throw error;
  }
}
