import {
  findOrphanedUploads,
  forgetUpload,
  type OrphanedUpload,
  postponeAbort,
  readFolder,
} from "@exhibit/ledger";
import type { ObjectStore } from "@exhibit/oss";
import pLimit from "p-limit";
import { type LeaseDependencies, leasesToAbort } from "../leases/leases.ts";

export interface AbortDependencies extends LeaseDependencies {
  objectStore: Pick<ObjectStore, "abort">;
}

/** The most uploads aborted in one round, of all imports together. */
const UPLOADS_OF_A_ROUND = 64;
const UPLOADS_AT_ONCE = 8;

/** Milliseconds for getting a lease and aborting one upload. */
const ABORT_TIMEOUT_MS = 10_000;

/**
 * Aborts multipart uploads that nobody will continue, of one shard or of all, and removes them from
 * the ledger. One that can't be aborted now stays there for a later round. Returns how many those
 * are.
 */
export async function abortOrphanedUploads(
  dependencies: AbortDependencies,
  which: { shardId?: number } = {},
): Promise<number> {
  const { ledger } = dependencies;
  const since = Date.now();
  const uploads = await findOrphanedUploads(ledger, { ...which, limit: UPLOADS_OF_A_ROUND });
  const limit = pLimit(UPLOADS_AT_ONCE);
  const ended = await Promise.all(
    uploads.map((upload) =>
      limit(async () => {
        const isEnded = await abort(dependencies, upload, since).then(
          () => true,
          () => false,
        );
        await (isEnded ? forgetUpload : postponeAbort)(ledger, upload.id);
        return isEnded;
      }),
    ),
  );
  return ended.filter((isEnded) => !isEnded).length;
}

async function abort(
  { ledger, broker, objectStore }: AbortDependencies,
  upload: OrphanedUpload,
  since: number,
): Promise<void> {
  const signal = AbortSignal.timeout(ABORT_TIMEOUT_MS);
  const folder = await readFolder(ledger, upload.folderId);
  const leases = leasesToAbort(broker, folder, upload, { since, signal });
  await objectStore.abort({ leases, upload, signal });
}
