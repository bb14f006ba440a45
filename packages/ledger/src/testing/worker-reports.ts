import type { ToldReport } from "@exhibit/contracts";

/** What a worker with nothing to do says of itself. */
export const idleReport: ToldReport = {
  pid: 812,
  jobs: [],
  files_per_second: 0,
  bytes_per_second: 0,
  windows: [],
  leases: [],
  memory: { rss_bytes: 120_000_000, heap_bytes: 30_000_000, files_bytes: 0 },
};
