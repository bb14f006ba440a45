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
export function openUploadRecord(
  ledger: Ledger,
  file: { id: number; size: number; modifiedMs: number },
  left: LeftUpload | undefined,
  signal: AbortSignal,
): RecordedUpload | Promise<RecordedUpload> {
  let fault: unknown;
  const isSame = left?.size === file.size && left.modifiedMs === file.modifiedMs;
  let id = isSame ? left.id : undefined;

  async function record<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await untilReachable(work, signal);
    } catch (thrown) {
      fault = thrown;
      throw thrown;
    }
  }

  const opened: RecordedUpload = {
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
  return left && !isSame ? record(() => giveUpUpload(ledger, left.id)).then(() => opened) : opened;
}
