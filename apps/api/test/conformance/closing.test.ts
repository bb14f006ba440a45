import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { bearer, testKey } from "../fake-door.ts";
import { startApi } from "../fake-imports.ts";

const MiB = 1024 * 1024;

/** Opens a connection and sends a text. */
async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

function requestOf(length: number): string {
  const { authorization } = bearer(testKey);
  return [
    "POST /v1/imports HTTP/1.1",
    "host: localhost",
    `authorization: ${authorization}`,
    "content-type: application/json",
    `content-length: ${length}`,
    "",
    "",
  ].join("\r\n");
}

it("An API that closes waits for no connection that falls idle meanwhile", async () => {
  const api = await startApi();
  const port = Number(new URL(await api.app.listen({ host: "127.0.0.1", port: 0 })).port);
  // Its answer comes before its body has: the connection is in use until the rest of it arrives.
  const busy = await Promise.all(Array.from({ length: 4 }, () => open(port, requestOf(2 * MiB))));
  const refused = await open(port, requestOf(2 * MiB));
  const [answer] = await once(refused.setEncoding("utf8"), "data");
  expect(answer).toContain("429");
  for (const socket of busy) socket.destroy();

  const closed = api.app.close();
  await pause(200);
  refused.write("x".repeat(2 * MiB));
  const started = Date.now();
  await closed;
  // Node itself would wait for as long as a connection may be idle: 72 s.
  expect(Date.now() - started).toBeLessThan(5_000);
});

it("An API that closes ends what takes too long", async () => {
  const api = await startApi({ closing: { grace: 300 } });
  const port = Number(new URL(await api.app.listen({ host: "127.0.0.1", port: 0 })).port);
  const started = Date.now();
  const stuck = await open(port, `${requestOf(2 * MiB)}{`);
  await pause(50);
  await api.app.close();
  expect(Date.now() - started).toBeGreaterThanOrEqual(300);
  expect(Date.now() - started).toBeLessThan(5_000);
  stuck.destroy();
});
