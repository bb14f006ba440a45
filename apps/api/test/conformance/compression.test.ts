import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from "node:zlib";
import type { FileView } from "@exhibit/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCompression } from "../../src/http/compression.ts";
import { bearer, testKey } from "../fake-door.ts";
import { anyScope, fakeImports, fileView, startApi } from "../fake-imports.ts";

const PAGE = 1000;
const fake = fakeImports();
const { import_id } = fake.put();
/** When the second page of a list is read. */
let secondPage = Promise.withResolvers<void>();
let pagesRead = 0;
let lastPage = 2;
let failsAt = Number.POSITIVE_INFINITY;
let api: Awaited<ReturnType<typeof startApi>>;
let url: string;

beforeAll(async () => {
  api = await startApi({
    imports: anyScope({
      ...fake.imports,
      async files(_id, { after, limit }) {
        const at = Number(after ?? 0);
        if (at === 1) await secondPage.promise;
        if (at === failsAt) throw new Error("the ledger went away");
        pagesRead += 1;
        const items = Array.from({ length: Math.min(limit, PAGE) }, (_, index): FileView => {
          // A list without an end has names that can't be compressed.
          const path =
            lastPage === 2 ? `扫描/${index}.jpg` : randomBytes(600).toString("base64url");
          return { ...fileView, file_id: String(at * PAGE + index), path };
        });
        return { items, next: at < lastPage ? String(at + 1) : null };
      },
    }),
  });
  url = `${await api.app.listen({ host: "127.0.0.1", port: 0 })}/v1/imports/${import_id}`;
});
afterAll(async () => {
  await api.app.close();
});

const ask = (path: string, headers: Record<string, string>) =>
  api.app.inject({ url: `/v1/imports/${import_id}${path}`, headers });
const decoded = { br: brotliDecompressSync, gzip: gunzipSync };

describe.each(["br", "gzip"] as const)("%s", (coding) => {
  const takes = { "accept-encoding": coding };

  test("says the same in a fourth of the bytes, under the same tag", async () => {
    const plain = await ask("/files?limit=1000", {});
    const answer = await ask("/files?limit=1000", takes);
    expect(answer.headers).toMatchObject({
      ...{ "content-encoding": coding, vary: "accept-encoding", etag: plain.headers.etag },
      "content-length": String(answer.rawPayload.length),
    });
    expect(decoded[coding](answer.rawPayload).toString()).toBe(plain.body);
    expect(answer.rawPayload.length).toBeLessThan(plain.rawPayload.length / 4);
    expect(plain.headers).toMatchObject({ vary: "accept-encoding" });
    expect(plain.headers).not.toHaveProperty("content-encoding");

    const tag = { "if-none-match": String(answer.headers.etag) };
    for (const headers of [tag, { ...tag, ...takes }]) {
      const same = await ask("/files?limit=1000", headers);
      expect([same.statusCode, same.body]).toEqual([304, ""]);
      expect(same.headers).toMatchObject({ vary: "accept-encoding", etag: answer.headers.etag });
      expect(same.headers).not.toHaveProperty("content-encoding");
    }
  });

  test("of an export is sent page by page, and ends with the digest of what is in it", async () => {
    secondPage = Promise.withResolvers();
    const answer = await open("/files.ndjson", takes);
    expect(answer.headers).toMatchObject({ "content-encoding": coding, vary: "accept-encoding" });
    const lines = answer.pipe(coding === "br" ? createBrotliDecompress() : createGunzip());
    let said = "";
    lines.setEncoding("utf8").on("data", (chunk) => {
      said += chunk;
    });
    // The next page isn't there before all of the first one has arrived.
    while (!said.endsWith("\n") || said.split("\n").length <= PAGE) await once(lines, "data");
    secondPage.resolve();
    await once(lines, "end");
    const end = JSON.parse(said.trimEnd().split("\n").at(-1) ?? "");
    expect(end).toMatchObject({ end: true, files: 3 * PAGE });
  });
});

test("what is short, an error, secret or a stream of events isn't compressed", async () => {
  const takes = { "accept-encoding": "gzip" };
  for (const path of ["", "/files?limit=1", "/nothing"]) {
    expect((await ask(path, takes)).headers).not.toHaveProperty("content-encoding");
  }
  const long = `/files?colour=${"x".repeat(5000)}`;
  expect((await ask(long, takes)).headers).not.toHaveProperty("content-encoding");
  const webhooks = await api.app.inject({ url: "/v1/webhooks", headers: takes });
  expect(webhooks.headers).not.toHaveProperty("vary");
  const events = await open("/events", takes);
  expect(events.headers).not.toHaveProperty("content-encoding");
  events.destroy();
});

test("an export that fails on its way breaks off, without an end", async () => {
  secondPage.resolve();
  failsAt = 2;
  const answer = await open("/files.ndjson", { "accept-encoding": "gzip" });
  const broken = once(answer, "error");
  answer.resume();
  expect(await broken).toMatchObject([{ code: "ECONNRESET" }]);
  failsAt = Number.POSITIVE_INFINITY;
});

test("an export isn't read faster than the client takes it, nor further once it is gone", async () => {
  secondPage.resolve();
  lastPage = Number.POSITIVE_INFINITY;
  const answer = await open("/files.ndjson", { "accept-encoding": "gzip" });
  await stands();
  const taken = pagesRead;
  answer.destroy();
  await stands();
  expect(pagesRead).toBe(taken);
});

describe("while others are compressed", () => {
  const reply = () => {
    const headers = new Map<string, unknown>([["content-type", "application/json"]]);
    return {
      statusCode: 200,
      getHeader: (name: string) => headers.get(name),
      header(name: string, value: unknown) {
        headers.set(name, value);
        return this;
      },
    };
  };
  const request = { headers: { "accept-encoding": "gzip" } } as unknown as FastifyRequest;
  const body = "x".repeat(5000);

  test("the third answer is sent as it is, and the next one isn't", async () => {
    const hook = createCompression();
    const send = async () => {
      const answer = reply();
      const sent = await hook.call(api.app, request, answer as unknown as FastifyReply, body);
      return { sent, coding: answer.getHeader("content-encoding") };
    };
    const [first, second, third] = await Promise.all([send(), send(), send()]);
    expect(third).toEqual({ sent: body, coding: undefined });
    for (const { sent, coding } of [first, second, await send()]) {
      expect([gunzipSync(sent as Buffer).toString(), coding]).toEqual([body, "gzip"]);
    }
  });

  test("the 21st export is sent as it is, until one has ended", async () => {
    const hook = createCompression();
    const send = async () => {
      const source = Readable.from([body]);
      const answer = reply() as unknown as FastifyReply;
      const sent = (await hook.call(api.app, request, answer, source)) as Readable;
      return { source, sent };
    };
    const sent = await Promise.all(Array.from({ length: 20 }, send));
    const beyond = await send();
    expect(beyond.sent).toBe(beyond.source);
    const [one, ...others] = sent;
    if (one === undefined) throw new Error("nothing was sent");
    expect(await text(one.sent.pipe(createGunzip()))).toBe(body);
    const next = await send();
    expect(next.sent).not.toBe(next.source);
    for (const { sent } of [...others, next]) {
      sent.destroy();
    }
  });
});

/** Opens an answer without reading it. */
async function open(path: string, headers: Record<string, string>): Promise<IncomingMessage> {
  const request = get(`${url}${path}`, {
    headers: { ...bearer(testKey), ...headers },
    agent: false,
  });
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return answer;
}

/** Waits until no page has been read for a while. */
async function stands(): Promise<void> {
  for (let before = -1; before !== pagesRead; ) {
    before = pagesRead;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
