import { getEventListeners } from "node:events";
import { expect, it, vi } from "vitest";
import { onAbort } from "../../../src/http/abort-listeners.ts";

it("calls everybody who still listens, once", () => {
  const stop = new AbortController();
  const [first, second, gone] = [vi.fn(), vi.fn(), vi.fn()];
  onAbort(stop.signal, first);
  onAbort(stop.signal, gone)();
  onAbort(stop.signal, second);
  stop.abort();
  expect([first, second, gone].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0]);
});

it("adds one listener for all, and removes it with the last: Node would keep the signal forever", () => {
  const { signal } = new AbortController();
  const stays = [onAbort(signal, () => {}), onAbort(signal, () => {})];
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const stay of stays) stay();
  for (const stay of stays) stay();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  const stay = onAbort(signal, () => {});
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  stay();
});
