import { type Kysely, sql } from "kysely";
import type { LedgerSchema } from "./schema.ts";

/** What receipts have in common: the lease they were got with, and how their keys begin. Rows never change. */
interface KnownLease {
  number: number;
  prefix: string;
}

/** A process needs one for each folder that it stores. */
const MOST_KNOWN = 1000;

const knownTo = new WeakMap<Kysely<LedgerSchema>, Map<string, KnownLease>>();

/** For each of a folder's files: the ledger's number of its lease, and what follows the lease's prefix in its key. */
export async function leasesOf(
  db: Kysely<LedgerSchema>,
  folderId: number,
  files: readonly { leaseId: string; key: string }[],
): Promise<{ number: number; rest: string }[]> {
  const known = knownTo.get(db) ?? new Map<string, KnownLease>();
  knownTo.set(db, known);
  const leases: { number: number; rest: string }[] = [];
  for (const { leaseId, key } of files) {
    const name = `${folderId} ${leaseId}`;
    let lease = known.get(name);
    if (lease === undefined || !key.startsWith(lease.prefix)) {
      lease = await recordFor(db, folderId, { leaseId, key });
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(name, lease);
    }
    leases.push({ number: lease.number, rest: key.slice(lease.prefix.length) });
  }
  return leases;
}

async function recordFor(
  db: Kysely<LedgerSchema>,
  folderId: number,
  { leaseId, key }: { leaseId: string; key: string },
): Promise<KnownLease> {
  const folder = await db
    .selectFrom("folders")
    .select("prefix")
    .where("id", "=", folderId)
    .executeTakeFirst();
  const prefix = folder?.prefix ?? "";
  return await record(db, leaseId, key.startsWith(prefix) ? prefix : "");
}

async function record(
  db: Kysely<LedgerSchema>,
  leaseId: string,
  prefix: string,
): Promise<KnownLease> {
  const { rows } = await sql<{ number: number }>`
    insert into leases (id, prefix) values (${leaseId}, ${prefix})
    on conflict (id, prefix) do update set prefix = excluded.prefix -- gives the row that is there
    returning number`.execute(db);
  return { number: rows[0]?.number ?? 0, prefix };
}
