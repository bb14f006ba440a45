import { type Kysely, sql } from "kysely";
import type { LedgerSchema } from "../schema.ts";

/**
 * What receipts have in common: the lease, where it led, and how their keys begin. Its row never
 * changes.
 */
interface KnownLease {
  number: number;
  endpoint: string;
  bucket: string;
  prefix: string;
  worker: number | null;
}

/** Whose outcomes are being recorded. */
interface Recorded {
  folderId: number;
  /** The number of the worker's facts. */
  worker: number | null;
}

interface StoredAt {
  leaseId: string;
  endpoint: string;
  bucket: string;
  key: string;
}

/** A process needs one for each folder that it stores. */
const MAX_KNOWN = 1000;

const knownTo = new WeakMap<Kysely<LedgerSchema>, Map<string, KnownLease>>();

/**
 * Returns for each of a folder's files the ledger's number of its lease, and what follows the
 * lease's prefix in its key.
 */
export async function receiptLeasesOf(
  db: Kysely<LedgerSchema>,
  of: Recorded,
  files: readonly StoredAt[],
): Promise<{ number: number; rest: string }[]> {
  const known = knownTo.get(db) ?? new Map<string, KnownLease>();
  knownTo.set(db, known);
  const leases: { number: number; rest: string }[] = [];
  for (const file of files) {
    const name = `${of.folderId} ${file.leaseId}`;
    let lease = known.get(name);
    if (lease === undefined || !isOf(lease, file, of.worker)) {
      lease = await recordFor(db, of, file);
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(name, lease);
    }
    leases.push({ number: lease.number, rest: file.key.slice(lease.prefix.length) });
  }
  return leases;
}

function isOf(lease: KnownLease, file: StoredAt, worker: number | null): boolean {
  const isThere = lease.bucket === file.bucket && lease.endpoint === file.endpoint;
  return isThere && lease.worker === worker && file.key.startsWith(lease.prefix);
}

async function recordFor(
  db: Kysely<LedgerSchema>,
  { folderId, worker }: Recorded,
  { leaseId, endpoint, bucket, key }: StoredAt,
): Promise<KnownLease> {
  const folder = await db
    .selectFrom("folders")
    .select(["vendor", "prefix"])
    .where("id", "=", folderId)
    .executeTakeFirstOrThrow();
  const start = folder.prefix ?? "";
  const prefix = key.startsWith(start) ? start : "";
  const { rows } = await sql<{ number: number }>`
    insert into lease_uses (id, prefix, vendor, endpoint, bucket, worker)
    values (${leaseId}, ${prefix}, ${folder.vendor}, ${endpoint}, ${bucket}, ${worker})
    on conflict (id, prefix, vendor, endpoint, bucket, worker)
      do update set prefix = excluded.prefix -- returns the existing row
    returning number`.execute(db);
  return { number: rows[0]?.number ?? 0, endpoint, bucket, prefix, worker };
}
