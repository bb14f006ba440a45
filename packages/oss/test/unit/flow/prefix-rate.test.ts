import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPrefixRate, type PrefixRate } from "../../../src/flow/prefix-rate.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const second = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);
const signal = undefined;

/** Sends one request after the other for so many seconds, 20 a second when nothing holds them. Gives how many. */
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
  it("holds nothing before the first throttle", async () => {
    const rate = createPrefixRate();
    await Promise.all(Array.from({ length: 1000 }, () => rate.turn(signal)));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("comes down after a throttle to seven tenths of what was answered, once for all under way together", async () => {
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

  it("comes back to what was answered within seconds, and to no limit within a minute", async () => {
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

  it("lets one a second through at the least, in the order in which they came", async () => {
    const rate = createPrefixRate();
    rate.throttled(performance.now());
    const order: number[] = [];
    for (const number of [1, 2, 3]) void rate.turn(signal)?.then(() => order.push(number));
    await second(2.5);
    expect(order).toEqual([1, 2, 3]);
  });

  it("ends the waiting of one whose signal aborts, and serves the others", async () => {
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

  it("is idle a minute after what it was for", async () => {
    const rate = createPrefixRate();
    rate.accepted();
    expect(rate.isIdle).toBe(false);
    await second(61);
    expect(rate.isIdle).toBe(true);
  });
});
