import type { EvidenceList, EvidenceRead } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { all } from "../sql/conditions.ts";
import { type AuditQuery, isActor, isAtOrBelow } from "./audit.ts";
import { isBehind, moment, type Page, pageOf, timeCursor } from "./paging.ts";

/** Which reads are listed; everything that is given has to match. */
export interface ReadQuery extends AuditQuery {
  /** Who read, for whomever. */
  who?: string | undefined;
  what?: readonly EvidenceList[] | undefined;
  import_id?: string | undefined;
  /** What was read of, or what lies below it. */
  subject?: string | undefined;
  /** Timestamps; the earlier one is part of the time, the later one isn't. */
  from?: string | undefined;
  to?: string | undefined;
}

/** Lists who read which lists of evidence. */
export async function listReads(ledger: Ledger, query: ReadQuery): Promise<Page<EvidenceRead>> {
  const { order = "asc", limit, after } = query;
  const rows = await ledger.db
    .selectFrom("reads")
    .select(["id", "at", "who", "what", "subject", moment])
    .where(matches(query))
    .where(isBehind({ order, after }))
    .orderBy("at", order)
    .orderBy("id", order)
    .limit(limit + 1)
    .execute();
  const { items, next } = pageOf(rows, limit, timeCursor);
  return {
    items: items.map(({ id, at, who, what, subject }) => {
      return { read_id: String(id), at: at.toISOString(), who, what, subject };
    }),
    next,
  };
}

function matches({ who, what, import_id, subject, from, to }: ReadQuery) {
  return all([
    who !== undefined && isActor(who),
    what !== undefined && sql`what = any(${what}::text[])`,
    import_id !== undefined && sql`subject = ${`imports/${import_id.toLowerCase()}`}`,
    subject !== undefined && isAtOrBelow(subject),
    from !== undefined && sql`at >= ${from}::timestamptz`,
    to !== undefined && sql`at < ${to}::timestamptz`,
  ]);
}
