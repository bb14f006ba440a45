import { getEventListeners } from "node:events";
import { expect, it, vi } from "vitest";
import { onAbort } from "../../../src/http/abort-listeners.ts";

it("tells all who still wait, once", () => {
  const stop = new AbortController();
  const [first, second, gone] = [vi.fn(), vi.fn(), vi.fn()];
  onAbort(stop.signal, first);
  onAbort(stop.signal, gone)();
  onAbort(stop.signal, second);
  stop.abort();
  expect([first, second, gone].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0]);
});

it("listens once for all, and no longer than somebody waits: Node would keep the signal for ever", () => {
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
