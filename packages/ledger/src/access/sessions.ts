import type { Principal, SessionRecord } from "@exhibit/contracts";
import { recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { notePerson } from "./known-people.ts";

/** A session of a browser that begins. */
export interface NewSession {
  readonly digest: Buffer;
  readonly principal: Principal;
  /** The key that it was opened with, with which it ends; null for a person's own login. */
  readonly keyId: string | null;
  /** Whether its cookie is one for HTTPS alone. */
  readonly secure: boolean;
  /** What somebody logged in by. */
  readonly by: "key" | "link" | "provider";
  /** The address that the request came from; undefined if nobody said it. */
  readonly from?: string | undefined;
  readonly now: Date;
  readonly expiresAt: Date;
}

/** Adds a session, on record, and removes those that have ended. */
export async function createSession({ db }: Ledger, session: NewSession): Promise<void> {
  const { digest, principal, keyId, secure, by, from, now, expiresAt } = session;
  await db.deleteFrom("sessions").where("expires_at", "<", now).execute();
  await db.transaction().execute(async (tx) => {
    const { number } = await tx
      .insertInto("sessions")
      .values({
        digest,
        principal: JSON.stringify(principal),
        key_id: keyId,
        secure,
        seen_at: now,
        expires_at: expiresAt,
      })
      .returning("number")
      .executeTakeFirstOrThrow();
    if (keyId === null) await notePerson({ db: tx }, principal, now);
    await recordAuditEvent(tx, {
      subject: `sessions/${number}`,
      what: "login",
      by: { who: principal.name },
      details: { by, ...(keyId !== null && { key_id: keyId }), ...(from && { from }) },
    });
  });
}

/** Returns what a session is checked by; nothing if its key is revoked. */
export async function findSession(
  { db }: Ledger,
  digest: Buffer,
): Promise<SessionRecord | undefined> {
  const row = await db
    .selectFrom("sessions")
    .leftJoin("api_keys", "api_keys.id", "sessions.key_id")
    .select(["sessions.principal", "sessions.secure", "sessions.seen_at", "sessions.expires_at"])
    .where("sessions.digest", "=", digest)
    .where("api_keys.revoked_at", "is", null)
    .executeTakeFirst();
  return (
    row && {
      principal: row.principal,
      secure: row.secure,
      seenAt: row.seen_at,
      expiresAt: row.expires_at,
    }
  );
}

/** Records when a session was used last. */
export async function touchSession({ db }: Ledger, digest: Buffer, at: Date): Promise<void> {
  await db
    .updateTable("sessions")
    .set({ seen_at: at })
    .where("digest", "=", digest)
    .where("seen_at", "<", at)
    .execute();
}

/**
 * Ends a session because its holder logs out, on record, and returns whose it was; undefined if there is
 * none with this digest.
 */
export async function endSession(
  { db }: Ledger,
  digest: Buffer,
  from?: string,
): Promise<string | undefined> {
  return await db.transaction().execute(async (tx) => {
    const ended = await tx
      .deleteFrom("sessions")
      .where("digest", "=", digest)
      .returning(["number", "principal"])
      .executeTakeFirst();
    if (ended === undefined) return undefined;
    const { name: who } = ended.principal;
    await recordAuditEvent(tx, {
      subject: `sessions/${ended.number}`,
      what: "logout",
      by: { who },
      ...(from && { details: { from } }),
    });
    return who;
  });
}
