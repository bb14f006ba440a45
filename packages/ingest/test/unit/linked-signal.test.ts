import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { linkSignals } from "../../src/storing/linked-signal.ts";

it("is aborted by the first of those that it is linked to, for the same reason", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const { signal } = linkSignals(first.signal, second.signal);
  expect(signal.aborted).toBe(false);
  second.abort("stopped");
  first.abort("too late");
  expect(signal.reason).toBe("stopped");
});

it("is aborted when one of them was before", () => {
  expect(linkSignals(new AbortController().signal, AbortSignal.abort("gone")).signal.reason).toBe(
    "gone",
  );
});

it("listens to none of them once it is unlinked", () => {
  const linked = [new AbortController().signal, new AbortController().signal];
  const { unlink } = linkSignals(...linked);
  expect(linked.flatMap((signal) => getEventListeners(signal, "abort"))).toHaveLength(2);
  unlink();
  expect(linked.flatMap((signal) => getEventListeners(signal, "abort"))).toHaveLength(0);
});
