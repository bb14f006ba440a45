import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, ExhibitError, type VendorState } from "@exhibit/contracts";
import type {
  CachedAnswer,
  CachedFailure,
  LeaseStore,
  VendorStats,
} from "../stores/lease-store.ts";
import type { RateLimit, Vendor } from "../vendor.ts";
import { circuitBreaker } from "./circuit-breaker.ts";

/** Milliseconds of a ban if the vendor didn't say how long it lasts. */
const SHORT_BAN = 1_000;

/**
 * Milliseconds after which new work or a retry may check a ban by one call. Bans last as long as
 * the vendor said, up to a day, but a raised quota may end a long one sooner.
 */
const BAN_RECHECK = 60_000;

/** Milliseconds that a call waits for the rate limit; for a longer wait, the caller is told. */
const MAX_WAIT = 5_000;

/** Milliseconds after its end that a ban or an open circuit is remembered. */
const REMEMBERED = 600_000;

/** The result of a call to a vendor: an answer, or the code of its error. */
export type CallOutcome = "answered" | ErrorCode;

export interface VendorGateOptions {
  readonly store: LeaseStore;
  readonly now: () => number;
  readonly onCall?: ((vendor: string, outcome: CallOutcome) => void) | undefined;
}

interface Admission {
  /** Why the call isn't admitted. */
  readonly against?: CachedFailure;
  /** The failure that was known when this call was admitted nevertheless. */
  readonly overcome?: CachedFailure | undefined;
}

/** Guards all calls to one vendor: its bans, its rate limit, and the circuit breaker. */
export interface VendorGate {
  /**
   * Admits one call, whose end must be reported, or returns the failure against it. Waits for the
   * rate limit; throws VENDOR_THROTTLED if that would take long, INTERRUPTED if `signal` aborts. A
   * ban from before `refusedSince` (ms since the epoch) may be checked by a call now and then.
   */
  admit(refusedSince: number, signal: AbortSignal): Promise<Admission>;
  /** Reports an answer. `overcome` is what `admit` returned for this call. */
  answered(answer: CachedAnswer, overcome: CachedFailure | undefined): Promise<void>;
  /** Reports a failure. `calledAt` is in ms since the epoch. */
  failed(error: ExhibitError, calledAt: number, overcome: CachedFailure | undefined): Promise<void>;
  state(): Promise<VendorState>;
}

