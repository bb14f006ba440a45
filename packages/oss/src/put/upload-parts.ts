import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { UploadedPart } from "../api/multipart-calls.ts";
import { bodyOf, type Content, forwardCounter } from "../body/content.ts";
import { type Part, type PartPlan, readParts } from "../body/part-reader.ts";
import { onAbort } from "../http/abort-listeners.ts";
import { mismatch, noticed } from "./existing-object.ts";
import type { PutJob } from "./put-job.ts";
import type { HeldParts } from "./uploaded-parts.ts";

/** A file whose parts OSS has all acknowledged. */
export interface Sent {
  content: Content;
  parts: UploadedPart[];
}

/** Reads a file and sends what OSS doesn't hold of it, several parts at a time. */
export async function sendParts(
  job: PutJob,
  uploadId: string,
  { partSize, parallel }: PartPlan,
  held: HeldParts,
): Promise<Sent> {
  const stop = new AbortController();
  const follow = () => stop.abort(job.signal?.reason);
  const letGo = onAbort(job.signal, follow);
  // It may have been aborted before; then no event comes any more.
  if (job.signal?.aborted) follow();
  const reader = readParts(job.body, partSize, stop.signal);
  let content: Content | undefined;
  const parts: UploadedPart[] = [];
  const pull = async () => {
    for await (const part of reader) {
      content = part.content ?? content;
      try {
        const kept = held.match(part);
        if (kept) job.onBytes?.(part.bytes.length);
        parts.push(kept ?? (await sendPart(job, uploadId, part, stop.signal)));
      } finally {
        part.release();
      }
    }
  };
  try {
    await allOrFirstFailure(Array.from({ length: parallel }, pull), stop);
  } finally {
    letGo();
  }
  if (content === undefined) throw new ExhibitError("INTERNAL", "A file without parts was sent.");
  parts.sort((a, b) => a.number - b.number);
  return { parts, content };
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
      throw noticed(job, mismatch(`part ${number} of ${JSON.stringify(key)}`, crc64, stored));
    if (stored.etag === undefined)
      throw new ExhibitError("STORE_UNAVAILABLE", `OSS gave no ETag for part ${number}.`);
    return { number, etag: stored.etag };
  };
  const sent = await job.attempt(send, signal, job.through);
  await job.uploads?.part({ ...sent, crc64 });
  return sent;
}
