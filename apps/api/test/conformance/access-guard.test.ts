import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import type { AccessOptions } from "../../src/index.ts";
import { routes } from "../../src/routes.ts";
import { bearer, testKey } from "../fake-door.ts";
import { startApi } from "../fake-imports.ts";

let app: FastifyInstance | undefined;
afterEach(async () => {
  await app?.close();
});

async function start(access?: AccessOptions, host = "127.0.0.1") {
  const api = await startApi(access === undefined ? {} : { access });
  app = api.app;
  const { port } = new URL(await app.listen({ host, port: 0 }));
  return { ...api, port: Number(port) };
}

/** Sends lines as they are, with a key: no client of HTTP would. */
async function say(port: number, ...lines: string[]) {
  const socket = connect(port, "127.0.0.1");
  const more = [`authorization: Bearer ${testKey}`, "connection: close"];
  socket.end(`${[...lines, ...more].join("\r\n")}\r\n\r\n`);
  let answer = "";
  socket.setEncoding("utf8").on("data", (text) => {
    answer += text;
  });
  await once(socket, "close");
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), head, body };
}

const get = (port: number, host: string, path = "/v1/imports") =>
  say(port, `GET ${path} HTTP/1.1`, `host: ${host}`);

describe("The Host of a request", () => {
  it.each(["127.0.0.1", "localhost", "LOCALHOST.", "[::1]", "127.0.0.1:1", "[::1]:80"])(
    "may be %s",
    async (host) => {
      const { port } = await start();
      expect((await get(port, host)).status).toBe(200);
    },
  );

  it.each([
    "evil.example",
    "localhost.evil.example",
    "evil.example:7400",
    "127.0.0.1.evil.example",
    "10.9.8.7",
    "[fe80::1]",
    "0.0.0.0",
    "user@localhost",
    "localhost/x",
    "localhost:x",
    "",
  ])("can't be %j: nothing is read", async (host) => {
    const { port, calls } = await start();
    const { status, body } = await get(port, host);
    expect(status).toBe(421);
    expect(JSON.parse(body).code).toBe("HOST_REFUSED");
    expect(calls).toEqual([]);
  });

  it("can't be another in a request line of absolute form, which goes before the header, nor in a second header", async () => {
    const { port } = await start();
    const line = "GET http://evil.example/v1/imports HTTP/1.1";
    expect((await say(port, line, "host: localhost")).status).toBe(421);
    expect((await say(port, line.replace("http://", "HTTP://u@"), "host: localhost")).status).toBe(
      421,
    );
    const own = "GET http://localhost:7400/v1/imports HTTP/1.1";
    expect((await say(port, own, "host: localhost")).status).toBe(200);
    expect((await say(port, own, "host: evil.example")).status).toBe(421);
    const twice = ["host: localhost", "host: evil.example"];
    expect((await say(port, "GET /v1/imports HTTP/1.1", ...twice)).status).not.toBe(200);
  });

  it("is looked at before every route of the table, the docs, Bull Board and what isn't there", async () => {
    const { port, calls } = await start();
    const others = ["/docs", "/docs/json", "/openapi.json", "/queues/", "/queues/api/queues"];
    const paths = [
      ...routes.map(([method, url]) => [method, url.replace(/:\w+/, "x")]),
      ...[...others, "/nope"].map((path) => ["GET", path]),
      ["PUT", "/queues/api/queues/pause"],
    ];
    for (const [method, path] of paths) {
      const { status, body } = await say(port, `${method} ${path} HTTP/1.1`, "host: evil.example");
      expect([path, status]).toEqual([path, path === "/healthz" ? 200 : 421]);
      if (status !== 200) expect(JSON.parse(body).code).toBe("HOST_REFUSED");
    }
    expect(calls).toEqual([]);
  });

  it("may be a name of the configuration, by which a proxy or other containers call it", async () => {
    const names = ["exhibit.example.cn", "API", "10.9.8.7", "fd00::7"];
    const { port } = await start({ listensOn: "127.0.0.1", names });
    for (const host of ["exhibit.example.cn", "api:7400", "10.9.8.7:1", "[fd00:0::7]"]) {
      expect([host, (await get(port, host)).status]).toEqual([host, 200]);
    }
    expect((await get(port, "example.cn")).status).toBe(421);
  });

  it("may be an address of this machine where all of them are listened on", async () => {
    const { port } = await start({ listensOn: "0.0.0.0" }, "0.0.0.0");
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address, family } of addresses) {
      const host = family === "IPv6" ? `[${address}]` : address;
      expect([host, (await get(port, `${host}:7400`)).status]).toEqual([host, 200]);
    }
    expect((await get(port, "203.0.113.7")).status).toBe(421);
    expect((await get(port, "evil.example")).status).toBe(421);
  });
});

