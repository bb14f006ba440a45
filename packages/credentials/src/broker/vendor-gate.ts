import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, ExhibitError, type VendorState } from "@exhibit/contracts";
import type { KeptAnswer, KeptFailure, LeaseStore, VendorNotes } from "../stores/lease-store.ts";
import type { RateLimit, Vendor } from "../vendor.ts";
import { circuitBreaker } from "./circuit-breaker.ts";

/** Milliseconds of a ban whose length the vendor didn't say. */
const SHORT_BAN = 1_000;

/**
 * Bans last as long as the vendor said, up to a day; but a raised quota may end a long one sooner, so after this many
 * milliseconds whoever retries after it, or brings new work, makes one call.
 */
const BAN_RECHECK = 60_000;

/** Milliseconds that a call waits for the rate limit; more is for the caller to wait. */
const LONGEST_WAIT = 5_000;

/** Milliseconds that it stays known that a vendor was left alone, when nothing was heard of it since. */
const REMEMBERED = 600_000;

/** What a call to a vendor came to: an answer, or our code of its failure. */
export type CallOutcome = "answered" | ErrorCode;

export interface VendorGateOptions {
  readonly store: LeaseStore;
  readonly now: () => number;
  readonly onCall?: ((vendor: string, outcome: CallOutcome) => void) | undefined;
}

interface Admission {
  /** Why the call isn't let through. */
  readonly against?: KeptFailure;
  /** What is known against the vendor though this call was let through. */
  readonly overcome?: KeptFailure | undefined;
}

/** What stands before all calls to one vendor: its bans, its rate limit, and the circuit breaker. */
export interface VendorGate {
  /**
   * Lets one call through, whose end has to be told; else gives what stands against it. Waits for the rate limit, and
   * throws VENDOR_THROTTLED when that would take long. A ban from before `refusedSince` (ms since the epoch) doesn't
   * stand for ever.
   */
  admit(refusedSince: number, signal: AbortSignal): Promise<Admission>;
  /** `overcome` is what `admit` gave for this call. */
  answered(answer: KeptAnswer, overcome: KeptFailure | undefined): Promise<void>;
  /** `askedAt`: ms since the epoch. */
  failed(error: ExhibitError, askedAt: number, overcome: KeptFailure | undefined): Promise<void>;
  state(): Promise<VendorState>;
}

