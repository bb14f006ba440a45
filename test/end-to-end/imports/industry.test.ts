import { randomBytes } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FileView, ImportView, Problem } from "@exhibit/contracts";
import type { UploadUrls } from "@exhibit/sandbox";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exhibit } from "../../support/exhibit.ts";
import {
  anyEngine,
  digestsBelow,
  directory,
  type System,
  sha256Of,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const forms: UploadUrls[] = ["bucket", "signed-v4", "signed-v1"];
const record = { type: "OWNBRAND", id: "9007199254740993" };
const place = "iotx-industry/OWNBRAND/9007199254740993";

describe.each(anyEngine)("A brand's images at industry (%s)", (kind) => {
  let system: System;
  let images: string;

  beforeEach(async () => {
    system = await startSystem(kind);
    images = join(system.root, "brand");
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const theImport = () => ({
    suit_ids: [],
    folders: [directory("industry", record, images)],
  });
  const keysOf = (files: readonly FileView[]) =>
    Object.fromEntries(files.filter(({ key }) => key !== null).map(({ path, key }) => [path, key]));
  const waiveMissing = async ({ import_id }: ImportView) => {
    const body = { code: "SOURCE_NOT_FOUND", why: "converted" };
    await system.post(`/v1/imports/${import_id}/waive`, body);
    return await system.rest(import_id);
  };
  const calls = () => system.sandbox.gateway.log.counts()["industry ok"] ?? 0;

  test.each(forms)("arrive under the record's keys with true receipts (%s)", async (form) => {
    system.sandbox.gateway.giveUploadUrls(form);
    await writeTree(images, {
      "front.JPG": randomBytes(70_000),
      "a logo.png": randomBytes(9_000_000),
      "more/旗 flag.gif": randomBytes(3),
    });
    const view = await system.run(theImport());
    expect(view).toMatchObject({ status: "sealed", files: 3, stored: 3, failed: 0, errors: [] });

    const files = await system.files(view.import_id);
    const prefix = "OWNBRAND/9007199254740993/";
    expect(keysOf(files)).toEqual({
      "a logo.png": `${prefix}1.png`,
      "front.JPG": `${prefix}2.jpg`,
      "more/旗 flag.gif": `${prefix}3.gif`,
    });
    const arrived = await digestsBelow(join(system.sandbox.objectsDir, place));
    for (const { path, key, sha256, state, error, ...receipt } of files) {
      expect([state, error]).toEqual(["stored", null]);
      expect(sha256).toBe(await sha256Of(join(images, path)));
      expect(arrived.get(key?.slice(prefix.length) ?? "")).toBe(sha256);
      const { crc64, etag, request_id, stored_at, lease_id } = receipt;
      expect([crc64, etag, request_id, stored_at, lease_id]).not.toContain(null);
    }
    expect(arrived.size).toBe(3);
    // The URL is a credential: nothing of it is on the record.
    const recorded = JSON.stringify([view, files, await system.folders(view.import_id)]);
    expect(recorded).not.toMatch(/signature|security-token|STS\.|CAIS/i);
    expect(await system.folders(view.import_id)).toMatchObject([
      { status: "done", bucket: "iotx-industry", prefix },
    ]);
    expect(calls()).toBe(3);

    const again = await system.run(theImport());
    expect(keysOf(await system.files(again.import_id))).toEqual(keysOf(files));
    // Only a lease with credentials of its own lets us look before we write.
    expect(again).toMatchObject({
      status: "sealed",
      [form === "bucket" ? "identical" : "stored"]: 3,
    });
  });

  test("that the API can't take fail while planning, each with its reason, and the others arrive; a retry numbers nothing anew", async () => {
    const names = ["b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    await writeTree(images, {
      "a.tif": "not an image of theirs",
      ...Object.fromEntries(names.map((name) => [`${name}.jpg`, `image ${name}`])),
      "zz.png": "one more",
    });
    const view = await system.run(theImport());
    expect(view).toMatchObject({ status: "attention", files: 13, stored: 10, failed: 3 });
    expect(view.errors).toMatchObject([{ code: "FILE_NOT_ACCEPTED", files: 3 }]);
    const first = await system.files(view.import_id);
    const failed = first.filter(({ state }) => state === "failed");
    expect(failed.map(({ path, key, error }) => [path, key, error?.code])).toEqual([
      ["a.tif", null, "FILE_NOT_ACCEPTED"],
      ["l.jpg", null, "FILE_NOT_ACCEPTED"],
      ["zz.png", null, "FILE_NOT_ACCEPTED"],
    ]);
    expect(failed[0]?.error?.message).toBe(
      'industry takes images with the suffix jpg, png, gif; "a.tif" is a .tif.',
    );
    expect(failed[1]?.error?.message).toContain("industry takes at most 10 files");
    const called = calls();
    expect(called).toBe(10);

    const retry = () => system.post<ImportView>(`/v1/imports/${view.import_id}/retry`);
    expect((await retry()).status).toBe(202);
    expect(await system.rest(view.import_id)).toMatchObject({
      status: "attention",
      files: 13,
      stored: 10,
      failed: 3,
    });
    // All is as it was, but for when what can't be taken was refused last.
    const later = first.map(({ error, ...file }) => ({
      ...file,
      error: error && { ...error, at: expect.any(String) },
    }));
    expect(await system.files(view.import_id)).toEqual(later);
    expect(calls()).toBe(called);

    // What can't be taken goes away, but not from the record: once it is given up, the rest of the import is whole.
    await rm(join(images, "a.tif"));
    await rename(join(images, "l.jpg"), join(system.root, "l.jpg"));
    await rm(join(images, "zz.png"));
    await retry();
    expect(await system.rest(view.import_id)).toMatchObject({
      ...{ status: "attention", files: 13, failed: 3 },
      errors: [{ code: "SOURCE_NOT_FOUND", message: expect.stringContaining("industry takes") }],
    });
    expect(await waiveMissing(view)).toMatchObject({ status: "sealed", stored: 10, waived: 3 });
    expect(calls()).toBe(called);
  });

  test("that are added later take the places that are free, before those that have one by name", async () => {
    await writeTree(images, { "m.jpg": "m", "x.tif": "x" });
    const view = await system.run(theImport());
    expect(view).toMatchObject({ status: "attention", stored: 1, failed: 1 });
    await rename(join(images, "x.tif"), join(images, "a.gif"));
    await system.post(`/v1/imports/${view.import_id}/retry`);
    expect(await system.rest(view.import_id)).toMatchObject({ status: "attention", stored: 2 });
    expect(await waiveMissing(view)).toMatchObject({ status: "sealed", stored: 2, waived: 1 });
    const prefix = "OWNBRAND/9007199254740993/";
    expect(keysOf(await system.files(view.import_id))).toEqual({
      "m.jpg": `${prefix}1.jpg`,
      "a.gif": `${prefix}2.gif`,
    });
  });

  test("go on when a signed URL has ended before it was used", async () => {
    system.sandbox.gateway.giveUploadUrls("signed-v4");
    await writeTree(images, { "a.jpg": "a" });
    const held = system.sandbox.oss.hold({ operation: "PutObject" });
    const { body } = await system.post<ImportView>("/v1/imports", theImport());
    await held.reached();
    system.sandbox.tokens.expireAll();
    held.release();
    expect(await system.rest(body.import_id)).toMatchObject({ status: "sealed", stored: 1 });
    expect(calls()).toBe(2);
  });

  test("fail in the vendor's own words when it refuses the record, and a retry mends it", async () => {
    await writeTree(images, { "a.jpg": "a", "b.jpg": "b" });
    const refusal = { folder: record.id, code: "460", message: "请求参数错误" };
    system.sandbox.gateway.refuse({ vendor: "industry", ...refusal });
    const view = await system.run(theImport());
    expect(view).toMatchObject({ status: "attention", stored: 0, failed: 2 });
    expect(view.errors).toMatchObject([{ code: "VENDOR_REFUSED", files: 2 }]);
    expect(view.errors[0]?.message).toContain("460 请求参数错误");
    system.sandbox.gateway.heal();
    await system.post(`/v1/imports/${view.import_id}/retry`);
    expect(await system.rest(view.import_id)).toMatchObject({ status: "sealed", stored: 2 });
  });

  test("are imported from the command line", async () => {
    await writeTree(images, { "a.jpg": "a", "b.tif": "b" });
    const folder = Object.entries(record).flatMap(([key, value]) => [
      "--folder",
      `${key}=${value}`,
    ]);
    const args = ["import", images, "--vendor", "industry", ...folder, "--json"];
    const { stdout } = await exhibit(args, {
      EXHIBIT_API_URL: system.apiUrl,
      EXHIBIT_API_KEY: system.key,
    });
    const lines = stdout.trimEnd().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
      status: "attention",
      stored: 1,
      failed: 1,
    });
  });

  test("are refused at the door when the folder isn't a record", async () => {
    const folders = [directory("industry", { ...record, index: "1" }, system.root)];
    const { status, body } = await system.post<Problem>("/v1/imports", { folders });
    expect(`${status} ${body.code} ${body.detail}`).toMatch(
      /400 REQUEST_INVALID folders\[0\].*index/,
    );
  });
});
