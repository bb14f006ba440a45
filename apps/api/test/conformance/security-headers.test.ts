import { PGlite } from "@electric-sql/pglite";
import { type Engine, openEmbeddedEngine } from "@exhibit/queue";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApi } from "../fake-imports.ts";

let pglite: PGlite;
let engine: Engine;
let api: Awaited<ReturnType<typeof startApi>>;
beforeAll(async () => {
  pglite = await PGlite.create();
  engine = await openEmbeddedEngine(pglite);
  api = await startApi({ queues: engine.queues });
}, 120_000);
afterAll(async () => {
  await api.app.close();
  await engine.close();
  await pglite.close();
});

const expected = {
  "content-security-policy": expect.stringContaining("frame-ancestors 'none'"),
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

describe("The security headers", () => {
  it.each([
    ["GET", "/", 200],
    ["GET", "/v1/imports", 200],
    ["GET", "/v1/imports/unknown", 404],
    ["POST", "/v1/imports", 400],
    ["DELETE", "/v1/imports", 405],
    ["GET", "/nowhere", 404],
    ["GET", "/v1/imports/%zz", 400],
    ["GET", "/docs", 200],
    ["GET", "/docs/static/swagger-ui.css", 200],
    ["GET", "/docs/static/nothing", 404],
    ["GET", "/openapi.json", 200],
    ["GET", "/queues", 200],
    ["GET", "/queues/api/queues", 200],
    ["GET", "/queues/api/queues/none/1", 404],
    ["GET", "/queues/base.js", 200],
    ["GET", "/favicon.ico", 200],
    ["GET", "/healthz", 200],
  ] as const)("are on the answer to %s %s (%i)", async (method, url, status) => {
    const answer = await api.app.inject({ method, url });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject(expected);
  });

  it("are on what is refused because of its Host, and on event streams", async () => {
    const refused = await api.app.inject({ url: "/", headers: { host: "evil.example" } });
    expect(refused.statusCode).toBe(421);
    expect(refused.headers).toMatchObject(expected);
    const { import_id } = api.put({ status: "sealed" });
    const events = await api.app.inject(`/v1/imports/${import_id}/events`);
    expect(events.headers["content-type"]).toContain("text/event-stream");
    expect(events.headers).toMatchObject(expected);
  });

  it("allow no inline script and no inline style but two pictures'", async () => {
    const policy = String((await api.app.inject("/")).headers["content-security-policy"]);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(policy).toContain("script-src 'self';");
    for (const path of ["/", "/docs", "/queues"]) {
      const { body } = await api.app.inject({ url: path, headers: { accept: "text/html" } });
      expect(body).not.toMatch(/<style|style=|onclick=|<script(?![^>]* src=)(?![^>]*json)/);
    }
  });
});

it("Browsers are told to come by HTTPS alone, where people use it", async () => {
  const at = async (publicUrl?: string) => {
    const { app } = await startApi({ access: { listensOn: "localhost", publicUrl } });
    const { headers } = await app.inject("/healthz");
    await app.close();
    return headers["strict-transport-security"];
  };
  expect(await at("https://exhibit.example.cn")).toBe("max-age=31536000; includeSubDomains");
  expect(await at("http://127.0.0.1:7400")).toBeUndefined();
  expect(await at()).toBeUndefined();
});
