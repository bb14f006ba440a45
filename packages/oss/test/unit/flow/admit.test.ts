import { expect, it } from "vitest";
import { createObjectStore } from "../../../src/index.ts";
import { leaseFor } from "../../leases.ts";

const place = leaseFor("https://oss.test");

/** Asks to admit files, which begin when they are admitted and end when they are told to. */
function hold(store: ReturnType<typeof createObjectStore>, files: number, signal?: AbortSignal) {
  const begun: (() => void)[] = [];
  const admitted = Array.from({ length: files }, () =>
    store.admit(place, () => new Promise<void>((resolve) => begun.push(resolve)), signal),
  );
  return { begun, admitted };
}

it("few more files are begun than can be sent; the others wait until there is room", async () => {
  const store = createObjectStore({ ceiling: 2 });
  const { begun, admitted } = hold(store, 100);
  await Promise.resolve();
  const first = begun.length;
  expect(first).toBeGreaterThan(2);
  expect(first).toBeLessThan(100);
  for (let ended = 0; ended < 100; ended += 1) {
    await expect.poll(() => begun.length).toBeGreaterThan(ended);
    expect(begun.length - ended).toBeLessThanOrEqual(first);
    begun[ended]?.();
  }
  await Promise.all(admitted);
});

it("a window that isn't full has no more files begun", async () => {
  const begunWith = async (ceiling: number) => {
    const { begun } = hold(createObjectStore({ ceiling }), 500);
    await Promise.resolve();
    return begun.length;
  };
  expect(await begunWith(256)).toBe(await begunWith(2));
});

it("a waiting file is told when the work is stopped, and takes no room afterwards", async () => {
  const store = createObjectStore({ ceiling: 2 });
  const { begun } = hold(store, 100);
  const stop = new AbortController();
  const late = store.admit(place, () => Promise.reject(new Error("begun")), stop.signal);
  stop.abort();
  await expect(late).rejects.toMatchObject({ code: "INTERRUPTED" });
  const after = store.admit(place, () => Promise.resolve("begun"), undefined);
  for (let ended = 0; ended < 100; ended += 1) {
    await expect.poll(() => begun.length).toBeGreaterThan(ended);
    begun[ended]?.();
  }
  expect(await after).toBe("begun");
});
