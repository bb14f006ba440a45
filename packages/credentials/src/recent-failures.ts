import type { ExhibitError } from "@exhibit/contracts";
import { REFUSAL_MEMORY } from "./kept-answer.ts";

/** Milliseconds that a ban is believed at most; some last a day, but a raised quota ends them sooner. */
const LONGEST_PAUSE = 60_000;

/** Remembers for a short while that calls failed, so that they aren't made again at once. */
export interface RecentFailures {
  remember(vendor: string, key: string, error: ExhibitError): void;
  /**
   * The error that the next call would meet again: a ban of the vendor's gateway, or a refusal of this call since
   * `refusedSince` (ms since the epoch).
   */
  standing(vendor: string, key: string, refusedSince: number): ExhibitError | undefined;
  /** True when a call with this key failed lately, for whatever reason. */
  hasFailed(key: string): boolean;
}

interface Failure {
  readonly error: ExhibitError;
  /** Ms since the epoch. */
  readonly at: number;
  /** Ms since the epoch. */
  readonly until: number;
}

export function recentFailures(now: () => number): RecentFailures {
  // Limits count calls of an app, whatever is asked: a ban holds for the whole vendor.
  const bans = new Map<string, Failure>();
  const calls = new Map<string, Failure>();

  function recent(failures: Map<string, Failure>, name: string): Failure | undefined {
    const failure = failures.get(name);
    return failure !== undefined && failure.until > now() ? failure : undefined;
  }

  function forgetEnded(): void {
    for (const [key, { until }] of calls) if (until <= now()) calls.delete(key);
  }

  return {
    remember(vendor, key, error) {
      forgetEnded();
      calls.set(key, { error, at: now(), until: now() + REFUSAL_MEMORY });
      if (error.action === "throttle") {
        const pause = Math.min(error.retryAfter ?? 0, LONGEST_PAUSE);
        bans.set(vendor, { error, at: now(), until: now() + pause });
      }
    },
    standing(vendor, key, refusedSince) {
      const failure = recent(calls, key);
      const stands = failure?.error.action === "never" && failure.at >= refusedSince;
      return recent(bans, vendor)?.error ?? (stands ? failure.error : undefined);
    },
    hasFailed: (key) => recent(calls, key) !== undefined,
  };
}
