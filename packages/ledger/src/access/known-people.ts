import type { Principal } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";

/** Days for which somebody is remembered who doesn't come any more; as long as what they read. */
const PEOPLE_KEPT_DAYS = 366;

/**
 * Remembers that the identity provider vouched for somebody, and with which role and scope it did so last.
 */
export async function notePerson(
  { db }: Pick<Ledger, "db">,
  { name, role, scope }: Principal,
  at: Date,
): Promise<void> {
  await sql`
    insert into known_people (name, role, scope, first_seen_at, seen_at)
    values (${storable(name)}, ${role}, ${JSON.stringify(scope)}::jsonb, ${at}, ${at})
    on conflict (name) do update
      set role = excluded.role, scope = excluded.scope, seen_at = excluded.seen_at
      where known_people.seen_at <= excluded.seen_at`.execute(db);
}

/** Forgets those who haven't come for more than a year. */
export async function forgetOldPeople({ db }: Ledger): Promise<void> {
  await sql`
    delete from known_people
    where seen_at < now() - ${PEOPLE_KEPT_DAYS} * interval '1 day'`.execute(db);
}
