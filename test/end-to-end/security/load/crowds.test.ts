import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { ImportRequest, ImportView } from "@exhibit/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyEngine, directory, type System, startSystem } from "../../../support/system.ts";

const MiB = 1024 * 1024;
const WATCHERS = 1_000;
/** What one principal may have open. */
const EACH = 20;
const CONNECTIONS = 2_000;

describe.each(anyEngine)("A crowd of clients (%s)", (kind) => {
  let system: System;
  let importId: string;

  beforeAll(async () => {
    system = await startSystem(kind);
    await system.worker.stop();
    const suit_ids = Array.from({ length: 10_000 }, (_, at) => `${at}-`.padEnd(200, "案"));
    const folders = [directory("kongur", { suit_id: "1001" }, join(system.root, "missing"))];
    const request: ImportRequest = { entrust_id: "E-77", suit_ids, folders };
    importId = (await system.post<ImportView>("/v1/imports", request)).body.import_id;
  });
  afterAll(() => system[Symbol.asyncDispose]());

  async function open(head: string[], end = "\r\n\r\n"): Promise<Socket> {
    const socket = connect(Number(new URL(system.apiUrl).port), "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write(`${head.join("\r\n")}${end}`);
    return socket;
  }

  test("of 2,000 half-open connections, whose headers or bodies don't come, keeps nobody waiting", async () => {
    const before = process.memoryUsage().rss;
    const half = [
      "POST /v1/imports HTTP/1.1",
      ...["host: localhost", `authorization: Bearer ${system.key}`],
      ...["content-type: application/json", "content-length: 1000"],
    ];
    const sockets = await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, at) =>
        at % 2 === 0 ? open(half) : open(["GET / HTTP/1.1", "host: localhost"], "\r\n"),
      ),
    );
    const work = blocks();
    expect((await system.ask("/healthz")).status).toBe(200);
    expect((await system.ask(`/v1/imports/${importId}`)).status).toBe(200);
    expect(work.longest()).toBeLessThan(1_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MiB);
    for (const socket of sockets) socket.destroy();
  });

  test("of 1,000 watchers sees each change and the end of an import with 10,000 suits, and others are served meanwhile", async () => {
    const keys = await Promise.all(
      Array.from({ length: WATCHERS / EACH }, (_, at) =>
        system.makeKey(`w${at}`, { role: "viewer" }),
      ),
    );
    const before = process.memoryUsage().rss;
    const streams = await Promise.all(
      Array.from({ length: WATCHERS }, async (_, at) => {
        const socket = await open([
          `GET /v1/imports/${importId}/events HTTP/1.1`,
          ...["host: localhost", `authorization: Bearer ${keys[at % keys.length]}`],
        ]);
        const stream = { bytes: 0, events: 0, hasEnd: false };
        socket.on("data", (bytes) => {
          stream.bytes += bytes.length;
          // A piece may begin within an event, but its first line is rarely cut.
          stream.events += bytes.includes("event: progress") ? 1 : 0;
          stream.hasEnd ||= bytes.includes("event: end");
        });
        const opened = once(socket, "data");
        const closed = once(socket, "close");
        await opened;
        return { stream, closed };
      }),
    );
    const work = blocks();
    const cpu = process.cpuUsage();
    await system.worker.start();
    const ends = Promise.all(streams.map(({ closed }) => closed));
    let isOver = false;
    void ends.then(() => {
      isOver = true;
    });
    while (!isOver) {
      expect((await system.ask("/healthz")).status).toBe(200);
      await Promise.race([ends, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    const { user, system: kernel } = process.cpuUsage(cpu);
    expect(streams.filter(({ stream }) => !stream.hasEnd)).toEqual([]);
    // Each was sent what it looked like, its end, and no more than a few changes between.
    const most = Math.max(...streams.map(({ stream }) => stream.bytes));
    expect(most).toBeLessThan(1 * MiB);
    expect(work.longest()).toBeLessThan(2_000);
    expect((user + kernel) / 1e6).toBeLessThan(20);
    expect(process.memoryUsage().rss - before).toBeLessThan(500 * MiB);
  });
});

/**
 * Watches for how long this process works without a pause, in milliseconds of its own time on a
 * processor: what others do on the machine doesn't count.
 */
function blocks() {
  let longest = 0;
  let last = process.cpuUsage();
  const look = () => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    longest = Math.max(longest, (user + system) / 1_000);
  };
  const timer = setInterval(look, 5);
  return {
    longest() {
      clearInterval(timer);
      look();
      return longest;
    },
  };
}
