import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { createApiClient, followImport } from "@exhibit/client";
import type { ImportView } from "@exhibit/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testKey } from "../fake-door.ts";
import { startApi } from "../fake-imports.ts";

// Our own client on the real API, with a wire between them that can be cut.

let api: Awaited<ReturnType<typeof startApi>>;
let wire: Awaited<ReturnType<typeof startWire>>;
/** What the client asked for, and how it was answered. */
const asked: { path: string; status: number; lastEventId: unknown }[] = [];

beforeEach(() => start());

async function start(options: Parameters<typeof startApi>[0] = {}): Promise<void> {
  api = await startApi({ progress: { interval: 5, heartbeat: 60_000 }, ...options });
  asked.length = 0;
  api.app.server.on("request", ({ url: path = "", headers }, response) => {
    response.on("close", () => {
      asked.push({ path, status: response.statusCode, lastEventId: headers["last-event-id"] });
    });
  });
  const url = new URL(await api.app.listen({ port: 0, host: "127.0.0.1" }));
  wire = await startWire(Number(url.port));
}

async function stop(): Promise<void> {
  await wire.close();
  await api.app.close();
}
afterEach(stop);

/** Starts a server that passes on what it gets. Cut, it drops all connections and takes no other. */
async function startWire(port: number) {
  const ends = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    if (isCut) return void socket.destroy();
    const other = connect(port, "127.0.0.1");
    for (const [end, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      ends.add(end);
      end.pipe(to);
      end.on("error", () => {});
      end.on("close", () => {
        ends.delete(end);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const cut = () => {
    isCut = true;
    for (const end of ends) end.destroy();
  };
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    cut,
    mend() {
      isCut = false;
    },
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}

test("A connection that drops goes on where it was: nothing twice, and nothing missed", async () => {
  const first = api.put({ stored: 0 });
  const seen: ImportView[] = [];
  const changes = { reached: Promise.withResolvers<void>() };
  const following = followImport(
    createApiClient({ url: wire.url, keys: [testKey] }),
    first.import_id,
    {
      onView(view) {
        seen.push(view);
        changes.reached.resolve();
      },
      pauses: { poll: 5 },
    },
  );
  /** Changes the import and waits until the client has seen it. */
  async function change(more: Partial<ImportView>): Promise<void> {
    changes.reached = Promise.withResolvers();
    api.put({ ...first, ...more });
    await changes.reached.promise;
  }
  const streams = () => asked.filter(({ path }) => path.endsWith("/events")).length;
  const listening = async () => {
    // The feed looks at the import once more for whoever follows it.
    for (const before = api.calls.length; api.calls.length < before + 3; )
      await new Promise(setImmediate);
  };

  await changes.reached.promise;
  await listening();
  await change({ stored: 1 });
  // Nothing happens while it is away.
  wire.cut();
  await expect.poll(streams).toBe(1);
  wire.mend();
  await listening();
  await change({ stored: 2 });
  // Something happens while it is away.
  wire.cut();
  await expect.poll(streams).toBe(2);
  changes.reached = Promise.withResolvers();
  api.put({ ...first, stored: 3 });
  wire.mend();
  await changes.reached.promise;
  await listening();
  await change({ stored: 4 });
  // It is as it was before, which is no repetition.
  await change({ stored: 3 });
  await change({ stored: 4 });
  wire.cut();
  await expect.poll(streams).toBe(3);
  api.put({ ...first, stored: 9, status: "sealed" });
  wire.mend();
  const last = await following;
  expect(last).toMatchObject({ stored: 9, status: "sealed" });
  expect(seen.map(({ stored }) => stored)).toEqual([0, 1, 2, 3, 4, 3, 4, 9]);

  // Each stream was asked for with what had been seen, also by reading.
  const ofStreams = asked.filter(({ path }) => path.endsWith("/events"));
  expect(ofStreams.map(({ lastEventId }) => typeof lastEventId)).toEqual(
    Array.from({ length: 3 }, () => "string"),
  );
  expect(new Set(ofStreams.map(({ lastEventId }) => lastEventId)).size).toBe(3);
});

test("Where events don't come, what hasn't changed is answered with 304", async () => {
  await stop();
  await start({ streams: { each: 0 } });
  const view = api.put({ seconds: 1 });
  const seen: ImportView[] = [];
  const following = followImport(
    createApiClient({ url: wire.url, keys: [testKey] }),
    view.import_id,
    { onView: (one) => void seen.push(one), pauses: { poll: 5 } },
  );
  const statuses = () =>
    asked.filter(({ path }) => !path.endsWith("/events")).map(({ status }) => status);
  await expect.poll(() => statuses().length, { timeout: 10_000 }).toBeGreaterThan(3);
  api.put({ ...view, seconds: 2, status: "sealed" });
  expect((await following).status).toBe("sealed");
  expect(seen.map(({ status }) => status)).toEqual(["storing", "sealed"]);
  expect(statuses().slice(0, 4)).toEqual([200, 304, 304, 304]);
  expect(statuses().at(-1)).toBe(200);
});
