import { ExhibitError, type Scope, type SessionView } from "@exhibit/contracts";
import { type Selectable, sql } from "kysely";
import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { cursor, type Page, type PageQuery, pageOf } from "../views/paging.ts";
import { isWithinScope } from "./scope-within.ts";

/** Which sessions somebody may know of, and when one is open. */
export interface SessionsInSight {
  /** The name of those whose sessions they are; all of the scope without it. */
  readonly name?: string | undefined;
  readonly scope: Scope;
  readonly now: Date;
  /** One that was used last before this has ended. */
  readonly usedSince: Date;
}

/** Lists the sessions that are open, the oldest first. */
export async function listOpenSessions(
  ledger: Ledger,
  query: PageQuery,
  sight: SessionsInSight,
): Promise<Page<SessionView>> {
  let select = inSight(ledger, sight)
    .orderBy("number")
    .limit(query.limit + 1);
  if (query.after !== undefined)
    select = select.where("number", ">", Number(cursor(query.after, /^\d{1,15}$/)));
  const { items, next } = pageOf(await select.execute(), query.limit, (row) => String(row.number));
  return { items: items.map(sessionView), next };
}

/** Ends a session that is open, on record. Throws NOT_FOUND, also for one that is out of sight. */
export async function endOpenSession(
  ledger: Ledger,
  id: string,
  sight: SessionsInSight,
  by: By,
): Promise<SessionView> {
  return await ledger.db.transaction().execute(async (tx) => {
    const row = /^\d{1,15}$/.test(id)
      ? await inSight({ db: tx }, sight).where("number", "=", Number(id)).executeTakeFirst()
      : undefined;
    const ended =
      row &&
      (await tx
        .deleteFrom("sessions")
        .where("number", "=", row.number)
        .returning("number")
        .executeTakeFirst());
    if (row === undefined || ended === undefined) {
      throw new ExhibitError("NOT_FOUND", `There is no open session ${id}.`);
    }
    const { name } = row.principal;
    await recordAuditEvent(tx, {
      subject: `sessions/${row.number}`,
      what: "revoke",
      by,
      details: { name },
    });
    return sessionView(row);
  });
}

function inSight({ db }: Pick<Ledger, "db">, { name, scope, now, usedSince }: SessionsInSight) {
  const select = db
    .selectFrom((from) =>
      from
        .selectFrom("sessions")
        .selectAll()
        .select(sql<Scope>`principal -> 'scope'`.as("scope"))
        .where("expires_at", ">", now)
        .where("seen_at", ">", usedSince)
        .as("open"),
    )
    .selectAll()
    .where(isWithinScope(scope));
  return name === undefined ? select : select.where(sql`principal ->> 'name'`, "=", name);
}

function sessionView(row: Selectable<LedgerSchema["sessions"]>): SessionView {
  const { name, role, scope } = row.principal;
  return {
    session_id: String(row.number),
    name,
    role,
    scope,
    key_id: row.key_id,
    created_at: row.created_at.toISOString(),
    seen_at: row.seen_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
  };
}
