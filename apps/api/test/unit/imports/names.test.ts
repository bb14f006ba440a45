import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bearer } from "../../fake-door.ts";
import { startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.app.close());

const folders = [
  {
    vendor: "kongur",
    folder: { suit_id: "1001" },
    source: { type: "directory", path: "/evidence/1001" },
  },
];

function post(body: object) {
  return api.app.inject({ method: "POST", url: "/v1/imports", payload: { folders, ...body } });
}

const label = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, "v"]));

describe("a new import", () => {
  it("takes a title, labels and a priority", async () => {
    const start_at = "2026-12-01T20:00+08:00";
    const names = { title: "March scans", labels: label(20), priority: "urgent", start_at };
    expect((await post(names)).statusCode).toBe(202);
    expect(api.calls[0]?.args[0]).toMatchObject({
      ...names,
      start_at: "2026-12-01T12:00:00.000Z",
    });
  });

  it.each([
    ["a title that is too long", { title: "x".repeat(201) }],
    ["a title with a character that can't be displayed", { title: "a\u202eb" }],
    ["too many labels", { labels: label(21) }],
    ["a key with a colon", { labels: { "a:b": "c" } }],
    ["a key that is too long", { labels: { ["k".repeat(65)]: "v" } }],
    ["an empty value", { labels: { k: " " } }],
    ["an unknown priority", { priority: "asap" }],
    ["a start without a zone", { start_at: "2026-12-01T20:00:00" }],
    ["a start before all time", { start_at: "0000-12-31T00:00:00Z" }],
    [
      "a start that is too far ahead",
      { start_at: `${new Date().getUTCFullYear() + 2}-12-31T00:00:00Z` },
    ],
  ])("is refused with %s", async (_what, body) => {
    expect((await post(body)).statusCode).toBe(400);
    expect(api.calls).toEqual([]);
  });
});

describe("a change", () => {
  function patch(payload: object) {
    const { import_id } = api.put();
    const url = `/v1/imports/${import_id}`;
    const headers = { ...bearer("portal"), "x-exhibit-actor": "wang" };
    return api.app.inject({ method: "PATCH", url, headers, payload });
  }

  it("is passed on with who and why", async () => {
    const request = { title: null, labels: { a: "b", c: null }, set_aside: true, why: "tidy" };
    const answer = await patch(request);
    expect(answer.statusCode).toBe(202);
    expect(api.calls[0]).toMatchObject({
      name: "change",
      args: [expect.any(String), request, "key:portal for wang"],
    });
  });

  it.each([[{}], [{ why: "nothing" }], [{ entrust_id: "E-1" }], [{ labels: label(41) }]])(
    "that is %j is refused",
    async (body) => {
      expect((await patch(body)).statusCode).toBe(400);
      expect(api.calls).toEqual([]);
    },
  );
});

describe("the list", () => {
  it("passes on its filters", async () => {
    const query =
      "status=attention,storing&status=sealed&label=batch:march&label=at:10:30&title=scans&q=E-&vendor=kongur" +
      "&created_by=wang&created_after=2026-03-01T00:00:00%2B08:00&sort=oldest&totals=true";
    expect((await api.app.inject(`/v1/imports?${query}`)).statusCode).toBe(200);
    expect(api.calls[0]?.args[0]).toEqual({
      ...{ status: ["attention", "storing", "sealed"], title: "scans", q: "E-", vendor: "kongur" },
      label: [
        ["batch", "march"],
        ["at", "10:30"],
      ],
      ...{ created_by: "wang", created_after: "2026-02-28T16:00:00.000Z" },
      ...{ sort: "oldest", totals: true, limit: 100 },
    });
  });

  it.each([
    ["label=march"],
    ["label=:march"],
    ["label=batch:"],
    ["status=done"],
    ["sort=bytes"],
    ["created_after=yesterday"],
    ["created_after=0000-01-01T00:00:00Z"],
    ["created_before=9999-12-31T23:59:59-23:59"],
    [Array.from({ length: 21 }, (_, at) => `label=k${at}:v`).join("&")],
  ])("refuses %s", async (query) => {
    expect((await api.app.inject(`/v1/imports?${query}`)).statusCode).toBe(400);
    expect(api.calls).toEqual([]);
  });
});
