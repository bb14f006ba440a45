import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { AuditEvent, ImportView, Problem, VendorList } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bullBoardOf } from "../../support/bull-board.ts";
import {
  anyEngine,
  directory,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const MiB = 1024 * 1024;

describe.each(anyEngine)("Pause and resume (%s)", (kind) => {
  let system: System;
  let board: ReturnType<typeof bullBoardOf>;

  beforeEach(async () => {
    // The reconciler looks often: what is paused has to be left alone by it, too.
    system = await startSystem(kind, { worker: { quietMs: 300 } });
    board = bullBoardOf(system);
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const look = (id: string) => system.get<ImportView>(`/v1/imports/${id}`);

  async function acts(of: string): Promise<AuditEvent[]> {
    return (await system.get<{ items: AuditEvent[] }>(`/v1/${of}/audit`)).items;
  }

  test("an import that is paused in the middle of an upload stops within seconds, fails nothing, and ends as if nothing had been", async () => {
    await writeTree(join(system.root, "1001"), { "hearing.mp4": randomBytes(20 * MiB) });
    await writeTree(join(system.root, "1002"), { "a.pdf": "a", "b.pdf": "b" });
    const { oss } = system.sandbox;
    const held = oss.hold({ operation: "UploadPart" });
    const { body } = await system.post<ImportView>(
      "/v1/imports",
      importOfSuits(system.root, "1001", "1002"),
    );
    const id = body.import_id;
    await held.reached();
    await system.seen(id, ({ stored }) => stored === 2);

    const startedAt = performance.now();
    const paused = await system.post<ImportView>(`/v1/imports/${id}/pause`, { why: "午休" });
    expect(paused).toMatchObject({
      status: 202,
      body: { status: "storing", paused: { who: "key:test", why: "午休", at: expect.any(String) } },
    });
    await board.idle();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    held.release();
    expect(await board.count("failed")).toBe(0);
    expect(await look(id)).toMatchObject({ status: "storing", planned: 1, failed: 0, errors: [] });

    const again = await system.post<Problem>(`/v1/imports/${id}/pause`, {});
    expect(again).toMatchObject({ status: 409, body: { code: "STATE_CONFLICT" } });
    expect(again.body.detail).toContain("is paused already");

    const sealed = system.rest(id);
    const resumed = await system.post<ImportView>(`/v1/imports/${id}/resume`);
    expect(resumed).toMatchObject({ status: 202, body: { status: "storing", paused: null } });
    expect(await sealed).toMatchObject({ status: "sealed", stored: 3, failed: 0 });
    expect(await system.post(`/v1/imports/${id}/resume`)).toMatchObject({ status: 409 });
    expect(await system.post(`/v1/imports/${id}/pause`)).toMatchObject({ status: 409 });
    expect(await acts(`imports/${id}`)).toMatchObject([
      { what: "create" },
      { what: "pause", who: "key:test", why: "午休", vendor: null },
      { what: "resume", import_id: id, why: null },
      { what: "seal", who: "exhibit" },
    ]);
  });

  test("a retry of a paused import waits until it is resumed; waive and cancel don't", async () => {
    await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
    await writeTree(join(system.root, "1002"), { "b.pdf": "b" });
    const { gateway } = system.sandbox;
    for (const folder of ["1001", "1002"])
      gateway.refuse({ vendor: "kongur", folder, code: "SUIT_CLOSED", message: "案件已结案" });
    const { import_id: id } = await system.run(importOfSuits(system.root, "1001", "1002"));
    const { import_id: other } = await system.run(importOfSuits(system.root, "1001"));
    gateway.heal();
    await system.post(`/v1/imports/${id}/pause`);
    const [first] = await system.files(id);
    const waived = { file_ids: [first?.file_id], why: "gone" };
    expect(await system.post(`/v1/imports/${id}/waive`, waived)).toMatchObject({ status: 202 });
    expect(await system.post(`/v1/imports/${id}/retry`)).toMatchObject({
      status: 202,
      body: { status: "storing", planned: 1, paused: { who: "key:test" } },
    });
    const { items: acts } = await system.get<{ items: AuditEvent[] }>(`/v1/imports/${id}/audit`);
    expect(acts.at(-1)).toMatchObject({ what: "retry", files: 1 });
    await board.idle();
    expect(await look(id)).toMatchObject({ status: "storing", planned: 1, stored: 0 });
    const sealed = system.rest(id);
    await system.post(`/v1/imports/${id}/resume`);
    expect(await sealed).toMatchObject({ status: "sealed", stored: 1, waived: 1 });

    await system.post(`/v1/imports/${other}/pause`);
    const cancelled = await system.post(`/v1/imports/${other}/cancel`);
    expect(cancelled).toMatchObject({ status: 202, body: { status: "cancelled", paused: null } });
  });

  test("an import that is paused while its source is walked is walked on when it is resumed", async () => {
    const names = Array.from({ length: 3000 }, (_, i) => [`${i}.txt`, `${i}`] as const);
    await writeTree(join(system.root, "1001"), Object.fromEntries(names));
    const held = system.sandbox.gateway.hold("kongur");
    const { body } = await system.post<ImportView>(
      "/v1/imports",
      importOfSuits(system.root, "1001"),
    );
    const id = body.import_id;
    await system.post(`/v1/imports/${id}/pause`);
    await board.idle();
    held.release();
    const before = await look(id);
    expect(before).toMatchObject({ stored: 0, failed: 0 });
    await system.post(`/v1/imports/${id}/resume`);
    const sealed = await system.rest(id);
    expect(sealed).toMatchObject({ status: "sealed", files: 3000, failed: 0 });
    // What was on its way when the pause took hold is found there afterwards, and not sent again.
    expect(sealed.stored + sealed.identical).toBe(3000);
    expect(system.sandbox.objectCount()).toBe(3000);
  });

  test("a paused vendor isn't asked: its folders wait in old imports and new ones, others arrive, and all goes on when it is resumed", async () => {
    await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
    await writeTree(join(system.root, "scene"), { "b.jpg": "b" });
    const request = {
      suit_ids: ["1001"],
      entrust_id: "E-77",
      folders: [
        directory("kongur", { suit_id: "1001" }, join(system.root, "1001")),
        directory("rex", { scene: "a" }, join(system.root, "scene")),
      ],
    };
    const { gateway } = system.sandbox;
    const paused = await system.post("/v1/vendors/kongur/pause", { why: "until Monday" });
    expect(paused).toMatchObject({ status: 202, body: { vendor: "kongur", paused: {} } });
    expect(await system.post("/v1/vendors/kongur/pause")).toMatchObject({ status: 409 });
    expect(await system.post("/v1/vendors/nobody/pause")).toMatchObject({ status: 404 });

    const { body } = await system.post<ImportView>("/v1/imports", request);
    const id = body.import_id;
    await system.seen(id, ({ stored, files }) => stored === 1 && files === 2);
    await board.idle();
    expect(await look(id)).toMatchObject({
      status: "storing",
      paused: null,
      paused_vendors: [{ vendor: "kongur", who: "key:test", why: "until Monday" }],
      stored: 1,
      planned: 1,
      failed: 0,
    });
    expect(gateway.log.counts()).toEqual({ "rex ok": 1 });
    const { items } = await system.get<VendorList>("/v1/vendors");
    expect(items.find(({ vendor }) => vendor === "kongur")).toMatchObject({
      paused: { who: "key:test", why: "until Monday" },
    });

    const sealed = system.rest(id);
    const resumed = await system.post("/v1/vendors/kongur/resume");
    expect(resumed.status).toBe(202);
    expect(resumed.body).not.toHaveProperty("paused");
    expect(await sealed).toMatchObject({ status: "sealed", stored: 2, paused_vendors: [] });
    expect(await system.post("/v1/vendors/kongur/resume")).toMatchObject({ status: 409 });
    expect(await board.count("failed")).toBe(0);
    expect(await acts("vendors/kongur")).toMatchObject([
      { what: "pause", vendor: "kongur", import_id: null, why: "until Monday" },
      { what: "resume", vendor: "kongur", import_id: null },
    ]);
  });

  test("a vendor that is paused in the middle of an upload is left alone within seconds, also by what waits for it", async () => {
    await writeTree(join(system.root, "1001"), { "hearing.mp4": randomBytes(20 * MiB) });
    const held = system.sandbox.oss.hold({ operation: "UploadPart" });
    const { body } = await system.post<ImportView>(
      "/v1/imports",
      importOfSuits(system.root, "1001"),
    );
    await held.reached();
    await system.post("/v1/vendors/kongur/pause");
    await board.idle();
    held.release();
    const calls = system.sandbox.gateway.log.entries().length;
    await writeTree(join(system.root, "1002"), { "b.pdf": "b" });
    const later = await system.post<ImportView>("/v1/imports", importOfSuits(system.root, "1002"));
    await system.seen(later.body.import_id, ({ status }) => status !== "planning");
    await board.idle();
    expect(await look(body.import_id)).toMatchObject({ planned: 1, failed: 0, stored: 0 });
    expect(system.sandbox.gateway.log.entries()).toHaveLength(calls);
    await system.post("/v1/vendors/kongur/resume");
    expect(await system.rest(body.import_id)).toMatchObject({ status: "sealed", stored: 1 });
    expect(await system.rest(later.body.import_id)).toMatchObject({ status: "sealed", stored: 1 });
    expect(await board.count("failed")).toBe(0);
  });
});
