import type { OpenUpload } from "@exhibit/contracts";
import { isAlreadyThere, isUncertain, isUploadGone } from "../api/store-error.ts";
import type { StoredBytes } from "../api/stored-bytes.ts";
import type { Content } from "../body/content.ts";
import type { Receipt } from "../object-store.ts";
import { isSame } from "../proof/existing-object.ts";
import { headIfAllowed, headOrDeny } from "../proof/head-object.ts";
import { writtenReceipt } from "../proof/receipt.ts";
import { receiptAfterUpload } from "./own-object.ts";
import type { PutJob } from "./put-job.ts";
import type { SentFile } from "./upload-parts.ts";

/** How an upload ended: proved, or completed with bytes that aren't the file's. */
export type UploadOutcome = { receipt: Receipt } | { damaged: StoredBytes; content: Content };

/**
 * Makes the uploaded parts an object, and finds out whether that has happened when OSS doesn't
 * tell.
 */
export async function completeUpload(
  job: PutJob,
  upload: OpenUpload,
  sent: SentFile & { overwrite: boolean },
): Promise<UploadOutcome> {
  const { key, signal, multipartCalls, headObject } = job;
  const { content, parts, overwrite } = sent;

  async function receiptIfThere(): Promise<Receipt | undefined> {
    const found = await headIfAllowed(headObject);
    if (found === undefined || !isSame(found.object, content)) return undefined;
    return receiptAfterUpload(job, found, content, upload);
  }

  let isUnsure = false;
  return job.retry(async (lease) => {
    // "Complete may keep running after the client disconnects: after a time-out do HEAD before
    // retrying."
    const there = isUnsure ? await receiptIfThere() : undefined;
    if (there !== undefined) return { receipt: there };
    try {
      const { uploadId } = upload;
      const stored = await multipartCalls.complete(
        { lease, key, signal },
        uploadId,
        parts,
        overwrite,
      );
      if (stored.crc64 !== content.crc64) return { damaged: stored, content };
      return { receipt: writtenReceipt(stored, { lease, key, content }) };
    } catch (error) {
      if (isAlreadyThere(error)) {
        return {
          receipt: await receiptAfterUpload(
            job,
            await headOrDeny(headObject, key),
            content,
            upload,
          ),
        };
      }
      if (isUploadGone(error)) {
        // A Complete has worked before: one of this call, or of a process that ended before it
        // knew.
        const receipt = await receiptIfThere();
        if (receipt !== undefined) return { receipt };
      }
      isUnsure ||= isUncertain(error);
      throw error;
    }
  }, signal);
}
