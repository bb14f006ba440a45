import type { FindingView, VerificationView } from "@exhibit/contracts";
import { newSealKey, pemSigner, type Signer } from "@exhibit/custody";
import { ledgerKinds, liftGuard } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cancelVerification,
  checkRegister,
  failVerification,
  findQuietVerifications,
  findSeal,
  finishShard,
  type Ledger,
  listFindings,
  listRegister,
  listVerifications,
  readVerification,
  readVerificationWork,
  recordIncidents,
  recordOutcomes,
  recordVerifiedPart,
  recordWorkerFacts,
  type Sealer,
  sealImport,
  startVerification,
  verifyReceipts,
  waiveFiles,
} from "../../../src/index.ts";
import { complete, filesOf, planned, stored } from "../../imports.ts";

const signer = () => pemSigner(newSealKey()) as Signer;
const wei = { who: "韩梅梅" };
const never = new AbortController().signal;

describe.each(Object.entries(ledgerKinds))("Verifying seals on %s", (kind, open) => {
  // One of the two is enough for each single field.
  const once = kind === "Postgres" ? ["field"] : [];
  let ledger: Ledger;
  let remove: () => Promise<void>;
  const first = signer();
  const sealer: Sealer = { madeBy: "exhibit test", signer: first };
  beforeAll(async () => {
    ({ ledger, remove } = await open());
    for (const table of ["acts", "register", "seal_blocks", "seal_keys"] as const)
      await liftGuard(ledger, table);
  });
  afterAll(() => remove());

  const start = (importId: string) =>
    startVerification(ledger, importId, { against: "receipts" }, wei);

  async function verified(
    importId: string,
  ): Promise<{ view: VerificationView; findings: FindingView[] }> {
    const number = await start(importId);
    const work = await readVerificationWork(ledger, number);
    if (work === undefined) throw new Error("it isn't running");
    expect(await verifyReceipts(ledger, work, { sealer, signal: never })).toBe(true);
    const { items } = await listFindings(ledger, number, { limit: 1000 });
    return { view: await readVerification(ledger, number), findings: items };
  }

  async function sealed(count: number) {
    const begun = await complete(ledger, count);
    await sealImport(ledger, begun.importId, sealer);
    return begun;
  }

  const run = (statement: string) => sql.raw(statement).execute(ledger.db);

  test("finds everything the same, puts that into the register, and tells it", async () => {
    const { importId } = await sealed(30);
    const { view, findings } = await verified(importId);
    expect(findings).toEqual([]);
    expect(view).toMatchObject({
      state: "ended",
      outcome: "same",
      against: "receipts",
      means: ["recomputing"],
      parts: 1,
      parts_done: 1,
      checked: 30,
      same: 30,
      requested_by: "韩梅梅",
    });
    const { items } = await listRegister(ledger, { limit: 1000 });
    expect(items.at(-1)).toMatchObject({ number: view.entry, kind: "verification", key: first.id });
    const { text } = await ledger.db
      .selectFrom("register")
      .select("text")
      .where("number", "=", view.entry ?? 0)
      .executeTakeFirstOrThrow();
    expect(text).toContain(
      `\nImport: ${importId}\nSeal: ${view.seal.number} ${view.seal.digest}\n`,
    );
    expect(text).toContain("\nChecked: 30\nSame: 30\nDiffers: 0\nMissing: 0\n");
    expect(text).toContain(`\nFindings: ${view.findings_sha256}\nBy: 韩梅梅\n`);
    expect(await checkRegister(ledger)).toMatchObject({ findings: [] });
    const { items: all } = await listVerifications(ledger, importId, { limit: 1 });
    expect(all).toEqual([view]);
  });

  describe.each(once)("names each %s that was changed:", () => {
    let importId: string;
    let ids: string[];
    beforeAll(async () => {
      const worker = await recordWorkerFacts(ledger, {
        host: "a",
        osUser: "exhibit",
        version: "exhibit 1",
        node: "24",
        openssl: "3",
      });
      const begun = await planned(ledger, 270);
      importId = begun.importId;
      const files = await filesOf(ledger, begun.shardId);
      const last = files.at(-1);
      await recordOutcomes(
        ledger,
        begun.folder.id,
        files.slice(0, -1).map((file) => ({ ...stored(file), versionId: "V1" })),
        [{ fileId: last?.id ?? 0, state: "failed", code: "SOURCE_IO", message: "EIO" }],
        worker,
      );
      const at = new Date("2026-11-30T01:02:03.456Z");
      const code = "DIGEST_MISMATCH" as const;
      const incident = { fileId: files[0]?.id ?? 0, at, code, message: "M" };
      await recordIncidents(ledger, begun.folder.id, [incident], worker);
      await finishShard(ledger, begun.shardId);
      await sealImport(ledger, importId, sealer);
      await waiveFiles(ledger, importId, {}, { who: "李雷", why: "Privileged" });
      await sealImport(ledger, importId, sealer);
      expect(await findSeal(ledger, importId)).toBeDefined();
      ids = files.map(({ id }) => String(id));
    });

    /** Changes a row, tells what is found, and puts the row back. */
    async function found(table: string, set: string, where: string) {
      const [column = ""] = set.split(" = ");
      await run(
        `create temporary table was as select ctid as place, ${column} from ${table} where ${where}`,
      );
      await run(`update ${table} set ${set} where ${where}`);
      const result = await verified(importId);
      await run(`update ${table} set ${column} = was.${column} from was where ${where}`);
      await run("drop table was");
      return result;
    }

    const fields = [
      ["path", "'扫描/x.pdf'"],
      ["size", "size + 1"],
      ["state", "'identical'"],
      ["modified_ms", "5"],
      ["key", "'other'"],
      ["sha256", "digest(sha256)"],
      ["crc64", "'\\x0000000000000001'"],
      ["etag", "'\"F\"'"],
      ["request_id", "'S'"],
      ["stored_at", "stored_at + interval '1 second'"],
      ["version_id", "'V2'"],
      ["lease", "null"],
      ["is_folder", "true"],
      ["stands_for", "7"],
    ];
    test.each(fields)("a receipt's %s", async (column, value) => {
      const id = ids[17];
      const set = `${column} = ${value.replace("digest(sha256)", "'\\x00'")}`;
      const { view, findings } = await found("files", set, `files.id = ${id}`);
      expect(view.outcome).toBe("differs");
      expect(findings.map(({ file_id }) => file_id)).toContain(id);
      expect(findings.map(({ what }) => what)).toEqual(
        expect.arrayContaining(["Root", "receipts.ndjson"]),
      );
    });

    test.each([
      ["error_code", "'SOURCE_UNREADABLE'"],
      ["waived_by", "'x'"],
      ["waived_why", "'x'"],
      ["waived_at", "waived_at + interval '1 second'"],
    ])("a waived file's %s", async (column, value) => {
      const id = ids.at(-1);
      const { findings } = await found("files", `${column} = ${value}`, `files.id = ${id}`);
      expect(findings.map(({ file_id }) => file_id)).toContain(id);
    });

    test.each(["id", "endpoint", "bucket", "prefix"])("a lease's %s", async (column) => {
      const where = `lease_uses.number = (select lease from files where id = ${ids[0]})`;
      const { view } = await found("lease_uses", `${column} = 'x'`, where);
      expect(view).toMatchObject({ outcome: "differs", differs: expect.any(Number) });
      expect(view.differs).toBeGreaterThan(269);
    });

    test.each([
      ["acts", "who", "'x'", "acts.ndjson"],
      ["acts", "why", "'x'", "acts.ndjson"],
      ["acts", "at", "at - interval '1 second'", "acts.ndjson"],
      ["acts", "files", "7", "acts.ndjson"],
      ["acts", "code", "'SOURCE_IO'", "acts.ndjson"],
      ["acts", "details", "'{\"a\":1}'", "acts.ndjson"],
      ["incidents", "code", "'SOURCE_CHANGED'", "incidents.ndjson"],
      ["incidents", "message", "'x'", "incidents.ndjson"],
      ["incidents", "at", "at - interval '1 second'", "incidents.ndjson"],
      ["incidents", "worker", "null", "incidents.ndjson"],
      ["incidents", "file_id", "null", "incidents.ndjson"],
      ["imports", "entrust_id", "'E-78'", "import.json"],
      ["imports", "suit_ids", "'{2}'", "import.json"],
      ["imports", "created_at", "created_at - interval '1 second'", "import.json"],
      ["folders", "selector", "'{}'", "import.json"],
      ["folders", "bucket", "'other'", "import.json"],
      ["folders", "retention", "'none'", "import.json"],
      ["worker_facts", "host", "'b'", "import.json"],
    ])("in %s, the field %s", async (table, column, value, list) => {
      const where = {
        acts: `acts.import_id = '${importId}' and acts.what = 'waive'`,
        incidents: `incidents.message in ('M', 'x')`,
        imports: `imports.id = '${importId}'`,
        folders: `folders.import_id = '${importId}'`,
        worker_facts: "true",
      }[table];
      const { view, findings } = await found(table, `${column} = ${value}`, where ?? "");
      expect(view).toMatchObject({ outcome: "differs", same: 270 });
      expect(findings.map(({ what }) => what)).toEqual([list]);
    });

    test.each([
      ["root", "'\\x00'", "block 0: root"],
      ["marks", "set_byte(marks, 5, 255 - get_byte(marks, 5))", "block 0: marks"],
      ["marks", "substring(marks from 5)", "block 0: marks"],
    ])("a block's %s", async (column, value, what) => {
      const where = `seal_blocks.import_id = '${importId}' and seal_blocks.number = 0`;
      const { view, findings } = await found("seal_blocks", `${column} = ${value}`, where);
      expect(findings.map((finding) => finding.what)).toContain(what);
      expect(view).toMatchObject({ same: 270, differs: 1, missing: 0, extra: 0 });
    });

    test.each([
      ["path", "'扫描/0.pdg'"],
      ["folder", "2"],
    ])("a block's place by its %s", async (column, value) => {
      const where = `seal_blocks.import_id = '${importId}' and seal_blocks.number = 1`;
      const { view } = await found("seal_blocks", `${column} = ${value}`, where);
      expect(view.outcome).toBe("differs");
    });

    test.each([
      ["last_act", "last_act + 1"],
      ["last_incident", "0"],
      ["workers", "'{}'"],
      ["contents", "replace(contents, 'acts', 'acta')"],
    ])("the %s of its seal", async (column, value) => {
      const where = `register.import_id = '${importId}'`;
      const { view } = await found("register", `${column} = ${value}`, where);
      expect(view).toMatchObject({ outcome: "differs", same: 270 });
    });

    test("and nothing once it is as it was", async () => {
      expect((await verified(importId)).findings).toEqual([]);
    });
  });

  test("names entries that were taken away or added, and no others", async () => {
    const { importId, files, folder } = await sealed(300);
    const gone = files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
    await run(
      `create temporary table kept as select * from files where id in (${gone[5]?.id}, ${gone[270]?.id})`,
    );
    await run(`delete from files where id in (select id from kept)`);
    const lost = await verified(importId);
    expect(lost.findings.filter(({ folder }) => folder !== null)).toMatchObject([
      { kind: "missing", path: gone[4]?.path, files: 1 },
      { kind: "missing", path: gone[269]?.path, files: 1 },
    ]);
    expect(lost.view).toMatchObject({ checked: 298, same: 298, missing: 2, extra: 0 });
    await run(`insert into files overriding system value select * from kept`).catch(() =>
      run(`insert into files select * from kept`),
    );
    expect((await verified(importId)).view.outcome).toBe("same");
    await sql`
      insert into files (folder_id, path, size, state) values (${folder.id}, '扫描/2', 1, 'skipped')`.execute(
      ledger.db,
    );
    const more = await verified(importId);
    expect(more.findings.filter(({ folder }) => folder !== null)).toMatchObject([
      { kind: "extra", path: "扫描/2" },
    ]);
    await run(`delete from files where path = '扫描/2'`);
    await run(`delete from seal_blocks where import_id = '${importId}' and number = 1`);
    const block = await verified(importId);
    expect(block.findings).toMatchObject([{ kind: "missing", what: "block 1" }]);
    expect(block.view).toMatchObject({ same: block.view.checked });
  });

  test.each(once)(
    "goes on where it was, records a part once, and not for one that was cancelled",
    async () => {
      const { importId } = await sealed(5_000);
      const number = await start(importId);
      const work = await readVerificationWork(ledger, number);
      expect(work).toMatchObject({ parts: 2, partsDone: 0, place: undefined });
      const part = {
        part: 0,
        place: { folder: 1, path: "扫描/1.pdf" },
        means: ["x"],
        checked: 4096,
      };
      const findings = [{ kind: "extra", path: "a\0b" }] as const;
      expect(await recordVerifiedPart(ledger, number, { ...part, same: 4096, findings })).toBe(
        true,
      );
      expect(await recordVerifiedPart(ledger, number, { ...part, same: 4096, findings })).toBe(
        false,
      );
      await expect(start(importId)).rejects.toMatchObject({ code: "STATE_CONFLICT" });
      expect(await findQuietVerifications(ledger, { quietForMs: 0 })).toEqual([number]);
      const going = await readVerificationWork(ledger, number);
      expect(going).toMatchObject({ partsDone: 1, place: part.place });
      if (going) expect(await verifyReceipts(ledger, going, { sealer, signal: never })).toBe(true);
      expect(await readVerification(ledger, number)).toMatchObject({
        checked: 5000,
        outcome: "same",
        findings_sha256: expect.any(String),
      });

      const other = await start(importId);
      const stopped = await readVerificationWork(ledger, other);
      const signal = AbortSignal.abort();
      if (stopped)
        await expect(verifyReceipts(ledger, stopped, { sealer, signal })).rejects.toMatchObject({
          code: "INTERRUPTED",
        });
      await cancelVerification(ledger, other, wei);
      if (stopped)
        expect(await verifyReceipts(ledger, stopped, { sealer, signal: never })).toBe(false);
      expect(await readVerification(ledger, other)).toMatchObject({
        state: "cancelled",
        entry: null,
      });
      await expect(cancelVerification(ledger, other, wei)).rejects.toMatchObject({
        code: "STATE_CONFLICT",
      });
      await expect(cancelVerification(ledger, 999, wei)).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
      const failed = await start(importId);
      await failVerification(ledger, failed, { code: "INTERNAL", message: "no" });
      expect(await readVerification(ledger, failed)).toMatchObject({
        state: "failed",
        error: { code: "INTERNAL", message: "no" },
      });
    },
  );

  describe.each(once)("The register, each %s of it", () => {
    let importId: string;
    let seal: number;
    beforeAll(async () => {
      ({ importId } = await sealed(3));
      seal = (await findSeal(ledger, importId))?.number ?? 0;
      const second = signer();
      await verified(importId);
      await sealImport(ledger, (await complete(ledger, 1)).importId, {
        ...sealer,
        signer: second,
        oldSigner: first,
      });
    });

    const whatIs = async (from?: string) => (await checkRegister(ledger, { from })).findings;

    test("is as it was, and tells which of its heads somebody has kept", async () => {
      const { items } = await listRegister(ledger, { limit: 1000 });
      const kept = items[2];
      expect(await checkRegister(ledger, { from: kept?.head })).toEqual({
        entries: items.length,
        head: items.at(-1)?.head,
        from: 3,
        findings: [],
      });
      expect(await whatIs("0".repeat(64))).toMatchObject([{ number: 0 }]);
    });

    test.each([
      ["text", "replace(text, 'Files: 3', 'Files: 4')", "its digest"],
      ["text", "'x'", "its text isn't that of an entry"],
      ["digest", "'\\x00'", "its digest"],
      ["head", "'\\x00'", "its head"],
      ["key", "null", "its signature"],
      ["key", "'x'", 'its "Key"'],
      ["signature", "'\\x00'", "its signature"],
      ["signature", "null", "its signature"],
      ["countersignature", "'\\x00'", "its countersignature"],
      ["import_id", "gen_random_uuid()", "the import that it seals is missing"],
      ["at", "at - interval '1 second'", "its time"],
      ["contents", "'x'", "the digests of its lists"],
      ["last_act", "last_act + 1", "the act that sealed it"],
      ["number", "number + 1000", 'its "Number"'],
    ])("with another %s of a seal (%s): %s", async (column, value, what) => {
      const where = `number in (${seal}, ${seal} + 1000)`;
      await run(`create temporary table was as select ${column} from register where ${where}`);
      await run(`update register set ${column} = ${value} where ${where}`);
      const findings = await whatIs();
      await run(`update register set ${column} = (select ${column} from was) where ${where}`);
      await run("drop table was");
      expect(
        findings.filter(({ number }) => number % 1000 === seal).map((each) => each.what),
      ).toContain(what);
      expect(await whatIs()).toEqual([]);
    });

    test("names a key that was exchanged or added, and a key's entry without its vouching", async () => {
      const { rows } = await sql<{ id: string; public_pem: string; since: number }>`
        select * from seal_keys order by since desc limit 1`.execute(ledger.db);
      const [last] = rows;
      const other = signer();
      await sql`update seal_keys set public_pem = ${other.publicPem} where id = ${last?.id ?? ""}`.execute(
        ledger.db,
      );
      expect((await whatIs()).map(({ number }) => number)).toContain(last?.since);
      await sql`update seal_keys set public_pem = ${last?.public_pem ?? ""} where id = ${last?.id ?? ""}`.execute(
        ledger.db,
      );
      await sql`insert into seal_keys (id, algorithm, public_pem, since) values (${other.id}, 'ecdsa-p256', ${other.publicPem}, ${seal})`.execute(
        ledger.db,
      );
      expect(await whatIs()).toMatchObject([{ number: seal }]);
      await sql`delete from seal_keys where id = ${other.id}`.execute(ledger.db);
      await run(
        `create temporary table was as select countersignature from register where number = ${last?.since}`,
      );
      await run(`update register set countersignature = null where number = ${last?.since}`);
      expect(await whatIs()).toMatchObject([{ number: last?.since, what: "its countersignature" }]);
      await run(
        `update register set countersignature = (select countersignature from was) where number = ${last?.since}`,
      );
      await run("drop table was");
      expect(await whatIs()).toEqual([]);
    });

    test("names an entry that is deleted, two that are exchanged, and one that was cut off", async () => {
      const { items } = await listRegister(ledger, { limit: 1000 });
      const last = items.at(-1);
      await run("create temporary table whole as select * from register");
      const restore = async () => {
        await run("delete from register where number not in (select since from seal_keys)");
        await run(
          "insert into register select * from whole where number not in (select number from register)",
        );
        expect(await whatIs()).toEqual([]);
      };
      await run(`delete from register where number = ${seal}`);
      expect(await whatIs()).toEqual(
        expect.arrayContaining([{ number: seal, what: "the entry is missing" }]),
      );
      await restore();
      await run(`delete from register where number = ${last?.number}`);
      expect((await whatIs(last?.head)).map(({ number }) => number)).toEqual([last?.number, 0]);
      await restore();
      await run(
        `update register set number = number + 1000 where number in (${seal}, ${seal + 1})`,
      );
      await run(
        `update register set number = case when number = ${seal + 1000} then ${seal + 1} else ${seal} end where number > 1000`,
      );
      const swapped = (await whatIs()).map(({ number }) => number);
      expect(swapped).toEqual(expect.arrayContaining([seal, seal + 1]));
      await run(`delete from register where number in (${seal}, ${seal + 1})`);
      await restore();
    });

    test("names a verification whose row says otherwise, and an import that is gone", async () => {
      const view = (await listVerifications(ledger, importId, { limit: 1 })).items[0];
      await run(`update verifications set same = same + 1 where number = ${view?.number}`);
      expect(await whatIs()).toMatchObject([
        { number: view?.entry, what: '"Same" of its verification' },
      ]);
      await run(`update verifications set same = same - 1 where number = ${view?.number}`);
      await run(`update imports set sealed_number = null where id = '${importId}'`);
      expect(await whatIs()).toMatchObject([
        { number: seal, what: "the import that it seals is missing" },
      ]);
      await run(`update imports set sealed_number = ${seal} where id = '${importId}'`);
      expect(await whatIs()).toEqual([]);
    });
  });
});
