import { type ExhibitError, toExhibitError } from "@exhibit/contracts";
import type { StoredFile, UnfinishedFile } from "@exhibit/ledger";
import type { HeadFirst, ObjectStore } from "@exhibit/oss";
import type { SourceReader } from "@exhibit/sources";
import type { RunningSpan } from "@exhibit/telemetry";
import type { HeldLeases, LeasesFor } from "../leases/leases.ts";
import type { ByteBudget } from "./byte-budget.ts";
import type { UploadProgress } from "./upload-progress.ts";
import type { RecordedUpload, ShardUploads } from "./upload-record.ts";

export interface FileDependencies {
  objectStore: ObjectStore;
  /** What all shards of this worker may hold of files at once. */
  memory: ByteBudget;
}

export interface FileWork {
  file: UnfinishedFile;
  /** Of its shard. */
  uploads: ShardUploads;
  source: SourceReader;
  leasesFor: LeasesFor;
  signal: AbortSignal;
  progress: UploadProgress;
  /** Hears of what touched the file's integrity and may be mended. */
  onIncident: (file: UnfinishedFile, incident: ExhibitError) => void;
  /** Whether OSS has files of the folder already. */
  headFirst: HeadFirst;
  /** Of the shard. */
  span: RunningSpan<"exhibit.store">;
  /** Hears of what is tried again. */
  onFault: (error: ExhibitError) => void;
}

/**
 * Gives the receipt of one file, or why there is none; undefined when the work was stopped before
 * there was one. Throws what the ledger failed with.
 */
export async function storeFile(
  { objectStore, memory }: FileDependencies,
  work: FileWork,
): Promise<StoredFile | ExhibitError | undefined> {
  const { file, uploads, source, leasesFor, signal, progress, headFirst, span } = work;
  let upload: RecordedUpload | undefined;

  async function send(
    leases: HeldLeases,
    onBytes: (bytes: number) => void,
    ofFile: RunningSpan<"exhibit.file">,
  ): Promise<StoredFile> {
    const expected =
      file.modifiedMs === null ? undefined : { size: file.size, modifiedAt: file.modifiedMs };
    const body = await source.open(file, expected);
    try {
      const { modifiedAt: modifiedMs } = body;
      const facts = { id: file.id, size: body.size, modifiedMs };
      upload = await uploads.open(facts, signal);
      const { outcome, ...proof } = await objectStore.put({
        leases,
        name: source.nameOf(file.path),
        body,
        modifiedAt: modifiedMs,
        signal,
        onBytes,
        onFault: work.onFault,
        onIncident: (incident) => work.onIncident(file, incident),
        uploads: upload,
        headFirst,
      });
      ofFile.set({
        "exhibit.outcome": outcome,
        "exhibit.lease_id": proof.leaseId,
        "exhibit.oss_request_id": proof.requestId,
      });
      const completed = outcome === "stored" ? upload.id : undefined;
      return { ...proof, fileId: file.id, state: outcome, modifiedMs, upload: completed };
    } finally {
      // Not by `await using`, which leaves four kilobytes of garbage a file.
      await body[Symbol.asyncDispose]();
    }
  }

  async function sendAdmitted(leases: HeldLeases): Promise<StoredFile> {
    const { partSize } = uploads.left(file.id) ?? {};
    const free = await memory.acquire(objectStore.memoryFor(file.size, partSize));
    const sent = progress.begin();
    try {
      const attributes = { "exhibit.file_id": file.id, "exhibit.size": file.size };
      return await span.withSpan("exhibit.file", attributes, (ofFile) =>
        send(leases, sent.add, ofFile),
      );
    } finally {
      sent.end();
      free();
    }
  }

  /**
   * A key is found invalid before the file is looked at: it may have been renamed by now, as the
   * remedy says.
   */
  async function whyGone(): Promise<ExhibitError | undefined> {
    try {
      const body = await source.open(file, undefined);
      await body[Symbol.asyncDispose]();
    } catch (thrown) {
      return toExhibitError(thrown);
    }
    return undefined;
  }

  try {
    const leases = await leasesFor(file);
    return await objectStore.admit(leases.place, () => sendAdmitted(leases), signal);
  } catch (thrown) {
    if (signal.aborted) return undefined;
    if (upload?.fault !== undefined) throw upload.fault;
    const error = toExhibitError(thrown);
    return error.code === "KEY_INVALID" ? ((await whyGone()) ?? error) : error;
  }
}
