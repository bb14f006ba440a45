import { randomBytes } from "node:crypto";
import { stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ImportView } from "@exhibit/contracts";
import { uploaderActions } from "@exhibit/sandbox";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  anyEngine,
  directory,
  type System,
  sha256Of,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const MiB = 1024 * 1024;
const PART = 6 * MiB;
const key = "kongur/E-77/suits/1001/hearing.mp4";

describe.each(anyEngine)("A large file whose upload is broken off (%s)", (kind) => {
  let system: System;
  let content: Buffer;
  let path: string;

  beforeEach(async () => {
    system = await startSystem(kind, { worker: { quietMs: 500, graceMs: 100 } });
    content = randomBytes(4 * PART);
    path = join(system.root, "1001/hearing.mp4");
    await writeTree(system.root, { "1001/hearing.mp4": content });
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const request = () => ({
    entrust_id: "E-77",
    suit_ids: ["1001"],
    folders: [directory("kongur", { suit_id: "1001" }, join(system.root, "1001"))],
  });

  /** Bytes of parts and objects that OSS took, by part; what was cut off isn't among them. */
  function sent(): number[] {
    return system.sandbox.oss.log
      .entries()
      .filter(({ operation, status }) => operation === "UploadPart" && status === 200)
      .map(({ query }) => Number(/partNumber=(\d+)/.exec(query)?.[1]))
      .sort((a, b) => a - b);
  }

  /** An import whose worker was stopped when OSS had the first two of four parts. */
  async function brokenOff(): Promise<string> {
    const { oss } = system.sandbox;
    const held = [3, 4].map((number) => oss.hold({ query: `partNumber=${number}&` }));
    const { body } = await system.post<ImportView>("/v1/imports", request());
    await oss.log.waitFor(({ operation }) => operation === "UploadPart", { count: 2 });
    await Promise.all(held.map((hold) => hold.reached()));
    await system.worker.stop();
    // What was under way when the worker went never arrives whole.
    for (const hold of held) hold.cut();
    expect(system.sandbox.openUploads()).toMatchObject([{ key, parts: [1, 2] }]);
    return body.import_id;
  }

  async function expectStored(): Promise<void> {
    const stored = system.sandbox.objectPath("evidence", key);
    expect(await sha256Of(stored)).toBe(await sha256Of(path));
    expect(system.sandbox.openUploads()).toEqual([]);
  }

  test("goes on with another worker, and no part that OSS has is sent again", async () => {
    const id = await brokenOff();
    await system.worker.start();
    expect(await system.rest(id)).toMatchObject({ status: "sealed", stored: 1 });
    await expectStored();
    expect(sent()).toEqual([1, 2, 3, 4]);
  });

  test("goes on with a new token that may not list parts", async () => {
    const { oss, tokens } = system.sandbox;
    const id = await brokenOff();
    tokens.setActions(uploaderActions.filter((action) => action !== "oss:ListParts"));
    tokens.expireAll();
    await system.worker.start();
    expect(await system.rest(id)).toMatchObject({ status: "sealed", stored: 1 });
    await expectStored();
    expect(sent()).toEqual([1, 2, 3, 4]);
    expect(oss.log.counts()).toMatchObject({ "ListParts AccessDenied": 1 });
  });

  test("was at its very end, whose answer was lost: it is found stored, and nothing is sent", async () => {
    const { oss } = system.sandbox;
    const held = oss.hold({ operation: "CompleteMultipartUpload" }, { at: "after" });
    const { body } = await system.post<ImportView>("/v1/imports", request());
    await held.reached();
    await system.worker.stop();
    held.release();
    await system.worker.start();
    expect(await system.rest(body.import_id)).toMatchObject({ status: "sealed", stored: 1 });
    await expectStored();
    expect(sent()).toHaveLength(4);
  });

  test("fails when its bytes are others now, though size and time are the same; a retry takes it as it is", async () => {
    const id = await brokenOff();
    const { mtime } = await stat(path);
    content[0] = (content[0] ?? 0) ^ 1;
    await writeFile(path, content);
    await utimes(path, mtime, mtime);
    await system.worker.start();
    expect(await system.rest(id)).toMatchObject({
      status: "attention",
      failed: 1,
      errors: [{ code: "SOURCE_CHANGED" }],
    });
    expect(system.sandbox.openUploads()).toEqual([]);
    expect(system.sandbox.objectCount()).toBe(0);
    await system.post(`/v1/imports/${id}/retry`);
    expect(await system.rest(id)).toMatchObject({ status: "sealed", stored: 1 });
    await expectStored();
  });

  test("is replaced while nobody works: the old upload is aborted, and a retry sends the new file whole", async () => {
    const id = await brokenOff();
    await writeFile(path, randomBytes(2 * PART));
    await system.worker.start();
    expect(await system.rest(id)).toMatchObject({ errors: [{ code: "SOURCE_CHANGED" }] });
    expect(system.sandbox.openUploads()).toEqual([]);
    await system.post(`/v1/imports/${id}/retry`);
    expect(await system.rest(id)).toMatchObject({ status: "sealed", bytes: 2 * PART });
    await expectStored();
  });

  test("belongs to an import that is cancelled while nobody works: the reconciler aborts it", async () => {
    const id = await brokenOff();
    await system.post(`/v1/imports/${id}/cancel`, {});
    const { oss } = system.sandbox;
    await system.worker.start();
    await oss.log.waitFor(({ operation }) => operation === "AbortMultipartUpload");
    while (system.sandbox.openUploads().length > 0) await setTimeout(20);
    expect(sent()).toEqual([1, 2]);
  });

  test("waits out a fault of OSS and goes on; one that fails for good is aborted", async () => {
    const { oss } = system.sandbox;
    const fault = oss.fail({ match: { query: "partNumber=3&" }, status: 500, times: 5 });
    const view = await system.run(request());
    expect(view).toMatchObject({ status: "sealed", stored: 1 });
    expect(fault.applied).toBe(5);
    await expectStored();
    expect(oss.log.counts()).toMatchObject({ "InitiateMultipartUpload 200": 1 });

    await writeTree(system.root, { "1001/second.mp4": randomBytes(2 * PART) });
    const denied = { match: { query: "partNumber=2&" }, code: "AccessDenied", status: 403 };
    oss.fail({ ...denied, times: "always" });
    expect(await system.run(request())).toMatchObject({ status: "attention", failed: 1 });
    expect(system.sandbox.openUploads()).toEqual([]);
  });
});
