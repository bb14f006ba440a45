import {
  ExhibitError,
  everything,
  type KeyRecord,
  type KeyView,
  type Principal,
  type Role,
  type Scope,
} from "@exhibit/contracts";
import type { Selectable, Transaction } from "kysely";
import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import type { ApiKeyTable, LedgerSchema } from "../schema.ts";
import { storable } from "../sql/text.ts";
import { cursor, type Page, type PageQuery, pageOf } from "../views/paging.ts";
import { isWithinScope } from "./scope-within.ts";

/** An API key that was just made. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
  readonly mayNameOthers: boolean;
  readonly digest: Buffer;
  readonly expiresAt: Date;
}

/** A key's new secret. */
export interface Rotation {
  readonly digest: Buffer;
  readonly expiresAt: Date;
  /** Until when the secret that it replaces is taken. */
  readonly previousUntil: Date;
}

/** Adds an API key. Throws STATE_CONFLICT if another key that isn't revoked has its name. */
export async function createApiKey({ db }: Ledger, key: ApiKey, by: By): Promise<KeyView> {
  const { id, name, role, scope, mayNameOthers, digest, expiresAt } = key;
  return await db.transaction().execute(async (tx) => {
    const row = await tx
      .insertInto("api_keys")
      .values({
        id,
        name,
        role,
        scope: JSON.stringify(scope),
        may_name_others: mayNameOthers,
        digest,
        created_by: storable(by.who),
        expires_at: expiresAt,
      })
      .onConflict((conflict) => conflict.column("name").where("revoked_at", "is", null).doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) {
      const message = `There is a key with the name ${name} already. Take another name, rotate that key, or revoke it.`;
      throw new ExhibitError("STATE_CONFLICT", message);
    }
    await recordKeyEvent(tx, row, "create", by);
    return keyView(row);
  });
}

/** Returns what a key is checked by, also if it is revoked or has expired. */
export async function findApiKey({ db }: Ledger, id: string): Promise<KeyRecord | undefined> {
  const row = await db.selectFrom("api_keys").selectAll().where("id", "=", id).executeTakeFirst();
  return row && keyRecord(row);
}

/** Returns a key, also one that is revoked or has expired, unless its scope goes beyond `scope`. */
export async function readApiKey(
  { db }: Ledger,
  id: string,
  scope: Scope,
): Promise<KeyView | undefined> {
  const row = await db
    .selectFrom("api_keys")
    .selectAll()
    .where("id", "=", id)
    .where(isWithinScope(scope))
    .executeTakeFirst();
  return row && keyView(row);
}

/**
 * Lists the keys, the oldest first, also those that are revoked or have expired; of those whose scope
 * goes beyond `scope`, none.
 */
export async function listApiKeys(
  { db }: Ledger,
  query: PageQuery,
  scope: Scope = everything,
): Promise<Page<KeyView>> {
  let select = db
    .selectFrom("api_keys")
    .selectAll()
    .where(isWithinScope(scope))
    .orderBy("number")
    .limit(query.limit + 1);
  if (query.after !== undefined)
    select = select.where("number", ">", Number(cursor(query.after, /^\d{1,15}$/)));
  const { items, next } = pageOf(await select.execute(), query.limit, (row) => String(row.number));
  return { items: items.map(keyView), next };
}

/**
 * Gives a key a new secret, and ends the sessions that were opened with it. Throws NOT_FOUND, and
 * STATE_CONFLICT for a key that is revoked.
 */
export async function rotateApiKey(
  { db }: Ledger,
  id: string,
  { digest, expiresAt, previousUntil }: Rotation,
  by: By,
): Promise<KeyView> {
  return await db.transaction().execute(async (tx) => {
    const before = await lockKey(tx, id);
    if (before.revoked_at !== null) {
      throw new ExhibitError(
        "STATE_CONFLICT",
        `Key ${id} (${before.name}) is revoked; make another.`,
      );
    }
    const row = await tx
      .updateTable("api_keys")
      .set({
        digest,
        expires_at: expiresAt,
        previous_digest: before.digest,
        // A key that has expired isn't woken by its rotation.
        previous_until: before.expires_at < previousUntil ? before.expires_at : previousUntil,
      })
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await endSessionsOf(tx, id);
    await recordKeyEvent(tx, row, "rotate", by);
    return keyView(row);
  });
}

/**
 * Revokes a key, and ends the sessions that were opened with it. Throws NOT_FOUND, and
 * STATE_CONFLICT for a key that is revoked already.
 */
export async function revokeApiKey({ db }: Ledger, id: string, by: By): Promise<KeyView> {
  return await db.transaction().execute(async (tx) => {
    const before = await lockKey(tx, id);
    if (before.revoked_at !== null) {
      throw new ExhibitError("STATE_CONFLICT", `Key ${id} (${before.name}) is revoked already.`);
    }
    const row = await tx
      .updateTable("api_keys")
      .set({ revoked_at: new Date(), revoked_by: storable(by.who) })
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await endSessionsOf(tx, id);
    await recordKeyEvent(tx, row, "revoke", by);
    return keyView(row);
  });
}

/** Records when a key was used last. */
export async function touchApiKey({ db }: Ledger, id: string, at: Date): Promise<void> {
  await db
    .updateTable("api_keys")
    .set({ last_used_at: at })
    .where("id", "=", id)
    .where((where) => where.or([where("last_used_at", "is", null), where("last_used_at", "<", at)]))
    .execute();
}

/** Returns the principal that a key's row stands for. */
function principalOf({ name, role, scope, may_name_others }: Selectable<ApiKeyTable>): Principal {
  return { name: `key:${name}`, role, scope, mayNameOthers: may_name_others };
}

function keyRecord(row: Selectable<ApiKeyTable>): KeyRecord {
  const { previous_digest: digest, previous_until: until } = row;
  return {
    id: row.id,
    principal: principalOf(row),
    digest: row.digest,
    previous: digest === null || until === null ? null : { digest, until },
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  };
}

function keyView(row: Selectable<ApiKeyTable>): KeyView {
  return {
    key_id: row.id,
    name: row.name,
    role: row.role,
    scope: row.scope,
    may_name_others: row.may_name_others,
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
    expires_at: row.expires_at.toISOString(),
    previous_until: row.previous_until?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
    revoked_by: row.revoked_by,
    last_used_at: row.last_used_at?.toISOString() ?? null,
  };
}

async function lockKey(
  tx: Transaction<LedgerSchema>,
  id: string,
): Promise<Selectable<ApiKeyTable>> {
  const row = await tx
    .selectFrom("api_keys")
    .selectAll()
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw new ExhibitError("NOT_FOUND", `There is no key ${id}.`);
  return row;
}

async function endSessionsOf(tx: Transaction<LedgerSchema>, id: string): Promise<void> {
  await tx.deleteFrom("sessions").where("key_id", "=", id).execute();
  await tx.deleteFrom("login_codes").where("key_id", "=", id).execute();
}

async function recordKeyEvent(
  tx: Transaction<LedgerSchema>,
  row: Selectable<ApiKeyTable>,
  what: "create" | "rotate" | "revoke",
  by: By,
): Promise<void> {
  const { name, role, scope, may_name_others, expires_at } = keyView(row);
  const details = what === "revoke" ? { name } : { name, role, scope, may_name_others, expires_at };
  await recordAuditEvent(tx, { subject: `keys/${row.id}`, what, by, details });
}
