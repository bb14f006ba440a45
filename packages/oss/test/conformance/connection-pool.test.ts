import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { createConnectionPool } from "../../src/http/connection-pool.ts";
import type { OutgoingBody } from "../../src/http/request.ts";
import { addressOf } from "../../src/signing/addressing.ts";
import { leaseFor } from "../leases.ts";

const transport = createConnectionPool({ maxSockets: 4, idleTimeout: 20_000 });
const servers: (http.Server | net.Server)[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    if (server instanceof http.Server) server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: http.RequestListener): Promise<string> {
  const server = http.createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts a server whose responses needn't be HTTP. */
async function serveRaw(response: (socket: net.Socket, path: string) => void): Promise<string> {
  const server = net.createServer((socket) => {
    socket.once("data", (head) => response(socket, /^PUT (\S+)/.exec(String(head))?.[1] ?? ""));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(endpoint: string, body?: OutgoingBody, key = "k") {
  const address = addressOf(leaseFor(endpoint).bucket, key, {});
  return transport.send({ method: "PUT", address, headers: {}, ...(body && { body }) });
}

it("throws the body's own error, not the broken connection's, and cuts the request short", async () => {
  const arrived = Promise.withResolvers<void>();
  const cut = Promise.withResolvers<void>();
  const endpoint = await serve((request) => {
    arrived.resolve();
    request.on("error", () => cut.resolve()).resume();
  });
  const failure = new Error("the disk is gone");
  async function* chunks() {
    yield Buffer.alloc(10);
    await arrived.promise;
    throw failure;
  }
  await expect(send(endpoint, { length: 20, chunks: chunks() })).rejects.toBe(failure);
  await cut.promise;
});

it.each([
  [19, "fewer"],
  [21, "more"],
])("doesn't complete a body of %i bytes that was declared with 20", async (length, difference) => {
  let whole = false;
  const endpoint = await serve((request, response) =>
    request.resume().on("end", () => {
      whole = true;
      response.end();
    }),
  );
  const body = { length: 20, chunks: [Buffer.alloc(10), Buffer.alloc(length - 10)] };
  await expect(send(endpoint, body)).rejects.toThrow(
    expect.objectContaining({
      code: "SOURCE_CHANGED",
      message: expect.stringContaining(difference),
    }),
  );
  expect(whole).toBe(false);
});

it("reads no more of a body than the connection takes", async () => {
  let taken = 0;
  const endpoint = await serve((request, response) => {
    // Nothing is read, so the pipe fills up; an early response then ends the sending.
    setTimeout(() => response.end("enough"), 100);
    request.pause();
  });
  function* chunks() {
    for (; taken < 4000; taken += 1) yield Buffer.alloc(65_536);
  }
  const response = await send(endpoint, { length: 4000 * 65_536, chunks: chunks() });
  expect(response.body.toString()).toBe("enough");
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(400);
});

it("keeps responses apart that arrive byte by byte on many connections", async () => {
  const pieces: { socket: net.Socket; text: string }[] = [];
  const started = Promise.withResolvers<void>();
  const endpoint = await serveRaw((socket, path) => {
    socket.setNoDelay(true);
    const body = `the response to ${path}`;
    const isChunked = path.endsWith("1");
    const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
    const framed = isChunked ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body;
    pieces.push({
      socket,
      text: `HTTP/1.1 200 OK\r\nx-of: ${path}\r\n${framing}\r\n\r\n${framed}`,
    });
    if (pieces.length === 4) started.resolve();
  });
  const responses = Promise.all(["0", "1", "2", "3"].map((key) => send(endpoint, undefined, key)));
  await started.promise;
  const longest = Math.max(...pieces.map(({ text }) => text.length));
  for (let at = 0; at < longest; at += 1) {
    for (const { socket, text } of pieces) if (at < text.length) socket.write(text.charAt(at));
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const [index, { headers, body }] of (await responses).entries()) {
    expect(headers["x-of"]).toBe(`/evidence/${index}`);
    expect(body.toString()).toBe(`the response to /evidence/${index}`);
  }
});

it("accepts a response that ends with its connection", async () => {
  const endpoint = await serveRaw((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nall of it"));
  expect((await send(endpoint)).body.toString()).toBe("all of it");
});

it("reports a connection that is closed in the middle of a response", async () => {
  const endpoint = await serveRaw((socket) =>
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
  );
  await expect(send(endpoint)).rejects.toThrow("closed before the response");
});

it("refuses a response without end", async () => {
  const endpoint = await serve((_, response) => response.end(Buffer.alloc(2_000_000)));
  await expect(send(endpoint)).rejects.toThrow("longer than");
});

it("reuses a connection", async () => {
  const ports = new Set<unknown>();
  const endpoint = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    request.resume().on("end", () => response.end());
  });
  for (let number = 0; number < 3; number += 1) {
    await send(endpoint, { length: 3, chunks: [Buffer.from("abc")] });
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(ports.size).toBe(1);
});

it("closes a connection whose body was cut short by an early response", async () => {
  const closed: Promise<void>[] = [];
  const endpoint = await serve((request, response) => {
    closed.push(new Promise((resolve) => request.socket.once("close", () => resolve())));
    response.writeHead(409).end();
  });
  const responded = Promise.withResolvers<void>();
  async function* chunks() {
    yield Buffer.alloc(10);
    await responded.promise;
    yield Buffer.alloc(10);
  }
  expect(await send(endpoint, { length: 20, chunks: chunks() })).toMatchObject({ status: 409 });
  await Promise.all(closed);
  expect(closed).toHaveLength(1);
  responded.resolve();
});

it("sends nothing else on a connection that still owes the end of a body", async () => {
  const ports: unknown[] = [];
  const endpoint = await serve((request, response) => {
    ports.push(request.socket.remotePort);
    request.resume();
    response.writeHead(409, { "content-length": 0 }).end();
  });
  const over = Promise.withResolvers<void>();
  async function* chunks() {
    yield Buffer.alloc(10);
    await over.promise;
    yield Buffer.alloc(10);
  }
  await send(endpoint, { length: 20, chunks: chunks() });
  await send(endpoint, { length: 3, chunks: [Buffer.from("abc")] });
  over.resolve();
  expect(new Set(ports).size).toBe(2);
});

/** Starts a server that counts the bytes that arrive. */
async function counting() {
  const seen = { bytes: 0 };
  const endpoint = await serve((request, response) =>
    request
      .on("data", (chunk: Buffer) => {
        seen.bytes += chunk.length;
      })
      .on("end", () => response.end()),
  );
  return { endpoint, seen };
}

it("keeps to a limit with all its requests together, and shares it among them", async () => {
  const { endpoint, seen } = await counting();
  const paced = createConnectionPool({ maxSockets: 8, idleTimeout: 20_000 });
  const rate = 2 * 1024 * 1024;
  paced.pace(rate);
  const address = addressOf(leaseFor(endpoint).bucket, "k", {});
  const size = 512 * 1024;
  const startedAt = performance.now();
  const ended = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const body = { length: size, chunks: [Buffer.alloc(size)] };
      await paced.send({ method: "PUT", address, headers: {}, body });
      return performance.now() - startedAt;
    }),
  );
  expect(seen.bytes).toBe(8 * size);
  const seconds = Math.max(...ended) / 1000;
  // A busy machine makes it slower, and nothing makes it faster.
  expect(seen.bytes / seconds).toBeGreaterThan(0.5 * rate);
  expect(seen.bytes / seconds).toBeLessThan(1.1 * rate);
  // No request waits until others have ended.
  expect(Math.min(...ended)).toBeGreaterThan(0.7 * Math.max(...ended));
  paced.close();
});

it("doesn't take our own limit for a silent line, applies a new one at once, and can be aborted meanwhile", async () => {
  const { endpoint, seen } = await counting();
  const paced = createConnectionPool({ maxSockets: 8, idleTimeout: 1000 });
  paced.pace(1024);
  const address = addressOf(leaseFor(endpoint).bucket, "k", {});
  const stop = new AbortController();
  const send = (signal?: AbortSignal) => {
    const body = { length: 65_536, chunks: [Buffer.alloc(65_536)] };
    return paced.send({ method: "PUT", address, headers: {}, body, signal });
  };
  const sent = send();
  const stopped = send(stop.signal);
  // The first piece goes at once; the second would take 16 s.
  while (seen.bytes < 16_384) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  stop.abort("enough");
  await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
  paced.pace(undefined);
  expect(await sent).toMatchObject({ status: 200 });
  paced.close();
});

it("asks for the key in the path, with each byte encoded", async () => {
  let url: string | undefined;
  const endpoint = await serve((request, response) => {
    url = request.url;
    response.end();
  });
  await send(endpoint, undefined, "案/a b+c'(d)%#?&=.txt");
  expect(url).toBe("/evidence/%E6%A1%88/a%20b%2Bc%27%28d%29%25%23%3F%26%3D.txt");
});

it("puts the bucket into the host name for virtual hosts", () => {
  const { bucket } = leaseFor("https://oss-cn-hangzhou.aliyuncs.com", 1, { pathStyle: false });
  expect(addressOf(bucket, "a/b", { uploadId: "U+1", uploads: "" })).toEqual({
    secure: true,
    hostname: "evidence.oss-cn-hangzhou.aliyuncs.com",
    port: "",
    path: "/a/b?uploadId=U%2B1&uploads",
  });
});

it("verifies certificates: it doesn't speak plain HTTP to an https address", async () => {
  const endpoint = (await serve((_, response) => response.end())).replace("http:", "https:");
  await expect(send(endpoint)).rejects.toThrow(/SSL|TLS|wrong version/i);
});
