import { ExhibitError, errorTable } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bearer } from "../../fake-door.ts";
import {
  auditEvent,
  doneAct,
  fileView,
  folderView,
  incidentView,
  startApi,
} from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
beforeEach(async () => {
  api = await startApi();
});
afterEach(async () => {
  await api.app.close();
});

const folder = {
  vendor: "kongur",
  folder: { suit_id: "1001" },
  source: { type: "directory", path: "/evidence/1001" },
};
const post = (payload: unknown) =>
  api.app.inject({ method: "POST", url: "/v1/imports", payload: payload as object });

describe("starting an import", () => {
  it("answers 202 with the import and where to look for it", async () => {
    const answer = await post({ entrust_id: " E-77 ", folders: [folder] });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe(`/v1/imports/${answer.json().import_id}`);
    expect(answer.json().status).toBe("planning");
    expect(api.calls).toEqual([
      {
        name: "create",
        args: [{ entrust_id: "E-77", suit_ids: [], folders: [folder] }, "key:admin"],
      },
    ]);
  });

  it("takes ten thousand folders with long paths", async () => {
    const long = { ...folder, source: { type: "directory", path: `/${"证".repeat(220)}` } };
    const answer = await post({ folders: Array.from({ length: 10_000 }, () => long) });
    expect(answer.statusCode).toBe(202);
  });

  it("names each field that can't be used, and why", async () => {
    const answer = await post({
      suit_ids: [""],
      folders: [
        { ...folder, source: { type: "ftp" } },
        { ...folder, extra: 1 },
      ],
    });
    expect(answer.statusCode).toBe(400);
    const problem = answer.json();
    expect(problem).toMatchObject({
      code: "REQUEST_INVALID",
      remedy: errorTable.REQUEST_INVALID.remedy,
      details: { in: "body" },
    });
    expect(problem.details.fields.map(({ field }: { field: string }) => field)).toEqual([
      "suit_ids.0",
      "folders.0.source.type",
      "folders.1",
    ]);
    expect(problem.detail).toContain('folders.1: there is no "extra" here');
    expect(api.calls).toEqual([]);
  });

  it("names twenty faults at most, and counts the rest", async () => {
    const answer = await post({
      folders: Array.from({ length: 50 }, () => ({ ...folder, vendor: "" })),
    });
    expect(answer.json().details.fields).toHaveLength(20);
    expect(answer.json().detail).toContain("and 30 more");
  });

  it("takes no name or path that nothing has: they would come back in sentences", async () => {
    const long = "x".repeat(10_000);
    const answer = await post({
      folders: [
        { ...folder, vendor: long },
        { ...folder, folder: { suit_id: long } },
        { ...folder, source: { type: "directory", path: `/${long}` } },
      ],
    });
    const fields = answer.json().details.fields.map(({ field }: { field: string }) => field);
    expect(fields).toEqual([
      "folders.0.vendor",
      "folders.1.folder.suit_id",
      "folders.2.source.path",
    ]);
    expect(answer.body.length).toBeLessThan(2000);
  });

  it.each([
    ["malformed JSON", { "content-type": "application/json" }, '{"folders":'],
    ["an empty body", { "content-type": "application/json" }, ""],
    ["no body", {}, undefined],
    ["a prototype's poison", { "content-type": "application/json" }, '{"__proto__":{"a":1}}'],
  ])("calls %s an invalid request", async (_, headers, payload) => {
    const answer = await api.app.inject({
      method: "POST",
      url: "/v1/imports",
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().code).toBe("REQUEST_INVALID");
  });
});

describe("looking at imports", () => {
  it("lists them with filters and pages", async () => {
    const view = api.put();
    const answer = await api.app.inject(
      "/v1/imports?suit_id=1&entrust_id=E&status=sealed&limit=5&after=x",
    );
    expect(answer.json()).toEqual({ items: [{ ...view, may: expect.any(Array) }], next: "more" });
    expect(api.calls[0]?.args[0]).toEqual({
      suit_id: "1",
      entrust_id: "E",
      status: ["sealed"],
      limit: 5,
      after: "x",
    });
  });

  it("gives a hundred when no limit is asked", async () => {
    await api.app.inject("/v1/imports");
    expect(api.calls[0]?.args[0]).toEqual({ limit: 100 });
  });

  it.each([
    "limit=0",
    "limit=1001",
    "limit=x",
    "status=done",
    "suitid=1",
    "suit_id=1&suit_id=2",
    "id=12345",
    "id=%25",
  ])("refuses the query %s", async (query) => {
    const answer = await api.app.inject(`/v1/imports?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: "REQUEST_INVALID",
      details: { in: "query" },
    });
  });

  it("gives one, its folders and its files", async () => {
    const view = api.put();
    const at = `/v1/imports/${view.import_id}`;
    expect((await api.app.inject(at)).json()).toEqual({ ...view, may: expect.any(Array) });
    expect((await api.app.inject(`${at}/folders`)).json()).toEqual({
      items: [folderView],
      next: null,
    });
    const files = await api.app.inject(
      `${at}/files?state=failed,waived&code=SOURCE_IO&folder_id=1&limit=2`,
    );
    expect(files.json()).toEqual({ items: [fileView], next: null });
    expect(api.calls).toContainEqual({
      name: "files",
      args: [
        view.import_id,
        { state: ["failed", "waived"], code: "SOURCE_IO", folder_id: "1", limit: 2 },
      ],
    });
  });

  it.each<[string, string]>([
    ["code=FOO", 'code: there is no code "FOO". All of them are in docs/errors.md.'],
    ["code=source_unreadable", "Did you mean SOURCE_UNREADABLE"],
    ["code=REFUSED", "VENDOR_REFUSED or STORE_REFUSED?"],
    ["state=failed,lost", "state.1: "],
  ])("says what is wrong with the files' query %s", async (query, sentence) => {
    const { import_id } = api.put();
    const answer = await api.app.inject(`/v1/imports/${import_id}/files?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toContain(sentence);
    expect(answer.json().detail.length).toBeLessThan(250);
  });

  it("lists the imports of an id's beginning or end", async () => {
    api.put();
    expect((await api.app.inject("/v1/imports?id=7728950E")).statusCode).toBe(200);
    expect(api.calls[0]?.args[0]).toEqual({ id: "7728950E", limit: 100 });
  });

  it.each(["", "/folders", "/files", "/audit", "/events"])(
    "answers 404 for an unknown import%s",
    async (path) => {
      const answer = await api.app.inject(`/v1/imports/unknown${path}`);
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({
        code: "NOT_FOUND",
        detail: "There is no import unknown.",
      });
    },
  );

  it("retries one", async () => {
    const view = api.put({ status: "attention" });
    const answer = await api.app.inject({
      method: "POST",
      url: `/v1/imports/${view.import_id}/retry`,
    });
    expect(answer.statusCode).toBe(202);
    expect(answer.json().import_id).toBe(view.import_id);
  });
});

describe("acts of people", () => {
  const act = (path: string, payload?: object, headers: Record<string, string> = {}) =>
    api.app.inject({
      method: "POST",
      url: `/v1/imports/${path}`,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });

  it.each<[string, object | undefined, object]>([
    ["retry", undefined, {}],
    ["retry", {}, {}],
    [
      "retry",
      { folder_id: "1", code: "SOURCE_IO", file_id: "2", why: " w " },
      { folder_id: "1", code: "SOURCE_IO", file_id: "2", why: "w" },
    ],
    ["cancel", undefined, {}],
    ["cancel", { why: "wrong case" }, { why: "wrong case" }],
    ["pause", undefined, {}],
    ["pause", { why: "lunch" }, { why: "lunch" }],
    ["resume", { why: "on" }, { why: "on" }],
    ["waive", { why: "gone" }, { why: "gone" }],
    ["waive", { file_ids: ["1", "2"], why: "gone" }, { file_ids: ["1", "2"], why: "gone" }],
    ["waive", { expect_files: 0, why: "gone" }, { expect_files: 0, why: "gone" }],
    ["retry", { file_ids: ["1", "2"], expect_files: 2 }, { file_ids: ["1", "2"], expect_files: 2 }],
  ])("passes on %s %j", async (name, payload, request) => {
    const { import_id } = api.put({ status: "attention" });
    const answer = await act(`${import_id}/${name}`, payload);
    expect(answer.statusCode).toBe(202);
    expect(answer.json().import_id).toBe(import_id);
    expect(answer.json().act).toEqual(/^(retry|waive)$/.test(name) ? doneAct : undefined);
    expect(api.calls[0]).toEqual({ name, args: [import_id, request, "key:admin"] });
  });

  it("passes on what place a folder's files are to go to, which has to be whole, with a reason", async () => {
    const { import_id } = api.put({ status: "attention" });
    const place = { endpoint: "https://oss", bucket: "b", prefix: "p/" };
    const path = `${import_id}/folders/7/accept-destination`;
    const answer = await act(path, { ...place, why: "they moved" });
    expect(answer.statusCode).toBe(202);
    expect(api.calls[0]).toEqual({
      name: "acceptDestination",
      args: [import_id, "7", { ...place, why: "they moved" }, "key:admin"],
    });
    for (const wrong of [place, { bucket: "b", prefix: "p/", why: "w" }, { why: "w" }]) {
      expect((await act(path, wrong)).json().code).toBe("REQUEST_INVALID");
    }
  });

  it("lists suits", async () => {
    const { import_id, suit_ids } = api.put();
    const answer = await api.app.inject(`/v1/imports/${import_id}/suits?limit=2&after=4`);
    expect(answer.json()).toEqual({ items: suit_ids, next: null });
    expect(api.calls[0]).toEqual({ name: "suits", args: [import_id, { limit: 2, after: "4" }] });
  });

  it("lists incidents", async () => {
    const { import_id } = api.put();
    const answer = await api.app.inject(`/v1/imports/${import_id}/incidents?limit=2`);
    expect(answer.json()).toEqual({ items: [incidentView], next: null });
    expect(api.calls).toContainEqual({ name: "incidents", args: [import_id, { limit: 2 }] });
  });

  it.each([
    ["portal", "wang", "key:portal for wang"],
    ["portal", encodeURIComponent("王芳"), "key:portal for 王芳"],
    ["portal", "100%", "key:portal for 100%"],
    ["portal", " ", "key:portal"],
    ["portal", "key:admin", "key:portal for key:admin"],
    // It may not name others.
    ["admin", "wang", "key:admin"],
  ])("puts %s with the X-Exhibit-Actor %j on the record as %s", async (key, header, who) => {
    const { import_id } = api.put();
    await act(`${import_id}/cancel`, {}, { ...bearer(key), "x-exhibit-actor": header });
    expect(api.calls[0]?.args.at(-1)).toBe(who);
  });

  it.each<[string, object]>([
    ["waive", {}],
    ["waive", { why: " " }],
    ["waive", { why: "w", file_ids: [] }],
    ["waive", { why: "w", file_ids: ["x"] }],
    ["retry", { code: "UNHEARD_OF" }],
    ["retry", { folder: "1" }],
    ["retry", { file_id: "1", file_ids: ["1"] }],
    ["retry", { expect_files: -1 }],
    ["cancel", { reason: "x" }],
    ["pause", { why: " " }],
  ])("refuses %s with %j", async (name, payload) => {
    const { import_id } = api.put();
    const answer = await act(`${import_id}/${name}`, payload);
    expect(answer.json().code).toBe("REQUEST_INVALID");
    expect(api.calls).toEqual([]);
  });

  it("refuses a name that is too long to be one", async () => {
    const { import_id } = api.put();
    const answer = await act(`${import_id}/cancel`, {}, { "x-exhibit-actor": "x".repeat(201) });
    expect(answer.json()).toMatchObject({
      code: "REQUEST_INVALID",
      details: { in: "headers", fields: [{ field: "x-exhibit-actor" }] },
    });
  });

  it("lists them in pages", async () => {
    const { import_id } = api.put();
    const answer = await api.app.inject(`/v1/imports/${import_id}/audit?limit=5&after=7`);
    expect(answer.json()).toEqual({ items: [auditEvent], next: null });
    expect(api.calls[0]).toEqual({
      name: "audit",
      args: [import_id, { order: "asc", limit: 5, after: "7" }],
    });
  });
});

describe("failures", () => {
  it("answers with the table's status, and our code, sentence, remedy and details", async () => {
    api.imports.retry = async () => {
      throw new ExhibitError("STATE_CONFLICT", "The import is sealed.", {
        details: { status: "sealed" },
      });
    };
    const answer = await api.app.inject({ method: "POST", url: "/v1/imports/x/retry" });
    expect(answer.statusCode).toBe(409);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json(;|$)/);
    expect(answer.json()).toEqual({
      type: "/v1/errors#STATE_CONFLICT",
      title: errorTable.STATE_CONFLICT.meaning,
      status: 409,
      detail: "The import is sealed.",
      instance: `urn:uuid:${answer.headers["x-request-id"]}`,
      code: "STATE_CONFLICT",
      remedy: errorTable.STATE_CONFLICT.remedy,
      details: { status: "sealed" },
    });
    expect(api.log.join("")).not.toContain('"level":"error"');
  });

  it("says after how many seconds a request may be repeated", async () => {
    api.imports.retry = async () => {
      throw new ExhibitError("RATE_LIMITED", "Too many.", { retryAfter: 1_200 });
    };
    const answer = await api.app.inject({ method: "POST", url: "/v1/imports/x/retry" });
    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([429, "2"]);
  });

  it("lists the table that a problem's type leads to", async () => {
    const problem = (await api.app.inject("/v1/imports/unknown")).json();
    const { pathname, hash } = new URL(problem.type, "http://localhost");
    const { items } = (await api.app.inject(pathname)).json();
    expect(items.map(({ code }: { code: string }) => code)).toEqual(Object.keys(errorTable));
    const { title, status, remedy } = problem;
    expect(items).toContainEqual({ code: hash.slice(1), title, status, remedy, action: "never" });
  });

  it("keeps what an unforeseen error says out of the answer, and logs it with its stack", async () => {
    api.imports.get = async () => {
      throw new TypeError("pool of postgres is undefined");
    };
    const answer = await api.app.inject("/v1/imports/x");
    expect(answer.statusCode).toBe(500);
    expect(answer.json().code).toBe("INTERNAL");
    expect(answer.body).not.toMatch(/postgres|\.ts|stack/);
    const logged = api.log.map((line) => JSON.parse(line)).find(({ level }) => level === "error");
    expect(logged.err.stack).toContain("pool of postgres is undefined");
    expect(logged.request_id).toBe(answer.headers["x-request-id"]);
  });

  it("calls an answer that breaks its own promise INTERNAL", async () => {
    api.put({ status: "unheard of" as "sealed" });
    const answer = await api.app.inject("/v1/imports");
    expect(answer.statusCode).toBe(500);
    expect(answer.json().code).toBe("INTERNAL");
  });

  it.each([
    ["GET", "/nope"],
    ["POST", "/v1/imports/x/nope"],
  ] as const)("says that there is no %s %s", async (method, url) => {
    const answer = await api.app.inject({ method, url });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({
      code: "NOT_FOUND",
      detail: `There is no ${method} ${url}; GET / lists what there is.`,
      details: {},
    });
  });

  it("calls a URL that can't be decoded an invalid request", async () => {
    const answer = await api.app.inject("/v1/imports/%zz");
    expect(answer.json().code).toBe("REQUEST_INVALID");
  });
});
