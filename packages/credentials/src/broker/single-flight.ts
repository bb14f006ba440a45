import { setTimeout as sleep } from "node:timers/promises";
import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import { type ExpiringMap, expiringMap } from "../stores/expiring-map.ts";
import type { KeptAnswer, KeptFailure, LeaseStore, Turn } from "../stores/lease-store.ts";
import type { Vendor, VendorCall } from "../vendor.ts";
import { keep, keepUntil, REFUSAL_MEMORY, withEarlier } from "./answer-cache.ts";
import { standingError, type VendorGate } from "./vendor-gate.ts";

/** A call to a vendor, and the text that is the same for equal ones. */
export interface KeyedCall {
  readonly vendor: Vendor;
  readonly call: VendorCall;
  readonly key: string;
}

/** What an answer has to be like to be used without asking the vendor. */
export interface Wish {
  suits(answer: KeptAnswer): boolean;
  /** True for a new answer that came too late to be used, or whose lease is `unlike`. */
  isUseless(answer: KeptAnswer): boolean;
  /** The id of a lease that OSS refused. */
  readonly unlike: string | undefined;
  /** Ms since the epoch: a refusal from before isn't believed. */
  readonly refusedSince: number;
}

/** Calls to vendors: for each key one at a time in the whole fleet, and none that is answered already. */
export interface SharedCalls {
  /**
   * An answer that suits, or the vendor's new one whatever it is. Joins the call under way, here or in another process.
   * Throws the failure of that call, or one that stands since `refusedSince`.
   */
  obtain(call: KeyedCall, wish: Wish): Promise<KeptAnswer>;
  /** The same without waiting. A failure is not reported, and for a while nothing is tried again. */
  obtainBehind(call: KeyedCall, wish: Wish): void;
  /** Stops the calls under way; the next ones throw INTERRUPTED. */
  close(): void;
}

export interface SharedCallsOptions {
  readonly store: LeaseStore;
  readonly gateOf: (vendor: Vendor) => VendorGate;
  readonly now: () => number;
  /** Gets every answer as it comes to be known. */
  readonly held: ExpiringMap<KeptAnswer>;
}

/** Milliseconds between two looks at whether the one who asks has an answer; some are less, so that not all look at once. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 200;

/** More often an answer isn't taken that ends before it can be used. */
const MOST_TRIES = 3;

/** `fresh`: it wasn't there yet when the work for it began. */
type Outcome = { readonly fresh: boolean } & (
  | { readonly answer: KeptAnswer }
  | { readonly failure: KeptFailure }
);

interface Known {
  readonly answer: KeptAnswer | undefined;
  readonly failure: KeptFailure | undefined;
}

