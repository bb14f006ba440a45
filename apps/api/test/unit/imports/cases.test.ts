import { ExhibitError } from "@exhibit/contracts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { anyScope, caseView, fakeImports, startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.app.close());

it("lists the cases, page by page", async () => {
  const answer = await api.app.inject("/v1/cases?limit=7&starts_with=E-");
  expect(answer.json()).toMatchObject({ items: [{ entrust_id: "E-77", complete: true }] });
  expect(answer.json().items[0]).not.toHaveProperty("reasons");
  expect(api.calls).toEqual([{ name: "cases", args: [{ limit: 7, starts_with: "E-" }] }]);
});

it("shows one case by its entrust_id, and one suit", async () => {
  const answer = await api.app.inject("/v1/cases/E-77");
  expect(answer.json()).toEqual(caseView);
  const suit = await api.app.inject("/v1/suits/1001");
  expect(suit.json()).toMatchObject({ entrust_id: null, suit_id: "1001" });
  expect(api.calls.map(({ args }) => args[0])).toEqual([
    { entrust_id: "E-77" },
    { suit_id: "1001" },
  ]);
});

it("shows the folders that are counted of either", async () => {
  const answer = await api.app.inject("/v1/cases/E-77/folders?limit=3");
  expect(answer.json().items[0]).toMatchObject({ vendor: "kongur", import_status: "sealed" });
  await api.app.inject("/v1/suits/1001/folders");
  expect(api.calls.map(({ args }) => args)).toEqual([
    [{ entrust_id: "E-77" }, { limit: 3 }],
    [{ suit_id: "1001" }, { limit: 100 }],
  ]);
});

it.each([["案".repeat(200)], ["𠮷".repeat(200)], ["E/77 ?#%"]])(
  "finds a case whose entrust_id is %s",
  async (entrust_id) => {
    const answer = await api.app.inject(`/v1/cases/${encodeURIComponent(entrust_id)}`);
    expect(answer.statusCode).toBe(200);
    expect(api.calls).toEqual([{ name: "case", args: [{ entrust_id }] }]);
  },
);

it("doesn't know a case that no import names", async () => {
  await api.app.close();
  const fake = fakeImports();
  const get = () => Promise.reject(new ExhibitError("NOT_FOUND", "There is no case E-1."));
  api = await startApi({ cases: anyScope({ ...fake.cases, get }) });
  const answer = await api.app.inject("/v1/cases/E-1");
  expect(answer.statusCode).toBe(404);
  expect(answer.body).toContain("There is no case E-1.");
});

it.each(["/v1/cases?entrust_id=E-77", "/v1/cases?limit=0", "/v1/cases/E-77/folders?state=failed"])(
  "refuses %s, whose filter it doesn't have",
  async (url) => {
    expect((await api.app.inject(url)).statusCode).toBe(400);
    expect(api.calls).toEqual([]);
  },
);
