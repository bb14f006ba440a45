import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import { type ExpiringMap, expiringMap } from "../stores/expiring-map.ts";
import type { CachedAnswer, CachedFailure, LeaderLock, LeaseStore } from "../stores/lease-store.ts";
import type { Vendor, VendorCall } from "../vendor.ts";
import { cachedUntil, REFUSAL_MEMORY, toCachedAnswer, withEarlier } from "./answer-cache.ts";
import { currentError, type VendorGate } from "./vendor-gate.ts";

/** A call to a vendor, with a key that equal calls have in common. */
export interface KeyedCall {
  readonly vendor: Vendor;
  readonly call: VendorCall;
  readonly key: string;
}

/** What an answer must be like to be used without calling the vendor. */
export interface Requirement {
  suits(answer: CachedAnswer): boolean;
  /** Returns true for a new answer that came too late to be used, or whose lease is `unlike`. */
  isUseless(answer: CachedAnswer): boolean;
  /** The id of a lease that OSS refused. */
  readonly unlike: string | undefined;
  /** In ms since the epoch; a refusal from before this time doesn't count. */
  readonly refusedSince: number;
}

/** Calls to vendors: one at a time per key in the whole fleet, and none for what is cached. */
export interface SingleFlight {
  /**
   * Returns a cached answer that suits, or the vendor's new answer whatever it says. Joins a call
   * in progress, here or in another process. Throws the error of that call, or a cached one from
   * after `refusedSince`.
   */
  obtain(call: KeyedCall, requirement: Requirement): Promise<CachedAnswer>;
  /** Does the same without waiting. A failure isn't reported, but delays the next attempt. */
  renewInBackground(call: KeyedCall, requirement: Requirement): void;
  /** Stops the calls in progress; further ones throw INTERRUPTED. */
  close(): void;
}

export interface SingleFlightOptions {
  readonly store: LeaseStore;
  readonly gateOf: (vendor: Vendor) => VendorGate;
  readonly now: () => number;
  /** Gets every answer that this process learns of. */
  readonly held: ExpiringMap<CachedAnswer>;
}

/** Milliseconds between checks for another process's answer, less up to half at random. */
const FIRST_PAUSE = 20;
const MAX_PAUSE = 200;

/** How often a new answer may expire before it can be used. */
const MAX_TRIES = 3;

/** `fresh` means that it wasn't there yet when the work began. */
type FlightResult = { readonly fresh: boolean } & (
  | { readonly answer: CachedAnswer }
  | { readonly failure: CachedFailure }
);

interface Known {
  readonly answer: CachedAnswer | undefined;
  readonly failure: CachedFailure | undefined;
}

