import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ImportView } from "@exhibit/contracts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bearer, testKey } from "../fake-door.ts";
import { startApi } from "../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
let address: string;
beforeEach(async () => {
  api = await startApi({ progress: { interval: 10, heartbeat: 60_000 } });
  address = await api.app.listen({ port: 0, host: "127.0.0.1" });
});
afterEach(async () => {
  await api.app.close();
});

interface Block {
  event?: string;
  id?: string;
  data?: ImportView;
  comment?: string;
  retry?: string;
}

/** Follows an import as a browser's EventSource does: blocks of lines, one after the other. */
async function follow(importId: string, lastId?: string) {
  const controller = new AbortController();
  const response = await fetch(`${address}/v1/imports/${importId}/events`, {
    signal: controller.signal,
    headers: { ...bearer(testKey), ...(lastId === undefined ? {} : { "last-event-id": lastId }) },
  });
  const blocks = readBlocks(response);
  return {
    response,
    leave: () => controller.abort(),
    async next(): Promise<Block | undefined> {
      const { value, done } = await blocks.next();
      return done ? undefined : value;
    },
  };
}

async function* readBlocks(response: Response): AsyncGenerator<Block, undefined> {
  let text = "";
  if (response.body === null) return;
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (text + piece).split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) yield parseBlock(part);
  }
}

function parseBlock(text: string): Block {
  const block: Block = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    const value = line.slice(at + 1).trim();
    const name = line.slice(0, at) || "comment";
    Object.assign(block, { [name]: name === "data" ? JSON.parse(value) : value });
  }
  return block;
}

/** Resolves when the API has looked at the import once more, and once after that. */
async function looked(): Promise<void> {
  const before = api.calls.length;
  while (api.calls.length < before + 2) await new Promise(setImmediate);
}

it("gives the import at once, each change of it, and its end; then it closes", async () => {
  const view = api.put({ files: 0 });
  const stream = await follow(view.import_id);
  expect(stream.response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  expect(await stream.next()).toEqual({ retry: "2000" });
  expect(await stream.next()).toMatchObject({ event: "progress", data: view });
  const more = api.put({ ...view, files: 3 });
  expect(await stream.next()).toMatchObject({ event: "progress", data: more });
  const sealed = api.put({ ...more, status: "sealed" });
  expect(await stream.next()).toMatchObject({ event: "progress", data: sealed });
  expect(await stream.next()).toMatchObject({ event: "end", data: sealed });
  expect(await stream.next()).toBeUndefined();
});

it.each(["sealed", "attention", "cancelled"] as const)(
  "ends at once for an import that is %s",
  async (status) => {
    const view = api.put({ status });
    const stream = await follow(view.import_id);
    await stream.next();
    expect(await stream.next()).toMatchObject({ event: "progress", data: view });
    expect(await stream.next()).toMatchObject({ event: "end", data: view });
    expect(await stream.next()).toBeUndefined();
  },
);

it("says nothing when only the time passes", async () => {
  const view = api.put({ seconds: 1 });
  const stream = await follow(view.import_id);
  await stream.next();
  await stream.next();
  api.put({ ...view, seconds: 2 });
  await looked();
  const changed = api.put({ ...view, seconds: 3, stored: 1 });
  expect(await stream.next()).toMatchObject({ event: "progress", data: changed });
});

it("repeats nothing to a client that reconnects with the id of what it has received", async () => {
  const view = api.put({ seconds: 1 });
  const first = await follow(view.import_id);
  await first.next();
  const seen = (await first.next())?.id;
  first.leave();
  const second = await follow(view.import_id, seen);
  expect(await second.next()).toEqual({ retry: "2000" });
  api.put({ ...view, seconds: 5 });
  await looked();
  const changed = api.put({ ...view, seconds: 6, stored: 1 });
  const next = await second.next();
  expect(next).toMatchObject({ event: "progress", data: changed });
  expect(next?.id).not.toBe(seen);
  second.leave();

  const sealed = api.put({ ...changed, status: "sealed" });
  const third = await follow(view.import_id, next?.id);
  await third.next();
  const final = await third.next();
  expect(final).toMatchObject({ event: "progress", data: sealed });
  const end = await third.next();
  expect(end).toMatchObject({ event: "end", data: sealed });
  // The stream may have broken between the two.
  const fourth = await follow(view.import_id, final?.id);
  await fourth.next();
  expect(await fourth.next()).toEqual(end);
  expect(await fourth.next()).toBeUndefined();
  const fifth = await follow(view.import_id, end?.id);
  expect([fifth.response.status, await fifth.response.text()]).toEqual([204, ""]);
  // What is retried has another state, and so another end.
  api.put({ ...sealed, status: "attention" });
  const sixth = await follow(view.import_id, end?.id);
  await sixth.next();
  expect(await sixth.next()).toMatchObject({ event: "progress", data: { status: "attention" } });
  sixth.leave();
});

it("looks at the import once for many who follow it, and no more when they have left", async () => {
  const view = api.put();
  const streams = await Promise.all(Array.from({ length: 10 }, () => follow(view.import_id)));
  // The first look is each one's own, but for those who come at the same moment.
  const first = api.calls.length;
  await looked();
  expect(api.calls.length - first).toBeLessThan(10);
  for (const { leave } of streams) leave();
  await connections(0);
  const after = api.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(api.calls.length).toBeLessThanOrEqual(after + 1);
});

it("goes on when the ledger can't be read for a moment, and logs it", async () => {
  const view = api.put();
  const stream = await follow(view.import_id);
  await stream.next();
  await stream.next();
  api.views.delete(view.import_id);
  await looked();
  const back = api.put({ ...view, stored: 1 });
  expect(await stream.next()).toMatchObject({ event: "progress", data: back });
  expect(api.log.join("")).toContain("is read again");
});

it("gives a sign of life when nothing changes", async () => {
  await restart({ progress: { interval: 10, heartbeat: 20 } });
  const stream = await follow(api.put().import_id);
  await stream.next();
  await stream.next();
  expect(await stream.next()).toEqual({ comment: "still here" });
  expect(await stream.next()).toEqual({ comment: "still here" });
});

it("lets the API close while somebody follows, and doesn't call that the import's end", async () => {
  const stream = await follow(api.put().import_id);
  await stream.next();
  await stream.next();
  await api.app.close();
  expect(await stream.next()).toBeUndefined();
});

it("refuses one stream too many, and serves it when another has left", async () => {
  await restart({ streams: { each: 2 } });
  const view = api.put();
  const first = await follow(view.import_id);
  await follow(view.import_id);
  const { response } = await follow(view.import_id);
  expect(response.status).toBe(429);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await response.json()).toMatchObject({ code: "RATE_LIMITED" });
  first.leave();
  await expect.poll(async () => (await follow(view.import_id)).response.status).toBe(200);
});