export function vendorGate(
  { name, fingerprint = "", rateLimit }: Vendor,
  { store, now, onCall }: VendorGateOptions,
): VendorGate {
  const key = JSON.stringify(["vendor", name, fingerprint]);
  const breaker = circuitBreaker(now);

  /**
   * The last call that waits for the limit. Only the first in line checks it: there may be
   * thousands.
   */
  let last: Promise<void> = Promise.resolve();

  async function waitForLimit(signal: AbortSignal): Promise<void> {
    if (rateLimit === undefined) return;
    const until = performance.now() + MAX_WAIT;
    const passed = last.then(() => passLimit(rateLimit, until, signal));
    last = passed.catch(() => {});
    await passed;
  }

  async function passLimit(limit: RateLimit, until: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const pause = await store.countCall(key, limit);
      if (pause === 0) return;
      if (performance.now() + pause > until) throw overLimit(name, pause);
      await sleep(pause, undefined, { signal }).catch(() => {
        throw new ExhibitError("INTERRUPTED", "the lease broker is closed");
      });
    }
  }

  function holds(failure: CachedFailure, refusedSince: number): boolean {
    if (failure.until <= now()) return false;
    const isNews = refusedSince > failure.at && now() - failure.at >= BAN_RECHECK;
    return failure.error.action !== "throttle" || !isNews;
  }

  async function remember(error: ExhibitError, at: number, pause: number): Promise<void> {
    const until = now() + pause;
    await store.putFailure(key, { error, at, until }, { until: until + REMEMBERED });
  }

  /** Opens the circuit for the whole fleet after too many consecutive failures. */
  async function countFailure(error: ExhibitError, calledAt: number): Promise<void> {
    const pause = breaker.failed();
    if (pause !== undefined) await remember(circuitOpen(name, error, pause), calledAt, pause);
  }

  async function judge(
    error: ExhibitError,
    calledAt: number,
    overcome: CachedFailure | undefined,
  ): Promise<void> {
    if (error.code === "VENDOR_UNAVAILABLE") return countFailure(error, calledAt);
    if (error.code === "INTERRUPTED" || error.code === "VENDOR_CLOCK") return breaker.abandoned();
    // Whatever the error, the vendor answered.
    breaker.succeeded();
    if (error.code === "VENDOR_THROTTLED") {
      // The vendor's latest word replaces an earlier ban, even a longer one.
      if (overcome !== undefined) await store.deleteFailure(key, overcome.at);
      await remember(error, calledAt, error.retryAfter ?? SHORT_BAN);
    }
  }

  return {
    async admit(refusedSince, signal) {
      const failure = await store.failure(key);
      if (failure !== undefined && holds(failure, refusedSince)) return { against: failure };
      await waitForLimit(signal);
      const pause = breaker.admit();
      if (pause > 0) {
        const isKnown = failure?.error.code === "VENDOR_UNAVAILABLE";
        const error = isKnown ? failure.error : circuitOpen(name, undefined, pause);
        return { against: { error, at: now(), until: now() + pause } };
      }
      return { overcome: failure };
    },
    async answered({ leases, refusals }, overcome) {
      breaker.succeeded();
      if (overcome !== undefined) await store.deleteFailure(key, overcome.at);
      const living = leases.map(({ id, expiresAt }) => ({ id, expiresAt }));
      await store.addStats(key, { refusals: refusals.length, leases: living });
      onCall?.(name, "answered");
    },
    async failed(error, calledAt, overcome) {
      await judge(error, calledAt, overcome);
      if (error.code === "INTERRUPTED") return;
      const refusals = error.action === "never" ? 1 : 0;
      await store.addStats(key, { refusals, leases: [], error });
      onCall?.(name, error.code);
    },
    async state() {
      const [failure, stats] = await Promise.all([store.failure(key), store.stats(key)]);
      const last = stats.error ?? failure?.error;
      return {
        vendor: name,
        ...stateBy(failure, stats, now()),
        ...(last === undefined ? {} : { last_error_code: last.code, last_error: last.message }),
        leases: stats.leases,
        calls: stats.calls,
        refusals: stats.refusals,
      };
    },
  };
}

function stateBy(
  failure: CachedFailure | undefined,
  stats: VendorStats,
  now: number,
): Pick<VendorState, "state" | "until"> {
  const isBan = failure?.error.action === "throttle";
  if (failure !== undefined && failure.until > now) {
    return { state: isBan ? "throttled" : "open", until: new Date(failure.until).toISOString() };
  }
  if (failure !== undefined && !isBan) return { state: "half-open" };
  return { state: isFailing(stats) ? "failing" : "ok" };
}

/** A refusal concerns one folder, and a ban ends by itself; any other error affects all calls. */
function isFailing({ isFailing, error }: VendorStats): boolean {
  return isFailing && error?.code !== "VENDOR_REFUSED" && error?.code !== "VENDOR_THROTTLED";
}

/** Returns the error for the next caller: `retryAfter` is what is left of the time. */
export function currentError({ error, until }: CachedFailure, now: number): ExhibitError {
  if (error.retryAfter === undefined) return error;
  const { code, message, details } = error;
  const retryAfter = Math.max(0, Math.ceil(until - now));
  return new ExhibitError(code, message, { cause: error, details, retryAfter });
}

function circuitOpen(vendor: string, cause: ExhibitError | undefined, pause: number): ExhibitError {
  const reason = cause === undefined ? "" : `: ${cause.message}`;
  const message = `${vendor}: isn't called for the moment, because it failed several times in a row${reason}`;
  const details = { ...cause?.details, vendor };
  return new ExhibitError("VENDOR_UNAVAILABLE", message, { cause, details, retryAfter: pause });
}

function overLimit(vendor: string, pause: number): ExhibitError {
  const message = `${vendor}: all calls that its rate_limit allows have been made`;
  return new ExhibitError("VENDOR_THROTTLED", message, { details: { vendor }, retryAfter: pause });
}
