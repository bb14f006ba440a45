import { ExhibitError } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { routes } from "../../src/routes.ts";
import { fakeAnswers, startApi } from "../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
let kept: ReturnType<typeof fakeAnswers>["kept"];
let answers: ReturnType<typeof fakeAnswers>["answers"];
beforeEach(async () => {
  ({ answers, kept } = fakeAnswers());
  api = await startApi({ answers });
});
afterEach(async () => {
  await api.app.close();
});

const body = (suit_id = "1001") => ({
  entrust_id: "E-77",
  folders: [
    {
      vendor: "kongur",
      folder: { suit_id },
      source: { type: "directory", path: "/evidence/1001" },
    },
  ],
});

/**
 * The routes that change one thing and take a key. Those about failures act on several imports in turn,
 * and checks and dry runs change nothing.
 */
const changes = routes.flatMap(([method, url, , { isSecret, again }]) => {
  if (method === "GET" || isSecret === true || /^\/v1\/failures\/|\/(check|dry-runs)$/.test(url))
    return [];
  // What is neither an import nor says what it is like now can be looked at by its own route.
  const isTold = again !== undefined || url.startsWith("/v1/imports/");
  return [{ method, url, isTold }];
});

/** Bodies of those that need one. */
const bodies: Record<string, object> = {
  "POST /v1/imports": body(),
  "PATCH /v1/imports/:id": { title: "Mine" },
  "POST /v1/imports/:id/waive": { why: "It is gone." },
  "POST /v1/register/keys/:key/distrust": { why: "It is gone." },
  "POST /v1/imports/:id/folders/:folder_id/accept-destination": {
    ...{ endpoint: "https://e", bucket: "b", prefix: "p/", why: "It moved." },
  },
  "PUT /v1/bandwidth": { limit: "10M" },
  "PATCH /v1/webhooks/:id": { active: false },
};

const post = (key: string, payload: object = body(), url = "/v1/imports") =>
  api.app.inject({ method: "POST", url, payload, headers: { "idempotency-key": key } });

const asked = (name: string) => api.calls.filter((call) => call.name === name);

