import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { interrupted } from "../http/interrupted.ts";
import { checkInside } from "../lease/object-key.ts";
import { isSameBucket } from "../lease/same-bucket.ts";
import type { LeaseHolder } from "../lease-holder.ts";
import type { PutRequest } from "../object-store.ts";
import type { Limiter } from "./semaphore.ts";

export interface RetryOptions {
  /**
   * How often a request is made at most. Repetitions after a lease renewal, a clock correction or a
   * throttle don't count.
   */
  attempts: number;
  /** Milliseconds, doubled with each attempt; a random part of it is waited. */
  baseDelay: number;
  /**
   * Milliseconds. If OSS asks for a longer pause, the error is thrown and the caller has to wait.
   */
  maxDelay: number;
  /** Milliseconds that a lease must still be valid for when a request begins. */
  minimumRemaining: number;
}

/**
 * Runs one request until it succeeds or no retry can help; throws the last error. Each attempt of a
 * request with a `limiter` waits there to be admitted, so that its lease is fresh when it begins,
 * and gives up its place while it pauses.
 */
export type Retry = <T>(
  run: (lease: Lease) => Promise<T>,
  signal: AbortSignal | undefined,
  limiter?: Limiter,
) => Promise<T>;

/**
 * How often OSS may throttle one request. That is no fault of the request, and while the window
 * shrinks to what OSS accepts the same request may be throttled several times.
 */
const THROTTLES = 12;

interface Budget {
  attempts: number;
  throttles: number;
  renewed: boolean;
  corrected: boolean;
}

/**
 * Returns the retries for the requests of one file. Each attempt takes the lease that is current
 * then, so a renewed one is used from the next part on. A request that runs inside another one's
 * attempt and has used up its own attempts isn't repeated by the outer one.
 */
export function createRetry(
  leases: LeaseHolder,
  target: { key: string; first: Lease; onFault?: PutRequest["onFault"] },
  options: RetryOptions,
): Retry {
  const spent = new WeakSet<ExhibitError>();

  function check(lease: Lease): void {
    checkSameBucket(lease, target.first);
    // A signed URL opens what it names and nothing else.
    if (lease.object?.uploadUrl === undefined) checkInside(lease, target.key);
  }

  return async (run, signal, limiter = unlimited) => {
    const { attempts, minimumRemaining } = options;
    const budget = { attempts, throttles: THROTTLES, renewed: false, corrected: false };
    let refused: Lease | undefined;
    for (;;) {
      let lease: Lease | undefined;
      const request = async () => {
        const given = await (refused
          ? leases.replace(refused)
          : leases.current({ minimumRemaining }));
        check(given);
        lease = given;
        if (signal?.aborted) throw interrupted(signal);
        return run(given);
      };
      try {
        return await limiter(request, signal);
      } catch (thrown) {
        // Without a lease nothing was tried.
        if (lease === undefined || !(thrown instanceof ExhibitError) || spent.has(thrown))
          throw thrown;
        const delay = delayBefore(thrown, budget, options);
        if (delay === undefined) {
          spent.add(thrown);
          throw thrown;
        }
        refused = thrown.action === "renew-lease" ? lease : undefined;
        target.onFault?.(thrown);
        await pause(delay, signal);
      }
    }
  };
}

const unlimited: Limiter = (work) => work();

/** Returns the milliseconds to wait before the next attempt; undefined when there is none. */
function delayBefore(
  error: ExhibitError,
  budget: Budget,
  options: RetryOptions,
): number | undefined {
  switch (error.action) {
    case "never":
      return undefined;
    case "renew-lease":
      if (budget.renewed) return undefined;
      budget.renewed = true;
      return 0;
    case "clock":
      // The sender has learned the offset from the response.
      if (budget.corrected) return undefined;
      budget.corrected = true;
      return 0;
    case "backoff":
    case "throttle":
      return backoff(error, budget, options);
  }
}

function backoff(error: ExhibitError, budget: Budget, options: RetryOptions): number | undefined {
  // Repeating the request helps with neither: one ends the work, the other takes sending the file
  // anew.
  if (error.code === "INTERRUPTED" || error.code === "STORE_UPLOAD_GONE") return undefined;
  const isThrottle = error.action === "throttle";
  const left = isThrottle ? --budget.throttles : --budget.attempts;
  const asked = error.retryAfter ?? 0;
  if (left <= 0 || asked > options.maxDelay) return undefined;
  const failed = (isThrottle ? THROTTLES : options.attempts) - left - 1;
  return Math.max(
    asked,
    Math.random() * Math.min(options.maxDelay, options.baseDelay * 2 ** failed),
  );
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (milliseconds === 0) return;
  await sleep(milliseconds, undefined, signal && { signal }).catch((cause: unknown) => {
    throw signal ? interrupted(signal) : new ExhibitError("INTERNAL", "A pause failed.", { cause });
  });
}

/**
 * Throws INTERRUPTED when a renewed lease opens another bucket: it would tear the file in two. When
 * the file is sent anew, it goes where leases lead then.
 */
function checkSameBucket(lease: Lease, first: Lease): void {
  if (isSameBucket(lease.bucket, first.bucket)) return;
  const place = ({ bucket }: Lease) => `bucket ${bucket.name} at ${bucket.endpoint}`;
  throw new ExhibitError(
    "INTERRUPTED",
    `Lease ${lease.id} opens ${place(lease)}, not ${place(first)} as the one it replaces.`,
    { details: { lease_id: lease.id } },
  );
}
