import { viewOf } from "@exhibit/client/testing";
import { expect, it } from "vitest";
import { createProgressFeed } from "../../src/progress/progress-feed.ts";
import { createSharedReads } from "../../src/progress/shared-reads.ts";
import { createStreamCount } from "../../src/progress/stream-count.ts";

it("makes one text of each change for all who follow an import", async () => {
  let view = viewOf();
  const feed = createProgressFeed({
    read: async () => view,
    onFault: () => undefined,
    interval: 1,
  });
  const { signal } = new AbortController();
  const followers = Array.from({ length: 5 }, () => feed.follow(view, signal)).map((sightings) =>
    sightings[Symbol.asyncIterator](),
  );
  const next = () => Promise.all(followers.map(async (each) => (await each.next()).value));
  expect(new Set(await next()).size).toBe(1);
  view = { ...view, stored: 1 };
  const [changed, ...others] = await next();
  expect(changed?.view).toBe(view);
  for (const other of others) expect(other).toBe(changed);
  feed.close();
});

it("goes on for the others when one of an import's followers leaves", async () => {
  let view = viewOf();
  const feed = createProgressFeed({
    read: async () => view,
    onFault: () => undefined,
    interval: 1,
  });
  const leaving = new AbortController();
  const [one, other] = [leaving.signal, new AbortController().signal].map((signal) =>
    feed.follow(view, signal)[Symbol.asyncIterator](),
  );
  await Promise.all([one?.next(), other?.next()]);
  leaving.abort();
  expect(await one?.next()).toMatchObject({ done: true });
  view = { ...view, stored: 1 };
  expect((await other?.next())?.value?.view).toBe(view);
  feed.close();
});

it("counts the event streams of each principal and of all", () => {
  const streams = createStreamCount({ each: 2, all: 3 });
  const first = streams.enter("key:a");
  streams.enter("key:a");
  expect(() => streams.enter("key:a")).toThrow("You have 2 event streams open");
  const other = streams.enter("key:b");
  expect(() => streams.enter("key:b")).toThrow("3 event streams are open");
  first.leave();
  first.leave();
  streams.enter("key:a");
  expect(() => streams.enter("key:b")).toThrow("3 event streams are open");
  other.leave();
  streams.enter("key:c");
});

it("reads once for all who ask for the same at the same moment, also when it fails, and afterwards anew", async () => {
  const shared = createSharedReads<number>();
  const first = Promise.withResolvers<number>();
  let reads = 0;
  const ask = (name: string, result: Promise<number> = first.promise) =>
    shared(name, () => {
      reads += 1;
      return result;
    });
  const crowd = [ask("a"), ask("a"), ask("a")];
  expect(await ask("b", Promise.resolve(2))).toBe(2);
  expect(reads).toBe(2);
  first.reject(new Error("away"));
  for (const asked of await Promise.allSettled(crowd)) expect(asked.status).toBe("rejected");
  expect(await ask("a", Promise.resolve(3))).toBe(3);
});
