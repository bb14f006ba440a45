import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { viewOf } from "@exhibit/client/testing";
import type { Problem } from "@exhibit/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { bearer, testKey } from "../fake-door.ts";
import { startApi } from "../fake-imports.ts";

const MiB = 1024 * 1024;
const folder = {
  vendor: "kongur",
  folder: { suit_id: "1001" },
  source: { type: "directory", path: "/evidence/1001" },
};

let api: Awaited<ReturnType<typeof startApi>>;
let port: number;
async function start(options: Parameters<typeof startApi>[0] = {}): Promise<void> {
  api = await startApi(options);
  port = Number(new URL(await api.app.listen({ host: "127.0.0.1", port: 0 })).port);
}
afterEach(() => api.app.close());

function post(path: string, body: string | Readable): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { ...bearer(testKey), "content-type": "application/json" },
    body: typeof body === "string" ? body : (Readable.toWeb(body) as ReadableStream),
    duplex: "half",
  } as RequestInit);
}

/** The body of a response that isn't a success. */
async function problemIn(answer: Response): Promise<Problem> {
  return (await answer.json()) as Problem;
}

/** Sends the beginning of a request, and returns what comes until the connection is closed. */
async function begin(...lines: string[]) {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  let answer = "";
  socket.setEncoding("utf8").on("data", (text) => {
    answer += text;
  });
  // `once` of node:events would reject with an error of the socket.
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve())).then(() => {
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    return { status: Number(head.split(" ")[1]), head, body };
  });
  await once(socket, "connect");
  socket.write(lines.join("\r\n"));
  return { socket, closed, answers: () => answer };
}

const halfOf = (length: number, path = "/v1/imports", method = "POST") =>
  begin(
    `${method} ${path} HTTP/1.1`,
    "host: localhost",
    `authorization: Bearer ${testKey}`,
    "content-type: application/json",
    `content-length: ${length}`,
    "",
    "{",
  );

describe("A body's size", () => {
  it.each([
    ["/v1/vendors/kongur/pause", 1],
    ["/v1/imports", 8],
  ])("on %s is at most %i MiB, whether its length is told or not", async (path, most) => {
    await start();
    for (const body of [
      "x".repeat(most * MiB + 1),
      Readable.from(Array.from({ length: most * 16 + 1 }, () => Buffer.alloc(MiB / 16))),
    ]) {
      const answer = await post(path, body);
      expect(answer.status).toBe(413);
      const { code, detail } = await problemIn(answer);
      expect({ code, detail }).toEqual({
        code: "BODY_TOO_LARGE",
        detail: `The body is larger than the ${most} MiB that this route accepts.`,
      });
    }
    expect(api.calls).toEqual([]);
  });

  it("may be 8 MiB for 10,000 folders, but of four requests at once; small ones don't wait for them", async () => {
    await start();
    const path = `/${"证".repeat(220)}`;
    const folders = Array.from({ length: 10_000 }, () => ({
      ...folder,
      source: { ...folder.source, path },
    }));
    const large = JSON.stringify({ folders });
    expect(Buffer.byteLength(large)).toBeGreaterThan(7 * MiB);
    const finished = Promise.withResolvers<void>();
    let begun = 0;
    const four = Promise.withResolvers<void>();
    api.imports.create = async ({ folders: { length } }) => {
      if (length === 1) return viewOf();
      begun += 1;
      if (begun === 4) four.resolve();
      await finished.promise;
      return viewOf();
    };
    const underWay = Array.from({ length: 4 }, () => post("/v1/imports", large));
    await four.promise;
    const refused = await post("/v1/imports", large);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await problemIn(refused)).code).toBe("RATE_LIMITED");
    const small = await post("/v1/imports", JSON.stringify({ folders: [folder] }));
    expect(small.status).toBe(202);
    finished.resolve();
    for (const answer of await Promise.all(underWay)) expect(answer.status).toBe(202);
    expect((await post("/v1/imports", large)).status).toBe(202);
  });

  it("makes room again when a sender of a large body goes away", async () => {
    await start();
    const senders = await Promise.all(Array.from({ length: 4 }, () => halfOf(2 * MiB)));
    const large = JSON.stringify({ folders: [folder], why: "x".repeat(MiB) });
    expect((await post("/v1/imports", large)).status).toBe(429);
    for (const { socket } of senders) socket.destroy();
    await expect.poll(async () => (await post("/v1/imports", large)).status).toBe(400);
  });
});

