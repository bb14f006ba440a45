import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { interrupted } from "./errors.ts";
import { checkInside } from "./guard.ts";
import type { LeaseHolder } from "./object-store.ts";

export interface RetryOptions {
  /** How often a request is made at most, lease renewals and a clock correction aside. */
  attempts: number;
  /** Milliseconds; doubled with each attempt, and a random part of it is waited. */
  baseDelay: number;
  /** Milliseconds; when OSS asks for a longer pause than this, the error is thrown for the caller to wait. */
  maxDelay: number;
  /** Milliseconds that a lease must still be good for when a request begins. */
  minimumRemaining: number;
}

/** Runs one request until it succeeds or nothing more can be done about its failing. */
export type Attempt = <T>(
  run: (lease: Lease) => Promise<T>,
  signal: AbortSignal | undefined,
) => Promise<T>;

interface Budget {
  attempts: number;
  renewed: boolean;
  corrected: boolean;
}

/**
 * Attempts for the requests of one file. Each takes the lease that is current then, so a renewed one is used from the next
 * part on. A request that runs inside another's attempt and has used up its own isn't tried again by the outer one.
 */
export function createAttempt(
  leases: LeaseHolder,
  target: { key: string; first: Lease },
  options: RetryOptions,
): Attempt {
  const spent = new WeakSet<ExhibitError>();

  async function leaseToUse(replacement: Lease | undefined): Promise<Lease> {
    const lease =
      replacement ?? (await leases.current({ minimumRemaining: options.minimumRemaining }));
    checkSamePlace(lease, target.first);
    // A signed URL opens what it names and nothing else.
    if (lease.object?.uploadUrl === undefined) checkInside(lease, target.key);
    return lease;
  }

  return async (run, signal) => {
    const budget: Budget = { attempts: options.attempts, renewed: false, corrected: false };
    let replacement: Lease | undefined;
    for (;;) {
      const lease = await leaseToUse(replacement);
      if (signal?.aborted) throw interrupted(signal);
      try {
        return await run(lease);
      } catch (thrown) {
        if (!(thrown instanceof ExhibitError) || spent.has(thrown)) throw thrown;
        const delay = delayBefore(thrown, budget, options);
        if (delay === undefined) {
          spent.add(thrown);
          throw thrown;
        }
        replacement = thrown.action === "renew-lease" ? await leases.replace(lease) : undefined;
        await pause(delay, signal);
      }
    }
  };
}

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
  budget.attempts -= 1;
  const asked = error.retryAfter ?? 0;
  if (budget.attempts <= 0 || asked > options.maxDelay) return undefined;
  const failed = options.attempts - budget.attempts - 1;
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

/** A renewed lease for another bucket would tear a file in two. */
function checkSamePlace(lease: Lease, first: Lease): void {
  if (lease.bucket.name === first.bucket.name && lease.bucket.endpoint === first.bucket.endpoint)
    return;
  throw new ExhibitError(
    "KEY_OUTSIDE_LEASE",
    `Lease ${lease.id} opens bucket ${lease.bucket.name}, not ${first.bucket.name} as the one it replaces.`,
    { details: { lease_id: lease.id } },
  );
}
