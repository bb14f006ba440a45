import type { Ledger } from "../ledger.ts";

/** A code that begins a session with a key, once. */
export interface LoginCode {
  readonly digest: Buffer;
  readonly keyId: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

/** Adds a login code, and removes those that are too old. */
export async function createLoginCode({ db }: Ledger, code: LoginCode): Promise<void> {
  const { digest, keyId, now, expiresAt } = code;
  await db.deleteFrom("login_codes").where("expires_at", "<", now).execute();
  await db
    .insertInto("login_codes")
    .values({ digest, key_id: keyId, expires_at: expiresAt })
    .execute();
}

/**
 * Uses up a login code and returns the id of its key; undefined if there is none, or it is too old.
 * Of several that come with it at once, one gets it.
 */
export async function takeLoginCode(
  { db }: Ledger,
  digest: Buffer,
  now: Date,
): Promise<string | undefined> {
  const row = await db
    .deleteFrom("login_codes")
    .where("digest", "=", digest)
    .returning(["key_id", "expires_at"])
    .executeTakeFirst();
  return row !== undefined && now < row.expires_at ? row.key_id : undefined;
}
