import type { ToldReport, WorkerReport } from "@exhibit/contracts";
import type { ByteBudget } from "@exhibit/ingest";
import type { ObjectStore } from "@exhibit/oss";
import type { Handler } from "@exhibit/queue";

/** How many windows a worker tells of: it has one for each bucket that it has sent to. */
const MAX_WINDOWS = 20;

/**
 * How many leases a worker tells of, those that end last. A folder has one; a vendor that opens files one
 * by one gives one for each.
 */
const MAX_LEASES = 100;

/** Returns what a worker says of itself, beside what it has under way and how fast that is. */
export function reportOf({
  objectStore,
  memory,
  broker,
}: {
  objectStore: Pick<ObjectStore, "windows">;
  memory: Pick<ByteBudget, "held">;
  broker: { held(): ToldReport["leases"] };
}): Pick<ToldReport, "pid" | "windows" | "leases" | "memory"> {
  const { rss, heapUsed } = process.memoryUsage();
  const windows = objectStore.windows().toSorted((a, b) => b.inFlight - a.inFlight);
  return {
    pid: process.pid,
    windows: windows.slice(0, MAX_WINDOWS).map(({ endpoint, bucket, size, inFlight }) => {
      return { endpoint, bucket, size: Math.floor(size), in_flight: inFlight };
    }),
    leases: broker.held().slice(0, MAX_LEASES),
    memory: { rss_bytes: rss, heap_bytes: heapUsed, files_bytes: memory.held() },
  };
}

/** Knows which jobs a worker has under way. */
export interface JobList {
  /** Returns a handler that is listed while it runs. */
  watched(queue: string, handler: Handler): Handler;
  list(): WorkerReport["jobs"];
}

export function createJobList(): JobList {
  const running = new Set<WorkerReport["jobs"][number]>();
  return {
    watched: (queue, handler) => async (id, attempt) => {
      const job = { queue, id, since: new Date().toISOString() };
      running.add(job);
      try {
        await handler(id, attempt);
      } finally {
        running.delete(job);
      }
    },
    list: () => [...running],
  };
}
