import { importStatuses, type Role, roles } from "@exhibit/contracts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createMay } from "../../../src/access/may.ts";
import { notePrincipal } from "../../../src/access/principal.ts";
import { routes } from "../../../src/routes.ts";
import { bearer, known, principal } from "../../fake-door.ts";
import { keyView, startApi, vendorState } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
const ask = async (url: string, key: string, headers: Record<string, string> = {}) =>
  api.injectAsIs({ url, headers: { ...bearer(key), ...headers } });
const read = async (url: string, key: string) => (await ask(url, key)).json();

describe("What somebody may do", () => {
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.app.close());

  const nameOf = ([method, url, , { schema }]: (typeof routes)[number]) =>
    schema.operationId ?? `${method} ${url}`;

  it.each([...known.keys()])("is what the door lets them do: %s", async (key) => {
    const { may } = await read("/v1/me", key);
    const open: string[] = [];
    for (const route of routes) {
      const [method, path] = route;
      const url = path.replace(/:\w+/g, "x");
      const payload = method === "GET" ? {} : { payload: {} };
      const request = { method, url, headers: bearer(key), payloadAsStream: true as const };
      const { statusCode, stream } = await api.injectAsIs({ ...request, ...payload });
      // Events come as long as somebody listens.
      stream().destroy();
      if (statusCode !== 403) open.push(nameOf(route));
    }
    expect(may.toSorted()).toEqual(open.toSorted());
  });

  it("has names that the OpenAPI document has", async () => {
    const { paths } = await read("/openapi.json", "viewer");
    const names = new Set<unknown>(
      Object.values<Record<string, { operationId: string }>>(paths).flatMap((operations) =>
        Object.values(operations).map(({ operationId }) => operationId),
      ),
    );
    const { may } = await read("/v1/me", "admin");
    expect(may.length).toBeGreaterThan(50);
    expect(may.filter((name: string) => !names.has(name))).toEqual([]);
  });

  it("says what Bull Board is for them", async () => {
    const boards = ["viewer", "ops", "narrow", "narrow-ops"].map(
      async (key) => (await read("/v1/me", key)).board,
    );
    expect(await Promise.all(boards)).toEqual(["look", "act", "nothing", "nothing"]);
  });

  it("makes no keys where a session's cookie may have been read", () => {
    const may = createMay(
      routes.map((route) => ({ id: nameOf(route), needs: { needs: route[2], ...route[3] } })),
    );
    const allowed = may.anywhere(principal("admin", { mayMakeKeys: false }));
    expect(allowed).toContain("revokeKey");
    expect(allowed).not.toContain("createKey");
    expect(allowed).not.toContain("rotateKey");
    expect(may.anywhere(principal("admin"))).toContain("createKey");
    const request = {} as Parameters<typeof may.ofKeys>[0];
    notePrincipal(request, principal("admin"));
    const ofKey = may.ofKeys(request);
    expect(ofKey(keyView).may).toEqual(["listKeyAudit", "rotateKey", "revokeKey"]);
    const naming = { ...keyView, may_name_others: true };
    expect(ofKey(naming).may).toEqual(["listKeyAudit", "revokeKey"]);
    const revoked = { ...keyView, revoked_at: keyView.created_at };
    expect(ofKey(revoked).may).toEqual(["listKeyAudit"]);
  });
});

describe("What somebody may do with an import", () => {
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.app.close());

  const paused = { at: "2026-01-02T03:04:06.000Z", who: "wang", why: null };
  const always = ["changeImport"];
  const going = ["retryImport", "cancelImport"];

  it.each(importStatuses)("is what its status allows: %s", async (status) => {
    const { import_id } = api.put({ status, failed: 0, paused: null });
    const mayNow = async (key = "producer") => (await read(`/v1/imports/${import_id}`, key)).may;
    const isOpen = status !== "sealed" && status !== "cancelled";
    const open = isOpen ? going : [];
    expect(await mayNow()).toEqual([...always, ...open, ...(isOpen ? ["pauseImport"] : [])]);
    expect(await mayNow("viewer")).toEqual([]);
    api.put({ import_id, status, failed: 1, paused });
    const failed = isOpen ? ["waiveFiles", "acceptDestination"] : [];
    expect(await mayNow("ops")).toEqual([...always, ...open, ...failed, "resumeImport"]);
  });

  it("is on every answer that shows one, whoever gets it", async () => {
    const { import_id } = api.put({ status: "storing", failed: 0, paused: null });
    const whole = [...always, ...going, "pauseImport"];
    for (const [key, may] of [
      ["producer", whole],
      ["viewer", []],
    ] as const) {
      const { items } = await read("/v1/imports", key);
      expect(items.map((item: { may: string[] }) => item.may)).toEqual([may]);
    }
    const headers = bearer("producer");
    const url = `/v1/imports/${import_id}/pause`;
    const answer = await api.injectAsIs({ method: "POST", url, headers, payload: {} });
    expect(answer.json().may).toEqual(whole);
  });

  it("is never another's: a tag of one role says nothing to another", async () => {
    const { import_id } = api.put({ status: "storing" });
    for (const url of [`/v1/imports/${import_id}`, "/v1/imports", "/v1/vendors"]) {
      const tag = String((await ask(url, "admin")).headers.etag);
      const asked = async (key: Role) => ask(url, key, { "if-none-match": tag });
      const first = await asked("viewer");
      expect(first.statusCode).toBe(200);
      expect(first.body).toContain('"may":[]');
      expect((await asked("admin")).statusCode).toBe(304);
    }
  });

  it("isn't in the events, which are the same for all, though the tag of what was read is known there", async () => {
    const { import_id } = api.put({ status: "sealed" });
    const url = `/v1/imports/${import_id}`;
    for (const role of roles) {
      const { body } = await ask(`${url}/events`, role);
      expect(body).toContain("event: end");
      expect(body).not.toContain('"may"');
      const [, tag = ""] = /"(.*)"/.exec(String((await ask(url, role)).headers.etag)) ?? [];
      const after = await ask(`${url}/events`, role, { "last-event-id": tag });
      expect(after.body).not.toContain("event: progress");
      expect(after.body).toContain("event: end");
    }
  });
});

it("What somebody may do with a vendor is by role, and by whether it is paused", async () => {
  api = await startApi();
  const mayOf = async (key: string) => (await read("/v1/vendors", key)).items[0].may;
  expect(await mayOf("producer")).toEqual([]);
  expect(await mayOf("ops")).toEqual([
    "listVendorAudit",
    "listLeases",
    "checkVendor",
    "pauseVendor",
  ]);
  await api.app.close();
  const items = [
    { ...vendorState, paused: { at: "2026-01-02T03:04:06.000Z", who: "x", why: null } },
  ];
  const list = async () => ({ scope: "fleet" as const, trial: false, items });
  api = await startApi({ vendors: { within: () => ({ ...api.vendors, list }) } });
  expect(await mayOf("ops")).toEqual([
    "listVendorAudit",
    "listLeases",
    "checkVendor",
    "resumeVendor",
  ]);
  await api.app.close();
});

it("What somebody may do with a webhook of theirs is everything, but testing one that is off", async () => {
  api = await startApi();
  const { items } = await read("/v1/webhooks", "producer");
  expect(items[0].may).toEqual([
    "listWebhookDeliveries",
    "changeWebhook",
    "rotateWebhook",
    ...(items[0].active ? ["testWebhook"] : []),
    "removeWebhook",
  ]);
  await api.app.close();
});