describe("A web page", () => {
  const post = (
    port: number,
    headers: Record<string, string>,
    path = "/v1/vendors/kongur/pause",
  ) => {
    const all = { host: `localhost:${port}`, "content-length": "0", ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    return say(port, `POST ${path} HTTP/1.1`, ...lines);
  };

  it.each<Record<string, string>>([
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://localhost:18080" },
    { origin: "file://" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: "http://localhost:18080" },
  ])("of %j may change nothing", async (headers) => {
    const { port, calls } = await start();
    for (const path of [
      "/v1/vendors/kongur/pause",
      "/v1/imports/x/retry",
      "/queues/api/queues/store/x/retry",
    ]) {
      const { status, body } = await post(port, headers, path);
      expect([path, status]).toEqual([path, 403]);
      expect(JSON.parse(body).code).toBe("ORIGIN_REFUSED");
    }
    expect(calls).toEqual([]);
  });

  it("of its own, and a client that isn't a browser, may act", async () => {
    const { port } = await start();
    const origin = `http://localhost:${port}`;
    for (const headers of [
      {},
      { origin },
      { origin, "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "none" },
    ]) {
      expect((await post(port, headers)).status).toBe(202);
    }
  });

  it("may act behind a proxy by the name that people use, whatever Host the proxy passes on", async () => {
    const publicUrl = "https://exhibit.example.cn:8443/evidence";
    const { port } = await start({
      listensOn: "127.0.0.1",
      names: ["exhibit.example.cn", "other.example.cn"],
      publicUrl,
    });
    for (const origin of ["https://exhibit.example.cn:8443", "https://other.example.cn"]) {
      expect((await post(port, { origin, "sec-fetch-site": "same-origin" })).status).toBe(202);
    }
    for (const origin of ["https://other.example.cn:81", "https://evil.example"]) {
      expect((await post(port, { origin })).status).toBe(403);
    }
  });

  it("gets no header that would let it read an answer, and no form or text is read", async () => {
    const { port, calls } = await start();
    const { head } = await say(
      port,
      "GET /v1/imports HTTP/1.1",
      "host: localhost",
      "origin: https://evil.example",
    );
    expect(head.toLowerCase()).not.toContain("access-control");
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "",
    ]) {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/imports`, {
        method: "POST",
        headers: { ...bearer(testKey), "content-type": type },
        body: new TextEncoder().encode('{"folders":[]}'),
      });
      expect(answer.status).toBe(415);
      expect(await answer.json()).toMatchObject({
        code: "MEDIA_TYPE_UNSUPPORTED",
        detail: expect.stringContaining("application/json"),
      });
    }
    expect(calls.filter(({ name }) => name === "create")).toEqual([]);
  });
});

it.each([
  ["DELETE", "/v1/imports", "POST, GET"],
  ["GET", "/v1/imports/x/retry", "POST"],
  ["POST", "/v1/bandwidth", "GET, PUT"],
  ["OPTIONS", "/v1/imports/x", "GET, PATCH"],
])("%s %s isn't allowed, but %s is", async (method, path, allow) => {
  const { port } = await start();
  const answer = await fetch(`http://127.0.0.1:${port}${path}?x=1`, {
    method,
    headers: bearer(testKey),
  });
  expect(answer.status).toBe(405);
  expect(answer.headers.get("allow")).toBe(allow);
  expect(await answer.json()).toMatchObject({ code: "METHOD_NOT_ALLOWED" });
});
