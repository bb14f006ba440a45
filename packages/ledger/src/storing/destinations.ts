import type { Destination } from "@exhibit/contracts";
import { type Selectable, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { FolderTable } from "../schema.ts";
import { preparedAs } from "../sql/prepared-statements.ts";
import { storable } from "../sql/text.ts";

/**
 * Fixes where a folder's files go, unless that is fixed already; gives what holds from now on. Of several that come at once
 * one wins, and all are told of it.
 */
export async function fixDestination(
  { db }: Ledger,
  folderId: number,
  { endpoint, bucket, prefix }: Destination,
): Promise<Destination> {
  // Whoever had to wait for the row's lock looks at it as it is then: at the winner's.
  const { rows } = await sql<Destination>`
    update folders set endpoint = coalesce(endpoint, ${endpoint}), bucket = coalesce(bucket, ${bucket}),
      prefix = coalesce(prefix, ${prefix})
    where id = ${folderId}
    returning endpoint, bucket, prefix`.execute(db);
  return rows[0] ?? { endpoint, bucket, prefix };
}

/**
 * Notes that a lease leads elsewhere than a folder's files go, for a person to decide, and as an incident. Gives where they
 * go, which may have changed since it was last read. The same place is noted once.
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

/** Where a lease would have led a folder's files, if that waits for a person. */
export function offeredOf(folder: Selectable<FolderTable>): Destination | undefined {
  const { offered_endpoint: endpoint, offered_bucket: bucket, offered_prefix: prefix } = folder;
  if (endpoint === null || bucket === null || prefix === null) return undefined;
  return { endpoint, bucket, prefix };
}

/** To the letter. */
export function isEqual(
  one: { [Part in keyof Destination]: string | null },
  other: Destination,
): boolean {
  return (
    one.endpoint === other.endpoint && one.bucket === other.bucket && one.prefix === other.prefix
  );
}

/** Whether files have been stored by another folder of the same place: an import that is done again. */
export async function isPlaceInUse({ db }: Ledger, folderId: number): Promise<boolean> {
  const { rows } = await sql`${preparedAs("place in use")}
    select from folders own join folders other
      on other.bucket = own.bucket and other.prefix = own.prefix and other.endpoint = own.endpoint
    where own.id = ${folderId} and own.prefix is not null and other.prefix is not null and other.id <> own.id
      and other.stored + other.identical > 0
    limit 1`.execute(db);
  return rows.length > 0;
}
