import { execFile } from "node:child_process";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type ErrorCode,
  errorTable,
  type ImportRequest,
  type ImportView,
} from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bullBoardOf } from "../../support/bull-board.ts";
import { cli } from "../../support/exhibit.ts";
import {
  digestsBelow,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

// Follows what the remedies say, to the letter, as a person would who knows nothing else; then everything that lies in the
// sources has to lie in the bucket, with the same bytes.

const NFC = "caf\u00e9.pdf";
const NFD = "cafe\u0301.pdf";
/** With `suits/…/` in front still a key of fewer than 1,023 bytes once it is shortened, but none as it is. */
const LONG = `${"长".repeat(80)}/${"长".repeat(80)}/${"长".repeat(80)}/${"长".repeat(80)}/${"长".repeat(60)}.pdf`;

interface Case {
  code: ErrorCode;
  /** Words of the remedy that `follow` does. */
  advice: string;
  /** Its attempts take a while: it isn't played for the command line, whose retry is the API's. */
  isSlow?: true;
  /** Whether what fails belongs to a shard, so that its job is among Bull Board's failed ones. */
  hasJob: boolean;
  /** Lays out the source before it is walked. */
  lay(folder: string): Promise<void>;
  /** What happens between planning and sending. */
  meanwhile?(folder: string): Promise<void>;
  /** Faults of others, until a person has them mended. */
  fault?(system: System, suit: string): void;
  follow?(folder: string): Promise<void>;
}

const write = (folder: string, name: string, text = name) => writeTree(folder, { [name]: text });
const afterRename = (from: string | Buffer, to: string) => async (folder: string) => {
  const old = typeof from === "string" ? join(folder, from) : inFolder(folder, from);
  await rename(old, join(folder, to));
};
const inFolder = (folder: string, name: Buffer) => Buffer.concat([Buffer.from(`${folder}/`), name]);
const gbk = Buffer.from([0xba, 0xcf, 0xcd, 0xac]);
const failing = (fault: object) => (system: System, suit: string) =>
  void system.sandbox.oss.fail({
    match: { keyIncludes: `suits/${suit}/` },
    times: "always",
    ...fault,
  });

const cases: readonly Case[] = [
  {
    code: "SOURCE_NOT_FOUND",
    advice: "Put it back, then retry",
    hasJob: true,
    lay: (folder) => writeTree(folder, { "a.pdf": "a", "b.pdf": "b" }),
    meanwhile: (folder) => rename(join(folder, "a.pdf"), `${folder}-a.pdf`),
    follow: (folder) => rename(`${folder}-a.pdf`, join(folder, "a.pdf")),
  },
  {
    code: "SOURCE_NOT_FOUND",
    advice: "renamed or moved within the folder is found by a retry",
    hasJob: true,
    lay: (folder) => write(folder, "a.pdf"),
    meanwhile: (folder) => rename(join(folder, "a.pdf"), join(folder, "b.pdf")),
  },
  {
    code: "SOURCE_ABSENT",
    isSlow: true,
    advice: "mount it; then retry",
    hasJob: true,
    lay: (folder) => write(folder, "a.pdf"),
    meanwhile: (folder) => rename(join(folder, "a.pdf"), `${folder}-a.pdf`),
    follow: (folder) => rename(`${folder}-a.pdf`, join(folder, "a.pdf")),
  },
  {
    code: "SOURCE_NOT_FOUND",
    advice: "renamed or moved within the folder is found by a retry",
    hasJob: true,
    lay: (folder) => writeTree(folder, { "in/a.pdf": "a", "out/b.pdf": "b" }),
    meanwhile: (folder) => rename(join(folder, "in/a.pdf"), join(folder, "out/a.pdf")),
  },
  {
    code: "SOURCE_CHANGED",
    advice: "a retry takes the file as it is now",
    hasJob: true,
    lay: (folder) => write(folder, "a.pdf", "before"),
    meanwhile: (folder) => writeFile(join(folder, "a.pdf"), "afterwards"),
  },
  {
    code: "SOURCE_EMPTY",
    advice: "whether its share is mounted, then retry",
    hasJob: false,
    lay: (folder) => mkdir(folder).then(() => {}),
    follow: (folder) => write(folder, "mounted.pdf"),
  },
  {
    code: "NAME_INVALID",
    advice: "Rename it, then retry",
    hasJob: false,
    lay: async (folder) => {
      await write(folder, "other.pdf");
      await writeFile(inFolder(folder, gbk), "gbk");
    },
    follow: afterRename(gbk, "合同.pdf"),
  },
  {
    code: "KEY_INVALID",
    advice: "Shorten its path, then retry",
    hasJob: true,
    lay: (folder) => write(folder, LONG),
    follow: afterRename(LONG, "short.pdf"),
  },
  {
    code: "KEY_TAKEN",
    advice: "Rename this file, then retry",
    hasJob: false,
    lay: async (folder) => {
      await write(folder, NFC, "composed");
      await write(folder, NFD, "decomposed");
    },
    follow: afterRename(NFD, "cafe-2.pdf"),
  },
  {
    code: "EVIDENCE_CONFLICT",
    advice: "rename this file, then retry",
    hasJob: true,
    lay: (folder) => write(folder, "第0007页.jpg", "first"),
    follow: afterRename("第0007页.jpg", "第0007页-新版.jpg"),
  },
  {
    code: "VENDOR_REFUSED",
    advice: "correct the ids or ask for the permission, then retry",
    hasJob: true,
    lay: (folder) => write(folder, "a.pdf"),
    fault: (system, suit) =>
      void system.sandbox.gateway.refuse({
        vendor: "kongur",
        folder: suit,
        code: "SUIT_CLOSED",
        message: "案件已结案",
      }),
  },
  {
    code: "STORE_DENIED",
    advice: "Check bucket, endpoint and region",
    hasJob: true,
    lay: (folder) => write(folder, "a.pdf"),
    fault: failing({ status: 403, code: "AccessDenied" }),
  },
  {
    code: "STORE_PROOF_MISSING",
    advice: "Then retry: what was stored meanwhile is found and compared",
    hasJob: true,
    lay: (folder) => write(folder, "a.pdf"),
    fault: failing({ crc64: "absent" }),
  },
];

const suitOf = (index: number) => String(2001 + index);

function requestFor(system: System, chosen: readonly Case[]): ImportRequest {
  return importOfSuits(system.root, ...chosen.map((each) => suitOf(cases.indexOf(each))));
}

type Retry = (system: System, importId: string) => Promise<void>;

const ways: Record<string, { does: Retry; takes: (each: Case) => boolean }> = {
  "the API": {
    takes: () => true,
    does: async (system, id) => {
      expect((await system.post(`/v1/imports/${id}/retry`)).status).toBe(202);
    },
  },
  "the command line": {
    takes: ({ isSlow }) => isSlow !== true,
    does: async (system, id) => {
      await promisify(execFile)(process.execPath, [cli, "retry", id, "--detach"], {
        env: { ...process.env, EXHIBIT_API_URL: system.apiUrl, EXHIBIT_API_KEY: system.key },
      });
    },
  },
  // What couldn't even be planned has no job of its own.
  "Bull Board": {
    takes: ({ hasJob }) => hasJob,
    does: async (system) => {
      await bullBoardOf(system).retryAll();
    },
  },
};

describe.each(Object.entries(ways))(
  "Remedies that are followed to the letter, with a retry by %s",
  (way, { does, takes }) => {
    let system: System;
    beforeEach(async () => {
      // One of them on the embedded engine, which takes twice the time.
      system = await startSystem(way === "the API" ? "embedded" : "Redis and Postgres");
    });
    afterEach(() => system[Symbol.asyncDispose]());

    test("have everything that lies in the sources stored, with the same bytes", async () => {
      const chosen = cases.filter(takes);
      const folderOf = (each: Case) => join(system.root, suitOf(cases.indexOf(each)));
      for (const each of chosen) {
        expect(errorTable[each.code].remedy, each.code).toContain(each.advice);
        await each.lay(folderOf(each));
      }
      // What is stored already, and then isn't the same any more.
      const conflict = chosen.filter(({ code }) => code === "EVIDENCE_CONFLICT");
      expect(await system.run(requestFor(system, conflict))).toMatchObject({ status: "sealed" });
      for (const each of conflict) await writeFile(join(folderOf(each), "第0007页.jpg"), "second");

      for (const each of chosen) each.fault?.(system, suitOf(cases.indexOf(each)));
      await system.post("/v1/vendors/kongur/pause");
      const created = await system.post<ImportView>("/v1/imports", requestFor(system, chosen));
      const id = created.body.import_id;
      await expect
        .poll(async () => (await system.get<ImportView>(`/v1/imports/${id}`)).status, {
          timeout: 60_000,
        })
        .toBe("storing");
      for (const each of chosen) await each.meanwhile?.(folderOf(each));
      await system.post("/v1/vendors/kongur/resume");
      // A source that is absent has its attempts without the pauses between them.
      const board = bullBoardOf(system);
      const failed = await board.hurry(system.rest(id));
      expect(failed.status).toBe("attention");
      expect(failed.errors.map(({ code }) => code).sort()).toEqual(
        [...new Set(chosen.map(({ code }) => code))].sort(),
      );
      for (const { code, remedy } of failed.errors)
        expect(remedy).toBe(errorTable[code as ErrorCode].remedy);

      system.sandbox.oss.heal();
      system.sandbox.gateway.heal();
      for (const each of chosen) await each.follow?.(folderOf(each));
      await does(system, id);
      // Nothing is left but the old names of what was renamed, as the remedies say.
      await expect
        .poll(
          async () => {
            await board.promoteAll();
            const view = await system.get<ImportView>(`/v1/imports/${id}`);
            return [view.status, ...view.errors.map(({ code }) => code)];
          },
          { timeout: 120_000 },
        )
        .toEqual(["attention", "SOURCE_NOT_FOUND"]);
      const body = { code: "SOURCE_NOT_FOUND", why: "renamed, as told" };
      expect((await system.post(`/v1/imports/${id}/waive`, body)).status).toBe(202);
      expect(await system.rest(id)).toMatchObject({ status: "sealed", failed: 0, planned: 0 });

      for (const each of chosen) {
        const suit = suitOf(cases.indexOf(each));
        const objects = await digestsBelow(
          system.sandbox.objectPath("evidence", `kongur/E-77/suits/${suit}`),
        );
        for (const [path, digest] of await digestsBelow(folderOf(each)))
          expect(objects.get(path.normalize("NFC")), `${each.code} ${path}`).toBe(digest);
      }
    });
  },
);

test("Every code that a file or a folder can fail with for good says what to do, and none says that nothing helps", () => {
  for (const [code, { action, remedy }] of Object.entries(errorTable)) {
    expect(remedy, code).not.toBe("");
    if (action === "never") expect(remedy, code).not.toMatch(/^Nothing:/);
    // A retry that finds nothing, and a waive that isn't explained, lose evidence.
    if (/[Rr]ename/.test(remedy)) expect(remedy, code).toMatch(/walked again|store it beside/);
  }
});
