import type { Lease } from "@exhibit/credentials";
import type { BucketPrefix, BucketWindow } from "../object-store.ts";
import { type ConcurrencyWindow, createConcurrencyWindow } from "./concurrency-window.ts";
import { createPrefixRate, type PrefixRate } from "./prefix-rate.ts";
import { createSemaphore, type Limiter, type Semaphore } from "./semaphore.ts";

/** The limits of everything that is sent to one bucket, first come, first served. */
interface BucketLimits {
  readonly window: ConcurrencyWindow;
  /** Admits requests with bytes: as many are in flight as the window holds. */
  readonly requests: Semaphore;
  /** Requests with bytes that OSS has accepted. */
  accepted: number;
}

/**
 * The limits of everything that is sent below one prefix of a bucket. They are apart from the
 * bucket's because OSS limits the requests a second of a prefix, and files that wait for that must
 * not keep out others.
 */
interface PrefixLimits {
  readonly bucket: BucketLimits;
  /**
   * Admits whole files: few more are begun than requests are in flight, however many files there
   * are and however wide the window is.
   */
  readonly files: Semaphore;
  readonly rate: PrefixRate;
  /**
   * Admits one request with bytes, by the rate of its prefix and then by the window of its bucket.
   */
  readonly limiter: Limiter;
}

export interface AdmissionOptions {
  /** Most requests with bytes in flight to one bucket. */
  ceiling: number;
}

/** The limits of all buckets and prefixes that one process sends to. */
export interface Admission {
  /** Returns the limits for a lease's prefix; they are created when they are first asked for. */
  of(target: BucketPrefix): PrefixLimits;
  windows(): BucketWindow[];
}

const FLOOR = 1;
const START = 16;
/**
 * Files that wait in memory for their turn, so that no response is followed by a wait for the disk.
 */
const READ_AHEAD = 48;
/** Files that are read one after the other, so that a reader is woken for many of them at once. */
const READ_TOGETHER = 16;
/** Prefixes are searched for idle ones when there are twice as many as the last search left. */
const FIRST_SEARCH = 64;

export function createAdmission({ ceiling }: AdmissionOptions): Admission {
  const buckets = new Map<string, { limits: BucketLimits; endpoint: string; bucket: string }>();
  const prefixes = new Map<string, PrefixLimits>();
  const sizes = { floor: FLOOR, start: Math.min(START, ceiling), ceiling, now: clock };
  let searchAt = FIRST_SEARCH;

  function bucketLimits({ endpoint, name: bucket }: Lease["bucket"]): BucketLimits {
    const id = `${endpoint} ${bucket}`;
    const known = buckets.get(id);
    if (known) return known.limits;
    const window = createConcurrencyWindow(sizes);
    const limits = { window, requests: createSemaphore(() => window.size), accepted: 0 };
    buckets.set(id, { limits, endpoint, bucket });
    return limits;
  }

  function forgetIdle(): void {
    for (const [id, { files, rate }] of prefixes) {
      if (files.running === 0 && !files.hasWaiters && rate.isIdle) prefixes.delete(id);
    }
    searchAt = Math.max(FIRST_SEARCH, 2 * prefixes.size);
  }

  return {
    of({ bucket, prefix }) {
      const id = `${bucket.endpoint} ${bucket.name} ${prefix}`;
      const known = prefixes.get(id);
      if (known) return known;
      if (prefixes.size >= searchAt) forgetIdle();
      const limits = prefixLimits(bucketLimits(bucket));
      prefixes.set(id, limits);
      return limits;
    },
    windows: () =>
      [...buckets.values()].map(({ limits, endpoint, bucket }) => {
        const { window, requests, accepted } = limits;
        return { endpoint, bucket, size: window.size, inFlight: requests.running, accepted };
      }),
  };
}

function prefixLimits(bucket: BucketLimits): PrefixLimits {
  const { requests } = bucket;
  const rate = createPrefixRate(clock);
  return {
    bucket,
    files: createSemaphore(() => requests.running + READ_AHEAD, READ_TOGETHER),
    rate,
    limiter(work, signal) {
      const turn = rate.turn(signal);
      return turn ? turn.then(() => requests.run(work, signal)) : requests.run(work, signal);
    },
  };
}

/** Returns milliseconds of a clock that doesn't jump. */
function clock(): number {
  return performance.now();
}
