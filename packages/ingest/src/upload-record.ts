import {
  giveUpUpload,
  type Ledger,
  type LeftUpload,
  recordPart,
  recordUpload,
} from "@exhibit/ledger";
import type { UploadRecord } from "@exhibit/oss";
import { untilReachable } from "./until-reachable.ts";

/** One file's multipart upload on the ledger's record. */
export interface RecordedUpload extends UploadRecord {
  /** The ledger's number of the upload that is under way. */
  readonly id: number | undefined;
  /** Why the ledger couldn't take something: that is no fault of the file. */
  readonly fault: unknown;
}

/**
 * What was left of another state of the file is given up: its size and time tell. While the ledger is away, the upload
 * waits for it: a part that isn't on the record would be sent again.
 */
export async function openUploadRecord(
  ledger: Ledger,
  file: { id: number; size: number; modifiedMs: number },
  left: LeftUpload | undefined,
  signal: AbortSignal,
): Promise<RecordedUpload> {
  let fault: unknown;
  const isSame = left?.size === file.size && left.modifiedMs === file.modifiedMs;
  let id = isSame ? left.id : undefined;
  if (left && !isSame) await record(() => giveUpUpload(ledger, left.id));

  async function record<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await untilReachable(work, signal);
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
      id = await record(() => recordUpload(ledger, file.id, file, upload));
    },
    async part(part) {
      const known = id;
      if (known !== undefined) await record(() => recordPart(ledger, known, part));
    },
    async giveUp() {
      const known = id;
      if (known !== undefined) await record(() => giveUpUpload(ledger, known));
      id = undefined;
    },
  };
}