export function sharedCalls({ store, gateOf, now, held }: SharedCallsOptions): SharedCalls {
  const running = new Map<string, Promise<Outcome>>();
  /** Calls that failed lately, for whatever reason. */
  const failed = expiringMap<true>(now);
  const closing = new AbortController();

  async function known(key: string): Promise<Known> {
    const [answer, failure] = await Promise.all([store.get(key), store.failure(key)]);
    return { answer, failure };
  }

  /** What has come since `before`. */
  async function news({ key }: KeyedCall, before: Known, wish: Wish): Promise<Outcome | undefined> {
    const { answer, failure } = await known(key);
    // Where nothing was known, the store may have been away: what it has now needn't be new.
    const isNew = before.answer !== undefined && answer?.answeredAt !== before.answer.answeredAt;
    if (answer && (isNew || wish.suits(answer))) return { answer, fresh: true };
    if (failure && failure.at !== before.failure?.at) return { failure, fresh: true };
    return undefined;
  }

  async function findOut(asked: KeyedCall, wish: Wish): Promise<Outcome> {
    checkOpen();
    const before = await known(asked.key);
    const { answer, failure } = before;
    if (answer && wish.suits(answer)) return { answer, fresh: false };
    if (failure && stands(failure, wish)) return { failure, fresh: false };
    for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 1.5)) {
      const turn = await store.takeTurn(asked.key);
      const outcome =
        turn === undefined
          ? await news(asked, before, wish)
          : await inTurn(
              turn,
              async () => (await news(asked, before, wish)) ?? ask(asked, wish, turn),
            );
      if (outcome !== undefined) return outcome;
      await sleep(pause * (0.5 + Math.random() / 2));
      checkOpen();
    }
  }

  async function ask({ vendor, call, key }: KeyedCall, wish: Wish, turn: Turn): Promise<Outcome> {
    const { signal } = closing;
    const gate = gateOf(vendor);
    const { against, overcome } = await gate.admit(wish.refusedSince, signal);
    if (against !== undefined) return { failure: against, fresh: false };
    const askedAt = now();
    try {
      const issued = keep(vendor.name, await vendor.issue(call, { signal }), askedAt);
      const earlier = (await store.get(key)) ?? held.get(key);
      const answer = withEarlier(issued, earlier, { unlike: wish.unlike, now: now() });
      await store.put(key, answer, { until: keepUntil(answer), turn });
      await gate.answered(issued, overcome);
      return { answer, fresh: true };
    } catch (thrown) {
      const error = toExhibitError(thrown);
      const until = now() + REFUSAL_MEMORY;
      const failure = { error, at: askedAt, until };
      if (isShared(error)) await store.putFailure(key, failure, { until, turn });
      await gate.failed(error, askedAt, overcome);
      return { failure, fresh: true };
    }
  }

  function checkOpen(): void {
    if (closing.signal.aborted) throw new ExhibitError("INTERRUPTED", "the lease broker is closed");
  }

  function stands({ error, at, until }: KeptFailure, { refusedSince }: Wish): boolean {
    return error.action === "never" && until > now() && at >= refusedSince;
  }

  /** The work under way for this key, or begins it. */
  function joined(asked: KeyedCall, wish: Wish): Promise<Outcome> {
    const shared = running.get(asked.key);
    if (shared !== undefined) return shared;
    const work = findOut(asked, wish).finally(() => running.delete(asked.key));
    running.set(asked.key, work);
    work.then(
      (outcome) => remember(asked.key, outcome),
      // Whoever waits gets the error. When all of them have gone, nobody is left to be told.
      () => holdBack(asked.key),
    );
    return work;
  }

  function remember(key: string, outcome: Outcome): void {
    if ("answer" in outcome) {
      failed.delete(key);
      held.set(key, outcome.answer, keepUntil(outcome.answer));
    } else holdBack(key);
  }

  function holdBack(key: string): void {
    failed.set(key, true, now() + REFUSAL_MEMORY);
  }

  async function obtain(asked: KeyedCall, wish: Wish): Promise<KeptAnswer> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const outcome = await joined(asked, wish);
      if ("answer" in outcome) {
        const { fresh, answer } = outcome;
        if (fresh ? !wish.isUseless(answer) : wish.suits(answer)) return answer;
      } else if (outcome.fresh) throw outcome.failure.error;
      // Whoever began the work may have believed an older refusal than this caller does.
      else if (outcome.failure.at >= wish.refusedSince || tries > 0) {
        throw standingError(outcome.failure, now());
      }
    }
    const { name } = asked.vendor;
    const message = `${name}: the answer can't be used: its credentials end before they can be used`;
    throw new ExhibitError("VENDOR_ANSWER_INVALID", message, { details: { vendor: name } });
  }

  return {
    obtain,
    obtainBehind(asked, wish) {
      if (!running.has(asked.key) && !failed.get(asked.key)) void joined(asked, wish);
    },
    close: () => closing.abort(),
  };
}

async function inTurn<Result>(turn: Turn, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    await turn.end();
  }
}

/** What is this process's own trouble isn't told to the others. */
function isShared({ code }: ExhibitError): boolean {
  return code !== "INTERRUPTED" && code !== "VENDOR_CLOCK" && code !== "INTERNAL";
}
