import type { Ledger } from "../ledger.ts";

/** A login by the identity provider that begins. */
export interface LoginAttempt {
  readonly digest: Buffer;
  /** Where the person wants to go. */
  readonly target: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

/** Adds a login that begins, and removes those that are too old. */
export async function createLoginAttempt({ db }: Ledger, attempt: LoginAttempt): Promise<void> {
  const { digest, target, now, expiresAt } = attempt;
  await db.deleteFrom("login_attempts").where("expires_at", "<", now).execute();
  await db.insertInto("login_attempts").values({ digest, target, expires_at: expiresAt }).execute();
}

/**
 * Uses up a login that has begun and returns where it leads; undefined if there is none, or it is too
 * old. Of several answers that come at once, one gets it.
 */
export async function takeLoginAttempt(
  { db }: Ledger,
  digest: Buffer,
  now: Date,
): Promise<string | undefined> {
  const row = await db
    .deleteFrom("login_attempts")
    .where("digest", "=", digest)
    .returning(["target", "expires_at"])
    .executeTakeFirst();
  return row !== undefined && now < row.expires_at ? row.target : undefined;
}
