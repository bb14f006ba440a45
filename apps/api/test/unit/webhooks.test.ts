import { everything } from "@exhibit/contracts";
import { afterEach, expect, it } from "vitest";
import { startApi } from "../fake-imports.ts";
import { fakeWebhooks } from "../fake-webhooks.ts";

let api: Awaited<ReturnType<typeof startApi>> | undefined;
afterEach(async () => {
  await api?.app.close();
});

async function start() {
  const fake = fakeWebhooks();
  api = await startApi({ webhooks: fake.webhooks });
  return { ...fake, ...api };
}

it("makes a webhook, whose secret no cache keeps", async () => {
  const { app, asked, one } = await start();
  const payload = { url: "https://hooks.test/", why: "for the portal" };
  const answer = await app.inject({ method: "POST", url: "/v1/webhooks", payload });
  expect(answer.statusCode).toBe(201);
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.json()).toEqual({ ...one, secret: "whsec_hunter2", may: expect.any(Array) });
  const request = { ...payload, events: null, imports: "all", description: null };
  expect(asked).toMatchObject([{ what: "create", scope: everything, of: [request] }]);
});

it("rotates one, by default with a day in which both secrets sign", async () => {
  const { app, asked, one } = await start();
  const url = `/v1/webhooks/${one.webhook_id}/rotate`;
  const answer = await app.inject({ method: "POST", url });
  expect([answer.statusCode, answer.json().secret]).toEqual([200, "whsec_hunter2"]);
  expect(asked).toMatchObject([{ what: "rotate", of: [one.webhook_id, { old_valid_hours: 24 }] }]);
});

it("takes no Idempotency-Key where the answer holds a secret, and does where it doesn't", async () => {
  const { app, one } = await start();
  const headers = { "idempotency-key": "once" };
  const send = async (url: string, payload: object) =>
    (await app.inject({ method: "POST", url, headers, payload })).statusCode;
  expect(await send("/v1/webhooks", { url: "https://hooks.test/" })).toBe(400);
  expect(await send(`/v1/webhooks/${one.webhook_id}/rotate`, {})).toBe(400);
  expect(await send(`/v1/webhooks/${one.webhook_id}/test`, {})).toBe(202);
});

it.each([
  ["PATCH", "", { active: false, events: ["import.sealed"] }, "change"],
  ["DELETE", "", {}, "remove"],
  ["POST", "/test", { why: "to see" }, "test"],
] as const)("%s /v1/webhooks/:id%s", async (method, path, payload, what) => {
  const { app, asked, one } = await start();
  const url = `/v1/webhooks/${one.webhook_id}${path}`;
  const answer = await app.inject({ method, url, payload });
  expect(answer.statusCode).toBeLessThan(300);
  expect(asked).toMatchObject([{ what, of: [one.webhook_id, payload] }]);
});

it("lists webhooks and deliveries, and tells of one", async () => {
  const { app, asked, one, delivery } = await start();
  const importId = crypto.randomUUID();
  const paths = [
    "/v1/webhooks?limit=7",
    `/v1/webhooks/${one.webhook_id}/deliveries?after=3`,
    `/v1/imports/${importId}/deliveries`,
    `/v1/deliveries/${delivery.delivery_id}`,
  ];
  for (const url of paths) expect((await app.inject({ url })).statusCode).toBe(200);
  expect(asked).toMatchObject([
    { what: "list", of: [{ limit: 7 }] },
    { what: "deliveries", of: [one.webhook_id, { limit: 100, after: "3" }] },
    { what: "ofImport", of: [importId, { limit: 100 }] },
    { what: "delivery", of: [delivery.delivery_id] },
  ]);
  const url = `/v1/deliveries/${delivery.delivery_id}/redeliver`;
  expect((await app.inject({ method: "POST", url })).json()).toEqual(delivery);
});

it.each([
  [{}, "url"],
  [{ url: "https://a/", events: [] }, "events"],
  [{ url: "https://a/", events: ["import.lost"] }, "events"],
  [{ url: "https://a/", imports: "some" }, "imports"],
  [{ url: "https://a/", secret: "mine" }, "secret"],
  [{ url: `https://a/${"x".repeat(5000)}` }, "url"],
  [{ url: "https://a/\u001b" }, "url"],
])("refuses a request that isn't one: %j", async (payload, named) => {
  const { app, asked } = await start();
  const answer = await app.inject({ method: "POST", url: "/v1/webhooks", payload });
  expect([answer.statusCode, answer.json().code]).toEqual([400, "REQUEST_INVALID"]);
  expect(answer.json().detail).toContain(named);
  expect(asked).toEqual([]);
});

it("refuses a change of nothing", async () => {
  const { app, one } = await start();
  const url = `/v1/webhooks/${one.webhook_id}`;
  const answer = await app.inject({ method: "PATCH", url, payload: { why: "just so" } });
  expect([answer.statusCode, answer.json().code]).toEqual([400, "REQUEST_INVALID"]);
});

it("passes an import's callback on, and refuses one that may not be called before anything is made", async () => {
  const { app, asked, imports } = await start();
  const source = { type: "directory", path: "/evidence/a" };
  const folders = [{ vendor: "kongur", folder: { suit_id: "1" }, source }];
  const send = (url: string) =>
    app.inject({ method: "POST", url: "/v1/imports", payload: { folders, callback: { url } } });
  expect((await send("https://hooks.test/")).statusCode).toBe(202);
  expect(asked).toMatchObject([{ what: "callback", of: ["https://hooks.test/"] }]);
  const before = (await imports.list({ limit: 10 })).items.length;
  const refused = await send("ftp://hooks.test/");
  expect([refused.statusCode, refused.json().code]).toEqual([422, "ADDRESS_REFUSED"]);
  expect((await imports.list({ limit: 10 })).items).toHaveLength(before);
});
