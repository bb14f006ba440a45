import { waitAmong } from "../http/abort-listeners.ts";
import { interrupted } from "../http/interrupted.ts";

/**
 * How many requests a second may begin below one prefix, learned from OSS's throttles. OSS limits
 * the requests a second of a prefix, whoever sends them, so many processes exceed it with one
 * request in flight each. There is no limit before the first throttle, and none a minute after the
 * last.
 */
export interface PrefixRate {
  /**
   * Returns undefined if a request may begin at once; else a promise that resolves when it may,
   * first come, first served. Rejects with INTERRUPTED when the signal is aborted.
   */
  turn(signal: AbortSignal | undefined): Promise<void> | undefined;
  /** Records that OSS accepted a request. */
  accepted(): void;
  /** Records that OSS asked for fewer requests; `startedAt` is when the refused one began. */
  throttled(startedAt: number): void;
  /** Whether nobody waits and nothing is remembered. */
  readonly isIdle: boolean;
}

/** Milliseconds over which accepted requests are averaged; older ones fade. */
const MEMORY = 1000;
/** The part of what OSS accepted that is sent after a throttle. */
const DECREASE = 0.7;
/**
 * How the rate grows back, as TCP's CUBIC does: fast at first, hardly near what OSS accepted, then
 * ever faster. In requests a second for each cubed second, whatever the rate is, so that the rates
 * of many processes become equal.
 */
const GROWTH = 0.4;
/**
 * Milliseconds after the last throttle until there is no limit again; by then it is too high to
 * matter.
 */
const FORGOTTEN = 60_000;
/** Requests a second. */
const MIN_RATE = 1;

/** `now` returns milliseconds of a clock that doesn't jump. */
export function createPrefixRate(now: () => number = () => performance.now()): PrefixRate {
  const waiting = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  let nextAt = 0;
  /** Accepted requests, each counting less the longer ago it was. */
  let count = 0;
  let countedAt = now();
  const beganAt = countedAt;
  let cut: { at: number; from: number } | undefined;

  function fade(): void {
    const time = now();
    count *= Math.exp((countedAt - time) / MEMORY);
    countedAt = time;
  }

  /** Returns how many requests a second OSS accepted lately. */
  function measured(): number {
    fade();
    const seen = 1 - Math.exp((beganAt - now()) / MEMORY);
    return (count * 1000) / (MEMORY * Math.max(seen, 0.01));
  }

  /** Returns requests a second. */
  function limit(): number {
    if (cut === undefined || now() - cut.at > FORGOTTEN) return Number.POSITIVE_INFINITY;
    const wayBack = Math.cbrt((cut.from * (1 - DECREASE)) / GROWTH);
    const beyond = (now() - cut.at) / 1000 - wayBack;
    return Math.max(MIN_RATE, cut.from + GROWTH * beyond ** 3);
  }

  function serve(): void {
    for (const go of waiting) {
      const time = now();
      if (time < nextAt) break;
      waiting.delete(go);
      nextAt = time + 1000 / limit();
      go();
    }
    if (waiting.size === 0 || timer) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        serve();
      },
      Math.max(1, nextAt - now()),
    );
  }

  return {
    turn(signal) {
      if (signal?.aborted) return Promise.reject(interrupted(signal));
      if (cut === undefined || (waiting.size === 0 && limit() === Number.POSITIVE_INFINITY)) {
        return undefined;
      }
      const turn = waitAmong(waiting, signal);
      serve();
      return turn;
    },
    accepted() {
      fade();
      count += 1;
    },
    throttled(startedAt) {
      // All requests that were in flight together cause one decrease.
      if (cut && startedAt <= cut.at) return;
      cut = { at: now(), from: Math.min(measured(), limit()) };
    },
    get isIdle() {
      return waiting.size === 0 && now() - Math.max(countedAt, cut?.at ?? 0) > FORGOTTEN;
    },
  };
}
