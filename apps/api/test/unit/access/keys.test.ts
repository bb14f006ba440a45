import { newKeyText } from "@exhibit/client/testing";
import { everything } from "@exhibit/contracts";
import { afterEach, expect, it } from "vitest";
import { bearer, principal } from "../../fake-door.ts";
import { keyView, startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>> | undefined;
afterEach(async () => {
  await api?.app.close();
});

/** What an administrator may do with a key. */
const may = ["listKeyAudit", "rotateKey", "revokeKey"];

/** Who acts, as the keys are told. */
const admin = principal("admin");
const by = (who: string, more = {}) => ({ principal: { ...admin, ...more }, who });

it("lists keys without their secrets", async () => {
  api = await startApi();
  const answer = await api.app.inject("/v1/keys?limit=7");
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({ items: [{ ...keyView, may }], next: null });
  expect(api.calls).toEqual([{ name: "list keys", args: [{ limit: 7 }, by("key:admin")] }]);
});

it("makes a key, shows it once, and keeps caches from storing it", async () => {
  api = await startApi();
  const answer = await api.app.inject({
    method: "POST",
    url: "/v1/keys",
    headers: { ...bearer("portal"), "x-exhibit-actor": "wang" },
    payload: { name: "clerk", role: "producer", scope: { entrust_ids: ["E-77"] }, why: "for Li" },
  });
  expect(answer.statusCode).toBe(201);
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.json()).toEqual({ ...keyView, key: newKeyText, may });
  const request = {
    name: "clerk",
    role: "producer",
    scope: { entrust_ids: ["E-77"] },
    may_name_others: false,
    expires_in_days: 90,
    why: "for Li",
  };
  expect(api.calls).toEqual([
    {
      name: "create key",
      args: [request, by("key:portal for wang", { name: "key:portal", mayNameOthers: true })],
    },
  ]);
  expect(api.log.join("\n")).not.toContain(newKeyText);
});

it.each([
  ["no name", { role: "viewer" }],
  ["no role", { name: "x" }],
  ["an unknown role", { name: "x", role: "root" }],
  ["no cases", { name: "x", role: "viewer", scope: { entrust_ids: [] } }],
  ["an unknown limit", { name: "x", role: "viewer", scope: { suits: ["1"] } }],
  ["a key that never ends", { name: "x", role: "viewer", expires_in_days: 367 }],
  ["a name that deceives", { name: "adm\u202ein", role: "viewer" }],
  ["a digest of its own", { name: "x", role: "viewer", digest: "00" }],
])("refuses a key with %s", async (_, payload) => {
  api = await startApi();
  const answer = await api.app.inject({ method: "POST", url: "/v1/keys", payload });
  expect(answer.statusCode).toBe(400);
  expect(api.calls).toEqual([]);
});

it("rotates a key, with a day for the old secret unless it is said otherwise", async () => {
  api = await startApi();
  const rotate = { method: "POST", url: "/v1/keys/AbC12345/rotate" } as const;
  const answer = await api.app.inject(rotate);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.json()).toMatchObject({ key_id: "AbC12345", key: newKeyText });
  await api.app.inject({ ...rotate, payload: { old_valid_hours: 0, expires_in_days: 7 } });
  expect(api.calls.map(({ args }) => args)).toEqual([
    ["AbC12345", { old_valid_hours: 24, expires_in_days: 90 }, by("key:admin")],
    ["AbC12345", { old_valid_hours: 0, expires_in_days: 7 }, by("key:admin")],
  ]);
  expect(api.log.join("\n")).not.toContain(newKeyText);
});

it("revokes a key, with why or without", async () => {
  api = await startApi();
  const revoke = { method: "DELETE", url: "/v1/keys/AbC12345" } as const;
  const answer = await api.app.inject({ ...revoke, payload: { why: "it was in a log" } });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ key_id: "AbC12345", revoked_by: "key:admin" });
  await api.app.inject(revoke);
  expect(api.calls.map(({ args }) => args)).toEqual([
    ["AbC12345", { why: "it was in a log" }, by("key:admin")],
    ["AbC12345", {}, by("key:admin")],
  ]);
});

it("tells who sends the request, and what they may do", async () => {
  api = await startApi();
  const answer = await api.app.inject("/v1/me");
  expect(answer.json()).toEqual({
    name: "key:admin",
    role: "admin",
    scope: everything,
    may_name_others: false,
    may_make_keys: true,
    may: expect.arrayContaining(["createKey", "listAudit"]),
    board: "act",
  });
  expect(answer.headers["cache-control"]).toBe("no-store");
});

it("lists what people did to a key", async () => {
  api = await startApi();
  const answer = await api.app.inject("/v1/keys/AbC12345/audit?limit=7");
  expect(answer.json()).toMatchObject({ items: [{ subject: "keys/AbC12345", what: "revoke" }] });
  expect(api.calls).toEqual([
    { name: "key audit", args: ["AbC12345", { limit: 7, order: "asc" }, by("key:admin")] },
  ]);
});
