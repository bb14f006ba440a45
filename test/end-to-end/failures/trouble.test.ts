import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type ImportView, restingStatuses } from "@exhibit/contracts";
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

/** How often a run tries a request. */
const ATTEMPTS_OF_A_RUN = 5;

describe.each(anyEngine)("When something is wrong (%s)", (kind) => {
  let system: System;
  let board: ReturnType<typeof bullBoardOf>;

  beforeEach(async () => {
    system = await startSystem(kind);
    board = bullBoardOf(system);
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const suits = (...ids: string[]) => importOfSuits(system.root, ...ids);

  test("a folder that the vendor refuses fails at once with the vendor's own words; the others arrive; a retry mends it", async () => {
    await writeTree(join(system.root, "1001"), { "a.pdf": "a", "b.pdf": "b" });
    await writeTree(join(system.root, "1002"), { "c.pdf": "c", "d.pdf": "d" });
    system.sandbox.gateway.refuse({
      vendor: "kongur",
      folder: "1002",
      code: "SUIT_CLOSED",
      message: "案件已结案",
    });

    const view = await system.run(suits("1001", "1002"));
    expect(view).toMatchObject({ status: "attention", stored: 2, failed: 2 });
    expect(view.errors).toMatchObject([{ code: "VENDOR_REFUSED", files: 2 }]);
    expect(view.errors[0]?.message).toContain("SUIT_CLOSED");
    expect(view.errors[0]?.message).toContain("案件已结案");
    const jobs = await board.failed(1);
    expect(jobs).toMatchObject([
      { failedReason: "2 of 2 files failed: 2 VENDOR_REFUSED", attempts: 1 },
    ]);

    system.sandbox.gateway.heal();
    const { status } = await system.post<ImportView>(`/v1/imports/${view.import_id}/retry`);
    expect(status).toBe(202);
    expect(await system.rest(view.import_id)).toMatchObject({
      status: "sealed",
      stored: 4,
      failed: 0,
      errors: [],
    });
    expect(await board.failed(0)).toEqual([]);
  });

  test("a call that the gateway refuses whole puts every file on the list with the gateway's own words", async () => {
    await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
    system.sandbox.gateway.fail({ vendor: "kongur", mood: "denied", times: "always" });
    const view = await system.run(suits("1001"));
    expect(view).toMatchObject({ status: "attention", failed: 1 });
    expect(await board.failed(1)).toMatchObject([{ attempts: 1 }]);
    const [file] = await system.files(view.import_id);
    expect(file?.error).toMatchObject({
      code: expect.stringMatching(/^VENDOR_(REFUSED|MISCONFIGURED)$/),
    });
    expect(file?.error?.message).toMatch(/kongur.*\d+/);
  });

  test("other bytes under the same key stay untouched, and Bull Board's button stores the file once they are gone", async () => {
    const key = "kongur/E-77/suits/1001/a.pdf";
    await writeTree(join(system.root, "1001"), { "a.pdf": "first", "b.pdf": "b" });
    expect(await system.run(suits("1001"))).toMatchObject({ status: "sealed" });
    await writeFile(join(system.root, "1001", "a.pdf"), "second");

    const view = await system.run(suits("1001"));
    expect(view).toMatchObject({
      status: "attention",
      identical: 1,
      failed: 1,
      errors: [{ code: "EVIDENCE_CONFLICT" }],
    });
    const stored = system.sandbox.objectPath("evidence", key);
    expect((await digestsBelow(dirname(stored))).size).toBe(2);

    const [job] = (await board.failed(1)) as [BoardJob];
    expect(job.failedReason).toBe("1 of 2 files failed: 1 EVIDENCE_CONFLICT");
    const logs = await board.logs(job);
    expect(logs.join("\n")).toContain("EVIDENCE_CONFLICT a.pdf: ");

    await rm(stored);
    await board.retry(job);
    expect(await system.sealed(view.import_id)).toMatchObject({
      stored: 1,
      identical: 1,
      failed: 0,
    });
  });

  test("a file that can't be stored doesn't stop its shard", async () => {
    const long = `${"很".repeat(60)}/${"长".repeat(60)}/${"的".repeat(60)}/${"路".repeat(60)}/${"径".repeat(60)}/${"名".repeat(60)}.pdf`;
    await writeTree(join(system.root, "1001"), { [long]: "x", "ok.pdf": "ok" });
    await writeFile(
      Buffer.concat([Buffer.from(join(system.root, "1001", "bad-")), Buffer.from([0xff])]),
      "bad",
    );
    // Too long for anything; each part still fits a file system.
    const endless = Array.from({ length: 12 }, () => randomBytes(120).toString("hex")).join("/");
    await writeTree(join(system.root, "1001"), { [endless]: "x" });
    const view = await system.run(suits("1001"));
    expect(view).toMatchObject({ status: "attention", files: 4, stored: 1, failed: 3 });
    expect(view.errors.map(({ code }) => code).sort()).toEqual(["KEY_INVALID", "NAME_INVALID"]);
  });

  test("a source that isn't there is the folder's error, and a retry walks it once it is", async () => {
    const view = await system.run(suits("1001"));
    expect(view).toMatchObject({
      status: "attention",
      files: 0,
      errors: [{ code: "SOURCE_NOT_FOUND" }],
    });
    expect(await system.folders(view.import_id)).toMatchObject([
      { status: "attention", error: { code: "SOURCE_NOT_FOUND" } },
    ]);
    await writeTree(join(system.root, "1001"), { "late.pdf": "late" });
    await system.post(`/v1/imports/${view.import_id}/retry`);
    expect(await system.rest(view.import_id)).toMatchObject({
      status: "sealed",
      stored: 1,
      errors: [],
    });
  });

  test("Bull Board's button on a failed plan job walks the source again", async () => {
    const view = await system.run(suits("1001"));
    const [job] = (await board.failed(1, "plan")) as [BoardJob];
    expect(job.failedReason).toContain("1001");
    await writeTree(join(system.root, "1001"), { "late.pdf": "late" });
    await board.retry(job, "plan");
    expect(await system.sealed(view.import_id)).toMatchObject({ stored: 1, failed: 0 });
  });

  test("an OSS that is down delays the import and uses up nothing", async () => {
    await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
    system.sandbox.oss.fail({
      match: { method: "PUT" },
      status: 500,
      code: "InternalError",
      times: 7,
    });
    const run = board.hurry(system.run(suits("1001")));
    expect(await run).toMatchObject({ status: "sealed", stored: 1 });
  });

  /** The import once it rests or `runs` more runs of its shard have ended; what is delayed doesn't wait. */
  async function hurried(importId: string, runs: number): Promise<ImportView> {
    const requests = () => system.sandbox.oss.log.entries().length;
    const enough = requests() + runs * ATTEMPTS_OF_A_RUN;
    for (;;) {
      const view = await system.get<ImportView>(`/v1/imports/${importId}`);
      if (restingStatuses.has(view.status) || requests() >= enough) return view;
      await board.promoteAll();
      await setTimeout(100);
    }
  }

  test("a file that something on the way doesn't let through fails by itself, and can be given up", async () => {
    await writeTree(join(system.root, "1001"), { a: "a", b: "b", "eicar-sample": "evil", z: "z" });
    const match = { keyIncludes: "eicar", method: "PUT" };
    system.sandbox.oss.fail({ match, reset: "mid-body", times: "always" });
    const { import_id } = (await system.post<ImportView>("/v1/imports", suits("1001"))).body;
    const view = await hurried(import_id, 20);
    expect(view).toMatchObject({ status: "attention", stored: 3, failed: 1 });
    const file = (await system.files(import_id)).find(({ state }) => state === "failed");
    expect(file).toMatchObject({ path: "eicar-sample", error: { code: "STORE_BLOCKED" } });
    expect(file?.error?.message).toMatch(/after 4 of its 4 bytes: .*, while OSS answers other/);
    expect(file?.error?.remedy).toContain("firewall");

    await system.post(`/v1/imports/${import_id}/waive`, { why: "the scanner's" });
    expect(await system.rest(import_id)).toMatchObject({ stored: 3, waived: 1 });
  });

  test("an OSS that nothing gets through to any more is waited for, however often that is tried", async () => {
    await writeTree(join(system.root, "1001"), { a: "a", b: "b", c: "c", d: "d" });
    // Two get through before, as each is looked for once.
    const breaks = { reset: "before", times: "always" } as const;
    system.sandbox.oss.fail({ ...breaks, match: { method: "PUT" }, skip: 2 });
    system.sandbox.oss.fail({ ...breaks, match: { method: "HEAD" }, skip: 4 });
    const { import_id } = (await system.post<ImportView>("/v1/imports", suits("1001"))).body;
    const view = await hurried(import_id, 14);
    expect(view).toMatchObject({ status: "storing", stored: 2, planned: 2, failed: 0 });
    expect(view.errors).toMatchObject([{ code: "STORE_UNAVAILABLE", files: 2 }]);
    system.sandbox.oss.heal();
    const sealed = { status: "sealed", stored: 4, failed: 0 };
    expect(await board.hurry(system.rest(import_id))).toMatchObject(sealed);
  });

  test("a gateway that is down delays the import and uses up nothing", async () => {
    await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
    system.sandbox.gateway.fail({ vendor: "kongur", mood: "down", times: 3 });
    expect(await system.run(suits("1001"))).toMatchObject({ status: "sealed", stored: 1 });
    const calls = system.sandbox.gateway.log.entries();
    expect(calls.length).toBeGreaterThanOrEqual(4);
  });

  test("tokens that end in the middle are renewed, and no file fails by it", async () => {
    await writeTree(
      join(system.root, "1001"),
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}.txt`, `${i}`])),
    );
    const ended = system.sandbox.oss.log
      .waitFor((entry) => entry.method === "PUT", { count: 20 })
      .then(() => system.sandbox.tokens.expireAll());
    expect(await system.run(suits("1001"))).toMatchObject({ status: "sealed", stored: 300 });
    await ended;
  });

  test("a file that changed after planning is an error of its own; a retry takes it as it is now", async () => {
    const path = join(system.root, "1001", "a.pdf");
    await writeTree(join(system.root, "1001"), { "a.pdf": "first", "b.pdf": "b" });
    // Uploads wait for their lease until the file has changed.
    const hold = system.sandbox.gateway.hold("kongur");
    const { body } = await system.post<ImportView>("/v1/imports", suits("1001"));
    await hold.reached();
    await writeFile(`${path}.new`, "changed, and longer");
    await rename(`${path}.new`, path);
    hold.release();
    const view = await system.rest(body.import_id);
    expect(view).toMatchObject({
      status: "attention",
      stored: 1,
      failed: 1,
      errors: [{ code: "SOURCE_CHANGED" }],
    });
    await board.retry((await board.failed(1))[0] as BoardJob);
    const sealed = await system.sealed(view.import_id);
    expect(sealed).toMatchObject({ stored: 2, bytes: "changed, and longer".length + 1 });
  });
});