it("counts the stream of everything with the others, and ends it when the API closes", async () => {
  await restart({ streams: { each: 2 } });
  const ask = (init?: RequestInit) =>
    fetch(`${address}/v1/events`, { headers: bearer(testKey), ...init });
  const all = await ask();
  expect(Object.fromEntries(all.headers)).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const blocks = readBlocks(all);
  expect((await blocks.next()).value).toEqual({ retry: "2000" });
  expect((await blocks.next()).value).toMatchObject({ event: "reset", data: {} });
  const leaving = new AbortController();
  await ask({ signal: leaving.signal });
  expect((await ask()).status).toBe(429);
  expect((await follow(api.put().import_id)).response.status).toBe(429);
  expect((await ask({ method: "HEAD" })).status).toBe(405);
  leaving.abort();
  await expect
    .poll(async () => {
      const again = await ask();
      await again.body?.cancel();
      return again.status;
    })
    .toBe(200);
  await api.app.close();
  for (let isOver = false; !isOver; ) isOver = (await blocks.next()).done === true;
});

it("keeps one event at most for a reader who takes none, and closes such a stream", async () => {
  await restart({ streams: { longestStall: 300 } });
  const sockets: Socket[] = [];
  api.app.server.on("connection", (socket) => sockets.push(socket));
  const long = { entrust_id: "x".repeat(200_000) };
  const view = api.put(long);
  const reader = connect(Number(new URL(address).port), "127.0.0.1");
  const headers = `host: localhost\r\nauthorization: Bearer ${testKey}\r\n`;
  reader.write(`GET /v1/imports/${view.import_id}/events HTTP/1.1\r\n${headers}\r\n`);
  await once(reader, "readable");
  const [socket] = sockets;
  let changes = 0;
  let backlog = 0;
  while (socket?.destroyed === false) {
    changes += 1;
    backlog = Math.max(backlog, socket.writableLength);
    api.put({ ...view, stored: changes });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(changes).toBeGreaterThan(20);
  expect(backlog).toBeGreaterThan(0);
  expect(backlog).toBeLessThan(1024 * 1024);
  reader.destroy();
});

async function restart(options: Parameters<typeof startApi>[0]): Promise<void> {
  await api.app.close();
  api = await startApi({ progress: { interval: 10, heartbeat: 60_000 }, ...options });
  address = await api.app.listen({ port: 0, host: "127.0.0.1" });
}

/** Resolves when the server has so many connections. */
async function connections(count: number): Promise<void> {
  const current = () =>
    new Promise<number>((resolve, reject) => {
      api.app.server.getConnections((error, now) => (error ? reject(error) : resolve(now)));
    });
  while ((await current()) !== count) await new Promise(setImmediate);
}
