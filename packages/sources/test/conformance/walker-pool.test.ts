import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { isOnLocalDisk } from "../../src/file-system/local-disk.ts";
import type { SourceEntry } from "../../src/index.ts";
import { failure } from "../../src/testing/index.ts";
import { createReaderPool, type ReaderPool } from "../../src/threads/reader-pool.ts";
import { type ReaderThread, startReaderThread } from "../../src/threads/reader-thread.ts";
import { createWalkerPool } from "../../src/threads/walker-pool.ts";
import { makeTree, type Tree } from "./tree.ts";

const FILES = 500;

let tree: Tree;
let started: ReaderThread[];
let readers: ReaderPool;
let isLocal: boolean;
beforeEach(async () => {
  tree = await makeTree();
  started = [];
  readers = createReaderPool(1024 * 1024);
  isLocal = false;
  for (const folder of ["a", "b"]) {
    await mkdir(tree.at(folder));
    for (let file = 0; file < FILES; file++) await writeFile(tree.at(folder, `f${file}`), "");
  }
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all([readers.close(), ...started.map((thread) => thread.stop())]);
  await tree.remove();
});

/** Returns walkers whose threads the test can see. */
function walkersHere() {
  return createWalkerPool(
    readers,
    (onEnd) => {
      const thread = startReaderThread(onEnd);
      started.push(thread);
      return thread;
    },
    async () => isLocal,
  );
}

async function countOf(entries: AsyncIterable<SourceEntry>): Promise<number> {
  let count = 0;
  for await (const _ of entries) count++;
  return count;
}

it("gives each walk a thread of its own, and uses one that is idle again", async () => {
  const place = await tree.place();
  const walkers = walkersHere();
  const first = walkers.walk(place, {});
  await first.next();
  expect(await countOf(walkers.walk(place, {}))).toBe(2 * FILES);
  expect(started).toHaveLength(2);
  expect(await countOf(first)).toBe(2 * FILES - 1);
  expect(await countOf(walkers.walk(place, {}))).toBe(2 * FILES);
  expect(started).toHaveLength(2);
});

it("fails only the walk whose thread ends, and starts a thread for the next", async () => {
  const place = await tree.place();
  const walkers = walkersHere();
  const [hit, other] = [walkers.walk(place, {}), walkers.walk(place, {})];
  await Promise.all([hit.next(), other.next()]);
  await started[0]?.stop();
  expect(await failure(countOf(hit))).toMatchObject({
    code: "SOURCE_IO",
    message: expect.stringContaining("has ended"),
  });
  expect(await countOf(other)).toBe(2 * FILES - 1);
  await started[1]?.stop();
  expect(await countOf(walkers.walk(place, {}))).toBe(2 * FILES);
  expect(started).toHaveLength(3);
});

it("ends a walk by its signal, which frees its thread for the next", async () => {
  const place = await tree.place();
  const walkers = walkersHere();
  const controller = new AbortController();
  const walk = walkers.walk(place, { signal: controller.signal });
  await walk.next();
  controller.abort(new Error("cancelled"));
  expect(await failure(countOf(walk))).toMatchObject({ code: "INTERRUPTED" });
  expect(await countOf(walkers.walk(place, {}))).toBe(2 * FILES);
  expect(started).toHaveLength(1);
});

it("says that a walk was stopped when its thread ends after that", async () => {
  const controller = new AbortController();
  const asked = Promise.withResolvers<() => void>();
  const next = () =>
    new Promise<never>((_, reject) => {
      asked.resolve(() => reject(new Error("The thread has ended.")));
    });
  const thread = { walk: () => ({ next, end: async () => {} }), stop: async () => {} };
  const walkers = createWalkerPool(
    readers,
    () => thread as unknown as ReaderThread,
    async () => false,
  );
  const walk = walkers.walk(await tree.place(), { signal: controller.signal });
  const failed = failure(walk.next());
  const end = await asked.promise;
  controller.abort();
  end();
  expect(await failed).toMatchObject({ code: "INTERRUPTED" });
});

it("ends a thread that has had nothing to walk for a while", async () => {
  const place = await tree.place();
  const walkers = walkersHere();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await countOf(walkers.walk(place, {}));
  vi.advanceTimersByTime(60_000);
  expect(await failure(started[0]?.walk(place).next() as Promise<unknown>)).toMatchObject({
    code: "SOURCE_IO",
  });
  expect(await countOf(walkers.walk(place, {}))).toBe(2 * FILES);
  expect(started).toHaveLength(2);
});

it("walks what lies on a disk of this machine in a thread that reads files, several walks at a time", async () => {
  const place = await tree.place();
  const walkers = walkersHere();
  isLocal = true;
  const [one, other] = [walkers.walk(place, {}), walkers.walk(place, {})];
  await Promise.all([one.next(), other.next()]);
  expect(await countOf(one)).toBe(2 * FILES - 1);
  const file = await readers.open(place, "a/f1", undefined);
  expect(await countOf(other)).toBe(2 * FILES - 1);
  await file[Symbol.asyncDispose]();
  expect(started).toHaveLength(0);
  isLocal = false;
  expect(await countOf(walkers.walk(place, {}))).toBe(2 * FILES);
  expect(started).toHaveLength(1);
});

it("ends all its threads when it is closed, even those that walk, and starts others for new walks", async () => {
  const place = await tree.place();
  const walkers = walkersHere();
  const [walk, idle] = [walkers.walk(place, {}), walkers.walk(place, {})];
  await walk.next();
  await countOf(idle);
  await walkers.close();
  expect(await failure(countOf(walk))).toMatchObject({ code: "SOURCE_IO" });
  expect(await countOf(walkers.walk(place, {}))).toBe(2 * FILES);
  expect(started).toHaveLength(3);
});

it("recognises a disk of this machine, and nothing else as one", async () => {
  expect(await isOnLocalDisk(tree.root)).toBe(process.platform === "linux");
  expect(await isOnLocalDisk("/proc")).toBe(false);
  expect(await isOnLocalDisk(tree.at("missing"))).toBe(false);
});
