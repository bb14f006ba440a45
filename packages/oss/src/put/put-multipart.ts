import { ExhibitError } from "@exhibit/contracts";
import type { Stored } from "../api/object-calls.ts";
import { isAlreadyThere, isUncertain } from "../api/store-error.ts";
import { type Content, readPiece } from "../body/content.ts";
import { type PartPlan, planParts, readOnly } from "../body/part-reader.ts";
import { typeOfName } from "../metadata/content-type.ts";
import { HEAD_BYTES } from "../metadata/file-signatures.ts";
import { type ObjectHeaders, objectHeaders } from "../metadata/object-headers.ts";
import type { FileBody, Receipt } from "../object-store.ts";
import { isGone, type LeftUpload, type OpenUpload } from "../upload-record.ts";
import {
  conflict,
  type Found,
  isSame,
  judgeDamaged,
  lookIfAllowed,
  lookOrDeny,
  mismatch,
  noticed,
  overwritten,
  receiptOf,
  writtenReceipt,
} from "./existing-object.ts";
import type { PutJob } from "./put-job.ts";
import { type Sent, sendParts } from "./upload-parts.ts";
import { type HeldParts, heldParts, nothingHeld } from "./uploaded-parts.ts";

export interface MultipartOptions extends PartPlan {
  /** Milliseconds that aborting an upload may take. */
  abortTimeout: number;
}

/** How an upload ended: proved, or completed with bytes that aren't the file's. */
type Outcome = { receipt: Receipt } | { damaged: Stored; content: Content };

/**
 * Stores a large file in parts, or goes on with the upload that is left of it. An equal object that is there already is
 * found before anything is sent.
 */
export async function putMultipart(
  job: PutJob,
  options: MultipartOptions,
  left: LeftUpload | undefined,
): Promise<Receipt> {
  const found = await lookIfAllowed(job.look);
  if (found !== undefined) return compare(job, found, left);
  const first = (left && (await goOn(job, options, left))) ?? (await begin(job, options, false));
  if ("receipt" in first) return first.receipt;
  const { key, look } = job;
  const error = noticed(job, wholeMismatch(key, first));
  const verdict = await judgeDamaged(look, { key, ...first, error });
  if ("receipt" in verdict) return verdict.receipt;
  // The one case in which a file is sent again: OSS put the parts, each of them right, together wrongly.
  if (verdict.overwrite) noticed(job, overwritten(key, verdict.overwrite));
  const second = await begin(job, options, verdict.overwrite !== undefined);
  if ("receipt" in second) return second.receipt;
  throw noticed(job, wholeMismatch(key, second));
}

function wholeMismatch(
  key: string,
  { content, damaged }: { content: Content; damaged: Stored },
): ExhibitError {
  return mismatch(JSON.stringify(key), content.crc64, damaged);
}

async function compare(job: PutJob, found: Found, left: LeftUpload | undefined): Promise<Receipt> {
  const { key, body, signal } = job;
  if (found.object.size !== body.size) throw conflict(key, { size: body.size }, found.object);
  return settle(job, found, await readOnly(body, signal), left);
}

/**
 * An equal object is ours when it came after our upload began and the upload is no more: its Complete made it. Its age
 * alone tells nothing: another worker with the same file may have stored it in the same second.
 */
async function settle(
  job: PutJob,
  found: Found,
  content: Content,
  upload: OpenUpload | undefined,
): Promise<Receipt> {
  const { key } = job;
  if (!isSame(found.object, content)) throw conflict(key, content, found.object);
  const isOurs = upload !== undefined && isSince(found, upload) && (await hasEnded(job, upload));
  return receiptOf(isOurs ? "stored" : "identical", { ...found, key, content });
}

function isSince({ object }: Found, { beganAt }: OpenUpload): boolean {
  return object.lastModified >= beganAt;
}

/** Aborting is what a useless upload needs anyway, and its answer tells whether there was one. */
async function hasEnded(
  { key, signal, control, attempt }: PutJob,
  { uploadId }: OpenUpload,
): Promise<boolean> {
  try {
    await attempt((lease) => control.abort({ lease, key, signal }, uploadId), signal);
    return false;
  } catch (error) {
    return isGone(error);
  }
}

