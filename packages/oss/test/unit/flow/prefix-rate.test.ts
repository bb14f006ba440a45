import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPrefixRate, type PrefixRate } from "../../../src/flow/prefix-rate.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const second = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);
const signal = undefined;

/**
 * Sends one request after the other for so many seconds, 20 a second when nothing delays them.
 * Returns how many were sent.
 */
async function send(rate: PrefixRate, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let sent = 0;
  void (async () => {
    while (performance.now() < end) {
      await rate.turn(signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
      rate.accepted();
      sent += 1;
    }
  })();
  await second(seconds);
  return sent;
}

describe("a rate", () => {
  it("delays nothing before the first throttle", async () => {
    const rate = createPrefixRate();
    await Promise.all(Array.from({ length: 1000 }, () => rate.turn(signal)));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("drops after a throttle to seven tenths of what OSS accepted, once for all requests in flight", async () => {
    const rate = createPrefixRate();
    await send(rate, 5);
    const startedAt = performance.now();
    for (let request = 0; request < 10; request += 1) rate.throttled(startedAt);
    let turns = 0;
    for (let wait = 0; wait < 100; wait += 1) void rate.turn(signal)?.then(() => (turns += 1));
    await second(0.5);
    expect(turns).toBeGreaterThanOrEqual(6);
    expect(turns).toBeLessThanOrEqual(10);
  });

  it("returns to what OSS accepted within seconds, and to no limit within a minute", async () => {
    const rate = createPrefixRate();
    await send(rate, 5);
    rate.throttled(performance.now());
    await send(rate, 5);
    expect(await send(rate, 5)).toBeGreaterThan(90);
    await second(60);
    const before = vi.getTimerCount();
    await Promise.all(Array.from({ length: 1000 }, () => rate.turn(signal)));
    expect(vi.getTimerCount()).toBe(before);
  });

  it("admits at least one a second, in the order in which they came", async () => {
    const rate = createPrefixRate();
    rate.throttled(performance.now());
    const order: number[] = [];
    for (const number of [1, 2, 3]) void rate.turn(signal)?.then(() => order.push(number));
    await second(2.5);
    expect(order).toEqual([1, 2, 3]);
  });

  it("rejects a waiter whose signal is aborted, and serves the others", async () => {
    const rate = createPrefixRate();
    rate.throttled(performance.now());
    const stop = new AbortController();
    const [first, stopped, other] = [rate.turn(signal), rate.turn(stop.signal), rate.turn(signal)];
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    await second(2);
    await Promise.all([first, other]);
    await expect(rate.turn(stop.signal)).rejects.toMatchObject({ code: "INTERRUPTED" });
  });

  it("is idle a minute after its last request", async () => {
    const rate = createPrefixRate();
    rate.accepted();
    expect(rate.isIdle).toBe(false);
    await second(61);
    expect(rate.isIdle).toBe(true);
  });
});
