import { sql } from "kysely";
import { keptAs } from "./kept-statements.ts";
import type { Ledger } from "./ledger.ts";

/** Remembers where a folder's files go; the first lease of the folder says it. */
export async function recordDestination(
  { db }: Ledger,
  folderId: number,
  destination: { endpoint: string; bucket: string; prefix: string },
): Promise<void> {
  await db
    .updateTable("folders")
    .set(destination)
    .where("id", "=", folderId)
    .where((where) =>
      where.or([
        where("prefix", "is", null),
        where("prefix", "!=", destination.prefix),
        where("bucket", "!=", destination.bucket),
        where("endpoint", "!=", destination.endpoint),
      ]),
    )
    .execute();
}

/** Whether files have been stored by another folder of the same place: an import that is done again. */
export async function isPlaceInUse({ db }: Ledger, folderId: number): Promise<boolean> {
  const { rows } = await sql`${keptAs("place in use")}
    select from folders own join folders other
      on other.bucket = own.bucket and other.prefix = own.prefix and other.endpoint = own.endpoint
    where own.id = ${folderId} and own.prefix is not null and other.prefix is not null and other.id <> own.id
      and other.stored + other.identical > 0
    limit 1`.execute(db);
  return rows.length > 0;
}
