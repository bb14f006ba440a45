import { everything, type ImportRequest } from "@exhibit/contracts";
import {
  checkProof,
  digestOf,
  firstHead,
  isSignedBy,
  leafHash,
  listNames,
  newSealKey,
  nextHead,
  pemSigner,
  readProof,
  readSeal,
  rootOf,
  type Signer,
  writeProof,
} from "@exhibit/custody";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cancelImport,
  createImport,
  distrustSealKey,
  findSeal,
  findUnsealed,
  finishShard,
  type Ledger,
  ledgerWithin,
  listFiles,
  listImports,
  listRegister,
  listSealKeys,
  proveFile,
  readImport,
  readSealOf,
  recordIncidents,
  recordOutcomes,
  type Sealer,
  sealEnded,
  sealedList,
  sealImport,
} from "../../src/index.ts";
import { passOver } from "../../src/sealing/pass.ts";
import { complete, filesOf, planned, stored, troubled } from "../imports.ts";

describe.each(Object.entries(ledgerKinds))("Seals in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  async function listOf(
    importId: string,
    name: Parameters<typeof sealedList>[2],
  ): Promise<string[]> {
    const lines: string[] = [];
    for await (const line of sealedList(ledger, await readSealOf(ledger, importId), name)) {
      lines.push(line.slice(0, -1));
    }
    return lines;
  }

  test("commit to every entry, in the order of their paths, and to what people did", async () => {
    const { importId, folder, files } = await complete(ledger, 300);
    const at = new Date("2026-11-30T01:02:03.456Z");
    const incident = {
      fileId: files[0]?.id ?? 0,
      at,
      code: "DIGEST_MISMATCH" as const,
      message: "M",
    };
    await recordIncidents(ledger, folder.id, [incident]);
    expect(await findSeal(ledger, importId)).toBeUndefined();
    expect(await sealImport(ledger, importId, testSealer)).toBe("sealed");

    const record = await readSealOf(ledger, importId);
    const seal = readSeal(record.text);
    const receipts = await listOf(importId, "receipts.ndjson");
    expect(seal).toMatchObject({ importId, files: 300, stored: 300, leaves: 300, key: "none" });
    expect(rootOf(receipts.map((line) => leafHash(line)))).toBe(seal.root);
    const paths = receipts.map((line) => JSON.parse(line).path as string);
    expect(paths).toEqual(
      paths.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
    );
    expect(await listOf(importId, "sha256sum.txt")).toHaveLength(300);
    expect((await listOf(importId, "acts.ndjson")).map((line) => JSON.parse(line).what)).toEqual([
      "create",
    ]);
    expect(
      (await listOf(importId, "incidents.ndjson")).map((line) => JSON.parse(line).code),
    ).toEqual(["DIGEST_MISMATCH"]);
    expect(JSON.parse((await listOf(importId, "import.json"))[0] ?? "")).toMatchObject({
      import_id: importId,
      entrust_id: "E-77",
    });
    expect(await readImport(ledger, importId)).toMatchObject({ status: "sealed" });
    // What comes later isn't part of it.
    await recordIncidents(ledger, folder.id, [{ ...incident, message: "later" }]);
    expect(await listOf(importId, "incidents.ndjson")).toHaveLength(1);
  });

  test("commit by SM3 as well where that is asked for", async () => {
    const { importId, folder, shardId } = await planned(ledger, 300);
    const files = await filesOf(ledger, shardId);
    const receipts = files.map((file) => ({
      ...stored(file),
      sm3: Buffer.from(digestOf(file.path, "sm3"), "hex"),
    }));
    await recordOutcomes(ledger, folder.id, receipts, []);
    await finishShard(ledger, shardId);
    await sealImport(ledger, importId, { ...testSealer, withSm3: true });

    const record = await readSealOf(ledger, importId);
    const seal = readSeal(record.text);
    const lines = await listOf(importId, "receipts.ndjson");
    const one = JSON.parse(lines[7] ?? "");
    expect(one.sm3).toBe(digestOf(one.path, "sm3"));
    expect(
      rootOf(
        lines.map((line) => leafHash(line, "sm3")),
        "sm3",
      ),
    ).toBe(seal.rootSm3);
    const digests = await Promise.all(
      listNames.map(async (name) => {
        const text = (await listOf(importId, name)).map((line) => `${line}\n`).join("");
        return `${digestOf(text, "sm3")}  ${name}\n`;
      }),
    );
    expect(digestOf(digests.join(""), "sm3")).toBe(seal.contentsSm3);
    const { items } = await listFiles(ledger, importId, { limit: 300 });
    for (const file of [items[0], items[299]]) {
      const proof = await proveFile(ledger, record, file?.file_id ?? "");
      expect(proof.pathSm3).toHaveLength(proof.path.length);
      expect(checkProof(readProof(writeProof(proof)), record.text).rootSm3).toBe(seal.rootSm3);
    }
    // One that is sealed without it has none of it.
    const other = await complete(ledger, 3);
    await sealImport(ledger, other.importId, testSealer);
    expect((await readSealOf(ledger, other.importId)).text).not.toContain("SM3");
  });

  test("name the seal that they add to, and views of both lead to the other", async () => {
    const { importId } = await complete(ledger, 1);
    const [row] = (await listImports(ledger, { limit: 1 })).items;
    const request: ImportRequest = {
      entrust_id: "E-77",
      suit_ids: [],
      folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } }],
      amends: importId,
    };
    expect(row).toMatchObject({ import_id: importId, amends: null, amended_by: [] });
    const create = (of: Ledger = ledger) => createImport(of, request);
    await expect(create()).rejects.toMatchObject({ code: "STATE_CONFLICT" });
    await sealImport(ledger, importId, testSealer);
    const amended = await readSealOf(ledger, importId);
    const other = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-78"] });
    await expect(create(other)).rejects.toMatchObject({ code: "NOT_FOUND" });

    const { importId: later } = await create();
    await cancelImport(ledger, later);
    await sql`update imports set updated_at = now() - interval '20 minutes' where id = ${later}`.execute(
      ledger.db,
    );
    expect(await sealEnded(ledger, later, testSealer)).toBe(true);
    const seal = readSeal((await readSealOf(ledger, later)).text);
    expect(seal.amends).toEqual({ number: amended.number, digest: amended.digest });
    expect(await readImport(ledger, later)).toMatchObject({ amends: importId });
    expect(await readImport(ledger, importId)).toMatchObject({ amended_by: [later] });
    // Whoever may not see the later one isn't told of it.
    await sql`update imports set entrust_id = 'E-79' where id = ${later}`.execute(ledger.db);
    const narrow = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-77"] });
    expect(await readImport(narrow, importId)).toMatchObject({ amended_by: [] });
  });

  test("prove each file alone, and name the one that was changed", async () => {
    const { importId } = await complete(ledger, 300);
    await sealImport(ledger, importId, testSealer);
    const seal = await readSealOf(ledger, importId);
    const { items } = await listFiles(ledger, importId, { limit: 300 });
    for (const file of [items[0], items[255], items[256], items[299]]) {
      const proof = await proveFile(ledger, seal, file?.file_id ?? "");
      expect(checkProof(proof, seal.text).number).toBe(seal.number);
      expect(JSON.parse(proof.receipt)).toMatchObject({ path: file?.path, state: "stored" });
    }
    await expect(proveFile(ledger, seal, "1e3")).rejects.toMatchObject({ code: "NOT_FOUND" });

    const [changed, other] = [items[17], items[290]];
    await sql`update files set etag = 'forged' where id = ${Number(changed?.file_id)}`.execute(
      ledger.db,
    );
    await expect(proveFile(ledger, seal, items[3]?.file_id ?? "")).rejects.toMatchObject({
      code: "SEAL_BROKEN",
      message: expect.stringContaining(JSON.stringify(changed?.path)),
    });
    expect(await proveFile(ledger, seal, other?.file_id ?? "")).toBeDefined();
    await expect(listOf(importId, "receipts.ndjson")).rejects.toMatchObject({
      code: "SEAL_BROKEN",
    });
  });

  test("are chained in a register, from which nothing can be taken", async () => {
    const first = await complete(ledger, 1);
    const sealed = [first];
    while (sealed.length < 8) sealed.push(await complete(ledger, 1));
    // Whoever comes second to the register waits for the first.
    const ended = sealed.map(({ importId }) => sealImport(ledger, importId, testSealer));
    expect(new Set(await Promise.all(ended))).toEqual(new Set(["sealed"]));
    const entries = (await listRegister(ledger, { limit: 1000 })).items;
    expect(entries.map(({ number }) => number)).toEqual(entries.map((_, index) => index + 1));
    const { register } = readSeal((await readSealOf(ledger, first.importId)).text);
    let head = firstHead(register);
    for (const entry of entries) {
      head = nextHead(head, entry.digest);
      expect(entry.head).toBe(head);
    }
    for (const statement of [
      sql`delete from register where number = 1`,
      sql`update register set text = ''`,
      sql`delete from acts`,
      sql`delete from seal_blocks where import_id = ${first.importId}`,
    ]) {
      await expect(statement.execute(ledger.db)).rejects.toThrow(/never changed/);
    }
  });

  test("of a cancelled import say so, with what was stored before", async () => {
    const { importId, folder, shardId } = await planned(ledger, 3);
    const [file] = await filesOf(ledger, shardId);
    if (file) await recordOutcomes(ledger, folder.id, [stored(file)], []);
    await cancelImport(ledger, importId);
    expect(await findUnsealed(ledger)).not.toContain(importId);
    expect(await sealEnded(ledger, importId, testSealer)).toBe(false);
    await sql`update imports set updated_at = now() - interval '16 minutes' where id = ${importId}`.execute(
      ledger.db,
    );
    expect(await findUnsealed(ledger)).toContain(importId);
    expect(await sealEnded(ledger, importId, testSealer)).toBe(true);
    expect(await sealEnded(ledger, importId, testSealer)).toBe(false);
    const seal = readSeal((await readSealOf(ledger, importId)).text);
    expect(seal).toMatchObject({ outcome: "cancelled", files: 3, stored: 1, leaves: 3 });
    const states = (await listOf(importId, "receipts.ndjson")).map(
      (line) => JSON.parse(line).state,
    );
    expect(states.toSorted()).toEqual(["planned", "planned", "stored"]);
    // Nothing is recorded any more: it wouldn't be what was sealed.
    const rest = await listFiles(ledger, importId, { limit: 9, state: ["planned"] });
    const late = { id: Number(rest.items[0]?.file_id), path: "a", size: 1, modifiedMs: 1 };
    await recordOutcomes(ledger, folder.id, [stored(late as Parameters<typeof stored>[0])], []);
    expect(await readImport(ledger, importId)).toMatchObject({ stored: 1 });
    expect(await listOf(importId, "receipts.ndjson")).toHaveLength(3);
  });

  test("aren't made while something failed", async () => {
    const { importId } = await troubled(ledger);
    expect(await findSeal(ledger, importId)).toBeUndefined();
    await expect(readSealOf(ledger, importId)).rejects.toMatchObject({ code: "STATE_CONFLICT" });
  });

  test("are left alone by a pass that another has overtaken", async () => {
    const { importId } = await complete(ledger, 3);
    const blocks = () => ledger.db.selectFrom("seal_blocks").selectAll().execute();
    const { secret } = await ledger.db
      .updateTable("imports")
      .set({ custody_secret: Buffer.alloc(32) })
      .where("id", "=", importId)
      .returning("custody_secret as secret")
      .executeTakeFirstOrThrow();
    expect(await sealImport(ledger, importId, testSealer)).toBe("sealed");
    const sealed = await blocks();
    await passOver(ledger, { id: importId, secret: secret as Uint8Array });
    expect(await blocks()).toEqual(sealed);
  });

  test("made by two at once are one", async () => {
    const { importId } = await complete(ledger, 3);
    const ended = await Promise.all([1, 2, 3].map(() => sealImport(ledger, importId, testSealer)));
    expect(ended.filter((status) => status === "sealed")).toHaveLength(1);
  });
});

