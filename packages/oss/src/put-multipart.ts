import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { bodyOf, type Content, forwardCounter, readOnly } from "./content.ts";
import type { UploadedPart } from "./control.ts";
import { isAlreadyThere, isUncertain } from "./errors.ts";
import {
  conflict,
  type Found,
  isSame,
  isYounger,
  judgeDamaged,
  lookIfAllowed,
  lookOrDeny,
  mismatch,
  receiptOf,
  settleExisting,
  writtenReceipt,
} from "./existing.ts";
import type { Stored } from "./object-calls.ts";
import type { Receipt } from "./object-store.ts";
import { type Part, type PartPlan, planParts, readParts } from "./part-reader.ts";
import type { PutJob } from "./put-job.ts";

export interface MultipartOptions extends PartPlan {
  /** Milliseconds that aborting an upload may take. */
  abortTimeout: number;
}

/** How an upload ended: proved, or completed with bytes that aren't the file's. */
type Outcome = { receipt: Receipt } | { damaged: Stored; content: Content };

/** Stores a large file in parts. An equal object that is there already is found before anything is sent. */
export async function putMultipart(job: PutJob, options: MultipartOptions): Promise<Receipt> {
  const found = await lookIfAllowed(job.look);
  if (found !== undefined) return compare(job, found);
  const first = await upload(job, options, false);
  if ("receipt" in first) return first.receipt;
  const { key, look } = job;
  const verdict = await judgeDamaged(look, { key, ...first, error: wholeMismatch(key, first) });
  if ("receipt" in verdict) return verdict.receipt;
  // The one case in which a file is read again: OSS put the parts, each of them right, together wrongly.
  const second = await upload(job, options, verdict.overwrite);
  if ("receipt" in second) return second.receipt;
  throw wholeMismatch(key, second);
}

function wholeMismatch(
  key: string,
  { content, damaged }: { content: Content; damaged: Stored },
): ExhibitError {
  return mismatch(JSON.stringify(key), content.crc64, damaged);
}

async function compare({ key, body, digesters, signal }: PutJob, found: Found): Promise<Receipt> {
  if (found.object.size !== body.size) throw conflict(key, { size: body.size }, found.object);
  const content = await readOnly(body, digesters, signal);
  if (!isSame(found.object, content)) throw conflict(key, content, found.object);
  return receiptOf("identical", { ...found, key, content });
}

async function upload(
  job: PutJob,
  options: MultipartOptions,
  overwrite: boolean,
): Promise<Outcome> {
  const { key, signal, control } = job;
  let uploadId: string;
  try {
    uploadId = await job.attempt(
      (lease) => control.initiate({ lease, key, signal }, overwrite),
      signal,
    );
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    return { receipt: await compare(job, await lookOrDeny(job.look, key)) };
  }
  let completed = false;
  try {
    const sent = await sendParts(job, uploadId, planParts(job.body.size, options));
    const outcome = await complete(job, uploadId, { ...sent, overwrite });
    completed = "damaged" in outcome || outcome.receipt.outcome === "stored";
    return outcome;
  } finally {
    if (!completed) await abort(job, uploadId, options.abortTimeout);
  }
}

interface Sent {
  content: Content;
  parts: UploadedPart[];
}

async function sendParts(
  job: PutJob,
  uploadId: string,
  { partSize, parallel }: PartPlan,
): Promise<Sent> {
  const digester = await job.digesters.start();
  const stop = new AbortController();
  const onAbort = () => stop.abort(job.signal?.reason);
  job.signal?.addEventListener("abort", onAbort);
  // It may have been aborted while the digester was fetched; then no event comes any more.
  if (job.signal?.aborted) onAbort();
  const reader = readParts(job.body, partSize, digester, stop.signal);
  const parts: UploadedPart[] = [];
  const pull = async () => {
    for await (const part of reader) {
      parts.push(await sendPart(job, uploadId, part, stop.signal));
      part.release();
    }
  };
  try {
    await allOrFirstFailure(Array.from({ length: parallel }, pull), stop);
  } catch (error) {
    digester.drop();
    throw error;
  } finally {
    job.signal?.removeEventListener("abort", onAbort);
  }
  parts.sort((a, b) => a.number - b.number);
  return { parts, content: { size: job.body.size, ...digester.finish() } };
}

/** Stops the others at the first failure, but waits for all: no part may be on its way when the upload is aborted. */
async function allOrFirstFailure(pulls: Promise<void>[], stop: AbortController): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(
    pulls.map((pull) =>
      pull.catch((error: unknown) => {
        failures.push(error);
        stop.abort(error);
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}

async function sendPart(
  job: PutJob,
  uploadId: string,
  part: Part,
  signal: AbortSignal,
): Promise<UploadedPart> {
  const { key, calls } = job;
  const { number, bytes, crc64 } = part;
  const counter = forwardCounter(job.onBytes);
  const send = async (lease: Lease) => {
    const stored = await calls.uploadPart(
      { lease, key, signal },
      { uploadId, number },
      bodyOf(bytes, counter()),
    );
    // A part that arrived damaged is simply sent again under its number.
    if (stored.crc64 !== crc64)
      throw mismatch(`part ${number} of ${JSON.stringify(key)}`, crc64, stored);
    if (stored.etag === undefined)
      throw new ExhibitError("STORE_UNAVAILABLE", `OSS gave no ETag for part ${number}.`);
    return { number, etag: stored.etag };
  };
  return job.attempt(send, signal, job.through);
}

async function complete(
  job: PutJob,
  uploadId: string,
  sent: Sent & { overwrite: boolean },
): Promise<Outcome> {
  const { key, signal, control, look } = job;
  const { content, parts, overwrite } = sent;
  let sentAt: number | undefined;
  return job.attempt(async (lease) => {
    // "Complete may keep running after the client disconnects: after a time-out do HEAD before retrying."
    const own = sentAt === undefined ? undefined : await ownObject(job, content, sentAt);
    if (own !== undefined) return { receipt: own };
    const startedAt = performance.now();
    try {
      const stored = await control.complete({ lease, key, signal }, uploadId, parts, overwrite);
      if (stored.crc64 !== content.crc64) return { damaged: stored, content };
      return { receipt: writtenReceipt(stored, { lease, key, content }) };
    } catch (error) {
      if (isAlreadyThere(error)) {
        const since = sentAt === undefined ? undefined : performance.now() - sentAt;
        return { receipt: await settleExisting(look, key, content, since) };
      }
      if (error instanceof ExhibitError && error.code === "STORE_UPLOAD_GONE") {
        const receipt = await ownObject(job, content, sentAt ?? startedAt);
        if (receipt !== undefined) return { receipt };
      }
      if (isUncertain(error)) sentAt ??= startedAt;
      throw error;
    }
  }, signal);
}

/** The object, if it has the file's bytes: stored by us when it is no older than our first Complete. */
async function ownObject(
  job: PutJob,
  content: Content,
  sentAt: number,
): Promise<Receipt | undefined> {
  const found = await lookIfAllowed(job.look);
  if (found === undefined || !isSame(found.object, content)) return undefined;
  const outcome = isYounger(found.object, performance.now() - sentAt) ? "stored" : "identical";
  return receiptOf(outcome, { ...found, key: job.key, content });
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