describe("A hostile body", () => {
  it.each([
    ["a hundred thousand brackets deep", "[".repeat(100_000)],
    ["a hundred thousand objects deep", '{"a":'.repeat(100_000)],
    ["with __proto__", '{"__proto__":{"folders":[]},"folders":[]}'],
    ["with a constructor", '{"constructor":{"prototype":{"folders":[]}}}'],
    ["that ends early", '{"folders":['],
    ["that is no object", "[]"],
    ["that is empty", ""],
  ])("%s is refused", async (_, body) => {
    await start();
    const answer = await post("/v1/imports", body);
    expect(answer.status).toBe(400);
    expect((await problemIn(answer)).code).toBe("REQUEST_INVALID");
    expect(api.calls).toEqual([]);
  });

  it("that names something twice counts once, by its last value, and is checked by it", async () => {
    await start();
    const twice = `{"folders":[${JSON.stringify(folder)}],"folders":[]}`;
    expect((await post("/v1/imports", twice)).status).toBe(400);
    expect(api.calls).toEqual([]);
    expect((await post("/v1/vendors/kongur/pause", '{"why":"a","why":"b"}')).status).toBe(202);
    expect(api.calls).toMatchObject([{ args: ["kongur", { why: "b" }, "key:admin"] }]);
  });

  it("that is longer or shorter than it says brings no second request with it", async () => {
    await start();
    const head = [
      "POST /v1/vendors/kongur/pause HTTP/1.1",
      ...["host: localhost", `authorization: Bearer ${testKey}`, "content-type: application/json"],
    ];
    const hidden = "GET /v1/imports HTTP/1.1\r\nhost: localhost\r\n\r\n";
    // What is left of the first is no request with a key.
    const longer = await begin(...head, "content-length: 2", "", `{}${hidden}`);
    await expect.poll(() => longer.answers()).toMatch(/^HTTP\/1.1 202.*HTTP\/1.1 401/s);
    longer.socket.destroy();
    const shorter = await begin(...head, "content-length: 100", "", `{}${hidden.slice(0, 20)}`);
    shorter.socket.end();
    await shorter.closed;
    expect(api.calls).toHaveLength(1);
  });

  it("of 8 MiB, twenty at once, keeps nobody from being served", async () => {
    await start();
    const body = `{"folders":[${" ".repeat(8 * MiB - 20)}]}`;
    const answers = Array.from(
      { length: 20 },
      async () => (await post("/v1/imports", body)).status,
    );
    const health = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect(health.status).toBe(200);
    const statuses = await Promise.all(answers);
    expect(statuses.filter((status) => status !== 400 && status !== 429)).toEqual([]);
    expect(statuses).toContain(429);
  });
});

describe("What is counted isn't checked one by one", () => {
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, "v"]));

  it.each([
    [
      "keys of a folder",
      { folders: [{ ...folder, folder: keys(400_000) }] },
      "folders.0.folder",
      "10",
    ],
    ["suits", { folders: [folder], suit_ids: Array(1_000_000).fill("") }, "suit_ids", "10,000"],
    ["folders", { folders: Array(1_000_000).fill(0) }, "folders", "10,000"],
  ])("as too many %s, which are one fault", async (_, body, field, most) => {
    await start();
    const answer = await post("/v1/imports", JSON.stringify(body));
    expect(answer.status).toBe(400);
    expect((await problemIn(answer)).details.fields).toEqual([
      { field, reason: `it must have at most ${most} entries` },
    ]);
  });

  it("as unknown keys are, however many and however long: the answer stays short", async () => {
    await start();
    const strange = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, at) => [`${"\u{1b}".repeat(10)}${at}`, 0]),
    );
    const answer = await post("/v1/imports", JSON.stringify({ folders: [folder], ...strange }));
    const text = await answer.text();
    expect(text).toContain("and 99,995 more");
    expect(text.length).toBeLessThan(3_000);
  });

  it("as faults beyond the twentieth are, each of them short", async () => {
    await start();
    const path = "\u{7f}".repeat(700);
    const wrong = { ...folder, [path]: 1, folder: { [path]: 1 } };
    const answer = await post("/v1/imports", JSON.stringify({ folders: Array(5_000).fill(wrong) }));
    const text = await answer.text();
    expect(JSON.parse(text).details.fields).toHaveLength(20);
    expect(text.length).toBeLessThan(40_000);
  });
});

