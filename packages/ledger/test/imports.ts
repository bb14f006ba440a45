import type { AuditEvent } from "@exhibit/contracts";
import { testSealer } from "@exhibit/ledger/testing";
import { expect } from "vitest";
import {
  createImport,
  finishPlanning,
  finishShard,
  type Ledger,
  listAuditEvents,
  openShard,
  recordOutcomes,
  type StoredFile,
  sealImport,
  type UnfinishedFile,
} from "../src/index.ts";
import { addShard } from "./add-shard.ts";

export const folderOf = (path: string) => ({
  vendor: "kongur",
  folder: { suit_id: "1001" },
  source: { type: "directory" as const, path },
});

export const files = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    path: `扫描/${index}.pdf`,
    size: 10 + index,
    modifiedAt: 1_700_000_000_000,
  }));

/**
 * Creates an import of one folder with one shard of `count` files, whose source is still being
 * walked.
 */
export async function walking(ledger: Ledger, count: number) {
  const { importId, folderIds } = await createImport(ledger, {
    entrust_id: "E-77",
    suit_ids: ["1001"],
    folders: [folderOf("/evidence/1001")],
  });
  const folder = { id: folderIds[0] as number, import_id: importId };
  const shard = await addShard(ledger, folder, files(count));
  if (!shard) throw new Error("no shard");
  return { importId, folder, shardId: shard.shardId };
}

/** Creates the same, fully planned. */
export async function planned(ledger: Ledger, count: number) {
  const begun = await walking(ledger, count);
  await finishPlanning(ledger, begun.folder.id);
  return begun;
}

/**
 * Creates an import in `attention`. Its shard of three files is finished: one is stored, one failed
 * with SOURCE_IO, one with VENDOR_REFUSED.
 */
export async function troubled(ledger: Ledger) {
  const begun = await planned(ledger, 3);
  const { importId, folder, shardId } = begun;
  const [first, second, third] = await filesOf<Three>(ledger, shardId);
  await recordOutcomes(
    ledger,
    folder.id,
    [stored(first)],
    [
      { fileId: second.id, state: "failed", code: "SOURCE_IO", message: "EIO" },
      { fileId: third.id, state: "failed", code: "VENDOR_REFUSED", message: "no" },
    ],
  );
  await finishShard(ledger, shardId);
  expect(await sealImport(ledger, importId, testSealer)).toBe("attention");
  return { ...begun, first, second, third };
}

/** Opens a shard and returns its unfinished files; none when it isn't open. */
export async function filesOf<Files extends UnfinishedFile[] = UnfinishedFile[]>(
  ledger: Ledger,
  shardId: number,
): Promise<Files> {
  const shard = await openShard(ledger, shardId);
  return (shard?.files ?? []) as Files;
}

/** How many files a test knows that a shard has. */
export type One = [UnfinishedFile];
export type Three = [UnfinishedFile, UnfinishedFile, UnfinishedFile];

export async function auditEventsOf(ledger: Ledger, importId: string): Promise<AuditEvent[]> {
  return (await listAuditEvents(ledger, importId, { limit: 100 })).items;
}

/** Creates an import whose files are all stored, so that it can be sealed. */
export async function complete(ledger: Ledger, count: number) {
  const begun = await planned(ledger, count);
  const files = await filesOf(ledger, begun.shardId);
  const receipts = files.map((file) => stored(file));
  await recordOutcomes(ledger, begun.folder.id, receipts, []);
  await finishShard(ledger, begun.shardId);
  return { ...begun, files };
}

/** Returns the receipt of a file. */
export function stored(file: UnfinishedFile, state: "stored" | "identical" = "stored"): StoredFile {
  return {
    fileId: file.id,
    state,
    size: file.size,
    modifiedMs: file.modifiedMs ?? 5,
    key: `kongur/${file.path}`,
    sha256: new Uint8Array(32).fill(7),
    crc64: 2n ** 64n - 1n,
    etag: '"E"',
    requestId: "R",
    storedAt: new Date("2026-11-23T10:00:00Z"),
    leaseId: "L",
    endpoint: "https://oss",
    bucket: "evidence",
    versionId: undefined,
  };
}
