import {
  giveUpUpload,
  type Ledger,
  type LeftUpload,
  recordPart,
  recordUpload,
} from "@exhibit/ledger";
import type { UploadRecord } from "@exhibit/oss";

/** One file's multipart upload on the ledger's record. */
export interface RecordedUpload extends UploadRecord {
  /** The ledger's number of the upload that is under way. */
  readonly id: number | undefined;
  /** Why the ledger couldn't take something: that is no fault of the file. */
  readonly fault: unknown;
}

/** What was left of another state of the file is given up: its size and time tell. */
export async function openUploadRecord(
  ledger: Ledger,
  file: { id: number; size: number; modifiedMs: number },
  left: LeftUpload | undefined,
): Promise<RecordedUpload> {
  const isSame = left?.size === file.size && left.modifiedMs === file.modifiedMs;
  if (left && !isSame) await giveUpUpload(ledger, left.id);
  let id = isSame ? left.id : undefined;
  let fault: unknown;

  async function record<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      fault = thrown;
      throw thrown;
    }
  }

  return {
    left: isSame ? left : undefined,
    get id() {
      return id;
    },
    get fault() {
      return fault;
    },
    async begin(upload) {
      id = await record(recordUpload(ledger, file.id, file, upload));
    },
    async part(part) {
      if (id !== undefined) await record(recordPart(ledger, id, part));
    },
    async giveUp() {
      if (id !== undefined) await record(giveUpUpload(ledger, id));
      id = undefined;
    },
  };
}
