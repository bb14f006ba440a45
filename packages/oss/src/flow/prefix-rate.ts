import { interrupted } from "../api/store-error.ts";
import { waitAmong } from "../http/abort-listeners.ts";

/**
 * How many requests a second may be begun under one prefix, as OSS's throttles teach: its limit of requests a second holds
 * for a prefix, whoever sends, so many processes go beyond it with one request each under way. No limit before the first
 * throttle, and none a minute after the last.
 */
export interface Rate {
  /**
   * Undefined: one may be begun at once. Else it resolves when one may, first come, first served, and throws INTERRUPTED when
   * the signal ends the waiting.
   */
  turn(signal: AbortSignal | undefined): Promise<void> | undefined;
  /** A request was answered. */
  answered(): void;
  /** OSS asked for fewer; `startedAt` is when that request began. */
  throttled(startedAt: number): void;
  /** Nobody waits, and nothing is remembered. */
  readonly isIdle: boolean;
}

/** Milliseconds over which the answers of a second are counted; they fade. */
const MEMORY = 1000;
/** The part of what OSS answered that is sent after a throttle. */
const DECREASE = 0.7;
/**
 * How the rate comes back, as TCP's CUBIC does: fast at first, hardly near what OSS answered, then ever faster. Requests a
 * second for each cubed second, whatever the rate is: so the rates of many processes grow equal.
 */
const GROWTH = 0.4;
/** Milliseconds after the last throttle until there is no limit again; it would be beyond all use by then. */
const FORGOTTEN = 60_000;
/** Requests a second. */
const SLOWEST = 1;

/** Milliseconds of `now` don't jump. */
export function createRate(now: () => number = () => performance.now()): Rate {
  const waiting = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  let nextAt = 0;
  /** Answers, each counting less the longer ago it was. */
  let answers = 0;
  let countedAt = now();
  const beganAt = countedAt;
  let cut: { at: number; from: number } | undefined;

  function fade(): void {
    const time = now();
    answers *= Math.exp((countedAt - time) / MEMORY);
    countedAt = time;
  }

  /** Answers a second, lately. */
  function measured(): number {
    fade();
    const seen = 1 - Math.exp((beganAt - now()) / MEMORY);
    return (answers * 1000) / (MEMORY * Math.max(seen, 0.01));
  }

  /** Requests a second. */
  function limit(): number {
    if (cut === undefined || now() - cut.at > FORGOTTEN) return Number.POSITIVE_INFINITY;
    const wayBack = Math.cbrt((cut.from * (1 - DECREASE)) / GROWTH);
    const beyond = (now() - cut.at) / 1000 - wayBack;
    return Math.max(SLOWEST, cut.from + GROWTH * beyond ** 3);
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
    answered() {
      fade();
      answers += 1;
    },
    throttled(startedAt) {
      // One decrease for all that were under way together.
      if (cut && startedAt <= cut.at) return;
      cut = { at: now(), from: Math.min(measured(), limit()) };
    },
    get isIdle() {
      return waiting.size === 0 && now() - Math.max(countedAt, cut?.at ?? 0) > FORGOTTEN;
    },
  };
}