describe.each(Object.entries(ledgerKinds))("Keys of seals in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  async function sealOne(sealer: Sealer) {
    const { importId } = await complete(ledger, 1);
    const status = await sealImport(ledger, importId, sealer).catch((thrown) => thrown.code);
    return { importId, status };
  }
  const by = (signer?: Signer, oldSigner?: Signer): Sealer => ({
    ...testSealer,
    signer,
    oldSigner,
  });

  test("the first is put on the register, a new one comes with the old, and no other signs", async () => {
    const [first, second, other] = [newSigner(), newSigner(), newSigner()];
    const unsigned = await sealOne(by());
    expect((await readSealOf(ledger, unsigned.importId)).signed).toBeNull();

    const one = await sealOne(by(first));
    const seal = await readSealOf(ledger, one.importId);
    expect(readSeal(seal.text).key).toBe(first.id);
    expect(
      isSignedBy(seal.signed?.publicPem ?? "", seal.text, seal.signed?.signature ?? Buffer.of()),
    ).toBe(true);

    expect((await sealOne(by())).status).toBe("SEAL_KEY_MISMATCH");
    expect((await sealOne(by(other))).status).toBe("SEAL_KEY_MISMATCH");
    expect((await sealOne(by(second, first))).status).toBe("sealed");
    expect((await sealOne(by(second))).status).toBe("sealed");
    expect((await sealOne(by(first))).status).toBe("SEAL_KEY_MISMATCH");
    expect((await sealOne(by(first, second))).status).toBe("SEAL_KEY_MISMATCH");
    const kinds = (await listRegister(ledger, { limit: 100 })).items.map(({ kind }) => kind);
    expect(kinds).toEqual(["seal", "key", "seal", "key", "seal", "seal"]);
  });

  test("that isn't trusted any more signs nothing, and another follows it alone", async () => {
    const { items } = await listRegister(ledger, { limit: 100 });
    const keys = await listSealKeys(ledger);
    const last = keys.at(-1)?.key ?? "";
    const byHer = { who: "王芳", why: "the laptop was stolen" };
    await expect(distrustSealKey(ledger, { key: "00" }, byHer)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    const [, lastButOne] = items.toReversed();
    const from = lastButOne?.number ?? 0;
    expect((await distrustSealKey(ledger, { key: last, from }, byHer)).at(-1)).toMatchObject({
      key: last,
      distrusted: { from, who: "王芳", why: "the laptop was stolen" },
    });
    await expect(distrustSealKey(ledger, { key: last }, byHer)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
    });
    const seals = items.filter(({ kind }) => kind === "seal");
    const doubted = await readSealOf(ledger, seals.at(-1)?.import_id ?? "");
    expect(doubted.signed?.distrusted).toMatchObject({ from, who: "王芳" });
    const good = await readSealOf(ledger, seals.at(-3)?.import_id ?? "");
    expect(good.signed?.distrusted).toBeNull();
    const stolen = { ...newSigner(), id: last };
    expect((await sealOne(by(stolen))).status).toBe("SEAL_KEY_MISMATCH");
    const third = newSigner();
    expect((await sealOne(by(third))).status).toBe("sealed");
    const entry = await ledger.db
      .selectFrom("register")
      .select(["text", "countersignature"])
      .where("kind", "=", "key")
      .orderBy("number", "desc")
      .executeTakeFirstOrThrow();
    expect(entry.text).toContain(`Replaces: ${last}\n`);
    expect(entry.text).toContain(`isn't trusted from entry ${from} on: the laptop was stolen\n`);
    expect(entry.countersignature).toBeNull();
    // One that is lost is so from now on, and what it signed stays good.
    const next = ((await listRegister(ledger, { limit: 100 })).items.at(-1)?.number ?? 0) + 1;
    const lost = await distrustSealKey(ledger, { key: third.id }, { who: "ops", why: "lost" });
    expect(lost.at(-1)).toMatchObject({ distrusted: { from: next } });
    expect((await sealOne(by(newSigner()))).status).toBe("sealed");
  });

  test("that nobody brings within an hour is done without", async () => {
    const { importId, status } = await sealOne(by());
    expect(status).toBe("SEAL_KEY_MISMATCH");
    expect(await readImport(ledger, importId)).toMatchObject({ status: "sealing" });
    await sql`update imports set seal_waits_since = now() - interval '61 minutes' where id = ${importId}`.execute(
      ledger.db,
    );
    expect(await sealImport(ledger, importId, by())).toBe("sealed");
    expect((await readSealOf(ledger, importId)).signed).toBeNull();
  });
});

function newSigner(): Signer {
  const signer = pemSigner(newSealKey());
  if (typeof signer === "string") throw new Error(signer);
  return signer;
}
