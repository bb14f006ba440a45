import fc from "fast-check";
import { expect, it } from "vitest";
import { createBandwidthPacer, type PacerClock } from "../../../src/http/bandwidth-pacer.ts";

/** A clock that the test moves. Its timers may be late, as real ones are. */
function virtualClock(late = 0): PacerClock & { pass(milliseconds: number): void; timers: number } {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  return {
    now: () => now,
    get timers() {
      return timers.size;
    },
    after(milliseconds, run) {
      const timer = { at: now + milliseconds + late, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        now = next.at;
        next.run();
      }
      now = end;
    },
  };
}

/** Starts senders that always have one more piece to send; returns what each of them has sent. */
function senders(
  pacer: ReturnType<typeof createBandwidthPacer>,
  pieces: readonly number[],
): number[] {
  const sent = pieces.map(() => 0);
  const send = (index: number, bytes: number) => {
    const go = () => {
      sent[index] = (sent[index] ?? 0) + bytes;
      pacer.wait(bytes, go);
    };
    pacer.wait(bytes, go);
  };
  for (const [index, bytes] of pieces.entries()) send(index, bytes);
  return sent;
}

const total = (sent: readonly number[]) => sent.reduce((sum, bytes) => sum + bytes, 0);

it("lets everything pass without a limit", () => {
  const clock = virtualClock();
  const pacer = createBandwidthPacer(clock);
  expect(pacer.isOn).toBe(false);
  expect(pacer.tryTake(1e12)).toBe(true);
  let gone = false;
  pacer.wait(1e12, () => {
    gone = true;
  });
  expect(gone).toBe(true);
  expect(clock.timers).toBe(0);
});

it("keeps to its rate, with at most one timer, however late that is", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 64 * 1024, max: 32 * 1024 ** 2 }),
      fc.array(fc.integer({ min: 1024, max: 16 * 1024 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 0, max: 10 }),
      (rate, pieces, late) => {
        const clock = virtualClock(late);
        const pacer = createBandwidthPacer(clock);
        pacer.pace(rate);
        const sent = senders(pacer, pieces);
        for (let step = 0; step < 20; step += 1) {
          clock.pass(100);
          expect(clock.timers).toBe(1);
        }
        const allowed = rate * 2;
        // One piece may go ahead of its time, and a late timer's delay is made up for.
        expect(total(sent)).toBeLessThanOrEqual(allowed + 16 * 1024 + rate * 0.2);
        expect(total(sent)).toBeGreaterThanOrEqual(allowed * 0.98 - 16 * 1024 * pieces.length);
      },
    ),
    { numRuns: 20 },
  );
});

it("serves those who send one piece each in turn", () => {
  const clock = virtualClock();
  const pacer = createBandwidthPacer(clock);
  pacer.pace(1024 ** 2);
  const sent = senders(pacer, [16_384, 16_384, 16_384, 16_384]);
  clock.pass(10_000);
  expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(16_384);
});

it("saves up only a moment's bytes while nobody sends", () => {
  const clock = virtualClock();
  const pacer = createBandwidthPacer(clock);
  pacer.pace(1_000_000);
  clock.pass(60_000);
  const sent = senders(pacer, [1000]);
  expect(total(sent)).toBeLessThanOrEqual(201_000);
});

it("applies a new rate at once, also to waiters, and forgets those who gave up", () => {
  const clock = virtualClock();
  const pacer = createBandwidthPacer(clock);
  pacer.pace(1000);
  expect(pacer.tryTake(1)).toBe(false);
  clock.pass(1);
  expect(pacer.tryTake(100_000)).toBe(true);
  const gone: string[] = [];
  pacer.wait(1000, () => gone.push("patient"));
  const giveUp = pacer.wait(1000, () => gone.push("hasty"));
  clock.pass(1000);
  expect(gone).toEqual([]);
  giveUp();
  pacer.pace(1_000_000);
  clock.pass(5);
  expect(gone).toEqual(["patient"]);
  pacer.wait(1e9, () => gone.push("large"));
  pacer.wait(1000, () => gone.push("last"));
  clock.pass(5);
  pacer.pace(undefined);
  expect(gone).toEqual(["patient", "large", "last"]);
  expect(clock.timers).toBe(0);
});