export function vendorGate(
  { name, fingerprint = "", rateLimit }: Vendor,
  { store, now, onCall }: VendorGateOptions,
): VendorGate {
  const key = JSON.stringify(["vendor", name, fingerprint]);
  const breaker = circuitBreaker(now);

  /** The last of those in this process who wait for the limit. Each looks only when it is next: they may be thousands. */
  let last: Promise<void> = Promise.resolve();

  async function waitForLimit(signal: AbortSignal): Promise<void> {
    if (rateLimit === undefined) return;
    const until = performance.now() + LONGEST_WAIT;
    const turn = last.then(() => passLimit(rateLimit, until, signal));
    last = turn.catch(() => {});
    await turn;
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

  function standing(failure: KeptFailure, refusedSince: number): boolean {
    if (failure.until <= now()) return false;
    const isNews = refusedSince > failure.at && now() - failure.at >= BAN_RECHECK;
    return failure.error.action !== "throttle" || !isNews;
  }

  async function leaveAlone(error: ExhibitError, at: number, pause: number): Promise<void> {
    const until = now() + pause;
    await store.putFailure(key, { error, at, until }, { until: until + REMEMBERED });
  }

  /** After five failures in a row the fleet leaves the vendor alone for a while. */
  async function countFailure(error: ExhibitError, askedAt: number): Promise<void> {
    const pause = breaker.failed();
    if (pause !== undefined) await leaveAlone(leftAlone(name, error, pause), askedAt, pause);
  }

  async function met(
    error: ExhibitError,
    askedAt: number,
    overcome: KeptFailure | undefined,
  ): Promise<void> {
    if (error.code === "VENDOR_UNAVAILABLE") return countFailure(error, askedAt);
    if (error.code === "INTERRUPTED" || error.code === "VENDOR_CLOCK") return breaker.abandoned();
    // Whatever else it said, it answered.
    breaker.succeeded();
    if (error.code === "VENDOR_THROTTLED") {
      // What the vendor says now is truer than an earlier ban, be it shorter.
      if (overcome !== undefined) await store.forgetFailure(key, overcome.at);
      await leaveAlone(error, askedAt, error.retryAfter ?? SHORT_BAN);
    }
  }

  return {
    async admit(refusedSince, signal) {
      const failure = await store.failure(key);
      if (failure !== undefined && standing(failure, refusedSince)) return { against: failure };
      await waitForLimit(signal);
      const pause = breaker.admit();
      if (pause > 0) {
        const isKnown = failure?.error.code === "VENDOR_UNAVAILABLE";
        const error = isKnown ? failure.error : leftAlone(name, undefined, pause);
        return { against: { error, at: now(), until: now() + pause } };
      }
      return { overcome: failure };
    },
    async answered({ leases, refusals }, overcome) {
      breaker.succeeded();
      if (overcome !== undefined) await store.forgetFailure(key, overcome.at);
      const living = leases.map(({ id, expiresAt }) => ({ id, expiresAt }));
      await store.note(key, { refusals: refusals.length, leases: living });
      onCall?.(name, "answered");
    },
    async failed(error, askedAt, overcome) {
      await met(error, askedAt, overcome);
      if (error.code === "INTERRUPTED") return;
      const refusals = error.action === "never" ? 1 : 0;
      await store.note(key, { refusals, leases: [], error });
      onCall?.(name, error.code);
    },
    async state() {
      const [failure, notes] = await Promise.all([store.failure(key), store.notes(key)]);
      const last = notes.error ?? failure?.error;
      return {
        vendor: name,
        ...stateBy(failure, notes, now()),
        ...(last === undefined ? {} : { last_error_code: last.code, last_error: last.message }),
        leases: notes.leases,
        calls: notes.calls,
        refusals: notes.refusals,
      };
    },
  };
}

function stateBy(
  failure: KeptFailure | undefined,
  notes: VendorNotes,
  now: number,
): Pick<VendorState, "state" | "until"> {
  const isBan = failure?.error.action === "throttle";
  if (failure !== undefined && failure.until > now) {
    return { state: isBan ? "throttled" : "open", until: new Date(failure.until).toISOString() };
  }
  if (failure !== undefined && !isBan) return { state: "half-open" };
  return { state: isFailing(notes) ? "failing" : "ok" };
}

/** A refusal is about one folder, a pause is over by itself; what else a call fails with, all calls do. */
function isFailing({ isFailing, error }: VendorNotes): boolean {
  return isFailing && error?.code !== "VENDOR_REFUSED" && error?.code !== "VENDOR_THROTTLED";
}

/** The failure as the next caller meets it: with what is left of its time. */
export function standingError({ error, until }: KeptFailure, now: number): ExhibitError {
  if (error.retryAfter === undefined) return error;
  const { code, message, details } = error;
  const retryAfter = Math.max(0, Math.ceil(until - now));
  return new ExhibitError(code, message, { cause: error, details, retryAfter });
}

function leftAlone(vendor: string, cause: ExhibitError | undefined, pause: number): ExhibitError {
  const reason = cause === undefined ? "" : `: ${cause.message}`;
  const message = `${vendor}: isn't asked for the moment, as it failed several times in a row${reason}`;
  const details = { ...cause?.details, vendor };
  return new ExhibitError("VENDOR_UNAVAILABLE", message, { cause, details, retryAfter: pause });
}

function overLimit(vendor: string, pause: number): ExhibitError {
  const message = `${vendor}: the calls that its rate_limit allows are used up`;
  return new ExhibitError("VENDOR_THROTTLED", message, { details: { vendor }, retryAfter: pause });
}
