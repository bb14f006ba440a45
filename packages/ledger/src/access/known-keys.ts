import type { Ledger } from "../ledger.ts";

/** Returns whether anybody has a key that is valid at a time. */
export async function isAnyKeyValid({ db }: Ledger, now: Date): Promise<boolean> {
  const row = await db
    .selectFrom("api_keys")
    .select("id")
    .where("revoked_at", "is", null)
    .where("expires_at", ">", now)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Returns the id of the key with a name that isn't revoked, if there is one. */
export async function idOfKeyNamed({ db }: Ledger, name: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("api_keys")
    .select("id")
    .where("name", "=", name)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return row?.id;
}
