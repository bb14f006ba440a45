import type { ServerResponse } from "node:http";
import { createApiClient, toArray } from "@exhibit/client";
import type { ExhibitError } from "@exhibit/contracts";
import { describe, expect, test } from "vitest";
import { deadUrl, errorJson, json, startFakeApi } from "../../src/testing/fake-api.ts";
import { folderOf } from "../../src/testing/file-views.ts";
import { importId, viewOf } from "../../src/testing/import-views.ts";
import { keyOf, newKeyText } from "../../src/testing/key-views.ts";

test("sends an import and reads its view", async () => {
  await using api = await startFakeApi((response) => json(response, viewOf(), 202));
  const request = {
    entrust_id: "E-77",
    suit_ids: [],
    folders: [
      {
        vendor: "kongur",
        folder: { role: "firm" },
        source: { type: "directory" as const, path: "/e" },
      },
    ],
  };
  expect(await createApiClient({ url: `${api.url}/` }).create(request)).toEqual(viewOf());
  expect(api.asked).toEqual([
    { method: "POST", path: "/v1/imports", body: request, idempotencyKey: expect.any(String) },
  ]);
});

test("reads the workers, the queues, leases, and rates of one import and of all", async () => {
  const rates = { step_seconds: 5, points: [] };
  await using api = await startFakeApi((response, { path }) =>
    json(response, path.includes("rates") ? rates : { items: [] }),
  );
  const client = createApiClient({ url: api.url });
  expect(await client.workers()).toEqual({ items: [] });
  expect(await client.queues()).toEqual({ items: [] });
  expect(await client.leases("kong/ur")).toEqual({ items: [] });
  expect(await client.rates()).toEqual(rates);
  expect(await client.rates({ last: "1d" }, importId)).toEqual(rates);
  expect(api.asked.map(({ path }) => path)).toEqual([
    "/v1/workers",
    "/v1/queues",
    "/v1/vendors/kong%2Fur/leases",
    "/v1/rates?",
    `/v1/imports/${importId}/rates?last=1d`,
  ]);
});

test("says who acts, whatever letters are in the name", async () => {
  await using api = await startFakeApi((response) => json(response, viewOf(), 202));
  await createApiClient({ url: api.url, actor: "王芳" }).waive(importId, { why: "gone" });
  expect(api.asked).toEqual([
    {
      method: "POST",
      path: `/v1/imports/${importId}/waive`,
      body: { why: "gone" },
      actor: encodeURIComponent("王芳"),
    },
  ]);
});

