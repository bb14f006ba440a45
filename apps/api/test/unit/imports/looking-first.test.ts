import { afterEach, beforeEach, expect, it } from "vitest";
import { dryRun, sourceFolders, vendorCheck } from "../../answers-of-workers.ts";
import { bearer } from "../../fake-door.ts";
import { startApi } from "../../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.app.close());

const folder = { suit_id: "1001" };
const source = { type: "directory", path: "/evidence/1001" };
const payload = { folders: [{ vendor: "kongur", folder, source }] };

it.each(["/v1/imports?dry_run=true", "/v1/dry-runs"])(
  "answers a dry run with what was found, and creates nothing: %s",
  async (url) => {
    const answer = await api.app.inject({
      method: "POST",
      url,
      headers: bearer("portal"),
      payload,
    });
    expect([answer.statusCode, answer.json()]).toEqual([200, dryRun]);
    expect(api.calls).toMatchObject([{ name: "dry run", args: [payload, "key:portal"] }]);
    expect(answer.headers.location).toBeUndefined();
  },
);

it("creates an import for `dry_run=false`, and refuses what is neither", async () => {
  const post = (query: string) =>
    api.app.inject({ method: "POST", url: `/v1/imports?${query}`, payload });
  expect((await post("dry_run=false")).statusCode).toBe(202);
  for (const query of ["dry_run=1", "dryrun=true", "dry_run=true&dry_run=false"])
    expect((await post(query)).statusCode, query).toBe(400);
  expect(api.calls.map(({ name }) => name)).toEqual(["create"]);
});

it("answers a dry run that is repeated under its key without another one", async () => {
  const send = () =>
    api.app.inject({
      ...{ method: "POST", url: "/v1/imports?dry_run=true", payload },
      headers: { "idempotency-key": "look" },
    });
  await send();
  const again = await send();
  expect([again.statusCode, again.json()]).toEqual([200, dryRun]);
  expect(api.calls).toHaveLength(1);
});

it("passes on where to look, and how much is wanted", async () => {
  const url = "/v1/sources?path=%2Fevidence&limit=5&after=1000";
  const answer = await api.app.inject({ url, headers: bearer("portal") });
  expect([answer.statusCode, answer.json()]).toEqual([200, sourceFolders]);
  expect(api.calls).toMatchObject([
    {
      name: "source folders",
      args: [{ path: "/evidence", limit: 5, after: "1000" }, "key:portal"],
    },
  ]);
  for (const query of ["limit=0", "limit=1001", "path=", "depth=3", "path=a%00b"])
    expect((await api.app.inject(`/v1/sources?${query}`)).statusCode, query).toBe(400);
});

it("has a vendor checked, with a success also for one that fails", async () => {
  const url = "/v1/vendors/kongur/check";
  const answer = await api.app.inject({ method: "POST", url, payload: { folder } });
  expect([answer.statusCode, answer.json()]).toEqual([200, vendorCheck]);
  expect(api.calls).toMatchObject([
    { name: "check vendor", args: ["kongur", { folder, suit_ids: [] }, expect.any(String)] },
  ]);
  expect((await api.app.inject({ method: "POST", url })).statusCode).toBe(400);
});
