import { ExhibitError } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { doneAct, failureGroups, startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
beforeEach(async () => {
  api = await startApi();
});
afterEach(async () => {
  await api.app.close();
});

const post = (name: "retry" | "waive", payload: object, headers = {}) =>
  api.app.inject({ method: "POST", url: `/v1/failures/${name}`, payload, headers });

describe("what failed in groups", () => {
  it("is listed of one import and of all, by what is asked", async () => {
    const { import_id } = api.put();
    const one = await api.app.inject(
      `/v1/imports/${import_id}/errors?by=code,folder,message&code=SOURCE_IO&folder_id=4&limit=5`,
    );
    expect(one.json()).toEqual(failureGroups);
    const since = "2026-11-30T10:00:00Z";
    const all = await api.app.inject(`/v1/failures?vendor=kongur&entrust_id=E-77&since=${since}`);
    expect(all.json()).toEqual(failureGroups);
    const by = ["code", "folder", "message"];
    expect(api.calls).toEqual([
      { name: "errors", args: [import_id, { by, code: "SOURCE_IO", folder_id: "4", limit: 5 }] },
      { name: "get", args: [import_id] },
      {
        name: "failures",
        args: [
          {
            ...{ by: ["code", "vendor", "import"], vendor: "kongur", entrust_id: "E-77" },
            ...{ since, limit: 100 },
          },
        ],
      },
    ]);
  });

  it.each(["errors?by=import", "errors?by=colour", "errors?vendor=kongur", "errors?limit=0"])(
    "refuses %s",
    async (path) => {
      const { import_id } = api.put();
      const answer = await api.app.inject(`/v1/imports/${import_id}/${path}`);
      expect(answer.json().code).toBe("REQUEST_INVALID");
    },
  );
});

describe("acting on what failed in several imports", () => {
  it.each(["retry", "waive"] as const)("does a %s to each, and says what it was", async (name) => {
    const [one, two] = [api.put({ status: "attention" }), api.put({ status: "storing" })];
    const answer = await post(name, {
      why: " because ",
      imports: [
        { import_id: one.import_id, code: "SOURCE_IO", expect_files: 3 },
        { import_id: two.import_id, folder_id: "4" },
      ],
    });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      files: 6,
      done: 2,
      refused: 0,
      items: [
        { import_id: one.import_id, status: "attention", act: doneAct, error: null },
        { import_id: two.import_id, status: "storing", act: doneAct, error: null },
      ],
    });
    expect(api.calls.filter((call) => call.name === name).map(({ args }) => args)).toEqual([
      [one.import_id, { code: "SOURCE_IO", expect_files: 3, why: "because" }, "key:admin"],
      [two.import_id, { folder_id: "4", why: "because" }, "key:admin"],
    ]);
  });

  it("goes on after an import that is refused, and says why it was", async () => {
    const [one, two] = [api.put(), api.put()];
    const { retry } = api.imports;
    api.imports.retry = async (id, ...rest) => {
      if (id !== one.import_id) return await retry(id, ...rest);
      throw new ExhibitError("STATE_CONFLICT", "It would be about 5 files.", {
        details: { files: 5 },
      });
    };
    const imports = [one.import_id, "unknown", two.import_id].map((import_id) => ({ import_id }));
    const answer = (await post("retry", { imports })).json();
    expect(answer).toMatchObject({ files: 3, done: 1, refused: 2 });
    expect(answer.items).toMatchObject([
      {
        import_id: one.import_id,
        status: null,
        act: null,
        error: {
          code: "STATE_CONFLICT",
          detail: "It would be about 5 files.",
          details: { files: 5 },
        },
      },
      { import_id: "unknown", error: { code: "NOT_FOUND", remedy: expect.stringMatching(/\w/) } },
      { import_id: two.import_id, act: doneAct, error: null },
    ]);
  });

  it("is refused as a whole when the ledger is away before anything is done", async () => {
    api.imports.waive = async () => {
      throw new ExhibitError("SERVICE_UNREACHABLE", "The ledger is away.");
    };
    const imports = [{ import_id: "a" }, { import_id: "b" }];
    expect((await post("waive", { why: "w", imports })).statusCode).toBe(503);
  });

  it("is done once under an idempotency key", async () => {
    const { import_id } = api.put();
    const send = () => post("retry", { imports: [{ import_id }] }, { "idempotency-key": "k" });
    const [first, second] = [await send(), await send()];
    expect(second.headers["idempotency-replayed"]).toBe("true");
    expect(second.json()).toEqual(first.json());
    expect(api.calls.filter(({ name }) => name === "retry")).toHaveLength(1);
  });

  it.each<[string, "retry" | "waive", object]>([
    ["no import", "retry", { imports: [] }],
    ["more than a hundred", "retry", { imports: Array(101).fill({ import_id: "x" }) }],
    ["a number of files below none", "retry", { imports: [{ import_id: "x", expect_files: -1 }] }],
    ["no reason for waiving", "waive", { imports: [{ import_id: "x" }] }],
    [
      "what isn't for several imports",
      "retry",
      { imports: [{ import_id: "x", allow_empty: true }] },
    ],
  ])("refuses %s", async (_, name, payload) => {
    expect((await post(name, payload)).json().code).toBe("REQUEST_INVALID");
    expect(api.calls).toEqual([]);
  });
});
