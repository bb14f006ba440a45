import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import type {
  DryRun,
  ImportRequest,
  Problem,
  SourceFolders,
  VendorCheckView,
  VendorList,
} from "@exhibit/contracts";
import { uploaderActions } from "@exhibit/sandbox";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bothEngines,
  directory,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const NFC = "caf\u00e9.pdf";
const NFD = "cafe\u0301.pdf";

// What can be known before an import is made: a worker looks, and the API answers.

describe.each(bothEngines)("Looking first (%s)", (kind) => {
  let system: System;
  const at = (...parts: string[]) => join(system.root, ...parts);

  beforeAll(async () => {
    system = await startSystem(kind);
    await writeTree(at("1001"), {
      ...{ "a.pdf": "aaa", "b/c.pdf": "ccc", "b/empty.txt": "", [NFC]: "one", [NFD]: "other" },
      [`${"long/".repeat(60)}${"x".repeat(200)}`]: "x",
    });
    await writeTree(at("1001/deep"), {
      [["d", "e", "f", "g"].map((name) => name.repeat(250)).join("/")]: "",
    });
    await symlink(at("1001/a.pdf"), at("1001/link"));
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const of = (path: string, more: object = {}): ImportRequest => ({
    ...{ entrust_id: "E-77", suit_ids: ["1001"] },
    folders: [directory("kongur", { suit_id: "1001" }, path)],
    ...more,
  });
  const runDry = async (request: ImportRequest) => {
    const { status, body } = await system.post<DryRun>("/v1/imports?dry_run=true", request);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const imports = async () => (await system.get<{ items: unknown[] }>("/v1/imports")).items.length;

  test("a dry run says how much would go where, what is a problem, and writes nothing", async () => {
    const found = await runDry(of(at("1001")));
    expect(found).toMatchObject({ trial: true, complete: true, files: 5, bytes: 10, problems: 2 });
    const [folder] = found.folders;
    expect(folder).toMatchObject({
      ...{ skipped: 1, empty: { files: 1, paths: ["b/empty.txt"] }, error: null },
      problems: expect.arrayContaining([
        expect.objectContaining({ code: "KEY_TAKEN", files: 1, paths: [NFD] }),
        expect.objectContaining({ code: "KEY_INVALID", files: 1 }),
      ]),
      place: { bucket: "evidence", prefix: expect.stringContaining("suits/1001/") },
      place_error: null,
      there: {
        recorded: { looked_for: 5, found: 0 },
        in_store: { looked_for: 5, found: 0, unreadable: false },
      },
    });
    expect(Date.parse(folder?.lease_ends_at ?? "")).toBeGreaterThan(Date.now());
    expect(await imports()).toBe(0);
    expect(JSON.stringify(found)).not.toMatch(/securitytoken|accesskey/i);
  });

  test("it knows what was stored before, by the ledger and by OSS, and what has changed since", async () => {
    await writeTree(at("again"), { "a.pdf": "aaa", "b.pdf": "bbb" });
    expect((await system.run(of(at("again")))).status).toBe("sealed");
    await writeTree(at("again"), { "b.pdf": "longer", "c.pdf": "new" });
    expect((await runDry(of(at("again")))).folders[0]?.there).toEqual({
      recorded: { looked_for: 3, found: 2, other_size: 1 },
      in_store: { looked_for: 3, found: 2, other_size: 1, unreadable: false },
    });
  });

  test("it tells one who may see less only what imports of theirs have stored", async () => {
    const scope = { entrust_ids: ["E-88"], vendors: "all" as const, roots: [at("again")] };
    const key = await system.makeKey(`narrow ${kind}`, { role: "producer", scope });
    const asked = async (request: ImportRequest) => {
      const response = await fetch(`${system.apiUrl}/v1/imports?dry_run=true`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(request),
      });
      return { status: response.status, body: (await response.json()) as DryRun & Problem };
    };
    const own = await asked(of(at("again"), { entrust_id: "E-88" }));
    expect(own.body.folders[0]?.there?.recorded).toMatchObject({ looked_for: 3, found: 0 });
    expect(await asked(of(at("1001"), { entrust_id: "E-88" }))).toMatchObject({
      ...{ status: 400, body: { code: "SOURCE_OUTSIDE_ROOTS" } },
    });
    expect(await asked(of(at("again")))).toMatchObject({ status: 403 });
    const listed = async (query: string) => {
      const headers = { authorization: `Bearer ${key}` };
      const response = await fetch(`${system.apiUrl}/v1/sources${query}`, { headers });
      return (await response.json()) as SourceFolders & Problem;
    };
    // The folder is theirs to see; that another's import has stored it isn't told.
    expect((await listed("")).items).toMatchObject([{ path: at("again"), last_import: null }]);
    for (const path of [system.root, at("1001"), at("again/../1001"), at("again/..")]) {
      const refused = await listed(`?path=${encodeURIComponent(path)}`);
      expect(refused, path).toMatchObject({ code: "SOURCE_OUTSIDE_ROOTS" });
      expect(refused.detail).not.toContain(`${system.root},`);
    }
  });

  test("sources and vendors that fail are in the answer, each with its folder", async () => {
    await mkdir(at("void"));
    const folders = [
      directory("kongur", { suit_id: "1001" }, at("gone")),
      directory("kongur", { suit_id: "1001" }, at("void")),
      directory("kongur", { suit_id: "refused-by-nobody" }, at("1001")),
    ];
    await system.post("/v1/vendors/kongur/pause", { why: "test" });
    const { status, body } = await system.post<DryRun>("/v1/imports?dry_run=true", {
      ...{ entrust_id: "E-77", suit_ids: [], folders },
    });
    await system.post("/v1/vendors/kongur/resume", {});
    expect(status).toBe(200);
    expect(body.folders.map(({ error }) => error?.code)).toEqual([
      ...["SOURCE_NOT_FOUND", "SOURCE_EMPTY", undefined],
    ]);
    expect(body.folders.map(({ place_error }) => place_error?.message)).toEqual(
      Array(3).fill("kongur is paused, so it wasn't asked."),
    );
    expect(body.folders[2]).toMatchObject({ place: null, there: null, files: 6 });
  });

  test("sources are listed with their last import, from the roots downwards", async () => {
    const roots = await system.get<SourceFolders>("/v1/sources");
    expect(roots.items.map(({ path }) => path)).toEqual([system.root]);
    const { items } = await system.get<SourceFolders>(
      `/v1/sources?path=${encodeURIComponent(system.root)}`,
    );
    expect(items.map(({ name, last_import: last }) => [name, last?.status])).toEqual([
      ["1001", undefined],
      ["again", "sealed"],
      ["void", undefined],
    ]);
    const outside = await system.ask("/v1/sources?path=/etc");
    expect([outside.status, ((await outside.json()) as Problem).code]).toEqual([
      400,
      "SOURCE_OUTSIDE_ROOTS",
    ]);
  });

  test("a vendor is checked step by step, with a new lease each time", async () => {
    const check = async (vendor: string, body: object) =>
      await system.post<VendorCheckView & Problem>(`/v1/vendors/${vendor}/check`, body);
    const folder = { suit_id: "1001" };
    const first = await check("kongur", { entrust_id: "E-77", folder });
    expect(first).toMatchObject({
      status: 200,
      body: {
        passed: true,
        steps: ["name", "lease", "store"].map((step) => ({ step, outcome: "passed" })),
        lease: { folder, bucket: "evidence" },
        probe: { outcome: "absent" },
        may: {
          list: { answer: "no", code: "AccessDenied" },
          read: { answer: "yes", code: null },
          keep: { answer: "unknown", code: "AccessDenied", retention: "unknown" },
        },
      },
    });
    const second = await check("kongur", { entrust_id: "E-77", folder });
    expect(second.body.lease?.lease_id).not.toBe(first.body.lease?.lease_id);
    expect(JSON.stringify(first)).not.toMatch(/securitytoken|accesskeysecret/i);
    expect((await check("kongur", { folder: { colour: "red" } })).body).toMatchObject({
      passed: false,
      steps: [
        { step: "name", outcome: "failed", error: { code: "REQUEST_INVALID" } },
        { step: "lease", outcome: "skipped" },
        { step: "store", outcome: "skipped" },
      ],
      ...{ lease: null, probe: null },
    });
    expect(await check("nobody", { folder })).toMatchObject({ status: 404 });
  });

  test("a check says what a lease may do besides storing, and stores nothing", async () => {
    const { tokens, retentions, objectCount, oss, openUploads } = system.sandbox;
    const before = { objects: objectCount(), entries: oss.log.entries().length };
    const folder = { op_poi_id: "p1", op_tenant_code: "t1" };
    const may = async () => {
      const { body } = await system.post<VendorCheckView>("/v1/vendors/deepvision/check", {
        folder,
      });
      expect(body).toMatchObject({ passed: true });
      return body.may;
    };
    const asking = ["oss:GetBucketWorm", "oss:GetBucketObjectWormConfiguration"];
    tokens.setActions([...uploaderActions, "oss:ListObjects", ...asking]);
    const yes = { answer: "yes", code: null };
    const none = { answer: "no", code: null, retention: "none" };
    expect(await may()).toEqual({ list: yes, read: yes, keep: none });
    retentions.keepAll("deepvision", { state: "Locked", days: 3650 });
    expect(await may()).toMatchObject({ keep: { ...yes, retention: "locked 3650 days" } });
    tokens.setActions(["oss:PutObject"]);
    const no = { answer: "no", code: "AccessDenied" };
    expect(await may()).toEqual({
      ...{ list: no, read: no, keep: { ...no, answer: "unknown", retention: "unknown" } },
    });
    tokens.setActions(uploaderActions);
    expect(objectCount()).toBe(before.objects);
    expect(openUploads()).toEqual([]);
    const asked = oss.log.entries().slice(before.entries);
    expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(["HEAD", "GET"]));
  });

  test("each vendor says how it names a folder", async () => {
    const { items } = await system.get<VendorList>("/v1/vendors");
    const kongur = items.find(({ vendor }) => vendor === "kongur");
    expect(kongur).toMatchObject({
      folder_schema: { type: "object", oneOf: expect.anything() },
      folder_example: { suit_id: "1001" },
    });
    expect(items.every(({ folder_schema }) => folder_schema !== undefined)).toBe(true);
  });

  test("without a worker, who asks is told at once", async () => {
    await system.worker.stop();
    const answer = await system.ask("/v1/sources");
    expect([answer.status, ((await answer.json()) as Problem).detail]).toEqual([
      503,
      expect.stringContaining("No worker is running"),
    ]);
    await system.worker.start();
  });
});
