import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import { keep, keepUntil } from "./kept-answer.ts";
import type { KeptAnswer, LeaseStore } from "./lease-store.ts";
import { recentFailures } from "./recent-failures.ts";
import type { Vendor, VendorCall } from "./vendor.ts";

/** A call to a vendor, and the text that is the same for equal ones. */
export interface KeyedCall {
  readonly vendor: Vendor;
  readonly call: VendorCall;
  readonly key: string;
}

/** Calls to vendors: one at a time for each key, and none that a fresh failure has answered already. */
export interface SharedCalls {
  /**
   * A new answer, which is in the store when the promise resolves. Joins the call under way, if there is one. A refusal
   * from before `refusedSince` (ms since the epoch) doesn't stand for it.
   */
  renew(call: KeyedCall, refusedSince?: number): Promise<KeptAnswer>;
  /** The same without waiting. A failure is not reported: what is in the store is used on. */
  renewBehind(call: KeyedCall): void;
  /** Stops the calls under way; the next ones throw INTERRUPTED. */
  close(): void;
}

export function sharedCalls({ store, now }: { store: LeaseStore; now: () => number }): SharedCalls {
  const running = new Map<string, Promise<KeptAnswer>>();
  const failures = recentFailures(now);
  const closing = new AbortController();

  async function ask({ vendor, call, key }: KeyedCall, refusedSince: number): Promise<KeptAnswer> {
    const { signal } = closing;
    if (signal.aborted) throw new ExhibitError("INTERRUPTED", "the lease broker is closed");
    const standing = failures.standing(vendor.name, key, refusedSince);
    if (standing !== undefined) throw standing;
    try {
      const askedAt = now();
      const answer = keep(vendor.name, await vendor.issue(call, { signal }), askedAt);
      await store.put(key, answer, { until: keepUntil(answer) });
      return answer;
    } catch (thrown) {
      const error = toExhibitError(thrown);
      failures.remember(vendor.name, key, error);
      throw error;
    }
  }

  function renew(asked: KeyedCall, refusedSince = 0): Promise<KeptAnswer> {
    const shared = running.get(asked.key);
    if (shared !== undefined) return shared;
    const call = ask(asked, refusedSince).finally(() => running.delete(asked.key));
    running.set(asked.key, call);
    // Whoever waits gets the error. When all of them have gone, nobody is left to be told.
    call.catch(() => {});
    return call;
  }

  return {
    renew,
    renewBehind(asked) {
      if (!failures.hasFailed(asked.key)) void renew(asked);
    },
    close: () => closing.abort(),
  };
}
