import { join } from "node:path";
import {
  type AuditEvent,
  type EvidenceRead,
  everything,
  type ImportView,
} from "@exhibit/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bullBoardOf } from "../../support/bull-board.ts";
import {
  anyEngine,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

describe.each(anyEngine)("The record of a deployment (%s)", (kind) => {
  let system: System;
  let view: ImportView;
  beforeAll(async () => {
    system = await startSystem(kind);
    await writeTree(join(system.root, "1001"), { "a.pdf": "a", "b.pdf": "b" });
    system.sandbox.gateway.refuse({ vendor: "kongur", folder: "1001", code: "X", message: "x" });
    view = await system.run(importOfSuits(system.root, "1001"));
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const ask = (key: string, path: string, headers = {}) =>
    fetch(`${system.apiUrl}${path}`, { headers: { authorization: `Bearer ${key}`, ...headers } });
  const list = async <Item>(path: string) =>
    (await system.get<{ items: Item[] }>(`/v1/audit${path}`)).items;

  test("has what was done to imports, vendors, keys, queues and the bandwidth limit", async () => {
    const court = await system.makeKey("court", { role: "ops" });
    await system.post("/v1/vendors/rex/pause", { why: "maintenance" });
    await system.ask("/v1/bandwidth", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ limit: "10M" }),
    });
    await bullBoardOf(system).failed(1);
    await system.ask("/queues/api/queues/store/retry/failed", { method: "PUT" });
    await system.revokeKey(court);
    // What the job then does to the import, sooner or later, is done by `queue`.
    const events = (await list<AuditEvent>("")).filter(({ who }) => who !== "queue");
    expect(
      events.map(({ what, import_id, vendor, subject }) => [what, import_id ?? vendor ?? subject]),
    ).toEqual([
      ["create", expect.stringMatching("^keys/")],
      ["create", view.import_id],
      ["create", expect.stringMatching("^keys/")],
      ["pause", "rex"],
      ["change", "bandwidth"],
      ["board", "queues/store"],
      ["revoke", events[2]?.subject],
    ]);
    const newest = await list<AuditEvent>("?order=desc&limit=3&what=board,pause");
    expect(newest.map(({ what, who }) => [what, who])).toEqual([
      ["board", "key:test"],
      ["pause", "key:test"],
    ]);
  });

  test("has who read which evidence, once an hour however often they ask", async () => {
    const scope = { ...everything, entrust_ids: ["E-77"] };
    const [anna, bob] = [
      await system.makeKey("anna", { role: "viewer", scope }),
      await system.makeKey("bob", { role: "viewer", scope: { ...scope, entrust_ids: ["E-1"] } }),
    ];
    const id = view.import_id;
    const paths = ["files", "files.csv", "files.ndjson", "folders", "incidents"].map(
      (path) => `/v1/imports/${id}/${path}`,
    );
    for (const path of [...paths, "/v1/cases/E-77/folders", "/v1/suits/1001/folders"]) {
      for (let polls = 0; polls < 3; polls += 1) {
        const answer = await ask(anna, path);
        expect(answer.status).toBe(200);
        await answer.text();
      }
      expect((await ask(bob, path)).status).toBe(404);
    }
    for (const path of ["", "/suits", "/audit"]) await ask(anna, `/v1/imports/${id}${path}`);
    // The client's key may name others.
    await ask(system.key, `/v1/imports/${id}/files`, { "x-exhibit-actor": "alice" });
    const board = bullBoardOf(system);
    const [job] = await board.failed(1);
    if (job === undefined) throw new Error("a shard failed");
    await board.logs(job);

    const of = async (who: string) =>
      (await list<EvidenceRead>(`/reads?who=${encodeURIComponent(who)}`)).map(
        ({ what, subject }) => `${what} of ${subject}`,
      );
    // A test that runs as the hour turns may have a list twice.
    expect(new Set(await of("key:anna"))).toEqual(
      new Set([
        ...["files", "files.csv", "files.ndjson", "folders", "incidents"].map(
          (what) => `${what} of imports/${id}`,
        ),
        "folders of cases/E-77",
        "folders of suits/1001",
      ]),
    );
    expect((await of("key:anna")).length).toBeLessThan(2 * 7 + 1);
    expect(await of("key:bob")).toEqual([]);
    expect(new Set(await of("key:test for alice"))).toEqual(new Set([`files of imports/${id}`]));
    expect(await of("key:test")).toContain(`logs of queues/store/${job.id}`);
    expect((await ask(anna, "/v1/audit/reads")).status).toBe(403);
  });
});
