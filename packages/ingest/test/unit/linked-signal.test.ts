import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { follow } from "../../src/storing/linked-signal.ts";

it("is aborted by the first of those that it follows, for the same reason", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const { signal } = follow(first.signal, second.signal);
  expect(signal.aborted).toBe(false);
  second.abort("stopped");
  first.abort("too late");
  expect(signal.reason).toBe("stopped");
});

it("is aborted when one of them was before", () => {
  expect(follow(new AbortController().signal, AbortSignal.abort("gone")).signal.reason).toBe(
    "gone",
  );
});

it("listens to none of them once it has let go", () => {
  const followed = [new AbortController().signal, new AbortController().signal];
  const { letGo } = follow(...followed);
  expect(followed.flatMap((signal) => getEventListeners(signal, "abort"))).toHaveLength(2);
  letGo();
  expect(followed.flatMap((signal) => getEventListeners(signal, "abort"))).toHaveLength(0);
});