describe("creating an import", () => {
  const request = { suit_ids: [], folders: [] };
  const lose = (response: ServerResponse) => void response.destroy();

  test("whose response is lost is repeated under the same key, and told of", async () => {
    const answers: ((response: ServerResponse) => void)[] = [
      lose,
      (response) => errorJson(response, 503, "SERVICE_UNREACHABLE", "The ledger is away."),
      (response) => {
        response.setHeader("retry-after", "0");
        errorJson(response, 409, "IDEMPOTENCY_IN_FLIGHT", "It is under way.");
      },
      (response) => json(response, viewOf(), 202),
    ];
    await using api = await startFakeApi((response) => answers.shift()?.(response));
    const told: string[] = [];
    const client = createApiClient({ url: api.url });
    const options = { repeatFor: 30_000, onRepeat: ({ code }: ExhibitError) => told.push(code) };
    expect(await client.create(request, options)).toEqual(viewOf());
    expect(told).toEqual(["SERVICE_UNREACHABLE", "SERVICE_UNREACHABLE", "IDEMPOTENCY_IN_FLIGHT"]);
    expect(new Set(api.asked.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    answers.push((response) => json(response, viewOf(), 202));
    await client.create(request, { idempotencyKey: "k" });
    const [first, , , , last] = api.asked;
    expect(first?.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
    expect(last?.idempotencyKey).toBe("k");
  });

  test("isn't repeated unless that is asked for, nor after a refusal, nor when nobody is there", async () => {
    await using silent = await startFakeApi(lose);
    await expect(createApiClient({ url: silent.url }).create(request)).rejects.toMatchObject({
      code: "SERVICE_UNREACHABLE",
    });
    expect(silent.asked).toHaveLength(1);

    await using refusing = await startFakeApi((response) =>
      errorJson(response, 422, "IDEMPOTENCY_MISMATCH", "Another request."),
    );
    const patient = { repeatFor: 30_000, onRepeat: () => expect.unreachable() };
    await expect(
      createApiClient({ url: refusing.url }).create(request, patient),
    ).rejects.toMatchObject({ code: "IDEMPOTENCY_MISMATCH" });
    expect(refusing.asked).toHaveLength(1);

    await expect(
      createApiClient({ url: await deadUrl() }).create(request, patient),
    ).rejects.toMatchObject({ details: { sent: false } });
  });
});

test("gives the server's own error: code, sentence, details", async () => {
  await using api = await startFakeApi((response) =>
    errorJson(response, 409, "STATE_CONFLICT", "The import is sealed."),
  );
  await expect(createApiClient({ url: api.url }).retry(importId)).rejects.toMatchObject({
    name: "ExhibitError",
    code: "STATE_CONFLICT",
    message: "The import is sealed.",
  });
});

test("says how long the server asks to wait, if that is too long", async () => {
  await using api = await startFakeApi((response) => {
    response.setHeader("retry-after", "2");
    errorJson(response, 429, "RATE_LIMITED", "Too many.");
  });
  const hurried = createApiClient({ url: api.url, patience: 1_000 });
  await expect(hurried.retry(importId)).rejects.toMatchObject({
    code: "RATE_LIMITED",
    retryAfter: 2_000,
  });
  expect(api.asked).toHaveLength(1);
});

test("waits as the server asks, and sends the request again, whatever it is", async () => {
  const answers = [
    [429, "RATE_LIMITED"],
    [503, "OVERLOADED"],
  ] as const;
  let refused = 0;
  await using api = await startFakeApi((response) => {
    const [status, code] = answers[refused] ?? [];
    if (status === undefined) return json(response, viewOf(), 202);
    refused += 1;
    response.setHeader("retry-after", "0.2");
    errorJson(response, status, code ?? "", "Too much.");
  });
  const waited: string[] = [];
  const client = createApiClient({ url: api.url, onWait: ({ code }) => waited.push(code) });
  const begun = Date.now();
  expect(await client.retry(importId)).toEqual(viewOf());
  expect(Date.now() - begun).toBeGreaterThanOrEqual(390);
  expect(waited).toEqual(["RATE_LIMITED", "OVERLOADED"]);
  expect(api.asked.map(({ method }) => method)).toEqual(["POST", "POST", "POST"]);
});

test("nobody there is SERVICE_UNREACHABLE, with the address and the reason", async () => {
  const url = await deadUrl();
  await expect(createApiClient({ url }).get(importId)).rejects.toMatchObject({
    code: "SERVICE_UNREACHABLE",
    message: `No Exhibit API answers at ${url} (ECONNREFUSED).`,
  });
});

test("an API that is silent is SERVICE_UNREACHABLE, too", async () => {
  await using api = await startFakeApi(() => undefined);
  await expect(createApiClient({ url: api.url, timeout: 50 }).get(importId)).rejects.toMatchObject({
    code: "SERVICE_UNREACHABLE",
    message: expect.stringContaining("took too long"),
  });
});

test.each([
  ["a page of something else", 200, "<html></html>"],
  ["an object of another shape", 200, '{"status":"fine"}'],
  ["an error that isn't ours", 502, "Bad gateway"],
])("%s is INTERNAL and says what was asked", async (_, status, body) => {
  await using api = await startFakeApi((response) => void response.writeHead(status).end(body));
  await expect(createApiClient({ url: api.url }).get(importId)).rejects.toMatchObject({
    code: "INTERNAL",
    message: expect.stringContaining(`GET /v1/imports/${importId}`),
  });
});

test("reads the folders page by page", async () => {
  const folder = (folder_id: string) => folderOf({ folder_id });
  await using api = await startFakeApi((response, { path }) =>
    json(
      response,
      path.includes("after=2")
        ? { items: [folder("3")], next: null }
        : { items: [folder("1"), folder("2")], next: "2" },
    ),
  );
  const ids = [];
  for await (const { folder_id } of createApiClient({ url: api.url }).folders(importId))
    ids.push(folder_id);
  expect(ids).toEqual(["1", "2", "3"]);
  expect(api.asked).toHaveLength(2);
});

test("repeats reads while the API is away, if it was asked to, and nothing else", async () => {
  const answers = [503, 503];
  await using api = await startFakeApi((response) => {
    const status = answers.shift();
    if (status === undefined) json(response, viewOf());
    else if (status === 404) errorJson(response, status, "NOT_FOUND", "No such import.");
    else errorJson(response, status, "SERVICE_UNREACHABLE", "Away.");
  });
  const patient = createApiClient({ url: api.url, retryReadsFor: 30_000 });
  expect(await patient.get(importId)).toEqual(viewOf());
  expect(api.asked).toHaveLength(3);

  answers.push(404);
  await expect(patient.get(importId)).rejects.toMatchObject({ code: "NOT_FOUND" });
  answers.push(503);
  await expect(patient.retry(importId)).rejects.toMatchObject({ code: "SERVICE_UNREACHABLE" });
  answers.push(503);
  await expect(createApiClient({ url: api.url }).get(importId)).rejects.toMatchObject({
    code: "SERVICE_UNREACHABLE",
  });
  expect(api.asked).toHaveLength(6);
});

test("what is polled is the same object while nothing has changed, without a body being sent", async () => {
  const answers = ["a", "a", "b", undefined, "b"];
  await using api = await startFakeApi((response, { ifNoneMatch }) => {
    const tag = answers.shift();
    if (tag === undefined) return json(response, viewOf({ stored: 3 }));
    if (ifNoneMatch === `W/"${tag}"`) return void response.writeHead(304).end();
    response.setHeader("etag", `W/"${tag}"`);
    json(response, viewOf({ stored: tag === "a" ? 1 : 2 }));
  });
  const client = createApiClient({ url: api.url });
  const first = await client.get(importId);
  expect(client.eventIdOf(first)).toBe("a");
  expect(await client.get(importId)).toBe(first);
  const second = await client.get(importId);
  expect(second.stored).toBe(2);
  // An answer without a tag is no state that could be asked for again.
  const third = await client.get(importId);
  expect([third.stored, client.eventIdOf(third)]).toEqual([3, undefined]);
  await client.get(importId);
  expect(api.asked.map(({ ifNoneMatch }) => ifNoneMatch)).toEqual([
    undefined,
    'W/"a"',
    'W/"a"',
    'W/"b"',
    undefined,
  ]);
});

test("makes, lists, rotates and revokes keys", async () => {
  const key = keyOf();
  const made = { ...key, key: newKeyText };
  await using api = await startFakeApi((response, { method, path }) => {
    if (method === "GET") json(response, { items: [key], next: null });
    else json(response, path === "/v1/keys" || path.endsWith("/rotate") ? made : key);
  });
  const client = createApiClient({ url: api.url });
  expect(await toArray(client.keys())).toEqual([key]);
  expect(await client.createKey({ name: "clerk", role: "viewer" })).toEqual(made);
  expect(await client.rotateKey("AbC/12345", { old_valid_hours: 0 })).toEqual(made);
  expect(await client.revokeKey("AbC12345", { why: "leaked" })).toEqual(key);
  expect(api.asked).toMatchObject([
    { method: "GET", path: "/v1/keys?limit=1000" },
    { method: "POST", path: "/v1/keys", body: { name: "clerk", role: "viewer" } },
    { method: "POST", path: "/v1/keys/AbC%2F12345/rotate", body: { old_valid_hours: 0 } },
    { method: "DELETE", path: "/v1/keys/AbC12345", body: { why: "leaked" } },
  ]);
});
