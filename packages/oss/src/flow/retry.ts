import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { interrupted } from "../api/store-error.ts";
import { checkInside } from "../lease/object-key.ts";
import { isSameBucket } from "../lease/same-bucket.ts";
import type { LeaseHolder, PutRequest } from "../object-store.ts";
import type { Pass } from "./semaphore.ts";

export interface RetryOptions {
  /** How often a request is made at most; lease renewals, a clock correction and throttles aside. */
  attempts: number;
  /** Milliseconds; doubled with each attempt, and a random part of it is waited. */
  baseDelay: number;
  /** Milliseconds; when OSS asks for a longer pause than this, the error is thrown for the caller to wait. */
  maxDelay: number;
  /** Milliseconds that a lease must still be good for when a request begins. */
  minimumRemaining: number;
}

/**
 * Runs one request until it succeeds or nothing more can be done about its failing. What goes through a gate waits there
 * before each attempt, so that its lease is fresh when it begins, and not while it pauses.
 */
export type Attempt = <T>(
  run: (lease: Lease) => Promise<T>,
  signal: AbortSignal | undefined,
  through?: Pass,
) => Promise<T>;

/**
 * How often OSS may ask one request to come later. It is no fault of the request, and while the window shrinks to what
 * OSS takes it may meet the same one several times.
 */
const THROTTLES = 12;

interface Budget {
  attempts: number;
  throttles: number;
  renewed: boolean;
  corrected: boolean;
}

/**
 * Attempts for the requests of one file. Each takes the lease that is current then, so a renewed one is used from the next
 * part on. A request that runs inside another's attempt and has used up its own isn't tried again by the outer one.
 */
export function createAttempt(
  leases: LeaseHolder,
  target: { key: string; first: Lease; onFault?: PutRequest["onFault"] },
  options: RetryOptions,
): Attempt {
  const spent = new WeakSet<ExhibitError>();

  function check(lease: Lease): void {
    checkSamePlace(lease, target.first);
    // A signed URL opens what it names and nothing else.
    if (lease.object?.uploadUrl === undefined) checkInside(lease, target.key);
  }

  return async (run, signal, through = atOnce) => {
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
        return await through(request, signal);
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

const atOnce: Pass = (work) => work();

/** Milliseconds to wait before the next attempt; undefined when there is none. */
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
      // The sender has learned the offset from the answer.
      if (budget.corrected) return undefined;
      budget.corrected = true;
      return 0;
    case "backoff":
    case "throttle":
      return backoff(error, budget, options);
  }
}

function backoff(error: ExhibitError, budget: Budget, options: RetryOptions): number | undefined {
  // Neither gets better by repeating the request: one ends the work, the other takes sending the file anew.
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

/** A renewed lease for another bucket would tear a file in two; sent anew, it goes where leases lead then. */
function checkSamePlace(lease: Lease, first: Lease): void {
  if (isSameBucket(lease.bucket, first.bucket)) return;
  const place = ({ bucket }: Lease) => `bucket ${bucket.name} at ${bucket.endpoint}`;
  throw new ExhibitError(
    "INTERRUPTED",
    `Lease ${lease.id} opens ${place(lease)}, not ${place(first)} as the one it replaces.`,
    { details: { lease_id: lease.id } },
  );
}
