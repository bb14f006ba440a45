import { TRIAL_NOTICE } from "@exhibit/contracts";
import type { Readiness } from "@exhibit/runtime";
import { afterEach, expect, it } from "vitest";
import { routes } from "../../src/routes.ts";
import { bearer } from "../fake-door.ts";
import {
  anyScope,
  fakeImports,
  queueView,
  startApi,
  vendorLease,
  vendorState,
} from "../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>> | undefined;
afterEach(async () => {
  await api?.app.close();
});

async function get(url: string, ready?: () => Promise<Readiness>) {
  api = await startApi(ready === undefined ? {} : { ready });
  return api.app.inject(url);
}

it("is up as soon as it answers", async () => {
  const answer = await get("/healthz", async () => ({ ledger: "down", queue: "down" }));
  expect(answer.statusCode).toBe(200);
});

it("is ready when ledger and queue are up", async () => {
  const answer = await get("/readyz");
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({
    status: "ready",
    trial: false,
    ledger: "up",
    queue: "up",
    workers: 2,
    vendors: [vendorState],
  });
});

it("is ready whatever becomes of the vendors", async () => {
  const { vendors } = fakeImports();
  api = await startApi({
    vendors: anyScope({ ...vendors, list: () => Promise.reject(new Error("boom")) }),
  });
  const answer = await api.app.inject("/readyz");
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ status: "ready", vendors: [] });
});

it("lists the vendors and how they stand", async () => {
  expect((await get("/v1/vendors")).json()).toEqual({
    scope: "fleet",
    trial: false,
    items: [{ ...vendorState, may: expect.any(Array) }],
  });
});

it.each(["pause", "resume"])("passes on %s of a vendor, with who and why", async (name) => {
  api = await startApi();
  const answer = await api.app.inject({
    method: "POST",
    url: `/v1/vendors/kongur/${name}`,
    payload: { why: "until Monday" },
  });
  expect(answer.statusCode).toBe(202);
  expect(answer.json()).toEqual({ ...vendorState, may: expect.any(Array) });
  expect(api.calls).toEqual([
    { name: `${name} vendor`, args: ["kongur", { why: "until Monday" }, "key:admin"] },
  ]);
});

it("lists the queues, and the leases of a vendor", async () => {
  expect((await get("/v1/queues")).json()).toEqual({ items: [queueView] });
  const answer = await api?.app.inject("/v1/vendors/kongur/leases");
  expect(answer?.json()).toEqual({ items: [vendorLease] });
  expect(api?.calls).toEqual([{ name: "leases", args: ["kongur"] }]);
});

it("lists what people did to a vendor", async () => {
  const answer = await get("/v1/vendors/kongur/audit?limit=7");
  expect(answer.json()).toMatchObject({ items: [{ vendor: "kongur", import_id: null }] });
  expect(api?.calls).toEqual([
    { name: "vendor audit", args: ["kongur", { limit: 7, order: "asc" }] },
  ]);
});

it("shows the bandwidth limit, and sets it for whoever says who they are", async () => {
  expect((await get("/v1/bandwidth")).json()).toMatchObject({ limit: "off", workers: 2 });
  const answer = await api?.app.inject({
    method: "PUT",
    url: "/v1/bandwidth",
    headers: { ...bearer("portal"), "x-exhibit-actor": encodeURIComponent("王芳") },
    payload: { limit: "10M", why: "the office works" },
  });
  expect(answer?.statusCode).toBe(200);
  expect(answer?.json()).toMatchObject({
    limit: "10M",
    changes: [{ who: "key:portal for 王芳", why: "the office works" }],
  });
  const refused = await api?.app.inject({ method: "PUT", url: "/v1/bandwidth", payload: {} });
  expect(refused?.statusCode).toBe(400);
});

it("isn't ready while one is down, and says which", async () => {
  const answer = await get("/readyz", async () => ({ ledger: "up", queue: "connection refused" }));
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({
    code: "SERVICE_UNREACHABLE",
    detail: "Ledger: up; queue: connection refused.",
    details: { ledger: "up", queue: "connection refused" },
  });
});

it("names by its code what a person has to fix", async () => {
  const answer = await get("/readyz", async () => ({
    ledger: "up",
    queue: "it is a replica.",
    code: "SERVICE_UNFIT",
  }));
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({
    code: "SERVICE_UNFIT",
    detail: "Ledger: up; queue: it is a replica.",
    remedy: expect.stringContaining("server"),
  });
});

it("isn't ready when that can't be found out", async () => {
  const answer = await get("/readyz", () => Promise.reject(new Error("boom")));
  expect(answer.statusCode).toBe(503);
  expect(answer.body).not.toContain("boom");
});

it("says at / where things are, and each of them is there", async () => {
  const { name, trial, ...links } = (await get("/")).json();
  expect({ name, trial }).toEqual({ name: "exhibit", trial: false });
  for (const link of Object.values<string>(links)) {
    expect((await api?.app.inject(link))?.statusCode).toBe(200);
  }
});

it("says of a trial that it is one, wherever somebody could take it for a delivery", async () => {
  api = await startApi({ trial: true });
  const { app } = api;
  const ask = (url: string) => app.inject(url);
  expect((await ask("/")).json()).toMatchObject({ trial: true });
  expect((await ask("/readyz")).json()).toMatchObject({ status: "ready", trial: true });
  expect((await ask("/openapi.json")).json().info.description).toContain(TRIAL_NOTICE);
  expect((await ask("/queues")).body).toContain("<title>Exhibit: a TRIAL</title>");
});

it("shows a browser a page with these links, each relative to it, and its icon", async () => {
  api = await startApi();
  const browser = { accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" };
  const answer = await api.app.inject({ url: "/", headers: browser });
  expect(answer.headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    vary: "accept, accept-encoding",
  });
  const links = [...answer.body.matchAll(/href="([^"]+)"/g)].map(([, link]) => link ?? "");
  expect(links).toHaveLength(7);
  for (const link of links) {
    expect(link).toMatch(/^\.\//);
    expect((await api.app.inject(link)).statusCode).toBe(200);
  }
  const icon = await api.app.inject("/favicon.ico");
  expect(icon.headers["content-type"]).toBe("image/svg+xml");
});

it("describes every route in the OpenAPI document, and each reference in it leads somewhere", async () => {
  const answer = await get("/openapi.json");
  const document = answer.json();
  expect(document.openapi).toBe("3.1.0");
  const described = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const expected = routes.map(([method, url]) => `${method} ${url.replace(/:(\w+)/g, "{$1}")}`);
  expect(described.sort()).toEqual(expected.sort());
  const names = [...answer.body.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name,
  );
  expect(names).toContain("ImportRequest");
  expect(Object.keys(document.components.schemas).sort()).toEqual([...new Set(names)].sort());
});

it("shows the docs page with files of its own, without the internet", async () => {
  const page = await get("/docs");
  expect(page.statusCode).toBe(200);
  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? "");
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    expect(file).toMatch(/^\.\/docs\//);
    expect((await api?.app.inject(file))?.statusCode).toBe(200);
  }
});
