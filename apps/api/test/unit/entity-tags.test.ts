import { afterEach, beforeEach, expect, it } from "vitest";
import { startApi } from "../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
beforeEach(async () => {
  api = await startApi();
  api.put({ import_id: id, seconds: 1 });
});
afterEach(async () => {
  await api.app.close();
});

const get = (url: string, tag?: string, method: "GET" | "HEAD" = "GET") =>
  api.app.inject({ method, url, headers: tag === undefined ? {} : { "if-none-match": tag } });
const tagOf = async (url: string) => String((await get(url)).headers.etag);

it.each([
  `/v1/imports/${id}`,
  "/v1/imports",
  `/v1/imports/${id}/folders`,
  `/v1/imports/${id}/files`,
  "/v1/vendors",
  "/v1/vendors/kongur/leases",
  "/v1/queues",
  "/v1/bandwidth",
])("answers 304 to a client that has what %s says", async (url) => {
  const first = await get(url);
  expect(first.headers).toMatchObject({
    etag: expect.stringMatching(/^W\/"[\w-]{22}(\.[\w-]{8})?"$/),
    "cache-control": "private, no-cache",
  });
  const tag = String(first.headers.etag);
  const second = await get(url, tag);
  expect([second.statusCode, second.body]).toEqual([304, ""]);
  expect(second.headers.etag).toBe(tag);
  expect(second.headers).not.toHaveProperty("content-type");
  expect((await get(url, undefined, "HEAD")).headers.etag).toBe(tag);
  expect((await get(url, tag, "HEAD")).statusCode).toBe(304);
  expect((await get(url, 'W/"another"')).statusCode).toBe(200);
});

it("has the same tag while only the time passes, and another after any change", async () => {
  const url = `/v1/imports/${id}`;
  const tag = await tagOf(url);
  for (const seconds of [2, 0, 1.5, 1e21, 1e-7]) {
    api.put({ import_id: id, seconds, idle_seconds: seconds });
    expect((await get(url, tag)).statusCode).toBe(304);
  }
  api.put({ import_id: id, stored: 1 });
  expect((await get(url, tag)).statusCode).toBe(200);
  // Somebody else's text that looks like it is text.
  api.put({ import_id: id, entrust_id: '"seconds":1' });
  const text = await tagOf(url);
  api.put({ import_id: id, entrust_id: '"seconds":2' });
  expect(await tagOf(url)).not.toBe(text);
});

it.each([
  ["one of several", (tag: string) => `"a", ${tag}, W/"b"`, 304],
  ["written as a strong one", (tag: string) => tag.slice(2), 304],
  ["any", () => "*", 304],
  ["a part of it", (tag: string) => tag.slice(0, -4), 200],
  ["nothing", () => "", 200],
] as const)("understands a tag that is %s", async (_, given, status) => {
  const tag = await tagOf("/v1/vendors");
  expect((await get("/v1/vendors", given(tag))).statusCode).toBe(status);
});

it("tags successes alone", async () => {
  const answer = await get("/v1/imports/unknown", "*");
  expect(answer.statusCode).toBe(404);
  expect(answer.headers).not.toHaveProperty("etag");
});
