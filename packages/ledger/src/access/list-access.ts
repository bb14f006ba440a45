import type { AccessView, Role, Scope } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { cursor, type Page, type PageQuery, pageOf } from "../views/paging.ts";
import { isWithinScope } from "./scope-within.ts";

/** What a list of who has access depends on besides its page. */
export interface AccessSight {
  /** Nobody is listed whose scope goes beyond it. */
  readonly scope: Scope;
  readonly now: Date;
  /** A session that was used last before this has ended. */
  readonly usedSince: Date;
}

interface Row {
  kind: AccessView["kind"];
  number: number;
  name: string;
  key_id: string | null;
  role: Role;
  scope: Scope;
  may_name_others: boolean;
  since: Date;
  seen_at: Date | null;
  expires_at: Date | null;
  revoked_at: Date | null;
  sessions: number;
}

/**
 * Lists everybody who has come in or can come in: first the keys, the oldest first, also those that don't
 * work any more, then those whom the identity provider vouched for.
 */
export async function listAccess(
  { db }: Ledger,
  { limit, after }: PageQuery,
  { scope, now, usedSince }: AccessSight,
): Promise<Page<AccessView>> {
  const [kind = "", number = "0"] =
    after === undefined ? [] : cursor(after, /^(key|person)\.\d{1,15}$/).split(".");
  const open = sql`expires_at > ${now} and seen_at > ${usedSince}`;
  const { rows } = await sql<Row>`
    with holders as (
      select 'key' as kind, number, 'key:' || name as name, id as key_id, role, scope, may_name_others,
        created_at as since, last_used_at as seen_at, expires_at, revoked_at
      from api_keys
      union all
      select 'person', number, name, null, role, scope, false, first_seen_at, seen_at, null, null
      from known_people
    ), page as (
      select * from holders
      where (kind, number) > (${kind}, ${number}::bigint) and ${isWithinScope(scope)}
      order by kind, number limit ${limit + 1}
    )
    select page.kind, page.number, page.name, page.key_id, page.role, page.scope, page.may_name_others,
      page.since, page.revoked_at, greatest(page.seen_at, own.seen_at) as seen_at,
      coalesce(page.expires_at, own.ends_at) as expires_at, own.sessions
    from page cross join lateral (
      select count(*)::integer as sessions, max(seen_at) as seen_at, max(expires_at) as ends_at
      from sessions
      where ${open} and case when page.key_id is null
        then sessions.key_id is null and principal ->> 'name' = page.name
        else sessions.key_id = page.key_id end
    ) as own
    order by page.kind, page.number`.execute(db);
  const { items, next } = pageOf(rows, limit, (row) => `${row.kind}.${row.number}`);
  return { items: items.map((row) => accessView(row, now)), next };
}

function accessView(row: Row, now: Date): AccessView {
  const { kind, name, key_id, role, scope, may_name_others, sessions } = row;
  return {
    ...{ kind, name, key_id, role, scope, may_name_others, sessions },
    state: stateOf(row, now),
    since: row.since.toISOString(),
    seen_at: row.seen_at?.toISOString() ?? null,
    expires_at: row.expires_at?.toISOString() ?? null,
  };
}

function stateOf({ kind, revoked_at, expires_at }: Row, now: Date): AccessView["state"] {
  if (kind === "person") return "by_provider";
  if (revoked_at !== null) return "revoked";
  return expires_at !== null && now < expires_at ? "works" : "expired";
}
