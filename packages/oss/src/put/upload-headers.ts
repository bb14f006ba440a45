import type { FileBody } from "@exhibit/contracts";
import { readPiece } from "../body/content.ts";
import { typeOfName } from "../metadata/content-type.ts";
import { HEAD_BYTES } from "../metadata/file-signatures.ts";
import { type ObjectHeaders, objectHeaders } from "../metadata/object-headers.ts";
import type { PutJob } from "./put-job.ts";

/**
 * Returns the headers of an object that is uploaded in parts. Its SHA-256 isn't among them: it
 * isn't known when the upload begins, and adding it later would take another request.
 */
export async function uploadHeaders(job: PutJob): Promise<ObjectHeaders> {
  const { key, body, modifiedAt, signal } = job;
  const head = typeOfName(key) === undefined ? await headOf(body, signal) : undefined;
  return objectHeaders({ key, head, modifiedAt });
}

/** Returns the first bytes; the parts are read from the beginning again. */
async function headOf(body: FileBody, signal: AbortSignal | undefined): Promise<Uint8Array> {
  await body.rewind();
  const piece = await readPiece(body, Math.min(HEAD_BYTES, body.size), signal);
  const head = Buffer.from(piece.bytes);
  piece.release();
  return head;
}
