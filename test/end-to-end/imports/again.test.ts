import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { FileView, ImportView } from "@exhibit/contracts";
import { uploaderActions } from "@exhibit/sandbox";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { anyEngine, directory, type System, startSystem, writeTree } from "../../support/system.ts";

describe.each(anyEngine)("Files that are in OSS already (%s)", (kind) => {
  let system: System;

  beforeEach(async () => {
    system = await startSystem(kind, { worker: { quietMs: 500, graceMs: 100 } });
    const small = Array.from({ length: 300 }, (_, n) => [`1001/${n}.pdf`, `evidence ${n}`]);
    await writeTree(system.root, {
      ...(Object.fromEntries(small) as Record<string, string>),
      "1001/hearing.mp4": randomBytes(20 * 1024 * 1024),
    });
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const request = () => ({
    entrust_id: "E-77",
    suit_ids: ["1001"],
    folders: [directory("kongur", { suit_id: "1001" }, join(system.root, "1001"))],
  });

  /** Bytes of files that were sent, arrived or not, and the looks. */
  function traffic() {
    const entries = system.sandbox.oss.log.entries();
    const sending = entries.filter(({ method }) => method === "PUT");
    return {
      bytes: sending.reduce((sum, { bytes }) => sum + bytes, 0),
      looks: entries.filter(({ method }) => method === "HEAD").length,
    };
  }

  test("aren't sent again by another import of the same folder", async () => {
    expect(await system.run(request())).toMatchObject({ status: "sealed", stored: 301 });
    system.sandbox.oss.log.clear();
    const again = await system.run(request());
    expect(again).toMatchObject({ status: "sealed", identical: 301 });
    expect(traffic()).toEqual({ bytes: 0, looks: 301 });
    // The ETag of what one request made is its MD5; what was made of parts is on record.
    const small = await system.get<{ items: FileView[] }>(
      `/v1/imports/${again.import_id}/files?limit=1000`,
    );
    const proofs = small.items.map(({ path, identical_by }) => `${path} ${identical_by}`);
    expect(proofs).toContain("hearing.mp4 record");
    expect(proofs.filter((one) => one.endsWith(".pdf md5"))).toHaveLength(300);
    expect(system.sandbox.oss.log.entries().map(({ method }) => method)).not.toContain("GET");
  });

  test("can't be told from other files where HEAD is denied, and that is said", async () => {
    const { tokens, oss } = system.sandbox;
    await system.run(request());
    tokens.setActions(uploaderActions.filter((action) => action !== "oss:GetObject"));
    tokens.expireAll();
    oss.log.clear();
    expect(await system.run(request())).toMatchObject({
      status: "attention",
      errors: [{ code: "STORE_DENIED", files: 301 }],
    });
  });

  test("aren't sent again by a shard that is taken up again before their outcome was recorded", async () => {
    const { oss } = system.sandbox;
    const held = oss.hold({ operation: "PutObject", keyIncludes: "299.pdf" }, { at: "after" });
    const { body } = await system.post<ImportView>("/v1/imports", request());
    await held.reached();
    await system.worker.stop();
    held.release();
    await system.worker.start();
    expect(await system.rest(body.import_id)).toMatchObject({ status: "sealed" });
    const puts = oss.log
      .entries()
      .filter(({ method, key }) => method === "PUT" && key.endsWith("299.pdf"));
    expect(puts).toHaveLength(1);
    expect(system.sandbox.objectCount()).toBe(301);
  });
});
