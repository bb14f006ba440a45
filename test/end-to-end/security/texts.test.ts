import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { type ImportView, type Problem, unseenIn } from "@exhibit/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bullBoardOf } from "../../support/bull-board.ts";
import {
  anyEngine,
  directory,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

/** As a file may be called: a window's title, a colour, a line that looks like one of ours. */
const HOSTILE = "a\u001b]0;pwned\u0007\u001b[31m\nImport: sealed.pdf";

describe.each(anyEngine)("Texts of somebody else's (%s)", (kind) => {
  let system: System;
  const log: string[] = [];
  beforeAll(async () => {
    system = await startSystem(kind, { log: (line) => log.push(line) });
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test("that Postgres can't keep are refused as a bad request, wherever they stand", async () => {
    await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
    const { import_id } = await system.run(importOfSuits(system.root, "1001"));
    const cursor = (path: string) => Buffer.from(`[1,"${path}"]`).toString("base64url");
    for (const path of [
      "/v1/imports?entrust_id=%00",
      "/v1/imports?suit_id=%00",
      `/v1/imports/${import_id}/files?after=${cursor("a\\u0000b")}`,
      `/v1/imports/${import_id}/files?after=${cursor("a\\ud800b")}`,
    ]) {
      const { code } = await system.get<Problem>(path);
      expect([path, code]).toEqual([path, "REQUEST_INVALID"]);
    }
    for (const text of ["a\u0000b", "a\ud800b"]) {
      const good = importOfSuits(system.root, "1001");
      const folder = (selector: Record<string, string>, path: string) => ({
        ...good,
        folders: [directory("kongur", selector, path)],
      });
      for (const request of [
        { ...good, entrust_id: text },
        { ...good, suit_ids: [text] },
        { ...good, why: text },
        folder({ suit_id: text }, "/x"),
        folder({ [text]: "1" }, "/x"),
        folder({ suit_id: "1001" }, `${system.root}/${text}`),
      ]) {
        const { status, body } = await system.post<Problem>("/v1/imports", request);
        expect([status, body.code]).toEqual([400, "REQUEST_INVALID"]);
      }
    }
    const all = await system.get<{ items: ImportView[] }>("/v1/imports");
    expect(all.items.map((view) => view.import_id)).toEqual([import_id]);
  });

  test("that name files are stored as they are, and shown so that they do nothing", async () => {
    const path = join(system.root, "1002\nforged");
    await writeTree(path, { [HOSTILE]: "evidence" });
    await symlink("nowhere", join(path, `l${HOSTILE}`));
    const request = {
      ...importOfSuits(system.root, "1002"),
      folders: [directory("kongur", { suit_id: "1002" }, path)],
    };
    for (const { source } of request.folders) source.follow_symlinks = true;
    const { import_id, errors } = await system.run(request);
    const files = await system.files(import_id);
    const stored = files.find(({ state }) => state === "stored");
    expect(stored).toMatchObject({ path: HOSTILE, key: `kongur/E-77/suits/1002/${HOSTILE}` });
    const failed = files.find(({ state }) => state === "failed");
    expect(failed).toMatchObject({ path: `l${HOSTILE}`, error: { code: "SOURCE_NOT_FOUND" } });
    for (const { message } of [...errors, failed?.error ?? { message: "" }]) {
      expect(message).toContain("a\\u{1b}]0;pwned\\u{7}");
      expect(unseenIn(message)).toBeUndefined();
    }
  });

  test("don't begin a line of the log, and no header of an answer", async () => {
    log.length = 0;
    const forged = 'a\r\nset-cookie: x=1\r\n\r\n{"level":50}\u001b[31m';
    const path = join(system.root, forged);
    await writeTree(path, { [HOSTILE]: "evidence" });
    const folders = [directory("kongur", { suit_id: "1004" }, path)];
    const { import_id } = await system.run({ ...importOfSuits(system.root, "1004"), folders });
    const asked = [
      `/v1/imports/${encodeURIComponent(forged)}`,
      `/v1/cases/${encodeURIComponent(forged)}`,
      `/v1/vendors/${encodeURIComponent(forged)}/audit`,
      `/v1/imports?entrust_id=${encodeURIComponent(forged)}`,
      `/v1/imports/${import_id}/files.csv`,
      `/v1/imports/${import_id}/files.ndjson`,
      `/v1/imports/${import_id}/folders`,
      `/nowhere/${encodeURIComponent(forged)}`,
    ];
    for (const url of asked) {
      const { headers } = await system.ask(url);
      expect(headers.get("set-cookie"), url).toBeNull();
      for (const [name, value] of headers)
        expect([url, name, unseenIn(value)]).toEqual([url, name, undefined]);
    }
    await system.ask("/v1/imports?limit=x", { headers: { "user-agent": "a\u0080\u009bb" } });
    expect(log.length).toBeGreaterThan(asked.length);
    for (const line of log) {
      // One object, and one line break behind it.
      expect(unseenIn(line.slice(0, -1))).toBeUndefined();
      expect(JSON.parse(line)).toMatchObject({ level: expect.anything() });
    }
  });

  test("are shown so in a job's log, too", async () => {
    await writeTree(join(system.root, "1003"), { [HOSTILE]: "evidence" });
    const refusal = { code: "SUIT_CLOSED", message: "closed\u001b[31m\nforged" };
    system.sandbox.gateway.refuse({ vendor: "kongur", folder: "1003", ...refusal });
    await system.run(importOfSuits(system.root, "1003"));
    const board = bullBoardOf(system);
    const [job] = await board.failed(1);
    const log = await board.logs(job as NonNullable<typeof job>);
    expect(log.join("")).toContain("VENDOR_REFUSED a\\u{1b}]0;pwned");
    expect(log.flatMap((line) => unseenIn(line) ?? [])).toEqual([]);
  });
});
