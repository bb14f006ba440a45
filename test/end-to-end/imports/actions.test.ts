import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { AuditEvent, ImportView, Problem } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bullBoardOf } from "../../support/bull-board.ts";
import {
  anyEngine,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const MiB = 1024 * 1024;

describe.each(anyEngine)("What people do to an import (%s)", (kind) => {
  let system: System;
  let board: ReturnType<typeof bullBoardOf>;

  beforeEach(async () => {
    system = await startSystem(kind);
    board = bullBoardOf(system);
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const suits = (...ids: string[]) => importOfSuits(system.root, ...ids);

  /** Does an act as a person whose name doesn't fit a header as it is. */
  async function act<T = ImportView>(importId: string, name: string, body: object) {
    const answer = await system.ask(`/v1/imports/${importId}/${name}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-exhibit-actor": encodeURIComponent("王芳"),
      },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  }

  async function acts(importId: string): Promise<AuditEvent[]> {
    return (await system.get<{ items: AuditEvent[] }>(`/v1/imports/${importId}/audit`)).items;
  }

  test("an import is found by the suits of its folders, whether its request named them or not", async () => {
    await writeTree(join(system.root, "1001"), { "a.txt": "a" });
    const { import_id, suit_ids } = await system.run({ ...suits("1001"), suit_ids: ["5"] });
    expect(suit_ids).toEqual(["5", "1001"]);
    for (const suit of ["5", "1001"]) {
      const { items } = await system.get<{ items: ImportView[] }>(`/v1/imports?suit_id=${suit}`);
      expect(items.map((item) => item.import_id)).toEqual([import_id]);
    }
  });

  test("cancel in the middle of an upload stops it within seconds, aborts it, and keeps what is stored", async () => {
    await writeTree(join(system.root, "1001"), {
      "small.txt": "small",
      "hearing.mp4": randomBytes(20 * MiB),
    });
    const { oss } = system.sandbox;
    const held = oss.hold({ operation: "UploadPart" });
    const { body } = await system.post<ImportView>("/v1/imports", suits("1001"));
    const id = body.import_id;
    await held.reached();
    await system.seen(id, ({ stored }) => stored > 0);

    const end = system.rest(id);
    const startedAt = performance.now();
    const aborted = oss.log.waitFor((entry) => entry.operation === "AbortMultipartUpload");
    const cancelled = await act(id, "cancel", { why: "the wrong case" });
    expect(cancelled).toMatchObject({ status: 202, body: { status: "cancelled", stored: 1 } });
    expect(await end).toMatchObject({ status: "cancelled", finished_at: expect.any(String) });
    await aborted;
    await board.idle();
    expect(system.sandbox.openUploads()).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    held.release();

    expect(await board.count("failed")).toBe(0);
    expect(await system.get(`/v1/imports/${id}`)).toMatchObject({
      status: "cancelled",
      stored: 1,
      planned: 1,
      failed: 0,
      sending_bytes: 0,
    });
    expect(await system.folders(id)).toMatchObject([{ status: "cancelled" }]);
    expect(await acts(id)).toMatchObject([
      { what: "create", who: "key:test" },
      { what: "cancel", who: "key:test for 王芳", why: "the wrong case" },
    ]);
    for (const name of ["cancel", "retry", "waive"]) {
      const refused = await act<Problem>(id, name, { why: "again" });
      expect(refused).toMatchObject({ status: 409, body: { code: "STATE_CONFLICT" } });
      expect(refused.body.detail).toContain("is cancelled");
    }
    // The way on: what is stored is found there.
    expect(await system.run(suits("1001"))).toMatchObject({
      status: "sealed",
      stored: 1,
      identical: 1,
    });
  });

  test("cancel ends what waits for a vendor that is down, and no job fails", async () => {
    await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
    const { gateway } = system.sandbox;
    gateway.fail({ vendor: "kongur", mood: "down", times: "always" });
    const { body } = await system.post<ImportView>("/v1/imports", suits("1001"));
    await gateway.log.waitFor(() => true);
    await act(body.import_id, "cancel", {});
    expect(await system.rest(body.import_id)).toMatchObject({ status: "cancelled", stored: 0 });
    gateway.heal();
    await board.idle();
    expect(await board.count("failed")).toBe(0);
    expect(system.sandbox.objectCount()).toBe(0);
  });

  test("retry takes up one folder, then one file; the rest is waived, and then the import is sealed", async () => {
    await writeTree(join(system.root, "1001"), { "a.pdf": "a", "b.pdf": "b" });
    await writeTree(join(system.root, "1002"), { "c.pdf": "c" });
    const { gateway } = system.sandbox;
    for (const folder of ["1001", "1002"])
      gateway.refuse({ vendor: "kongur", folder, code: "SUIT_CLOSED", message: "案件已结案" });
    const view = await system.run(suits("1001", "1002"));
    const id = view.import_id;
    expect(view).toMatchObject({ status: "attention", failed: 3 });
    gateway.heal();

    const [, second] = await system.folders(id);
    expect(await act(id, "retry", { folder_id: second?.folder_id, why: "reopened" })).toMatchObject(
      {
        status: 202,
        body: { failed: 2 },
      },
    );
    expect(await system.rest(id)).toMatchObject({ status: "attention", stored: 1, failed: 2 });

    const [a, b] = await system.files(id);
    await act(id, "retry", { file_id: a?.file_id });
    expect(await system.rest(id)).toMatchObject({ status: "attention", stored: 2, failed: 1 });
    expect((await system.files(id)).map(({ state }) => state)).toEqual([
      "stored",
      "failed",
      "stored",
    ]);

    expect(await act(id, "retry", { code: "SOURCE_IO" })).toMatchObject({ status: 409 });
    expect(await act(id, "waive", { code: "VENDOR_REFUSED" })).toMatchObject({ status: 400 });
    const waived = await act(id, "waive", { code: "VENDOR_REFUSED", why: "案件已结案" });
    expect(waived).toMatchObject({ status: 202, body: { waived: 1, failed: 0 } });
    expect(await system.rest(id)).toMatchObject({ status: "sealed", waived: 1, errors: [] });
    expect((await system.files(id)).find(({ file_id }) => file_id === b?.file_id)).toMatchObject({
      state: "waived",
      waived_by: "key:test for 王芳",
      waived_why: "案件已结案",
      error: { code: "VENDOR_REFUSED" },
    });
    expect(await acts(id)).toMatchObject([
      { what: "create", who: "key:test" },
      {
        what: "retry",
        who: "key:test for 王芳",
        why: "reopened",
        folder_id: second?.folder_id,
        files: 1,
      },
      { what: "retry", file_id: a?.file_id, why: null, files: 1 },
      { what: "waive", code: "VENDOR_REFUSED", why: "案件已结案", files: 1 },
      { what: "seal", who: "exhibit" },
    ]);
  });
});
