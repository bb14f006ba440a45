import { ExhibitError, type OpenUpload } from "@exhibit/contracts";
import { isAlreadyThere, isUploadGone } from "../api/store-error.ts";
import type { StoredBytes } from "../api/stored-bytes.ts";
import type { Content } from "../body/content.ts";
import { type PartPlan, planParts } from "../body/part-plan.ts";
import type { Receipt } from "../object-store.ts";
import { judgeDamaged } from "../proof/damaged-object.ts";
import { headIfAllowed, headOrDeny } from "../proof/head-object.ts";
import { mismatch, overwritten, reported } from "../proof/mismatch.ts";
import type { LeftUpload } from "../upload-record.ts";
import { completeUpload, type UploadOutcome } from "./complete-upload.ts";
import { compare } from "./own-object.ts";
import type { PutJob } from "./put-job.ts";
import { uploadHeaders } from "./upload-headers.ts";
import { sendParts } from "./upload-parts.ts";
import { findUploadedParts, noUploadedParts, type UploadedParts } from "./uploaded-parts.ts";

export interface MultipartOptions extends PartPlan {
  /** Milliseconds that aborting an upload may take. */
  abortTimeout: number;
}

/**
 * Stores a large file in parts, or continues the upload that is left of it. An equal object that is
 * there already is found before anything is sent.
 */
export async function putMultipart(
  job: PutJob,
  options: MultipartOptions,
  left: LeftUpload | undefined,
): Promise<Receipt> {
  const found = await headIfAllowed(job.headObject);
  if (found !== undefined) return compare(job, found, left);
  const first =
    (left && (await continueUpload(job, options, left))) ??
    (await beginUpload(job, options, false));
  if ("receipt" in first) return first.receipt;
  const { key, headObject } = job;
  const error = reported(job, wholeMismatch(key, first));
  const verdict = await judgeDamaged(headObject, { key, ...first, error });
  if ("receipt" in verdict) return verdict.receipt;
  // The only case in which a file is sent again: each part was right, but OSS assembled them
  // wrongly.
  if (verdict.overwrite) reported(job, overwritten(key, verdict.overwrite));
  const second = await beginUpload(job, options, verdict.overwrite !== undefined);
  if ("receipt" in second) return second.receipt;
  throw reported(job, wholeMismatch(key, second));
}

function wholeMismatch(
  key: string,
  { content, damaged }: { content: Content; damaged: StoredBytes },
): ExhibitError {
  return mismatch(JSON.stringify(key), content.crc64, damaged);
}

/**
 * Returns undefined when OSS doesn't know the upload any more, and no equal object either: then the
 * file has to be sent anew.
 */
async function continueUpload(
  job: PutJob,
  options: MultipartOptions,
  left: LeftUpload,
): Promise<UploadOutcome | undefined> {
  const uploaded = await findUploadedParts(job, left);
  if (uploaded === undefined) {
    await job.uploads?.discard();
    return undefined;
  }
  const { parallel } = planParts(job.body.size, { ...options, partSize: left.partSize });
  try {
    return await fillUpload(job, left, { parallel, uploaded, overwrite: false });
  } catch (error) {
    if (isUploadGone(error)) return undefined;
    throw error;
  }
}

async function beginUpload(
  job: PutJob,
  options: MultipartOptions,
  overwrite: boolean,
): Promise<UploadOutcome> {
  const { key, bucket, signal, multipartCalls } = job;
  const { partSize, parallel } = planParts(job.body.size, options);
  const headers = await uploadHeaders(job);
  let upload: OpenUpload;
  try {
    // Once sent, the request isn't interrupted: nobody could abort an upload that nobody heard of.
    const begun = await job.retry(
      (lease) => multipartCalls.initiate({ lease, key, signal: undefined }, headers, overwrite),
      signal,
    );
    upload = { ...begun, endpoint: bucket.endpoint, bucket: bucket.name, key, partSize };
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    const found = await headOrDeny(job.headObject, key);
    return { receipt: await compare(job, found, job.uploads?.left) };
  }
  let isKept = false;
  try {
    await job.uploads?.begin(upload);
    isKept = job.uploads !== undefined;
    const filling = { parallel, uploaded: noUploadedParts, overwrite };
    const outcome = await fillUpload(job, upload, filling);
    isKept ||= "damaged" in outcome || outcome.receipt.outcome === "stored";
    return outcome;
  } finally {
    if (!isKept) await abortUpload(job, upload.uploadId, options.abortTimeout);
  }
}

interface Filling {
  parallel: number;
  uploaded: UploadedParts;
  overwrite: boolean;
}

/**
 * Sends the missing parts of an upload and completes it. An upload that can't be continued is
 * discarded.
 */
async function fillUpload(
  job: PutJob,
  upload: OpenUpload,
  { parallel, uploaded, overwrite }: Filling,
): Promise<UploadOutcome> {
  try {
    const { uploadId, partSize } = upload;
    const sent = await sendParts(job, uploadId, { partSize, parallel }, uploaded);
    const outcome = await completeUpload(job, upload, { ...sent, overwrite });
    if ("damaged" in outcome) await job.uploads?.discard();
    return outcome;
  } catch (error) {
    const isChanged = error instanceof ExhibitError && error.code === "SOURCE_CHANGED";
    if (isChanged || isUploadGone(error)) await job.uploads?.discard();
    throw error;
  }
}

/**
 * Aborts an upload as well as it can, with a time limit of its own, because an aborted signal may
 * be the reason for it. What this misses, such as an upload whose Initiate lost its response, is
 * left to the bucket's lifecycle rule for parts.
 */
async function abortUpload(
  { key, multipartCalls, retry }: PutJob,
  uploadId: string,
  milliseconds: number,
): Promise<void> {
  const signal = AbortSignal.timeout(milliseconds);
  const aborted = retry((lease) => multipartCalls.abort({ lease, key, signal }, uploadId), signal);
  const late = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  // The error that led here is the one to report.
  await Promise.race([aborted, late]).catch(() => undefined);
}
