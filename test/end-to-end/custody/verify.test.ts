import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FindingView, VerificationView } from "@exhibit/contracts";
import { liftGuard } from "@exhibit/ledger/testing";
import { sandboxOwner, uploaderActions } from "@exhibit/sandbox";
import OSS from "ali-oss";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exhibitAt } from "../../support/exhibit.ts";
import {
  anyEngine,
  directory,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

/** What `exhibit verify --json` prints. */
type Verified = VerificationView & { findings: FindingView[] };

describe.each(anyEngine)("exhibit verify, on %s", (kind) => {
  let system: System;
  let importId: string;
  beforeAll(async () => {
    system = await startSystem(kind);
    await writeTree(join(system.root, "1001"), { "a.txt": "a", "b.txt": "bb", "合同.txt": "ccc" });
    importId = (await system.run(importOfSuits(system.root, "1001"))).import_id;
  });
  afterAll(() => system[Symbol.asyncDispose]());

  /** Runs the command, and returns its exit code and what it printed. */
  async function exhibit(...args: string[]) {
    return await exhibitAt(system, ["verify", ...args]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout, stderr }) => ({ code, stdout: `${stdout}`, stderr: `${stderr}` }),
    );
  }

  async function verified(...args: string[]): Promise<Verified & { exit: number }> {
    const { code, stdout } = await exhibit(importId, ...args, "--json");
    return { ...(JSON.parse(stdout) as Verified), exit: code };
  }

  test("finds the ledger as it was sealed, and what was changed in it", async () => {
    expect(await verified()).toMatchObject({ exit: 0, outcome: "same", checked: 3, same: 3 });
    const report = await system.ask(`/v1/imports/${importId}/seal/report-en.html`);
    expect(await report.text()).toMatch(/the record itself: 3.*everything is the same/s);
    await sql`update files set etag = '"F"' where path = 'b.txt'`.execute(system.ledger.db);
    const { code, stdout } = await exhibit(importId);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^differs {2}1\/b\.txt {2}the receipt$/m);
    expect((await exhibit(importId, "--combined")).stdout).toMatch(/^\* 1\/b\.txt$/m);
  });

  /** Verifies an import, and returns what was found, by path or else by key. */
  async function check(id: string, request: object) {
    const path = `/v1/imports/${id}/verifications`;
    const { status, body } = await system.post<VerificationView>(path, request);
    expect(status).toBe(202);
    const read = () => system.get<VerificationView>(`/v1/verifications/${body.number}`);
    await expect.poll(async () => (await read()).state, { timeout: 30_000 }).toBe("ended");
    const { items } = await system.get<{ items: FindingView[] }>(
      `/v1/verifications/${body.number}/findings`,
    );
    const found = items.map(({ path: name, key, kind, what, code }) => [
      name ?? key,
      kind,
      what ?? code,
    ]);
    return { view: await read(), found: found.sort(), findings: items };
  }

  test("finds what became of objects in OSS, by each means what it can see", {
    timeout: 60_000,
  }, async () => {
    const { sandbox } = system;
    sandbox.tokens.setActions([...uploaderActions, "oss:ListObjects"]);
    const names = ["a", "b", "c", "d", "合同", "e\u0301"].map((name) => `${name}.txt`);
    await writeTree(
      join(system.root, "store"),
      Object.fromEntries(names.map((name) => [name, name])),
    );
    const folder = directory(
      "deepvision",
      { op_poi_id: "p1", op_tenant_code: "t1" },
      join(system.root, "store"),
    );
    const { import_id: id } = await system.run({
      entrust_id: "E-78",
      suit_ids: [],
      folders: [folder],
    });
    const same = { outcome: "same", checked: 6, same: 6, unreadable: 0 };
    const ways = [
      { against: "oss" },
      { against: "oss", by: "head" },
      { against: "oss", by: "download" },
      { against: "source" },
    ];
    const means = [["head", "list"], ["head"], ["download"], ["reading"]];
    for (const [at, way] of ways.entries()) {
      const { view, found } = await check(id, way);
      expect(found).toEqual([]);
      expect(view).toMatchObject({ ...same, means: means[at] });
    }

    const owner = new OSS({
      ...sandboxOwner,
      bucket: "deepvision",
      endpoint: sandbox.ossUrl,
      region: "oss-cn-hangzhou",
      authorizationV4: true,
      sldEnable: true,
    } as OSS.Options);
    // Other bytes of the same length behind OSS's back: the CRC64 that it tells is made up.
    await writeFile(sandbox.objectPath("deepvision", "t1/p1/a.txt"), "A.txt");
    await rm(sandbox.objectPath("deepvision", "t1/p1/b.txt"));
    await owner.put("t1/p1/c.txt", Buffer.from("other"));
    await owner.put("t1/p1/z.txt", Buffer.from("extra"));
    // Written again with the same bytes, later than its receipt says.
    await sql`update files set stored_at = stored_at - interval '3 seconds' where path = 'd.txt'`.execute(
      system.ledger.db,
    );
    const byList = await check(id, { against: "oss", by: "list" });
    expect(byList.found).toEqual([
      ["b.txt", "missing", null],
      ["c.txt", "differs", "etag"],
      ["d.txt", "younger", "last_modified"],
      ["t1/p1/z.txt", "extra", null],
    ]);
    expect(byList.view).toMatchObject({ outcome: "differs", same: 3, missing: 1, extra: 1 });
    const byHead = await check(id, { against: "oss", by: "head" });
    expect(byHead.found).toEqual([
      ["b.txt", "missing", null],
      ["c.txt", "differs", "crc64"],
      ["d.txt", "younger", "last_modified"],
    ]);
    const byDownload = await check(id, { against: "oss", by: "download" });
    expect(byDownload.found).toEqual([
      ["a.txt", "differs", "sha256"],
      ["b.txt", "missing", null],
      ["c.txt", "differs", "sha256"],
      ["d.txt", "younger", "last_modified"],
    ]);
    expect(byDownload.view).toMatchObject({ checked: 6, same: 2, differs: 2 });
    const sampled = await check(id, { against: "oss", by: "head", sample: 2, seed: "x" });
    expect(sampled.view).toMatchObject({ checked: 2, sample: { size: 2, of: 6, seed: "x" } });
    const none = await check(id, { against: "oss", states: ["identical"] });
    expect(none.view).toMatchObject({ checked: 0 });
  });

  test("tells what a lease may not read as unreadable, and never as the same", {
    timeout: 60_000,
  }, async () => {
    system.sandbox.tokens.setActions(uploaderActions);
    system.sandbox.tokens.expireAll();
    const listed = await check(importId, { against: "oss", by: "list" });
    expect(listed.view).toMatchObject({
      outcome: "unreadable",
      checked: 3,
      unreadable: 3,
      same: 0,
    });
    expect(listed.findings).toMatchObject([
      { kind: "unreadable", code: "STORE_DENIED", found: "AccessDenied", files: 3 },
    ]);
    const { view } = await check(importId, { against: "oss" });
    expect(view.means).toEqual(["head"]);
    const { code, stdout } = await exhibit(importId, "--against", "oss", "--by", "list");
    expect([code, stdout.includes("unreadable")]).toEqual([4, true]);
  });

  test("finds what was changed in the source, and what is gone", async () => {
    const at = (name: string) => join(system.root, "1001", name);
    const before = await readFile(at("a.txt"));
    await writeFile(at("a.txt"), "A");
    await rm(at("合同.txt"));
    expect((await check(importId, { against: "source" })).found).toEqual([
      ["a.txt", "differs", "sha256"],
      ["合同.txt", "missing", null],
    ]);
    await writeFile(at("a.txt"), before);
  });

  test("finds the register as it was signed, and one whose end was cut off", async () => {
    const before = await exhibit("--register", "--json");
    const { head, entries } = JSON.parse(before.stdout);
    expect(before.code).toBe(0);
    expect(await exhibit("--register", "--from", head)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`stands behind entry ${entries}.`),
    });
    await liftGuard(system.ledger, "register");
    await sql`delete from register where number = ${entries}`.execute(system.ledger.db);
    const { code, stdout } = await exhibit("--register", "--from", head);
    expect(code).toBe(1);
    expect(stdout).toContain("the head that was kept is none of this register");
    expect(stdout).toContain(`entry ${entries}: what the ledger says of it isn't there`);
  });

  test.each([[["--register", "ID"]], [["ID", "--from", "0".repeat(64)]]])(
    "refuses %j with 2",
    async (args) => {
      expect((await exhibit(...args)).code).toBe(2);
    },
  );
});
