import {
  type ExhibitError,
  type IdenticalPolicy,
  type Period,
  toExhibitError,
} from "@exhibit/contracts";
import { isOnRecord, type Ledger, type StoredFile, type UnfinishedFile } from "@exhibit/ledger";
import type { HeadFirst, ObjectStore } from "@exhibit/oss";
import { createByteDigester, type SourceReader } from "@exhibit/sources";
import type { RunningSpan } from "@exhibit/telemetry";
import type { HeldLeases, LeasesFor } from "../leases/leases.ts";
import type { ByteBudget } from "./byte-budget.ts";
import type { UploadProgress } from "./upload-progress.ts";
import type { RecordedUpload, ShardUploads } from "./upload-record.ts";

export interface FileDependencies {
  ledger: Ledger;
  objectStore: ObjectStore;
  /** The memory that all shards of this worker share for the files under way. */
  memory: ByteBudget;
  /** How hard an object that is there already has to be proved. */
  identical: IdenticalPolicy;
  /** For how long OSS is asked to keep objects. @defaultValue it isn't asked */
  retention?: Period | undefined;
}

export interface FileWork {
  file: UnfinishedFile;
  /** The multipart uploads of its shard. */
  uploads: ShardUploads;
  source: SourceReader;
  leasesFor: LeasesFor;
  signal: AbortSignal;
  progress: UploadProgress;
  /** Called for damage to the file that a retry may repair. */
  onIncident: (file: UnfinishedFile, incident: ExhibitError) => void;
  /** Says whether OSS is likely to have the folder's files already. */
  headFirst: HeadFirst;
  /** The span of the shard. */
  span: RunningSpan<"exhibit.store">;
  /** Called for each fault that is retried. */
  onFault: (error: ExhibitError) => void;
}

/**
 * Stores one file. Returns its receipt, or the error for which there is none; undefined if the work
 * was stopped before either. Throws what the ledger failed with.
 */
export async function storeFile(
  { ledger, objectStore, memory, identical: policy, retention }: FileDependencies,
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
        identical: {
          policy,
          isOnRecord: (object) => isOnRecord(ledger, object, file.path),
          createDigester: createByteDigester,
        },
        retention,
      });
      ofFile.set({
        "exhibit.outcome": outcome,
        "exhibit.lease_id": proof.leaseId,
        "exhibit.oss_request_id": proof.requestId,
      });
      const completed = outcome === "stored" ? upload.id : undefined;
      return { ...proof, fileId: file.id, state: outcome, modifiedMs, upload: completed };
    } finally {
      // `await using` would leave four kilobytes of garbage per file.
      await body[Symbol.asyncDispose]();
    }
  }

  async function sendAdmitted(leases: HeldLeases): Promise<StoredFile> {
    const { partSize } = uploads.left(file.id) ?? {};
    const free = await memory.acquire(objectStore.memoryFor(file.size, partSize));
    const sent = progress.begin();
    let stored: StoredFile | undefined;
    try {
      const attributes = { "exhibit.file_id": file.id, "exhibit.size": file.size };
      stored = await span.withSpan("exhibit.file", attributes, (ofFile) =>
        send(leases, sent.add, ofFile),
      );
      return stored;
    } finally {
      sent.end(stored?.size);
      free();
    }
  }

  /**
   * Returns why the file can't be opened. A key is found invalid before the file is read, which may
   * have been renamed by now, as the remedy advises.
   */
  async function whyUnreadable(): Promise<ExhibitError | undefined> {
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
    return error.code === "KEY_INVALID" ? ((await whyUnreadable()) ?? error) : error;
  }
}