/** Undefined when OSS knows the upload no longer, and no equal object either: the file has to be sent anew. */
async function goOn(
  job: PutJob,
  options: MultipartOptions,
  left: LeftUpload,
): Promise<Outcome | undefined> {
  const held = await heldParts(job, left);
  if (held === undefined) {
    await job.uploads?.giveUp();
    return undefined;
  }
  const { parallel } = planParts(job.body.size, { ...options, partSize: left.partSize });
  try {
    return await fill(job, left, { parallel, held, overwrite: false });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function begin(job: PutJob, options: MultipartOptions, overwrite: boolean): Promise<Outcome> {
  const { key, bucket, signal, control } = job;
  const { partSize, parallel } = planParts(job.body.size, options);
  const headers = await headersOf(job);
  let upload: OpenUpload;
  try {
    // Once asked, its answer is waited for: an upload that nobody heard of could never be aborted.
    const begun = await job.attempt(
      (lease) => control.initiate({ lease, key, signal: undefined }, headers, overwrite),
      signal,
    );
    upload = { ...begun, endpoint: bucket.endpoint, bucket: bucket.name, key, partSize };
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    return { receipt: await compare(job, await lookOrDeny(job.look, key), job.uploads?.left) };
  }
  let keep = false;
  try {
    await job.uploads?.begin(upload);
    keep = job.uploads !== undefined;
    const outcome = await fill(job, upload, { parallel, held: nothingHeld, overwrite });
    keep ||= "damaged" in outcome || outcome.receipt.outcome === "stored";
    return outcome;
  } finally {
    if (!keep) await abort(job, upload.uploadId, options.abortTimeout);
  }
}

/** The SHA-256 isn't known yet, and would take a request of its own later. */
async function headersOf({ key, body, modifiedAt, signal }: PutJob): Promise<ObjectHeaders> {
  const head = typeOfName(key) === undefined ? await headOf(body, signal) : undefined;
  return objectHeaders({ key, head, modifiedAt });
}

/** The first bytes; the parts are read from the beginning again. */
async function headOf(body: FileBody, signal: AbortSignal | undefined): Promise<Uint8Array> {
  await body.rewind();
  const piece = await readPiece(body, Math.min(HEAD_BYTES, body.size), signal);
  const head = Buffer.from(piece.bytes);
  piece.release();
  return head;
}

interface Filling {
  parallel: number;
  held: HeldParts;
  overwrite: boolean;
}

/** Sends what is missing of an upload and completes it. What can't be gone on with later is given up. */
async function fill(
  job: PutJob,
  upload: OpenUpload,
  { parallel, held, overwrite }: Filling,
): Promise<Outcome> {
  try {
    const { uploadId, partSize } = upload;
    const sent = await sendParts(job, uploadId, { partSize, parallel }, held);
    const outcome = await complete(job, upload, { ...sent, overwrite });
    if ("damaged" in outcome) await job.uploads?.giveUp();
    return outcome;
  } catch (error) {
    const isChanged = error instanceof ExhibitError && error.code === "SOURCE_CHANGED";
    if (isChanged || isGone(error)) await job.uploads?.giveUp();
    throw error;
  }
}

async function complete(
  job: PutJob,
  upload: OpenUpload,
  sent: Sent & { overwrite: boolean },
): Promise<Outcome> {
  const { key, signal, control, look } = job;
  const { content, parts, overwrite } = sent;

  async function receiptIfThere(): Promise<Receipt | undefined> {
    const found = await lookIfAllowed(look);
    if (found === undefined || !isSame(found.object, content)) return undefined;
    return settle(job, found, content, upload);
  }

  let isUnsure = false;
  return job.attempt(async (lease) => {
    // "Complete may keep running after the client disconnects: after a time-out do HEAD before retrying."
    const there = isUnsure ? await receiptIfThere() : undefined;
    if (there !== undefined) return { receipt: there };
    try {
      const { uploadId } = upload;
      const stored = await control.complete({ lease, key, signal }, uploadId, parts, overwrite);
      if (stored.crc64 !== content.crc64) return { damaged: stored, content };
      return { receipt: writtenReceipt(stored, { lease, key, content }) };
    } catch (error) {
      if (isAlreadyThere(error)) {
        return { receipt: await settle(job, await lookOrDeny(look, key), content, upload) };
      }
      if (isGone(error)) {
        // A Complete of it has worked: one of this call, or of a process that ended before it knew.
        const receipt = await receiptIfThere();
        if (receipt !== undefined) return { receipt };
      }
      isUnsure ||= isUncertain(error);
      throw error;
    }
  }, signal);
}

/**
 * Best effort, in its own time: the work's signal may be the reason for it. What it can't reach, such as an upload whose
 * Initiate had its answer lost, is left to the bucket's lifecycle rule for parts.
 */
async function abort(
  { key, control, attempt }: PutJob,
  uploadId: string,
  milliseconds: number,
): Promise<void> {
  const signal = AbortSignal.timeout(milliseconds);
  const aborted = attempt((lease) => control.abort({ lease, key, signal }, uploadId), signal);
  const late = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  // The error that led here is the one to report.
  await Promise.race([aborted, late]).catch(() => undefined);
}
