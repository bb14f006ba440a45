import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { UploadedPart } from "../api/multipart-calls.ts";
import type { Content } from "../body/content.ts";
import { forwardCounter, outgoingBody } from "../body/outgoing-body.ts";
import type { PartPlan } from "../body/part-plan.ts";
import { type Part, readParts } from "../body/part-reader.ts";
import { onAbort } from "../http/abort-listeners.ts";
import { mismatch, reported } from "../proof/mismatch.ts";
import type { PutJob } from "./put-job.ts";
import type { UploadedParts } from "./uploaded-parts.ts";

/** A file of which OSS has acknowledged all parts. */
export interface SentFile {
  content: Content;
  /** In order. */
  parts: UploadedPart[];
}

/** Reads a file and sends the parts that OSS doesn't have, several at a time. */
export async function sendParts(
  job: PutJob,
  uploadId: string,
  { partSize, parallel }: PartPlan,
  uploaded: UploadedParts,
): Promise<SentFile> {
  const stop = new AbortController();
  const follow = () => stop.abort(job.signal?.reason);
  const stopListening = onAbort(job.signal, follow);
  // A signal that was aborted before sends no event any more.
  if (job.signal?.aborted) follow();
  const reader = readParts(job.body, partSize, stop.signal);
  let content: Content | undefined;
  const parts: UploadedPart[] = [];
  const pull = async () => {
    for await (const part of reader) {
      content = part.content ?? content;
      try {
        const known = uploaded.match(part);
        if (known) job.onBytes?.(part.bytes.length);
        parts.push(known ?? (await sendPart(job, uploadId, part, stop.signal)));
      } finally {
        part.release();
      }
    }
  };
  try {
    await allOrFirstFailure(Array.from({ length: parallel }, pull), stop);
  } finally {
    stopListening();
  }
  if (content === undefined) throw new ExhibitError("INTERNAL", "A file without parts was sent.");
  parts.sort((a, b) => a.number - b.number);
  return { parts, content };
}

/**
 * Stops the others at the first failure, but waits for all of them: no part may be in flight when
 * the upload is aborted.
 */
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
      outgoingBody(bytes, counter()),
    );
    // A part that arrived damaged is sent again with the same number.
    if (stored.crc64 !== crc64)
      throw reported(job, mismatch(`part ${number} of ${JSON.stringify(key)}`, crc64, stored));
    if (stored.etag === undefined)
      throw new ExhibitError("STORE_UNAVAILABLE", `OSS gave no ETag for part ${number}.`);
    return { number, etag: stored.etag };
  };
  const sent = await job.retry(send, signal, job.limiter);
  await job.uploads?.part({ ...sent, crc64 });
  return sent;
}
