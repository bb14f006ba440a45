import { everything } from "@exhibit/contracts";
import { afterEach, expect, it } from "vitest";
import { bearer, principal } from "../../fake-door.ts";
import { auditEvent, startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
afterEach(() => api.app.close());

it("lists what people did to anything, as the query says", async () => {
  api = await startApi();
  const query = [
    "who=key%3Aportal&what=board,change&vendor=kongur&subject=queues/store&order=desc&limit=7",
    "import_id=0f8fad5b-d9cb-469f-a165-70867728950e&from=2026-01-01T00:00:00%2B08:00",
    "to=2026-02-01T00:00:00Z&after=17.3",
  ].join("&");
  const answer = await api.app.inject(`/v1/audit?${query}`);
  expect(answer.json()).toEqual({ items: [auditEvent], next: null });
  expect(api.calls).toEqual([
    {
      name: "whole audit",
      args: [
        {
          ...{ who: "key:portal", what: ["board", "change"], vendor: "kongur" },
          ...{ subject: "queues/store", order: "desc", limit: 7, after: "17.3" },
          import_id: "0f8fad5b-d9cb-469f-a165-70867728950e",
          from: "2025-12-31T16:00:00.000Z",
          to: "2026-02-01T00:00:00.000Z",
        },
      ],
    },
  ]);
});

it.each([
  "what=delete",
  "order=up",
  "from=yesterday",
  "to=0000-01-01T00:00:00Z",
  "import_id=7",
  "actor=me",
])("refuses the query %s", async (query) => {
  api = await startApi();
  expect((await api.app.inject(`/v1/audit?${query}`)).statusCode).toBe(400);
  expect(api.calls).toEqual([]);
});

it("is for administrators without limits", async () => {
  const narrow = principal("admin", { scope: { ...everything, entrust_ids: ["E-1"] } });
  api = await startApi({ authenticate: async () => narrow });
  const answer = await api.injectAsIs({ url: "/v1/audit", headers: bearer("any") });
  expect(answer.statusCode).toBe(403);
  expect(answer.json().detail).toContain("limited to some of them");
  expect(api.calls).toEqual([]);
});
