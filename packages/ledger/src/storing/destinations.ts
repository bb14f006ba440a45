import type { BucketRetention, Destination } from "@exhibit/contracts";
import { type Selectable, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { FolderTable } from "../schema.ts";
import { preparedAs } from "../sql/prepared-statements.ts";
import { storable } from "../sql/text.ts";

/**
 * Fixes where a folder's files go, unless that is fixed already, and returns what applies from now
 * on. When several come at once, one wins, and all get its destination.
 */
export async function fixDestination(
  { db }: Ledger,
  folderId: number,
  { endpoint, bucket, prefix }: Destination,
): Promise<Destination> {
  // Whoever waits for the row's lock then sees the row with the winner's destination.
  const { rows } = await sql<Destination>`
    update folders set endpoint = coalesce(endpoint, ${endpoint}), bucket = coalesce(bucket, ${bucket}),
      prefix = coalesce(prefix, ${prefix})
    where id = ${folderId}
    returning endpoint, bucket, prefix`.execute(db);
  return rows[0] ?? { endpoint, bucket, prefix };
}

/**
 * Records that a lease leads elsewhere than a folder's files go: as an offer for a person to decide
 * on, and as an incident. The same place is recorded once. Returns where the files go, which may
 * have changed since it was last read.
 */
export async function offerDestination(
  { db }: Ledger,
  folderId: number,
  offered: Destination,
  incident: { message: (fixed: Destination) => string; worker: number | null },
): Promise<Destination> {
  return await db.transaction().execute(async (tx) => {
    const folder = await tx
      .selectFrom("folders")
      .select(["endpoint", "bucket", "prefix"])
      .select(["offered_endpoint", "offered_bucket", "offered_prefix"])
      .where("id", "=", folderId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const fixed = {
      endpoint: folder.endpoint ?? offered.endpoint,
      bucket: folder.bucket ?? offered.bucket,
      prefix: folder.prefix ?? offered.prefix,
    };
    const before = {
      endpoint: folder.offered_endpoint,
      bucket: folder.offered_bucket,
      prefix: folder.offered_prefix,
    };
    if (isEqual(fixed, offered) || isEqual(before, offered)) return fixed;
    await tx
      .updateTable("folders")
      .set({
        offered_endpoint: offered.endpoint,
        offered_bucket: offered.bucket,
        offered_prefix: offered.prefix,
      })
      .where("id", "=", folderId)
      .execute();
    await tx
      .insertInto("incidents")
      .values({
        folder_id: folderId,
        file_id: null,
        code: "DESTINATION_CHANGED",
        message: storable(incident.message(fixed)),
        worker: incident.worker,
      })
      .execute();
    return fixed;
  });
}

/**
 * Records what the bucket of a folder itself keeps. The first answer stays, unless it says nothing, and
 * nothing changes any more once the import is sealed: the seal commits to it. The folder is locked before
 * its import, as docs/states.md has it; a seal that is being written is waited for.
 */
export async function recordRetention(
  { db }: Ledger,
  folderId: number,
  bucket: string,
  retention: BucketRetention,
): Promise<void> {
  await sql`
    with open as materialized (
      select id, import_id from folders
      where id = ${folderId} and bucket = ${bucket} and (retention is null or retention = 'unknown')
      for no key update
    ), unsealed as materialized (
      select open.id from open join imports on imports.id = open.import_id
      where imports.sealed_number is null
      for share of imports
    )
    update folders set retention = ${retention} from unsealed where folders.id = unsealed.id`.execute(
    db,
  );
}

/** Returns where a later lease led, if a person has yet to decide on it. */
export function offeredOf(folder: Selectable<FolderTable>): Destination | undefined {
  const { offered_endpoint: endpoint, offered_bucket: bucket, offered_prefix: prefix } = folder;
  if (endpoint === null || bucket === null || prefix === null) return undefined;
  return { endpoint, bucket, prefix };
}

/** Returns whether two destinations are the same to the letter. */
export function isEqual(
  one: { [Part in keyof Destination]: string | null },
  other: Destination,
): boolean {
  return (
    one.endpoint === other.endpoint && one.bucket === other.bucket && one.prefix === other.prefix
  );
}

/**
 * Returns whether another folder of the same place has stored files: an import that is done again.
 */
export async function isPlaceInUse({ db }: Ledger, folderId: number): Promise<boolean> {
  const { rows } = await sql`${preparedAs("place in use")}
    select from folders own join folders other
      on other.bucket = own.bucket and other.prefix = own.prefix and other.endpoint = own.endpoint
    where own.id = ${folderId} and own.prefix is not null and other.prefix is not null and other.id <> own.id
      and other.stored + other.identical > 0
    limit 1`.execute(db);
  return rows.length > 0;
}
