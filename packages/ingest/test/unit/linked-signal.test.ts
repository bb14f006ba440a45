import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { linkSignals } from "../../src/storing/linked-signal.ts";

it("aborts with the first of the signals it is linked to, for the same reason", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const { signal } = linkSignals(first.signal, second.signal);
  expect(signal.aborted).toBe(false);
  second.abort("stopped");
  first.abort("too late");
  expect(signal.reason).toBe("stopped");
});

it("is aborted from the beginning if one of them is", () => {
  expect(linkSignals(new AbortController().signal, AbortSignal.abort("gone")).signal.reason).toBe(
    "gone",
  );
});

it("listens to none of them after it is unlinked", () => {
  const linked = [new AbortController().signal, new AbortController().signal];
  const { unlink } = linkSignals(...linked);
  expect(linked.flatMap((signal) => getEventListeners(signal, "abort"))).toHaveLength(2);
  unlink();
  expect(linked.flatMap((signal) => getEventListeners(signal, "abort"))).toHaveLength(0);
});
