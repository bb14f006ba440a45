import { randomBytes } from "node:crypto";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import type { ImportView, Problem } from "@exhibit/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bothEngines,
  digestsBelow,
  directory,
  type System,
  sha256Of,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const MiB = 1024 * 1024;

describe.each(bothEngines)("A case's evidence (%s)", (kind) => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem(kind);
    const { root } = system;
    await writeTree(join(root, "1001"), {
      "合同/扫描件 第1页.pdf": "%PDF-1.4 …",
      "照片/📷 现场.jpg": randomBytes(70_000),
      "empty.txt": "",
      "a+b & c=d?#%20.txt": "odd",
      "e\u0301te\u0301.txt": "decomposed",
      "deep/er/and/deeper/still.wav": randomBytes(300_000),
      "video.mp4": randomBytes(20 * MiB + 7),
    });
    await symlink("/etc/hostname", join(root, "1001", "link"));
    await writeTree(
      join(root, "1002"),
      Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`scan-${i}.tif`, `page ${i}`])),
    );
    await writeTree(join(root, "entrust"), { "mandate.docx": "entrust" });
    await writeTree(join(root, "lawyer"), { "licence.png": "lawyer" });
    await writeTree(join(root, "firm"), { "register.pdf": "firm" });
    await writeTree(join(root, "store"), { "shelf.jpg": "store", "till/receipt.jpg": "receipt" });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const places = {
    "1001": "evidence/kongur/E-77/suits/1001",
    "1002": "evidence/kongur/E-77/suits/1002",
    entrust: "evidence/kongur/E-77/entrust",
    lawyer: "evidence/kongur/E-77/lawyer",
    firm: "evidence/kongur/E-77/firm",
    store: "deepvision/t1/p1",
  };

  function theCase() {
    const { root } = system;
    return {
      entrust_id: "E-77",
      suit_ids: ["1001", "1002"],
      folders: [
        directory("kongur", { suit_id: "1001" }, join(root, "1001")),
        directory("kongur", { suit_id: "1002" }, join(root, "1002")),
        ...["entrust", "lawyer", "firm"].map((role) =>
          directory("kongur", { role }, join(root, role)),
        ),
        directory("deepvision", { op_poi_id: "p1", op_tenant_code: "t1" }, join(root, "store")),
      ],
    };
  }

  test("arrives whole, each file in the folder that its vendor opens, with a receipt that is true", async () => {
    const view = await system.run(theCase());
    expect(view).toMatchObject({
      status: "sealed",
      files: 612,
      stored: 612,
      failed: 0,
      planned: 0,
      skipped: 1,
      errors: [],
    });

    for (const [source, place] of Object.entries(places)) {
      const sent = await digestsBelow(join(system.root, source));
      const normalised = new Map(
        [...sent].map(([path, digest]) => [path.normalize("NFC"), digest]),
      );
      expect(await digestsBelow(join(system.sandbox.objectsDir, place))).toEqual(normalised);
    }
    expect(system.sandbox.objectCount()).toBe(612);

    const folders = await system.folders(view.import_id);
    expect(folders.map(({ bucket, prefix, status }) => `${bucket}/${prefix} ${status}`)).toEqual(
      Object.values(places).map((place) => `${place}/ done`),
    );
    const files = await system.files(view.import_id);
    expect(files).toHaveLength(613);
    const sources = new Map(folders.map((folder) => [folder.folder_id, folder]));
    for (const file of files.filter(({ state }) => state !== "skipped")) {
      const folder = sources.get(file.folder_id);
      expect(file).toMatchObject({ state: "stored", error: null });
      expect(file.sha256).toBe(await sha256Of(join(folder?.source.path ?? "", file.path)));
      expect(file.key).toBe(`${folder?.prefix}${file.path.normalize("NFC")}`);
      expect([file.crc64, file.etag, file.request_id, file.stored_at, file.lease_id]).not.toContain(
        null,
      );
    }
    expect(files.filter(({ state }) => state === "skipped")).toMatchObject([
      { path: "link", skipped_as: "symlink" },
    ]);
  });

  test("is shared leases' work: one call to each vendor was enough", () => {
    const { kongur, deepvision } = Object.groupBy(
      system.sandbox.gateway.log.entries().flatMap((call) => (call.vendor ? [call.vendor] : [])),
      (vendor) => vendor,
    );
    expect(kongur).toHaveLength(1);
    expect(deepvision).toHaveLength(1);
  });

  test("is found identical when it is imported again, and nothing is written", async () => {
    const view = await system.run(theCase());
    expect(view).toMatchObject({ status: "sealed", files: 612, stored: 0, identical: 612 });
    expect(system.sandbox.objectCount()).toBe(612);
  });

  test("is seen to move while a large file is under way", async () => {
    const { sandbox, root } = system;
    await writeTree(join(root, "large"), { "hearing.mp4": randomBytes(20 * MiB) });
    const held = sandbox.oss.hold({ operation: "CompleteMultipartUpload" });
    const { body } = await system.post<ImportView>("/v1/imports", {
      entrust_id: "E-78",
      folders: [directory("kongur", { role: "entrust" }, join(root, "large"))],
    });
    await held.reached();
    let view = body;
    // Each part that OSS has is told of once a second.
    while (view.sending_bytes < 20 * MiB)
      view = await system.get<ImportView>(`/v1/imports/${body.import_id}`);
    expect(view).toMatchObject({ stored: 0, sending_bytes: 20 * MiB });
    held.release();
    expect(await system.rest(body.import_id)).toMatchObject({ status: "sealed", sending_bytes: 0 });
  });

  test("is listed by suit, mandate and status", async () => {
    const list = (query: string) => system.get<{ items: unknown[] }>(`/v1/imports?${query}`);
    expect((await list("suit_id=1002&status=sealed")).items).toHaveLength(2);
    expect((await list("entrust_id=E-77&limit=1")).items).toHaveLength(1);
    expect((await list("suit_id=9999")).items).toEqual([]);
  });

  test("is refused at the door when a folder can't be what it says", async () => {
    const { root } = system;
    const refuse = async (folder: ReturnType<typeof directory>) => {
      const { status, body } = await system.post<Problem>("/v1/imports", {
        entrust_id: "E",
        suit_ids: [],
        folders: [folder],
      });
      return `${status} ${body.code} ${body.detail}`;
    };
    expect(await refuse(directory("kongur", { suit: "1" }, root))).toMatch(
      /400 REQUEST_INVALID folders\[0\].*suit/,
    );
    expect(await refuse(directory("nobody", {}, root))).toMatch(
      /400 REQUEST_INVALID folders\[0\].*nobody/,
    );
    expect(await refuse(directory("kongur", { suit_id: "1" }, "/etc"))).toMatch(
      /400 SOURCE_OUTSIDE_ROOTS folders\[0\]/,
    );
    expect(await refuse(directory("kongur", { suit_id: "1" }, `${root}/../x`))).toMatch(
      /400 SOURCE_OUTSIDE_ROOTS/,
    );
  });
});
