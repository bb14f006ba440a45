import { type ExhibitError, toExhibitError } from "@exhibit/contracts";
import type { Ledger, LeftUpload, Stored, UnfinishedFile } from "@exhibit/ledger";
import type { Expectation, ObjectStore } from "@exhibit/oss";
import type { FileReaders, SourceReader } from "@exhibit/sources";
import type { RunningSpan } from "@exhibit/telemetry";
import type { ByteBudget } from "./byte-budget.ts";
import type { Sending } from "./sending.ts";
import type { LeasesFor } from "./shard-leases.ts";
import { openUploadRecord, type RecordedUpload } from "./upload-record.ts";

export interface FileDependencies {
  ledger: Ledger;
  objectStore: ObjectStore;
  readers: FileReaders;
  /** What all shards of this worker may hold of files at once. */
  memory: ByteBudget;
}

export interface FileWork {
  file: UnfinishedFile;
  /** A multipart upload of it to go on with. */
  left: LeftUpload | undefined;
  source: SourceReader;
  leasesFor: LeasesFor;
  signal: AbortSignal;
  sending: Sending;
  /** Whether OSS has files of the folder already. */
  expectation: Expectation;
  /** Of the shard. */
  span: RunningSpan<"exhibit.store">;
}

/**
 * Gives the receipt of one file, or why there is none; undefined when the work was stopped before there was one. Throws
 * what the ledger failed with.
 */
export async function storeFile(
  { ledger, objectStore, readers, memory }: FileDependencies,
  { file, left, source, leasesFor, signal, sending, expectation, span }: FileWork,
): Promise<Stored | ExhibitError | undefined> {
  const free = await memory.acquire(objectStore.memoryFor(file.size, left?.partSize));
  const sent = sending.begin();
  let uploads: RecordedUpload | undefined;

  async function send(ofFile: RunningSpan<"exhibit.file">): Promise<Stored> {
    const expected =
      file.modifiedMs === null ? undefined : { size: file.size, modifiedAt: file.modifiedMs };
    const leases = await leasesFor(file);
    const body = await readers.open(source.place, file.path, expected);
    try {
      const { modifiedAt: modifiedMs } = body;
      const facts = { id: file.id, size: body.size, modifiedMs };
      uploads = await openUploadRecord(ledger, facts, left, signal);
      const { outcome, ...proof } = await objectStore.put({
        leases,
        name: file.path,
        body,
        signal,
        onBytes: sent.add,
        uploads,
        expectation,
      });
      ofFile.set({
        "exhibit.outcome": outcome,
        "exhibit.lease_id": proof.leaseId,
        "exhibit.oss_request_id": proof.requestId,
      });
      const upload = outcome === "stored" ? uploads.id : undefined;
      return { ...proof, fileId: file.id, state: outcome, modifiedMs, upload };
    } finally {
      // Not by `await using`, which leaves four kilobytes of garbage a file.
      await body[Symbol.asyncDispose]();
    }
  }

  try {
    const attributes = { "exhibit.file_id": file.id, "exhibit.size": file.size };
    return await span.withSpan("exhibit.file", attributes, send);
  } catch (thrown) {
    if (signal.aborted) return undefined;
    if (uploads?.fault !== undefined) throw uploads.fault;
    return toExhibitError(thrown);
  } finally {
    sent.end();
    free();
  }
}
