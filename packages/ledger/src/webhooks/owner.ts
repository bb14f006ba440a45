import { ExhibitError, type Principal } from "@exhibit/contracts";
import { type RawBuilder, sql, type Transaction } from "kysely";
import type { LedgerSchema } from "../schema.ts";

/** What the names of principals with a key begin with. */
const KEY = "key:";

/** Days for which the scope of an owner without a key is believed: nobody can be asked for it. */
const BELIEVED_DAYS = 90;

/** What the row of a webhook says of its owner. */
export interface OwnerColumns {
  readonly principal: string;
  readonly key_id: string | null;
  readonly scope: string | null;
  readonly valid_until: Date | null;
}

/**
 * Returns what a row says of its owner. It is bound to the key itself: another one that later gets the
 * same name is another's. Throws AUTH_REQUIRED for a key that has been revoked in between.
 */
export async function ownerColumns(
  tx: Transaction<LedgerSchema>,
  { name, scope }: Principal,
): Promise<OwnerColumns> {
  if (!name.startsWith(KEY)) {
    const until = new Date(Date.now() + BELIEVED_DAYS * 86_400_000);
    return { principal: name, key_id: null, scope: JSON.stringify(scope), valid_until: until };
  }
  const key = await tx
    .selectFrom("api_keys")
    .select("id")
    .where("name", "=", name.slice(KEY.length))
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (key === undefined) throw new ExhibitError("AUTH_REQUIRED", "The key has been revoked.");
  return { principal: name, key_id: key.id, scope: null, valid_until: null };
}

/** Returns a condition on `webhooks`: it is this principal's own. */
export function isOwn({ name }: Pick<Principal, "name">): RawBuilder<boolean> {
  const key = sql`(select id from api_keys where name = ${name.slice(KEY.length)} and revoked_at is null)`;
  return name.startsWith(KEY)
    ? sql`(webhooks.principal = ${name} and webhooks.key_id = ${key})`
    : sql`(webhooks.principal = ${name} and webhooks.key_id is null)`;
}
