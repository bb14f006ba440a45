import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createApiClient } from "@exhibit/client";
import type { CaseView, ImportView } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exhibit } from "../../support/exhibit.ts";
import {
  bothEngines,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

describe.each(bothEngines)("Is everything of a case in OSS? (%s)", (kind) => {
  let system: System;

  beforeEach(async () => {
    system = await startSystem(kind, { worker: { quietMs: 500, graceMs: 100 } });
    await writeTree(system.root, {
      "1001/complaint.pdf": "complaint",
      "1001/contract.pdf": "contract",
      "1002/recording.wav": "recording",
    });
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const theCase = () => system.get<CaseView>("/v1/cases/E-77");

  test("no, then yes: a suit that is missing, a file that is in the way, and folders imported twice", async () => {
    const { root, sandbox } = system;
    await system.run({ ...importOfSuits(root, "1001"), suit_ids: ["1001", "1002"] });
    expect(await theCase()).toMatchObject({
      ...{ complete: false, files: 2, proved: 2, missing: 0 },
      reasons: [{ kind: "suit_missing", suit_ids: ["1002"] }],
    });

    await writeFile(join(root, "1001", "contract.pdf"), "another contract");
    const both = await system.run(importOfSuits(root, "1001", "1002"));
    expect(both).toMatchObject({ status: "attention", identical: 1, stored: 1, failed: 1 });
    expect(await theCase()).toMatchObject({
      ...{ complete: false, folders: 2, files: 3, proved: 2, missing: 1, failed: 1 },
      imports: { total: 2, sealed: 1, attention: 1 },
      reasons: [
        {
          ...{ kind: "files_failed", import_id: both.import_id, files: 1 },
          codes: [{ code: "EVIDENCE_CONFLICT", files: 1 }],
        },
      ],
    });
    const told = await exhibit(["case", "E-77"], {
      EXHIBIT_API_URL: system.apiUrl,
      EXHIBIT_API_KEY: system.key,
    });
    expect(told.code).toBe(1);
    expect(told.stdout).toContain("Case E-77: not complete");
    expect(told.stdout).toContain(`npx exhibit retry ${both.import_id}`);

    await rm(sandbox.objectPath("evidence", "kongur/E-77/suits/1001/contract.pdf"));
    await system.post(`/v1/imports/${both.import_id}/retry`, {});
    await system.sealed(both.import_id);
    expect(await theCase()).toMatchObject({
      ...{ complete: true, reasons: [], folders: 2, files: 3, stored: 2, identical: 1, proved: 3 },
    });
    // What is counted are the objects that are there.
    expect(sandbox.objectCount()).toBe(3);
    const yes = await exhibit(["case", "E-77"], {
      EXHIBIT_API_URL: system.apiUrl,
      EXHIBIT_API_KEY: system.key,
    });
    expect(yes).toMatchObject({ code: 0, stdout: expect.stringContaining("complete.") });
  });

  test("no, as long as it runs or is paused", async () => {
    const held = system.sandbox.oss.hold({ operation: "PutObject", keyIncludes: "recording" });
    const { body } = await system.post<ImportView>(
      "/v1/imports",
      importOfSuits(system.root, "1002"),
    );
    await held.reached();
    expect(await theCase()).toMatchObject({
      ...{ complete: false, missing: 1 },
      reasons: [{ kind: "unfinished", needs: "time", import_id: body.import_id }],
    });
    held.release();
    await system.rest(body.import_id);
    expect(await theCase()).toMatchObject({ complete: true, missing: 0, proved: 1 });
    const suit = await createApiClient({ url: system.apiUrl, keys: [system.key] }).case({
      suit: "1002",
    });
    expect(suit).toMatchObject({ complete: true, files: 1, suits: [{ suit_id: "1002" }] });
  });
});
