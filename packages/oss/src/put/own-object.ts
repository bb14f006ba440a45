import { createHash } from "node:crypto";
import type { OpenUpload } from "@exhibit/contracts";
import { isUploadGone } from "../api/store-error.ts";
import type { Content } from "../body/content.ts";
import { readContent } from "../body/part-reader.ts";
import type { Receipt } from "../object-store.ts";
import { conflict } from "../proof/conflict.ts";
import { isSame } from "../proof/existing-object.ts";
import type { Found } from "../proof/head-object.ts";
import { identicalReceipt, md5Of } from "../proof/identical.ts";
import { foundReceipt } from "../proof/receipt.ts";
import type { PutJob } from "./put-job.ts";

/**
 * Reads the file to compare it with an object that was found, and returns its receipt as
 * `receiptAfterUpload` does.
 * An object of another size is a conflict without reading.
 */
export async function compare(
  job: PutJob,
  found: Found,
  upload: OpenUpload | undefined,
): Promise<Receipt> {
  const { key, body, signal } = job;
  if (found.object.size !== body.size) throw conflict(key, { size: body.size }, found.object);
  // One reading makes both digests, where an MD5 is there to compare with.
  const md5 = md5Of(found.object) === undefined ? undefined : createHash("md5");
  const content = await readContent(body, signal, md5);
  return await receiptAfterUpload(job, found, content, upload, md5?.digest("hex"));
}

/**
 * Returns the receipt of an equal object that was found. It is our own if it is younger than our
 * upload and the upload is gone, because then its Complete made the object. The age alone tells
 * nothing: another worker with the same file may have stored it in the same second. Throws
 * EVIDENCE_CONFLICT when the object has other bytes.
 */
export async function receiptAfterUpload(
  job: PutJob,
  found: Found,
  content: Content,
  upload: OpenUpload | undefined,
  md5?: string,
): Promise<Receipt> {
  const { key } = job;
  if (!isSame(found.object, content)) throw conflict(key, content, found.object);
  const isOurs = upload !== undefined && isSince(found, upload) && (await hasEnded(job, upload));
  if (isOurs) return foundReceipt("stored", { ...found, key, content });
  return await identicalReceipt(found, {
    ...job.proving,
    key,
    content,
    md5: async () => md5 ?? (await readMd5(job)),
  });
}

/** Reads the file once more: it was sent before there was anything to compare with. */
async function readMd5({ body, signal }: PutJob): Promise<string> {
  const md5 = createHash("md5");
  await readContent(body, signal, md5);
  return md5.digest("hex");
}

function isSince({ object }: Found, { beganAt }: OpenUpload): boolean {
  return object.lastModified >= beganAt;
}

/** A useless upload has to be aborted anyway, and the response tells whether there was one. */
async function hasEnded(
  { key, signal, multipartCalls, retry }: PutJob,
  { uploadId }: OpenUpload,
): Promise<boolean> {
  try {
    await retry((lease) => multipartCalls.abort({ lease, key, signal }, uploadId), signal);
    return false;
  } catch (error) {
    return isUploadGone(error);
  }
}
