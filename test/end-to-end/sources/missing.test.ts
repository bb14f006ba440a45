import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuditEvent, ImportView } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BoardJob, bullBoardOf } from "../../support/bull-board.ts";
import {
  anyEngine,
  digestsBelow,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

describe.each(anyEngine)("What is missing from a source (%s)", (kind) => {
  let system: System;
  let board: ReturnType<typeof bullBoardOf>;

  beforeEach(async () => {
    system = await startSystem(kind);
    board = bullBoardOf(system);
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const suit = () => importOfSuits(system.root, "1001");
  const source = () => join(system.root, "1001");
  const retry = async (id: string, body?: object) => {
    const { status } = await system.post(`/v1/imports/${id}/retry`, body);
    expect(status).toBe(202);
    return await system.rest(id);
  };
  const statesOf = async (id: string) =>
    Object.fromEntries(
      (await system.files(id)).map(({ path, state, error }) => [path, error?.code ?? state]),
    );
  const inBucket = () =>
    digestsBelow(system.sandbox.objectPath("evidence", "kongur/E-77/suits/1001"));

  /** An import in which one file is in conflict with what is stored. */
  async function inConflict(): Promise<ImportView> {
    await writeTree(source(), { "第0007页.jpg": "first", "b.pdf": "b" });
    expect(await system.run(suit())).toMatchObject({ status: "sealed" });
    await writeFile(join(source(), "第0007页.jpg"), "second");
    const view = await system.run(suit());
    expect(view).toMatchObject({ status: "attention", identical: 1, failed: 1 });
    expect(view.errors[0]?.remedy).toContain("rename this file, then retry");
    return view;
  }

  const renameAsAdvised = () =>
    rename(join(source(), "第0007页.jpg"), join(source(), "第0007页-新版.jpg"));

  test("a file that was renamed as the remedy says is stored by the retry, under its new name", async () => {
    const { import_id: id } = await inConflict();
    await renameAsAdvised();
    expect(await retry(id)).toMatchObject({ status: "attention", stored: 1, failed: 1 });
    expect(await statesOf(id)).toEqual({
      "b.pdf": "identical",
      "第0007页.jpg": "SOURCE_NOT_FOUND",
      "第0007页-新版.jpg": "stored",
    });
    await system.post(`/v1/imports/${id}/waive`, { why: "renamed, as told" });
    expect(await system.rest(id)).toMatchObject({ status: "sealed", stored: 1, waived: 1 });
    const objects = await inBucket();
    for (const [path, digest] of await digestsBelow(source()))
      expect(objects.get(path), path).toBe(digest);
  });

  test("so it is when the job is retried in Bull Board", async () => {
    const { import_id: id } = await inConflict();
    await renameAsAdvised();
    await board.retry((await board.failed(1))[0] as BoardJob);
    await board.failed(1);
    await expect
      .poll(() => statesOf(id), { timeout: 30_000 })
      .toMatchObject({ "第0007页.jpg": "SOURCE_NOT_FOUND", "第0007页-新版.jpg": "stored" });
    expect(await system.rest(id)).toMatchObject({ status: "attention", failed: 1 });
  });

  test("an empty source isn't sealed before a person says that it may be", async () => {
    await mkdir(source());
    const view = await system.run(suit());
    expect(view).toMatchObject({ status: "attention", files: 0 });
    expect(view.errors).toMatchObject([{ code: "SOURCE_EMPTY", files: 0 }]);
    expect(await retry(view.import_id)).toMatchObject({ status: "attention" });

    expect(await retry(view.import_id, { allow_empty: true, why: "nothing came" })).toMatchObject({
      status: "sealed",
      files: 0,
      errors: [],
    });
    const acts = await system.get<{ items: AuditEvent[] }>(`/v1/imports/${view.import_id}/audit`);
    expect(acts.items.at(-1)).toMatchObject({ what: "seal" });
    expect(acts.items.at(-2)).toMatchObject({
      what: "retry",
      why: "nothing came",
      details: { allow_empty: true },
    });
    const allowed = suit();
    const [folder] = allowed.folders;
    if (folder) folder.source.allow_empty = true;
    expect(await system.run(allowed)).toMatchObject({ status: "sealed", files: 0 });
  });

  test("a share that isn't mounted any more is told from the import before, and its files from the retry once it is back", async () => {
    await writeTree(source(), { "a.pdf": "a", "b.pdf": "b" });
    const first = await system.run(suit());
    await rename(source(), `${source()}-away`);
    await mkdir(source());
    const view = await system.run(suit());
    expect(view).toMatchObject({ status: "attention", files: 0 });
    expect(view.errors[0]).toMatchObject({
      code: "SOURCE_EMPTY",
      message: expect.stringContaining(`Import ${first.import_id}`),
    });
    expect(view.errors[0]?.message).toContain("stored 2 files");

    await rm(source(), { recursive: true });
    await rename(`${source()}-away`, source());
    expect(await retry(view.import_id)).toMatchObject({ status: "sealed", identical: 2 });
  });

  test("files that vanished since the last import into the same folder are told, and nothing else is", async () => {
    await writeTree(source(), { "a.pdf": "a", "b.pdf": "b", "c.pdf": "c" });
    const first = await system.run(suit());
    expect(first).toMatchObject({ status: "sealed", warnings: [] });
    await rm(join(source(), "b.pdf"));
    const second = await system.run(suit());
    expect(second).toMatchObject({
      status: "sealed",
      identical: 2,
      warnings: [
        {
          code: "SOURCE_SHRUNK",
          files: 1,
          message: expect.stringContaining(`1 of the 3 files that import ${first.import_id}`),
        },
      ],
    });
    expect(second.warnings[0]?.message).toContain('"b.pdf"');
    const [before] = await system.folders(first.import_id);
    expect(await system.folders(second.import_id)).toMatchObject([
      { vanished: 1, compared_with: before?.folder_id },
    ]);
    // Who knows of it has nothing new to hear the next time.
    expect(await system.run(suit())).toMatchObject({ status: "sealed", warnings: [] });
  });
});
