import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createImport,
  type Incident,
  type Ledger,
  listIncidents,
  openShard,
  recordIncidents,
  recordWorkerFacts,
} from "../../src/index.ts";
import { addShard } from "../add-shard.ts";

describe.each(Object.entries(ledgerKinds))("Incidents in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  async function opened() {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } }],
    });
    const folderId = folderIds[0] as number;
    const planned = ["a", "b", "证据"].map((path) => ({ path, size: 1, modifiedAt: 1 }));
    const shard = await addShard(ledger, { id: folderId }, planned);
    const { files = [] } = (await openShard(ledger, shard?.shardId ?? 0)) ?? {};
    return { importId, folderId, fileIds: files.map(({ id }) => id) };
  }

  test("stay, each with its file and worker, and aren't doubled when they are recorded again", async () => {
    const { importId, folderId, fileIds } = await opened();
    const other = await opened();
    const facts = { host: "h", osUser: "u", version: "1.2.3", node: "24", openssl: "3.5" };
    const worker = await recordWorkerFacts(ledger, facts);
    const at = new Date("2026-11-30T01:02:03.456Z");
    const incidents = fileIds.map(
      (fileId, index): Incident => ({
        fileId,
        at,
        code: index === 0 ? "DIGEST_MISMATCH" : "SOURCE_CHANGED",
        message: `the "${index}", \\ {or} so\0`,
      }),
    );
    await recordIncidents(ledger, folderId, incidents.slice(0, 2), worker);
    await recordIncidents(ledger, folderId, incidents, worker);
    await recordIncidents(ledger, folderId, [], worker);
    await recordIncidents(ledger, other.folderId, [
      { fileId: other.fileIds[0] ?? 0, at, code: "EVIDENCE_CONFLICT", message: "M" },
    ]);

    const first = await listIncidents(ledger, importId, { limit: 2 });
    const rest = await listIncidents(ledger, importId, { limit: 2, after: first.next ?? "" });
    expect(rest.next).toBeNull();
    const by = { host: "h", os_user: "u", version: "1.2.3" };
    const common = { at: at.toISOString(), folder_id: String(folderId), worker: by };
    expect([...first.items, ...rest.items]).toMatchObject([
      { ...common, path: "a", code: "DIGEST_MISMATCH", message: 'the "0", \\ {or} so' },
      { ...common, path: "b", code: "SOURCE_CHANGED", message: 'the "1", \\ {or} so' },
      { ...common, path: "证据", code: "SOURCE_CHANGED", file_id: String(fileIds[2]) },
    ]);
    expect((await listIncidents(ledger, other.importId, { limit: 9 })).items).toMatchObject([
      { code: "EVIDENCE_CONFLICT", worker: null },
    ]);
    await expect(listIncidents(ledger, crypto.randomUUID(), { limit: 9 })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});
