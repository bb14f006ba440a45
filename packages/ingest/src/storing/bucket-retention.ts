import { type FolderRow, type Ledger, recordRetention } from "@exhibit/ledger";
import type { ObjectStore } from "@exhibit/oss";
import type { HeldLeases } from "../leases/leases.ts";

/** Finds out what the bucket of a folder itself keeps, beside the files that go there. */
export interface RetentionNote {
  /** Asks OSS by the first leases that it is given; the others are nothing to it. */
  hear(leases: HeldLeases | Promise<HeldLeases>): void;
  /**
   * Waits, for a few seconds at most and no longer than until `signal` aborts, until the answer is on
   * record: nobody may learn it once the import is sealed.
   */
  recorded(signal: AbortSignal): Promise<void>;
}

/**
 * Returns what puts on record how long the bucket keeps what goes there, unless that is on record. It
 * never fails: the files are stored, whatever OSS says of its bucket.
 */
export function noteRetention(
  { ledger, objectStore }: { ledger: Ledger; objectStore: Pick<ObjectStore, "bucketRetention"> },
  folder: Pick<FolderRow, "id" | "retention">,
): RetentionNote {
  const isOnRecord = folder.retention !== null && folder.retention !== "unknown";
  let noting: Promise<void> | undefined;

  async function note(held: HeldLeases | Promise<HeldLeases>): Promise<void> {
    const leases = await held;
    const retention = await objectStore.bucketRetention({ leases });
    if (retention === folder.retention) return;
    await recordRetention(ledger, folder.id, leases.place.bucket.name, retention);
  }

  return {
    hear(leases) {
      if (!isOnRecord) noting ??= note(leases).catch(() => {});
    },
    async recorded(signal) {
      if (noting === undefined || signal.aborted) return;
      const { promise: aborted, resolve } = Promise.withResolvers<void>();
      const stop = () => resolve();
      signal.addEventListener("abort", stop, { once: true });
      await Promise.race([noting, aborted]);
      signal.removeEventListener("abort", stop);
    },
  };
}
