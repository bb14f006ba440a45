import { sql } from "kysely";
import type { Ledger } from "../../ledger.ts";
import { plainArray } from "../../sql/arrays.ts";
import { histories, reportedUntil } from "../../workers/progress.ts";

/** How fast an import moves. */
export interface Speed {
  id: string;
  /** Per second, over the last minute; null while too little is known. */
  files: number | null;
  bytes: number | null;
  /** When something of it moved last; null for an import in which nothing has moved for a day. */
  movedAt: Date | null;
}

/** Seconds over which a speed is measured: steady, and zero soon after nothing moves any more. */
const WINDOW = 60;

/**
 * Returns how fast imports move. A speed is that of whole steps of the history, so that it changes
 * every five seconds, whoever looks and however often.
 */
export async function readSpeeds({ db }: Ledger, importIds: string[]): Promise<Speed[]> {
  if (importIds.length === 0) return [];
  const { fine, coarse } = histories;
  const { rows } = await sql<Speed>`
    select asked.id, last.moved_at as "movedAt",
      case when lately.seconds > 0 then greatest(0, lately.files / lately.seconds)
        when last.moved_at >= reported.until then null else 0 end as files,
      case when lately.seconds > 0 then greatest(0, lately.bytes / lately.seconds)
        when last.moved_at >= reported.until then null else 0 end as bytes
    from unnest(${plainArray(importIds)}::uuid[]) as asked (id)
      cross join (select ${reportedUntil} as until) as reported
      cross join lateral (
        select sum(files) as files, sum(bytes) as bytes, extract(epoch from reported.until - min(began_at))::float8 as seconds
        from progress where import_id = asked.id and step = ${fine.step}
          and at >= reported.until - ${WINDOW} * interval '1 second' and at < reported.until) as lately
      left join lateral (
        select moved_at from progress where import_id = asked.id and step = ${coarse.step}
        order by at desc limit 1) as last on true`.execute(db);
  return rows;
}
