import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { tunnelBy } from "@exhibit/credentials";
import { startProxy } from "@exhibit/testkit/proxy";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { createObjectStore, type ObjectStore } from "../../src/index.ts";
import { type FakeOss, startFakeOss } from "../fake-oss.ts";
import { bodyOfBytes, bytesOf, holderOf, leaseFor } from "../leases.ts";
import { startTlsFront, type TlsFront } from "../tls-front.ts";

// OSS is reached over TLS. All other tests do without it, to see what is sent.

const trusted = getCACertificates("default");
const MiB = 1024 * 1024;

let oss: FakeOss;
let front: TlsFront;
let store: ObjectStore;

beforeEach(async () => {
  oss = await startFakeOss();
  front = await startTlsFront(oss.endpoint);
  store = createObjectStore({ baseDelay: 1, attempts: 2, singlePutLimit: MiB, partSize: MiB });
  setDefaultCACertificates([...trusted, front.certificate]);
});

afterEach(async () => {
  store.close();
  setDefaultCACertificates(trusted);
  await front.close();
  await oss.close();
});

function put(name: string, content: Buffer) {
  const leases = holderOf((number) => leaseFor(front.endpoint, number));
  return store.put({ leases, name, body: bodyOfBytes(content) });
}

it("small files and files in parts are stored, many at once and over kept connections", async () => {
  const contents = Array.from({ length: 60 }, (_, index) => bytesOf(1000 * index, index + 1));
  const large = bytesOf(5 * MiB + 3);
  await put("first", bytesOf(1));
  const stored = await Promise.all([
    put("large.mp4", large),
    ...contents.map((content, index) => put(`${index}.jpg`, content)),
  ]);
  expect(stored.map(({ outcome }) => outcome)).toEqual(stored.map(() => "stored"));
  for (const [index, content] of contents.entries())
    expect(oss.objects.get(`case/1001/${index}.jpg`)?.content.equals(content)).toBe(true);
  expect(oss.objects.get("case/1001/large.mp4")?.content.equals(large)).toBe(true);
  expect(front.connections.all).toBeLessThan(oss.requests.length);
});

it("the text of a response arrives, too", async () => {
  const response = { status: 403, code: "AccessDenied", message: "无权访问 ".repeat(20_000) };
  oss.always("PutObject", { kind: "respond", response });
  await expect(put("a.jpg", bytesOf(10))).rejects.toMatchObject({
    code: "STORE_DENIED",
    message: expect.stringContaining("无权访问"),
  });
});

it("a connection that the server has ended does no harm, and the next one resumes its session", async () => {
  await put("a.jpg", bytesOf(10));
  const { all } = front.connections;
  front.endConnections();
  await put("b.jpg", bytesOf(10));
  expect(oss.objects.size).toBe(2);
  expect(front.connections.all).toBeGreaterThan(all);
  expect(front.connections.resumed).toBeGreaterThan(0);
});

it("an IP address is verified like a name", async () => {
  await front.close();
  front = await startTlsFront(oss.endpoint, "127.0.0.1");
  setDefaultCACertificates([...trusted, front.certificate]);
  expect(await put("a.jpg", bytesOf(10))).toMatchObject({ outcome: "stored" });
});

it("nothing is sent to a server whose certificate isn't trusted, or is for another name", async () => {
  setDefaultCACertificates(trusted);
  await expect(put("a.jpg", bytesOf(10))).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    message: expect.stringMatching(/self-signed/),
  });
  setDefaultCACertificates([...trusted, front.certificate]);
  front.endpoint = front.endpoint.replace("localhost", "127.0.0.1");
  await expect(put("a.jpg", bytesOf(10))).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    message: expect.stringMatching(/altnames/),
  });
  expect(oss.requests).toEqual([]);
});

it.each(["http", "https"])(
  "through a proxy to %s, a tunnel is opened once for each connection that is kept",
  async (kind) => {
    const proxy = await startProxy("anna:s3cret");
    const endpoint = kind === "https" ? front.endpoint : oss.endpoint;
    const through = createObjectStore({
      baseDelay: 1,
      attempts: 2,
      singlePutLimit: MiB,
      partSize: MiB,
      tunnel: tunnelBy(() => new URL(proxy.url)),
    });
    onTestFinished(() => through.close());
    const leases = holderOf((number) => leaseFor(endpoint, number));
    const store = (name: string, content: Buffer) =>
      through.put({ leases, name, body: bodyOfBytes(content) });
    const large = bytesOf(5 * MiB + 3);
    await store("first", bytesOf(1));
    await Promise.all([store("large.mp4", large), store("a.jpg", bytesOf(1000))]);
    await store("b.jpg", bytesOf(1000));
    expect(oss.objects.get("case/1001/large.mp4")?.content.equals(large)).toBe(true);
    expect(oss.objects.size).toBe(4);
    expect(new Set(proxy.asked)).toEqual(new Set([new URL(endpoint).host]));
    expect(proxy.asked.length).toBeLessThan(oss.requests.length);
    // Connections that were cut are replaced.
    proxy.cut();
    await store("c.jpg", bytesOf(1000));
    expect(oss.objects.size).toBe(5);
  },
);

it("a proxy that refuses is named, and the next request tries it again", async () => {
  const proxy = await startProxy();
  const through = createObjectStore({
    baseDelay: 1,
    attempts: 2,
    tunnel: tunnelBy(() => new URL(proxy.url)),
  });
  onTestFinished(() => through.close());
  const leases = holderOf((number) => leaseFor(oss.endpoint, number));
  const store = () => through.put({ leases, name: "a.jpg", body: bodyOfBytes(bytesOf(10)) });
  proxy.status = 403;
  await expect(store()).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    message: expect.stringContaining("doesn't let us through"),
  });
  proxy.status = 200;
  expect(await store()).toMatchObject({ outcome: "stored" });
});

it("a request that waits for a proxy can be aborted", async () => {
  const proxy = await startProxy();
  proxy.isSilent = true;
  const through = createObjectStore({ tunnel: tunnelBy(() => new URL(proxy.url)) });
  onTestFinished(() => through.close());
  const leases = holderOf((number) => leaseFor(oss.endpoint, number));
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = through.put({ leases, name: "a.jpg", body: bodyOfBytes(bytesOf(10)), signal });
  await vi.waitFor(() => expect(proxy.asked).toHaveLength(1));
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "INTERRUPTED" });
});
