import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { ExhibitError } from "@exhibit/contracts";
import { selfSigned } from "@exhibit/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { bytesAtMost, createSafeFetch, type SafeFetchOptions } from "../../src/index.ts";
import { inside, startDns } from "../../src/testing/index.ts";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** One receiver for all tests: what it does is in the path. */
const asked: Asked[] = [];
const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { method = "", url: path = "", headers } = request;
  asked.push({ method, path, headers, body: (await buffer(request)).toString() });
  const url = new URL(path, "http://x");
  const to = url.searchParams.get("to");
  if (to !== null) {
    // Servers write UTF-8, which Node does only byte by byte.
    const location = Buffer.from(to).toString("latin1");
    response.writeHead(302, { location }).end("moved");
  } else if (path === "/slow") return;
  else if (path === "/stalls") response.writeHead(200).write("a");
  else if (path === "/short") {
    response
      .writeHead(200, { "content-length": "10" })
      .write("abc", () => request.socket.destroy());
  } else if (path === "/endless") {
    const more = () => response.write(Buffer.alloc(65_536, "x"));
    response.on("drain", more).on("error", () => {});
    more();
  } else if (path === "/large-head") response.writeHead(200, { x: "x".repeat(20_000) }).end();
  else response.writeHead(Number(url.searchParams.get("status") ?? 200)).end("answer");
};
let http: Server;
let https: ReturnType<typeof createHttps>;
/** Counts connections, and says nothing: what nobody may reach. */
let trap: ReturnType<typeof createTcp>;
let connections = 0;
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  http = createServer((request, response) => void receive(request, response));
  https = createHttps(selfSigned, (request, response) => void receive(request, response));
  trap = createTcp((socket: Socket) => {
    connections += 1;
    socket.destroy();
  });
  for (const server of [http, https, trap]) server.listen(0, "127.0.0.1");
  await Promise.all(
    [http, https, trap].map((server) => server.listening || once(server, "listening")),
  );
});
afterAll(() => {
  http.closeAllConnections();
  https.closeAllConnections();
  for (const server of [http, https, trap]) server.close();
});

/** As strict as by default, but for plain HTTP and the ports of this test. */
function strict(more: SafeFetchOptions = {}) {
  const ports = [portOf(http), portOf(https), portOf(trap)];
  return createSafeFetch({ plain: true, ports, ca: selfSigned.cert, ...more });
}
/** The loopback may be called, as an administrator could allow it. */
const open = (more: SafeFetchOptions = {}) => strict({ allowedRanges: ["127.0.0.0/8"], ...more });
const at = (path: string) => `http://127.0.0.1:${portOf(http)}${path}`;

async function faultOf(work: Promise<unknown>): Promise<ExhibitError> {
  return await work.then(
    () => expect.fail("it succeeded"),
    (thrown: unknown) => (thrown instanceof ExhibitError ? thrown : Promise.reject(thrown)),
  );
}

test("a request goes out as it was given, and the answer comes back", async () => {
  const body = Buffer.from('{"a":1}');
  const headers = { "content-type": "application/json", "webhook-id": "1" };
  using response = await open().fetch(at("/hook?x=%20"), { method: "POST", headers, body });
  expect(response.status).toBe(200);
  expect(response.address).toBe("127.0.0.1");
  expect((await bytesAtMost(response, 100)).toString()).toBe("answer");
  expect(asked.at(-1)).toMatchObject({
    method: "POST",
    path: "/hook?x=%20",
    body: '{"a":1}',
    headers: {
      ...headers,
      host: `127.0.0.1:${portOf(http)}`,
      "content-length": "7",
      "accept-encoding": "identity",
      connection: "close",
    },
  });
});

