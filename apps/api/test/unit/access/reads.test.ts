import { ExhibitError } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { routes } from "../../../src/routes.ts";
import { bearer } from "../../fake-door.ts";
import { evidenceRead, startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
let id: string;
const start = async (options: Parameters<typeof startApi>[0] = {}) => {
  api = await startApi(options);
  id = api.put().import_id;
};
beforeEach(() => start());
afterEach(() => api.app.close());

/** The lists whose reading is on record, with what is recorded. */
const evidence = routes.flatMap(([method, url, , { evidence: what }]) =>
  what === undefined || method !== "GET" ? [] : [{ method, url, what }],
);

/** Those beside them that tell of no single file or folder. */
const others = [
  "/v1/imports/:id",
  "/v1/imports/:id/suits",
  "/v1/imports/:id/events",
  "/v1/imports/:id/rates",
  "/v1/imports/:id/seal",
  "/v1/imports/:id/verifications",
  "/v1/imports/:id/audit",
  "/v1/imports/:id/deliveries",
  "/v1/cases/:entrust_id",
  "/v1/suits/:suit_id",
];

it("is said of each route below imports, cases and suits whether it shows a list of evidence", () => {
  const below = routes.filter(
    ([method, url]) => method === "GET" && /^\/v1\/(imports|cases|suits)\/:/.test(url),
  );
  const urls = below.map(([, url]) => url).filter((url) => !others.includes(url));
  expect(evidence.map(({ url }) => url)).toEqual(expect.arrayContaining(urls));
  expect(urls.length).toBeGreaterThan(5);
});

describe.each(evidence)("$method $url", ({ url, what }) => {
  const path = () =>
    url
      .replace(":entrust_id", "E-77%2F1")
      .replace(":suit_id", encodeURIComponent("案件 1"))
      .replace(":id", id.toUpperCase())
      .replace(":part", "seal.txt")
      .replace(":number", "3")
      .replace(/^\/v1\/files$/, `/v1/files?sha256=${"0".repeat(64)}`);
  const subject = () => {
    if (/^\/v1\/\w+$/.test(url)) return url.slice("/v1/".length);
    if (url.startsWith("/v1/imports/")) return `imports/${id}`;
    if (url.startsWith("/v1/verifications/")) return "verifications/3";
    return url.startsWith("/v1/cases/") ? "cases/E-77/1" : "suits/案件 1";
  };
  // The fake knows ids as they are written.
  const read = (headers = {}) => {
    const { get } = api.imports;
    api.imports.get = (given) => get(given.toLowerCase());
    api.views.set(id.toUpperCase(), api.views.get(id) ?? api.put());
    return api.app.inject({ url: path(), headers });
  };

  it("is on record with who read what, on whose behalf", async () => {
    expect((await read()).statusCode).toBe(200);
    const portal = { ...bearer("portal"), "x-exhibit-actor": encodeURIComponent("王芳") };
    expect((await read(portal)).statusCode).toBe(200);
    expect(api.reads).toEqual([
      { who: "key:admin", what, subject: subject() },
      { who: "key:portal for 王芳", what, subject: subject() },
    ]);
  });

  it("isn't shown when it can't be recorded", async () => {
    await api.app.close();
    await start({
      recordRead: () => Promise.reject(new ExhibitError("SERVICE_UNREACHABLE", "It is away.")),
    });
    const answer = await read();
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: "SERVICE_UNREACHABLE", detail: "It is away." });
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    for (const name of ["etag", "content-disposition"])
      expect(answer.headers).not.toHaveProperty(name);
  });
});

describe.each(["/v1/dry-runs", "/v1/imports?dry_run=true"])("POST %s", (url) => {
  const source = { type: "directory", path: "/evidence/1001" };
  const payload = { folders: [{ vendor: "kongur", folder: { suit_id: "1001" }, source }] };
  const post = (to = url, headers = {}) =>
    api.app.inject({ method: "POST", url: to, payload, headers });

  it("is on record as a read of sources; making the import isn't", async () => {
    expect((await post()).statusCode).toBe(200);
    expect(api.reads).toEqual([{ who: "key:admin", what: "dry-runs", subject: "sources" }]);
    expect((await post("/v1/imports")).statusCode).toBe(202);
    expect(api.reads).toHaveLength(1);
  });

  it("isn't shown when it can't be recorded, nor by a repetition", async () => {
    await api.app.close();
    await start({
      recordRead: () => Promise.reject(new ExhibitError("SERVICE_UNREACHABLE", "It is away.")),
    });
    for (const headers of [{}, { "idempotency-key": "look" }, { "idempotency-key": "look" }]) {
      const answer = await post(url, headers);
      expect([answer.statusCode, answer.json().code]).toEqual([503, "SERVICE_UNREACHABLE"]);
    }
  });
});

it("records no read of what isn't there, or that is refused", async () => {
  for (const path of ["imports/unknown/files", "imports/unknown/files.csv"]) {
    expect((await api.app.inject(`/v1/${path}`)).statusCode).toBe(404);
  }
  expect((await api.app.inject(`/v1/imports/${id}/files?limit=0`)).statusCode).toBe(400);
  expect((await api.injectAsIs({ url: `/v1/imports/${id}/files` })).statusCode).toBe(401);
  expect(api.reads).toEqual([]);
});

it("records a read that is answered with 304, whose list the reader has", async () => {
  const url = `/v1/imports/${id}/files`;
  const { headers } = await api.app.inject(url);
  const again = await api.app.inject({ url, headers: { "if-none-match": String(headers.etag) } });
  expect(again.statusCode).toBe(304);
  expect(api.reads).toHaveLength(2);
});

it("lists who read what, as the query says", async () => {
  const query = `who=key%3Acourt&what=files,files.csv&import_id=${id}&subject=imports&order=desc&limit=7&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z`;
  const answer = await api.app.inject(`/v1/audit/reads?${query}`);
  expect(answer.json()).toEqual({ items: [evidenceRead], next: null });
  expect(api.calls.at(-1)).toEqual({
    name: "reads",
    args: [
      {
        ...{ who: "key:court", what: ["files", "files.csv"], import_id: id, subject: "imports" },
        ...{ order: "desc", limit: 7 },
        ...{ from: "2026-01-01T00:00:00.000Z", to: "2026-02-01T00:00:00.000Z" },
      },
    ],
  });
  for (const wrong of ["what=imports", "vendor=x", "order=x"]) {
    expect((await api.app.inject(`/v1/audit/reads?${wrong}`)).statusCode).toBe(400);
  }
});
