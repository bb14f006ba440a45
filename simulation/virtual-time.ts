import { syncBuiltinESMExports } from "node:module";
import timersPromises from "node:timers/promises";
import { createHeap } from "./heap.ts";

/** Milliseconds since the epoch at which virtual time begins. */
const EPOCH = Date.UTC(2026, 0, 1);

/** A clock that advances only when everything that is due has been done. */
export interface VirtualTime {
  /** Returns the milliseconds since its beginning. */
  now(): number;
  /** Runs something at a time. Returns a function that undoes it. */
  at(time: number, run: () => void): () => void;
  /** Resolves at a time. */
  until(time: number): Promise<void>;
  /** Advances time until `isOver`, or until nothing is left to wait for. */
  pass(isOver: () => boolean): Promise<void>;
}

interface Event {
  at: number;
  order: number;
  run: (() => void) | undefined;
}

/**
 * Replaces the clocks and timers of this whole process forever, so that the product's code runs
 * unchanged: `Date.now`, `performance.now`, `setTimeout`, `setInterval`, and `setTimeout` of
 * node:timers/promises. Call it before any of that code runs.
 */
export function takeTime(): VirtualTime {
  // Events of the same time happen in the order in which they were planned.
  const events = createHeap<Event>((a, b) => a.at - b.at || a.order - b.order);
  const nextTurn = setImmediate;
  let now = 0;
  let order = 0;

  function at(time: number, run: () => void): () => void {
    const event: Event = { at: Math.max(now, time), order: order++, run };
    events.push(event);
    return () => {
      event.run = undefined;
    };
  }

  const time: VirtualTime = {
    now: () => now,
    at,
    until: (when) => new Promise((resolve) => at(when, resolve)),
    async pass(isOver) {
      while (!isOver()) {
        const first = events.pop();
        if (first === undefined) return;
        if (first.run === undefined) continue;
        now = first.at;
        first.run();
        // Everything that waits for promises continues before the next event.
        await new Promise((resolve) => nextTurn(resolve));
      }
    },
  };
  takeClocks(time);
  takeTimers(time);
  return time;
}

function takeClocks({ now }: VirtualTime): void {
  Date.now = () => EPOCH + now();
  performance.now = now;
}

function takeTimers({ now, at }: VirtualTime): void {
  type Timer = { cancel: () => void; ref(): Timer; unref(): Timer };
  const timerOf = (cancel: () => void): Timer => {
    const timer = { cancel, ref: () => timer, unref: () => timer };
    return timer;
  };
  const clear = (timer: Timer | undefined) => timer?.cancel();
  const sleep = (
    milliseconds = 0,
    value?: unknown,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const stop = () => {
        cancel();
        reject(signal?.reason);
      };
      if (signal?.aborted) return reject(signal.reason);
      const cancel = at(now() + milliseconds, () => {
        signal?.removeEventListener("abort", stop);
        resolve(value);
      });
      signal?.addEventListener("abort", stop, { once: true });
    });
  Object.assign(timersPromises, { setTimeout: sleep });
  syncBuiltinESMExports();
  Object.assign(globalThis, {
    setTimeout: (run: () => void, milliseconds = 0) => timerOf(at(now() + milliseconds, run)),
    setInterval(run: () => void, milliseconds: number) {
      let cancel = () => {};
      const again = () => {
        cancel = at(now() + milliseconds, () => {
          again();
          run();
        });
      };
      again();
      return timerOf(() => cancel());
    },
    clearTimeout: clear,
    clearInterval: clear,
  });
}