test("TLS is over the same connection, and its certificate counts", async () => {
  const url = `https://localhost:${portOf(https)}/tls`;
  await using dns = await startDns(() => ["127.0.0.1"]);
  using response = await open({ lookup: dns.lookup }).fetch(url);
  expect(response.status).toBe(200);
  const byAddress = await open().fetch(`https://127.0.0.1:${portOf(https)}/tls`);
  byAddress[Symbol.dispose]();
  const other = open({ lookup: dns.lookup }).fetch(`https://other.test:${portOf(https)}/`);
  expect(await faultOf(other)).toMatchObject({
    code: "ADDRESS_UNREACHABLE",
    message: expect.stringContaining("certificate is for another name"),
  });
  const untrusted = createSafeFetch({
    ...{ ports: [portOf(https)], lookup: dns.lookup },
    allowedRanges: ["127.0.0.1"],
  });
  expect((await faultOf(untrusted.fetch(url))).message).toContain("self-signed");
});

const spellings = inside.map((host) => ({ host }));

test.each(spellings)("$host isn't called: by its text, at once", async ({ host }) => {
  const before = connections;
  for (const scheme of ["http", "https"]) {
    const url = `${scheme}://${host}:${portOf(trap)}/`;
    expect(() => strict().check(url)).toThrow(expect.objectContaining({ code: "ADDRESS_REFUSED" }));
    expect(await faultOf(strict().fetch(url))).toMatchObject({ code: "ADDRESS_REFUSED" });
  }
  expect(connections).toBe(before);
});

