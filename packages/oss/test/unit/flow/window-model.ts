import { createRandom } from "@exhibit/testkit/random";
import {
  type ConcurrencyWindow,
  createConcurrencyWindow,
} from "../../../src/flow/concurrency-window.ts";

/** A model of OSS and of the line to it, in virtual time. */
export interface Model {
  /** Milliseconds from a request to its response when no request waits. */
  latency: number;
  /** Requests a second that one process can make; the others wait. @defaultValue no limit */
  perSecond?: number;
  /**
   * Requests in flight, of all processes together, beyond which OSS throttles. @defaultValue no
   * limit
   */
  concurrent?: number;
}

export interface Simulated {
  accepted: number;
  throttled: number;
  /** The sizes of each process's window, once a millisecond. */
  sizes: number[][];
  /** Lets time pass. */
  run(milliseconds: number, model: Model): void;
}

export interface SimulationOptions {
  /** Milliseconds between the beginnings of two processes. @defaultValue 0 */
  late?: number;
  /** Of the random numbers. @defaultValue 1 */
  seed?: number;
}

interface Process {
  window: ConcurrencyWindow;
  inFlight: number;
  /** When the process has made all requests that it has begun. */
  freeAt: number;
}

/** Simulates processes that always have more to send than their windows admit. */
export function simulate(
  processes: number,
  { late = 0, seed = 1 }: SimulationOptions = {},
): Simulated {
  const random = createRandom(seed).number;
  const queue: { at: number; run: () => void }[] = [];
  const limits = { floor: 1, start: 16, ceiling: 256, now: () => now };
  let now = 0;
  let together = 0;
  let model: Model = { latency: 1 };
  const simulated: Simulated = { accepted: 0, throttled: 0, sizes: [], run };
  const all: Process[] = [];
  for (let index = 0; index < processes; index += 1) {
    const process = { window: createConcurrencyWindow(limits), inFlight: 0, freeAt: 0 };
    all.push(process);
    simulated.sizes.push([]);
    plan(index * late, () => fill(process));
  }

  function plan(at: number, run: () => void): void {
    let index = queue.length;
    while (index > 0 && (queue[index - 1]?.at ?? 0) < at) index -= 1;
    queue.splice(index, 0, { at, run });
  }

  function fill(process: Process): void {
    while (process.inFlight < process.window.size) {
      process.inFlight += 1;
      together += 1;
      const startedAt = now;
      const isRefused = together > (model.concurrent ?? Number.POSITIVE_INFINITY);
      process.freeAt = Math.max(process.freeAt, now) + 1000 / (model.perSecond ?? 1e6);
      const took = model.latency * (0.9 + 0.2 * random());
      plan(process.freeAt + took, () => end(process, startedAt, isRefused));
    }
  }

  function end(process: Process, startedAt: number, isRefused: boolean): void {
    process.inFlight -= 1;
    together -= 1;
    if (isRefused) {
      simulated.throttled += 1;
      process.window.throttled(startedAt);
    } else {
      simulated.accepted += 1;
      process.window.responded({ startedAt, bytes: 32 * 1024, windowBound: true });
    }
    fill(process);
  }

  function run(milliseconds: number, given: Model): void {
    model = given;
    const until = now + milliseconds;
    for (let next = queue.at(-1); next && next.at <= until; next = queue.at(-1)) {
      queue.pop();
      passTo(next.at);
      next.run();
    }
    passTo(until);
  }

  function passTo(time: number): void {
    for (let tick = Math.floor(now); tick < Math.floor(time); tick += 1) {
      for (const [index, { window }] of all.entries()) simulated.sizes[index]?.push(window.size);
    }
    now = time;
  }

  return simulated;
}
