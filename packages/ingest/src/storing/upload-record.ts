import {
  giveUpUpload,
  type Ledger,
  type LeftUpload,
  readLeftUploads,
  recordPart,
  recordUpload,
  type ShardRow,
} from "@exhibit/ledger";
import type { UploadRecord } from "@exhibit/oss";
import { untilReachable } from "../jobs/until-reachable.ts";

/** The ledger's record of one file's multipart upload. */
export interface RecordedUpload extends UploadRecord {
  /** The ledger's id of the upload under way. */
  readonly id: number | undefined;
  /** What the ledger failed with, if it did: that is no fault of the file. */
  readonly fault: unknown;
}

/** The multipart uploads of a shard's files. */
export interface ShardUploads {
  /** Returns a file's unfinished upload of an earlier run, to continue. */
  left(fileId: number): LeftUpload | undefined;
  /** Opens the record of a file that is about to be sent. */
  open(file: OpenedFile, signal: AbortSignal): RecordedUpload | Promise<RecordedUpload>;
  /** Whether any file had an upload, or has one now: most shards consist of small files. */
  readonly any: boolean;
  /** Returns whether OSS has accepted a part of the file in this run. */
  hasMoved(fileId: number): boolean;
}

interface OpenedFile {
  id: number;
  size: number;
  modifiedMs: number;
}

export async function openShardUploads(
  ledger: Ledger,
  { id, files }: Pick<ShardRow, "id" | "files">,
): Promise<ShardUploads> {
  const isLeft = files.some(({ hasUpload }) => hasUpload);
  const known = isLeft ? await readLeftUploads(ledger, id) : new Map<number, LeftUpload>();
  let any = isLeft;
  const moved = new Set<number>();
  const onBegin = () => {
    any = true;
  };
  return {
    left: (fileId) => known.get(fileId),
    open: (file, signal) =>
      openUploadRecord(ledger, {
        file,
        left: known.get(file.id),
        onBegin,
        onPart: () => moved.add(file.id),
        signal,
      }),
    hasMoved: (fileId) => moved.has(fileId),
    get any() {
      return any;
    },
  };
}

interface ToRecord {
  file: OpenedFile;
  left: LeftUpload | undefined;
  onBegin: () => void;
  onPart: () => void;
  signal: AbortSignal;
}

/**
 * Opens the record of one file. An upload left of another version of the file, which its size or
 * time tells, is given up. While the ledger is unreachable the upload waits for it: a part that
 * isn't recorded would be sent again.
 */
function openUploadRecord(
  ledger: Ledger,
  { file, left, onBegin, onPart, signal }: ToRecord,
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
      onBegin();
      id = await record(() => recordUpload(ledger, file.id, file, upload));
    },
    async part(part) {
      onPart();
      const known = id;
      if (known !== undefined) await record(() => recordPart(ledger, known, part));
    },
    async discard() {
      const known = id;
      if (known !== undefined) await record(() => giveUpUpload(ledger, known));
      id = undefined;
    },
  };
  return left && !isSame ? record(() => giveUpUpload(ledger, left.id)).then(() => opened) : opened;
}
