import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createConcurrencyWindow } from "../../../src/flow/concurrency-window.ts";
import { type Model, type Simulated, simulate } from "./window-model.ts";

const limits = { floor: 1, start: 16, ceiling: 256 };

/** Returns the mean size of each window in its last `milliseconds`. */
function latest({ sizes }: Simulated, milliseconds: number): number[] {
  return sizes.map((all) => {
    const last = all.slice(-milliseconds);
    return last.reduce((sum, size) => sum + size, 0) / last.length;
  });
}

function modelled(milliseconds: number, model: Model, processes = 1): Simulated {
  const simulated = simulate(processes);
  simulated.run(milliseconds, model);
  return simulated;
}

describe("a window", () => {
  it("grows to 128 and more within a second over a line of 20 ms", () => {
    const { sizes } = modelled(1000, { latency: 20 });
    expect(sizes[0]?.at(-1)).toBeGreaterThanOrEqual(128);
  });

  it("stays small where more requests in flight only wait longer", () => {
    const [size] = latest(modelled(10_000, { latency: 0.5, perSecond: 5000 }), 5000);
    expect(size).toBeLessThan(32);
  });

  it("undoes growth that only seemed to pay because the process itself became faster", () => {
    const simulated = simulate(1);
    // A program that has just begun becomes faster, so every round seems to pay.
    for (const perSecond of [500, 1000, 2000, 4000, 5000])
      simulated.run(150, { latency: 0.5, perSecond });
    simulated.run(15_000, { latency: 0.5, perSecond: 5000 });
    expect(latest(simulated, 3000)[0]).toBeLessThan(64);
  });

  it("uses a line fully: of 6,000 requests a second at 20 ms it sends nearly all", () => {
    const simulated = modelled(2000, { latency: 20, perSecond: 6000 });
    const before = simulated.accepted;
    simulated.run(10_000, { latency: 20, perSecond: 6000 });
    expect((simulated.accepted - before) / 10).toBeGreaterThan(0.9 * 6000);
  });

  it("halves once for all requests that were in flight when OSS throttled", () => {
    let now = 0;
    const window = createConcurrencyWindow({ ...limits, start: 64, now: () => now });
    now = 10;
    for (let request = 0; request < 64; request += 1) window.throttled(0);
    expect(window.size).toBe(32);
    now = 20;
    window.throttled(5);
    expect(window.size).toBe(32);
    window.throttled(15);
    expect(window.size).toBe(16);
  });

  it("learns nothing from responses while it has room to spare", () => {
    let now = 0;
    const window = createConcurrencyWindow({ ...limits, now: () => now });
    for (; now < 5000; now += 10)
      window.responded({ startedAt: now - 10, bytes: 32_768, windowBound: false });
    expect(window.size).toBe(limits.start);
  });

  it("finds what OSS accepts: most requests pass, and most of the window is used", () => {
    const simulated = modelled(20_000, { latency: 20, concurrent: 40 });
    const { accepted, throttled } = simulated;
    expect(throttled / (accepted + throttled)).toBeLessThan(0.1);
    expect(latest(simulated, 10_000)[0]).toBeGreaterThan(20);
  });

  it("recovers when OSS accepts more again", () => {
    const simulated = modelled(5000, { latency: 20, concurrent: 4 });
    expect(simulated.sizes[0]?.at(-1)).toBeLessThan(16);
    simulated.run(15_000, { latency: 20 });
    expect(simulated.sizes[0]?.at(-1)).toBeGreaterThan(128);
  });

  it("never leaves its limits, whatever it is told in whatever order", () => {
    const event = fc.record({
      after: fc.nat(200),
      took: fc.nat(100_000),
      bytes: fc.nat(10_000_000),
      windowBound: fc.boolean(),
      throttled: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 500 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 8, max: 300 }),
        (events, floor, ceiling) => {
          let now = 0;
          const start = Math.max(floor, Math.min(16, ceiling));
          const window = createConcurrencyWindow({ floor, start, ceiling, now: () => now });
          for (const { after: pause, took, bytes, windowBound, throttled } of events) {
            now += pause;
            const startedAt = now - took;
            if (throttled) window.throttled(startedAt);
            else window.responded({ startedAt, bytes, windowBound });
            expect(Number.isInteger(window.size)).toBe(true);
            expect(window.size).toBeGreaterThanOrEqual(floor);
            expect(window.size).toBeLessThanOrEqual(ceiling);
          }
        },
      ),
    );
  });

  // It works for seconds, many times as long beside other work.
  it("shares a bucket fairly with other processes, whenever each of them began", {
    timeout: 120_000,
  }, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 40, max: 160 }),
        fc.integer({ min: 5, max: 50 }),
        fc.integer(),
        (processes, concurrent, latency, seed) => {
          const simulated = simulate(processes, { seed, late: 2000 });
          simulated.run(30_000, { latency, concurrent });
          const sizes = latest(simulated, 20_000);
          const sum = sizes.reduce((total, size) => total + size, 0);
          const squares = sizes.reduce((total, size) => total + size * size, 0);
          // Jain's index is 1 when all are equal, and 1/n when one has everything.
          expect((sum * sum) / (processes * squares)).toBeGreaterThan(0.9);
        },
      ),
      { numRuns: 15 },
    );
  });
});
