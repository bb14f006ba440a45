import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { routes } from "../../src/routes.ts";
import { startApi } from "../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.app.close());

const folder = {
  vendor: "kongur",
  folder: { suit_id: "1001" },
  source: { type: "directory", path: "/evidence/1001" },
};
const body = (entrust_id: string) => JSON.stringify({ entrust_id, folders: [folder] });

function post(payload: string | Buffer, type = "application/json") {
  return api.app.inject({
    method: "POST",
    url: "/v1/imports",
    headers: { "content-type": type },
    payload,
  });
}

describe("A body", () => {
  it.each(["", "; charset=utf-8", ';charset="UTF-8"', "; charset=utf8"])(
    "of JSON in UTF-8 is read (%s)",
    async (charset) => {
      const answer = await post(body("委托"), `application/json${charset}`);
      expect(answer.statusCode).toBe(202);
      expect(api.calls[0]?.args[0]).toMatchObject({ entrust_id: "委托" });
    },
  );

  it.each(["gbk", "utf-16", "iso-8859-1"])("that is said to be in %s isn't", async (charset) => {
    const answer = await post(body("x"), `application/json; charset=${charset}`);
    expect(answer.statusCode).toBe(415);
    expect(answer.json()).toMatchObject({
      code: "MEDIA_TYPE_UNSUPPORTED",
      detail: expect.stringContaining(charset),
    });
    expect(api.calls).toEqual([]);
  });

  it("that isn't UTF-8 isn't, so that no letters become others on the record", async () => {
    const gbk = Buffer.concat([
      Buffer.from('{"entrust_id":"'),
      Buffer.from([0xce, 0xaf, 0xcd, 0xd0]),
      Buffer.from('"}'),
    ]);
    const answer = await post(gbk);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toBe("The body isn't UTF-8.");
    expect(api.calls).toEqual([]);
  });

  it.each(["a\\u0000b", "a\\ud800b", "a\\u001b[31m", "a\\u202eb"])(
    "with what can't be shown is refused, and the field is named: %s",
    async (text) => {
      const answer = await post(body("?").replace("?", text));
      expect(answer.statusCode).toBe(400);
      expect(answer.json().details.fields).toEqual([
        { field: "entrust_id", reason: expect.stringContaining("can't be displayed (U+") },
      ]);
    },
  );
});

it.each(["suit_id=%00", "entrust_id=%1b", "entrust_id=a%0ab", "after=%00", "suit_id=%E2%80%AE"])(
  "The query %s is refused, and the field is named",
  async (query) => {
    const answer = await api.app.inject(`/v1/imports?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: "REQUEST_INVALID",
      details: { in: "query", fields: [{ field: query.split("=")[0] }] },
    });
    expect(api.calls).toEqual([]);
  },
);

it.each(["alice%0a2026-01-01 forged", "a%1b%5b31m", "%e2%80%ae", "%00", "\u0080"])(
  "X-Exhibit-Actor %j is no name",
  async (actor) => {
    const answer = await api.app.inject({
      method: "POST",
      url: "/v1/vendors/kongur/pause",
      headers: { "x-exhibit-actor": actor },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().details).toMatchObject({
      in: "headers",
      fields: [{ field: "x-exhibit-actor" }],
    });
    expect(api.calls).toEqual([]);
  },
);

it.each(["retry", "cancel", "waive", "pause", "resume"])(
  "the reason of %s is one line",
  async (act) => {
    const { import_id } = api.put();
    const answer = await api.app.inject({
      method: "POST",
      url: `/v1/imports/${import_id}/${act}`,
      payload: { why: "a\nb" },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().details.fields).toMatchObject([{ field: "why" }]);
  },
);

it.each(routes.filter(([, url]) => url.includes(":")))(
  "%s %s finds nothing by a name that the ledger can't hold",
  async (method, url) => {
    for (const name of ["%00", "a%00b"]) {
      const answer = await api.app.inject({ method, url: url.replace(/:\w+/g, name) });
      expect([name, answer.statusCode]).toEqual([name, 404]);
      expect(answer.json()).toMatchObject({ code: "NOT_FOUND" });
    }
    expect(api.calls).toEqual([]);
  },
);