describe("A body's time", () => {
  it("is limited as a whole, however steadily it comes", async () => {
    await start({ bodyTimes: { whole: 300, stall: 60_000 } });
    const { socket, closed } = await halfOf(1_000_000);
    while (!socket.destroyed) {
      socket.write(" ");
      await pause(10);
    }
    const { status, head, body } = await closed;
    expect(status).toBe(408);
    expect(head.toLowerCase()).toContain("connection: close");
    expect(JSON.parse(body)).toMatchObject({
      code: "REQUEST_TOO_SLOW",
      detail: "The request's body wasn't there within 0.3 s.",
    });
  });

  it("is limited without a byte of it", async () => {
    await start({ bodyTimes: { whole: 60_000, stall: 200 } });
    const { closed } = await halfOf(1_000);
    const { status, body } = await closed;
    expect(status).toBe(408);
    expect(JSON.parse(body).detail).toBe("The request's body stalled for 0.2 s.");
  });

  it.each([
    ["a route that takes none", "GET", "/v1/imports"],
    ["a path that isn't there", "POST", "/nowhere"],
  ])("is limited for %s, too", async (_, method, path) => {
    await start({ bodyTimes: { stall: 200 } });
    const { closed } = await halfOf(1_000, path, method);
    expect((await closed).status).toBeGreaterThanOrEqual(200);
  });

  it("doesn't end a request that is worked on for longer than its body took", async () => {
    await start({ bodyTimes: { whole: 100, stall: 100 } });
    api.imports.create = async () => {
      await pause(500);
      return viewOf();
    };
    const answer = await post("/v1/imports", JSON.stringify({ folders: [folder] }));
    expect(answer.status).toBe(202);
  });

  it("closes all of many half-open requests, while others are served", async () => {
    await start({ bodyTimes: { whole: 60_000, stall: 500 } });
    const opened = await Promise.all(Array.from({ length: 500 }, () => halfOf(1_000)));
    expect(
      (await fetch(`http://127.0.0.1:${port}/v1/imports`, { headers: bearer(testKey) })).status,
    ).toBe(200);
    const answers = await Promise.all(opened.map(({ closed }) => closed));
    expect(answers.filter(({ status }) => status !== 408)).toEqual([]);
  });
});

describe("What is no request", () => {
  const request = [
    "POST /v1/imports HTTP/1.1",
    "host: localhost",
    "content-type: application/json",
  ];
  const encoded = "transfer-encoding: chunked";

  it.each<[string, number, string, string[]]>([
    ["headers of 17 KiB", 431, "HEADERS_TOO_LARGE", [...request, `a: ${"x".repeat(17_408)}`]],
    ["an address of 17 KiB", 431, "HEADERS_TOO_LARGE", [`GET /${"x".repeat(17_408)} HTTP/1.1`]],
    ["no HTTP", 400, "REQUEST_INVALID", ["hello"]],
    ["two lengths", 400, "REQUEST_INVALID", [...request, "content-length: 2", "content-length: 3"]],
    ["a length and chunks", 400, "REQUEST_INVALID", [...request, "content-length: 2", encoded]],
    ["chunks that aren't last", 400, "REQUEST_INVALID", [...request, `${encoded}, identity`]],
    ["a folded header", 400, "REQUEST_INVALID", [...request, "a: b", " c"]],
    ["a bare line feed", 400, "REQUEST_INVALID", [...request, "a: b\nc: d"]],
  ])("such as %s is answered by %i in the form of all errors", async (_, status, code, lines) => {
    await start();
    const { closed } = await begin(...lines, "", "{}");
    const answer = await closed;
    expect(answer.status).toBe(status);
    expect(answer.head).toContain("content-type: application/problem+json");
    expect(answer.head).toContain("x-content-type-options: nosniff");
    expect(JSON.parse(answer.body)).toMatchObject({ status, code, remedy: expect.any(String) });
  });
});

it("Connections are limited, and rest for longer than those of usual proxies", async () => {
  await start();
  const { maxConnections, keepAliveTimeout } = api.app.server;
  expect({ maxConnections, keepAliveTimeout }).toEqual({
    maxConnections: 5_000,
    keepAliveTimeout: 72_000,
  });
});
