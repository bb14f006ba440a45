import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { plainArray } from "../sql/arrays.ts";

/** How an import moved in one process. */
export interface Moved {
  importId: string;
  /** Files that were done with. */
  files: number;
  /** Bytes that were proved or sent, less those that turned out to be sent in vain. */
  bytes: number;
}

/** The histories that are kept: how many seconds each row is about, and for how many it stays. */
export const histories = {
  fine: { step: 5, kept: 600 },
  coarse: { step: 300, kept: 86_400 },
} as const;

/**
 * Milliseconds. A worker reports every two seconds, so that whatever moved longer ago than this is
 * in the ledger.
 */
const REPORTED_WITHIN = 3_000;

/** The most seconds that a report is spread over, however long the ledger was away. */
const MAX_REPORT_SECONDS = 60;

/**
 * Adds to the histories how imports moved in one worker within the last `seconds`. One that moved
 * without a file or byte, because its source is walked, is told with zeros.
 */
export async function recordProgress(
  { db }: Ledger,
  moved: readonly Moved[],
  seconds: number,
): Promise<void> {
  if (moved.length === 0) return;
  const span = Math.min(Math.max(seconds, 0.001), MAX_REPORT_SECONDS);
  const steps = plainArray(Object.values(histories).map(({ step }) => step));
  // Two workers that report at the same time lock the rows in one order.
  await sql`
    insert into progress (import_id, step, at, began_at, moved_at, files, bytes)
    select told.import_id, steps.step, slot.at, greatest(report.began, slot.at), least(now(), slot.at + steps.long - interval '1 millisecond'),
      told.files * share.part, told.bytes * share.part
    from unnest(
        ${plainArray(moved.map(({ importId }) => importId))}::uuid[],
        ${plainArray(moved.map(({ files }) => files))}::float8[],
        ${plainArray(moved.map(({ bytes }) => bytes))}::float8[]
      ) as told (import_id, files, bytes)
      cross join lateral (select step, step * interval '1 second' as long from unnest(${steps}::smallint[]) as step) as steps
      cross join lateral (select now() - ${span}::float8 * interval '1 second' as began) as report
      cross join lateral generate_series(
        date_bin(steps.long, report.began, 'epoch'::timestamptz), now(), steps.long) as slot (at)
      cross join lateral (select extract(epoch from
        least(now(), slot.at + steps.long) - greatest(report.began, slot.at))::float8 / ${span}::float8 as part) as share
    where share.part > 0
    order by told.import_id, steps.step, slot.at
    on conflict (import_id, step, at) do update set files = progress.files + excluded.files,
      bytes = progress.bytes + excluded.bytes, began_at = least(progress.began_at, excluded.began_at), moved_at = greatest(progress.moved_at, excluded.moved_at)`.execute(
    db,
  );
}

/** Forgets what is older than its history. */
export async function forgetOldProgress({ db }: Ledger): Promise<void> {
  for (const { step, kept } of Object.values(histories)) {
    // One step more, so that the first one that is shown is whole.
    await sql`delete from progress
      where step = ${step} and at < now() - ${kept + step} * interval '1 second'`.execute(db);
  }
}

/** The end of what all workers have reported, by steps of the fine history. */
export const reportedUntil = until(histories.fine.step);

/** Returns the end of what all workers have reported, by steps of so many seconds. */
export function until(step: number) {
  return sql<Date>`date_bin(${sql.lit(step)} * interval '1 second',
    now() - ${sql.lit(REPORTED_WITHIN)} * interval '1 millisecond', 'epoch'::timestamptz)`;
}