describe("a request with an Idempotency-Key", () => {
  it("is carried out once, and answered the same each time", async () => {
    const first = await post("k-1");
    const second = await post("k-1");
    expect([first.statusCode, second.statusCode]).toEqual([202, 202]);
    expect(second.body).toBe(first.body);
    for (const name of ["location", "content-type", "content-length"]) {
      expect(second.headers[name]).toBe(first.headers[name]);
    }
    expect(first.headers).not.toHaveProperty("idempotency-replayed");
    expect(second.headers).toMatchObject({ "idempotency-replayed": "true" });
    expect(asked("create")).toHaveLength(1);
    await post("k-2");
    expect(asked("create")).toHaveLength(2);
  });

  it("may be written with quotes, as the draft has it, or without", async () => {
    await post('"k-1"');
    expect((await post("k-1")).headers).toMatchObject({ "idempotency-replayed": "true" });
  });

  it.each(["", '""', "a b", "a\tb", "schlüssel", '"open', "x".repeat(256)])(
    "is refused if the key can't be one: %j",
    async (key) => {
      const answer = await post(key);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({
        code: "REQUEST_INVALID",
        details: { in: "headers", field: "idempotency-key" },
      });
      expect(asked("create")).toEqual([]);
    },
  );

  it("takes keys of up to 255 characters", async () => {
    expect((await post("~".repeat(255))).statusCode).toBe(202);
  });

  it("is refused if it is another than the one that used the key: body, query, path or method", async () => {
    await post("k-1");
    for (const [url, payload] of [
      ["/v1/imports", body("1002")],
      ["/v1/imports?dry_run=false", body()],
      ["/v1/imports/x/retry", body()],
    ] as const) {
      const answer = await post("k-1", payload, url);
      expect([answer.statusCode, answer.json().code]).toEqual(
        url.endsWith("retry") ? [400, "REQUEST_INVALID"] : [422, "IDEMPOTENCY_MISMATCH"],
      );
    }
    const other = await post("k-1", {}, "/v1/vendors/kongur/pause");
    expect(other.json().code).toBe("IDEMPOTENCY_MISMATCH");
    expect(asked("create")).toHaveLength(1);
    expect(asked("pause vendor")).toEqual([]);
  });

  it("is told to come again while the first is still being carried out", async () => {
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const { create } = api.imports;
    api.imports.create = async (...args) => {
      begun.resolve();
      await release.promise;
      return await create(...args);
    };
    const first = post("k-1");
    await begun.promise;
    const second = await post("k-1");
    expect([second.statusCode, second.headers["retry-after"]]).toEqual([409, "1"]);
    expect(second.json().code).toBe("IDEMPOTENCY_IN_FLIGHT");
    expect((await post("k-1", body("1002"))).json().code).toBe("IDEMPOTENCY_MISMATCH");
    release.resolve();
    const { body: text } = await first;
    expect((await post("k-1")).body).toBe(text);
    expect(asked("create")).toHaveLength(1);
  });

  it.each(["NOT_FOUND", "STATE_CONFLICT", "STORE_DENIED"] as const)(
    "is refused with %s again, as a repetition would be",
    async (code) => {
      let tries = 0;
      api.imports.retry = async () => {
        tries += 1;
        throw new ExhibitError(code, `try ${tries}`);
      };
      const first = await post("k-1", {}, "/v1/imports/x/retry");
      const second = await post("k-1", {}, "/v1/imports/x/retry");
      expect(first.json().code).toBe(code);
      expect(second.body).toBe(first.body);
      expect(second.headers["content-type"]).toBe(first.headers["content-type"]);
      expect(tries).toBe(1);
    },
  );

  it.each(["SERVICE_UNREACHABLE", "INTERNAL", "SOURCE_OUTSIDE_ROOTS", "RATE_LIMITED"] as const)(
    "is tried anew after %s",
    async (code) => {
      const { create } = api.imports;
      api.imports.create = async () => {
        throw new ExhibitError(code, "Not now.");
      };
      expect((await post("k-1")).json().code).toBe(code);
      api.imports.create = create;
      const answer = await post("k-1");
      expect(answer.statusCode).toBe(202);
      expect(answer.headers).not.toHaveProperty("idempotency-replayed");
    },
  );

  it("whose answer was lost with the process is answered with what has become of it", async () => {
    await post("import");
    await post("vendor", { why: "x" }, "/v1/vendors/kongur/pause");
    const limit = () =>
      api.app.inject({
        method: "PUT",
        url: "/v1/bandwidth",
        payload: { limit: "10M" },
        headers: { "idempotency-key": "limit" },
      });
    await limit();
    const [importId] = [...api.views.keys()];
    for (const [name, known] of kept) {
      kept.set(name, {
        ...known,
        answer: undefined,
        importId: name.endsWith("import") ? (importId ?? null) : null,
      });
    }
    const again = await post("import");
    expect(again.statusCode).toBe(202);
    expect(again.headers).toMatchObject({
      location: `/v1/imports/${importId}`,
      "idempotency-replayed": "true",
    });
    expect(again.json()).toMatchObject({ import_id: importId });
    const vendor = await post("vendor", { why: "x" }, "/v1/vendors/kongur/pause");
    expect([vendor.statusCode, vendor.json().vendor]).toEqual([202, "kongur"]);
    expect((await limit()).json()).toMatchObject({ workers: 2 });
    expect(asked("create")).toHaveLength(1);
    expect(asked("pause vendor")).toHaveLength(1);
  });

  it.each(changes)(
    "whose answer was lost isn't carried out again, and is answered with what has become of it: $method $url",
    async ({ method, url, isTold }) => {
      const { import_id } = api.put();
      const key = "ab".repeat(32);
      const ids: Record<string, string> = { id: import_id, vendor: "kongur", folder_id: "1", key };
      const path = url.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? "x");
      const send = () =>
        api.app.inject({
          method,
          url: path,
          payload: bodies[`${method} ${url}`] ?? {},
          headers: { "idempotency-key": "k-1" },
        });
      const first = await send();
      expect(first.statusCode).toBeLessThan(300);
      const done = api.calls.length;
      for (const [name, known] of kept) {
        const importId = url.startsWith("/v1/imports") ? import_id : null;
        kept.set(name, { ...known, answer: undefined, importId });
      }
      const again = await send();
      expect(again.headers).toMatchObject({ "idempotency-replayed": "true" });
      // Nothing but reading what it was about.
      expect(new Set(api.calls.slice(done).map(({ name }) => name))).not.toContain(
        api.calls[0]?.name,
      );
      if (!isTold) {
        expect(again.statusCode).toBe(409);
        expect(again.json().detail).toContain("was carried out, but its answer was lost");
        return;
      }
      expect(again.statusCode).toBe(first.statusCode);
      // How many files an act was about isn't known any more.
      const { act: _act, ...known } = first.json();
      expect(Object.keys(again.json())).toEqual(Object.keys(known));
    },
  );

  it("is answered although its answer can't be kept, and that is logged", async () => {
    answers.keep = async () => {
      throw new ExhibitError("SERVICE_UNREACHABLE", "The ledger is away.");
    };
    expect((await post("k-1")).statusCode).toBe(202);
    expect(api.log.join("")).toContain("an answer couldn't be kept");
  });

  it("isn't carried out if it can't be found out whether it was before", async () => {
    const { find } = answers;
    answers.find = async () => {
      throw new ExhibitError("SERVICE_UNREACHABLE", "The ledger is away.");
    };
    expect((await post("k-1")).statusCode).toBe(503);
    expect(asked("create")).toEqual([]);
    answers.find = find;
    expect((await post("k-1")).statusCode).toBe(202);
  });

  it("gets the answer of another process that was a little quicker", async () => {
    const first = { status: 202, headers: { location: "/v1/imports/1" }, body: "{}" };
    answers.acting = async () => {
      throw new ExhibitError("IDEMPOTENCY_IN_FLIGHT", "It is under way.", { retryAfter: 1_000 });
    };
    answers.keep = async () => ({ importId: "1", answer: first });
    const answer = await post("k-1");
    expect([answer.statusCode, answer.body, answer.headers.location]).toEqual([
      202,
      "{}",
      "/v1/imports/1",
    ]);
    answers.keep = async () => ({ importId: "1", answer: undefined });
    const later = await post("k-2");
    expect([later.statusCode, later.headers["retry-after"]]).toEqual([409, "1"]);
  });

  it.each([
    ["/v1/keys", { name: "court", role: "viewer" }],
    ["/v1/keys/AbC12345/rotate", {}],
  ] as const)(
    "takes no key for %s: its answer holds a secret, which may be kept nowhere",
    async (url, payload) => {
      const answer = await post("k-1", payload, url);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().detail).toContain("takes no Idempotency-Key");
      expect(api.calls).toEqual([]);
      expect(kept.size).toBe(0);
    },
  );

  it("means nothing to a request that changes nothing", async () => {
    const answer = await api.app.inject({
      url: "/v1/vendors",
      headers: { "idempotency-key": "a b" },
    });
    expect(answer.statusCode).toBe(200);
    expect(kept.size).toBe(0);
  });
});
