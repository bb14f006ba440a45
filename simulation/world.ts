/** What the world outside of Exhibit is like, in virtual time. Milliseconds and bytes, where nothing else is said. */
export interface World {
  oss: {
    /** Requests a second on one sequential prefix (PROTOCOLS.md 5.5). */
    partitionPerSecond: number;
    /** Requests a second of the whole account. */
    accountPerSecond: number;
    /** Bytes a second into the account. */
    bandwidth: number;
    /** From the last byte of a request to its answer. */
    latency: number;
  };
  vendor: {
    /** Calls a second; one more, and everything is refused for `ban`. */
    callsPerSecond: number;
    ban: number;
    latency: number;
    /** Of a lease. STS's shortest is 900 s; less only makes more renewals happen. */
    lifetime: number;
  };
  worker: {
    /** Of one core, for one file: docs/performance.md measures it. */
    perFile: number;
    /** Bytes a second that its line carries. */
    bandwidth: number;
    /** Shards at once, as in apps/worker. */
    slots: number;
  };
  /** One answer of Redis, and of Postgres. */
  redis: number;
  postgres: number;
  /** Files a second that one walk of a source finds. */
  walkPerSecond: number;
  files: { median: number; sigma: number };
}

const Gbit = 1e9 / 8;

export const world: World = {
  oss: { partitionPerSecond: 2000, accountPerSecond: 10_000, bandwidth: 10 * Gbit, latency: 20 },
  vendor: { callsPerSecond: 20, ban: 1000, latency: 200, lifetime: 60_000 },
  worker: { perFile: 0.3, bandwidth: Gbit, slots: 4 },
  redis: 1,
  postgres: 5,
  walkPerSecond: 20_000,
  // A mean of 197 KiB: 20,000 files have 4 GB.
  files: { median: 64 * 1024, sigma: 1.5 },
};