test.each(spellings)("$host isn't called: by a redirect", async ({ host }) => {
  // Only the receiver's own address is allowed; the trap is at another.
  const before = connections;
  const url = at(`/?to=${encodeURIComponent(`http://${host}:${portOf(trap)}/`)}`);
  // What is 127.0.0.1 in another spelling would be allowed here: its port isn't.
  const own = [{ host: "127.0.0.1", port: portOf(trap) }];
  const work = strict({ allowedRanges: ["127.0.0.1"], own }).fetch(url, { redirects: 5 });
  expect(await faultOf(work)).toMatchObject({ code: "ADDRESS_REFUSED" });
  expect(connections).toBe(before);
});

test("a name is looked up once, and what it says later counts for nothing", async () => {
  // The first answer may be called, the second one leads inside: a resolver that rebinds.
  await using dns = await startDns((_, times) => [times === 1 ? "127.0.0.1" : "127.0.0.2"]);
  const safe = strict({ lookup: dns.lookup, allowedRanges: ["127.0.0.1"] });
  const url = `http://rebinds.test:${portOf(http)}/`;
  using response = await safe.fetch(url);
  expect(response.address).toBe("127.0.0.1");
  expect(dns.asked).toEqual(["rebinds.test"]);
  expect(await faultOf(safe.fetch(url))).toMatchObject({ code: "ADDRESS_REFUSED" });
});

test("a name with one address inside among others isn't called at all", async () => {
  await using dns = await startDns((name) =>
    name === "first.test" ? ["127.0.0.2", "127.0.0.1"] : ["127.0.0.1", "127.0.0.2"],
  );
  const safe = strict({ lookup: dns.lookup, allowedRanges: ["127.0.0.1"] });
  for (const name of ["first.test", "last.test"]) {
    const work = safe.fetch(`http://${name}:${portOf(http)}/`);
    expect(await faultOf(work)).toMatchObject({ code: "ADDRESS_REFUSED" });
  }
});

test("who asks learns nothing of what is inside: one sentence, whatever is there", async () => {
  await using dns = await startDns((name) => (name.startsWith("no-") ? [] : ["127.0.0.1"]));
  const safe = strict({ lookup: dns.lookup });
  const before = connections;
  const sentences: string[] = [];
  for (const host of ["there.test", "no-such-name.test", "127.0.0.1", "127.9.9.9", "[::1]"]) {
    for (const port of [portOf(trap), portOf(http)]) {
      const { message, details } = await faultOf(safe.fetch(`http://${host}:${port}/`));
      sentences.push(message.replace(host, "HOST"));
      expect(details).toEqual({});
    }
  }
  expect(new Set(sentences)).toEqual(
    new Set(["HOST can't be called: it has no address, or one that this deployment may not call."]),
  );
  expect(connections).toBe(before);
});

test("a name server that doesn't answer is a fault that passes", async () => {
  await using dns = await startDns(() => "silence", 200);
  const work = strict({ lookup: dns.lookup }).fetch("https://example.test/");
  expect(await faultOf(work)).toMatchObject({ code: "ADDRESS_UNREACHABLE" });
});

test("our own services aren't called, even in a network that is allowed", async () => {
  await using dns = await startDns((name) =>
    name === "ledger.test" ? ["127.0.0.3"] : ["127.0.0.1"],
  );
  const places = [
    { host: "127.0.0.1", port: portOf(trap) },
    { host: "0.0.0.0", port: portOf(trap) },
    { host: "localhost", port: portOf(trap) },
    { host: "ledger.test", port: portOf(trap) },
  ];
  const before = connections;
  for (const own of places) {
    const safe = open({ own: [own], lookup: dns.lookup });
    const host = own.host === "ledger.test" ? "127.0.0.3" : "127.0.0.1";
    for (const name of [
      host,
      `[::ffff:${host}]`,
      ...(own.host === "ledger.test" ? [own.host] : ["us.test"]),
    ]) {
      const work = safe.fetch(`http://${name}:${portOf(trap)}/`);
      expect([own.host, name, (await faultOf(work)).code]).toEqual([
        own.host,
        name,
        "ADDRESS_REFUSED",
      ]);
    }
    // Another port of the same machine is another service.
    using response = await safe.fetch(at("/"));
    expect(response.status).toBe(200);
  }
  expect(connections).toBe(before);
});

test("a redirect is an answer like another, unless it is to be followed", async () => {
  using response = await open().fetch(at(`/?to=${encodeURIComponent(at("/end"))}`));
  expect([response.status, response.url.pathname]).toEqual([302, "/"]);
  using posted = await open().fetch(at(`/?to=/end`), { method: "POST", redirects: 5 });
  expect(posted.status).toBe(302);
});

test("redirects are followed as far as they are allowed, without credentials of another origin", async () => {
  const headers = { authorization: "Bearer x", cookie: "a=b", "x-own": "1" };
  using same = await open().fetch(at("/a?to=/end"), { redirects: 1, headers });
  expect([same.status, same.url.pathname]).toEqual([200, "/end"]);
  expect(asked.at(-1)?.headers).toMatchObject(headers);
  await using dns = await startDns(() => ["127.0.0.1"]);
  const safe = open({ lookup: dns.lookup });
  const to = `http://other.test:${portOf(http)}/end`;
  using crossed = await safe.fetch(at(`/?to=${encodeURIComponent(to)}`), { redirects: 1, headers });
  expect(crossed.url.host).toBe(new URL(to).host);
  expect(asked.at(-1)?.headers).toMatchObject({ "x-own": "1" });
  expect(asked.at(-1)?.headers).not.toHaveProperty("authorization");
  expect(asked.at(-1)?.headers).not.toHaveProperty("cookie");
});

/** Three redirects, one after the other. */
const at3 = `/1?to=${encodeURIComponent(`/2?to=${encodeURIComponent("/3?to=/4")}`)}`;

test.each([
  ["to one more and one more", at3, "more than 2 times"],
  ["to another scheme", `/?to=${encodeURIComponent("file:///etc/passwd")}`, "must begin with"],
  ["to a user", `/?to=${encodeURIComponent("http://a@127.0.0.1/")}`, "user or a password"],
  ["to another port", `/?to=${encodeURIComponent("http://127.0.0.1:1/")}`, "Port 1"],
])("a redirect %s is refused", async (_, path, reason) => {
  const fault = await faultOf(open().fetch(at(path), { redirects: 2 }));
  expect(fault).toMatchObject({
    code: "ADDRESS_REFUSED",
    message: expect.stringContaining(reason),
  });
});

test("a redirect may name its host in any script", async () => {
  await using dns = await startDns((name) => (name === "xn--fsq.test" ? ["127.0.0.1"] : []));
  const to = `http://例.test:${portOf(http)}/end`;
  using response = await open({ lookup: dns.lookup }).fetch(at(`/?to=${encodeURIComponent(to)}`), {
    redirects: 1,
  });
  expect([response.status, response.url.hostname]).toEqual([200, "xn--fsq.test"]);
});

test("a redirect never leads from TLS to none", async () => {
  const url = `https://127.0.0.1:${portOf(https)}/?to=${encodeURIComponent(at("/"))}`;
  const fault = await faultOf(open().fetch(url, { redirects: 5 }));
  expect(fault.message).toContain("from https:// to http://");
});

test("the environment's proxy is passed by", async () => {
  vi.stubEnv("NODE_USE_ENV_PROXY", "1");
  vi.stubEnv("HTTP_PROXY", `http://127.0.0.1:${portOf(trap)}`);
  const before = connections;
  using response = await open().fetch(at("/"));
  vi.unstubAllEnvs();
  expect([response.status, connections]).toEqual([200, before]);
});

test.each([
  ["that doesn't answer", "/slow", { answerWithin: 100 }, "within 0.1 s"],
  ["whose headers are too large", "/large-head", {}, "16 KiB"],
])("a receiver %s is a fault that passes", async (_, path, request, reason) => {
  expect(await faultOf(open().fetch(at(path), request))).toMatchObject({
    code: "ADDRESS_UNREACHABLE",
    message: expect.stringContaining(reason),
  });
});

test.each([
  ["stalls", "/stalls", "nothing has come for 0.1 s"],
  ["ends early", "/short", "closed the connection"],
])("an answer that %s is a fault when it is read", async (_, path, reason) => {
  using response = await open().fetch(at(path), { silence: 100 });
  expect(await faultOf(bytesAtMost(response, 100))).toMatchObject({
    code: "ADDRESS_UNREACHABLE",
    message: expect.stringContaining(reason),
  });
});

test("of an answer without end no more is read than is wanted", async () => {
  using response = await open().fetch(at("/endless"));
  expect((await bytesAtMost(response, 1024)).length).toBe(1024);
});

test("nothing listens, or it doesn't speak HTTP or TLS", async () => {
  const dead = createTcp().listen(0, "127.0.0.1");
  await once(dead, "listening");
  const port = portOf(dead);
  dead.close();
  await once(dead, "close");
  const safe = open({ ports: [port, portOf(trap), portOf(http), portOf(https)] });
  const sentences = {
    [`http://127.0.0.1:${port}/`]: "nothing listens there",
    [`http://127.0.0.1:${portOf(trap)}/`]: "closed the connection",
    [`https://127.0.0.1:${portOf(http)}/`]: "doesn't speak TLS",
    [`http://127.0.0.1:${portOf(https)}/`]: /closed the connection|doesn't speak HTTP/,
  };
  for (const [url, sentence] of Object.entries(sentences)) {
    const { code, message } = await faultOf(safe.fetch(url));
    expect(code).toBe("ADDRESS_UNREACHABLE");
    expect(message).toMatch(sentence);
  }
});

test("a signal ends a request at any time, with its own reason", async () => {
  const stop = new AbortController();
  const work = open().fetch(at("/slow"), { signal: stop.signal });
  await once(http, "request");
  stop.abort(new Error("stopped"));
  await expect(work).rejects.toThrow("stopped");
  const reading = new AbortController();
  using response = await open().fetch(at("/stalls"), { signal: reading.signal });
  const read = bytesAtMost(response, 100);
  reading.abort(new Error("stopped, too"));
  await expect(read).rejects.toThrow("stopped, too");
  await expect(
    open().fetch(at("/"), { signal: AbortSignal.abort(new Error("before")) }),
  ).rejects.toThrow("before");
});

test("a name that takes too long to look up ends by the time to connect", async () => {
  const safe = open({ lookup: () => new Promise(() => {}) });
  const fault = await faultOf(safe.fetch("https://example.test/", { connectWithin: 50 }));
  expect(fault.message).toContain("be connected to within 0.05 s");
});
