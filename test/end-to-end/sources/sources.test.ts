import { execFile } from "node:child_process";
import {
  appendFile,
  mkdir,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import type { FileView, ImportView } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  anyEngine,
  directory,
  type System,
  sha256Of,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const NFC = "caf\u00e9.pdf";
const NFD = "cafe\u0301.pdf";
const MiB = 1024 * 1024;

describe.each(anyEngine)("Whatever lies in a source (%s)", (kind) => {
  let system: System;
  let source: string;

  beforeEach(async () => {
    system = await startSystem(kind);
    source = join(system.root, "1001");
    await mkdir(source);
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const at = (...path: string[]) => join(source, ...path);

  const suit = (more = {}) => {
    const folder = directory("kongur", { suit_id: "1001" }, source);
    return {
      entrust_id: "E-77",
      suit_ids: ["1001"],
      folders: [{ ...folder, source: { ...folder.source, ...more } }],
    };
  };

  /** What each entry came to: its error's code, what it was skipped as, or its state. */
  async function outcomes({ import_id }: ImportView): Promise<Record<string, string>> {
    const what = ({ state, error, skipped_as }: FileView) => error?.code ?? skipped_as ?? state;
    return Object.fromEntries(
      (await system.files(import_id)).map((file) => [file.path, what(file)]),
    );
  }

  /** A bell that is rung for a job that is just ending is lost until the reconciler rings: people aren't that quick. */
  async function idle(): Promise<void> {
    for (const queue of ["plan", "store", "seal"]) {
      const page = `/queues/api/queues?activeQueue=${queue}&status=active&page=1&jobsPerPage=1`;
      while (await isBusy(page, queue)) await setTimeout(20);
    }
  }

  async function isBusy(page: string, name: string): Promise<boolean> {
    const { queues } = await system.get<{ queues: { name: string; jobs: unknown[] }[] }>(page);
    return queues.find((queue) => queue.name === name)?.jobs.length !== 0;
  }

  async function retry({ import_id }: ImportView): Promise<ImportView> {
    await idle();
    const { status } = await system.post(`/v1/imports/${import_id}/retry`);
    expect(status).toBe(202);
    return await system.rest(import_id);
  }

  async function waive({ import_id }: ImportView, code: string): Promise<ImportView> {
    await idle();
    const answer = await system.post(`/v1/imports/${import_id}/waive`, { code, why: "tidied up" });
    expect(answer.status).toBe(202);
    return await system.rest(import_id);
  }

  const prefix = "kongur/E-77/suits/1001/";

  /** That OSS holds these files of the source, each under its key with its own bytes, and no upload is left open. */
  async function expectStored(paths: string[]): Promise<void> {
    for (const path of paths) {
      const object = system.sandbox.objectPath("evidence", prefix + path.normalize("NFC"));
      expect(await sha256Of(object), path).toBe(await sha256Of(at(path)));
    }
    const seen = system.sandbox.oss.log.counts();
    const [begun = 0, completed = 0, aborted = 0] = [
      seen["InitiateMultipartUpload 200"],
      seen["CompleteMultipartUpload 200"],
      seen["AbortMultipartUpload 204"],
    ];
    expect(begun).toBe(completed + aborted);
  }

  test("a file that changes, ends early, grows, goes or is closed between planning and sending fails alone; a retry takes it up", async () => {
    const names = ["changed", "cut", "deleted", "folder", "grown", "link", "touched"];
    await writeTree(source, {
      ...Object.fromEntries(names.map((name) => [name, "0123456789"])),
      good: "good",
    });
    const hold = system.sandbox.gateway.hold("kongur");
    const { body } = await system.post<ImportView>("/v1/imports", suit());
    await hold.reached();
    await writeFile(at("changed"), "9876543210!");
    await truncate(at("cut"), 3);
    await appendFile(at("grown"), "more");
    await utimes(at("touched"), 1, 1);
    for (const name of ["deleted", "folder", "link"]) await rm(at(name));
    await mkdir(at("folder"));
    await symlink("/etc/hostname", at("link"));
    hold.release();
    const view = await system.rest(body.import_id);
    expect(view).toMatchObject({ status: "attention", stored: 1, failed: 7 });
    expect(await outcomes(view)).toEqual({
      changed: "SOURCE_CHANGED",
      cut: "SOURCE_CHANGED",
      deleted: "SOURCE_NOT_FOUND",
      folder: "SOURCE_UNREADABLE",
      good: "stored",
      grown: "SOURCE_CHANGED",
      link: "SOURCE_UNREADABLE",
      touched: "SOURCE_CHANGED",
    });
    for (const file of await system.files(view.import_id)) {
      if (file.error) expect(file.error.message).toContain(file.path);
    }

    await rm(at("folder"), { recursive: true });
    await rm(at("link"));
    for (const name of ["deleted", "folder", "link"]) await writeFile(at(name), "0123456789");
    for (const name of ["deleted", "folder", "link"]) {
      // Put back as they were: from a backup.
      const file = (await system.files(view.import_id)).find(({ path }) => path === name);
      const modified = new Date(file?.modified_at ?? 0);
      await utimes(at(name), modified, modified);
    }
    expect(await retry(view)).toMatchObject({ status: "sealed", stored: 8, failed: 0 });
    await expectStored([...names, "good"]);
  });

  test("a large file that changes while its parts are sent fails, leaves no upload open, and is taken up by a retry", async () => {
    for (const name of ["cut", "grown"]) await writeFile(at(name), Buffer.alloc(40 * MiB, name));
    const hold = system.sandbox.oss.hold({ operation: "UploadPart" });
    const { body } = await system.post<ImportView>("/v1/imports", suit());
    // Four parts of each are read and wait; the fifth isn't read yet.
    await hold.reached(8);
    await truncate(at("cut"), 39 * MiB);
    await appendFile(at("grown"), "more");
    hold.release();
    const view = await system.rest(body.import_id);
    expect(await outcomes(view)).toEqual({ cut: "SOURCE_CHANGED", grown: "SOURCE_CHANGED" });
    const isAbort = (entry: { operation: string }) => entry.operation === "AbortMultipartUpload";
    await system.sandbox.oss.log.waitFor(isAbort, { count: 2 });
    await expectStored([]);
    expect(await retry(view)).toMatchObject({ status: "sealed", bytes: 79 * MiB + 4 });
    await expectStored(["cut", "grown"]);
  });

  test("what isn't a file is skipped, also a link out of the source and a circle", async () => {
    await writeTree(source, { "good/file": "good" });
    await mkdir(at("empty"));
    await promisify(execFile)("mkfifo", [at("fifo")]);
    await promisify(execFile)("mknod", [at("null"), "c", "1", "3"]).catch(() => undefined);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at("socket"), resolve));
    await symlink("/etc", at("link"));
    await symlink("..", at("good/circle"));
    const view = await system.run(suit());
    server.close();
    expect(view).toMatchObject({ status: "sealed", files: 1, stored: 1 });
    expect(await outcomes(view)).toMatchObject({
      fifo: "fifo",
      "good/circle": "symlink",
      "good/file": "stored",
      link: "symlink",
      socket: "socket",
    });
    await expectStored(["good/file"]);
  });

  test("odd names arrive as they are, and names that differ only in case are two objects", async () => {
    const names = [
      ...["A.pdf", "a.pdf", "a.PDF", "Ä.pdf", "ä.pdf"],
      ...[
        " leading",
        "trailing ",
        "trailing.",
        ".hidden",
        "...",
        "..a",
        "a..",
        "-rf",
        "~",
        "#?&%41+=;:@",
      ],
      ...[
        "back\\slash",
        "\\begin",
        "new\nline",
        "tab\t",
        "bell\u0007",
        "\u007f",
        "\u202egpj.exe",
        "'\"`$(x)",
      ],
      ...["\ufeffbom", "👩‍⚖️.png", "证据/录音 一.wav", "con", "nul.txt", "a b/ c /d "],
    ];
    await writeTree(source, Object.fromEntries(names.map((name) => [name, `this is ${name}`])));
    const view = await system.run(suit());
    expect(view.errors).toEqual([]);
    expect(view).toMatchObject({ status: "sealed", stored: names.length });
    await expectStored(names);
  });

  test("a name that can't be stored is listed; renamed it arrives, and the old name waits to be given up", async () => {
    const raw = (...bytes: number[]) =>
      Buffer.concat([Buffer.from(`${source}/`), Buffer.from(bytes)]);
    const long = (part: string) => `${part.repeat(200)}/`.repeat(5);
    await writeTree(source, { ok: "ok", [`${long("l")}x`]: "long" });
    await writeFile(raw(0x61, 0xff), "bad");
    const view = await system.run(suit());
    expect(view).toMatchObject({ status: "attention", files: 3, stored: 1, failed: 2 });
    expect(await outcomes(view)).toEqual({
      "a\\xff": "NAME_INVALID",
      [`${long("l")}x`]: "KEY_INVALID",
      ok: "stored",
    });
    await rename(raw(0x61, 0xff), at("renamed"));
    expect(await retry(view)).toMatchObject({ status: "attention", files: 4, stored: 2 });
    expect(await outcomes(view)).toMatchObject({
      "a\\xff": "SOURCE_NOT_FOUND",
      renamed: "stored",
    });
    await waive(view, "SOURCE_NOT_FOUND");
    expect(await waive(view, "KEY_INVALID")).toMatchObject({ status: "sealed", waived: 2 });
    await expectStored(["ok", "renamed"]);
  });

  test("of two names that are one key one is stored, and the other is told apart, over shards and a retry", async () => {
    const between = Array.from({ length: 300 }, (_, index) => `f${index}`);
    await writeTree(source, Object.fromEntries(between.map((name) => [name, name])));
    // Twins in the names of folders, with equal and with other bytes; the decomposed ones are made first.
    await writeTree(source, { [NFD]: "first made", [`${NFD}.d/x`]: "same", [`${NFD}.d/y`]: "y" });
    await writeTree(source, { [NFC]: "its name is the key", [`${NFC}.d/x`]: "same" });
    const view = await system.run(suit());
    const expected = {
      [NFC]: "stored",
      [NFD]: "KEY_TAKEN",
      [`${NFC}.d/x`]: "stored",
      [`${NFD}.d/x`]: "KEY_TAKEN",
      [`${NFD}.d/y`]: "stored",
    };
    expect(view).toMatchObject({ status: "attention", stored: 303, failed: 2 });
    expect(await outcomes(view)).toMatchObject(expected);
    expect(await retry(view)).toMatchObject({ stored: 303, failed: 2 });
    expect(await outcomes(view)).toMatchObject(expected);
    await rename(at(NFD), at("renamed.pdf"));
    await rm(at(`${NFD}.d/x`));
    await retry(view);
    expect(await waive(view, "SOURCE_NOT_FOUND")).toMatchObject({ stored: 304, waived: 2 });
    await expectStored([...between, NFC, `${NFC}.d/x`, `${NFD}.d/y`, "renamed.pdf"]);
    // The same import again comes to the same, whatever order the disk gives.
    expect(await system.run(suit())).toMatchObject({ status: "sealed", identical: 304 });
  });

  test("links are followed when that is asked for, and what they can't give is listed until it can", async () => {
    const other = join(system.root, "other");
    await writeTree(other, { "a/file": "a", b: "b" });
    await writeTree(source, { own: "own" });
    await symlink("../other", at("folder"));
    await symlink("../other/b", at("file"));
    await symlink("..", at("above"));
    await symlink("later", at("dangling"));
    await symlink("/etc/passwd", at("out"));
    const view = await system.run(suit({ follow_symlinks: true }));
    expect(await outcomes(view)).toEqual({
      "above/1001": "loop",
      "above/other/a/file": "stored",
      "above/other/b": "stored",
      dangling: "SOURCE_NOT_FOUND",
      file: "stored",
      "folder/a/file": "stored",
      "folder/b": "stored",
      out: "SOURCE_OUTSIDE_ROOTS",
      own: "stored",
    });
    await writeTree(source, { "later/in": "in" });
    await rm(at("out"));
    await retry(view);
    expect(await outcomes(view)).toMatchObject({
      "dangling/in": "stored",
      "later/in": "stored",
      out: "SOURCE_NOT_FOUND",
    });
    expect(Object.keys(await outcomes(view))).not.toContain("dangling");
    expect(await waive(view, "SOURCE_NOT_FOUND")).toMatchObject({ status: "sealed", stored: 8 });
    await expectStored(["own", "folder/a/file", "file", "above/other/b", "dangling/in"]);
  });

  test("a source that is a file, and one that was moved away before it was walked, are their folder's error", async () => {
    await rm(source, { recursive: true });
    await writeFile(source, "a file");
    const view = await system.run(suit());
    expect(view).toMatchObject({ status: "attention", files: 0 });
    expect(view.errors).toMatchObject([{ code: "SOURCE_UNREADABLE" }]);
    expect(view.errors[0]?.message).toContain(source);
    await rm(source);
    expect((await retry(view)).errors).toMatchObject([{ code: "SOURCE_NOT_FOUND" }]);
    await writeTree(source, { late: "late" });
    expect(await retry(view)).toMatchObject({ status: "sealed", stored: 1 });
    await expectStored(["late"]);
  });

  test("a source that goes away while it is stored fails its files, and a retry takes them up", async () => {
    await writeTree(source, { a: "a", b: "b" });
    const hold = system.sandbox.gateway.hold("kongur");
    const { body } = await system.post<ImportView>("/v1/imports", suit());
    await hold.reached();
    await rename(source, `${source}-away`);
    hold.release();
    const view = await system.rest(body.import_id);
    expect(await outcomes(view)).toEqual({ a: "SOURCE_NOT_FOUND", b: "SOURCE_NOT_FOUND" });
    await rename(`${source}-away`, source);
    expect(await retry(view)).toMatchObject({ status: "sealed", stored: 2 });
    await expectStored(["a", "b"]);
  });
});
