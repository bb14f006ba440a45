/** The world outside of Exhibit, in virtual time. The units are milliseconds and bytes unless a comment names another. */
export interface World {
  oss: {
    /** Requests per second on one sequential prefix (PROTOCOLS, section 5.5). */
    partitionPerSecond: number;
    /** Requests per second of the whole account. */
    accountPerSecond: number;
    /** Bytes per second into the account. */
    bandwidth: number;
    /** From the last byte of a request to its response. */
    latency: number;
  };
  vendor: {
    /** Calls per second. One more, and everything is refused for `ban`. */
    callsPerSecond: number;
    ban: number;
    latency: number;
    /** The lifetime of a lease. STS's shortest is 900 s; a shorter one only causes more renewals. */
    lifetime: number;
  };
  worker: {
    /** Of one core, for one file: docs/performance.md measures it. */
    perFile: number;
    /** Bytes per second of its line. */
    bandwidth: number;
    /** Shards at a time, as in apps/worker. */
    slots: number;
  };
  /** The time of one response of Redis, and of Postgres. */
  redis: number;
  postgres: number;
  /** Files per second that one walk of a source finds. */
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