export function singleFlight({ store, gateOf, now, held }: SingleFlightOptions): SingleFlight {
  const running = new Map<string, Promise<FlightResult>>();
  /** Calls that failed recently, for whatever reason. */
  const failed = expiringMap<true>(now);
  const closing = new AbortController();

  async function known(key: string): Promise<Known> {
    const [answer, failure] = await Promise.all([store.get(key), store.failure(key)]);
    return { answer, failure };
  }

  /** Returns what has been put since `before`, if anything. */
  async function newResult(
    { key }: KeyedCall,
    before: Known,
    requirement: Requirement,
  ): Promise<FlightResult | undefined> {
    const { answer, failure } = await known(key);
    // If there was nothing before, the store may have been away: what it has now needn't be new.
    const isNew = before.answer !== undefined && answer?.answeredAt !== before.answer.answeredAt;
    if (answer && (isNew || requirement.suits(answer))) return { answer, fresh: true };
    if (failure && failure.at !== before.failure?.at) return { failure, fresh: true };
    return undefined;
  }

  async function findOut(call: KeyedCall, requirement: Requirement): Promise<FlightResult> {
    checkOpen();
    const before = await known(call.key);
    const { answer, failure } = before;
    if (answer && requirement.suits(answer)) return { answer, fresh: false };
    if (failure && holds(failure, requirement)) return { failure, fresh: false };
    for (let pause = FIRST_PAUSE; ; pause = Math.min(MAX_PAUSE, pause * 1.5)) {
      const lock = await store.acquire(call.key);
      const result =
        lock === undefined
          ? await newResult(call, before, requirement)
          : await underLock(
              lock,
              async () =>
                (await newResult(call, before, requirement)) ?? callVendor(call, requirement, lock),
            );
      if (result !== undefined) return result;
      await sleep(pause * (0.5 + Math.random() / 2));
      checkOpen();
    }
  }

  async function callVendor(
    { vendor, call, key }: KeyedCall,
    requirement: Requirement,
    lock: LeaderLock,
  ): Promise<FlightResult> {
    const { signal } = closing;
    const gate = gateOf(vendor);
    const { against, overcome } = await gate.admit(requirement.refusedSince, signal);
    if (against !== undefined) return { failure: against, fresh: false };
    const calledAt = now();
    try {
      const issued = toCachedAnswer(vendor.name, await vendor.issue(call, { signal }), calledAt);
      const earlier = (await store.get(key)) ?? held.get(key);
      const answer = withEarlier(issued, earlier, { unlike: requirement.unlike, now: now() });
      await store.put(key, answer, { until: cachedUntil(answer), lock });
      await gate.answered(issued, overcome);
      return { answer, fresh: true };
    } catch (thrown) {
      const error = toExhibitError(thrown);
      const until = now() + REFUSAL_MEMORY;
      const failure = { error, at: calledAt, until };
      if (isShared(error)) await store.putFailure(key, failure, { until, lock });
      await gate.failed(error, calledAt, overcome);
      return { failure, fresh: true };
    }
  }

  function checkOpen(): void {
    if (closing.signal.aborted) throw new ExhibitError("INTERRUPTED", "the lease broker is closed");
  }

  function holds({ error, at, until }: CachedFailure, { refusedSince }: Requirement): boolean {
    return error.action === "never" && until > now() && at >= refusedSince;
  }

  /** Joins the work in progress for this key, or starts it. */
  function joined(call: KeyedCall, requirement: Requirement): Promise<FlightResult> {
    const shared = running.get(call.key);
    if (shared !== undefined) return shared;
    const work = findOut(call, requirement).finally(() => running.delete(call.key));
    running.set(call.key, work);
    work.then(
      (result) => remember(call.key, result),
      // The callers get the error. If all of them have gone, nobody is left to report it to.
      () => holdBack(call.key),
    );
    return work;
  }

  function remember(key: string, result: FlightResult): void {
    if ("answer" in result) {
      failed.delete(key);
      held.set(key, result.answer, cachedUntil(result.answer));
    } else holdBack(key);
  }

  function holdBack(key: string): void {
    failed.set(key, true, now() + REFUSAL_MEMORY);
  }

  async function obtain(call: KeyedCall, requirement: Requirement): Promise<CachedAnswer> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const result = await joined(call, requirement);
      if ("answer" in result) {
        const { fresh, answer } = result;
        if (fresh ? !requirement.isUseless(answer) : requirement.suits(answer)) return answer;
      } else if (result.fresh) throw result.failure.error;
      // The caller that started the work may have accepted an older refusal than this one does.
      else if (result.failure.at >= requirement.refusedSince || tries > 0) {
        throw currentError(result.failure, now());
      }
    }
    const { name } = call.vendor;
    const message = `${name}: the answer can't be used: its credentials expire before they can be used`;
    throw new ExhibitError("VENDOR_ANSWER_INVALID", message, { details: { vendor: name } });
  }

  return {
    obtain,
    renewInBackground(call, requirement) {
      if (!running.has(call.key) && !failed.get(call.key)) void joined(call, requirement);
    },
    close: () => closing.abort(),
  };
}

async function underLock<Result>(lock: LeaderLock, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Returns false for errors that concern only this process. */
function isShared({ code }: ExhibitError): boolean {
  return code !== "INTERRUPTED" && code !== "VENDOR_CLOCK" && code !== "INTERNAL";
}
