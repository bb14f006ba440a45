import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { isAlreadyThere } from "../api/store-error.ts";
import type { Content } from "../body/content.ts";
import { forwardCounter } from "../body/outgoing-body.ts";
import { chunksOf } from "../body/part-reader.ts";
import { keyOf } from "../lease/object-key.ts";
import type { Receipt } from "../object-store.ts";
import { hiddenObject } from "../proof/conflict.ts";
import { mismatch, reported } from "../proof/mismatch.ts";
import { writtenReceipt } from "../proof/receipt.ts";
import type { PutJob } from "./put-job.ts";

/** "PutObject: at most 5 GB" (PROTOCOLS.md 5.1). */
const MAX_SINGLE_PUT = 5 * 1024 ** 3;

/**
 * Stores a file by one PUT to the signed URL of its lease, streaming it; each attempt reads it
 * anew. A URL is signed for just this request: no header can be added, so OSS isn't asked to forbid
 * overwriting, and nobody can look at the object. So it is up to the vendor whether another object
 * may be replaced. Each URL names its own object, and a renewed lease may name another one. Throws
 * STORE_REFUSED for a file that is too large for one PUT.
 */
export async function putToUrl(job: PutJob): Promise<Receipt> {
  const { size } = job.body;
  if (size > MAX_SINGLE_PUT) {
    throw new ExhibitError(
      "STORE_REFUSED",
      `${JSON.stringify(job.key)} has ${size} bytes; a signed URL takes one request of at most ${MAX_SINGLE_PUT}.`,
      { details: { key: job.key, size } },
    );
  }
  const counter = forwardCounter(job.onBytes);
  return job.retry((lease) => putOnce(job, lease, counter()), job.signal, job.limiter);
}

async function putOnce(
  job: PutJob,
  lease: Lease,
  onBytes: (bytes: number) => void,
): Promise<Receipt> {
  const { body, signal, calls } = job;
  const key = keyOf(lease, "");
  // A response may arrive while a piece is still being read; then nobody waits for more of them.
  const over = new AbortController();
  const reading = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  let content: Content | undefined;
  const chunks = chunksOf(body, reading, (whole) => {
    content = whole;
  });
  try {
    const outgoing = { length: body.size, chunks, onBytes };
    const stored = await calls.putToUrl({ lease, key, signal }, outgoing);
    if (content === undefined) throw answeredEarly(key);
    if (stored.crc64 !== content.crc64)
      throw reported(job, mismatch(JSON.stringify(key), content.crc64, stored));
    return writtenReceipt(stored, { lease, key, content });
  } catch (error) {
    throw isAlreadyThere(error) ? hiddenObject(key, error) : error;
  } finally {
    over.abort();
  }
}

function answeredEarly(key: string): ExhibitError {
  return new ExhibitError(
    "STORE_INCOMPLETE",
    `OSS answered the PUT of ${JSON.stringify(key)} before it had all of it.`,
    { details: { key } },
  );
}
