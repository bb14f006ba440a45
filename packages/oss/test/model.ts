import { createWindow, type Window, type WindowOptions } from "../src/window.ts";

/** An OSS in virtual time, and processes that always have more to send than their windows let through. */
export interface Model {
  /** Milliseconds from a request to its answer when nobody waits. */
  latency: number;
  /** Requests a second that one process can make, or its line can carry; more of them wait. @defaultValue no limit */
  perSecond?: number;
  /** Requests under way, of all processes together, beyond which OSS asks for fewer. @defaultValue no limit */
  concurrent?: number;
  /** Of each body. @defaultValue 32 KiB */
  bytes?: (random: () => number) => number;
}

export interface Simulated {
  windows: Window[];
  answered: number;
  throttled: number;
  /** Sizes of each window, once each millisecond. */
  sizes: number[][];
  run(milliseconds: number, model: Model): void;
}

const LIMITS = { floor: 1, start: 16, ceiling: 256 };

export function simulate(
  processes: number,
  {
    random = Math.random,
    ...limits
  }: Partial<Omit<WindowOptions, "now">> & { random?: () => number } = {},
): Simulated {
  let now = 0;
  const queue: { at: number; run: () => void }[] = [];
  const windows = Array.from({ length: processes }, () =>
    createWindow({ ...LIMITS, ...limits, now: () => now }),
  );
  const own = windows.map(() => ({ underWay: 0, freeAt: 0 }));
  let together = 0;
  const simulated: Simulated = {
    windows,
    answered: 0,
    throttled: 0,
    sizes: windows.map(() => []),
    run,
  };

  function at(time: number, run: () => void): void {
    let index = queue.length;
    while (index > 0 && (queue[index - 1]?.at ?? 0) < time) index -= 1;
    queue.splice(index, 0, { at: time, run });
  }

  function fill(index: number, model: Model): void {
    const window = windows[index] as Window;
    const process = own[index] as (typeof own)[number];
    while (process.underWay < window.size) {
      process.underWay += 1;
      together += 1;
      const startedAt = now;
      const refused = together > (model.concurrent ?? Number.POSITIVE_INFINITY);
      const service = refused || !model.perSecond ? 0 : 1000 / model.perSecond;
      process.freeAt = Math.max(process.freeAt, now) + service;
      const took = model.latency * (0.9 + 0.2 * random());
      at(Math.max(process.freeAt, now) + took, () => {
        process.underWay -= 1;
        together -= 1;
        if (refused) {
          simulated.throttled += 1;
          window.throttled(startedAt);
        } else {
          simulated.answered += 1;
          window.answered({ startedAt, bytes: model.bytes?.(random) ?? 32_768, scarce: true });
        }
        fill(index, model);
      });
    }
  }

  function run(milliseconds: number, model: Model): void {
    const end = now + milliseconds;
    for (const index of windows.keys()) fill(index, model);
    for (let next = queue.at(-1); next && next.at <= end; next = queue.at(-1)) {
      while (Math.floor(now) < Math.floor(next.at)) {
        now = Math.floor(now) + 1;
        for (const [index, { size }] of windows.entries()) simulated.sizes[index]?.push(size);
      }
      queue.pop();
      now = next.at;
      next.run();
    }
    now = end;
  }
  return simulated;
}
